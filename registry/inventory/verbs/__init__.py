"""The acts of the inventory."""

from registry.inventory.verbs.models import assign, describe, propose, register, start_development
from registry.inventory.verbs.tiers import answer_rubric, compute_tier, override_tier
from registry.inventory.verbs.uses import add_use, change_use

__all__ = [
    "add_use",
    "answer_rubric",
    "assign",
    "change_use",
    "compute_tier",
    "describe",
    "override_tier",
    "propose",
    "register",
    "start_development",
]
