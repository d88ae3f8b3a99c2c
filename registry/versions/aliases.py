"""Names of versions and keys of tags: which are one, and which belong to the workflow. Plain values."""

from __future__ import annotations

import re
import unicodedata

from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory.rules import name_key

CHAMPION, CHALLENGER = "champion", "challenger"
WORKFLOW = frozenset({CHAMPION, CHALLENGER})
RESERVED = "mrm."
# What clients of a registry read as something else than a name: the newest version, or a version's number.
NO_NAME = re.compile(r"latest|v?\d+")
LONGEST_NAME, LONGEST_KEY, LONGEST_VALUE = 255, 250, 5000


def alias_key(name: str) -> str:
    """What makes two aliases one: compatibility forms, letter case, invisible characters and outer spaces aside."""
    return unicodedata.normalize("NFKC", name_key(name))


def check_alias(name: str) -> str:
    """The key of a name that may be given by hand or by the workflow."""
    key = alias_key(name)
    if not key or len(name) > LONGEST_NAME or len(key) > LONGEST_NAME or NO_NAME.fullmatch(key):
        raise BadInput(
            "alias_wrong",
            f"“{name[:60]}” cannot be an alias.",
            f"Use a name of up to {LONGEST_NAME} characters that is neither “latest” nor a version number.",
        )
    return key


def reserved(key: str) -> bool:
    """Whether a key, as compared, is in the hands of the workflow."""
    return key in WORKFLOW or key.startswith(RESERVED)


def refuse_reserved(name: str) -> None:
    """Refuse a name that only the workflow sets or takes away."""
    if reserved(alias_key(name)):
        raise RuleRefused(
            "alias_reserved",
            f"“{name[:60]}” belongs to the workflow: champion follows the promotion to production, challenger "
            f"an open request for it, and names with the prefix {RESERVED} are kept for later.",
            "Promote, request or archive the version instead, or choose another name.",
        )


def check_tag(key: str, value: str = "") -> str:
    """The key of a tag, trimmed."""
    wanted = key.strip()
    if not wanted or len(wanted) > LONGEST_KEY or len(value) > LONGEST_VALUE:
        raise BadInput(
            "tag_wrong",
            "A tag needs a key, and this key or value does not fit.",
            f"A key has up to {LONGEST_KEY} characters, a value up to {LONGEST_VALUE:,}.",
        )
    if alias_key(wanted).startswith(RESERVED):
        refuse_reserved(wanted)
    return wanted
