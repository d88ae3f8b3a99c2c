"""Sign-in, sign-out and lock-out enter the ledger here and nowhere else. Anonymous requests leave no entry."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction

from mrm.access import guard
from mrm.access.models import Entry, User
from mrm.access.rows import row_type
from mrm.access.rules import Door
from mrm.kernel import ids
from mrm.kernel.clock import utc
from mrm.ledger import leaves
from mrm.ledger.clock import now


def connect() -> None:
    """Listen to the sign-in libraries."""
    user_logged_in.connect(_signed_in, dispatch_uid="access.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="access.signed_out")
    user_locked_out.connect(_locked_out, dispatch_uid="access.locked_out")


def _signed_in(sender: Any, user: User, **_: Any) -> None:
    _enter("session.sign_in", user)


def _signed_out(sender: Any, user: User | None, **_: Any) -> None:
    if user is not None and user.pk:
        _enter("session.sign_out", user)


def _locked_out(sender: Any, username: str, **_: Any) -> None:
    account = User.objects.filter(username=username).first()
    if account is not None:
        _enter("session.lock_out", account)


def _enter(act: str, account: User) -> None:
    with transaction.atomic():
        moment = now()
        leaf = leaves.append(
            {
                "scope": str(account.person.scope_id),
                "actor": str(account.person_id),
                "on_behalf_of": None,
                "auth": {"method": "password", "factors": ["password"]},
                "act": act,
                "object": {"type": row_type(account), "id": str(account.pk), "version": None},
                "changes": [],
                "facts": {"outcome": "done"},
                "request": str(ids.uuid7()),
                "time": utc(moment),
            }
        )
        gate = guard.opened()
        try:
            Entry.objects.create(
                leaf=leaf,
                act=act,
                scope=account.person.scope,
                person=account.person,
                door=Door.PAGE,
                object_type=row_type(account),
                object_id=str(account.pk),
                at=moment,
            )
        finally:
            guard.closed(gate)
