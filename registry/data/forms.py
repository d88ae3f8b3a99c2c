"""Forms of datasets and snapshots: shapes of what people send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from mrm.access.actors import Actor
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity
from mrm.web.forms import DateInput, Form
from registry.data import queries
from registry.data.models import Snapshot
from registry.data.rules import NUMBERS, ROLES, Attribute, band_names

DELIMITERS = [
    ("auto", "found by looking"),
    ("comma", "comma"),
    ("semicolon", "semicolon"),
    ("tab", "tab"),
    ("space", "space"),
]
HEADERS = [("auto", "found by looking"), ("yes", "the first line has the names"), ("no", "no header")]
ATTRIBUTES = 4


class Describe(Form):
    """What the rows are."""

    description = forms.CharField(
        label="What one row is",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whose data, which period, how the sample was drawn.",
    )
    source = forms.CharField(
        label="Source",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="System or publication.",
    )
    licence = forms.CharField(label="Licence", required=False, max_length=120)


class Create(Describe):
    """A new dataset."""

    field_order = ("name", "entity", "description", "source", "licence")
    name = forms.CharField(label="Name", max_length=120, help_text="After what its rows are.")
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label="Legal entity", empty_label=None)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = queries.entities(actor)  # type: ignore[attr-defined]


class Brought(Form):
    """What is said of every new snapshot."""

    title = forms.CharField(
        label="Title", required=False, max_length=120, help_text="What tells it from the others."
    )
    period_from = forms.DateField(label="Period from", required=False, widget=DateInput)
    period_to = forms.DateField(label="Period to", required=False, widget=DateInput)
    gone = forms.CharField(
        label="Columns left out on purpose",
        required=False,
        help_text="Separated by commas. A column that roles or quality rules name may not go in silence.",
    )

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        return facts | {"gone": [name.strip() for name in facts["gone"].split(",") if name.strip()]}


class Query(Brought):
    """A query for a snapshot."""

    field_order = ("sql", "title", "rows", "seconds")
    sql = forms.CharField(
        label="SQL",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text="One SELECT. With ORDER BY the same rows have the same digest when it is run again.",
    )
    rows = forms.IntegerField(label="At most so many rows", required=False, min_value=1)
    seconds = forms.IntegerField(label="Stopped after so many seconds", required=False, min_value=1)


class Fetch(Brought):
    """An object for a snapshot."""

    field_order = ("address", "title")
    address = forms.CharField(
        label="Address",
        max_length=1100,
        help_text="s3://bucket/key of one Parquet object in an allowed bucket.",
    )


class UploadFile(Brought):
    """A file for a snapshot."""

    field_order = ("file", "title", "column_names", "delimiter", "header", "period_from", "period_to", "gone")
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV (comma, semicolon, tab or space) or Parquet. It is kept as it is, under its digest.",
    )
    column_names = forms.CharField(
        label="Column names",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In order, separated by commas, where the file has none.",
    )
    delimiter = forms.ChoiceField(label="Separated by", choices=DELIMITERS, initial="auto", required=False)
    header = forms.ChoiceField(label="First line", choices=HEADERS, initial="auto", required=False)

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        names = facts["column_names"].replace("\n", ",").split(",")
        return facts | {
            "file": Upload(facts["file"].name, facts["file"]),
            "column_names": [name.strip() for name in names if name.strip()],
            "delimiter": facts["delimiter"] or "auto",
            "header": facts["header"] or "auto",
        }


class Codes(Form):
    """A code table."""

    file = forms.FileField(
        label="Code table", allow_empty_file=True, help_text="CSV with a header, one row a code."
    )
    column = forms.CharField(
        label="Its column with the name of the data's column", initial="column", max_length=80
    )
    code = forms.CharField(label="Its column with the code", initial="code", max_length=80)
    declared = forms.CharField(
        label="Its column with the label as declared", initial="declared", max_length=80
    )
    reference = forms.CharField(
        label="Its column with the label of an independent reference",
        required=False,
        max_length=80,
        help_text="Against which dq.labels compares the declared label.",
    )

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        return facts | {"file": Upload(facts["file"].name, facts["file"])}


class Roles(Form):
    """What each column is, which value is the event, and the protected attributes."""

    def __init__(self, *args: Any, snapshot: Snapshot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.snapshot = snapshot
        content = snapshot.filled
        self.types: Mapping[str, str] = content.types if content else {}
        self.profile: Mapping[str, Any] = content.profile if content else {}
        proposed = queries.proposed_roles(snapshot)
        for place, name in enumerate(self.types):
            self.fields[f"role_{place}"] = forms.ChoiceField(
                label=f"Role of {name}",
                choices=[("", "not used"), *((role, role) for role in ROLES)],
                required=False,
                initial=proposed["columns"].get(name, ""),
                widget=forms.Select(attrs={"class": "input", "aria-label": f"Role of {name}"}),
            )
        self.fields["event"] = forms.CharField(
            label="Event value of the outcome",
            required=False,
            max_length=40,
            initial=proposed["event"],
            help_text="Which of its two values says that the event happened (for German credit: 2).",
        )
        self._add_attributes(proposed["attributes"])

    def _add_attributes(self, held: list[Attribute]) -> None:
        columns = [("", "none"), *((name, name) for name in self.types)]
        for place in range(ATTRIBUTES):
            item = held[place] if place < len(held) else None
            banding = item["banding"] if item else None
            words = f"Protected attribute {place + 1}"
            self.fields[f"attribute_{place}"] = forms.ChoiceField(
                label=words,
                choices=columns,
                required=False,
                initial=item["column"] if item else "",
                widget=forms.Select(attrs={"class": "input", "aria-label": words}),
            )
            self.fields[f"edge_{place}"] = forms.FloatField(
                label="Up to and including",
                required=False,
                initial=banding.get("edge") if banding else None,
                widget=forms.NumberInput(
                    attrs={"class": "input", "aria-label": f"{words}, up to and including", "step": "any"}
                ),
            )
            self.fields[f"reference_{place}"] = forms.CharField(
                label="Reference group",
                required=False,
                max_length=80,
                initial=item["reference"] if item else "",
                widget=forms.TextInput(attrs={"class": "input", "aria-label": f"{words}, reference group"}),
            )

    @property
    def column_rows(self) -> list[dict[str, Any]]:
        """The columns with their profile and role field, for the page."""
        return [
            {
                "name": name,
                "type": kind,
                "facts": self.profile[name],
                "values": shown_values(self.profile[name]),
                "field": self[f"role_{place}"],
            }
            for place, (name, kind) in enumerate(self.types.items())
        ]

    @property
    def attribute_rows(self) -> list[dict[str, Any]]:
        """The fields of each protected attribute, for the page."""
        return [
            {name: self[f"{name}_{place}"] for name in ("attribute", "edge", "reference")}
            for place in range(ATTRIBUTES)
        ]

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        data = self.cleaned_data
        columns = {
            name: data[f"role_{place}"] for place, name in enumerate(self.types) if data[f"role_{place}"]
        }
        chosen = [place for place in range(ATTRIBUTES) if data[f"attribute_{place}"]]
        return {
            "columns": columns,
            "event": data["event"].strip(),
            "attributes": [
                self.attribute(data[f"attribute_{n}"], data[f"edge_{n}"], data[f"reference_{n}"])
                for n in chosen
            ],
        }

    def attribute(self, column: str, edge: float | None, reference: str) -> Attribute:
        """A protected attribute; without a reference group: above the edge, or the most frequent code."""
        if edge is not None and self.types[column] in NUMBERS:
            above = band_names(column, edge)[1]
            return {
                "name": column,
                "column": column,
                "banding": {"rule": "at_most", "edge": edge},
                "reference": reference or above,
            }
        values = sorted(self.profile[column].get("values", []), key=lambda item: -item["n"])
        largest = values[0]["value"] if values else ""
        return {
            "name": column,
            "column": column,
            "banding": {"rule": "codes"},
            "reference": reference or largest,
        }


def shown_values(facts: Mapping[str, Any]) -> str:
    """The range, or the first values, of a column in words."""
    values = facts.get("values", [])
    if values and len(values) <= 6:
        return ", ".join(f"{item['value']} ({item['n']})" for item in values)
    if "min" in facts:
        return f"{facts['min']} to {facts['max']}"
    return ", ".join(item["value"] for item in values[:6]) + (" …" if len(values) > 6 else "")
