"""Pages of versions."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from mrm import vault
from mrm.access.acts import act_words, can
from mrm.access.history import entries_about
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs.models import Job
from mrm.jobs.shape import shape
from mrm.kernel.errors import RuleRefused
from mrm.ledger.clock import now
from mrm.policy.queries import today
from mrm.web import words
from mrm.web.shapes import Action, Entry, Fact, Link
from mrm.web.shapes import Requirement as Line
from registry.data.models import Snapshot
from registry.inventory.models import Model
from registry.inventory.queries import model_by_reference
from registry.versions import forms, gates, queries, verbs
from registry.versions.aliases import alias_key, reserved
from registry.versions.models import UseGrant, Version
from registry.versions.rules import Admission, Format, Stage
from registry.versions.tables import SearchTable, VersionTable

INVENTORY = ("Inventory", "/models/")
EXAMPLES = 5
STATES = {"met": "met", "unmet": "unmet", "not_applicable": "na"}
PATHS = {
    "fast": "many rows at once: same bits as one row, checked",
    "one_row": "each row alone: many at once gave other bits",
    "recorded": "recorded scores, nothing is computed here",
}


def model_crumbs(model: Model) -> list[tuple[str, str]]:
    """Inventory, the model."""
    return [INVENTORY, (model.name, f"/models/{model.reference}/")]


class OnModel(Member):
    """What the pages below a model know."""

    kwargs: dict[str, Any]
    nav = "inventory"

    @cached_property
    def model(self) -> Model:
        """The model of the address."""
        return model_by_reference(self.actor, self.kwargs["reference"])

    def get_sub(self) -> str:
        """Which model."""
        return f"{self.model.name}, {self.model.reference}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Inventory, the model."""
        return model_crumbs(self.model)


class Versions(OnModel, MemberList):
    """The versions of a model."""

    title = "Versions"
    table_class = VersionTable

    def get_queryset(self) -> QuerySet[Version]:
        """The newest first."""
        return queries.of_model(self.actor, self.kwargs["reference"])[1]

    def get_actions(self) -> list[Action]:
        """Registering one."""
        why_not = can(self.actor, "version.register", model=self.model) or ""
        return [
            Action(
                "Register a version",
                f"/models/{self.model.reference}/versions/new/",
                "primary",
                why_not=why_not,
            )
        ]


class Search(MemberList):
    """Versions of every model the reader may see."""

    title = "Versions"
    sub = "Every build of every model, by name, alias, tag, stage or format."
    nav = "inventory"
    crumbs = (INVENTORY,)
    table_class = SearchTable

    def get_queryset(self) -> QuerySet[Version]:
        """The newest first."""
        return queries.versions(self.actor)


class Register(OnModel, ActPage):
    """Register a version."""

    verb = verbs.register_version
    form_class = forms.Register
    title = "Register a version"
    button = "Register the version"

    def form_facts(self) -> dict[str, Any]:
        """Whose snapshots."""
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        """Scorecards come first in this bank's examples; nothing else is presumed."""
        return {"format": Format.SKOPS}

    def target(self) -> dict[str, Any]:
        """The model."""
        return {"model": self.model}


class OnVersion(OnModel):
    """What the pages of one version know."""

    @cached_property
    def version(self) -> Version:
        """The version of the address."""
        return queries.version(self.actor, self.kwargs["reference"], self.kwargs["number"])


class VersionPage(OnVersion, MemberPage):
    """One version: lineage from data to artefact, signature, admission, gate, grants."""

    template_name = "versions/version.html"

    def get_title(self) -> str:
        """Number and title."""
        title = f": {self.version.title}" if self.version.title else ""
        return f"Version {self.version.number}{title}"

    def get_actions(self) -> list[Action]:
        """What this reader may do with the version now."""
        version, here = self.version, self.version.get_absolute_url()
        moves = [
            Action(label, f"{here}{tail}", kind)
            for act, label, tail, kind, facts in offered(version)
            if can(self.actor, act, version=version, **facts) is None
        ]
        return [Action("Model card", f"{here}card/"), *moves]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        version = self.version
        moment = now()
        waiting = queries.open_request(version)
        job = _job(version)
        lines = gate_lines(version, moment)
        shown = [
            panel for _, make in queries.panels.items() if (panel := make(self.actor, version)) is not None
        ]
        entries = entries_about(version).select_related("person").order_by("-id")[:20]
        return super().get_context_data(
            version=version,
            found=version.found,
            job=shape(job, self.actor) if job else None,
            facts=facts_of(version),
            lineage=lineage(version),
            details=details_of(version),
            gate=lines,
            counts=counted(lines),
            places=places(version),
            lapses=queries.lapses(version, today(version.scope, moment)),
            request=waiting,
            asked=[
                Line("unmet", item["title"], note=item["sentence"], aside=f"to {item['to']}")
                for item in waiting.open_requirements
            ]
            if waiting
            else [],
            may_withdraw=waiting is not None
            and can(self.actor, "promotion.withdraw", request=waiting) is None,
            may_name=can(self.actor, "version.tag", version=version) is None,
            may_state=version.snapshots == []
            and can(self.actor, "version.state_lineage", version=version) is None,
            aliases=queries.aliases_of(version),
            free_names=[name for name in queries.aliases_of(version) if not reserved(alias_key(name))],
            tags=queries.tags_of(version),
            example=example_of(version),
            grants=[
                {"grant": item, "standing": standing}
                for item, standing in queries.standings(version, today(version.scope, moment))
            ],
            may_restrict=can_change(self.actor, version),
            panels=sorted(shown, key=lambda panel: panel.order),
            entries=[Entry(item.at, act_words(item.act), item.person.name) for item in entries],
            **kwargs,
        )


