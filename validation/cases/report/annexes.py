"""Annexes: clauses, evidence and environment, full results, methods, ECB template, documents, glossary, how to verify."""

from __future__ import annotations

import re

from mrm.kernel import numbers
from mrm.papers.content import (
    Block,
    Command,
    EvidenceCell,
    EvidenceRegister,
    Facts,
    Glossary,
    Heading,
    NotPossible,
    Paragraph,
    Row,
    Section,
    Table,
    evidence_id,
)
from validation.battery.result import Row as ResultRow
from validation.cases.report import words
from validation.cases.report.matter import Json, Matter
from validation.cases.report.template import pd_template

MOST_ROWS, MOST_COLUMNS = 40, 9
FULL = (
    "disc.information_value",
    "stab.psi",
    "dq.row_order",
    "pd.hosmer_lemeshow",
    "pd.brier",
    "explain.shap",
)
GLOSSARY = {
    "AIR": "Adverse impact ratio: rate of favourable answers of a group divided by that of the reference group.",
    "AUC": "Chance that a bad case is ranked as riskier than a good one; .5 is chance.",
    "Brier score": "Mean squared difference of PD and outcome; smaller is better.",
    "Condition": "A restriction or control that an approval imposes; use is blocked when it lapses.",
    "Evidence": "The unchangeable record of one computation: what ran, on what, what came out.",
    "Gini": "2·AUC − 1.",
    "Holm": "A rule that adjusts p when several tests are read together.",
    "IV": "Information value: how far an input separates goods and bads.",
    "Jeffreys test": "Test of a PD against an observed rate; a small p means under-estimation.",
    "KS": "Largest distance between the distributions of goods and bads.",
    "Light": "What the policy’s limit says of a figure: green, amber, red; never a judgement by itself.",
    "LIME": "Explanation of one answer by a simple model fitted around it.",
    "PD": "Probability of default.",
    "PSI": "Population stability index: how far two samples differ.",
    "Rating": "A person’s judgement of a scope item or section, 1 to 4, or not concluded.",
    "SHAP": "A way to share an answer out among its inputs so that the shares add up.",
    "Shortfall": "Favourable answers that parity with the reference group would have added.",
    "Size, power": "Rate of false alarm; chance of seeing a stated fault.",
}


def annexes(matter: Matter) -> tuple[Section, ...]:
    """All of them, in order."""
    return (
        Section("A", "clause, section, evidence", (_clauses(matter),), layout="fresh"),
        Section("B", "evidence and environment", tuple(_evidence(matter))),
        Section("C", "full results", tuple(_full(matter)), layout="wide"),
        Section("D", "methods of the tests", tuple(_methods(matter)), layout="fresh"),
        Section("E", "ECB template", tuple(pd_template(matter))),
        Section("F", "documents", tuple(_documents(matter))),
        Section("G", "glossary", (Glossary(tuple(GLOSSARY.items())),)),
        Section("H", "how to verify this report", tuple(_verify(matter))),
    )


def _clauses(matter: Matter) -> Table:
    titles = {row["id"]: row["title"].split(",")[0] for row in matter.regimes}
    rows = []
    for item in matter.facts["scope"]:
        tests = matter.of_item(item["key"])
        digests = tuple(dict.fromkeys([*item["evidence"], *(row.digest for row in tests if row.digest)]))
        for clause in item["guidelines"]:
            if clause["regime"] in titles:
                cell = EvidenceCell(digests[:3]) if digests else "judgement only"
                rows.append(
                    Row(
                        (
                            f"{titles[clause['regime']]}, {clause['clause']}",
                            item["title"],
                            str(item["section"]),
                            cell,
                            _gap(matter, item),
                        )
                    )
                )
    rows.sort(key=lambda row: str(row.cells[0]))
    return Table(
        "Requirements against evidence. “Evidence present” is not “compliant”; gaps are printed.",
        ("Clause", "What the scope asks for it", "Section", "Evidence (first three)", "Gap"),
        tuple(rows),
        note="Clauses of regimes in force on the day of the content; section 2 says how far each regime was read.",
        dense=True,
    )


def _gap(matter: Matter, item: Json) -> str:
    if item["exempt"]:
        return "exempted; substitute in section 2"
    gaps = []
    if not item["rating"]:
        gaps.append("not assessed")
    if item["rating"] == "not_concluded":
        gaps.append("not concluded")
    gaps += [f"{row.test} gave no figure" for row in matter.of_item(item["key"]) if not row.defined]
    return "; ".join(gaps) or "–"


