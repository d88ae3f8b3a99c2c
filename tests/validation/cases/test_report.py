"""The report: what is signed is what is printed, every figure is its evidence's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from mrm import vault
from mrm.evidence import content as contents
from mrm.kernel import numbers
from tests.validation.cases.making import Bank, content, work
from validation.cases import queries as cases
from validation.cases.report import words
from validation.cases.rules import Rating
from validation.cases.verbs import judging, signing, testing

NUMBER = re.compile(r"[<−]?\d[\d,]*\.?\d*|[<−]?\.\d+")


def full(house: Bank) -> Any:
    """A validation whose tests have all run but the slow explanations, signed and granted."""
    validation = house.open(
        cutoff=Decimal("0.35"), population_rate=Decimal("0.05"), population_source="declared by the owner"
    )
    keys = [
        item.key
        for item in validation.items.all()
        if not any(test["id"].startswith("explain.") for test in item.tests)
    ]
    testing.run_tests(house.validator, validation=validation, items=keys)
    work()
    validation.refresh_from_db()
    judging.declare(
        house.validator, validation=validation, reporting_line="Head of validation", prior_involvement="none"
    )
    for item in validation.items.all():
        judging.rate(house.validator, item=item, rating=Rating.LIMITED, text="Looked at, and it holds.")
    house.issue_all(validation)
    house.write(validation)
    signing.freeze(house.validator, validation=validation)
    signing.sign_opinion(
        house.validator, validation=validation, ticket=house.ticket(house.validator, validation)
    )
    house.approve(house.officer, validation)
    house.approve(house.approver, validation, reason="Read.")
    validation.refresh_from_db()
    return validation


def blocks(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in [*report["sections"], *report["annexes"]]:
        yield from part["blocks"]


def cited(report: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Every text of a table or board figure that stands under evidence ids, with these ids."""
    for block in blocks(report):
        if block["kind"] == "table":
            for row in [*block["rows"], *block["foot"]]:
                ids = list(block["evidence"])
                for cell in row["cells"]:
                    if isinstance(cell, dict) and cell["cell"] == "evidence":
                        ids += cell["digests"]
                # the first cell names the row; limits and clauses are the policy's words
                texts = [cell for cell in row["cells"][1:] if isinstance(cell, str)]
                yield from ((text, ids) for text in texts if ids and block["numeric"])
        if block["kind"] == "figures":
            for item in block["items"]:
                yield item["value"].replace(" ×", ""), item["evidence"]


def said(value: Any) -> Iterator[str]:
    """Each number of an evidence's content in every way in which the report may print it."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from said(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from said(inner)
    elif isinstance(value, str):
        yield from NUMBER.findall(value)
    elif numbers.known(value):
        for text in (
            numbers.figure(value),
            words.p_value(value),
            numbers.plain(value),
            *(numbers.plain(value, places) for places in (1, 2, 3, 4, 6)),
            *(numbers.share(value, places) for places in (0, 1)),
        ):
            yield from NUMBER.findall(text)


@pytest.mark.slow
@pytest.mark.django_db
def test_every_figure_under_an_evidence_id_is_in_that_evidence(house: Bank) -> None:
    report = cases.report_content(content(full(house)))
    checked = 0
    for text, digests in cited(report):
        known = {number for digest in digests for number in said(contents.decode(vault.get(digest)))}
        found = NUMBER.findall(text)
        assert set(found) <= known, text
        checked += len(found)
    assert checked > 300


@pytest.mark.slow
@pytest.mark.django_db
def test_all_sections_end_with_conclusion_and_rating_and_say_what_is_not_possible(house: Bank) -> None:
    validation = full(house)
    report = cases.report_content(content(validation))
    assert [part["number"] for part in report["sections"]] == [str(number) for number in range(1, 16)]
    assert all(part["conclusion"] and part["rating"] for part in report["sections"][1:])
    absent = {block["what"] for block in blocks(report) if block["kind"] == "not_possible"}
    assert {"back-test of outcomes", "actual use against approved use"} <= absent
    (template,) = [part for part in report["annexes"] if part["title"] == "ECB template"]
    assert sum(block["kind"] == "not_possible" for block in template["blocks"]) == 3
    (statistics,) = [block["rows"] for block in template["blocks"] if block["kind"] == "table"]
    assert {row["cells"][0] for row in statistics} == {"2.5.3.1", "2.5.4"}
    for row in statistics:
        (digest,) = row["cells"][4]["digests"]
        results = contents.decode(vault.get(digest))["results"]
        figure = results["statistic"] if row["cells"][0] == "2.5.4" else results["facts"]["portfolio"]["d"]
        assert numbers.figure(figure) in row["cells"][3]
    facts = cases.content_of(content(validation))
    assert {row["digest"] for row in report["evidence"]} == {row["digest"] for row in facts["evidence"]}
    assert {row["number"] for row in report["findings"]} == {row["reference"] for row in facts["findings"]}