def offered(version: Version) -> list[tuple[str, str, str, str, dict[str, Any]]]:
    """The moves that the version's stage leaves open: act, words, address, kind of button, facts it is judged by."""
    stage = version.stage
    found: list[tuple[str, str, str, str, dict[str, Any]]] = []
    if stage == Stage.ARCHIVED:
        return found
    onward = Stage.STAGING if stage == Stage.DEV else Stage.PROD
    found.append(("version.promote", f"Promote to {onward}", "promote/", "primary", {"stage": onward}))
    if stage != Stage.PROD and queries.open_request(version) is None:
        found.append(
            ("promotion.request", "Request a promotion", "request/", "", {"stage": Stage.PROD, "reason": ""})
        )
    found.append(("version.archive", "Archive", "archive/", "", {"reason": ""}))
    return found


def places(version: Version) -> list[dict[str, Any]]:
    """Where it has been, the last first, with the uses it answered for."""
    rows = version.stages.select_related("moved_by").order_by("-number")
    words_of = {use.reference: str(use) for use in version.model.uses.all()}
    return [
        {"row": row, "uses": [words_of.get(reference, reference) for reference in row.uses]} for row in rows
    ]


def example_of(version: Version) -> dict[str, Any] | None:
    """The input example as a table: its columns and first rows."""
    if not version.input_example:
        return None
    rows: list[dict[str, Any]] = json.loads(vault.get(version.input_example))
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [[row.get(name) for name in names] for row in rows[:EXAMPLES]]
    return {"columns": names, "rows": shown, "total": len(rows)}


def _job(version: Version) -> Job | None:
    """The inspection that is not over yet."""
    if version.job is None or version.admission != Admission.PENDING:
        return None
    found: Job | None = Job.objects.filter(pk=version.job).first()
    return found


def can_change(actor: Any, version: Version) -> bool:
    """Whether the reader may restrict or revoke grants of this version."""
    item = UseGrant.objects.filter(version=version).select_related("scope").first()
    return item is not None and can(actor, "grant.restrict", grant=item) is None


def gate_lines(version: Version, moment: Any) -> list[Line]:
    """The gate as the page kit draws it; a missing policy is said, not hidden."""
    try:
        items = gates.requirements(version, now=moment)
    except RuleRefused as refused:
        return [Line("unmet", refused.detail, note=refused.remedy)]
    return [
        Line(
            STATES[item.state],
            item.title,
            links=[Link("Open", item.url)] if item.url and item.url != version.get_absolute_url() else (),
            note=item.sentence,
            aside=f"to {item.stage}",
        )
        for item in items
    ]


def counted(lines: list[Line]) -> str:
    """`6 met, 2 unmet, 1 not applicable`."""
    names = {"met": "met", "unmet": "unmet", "na": "not applicable"}
    return ", ".join(f"{sum(line.state == key for line in lines)} {name}" for key, name in names.items())


def facts_of(version: Version) -> list[Fact]:
    """Five facts of a version."""
    tone = {Admission.ADMITTED: "good", Admission.REFUSED: "bad"}.get(Admission(version.admission), "")
    found = version.found
    return [
        Fact("Admission", Admission(version.admission).label, tone=tone),
        Fact("Stage", version.stage, note=", ".join(queries.aliases_of(version))),
        Fact(
            "Format",
            version.format or "not held",
            note=version.get_format_display() if version.format else "another registry holds it",
        ),
        Fact("Inputs", str(len(found.features)) if found and found.admitted else "not known yet"),
        Fact(
            "Registered",
            words.day(version.registered_at),
            note=f"{version.registered_by.name}, {version.get_origin_display()}",
        ),
    ]


def lineage(version: Version) -> list[dict[str, Any]]:
    """From data to artefact, step by step."""
    steps = [
        _data_step("Training data", version.training_snapshot),
        _data_step("Test data", version.test_snapshot),
        _data_step("Scored sample", version.scored_snapshot),
        {"what": "Code", "name": version.code_revision or "not said", "digest": ""},
        {
            "what": "Environment",
            "name": "lock file" if version.environment else "not said",
            "digest": version.environment,
        },
        {
            "what": "Artefact",
            "name": version.artefact_name or "none: external",
            "digest": version.artefact,
            "note": f"{version.artefact_size:,} bytes" if version.artefact else "",
        },
    ]
    return [step for step in steps if step]


def _data_step(what: str, snapshot: Snapshot | None) -> dict[str, Any]:
    if snapshot is None:
        return {}
    content = snapshot.filled
    return {
        "what": what,
        "name": f"{snapshot.dataset.name} {snapshot.reference}",
        "url": snapshot.get_absolute_url(),
        "digest": content.data_digest if content else "",
        "note": f"{content.rows:,} rows" if content else "",
    }


def details_of(version: Version) -> list[Fact]:
    """What else is known of the build."""
    found = version.found
    facts = [
        Fact("Split", (version.split or {}).get("how") or ("given" if version.split else "not said")),
        Fact("Parameters", ", ".join(f"{k} {v}" for k, v in version.parameters.items()) or "not said"),
        Fact("Run", version.run_reference or "none"),
        Fact("Features", ", ".join(version.features) or "no feature service"),
        Fact("Notes", version.notes or "none"),
    ]
    if found and found.admitted:
        report = found.report
        facts += [
            Fact("Structure", found.structure or "not known"),
            Fact("Scored by", PATHS.get(found.path, found.path), note=compared(report)),
            Fact("Tried on", f"{report['rows']:,} rows", note=f"{report['distinct']:,} different answers"),
        ]
    return facts


def compared(report: dict[str, Any]) -> str:
    """How the fast path was compared."""
    if not report.get("compared"):
        return ""
    sizes = ", ".join(str(size) for size in report["batches"])
    return f"{report['compared']:,} rows, batches of {sizes}"
