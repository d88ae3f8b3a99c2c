"""A model, its developer, a snapshot, and short recipes on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mrm.access.actors import Actor
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.inventory.models import Model
from registry.training import queries, verbs
from registry.training.models import Recipe, Run
from tests.registry.inventory.making import FirstLine, first_line
from tests.registry.making import released, work

SCORECARD = "train: {use: scorecard, parameters: {smallest_bin: 20}}"
LOGISTIC = """preprocess:
  - columns: numbers
    steps: [{use: sklearn.preprocessing.StandardScaler}]
  - columns: codes
    steps: [{use: sklearn.preprocessing.OneHotEncoder, parameters: {handle_unknown: ignore}}]
train: {use: sklearn.linear_model.LogisticRegression, parameters: {C: 0.5}}"""


def text(snapshot: str = "S-00000", train: str = SCORECARD, **changes: str) -> str:
    """A recipe on the small credit file."""
    parts = {
        "schema": "1",
        "name": "short",
        "seed": "7",
        "data": f"{{snapshot: {snapshot}}}",
        "target": "{column: bad, event: 1}",
        "split": "{kind: random, share: 0.7}",
        "evaluate": "{metrics: [disc.auc]}",
        "register": "{title: trained}",
        **changes,
    }
    return "\n".join(f"{name}: {value}" for name, value in parts.items()) + f"\n{train}\n"


@dataclass
class Shop:
    """A model, its developer and a released snapshot with roles."""

    line: FirstLine
    model: Model
    developer: Actor
    dataset: Dataset
    snapshot: Snapshot

    def recipe(self, train: str = SCORECARD, **changes: str) -> Recipe:
        """A declared recipe on the snapshot."""
        return verbs.declare(
            self.developer, model=self.model, text=text(self.snapshot.reference, train, **changes)
        )

    def start(self, recipe: Recipe) -> Run:
        """A run, not yet worked on."""
        return verbs.start(self.developer, recipe=recipe)

    def run(self, train: str = SCORECARD, **changes: str) -> Run:
        """A run to its end."""
        run = self.start(self.recipe(train, **changes))
        work(run.job)
        return queries.run(run.reference)

    def repeat(self, run: Run, recipe: Recipe | None = None) -> Any:
        """Its newest repetition."""
        job = verbs.reproduce(self.developer, run=run, recipe=recipe)
        work(job.pk)
        return run.repetitions.first()


@pytest.fixture
def shop(db: None) -> Shop:
    """The shop."""
    line = first_line()
    model = line.registered()
    dataset = data.create_dataset(line.developer, entity=line.entity, name="Loans")
    return Shop(line, model, line.developer, dataset, released(line.developer, dataset))
