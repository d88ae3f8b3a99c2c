"""The acts of the inventory."""

from registry.inventory.verbs.models import assign, describe, propose, register, start_development
from registry.inventory.verbs.non_models import claim_non_model, decide_non_model, reconsider
from registry.inventory.verbs.tiers import answer_rubric, compute_tier, override_tier
from registry.inventory.verbs.uses import add_use, change_use, withdraw_use_change

__all__ = [
    "add_use",
    "answer_rubric",
    "assign",
    "change_use",
    "claim_non_model",
    "compute_tier",
    "decide_non_model",
    "describe",
    "override_tier",
    "propose",
    "reconsider",
    "register",
    "start_development",
    "withdraw_use_change",
]
