"""The policies this release ships, as data files in this folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from mrm.policy.models import Policy, policy_digest


@dataclass(frozen=True)
class Shipped:
    """One policy of the pack."""

    kind: str
    name: str
    version: int
    valid_from: date
    body: dict[str, Any]

    @property
    def digest(self) -> str:
        """The digest its row gets in every installation."""
        return policy_digest(
            kind=self.kind,
            name=self.name,
            version=self.version,
            entity=None,
            valid_from=self.valid_from,
            body=self.body,
        )


def shipped() -> list[Shipped]:
    """Every policy of the pack, by file name."""
    return [
        Shipped(**yaml.safe_load(file.read_text("utf-8")))
        for file in sorted(Path(__file__).parent.glob("*.yaml"))
    ]


def missing() -> list[Shipped]:
    """What an installation does not have yet: a version that a bank made itself is never overwritten."""
    held = set(Policy.objects.filter(entity__isnull=True).values_list("kind", "name", "version"))
    return [item for item in shipped() if (item.kind, item.name, item.version) not in held]
