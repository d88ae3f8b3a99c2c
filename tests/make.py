"""What tests stand on, made by the same verbs as everybody uses: there is no other way to make a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from mrm.access import setup_link, verbs
from mrm.access.actors import Actor, actor_of
from mrm.access.models import LegalEntity, Person, Scope, User
from mrm.access.rules import Door, GrantLevel, Role

PASSWORD = "a long test passphrase"
_number = count(1)


@dataclass
class Bank:
    """A bank with an administrator; people are added as a test needs them."""

    administrator: User
    entity: LegalEntity
    accounts: dict[str, User] = field(default_factory=dict)

    @property
    def group(self) -> Scope:
        """The group's scope."""
        return self.entity.scope.parent

    def actor(self, name: str, door: str = Door.PAGE) -> Actor:
        """The actor of an account, read afresh."""
        account = User.objects.select_related("person").get(pk=self.accounts[name].pk)
        return actor_of(account, door=door, factors=("password",))

    def admin(self) -> Actor:
        """The administrator as actor."""
        return actor_of(User.objects.get(pk=self.administrator.pk))

    def person(
        self, name: str, *roles: Role, level: GrantLevel | None = GrantLevel.ACT, on: Scope | None = None
    ) -> Actor:
        """A person with an account, roles and a grant (on the legal entity unless said otherwise)."""
        admin = self.admin()
        someone: Person = verbs.add_person(admin, entity=self.entity, name=name.replace("_", " ").title())
        account = verbs.open_account(
            admin, person=someone, username=f"{name}-{next(_number)}", password=PASSWORD
        )
        for role in roles:
            verbs.give_role(admin, account=account, role=role)
        if level is not None:
            verbs.give_grant(admin, account=account, scope=on or self.entity.scope, level=level)
        self.accounts[name] = account
        return self.actor(name)


def bank() -> Bank:
    """An empty bank with its first administrator."""
    account = setup_link.first_administrator(
        name="Ada Administrator", username=f"admin-{next(_number)}", password=PASSWORD
    )
    entity = LegalEntity.objects.order_by("id").first()
    assert entity is not None
    return Bank(account, entity)
