"""The people of the demonstration bank: one seat per role, passwords known to everybody who looks."""

from __future__ import annotations

from dataclasses import dataclass

from mrm.access import setup_link, verbs
from mrm.access.actors import Actor, actor_of
from mrm.access.models import LegalEntity, Scope, User
from mrm.access.rules import Door, GrantLevel, Role
from mrm.access.sign_in import Seat


@dataclass(frozen=True)
class Member:
    """One person: name, position, role, and what their grant on the legal entity lets them do."""

    username: str
    name: str
    position: str
    role: Role
    level: GrantLevel | None

    @property
    def password(self) -> str:
        """Printed and shown: a demonstration is refused in production for ever."""
        return f"demonstration-{self.username}"


ACT, READ = GrantLevel.ACT, GrantLevel.READ
ADMINISTRATOR = Member("admin", "Sina Administrator", "IT security", Role.ADMINISTRATOR, None)
MEMBERS = (
    Member("owner", "Olga Owner", "Head of retail credit", Role.MODEL_OWNER, ACT),
    Member("developer", "Deniz Developer", "Data science, retail", Role.MODEL_DEVELOPER, ACT),
    Member("validator", "Anna Validator", "Model validation", Role.VALIDATOR, READ),
    Member("officer", "Rolf Officer", "Head of model risk", Role.RISK_OFFICER, ACT),
    Member("approver", "Petra Approver", "Credit committee", Role.APPROVER, ACT),
    Member("engineer", "Emil Engineer", "ML platform", Role.ML_ENGINEER, ACT),
    Member("auditor", "Ursel Auditor", "Internal audit", Role.AUDITOR, READ),
    # The regulator is granted the one model under examination, when it is approved.
    Member("regulator", "Georg Regulator", "Supervisory authority", Role.REGULATOR, None),
)


def settle(entity: LegalEntity) -> dict[str, User]:
    """Everybody with account, role and grant, as the first administrator adds them."""
    first = setup_link.first_administrator(
        name=ADMINISTRATOR.name, username=ADMINISTRATOR.username, password=ADMINISTRATOR.password
    )
    administrator = actor_of(first, door=Door.INSTALL, method="password", factors=("password",))
    accounts = {ADMINISTRATOR.username: first}
    for member in MEMBERS:
        person = verbs.add_person(administrator, entity=entity, name=member.name, position=member.position)
        account = verbs.open_account(
            administrator, person=person, username=member.username, password=member.password
        )
        verbs.give_role(administrator, account=account, role=member.role)
        if member.level is not None:
            verbs.give_grant(administrator, account=account, scope=entity.scope, level=member.level)
        accounts[member.username] = account
    return accounts


def actor(username: str) -> Actor:
    """A person of the demonstration at the page door, with the roles held now."""
    account = User.objects.select_related("person").get(username=username)
    return actor_of(account, door=Door.PAGE, method="session", factors=("password",))


def show_to_regulator(scope: Scope) -> None:
    """The administrator grants the regulator one model."""
    account = User.objects.get(username="regulator")
    verbs.give_grant(actor(ADMINISTRATOR.username), account=account, scope=scope, level=READ)


def seats() -> list[Seat]:
    """What the sign-in page of a demonstration shows."""
    return [
        Seat(member.name, member.role.label, member.username, member.password)
        for member in (*MEMBERS, ADMINISTRATOR)
    ]


def sign_ins() -> dict[str, dict[str, str]]:
    """Role → user name and password, as summary.json prints them."""
    return {
        member.role.value: {"username": member.username, "password": member.password}
        for member in (*MEMBERS, ADMINISTRATOR)
    }
