"""Two to four versions of a model side by side: what they are, how they are built, what was measured of them.

Every figure comes from recorded evidence and carries its id; curves are drawn from the same records. A line whose values are not
all alike is marked. Figures of the same test may come from different rows: the line then says so, since they do not compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mrm.evidence.queries import content_of
from mrm.kernel.errors import BadInput
from mrm.web import words
from registry.data.models import Snapshot
from registry.versions.measured import Measured, measured
from registry.versions.models import Version
from registry.versions.queries import aliases_of
from registry.versions.rules import Admission

FEWEST, MOST = 2, 4
UNDRAWN = frozenset({"dq", "explain"})
"""Families of tests without curves: their records are large and are not opened."""
DRAWN = frozenset({"roc", "ks_curve", "calibration"})


@dataclass(frozen=True)
class Cell:
    """One value of one version: in words, with a note under it, its page, and the plain value behind it.

    What is not known of a version is no difference: a test that nobody ran says nothing.
    """

    text: str
    note: str = ""
    url: str = ""
    link: str = ""
    plain: Any = None
    known: bool = True


@dataclass(frozen=True)
class Line:
    """One fact of every version."""

    name: str
    cells: Sequence[Cell]
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether the versions are not alike in it, as far as it is known."""
        return len({cell.text for cell in self.cells if cell.known}) > 1


@dataclass(frozen=True)
class Group:
    """Lines under one head; `empty` says why there are none."""

    key: str
    title: str
    lines: Sequence[Line]
    empty: str = ""

    @property
    def count(self) -> str:
        """How many lines differ, in words."""
        return f"{sum(line.differs for line in self.lines)} of {len(self.lines)} differ" if self.lines else ""


@dataclass(frozen=True)
class Curves:
    """Charts of one test: one picture that holds all versions, or one beside the other."""

    title: str
    charts: Sequence[Mapping[str, Any]]
    evidence: Sequence[Measured]
    together: bool


@dataclass(frozen=True)
class Comparison:
    """The versions and everything about them."""

    versions: Sequence[Version]
    groups: Sequence[Group]
    curves: Sequence[Curves] = field(default_factory=tuple)


def chosen(numbers: Iterable[str]) -> list[int]:
    """The version numbers that were asked for, each once; two to four of them."""
    asked = list(dict.fromkeys(text.strip().lower().removeprefix("v") for text in numbers))
    if not FEWEST <= len(asked) <= MOST or not all(text.isdecimal() for text in asked):
        raise BadInput(
            "compare_wrong",
            f"{len(asked)} versions were named; two to four are compared, by their numbers.",
            "Tick two to four versions, or write ?version=1&version=2.",
        )
    return [int(text) for text in asked]


def compare(versions: Sequence[Version]) -> Comparison:
    """The versions side by side, in the order given."""
    found = [measured(version) for version in versions]
    groups = [
        Group("facts", "Where they stand", _lines(versions, _facts)),
        Group("metrics", "Metrics", _metrics(found), "Nothing was measured of any of them yet."),
        Group(
            "parameters",
            "Parameters",
            _lines(versions, _parameters, "not stated"),
            "None of them states parameters.",
        ),
        Group(
            "signature",
            "Signature",
            _lines(versions, _signature, "no such input"),
            "Known once a version is admitted.",
        ),
        Group("lineage", "Lineage", _lines(versions, _lineage)),
        Group(
            "features",
            "Features pinned",
            _lines(versions, _pinned, "not pinned"),
            "None of them is built on a feature service.",
        ),
    ]
    return Comparison(versions, groups, _curves(versions, found))


def _lines(
    versions: Sequence[Version], of: Callable[[Version], dict[str, Cell]], absent: str = ""
) -> list[Line]:
    columns = [of(version) for version in versions]
    names = list(dict.fromkeys(name for column in columns for name in column))
    nothing = Cell(absent or "none")
    return [Line(name, [column.get(name, nothing) for column in columns]) for name in names]


def _facts(version: Version) -> dict[str, Cell]:
    return {
        "Title": Cell(version.title or "none", plain=version.title),
        "Format": Cell(version.format or "held elsewhere"),
        "Admission": Cell(Admission(version.admission).label),
        "Stage": Cell(version.stage),
        "Aliases": Cell(", ".join(aliases_of(version)) or "none", plain=aliases_of(version)),
        "Origin": Cell(version.get_origin_display(), plain=version.origin),
        "Registered": Cell(
            words.day(version.registered_at),
            note=version.registered_by.name,
            plain=version.registered_at,
        ),
    }


def _parameters(version: Version) -> dict[str, Cell]:
    return {str(name): Cell(_said(value), plain=value) for name, value in version.parameters.items()}


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == "" else str(value)


def _signature(version: Version) -> dict[str, Cell]:
    signature = version.found.signature if version.found else None
    if not signature:
        return {}
    found = {}
    for item in signature["inputs"]:
        codes = item.get("categories") or []
        note = f"{len(codes)} codes: {', '.join(str(code) for code in codes[:8])}{' …' * (len(codes) > 8)}"
        found[item["name"]] = Cell(item["type"], note=note if codes else "", plain=item)
    found["Outputs"] = Cell(", ".join(signature["outputs"]), plain=signature["outputs"])
    return found


