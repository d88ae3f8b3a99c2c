"""What a recalibration envelope says of a run: figure by figure, inside its bounds or outside. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mrm.kernel.errors import BadInput

BOUNDS = {
    "parameters": "parameter → {min, max}: every parameter that a retrain may change",
    "performance": "metric → {least, most_loss}: the least value, and the most it may fall below the base version's",
    "drift": "{mean_p, psi}: how far the mean prediction and its distribution may be from the base version's",
}
MEASURED = frozenset({"mean_p", "psi"})


@dataclass(frozen=True)
class Seen:
    """What is known of a version: the recipe's core and parameters, metrics, mean prediction."""

    core: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | None]
    mean_p: float


def checked(bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds of the right form, or the sentence what is wrong with them."""
    if unknown := sorted(set(bounds) - set(BOUNDS)):
        raise _wrong(f"An envelope has no bounds “{', '.join(unknown)}”.")
    if not bounds.get("performance") or not bounds.get("drift"):
        raise _wrong("An envelope bounds performance and drift; without them nothing is held.")
    for name, item in bounds.get("parameters", {}).items():
        _numbers(f"parameters.{name}", item, {"min", "max"})
        if item.get("min", 0) > item.get("max", item.get("min", 0)):
            raise _wrong(f"parameters.{name}: the least is larger than the most.")
    for name, item in bounds["performance"].items():
        _numbers(f"performance.{name}", item, {"least", "most_loss"})
    _numbers("drift", bounds["drift"], MEASURED)
    return {key: dict(held) for key, held in bounds.items()}


def _numbers(place: str, item: Any, names: set[str] | frozenset[str]) -> None:
    right = isinstance(item, Mapping) and item and set(item) <= names
    if not right or any(
        isinstance(value, bool) or not isinstance(value, int | float) for value in item.values()
    ):
        raise _wrong(f"{place} takes numbers for {', '.join(sorted(names))}.")


def _wrong(why: str) -> BadInput:
    return BadInput(
        "envelope_wrong", why, "; ".join(f"{name}: {text}" for name, text in BOUNDS.items()) + "."
    )


def core(body: Mapping[str, Any]) -> dict[str, Any]:
    """What makes two recipes the same but for data, seed and the parameters of training."""
    train = body.get("train", {}).get("use") or body.get("package", {}).get("entry_point")
    names = ("target", "inputs", "protected", "preprocess")
    return {"train": train, **{name: body[name] for name in names if name in body}}


def judge(
    bounds: Mapping[str, Any], *, expires: date, on: date, base: Seen, now: Seen, psi: float | None
) -> list[dict[str, Any]]:
    """One line per bound: what, found, bound, inside."""
    lines = [
        line("expiry", on.isoformat(), f"until {expires.isoformat()}", on <= expires),
        line("recipe", "the same" if base.core == now.core else "another", "the same", base.core == now.core),
    ]
    lines += _parameters(bounds.get("parameters", {}), base.parameters, now.parameters)
    for name, item in bounds["performance"].items():
        lines += _performance(name, item, base.metrics.get(name), now.metrics.get(name))
    drift = bounds["drift"]
    if "mean_p" in drift:
        moved = abs(now.mean_p - base.mean_p)
        lines.append(
            line(
                "mean prediction",
                f"{moved:.4f} from the base",
                f"at most {drift['mean_p']:g}",
                moved <= drift["mean_p"],
            )
        )
    if "psi" in drift:
        found = "not defined" if psi is None else f"{psi:.4f}"
        lines.append(
            line(
                "PSI of predictions",
                found,
                f"at most {drift['psi']:g}",
                psi is not None and psi <= drift["psi"],
            )
        )
    return lines


def _parameters(
    bounds: Mapping[str, Any], base: Mapping[str, Any], now: Mapping[str, Any]
) -> list[dict[str, Any]]:
    found = []
    for name in sorted(base.keys() | now.keys()):
        value = now.get(name)
        if name in bounds:
            low, high = bounds[name].get("min"), bounds[name].get("max")
            number = isinstance(value, int | float) and not isinstance(value, bool)
            inside = number and (low is None or low <= value) and (high is None or value <= high)
            found.append(
                line(
                    name,
                    repr(value),
                    f"{low if low is not None else '−∞'} to {high if high is not None else '∞'}",
                    inside,
                )
            )
        elif value != base.get(name):
            found.append(line(name, repr(value), f"unchanged ({base.get(name)!r})", inside=False))
    return found


def _performance(
    name: str, bound: Mapping[str, float], base: float | None, now: float | None
) -> list[dict[str, Any]]:
    if now is None:
        return [line(name, "not measured", "measured", inside=False)]
    found = []
    if "least" in bound:
        found.append(line(name, f"{now:.4f}", f"at least {bound['least']:g}", now >= bound["least"]))
    if "most_loss" in bound:
        lost = "not known" if base is None else f"{base - now:.4f} lost"
        inside = base is not None and base - now <= bound["most_loss"]
        found.append(line(f"{name} against the base", lost, f"at most {bound['most_loss']:g}", inside))
    return found


def line(what: str, found: str, bound: str, inside: bool) -> dict[str, Any]:
    """One bound and what was found."""
    return {"what": what, "found": found, "bound": bound, "inside": bool(inside)}
