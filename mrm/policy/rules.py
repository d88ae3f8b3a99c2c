"""Kinds of policy and the checks a JSON schema cannot state, over plain values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from django.db.models import TextChoices
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from mrm.kernel.errors import BadInput, declare

SCHEMAS = Path(__file__).parent / "schemas"
STANDARD = "standard"
SHOWN_ERRORS = 5

FINDING_FACTS = frozenset(
    {"model", "version", "test", "column", "sample", "statistic", "p_value", "light", "reason", "detail"}
)


class Kind(TextChoices):
    """What a policy is about; each kind has one committed JSON schema."""

    RUBRIC = "rubric", "rubric of the tiers"
    TIERS = "tiers", "what each tier asks for"
    SCOPE_TEMPLATE = "scope_template", "scope of a validation"
    THRESHOLDS = "thresholds", "thresholds of the tests"
    GATE = "gate", "gate requirements"
    FINDINGS = "findings", "findings raised by rules"
    SIGNING = "signing", "accepted signatures"
    REGIMES = "regimes", "regimes"
    REASONS = "reasons", "reason codes"


declare("policy_invalid", "the body of a policy does not follow the schema of its kind")
declare("policy_missing", "no approved policy of that kind is in force on that date")
declare("policy_backdated", "a policy would begin before the day it is approved")


@cache
def schema(kind: str) -> dict[str, Any]:
    """The committed JSON schema of a kind."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{Kind(kind)}.json").read_text("utf-8"))
    return found


def check(kind: str, body: Any) -> None:
    """Raise `policy_invalid` with the places and what is wrong there, unless `body` is a policy of `kind`."""
    found = sorted(Draft202012Validator(schema(kind)).iter_errors(body), key=lambda item: list(item.path))
    wrong = [_sentence(item) for item in found] or list(CHECKS.get(kind, lambda _: ())(body))
    if not wrong:
        return
    more = f" And {len(wrong) - SHOWN_ERRORS} more." if len(wrong) > SHOWN_ERRORS else ""
    raise BadInput(
        "policy_invalid",
        " ".join(wrong[:SHOWN_ERRORS]) + more,
        "Mend the places named; the version in force is a good starting point.",
        places=wrong,
    )


def _sentence(error: ValidationError) -> str:
    place = "/".join(str(step) for step in error.absolute_path)
    text = error.message
    if len(text) > 200:
        text = f"{text[:90]} … {text[-100:]}"
    return f"At “{place or 'the top'}”: {text}."


def _twice(what: str, names: Iterable[str]) -> list[str]:
    return [f"{what} “{name}” stands there twice." for name, times in Counter(names).items() if times > 1]


def _rubric(body: dict[str, Any]) -> list[str]:
    wrong = []
    for axis, part in body["axes"].items():
        wrong += _twice(f"In {axis}, question", [item["id"] for item in part["questions"]])
        for question in part["questions"]:
            wrong += _twice(f"In {question['id']}, answer", [item["id"] for item in question["options"]])
        starts = [band["from"] for band in part["bands"]]
        if starts[0] != 0 or starts != sorted(set(starts)):
            wrong.append(f"The bands of {axis} must start at 0 and rise.")
    down, across = (
        {band["id"] for band in body["axes"][axis]["bands"]} for axis in ("materiality", "complexity")
    )
    if set(body["tier_table"]) != down or any(set(row) != across for row in body["tier_table"].values()):
        wrong.append(
            "The tier table must have one row per band of materiality and one column per band of complexity."
        )
    return wrong


def _template(body: dict[str, Any]) -> list[str]:
    return _twice("Scope item", [item["id"] for item in body["items"]])


def _gate(body: dict[str, Any]) -> list[str]:
    wrong = _twice("Gate", [f"{gate['from']} to {gate['to']}" for gate in body["gates"]])
    for gate in body["gates"]:
        wrong += _twice("Requirement", [item["key"] for item in gate["requirements"]])
    return wrong


def _findings(body: dict[str, Any]) -> list[str]:
    wrong = _twice("Rule", [rule["id"] for rule in body["rules"]])
    for rule in body["rules"]:
        for text in (rule["title"], rule["text"]):
            names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            if unknown := names - FINDING_FACTS:
                wrong.append(
                    f"Rule “{rule['id']}” names {', '.join(sorted(unknown))}, which no evidence brings."
                )
    return wrong


def _regimes(body: dict[str, Any]) -> list[str]:
    return _twice("Regime", [regime["id"] for regime in body["regimes"]])


CHECKS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    Kind.RUBRIC: _rubric,
    Kind.SCOPE_TEMPLATE: _template,
    Kind.GATE: _gate,
    Kind.FINDINGS: _findings,
    Kind.REGIMES: _regimes,
}
