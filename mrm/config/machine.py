"""What the machine must have before Countersign runs: the environment, system libraries, test programs.

Run by `make` with any Python from 3.11, before anything is installed: the standard library alone, and no
import of the house. `doctor` reads the same lists.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PEERS = ROOT / ".peers"
LISTS = ROOT / "tests" / "peers"
TEST_PEERS = ("mlflow",)  # what tests talk to; the others are only measured beside


@dataclass(frozen=True)
class Need:
    """A shared library or program, what needs it, and the Debian package that brings it."""

    name: str
    package: str
    why: str
    places: tuple[str, ...] = ()

    @property
    def found(self) -> str:
        """Where it is, or an empty text."""
        if ".so" in self.name:
            return library(self.name)
        known = [
            shutil.which(self.name),
            *(str(path) for place in self.places for path in Path("/").glob(place)),
        ]
        return next((path for path in known if path), "")


LIBRARIES = (
    Need("libpango-1.0.so.0", "libpango-1.0-0", "papers are set with Pango"),
    Need("libpangoft2-1.0.so.0", "libpangoft2-1.0-0", "papers are set with Pango"),
    Need("libharfbuzz-subset.so.0", "libharfbuzz-subset0", "papers embed only the letters they use"),
    Need("libgomp.so.1", "libgomp1", "LightGBM counts with it"),
)
TEST_PROGRAMS = (
    Need("chromium", "chromium", "browser tests"),
    Need("postgres", "postgresql", "the service leg", ("usr/lib/postgresql/*/bin/postgres",)),
    Need("redis-server", "redis-server", "the service leg"),
    Need("pdftotext", "poppler-utils", "tests of papers"),
)


def library(name: str) -> str:
    """The name under which a shared library loads, or an empty text."""
    for candidate in (name, ctypes.util.find_library(name.removeprefix("lib").split(".so")[0])):
        if candidate:
            try:
                ctypes.CDLL(candidate)
            except OSError:
                continue
            return candidate
    return ""


def missing(needs: tuple[Need, ...]) -> list[Need]:
    """Those of `needs` that this machine does not have."""
    return [need for need in needs if not need.found]


def apt(packages: list[str]) -> str:
    """The one command that installs `packages` on Debian or Ubuntu."""
    return "apt-get install -y --no-install-recommends " + " ".join(packages)


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def install(needs: list[Need]) -> bool:
    """Install what is missing where we may; otherwise print the one command. True when all is there after."""
    if not needs:
        return True
    packages = sorted({need.package for need in needs})
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        wanted = "; ".join(f"{need.name} ({need.why})" for need in needs)
        say(f"missing on this machine: {wanted}\nrun once: sudo {apt(packages)}")
        return False
    say(f"installing {', '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update -qq", apt(packages) + " -qq"):
        done = subprocess.run(command.split(), env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"{command}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    left = missing(tuple(needs))
    if left:
        say(
            f"still missing: {', '.join(need.name for need in left)}\nrun: {apt([need.package for need in left])}"
        )
    return not left


def suitable_python() -> str:
    """This Python when it is one that the lock file knows, else the first such on the path."""
    if (3, 11) <= sys.version_info < (3, 14):
        return sys.executable
    for name in ("python3.13", "python3.12", "python3.11"):
        if found := shutil.which(name):
            return found
    raise SystemExit(
        "Countersign needs Python 3.11, 3.12 or 3.13: install one, or run make PYTHON=/path/to/it"
    )


def run(*command: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """A step of the set-up; its output is kept and shown only when it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | extra
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def make_venv(python: Path) -> None:
    """An environment with pip in `.venv`."""
    base = suitable_python()
    say("making .venv")
    done = run(base, "-m", "venv", VENV)
    if done.returncode and "ensurepip" in done.stdout + done.stderr:
        install([Need("python3-venv", "python3-venv", "environments")])
        done = run(base, "-m", "venv", "--clear", VENV)
    if done.returncode or not python.exists():
        raise SystemExit(f"python3 -m venv failed:\n{done.stdout}{done.stderr}")


def uv_settings() -> dict[str, str]:
    """How uv works here: with the Python that is there, patiently, with the certificates that pip is told of."""
    settings = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        "UV_HTTP_TIMEOUT": "180",
        "UV_NO_PROGRESS": "1",
        # every job is a process of its own: none of them compiles the libraries again, wherever Python may not write
        "UV_COMPILE_BYTECODE": "1",
    }
    if "PIP_CERT" in os.environ:
        settings["SSL_CERT_FILE"] = os.environ["PIP_CERT"]
    return settings


def synchronise(python: Path) -> None:
    """Exactly the locked packages, by uv; by pip with the same hashes where uv reaches no index."""
    say("installing the locked packages")
    if run(python, "-m", "uv", "--version").returncode:
        done = run(python, "-m", "pip", "install", "-q", "uv")
        if done.returncode:
            raise SystemExit(f"pip install uv failed:\n{done.stderr}")
    settings = uv_settings() | {"UV_PROJECT_ENVIRONMENT": str(VENV.resolve())}
    uv = (python, "-m", "uv")
    done = run(*uv, "sync", "--frozen", "--inexact", "--python", python, **settings)
    if done.returncode == 0:
        return
    exported = run(*uv, "export", "--frozen", "--no-header", "-o", VENV / "locked.txt", **settings)
    again = run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", VENV / "locked.txt")
    if exported.returncode or again.returncode:
        raise SystemExit(f"uv sync --frozen failed:\n{done.stderr}\npip failed:\n{again.stderr}")


def environment() -> None:
    """`.venv` as uv.lock says; nothing is done when it is so already."""
    python = VENV / "bin" / "python"
    stamp = VENV / "countersign.lock"
    wanted = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not python.exists():
        make_venv(python)
    synchronise(python)
    stamp.write_text(wanted)


def peer(name: str) -> bool:
    """An environment of its own for a client or a peer, as its list says; nothing is done when it is so already."""
    home = PEERS / name
    python, stamp = home / "bin" / "python", home / "countersign.list"
    wanted = hashlib.sha256((LISTS / f"{name}.txt").read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return True
    say(f"installing {name} into .peers/{name}")
    ours = VENV / "bin" / "python"
    if not python.exists():
        run(ours, "-m", "venv", home)
    done = run(
        *(ours, "-m", "uv", "pip", "install", "--python", python, "-r", LISTS / f"{name}.txt"),
        **uv_settings(),
    )
    if done.returncode:
        done = run(python, "-m", "pip", "install", "-q", "-r", LISTS / f"{name}.txt")
    if done.returncode:
        say(f"{name} could not be installed: {done.stderr.strip()[-500:]}")
        return False
    stamp.write_text(wanted)
    return True


def main(what: str) -> int:
    """`setup` makes the environment and the libraries; `tests` adds what only the tests need; `peers` all peers."""
    if what == "tests":
        install(missing(TEST_PROGRAMS))  # a leg whose program is missing says so itself
        for name in TEST_PEERS:
            peer(name)  # as does a test whose peer is missing
        return 0
    if what == "peers":
        made = [peer(path.stem) for path in sorted(LISTS.glob("*.txt"))]
        return 0 if all(made) else 1
    environment()
    return 0 if install(missing(LIBRARIES)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
