"""How the acts of this room are judged."""

from mrm.access.policy_table import policy

policy("paper.seal", "scope", own_grant=False)
policy("pack.export", "paper", acting=False)
policy("paper.void", "paper")
