"""The test battery: a pure library of statistical tests, each with its methodology and golden numbers."""

from validation.battery import (
    calibration,
    discrimination,
    error_rates,
    explain_lime,
    explain_shap,
    fairness,
    information,
    obligors,
    quality,
    row_order,
    soundness,
    stability,
)
from validation.battery.catalogue import Spec, catalogue, run, spec
from validation.battery.errors import BatteryError
from validation.battery.explainable import Explainable, Linear, Opaque, Points, Trees
from validation.battery.result import Result

FAMILIES = (
    calibration,
    discrimination,
    error_rates,
    explain_lime,
    explain_shap,
    fairness,
    information,
    obligors,
    quality,
    row_order,
    soundness,
    stability,
)

__all__ = [
    "FAMILIES",
    "BatteryError",
    "Explainable",
    "Linear",
    "Opaque",
    "Points",
    "Result",
    "Spec",
    "Trees",
    "catalogue",
    "run",
    "spec",
]
