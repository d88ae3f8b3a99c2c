"""A paper through the house: rendered, sealed, issued in an act, exported as a pack, verified by the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from mrm import vault
from mrm.access import guard
from mrm.access.actors import robot
from mrm.access.models import Entry
from mrm.access.rules import GrantLevel, Role
from mrm.evidence.models import Evidence
from mrm.kernel.canonical import canonical, sha256
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from mrm.ledger import sealing, triggers
from mrm.ledger.signer import signer
from mrm.papers import export, queries, verbs, verify
from mrm.papers.content import Closing, EvidenceRecord
from mrm.papers.issue import make_paper
from mrm.papers.models import Paper, PaperVoid
from tests import make
from tests.house.watch import undone
from tests.mrm.evidence.conftest import recorder
from tests.mrm.papers import sample
from tests.mrm.papers.bank import unpack
from tests.mrm.papers.test_render import RECORD, small

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass
class Issued:
    """A bank with one sealed paper."""

    bank: make.Bank
    paper: Paper
    pdf: bytes
    content: bytes
    evidence: Evidence


@pytest.fixture(scope="module")
def paper_issued(django_db_setup: None, django_db_blocker: Any) -> Iterator[Issued]:
    """A paper rendered and sealed once for a file, in a transaction of the file's own."""
    with django_db_blocker.unblock(), undone(), pytest.MonkeyPatch.context() as patch:
        yield issue(recorder(patch))


@pytest.fixture
def issued(paper_issued: Issued, db: None) -> Issued:
    """The paper, its row read afresh."""
    return replace(paper_issued, paper=Paper.objects.get(pk=paper_issued.paper.pk))


def issue(record: Callable[..., Evidence]) -> Issued:
    """Evidence, a paper that cites it, and the act that issues it."""
    bank = make.bank()
    evidence = record(bank.entity.scope)
    digest = evidence.result_digest
    content = small(evidence=(EvidenceRecord(digest, "disc.auc"),)).to_json()
    text = canonical(content).replace(RECORD.encode(), digest.encode())
    sealing.seal()
    head = sealing.newest()
    assert head is not None
    sealed = make_paper(text, Closing(checkpoint=head.note), charts={}, source_date=sample.WHEN)
    paper = verbs.seal_paper(robot("worker"), scope=bank.entity.scope, about=bank.entity, sealed=sealed)
    return Issued(bank, paper, vault.get(paper.pdf_digest), text, evidence)


def run(target: Path, *options: str) -> tuple[int, str]:
    """Exit code and words of `manage.py verify`."""
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify", str(target), *options, stdout=out)
    return int(left.value.code or 0), out.getvalue()


def test_the_paper_is_kept_under_its_reference(issued: Issued) -> None:
    paper = Paper.objects.about(issued.bank.entity).standing().get()
    assert paper == issued.paper
    assert paper.reference == "R-7K2QD"
    assert paper.pdf_digest == sha256(issued.pdf)
    assert paper.content_digest == sha256(issued.content)
    entry = Entry.objects.get(act="paper.seal")
    assert paper.pdf_digest in bytes(entry.leaf.bytes).decode()


