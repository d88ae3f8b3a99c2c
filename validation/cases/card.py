"""What validations tell on the model card of a version: where they stand, the signed opinion, who approved."""

from __future__ import annotations

from collections.abc import Iterator

from mrm.access.actors import Actor
from mrm.web import words
from registry.versions.card import Part, Said, parts
from registry.versions.models import Version
from validation.cases import queries
from validation.cases.models import Validation
from validation.cases.rules import ValidationState

SPOKEN = (ValidationState.SIGNED, ValidationState.GRANTED, ValidationState.REFUSED)


def validation(actor: Actor, version: Version) -> Part:
    """Every validation of the version, the newest first; opinions once they are signed."""
    cases = queries.validations(actor).filter(version=version)
    lines = [line for case in cases for line in _case(case)]
    return Part(lines, "" if lines else "No validation of this version has been opened.")


def _case(case: Validation) -> Iterator[Said]:
    ended = f", ended {words.day(case.ended_at)}" if case.ended_at else ""
    yield Said(
        case.reference,
        case.get_state_display(),
        f"{case.get_kind_display()}, tier {case.tier}, opened {words.day(case.opened_at)}{ended}",
        case.get_absolute_url(),
        plain={"validation": case.reference, "state": case.state, "kind": case.kind, "tier": case.tier},
    )
    opinion = getattr(case, "opinion", None)
    if opinion is None or opinion.withdrawn_at is not None or case.state not in SPOKEN:
        return
    yield Said(
        "Opinion",
        opinion.summary,
        f"step {opinion.step} of 4, confidence {opinion.get_confidence_display()}, until {words.day(opinion.expires)}",
        plain={"step": opinion.step, "confidence": opinion.confidence, "expires": opinion.expires},
    )
    for use in case.uses.select_related("use").exclude(judgement=""):
        if use.use is not None:
            yield Said(f"Opinion on {use.use.reference}", use.get_judgement_display(), use.text)
    if opinion.residual_risk:
        yield Said("Residual risk", opinion.residual_risk)
    frozen = case.frozen
    for row in case.approvals.filter(content=frozen).select_related("person"):
        yield Said(
            f"{row.get_decision_display().capitalize()} as {row.capacity.replace('_', ' ')}",
            row.person.name,
            words.day(row.decided_at),
            plain={"decision": row.decision, "capacity": row.capacity, "content": frozen and frozen.digest},
        )


parts.register("validation", validation)
