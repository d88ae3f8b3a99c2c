"""What a recipe may name: steps and estimators by import path, and of each the parameters with their bounds.

A parameter takes a number, a truth value, one of listed words, or (for a constant fill) a plain text. Nothing takes a
function, text that is evaluated, or a path. What is not listed is refused; a library's new parameter is not allowed
until somebody lists it. `random_state` and threads are never parameters: the recipe's seed and one thread are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

FUNCTIONS = frozenset(
    {
        "score_func",
        "metric",
        "func",
        "inverse_func",
        "kernel",
        "scoring",
        "callback",
        "callbacks",
        "obj",
        "fobj",
        "feval",
    }
)


class Check(Protocol):
    """One kind of value."""

    def __call__(self, value: Any) -> str:
        """Why the value is none of this kind, or empty."""
        ...


@dataclass(frozen=True)
class Number:
    """A number within bounds; `whole` without fraction; `none` lets null through."""

    low: float
    high: float
    whole: bool = False
    none: bool = False

    def __call__(self, value: Any) -> str:
        """Bounds and kind."""
        if value is None and self.none:
            return ""
        kind = "a whole number" if self.whole else "a number"
        right = isinstance(value, int) if self.whole else isinstance(value, int | float)
        if not right or isinstance(value, bool) or not self.low <= value <= self.high:
            return f"must be {kind} from {self.low:g} to {self.high:g}"
        return ""


@dataclass(frozen=True)
class Word:
    """One of listed words."""

    words: tuple[str, ...]
    none: bool = False

    def __call__(self, value: Any) -> str:
        """Listed or not."""
        if (value is None and self.none) or (isinstance(value, str) and value in self.words):
            return ""
        return f"must be one of: {', '.join(self.words)}"


@dataclass(frozen=True)
class Either:
    """What one of several checks lets through."""

    checks: tuple[Check, ...]

    def __call__(self, value: Any) -> str:
        """The first check's sentence when none holds."""
        said = [check(value) for check in self.checks]
        return "" if "" in said else " or ".join(said)


class Truth:
    """true or false."""

    def __call__(self, value: Any) -> str:
        """Kind."""
        return "" if isinstance(value, bool) else "must be true or false"


class Plain:
    """A short text that is used as it stands, or a number."""

    def __call__(self, value: Any) -> str:
        """Kind and length."""
        right = isinstance(value, int | float | str) and not isinstance(value, bool) and len(str(value)) <= 60
        return "" if right else "must be a number or a short text"


@dataclass(frozen=True)
class Pair:
    """Two numbers, the smaller first."""

    low: float
    high: float

    def __call__(self, value: Any) -> str:
        """Form and bounds."""
        inside = Number(self.low, self.high)
        if isinstance(value, list) and len(value) == 2 and not (inside(value[0]) or inside(value[1])):
            return "" if value[0] < value[1] else "must have the smaller number first"
        return f"must be two numbers from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Layers:
    """Sizes of a network's layers."""

    def __call__(self, value: Any) -> str:
        """At most three layers of at most 512 nodes."""
        size = Number(1, 512, whole=True)
        right = isinstance(value, list) and 1 <= len(value) <= 3 and not any(size(item) for item in value)
        return "" if right else "must list one to three layers of 1 to 512 nodes"


@dataclass(frozen=True)
class Directions:
    """Inputs whose effect may go one way only."""

    def __call__(self, value: Any) -> str:
        """Column → −1, 0 or 1."""
        right = isinstance(value, Mapping) and all(item in (-1, 0, 1) for item in value.values())
        return "" if right else "must map inputs to -1, 0 or 1"


YES = Truth()
SHARE = Number(0, 1)
COUNT = Number(1, 10_000, whole=True)
Parameters = Mapping[str, Check]
_UNKNOWN = Word(("error", "ignore", "infrequent_if_exist", "warn"))
_FEATURES = Either((Word(("sqrt", "log2"), none=True), SHARE, COUNT))
_TREE: Parameters = {
    "max_depth": Number(1, 64, whole=True, none=True),
    "min_samples_split": Number(2, 100_000, whole=True),
    "min_samples_leaf": Number(1, 100_000, whole=True),
    "max_features": _FEATURES,
    "max_leaf_nodes": Number(2, 100_000, whole=True, none=True),
    "min_impurity_decrease": SHARE,
    "ccp_alpha": Number(0, 1e6),
}
_BALANCED = Word(("balanced",), none=True)
_FOREST: Parameters = {
    **_TREE,
    "n_estimators": Number(1, 2000, whole=True),
    "criterion": Word(("gini", "entropy", "log_loss")),
    "bootstrap": YES,
    "max_samples": Either((Number(0.01, 1, none=True), COUNT)),
    "class_weight": Word(("balanced", "balanced_subsample"), none=True),
}

