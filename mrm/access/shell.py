"""The shell door: commands that change records act as a person who proves who they are, and never sign."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from mrm.access.actors import Actor, actor_of
from mrm.access.installation import demonstration
from mrm.access.models import User
from mrm.access.rules import Door


def add_password(parser: ArgumentParser) -> None:
    """`--password-fd N` for scripts; without it the password is asked for."""
    parser.add_argument(
        "--password-fd", type=int, metavar="N", help="file descriptor to read the password from"
    )


def account_of(username: str, options: dict[str, Any]) -> User:
    """The account, once its person has proved who they are; a demonstration prints its passwords anyway."""
    account = User.objects.select_related("person").filter(username=username).first()
    proved = account is not None and (demonstration() or account.check_password(_password(username, options)))
    if account is None or not proved or not (account.is_active and account.person.active):
        raise CommandError("User name or password is not right.")
    return account


def actor(username: str, options: dict[str, Any]) -> Actor:
    """The actor at the shell: same checks as a page, the operating system's user in the ledger."""
    account = account_of(username, options)
    return actor_of(
        account, door=Door.SHELL, method="shell", factors=("password",), os_user=getpass.getuser()
    )


def _password(username: str, options: dict[str, Any]) -> str:
    descriptor = options.get("password_fd")
    if descriptor is not None:
        with os.fdopen(descriptor) as file:
            return file.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise CommandError("Give the password with --password-fd N.")
    return getpass.getpass(f"Password of {username}: ")
