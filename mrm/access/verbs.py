"""Acts on people, accounts, roles, grants and tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from zoneinfo import available_timezones

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db.models import Q

from mrm.access.acts import Act, verb
from mrm.access.models import ApiToken, Installation, LegalEntity, Person, Scope, ScopeGrant, User
from mrm.access.rules import GrantLevel, Robot, Role, ScopeKind, roles_conflict
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, RuleRefused

LONGEST_TOKEN_DAYS = 366


@verb("installation.prepare")
def prepare(act: Act, *, group: Scope, demonstration: bool = False) -> Scope:
    """Make the roles, their permissions and the robots; mark a demonstration for ever."""
    for robot in Robot:
        if not Person.objects.filter(robot=True, name=robot.value).exists():
            act.save(Person(scope=group, name=robot.value, robot=True))
    for role in Role:
        if not Group.objects.filter(name=role.value).exists():
            made = Group.objects.create(name=role.value)
            act.note(made)
    if demonstration:
        if Person.objects.filter(robot=False).exists():
            raise RuleRefused(
                "not_empty",
                "This installation has people already and cannot become a demonstration.",
                "Use a fresh MRM_HOME or database for the demonstration.",
            )
        Installation.objects.update_or_create(id=1, defaults={"demonstration": True})
        act.facts["demonstration"] = "true"
    return group


@verb("entity.create")
def create_entity(
    act: Act,
    *,
    group: Scope,
    name: str,
    code: str,
    jurisdiction: str = "DE",
    zone: str = "Europe/Berlin",
    currency: str = "EUR",
) -> LegalEntity:
    """Add a legal entity to the group."""
    check_zone(zone)
    if LegalEntity.objects.filter(Q(name=name) | Q(code=code)).exists():
        raise BadInput(
            "entity_taken", f"There is a legal entity {name!r} or {code!r}.", "Choose other words."
        )
    scope = act.new_scope(ScopeKind.ENTITY, parent=group, label=name)
    return act.save(
        LegalEntity(
            scope=scope, name=name, code=code, jurisdiction=jurisdiction, zone=zone, currency=currency
        )
    )


@verb("entity.describe")
def describe_entity(
    act: Act, *, entity: LegalEntity, name: str, jurisdiction: str, zone: str, currency: str
) -> LegalEntity:
    """Change a legal entity's name, jurisdiction, zone or currency."""
    check_zone(zone)
    entity.name, entity.jurisdiction, entity.zone, entity.currency = name, jurisdiction, zone, currency
    return act.save(entity)


def check_zone(zone: str) -> None:
    """Raise unless `zone` is one that times can be shown in."""
    if zone not in available_timezones():
        raise BadInput(
            "zone_unknown", f"{zone!r} is no time zone.", "Write it as the tz database does: Europe/Berlin."
        )


@verb("person.add")
def add_person(act: Act, *, entity: LegalEntity, name: str, email: str = "", position: str = "") -> Person:
    """Add a natural person to a legal entity."""
    return act.save(Person(scope=entity.scope, name=name, email=email, position=position))


@verb("person.deactivate")
def deactivate_person(act: Act, *, person: Person, reason: str) -> Person:
    """Deactivate a person: every account, session and token is dead at once; the record stays."""
    act.reason = reason
    person.active = False
    for account in person.accounts.all():
        account.is_active = False
        act.save(account)
        for token in account.tokens.filter(revoked_at__isnull=True):
            token.revoked_at = act.now
            act.save(token)
    _end_sessions({str(key) for key in person.accounts.values_list("pk", flat=True)})
    return act.save(person)


@verb("account.open")
def open_account(act: Act, *, person: Person, username: str, password: str) -> User:
    """Open an account for a person. The password is told to nobody else and can be changed by its holder."""
    if not person.active:
        raise RuleRefused("person_inactive", f"{person.name} is deactivated.", "Add the person anew.")
    if User.objects.filter(username__iexact=username).exists():
        raise BadInput("username_taken", f"The user name {username!r} is taken.", "Choose another one.")
    account = User(person=person, username=username, opened_at=act.now)
    _set_password(account, password)
    return act.save(account)


@verb("account.reset_password")
def reset_password(act: Act, *, account: User, password: str) -> User:
    """Set a new password for somebody who lost theirs; their sessions end."""
    _set_password(account, password)
    _end_sessions({str(account.pk)})
    return act.save(account)


@verb("account.change_password")
def change_password(act: Act, *, account: User, old_password: str, password: str) -> User:
    """Change one's own password."""
    if not account.check_password(old_password):
        raise RuleRefused("signing_refused", "The old password is not right.", "Type it again.")
    _set_password(account, password)
    return act.save(account)


@verb("role.give")
def give_role(act: Act, *, account: User, role: Role) -> User:
    """Give an account a role."""
    held = frozenset(account.groups.values_list("name", flat=True)) | {role.value}
    if conflict := roles_conflict(held):
        raise RuleRefused("role_conflict", conflict, "Take the other roles first, or use another person.")
    account.groups.add(Group.objects.get(name=role.value))
    act.facts["role"] = role.value
    for link in User.groups.through.objects.filter(user=account, group__name=role.value):
        act.note(link)
    return account


@verb("role.take")
def take_role(act: Act, *, account: User, role: Role) -> User:
    """Take a role from an account."""
    act.facts["role"] = role.value
    for link in User.groups.through.objects.filter(user=account, group__name=role.value):
        act.delete(link)
    return account


@verb("grant.give")
def give_grant(act: Act, *, account: User, scope: Scope, level: GrantLevel) -> User:
    """Grant an account to see, or to act on, a model, a dataset, a legal entity or the group."""
    act.facts["level"] = str(level)
    act.grant(account.person, scope, level)
    return account


@verb("grant.take")
def take_grant(act: Act, *, account: User, scope: Scope) -> User:
    """Take every grant of an account on a scope."""
    for held in ScopeGrant.objects.filter(user=account, content_object=scope):
        act.delete(held)
    return account


@verb("token.issue")
def issue_token(
    act: Act,
    *,
    account: User,
    name: str,
    days: int = 30,
    roles: list[Role] | None = None,
    scopes: list[Scope] | None = None,
) -> str:
    """Issue an API token, shown once. It can be limited to some of one's roles and scopes; it never signs."""
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise BadInput("bad_parameter", "A token lives between 1 and 366 days.", "Choose fewer days.")
    secret = "cs_" + secrets.token_urlsafe(32)
    act.save(
        ApiToken(
            scope=account.person.scope,
            account=account,
            name=name,
            token_hash=sha256(secret.encode()),
            roles=[str(role) for role in roles or []],
            scopes=[str(scope.pk) for scope in scopes or []],
            expires_at=act.now + timedelta(days=days),
        )
    )
    return secret


@verb("token.revoke")
def revoke_token(act: Act, *, token: ApiToken) -> ApiToken:
    """Revoke an API token."""
    token.revoked_at = act.now
    return act.save(token)


def _set_password(account: User, password: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise BadInput(
            "weak_password", " ".join(error.messages), "Use at least twelve characters that are not common."
        ) from None
    account.set_password(password)


def _end_sessions(accounts: set[str]) -> None:
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") in accounts:
            session.delete()
