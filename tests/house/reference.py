"""The reference at the end of the README, made from the code: `python -m tests.house.reference --write` refreshes it."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable

from tests.house.source import ROOT, files, tree

MARK = "<!-- reference -->"
README = ROOT / "README.md"
REFRESH = "python -m tests.house.reference --write"
ABOUT_ACTS = (
    "Over the API at `POST /api/v1/acts/<act>`, at the shell with `manage.py act`; the same string is the permission and "
    "the ledger's `act`. Robots (importer, migrator, scheduler, worker) act by jobs and commands alone."
)


def markdown() -> str:
    """The whole section below the mark."""
    from mrm.access.acts import VERBS
    from mrm.access.openapi import summary
    from mrm.access.vocabulary import roles_for
    from mrm.config.environment import SETTINGS
    from mrm.jobs.handlers import handlers

    acts = [
        (f"`{name}`", summary(verb), ", ".join(sorted(role.replace("_", " ") for role in roles_for(name))))
        for name, verb in sorted(VERBS.items())
    ]
    settings = [
        (f"`{item.name}`", f"`{item.default}`" if item.default else "", item.says)
        for item in SETTINGS.values()
    ]
    kinds = [(f"`{kind}`", duration(handler.limits.wall_seconds)) for kind, handler in handlers.items()]
    parts = [
        "## Reference",
        f"Made from the code (`{REFRESH}`); a test holds it to it.",
        "### Commands",
        table(("command", "does"), commands()),
        "### Settings",
        "Environment variables; there is no other configuration.",
        table(("variable", "default", "does"), settings),
        "### Acts",
        ABOUT_ACTS,
        table(("act", "does", "who"), acts),
        "### Jobs",
        table(("kind", "stopped after"), kinds),
        "### Errors",
        "Every error has a code, a sentence and a remedy.",
        table(("code", "when"), [(f"`{code}`", when) for code, when in sorted(errors().items())]),
    ]
    return "\n\n".join(parts) + "\n"


def duration(seconds: float | None) -> str:
    """A time limit in words."""
    return "" if seconds is None else f"{seconds:g} s"


def commands() -> list[tuple[str, str]]:
    """Every command of ours with the first line of its file."""
    found = []
    for path in files():
        if path.parent.name == "commands" and path.name != "__init__.py":
            said = (ast.get_docstring(tree(path)) or "").partition("\n")[0]
            usage, _, does = said.partition(": ")
            found.append((usage, does))
    return sorted(found)


def errors() -> dict[str, str]:
    """Every error code that is declared anywhere, with the sentence that says when it happens."""
    found = {}
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "declare":
                code, when = (ast.literal_eval(argument) for argument in node.args)
                found[code] = when
    return found


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def main() -> None:
    """Print the section, or put it in the README."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    if "--write" not in sys.argv:
        print(markdown(), end="")
        return
    above = README.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    README.write_text(f"{above}\n\n{MARK}\n{markdown()}", encoding="utf-8")


if __name__ == "__main__":
    main()
