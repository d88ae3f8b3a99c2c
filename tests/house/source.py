"""The house as text: its files, each read and parsed once."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOTS = ("mrm", "registry", "validation")


@cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def contracts() -> dict[str, dict[str, Any]]:
    """The import contracts by id."""
    return {item["id"]: item for item in project()["tool"]["importlinter"]["contracts"]}


def rooms() -> list[str]:
    """Every room on the floors, from the roof down."""
    names = []
    for floor in contracts()["floors"]["layers"]:
        names += [name.strip() for name in floor.split("|")]
    optional = [name for name in names if name.startswith("(")]  # on the plan, not built yet
    return [name.strip("()") for name in names if name not in optional or built(name.strip("()"))]


def built(room: str) -> bool:
    """Whether the folder of a room is there."""
    return (ROOT / room.replace(".", "/") / "__init__.py").exists()


@cache
def files() -> tuple[Path, ...]:
    """Every Python file of the rooms but migrations, relative to the project."""
    found = (path for root in ROOTS for path in (ROOT / root).rglob("*.py"))
    return tuple(sorted(path.relative_to(ROOT) for path in found if "migrations" not in path.parts))


@cache
def text(path: Path) -> str:
    """What a file says."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(text(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(node: ast.AST) -> list[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


@cache
def templates() -> tuple[Path, ...]:
    """Every template, relative to the project."""
    return tuple(sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html")))
