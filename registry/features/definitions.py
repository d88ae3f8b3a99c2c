"""From a file of definitions to plain bodies: YAML documents, each checked by the committed schema, names not yet resolved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from mrm.kernel.errors import BadInput, CountersignError
from registry.features import expressions
from registry.features.rules import TYPES, FeatureName, Kind, microseconds, versioned

SCHEMA = Path(__file__).with_name("definitions.schema.json")
SAID = ("owner", "description")
MAX_BYTES = 1 << 20
MAX_DOCUMENTS = 500


@dataclass(frozen=True)
class Document:
    """One definition as it was written: its place in the file, kind, name, and what it says."""

    place: int
    kind: Kind
    name: str
    body: dict[str, Any]
    owner: str = ""
    description: str = ""


@cache
def validator() -> Draft202012Validator:
    """The schema of one document."""
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def read(text: str | bytes) -> list[Document]:
    """Every document of a file; the first that is wrong is named by its number."""
    if len(text) > MAX_BYTES:
        raise BadInput(
            "definition_invalid", "The file is larger than 1 MB.", "Definitions are text: send data apart."
        )
    try:
        loaded = [item for item in yaml.safe_load_all(text) if item is not None]
    except (yaml.YAMLError, UnicodeDecodeError) as trouble:
        mark = getattr(trouble, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise BadInput(
            "definition_invalid", f"The file is not YAML{where}.", "Separate documents by a line with ---."
        ) from trouble
    if not loaded or len(loaded) > MAX_DOCUMENTS:
        raise BadInput(
            "definition_invalid",
            f"The file holds {len(loaded)} definitions.",
            f"Write 1 to {MAX_DOCUMENTS} documents.",
        )
    documents = [
        at(place, lambda item=item, place=place: _document(place, item))
        for place, item in enumerate(loaded, 1)
    ]
    seen: dict[tuple[str, str], int] = {}
    for item in documents:
        if (first := seen.setdefault((item.kind, item.name), item.place)) != item.place:
            raise BadInput(
                "definition_invalid",
                f"Documents {first} and {item.place} both define {item.kind.value} “{item.name}”.",
                "Keep one of them.",
            )
    return documents


def at(place: int, do: Any) -> Any:
    """Call `do`; an error it raises says in which document."""
    try:
        return do()
    except CountersignError as trouble:
        raise BadInput(trouble.code, f"Document {place}: {trouble.detail}", trouble.remedy) from trouble


def _document(place: int, item: Any) -> Document:
    problem = best_match(validator().iter_errors(item))
    if problem is not None:
        raise BadInput("definition_invalid", _sentence(problem), _remedy(item))
    kind, name = Kind(item["kind"]), str(item["name"])
    said = {name: " ".join(str(item.get(name, "")).split()) for name in SAID}
    plain = {key: value for key, value in item.items() if key not in {"kind", "name", *SAID}}
    return Document(place, kind, name, READERS[kind](plain), **said)


def _sentence(problem: ValidationError) -> str:
    where = ".".join(str(part) for part in problem.absolute_path)
    if problem.validator == "required":
        return f"{problem.message.split(' is a')[0]} is missing."
    if problem.validator == "oneOf" and not where:
        return "A source has either a path or a query."
    if problem.validator == "not":
        return "A source has a known_time or a lag, not both."
    return f"{f'{where}: ' if where else ''}{problem.message[:200]}."


def _remedy(item: Any) -> str:
    fields = {
        "entity": "name, key",
        "source": "name, path or query, event_time, known_time or lag",
        "view": "name, entity, source, features {name: type}; ttl, freshness, transform, tests as needed",
        "service": "name, features [view:feature, …]; freshness as needed",
    }
    kind = item.get("kind") if isinstance(item, Mapping) else None
    if kind in fields:
        return f"A {kind} has: {fields[kind]}; owner and description if you like."
    return "kind is one of: entity, source, view, service."


def _key(item: dict[str, Any]) -> dict[str, Any]:
    key = item["key"]
    return {"key": [key] if isinstance(key, str) else list(key)}


def _source(item: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        name: item[name] for name in ("path", "query", "event_time", "known_time") if name in item
    }
    if "lag" in item:
        body["lag"] = microseconds(item["lag"])
    return body


def _view(item: dict[str, Any]) -> dict[str, Any]:
    features = {name: _type(name, kind) for name, kind in item["features"].items()}
    for name in ("entity", "source"):
        versioned(item[name])
    body: dict[str, Any] = {"entity": item["entity"], "source": item["source"], "features": features}
    body |= {name: microseconds(item[name]) for name in ("ttl", "freshness") if name in item}
    if "transform" in item:
        columns, where = expressions.read(item["transform"], list(features))
        body["transform"] = columns
        body |= {"where": where} if where else {}
    if "tests" in item:
        if unknown := [test["feature"] for test in item["tests"] if test["feature"] not in features]:
            raise BadInput(
                "definition_invalid",
                f"A test names “{unknown[0]}”, which is no feature of the view.",
                f"Features are: {', '.join(features)}.",
            )
        body["tests"] = item["tests"]
    return body


def _type(name: str, kind: str) -> str:
    found = TYPES.get(kind.strip().lower())
    if found is None:
        raise BadInput(
            "definition_invalid",
            f"Feature “{name}” is declared as {kind}, which is no type.",
            f"Types are: {', '.join(sorted(set(TYPES.values())))}.",
        )
    return found


def _service(item: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"features": [str(FeatureName.of(name)) for name in item["features"]]}
    if "freshness" in item:
        body["freshness"] = microseconds(item["freshness"])
    return body


READERS = {Kind.KEY: _key, Kind.SOURCE: _source, Kind.VIEW: _view, Kind.SERVICE: _service}