def test_pack_and_paper_are_proved_and_one_byte_is_not(issued: Issued, tmp_path: Path) -> None:
    reader = issued.bank.person("auditor", Role.AUDITOR, level=GrantLevel.READ)
    exported = verbs.export_pack(reader, paper=issued.paper)
    data = export.archive(exported)
    files = unpack(data)
    assert sha256(files["manifest.json"]) == exported.manifest_digest
    pack, paper, trust = tmp_path / "pack.zip", tmp_path / "paper.pdf", tmp_path / "bank.pub"
    pack.write_bytes(data)
    paper.write_bytes(issued.pdf)
    trust.write_text(str(signer().vkey()))
    for target in (pack, paper):
        for options in ((), ("--trust", str(trust))):
            code, said = run(target, *options)
            assert code == 0, said
            assert "the seal holds" in said
    assert verify.main([str(pack), "--trust", str(trust), "--paper", str(paper)]) == 0

    for target, whole in ((pack, data), (paper, issued.pdf)):
        for at in (len(whole) // 3, len(whole) - 200):
            bad = bytearray(whole)
            bad[at] ^= 4
            target.write_bytes(bytes(bad))
            code, said = run(target)
            assert code == 1, said
            assert "TAMPERED" in said


def test_a_forged_row_and_entry_do_not_prove_another_paper(issued: Issued, tmp_path: Path) -> None:
    """Somebody who owns the database puts another sealed PDF in the place of the first."""
    other = make_paper(issued.content, Closing(), charts={}, source_date=sample.WHEN)
    sealing.seal()
    triggers.drop_all(connection)
    leaf = Entry.objects.get(act="paper.seal").leaf
    forged = bytes(leaf.bytes).replace(issued.paper.pdf_digest.encode(), other.pdf_digest.encode())
    token = guard.opened()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_leaf SET bytes = %s WHERE id = %s", [forged, leaf.pk])
        cursor.execute("UPDATE papers_paper SET pdf_digest = %s", [other.pdf_digest])
    guard.closed(token)
    file = tmp_path / "paper.pdf"
    file.write_bytes(vault.get(other.pdf_digest))
    code, said = run(file)
    assert code == 1
    assert "not in the signed ledger" in said


def test_an_unsealed_or_unknown_pdf_cannot_be_told(issued: Issued, tmp_path: Path) -> None:
    file = tmp_path / "stray.pdf"
    file.write_bytes(b"%PDF-1.7\nnothing of ours")
    code, said = run(file)
    assert code == 2
    assert "no paper with these bytes" in said


def test_only_the_worker_seals_and_only_readers_export(issued: Issued) -> None:
    owner = issued.bank.person("owner", Role.MODEL_OWNER)
    stranger = issued.bank.person("stranger", Role.AUDITOR, level=None)
    sealed = make_paper(issued.content, Closing(), charts={}, source_date=sample.WHEN)
    with pytest.raises(Denied):
        verbs.seal_paper(owner, scope=issued.bank.entity.scope, about=issued.bank.entity, sealed=sealed)
    with pytest.raises(Denied):
        verbs.export_pack(owner, paper=issued.paper)
    with pytest.raises(NotFound):
        verbs.export_pack(stranger, paper=issued.paper)
    assert not list(Paper.objects.visible_to(stranger))


def test_a_paper_is_void_once_and_says_so(issued: Issued, tmp_path: Path) -> None:
    officer = issued.bank.person("officer", Role.RISK_OFFICER)
    with pytest.raises(BadInput):
        verbs.void_paper(officer, paper=issued.paper, reason=" ")
    verbs.void_paper(officer, paper=issued.paper, reason="Wrong annex.")
    assert PaperVoid.objects.get().reason == "Wrong annex."
    assert not Paper.objects.standing().exists()
    with pytest.raises(RuleRefused):
        verbs.void_paper(officer, paper=issued.paper, reason="Again.")
    file = tmp_path / "paper.pdf"
    file.write_bytes(issued.pdf)
    sealing.seal()
    code, said = run(file)
    assert code == 0
    assert "declared void: Wrong annex." in said


def test_a_paper_leads_to_the_evidence_it_cites(issued: Issued, tmp_path: Path) -> None:
    file = tmp_path / "R.pdf"
    file.write_bytes(issued.pdf)
    assert queries.evidence_of(issued.paper.reference) == [issued.evidence]
    assert queries.evidence_of(str(file)) == [issued.evidence]
    assert queries.evidence_of("R-00000") is None
    reader = issued.bank.person("reader", Role.AUDITOR, level=GrantLevel.READ)
    assert queries.pdf_of(queries.by_reference(reader, issued.paper.reference)) == issued.pdf
    assert list(queries.visible(reader)) == [issued.paper]
    stranger = issued.bank.person("nobody", Role.AUDITOR, level=None)
    with pytest.raises(NotFound):
        queries.by_reference(stranger, issued.paper.reference)


def test_papers_never_change(issued: Issued) -> None:
    with pytest.raises(guard.GuardViolation):
        Paper.objects.update(title="another")
    token = guard.opened()
    try:
        with pytest.raises(DatabaseError), transaction.atomic():
            Paper.objects.update(title="another")
    finally:
        guard.closed(token)