def _evidence(matter: Matter) -> list[Block]:
    facts = matter.facts
    data = [(f"Data, {words.part(row['part'])}", f"`sha256 {row['data']}`") for row in facts["samples"]]
    policies = [
        (f"Policy, {words.role(name)}", f"`sha256 {digest}`")
        for name, digest in facts["validation"]["policies"].items()
    ]
    blocks: list[Block] = [
        EvidenceRegister(),
        Heading("Inputs"),
        Facts((*data, *policies)),
        Heading("Environment"),
    ]
    for where in matter.environments:
        libraries = ", ".join(f"{name} {version}" for name, version in where.get("libraries", {}).items())
        pins = ", ".join(f"{name}={value}" for name, value in where.get("pins", {}).items())
        blocks.append(
            Paragraph(
                f"Python {where.get('python', '')}, {where.get('system', '')}; {libraries}. {'Pinned: ' + pins + '.' if pins else ''}"
            )
        )
    return blocks


def _full(matter: Matter) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "Tables that sections 5 to 10 do not print. Every row of every result is in the evidence that the pack carries."
        )
    ]
    for row in matter.tested:
        if row.test not in FULL or not row.defined or not row.results["rows"]:
            continue
        body: list[ResultRow] = row.results["rows"]
        names = [
            name
            for name in body[0]
            if all(not isinstance(item.get(name), list | dict) for item in body)
            and any(item.get(name) not in (None, "") for item in body)
        ][:MOST_COLUMNS]
        names.sort(key=lambda name: not isinstance(body[0].get(name), str))
        number = [place for place, name in enumerate(names) if not isinstance(body[0].get(name), str)]
        left = len(body) - MOST_ROWS
        blocks.append(
            Table(
                f"{row.name}, {words.part(row.part)} sample.",
                tuple(words.role(name) for name in names),
                tuple(Row(tuple(_cell(name, item.get(name)) for name in names)) for item in body[:MOST_ROWS]),
                numeric=tuple(number),
                evidence=row.cited,
                note=f"{left} further rows are in the evidence." if left > 0 else "",
                dense=True,
            )
        )
    return blocks


def _cell(name: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return words.light(value)
    return words.p_value(value) if name.endswith(("p_value", "_p")) else numbers.figure(value)


def _methods(matter: Matter) -> list[Block]:
    from validation import battery
    from validation.battery.errors import BatteryError

    blocks: list[Block] = []
    for test in dict.fromkeys(row.test for row in matter.tested):
        try:
            spec = battery.spec(test)
        except BatteryError:
            continue
        text = re.sub(r"\s+", " ", spec.methodology).replace("*", "×").replace("‖", "|")
        text = re.sub(
            r"\b(Purpose|Formula|Hypothesis|Inputs|Undefined|Limits|Source|Judgement|Multiplicity|Stability|Routes)\. ",
            r"**\1.** ",
            text,
        )
        blocks += [Heading(f"{test}: {spec.title}"), Paragraph(text)]
    return blocks


def _documents(matter: Matter) -> list[Block]:
    rows = [
        Row((doc["name"], row["reference"], f"`sha256 {doc['digest'][:32]}…`"))
        for row in matter.findings
        for doc in row["documents"]
    ]
    if not rows:
        return [NotPossible("documents", "None was attached to a finding of this validation.")]
    return [Table("Documents attached to findings.", ("Document", "Finding", "Digest"), tuple(rows))]


def _verify(matter: Matter) -> list[Block]:
    if matter.draft:
        return [
            Paragraph(
                "A draft proves nothing: it carries no signature and no seal, and its words may change. Its figures are "
                "those of the evidence records that annex B lists, and can be computed again from them."
            )
        ]
    first = next(iter(matter.evidence), "")
    return [
        Paragraph(
            "With the evidence pack, and without access to the bank’s systems, run the verifier that lies in it; it needs "
            "Python and nothing else. KEY is the bank’s signed-note key, which you should hold from elsewhere. With "
            "access, the evidence can be computed again."
        ),
        Command(
            "python3 -I -S verify.py PACK.zip --trust KEY      # 0 proved, 1 tampered, 2 cannot tell\n"
            f"manage.py reproduce {evidence_id(first) if first else 'EVIDENCE'}              # identical, or the first step that diverges\n"
            f"manage.py reproduce --report {matter.reference}"
        ),
        Paragraph(
            "The PDF alone proves nothing. The digest of its content must be the one that was signed, the signatures must "
            "be in the ledger under the checkpoint on the cover, and that checkpoint must be consistent with one you hold."
        ),
    ]
