"""The sealed report, end to end: what is attached is what was signed, and pack and page say so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mrm.kernel.canonical import canonical, sha256
from mrm.ledger import sealing
from mrm.ledger.signer import vkey
from mrm.papers import export, queries, verify, verifying
from mrm.papers.check import attached
from mrm.papers.models import Paper
from mrm.papers.verbs import export_pack
from tests.validation.cases.making import content, make_bank, work
from tests.validation.cases.test_report import full


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_sealed_report_holds_what_was_signed_and_verifies_everywhere(tmp_path: Path) -> None:
    house = make_bank()
    validation = full(house)
    work()
    frozen = content(validation)
    paper = Paper.objects.get(content_digest=frozen.digest)
    pdf = queries.pdf_of(paper)
    signed = attached(pdf)
    assert signed is not None
    assert sha256(signed) == frozen.digest == sha256(canonical(json.loads(signed)))
    assert json.loads(signed)["meta"]["reference"] == paper.reference
    sealing.seal()
    report = verifying.verify_own(paper)
    assert report.code == 0, [*report.lines()]
    pack = export.archive(export_pack(house.officer, paper=paper))
    file, key = tmp_path / "pack.zip", tmp_path / "key.pub"
    file.write_bytes(pack)
    key.write_text(f"{vkey()}\n")
    verifier = Path(str(verify.__file__))

    def run(*given: object) -> int:
        command = [sys.executable, "-I", "-S", str(verifier), *map(str, given)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert run(file, "--trust", key) == 0
    assert run(file) == 2
    place = len(pack) // 2
    file.write_bytes(pack[:place] + bytes([pack[place] ^ 1]) + pack[place + 1 :])
    assert run(file, "--trust", key) == 1
