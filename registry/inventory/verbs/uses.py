"""Acts on the uses of a model. Once a model is approved, a change of its uses waits for its own approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mrm.access.acts import Act, verb
from mrm.access.models import LegalEntity
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory.effects import apply_facts
from registry.inventory.models import Model, Use, UseChange
from registry.inventory.queries import use_facts
from registry.inventory.rules import GRANTED
from registry.inventory.verbs.models import not_ended

LARGEST = Decimal(10) ** 18


@verb("model.add_use")
def add_use(
    act: Act,
    *,
    model: Model,
    portfolio: str,
    decision: str,
    jurisdiction: str,
    start: date,
    exposure: Decimal,
    currency: str,
    end: date | None = None,
    expected_volume: int | None = None,
    entity: LegalEntity | None = None,
) -> Use | UseChange:
    """Add a use to a model: portfolio, decision, country, dates, expected volume a year and exposure."""
    not_ended(model)
    facts = checked(
        portfolio=portfolio,
        decision=decision,
        jurisdiction=jurisdiction,
        start=start,
        end=end,
        exposure=exposure,
        currency=currency,
        expected_volume=expected_volume,
        entity=entity or model.entity,
    )
    if model.state in GRANTED:
        return _propose(act, model, None, facts)
    use = Use(scope=model.scope, model=model)
    apply_facts(use, facts)
    return act.save(use)


@verb("model.change_use")
def change_use(
    act: Act,
    *,
    use: Use,
    portfolio: str,
    decision: str,
    jurisdiction: str,
    start: date,
    exposure: Decimal,
    currency: str,
    end: date | None = None,
    expected_volume: int | None = None,
) -> Use | UseChange:
    """Change a use: at once before approval, as a proposal with its own approval afterwards."""
    not_ended(use.model)
    facts = checked(
        portfolio=portfolio,
        decision=decision,
        jurisdiction=jurisdiction,
        start=start,
        end=end,
        exposure=exposure,
        currency=currency,
        expected_volume=expected_volume,
        entity=use.entity,
    )
    before = {key: value for key, value in use_facts(use).items() if key != "reference"}
    if facts == before:
        raise BadInput("bad_use", "Nothing would change.", "Change a fact of the use, or leave it.")
    if use.model.state in GRANTED:
        return _propose(act, use.model, use, facts)
    apply_facts(use, facts)
    return act.save(use)


@verb("model.withdraw_use_change")
def withdraw_use_change(act: Act, *, change: UseChange, reason: str = "") -> UseChange:
    """Withdraw a proposed change of uses; what was approved stays."""
    if change.standing != UseChange.Standing.PROPOSED:
        raise RuleRefused(
            "wrong_state",
            f"The change is {change.get_standing_display()}.",
            "Only a change that still waits can be withdrawn.",
        )
    change.standing = UseChange.Standing.WITHDRAWN
    act.reason = reason.strip()
    return act.save(change)


def _propose(act: Act, model: Model, use: Use | None, facts: dict[str, Any]) -> UseChange:
    if use is not None:
        for earlier in UseChange.objects.filter(use=use, standing=UseChange.Standing.PROPOSED):
            earlier.standing = UseChange.Standing.SUPERSEDED
            act.save(earlier)
    act.facts["standing"] = "proposed"
    return act.save(
        UseChange(
            scope=model.scope, model=model, use=use, facts=facts, proposed_by=act.person, proposed_at=act.now
        )
    )


def checked(
    *, start: date, end: date | None, exposure: Decimal, entity: LegalEntity, **rest: Any
) -> dict[str, Any]:
    """The facts of a use as plain values, or `bad_use` with what is wrong."""
    portfolio, decision = rest["portfolio"].strip(), rest["decision"].strip()
    country, currency = rest["jurisdiction"].strip().upper(), rest["currency"].strip().upper()
    volume = rest["expected_volume"]
    wrong = ""
    if not portfolio or not decision:
        wrong = "A use names its portfolio and its decision."
    elif not (len(country) == 2 and country.isascii() and country.isalpha()):
        wrong = "The country is two letters, such as DE."
    elif not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        wrong = "The currency is three letters, such as EUR."
    elif end is not None and end < start:
        wrong = "The use would end before it starts."
    elif not exposure.is_finite() or not 0 <= exposure < LARGEST or exposure != round(exposure, 2):
        wrong = "The exposure is an amount of money of nought or more, with at most two decimals."
    elif volume is not None and not 0 <= volume < 2**63:
        wrong = "The expected volume is a whole number of nought or more."
    if wrong:
        raise BadInput("bad_use", wrong, "Mend it and send it again.")
    return {
        "entity": entity.code,
        "portfolio": portfolio,
        "decision": decision,
        "jurisdiction": country,
        "start": start.isoformat(),
        "end": end.isoformat() if end else None,
        "expected_volume": volume,
        "exposure": f"{exposure:.2f}",
        "currency": currency,
    }
