"""A recipe as text and as plain values: read from YAML, held against its schema and the list of what it may name.

Every field that is wrong is said with its place in the document, a sentence and a remedy, all at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import yaml

from mrm.kernel import canonical
from mrm.kernel.errors import BadInput
from registry.training import allowed
from registry.training.rules import ENTRY_POINTS, LARGEST_RECIPE

SCHEMA = Path(__file__).with_name("recipe.schema.json")
NEEDS_MORE = ("explain.", "sound.", "stab.", "disc.auc_two_models", "disc.auc_vs_initial", "dq.")
REMEDIES = {
    "recipe_shape": "The form of a recipe is shown on the page “New recipe” and in registry/training/recipe.schema.json.",
    "recipe_not_allowed": "Use a listed class, or have an administrator install the bank's own package and name its entry point.",
    "recipe_parameter": "Use an allowed parameter with a value in its bounds, or leave it out.",
    "recipe_callable": "Give plain values. A function belongs into a package that an administrator installs.",
    "recipe_steps_lost": "Leave the steps out (the model treats codes and missing values itself), or train a scikit-learn estimator.",
    "recipe_package": f"Have an administrator install the package that offers it in the group {ENTRY_POINTS}.",
    "recipe_metric": "Name a test of the battery that judges a score: manage.py battery list shows them.",
    "recipe_protected": "Take the column out of the inputs, or say in “used” why it may be one.",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its place in the document, code, sentence, remedy."""

    path: str
    code: str
    detail: str
    remedy: str


@dataclass(frozen=True)
class Recipe:
    """A recipe that may run: its text as written, its plain values, and their digest."""

    text: str
    body: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of its values: comments and layout change nothing."""
        return canonical.digest(self.body)

    @property
    def name(self) -> str:
        """What it calls itself."""
        return str(self.body["name"])


class _Loader(yaml.SafeLoader):
    """Plain values only; a key that stands twice is refused, dates stay text."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = next((str(key) for key in keys if keys.count(key) > 1), "")
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"“{twice}” stands twice", node.start_mark)
    return {str(key): value for key, value in loader.construct_pairs(node, deep=True)}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: str(node.value))


def parsed(text: str) -> Recipe:
    """The recipe, or every problem in one refusal."""
    body = _values(text)
    found = list(problems(body))
    if found:
        raise refusal(found)
    return Recipe(text, body)


def refusal(found: list[Problem]) -> BadInput:
    """One error for all problems; the first gives the code, all stand in the sentence and among the facts."""
    first = found[0]
    said = " ".join(f"{item.path}: {item.detail}" for item in found[:8])
    more = f" And {len(found) - 8} more." if len(found) > 8 else ""
    return BadInput(first.code, said + more, first.remedy, problems=[asdict(item) for item in found])


def _values(text: str) -> dict[str, Any]:
    if len(text.encode()) > LARGEST_RECIPE:
        raise _unreadable(f"A recipe has at most {LARGEST_RECIPE // 1024} KB.")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_Loader)):
            raise _unreadable("A recipe has no anchors and aliases (& and *): each value is written out.")
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.constructor.ConstructorError as trouble:
        line = trouble.problem_mark.line + 1 if trouble.problem_mark else 1
        if "tag" in str(trouble.problem):
            raise BadInput(
                "recipe_callable",
                f"Line {line} asks for an object of a program; a recipe holds plain values only.",
                REMEDIES["recipe_callable"],
                line=line,
            ) from None
        raise _unreadable(f"Line {line}: {trouble.problem}.") from None
    except (yaml.YAMLError, RecursionError) as trouble:
        mark = getattr(trouble, "problem_mark", None)
        where = f"line {mark.line + 1}: {getattr(trouble, 'problem', '')}" if mark else "it is too deep"
        raise _unreadable(f"The recipe is no YAML: {where}.") from None
    if not isinstance(values, dict):
        raise _unreadable("A recipe is a YAML document of fields and values.")
    return values


