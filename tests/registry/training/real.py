"""A bank of its own in a fresh home that trains on real or synthetic data: `python -m tests.registry.training.real NAME`.

Every job runs in a process of its own, as a worker's do. Prints one line of JSON: metrics, verdict, what was used.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """A file, what its columns are, and the recipe."""

    name: str
    content: bytes
    columns: dict[str, str]
    event: str
    recipe: str
    model_class: str


def loanapp() -> Case:
    """Mortgage decisions: nothing that follows the decision, no protected attribute and no stand-in for one is an input."""
    from mrm.demo import loanapp as source

    inputs = ("loanamt", "appinc", "dep", "emp", "yjob", "self", "atotinc", "hexp", "price", "other", "rep", "gdlin",
              "mortg", "cons", "pubrec", "hrat", "obrat", "fixadj", "apr", "gift", "cosign", "unver", "netw", "loanprc")  # fmt: skip
    recipe = """preprocess:
  - columns: all
    steps:
      - {use: sklearn.impute.SimpleImputer, parameters: {strategy: median}}
      - {use: sklearn.preprocessing.QuantileTransformer, parameters: {n_quantiles: 100}}
train: {use: sklearn.linear_model.LogisticRegression, parameters: {C: 0.3, max_iter: 2000}}
split: {kind: random, share: 0.7}
protected: [{column: black}, {column: hispan}]
evaluate: {metrics: [disc.auc, fair.air], cutoff: 0.3}
"""
    columns = {**dict.fromkeys(inputs, "feature"), source.TARGET: "y"}
    return Case("loanapp.csv", source.published(), columns, source.REJECTED, recipe, "other")


def fraud() -> Case:
    """Card payments whose label was known by May; those of the first ten weeks train."""
    from mrm.demo import fraud as source

    made = source.stream(customers=150)
    rows = source.observed(made, source.START.replace(month=5))
    sink = io.BytesIO()
    rows[["event", "at", "amount", "merchant", "abroad", "fraud"]].to_parquet(sink, index=False)
    recipe = """inputs: {amount: number, merchant: code, abroad: number}
train: {use: lightgbm, parameters: {rounds: 40, num_leaves: 7, learning_rate: 0.1}}
split: {kind: out_of_time, column: at, from: 2026-02-15}
evaluate: {metrics: [disc.auc]}
"""
    columns = {"event": "key", "at": "date", "amount": "feature", "merchant": "feature", "abroad": "feature", "fraud": "y"}  # fmt: skip
    return Case("payments.parquet", sink.getvalue(), columns, "1", recipe, "fraud")


def told(case: Case) -> dict[str, Any]:
    """The bank, the data, the run, its repetition."""
    from mrm.access.intake import Upload
    from mrm.access.models import LegalEntity
    from mrm.demo import people
    from mrm.jobs import runner
    from registry.data import verbs as data
    from registry.inventory.verbs import models as inventory
    from registry.training import queries, verbs

    entity = LegalEntity.objects.order_by("id").first()
    assert entity is not None
    people.settle(entity)
    owner, developer = people.actor("owner"), people.actor("developer")
    model = inventory.propose(
        owner, entity=entity, name=case.name, responsible=owner.person, owner=owner.person,
        developer=developer.person, model_class=case.model_class, purpose="A trial of recipes on data of this kind.",
    )  # fmt: skip
    dataset = data.create_dataset(developer, entity=entity, name=case.name)
    snapshot = data.upload_snapshot(developer, dataset=dataset, file=Upload.of(case.name, case.content))
    runner.drain()
    snapshot.refresh_from_db()
    data.assign_roles(developer, snapshot=snapshot, columns=case.columns, event=case.event)
    target = next(name for name, role in case.columns.items() if role == "y")
    text = f"""schema: 1
name: {case.name}
seed: 11
data: {{snapshot: {snapshot.reference}}}
target: {{column: {target}, event: "{case.event}"}}
register: {{title: {case.name}}}
{case.recipe}"""
    run = verbs.start(developer, recipe=verbs.declare(developer, model=model, text=text))
    runner.drain()
    made = queries.run(run.reference)
    if made.made is None:
        return {"failed": str(made.work.error_detail if made.work else "")}
    verbs.reproduce(developer, run=made)
    runner.drain()
    again = queries.run(run.reference)
    repetition = again.repetitions.get()
    assert again.made is not None
    assert again.made.version is not None
    return {
        "verdict": str(repetition.verdict),
        "detail": repetition.detail,
        "metrics": again.made.metrics,
        "inputs": list(again.made.trace["data"]["inputs"]),
        "split": again.made.trace["split"],
        "admission": str(
            type(again.made.version).objects.with_facts().get(pk=again.made.version.pk).admission
        ),
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(told({"loanapp": loanapp, "fraud": fraud}[sys.argv[1]]())))
