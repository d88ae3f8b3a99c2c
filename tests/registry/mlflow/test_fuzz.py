"""No input gives a 5xx: a client would repeat it for minutes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from registry.mlflow.calls import runs  # noqa: F401 - importing it declares the calls
from registry.mlflow.protocol import CALLS
from tests.registry.mlflow.conftest import Door
from tests.registry.mlflow.test_tracking import begun, experiment

FIELDS = [
    "experiment_id",
    "experiment_name",
    "name",
    "new_name",
    "filter",
    "order_by",
    "max_results",
    "page_token",
    "view_type",
    "run_view_type",
    "tags",
    "params",
    "metrics",
    "run_id",
    "run_uuid",
    "run_name",
    "start_time",
    "end_time",
    "status",
    "key",
    "value",
    "timestamp",
    "step",
    "model_id",
    "source",
    "version",
    "stage",
    "stages",
    "alias",
    "description",
    "datasets",
    "models",
    "model_json",
    "metric_key",
    "run_ids",
    "experiment_ids",
    "path",
    "user_id",
]
ODD = some.sampled_from(
    [
        "",
        " ",
        "0",
        "\x00",
        "\ud800",
        "..",
        "1e999",
        "9" * 40,
        "NaN",
        "'",
        "metrics.a > 1",
        "m-",
        "M-00000",
        "é" * 600,
    ]
)
VALUES: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | ODD,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from([*FIELDS, "dataset", "digest"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=some.sampled_from(sorted(CALLS)),
    body=some.dictionaries(some.sampled_from(FIELDS), VALUES, max_size=6),
    real=some.booleans(),
)
def test_no_body_gives_a_5xx(dev: Door, where: tuple[str, str], body: dict[str, Any], real: bool) -> None:
    if not hasattr(dev, "held"):
        home = experiment(dev)
        dev.held = {"experiment_id": home, "run_id": begun(dev, home)}  # type: ignore[attr-defined]
    method, path = where
    sent = {**body, **(dev.held if real else {})}  # type: ignore[attr-defined]
    dev.client.raise_request_exception = False
    url = f"/api/2.0/mlflow/{path.replace('{model_id}', 'm-0').replace('{key}', 'k')}"
    headers = {"Authorization": f"Bearer {dev.token}"}
    if method == "GET":
        query = {name: str(value).encode(errors="replace").decode() for name, value in sent.items()}
        answer = dev.client.get(url, query, headers=headers)
    else:
        answer = dev.client.generic(method, url, json.dumps(sent), "application/json", headers=headers)
    assert answer.status_code < 500, (method, path, sent)


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff", b"1", b"[]", b"x" * (5 * 2**20)])
def test_a_broken_body_is_a_4xx(dev: Door, body: bytes) -> None:
    answer = dev.client.generic(
        "POST",
        "/api/2.0/mlflow/runs/create",
        body,
        "application/json",
        headers={"Authorization": f"Bearer {dev.token}"},
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_code", "message"}