def _unreadable(why: str) -> BadInput:
    return BadInput("recipe_unreadable", why, "Correct the text; the page “New recipe” shows a whole recipe.")


def problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that is wrong with plain values, in the order of the document."""
    shape = list(_shape(body))
    yield from shape
    if shape:
        return
    for path, code, detail in [*_steps(body), *_inputs(body), *_metrics(body)]:
        yield Problem(path, code, detail, REMEDIES[code])


@cache
def validator() -> Any:
    """The committed schema, ready to check."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(
        json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _shape(body: Mapping[str, Any]) -> Iterator[Problem]:
    found = sorted(validator().iter_errors(body), key=lambda item: list(map(str, item.absolute_path)))
    for error in [_nearest(item) if item.validator == "oneOf" else item for item in found]:
        path = ".".join(map(str, error.absolute_path)) or "recipe"
        if error.validator == "required":
            missing = str(error.message).split("'")[1]
            path = missing if path == "recipe" else f"{path}.{missing}"
            detail = "is missing."
        elif error.validator == "additionalProperties":
            detail = f"has a field that is unknown here ({error.message.split('(')[-1].split(' w')[0].strip(chr(39))})."
        else:
            detail = f"{error.message[:200]}."
        yield Problem(path, "recipe_shape", detail, REMEDIES["recipe_shape"])


def _nearest(error: Any) -> Any:
    """Of several forms, the error of the one that was meant: the fewest complaints, not a wrong `kind`."""
    if not error.absolute_path:
        return error
    forms: dict[int, list[Any]] = {}
    for item in error.context:
        forms.setdefault(item.schema_path[0], []).append(item)

    def distance(found: list[Any]) -> tuple[int, int]:
        other_kind = any(item.validator in {"const", "type"} for item in found)
        return (int(other_kind), len(found))

    return min(forms.values(), key=distance)[0] if forms else error


def _steps(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for place, group in enumerate(body.get("preprocess", [])):
        for number, step in enumerate(group["steps"]):
            here = f"preprocess.{place}.steps.{number}"
            for path, code, said in allowed.problems("step", step["use"], step.get("parameters", {})):
                yield f"{here}.{path}", code, said
    if "package" in body:
        if body["package"]["entry_point"] not in packages():
            name = body["package"]["entry_point"]
            yield "package.entry_point", "recipe_package", f"No installed package offers “{name}”."
        return
    train = body["train"]
    for path, code, said in allowed.problems("estimator", train["use"], train.get("parameters", {})):
        yield f"train.{path}", code, said
    if body.get("preprocess") and train["use"] in allowed.NATIVE:
        said = f"The file of a {train['use']} model takes raw columns; scikit-learn steps before it would be lost."
        yield "preprocess", "recipe_steps_lost", said


def _inputs(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    inputs = list(body.get("inputs", []))
    if body["target"]["column"] in inputs:
        yield "inputs", "recipe_shape", f"The target “{body['target']['column']}” cannot be an input."
    for place, item in enumerate(body.get("protected", [])):
        if item["column"] in inputs and "used" not in item:
            said = f"The protected attribute “{item['column']}” is an input, and “used” does not say why."
            yield f"protected.{place}", "recipe_protected", said


def _metrics(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    from validation import battery  # pandas comes with it: only where a recipe is checked

    known = {spec.id for spec in battery.catalogue()}
    for place, name in enumerate(body["evaluate"]["metrics"]):
        if name not in known:
            yield f"evaluate.metrics.{place}", "recipe_metric", f"The battery has no test “{name}”."
        elif name.startswith(NEEDS_MORE):
            said = f"“{name}” needs a model or a second sample; a run measures the held-out rows' scores."
            yield f"evaluate.metrics.{place}", "recipe_metric", said


def packages() -> dict[str, Any]:
    """The pipelines that installed packages of the bank offer, by name."""
    return {item.name: item for item in entry_points(group=ENTRY_POINTS)}
