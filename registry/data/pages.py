"""Pages of datasets and snapshots."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs.models import Job
from mrm.jobs.shape import shape
from mrm.web import words
from mrm.web.shapes import Action, Fact
from registry.data import forms, frames, queries, verbs
from registry.data.models import Dataset, QualityRules, Snapshot
from registry.data.rules import OriginKind, SnapshotStatus
from registry.data.standards import in_words
from registry.data.tables import DatasetTable, SnapshotTable

DATA = ("Data", "/datasets/")
SHOWN_ROWS = 50
TONES = {SnapshotStatus.RELEASED: "good", SnapshotStatus.BLOCKED: "bad", SnapshotStatus.FAILED: "bad"}


class Datasets(MemberList):
    """Every dataset the reader may see."""

    title = "Data"
    sub = "Snapshots that models were built and tested on, each under the digest of its typed values."
    nav = "data"
    table_class = DatasetTable

    def get_queryset(self) -> QuerySet[Dataset]:
        """What the reader may see."""
        return queries.datasets(self.actor)

    def get_actions(self) -> list[Action]:
        """Opening one is for owners and developers."""
        may = self.actor.roles & {"model_owner", "model_developer"} and queries.entities(self.actor).exists()
        return [Action("Open a dataset", "/datasets/new/", "primary")] if may else []


class Create(ActPage):
    """Open a dataset."""

    verb = verbs.create_dataset
    form_class = forms.Create
    title = "Open a dataset"
    button = "Open the dataset"
    nav = "data"
    crumbs = (DATA,)

    def form_facts(self) -> dict[str, Any]:
        """Who chooses."""
        return {"actor": self.actor}

    def why_not(self) -> str:
        """Said before the form is filled in."""
        if not self.actor.roles & {"model_owner", "model_developer"}:
            return "Datasets are opened by model owners and model developers; ask one of them."
        return ""


class OnDataset(Member):
    """What every page of one dataset knows."""

    kwargs: dict[str, Any]
    nav = "data"

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset of the address."""
        return queries.dataset(self.actor, self.kwargs["reference"])

    def get_sub(self) -> str:
        """Which dataset."""
        return f"{self.dataset.name}, {self.dataset.reference}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Data, this dataset."""
        return [DATA, (self.dataset.name, self.dataset.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"dataset": self.dataset}


class DatasetPage(OnDataset, MemberPage):
    """One dataset: what it is, its snapshots, its codes."""

    template_name = "data/dataset.html"

    def get_title(self) -> str:
        """Its name."""
        return self.dataset.name

    def get_sub(self) -> str:
        """What one row is."""
        return self.dataset.description

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Data."""
        return [DATA]

    def get_actions(self) -> list[Action]:
        """What may be done, or why not."""
        here = self.dataset.get_absolute_url()
        may = {
            act: can(self.actor, act, dataset=self.dataset) or ""
            for act in ("snapshot.upload", "dataset.describe", "dataset.set_rules")
        }
        return [
            Action("Describe", f"{here}describe/", why_not=may["dataset.describe"]),
            Action("Declare codes", f"{here}codes/", why_not=may["snapshot.upload"]),
            Action("Set quality rules", f"{here}rules/", why_not=may["dataset.set_rules"]),
            Action("Take from a query", f"{here}query/", why_not=may["snapshot.upload"]),
            Action("Take from an object store", f"{here}fetch/", why_not=may["snapshot.upload"]),
            Action("Upload a snapshot", f"{here}upload/", "primary", why_not=may["snapshot.upload"]),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        rows = queries.snapshots(self.actor).filter(dataset=self.dataset)
        return super().get_context_data(
            dataset=self.dataset,
            facts=[
                Fact("Id", self.dataset.reference),
                Fact("Legal entity", self.dataset.entity.name),
                Fact("Source", self.dataset.source or "not said"),
                Fact("Licence", self.dataset.licence or "not said"),
            ],
            table=SnapshotTable(rows, self.request),
            codes=self.dataset.code_table,
            rules_row=self.dataset.rules_row,
            rules=worded(self.dataset.rules_row),
            **kwargs,
        )


def worded(row: QualityRules | None) -> list[dict[str, str]]:
    """Quality rules as the page lists them."""
    return [
        {"said": in_words(rule), "severity": "blocks" if rule["severity"] == "block" else "warns"}
        for rule in (row.rules if row else [])
    ]


class Describe(OnDataset, ActPage):
    """Say what the rows are."""

    verb = verbs.describe_dataset
    form_class = forms.Describe
    title = "Describe the dataset"
    button = "Save"

    def initial(self) -> dict[str, Any]:
        """What stands there now."""
        return {name: getattr(self.dataset, name) for name in ("description", "source", "licence")}


class UploadPage(OnDataset, ActPage):
    """Upload a file."""

    verb = verbs.upload_snapshot
    form_class = forms.UploadFile
    title = "Upload a snapshot"
    button = "Upload"


class CodesPage(OnDataset, ActPage):
    """Declare what codes mean."""

    verb = verbs.declare_codes
    form_class = forms.Codes
    title = "Declare codes"
    button = "Upload the code table"
    said = "The code table is kept. Validations compare it with its reference."

    def done(self, result: Any) -> str:
        """Back to the dataset."""
        return self.dataset.get_absolute_url()


class OnSnapshot(Member):
    """What every page of one snapshot knows."""

    kwargs: dict[str, Any]
    nav = "data"

    @cached_property
    def seen(self) -> queries.Seen:
        """The snapshot of the address as this reader sees it."""
        return queries.seen(self.actor, self.kwargs["reference"])

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot."""
        return self.seen.snapshot

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Data, its dataset as far as the reader may open it, this snapshot."""
        dataset = self.snapshot.dataset
        above = [(dataset.name, dataset.get_absolute_url())] if self.seen.full else []
        return [DATA, *above, (self.snapshot.reference, self.snapshot.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"snapshot": self.snapshot}


class SnapshotPage(OnSnapshot, MemberPage):
    """One snapshot: whether it may be used, schema, roles, quality, digests, what uses it."""

    template_name = "data/snapshot.html"

    def get_title(self) -> str:
        """Dataset and title."""
        return f"{self.snapshot.dataset.name}: {self.snapshot.title or self.snapshot.file_name}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Without itself."""
        return super().get_crumbs()[:-1]

    def get_here(self) -> str:
        """Its reference."""
        return self.snapshot.reference

    def get_actions(self) -> list[Action]:
        """Assigning roles, seeing rows."""
        content, here = self.snapshot.filled, self.snapshot.get_absolute_url()
        if content is None:
            return []
        usable = self.snapshot.status == SnapshotStatus.RELEASED
        why_not = can(self.actor, "snapshot.assign_roles", snapshot=self.snapshot) or ""
        named = self.snapshot.roles_row is not None
        rows_why = "" if self.seen.full else "Rows need a grant on the dataset."
        return [
            Action("Rows", f"{here}rows/", why_not=rows_why),
            Action(
                "Correct the roles" if named else "Say what the columns are",
                f"{here}roles/",
                "primary" if usable and not named else "",
                why_not="" if why_not == "unseen" else why_not,
            ),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        snapshot, content, roles = self.snapshot, self.snapshot.filled, self.snapshot.roles_row
        job = profiling(snapshot)
        return super().get_context_data(
            snapshot=snapshot,
            content=content,
            roles=roles,
            tone=TONES.get(SnapshotStatus(snapshot.status), ""),
            job=shape(job, self.actor) if job and self.seen.full else None,
            facts=self._facts(),
            details=self._details(),
            columns=columns_of(snapshot),
            quality=queries.quality(snapshot),
            uses=self.seen.uses,
            full=self.seen.full,
            origin=lineage(snapshot, full=self.seen.full),
            judgement=snapshot.judged,
            verdicts=verdicts(snapshot),
            others=queries.comparable(self.actor, snapshot),
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        snapshot, content = self.snapshot, self.snapshot.filled
        period = " to ".join(words.day(day) for day in (snapshot.period_from, snapshot.period_to) if day)
        return [
            Fact(
                "State",
                snapshot.standing.get_state_display(),
                tone=TONES.get(SnapshotStatus(snapshot.status), ""),
            ),
            Fact("Rows", f"{content.rows:,}" if content else "not read"),
            Fact("Columns", str(len(content.columns)) if content else "not read"),
            Fact("Period", period or "not declared"),
            Fact("Uploaded", words.day(snapshot.uploaded_at), note=snapshot.uploaded_by.name),
        ]

    def _details(self) -> list[Fact]:
        snapshot = self.snapshot
        reading = snapshot.declared
        how = {"sql": "a query", "parquet": "Parquet"}.get(snapshot.file_format, "")
        size = snapshot.file_size or (snapshot.judged.source.get("size", 0) if snapshot.judged else 0)
        if reading:
            head = "with a header" if reading["header"] else "without a header"
            marks = {",": "commas", ";": "semicolons", "\t": "tabs", " ": "spaces"}
            how = f"CSV by {marks.get(reading['delimiter'], reading['delimiter'])}, {head}, {reading['encoding']}"
        return [
            Fact("File", snapshot.file_name, note=f"{size:,} bytes" if size else ""),
            Fact("Read as", how),
            Fact("Source", snapshot.dataset.source or "not said"),
            Fact("Licence", snapshot.dataset.licence or "not said"),
        ]


def lineage(snapshot: Snapshot, *, full: bool) -> dict[str, Any] | None:
    """Where a snapshot was taken from, for its page; None for a file. The text of a query needs the dataset's grant."""
    asked = snapshot.asked
    if asked is None or asked.kind == OriginKind.FILE:
        return None
    request, judged = asked.request, snapshot.judged
    source = judged.source if judged else {}
    if asked.kind == OriginKind.OBJECT:
        version = [Fact("Version", source["version"])] if source.get("version") else []
        details = [
            Fact("Object", request["address"]),
            Fact("ETag", source.get("etag") or "not read"),
            *version,
        ]
        return {"details": details, "digest": source.get("file_digest", ""), "what": "Object"}
    details = [
        Fact(
            "Engine", {"duckdb": "DuckDB", "postgres": "PostgreSQL"}[request["engine"]], note=request["host"]
        ),
        Fact(
            "Order of rows", "said by the query" if request["ordered"] else "not said: may differ next time"
        ),
        Fact("Limits", f"{request['rows']:,} rows, {request['seconds']:g} s"),
    ]
    return {
        "details": details,
        "digest": request["sql_digest"],
        "what": "Query",
        "sql": request["sql"] if full else "",
        "tables": request["tables"],
    }


def verdicts(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The quality rules with what became of each."""
    judged = snapshot.judged
    states = {True: ("good", "kept"), None: ("", "not judged")}
    found = []
    for item in judged.verdicts if judged else []:
        blocks = item["rule"]["severity"] == "block"
        tone, word = states.get(item["met"], ("bad", "blocks") if blocks else ("warn", "warns"))
        found.append(
            {
                "rule": in_words(item["rule"]),
                "said": item["said"],
                "tone": tone,
                "word": word,
                "met": item["met"],
            }
        )
    return found


def profiling(snapshot: Snapshot) -> Job | None:
    """The job that reads it, while it is not over."""
    standing = snapshot.standing
    if standing.job is None or standing.state != SnapshotStatus.UPLOADED:
        return None
    found: Job | None = Job.objects.filter(pk=standing.job).first()
    return found


def columns_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The schema with profile and role, column by column."""
    content, row = snapshot.filled, snapshot.roles_row
    if content is None:
        return []
    roles = row.roles.columns if row else {}
    return [
        {
            "name": name,
            "type": kind,
            "role": roles.get(name, ""),
            "missing": content.profile[name]["missing"],
            "distinct": content.profile[name]["distinct"],
            "values": forms.shown_values(content.profile[name]),
        }
        for name, kind in content.types.items()
    ]


class RolesPage(OnSnapshot, ActPage):
    """Say what the columns are."""

    verb = verbs.assign_roles
    form_class = forms.Roles
    title = "What the columns are"
    button = "Save the roles"
    template_name = "data/roles.html"

    def get_sub(self) -> str:
        """Which snapshot."""
        return f"{self.snapshot.dataset.name}, {self.snapshot.reference}"

    def form_facts(self) -> dict[str, Any]:
        """Whose columns."""
        return {"snapshot": self.snapshot}

    def done(self, result: Any) -> str:
        """Back to the snapshot."""
        return self.snapshot.get_absolute_url()


class RowsPage(OnSnapshot, MemberPage):
    """The first rows, for who was granted the dataset."""

    template_name = "data/rows.html"
    title = "Rows"

    def get_sub(self) -> str:
        """How many are shown."""
        content = self.snapshot.filled
        total = content.rows if content else 0
        return f"{self.snapshot.dataset.name}, {self.snapshot.reference}: the first {min(total, SHOWN_ROWS)} of {total:,}."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The rows; without the grant the snapshot is not there."""
        snapshot = queries.snapshots(self.actor).filter(reference=self.kwargs["reference"]).first()
        content = snapshot.filled if snapshot else None
        rows: list[Any] = []
        names: list[str] = []
        if content is not None:
            names = list(content.types)
            head = frames.table(content).slice(0, SHOWN_ROWS).to_pylist()
            rows = [[line[name] for name in names] for line in head]
        return super().get_context_data(names=names, rows=rows, granted=snapshot is not None, **kwargs)
