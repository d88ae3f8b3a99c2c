"""How the acts of this room are judged."""

from mrm.access.policy_table import policy

policy("job.schedule", "group", own_grant=False)
policy("job.cancel", "job")
