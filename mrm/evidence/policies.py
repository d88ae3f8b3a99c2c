"""How the acts of this room are judged."""

from mrm.access.policy_table import policy
from mrm.access.separation import not_of_the_first_line

policy("evidence.reproduce", "evidence", acting=False)
policy("evidence.record_reproduction", "evidence")
policy("evidence.void", "evidence", not_of_the_first_line)
