"""Sections 3 to 13: what the items of the scope ask, what was found, what cannot be examined yet and why."""

from __future__ import annotations

from collections.abc import Callable

from mrm.kernel import numbers
from mrm.papers.content import Block, Facts, Heading, NotPossible, Paragraph, Row, Section, Table
from mrm.policy.queries import by_digest
from registry.inventory.rules import questions
from validation.cases.report import words
from validation.cases.report.figures import figures
from validation.cases.report.matter import Json, Matter
from validation.cases.report.results import hypotheses, tables
from validation.cases.rules import RATING_MEANS, SECTIONS, Rating, worst_step

NOT_SERVING = "The version has not served: no decision, outcome or override of it is recorded."


def area(matter: Matter, number: int) -> Section:
    """One section of the scope."""
    blocks = [*OPENING.get(number, _nothing)(matter)]
    items = matter.items(number)
    for item in items:
        blocks += _item(matter, item)
    computed = [row for item in items for row in matter.of_item(item["key"]) if row.defined]
    if computed:
        blocks.append(hypotheses(matter, computed))
    blocks += CLOSING.get(number, _nothing)(matter)
    if not items:
        blocks.append(
            NotPossible(SECTIONS[number], "The scope template of this model class asks nothing here.")
        )
    rating = matter.rating_of(number)
    return Section(
        str(number),
        SECTIONS[number],
        tuple(blocks),
        conclusion=_conclusion(matter, items, rating),
        rating=words.rating(rating) if matter.judged(number) else None,
    )


def _nothing(_matter: Matter) -> list[Block]:
    return []


def _item(matter: Matter, item: Json) -> list[Block]:
    blocks: list[Block] = [Heading(item["title"])]
    if item["exempt"]:
        instead = f"In its place: {item['substitute']}"
        blocks.append(
            NotPossible(
                "exempted by " + item["exempted_by"], words.sentence(item["exempt"]), words.sentence(instead)
            )
        )
    if item["text"]:
        blocks.append(Paragraph(item["text"], tuple(item["evidence"])))
    elif not item["exempt"]:
        blocks.append(
            Paragraph("*The item is not assessed yet.*")
            if item["mandatory"]
            else NotPossible(item["title"], "The item is optional and was not assessed.")
        )
    if item["rating"] == Rating.NOT_CONCLUDED and item["key"] in matter.condition_of:
        blocks.append(
            Paragraph(f"Not concluded; condition {matter.condition_of[item['key']]} stands until it is.")
        )
    rows = matter.of_item(item["key"])
    if rows:
        blocks += [*tables(item["title"], rows), *figures(rows)]
    elif item["text"]:
        blocks.append(Paragraph("*No test of the battery answers this; the judgement is the validator’s.*"))
    return blocks


def _conclusion(matter: Matter, items: list[Json], rating: str) -> str:
    mandatory = [item for item in items if item["mandatory"] and item["rating"]]
    considered = mandatory or [item for item in items if item["rating"]]
    if not considered:
        return "Nothing was assessed here."
    worst = worst_step(item["rating"] for item in considered)
    deciding = [item for item in considered if item["rating"] == rating] or [
        item for item in considered if item["rating"] == str(worst)
    ]
    kind = "mandatory item" if mandatory else "optional item"
    rated = f"of {words.count(len(considered), kind)}"
    means = RATING_MEANS[Rating(rating)]
    named = words.listed(f"“{item['title']}”" for item in deciding)
    covered = [matter.condition_of[item["key"]] for item in deciding if item["key"] in matter.condition_of]
    tail = f" Condition: {words.listed(covered)}." if covered else ""
    return f"{named} {'sets' if len(deciding) == 1 else 'set'} the rating {rated}: {means}.{tail}"


def purpose(matter: Matter) -> list[Block]:
    """What the model is for, its uses with exposure, and how its tier came about."""
    model = matter.facts["model"]
    blocks: list[Block] = [
        Paragraph(words.sentence(model["purpose"])),
        Facts(
            (
                ("Class, origin", f"{model['class']}, {words.role(model['origin'])}"),
                ("Method", model["method"] or "not stated"),
                ("Owner, developer", f"{model['owner']}, {model['developer']}"),
                ("Legal entity", matter.organisation),
            )
        ),
        Table(
            "Uses for which the version is validated.",
            ("Use", "Portfolio and decision", "From, until", "Exposure", "Cases a year", "Opinion"),
            tuple(_use(matter, use) for use in matter.facts["uses"]),
            numeric=(3, 4),
            out=True,
        ),
    ]
    if matter.tiering is not None:
        blocks += _tier(matter)
    return blocks


