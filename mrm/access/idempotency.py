"""One request is one act: the first answer to a key is kept, and given again when the same request comes again."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from mrm.access.actors import Actor
from mrm.access.models import IdempotencyKey
from mrm.access.rows import row_type
from mrm.kernel.errors import BadInput
from mrm.ledger.clock import now


def claim(actor: Actor, act: str) -> Any:
    """Take the request's key in the open transaction; the first answer when it was taken before, else None."""
    if not actor.idempotency_key or actor.account_id is None:
        return None
    row, fresh = IdempotencyKey.objects.get_or_create(
        account_id=actor.account_id,
        act=act,
        key=actor.idempotency_key[:100],
        defaults={"body_digest": actor.body_digest, "at": now()},
    )
    if fresh:
        return None
    if row.body_digest != actor.body_digest:
        raise BadInput(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
            "Send a new key with a new request; repeat a request with the same body.",
        )
    return _unpack(row.answer)


def keep(actor: Actor, act: str, result: Any) -> None:
    """Keep the answer beside the key, in the act's own transaction."""
    if actor.idempotency_key and actor.account_id is not None:
        IdempotencyKey.objects.filter(
            account_id=actor.account_id, act=act, key=actor.idempotency_key[:100]
        ).update(answer=_pack(result))


def _pack(result: Any) -> Any:
    if isinstance(result, models.Model):
        return {"row": row_type(result), "id": str(result.pk)}
    if isinstance(result, list | tuple):
        return {"rows": [_pack(item) for item in result]}
    return {"value": result if isinstance(result, str | int | bool | dict | None) else str(result)}


def _unpack(answer: Any) -> Any:
    if answer is None:
        return Repeated
    if "row" in answer:
        return apps.get_model(answer["row"])._default_manager.get(pk=answer["id"])
    if "rows" in answer:
        return [_unpack(item) for item in answer["rows"]]
    return Repeated if answer["value"] is None else answer["value"]


class Repeated:
    """The answer of a repeated request whose first answer was nothing."""
