"""Sections 2, 14 and 15: mandate and independence, findings, opinion."""

from __future__ import annotations

from collections import Counter

from mrm.papers.content import (
    Block,
    Conditions,
    Findings,
    Heading,
    Listing,
    NotPossible,
    Paragraph,
    RatingCell,
    Row,
    Section,
    Table,
)
from mrm.papers.content import Condition as PaperCondition
from mrm.papers.content import Finding as PaperFinding
from validation.cases.report import words
from validation.cases.report.matter import Json, Matter
from validation.cases.rules import SECTIONS
from validation.findings.rules import FindingState


def mandate(matter: Matter) -> Section:
    """Section 2: areas covered and excluded, independence, regimes."""
    case = matter.facts["validation"]
    blocks: list[Block] = [
        Paragraph(
            f"{case['reference']} is the {case['kind']} validation of version {matter.facts['version']['number']} for "
            f"{words.count(len(matter.facts['uses']), 'use')} in tier {case['tier']}. Its scope is the template of the "
            "model class that was in force on the day it was opened; it covers the version whose digest is on the cover "
            "and nothing else."
        ),
        Table(
            "Areas of the scope.",
            ("Area", "Section", "Items", "Tests with a result", "Excluded, and what replaces it"),
            tuple(_area(matter, number) for number in SECTIONS),
            numeric=(1, 2, 3),
            out=True,
        ),
        Heading("Independence"),
        Table(
            "Declarations of the validators.",
            ("Validator", "Reports to", "Earlier involvement", "Conflict", "Declared"),
            tuple(
                Row(
                    (
                        row["person"],
                        row["reporting_line"],
                        row["prior_involvement"],
                        "remains" if row["conflict"] else "none",
                        words.day(row["declared"]),
                    )
                )
                for row in matter.facts["independence"]
            ),
            out=True,
        ),
        Paragraph(
            "**Reuse of the developers’ work.** Every figure with an evidence label was computed in the validation’s own "
            "run, on the samples of section 5 and with the artefact on the cover. What a text quotes from the developers "
            "has no label of its own."
        ),
        Heading("Regimes"),
        _regimes(matter),
    ]
    return Section(
        "2",
        "Mandate, scope and independence",
        tuple(blocks),
        conclusion=_independence(matter),
        rating=1,
        layout="fresh",
    )


def _independence(matter: Matter) -> str:
    missing = matter.facts["validators_undeclared"]
    if missing:
        return f"Not declared yet, or with a conflict: {words.listed(missing)}."
    return "Every validator of the case has declared independence, and no conflict remains."


def _area(matter: Matter, number: int) -> Row:
    items = matter.items(number)
    tests = [row for item in items for row in matter.of_item(item["key"])]
    computed = f"{sum(row.defined for row in tests)} of {len(tests)}" if tests else "–"
    left = [
        f"{item['title']}: {item['exempt']} Instead: {item['substitute']}" for item in items if item["exempt"]
    ]
    if not items:
        left = ["facts of the register" if number == 4 else "nothing asked by the template"]
    return Row((SECTIONS[number], str(number), str(len(items)), computed, " ".join(left) or "nothing"))


def _regimes(matter: Matter) -> Table:
    read = {"primary": "primary text", "secondary": "secondary source"}
    return Table(
        "Regimes in force on the day the content was frozen, and how far they were read.",
        ("Regime", "Where", "In force from", "Read in the", "Addressed to, note"),
        tuple(
            Row(
                (
                    row["title"],
                    row["jurisdiction"],
                    words.day(row["from"]),
                    read[row["reading"]],
                    " ".join(words.sentence(row[name]) for name in ("addressee", "note") if row.get(name))
                    or "–",
                )
            )
            for row in matter.regimes
        ),
        note="A regime that was not read in its primary text points the reader to it; it is not the basis of a finding.",
        out=True,
        dense=True,
    )


def findings(matter: Matter) -> Section:
    """Section 14: every finding as a card, disagreements, combined effect."""
    found = matter.findings
    blocks: list[Block] = []
    if found:
        counts = Counter(row["severity"] for row in found)
        said = ", ".join(
            f"{counts[name]} {name}" for name in ("critical", "high", "medium", "low") if counts[name]
        )
        blocks += [Paragraph(f"{words.count(len(found), 'finding')}: {said}."), Findings()]
    else:
        blocks.append(Paragraph("The validation raised no finding."))
    disputed = [row for row in found if row["response"] and row["response"]["stance"] == "disputed"]
    blocks.append(Heading("Disagreements"))
    if disputed:
        blocks.append(
            Listing(
                tuple(
                    f"{row['reference']}: {row['response']['by']} disputes it. {row['response']['text']}"
                    for row in disputed
                )
            )
        )
    else:
        blocks.append(Paragraph("None: every finding was agreed, or nobody was asked."))
    if len(found) > 1:
        blocks.append(
            NotPossible(
                "one figure for the combined effect of the findings",
                "They concern different things (data, level, groups), and no common measure of loss is recorded.",
                "An estimate of each in money, on the same portfolio.",
            )
        )
    gravest = found[0] if found else None
    conclusion = (
        f"Rated by the gravest finding that is open: {gravest['reference']}, {gravest['severity']}."
        if gravest
        else "No weakness was found that needs following up."
    )
    still = [row for row in found if row["state"] != FindingState.CLOSED]
    return Section(
        "14", "Findings", tuple(blocks), conclusion=conclusion, rating=words.rating(words.by_severity(still))
    )


