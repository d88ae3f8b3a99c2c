"""What a paper says, as plain values: the canonical JSON of a `Content` is what people sign.

Nothing here is layout. Texts are prose with a small markup (see `markup.py`): `**strong**`, `*stress*`, `` `code` ``,
`[[key]]` for "table 3" or "figure 2", `^[…]` for a footnote, and `ev:…` for an evidence id. Numbers arrive as text, already in the words of the
paper's language, so that what is signed is what is read.

`Closing` is what can only be known afterwards (signatures, checkpoint, seal) and is never part of what is signed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

SCHEMA = 1

Rating = Literal[1, 2, 3, 4, "not_concluded"]
Severity = Literal["critical", "high", "medium", "low"]
Layout = Literal["", "fresh", "board", "wide"]

RATING_WORDS: dict[str, str] = {
    "1": "no or minor deficiency",
    "2": "limited deficiency",
    "3": "material deficiency",
    "4": "severe deficiency",
    "not_concluded": "not concluded",
}
SEVERITY_BARS: dict[str, int] = {"low": 1, "medium": 2, "high": 3, "critical": 4}


def evidence_id(digest: str) -> str:
    """The id of an evidence record as papers print it: `ev:` and the first ten digits of its digest."""
    return "ev:" + digest[:10]


@dataclass(frozen=True)
class SeverityCell:
    """A table cell that shows a severity as rising bars and its word."""

    value: Severity
    cell: Literal["severity"] = "severity"


@dataclass(frozen=True)
class RatingCell:
    """A table cell that shows a rating as filled bars, its number and its word."""

    value: Rating
    word: bool = True
    cell: Literal["rating"] = "rating"


@dataclass(frozen=True)
class EvidenceCell:
    """A table cell of evidence ids."""

    digests: tuple[str, ...]
    cell: Literal["evidence"] = "evidence"


Cell = str | SeverityCell | RatingCell | EvidenceCell


@dataclass(frozen=True)
class Paragraph:
    """Prose; `evidence` are the full digests that stand beside it in the side column."""

    text: str
    evidence: tuple[str, ...] = ()
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Row:
    """A table row; `mark` is `group` (a new group begins), `mark` (reference), `void` (struck out) or nothing."""

    cells: tuple[Cell, ...]
    mark: Literal["", "group", "mark", "void"] = ""


@dataclass(frozen=True)
class Table:
    """A ruled table. `numeric` are the columns set to the right; `out` lets it use the side column too."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    foot: tuple[Row, ...] = ()
    note: str = ""
    out: bool = False
    dense: bool = False
    groups: bool = False
    key: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Figure:
    """A chart by name: `seen` is what it shows, `drawn` what is drawn (n, source, marks), `alt` says it without eyes."""

    chart: str
    seen: str
    alt: str
    drawn: str = ""
    evidence: tuple[str, ...] = ()
    out: bool = False
    key: str = ""
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True)
class Pair:
    """Two figures side by side."""

    figures: tuple[Figure, Figure]
    kind: Literal["pair"] = "pair"


