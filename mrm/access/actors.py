"""Who acts: a person through an account and a door, or a named robot. There is no act without an actor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mrm.access.models import Person, User
from mrm.access.rules import Door, Robot, Role


@dataclass(frozen=True)
class Actor:
    """One natural person (or robot) at one door, with the roles held at this moment."""

    person: Person
    roles: frozenset[str]
    door: str
    account_id: UUID | None = None
    method: str = "session"
    factors: tuple[str, ...] = ()
    os_user: str = ""
    robot: str = ""
    on_behalf_of: Person | None = None
    request_id: str = ""
    idempotency_key: str = ""
    body_digest: str = ""
    token_roles: frozenset[str] | None = None
    token_scopes: frozenset[str] | None = None
    reauthenticated_at: datetime | None = field(default=None, compare=False)

    @property
    def pk(self) -> UUID:
        """The person's key: what separation of duties compares."""
        return self.person.pk

    def has(self, *roles: Role) -> bool:
        """Whether any of `roles` is held."""
        return any(role in self.roles for role in roles)

    @property
    def has_administration(self) -> bool:
        """Whether this actor administers people: sees persons, entities and scopes by name without a grant."""
        return self.has(Role.ADMINISTRATOR) or self.robot == Robot.MIGRATOR

    def now(self) -> Actor:
        """The same actor with the roles that are committed now; an inactive person holds none."""
        if self.robot:
            return self
        account = User.objects.select_related("person").get(pk=str(self.account_id))
        return replace(self, roles=held_roles(account, self.token_roles))

    def asking(self, key: str, body_digest: str) -> Actor:
        """The same actor with the idempotency key of one request."""
        return replace(self, idempotency_key=key, body_digest=body_digest)


def held_roles(account: User, limited_to: frozenset[str] | None = None) -> frozenset[str]:
    """The roles of an account; none when it or its person is inactive."""
    if not (account.is_active and account.person.active):
        return frozenset()
    roles = frozenset(account.groups.values_list("name", flat=True))
    return roles if limited_to is None else roles & limited_to


def actor_of(account: User, *, door: str = Door.PAGE, **facts: Any) -> Actor:
    """The actor behind an account."""
    return Actor(
        person=account.person,
        account_id=account.pk,
        roles=held_roles(account, facts.get("token_roles")),
        door=door,
        **facts,
    )


def robot(name: str, *, door: str = Door.JOB, on_behalf_of: Person | None = None) -> Actor:
    """A named robot; its person row is made at the first migrate."""
    kind = Robot(name)
    person = Person.objects.get(robot=True, name=kind.value)
    return Actor(
        person=person,
        roles=frozenset({kind.value}),
        door=door,
        method="robot",
        robot=kind.value,
        on_behalf_of=on_behalf_of,
    )
