"""What `demo --out DIR` leaves behind: the sealed report, its evidence pack, the key to judge it by, a summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from mrm import vault
from mrm.demo import people
from mrm.demo.story import Story
from mrm.ledger.signer import vkey
from mrm.papers import export
from mrm.papers.models import Paper
from mrm.papers.verbs import export_pack
from mrm.policy.queries import today
from registry.versions.models import UseGrant
from validation.cases.models import Validation

ABSENT = ("weekly-review.pdf", "deployment", "decisions", "weeks")


def write(story: Story, folder: Path) -> None:
    """Everything into `folder`; a file that this release cannot make is named under `absent`."""
    folder.mkdir(parents=True, exist_ok=True)
    paper = Paper.objects.about(story.validation).first()
    if paper is None:
        raise LookupError("the report was not sealed; see the jobs page")
    (folder / "validation-report.pdf").write_bytes(vault.get(paper.pdf_digest))
    exported = export_pack(people.actor("auditor"), paper=paper)
    (folder / "evidence-pack.zip").write_bytes(export.archive(exported))
    (folder / "demo.pub").write_text(f"{vkey()}\n", encoding="utf-8")
    text = json.dumps(summary(story, paper), indent=1, ensure_ascii=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def summary(story: Story, paper: Paper) -> dict[str, Any]:
    """What happened, for whoever checks it by a script."""
    validation = Validation.objects.get(pk=story.validation.pk)
    on = today(story.model.scope, timezone.now())
    grants = UseGrant.objects.filter(version=story.scorecard).select_related("use")
    return {
        "model": story.model.reference,
        "version": story.scorecard.number,
        "challenger": story.challenger.number,
        "validation": validation.reference,
        "state": validation.state,
        "report": paper.reference,
        "blocked_snapshot": story.faulty.reference,
        "grants": [
            {
                "id": grant.reference,
                "use": grant.use.reference,
                "state": grant.standing(on),
                "expires": grant.expires.isoformat(),
            }
            for grant in grants
        ],
        "tests": tests(validation),
        "people": people.sign_ins(),
        "absent": list(ABSENT),
    }


def tests(validation: Validation) -> list[dict[str, Any]]:
    """Every test of the validation: id, statistic, p-value, light, evidence."""
    rows = []
    for result in validation.results.select_related("evidence"):
        row: dict[str, Any] = {"id": result.test_id, "column": result.column}
        if result.evidence is None:
            row |= {"statistic": None, "p_value": None, "light": "not_defined", "evidence": None}
            row["problem"] = result.problem
        else:
            found = json.loads(vault.get(result.evidence.content))["results"]
            row |= {
                "statistic": found.get("statistic"),
                "p_value": found.get("p_value"),
                "light": result.evidence.light,
                "evidence": result.evidence.short,
            }
        rows.append(row)
    return rows
