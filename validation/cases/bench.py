"""The bench: one test of the battery on what its inputs name by digest. Used by the run and by its reproduction.

Everything a test reads comes from here: rows and roles of snapshots, the version's own scores, limits and parameters of
the policy. So a second computation needs the recorded inputs and parameters alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mrm import vault
from mrm.evidence import content as contents
from mrm.evidence.reproduce import Diverged
from mrm.evidence.rules import kind_of
from mrm.kernel.errors import BadInput, CountersignError
from mrm.policy.models import Policy
from registry.data.canonical_digest import data_digest
from registry.data.frames import table, view
from registry.data.models import CodeTable, ColumnRoles, Snapshot, SnapshotContent
from registry.versions import scoring
from registry.versions.models import Version
from registry.versions.rules import Format
from validation.cases.rules import Sample

if TYPE_CHECKING:
    import pandas as pd

DATA_ALONE = ("dq.",)
WITH_DEVELOPMENT = ("stab.", "sound.", "explain.", "dq.representativeness", "disc.auc_vs_initial")
WITH_MODEL = ("explain.", "sound.")


@dataclass(frozen=True)
class Rows:
    """Rows as a test reads them: frame, roles, the event, protected groups, and what they are by digest."""

    frame: pd.DataFrame
    roles: dict[str, str]
    event: str
    groups: dict[str, tuple[str, str]]
    inputs: dict[str, str]


@dataclass
class Bench:
    """What is under test: a version, its samples, the policy of thresholds, and facts declared at opening."""

    version: Version | None
    samples: Mapping[str, tuple[SnapshotContent, ColumnRoles]]
    thresholds: Policy
    codes: CodeTable | None = None
    declared: Mapping[str, Any] = field(default_factory=dict)
    _scored: dict[str, Rows | CountersignError] = field(default_factory=dict)

    def run(
        self,
        test_id: str,
        part: str,
        column: str = "",
        progress: Callable[[int, int, str], None] | None = None,
    ) -> dict[str, Any]:
        """The content of one test; BatteryError or CountersignError when it cannot be run."""
        from validation import battery

        rows = self.rows(test_id, part)
        reference, reference_inputs = self.reference(test_id, part)
        limits, parameters = self.rules(test_id)
        given = {**parameters, **self.parameters(test_id, rows, column)}
        result = battery.run(
            test_id,
            rows.frame,
            roles=rows.roles,
            parameters=given,
            thresholds=limits,
            model=self.model if test_id.startswith(WITH_MODEL) else None,
            reference=reference,
            progress=progress,
        )
        plain = result.to_json()
        charts, sample = plain.pop("charts"), plain.pop("sample")
        return contents.compose(
            kind=kind_of(test_id),
            test_id=test_id,
            inputs={**rows.inputs, **reference_inputs, "thresholds": self.thresholds.digest},
            parameters={**given, "part": part, "attribute": column},
            method={"test": test_id, "version": result.version, "text": result.method},
            seed=None,
            results=plain,
            charts=charts,
            sample=sample,
        )

    def rows(self, test_id: str, part: str) -> Rows:
        """The rows of a sample: as uploaded for tests of the data, with the version's scores for all others."""
        content, roles = self.sample(part)
        if test_id.startswith(DATA_ALONE) or self.version is None:
            seen = view(content, roles.roles)
            inputs = {"data": content.data_digest, "roles": roles.digest}
            return Rows(seen.frame, dict(seen.roles), seen.event, seen.groups, inputs)
        if part not in self._scored:
            self._scored[part] = self._score(content, roles)
        scored = self._scored[part]
        if isinstance(scored, CountersignError):
            raise scored
        return scored

    def sample(self, part: str) -> tuple[SnapshotContent, ColumnRoles]:
        """The snapshot that plays a part."""
        found = self.samples.get(part)
        if found is None:
            raise BadInput(
                "sample_missing",
                f"The validation names no {Sample(part).label} sample.",
                "Open it with that sample, or exempt the item with a substitute.",
            )
        return found

    def _score(self, content: SnapshotContent, roles: ColumnRoles) -> Rows | CountersignError:
        assert self.version is not None  # noqa: S101 - asked only then
        try:
            return scored_rows(self.version.pk, content.snapshot_id, roles.pk)
        except CountersignError as error:
            return error

    def reference(self, test_id: str, part: str) -> tuple[pd.DataFrame | None, dict[str, str]]:
        """What a test compares with: the table of codes, or the development sample."""
        if test_id == "dq.labels":
            return self._code_frame()
        if (
            not test_id.startswith(WITH_DEVELOPMENT)
            or part == Sample.TRAIN
            or Sample.TRAIN not in self.samples
        ):
            return None, {}
        rows = self.rows(test_id, Sample.TRAIN)
        return rows.frame, {
            f"development_{name}": digest for name, digest in rows.inputs.items() if name != "artefact"
        }

    def _code_frame(self) -> tuple[pd.DataFrame | None, dict[str, str]]:
        import pandas as pd

        if self.codes is None:
            return None, {}
        return pd.DataFrame(self.codes.codes, dtype="str"), {"codes": self.codes.digest}

    @cached_property
    def model(self) -> Any:
        """The version as the explanation tests need it; None for an external one."""
        if self.version is None or self.version.external:
            return None
        return scoring.model(self.version)

    def rules(self, test_id: str) -> tuple[dict[str, float], dict[str, Any]]:
        """Limits and parameters of the policy for a test."""
        found = self.thresholds.body["tests"].get(test_id, {})
        return dict(found.get("limits", {})), dict(found.get("parameters", {}))

    def parameters(self, test_id: str, rows: Rows, column: str) -> dict[str, Any]:
        """What a test must know beside its rows."""
        given: dict[str, Any] = {}
        if rows.event:
            given["event"] = rows.event
        scored_by = None if test_id.startswith(DATA_ALONE) else self.version
        if scored_by is not None and scored_by.format == Format.SCORECARD:
            given["score_means"] = "safety"
        if test_id == "dq.labels" and self.codes is not None:
            given |= {"declared": "declared", "correct": "reference"}
        if test_id == "dq.target" and self.declared.get("population_rate"):
            given["population_rate"] = float(self.declared["population_rate"])
        if test_id == "fair.air":
            given |= self._fairness(rows, column)
        return given

    def _fairness(self, rows: Rows, column: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if column:
            name, reference = rows.groups[column]
            given |= {"attributes": [name], "reference": {name: reference}}
        if self.declared.get("cutoff") and "yhat" not in rows.roles.values():
            given["cutoff"] = float(self.declared["cutoff"])
        return given


@lru_cache(maxsize=8)
def scored_rows(version: UUID, snapshot: UUID, roles: UUID) -> Rows:
    """A snapshot's rows with a version's scores: scored once in a process, whatever reads them. All three never change."""
    scored = scoring.score(
        Version.objects.with_facts().get(pk=version),
        Snapshot.objects.get(pk=snapshot),
        ColumnRoles.objects.get(pk=roles),
    )
    return Rows(scored.frame, scored.roles, scored.event, scored.groups, scored.inputs)


def recompute(before: Mapping[str, Any]) -> dict[str, Any]:
    """A test again, from the vault's bytes alone; names the first input that is not what it was."""
    from validation.battery.errors import BatteryError

    parameters = before["parameters"]
    bench = bench_of(before["inputs"], parameters)
    try:
        return bench.run(before["test"], parameters["part"], parameters["attribute"])
    except BatteryError as error:
        raise Diverged("results", error.detail) from error


def bench_of(inputs: Mapping[str, str], parameters: Mapping[str, Any]) -> Bench:
    """The bench of recorded inputs."""
    samples = {parameters["part"]: kept(inputs["data"], inputs["roles"])}
    if "development_data" in inputs:
        samples[str(Sample.TRAIN)] = kept(inputs["development_data"], inputs["development_roles"])
    version = None
    if "artefact" in inputs:
        held(inputs["artefact"], "artefact")
        version = Version.objects.filter(artefact=inputs["artefact"]).admitted().first()
        if version is None:
            raise Diverged("artefact", f"no admitted version holds the artefact {inputs['artefact']}")
    policy = Policy.objects.filter(digest=inputs["thresholds"]).first()
    if policy is None:
        raise Diverged("inputs", f"no policy has the digest {inputs['thresholds']}")
    codes = CodeTable.objects.filter(digest=inputs["codes"]).first() if "codes" in inputs else None
    return Bench(version, samples, policy, codes, parameters)


def kept(data: str, roles: str) -> tuple[SnapshotContent, ColumnRoles]:
    """A snapshot's rows and roles by their digests, the rows checked byte by byte and value by value."""
    found = (
        ColumnRoles.objects.filter(digest=roles, snapshot__content__data_digest=data)
        .select_related("snapshot__content")
        .first()
    )
    if found is None:
        raise Diverged("inputs", f"no snapshot with data digest {data} and roles {roles} is kept")
    content: SnapshotContent = found.snapshot.content
    held(content.parquet, "data")
    if data_digest(table(content)) != data:
        raise Diverged("data", f"the kept rows no longer give the data digest {data}")
    return content, found


def held(digest: str, step: str) -> None:
    """Raise unless the vault still holds the bytes of a digest, unchanged."""
    try:
        vault.get(digest)
    except CountersignError as error:
        raise Diverged(step, error.detail) from error


def bench_for(
    version: Version,
    samples: Mapping[str, Snapshot],
    thresholds: Policy,
    declared: Mapping[str, Any],
) -> Bench:
    """The bench of a validation."""
    usable = {part: snapshot.usable() for part, snapshot in samples.items()}
    whole = samples.get(str(Sample.ALL)) or samples.get(str(Sample.TEST))
    codes = whole.dataset.code_table if whole else None
    return Bench(version, usable, thresholds, codes, declared)
