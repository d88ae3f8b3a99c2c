"""Rules of the text: files that fit in the head, writes in acts alone, templates that are used and inert."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from tests.house.source import ROOT, ROOTS, files, functions, templates, text, tree

LONGEST = 400
# Files that are longer, and why they are one file.
LONG = {
    "mrm/papers/verify.py": "travels in every pack: one file that needs the standard library alone",
}
WRITING = {
    "create", "update", "delete", "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "add", "set",
    "remove", "clear",
}  # fmt: skip
# Where records are written other than by `act.save` and `act.delete`.
FRAME = {
    ("mrm/access/acts.py", "_finish"): "the frame writes entry, revisions and touches of the act itself",
    ("mrm/access/denials.py", "_entry"): "a denied act has no frame: its entry is written after the rollback",
    ("mrm/access/security_events.py", "_enter"): "events of third-party sign-in enter the ledger here alone",
    ("mrm/access/verbs.py", "prepare"): "roles are rows of Django; the act notes them",
}


@pytest.mark.parametrize("path", files(), ids=str)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert lines_of_code(path) <= LONGEST or str(path) in LONG


def test_long_files_are_still_long() -> None:
    assert [name for name in LONG if lines_of_code(Path(name)) <= LONGEST] == []


def lines_of_code(path: Path) -> int:
    """Lines that hold more than comments, blanks and the text of a docstring."""
    said = set()
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            said |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    skip = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type not in skip:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - said)


def test_records_are_written_by_the_frame_alone() -> None:
    records = {
        model.__name__
        for model in apps.get_models()
        if getattr(model, "record_kind", "") in {"governed", "append_only"}
        or model._meta.label == "auth.Group"
    }
    found = {
        (str(path), function.name)
        for path in files()
        if not str(path).startswith(
            "mrm/ledger/"
        )  # leaves, sequence and checkpoints are written there, by design
        for function in functions(path)
        for name in written(function)
        if name in records
    }
    assert found == set(FRAME), "write with act.save or act.delete"


def written(function: ast.AST) -> Iterator[str]:
    """The names at whose end something is written: `Model` in `Model.objects.filter(…).update(…)`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
            chain: ast.AST = node.func.value
            while isinstance(chain, ast.Attribute | ast.Call):
                chain = chain.value if isinstance(chain, ast.Attribute) else chain.func
            if isinstance(chain, ast.Name):
                yield chain.id


@pytest.mark.parametrize("path", templates(), ids=str)
def test_a_template_carries_no_style_script_or_foreign_address(path: Path) -> None:
    page = text(path)
    assert not re.findall(r"<style|\sstyle\s*=|javascript:|\son[a-z]+\s*=", page, re.IGNORECASE)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page, re.IGNORECASE), "scripts are files"
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", page), "all assets are local"


def test_every_template_is_used() -> None:
    everything = "\n".join([*(text(path) for path in files()), *(text(path) for path in templates())])
    assert [str(path) for path in templates() if not any(name in everything for name in names(path))] == []


def names(template: Path) -> list[str]:
    """How a template may be called; papers have a folder of their own, and blocks named by their kind."""
    path = template.relative_to("templates")
    if path.parts[0] != "papers":
        return [f'"{path}"']
    return [f'"{path.relative_to("papers")}"', f'"{path.stem}"']


def test_no_path_of_a_machine_is_written_down() -> None:
    machine = re.compile(r"(?<![\w.<])/(?:work|root|home)/\w")
    places = [path for root in (*ROOTS, "tests", "templates") for path in (ROOT / root).rglob("*")]
    places += [path for path in ROOT.iterdir() if path.name not in {"uv.lock", ".git"}]
    read = {".py", ".html", ".toml", ".md", ".css", ".js", ".json", ".txt", ".cfg", ".yaml", ".yml", ""}
    found = [
        str(path.relative_to(ROOT))
        for path in places
        if path.is_file()
        and path.suffix in read
        and machine.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []
