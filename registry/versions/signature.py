"""What a version takes and gives, and what goes wrong with it: plain values, no arithmetic library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

from mrm.kernel.errors import declare

declare("scorecard_wrong", "a scorecard's bins, points or grades contradict each other or its schema")
declare("score_constant", "a version gives every row of its own snapshot the same score")
declare("artefact_memory", "the artefact needed more memory than it may use")
declare("signature_missing", "an artefact does not say its inputs, and none were declared")
declare("signature_differs", "the declared signature is not that of the artefact")
declare("model_columns_missing", "the rows to be scored lack inputs of the model")
declare("model_column_type", "an input of the model has values of the wrong type")
declare("code_unknown", "the rows to be scored have a code that the model was not built with")
declare("model_refused_rows", "the model raised an error on rows that fit its signature")
declare("output_not_finite", "the model gave no number, or one outside 0 and 1, for some rows")
declare("output_not_probability", "the artefact does not give a probability of one event")
declare("type_not_trusted", "a skops file holds types that are not on the fixed list of trusted types")
declare("event_not_in_classes", "the event value of the outcome is none of the classes of the model")


class Input(TypedDict):
    """One input of a model: a number, or a code out of `categories` (empty: any)."""

    name: str
    type: Literal["number", "code"]
    categories: NotRequired[list[Any]]


class Signature(TypedDict):
    """Inputs in order, and what comes out: `p`, and for scorecards `score` and `grade`."""

    inputs: list[Input]
    outputs: list[str]


@dataclass(frozen=True)
class Facts:
    """What the registry knows beside the bytes: types of the columns of the training snapshot, what was declared, the
    event value of the outcome."""

    types: Mapping[str, str] = field(default_factory=dict)
    declared: Signature | None = None
    event: str = ""

    def declared_input(self, name: str) -> Input | None:
        """The declared input of that name."""
        inputs = self.declared["inputs"] if self.declared else []
        return next((item for item in inputs if item["name"] == name), None)

    def declared_categories(self, name: str) -> list[Any]:
        """The levels that were declared for an input, in the order of their numbers."""
        declared = self.declared_input(name)
        return list(declared.get("categories", [])) if declared else []

    def kind(self, name: str) -> Literal["number", "code"]:
        """Whether an input is a number or a code: as declared, else by the snapshot's column."""
        declared = self.declared_input(name)
        if declared:
            return declared["type"]
        return "code" if self.types.get(name, "float64") in {"text", "bool"} else "number"
