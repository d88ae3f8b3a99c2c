"""The catalogue of tests: their registration, and how one is run on a frame with roles."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from validation.battery.case import Case, Progress
from validation.battery.errors import BatteryError
from validation.battery.explainable import Explainable
from validation.battery.result import NOT_DEFINED, Result, plain_value
from validation.battery.settings import coerce

Function = Callable[..., Result]
AREAS = ("data", "soundness", "performance", "explainability", "fairness")


@dataclass(frozen=True)
class Spec:
    """One test: its id and title, report section, source, what it needs, and the limits a policy may set."""

    id: str
    title: str
    area: str
    reference: str
    function: Function
    needs: tuple[str, ...]
    optional: tuple[str, ...] = ()
    default_thresholds: Mapping[str, float] = field(default_factory=dict)
    needs_model: bool = False
    h0: str = ""
    direction: str = ""
    version: int = 1

    @property
    def methodology(self) -> str:
        """The text printed in the report: purpose, formula, H0, undefined cases, limits, source."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The keyword-only parameters of the test."""
        found = inspect.signature(self.function, eval_str=True).parameters
        return {name: p for name, p in found.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}

    def describe(self) -> dict[str, Any]:
        """The spec as plain values."""
        return {
            "id": self.id,
            "title": self.title,
            "area": self.area,
            "reference": self.reference,
            "needs": list(self.needs),
            "optional": list(self.optional),
            "needs_model": self.needs_model,
            "default_thresholds": dict(self.default_thresholds),
            "parameters": {
                name: None if p.default is inspect.Parameter.empty else plain_value(p.default)
                for name, p in self.parameters.items()
            },
            "h0": self.h0,
            "direction": self.direction,
            "version": self.version,
            "methodology": self.methodology,
        }


_SPECS: dict[str, Spec] = {}
COMMON = ("event", "score_means")


def catalogued(
    test_id: str,
    *,
    title: str,
    area: str,
    reference: str,
    needs: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    thresholds: Mapping[str, float] | None = None,
    needs_model: bool = False,
    h0: str = "",
    direction: str = "",
    version: int = 1,
) -> Callable[[Function], Function]:
    """Register a function of a case as the test `test_id`. `a|b` in `needs` means either."""
    if area not in AREAS:
        raise ValueError(f"{area} is not a section of the report")

    def register(function: Function) -> Function:
        if test_id in _SPECS:
            raise ValueError(f"{test_id} is registered twice")
        _SPECS[test_id] = Spec(
            id=test_id,
            title=title,
            area=area,
            reference=reference,
            function=function,
            needs=needs,
            optional=optional,
            default_thresholds=dict(thresholds or {}),
            needs_model=needs_model,
            h0=h0,
            direction=direction,
            version=version,
        )
        return function

    return register


def catalogue() -> list[Spec]:
    """All tests, by id."""
    return [_SPECS[key] for key in sorted(_SPECS)]


def spec(test_id: str) -> Spec:
    """The test with this id."""
    if test_id not in _SPECS:
        raise BatteryError(
            "test_unknown",
            f"The battery has no test “{test_id}”.",
            "`battery list` shows the tests there are.",
        )
    return _SPECS[test_id]


def run(
    test_id: str,
    frame: pd.DataFrame,
    *,
    roles: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, float] | None = None,
    model: Explainable | None = None,
    reference: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run one test on a frame.

    `roles` says what each column is ({column: role}); without it a column named like a role has that role.
    `thresholds` are the policy's limits (none: the light is `shown`). Data on which the statistic does not
    exist give a result that is not defined, with the reason; wrong input raises BatteryError.
    """
    chosen = spec(test_id)
    given, common = _parameters(chosen, dict(parameters or {}))
    limits = _limits(chosen, dict(thresholds or {}))
    case = Case.of(
        test_id=test_id,
        frame=frame,
        roles=dict(roles) if roles is not None else None,
        thresholds=limits,
        model=model,
        reference=reference,
        progress=progress,
        event=common.get("event"),
        score_means=str(common.get("score_means", "risk")),
    )
    case.check_needs(chosen.needs, needs_model=chosen.needs_model)
    outcome = chosen.function(case, **given)
    defaults = {
        name: p.default for name, p in chosen.parameters.items() if p.default is not inspect.Parameter.empty
    }
    return replace(
        outcome,
        title=chosen.title,
        h0=chosen.h0,
        direction=chosen.direction,
        version=chosen.version,
        thresholds=limits,
        light=outcome.light if outcome.defined else NOT_DEFINED,
        parameters=plain_value({**defaults, **given, **common, **outcome.parameters}),
    )


def _parameters(chosen: Spec, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    known = chosen.parameters
    common = {name: given.pop(name) for name in COMMON if name in given and name not in known}
    for name in given:
        if name not in known:
            raise BatteryError(
                "parameter_unknown",
                f"{chosen.id} has no parameter “{name}”.",
                f"It knows: {', '.join([*known, *COMMON])}.",
            )
    for name, parameter in known.items():
        if parameter.default is inspect.Parameter.empty and name not in given:
            raise BatteryError(
                "parameter_missing", f"{chosen.id} needs the parameter “{name}”.", f"Set {name}."
            )
    values = {name: coerce(chosen.id, name, value, known[name].annotation) for name, value in given.items()}
    return values, common


def _limits(chosen: Spec, given: dict[str, float]) -> dict[str, float]:
    for name, value in given.items():
        if name not in chosen.default_thresholds:
            raise BatteryError(
                "threshold_unknown",
                f"{chosen.id} is not judged by “{name}”.",
                f"It knows: {', '.join(chosen.default_thresholds) or 'no thresholds'}.",
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BatteryError(
                "threshold_not_a_number",
                f"The threshold {name} of {chosen.id} is not a number.",
                "Set a number.",
            )
    return {name: float(value) for name, value in given.items()}
