"""Who asks over the API: a bearer token of an account; whatever it may do, signing is not among it."""

from __future__ import annotations

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from mrm.access.models import ApiToken, User
from mrm.kernel.canonical import sha256
from mrm.ledger.clock import now


def token_of(secret: str) -> ApiToken | None:
    """The token whose secret was sent, while it is valid and its person is active."""
    token = (
        ApiToken.objects.select_related("account__person")
        .filter(token_hash=sha256(secret.strip().encode()), revoked_at__isnull=True, expires_at__gt=now())
        .first()
    )
    if token is None or not (token.account.is_active and token.account.person.active):
        return None
    return token


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cs_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The account and the token, or None when no bearer token was sent."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = token_of(secret)
        if token is None:
            raise exceptions.AuthenticationFailed
        return token.account, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="countersign"'


class SignedIn(BasePermission):
    """Anybody with an account; what they may see and do is decided by grants and the act frame."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether somebody asks."""
        return isinstance(request.user, User)
