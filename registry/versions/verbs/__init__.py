"""The acts on versions and use grants."""

from registry.versions.verbs.building import Seen, record_inspection, register_version, state_lineage
from registry.versions.verbs.grants import restrict_grant, revoke_grant

__all__ = [
    "Seen",
    "record_inspection",
    "register_version",
    "restrict_grant",
    "revoke_grant",
    "state_lineage",
]
