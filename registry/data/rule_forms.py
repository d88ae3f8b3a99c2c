"""The form of quality rules: one line a rule, its limits written in a few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from mrm.kernel.errors import BadInput
from mrm.web.forms import Form
from registry.data.models import Dataset
from registry.data.standards import QualityRule

KINDS = [
    ("not_null", "is not missing"),
    ("unique", "never repeats"),
    ("range", "lies between"),
    ("allowed", "is one of"),
    ("pattern", "follows the pattern"),
    ("compare", "compares with a column"),
    ("refers", "occurs in a column"),
    ("rows", "number of rows"),
    ("fresh", "is at most so many days old"),
    ("period", "lies in the snapshot's period"),
]
SEVERITIES = [("block", "blocks"), ("warn", "warns")]
SPARE, FEWEST = 3, 6
SPAN = re.compile(r"(-?[\d.,]*?)\s*(?:\.\.|to|–)\s*(-?[\d.,]*)")
RELATION = re.compile(r"(<=|>=|!=|<|>|=)\s*(.+)")


class Rules(Form):
    """Every rule of a dataset, and why they change."""

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = dataset.rules_row
        held = row.rules if row else []
        self.lines = max(len(held) + SPARE, FEWEST)
        for place in range(self.lines):
            self._add(place, held[place] if place < len(held) else None)
        if row is not None:
            self.fields["reason"] = forms.CharField(
                label="Why the rules change", widget=forms.Textarea(attrs={"rows": 2})
            )

    def _add(self, place: int, rule: Mapping[str, Any] | None) -> None:
        def attrs(what: str) -> dict[str, str]:
            return {"class": "input", "aria-label": f"Rule {place + 1}, {what}"}

        self.fields[f"columns_{place}"] = forms.CharField(
            label="Column",
            required=False,
            initial=", ".join(rule["columns"]) if rule else "",
            widget=forms.TextInput(attrs=attrs("column")),
        )
        self.fields[f"kind_{place}"] = forms.ChoiceField(
            label="Rule",
            required=False,
            choices=[("", "no rule"), *KINDS],
            initial=rule["kind"] if rule else "",
            widget=forms.Select(attrs=attrs("kind")),
        )
        self.fields[f"limit_{place}"] = forms.CharField(
            label="Limits",
            required=False,
            initial=written(rule) if rule else "",
            widget=forms.TextInput(attrs=attrs("limits")),
        )
        self.fields[f"severity_{place}"] = forms.ChoiceField(
            label="Otherwise it",
            choices=SEVERITIES,
            required=False,
            initial=rule["severity"] if rule else "block",
            widget=forms.Select(attrs=attrs("severity")),
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each rule, for the page."""
        return [
            {name: self[f"{name}_{place}"] for name in ("columns", "kind", "limit", "severity")}
            for place in range(self.lines)
        ]

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        data = self.cleaned_data
        rules = [
            read_rule(
                data[f"kind_{place}"],
                data[f"columns_{place}"],
                data[f"limit_{place}"].strip(),
                data[f"severity_{place}"] or "block",
            )
            for place in range(self.lines)
            if data[f"kind_{place}"]
        ]
        return {"rules": rules, "reason": data.get("reason", "")}


def written(rule: Mapping[str, Any]) -> str:
    """The limits of a rule as they are typed."""
    kind = rule["kind"]
    if kind in {"range", "rows"}:
        return "..".join("" if rule.get(name) is None else f"{rule[name]:.12g}" for name in ("least", "most"))
    if kind == "not_null":
        return f"{100 * rule['most']:.6g} %" if rule.get("most") else ""
    if kind == "compare":
        return f"{rule['relation']} {rule['other']}"
    said = {"allowed": "values", "pattern": "pattern", "refers": "other", "fresh": "days"}.get(kind)
    value = rule.get(said, "") if said else ""
    return ", ".join(value) if isinstance(value, list) else str(value)


def read_rule(kind: Any, columns: str, limit: str, severity: Any) -> QualityRule:
    """A rule from one line of the form."""
    names = [name.strip() for name in columns.split(",") if name.strip()]
    rule: QualityRule = {"kind": kind, "severity": severity, "columns": names}
    try:
        if kind in {"range", "rows"}:
            match = SPAN.fullmatch(limit)
            if match is None:
                raise ValueError
            least, most = (float(part.replace(",", "")) if part else None for part in match.groups())
            rule |= {"least": least, "most": most}
        elif kind == "not_null" and limit:
            rule["most"] = float(limit.rstrip(" %")) / 100
        elif kind == "allowed":
            rule["values"] = [value.strip() for value in limit.split(",") if value.strip()]
        elif kind == "pattern":
            rule["pattern"] = limit
        elif kind == "compare":
            relation = RELATION.fullmatch(limit)
            if relation is None:
                raise ValueError
            rule |= {"relation": relation[1], "other": relation[2].strip()}  # type: ignore[typeddict-item]
        elif kind == "refers":
            rule["other"] = limit
        elif kind == "fresh":
            rule["days"] = int(limit)
    except ValueError:
        raise BadInput(
            "quality_rule",
            f"“{limit}” does not say the limits of the rule on {columns or 'rows'}.",
            "Write for example 18..100, <= limit, A, B, C or 31; the page says which a rule needs.",
        ) from None
    return rule
