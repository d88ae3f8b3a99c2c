"""Electronic signatures: identity is proved again for exactly the digest that is signed, and used once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings

from mrm.access.models import ProofAttempt, SigningTicket, User
from mrm.access.rules import SIGNING_MINUTES, Door
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import RuleRefused
from mrm.ledger.clock import now

MOST_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)


def prove(account: User, password: str, digest: str) -> str:
    """Prove identity by password for `digest`; answers a ticket that lives five minutes and signs once."""
    if settings.PRODUCTION:
        raise RuleRefused(
            "one_factor",
            "A password alone is one factor; production asks for two before it takes a signature.",
            "This release proves identity by password only: keep signatures to pilots until a second factor is there.",
        )
    moment = now()
    failed = ProofAttempt.objects.filter(account=account, at__gt=moment - FAILURE_WINDOW)
    if failed.count() >= MOST_FAILURES:
        raise RuleRefused(
            "throttled",
            "Too many failed proofs of identity for this account.",
            "Wait a quarter of an hour, or have the password reset by an administrator.",
        )
    if not (account.is_active and account.person.active and account.check_password(password)):
        ProofAttempt.objects.create(account=account, at=moment)
        raise _refused("The password is not right.", "Type your own password again; nothing was signed.")
    token = secrets.token_urlsafe(32)
    SigningTicket.objects.create(
        token_hash=sha256(token.encode()),
        account=account,
        digest=digest,
        factors=["password"],
        proved_at=moment,
    )
    return token


def use(act: Any, token: str, digest: str) -> SigningTicket:
    """Use up the ticket in the open act, if it proves this account for this digest within five minutes."""
    actor = act.actor
    if actor.door == Door.SHELL or actor.account_id is None:
        raise RuleRefused(
            "shell_never_signs",
            "A signature is given in the browser, not on the command line.",
            "Open the sign page and sign there.",
        )
    if not token:
        raise RuleRefused(
            "signature_needed", "This act is a signature.", "Prove your identity on the sign page."
        )
    ticket = (
        SigningTicket.objects.select_for_update()
        .filter(token_hash=sha256(token.encode()), account_id=actor.account_id, used_at__isnull=True)
        .first()
    )
    if ticket is None:
        raise _refused("This proof of identity is not yours, or was used already.", "Prove it again.")
    if ticket.proved_at < act.now - SIGNING_MINUTES:
        raise _refused("This proof of identity is older than five minutes.", "Prove it again.")
    if ticket.digest != digest:
        raise _refused(
            "The content has changed since you read it.", "Read it again, then sign what you have read."
        )
    ticket.used_at = act.now
    ticket.save(update_fields=["used_at"])
    return ticket


def _refused(detail: str, remedy: str) -> RuleRefused:
    return RuleRefused("signing_refused", detail, remedy)