STEPS: Mapping[str, Parameters] = {
    "sklearn.preprocessing.StandardScaler": {"with_mean": YES, "with_std": YES},
    "sklearn.preprocessing.MinMaxScaler": {"feature_range": Pair(-1e6, 1e6), "clip": YES},
    "sklearn.preprocessing.MaxAbsScaler": {},
    "sklearn.preprocessing.RobustScaler": {
        "with_centering": YES,
        "with_scaling": YES,
        "quantile_range": Pair(0, 100),
        "unit_variance": YES,
    },
    "sklearn.preprocessing.PowerTransformer": {
        "method": Word(("yeo-johnson", "box-cox")),
        "standardize": YES,
    },
    "sklearn.preprocessing.QuantileTransformer": {
        "n_quantiles": COUNT,
        "output_distribution": Word(("uniform", "normal")),
        "subsample": Number(10, 10_000_000, whole=True, none=True),
    },
    "sklearn.preprocessing.KBinsDiscretizer": {
        "n_bins": Number(2, 256, whole=True),
        "encode": Word(("ordinal", "onehot-dense")),
        "strategy": Word(("uniform", "quantile", "kmeans")),
        "subsample": Number(10, 10_000_000, whole=True, none=True),
        "quantile_method": Word(("linear", "averaged_inverted_cdf")),
    },
    "sklearn.preprocessing.OneHotEncoder": {
        "handle_unknown": _UNKNOWN,
        "drop": Word(("first", "if_binary"), none=True),
        "min_frequency": Either((Number(1, 1e9, whole=True, none=True), SHARE)),
        "max_categories": Number(1, 10_000, whole=True, none=True),
        "sparse_output": YES,
    },
    "sklearn.preprocessing.OrdinalEncoder": {
        "handle_unknown": Word(("error", "use_encoded_value")),
        "unknown_value": Number(-1e9, 1e9, whole=True),
        "encoded_missing_value": Number(-1e9, 1e9, whole=True),
        "min_frequency": Either((Number(1, 1e9, whole=True, none=True), SHARE)),
        "max_categories": Number(1, 10_000, whole=True, none=True),
    },
    "sklearn.preprocessing.TargetEncoder": {
        "smooth": Either((Number(0, 1e9), Word(("auto",)))),
        "cv": Number(2, 20, whole=True),
        "shuffle": YES,
    },
    "sklearn.preprocessing.PolynomialFeatures": {
        "degree": Number(1, 3, whole=True),
        "interaction_only": YES,
        "include_bias": YES,
    },
    "sklearn.preprocessing.SplineTransformer": {
        "n_knots": Number(2, 50, whole=True),
        "degree": Number(1, 5, whole=True),
        "knots": Word(("uniform", "quantile")),
        "extrapolation": Word(("error", "constant", "linear", "continue", "periodic")),
        "include_bias": YES,
    },
    "sklearn.impute.SimpleImputer": {
        "strategy": Word(("mean", "median", "most_frequent", "constant")),
        "fill_value": Plain(),
        "add_indicator": YES,
        "keep_empty_features": YES,
    },
    "sklearn.impute.MissingIndicator": {"features": Word(("missing-only", "all"))},
    "sklearn.feature_selection.VarianceThreshold": {"threshold": Number(0, 1e12)},
    "sklearn.feature_selection.SelectKBest": {"k": COUNT},
}

