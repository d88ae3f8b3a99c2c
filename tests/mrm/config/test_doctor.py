"""`doctor` says ok, or the mend, and its exit code says which."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection

from mrm.config import doctor, machine

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def look(part: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine() if finding.part == part)


def test_every_part_is_looked_at() -> None:
    parts = [finding.part for finding in doctor.examine()]
    assert parts == ["libraries", "database", "triggers", "broker", "queries", "signer", "clock", "disk"]


def test_what_is_well_says_so() -> None:
    for part in ("database", "triggers", "queries", "clock"):
        finding = look(part)
        assert not finding.mend, finding


def test_a_missing_library_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    need = machine.Need("libnever.so.0", "libnever0", "nothing")
    monkeypatch.setattr(machine, "LIBRARIES", (need,))
    assert look("libraries").mend == "apt-get install -y --no-install-recommends libnever0"


def test_a_full_disk_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10, used=9, free=1))
    assert look("disk").mend
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    assert "disk       broken" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_dropped_trigger_is_found() -> None:
    from mrm.ledger import triggers
    from mrm.ledger.models import Leaf

    triggers.drop(Leaf._meta.db_table, connection)
    try:
        assert "ledger_leaf" in look("triggers").seen
        assert look("triggers").mend
    finally:
        triggers.install(Leaf._meta.db_table, connection)


def test_a_dead_broker_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = doctor.app.connection_for_write("redis://127.0.0.1:1/0")
    monkeypatch.setattr(doctor.app, "connection_for_write", lambda: dead)
    assert look("broker").mend
