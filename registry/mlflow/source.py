"""What a client names as the source of a version: our files, another version's, or a place that is not ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from mrm import vault
from mrm.access.actors import Actor
from mrm.kernel.errors import BadInput, declare
from registry.mlflow import files, queries
from registry.mlflow.models import ClientRun, StoredFile, VersionFile
from registry.mlflow.rules import wrong
from registry.versions.danger import MAX_ARTEFACT, refuse_pickle
from registry.versions.rules import EXAMPLE_ROWS, Format
from registry.versions.signature import Signature

declare("source_empty", "a version is to be registered from a place that holds no files")
declare("mlmodel_broken", "a logged model's MLmodel file cannot be read, or names no file that is there")
declare("flavour_refused", "a logged model has no flavour whose format the registry admits")

MLMODEL = "MLmodel"
LARGEST_YAML = 256 * 1024
OURS = re.compile(r"E-[0-9A-Z]{5}")
NUMBERS = {"double", "float", "long", "integer"}
CODES = {"string", "boolean"}
WAY_OUT = (
    'Log the model without pickle: mlflow.sklearn.log_model(…, serialization_format="skops"), a LightGBM or XGBoost '
    "booster with mlflow.lightgbm.log_model or mlflow.xgboost.log_model."
)
File = StoredFile | VersionFile


@dataclass(frozen=True)
class Bundle:
    """The files of a logged model, and what its MLmodel says of them, read as data."""

    files: Mapping[str, File]
    format: Format
    artefact: File
    signature: Signature | None = None
    example: list[dict[str, Any]] | None = None
    environment: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def place_of(actor: Actor, source: str) -> str | None:
    """The path of our files that a source names, or None when another tracker keeps them."""
    scheme, colon, rest = source.partition(":")
    if not colon:
        return None
    path = rest.lstrip("/")
    if scheme == "runs":
        key, _, tail = path.partition("/")
        run = queries.run(actor, key)
        return f"{run.experiment.reference}/{run.key}/artifacts/{tail}"
    if scheme == "mlflow-artifacts":
        if rest.startswith("//"):
            path = path.partition("/")[2]
        return path if OURS.fullmatch(path.partition("/")[0]) else None
    if scheme == "models":
        return _of_model(actor, path)
    return None


def _of_model(actor: Actor, path: str) -> str | None:
    name, _, which = path.partition("/")
    if not which and name.startswith("m-"):
        model = queries.known_model(actor, name)
        return model.place.partition(":/")[2] if model else None
    if which.isdigit() and len(which) < 10:
        version = queries.version(actor, name, int(which))
        return f"{files.VERSIONS}/{version.pk.hex}"
    return None


def bundle(actor: Actor, place: str) -> Bundle:
    """The files of a place with their format; refused is what runs code when it is loaded."""
    place = files.safe(place)
    root = files.inner(place)
    found: dict[str, File] = {}
    for row in files.below(actor, place):
        found[row.path[len(root) :].lstrip("/") or row.path.rpartition("/")[2]] = row
    if not found:
        raise BadInput("source_empty", "The source holds no files.", "Log the model first, then register it.")
    if MLMODEL in found:
        return _of_mlmodel(found)
    if len(found) == 1:
        name, row = next(iter(found.items()))
        return Bundle(found, _by_name(name), _checked(row))
    raise BadInput("mlmodel_broken", "The source holds no MLmodel file.", "Log the model with log_model.")


def _by_name(name: str) -> Format:
    endings = {".skops": Format.SKOPS, ".txt": Format.LIGHTGBM, ".json": Format.SCORECARD}
    for ending, kind in endings.items():
        if name.endswith(ending):
            return kind
    raise BadInput("flavour_refused", f"“{name[:60]}” is of no format that is admitted here.", WAY_OUT)


def _of_mlmodel(found: dict[str, File]) -> Bundle:
    said = described(found[MLMODEL])
    kind, name = flavour(said)
    row = found.get(name) or found.get(f"{name}/model.skops")
    if row is None:
        raise BadInput(
            "mlmodel_broken", f"MLmodel names the file “{name[:80]}”, which is not there.", "Log it again."
        )
    requirements = found.get("requirements.txt")
    return Bundle(
        files=found,
        format=kind,
        artefact=_checked(row),
        signature=signature_of(said.get("signature")),
        example=_example(said.get("saved_input_example_info"), found),
        environment=requirements.digest if requirements else "",
        facts={"mlflow": str(said.get("mlflow_version", ""))[:20]},
    )


def described(row: File) -> dict[str, Any]:
    """MLmodel as plain data: no tags, no objects."""
    try:
        if row.size > LARGEST_YAML:
            raise ValueError
        said = yaml.safe_load(vault.get(row.digest).decode())
        if not isinstance(said, dict):
            raise ValueError
    except (ValueError, yaml.YAMLError, RecursionError):
        raise BadInput("mlmodel_broken", "The MLmodel file cannot be read.", "Log the model again.") from None
    return said


def flavour(said: dict[str, Any]) -> tuple[Format, str]:
    """The format that an MLmodel's words claim, and the file that holds it; refused before any of its bytes are asked."""
    flavours = said.get("flavors")
    flavours = flavours if isinstance(flavours, dict) else {}
    for name, read in FLAVOURS.items():
        facts = flavours.get(name)
        if isinstance(facts, dict):
            return read(facts)
    names = ", ".join(str(name)[:30] for name in list(flavours)[:6]) or "none"
    raise BadInput("flavour_refused", f"None of the model's flavours ({names}) is admitted here.", WAY_OUT)


