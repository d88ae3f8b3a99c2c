"""The acts on versions, their places and names, and use grants."""

from registry.versions.verbs.building import Seen, record_inspection, register_version, state_lineage
from registry.versions.verbs.grants import restrict_grant, revoke_grant
from registry.versions.verbs.names import (
    remove_alias,
    set_alias,
    tag_model,
    tag_version,
    untag_model,
    untag_version,
)
from registry.versions.verbs.stages import archive, promote, request_promotion, withdraw_promotion

__all__ = [
    "Seen",
    "archive",
    "promote",
    "record_inspection",
    "register_version",
    "remove_alias",
    "request_promotion",
    "restrict_grant",
    "revoke_grant",
    "set_alias",
    "state_lineage",
    "tag_model",
    "tag_version",
    "untag_model",
    "untag_version",
    "withdraw_promotion",
]
