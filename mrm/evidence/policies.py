"""How the acts of this room are judged."""

from mrm.access.policy_table import policy

policy("evidence.reproduce", "evidence", acting=False)
policy("evidence.record_reproduction", "evidence")
policy("evidence.void", "evidence")