@dataclass(frozen=True)
class Facts:
    """Label and value, one pair a row."""

    rows: tuple[tuple[str, str], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Listing:
    """A list, numbered when `ordered`."""

    items: tuple[str, ...]
    ordered: bool = False
    kind: Literal["list"] = "list"


@dataclass(frozen=True)
class Callout:
    """A warning that must not be overlooked."""

    title: str
    text: str
    evidence: tuple[str, ...] = ()
    kind: Literal["callout"] = "callout"


@dataclass(frozen=True)
class NotPossible:
    """What could not be examined: why, and what would make it possible."""

    what: str
    why: str
    would: str = ""
    kind: Literal["not_possible"] = "not_possible"


@dataclass(frozen=True)
class BoardFigure:
    """One large number with the sentence that reads it."""

    value: str
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardFigures:
    """The large numbers of the summary."""

    items: tuple[BoardFigure, ...]
    kind: Literal["figures"] = "figures"


@dataclass(frozen=True)
class Scale:
    """An opinion scale with the step chosen (by its place, from 0)."""

    steps: tuple[str, ...]
    here: int
    kind: Literal["scale"] = "scale"


@dataclass(frozen=True)
class Findings:
    """The place where the paper's findings are set as cards (all, or those named)."""

    numbers: tuple[str, ...] = ()
    kind: Literal["findings"] = "findings"


@dataclass(frozen=True)
class Conditions:
    """The place where the conditions are set as a table."""

    caption: str = "Conditions of use."
    kind: Literal["conditions"] = "conditions"


@dataclass(frozen=True)
class EvidenceRegister:
    """The place where every evidence record cited is listed, with the sections that cite it."""

    kind: Literal["evidence_register"] = "evidence_register"


@dataclass(frozen=True)
class Glossary:
    """Terms and their meaning, in three columns."""

    terms: tuple[tuple[str, str], ...]
    kind: Literal["glossary"] = "glossary"


@dataclass(frozen=True)
class Command:
    """Lines to type, set as they are."""

    text: str
    kind: Literal["command"] = "command"


@dataclass(frozen=True)
class Signature:
    """One signature as printed: who, in what capacity, what it means, when, how identity was proved."""

    name: str
    capacity: str
    meaning: str
    at: str
    how: str
    content_digest: str
    entry: str


@dataclass(frozen=True)
class Signatures:
    """The signatures; `wet_line` adds a line for ink where local law asks for it."""

    items: tuple[Signature, ...]
    wet_line: str = ""
    kind: Literal["signatures"] = "signatures"


Block = (
    Paragraph
    | Heading
    | Table
    | Figure
    | Pair
    | Facts
    | Listing
    | Callout
    | NotPossible
    | BoardFigures
    | Scale
    | Findings
    | Conditions
    | EvidenceRegister
    | Glossary
    | Command
    | Signatures
)


@dataclass(frozen=True)
class Section:
    """A numbered section (or a lettered annex): blocks, and the conclusion and rating that close it."""

    number: str
    title: str
    blocks: tuple[Block, ...]
    conclusion: str = ""
    rating: Rating | None = None
    layout: Layout = ""


@dataclass(frozen=True)
class Finding:
    """A finding as the paper states it."""

    number: str
    severity: Severity
    title: str
    what: str
    impact: str = ""
    evidence: tuple[str, ...] = ()
    owner: str = ""
    due: str = ""
    response: str = ""
    status: str = ""


@dataclass(frozen=True)
class Condition:
    """A condition of use: what must hold, what checks it, from when."""

    number: str
    text: str
    check: str = ""
    due: str = ""


@dataclass(frozen=True)
class EvidenceRecord:
    """An evidence record that the paper cites: its full result digest, its tests, its sample."""

    digest: str
    test: str
    sample: str = ""


@dataclass(frozen=True)
class Meta:
    """Cover, control page and running heads."""

    kind: str
    reference: str
    title: str
    subject: tuple[str, ...]
    organisation: str
    unit: str
    classification: str
    running: str
    running_version: str
    description: str
    cover: tuple[tuple[str, str], ...]
    control: tuple[tuple[str, str], ...]
    control_blocks: tuple[Block, ...] = ()
    keywords: tuple[str, ...] = ()
    language: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True)
class Content:
    """A whole paper before it is signed. `facts` are its statements once more as plain values, for machines."""

    meta: Meta
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...] = ()
    conditions: tuple[Condition, ...] = ()
    evidence: tuple[EvidenceRecord, ...] = ()
    annexes: tuple[Section, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `mrm.kernel.canonical.digest` of them is what people sign."""
        return plain(self)


@dataclass(frozen=True)
class Closing:
    """What is known only after the signatures: not part of what is signed, printed with it."""

    approvals: Section | None = None
    control: tuple[tuple[str, str], ...] = ()
    checkpoint: str = ""
    checkpoint_note: str = "Compare with the checkpoint you hold."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return plain(self)


ReportContent = Content


def plain(value: Content | Closing) -> dict[str, Any]:
    """Dataclasses as plain JSON values, tuples as lists."""

    def lists(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: lists(inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return [lists(inner) for inner in item]
        return item

    said: dict[str, Any] = lists(asdict(value))
    return said
