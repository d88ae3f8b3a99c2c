"""Denials: one entry per person, act, object and door within a minute; repeats are counted and stated at the end."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from mrm.access import guard
from mrm.access.actors import Actor, robot
from mrm.access.models import DenialWindow, Entry
from mrm.access.rows import row_type
from mrm.access.rules import DENIAL_WINDOW
from mrm.kernel import ids
from mrm.kernel.canonical import sha256
from mrm.kernel.clock import utc
from mrm.ledger import leaves
from mrm.ledger.clock import now


def record(actor: Actor, act: str, target: Any, reason: str) -> None:
    """Write the denied entry in a transaction of its own, after the act was rolled back."""
    with transaction.atomic(durable=True):
        window, fresh = _window(actor, act, target)
        if not fresh:
            window.repeats += 1
            window.save(update_fields=["repeats"])
            return
        _entry(
            actor=actor,
            act=act,
            scope=target.scope,
            of=(row_type(target), str(target.pk)),
            reason=reason,
            facts={"outcome": "denied", "door": str(actor.door)},
        )


def close_windows() -> int:
    """State the repeats of every window that has ended; returns how many were closed. The scheduler calls this."""
    over = list(DenialWindow.objects.filter(closed=False, opened_at__lt=now() - DENIAL_WINDOW)[:100])
    for window in over:
        with transaction.atomic(durable=True):
            locked = DenialWindow.objects.select_for_update().filter(pk=window.pk, closed=False).first()
            if locked:
                _close(locked, robot("scheduler"))
    return len(over)


def _close(window: DenialWindow, scheduler: Actor) -> None:
    if window.repeats:
        _entry(
            actor=scheduler,
            act="denied.repeated",
            scope=window.scope,
            of=(window.object_type, window.object_id),
            reason=f"{window.act} was denied {window.repeats} more times to the same person.",
            facts={
                "outcome": "denied",
                "act": window.act,
                "person": str(window.person_id),
                "repeats": window.repeats,
            },
        )
    window.closed = True
    window.save(update_fields=["closed"])


def _window(actor: Actor, act: str, target: Any) -> tuple[DenialWindow, bool]:
    moment = now()
    key = {
        "person": actor.person,
        "act": act,
        "object_type": row_type(target),
        "object_id": str(target.pk),
        "door": actor.door,
    }
    window = DenialWindow.objects.select_for_update().filter(**key, closed=False).first()
    if window and window.opened_at > moment - DENIAL_WINDOW:
        return window, False
    if window:
        _close(window, robot("scheduler"))
    return DenialWindow.objects.create(**key, scope=target.scope, opened_at=moment), True


def _entry(
    *, actor: Actor, act: str, scope: Any, of: tuple[str, str], reason: str, facts: dict[str, Any]
) -> None:
    moment = now()
    leaf = leaves.append(
        {
            "scope": str(scope.pk),
            "actor": str(actor.person.pk),
            "on_behalf_of": str(actor.on_behalf_of.pk) if actor.on_behalf_of else None,
            "auth": {
                "method": actor.method,
                "factors": list(actor.factors),
                "os_user": actor.os_user or None,
            },
            "act": act,
            "object": {"type": of[0], "id": of[1], "version": None},
            "changes": [],
            "facts": facts,
            "reason": sha256(reason.encode()),
            "request": actor.request_id or str(ids.uuid7()),
            "time": utc(moment),
        }
    )
    gate = guard.opened()
    try:
        Entry.objects.create(
            leaf=leaf,
            act=act,
            outcome="denied",
            scope=scope,
            person=actor.person,
            on_behalf_of=actor.on_behalf_of,
            door=actor.door,
            object_type=of[0],
            object_id=of[1],
            reason=reason,
            at=moment,
        )
    finally:
        guard.closed(gate)
