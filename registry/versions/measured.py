"""What was measured of a version: evidence that other rooms recorded of it, and its figures in words.

Rooms above know which evidence is of which version (a run of its evaluation, a validation of its tests); they say it at the port
`version.measured`. Void evidence is left out: nothing may rely on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mrm.evidence.models import Evidence
from mrm.kernel import numbers
from mrm.kernel.ports import Port
from registry.versions.models import Version


@dataclass(frozen=True)
class Measured:
    """One record of evidence of a version: on which rows, for which attribute, where it was made (a label and its page)."""

    evidence: Evidence
    sample: str
    attribute: str
    source: str
    url: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What is compared with the same of another version."""
        return self.evidence.test_id, self.sample, self.attribute

    @property
    def name(self) -> str:
        """The test in words, and for which attribute; the sample stands apart."""
        title = self.evidence.title.removesuffix(f", {self.sample}")
        return f"{title}: {self.attribute}" if self.attribute and self.attribute not in title else title

    @property
    def family(self) -> str:
        """The first word of the test's id: disc, cal, fair, explain, dq …"""
        return self.evidence.test_id.partition(".")[0]

    @property
    def figure(self) -> str:
        """The statistic in words; an undefined one says so."""
        value = self.evidence.headline.get("statistic")
        if not self.evidence.defined or value is None:
            return "not defined"
        return numbers.figure(value)

    @property
    def beside(self) -> str:
        """What stands beside the statistic: interval, p-value, number of rows; or why it is not defined."""
        head = self.evidence.headline
        said = [str(head["reason"])] if head.get("reason") else []
        if head.get("ci"):
            said.append(f"interval {numbers.interval(*head['ci'])}")
        if head.get("p_value") is not None:
            said.append(f"p {numbers.p_value(head['p_value'])}")
        if self.evidence.sample.get("n") is not None:
            said.append(f"n {numbers.plain(self.evidence.sample['n'])}")
        return ", ".join(said)

    def shape(self) -> dict[str, Any]:
        """As plain values, under the evidence's whole digest."""
        head, evidence = self.evidence.headline, self.evidence
        return {
            "test": evidence.test_id,
            "title": evidence.title,
            "sample": self.sample,
            "attribute": self.attribute,
            "defined": evidence.defined,
            "statistic": head.get("statistic"),
            "interval": head.get("ci"),
            "p_value": head.get("p_value"),
            "reason": head.get("reason", ""),
            "n": evidence.sample.get("n"),
            "light": evidence.light,
            "data": evidence.inputs.get("data", ""),
            "evidence": evidence.result_digest,
            "source": self.source,
        }


measures: Port[Callable[[Version], Iterable[Measured]]] = Port("version.measured")
"""room → version → the evidence that the room recorded of it, the newest of each test."""


def measured(version: Version) -> list[Measured]:
    """Everything that was measured of a version and stands, by test; what a validation measured comes first."""
    found = [item for _, room in measures.items() for item in room(version)]
    return sorted(found, key=lambda item: (item.evidence.test_id, item.attribute, item.sample))