def _lineage(version: Version) -> dict[str, Cell]:
    return {
        "Training data": _snapshot(version.training_snapshot),
        "Test data": _snapshot(version.test_snapshot),
        "Scored sample": _snapshot(version.scored_snapshot),
        "Code": Cell(version.code_revision or "not said", plain=version.code_revision),
        "Environment": _digest(version.environment, "not said"),
        "Run": Cell(version.run_reference or "none", plain=version.run_reference),
        "Split": Cell(_said(version.split or {}) if version.split else "not said", plain=version.split),
        "Artefact": _digest(version.artefact, "none held", version.artefact_name),
    }


def _snapshot(snapshot: Snapshot | None) -> Cell:
    if snapshot is None:
        return Cell("none")
    content = snapshot.filled
    digest = content.data_digest if content else ""
    return Cell(
        f"{snapshot.dataset.name} {snapshot.reference}",
        note=f"{content.rows:,} rows, {words.short_digest(digest)}" if content else "",
        url=snapshot.get_absolute_url(),
        plain={"snapshot": snapshot.reference, "data": digest},
    )


def _digest(value: str, absent: str, note: str = "") -> Cell:
    return Cell(words.short_digest(value), note=note, plain=value) if value else Cell(absent, plain="")


def _pinned(version: Version) -> dict[str, Cell]:
    found = {}
    for name in version.features:
        view, _, feature = str(name).partition(":")
        base, _, number = view.partition("@")
        found[f"{base}:{feature}" if feature else view] = Cell(number or "pinned", plain=name)
    return found


def _metrics(found: Sequence[Sequence[Measured]]) -> list[Line]:
    columns = [{item.key: item for item in items} for items in found]
    lines = []
    for key in list(dict.fromkeys(item.key for items in found for item in items)):
        rows = [column.get(key) for column in columns]
        known = [item for item in rows if item is not None]
        others = len({item.evidence.inputs.get("data") for item in known}) > 1
        notes = [known[0].sample, "measured on different rows" if others else ""]
        cells = [_figure(item) for item in rows]
        lines.append(Line(known[0].name, cells, ", ".join(filter(None, notes))))
    return lines


def _figure(item: Measured | None) -> Cell:
    if item is None:
        return Cell("not measured", known=False)
    return Cell(
        item.figure,
        note=item.beside,
        url=item.evidence.get_absolute_url(),
        link=item.evidence.short,
        plain=item.shape(),
    )


def _curves(versions: Sequence[Version], found: Sequence[Sequence[Measured]]) -> list[Curves]:
    keys = list(dict.fromkeys(item.key for items in found for item in items if item.family not in UNDRAWN))
    kept: list[Curves] = []
    for key in keys:
        made = _set(key, versions, found)
        # several tests of a PD judge one and the same curve: it is drawn once
        if made and all(_rows(made) != _rows(other) for other in kept):
            kept.append(made)
    return kept


def _rows(curves: Curves) -> list[Any]:
    return [chart["data"] for chart in curves.charts]


def _set(
    key: tuple[str, str, str], versions: Sequence[Version], found: Sequence[Sequence[Measured]]
) -> Curves | None:
    drawn: list[tuple[Version, Measured, dict[str, Any]]] = []
    for version, items in zip(versions, found, strict=True):
        item = next((item for item in items if item.key == key), None)
        charts = content_of(item.evidence)["results"]["charts"] if item else []
        chart = next((chart for chart in charts if chart["kind"] in DRAWN and chart["data"]), None)
        if item is not None and chart is not None:
            drawn.append((version, item, chart))
    if not drawn:
        return None
    evidence = [item for _, item, _ in drawn]
    title = f"{evidence[0].name}, {key[1]}"
    if all(chart["kind"] == "roc" for _, _, chart in drawn) and len(drawn) > 1:
        return Curves(title, [_overlaid(drawn)], evidence, together=True)
    charts = [chart | {"title": f"v{version.number}: {chart['title']}"} for version, _, chart in drawn]
    return Curves(title, charts, evidence, together=False)


def _overlaid(drawn: Sequence[tuple[Version, Measured, dict[str, Any]]]) -> dict[str, Any]:
    """One picture with a line for each version; the bands would cover each other and are left to the evidence."""
    rows = [
        {"series": f"v{version.number}", "fpr": row["fpr"], "tpr": row["tpr"]}
        for version, _, chart in drawn
        for row in chart["data"]
    ]
    figures = ", ".join(f"{item.figure} of v{version.number}" for version, item, _ in drawn)
    sizes = ", ".join(str(item.evidence.sample.get("n")) for _, item, _ in drawn)
    return {
        "name": "roc_of_versions",
        "title": f"AUC {figures}",
        "subtitle": f"True-positive over false-positive rate, {drawn[0][1].sample}, n {sizes}",
        "kind": "roc",
        "data": rows,
        "options": {},
    }


def shape(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values, for the API: the same lines and curves as the page."""
    return {
        "versions": [version.number for version in comparison.versions],
        "groups": [
            {
                "key": group.key,
                "title": group.title,
                "empty": "" if group.lines else group.empty,
                "lines": [_line(line) for line in group.lines],
            }
            for group in comparison.groups
        ],
        "curves": [
            {
                "title": item.title,
                "charts": list(item.charts),
                "evidence": [one.evidence.result_digest for one in item.evidence],
            }
            for item in comparison.curves
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    values = [cell.text if cell.plain is None else cell.plain for cell in line.cells]
    return {"name": line.name, "note": line.note, "differs": line.differs, "values": values}
