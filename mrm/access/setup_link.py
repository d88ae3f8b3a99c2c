"""The first administrator: a single-use link, valid for one hour, printed by `up` when nobody is there."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction

from mrm.access.actors import robot
from mrm.access.installation import people_exist
from mrm.access.models import LegalEntity, SetupLink, User
from mrm.access.rules import Door, Robot, Role
from mrm.access.verbs import add_person, give_role, open_account
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.ledger.clock import now

LIFETIME = timedelta(hours=1)


def issue() -> str:
    """A new link's path; earlier unused links stop working."""
    _refuse_unless_empty()
    token = secrets.token_urlsafe(32)
    SetupLink.objects.filter(used_at__isnull=True).delete()
    SetupLink.objects.create(token_hash=sha256(token.encode()), expires_at=now() + LIFETIME)
    return f"/set-up/{token}/"


def valid(token: str) -> SetupLink:
    """The unused link of `token`, or the refusal."""
    link = SetupLink.objects.filter(
        token_hash=sha256(token.encode()), used_at__isnull=True, expires_at__gt=now()
    ).first()
    if link is None or people_exist():
        raise RuleRefused(
            "setup_link_invalid",
            "This set-up link was used or has expired.",
            "Start `manage.py up` again: while nobody is there it prints a new link.",
        )
    return link


def use(token: str, *, name: str, username: str, password: str) -> User:
    """Make the first administrator, by the acts of the robot migrator, and use the link up."""
    link = valid(token)
    with transaction.atomic():
        taken = SetupLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=now())
    if not taken:
        raise RuleRefused(
            "setup_link_invalid",
            "This set-up link was used a moment ago.",
            "Sign in with the account it made.",
        )
    try:
        return first_administrator(name=name, username=username, password=password)
    except Exception:
        # The link was not what failed (a weak password, say): it may be tried again within its hour.
        SetupLink.objects.filter(pk=link.pk).update(used_at=None)
        raise


def first_administrator(*, name: str, username: str, password: str) -> User:
    """The first administrator of an empty bank."""
    _refuse_unless_empty()
    migrator = robot(Robot.MIGRATOR, door=Door.INSTALL)
    entity = LegalEntity.objects.order_by("id").first()
    assert entity is not None  # noqa: S101 - made by the first migrate
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise BadInput(
            "weak_password", " ".join(error.messages), "Use at least twelve characters that are not common."
        ) from None
    person = add_person(migrator, entity=entity, name=name)
    account = open_account(migrator, person=person, username=username, password=password)
    return give_role(migrator, account=account, role=Role.ADMINISTRATOR)


def _refuse_unless_empty() -> None:
    if people_exist():
        raise RuleRefused(
            "not_empty", "This installation has people already.", "Ask one of its administrators."
        )
