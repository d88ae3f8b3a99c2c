"""Words and pure decisions of the feature store: kinds of definition, durations, names, error codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import TextChoices

from mrm.kernel.errors import BadInput, declare


class Kind(TextChoices):
    """What a document defines. The YAML word `entity` is a feature key: an entity of the bank is a legal one."""

    KEY = "entity", "key"
    SOURCE = "source", "source"
    VIEW = "view", "view"
    SERVICE = "service", "service"


ORDER = (Kind.KEY, Kind.SOURCE, Kind.VIEW, Kind.SERVICE)


class Clock(TextChoices):
    """Where the time comes from at which a value was known."""

    RECEIPT = "receipt", "our receipt"
    ASSERTED = "asserted", "the source's own, asserted"
    LAG = "lag", "the source's lag, asserted"


class Verdict(TextChoices):
    """What the comparison of served with known values says of a feature."""

    EQUAL = "equal", "equal"
    UNIT = "unit", "off by a constant factor"
    NULLS = "nulls", "missing when served"
    STALE = "stale", "out of date"
    SWAPPED = "swapped", "swapped with another feature"
    OTHER = "other", "differs"
    UNSEEN = "unseen", "not served"


SKEWED = frozenset({Verdict.UNIT, Verdict.NULLS, Verdict.STALE, Verdict.SWAPPED, Verdict.OTHER})
"""Verdicts that say that serving does not compute what training did."""

TYPES = {
    "int64": "int64",
    "int": "int64",
    "integer": "int64",
    "bigint": "int64",
    "int32": "int64",
    "long": "int64",
    "float64": "float64",
    "float": "float64",
    "float32": "float64",
    "double": "float64",
    "number": "float64",
    "text": "text",
    "str": "text",
    "string": "text",
    "bool": "bool",
    "boolean": "bool",
    "date": "date",
    "timestamp": "timestamp",
    "datetime": "timestamp",
}
"""The types a feature may have, with the words that people write for them."""

SECOND = 1_000_000
UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60 * SECOND),
    **dict.fromkeys(("h", "hour", "hours"), 3600 * SECOND),
    **dict.fromkeys(("d", "day", "days"), 86400 * SECOND),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400 * SECOND),
}
DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*")
FEATURE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:@v([1-9][0-9]*))?:([A-Za-z_][A-Za-z0-9_]*|\*)")
NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:@v([1-9][0-9]*))?")

declare("definition_invalid", "a document of feature definitions is not what its kind asks for")
declare("definition_unknown", "a definition names another one that the catalogue does not hold")
declare(
    "expression_refused", "an expression of a feature view is not one of the kind that both engines compute"
)
declare("view_version_twice", "a feature service names two versions of one view")
declare("catalogue_unclear", "several feature catalogues could be meant, or none may be seen")
declare("catalogue_name", "a feature catalogue has no name, or its legal entity has one of that name")
declare("source_schema", "a source lacks a column, or gives it in another type than before")
declare("source_times", "a source's event time or known time is missing or no time in some rows")
declare("source_unread", "a feature is asked of a source that has not been read")
declare("source_busy", "two readings of one source ended at the same time")
declare("source_query", "a file is delivered for a source that is a query")
declare("source_file", "the file of a source cannot be read where its definition says")
declare("view_test_failed", "rows of a source break a test that a view states")
declare("division_by_zero", "a transformation of a feature view divides by zero")
declare("transform_failed", "a transformation of a feature view cannot be computed on its source")
declare("rows_unusable", "the rows of a build lack the key or `as_of`, or have a column of a feature's name")
declare("online_missing", "a feature service is read online that was not materialised")
declare("online_back", "a feature service would be materialised up to a time before its watermark")
declare("online_unreachable", "the online store does not answer")
declare("online_elsewhere", "the online store is another system's, which fills it itself")
declare("store_unwritable", "the engine of MRM_OFFLINE_URL does not let the feature store keep its tables")
declare("nothing_served", "skew is asked of a service of which no served features came")
declare("served_unreadable", "a line of served features is not what the intake takes")
declare("time_invalid", "a time is not RFC 3339 with its zone")


def microseconds(given: str | float) -> int:
    """A duration: a number of seconds, or text such as `30d`, `12 hours`, `90m`."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return int(given * SECOND)
    match = DURATION.fullmatch(str(given))
    if match is None or match.group(2).lower() not in UNITS:
        raise BadInput(
            "definition_invalid",
            f"“{given}” is no duration.",
            "Write a number and a unit: 45s, 90m, 12h, 30d, 2w.",
        )
    return int(float(match.group(1)) * UNITS[match.group(2).lower()])


@dataclass(frozen=True)
class FeatureName:
    """`view:feature` or `view@v2:feature`; without a number the newest version is meant."""

    view: str
    feature: str
    number: int | None = None

    @classmethod
    def of(cls, text: str) -> FeatureName:
        """From text."""
        match = FEATURE.fullmatch(str(text).strip())
        if match is None:
            raise BadInput(
                "definition_invalid",
                f"“{text}” names no feature.",
                "Write view:feature, or view@v2:feature for one version of the view.",
            )
        return cls(match.group(1), match.group(3), int(match.group(2)) if match.group(2) else None)

    @property
    def column(self) -> str:
        """Its column in training sets and answers: the name that a model sees."""
        return f"{self.view}__{self.feature}"

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.view}{f'@v{self.number}' if self.number else ''}:{self.feature}"


def versioned(text: str) -> tuple[str, int | None]:
    """`name` or `name@v2` as name and number."""
    match = NAMED.fullmatch(str(text).strip())
    if match is None:
        raise BadInput("definition_invalid", f"“{text}” is no name.", "Names are letters, digits, _ and -.")
    return match.group(1), int(match.group(2)) if match.group(2) else None


def spoken(duration: int | None) -> str:
    """A duration in words of its largest whole unit."""
    if not duration:
        return "none"
    for word, size in (("day", 86400 * SECOND), ("hour", 3600 * SECOND), ("minute", 60 * SECOND)):
        if duration % size == 0:
            count = duration // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{duration / SECOND:g} seconds"
