"""How a run is judged: tests of the battery on the held-out rows' predictions, protected attributes measured beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.evidence import content as contents
from mrm.evidence.reproduce import Diverged, kinds
from mrm.kernel.errors import BadInput, CountersignError
from mrm.policy.models import Policy
from registry.data.frames import banded
from registry.data.rules import LISTED_VALUES, Attribute, Roles
from registry.training import fitting, inputs
from registry.training.models import Run, RunResult
from registry.training.scorecard import spelled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

BESIDE = frozenset({"weight", "exposure", "date", "segment", "key"})
FAIRNESS = "fair."
KIND = "training"


@dataclass(frozen=True)
class Held:
    """The held-out rows with their predictions, as the battery reads them."""

    frame: pd.DataFrame
    roles: dict[str, str]
    event: str
    groups: dict[str, tuple[str, str]]
    inputs: dict[str, str]
    cutoff: float | None


def held(
    body: Mapping[str, Any],
    data: fitting.Data,
    mask: npt.NDArray[np.bool_],
    predictions: npt.NDArray[np.float64],
    *,
    roles: Roles,
    digests: Mapping[str, str],
) -> Held:
    """The rows where `mask` is true, with p beside, and one group column for each protected attribute."""
    rows = fitting.joined(data)[mask].reset_index(drop=True)
    target = body["target"]["column"]
    frame = rows[
        [name for name in rows.columns if name == target or roles.columns.get(str(name)) in BESIDE]
    ].copy()
    known = {str(name): roles.columns[str(name)] for name in frame.columns if name != target}
    known |= {target: "y", "p": "p"}
    frame["p"] = predictions
    groups = {}
    for attribute in attributes(body, rows, roles):
        column = f"{attribute['name']} (group)"
        frame[column] = banded(rows[attribute["column"]], attribute)
        known[column] = "group"
        groups[attribute["name"]] = (column, attribute["reference"])
    cutoff = body["evaluate"].get("cutoff")
    return Held(frame, known, spelled(body["target"]["event"]), groups, dict(digests), cutoff)


def attributes(body: Mapping[str, Any], rows: pd.DataFrame, roles: Roles) -> list[Attribute]:
    """The protected attributes: as the snapshot's roles band them; further columns of the recipe by their codes."""
    found = list(roles.attributes)
    known = {item["column"] for item in found}
    for place, item in enumerate(body.get("protected", [])):
        name = item["column"]
        if name in known:
            continue
        if name not in rows.columns:
            raise BadInput(
                "recipe_columns",
                f"protected.{place}: the data have no column “{name}”.",
                "Correct the recipe, or take a snapshot with that column.",
            )
        counts = rows[name].dropna().map(spelled).value_counts()
        if not 2 <= len(counts) <= LISTED_VALUES:
            raise BadInput(
                "recipe_protected",
                f"protected.{place}: “{name}” has {len(counts)} different values; groups need 2 to {LISTED_VALUES}.",
                "Say in the snapshot's roles how the column makes groups.",
            )
        largest = min(counts.index[counts == counts.max()])
        found.append({"name": name, "column": name, "banding": {"rule": "codes"}, "reference": str(largest)})
    return found


def measured(
    metrics: Sequence[str], rows: Held, thresholds: Policy, progress: Callable[[str], None] = lambda _: None
) -> list[dict[str, Any]]:
    """The content of every metric, ready to be recorded as evidence; fairness once for each attribute."""
    found = []
    for name in metrics:
        for attribute in list(rows.groups) if name.startswith(FAIRNESS) else [""]:
            progress(f"{name} {attribute}".strip())
            found.append(one(name, attribute, rows, thresholds))
    return found


