"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.acts import may_see
from mrm.access.policy_table import policy
from mrm.papers.models import Paper


def reads_the_paper(actor: Actor, paper: Paper, _arguments: Mapping[str, Any]) -> str | None:
    """Whoever may read a paper may take its pack: no right to act on the model is needed."""
    return None if may_see(actor, paper.scope) else "This paper is not among those you may read."


policy("paper.seal", "scope", own_grant=False)
policy("pack.export", "paper", reads_the_paper, own_grant=False)
policy("paper.void", "paper")