def _use(matter: Matter, use: Json) -> Row:
    row = matter.uses.get(use["id"])
    exposure = f"{numbers.plain(int(row.exposure))} {row.currency}" if row else "–"
    volume = numbers.plain(row.expected_volume) if row and row.expected_volume else "–"
    until = words.day(use["end"]) if use["end"] else "open"
    return Row(
        (
            use["id"],
            f"{use['portfolio']}: {use['decision']} ({use['jurisdiction']})",
            f"{words.day(use['start'])}, {until}",
            exposure,
            volume,
            words.JUDGEMENTS[use["judgement"]],
        )
    )


def _tier(matter: Matter) -> list[Block]:
    tiering = matter.tiering
    assert tiering is not None  # noqa: S101 - asked only then
    said = f"Tier {tiering.tier} by the rubric in force when it was set."
    if tiering.override:
        said = f"Tier {tiering.override}, set instead of {tiering.computed} by the rubric: {tiering.reason}"
    given = tiering.answers.answers
    rows = tuple(
        Row((axis, asked["title"], option["label"], str(option["points"])))
        for axis, asked in questions(by_digest(tiering.answers.policy_digest).body)
        for option in asked["options"]
        if option["id"] == given.get(asked["id"])
    )
    table = Table(
        f"{said} Answers and the points they give.",
        ("Axis", "Question", "Answer", "Points"),
        rows,
        numeric=(3,),
        dense=True,
        out=True,
    )
    return [Heading("Tier"), table]


def purpose_end(matter: Matter) -> list[Block]:
    """What is not known about uses and dependencies."""
    blocks: list[Block] = [
        NotPossible(
            "actual use against approved use", NOT_SERVING, "Decisions recorded after the start of use."
        ),
        NotPossible(
            "dependencies on other models",
            "The register holds the answer to the rubric above, not the models themselves.",
            "Dependencies entered model by model.",
        ),
    ]
    if matter.facts["model"]["origin"] == "vendor":
        blocks.append(NotPossible("the vendor’s inner workings", "Only what the vendor discloses is known."))
    return blocks


def data(matter: Matter) -> list[Block]:
    """Samples, their sources and lineage, and what was left out."""
    rows = []
    for sample in matter.samples:
        snapshot, content = sample.snapshot, sample.snapshot.filled
        period = (
            f"{words.day(snapshot.period_from)} to {words.day(snapshot.period_to)}"
            if snapshot.period_from and snapshot.period_to
            else "no dates"
        )
        rows.append(
            Row(
                (
                    words.part(str(sample.part)),
                    snapshot.reference,
                    snapshot.title or snapshot.file_name,
                    numbers.plain(content.rows) if content else "–",
                    period,
                    f"`{content.data_digest[:16]}…`" if content else "–",
                )
            )
        )
    datasets = {sample.snapshot.dataset.reference: sample.snapshot.dataset for sample in matter.samples}
    blocks: list[Block] = [
        Facts(
            tuple(
                (
                    f"Dataset {item.reference}",
                    " ".join(
                        filter(
                            None,
                            [
                                words.sentence(item.name),
                                words.sentence(item.source),
                                words.sentence(item.licence),
                            ],
                        )
                    ),
                )
                for item in datasets.values()
            )
        ),
        Table(
            "Samples. The digest covers the typed values; annex B has it whole.",
            ("Part", "Snapshot", "File", "Rows", "Period", "Data digest"),
            tuple(rows),
            numeric=(3,),
            out=True,
        ),
        *_roles(matter),
        *_lineage(matter),
        *_exclusions(matter),
    ]
    return blocks


def _roles(matter: Matter) -> list[Block]:
    for sample in matter.samples:
        kept = sample.snapshot.roles_row
        if kept is None:
            continue
        roles = kept.roles
        target, features = roles.having("y"), roles.having("feature")
        rows = [
            ("Target", f"{words.listed(target)}; event value {roles.event}" if target else "none declared"),
            ("Inputs", f"{len(features)}: {', '.join(features)}"),
            (
                "Protected attributes",
                words.listed(
                    f"{item['name']} (reference group: {item['reference']})" for item in roles.attributes
                ),
            ),
        ]
        return [Facts(tuple(rows))]
    return []