def one(test_id: str, attribute: str, rows: Held, thresholds: Policy) -> dict[str, Any]:
    """One metric as evidence content."""
    from validation import battery
    from validation.battery.errors import BatteryError

    rules = thresholds.body["tests"].get(test_id, {})
    given: dict[str, Any] = {**rules.get("parameters", {}), "event": rows.event}
    if attribute:
        column, reference = rows.groups[attribute]
        given |= {"attributes": [column], "reference": {column: reference}}
        if rows.cutoff is not None:
            given["cutoff"] = rows.cutoff
    accepted = {**battery.spec(test_id).parameters, "event": None}
    given = {name: value for name, value in given.items() if name in accepted}
    try:
        result = battery.run(
            test_id, rows.frame, roles=rows.roles, parameters=given, thresholds=dict(rules.get("limits", {}))
        )
    except BatteryError as error:
        raise BadInput("recipe_metric", f"{test_id}: {error.detail}", error.remedy) from error
    plain = result.to_json()
    charts, sample = plain.pop("charts"), plain.pop("sample")
    return contents.compose(
        kind=KIND,
        test_id=test_id,
        inputs={**rows.inputs, "thresholds": thresholds.digest},
        parameters={**given, "attribute": attribute},
        method={"test": test_id, "version": result.version, "text": result.method},
        seed=None,
        results=plain,
        charts=charts,
        sample=sample,
    )


def figures(content: Mapping[str, Any]) -> dict[str, Any]:
    """The few figures of a metric that lists and comparisons show."""
    results = content["results"]
    wanted = ("statistic", "p_value", "ci", "light", "reason", "title")
    return {name: results.get(name) for name in wanted if results.get(name) not in (None, "")}


def label(content: Mapping[str, Any]) -> str:
    """How a metric is called in a run: its test, and the attribute it was measured for."""
    return f"{content['test']} {content['parameters']['attribute']}".strip()


def recompute(before: Mapping[str, Any]) -> dict[str, Any]:
    """A metric of a run again, from the vault's bytes: rows, which were held out, and the predictions."""
    given = before["inputs"]
    result = (
        RunResult.objects.filter(
            data_digest=given["data"],
            predictions_digest=given["predictions"],
            run__roles__digest=given["roles"],
        )
        .select_related("run__recipe", "run__roles", "run__snapshot__content", "run__held_out__content")
        .first()
    )
    policy = Policy.objects.filter(digest=given["thresholds"]).first()
    if result is None or policy is None:
        raise Diverged("inputs", "no run with these rows and predictions, or no such policy, is kept")
    rows = again(result.run, result)
    if before["parameters"]["attribute"] and before["parameters"]["attribute"] not in rows.groups:
        raise Diverged("inputs", f"the roles name no attribute “{before['parameters']['attribute']}”")
    return one(before["test"], before["parameters"]["attribute"], rows, policy)


def again(run: Run, result: RunResult) -> Held:
    """The held-out rows of a finished run, every input checked against its digest."""
    import numpy as np

    assert run.recipe is not None  # noqa: S101 - imported runs record no evidence of their own
    try:
        data = inputs.read(run).data
        split, predictions = vault.get(result.split), vault.get(result.predictions)
    except CountersignError as error:
        raise Diverged("data", error.detail) from error
    if data.digest != result.data_digest:
        raise Diverged("data", f"the kept rows no longer give the data digest {result.data_digest}")
    trains = np.unpackbits(np.frombuffer(split, dtype=np.uint8))[: result.trace["data"]["rows"]].astype(bool)
    p = np.frombuffer(predictions, dtype="<f8")
    return held(
        run.recipe.body, data, ~trains, p, roles=run.roles.roles, digests=digests_of(run, result.trace)
    )


def digests_of(run: Run, trace: Mapping[str, Any]) -> dict[str, str]:
    """What a metric was computed from, by digest."""
    found = {
        "data": trace["data"]["digest"],
        "roles": run.roles.digest,
        "split": trace["split"]["digest"],
        "predictions": trace["predictions"]["digest"],
    }
    if trace["data"]["held_out"]:
        found["held_out"] = trace["data"]["held_out"]
    return found


kinds.register(KIND, recompute)
