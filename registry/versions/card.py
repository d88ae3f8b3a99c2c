"""The model card of a version: what it is for, on what it was built, what was measured, what was decided; from records alone.

The same sections make the page, the Markdown and the JSON. Rooms above tell theirs at the port `version.card`. A section without
records stays and says why it has nothing to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mrm.access.actors import Actor
from mrm.evidence.queries import content_of
from mrm.kernel import numbers
from mrm.kernel.clock import utc
from mrm.kernel.ports import Port
from mrm.policy.queries import today
from mrm.web import words
from registry.data.models import Snapshot
from registry.inventory.queries import uses as uses_of
from registry.versions.measured import Measured, measured
from registry.versions.models import Version
from registry.versions.queries import aliases_of, standings
from registry.versions.rules import Admission

SCHEMA = 1
LEADING = 5
NOBODY_SAYS = "Nothing in this installation can show this yet."
TITLES: Mapping[str, str] = {
    "model": "Model",
    "people": "People",
    "purpose": "Purpose",
    "uses": "Uses",
    "limits": "Limits and known weaknesses",
    "data": "Data",
    "features": "Features",
    "metrics": "Metrics",
    "fairness": "Disparate impact",
    "explanation": "Explanation",
    "validation": "Validation",
    "conditions": "Conditions of use",
    "stages": "Stages",
    "build": "Build",
}


@dataclass(frozen=True)
class Said:
    """One line: name, what is said, a note, the evidence or page behind it, plain values for machines."""

    name: str
    text: str
    note: str = ""
    url: str = ""
    evidence: str = ""
    plain: Any = None


@dataclass(frozen=True)
class Part:
    """A section: its lines, or why there are none."""

    lines: Sequence[Said] = ()
    missing: str = ""


@dataclass(frozen=True)
class Section:
    """A part under its key and title."""

    key: str
    title: str
    part: Part


@dataclass(frozen=True)
class Card:
    """The whole card, as of a moment."""

    version: Version
    moment: datetime
    sections: Sequence[Section] = field(default_factory=tuple)


parts: Port[Callable[[Actor, Version], Part]] = Port("version.card")
"""section of the card → (reader, version) → its lines; for sections that rooms above know."""


def card(actor: Actor, version: Version, moment: datetime) -> Card:
    """The card of a version, as this reader may see it."""
    found = measured(version)
    own = {
        "model": _model(version),
        "people": _people(version),
        "purpose": _purpose(version),
        "uses": _uses(version, moment),
        "data": _data(version, found),
        "features": _features(version),
        "metrics": _measured(found, lambda item: item.family not in {"fair", "explain", "dq"}),
        "fairness": _fairness(found),
        "explanation": _explanation(found),
        "stages": _stages(version),
        "build": _build(version),
    }
    sections = [
        Section(key, title, own.get(key) or _told(key, actor, version)) for key, title in TITLES.items()
    ]
    return Card(version, moment, sections)


def _told(key: str, actor: Actor, version: Version) -> Part:
    tell = parts.get(key)
    return tell(actor, version) if tell else Part(missing=NOBODY_SAYS)


def _model(version: Version) -> Part:
    model = version.model
    return Part(
        [
            Said("Name", model.name, model.reference, model.get_absolute_url(), plain=model.reference),
            Said(
                "Version",
                f"{version.number}{f': {version.title}' if version.title else ''}",
                ", ".join(aliases_of(version)),
                version.get_absolute_url(),
                plain=version.number,
            ),
            Said("Legal entity", model.entity.name),
            Said("Class", model.get_model_class_display(), model.get_origin_display()),
            Said("Tier", str(model.tier) if model.tier else "none set yet", plain=model.tier),
            Said("State", model.get_state_display(), f"version in {version.stage}"),
            Said("Format", version.get_format_display() if version.format else "held by another registry"),
            Said("Admission", Admission(version.admission).label),
            Said(
                "Digest of the artefact",
                version.artefact or "none: no artefact is held",
                f"{version.artefact_size:,} bytes" if version.artefact else "",
                plain=version.artefact,
            ),
        ]
    )


def _people(version: Version) -> Part:
    model = version.model
    named = (("Owner", model.owner), ("Developer", model.developer), ("Responsible", model.responsible))
    lines = [Said(name, person.name if person else "nobody yet") for name, person in named]
    said = Said("Registered this version", version.registered_by.name, words.day(version.registered_at))
    return Part([*lines, said])


def _purpose(version: Version) -> Part:
    model = version.model
    if not model.purpose:
        return Part(
            missing=f"The owner has not stated a purpose yet: the model is {model.get_state_display()}."
        )
    return Part([Said("Purpose", model.purpose), Said("Method", model.method or "not stated")])


def _uses(version: Version, moment: datetime) -> Part:
    granted = {
        grant.use_id: (grant, standing)
        for grant, standing in standings(version, today(version.scope, moment))
    }
    lines = []
    for use in uses_of(version.model):
        grant, standing = granted.get(use.pk, (None, "not granted"))
        until = f", until {words.day(grant.expires)}" if grant else ""
        place = f"{use.jurisdiction}, from {words.day(use.start)}"
        lines.append(
            Said(
                use.reference,
                str(use),
                f"{place}; use grant: {standing}{until}",
                plain={"use": use.reference, "grant": grant and grant.reference, "standing": standing},
            )
        )
    return Part(lines, "" if lines else "The model has no use in effect: nothing may be decided with it.")


def _data(version: Version, found: Sequence[Measured]) -> Part:
    named = (
        ("Training data", version.training_snapshot),
        ("Test data", version.test_snapshot),
        ("Scored sample", version.scored_snapshot),
    )
    lines = [_snapshot(name, snapshot) for name, snapshot in named if snapshot is not None]
    lines += [_line(item) for item in found if item.family == "dq"]
    return Part(
        lines, "" if lines else "The version names no snapshot; its lineage can be stated on its page."
    )


def _snapshot(name: str, snapshot: Snapshot) -> Said:
    content = snapshot.filled
    digest = content.data_digest if content else ""
    return Said(
        name,
        f"{snapshot.dataset.name} {snapshot.reference}",
        f"{content.rows:,} rows, data digest {digest}" if content else "",
        snapshot.get_absolute_url(),
        plain={"snapshot": snapshot.reference, "data": digest},
    )


def _features(version: Version) -> Part:
    signature = version.found.signature if version.found else None
    if not signature:
        return Part(missing="The inputs are known once the version is admitted.")
    pinned = Said("Pinned", ", ".join(version.features) or "no feature service", plain=version.features)
    inputs = [
        Said(item["name"], item["type"], _codes(item.get("categories") or []), plain=item)
        for item in signature["inputs"]
    ]
    outputs = Said("Outputs", ", ".join(signature["outputs"]), plain=signature["outputs"])
    return Part([*inputs, outputs, pinned])


def _codes(categories: Sequence[Any]) -> str:
    return f"codes {', '.join(str(code) for code in categories)}" if categories else ""


def _measured(found: Sequence[Measured], wanted: Callable[[Measured], bool]) -> Part:
    lines = [_line(item) for item in found if wanted(item)]
    return Part(
        lines,
        ""
        if lines
        else "No evidence names this version: neither a training run evaluated it nor a validation has run its tests.",
    )


def _line(item: Measured, text: str = "") -> Said:
    light = "" if item.evidence.light == "shown" else f"light {item.evidence.get_light_display()}"
    beside = ", ".join(filter(None, (item.sample, item.beside, light)))
    return Said(
        item.name,
        text or item.figure,
        beside,
        item.evidence.get_absolute_url(),
        item.evidence.short,
        item.shape(),
    )


def _fairness(found: Sequence[Measured]) -> Part:
    lines = []
    for item in (item for item in found if item.family == "fair"):
        lines.append(_line(item))
        rows = content_of(item.evidence)["results"].get("rows") or []
        judged = [row for row in rows if row.get("air") is not None and not row.get("is_reference")]
        lines += [_ratio(item, row) for row in judged]
    if lines:
        return Part(lines)
    return Part(
        missing="No disparate-impact evidence names this version. A validation measures it per attribute."
    )


def _ratio(item: Measured, row: Mapping[str, Any]) -> Said:
    low, high = row.get("ci_low"), row.get("ci_high")
    interval = f"interval {numbers.interval(low, high)}, " if low is not None and high is not None else ""
    return Said(
        f"{row['group']} against {row.get('reference', 'the reference')}",
        f"adverse impact ratio {numbers.stat(row['air'])}",
        f"{interval}n {numbers.plain(row.get('n'))}",
        item.evidence.get_absolute_url(),
        item.evidence.short,
        dict(row),
    )


def _explanation(found: Sequence[Measured]) -> Part:
    lines = []
    for item in (item for item in found if item.family == "explain"):
        lines.append(_line(item))
        rows = content_of(item.evidence)["results"].get("rows") or []
        leading = [row for row in rows if "mean_abs" in row and "feature" in row][:LEADING]
        if leading:
            said = ", ".join(f"{row['feature']} {numbers.stat(row['mean_abs'])}" for row in leading)
            address, key = item.evidence.get_absolute_url(), item.evidence.short
            lines.append(Said("Leading features", said, "mean absolute effect", address, key, leading))
    if lines:
        return Part(lines)
    return Part(missing="No explanation of this version is recorded. A validation computes SHAP and LIME.")


def _stages(version: Version) -> Part:
    rows = sorted(version.stages.select_related("moved_by"), key=lambda row: row.number)
    return Part(
        [
            Said(
                row.stage,
                f"{words.day(row.moved_at)}, {row.moved_by.name}",
                row.reason,
                plain={"stage": row.stage, "at": utc(row.moved_at), "uses": row.uses},
            )
            for row in rows
        ],
        "" if rows else "The version stands in dev since it was registered.",
    )


def _build(version: Version) -> Part:
    parameters = ", ".join(f"{name} {value}" for name, value in version.parameters.items())
    return Part(
        [
            Said("Origin", version.get_origin_display(), plain=version.origin),
            Said("Run", version.run_reference or "none recorded"),
            Said("Code", version.code_revision or "not said"),
            Said(
                "Environment", version.environment or "not said", "lock file" if version.environment else ""
            ),
            Said("Parameters", parameters or "not said", plain=version.parameters),
            Said("Notes", version.notes or "none"),
        ]
    )


def as_json(found: Card) -> dict[str, Any]:
    """The card as plain values."""
    version = found.version
    return {
        "schema": SCHEMA,
        "model": version.model.reference,
        "version": version.number,
        "artefact": version.artefact,
        "as_of": utc(found.moment),
        "sections": [
            {
                "key": item.key,
                "title": item.title,
                "missing": item.part.missing,
                "lines": [
                    {
                        "name": line.name,
                        "text": line.text,
                        "note": line.note,
                        "evidence": line.evidence,
                        "value": line.plain,
                    }
                    for line in item.part.lines
                ],
            }
            for item in found.sections
        ],
    }


def as_markdown(found: Card) -> str:
    """The card as Markdown; what people wrote cannot become markup."""
    version = found.version
    lines = [
        f"# Model card: {_plain(version.model.name)}, version {version.number}",
        "",
        f"As of {utc(found.moment)}. Every figure stands under the id of its evidence.",
    ]
    for item in found.sections:
        lines += ["", f"## {item.title}", ""]
        lines += [_item(line) for line in item.part.lines] or [f"*Not stated.* {_plain(item.part.missing)}"]
    return "\n".join(lines) + "\n"


def _item(line: Said) -> str:
    note = f" ({_plain(line.note)})" if line.note else ""
    evidence = f" `{line.evidence}`" if line.evidence else ""
    return f"- **{_plain(line.name)}**: {_plain(line.text)}{note}{evidence}"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(str(text).split()))
