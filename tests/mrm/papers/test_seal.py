"""The seal holds, and breaks at the first change."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest

from mrm.kernel.canonical import canonical, sha256
from mrm.kernel.errors import Unavailable
from mrm.papers.check import check_pdf
from mrm.papers.content import Closing
from mrm.papers.report import render_report
from mrm.papers.seal import CERTIFICATE_FILE, KEY_FILE, KeyFile, check_seal, seal
from tests.mrm.papers import sample
from tests.mrm.papers.test_render import small


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    return KeyFile(tmp_path_factory.mktemp("keys"), "Beispielbank Süd AG")


@pytest.fixture(scope="module")
def plain() -> bytes:
    content = canonical(small().to_json())
    return render_report(content, Closing(), charts={}, source_date=sample.WHEN).pdf


@pytest.fixture(scope="module")
def sealed(signer: KeyFile, plain: bytes) -> bytes:
    return seal(plain, signer, reason="Sealed by the bank; approvals are recorded in the ledger")


def test_the_seal_holds(sealed: bytes, signer: KeyFile) -> None:
    state = check_seal(sealed, signer.certificate())
    assert state.holds, state.why
    assert "Beispielbank" in state.signer
    assert len(state.fingerprint) == 64


def test_the_key_is_made_once_and_for_its_owner_only(signer: KeyFile) -> None:
    first = signer.certificate()
    assert KeyFile(signer.folder, "another name").certificate() == first
    for name in (KEY_FILE, CERTIFICATE_FILE):
        assert stat.S_IMODE((signer.folder / name).stat().st_mode) == 0o400


def test_any_flipped_byte_breaks_the_seal(sealed: bytes, signer: KeyFile) -> None:
    random.seed(4)
    gap = sealed.index(b"/Contents <") + len(b"/Contents ")
    inside = [gap, gap + 1, gap + 2000, gap + 12000]
    for at in [*random.sample(range(len(sealed)), 40), *inside]:
        bad = bytearray(sealed)
        bad[at] ^= 1 << random.randrange(8)
        state = check_seal(bytes(bad), signer.certificate())
        assert state.sealed, "a broken seal is tampering, not the absence of a seal"
        assert not state.holds, at


def test_nothing_hides_behind_the_signature(sealed: bytes, signer: KeyFile) -> None:
    end = sealed.index(b">", sealed.index(b"/Contents <"))
    bad = sealed[: end - 4] + b"4142" + sealed[end:]
    assert "hidden" in check_seal(bad, signer.certificate()).why
    start = sealed.index(b"/Contents <") + len(b"/Contents <")
    lower = sealed[:start] + sealed[start : start + 40].lower() + sealed[start + 40 :]
    assert not check_seal(lower, signer.certificate()).holds


def test_something_added_after_the_seal_is_noticed(sealed: bytes, signer: KeyFile) -> None:
    assert check_seal(sealed + b"\n% more", signer.certificate()).why == "something was added after the seal"


def test_another_key_is_not_believed(sealed: bytes, plain: bytes, signer: KeyFile, tmp_path: Path) -> None:
    other = KeyFile(tmp_path, "Beispielbank Süd AG")
    forged = seal(plain, other, reason="forged")
    assert check_seal(forged, other.certificate()).holds
    assert "another key" in check_seal(forged, signer.certificate()).why


def test_a_paper_is_sealed_once(sealed: bytes, signer: KeyFile) -> None:
    with pytest.raises(Unavailable) as refused:
        seal(sealed, signer, reason="again")
    assert refused.value.code == "seal_failed"


def test_a_pdf_is_checked_inside(sealed: bytes, plain: bytes, signer: KeyFile) -> None:
    content = sha256(canonical(small().to_json()))
    certificate = signer.certificate()
    good = check_pdf(sealed, certificate=certificate, pdf_digest=sha256(sealed), content_digest=content)
    assert good.good, good
    other = check_pdf(sealed, certificate=certificate, content_digest="00" * 32)
    assert other.problems[0][0] == "content.json"
    changed = check_pdf(sealed, certificate=certificate, pdf_digest="00" * 32)
    assert changed.problems == (("the file", "its digest is not the one in the ledger"),)
    assert check_pdf(plain, certificate=certificate).doubts == ("seal: the file carries no seal",)
    stray = check_pdf(b"hello", certificate=certificate)
    assert not stray.good
    assert not stray.problems
