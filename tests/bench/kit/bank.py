"""Large banks: rows alone, without acts, for measuring reads. They go with their home.

Import this after `home.start()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

from mrm.access import guard
from mrm.access.actors import Actor
from mrm.access.models import Scope, ScopeGrant, User
from mrm.access.rules import ScopeKind
from mrm.ledger import triggers
from registry.inventory.models import Model
from registry.inventory.rules import ModelClass, State, name_key
from tests import make

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
STATES = (State.REGISTERED, State.IN_DEVELOPMENT, State.IN_VALIDATION, State.APPROVED, State.IN_USE)


@contextmanager
def unguarded() -> Iterator[None]:
    """Rows may be written as rows."""
    gate = guard.opened()
    try:
        triggers.drop_all(connection)
        yield
    finally:
        guard.closed(gate)


def reference(kind: str, number: int) -> str:
    """A display reference of its own for every number."""
    text = ""
    for _ in range(5):
        number, place = divmod(number, 32)
        text = LETTERS[place] + text
    return f"{kind}-{text}"


def models(house: make.Bank, owner: Actor, count: int, first: int = 0) -> list[Model]:
    """Registered models of the legal entity."""
    kinds = ModelClass.values
    with unguarded():
        scopes = Scope.objects.bulk_create(
            [
                Scope(kind=ScopeKind.MODEL, parent=house.entity.scope, label=f"model-{n:06d}")
                for n in range(first, first + count)
            ],
            batch_size=2000,
        )
        return Model.objects.bulk_create(
            [
                Model(
                    scope=scope,
                    reference=reference("M", first + n),
                    entity=house.entity,
                    name=scope.label,
                    name_key=name_key(scope.label),
                    state=STATES[n % len(STATES)],
                    model_class=kinds[n % len(kinds)],
                    method="logistic regression",
                    purpose="Rows for measuring.",
                    responsible=owner.person,
                    owner=owner.person,
                    developer=owner.person,
                    tier=1 + n % 3,
                    proposed_at=BEGIN + timedelta(minutes=n),
                    registered_at=BEGIN + timedelta(minutes=n),
                )
                for n, scope in enumerate(scopes)
            ],
            batch_size=2000,
        )


def grants(account: User, scopes: Sequence[Scope]) -> None:
    """Grants to read, as rows of guardian's direct table."""
    from django.contrib.auth.models import Permission

    permission = Permission.objects.get(codename="read_scope")
    with unguarded():
        ScopeGrant.objects.bulk_create(
            ScopeGrant(user=account, permission=permission, content_object=scope) for scope in scopes
        )
