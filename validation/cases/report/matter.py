"""Everything the report is written from, gathered once: signed facts, evidence from the vault, policies, lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mrm import vault
from mrm.access.acts import entity_of
from mrm.access.installation import demonstration
from mrm.evidence import content as contents
from mrm.evidence.models import EvidenceRun
from mrm.policy.queries import by_digest
from registry.inventory.models import Tiering, Use
from registry.versions.models import Version
from validation.cases.content import newest_results, signed_content
from validation.cases.models import Validation
from validation.cases.rules import Rating, worst_step

Json = dict[str, Any]
UNWRITTEN: Json = {
    "step": None,
    "summary": "The opinion is not written yet.",
    "text": "No text yet.",
    "aggregation": "Not said yet.",
    "better_than_worst": "",
    "residual_risk": "",
    "confidence": "not said yet",
    "expires": "",
}
"""A draft without an opinion; frozen content always has one."""


@dataclass(frozen=True)
class Tested:
    """One test of one item: its evidence, or the sentence why there is none."""

    item: str
    test: str
    part: str
    column: str
    digest: str
    title: str
    problem: str
    remedy: str
    content: Json | None

    @property
    def results(self) -> Json:
        """What came out; empty where nothing ran."""
        return self.content["results"] if self.content else {}

    @property
    def defined(self) -> bool:
        """Whether there is a figure."""
        return bool(self.results.get("defined"))

    @property
    def cited(self) -> tuple[str, ...]:
        """The evidence to print beside it."""
        return (self.digest,) if self.digest else ()

    @property
    def name(self) -> str:
        """Title, and the attribute it was run for."""
        return f"{self.title}, {self.column}" if self.column else self.title


@dataclass(frozen=True)
class Matter:
    """A validation at one moment."""

    validation: Validation
    reference: str
    number: int
    frozen_on: str
    draft: bool = False

    @cached_property
    def facts(self) -> Json:
        """What is signed, as plain values."""
        return signed_content(self.validation)

    @cached_property
    def opinion(self) -> Json:
        """The opinion; while a draft has none, what stands in its place."""
        return self.facts["opinion"] or UNWRITTEN

    @cached_property
    def evidence(self) -> dict[str, Json]:
        """The content of every record that is cited, from the vault (which checks its digest)."""
        return {row["digest"]: contents.decode(vault.get(row["digest"])) for row in self.facts["evidence"]}

    @cached_property
    def tested(self) -> list[Tested]:
        """The latest result of every test of the scope."""
        return [
            Tested(
                item=row.item.key,
                test=row.test_id,
                part=str(row.part),
                column=row.column,
                digest=row.evidence.result_digest if row.evidence else "",
                title=self._title(row),
                problem=row.problem,
                remedy=row.remedy,
                content=self.evidence[row.evidence.result_digest] if row.evidence else None,
            )
            for row in newest_results(self.validation)
        ]

    def _title(self, row: Any) -> str:
        if row.evidence:
            return str(self.evidence[row.evidence.result_digest]["results"].get("title") or row.test_id)
        return str(row.test_id)

    def of_item(self, key: str) -> list[Tested]:
        """The tests of one item."""
        return [row for row in self.tested if row.item == key]

    def of_test(self, test: str) -> list[Tested]:
        """The results of one test that have a figure."""
        return [row for row in self.tested if row.test == test and row.defined]

    def items(self, section: int) -> list[Json]:
        """The scope items of a section."""
        return [item for item in self.facts["scope"] if item["section"] == section]

    def rating_of(self, section: int) -> str:
        """The rating of a section: its worst mandatory item, else its worst item at all."""
        rated = self.facts["sections"].get(str(section))
        if rated:
            return str(rated)
        ratings = [item["rating"] for item in self.items(section) if item["rating"]]
        worst = worst_step(ratings)
        return Rating.NOT_CONCLUDED.value if worst is None else str(worst)

    def judged(self, section: int) -> bool:
        """Whether a section has a rating to print: in a draft only once an item of it is rated."""
        return not self.draft or any(item["rating"] for item in self.items(section))

    @cached_property
    def thresholds(self) -> Mapping[str, Any]:
        """The limits of the policy the validation keeps, by test."""
        tests: Mapping[str, Any] = by_digest(self.validation.policies["thresholds"]).body["tests"]
        return tests

    @cached_property
    def regimes(self) -> list[Json]:
        """The regimes in force on the day the content was frozen, with how far each was read."""
        rows: list[Json] = by_digest(self.validation.policies["regimes"]).body["regimes"]
        return [
            row
            for row in rows
            if row["from"] <= self.frozen_on and (not row["until"] or self.frozen_on <= row["until"])
        ]

    @cached_property
    def uses(self) -> dict[str, Use]:
        """The uses by reference, with exposure and volume."""
        rows = self.validation.uses.select_related("use__entity")
        return {row.use.reference: row.use for row in rows if row.use}

    @cached_property
    def samples(self) -> list[Any]:
        """The snapshots with their datasets, by part."""
        rows = self.validation.samples.select_related("snapshot__dataset", "snapshot__content")
        return list(rows.order_by("part"))

    @cached_property
    def tiering(self) -> Tiering | None:
        """How the tier came about."""
        rows = self.validation.model.tierings.select_related("answers")
        found: Tiering | None = rows.order_by("-number").first()
        return found

    @property
    def version(self) -> Version:
        """The version under validation."""
        return self.validation.version

    @cached_property
    def environments(self) -> list[Json]:
        """The environments in which the evidence was computed, each once."""
        rows = EvidenceRun.objects.filter(
            scope=self.validation.scope, evidence__result_digest__in=list(self.evidence)
        )
        found: dict[str, Json] = {}
        for where in rows.order_by("id").values_list("environment", flat=True):
            found[contents.encode(where).decode()] = where
        return list(found.values())

    @cached_property
    def organisation(self) -> str:
        """The legal entity."""
        return str(self.facts["model"]["entity"] or "Bank")

    @cached_property
    def zone(self) -> str:
        """The legal entity's zone."""
        entity = entity_of(self.validation.model.scope)
        return entity.zone if entity else "UTC"

    @cached_property
    def demonstration(self) -> bool:
        """Whether people and bank are made up."""
        return demonstration()

    @cached_property
    def condition_of(self) -> dict[str, str]:
        """The condition that answers for an item, by the item's key."""
        return {row["scope_item"]: row["reference"] for row in self.facts["conditions"] if row["scope_item"]}

    @cached_property
    def findings(self) -> list[Json]:
        """The findings, the gravest first."""
        order = ("critical", "high", "medium", "low")
        return sorted(self.facts["findings"], key=lambda row: order.index(row["severity"]))
