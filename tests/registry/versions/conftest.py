"""A registered model with a developer, and snapshots to build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mrm.access.actors import Actor
from mrm.access.intake import Upload
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.inventory.models import Model
from registry.versions import verbs
from registry.versions.models import Version
from tests.registry.inventory.making import FirstLine, first_line
from tests.registry.making import released, scorecard, work


@dataclass
class Shop:
    """A model, its developer and a released snapshot with roles."""

    line: FirstLine
    model: Model
    developer: Actor
    dataset: Dataset
    snapshot: Snapshot

    def register(self, artefact: bytes | None = None, kind: str = "scorecard-json", **facts: Any) -> Version:
        """A version, not yet inspected."""
        content = scorecard() if artefact is None else artefact
        given = {"training_snapshot": self.snapshot, "test_snapshot": self.snapshot, **facts}
        file = None if kind == "external" else Upload.of("model", content)
        return verbs.register_version(self.developer, model=self.model, format=kind, artefact=file, **given)

    def version(self, artefact: bytes | None = None, kind: str = "scorecard-json", **facts: Any) -> Version:
        """A version, inspected."""
        made = self.register(artefact, kind, **facts)
        work(made.job)
        return Version.objects.with_facts().get(pk=made.pk)


@pytest.fixture
def shop(db: None) -> Shop:
    """The shop."""
    line = first_line()
    model = line.registered()
    developer = line.developer
    dataset = data.create_dataset(developer, entity=line.entity, name="Loans")
    return Shop(line, model, developer, dataset, released(developer, dataset))
