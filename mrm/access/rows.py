"""What every table of the house is: governed, append-only or operational.

*Governed* rows change only in an act and leave a revision. *Append-only* rows are written once in an act and
never change; triggers hold that in the database too. *Operational* rows (sessions, job leases, counters) carry no
fact a regulator would ask for; each says why.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Q

from mrm.kernel import ids
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import NotFound

if TYPE_CHECKING:
    from mrm.access.actors import Actor

R = TypeVar("R", bound=models.Model)


def granted_scopes(actor: Actor, *, acting: bool = False) -> Q | None:
    """The condition on a Scope that `actor` holds a grant on it or above it; None means no restriction."""
    from mrm.access.models import ScopeGrant

    if actor.robot:
        return None
    grants = ScopeGrant.objects.filter(user_id=actor.account_id)
    if acting:
        grants = grants.filter(permission__codename="act_scope")
    covered = _at_or_below(grants.values("content_object_id"))
    return covered & _at_or_below(actor.token_scopes) if actor.token_scopes else covered


def _at_or_below(scopes: Any) -> Q:
    return Q(pk__in=scopes) | Q(parent_id__in=scopes) | Q(parent__parent_id__in=scopes)


class ScopedQuerySet(models.QuerySet[R]):
    """Rows that hang on a scope: reads start with `visible_to`."""

    scope_path = "scope"

    def visible_to(self, actor: Actor) -> Self:
        """Only what `actor` was granted, in one subquery whatever the number of grants."""
        from mrm.access.models import Scope

        condition = granted_scopes(actor)
        if condition is None:
            return self
        path = getattr(self.model, "scope_path", "scope")
        return self.filter(**{f"{path}__in": Scope.objects.filter(condition).values("pk")})

    def one(self, actor: Actor, **lookup: Any) -> R:
        """The one visible row, or the same NotFound for absent and forbidden."""
        try:
            return self.visible_to(actor).get(**lookup)
        except (ObjectDoesNotExist, ValueError):
            raise NotFound from None


class Row(models.Model):
    """Any table of ours: a UUIDv7 key."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)

    class Meta:
        abstract = True


class Operational(models.Model):
    """A table outside the record; `why` says the reason."""

    record_kind: ClassVar[str] = "operational"
    why: ClassVar[str] = ""

    class Meta:
        abstract = True


class Governed(Row):
    """Changes only in an act, each change leaving a revision; belongs to a scope."""

    record_kind: ClassVar[str] = "governed"
    reference_kind: ClassVar[str] = ""

    scope = models.ForeignKey("access.Scope", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


class AppendOnly(Row):
    """Written once in an act, never changed or deleted; belongs to a scope."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True
    reference_kind: ClassVar[str] = ""

    scope = models.ForeignKey("access.Scope", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


def reference_field() -> models.CharField[str, str]:
    """The display reference of a row (`M-7K2QD`), filled by `act.save` from the model's `reference_kind`."""
    return models.CharField(max_length=12, unique=True, editable=False)


def row_type(row: models.Model | type[models.Model]) -> str:
    """How the ledger names a table: `inventory.model`."""
    return row._meta.label_lower


def payload(row: models.Model) -> dict[str, Any]:
    """All stored facts of a row as plain JSON values, by column."""
    facts: dict[str, Any] = {}
    left_out: frozenset[str] = getattr(row, "unrevised", frozenset())
    for field in row._meta.concrete_fields:
        if field.attname in left_out:
            continue
        value = field.value_from_object(row)
        if isinstance(value, bytes | memoryview):
            value = bytes(value).hex()
        elif isinstance(value, float) and not isinstance(field, models.JSONField):
            value = repr(value)
        facts[field.attname] = tidy(value)
    return facts


def same_key(one: Any, other: Any) -> bool:
    """Whether two keys name one row, as UUID or as text."""
    return str(one) == str(other)


def as_uuid(text: str) -> uuid.UUID | None:
    """A UUID from text, or None."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
