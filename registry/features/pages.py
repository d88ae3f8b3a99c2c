"""Pages of the feature store."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs.models import Job
from mrm.jobs.shape import shape
from mrm.web import words
from mrm.web.forms import Form
from mrm.web.shapes import Action, Fact
from registry.features import checks, forms, materialising, queries, verbs
from registry.features.models import Catalogue, Definition, TrainingSet
from registry.features.rules import SKEWED, FeatureName, Kind, Verdict, spoken
from registry.features.tables import DefinitionTable, PartTable, TrainingSetTable

FEATURES = ("Features", "/features/")
BUILDERS = {"model_developer", "ml_engineer"}


class Features(MemberList):
    """Every definition the reader may see, in its newest version."""

    title = "Features"
    sub = "Computed once, from one definition, for training and for serving; nothing known later than the decision."
    nav = "features"
    table_class = DefinitionTable

    def get_queryset(self) -> QuerySet[Definition]:
        """What the reader may see."""
        return queries.newest(self.actor)

    def get_actions(self) -> list[Action]:
        """Opening a catalogue is for builders."""
        if not self.actor.roles & BUILDERS:
            return []
        first = "" if queries.catalogues(self.actor).exists() else "primary"
        return [Action("Open a catalogue", "/features/new/", first)]


class Open(ActPage):
    """Open a catalogue."""

    verb = verbs.open_catalogue
    form_class = forms.Open
    title = "Open a feature catalogue"
    button = "Open the catalogue"
    nav = "features"
    crumbs = (FEATURES,)

    def form_facts(self) -> dict[str, Any]:
        """Who chooses."""
        return {"actor": self.actor}

    def why_not(self) -> str:
        """Said before the form is filled in."""
        if not self.actor.roles & BUILDERS:
            return "Catalogues are opened by model developers and ML engineers; ask one of them."
        return ""


class OnCatalogue(Member):
    """What every page of one catalogue knows."""

    kwargs: dict[str, Any]
    nav = "features"

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue of the address."""
        return queries.catalogue(self.actor, self.kwargs["reference"])

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Features, this catalogue."""
        return [FEATURES, (self.catalogue.name, self.catalogue.get_absolute_url())]

    def get_sub(self) -> str:
        """Which catalogue."""
        return f"{self.catalogue.name}, {self.catalogue.entity.name}"


class CataloguePage(OnCatalogue, MemberPage):
    """One catalogue: its definitions, and what may be done."""

    template_name = "features/catalogue.html"

    def get_title(self) -> str:
        """Its name."""
        return self.catalogue.name

    def get_sub(self) -> str:
        """What it is for."""
        return self.catalogue.description or "A feature catalogue."

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Features."""
        return [FEATURES]

    def get_actions(self) -> list[Action]:
        """Applying definitions."""
        why_not = can(self.actor, "feature_definition.apply", catalogue=self.catalogue) or ""
        return [
            Action(
                "Apply definitions", f"{self.catalogue.get_absolute_url()}apply/", "primary", why_not=why_not
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        rows = queries.newest(self.actor).filter(catalogue=self.catalogue)
        return super().get_context_data(
            facts=[
                Fact("Id", self.catalogue.reference),
                Fact("Legal entity", self.catalogue.entity.name),
                Fact("Rows are seen by", "whoever was granted this catalogue or its legal entity"),
            ],
            table=DefinitionTable(rows, self.request),
            **kwargs,
        )


class Apply(OnCatalogue, ActPage):
    """Apply a file of definitions."""

    verb = verbs.apply_definitions
    form_class = forms.Definitions
    title = "Apply feature definitions"
    button = "Apply"
    said = "The definitions are applied. What had changed has a new version."

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"catalogue": self.catalogue}

    def done(self, result: Any) -> str:
        """Back to the catalogue."""
        return self.catalogue.get_absolute_url()


class OnDefinition(OnCatalogue):
    """What every page of one definition knows: the newest version, or the one that was asked."""

    kind: Kind
    argument = ""

    @cached_property
    def versions(self) -> list[Definition]:
        """Every version, the newest first."""
        return queries.versions(self.actor, self.catalogue, self.kind, self.kwargs["name"])

    @cached_property
    def definition(self) -> Definition:
        """The version that is shown."""
        asked = self.request.GET.get("version", "")
        shown = [row for row in self.versions if str(row.number) == asked]
        return shown[0] if shown else self.versions[0]

    def get_title(self) -> str:
        """Its name."""
        return f"{self.kind.label.capitalize()} {self.definition.name}"

    def get_sub(self) -> str:
        """What it is for."""
        return self.definition.description or f"Version {self.definition.number}, {self.catalogue.name}."

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {self.argument: self.versions[0]}

    @property
    def place(self) -> str:
        """Its address without a version."""
        return self.versions[0].get_absolute_url().partition("?")[0]

    def get_facts(self) -> list[Fact]:
        """What each of them has."""
        row = self.definition
        newest = "" if row.pk == self.versions[0].pk else f"newest: {self.versions[0].number}"
        return [
            Fact("Version", str(row.number), note=newest),
            Fact("Owner", row.owner or "not said"),
            Fact("Applied", words.day(row.applied_at), note=row.applied_by.name),
        ]


class ViewPage(OnDefinition, MemberPage):
    """One feature view: definition, versions, users, distribution, freshness, skew."""

    kind = Kind.VIEW
    template_name = "features/view.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        view = self.definition
        body, users = view.body, queries.users(view)
        profile = queries.profile(view)
        skew = queries.skew_by_feature([row for row in users if row.kind == Kind.SERVICE])
        lines = [
            {
                "name": name,
                "type": kind,
                "expression": body.get("transform", {}).get(name, name),
                "profile": shown(profile.get(name)),
                "skew": skew.get(str(FeatureName(view.name, name, view.number))),
            }
            for name, kind in body["features"].items()
        ]
        return super().get_context_data(
            definition=view,
            facts=[
                *self.get_facts(),
                Fact("Key", body["entity"]),
                Fact(
                    "Source",
                    body["source"],
                    url=f"{self.catalogue.get_absolute_url()}sources/{body['source'].partition('@')[0]}/",
                ),
                Fact("Time to live", spoken(body.get("ttl"))),
                Fact(
                    "Freshness",
                    spoken(body.get("freshness")) if body.get("freshness") else "as the service says",
                ),
            ],
            lines=lines,
            versions=self.versions,
            users=users,
            links=queries.pinned_by(self.actor, view),
            profiled=bool(profile),
            tests=[(test["feature"], checks.words(test)) for test in body.get("tests", [])],
            **kwargs,
        )


def shown(profile: dict[str, Any] | None) -> dict[str, Any] | None:
    """The figures of a distribution as a table shows them: numbers with five digits that count."""
    if profile is None:
        return None
    return {name: f"{value:.5g}" if isinstance(value, float) else value for name, value in profile.items()}


class SourcePage(OnDefinition, MemberPage):
    """One source: how it is read, and the parts that came."""

    kind = Kind.SOURCE
    argument = "source"
    template_name = "features/source.html"

    def get_actions(self) -> list[Action]:
        """Reading it again."""
        why_not = can(self.actor, "feature_source.load", source=self.versions[0]) or ""
        label = "Ask its query" if "query" in self.versions[0].body else "Deliver its file"
        return [Action(label, f"{self.place}load/", "primary", why_not=why_not)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        source = self.definition
        body = source.body
        return super().get_context_data(
            definition=source,
            facts=[
                *self.get_facts(),
                Fact("Event time", body["event_time"]),
                Fact(
                    "Known by",
                    source.clock.label,
                    note=body.get("known_time") or spoken(body.get("lag", 0))
                    if source.clock != "receipt"
                    else "",
                ),
            ],
            table=PartTable(source.parts.all(), self.request),
            versions=self.versions,
            job=running(self, "features.load", "source"),
            **kwargs,
        )


class ServicePage(OnDefinition, MemberPage):
    """One feature service: what it reads, how fresh it is online, what skew says, what was built."""

    kind = Kind.SERVICE
    argument = "service"
    template_name = "features/service.html"

    def get_actions(self) -> list[Action]:
        """Bringing it online, recording and comparing what was served."""
        may = {
            act: can(self.actor, f"feature_service.{act}", service=self.versions[0]) or ""
            for act in ("materialise", "record_served", "compare")
        }
        return [
            Action("Send served features", f"{self.place}served/", why_not=may["record_served"]),
            Action("Compare", f"{self.place}compare/", why_not=may["compare"]),
            Action("Materialise", f"{self.place}materialise/", "primary", why_not=may["materialise"]),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        service = self.definition
        state, compared = materialising.state_of(service), queries.newest_comparison(service)
        found = {item["feature"]: item for item in compared.features} if compared else {}
        lines = [
            {
                "name": name,
                "view": FeatureName.of(name).view,
                "column": FeatureName.of(name).column,
                "skew": found.get(name),
                "label": Verdict(found[name]["verdict"]).label if name in found else "",
                "wrong": name in found and found[name]["verdict"] in SKEWED,
            }
            for name in service.body["features"]
        ]
        built = TrainingSet.objects.filter(
            service__catalogue=self.catalogue, service__name=service.name
        ).select_related("service", "built_by")
        return super().get_context_data(
            definition=service,
            facts=[*self.get_facts(), *online_facts(service, state)],
            lines=lines,
            compared=compared,
            versions=self.versions,
            table=TrainingSetTable(built, self.request),
            job=running(self, "features.materialise", "service")
            or running(self, "features.compare", "service"),
            links=queries.pinned_by(self.actor, service),
            **kwargs,
        )


def online_facts(service: Definition, state: Any) -> list[Fact]:
    """How far it is online, and whether that is fresh enough."""
    limit = materialising.freshness(service)
    if state is None:
        return [Fact("Online", "not materialised", tone="warn"), Fact("Freshness", spoken(limit))]
    late = queries.late(state, limit)
    return [
        Fact("Online up to", words.moment(state.until), note=f"{state.rows:,} entities"),
        Fact("Freshness", spoken(limit), note="too old" if late else "kept", tone="bad" if late else "good"),
    ]


def running(page: OnDefinition, kind: str, argument: str) -> Any:
    """The job of this kind that is open for the newest version."""
    payload = {f"payload__{argument}": str(page.versions[0].pk)}
    job = Job.objects.open().filter(kind=kind, **payload).order_by("-created_at").first()
    return shape(job, page.actor) if job else None


class Load(OnDefinition, ActPage):
    """Read a source."""

    kind = Kind.SOURCE
    argument = "source"
    verb = verbs.load_source
    button = "Read it"
    said = "A job reads the source."

    def form(self) -> Form:
        """A query needs no file."""
        self.form_class = Form if "query" in self.versions[0].body else forms.Delivery  # type: ignore[misc]
        return super().form()

    def get_title(self) -> str:
        """What is done."""
        return f"Read source {self.versions[0].name}"

    def done(self, result: Any) -> str:
        """Back to the source."""
        return self.place


class Materialise(OnDefinition, ActPage):
    """Bring a service online."""

    kind = Kind.SERVICE
    argument = "service"
    verb = verbs.materialise
    button = "Materialise up to now"
    said = "A job brings the service online."

    def get_title(self) -> str:
        """What is done."""
        return f"Materialise {self.versions[0].name}"

    def done(self, result: Any) -> str:
        """Back to the service."""
        return self.place


class Served(OnDefinition, ActPage):
    """Send what serving used."""

    kind = Kind.SERVICE
    argument = "service"
    verb = verbs.record_served
    form_class = forms.Served
    button = "Send"
    said = "The served features are kept. Skew is judged within a minute."

    def get_title(self) -> str:
        """What is done."""
        return f"Served features of {self.versions[0].name}"

    def done(self, result: Any) -> str:
        """Back to the service."""
        return self.place


class Compare(OnDefinition, ActPage):
    """Compare served with known features."""

    kind = Kind.SERVICE
    argument = "service"
    verb = verbs.compare
    button = "Compare now"
    said = "A job compares what was served with what was known."

    def get_title(self) -> str:
        """What is done."""
        return f"Skew of {self.versions[0].name}"

    def done(self, result: Any) -> str:
        """Back to the service."""
        return self.place
