"""The light review of a tier that asks for no more: one form, one act, the same freezing and signing afterwards."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput, RuleRefused
from validation.cases.content import is_light, newest_results
from validation.cases.models import Opinion, ScopeItem, Validation
from validation.cases.rules import Confidence, Rating
from validation.cases.verbs import judging
from validation.cases.verbs.judging import UseJudgement

AGGREGATION = (
    "A light review: the worst rating of the items the tier makes mandatory bounds the step of the whole."
)


class ItemJudgement(TypedDict):
    """The judgement on one item: its key, a rating, in words."""

    item: str
    rating: Rating
    text: str


@verb("opinion.write_light")
def write_light(
    act: Act,
    *,
    validation: Validation,
    reporting_line: str,
    prior_involvement: str,
    items: list[ItemJudgement],
    step: int,
    summary: str,
    text: str,
    uses: list[UseJudgement],
    residual_risk: str = "",
    better_than_worst: str = "",
    expires: date | None = None,
) -> Opinion:
    """Write a light review: independence, a rating for each mandatory item, and the opinion, in one act."""
    if not is_light(validation):
        raise RuleRefused(
            "not_light",
            f"{validation.reference} is of tier {validation.tier}, which asks for a full validation.",
            "Rate item by item on its desk.",
        )
    # the bodies of three other acts, joined to this one as effects: same rules, one leaf
    judging.declare.body(
        act, validation=validation, reporting_line=reporting_line, prior_involvement=prior_involvement
    )
    known = {item.key: item for item in validation.items.all()}
    for judged in items:
        item = known.get(judged["item"])
        if item is None:
            raise BadInput(
                "item_not_in_scope",
                f"{judged['item']} is not in the scope of {validation.reference}.",
                "Choose items of its scope.",
            )
        judging.rate.body(
            act,
            item=item,
            rating=Rating(judged["rating"]),
            text=judged["text"],
            evidence=evidence_of(validation, item),
        )
    return judging.write.body(
        act,
        validation=validation,
        step=step,
        summary=summary,
        text=text,
        aggregation=AGGREGATION,
        uses=uses,
        confidence=Confidence.MODERATE,
        residual_risk=residual_risk,
        better_than_worst=better_than_worst,
        expires=expires,
    )


def evidence_of(validation: Validation, item: ScopeItem) -> list[str]:
    """The ids of what the tests of an item brought."""
    rows = newest_results(validation)
    return [row.evidence.short for row in rows if row.item_id == item.pk and row.evidence is not None]
