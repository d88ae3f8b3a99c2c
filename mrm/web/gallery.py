"""Every part in its states, at /look/ when debugging is on: what page builders copy from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy

from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused, Unavailable
from mrm.web import tables
from mrm.web.errors import handler
from mrm.web.forms import DateInput, Form
from mrm.web.gallery_charts import CHARTS
from mrm.web.pages import ListPage, Page
from mrm.web.shapes import (
    Action,
    Entry,
    Fact,
    Figure,
    Job,
    Link,
    Requirement,
    ScopeGroup,
    ScopeItem,
    Signature,
    Step,
    Tab,
    Todo,
)

DIGEST = "cac4ffcd304f7b87f406df4e4dee42c53711453be7fadbdf86e89313766d45b8"
SIGNED = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)


class Sample(Form):
    """A form with every kind of field, some of them wrong."""

    purpose = forms.CharField(help_text="One sentence a board member understands.")
    due = forms.DateField(label="Due date", widget=DateInput)
    text = forms.CharField(label="Assessment", widget=forms.Textarea(attrs={"class": "read", "rows": 4}))
    file = forms.FileField(label="Data", help_text="CSV or Parquet.", required=False)
    kind = forms.ChoiceField(
        label="Class of the model", choices=[("pd", "PD scorecard"), ("lgd", "LGD")], required=False
    )
    opinion = forms.ChoiceField(
        choices=[("fit", "Fit"), ("fit_with_conditions", "Fit with conditions"), ("not_fit", "Not fit")],
        widget=forms.RadioSelect,
    )
    rating = forms.ChoiceField(
        choices=[(n, n) for n in "1234"],
        widget=forms.RadioSelect,
        help_text="1 no weakness · 2 minor · 3 material · 4 severe",
    )
    uses = forms.MultipleChoiceField(
        choices=[("approve", "Approve or decline"), ("price", "Price band")],
        widget=forms.CheckboxSelectMultiple,
    )
    agreed = forms.BooleanField(label="I have read the body and approve the use named above.")


def sample_job(done: int) -> Job:
    """A job at some point of its way."""
    return Job(
        "LIME stability",
        "running" if done < 6000 else "done",
        done,
        6000,
        "about 40 s left" if done < 6000 else "6,000 explanations kept",
        id="lime",
        poll=reverse("look-job", args=[min(done + 620, 6000)]),
        cancel=reverse("look"),
        finished=done >= 6000,
    )


def running_job(request: HttpRequest, done: int) -> HttpResponse:
    """What htmx asks for while the job runs."""
    return render(request, "parts/job.html", {"job": sample_job(done)})


running_job.open_to_all = True  # type: ignore[attr-defined]


REFUSALS = {
    403: Denied(
        "denied",
        "A developer of this model may not ask for its promotion.",
        "Let the owner request it once the items below are met.",
        requirements=[
            Requirement("unmet", "A use grant for both uses", [Link("Ask for a validation", "#")]),
            Requirement("unmet", "LIME evidence for this version", [Link("Run it now", "#")], "About 60 s."),
        ],
    ),
    404: NotFound(),
    409: RuleRefused("wrong_state", "The validation is closed.", "Open a new one."),
    422: BadInput("invalid", "Row 41 has no target value.", "Fill it, or leave the row out."),
    503: Unavailable("internal", "The scorer does not answer.", "Try again in a minute."),
}


def refused(request: HttpRequest, status: int) -> HttpResponse:
    """The error page of each status."""
    return handler(request, REFUSALS.get(status) or ValueError("nobody foresaw this"))


refused.open_to_all = True  # type: ignore[attr-defined]


class SampleTable(tables.Table):
    """A table over plain rows."""

    caption = "Models"
    columns = (
        tables.Column(
            "reference", "Id", kind="id", link=lambda row: "#" + row["reference"], sort="reference"
        ),
        tables.Column("name", "Name", head=True, sort="name"),
        tables.Column("tier", "Tier", kind="tier", sort="tier"),
        tables.Column("state", "State", kind="chip"),
        tables.Column("auc", "AUC", kind="stat", sort="auc", missing="not defined"),
        tables.Column("artefact", "Artefact", kind="digest"),
        tables.Column(
            "review",
            "Next review",
            kind="day",
            num=True,
            sort="review",
            missing="not set",
            note=lambda row: "3 days late" if row["tier"] == 2 else "",
            tone=lambda row: "bad" if row["tier"] == 2 else "",
        ),
    )
    filters = (tables.Choice("tier", "Tier", [("1", "1"), ("2", "2"), ("3", "3")]),)
    search = ("reference", "name")
    search_hint = "name, id"
    order = "name"
    per_page = 8


STATES = ("in_use", "in_validation", "approved", "candidate", "in_development")
ROWS = [
    {
        "reference": f"M-7K2{n:02d}",
        "name": f"{name} {n}",
        "tier": n % 3 + 1,
        "state": STATES[n % 5],
        "auc": None if n % 7 == 6 else 0.7 + n / 200,
        "artefact": DIGEST,
        "review": None if n % 4 == 3 else date(2027, n % 12 + 1, 14),
    }
    for n, name in enumerate(["Consumer instalment PD", "Mortgage LGD", "Card fraud score"] * 9)
]


class Table(ListPage):
    """A page that is one table."""

    open_to_all = True  # samples alone; the routes exist only when debugging is on
    title = "Inventory"
    sub = "Every quantitative method the bank relies on."
    crumbs = (("Parts", reverse_lazy("look")),)
    primary = Action("Register a model", "#register", "primary")
    table_class = SampleTable

    def get_queryset(self) -> list[dict[str, Any]]:
        """Sample rows."""
        return ROWS


class Parts(Page):
    """The gallery."""

    open_to_all = True
    title = "Parts"
    sub = "Every part in its states. Use these; make no others without adding them here."
    template_name = "web/parts.html"
    crumbs = (("Desk", "/"),)

    severities: ClassVar = ["critical", "high", "medium", "low"]
    verdicts: ClassVar = ["pass", "fail", "inconclusive", "not_applicable", "running", "warning"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """One sample of everything."""
        invalid = Sample(
            {"purpose": "Decide on consumer instalment credit", "due": "2027-02-31", "rating": "1"}
        )
        empty = SampleTable([])
        return super().get_context_data(
            states=("candidate", "registered", *STATES[::-1], "notice", "decommissioned"),
            severities=self.severities,
            verdicts=self.verdicts,
            digest=DIGEST,
            form=invalid,
            table=SampleTable(ROWS, self.request),
            empty_table=empty,
            charts=CHARTS,
            **SAMPLES,
            job=sample_job(4140),
            jobs=[
                Job("Report", "queued", text="waits for 1 job before it"),
                Job(
                    "Import of 212 rows",
                    "failed",
                    problem="stopped at row 41: owner unknown",
                    remedy="Nothing was written.",
                    links=[Link("See the rows", "#")],
                    finished=True,
                ),
                sample_job(6000),
            ],
            **kwargs,
        )


SAMPLES: dict[str, Any] = {
    "facts": [
        Fact("Owner", "O. Owner", "Retail credit"),
        Fact("Live", "v2 75 %, v3 25 %", "canary since 16 Nov"),
        Fact("Next review", "4 Dec 2026", "in 11 days"),
        Fact("Open findings", 3, "1 high, 2 medium", url="#"),
        Fact("Last replay", "identical", "1,000 of 1,000", tone="good"),
        Fact("Approver", None),
    ],
    "buttons": [
        Action("Primary, one a page", "#", "primary"),
        Action("Plain", "#"),
        Action("Revoke", "#", "danger"),
        Action("Quiet", "#", "quiet"),
        Action("With icon", "#", icon="rerun"),
        Action("Waits", why_not="Five items are not rated yet"),
    ],
    "requirements": [
        Requirement("met", "Met, with its evidence", [Link("ev:1f0c9a7be2", "#")]),
        Requirement("unmet", "Unmet, with the way out", [Link("Run it now", "#")], "And how long it takes."),
        Requirement("na", "Not applicable, with reason", [Link("X-0006A", "#")], "Who approved that, when."),
    ],
    "findings": [
        Requirement("", "Applicants aged 25 or under are approved at .71", [], "Issued", "31 Jan", "high"),
        Requirement("", "No dates in the data", [], "Issued · D. Developer", "28 Feb", "medium"),
        Requirement("", "Reversed coding in this copy", [Link("Edit", "#")], severity="low"),
    ],
    "signatures": [
        Signature(
            "B. Validator",
            "validator",
            meaning="Opinion: fit with conditions.",
            at=SIGNED,
            method="password",
            digest=DIGEST,
            receipt="entry 48,502",
        ),
        Signature("R. Officer", "risk officer", "open", "Approval. Waits since 20 Nov."),
        Signature(
            "B. Validator",
            "validator",
            "void",
            "The uses changed after it was signed:",
            voided=date(2026, 11, 18),
            difference=[("Use", "and canary up to 5 %", ""), ("Expiry", "23 Nov 2028", "23 Nov 2027")],
        ),
    ],
    "entries": [
        Entry(SIGNED, "Opinion signed: fit with conditions", "B. Validator, entry 48,502", "#"),
        Entry(date(2026, 11, 18), "Uses narrowed to shadow; one signature turned grey", "O. Owner"),
        Entry(date(2026, 9, 22), "F-9QX2M issued", "A. Validator"),
    ],
    "todos": [
        Todo(
            "Decide the extension of F-0098K",
            "#",
            date(2026, 11, 14),
            "9 days late",
            late=True,
            detail="second request",
            action="Decide",
        ),
        Todo(
            "Sign the approval of V-4QK2D",
            "#",
            date(2026, 11, 23),
            "Today",
            detail="opinion: fit with conditions",
            action="Read and sign",
            primary=True,
        ),
        Todo("Answer F-11XQ2", "#"),
    ],
    "figures": [
        Figure("Models", 16, "#", [(11, "in use"), (1, "in validation")]),
        Figure("Open findings", 11, "#", [(0, "critical"), (2, "high")]),
        Figure("Overdue", 2, "#", [(1, "finding"), (1, "review")], "bad"),
        Figure("To sign", 1),
    ],
    "tabs": [
        Tab("Overview", "#", True),
        Tab("Versions", "#"),
        Tab("Findings", "#", count=3),
        Tab("History", "#"),
    ],
    "scope": [
        ScopeGroup(
            "Data",
            [
                ScopeItem("Sources and lineage", "#", "pass", "2"),
                ScopeItem("Representativeness", "#", "warning", "3"),
            ],
        ),
        ScopeGroup(
            "Fairness",
            [
                ScopeItem("Disparate impact, fair.air", "#", "fail", current=True),
                ScopeItem("Calibration by group", "#"),
                ScopeItem("Out-of-time test", "#", "not_applicable", "n/a"),
            ],
        ),
    ],
    "results": [
        Fact("AIR, age ≤ 25", ".711", tone="bad"),
        Fact("95 % interval", ".561 to .900"),
        Fact("z, Fisher p", "−3.44", ".0010"),
        Fact("Power", None),
    ],
    "verdict": [
        Fact("Tests", "17 passed, 1 failed, 1 running"),
        Fact("Findings", "1 high · 2 medium · 2 drafts"),
        Fact("Unmet", "5 not rated"),
    ],
    "steps": [
        Step(
            "Register a model",
            "A name, a purpose, an accountable owner, one use.",
            Action("Register a model", "#", "primary"),
            True,
        ),
        Step(
            "Give it a version", "A vendor model is governed by its scored data.", Action("How", "#", "quiet")
        ),
        Step("Validate it", "The template of its class fills the scope."),
    ],
    "numbers": [0.8194, -0.0213, 1.0861, None],
    "answer": {
        "what": "The promotion was refused. Nothing has changed.",
        "why": "Three of eleven requirements of the gate are unmet.",
        "remedy": "Let O. Owner request it once the three items are met.",
    },
}