def cards(matter: Matter) -> tuple[PaperFinding, ...]:
    """The findings as the paper prints them."""
    return tuple(_card(row) for row in matter.findings)


def _card(row: Json) -> PaperFinding:
    response, plan = row["response"], row["plan"]
    documents = words.listed(
        (f"{doc['name']} (`sha256 {doc['digest'][:12]}…`)" for doc in row["documents"]), ""
    )
    status = words.role(str(FindingState(row["state"]).label))
    if plan:
        status += f"; plan until {words.day(plan['until'])}, {'agreed' if plan['agreed'] else 'not agreed yet'}: {plan['text']}"
    what = row["text"] + (f" Documents: {documents}." if documents else "")
    answer = (
        f"{words.sentence(response['stance'])} {response['text']} ({response['by']})"
        if response
        else "none asked"
    )
    if response and response["text"].lower().startswith(response["stance"]):
        answer = f"{response['text']} ({response['by']})"
    return PaperFinding(
        number=row["reference"],
        severity=words.severity(row["severity"]),
        title=row["title"],
        what=what,
        impact=row["impact"] or ("The evidence states its size." if row["evidence"] else "Not quantified."),
        evidence=tuple(row["evidence"]),
        owner=row["owner"],
        due=words.day(row["due"]),
        response=answer,
        status=status,
    )


def conditions(matter: Matter) -> tuple[PaperCondition, ...]:
    """The conditions as the paper prints them, with justification and alternatives where a disparity is named."""
    made = []
    for row in matter.facts["conditions"]:
        text = row["text"]
        if row["justification"]:
            text += f" Justification: {words.sentence(row['justification'])}"
        if row["alternatives"]:
            text += f" Alternatives searched: {words.sentence(row['alternatives'])}"
        dates = [f"due {words.day(row['due'])}"] if row["due"] else []
        dates += [f"ends {words.day(row['ends'])}"] if row["ends"] else []
        made.append(PaperCondition(row["reference"], text, row["check"], ", ".join(dates)))
    return tuple(made)


def opinion(matter: Matter) -> Section:
    """Section 15: from ratings to the opinion, its conditions, expiry and triggers."""
    said = matter.opinion
    rows = [
        Row((str(number), SECTIONS[number], _rating(matter, number)))
        for number in SECTIONS
        if matter.items(number)
    ]
    blocks: list[Block] = [
        Paragraph(said["text"]),
        Paragraph(f"**How the results were aggregated.** {said['aggregation']}"),
        Table(
            "From the ratings of sections to the whole.",
            ("Section", "Area", "Rating"),
            tuple(rows),
            foot=(Row(("Whole", "", _whole(said))),),
        ),
    ]
    if said["better_than_worst"]:
        blocks.append(
            Paragraph(f"**Better than its worst mandatory item, because:** {said['better_than_worst']}")
        )
    blocks += [
        Table(
            "Opinion by use.",
            ("Use", "Opinion", "Reason"),
            tuple(
                Row((f"{use['id']} {use['name']}", words.JUDGEMENTS[use["judgement"]], use["text"] or "–"))
                for use in matter.facts["uses"]
            ),
            out=True,
        ),
        Conditions(),
        Paragraph(
            f"**Expiry** {words.day(said['expires'])}, never later than tier {matter.facts['validation']['tier']} allows. "
            "**Triggers before that:** a change of version, uses or conditions; a condition that lapses; evidence declared "
            "void; a finding of high or critical severity."
        ),
        Paragraph(
            f"**Residual risk.** {said['residual_risk'] or 'None stated.'} **Confidence:** {said['confidence']}."
        ),
        Paragraph("**Dissent.** " + _dissent(matter)),
    ]
    return Section(
        "15",
        "Opinion",
        tuple(blocks),
        conclusion=said["summary"],
        rating=words.rating(str(said["step"])) if said["step"] else None,
    )


def _rating(matter: Matter, number: int) -> RatingCell | str:
    if not matter.judged(number):
        return "not rated yet"
    return RatingCell(words.rating(matter.rating_of(number)))


def _whole(said: Json) -> RatingCell | str:
    return RatingCell(words.rating(str(said["step"]))) if said["step"] else "not rated yet"


def _dissent(matter: Matter) -> str:
    disputed = [
        row["reference"]
        for row in matter.findings
        if row["response"] and row["response"]["stance"] == "disputed"
    ]
    return (
        f"The owner disputes {words.listed(disputed)} (section 14); the validators signed one opinion."
        if disputed
        else "None."
    )
