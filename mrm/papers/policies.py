"""How the acts of this room are judged."""

from mrm.access.policy_table import policy
from mrm.access.separation import not_of_the_first_line

policy("paper.seal", "scope", own_grant=False)
policy("pack.export", "paper", acting=False)
policy("paper.void", "paper", not_of_the_first_line)
