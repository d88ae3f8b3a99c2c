"""What the parts take: small frozen records, so that a page builder sees the words of each part.

Every part reads its fields by name, so a dict with the same keys serves as well. Text is escaped; a value that
was made by a tag or by `format_html` (a chip, a digest, a link) is kept as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise

Address = str | Promise  # an address, or the promise of one (reverse_lazy)


@dataclass(frozen=True)
class Link:
    """An address with its words."""

    label: str
    url: str


@dataclass(frozen=True)
class Action:
    """A button. `post` makes it a form of its own that posts to `url`; `why_not` makes it wait, with the reason.

    `kind`: empty, `primary`, `danger`, `quiet`.
    """

    label: str
    url: Address = ""
    kind: str = ""
    icon: str = ""
    post: bool = False
    why_not: str = ""


@dataclass(frozen=True)
class Fact:
    """A fact of a record: label, value, a note under it, an address, a tone (`good`, `warn`, `bad`)."""

    label: str
    value: Any
    note: str = ""
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Figure:
    """A large figure that opens its list: label, value, lines under it (each `(value, words)`), address, tone."""

    label: str
    value: Any
    url: str = ""
    lines: Sequence[tuple[Any, str]] = ()
    tone: str = ""


@dataclass(frozen=True)
class Requirement:
    """One line of a gate: state `met`, `unmet` or `na`, its sentence, what proves or mends it, a note.

    Other lists use it too: `severity` puts a severity's bars in front instead of the state.
    """

    state: str
    text: Any
    links: Sequence[Link] = ()
    note: Any = ""
    aside: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Todo:
    """One thing to do: what, where, when it is due, what is known about it, the word on its button."""

    what: str
    url: str
    due: date | None = None
    when: str = ""
    late: bool = False
    detail: Any = ""
    action: str = "Open"
    primary: bool = False


@dataclass(frozen=True)
class Entry:
    """One line of a history: when, what, by whom (and where in the ledger)."""

    at: datetime | date
    text: Any
    by: str = ""
    url: str = ""


@dataclass(frozen=True)
class Tab:
    """One view of a record; a link, `current` on the one that is shown."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class ScopeItem:
    """One item of a validation's scope: name, address, state (for the mark), what stands at the right."""

    name: str
    url: str
    state: str = "not_rated"
    rating: str = ""
    current: bool = False


@dataclass(frozen=True)
class ScopeGroup:
    """An area of the scope with its items; the head says how many of them are rated."""

    name: str
    items: Sequence[ScopeItem]

    @property
    def rated(self) -> int:
        """How many items carry a rating."""
        return sum(1 for item in self.items if item.rating)


@dataclass(frozen=True)
class Signature:
    """A signature: state `signed`, `open` or `void`; name and role; meaning; when; digest signed; receipt.

    `voided` is the day it turned grey, `difference` lists what changed: `(what, before, after)`.
    """

    name: str
    role: str
    state: str = "signed"
    meaning: str = ""
    at: datetime | None = None
    method: str = ""
    digest: str = ""
    reason: str = ""
    receipt: str = ""
    voided: date | datetime | None = None
    difference: Sequence[tuple[str, Any, Any]] = ()


@dataclass(frozen=True)
class Step:
    """One of the first steps in an empty place: what, why, and the way."""

    title: str
    text: str
    action: Action | None = None
    now: bool = False


@dataclass(frozen=True)
class Job:
    """A job as the page shows it: state, title, how far, its words, where it is polled and cancelled.

    `poll` is the address that answers this same part; while `finished` is false the page asks it each second.
    """

    title: str
    state: str
    done: int = 0
    total: int = 0
    text: str = ""
    problem: str = ""
    remedy: str = ""
    id: str = ""
    url: str = ""
    poll: str = ""
    cancel: str = ""
    finished: bool = False
    links: Sequence[Link] = field(default=())
