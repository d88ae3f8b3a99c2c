"""The set-up on machines that lack something: it installs where it may, else names the one command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mrm.config import machine
from mrm.config.machine import Need

ABSENT = (
    Need("libnever.so.0", "libnever0", "papers"),
    Need("never-a-program", "never", "browser tests"),
)


def test_what_is_there_is_found_and_what_is_not_is_not(tmp_path: Path) -> None:
    assert machine.missing((Need("libc.so.6", "libc6", "everything"), Need("sh", "dash", "everything"))) == []
    assert machine.missing(ABSENT) == list(ABSENT)
    program = tmp_path / "15" / "bin" / "kept-elsewhere"
    program.parent.mkdir(parents=True)
    program.touch()
    place = str(tmp_path / "*" / "bin" / "kept-elsewhere").lstrip("/")
    assert Need("kept-elsewhere", "x", "y", (place,)).found == str(program)


def test_without_the_right_to_install_the_one_command_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not machine.install(list(ABSENT))
    said = capsys.readouterr().out
    assert "sudo apt-get install -y --no-install-recommends libnever0 never" in said
    assert "papers" in said


def test_as_root_it_installs_and_looks_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        machine.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    monkeypatch.setattr(machine.subprocess, "run", run)
    assert not machine.install(list(ABSENT)), "what is still missing is not called installed"
    assert [command[1] for command in ran] == ["update", "install"]
    assert "still missing" in capsys.readouterr().out


def test_it_runs_with_any_python_alone() -> None:
    """Isolated, without site packages: a fresh machine has nothing else."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({machine.__file__!r})"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_set_up_that_is_done_does_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    calls: list[object] = []
    monkeypatch.setattr(machine, "VENV", venv)
    monkeypatch.setattr(machine, "synchronise", calls.append)
    machine.environment()
    machine.environment()
    assert calls == [venv / "bin" / "python"]
