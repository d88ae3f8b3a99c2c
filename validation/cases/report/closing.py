"""What is known only after the last signature: approvals, recusals, the seal, the checkpoint."""

from __future__ import annotations

from datetime import datetime

from mrm.access.models import Entry
from mrm.access.models import Signature as Signed
from mrm.access.rows import row_type
from mrm.access.rules import Meaning
from mrm.ledger import sealing
from mrm.papers.content import Block, Closing, Paragraph, Row, Section, Signature, Signatures, Table
from validation.cases.models import FrozenContent, Validation
from validation.cases.report import words
from validation.cases.rules import Decision

ORDER = (Meaning.OPINION, Meaning.APPROVAL, Meaning.REJECTION)


def closing_of(validation: Validation, frozen: FrozenContent, zone: str) -> Closing:
    """The signatures on a content with the checkpoint that holds the last of them."""
    signed = signatures_on(frozen)
    entries = {row.object_id: row for row in _entries(frozen)}
    last = Entry.objects.select_related("leaf").filter(pk__in=[row.pk for row in entries.values()])
    receipts = [sealing.receipt(row.leaf) for row in last.order_by("id")]
    checkpoint = max(receipts, key=lambda item: int(item["size"]))["checkpoint"] if receipts else ""
    when = words.moment(signed[-1].signed_at, zone) if signed else "nobody signed"
    return Closing(
        approvals=_approvals(validation, frozen, signed, zone),
        control=(
            ("Signed content", f"`sha256 {frozen.digest}`"),
            ("Last signature", when),
            ("Seal", "Sealed once by the bank (PAdES); approvals are recorded in its ledger"),
        ),
        checkpoint=checkpoint,
        checkpoint_note="Compare with the checkpoint you hold; annex H says how to verify.",
    )


def closing_of_draft(printed: datetime, zone: str, asked_by: str) -> Closing:
    """In place of signatures: that there are none."""
    return Closing(
        approvals=Section(
            "16",
            "Approvals",
            (Paragraph("Nobody has signed: this is a draft, printed so that it can be read and discussed."),),
            conclusion="The opinion is signed, and approvals are given, on the frozen content alone.",
            rating=None,
        ),
        control=(
            ("Standing", "Draft, unsigned and unsealed; its words may change"),
            ("Printed", f"{words.moment(printed, zone)}, asked for by {asked_by}"),
        ),
    )


def signatures_on(frozen: FrozenContent) -> list[Signed]:
    """The signatures on a content, in the order in which they were given."""
    rows = Signed.objects.filter(object_type=row_type(FrozenContent), object_id=str(frozen.pk))
    return list(rows.select_related("person").order_by("signed_at"))


def _entries(frozen: FrozenContent) -> list[Entry]:
    found = Entry.objects.filter(
        touches__row_type=row_type(Signed),
        touches__row_id__in=[str(row.pk) for row in signatures_on(frozen)],
    )
    return list(found.distinct())


def _approvals(validation: Validation, frozen: FrozenContent, signed: list[Signed], zone: str) -> Section:
    items = tuple(
        Signature(
            name=row.person.name,
            capacity=words.role(row.capacity),
            meaning=_meaning(row),
            at=words.moment(row.signed_at, zone),
            how=" and ".join(row.factors),
            content_digest=row.digest,
            entry=_entry_of(row),
        )
        for row in signed
    )
    blocks: list[Block] = [
        Paragraph(
            f"Each person below read the frozen content and signed its digest, `sha256 {frozen.digest}`, not this print. "
            "The bank sealed the paper afterwards; signatures live in the ledger."
        ),
        Signatures(items),
    ]
    recused = validation.approvals.filter(content=frozen, decision=Decision.RECUSE).select_related("person")
    if recused:
        rows = tuple(Row((row.person.name, words.role(row.capacity), row.reason)) for row in recused)
        blocks.append(Table("Recusals.", ("Person", "Capacity", "Reason"), rows))
    given = words.listed(dict.fromkeys(words.role(row.capacity) for row in signed))
    return Section(
        "16",
        "Approvals",
        tuple(blocks),
        conclusion=f"The validation is {validation.get_state_display()}. Signed by: {given}. By the history of this version, "
        "nobody approved what they owned, built or validated, and nobody decided twice.",
        rating=None,
    )


def _meaning(row: Signed) -> str:
    said = words.sentence(str(Meaning(row.meaning).label))
    return f"{said} {row.reason}".strip()


def _entry_of(row: Signed) -> str:
    found = Entry.objects.filter(touches__row_type=row_type(Signed), touches__row_id=str(row.pk)).first()
    return f"leaf {found.leaf.hash[:16]}…" if found else "not sealed yet"
