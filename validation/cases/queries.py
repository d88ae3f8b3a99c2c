"""Reads of validations, as far as the actor may see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mrm import vault
from mrm.access.actors import Actor
from mrm.access.acts import can
from mrm.access.models import Signature
from mrm.access.rows import row_type
from mrm.access.rules import Meaning
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from validation.cases.content import difference, needed_capacities, signed_content
from validation.cases.models import Approval, FrozenContent, Validation, ValidationQuerySet
from validation.cases.rules import DRAFT, Decision, ValidationState


def validations(actor: Actor) -> ValidationQuerySet:
    """The validations an actor may see, newest first, with what their rows show."""
    rows: ValidationQuerySet = Validation.objects.visible_to(actor).select_related(
        "model", "version", "scope", "opened_by"
    )
    return rows


def open_capacities(validation: Validation, content: FrozenContent) -> list[str]:
    """The capacities that the tier wants and nobody has approved in yet."""
    given = set(
        Approval.objects.filter(content=content, decision=Decision.APPROVE).values_list("capacity", flat=True)
    )
    return [role for role in needed_capacities(validation) if role not in given]


def own_capacities(actor: Actor, validation: Validation) -> list[str]:
    """The open capacities that this actor's roles fill."""
    content = validation.frozen
    if content is None:
        return []
    return [role for role in open_capacities(validation, content) if role in actor.roles]


@dataclass(frozen=True)
class Signed:
    """A signature on some content of a validation, and whether it still counts."""

    signature: Signature
    content: FrozenContent
    standing: bool
    difference: tuple[tuple[str, str, str], ...] = ()


def content_of(frozen: FrozenContent) -> dict[str, Any]:
    """The facts of the report that was frozen, from the vault (which checks its digest)."""
    content: dict[str, Any] = report_content(frozen)["facts"]
    return content


def report_content(frozen: FrozenContent) -> dict[str, Any]:
    """The whole report as it is signed."""
    content: dict[str, Any] = json.loads(vault.get(frozen.digest))
    return content


def changed_since(validation: Validation) -> list[tuple[str, str, str]]:
    """What material has changed since the content was frozen; empty while everything stands."""
    frozen = validation.frozen
    if frozen is None or not validation.under_signature:
        return []
    return difference(content_of(frozen)["material"], signed_content(validation)["material"])


def signatures(validation: Validation) -> list[Signed]:
    """Every signature on this validation, newest content first; grey ones with the difference that voided them."""
    contents = {str(item.pk): item for item in validation.frozen_contents.all()}
    rows = Signature.objects.filter(
        object_type=row_type(FrozenContent), object_id__in=list(contents)
    ).select_related("person")
    now: dict[str, Any] | None = None
    current = validation.frozen
    found = []
    for row in rows.order_by("-signed_at"):
        content = contents[row.object_id]
        changes: list[tuple[str, str, str]] = []
        standing = current is not None and content.pk == current.pk
        if validation.running:
            now = now or signed_content(validation)["material"]
            changes = difference(content_of(content)["material"], now)
            standing = standing and not changes
        found.append(Signed(row, content, standing, tuple(changes)))
    return found


def opinion_signature(validation: Validation) -> Signature | None:
    """The validator's signature on the content in force."""
    content = validation.frozen
    if content is None:
        return None
    return Signature.objects.filter(
        object_type=row_type(FrozenContent), object_id=str(content.pk), meaning=Meaning.OPINION
    ).first()


def to_sign(actor: Actor) -> list[Validation]:
    """The validations that wait for this person's signature."""
    rows = validations(actor).filter(state__in=(ValidationState.FROZEN, ValidationState.SIGNED))
    return [row for row in rows if waits_for(actor, row)]


def waits_for(actor: Actor, validation: Validation) -> str:
    """The act that a validation waits for from this person, or nothing."""
    if validation.state == ValidationState.FROZEN:
        act = "opinion.sign"
    elif validation.state == ValidationState.SIGNED and own_capacities(actor, validation):
        act = "approval.sign"
    else:
        return ""
    return "" if can(actor, act, validation=validation) else act


def newest_draft(validation: Validation) -> Job | None:
    """The job that printed the newest draft of the report, if any did."""
    printed: Job | None = (
        Job.objects.filter(
            kind=DRAFT,
            scope=validation.scope,
            payload__validation=str(validation.pk),
            state=JobState.SUCCEEDED,
        )
        .select_related("requested_by")
        .first()
    )
    return printed


def jobs_of(validation: Validation) -> list[Job]:
    """The jobs that work on this validation, newest first."""
    return list(Job.objects.filter(scope=validation.scope, payload__validation=str(validation.pk))[:20])
