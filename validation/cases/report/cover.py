"""Cover and control page."""

from __future__ import annotations

from mrm.papers.content import Block, Heading, Meta, Paragraph, RatingCell, Row, SeverityCell, Table
from validation.cases.report import words
from validation.cases.report.matter import Matter
from validation.cases.rules import RATING_MEANS, Rating
from validation.findings.rules import SEVERITY_MEANS

DEMONSTRATION = "Bank, persons, uses and signatures are a demonstration’s; the data are public and real, every figure is computed."
READING = (
    "A label such as `ev:0c3f8a91b2` names the evidence behind the sentence or table it stands beside: the start of the "
    "SHA-256 of the stored result. Annex B lists each with its test, sample and whole digest. Figures without a label are "
    "facts of the register or statements of the person who wrote the section. Lights are what the policy’s limits say of a "
    "figure; ratings are people’s judgement and are never computed from lights."
)


def meta(matter: Matter) -> Meta:
    """What identifies the paper."""
    facts = matter.facts
    model, version = facts["model"], facts["version"]
    line = f"{model['reference']} {model['name']}"
    return Meta(
        kind="validation_report",
        reference=matter.reference,
        title="Draft of the validation report" if matter.draft else "Validation report",
        subject=(
            model["name"],
            f"{model['reference']} · version {version['number']} · {facts['validation']['kind']} validation",
        ),
        organisation=matter.organisation,
        unit="Model Validation",
        classification=_classification(matter),
        running=line,
        running_version=f"v{version['number']} · {_short(version['artefact'])}",
        description=f"Validation {facts['validation']['reference']} of {line}, version {version['number']}.",
        cover=_cover(matter),
        control=_control(matter),
        control_blocks=_reading(),
        keywords=("model validation", facts["validation"]["reference"], model["reference"]),
        zone=matter.zone,
    )


def _classification(matter: Matter) -> str:
    kept = "Demonstration" if matter.demonstration else "Confidential"
    return f"Draft, unsigned · {kept}" if matter.draft else kept


def _short(artefact: str) -> str:
    return f"sha256 {artefact[:12]}…" if artefact else "external, no artefact"


def opinion_line(matter: Matter) -> str:
    """The opinion by use, in one sentence."""
    by: dict[str, list[str]] = {}
    for use in matter.facts["uses"]:
        by.setdefault(use["judgement"], []).append(use["id"])
    said = [f"{words.JUDGEMENTS[kind]}: {words.listed(names)}" for kind, names in by.items()]
    step = matter.opinion["step"]
    return f"{words.sentence('; '.join(said))} {f'Step {step} of 4' if step else 'No step yet'}"


def _cover(matter: Matter) -> tuple[tuple[str, str], ...]:
    facts = matter.facts
    case, version = facts["validation"], facts["version"]
    rows = [
        ("Opinion", opinion_line(matter)),
        (
            "Version digest",
            f"`sha256 {version['artefact']}`" if version["artefact"] else "external: no artefact is held",
        ),
        ("Entity, tier", f"{matter.organisation} · tier {case['tier']}"),
        (
            "Validation, kind",
            f"{case['reference']} · {case['kind']} · {'draft of' if matter.draft else 'content frozen'} {words.day(matter.frozen_on)}",
        ),
        (
            "Expiry, next review",
            f"{words.day(matter.opinion['expires'])}, or earlier by the triggers of section 15",
        ),
        ("Authors", words.listed(case["validators"])),
        (
            "Reviewed and decided by",
            words.listed(words.role(name) for name in case["approvals"]) + " (section 16)",
        ),
    ]
    if matter.demonstration:
        rows.append(("Demonstration", DEMONSTRATION))
    return tuple(rows)


def _control(matter: Matter) -> tuple[tuple[str, str], ...]:
    facts = matter.facts
    model, case = facts["model"], facts["validation"]
    earlier = facts["earlier"]["validations"]
    return (
        (
            "Paper",
            f"Draft of {case['reference']}, nobody has signed it"
            if matter.draft
            else f"{matter.reference}, content number {matter.number} of {case['reference']}",
        ),
        ("Uses", " · ".join(f"{use['id']} {use['name']}" for use in facts["uses"])),
        ("Model owner", f"{model['owner']} (first line)"),
        ("Developer", f"{model['developer']} (first line)"),
        ("Opened, due", f"{words.day(case['opened'])}, {words.day(case['due'])}"),
        (
            "Distribution",
            "Everybody with a grant on the model; auditors; supervisors through the evidence pack",
        ),
        ("Replaces", f"the report on {earlier[-1]['reference']}" if earlier else "no earlier report"),
        (
            "Attached inside this PDF",
            f"content.json: exactly what {'the draft says' if matter.draft else 'was signed'}, machine-readable",
        ),
    )


def _reading() -> tuple[Block, ...]:
    steps = (Rating.NONE_OR_MINOR, Rating.LIMITED, Rating.MATERIAL, Rating.SEVERE, Rating.NOT_CONCLUDED)
    return (
        Heading("How to read it"),
        Paragraph(READING),
        Table(
            "Ratings of scope items, sections and the whole. The four steps serve the ECB’s scale too.",
            ("Rating", "Meaning"),
            tuple(
                Row((RatingCell(words.rating(step.value)), words.sentence(RATING_MEANS[step])))
                for step in steps
            ),
        ),
        Table(
            "Severity of findings.",
            ("Severity", "Consequence"),
            tuple(
                Row((SeverityCell(words.severity(name.value)), words.sentence(text)))
                for name, text in SEVERITY_MEANS.items()
            ),
        ),
    )
