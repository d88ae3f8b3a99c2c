"""Words and limits of the MLflow door, and its pure decisions."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import TextChoices

from mrm.kernel.errors import BadInput, declare

KEY_LENGTH = 250
TAG_LENGTH = 8000
PARAM_LENGTH = 6000
NAME_LENGTH = 500
BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS, BATCH_ALL = 1000, 100, 100, 1000
BIGGEST = 2**63 - 1
DEFAULT_EXPERIMENT = "Default"
RUN_NAME = "mlflow.runName"
NOTE = "mlflow.note.content"
KEY = re.compile(r"[/\w.\- :]+")

declare("experiment_taken", "an experiment of that name is there already")
declare(
    "experiment_home_unclear", "an experiment or a model could belong to several legal entities, or to none"
)
declare("run_under_version", "a run or an experiment is to be deleted from which a version was registered")
declare("run_not_active", "something is logged to a run or an experiment that was deleted")
declare("param_changed", "a parameter of a run that was logged already comes again with another value")
declare("mlflow_parameter", "a call of an MLflow client lacks a parameter, or one cannot be read")
declare("model_name_taken", "a client asks for a model name that it can see to be taken")
declare(
    "model_name_unusable", "a client asks for a model name that is reserved, or taken where it cannot see"
)
declare("never_deleted", "a client wants to delete a registered model or version")
declare("filter_broken", "a filter or an order of an MLflow search cannot be read")
declare("page_token_broken", "a page token of an MLflow search is none of ours")


class Lifecycle(TextChoices):
    """Whether a client's record is shown or put away; nothing is erased."""

    ACTIVE = "active", "active"
    DELETED = "deleted", "put away"


class RunStatus(TextChoices):
    """How a run stands, in the client's words."""

    RUNNING = "RUNNING", "running"
    SCHEDULED = "SCHEDULED", "scheduled"
    FINISHED = "FINISHED", "finished"
    FAILED = "FAILED", "failed"
    KILLED = "KILLED", "killed"


class ModelStatus(TextChoices):
    """How a logged model stands, in the client's words."""

    UNSPECIFIED = "LOGGED_MODEL_STATUS_UNSPECIFIED", "unspecified"
    PENDING = "LOGGED_MODEL_PENDING", "pending"
    READY = "LOGGED_MODEL_READY", "ready"
    UPLOAD_FAILED = "LOGGED_MODEL_UPLOAD_FAILED", "failed"


class FactKind(TextChoices):
    """What a client notes of a run or a logged model by key."""

    PARAM = "param", "parameter"
    TAG = "tag", "tag"


class InputKind(TextChoices):
    """What went into a run, and what came out of it."""

    DATASET = "dataset", "dataset"
    MODEL = "model", "model, as input"
    OUTPUT = "output", "model, as output"


def wrong(detail: str, remedy: str = "") -> BadInput:
    """A call that cannot be answered as it was sent."""
    return BadInput("mlflow_parameter", detail, remedy or "Compare the call with MLflow's REST reference.")


def checked_key(key: str, what: str) -> str:
    """A name of a metric, parameter or tag as MLflow allows it: no path tricks, at most 250 characters."""
    if not KEY.fullmatch(key):
        raise wrong(
            f"Invalid {what} name: '{key[:80]}'. Names may only contain alphanumerics, underscores (_), dashes (-), "
            "periods (.), spaces ( ), colons (:) and slashes (/)."
        )
    if len(key) > KEY_LENGTH:
        raise wrong(
            f"{what} name '{key[:80]}…' has length {len(key)}, which exceeds the limit of {KEY_LENGTH}."
        )
    parts = key.split("/")
    if key.startswith("/") or any(part in {"", ".", ".."} for part in parts):
        raise wrong(
            f"Invalid {what} name: '{key[:80]}'. Names may be treated as paths and must be unique ones."
        )
    return key


def checked_value(value: str, what: str, key: str, limit: int) -> str:
    """A text as long as it may be."""
    if len(value) > limit:
        raise wrong(
            f"The value of {what} '{key[:80]}' has length {len(value)}, which exceeds the limit of {limit}."
        )
    return value


def number_out(value: float) -> Any:
    """A double as proto3 JSON writes it: not-a-number and the infinities are words."""
    if value != value:  # noqa: PLR0124 - the one value that is not itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    return value
