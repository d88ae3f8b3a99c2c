"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.policy_table import policy


def not_oneself(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """An administrator gives nothing to themselves."""
    account = arguments.get("account")
    if account is not None and account.person_id == actor.person.pk:
        return "Nobody gives roles or grants to themselves, or takes them; ask another administrator."
    return None


def not_own_person(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Nobody deactivates themselves or opens a second account for themselves."""
    if arguments["person"].pk == actor.person.pk:
        return "Nobody administers their own person; ask another administrator."
    return None


def own_account(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Only one's own account."""
    if arguments["account"].pk != actor.account_id:
        return "Only the account's own person may do this."
    return None


def own_token(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Only one's own token."""
    return own_account(actor, row, {"account": arguments["token"].account})


policy("installation.prepare", "group", own_grant=False)
policy("entity.create", "group", own_grant=False)
policy("entity.describe", "entity", own_grant=False)
policy("person.add", "entity", own_grant=False)
policy("person.deactivate", "person", not_own_person, own_grant=False)
policy("account.open", "person", not_own_person, own_grant=False)
policy("account.reset_password", "account.person", not_oneself, own_grant=False)
policy("account.change_password", "account.person", own_account, own_grant=False)
policy("role.give", "account.person", not_oneself, own_grant=False)
policy("role.take", "account.person", not_oneself, own_grant=False)
policy("grant.give", "scope", not_oneself, own_grant=False)
policy("grant.take", "scope", not_oneself, own_grant=False)
policy("token.issue", "account.person", own_account, own_grant=False)
policy("token.revoke", "token", own_token, own_grant=False)