def _lineage(matter: Matter) -> list[Block]:
    version = matter.version
    split = ", ".join(f"{name} {value}" for name, value in version.split.items())
    names = [
        ("fitted on", version.training_snapshot),
        ("tested by the developer on", version.test_snapshot),
        ("scored in", version.scored_snapshot),
    ]
    said = "; ".join(f"{what} {row.reference}" for what, row in names if row)
    text = f"**Lineage of version {version.number}:** {said or 'not declared'}."
    if split:
        text += f" Split: {split}."
    if version.code_revision:
        text += f" Code: {version.code_revision}."
    return [Paragraph(text)]


def _exclusions(matter: Matter) -> list[Block]:
    found: dict[tuple[str, str, int, int], None] = {}
    for row in matter.tested:
        sample = row.results.get("sample", {})
        for left in sample.get("exclusions", []):
            if left["n"]:
                found[row.name, left["reason"], left["n"], sample.get("m", 0)] = None
    if not found:
        return [Paragraph("No test left a row out: every sample was used whole.")]
    return [
        Table(
            "Rows left out, by test and reason.",
            ("Test", "Of", "Left out", "Reason"),
            tuple(
                Row((name, numbers.plain(m), numbers.plain(n), words.sentence(why)))
                for name, why, n, m in found
            ),
            numeric=(1, 2),
            out=True,
        )
    ]


def earlier(matter: Matter) -> Section:
    """Section 4: earlier validations, their findings, and what has changed since."""
    facts = matter.facts["earlier"]
    blocks: list[Block] = []
    if not facts["validations"]:
        blocks.append(
            Paragraph("This is the first validation of the model; there is no prior finding to follow up.")
        )
    else:
        blocks.append(
            Table(
                "Earlier validations.",
                ("Validation", "Kind", "Version", "Opened", "Step", "Result"),
                tuple(
                    Row(
                        (
                            row["reference"],
                            row["kind"],
                            str(row["version"]),
                            words.day(row["opened"]),
                            str(row["step"] or "–"),
                            row["state"],
                        )
                    )
                    for row in facts["validations"]
                ),
            )
        )
    if facts["findings"]:
        blocks.append(
            Table(
                "Earlier findings.",
                ("Finding", "Severity", "Title", "Status", "Closed by"),
                tuple(
                    Row(
                        (
                            row["reference"],
                            row["severity"],
                            row["title"],
                            words.role(row["state"]),
                            row["closure"]["text"] if row["closure"] else "open",
                        )
                    )
                    for row in facts["findings"]
                ),
                out=True,
            )
        )
    versions = matter.validation.model.versions.filter(registered_at__lte=matter.validation.opened_at)
    blocks.append(
        Table(
            "Versions of the model up to the day the validation was opened.",
            ("Version", "Title", "Format", "Registered", "Artefact"),
            tuple(
                Row(
                    (
                        str(row.number),
                        row.title or "–",
                        row.get_format_display(),
                        words.day(row.registered_at.date()),
                        f"`{row.artefact[:12]}…`" if row.artefact else "none held",
                    )
                )
                for row in versions.order_by("number")
            ),
        )
    )
    still = [row for row in facts["findings"] if row["state"] != "closed"]
    said = (
        f"{words.count(len(still), 'earlier finding')} still open."
        if still
        else "No earlier finding is open."
    )
    return Section(
        "4", SECTIONS[4], tuple(blocks), conclusion=said, rating=words.rating(words.by_severity(still))
    )


def missing(what: str, why: str, would: str) -> Callable[[Matter], list[Block]]:
    """A section's part that cannot be examined yet."""
    return lambda _matter: [NotPossible(what, why, would)]


OPENING: dict[int, Callable[[Matter], list[Block]]] = {3: purpose, 5: data}
CLOSING: dict[int, Callable[[Matter], list[Block]]] = {
    3: purpose_end,
    7: missing(
        "prior years", "This version has one test sample and no history.", "Readings of later periods."
    ),
    8: missing("back-test of outcomes", NOT_SERVING, "Outcomes that have matured after the start of use."),
    11: missing(
        "use test, overrides, access, skew and replay coverage",
        NOT_SERVING,
        "A deployment, and decisions recorded under it.",
    ),
    12: missing(
        "breaches since the last validation", NOT_SERVING, "Readings of the monitors after the start of use."
    ),
    13: missing(
        "overlays and their effect on ECL or RWEA",
        "No overlay is recorded for this model, and none was declared to the validation.",
        "An entry with amount, reason, owner and expiry.",
    ),
}
