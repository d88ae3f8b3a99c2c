"""Reads of policy. What is in force binds everyone, so the reads of the rules are not limited by grants."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from mrm.access.actors import Actor
from mrm.access.acts import entity_of
from mrm.access.models import LegalEntity, Scope
from mrm.access.rows import granted_scopes
from mrm.kernel.errors import NotFound, RuleRefused
from mrm.policy.models import Policy
from mrm.policy.rules import STANDARD, Kind


def in_force(kind: str, *, scope: Scope | LegalEntity | None, on: date, name: str = STANDARD) -> Policy:
    """The policy of `kind` that binds `scope` on a date: its legal entity's own, else the group's."""
    entity = entity_of(scope) if isinstance(scope, Scope) else scope
    found: Policy | None = Policy.objects.in_force(str(kind), name, entity, on).first()
    if found is None:
        words = Kind(kind).label + ("" if name == STANDARD else f" “{name}”")
        raise RuleRefused(
            "policy_missing",
            f"No policy “{words}” is in force on {on:%-d %b %Y}.",
            "A risk officer drafts one under Policies, and another approves it.",
        )
    return found


def by_digest(digest: str) -> Policy:
    """The policy somebody used, by the digest they stored."""
    try:
        found: Policy = Policy.objects.get(digest=digest)
    except Policy.DoesNotExist:
        raise NotFound from None
    return found


def today(scope: Scope | LegalEntity | None, now: datetime) -> date:
    """The business date of `now` where the legal entity is."""
    entity = entity_of(scope) if isinstance(scope, Scope) else scope
    return now.astimezone(ZoneInfo(entity.zone if entity else "UTC")).date()


def readable(actor: Actor) -> QuerySet[Policy]:
    """The policies a reader may open: the group's, and those of legal entities the reader has something in."""
    rows: Any = Policy.objects.select_related("entity", "drafted_by", "approval__approved_by")
    granted = granted_scopes(actor)
    if granted is None:
        return rows  # type: ignore[no-any-return]
    scopes = Scope.objects.filter(granted)
    return rows.filter(  # type: ignore[no-any-return]
        Q(entity__isnull=True) | Q(scope__in=scopes.values("pk")) | Q(scope__in=scopes.values("parent_id"))
    )


def history(policy: Policy) -> QuerySet[Policy]:
    """Every version of the same policy, the newest first."""
    rows: Any = Policy.objects.filter(kind=policy.kind, name=policy.name, entity=policy.entity)
    return rows.select_related("drafted_by", "approval__approved_by").order_by("-version")  # type: ignore[no-any-return]


def before(policy: Policy) -> Policy | None:
    """What a draft would follow: the last approved version before it, else the group's in force."""
    own = history(policy).filter(approval__isnull=False, version__lt=policy.version).first()
    if own is not None or policy.entity is None:
        return own
    group: Policy | None = Policy.objects.in_force(policy.kind, policy.name, None, policy.valid_from).first()
    return group


def with_standing(rows: QuerySet[Policy], now: datetime) -> QuerySet[Policy]:
    """Each version with its `standing` on the day: draft, coming, in force or past."""
    day = now.astimezone(ZoneInfo("UTC")).date()
    newer = Policy.objects.filter(
        Q(entity=OuterRef("entity")) | Q(entity__isnull=True, scope=OuterRef("scope")),
        approval__isnull=False,
        kind=OuterRef("kind"),
        name=OuterRef("name"),
        valid_from__lte=day,
    ).filter(
        Q(valid_from__gt=OuterRef("valid_from"))
        | Q(valid_from=OuterRef("valid_from"), version__gt=OuterRef("version"))
    )
    return rows.annotate(
        standing=Case(
            When(approval__isnull=True, then=Value("draft")),
            When(valid_from__gt=day, then=Value("coming")),
            When(Exists(newer), then=Value("past")),
            default=Value("in force"),
            output_field=CharField(),
        )
    )