ESTIMATORS: Mapping[str, Parameters] = {
    "sklearn.linear_model.LogisticRegression": {
        "C": Number(1e-9, 1e9),
        "l1_ratio": SHARE,
        "solver": Word(("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")),
        "max_iter": Number(1, 100_000, whole=True),
        "tol": Number(1e-12, 1),
        "fit_intercept": YES,
        "intercept_scaling": Number(1e-6, 1e6),
        "class_weight": _BALANCED,
        "dual": YES,
    },
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": {
        "solver": Word(("svd", "lsqr", "eigen")),
        "shrinkage": Either((Word(("auto",), none=True), SHARE)),
        "tol": Number(1e-12, 1),
    },
    "sklearn.naive_bayes.GaussianNB": {"var_smoothing": Number(0, 1)},
    "sklearn.tree.DecisionTreeClassifier": {
        **_TREE,
        "criterion": Word(("gini", "entropy", "log_loss")),
        "splitter": Word(("best", "random")),
        "class_weight": _BALANCED,
    },
    "sklearn.ensemble.RandomForestClassifier": _FOREST,
    "sklearn.ensemble.ExtraTreesClassifier": _FOREST,
    "sklearn.ensemble.GradientBoostingClassifier": {
        **_TREE,
        "n_estimators": Number(1, 2000, whole=True),
        "learning_rate": Number(1e-5, 1),
        "subsample": Number(0.01, 1),
        "n_iter_no_change": Number(1, 1000, whole=True, none=True),
        "validation_fraction": Number(0.01, 0.9),
        "tol": Number(1e-12, 1),
    },
    "sklearn.ensemble.HistGradientBoostingClassifier": {
        "learning_rate": Number(1e-5, 1),
        "max_iter": Number(1, 5000, whole=True),
        "max_leaf_nodes": Number(2, 10_000, whole=True, none=True),
        "max_depth": Number(1, 64, whole=True, none=True),
        "min_samples_leaf": Number(1, 100_000, whole=True),
        "l2_regularization": Number(0, 1e6),
        "max_features": Number(0.01, 1),
        "max_bins": Number(2, 255, whole=True),
        "early_stopping": YES,
        "n_iter_no_change": Number(1, 1000, whole=True),
        "validation_fraction": Number(0.01, 0.9),
        "class_weight": _BALANCED,
    },
    "sklearn.neural_network.MLPClassifier": {
        "hidden_layer_sizes": Layers(),
        "activation": Word(("identity", "logistic", "tanh", "relu")),
        "solver": Word(("lbfgs", "sgd", "adam")),
        "alpha": Number(0, 1e3),
        "batch_size": Number(1, 100_000, whole=True),
        "learning_rate_init": Number(1e-6, 1),
        "max_iter": Number(1, 5000, whole=True),
        "early_stopping": YES,
    },
    "lightgbm": {
        "rounds": Number(1, 5000, whole=True),
        "learning_rate": Number(1e-4, 1),
        "num_leaves": Number(2, 4096, whole=True),
        "max_depth": Number(-1, 64, whole=True),
        "min_data_in_leaf": Number(1, 1_000_000, whole=True),
        "min_sum_hessian_in_leaf": Number(0, 1e6),
        "lambda_l1": Number(0, 1e6),
        "lambda_l2": Number(0, 1e6),
        "min_gain_to_split": Number(0, 1e6),
        "feature_fraction": Number(0.01, 1),
        "bagging_fraction": Number(0.01, 1),
        "bagging_freq": Number(0, 1000, whole=True),
        "max_bin": Number(2, 4096, whole=True),
        "max_cat_threshold": COUNT,
        "cat_smooth": Number(0, 1e6),
        "cat_l2": Number(0, 1e6),
        "scale_pos_weight": Number(1e-6, 1e6),
        "is_unbalance": YES,
        "monotone": Directions(),
    },
    "xgboost": {
        "rounds": Number(1, 5000, whole=True),
        "learning_rate": Number(1e-4, 1),
        "max_depth": Number(0, 64, whole=True),
        "max_leaves": Number(0, 4096, whole=True),
        "min_child_weight": Number(0, 1e6),
        "gamma": Number(0, 1e6),
        "alpha": Number(0, 1e6),
        "lambda": Number(0, 1e6),
        "subsample": Number(0.01, 1),
        "colsample_bytree": Number(0.01, 1),
        "scale_pos_weight": Number(1e-6, 1e6),
        "max_bin": Number(2, 4096, whole=True),
        "tree_method": Word(("hist", "exact", "approx")),
        "grow_policy": Word(("depthwise", "lossguide")),
        "format": Word(("json", "ubj")),
        "monotone": Directions(),
    },
    "scorecard": {
        "smallest_bin": Number(1, 1_000_000, whole=True),
        "bins": Number(2, 20, whole=True),
        "least_information": SHARE,
        "points_to_double_odds": Number(1, 1000),
        "anchor_points": Number(-10_000, 10_000, whole=True),
        "anchor_odds": Number(1e-3, 1e6),
        "C": Number(1e-9, 1e9),
        "grades": Number(2, 26, whole=True),
        "name": Plain(),
    },
}

NATIVE = frozenset({"lightgbm", "xgboost", "scorecard"})
"""Estimators kept in a format of their own, which takes raw columns: scikit-learn steps before them would be lost."""


def problems(kind: str, use: str, given: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What is wrong with a step (`kind` step) or an estimator: (where below it, code, sentence)."""
    listed = STEPS if kind == "step" else ESTIMATORS
    if use not in listed:
        return [("use", "recipe_not_allowed", f"“{use}” is not on the list of allowed {kind}s.")]
    found = []
    for name, value in given.items():
        check = listed[use].get(name)
        place = f"parameters.{name}"
        if name in FUNCTIONS or callable(value):
            found.append(
                (place, "recipe_callable", f"“{name}” takes a function; a recipe gives plain values only.")
            )
        elif check is None:
            known = ", ".join(listed[use]) or "none"
            found.append(
                (place, "recipe_parameter", f"{use} has no allowed parameter “{name}”; allowed: {known}.")
            )
        elif said := check(value):
            found.append((place, "recipe_parameter", f"“{name}” {said}, and is {value!r}."))
    return found
