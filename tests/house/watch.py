"""Watches acts while they are done: each act the first time it comes, with what the ledger keeps of every way it can end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from django.conf import settings
from django.db.models import Model
from django.test import TestCase

from mrm.access.actors import Actor
from mrm.access.acts import Verb
from mrm.access.models import Entry, Revision, Touch
from mrm.kernel.errors import CountersignError, Denied, NotFound
from mrm.ledger.models import Leaf


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is rolled back at the end; may be nested."""
    atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]
        # the signer must not remember a head that was rolled back
        (Path(settings.MRM_HOME) / "keys" / "signer.json").unlink(missing_ok=True)


@dataclass
class End:
    """How one attempt ended, and what the ledger has of it."""

    how: str
    entries: list[tuple[str, str]]
    leaves: int
    loose: int = 0
    """Revisions and touches that do not belong to the one entry."""


@dataclass
class Seen:
    """An act's ends: refused to somebody without the role, done, asked for again, asked for with empty words."""

    denied: End
    facts: dict[str, Any]
    done: End | None = None
    again: End | None = None
    wordless: End | None = None


@dataclass
class Watch:
    """Stands between callers and verbs."""

    bystander: Actor
    seen: dict[str, Seen] = field(default_factory=dict)
    _call: Callable[..., Any] = Verb.__call__

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every verb called inside is watched."""

        def watched(verb: Verb[..., Any], actor: Actor, *args: Any, **facts: Any) -> Any:
            return (
                self.first(verb, actor, facts)
                if verb.name not in self.seen
                else self._call(verb, actor, **facts)
            )

        Verb.__call__ = watched  # type: ignore[method-assign]
        try:
            yield
        finally:
            Verb.__call__ = self._call  # type: ignore[method-assign]

    def first(self, verb: Verb[..., Any], actor: Actor, facts: dict[str, Any]) -> Any:
        """The first time an act is done: tried by somebody without the right, then done, then tried in vain."""
        with undone():
            denied = self.attempt(verb, self.bystander, facts)[0]
        seen = Seen(denied, facts)
        end, result, error = self.attempt(verb, actor, facts)
        if error is not None:
            raise error
        self.seen[verb.name] = seen
        seen.done = end
        with undone():
            seen.again = self.attempt(verb, actor, facts)[0]
        words = {name: "" if free(verb, name, value) else value for name, value in facts.items()}
        if words != facts:
            with undone():
                seen.wordless = self.attempt(verb, actor, words)[0]
        for row in facts.values():
            if isinstance(row, Model):
                row.refresh_from_db()  # what the undone attempts left in it
        return result

    def attempt(
        self, verb: Verb[..., Any], actor: Actor, facts: dict[str, Any]
    ) -> tuple[End, Any, Exception | None]:
        """Call the verb and read what the ledger has more than before."""
        entry = last(Entry)
        before = {model: last(model) for model in (Leaf, Revision, Touch)}
        result, failure = None, None
        try:
            result, how = self._call(verb, actor, **facts), "done"
        except (Denied, NotFound) as error:
            how, failure = "denied", error
        except CountersignError as error:
            how, failure = f"refused: {error.code}", error
        except Exception as error:  # noqa: BLE001 - told apart by the tests
            how, failure = f"broken: {type(error).__name__}: {error}", error
        entries = Entry.objects.filter(pk__gt=entry)
        kept = list(entries.filter(act=verb.name))
        loose = (
            Revision.objects.filter(pk__gt=before[Revision])
            .exclude(leaf__in=[one.leaf_id for one in kept])
            .count()
        )
        loose += Touch.objects.filter(pk__gt=before[Touch]).exclude(entry__in=kept).count()
        end = End(
            how,
            [(one.act, one.outcome) for one in entries.order_by("pk")],
            Leaf.objects.filter(pk__gt=before[Leaf]).count(),
            loose,
        )
        return end, result, failure


def last(model: Any) -> int:
    """The highest key so far."""
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def free(verb: Verb[..., Any], name: str, value: Any) -> bool:
    """Whether a fact is free text: doors check choices before a verb sees them."""
    return type(value) is str and get_type_hints(verb.body)[name] is str