def _sklearn(facts: dict[str, Any]) -> tuple[Format, str]:
    form = str(facts.get("serialization_format", "pickle"))[:40]
    if form != "skops":
        raise BadInput(
            "pickle_refused",
            f"The model was saved as {form}. Loading it would run whatever code is in it.",
            WAY_OUT,
        )
    return Format.SKOPS, _text(facts, "pickled_model")


def _lightgbm(facts: dict[str, Any]) -> tuple[Format, str]:
    return Format.LIGHTGBM, _text(facts, "data")


def _xgboost(facts: dict[str, Any]) -> tuple[Format, str]:
    name = _text(facts, "data")
    form = str(facts.get("model_format") or name.rpartition(".")[2]).lower()
    wanted = f"xgboost-{form}"
    if wanted not in Format.values:
        raise BadInput(
            "flavour_refused", f"An XGBoost model in the form “{form[:20]}” is not admitted.", WAY_OUT
        )
    return Format(wanted), name


FLAVOURS = {"lightgbm": _lightgbm, "xgboost": _xgboost, "sklearn": _sklearn}


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput("mlmodel_broken", f"MLmodel does not say “{name}”.", "Log the model again.")
    return files.safe(value)


def _checked(row: File) -> File:
    if row.size > MAX_ARTEFACT:
        raise BadInput(
            "artefact_too_large",
            f"The artefact has {row.size / 2**20:.0f} MB; {MAX_ARTEFACT // 2**20} are allowed.",
            "Register a smaller model, or as external with a scored sample.",
        )
    try:
        refuse_pickle(vault.get(row.digest))
    except BadInput as refused:
        remedy = WAY_OUT if refused.code == "pickle_refused" else refused.remedy
        raise BadInput(refused.code, refused.detail, remedy) from None
    return row


def signature_of(said: Any) -> Signature | None:
    """The declared inputs, when each has a name and a plain type."""
    try:
        columns = json.loads(said["inputs"]) if isinstance(said, dict) and said.get("inputs") else []
        kinds = {**dict.fromkeys(NUMBERS, "number"), **dict.fromkeys(CODES, "code")}
        inputs: Any = [{"name": str(item["name"]), "type": kinds[item["type"]]} for item in columns]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return {"inputs": inputs, "outputs": ["p"]} if inputs else None


def _example(said: Any, found: dict[str, File]) -> list[dict[str, Any]] | None:
    if not isinstance(said, dict):
        return None
    row = found.get(str(said.get("artifact_path", "")))
    if row is None or row.size > LARGEST_YAML:
        return None
    try:
        kept = json.loads(vault.get(row.digest))
        rows = [dict(zip(kept["columns"], values, strict=True)) for values in kept["data"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return rows[:EXAMPLE_ROWS] or None


def known_run(actor: Actor, key: str, model_key: str = "") -> ClientRun | None:
    """The run of that id, or of the logged model, if the caller may see it; another tracker's stays a text."""
    model = queries.known_model(actor, model_key) if model_key else None
    if model is not None and model.run is not None:
        return model.run
    row: ClientRun | None = ClientRun.objects.visible_to(actor).filter(pk__in=queries.hexes([key])).first()
    return row


def checked_source(source: str) -> str:
    """A source as it may be kept."""
    if len(source) > 1000 or ".." in source.split("/"):
        raise wrong("Invalid model version source: it is too long, or would leave its folder.")
    return source
