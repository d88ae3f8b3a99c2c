"""What the ledger stores. Leaf bytes are the truth and are never re-serialised."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Origin(models.Model):
    """The log's name, one row, fixed at the first migration."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=200)

    class Meta:
        """One row only."""

        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="ledger_one_origin"),)

    def __str__(self) -> str:
        return self.name


class Leaf(models.Model):
    """One entry: canonical bytes and their RFC 6962 leaf hash. The bytes hold no index."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    bytes = models.BinaryField()
    hash = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"leaf {self.id} {self.hash[:10]}"


class Pending(models.Model):
    """The work queue of sealing: leaves that are committed and not yet in the sequence."""

    record_kind: ClassVar[str] = "operational"
    why: ClassVar[str] = "a queue that sealing empties; what it holds is said by leaves and sequence"

    leaf = models.OneToOneField(Leaf, models.PROTECT, primary_key=True, related_name="pending")

    def __str__(self) -> str:
        return f"pending {self.leaf_id}"


class Sequence(models.Model):
    """The order of the log: which leaf stands at which index."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    index = models.BigIntegerField(primary_key=True)
    leaf = models.OneToOneField(Leaf, models.PROTECT, related_name="sequence")

    def __str__(self) -> str:
        return f"entry {self.index}"


class Node(models.Model):
    """A perfect subtree, under its in-order position (mrm.kernel.merkle)."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    position = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"node {self.position}"


class Checkpoint(models.Model):
    """A signed head of the log: the note as it was signed, with what it says in columns."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField(db_index=True)
    root = models.CharField(max_length=64)
    note = models.TextField()
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"
