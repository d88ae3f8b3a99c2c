"""Dated policy: a version is a row that never changes, and its approval a row beside it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from mrm.access.models import LegalEntity, Person
from mrm.access.rows import AppendOnly, ScopedQuerySet
from mrm.kernel.canonical import digest
from mrm.policy.rules import STANDARD, Kind


class PolicyQuerySet(ScopedQuerySet["Policy"]):
    """Policies by how they came into force."""

    def approved(self) -> Self:
        """Only what a second person approved."""
        return self.filter(approval__isnull=False)

    def in_force(self, kind: str, name: str, entity: LegalEntity | None, on: date) -> Self:
        """What holds on a date for an entity, the best first: its own before the group's, then the latest."""
        home = Q(entity__isnull=True) | Q(entity=entity) if entity else Q(entity__isnull=True)
        return (
            self.approved()
            .filter(home, kind=kind, name=name, valid_from__lte=on)
            .order_by(F("entity").desc(nulls_last=True), "-valid_from", "-version")
        )


class Policy(AppendOnly):
    """One version of one policy, for a legal entity or (without one) for the group."""

    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=40, default=STANDARD)
    version = models.PositiveIntegerField()
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True, related_name="policies")
    valid_from = models.DateField()
    body = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    drafted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    why = models.TextField(blank=True)

    objects: ClassVar[Any] = PolicyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "name", "entity", "version"], name="policy_version_once_per_entity"
            ),
            # SQLite knows no NULLS NOT DISTINCT
            models.UniqueConstraint(
                fields=["kind", "name", "version"],
                condition=Q(entity__isnull=True),
                name="policy_version_once_in_group",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "name", "valid_from"], name="policy_in_force")]

    def __str__(self) -> str:
        name = "" if self.name == STANDARD else f" {self.name}"
        return f"{self.get_kind_display()}{name}, version {self.version}"

    def get_absolute_url(self) -> str:
        """The page of this version, by its digest."""
        return f"/policies/{self.short}/"

    @property
    def short(self) -> str:
        """As much of the digest as addresses carry."""
        return self.digest[:16]

    @property
    def approver(self) -> str:
        """Who approved it, or nothing."""
        return self.approval.approved_by.name if self.is_approved else ""

    @property
    def is_approved(self) -> bool:
        """Whether a second person has approved it."""
        return hasattr(self, "approval")


class Approval(AppendOnly):
    """The approval of a policy by somebody other than its author."""

    policy = models.OneToOneField(Policy, on_delete=models.PROTECT, related_name="approval")
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"approval of {self.policy_id}"


def policy_digest(
    *, kind: str, name: str, version: int, entity: str | None, valid_from: date, body: Any
) -> str:
    """What evidence and validations store to say which policy they used; the same in every installation."""
    return digest(
        {
            "kind": str(kind),
            "name": name,
            "version": version,
            "entity": entity,
            "valid_from": valid_from.isoformat(),
            "body": body,
        }
    )
