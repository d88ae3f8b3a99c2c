"""Reads of the inventory. Lists begin with what the reader may see; the rest is read from a model in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from mrm.access.actors import Actor
from mrm.policy import queries as policies
from mrm.policy.models import Policy
from mrm.policy.rules import Kind
from registry.inventory.models import Model, NonModelClaim, RubricAnswers, Tiering, Use, UseChange
from registry.inventory.rules import State, name_key


@dataclass(frozen=True)
class Missing:
    """What a candidate lacks, in words, with the name of the page that mends it."""

    what: str
    mend: str
    url_name: str


def visible(actor: Actor) -> QuerySet[Model]:
    """The models a reader may see, by name."""
    rows: QuerySet[Model] = Model.objects.visible_to(actor).with_people().order_by("name", "id")
    return rows


def model_by_reference(actor: Actor, reference: str) -> Model:
    """The model, or the same NotFound for absent and forbidden."""
    found: Model = Model.objects.with_people().one(actor, reference=reference)
    return found


def search(rows: QuerySet[Model], text: str) -> QuerySet[Model]:
    """Models whose name, reference, method, purpose, owner, developer or a use has every word of `text`."""
    for word in text.split():
        rows = rows.filter(
            Q(name_key__contains=name_key(word))
            | Q(reference__iexact=word)
            | Q(method__icontains=word)
            | Q(purpose__icontains=word)
            | Q(owner__name__icontains=word)
            | Q(developer__name__icontains=word)
            | Q(
                pk__in=Use.objects.filter(Q(portfolio__icontains=word) | Q(decision__icontains=word)).values(
                    "model"
                )
            )
        )
    return rows


def narrowed(rows: QuerySet[Model], filters: Mapping[str, str]) -> QuerySet[Model]:
    """The models that a filter form asks for; what it leaves empty or does not know narrows nothing."""
    plain = {"state": "state", "class": "model_class", "entity": "entity__code", "owner": "owner__reference"}
    for name, path in plain.items():
        if value := filters.get(name, ""):
            rows = rows.filter(**{path: value})
    if (tier := filters.get("tier", "")) in {"1", "2", "3"}:
        rows = rows.filter(tier=int(tier))
    elif tier == "none":
        rows = rows.filter(tier__isnull=True)
    return search(rows, filters.get("q", ""))


def heat(rows: QuerySet[Model]) -> dict[tuple[int | None, str], int]:
    """How many models per tier and state."""
    counted = rows.order_by().values_list("tier", "state").annotate(n=Count("pk"))
    return {(tier, state): n for tier, state, n in counted}


def uses(model: Model) -> QuerySet[Use]:
    """The uses in effect, the oldest first."""
    return Use.objects.filter(model=model).select_related("entity").order_by("id")


def proposed_changes(model: Model) -> QuerySet[UseChange]:
    """New and changed uses that wait for their own approval."""
    rows = UseChange.objects.filter(model=model, standing=UseChange.Standing.PROPOSED)
    return rows.select_related("use", "proposed_by").order_by("id")


def open_claim(model: Model) -> NonModelClaim | None:
    """The claim that it is no model which waits for its decision."""
    rows = NonModelClaim.objects.filter(model=model, standing=NonModelClaim.Standing.CLAIMED)
    return rows.select_related("claimed_by").first()


def latest_claim(model: Model) -> NonModelClaim | None:
    """The newest claim that it is no model, decided or not."""
    rows = NonModelClaim.objects.filter(model=model).select_related("claimed_by", "decided_by")
    return rows.order_by("-id").first()


def answers_now(model: Model) -> RubricAnswers | None:
    """The latest answers to the rubric."""
    found: RubricAnswers | None = (
        RubricAnswers.objects.filter(model=model).order_by("-answered_at", "-id").first()
    )
    return found


def tier_history(model: Model) -> QuerySet[Tiering]:
    """Every setting of the tier, the newest first."""
    rows = Tiering.objects.filter(model=model).select_related("set_by", "overridden_by", "answers")
    return rows.order_by("-number")


def tier_now(model: Model) -> Tiering | None:
    """The setting of the tier that is in force."""
    return tier_history(model).first()


def rubric(model: Model, on: date) -> Policy:
    """The rubric in force for the model's legal entity."""
    return policies.in_force(Kind.RUBRIC, scope=model.entity, on=on)


def missing_for_registration(model: Model) -> list[Missing]:
    """What stands between a candidate and the register, in the order in which to mend it."""
    if model.state != State.CANDIDATE:
        return []
    lacking = []
    if model.owner_id is None:
        lacking.append(Missing("An accountable owner", "Name the owner", "model-assign"))
    if not model.purpose.strip():
        lacking.append(Missing("A purpose", "Describe the model", "model-describe"))
    if not uses(model).exists():
        lacking.append(Missing("At least one use", "Add a use", "use-add"))
    if model.tier is None:
        lacking.append(Missing("Answers to the rubric", "Answer the rubric", "model-rubric"))
    return lacking


def use_facts(use: Use) -> dict[str, Any]:
    """A use as the content of a report and a signature state it: plain JSON values."""
    return {
        "reference": use.reference,
        "entity": use.entity.code,
        "portfolio": use.portfolio,
        "decision": use.decision,
        "jurisdiction": use.jurisdiction,
        "start": use.start.isoformat(),
        "end": use.end.isoformat() if use.end else None,
        "expected_volume": use.expected_volume,
        "exposure": str(use.exposure),
        "currency": use.currency,
    }
