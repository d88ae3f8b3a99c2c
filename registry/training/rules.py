"""Words and pure decisions about recipes, runs, their repetition, schedules and envelopes."""

from __future__ import annotations

from django.db.models import TextChoices

from mrm.kernel.errors import declare
from mrm.kernel.transitions import Transitions

LARGEST_RECIPE = 64 * 1024
LEAST_EVENTS, LEAST_TESTED = 10, 5
MOST_CODES = 500
ENTRY_POINTS = "countersign.pipelines"


class RunKind(TextChoices):
    """Where a run took place."""

    RECIPE = "recipe", "by recipe"
    IMPORTED = "imported", "imported from a notebook"


class RunState(TextChoices):
    """How far a run is; read from its result and its job, never stored."""

    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Verdict(TextChoices):
    """How a repetition compares with the run."""

    IDENTICAL = "identical", "identical"
    DIVERGED = "diverged", "diverged"


class Rhythm(TextChoices):
    """When a scheduled run starts by itself."""

    SNAPSHOT = "snapshot", "at each new snapshot of the dataset"
    DAILY = "daily", "each day"
    WEEKLY = "weekly", "each week"
    MONTHLY = "monthly", "each month"


class EnvelopeState(TextChoices):
    """Whether retraining inside the bounds was approved in advance."""

    PROPOSED = "proposed", "proposed"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    ENDED = "ended", "ended"


ENVELOPES = Transitions(
    {
        EnvelopeState.PROPOSED: {EnvelopeState.APPROVED, EnvelopeState.REFUSED},
        EnvelopeState.APPROVED: {EnvelopeState.ENDED},
        EnvelopeState.REFUSED: set(),
        EnvelopeState.ENDED: set(),
    }
)

declare("recipe_unreadable", "a recipe is no YAML document, is too long, or names a thing twice")
declare("recipe_shape", "a field of a recipe is missing, unknown, or not of the form its schema says")
declare(
    "recipe_not_allowed", "a recipe names a class that is not on the list of allowed steps and estimators"
)
declare("recipe_parameter", "a recipe gives a parameter that is not allowed, or a value out of its bounds")
declare("recipe_callable", "a recipe gives a function or an object where only plain values may stand")
declare("recipe_steps_lost", "a recipe puts scikit-learn steps before a model whose format cannot keep them")
declare("recipe_package", "a recipe names an entry point that no installed package offers")
declare(
    "recipe_metric",
    "a recipe asks for a metric that the battery does not have or that needs more than a score",
)
declare("recipe_data", "the data that a recipe names are not there, or are not the reader's to use")
declare("recipe_columns", "the data lack a column of the recipe, or have it in another type (schema drift)")
declare("recipe_target", "the target of a recipe is missing, not binary, or its event does not occur")
declare("recipe_protected", "a protected attribute is an input and nobody said why it is used")
declare("training_too_small", "the training or held-out rows have too few events or too few others")
declare("training_failed", "an estimator or a package stopped with an error while it was fitted")
declare("training_not_finite", "preprocessing gave no number (division by nought, logarithm of nought)")
declare("training_inputs_changed", "a repetition finds an input that is no longer what the run recorded")
declare("run_not_over", "a run is used that is still running or has failed")
declare("run_not_repeatable", "a run is to be repeated that has no recipe, or was never finished")
declare(
    "run_import_wrong", "an imported run lacks its artefact or predictions, or they do not fit its snapshot"
)
declare("schedule_wrong", "a schedule names a rhythm that does not fit its recipe")
declare(
    "envelope_wrong", "the bounds of a recalibration envelope name unknown figures or contradict each other"
)
declare("feature_service_unknown", "a recipe names a feature service that is not there")
