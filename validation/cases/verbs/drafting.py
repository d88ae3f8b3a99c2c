"""Printing a draft of the report: a job that renders the content as it stands, unsigned."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.jobs import effects as jobs
from mrm.jobs.models import Job
from mrm.kernel.errors import RuleRefused
from validation.cases.models import Validation
from validation.cases.rules import DRAFT


@verb("report.draft")
def print_draft(act: Act, *, validation: Validation) -> Job:
    """Print a draft of the report; nobody has signed it, and each page says so."""
    if not validation.running:
        raise RuleRefused(
            "wrong_state",
            f"{validation.reference} has its result: {validation.get_state_display()}.",
            "Read its sealed report among the papers of the model.",
        )
    return jobs.enqueue(
        act,
        kind=DRAFT,
        scope=validation.scope,
        payload={"validation": str(validation.pk)},
        title=f"Draft report of {validation.reference}",
    )
