"""Rooms and floors: what the import linter cannot see by itself."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import ROOT, ROOTS, contracts, files, functions, imported, rooms

# Where an import of an own room stands inside a function, and why it cannot stand at the top.
LATE: dict[tuple[str, str], str] = {
    ("mrm/access/rows.py", "granted_scopes"): "models are made of rows: rows cannot import models",
    ("mrm/access/rows.py", "visible_to"): "models are made of rows: rows cannot import models",
    ("mrm/evidence/child.py", "main"): "a process of its own: models exist after django.setup()",
    ("mrm/jobs/child.py", "main"): "a process of its own: models exist after django.setup()",
    ("registry/training/child.py", "main"): "a process of its own: models exist after django.setup()",
    ("registry/training/fitting.py", "predicted"): "numpy and pandas come with it: only where a run is made",
    ("mrm/web/templatetags/kit.py", "chart"): "pages without charts do not load their specs",
}
# This room brings pandas and scipy with it: who runs tests imports it in the child of a job, not in the web process.
HEAVY_ROOM = "validation.battery"
# Each of these libraries is used by one room alone.
ONLY_IN = {
    "guardian": ("mrm.access", {"guardian"}),
    "paper": ("mrm.papers", {"weasyprint", "pyhanko", "pyhanko_certvalidator", "pikepdf"}),
    "drawing": ("mrm.web", {"vl_convert"}),
    "explanation": ("validation.battery", {"shap", "lime", "fairlearn"}),
}


def test_every_folder_is_a_room_and_every_room_a_folder() -> None:
    folders = {f"{root}.{path.parent.name}" for root in ROOTS for path in (ROOT / root).glob("*/__init__.py")}
    assert folders == set(rooms())


def test_no_room_stands_on_two_floors() -> None:
    assert len(rooms()) == len(set(rooms()))


@pytest.mark.parametrize("root", ROOTS)
def test_the_roots_are_empty(root: str) -> None:
    assert (ROOT / root / "__init__.py").read_text() == ""
    assert [path.name for path in (ROOT / root).glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("contract", ONLY_IN)
def test_a_library_of_one_room_is_forbidden_in_all_others(contract: str) -> None:
    home, libraries = ONLY_IN[contract]
    said = contracts()[contract]
    covered = {
        room
        for room in rooms()
        for name in said["source_modules"]
        if room == name or room.startswith(f"{name}.")
    }
    assert covered == set(rooms()) - {home}
    assert set(said["forbidden_modules"]) == libraries


def test_own_rooms_are_imported_at_the_top() -> None:
    late = {
        (str(path), function.name)
        for path in files()
        if path.name != "apps.py"  # ready() is the one place where rooms are wired after all models exist
        for function in functions(path)
        for node in ast.walk(function)
        if any(module.partition(".")[0] in ROOTS and not heavy(module, node) for module in imported(node))
    }
    assert late == set(LATE), "import at the top, or say why that is not possible"


def heavy(module: str, node: ast.AST) -> bool:
    """Whether an import is of the room that is heavy as a whole."""
    named = (
        [f"{module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else [module]
    )
    return all(f"{name}.".startswith(f"{HEAVY_ROOM}.") for name in named)
