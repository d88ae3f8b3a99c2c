"""`manage.py verify` and `checkpoint`, as a person types them: what they print, and exactly how they exit."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mrm.kernel import notes
from mrm.ledger import sealing
from mrm.ledger.report import Reader, Report, verify_target
from mrm.ledger.signer import vkey
from tests.mrm.ledger.conftest import Attacker, write

ROOT = Path(__file__).resolve().parents[3]
OTHER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def run(*arguments: object, **options: object) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify", *map(str, arguments), stdout=out, **options)
    assert isinstance(left.value.code, int)
    return left.value.code, out.getvalue()


def refused(*arguments: object) -> CommandError:
    with pytest.raises(CommandError) as error:
        call_command("verify", *map(str, arguments))
    return error.value


@pytest.mark.django_db
def test_the_ledger_is_proved_with_our_own_key_and_with_a_trusted_one(history: int, tmp_path: Path) -> None:
    code, text = run("--ledger")
    assert code == 0
    assert "trusting this installation's own key" in text
    assert text.endswith("ledger: proved\n")
    trust = tmp_path / "demo.pub"
    trust.write_text(f"# the bank's log\n\n{vkey()}\n")
    code, text = run("--ledger", "--trust", trust)
    assert code == 0
    assert "own key" not in text


@pytest.mark.django_db
def test_tampering_is_printed_with_its_place(attacker: Attacker) -> None:
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    code, text = run("--ledger")
    assert code == 1
    assert "TAMPERED  entry 7: differs from the stored tree" in text
    assert "append-only trigger missing: ledger_leaf: " in text
    assert text.endswith("ledger: tampered\n")


@pytest.mark.django_db
def test_a_held_checkpoint_is_compared(history: int, tmp_path: Path) -> None:
    held = tmp_path / "held.txt"
    out = StringIO()
    call_command("checkpoint", out=held, stdout=out)
    assert f"checkpoint of {history} entries" in out.getvalue()
    write(3)
    sealing.seal()
    assert run("--ledger", "--held", held)[0] == 0
    held.write_text(held.read_text().replace(str(history), str(history - 1), 1))
    assert run("--ledger", "--held", held)[0] == 2


@pytest.mark.django_db
def test_checkpoint_seals_and_prints_the_note_byte_for_byte(history: int) -> None:
    write()
    out = StringIO()
    call_command("checkpoint", stdout=out)
    newest = sealing.newest()
    assert newest is not None
    assert out.getvalue() == newest.note
    assert notes.read_checkpoint(newest.note)[0].size == history + 1


@pytest.mark.django_db
def test_a_checkpoint_that_cannot_be_written_says_so(history: int, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("checkpoint", out=tmp_path / "no" / "folder")


@pytest.mark.django_db
def test_usage_and_unreadable_files_are_doubt(history: int, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("neither")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for arguments in (
        (),
        (tmp_path / "text", "--ledger"),
        (tmp_path / "absent",),
        (tmp_path / "text",),
        ("--ledger", "--trust", tmp_path / "absent"),
        ("--ledger", "--trust", tmp_path / "bytes"),
        ("--ledger", "--trust", tmp_path / "text"),
        ("--ledger", "--held", tmp_path / "absent"),
    ):
        assert refused(*arguments).returncode == 2


@pytest.mark.django_db
def test_the_wrong_key_is_doubt(history: int, tmp_path: Path) -> None:
    trust = tmp_path / "other.pub"
    trust.write_text(OTHER_KEY)
    code, text = run("--ledger", "--trust", trust)
    assert code == 2
    assert "of another log (PeterNeumann)" in text


@pytest.mark.django_db
def test_packs_and_pdfs_go_to_the_room_that_knows_them(
    history: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Path | None, Reader]] = []

    def knows(kind: str) -> Callable[[Path | None, Reader], Report]:
        def verify(path: Path | None, reader: Reader) -> Report:
            asked.append((kind, path, reader))
            return Report(kind)

        return verify

    for kind in ("pdf", "pack"):
        monkeypatch.setitem(verify_target._providers, kind, knows(kind))
    paper, pack, folder = tmp_path / "report", tmp_path / "evidence.zip", tmp_path / "unpacked"
    paper.write_bytes(b"%PDF-1.7\n")
    pack.write_bytes(b"PK\x03\x04")
    folder.mkdir()
    for target in (paper, pack, folder):
        assert run(target)[0] == 0
    assert [(kind, path) for kind, path, _ in asked] == [("pdf", paper), ("pack", pack), ("pack", folder)]
    assert all(reader.own and reader.keys == (vkey(),) for _, _, reader in asked)


# the process as a whole


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation of its own, migrated and sealed."""
    folder = tmp_path_factory.mktemp("home")
    assert manage(folder, "migrate", "--verbosity", "0").returncode == 0
    assert manage(folder, "checkpoint", "--out", str(folder / "held.txt")).returncode == 0
    return folder


def manage(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MRM_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | {"MRM_HOME": str(home), "MRM_LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_exit_codes_of_the_process(home: Path, tmp_path: Path) -> None:
    done = manage(home, "verify", "--ledger", "--held", str(home / "held.txt"))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ledger: proved"), done.stdout + done.stderr
    assert manage(home, "verify").returncode == 2
    assert manage(home, "verify", "--bogus").returncode == 2
    assert manage(tmp_path / "empty", "verify", "--ledger").returncode == 2


@pytest.mark.slow
def test_a_flipped_byte_in_the_file_is_tampering(home: Path) -> None:
    with sqlite3.connect(home / "countersign.sqlite3") as database:
        database.execute("DROP TRIGGER ledger_leaf_append_only_update")
        database.execute(
            "UPDATE ledger_leaf SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"v\":1', '\"v\":2') AS BLOB)"
            " WHERE id = (SELECT min(id) FROM ledger_leaf)"
        )
    done = manage(home, "verify", "--ledger")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "TAMPERED  entry 0: its bytes do not give its hash" in done.stdout
