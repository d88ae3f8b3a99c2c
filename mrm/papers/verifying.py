"""`manage.py verify` for packs and papers: the standard-library checks, and what needs libraries on top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mrm import vault
from mrm.access.models import Touch
from mrm.kernel import merkle, notes
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import CountersignError
from mrm.ledger import proofs
from mrm.ledger.models import Checkpoint, Leaf
from mrm.ledger.report import Reader, Report
from mrm.ledger.signer import signer
from mrm.papers import issue, verify
from mrm.papers.check import check_pdf
from mrm.papers.models import Paper


def verify_pack(path: Path | None, reader: Reader) -> Report:
    """The checks of `verify.py`, then the seal and the attachment of every paper inside."""
    if path is None:
        raise ValueError("a pack lies in a file")
    report = Report("pack")
    _own(report, reader)
    check = verify.Check()
    try:
        check.keys = [verify.Key(str(key)) for key in reader.keys]
        check.held = verify.Checkpoint(reader.held.rstrip() + "\n") if reader.held else None
        check.files = verify.read_pack(path)
    except verify.Tampered as found:
        report.problem(*found.said)
        return report
    except (verify.CannotTell, ValueError, OSError) as found:
        report.doubt(str(found))
        return report
    check.run()
    for place, why in check.problems:
        report.problem(place, why)
    for place, why in check.doubts:
        report.doubt(f"{place}: {why}")
    for text in check.proved:
        report.remark(text)
    for name, data in sorted(check.files.items()):
        if name.startswith("papers/") and name.endswith(".pdf"):
            beside = check.files.get(name.removesuffix(".pdf") + ".json")
            _inside(report, name, data, sha256(beside) if beside is not None else None)
    return report


def verify_pdf(path: Path | None, reader: Reader) -> Report:
    """A sealed PDF against its seal and this installation's ledger."""
    if path is None:
        raise ValueError("a paper lies in a file")
    report = Report("paper")
    _own(report, reader)
    pdf = path.read_bytes()
    paper = Paper.objects.filter(pdf_digest=sha256(pdf)).select_related("void").first()
    if paper is None:
        report.doubt("no paper with these bytes is known here; give the evidence pack it came with")
        _inside(report, path.name, pdf, None)
        return report
    facts = _proved_facts(report, reader, paper)
    if facts is None:
        return report
    if facts.get("paper") != sha256(pdf):
        report.problem(path.name, "the ledger's entry names other bytes")
    _inside(report, path.name, pdf, str(facts.get("content")))
    report.remark(f"{paper.reference} {paper.title}, sealed {paper.sealed_at:%Y-%m-%d %H:%M} UTC")
    if hasattr(paper, "void"):
        report.remark(f"this paper was declared void: {paper.void.reason}")
    return report


def verify_own(paper: Paper) -> Report:
    """A paper of this installation by its own key, from the vault: what its page shows."""
    report = Report(paper.reference)
    reader = Reader((signer(make=False).vkey(),), own=True)
    _own(report, reader)
    try:
        pdf = vault.get(paper.pdf_digest)
    except CountersignError as error:
        report.problem(paper.file_name, error.detail)
        return report
    facts = _proved_facts(report, reader, paper)
    if facts is not None:
        if facts.get("paper") != paper.pdf_digest:
            report.problem(paper.file_name, "the ledger's entry names other bytes")
        _inside(report, paper.file_name, pdf, str(facts.get("content")))
    return report


def _own(report: Report, reader: Reader) -> None:
    if reader.own:
        report.remark("trusting this installation's own key; use --trust with a key you got elsewhere")


def _inside(report: Report, name: str, pdf: bytes, content_digest: str | None) -> None:
    """Seal and attachment, as far as a certificate is known here."""
    certificate = issue.known_certificate()
    if certificate is None:
        report.remark(f"{name}: no seal certificate is known here, so its PAdES seal was not judged")
        return
    found = check_pdf(pdf, certificate=certificate, content_digest=content_digest)
    for place, why in found.problems:
        report.problem(f"{name}, {place}", why)
    for why in found.doubts:
        (report.remark if found.seal.foreign else report.doubt)(f"{name}: {why}")
    if found.seal.holds:
        report.remark(f"{name}: {found.seal.why}, {found.seal.signer}, {found.seal.at}")


def _proved_facts(report: Report, reader: Reader, paper: Paper) -> dict[str, Any] | None:
    """The facts of the entry that sealed the paper, proved under the newest checkpoint; None and why not."""
    touch = Touch.objects.filter(row_type="papers.paper", row_id=str(paper.pk)).order_by("id").first()
    head = Checkpoint.objects.order_by("-id").first()
    if touch is None or head is None:
        report.problem(paper.reference, "no entry of the ledger sealed this paper")
        return None
    leaf = Leaf.objects.select_related("sequence").get(entry=touch.entry_id)
    place = getattr(leaf, "sequence", None)
    if place is None or place.index >= head.size:
        report.doubt("the entry of this paper is not under a checkpoint yet; try again in a second")
        return None
    try:
        said, note = notes.read_checkpoint(head.note)
    except notes.NoteError as error:
        report.problem("checkpoint", str(error))
        return None
    if not reader.keys:
        report.doubt("no key is trusted: the ledger may be consistent, its signer is unknown")
    elif note.signer(reader.keys) is None:
        report.problem("checkpoint", "it is not signed by the key you trust")
    path = proofs.inclusion(place.index, said.size)
    hashed = merkle.leaf_hash(bytes(leaf.bytes))
    if not merkle.verify_inclusion(hashed, place.index, said.size, path, said.root):
        report.problem(f"entry {place.index}", "it is not in the signed ledger")
        return None
    facts: dict[str, Any] = json.loads(bytes(leaf.bytes)).get("facts") or {}
    report.remark(f"entry {place.index} of {said.size}: proved in the signed ledger")
    return facts
