"""Datasets, snapshots and versions for tests, made by verbs, with their jobs run to the end in this process."""

from __future__ import annotations

import io
import json
import os
from typing import Any

from mrm.access.actors import Actor, robot
from mrm.access.intake import Upload
from mrm.access.rules import Robot
from mrm.demo import german
from mrm.jobs import leases
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot

COLUMNS = list(german.COLUMNS)


def work(job_id: Any) -> Job:
    """Do a job here, as a worker would in its child."""
    fence = leases.claim(job_id)
    assert fence is not None
    job = Job.objects.select_related("requested_by").get(pk=job_id)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        actor = robot(Robot.WORKER, on_behalf_of=job.requested_by)
        handlers.get(job.kind).run(JobContext(job, fence, actor, sink))
    finally:
        os.close(sink)
    job.refresh_from_db()
    return job


def rows(n: int = 240, seed: int = 7) -> str:
    """A small credit file with a header: key, two numbers, a code, age and a binary outcome that depend on each other."""
    import numpy as np

    draw = np.random.default_rng(seed)
    lines = ["id,income,debt,region,age,bad"]
    for number in range(n):
        income, region = draw.normal(50, 12), draw.choice(["north", "south", "west"])
        debt = 0.4 * income + draw.normal(0, 6) + (4 if region == "west" else 0)
        age = int(draw.integers(19, 70))
        bad = int(draw.random() < 1 / (1 + np.exp(-(0.25 * (debt - 0.4 * income) - 1 + 0.8 * (age <= 25)))))
        lines.append(f"{number},{income:.2f},{debt:.2f},{region},{age},{bad}")
    return "\n".join(lines) + "\n"


ROLES = {
    "id": "key",
    "income": "feature",
    "debt": "feature",
    "region": "feature",
    "age": "feature",
    "bad": "y",
}


def upload(
    actor: Actor, dataset: Dataset, content: bytes | str, name: str = "rows.csv", **facts: Any
) -> Snapshot:
    """A snapshot, profiled."""
    body = content.encode() if isinstance(content, str) else content
    snapshot = data.upload_snapshot(actor, dataset=dataset, file=Upload.of(name, body), **facts)
    work(snapshot.standing.job)
    return Snapshot.objects.get(pk=snapshot.pk)


def released(actor: Actor, dataset: Dataset, content: str | None = None) -> Snapshot:
    """A snapshot with its roles."""
    snapshot = upload(actor, dataset, content or rows())
    data.assign_roles(actor, snapshot=snapshot, columns=ROLES, event="1")
    return snapshot


SCORECARD: dict[str, Any] = {
    "schema": 1,
    "offset": 500,
    "factor": 30,
    "base_points": 470,
    "variables": [
        {"name": "debt", "type": "number", "edges": [15, 22, 30], "points": [40, 20, 5, -20], "missing": 0},
        {"name": "age", "type": "number", "edges": [26], "points": [0, 25], "missing": 0},
        {
            "name": "region",
            "type": "code",
            "bins": [{"codes": ["north", "south"], "points": 10}, {"codes": ["west"], "points": 0}],
            "missing": 0,
        },
    ],
    "grades": {"edges": [480, 520], "names": ["C", "B", "A"]},
}


def scorecard(**changes: Any) -> bytes:
    """A scorecard file."""
    return json.dumps({**SCORECARD, **changes}).encode()


def frame(content: str | None = None) -> Any:
    """The rows as pandas, as anybody would read them."""
    import pandas as pd

    return pd.read_csv(io.StringIO(content or rows()))
