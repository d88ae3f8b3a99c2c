"""Gates: a list of requirements, each met, unmet or not applicable, shown before anyone asks.

Which requirements apply is said by the dated gate policy. Whoever holds a fact answers at the port `gate.requirement`
under the requirement's key; a key that nobody answers is unmet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from mrm.kernel.errors import RuleRefused, declare
from mrm.kernel.ports import Port
from mrm.policy import queries as policies
from mrm.policy.models import Policy
from registry.inventory.models import Use
from registry.versions.models import Version

State = Literal["met", "unmet", "not_applicable"]
declare("gate_unmet", "a version asks for a stage whose gate has unmet requirements")


@dataclass(frozen=True)
class Answer:
    """What a provider says: the state, a sentence, evidence digests or references, and where it is mended or proved."""

    state: State
    sentence: str = ""
    evidence: Sequence[str] = ()
    url: str = ""


@dataclass(frozen=True)
class Ask:
    """What a provider is asked: of which version, as the policy words it, on which day, for which uses (all in effect
    when none are named)."""

    version: Version
    requirement: Mapping[str, Any]
    on: date
    uses: Sequence[Use] | None = None


@dataclass(frozen=True)
class Requirement:
    """One line of a gate."""

    key: str
    title: str
    state: State
    sentence: str = ""
    evidence: Sequence[str] = field(default_factory=tuple)
    url: str = ""
    stage: str = ""


Provider = Callable[[Ask], Answer]
providers: Port[Provider] = Port("gate.requirement")


def gate_policy(version: Version, on: date) -> Policy:
    """The gate policy in force for the version's legal entity."""
    return policies.in_force("gate", scope=version.scope, on=on)


def requirements(
    version: Version, *, now: datetime, policy: Policy | None = None, uses: Sequence[Use] | None = None
) -> list[Requirement]:
    """Every requirement of every gate that applies to the version, in the policy's order."""
    on = policies.today(version.scope, now)
    policy = policy or gate_policy(version, on)
    return [
        _answered(Ask(version, item, on, uses), gate["to"])
        for gate in policy.body["gates"]
        for item in gate["requirements"]
        if "all" in item["applies_to"] or version.model.model_class in item["applies_to"]
    ]


def _answered(ask: Ask, stage: str) -> Requirement:
    key, title = ask.requirement["key"], ask.requirement["title"]
    provider = providers.get(key)
    if provider is None:
        answer = Answer("unmet", "Nothing in this installation can show this yet.")
    else:
        answer = provider(ask)
    return Requirement(key, title, answer.state, answer.sentence, tuple(answer.evidence), answer.url, stage)


def unmet(
    version: Version, *, now: datetime, stage: str = "prod", uses: Sequence[Use] | None = None
) -> list[Requirement]:
    """The requirements up to `stage` that are unmet."""
    stages = ["staging", "prod"][: ["staging", "prod"].index(stage) + 1]
    found = requirements(version, now=now, uses=uses)
    return [item for item in found if item.stage in stages and item.state == "unmet"]


def check(version: Version, *, now: datetime, stage: str = "prod", uses: Sequence[Use] | None = None) -> None:
    """Refuse unless every requirement up to `stage` is met or not applicable, naming those that are not."""
    lacking = unmet(version, now=now, stage=stage, uses=uses)
    if lacking:
        many = "requirement of the gate is" if len(lacking) == 1 else "requirements of the gate are"
        raise RuleRefused(
            "gate_unmet",
            f"{len(lacking)} {many} unmet: {'; '.join(item.title for item in lacking)}.",
            f"The version's page shows each with what mends it: {version.get_absolute_url()}",
            requirements=lacking,
        )
