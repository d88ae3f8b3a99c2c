"""Words and pure decisions about versions: formats, admission, stages, what a use grant says today."""

from __future__ import annotations

from datetime import date

from django.db.models import TextChoices

from mrm.kernel.errors import BadInput, declare
from mrm.kernel.transitions import Transitions
from registry.versions.signature import Signature

EXAMPLE_ROWS = 100


class Format(TextChoices):
    """How a version is kept."""

    SKOPS = "skops", "scikit-learn in a skops file"
    LIGHTGBM = "lightgbm-txt", "LightGBM text model"
    XGBOOST_JSON = "xgboost-json", "XGBoost model, JSON"
    XGBOOST_UBJ = "xgboost-ubj", "XGBoost model, UBJSON"
    SCORECARD = "scorecard-json", "points scorecard, JSON"
    EXTERNAL = "external", "external: scored data, no artefact"


class VersionOrigin(TextChoices):
    """By which way a version came."""

    UPLOAD = "upload", "uploaded"
    TRAINING = "training", "trained by a recipe"
    MLFLOW = "mlflow", "registered by an MLflow client"


class Admission(TextChoices):
    """Whether a version was let in after its artefact was looked at."""

    PENDING = "pending", "being inspected"
    ADMITTED = "admitted", "admitted"
    REFUSED = "refused", "refused"


class Stage(TextChoices):
    """Where a version stands on its way."""

    DEV = "dev", "dev"
    STAGING = "staging", "staging"
    PROD = "prod", "prod"
    ARCHIVED = "archived", "archived"


class RequestState(TextChoices):
    """What became of a promotion request."""

    OPEN = "open", "open"
    DONE = "done", "done"
    WITHDRAWN = "withdrawn", "withdrawn"


# Back to staging goes a version that another one replaced, or whose last grant in production was revoked; from there
# it can come again. What is archived stays so: the same build comes back as a new version.
STAGES = Transitions(
    {
        Stage.DEV: {Stage.STAGING, Stage.ARCHIVED},
        Stage.STAGING: {Stage.PROD, Stage.ARCHIVED},
        Stage.PROD: {Stage.PROD, Stage.STAGING, Stage.ARCHIVED},
        Stage.ARCHIVED: set(),
    }
)


class GrantState(TextChoices):
    """What was decided of a use grant; that it has lapsed is read from its date."""

    ACTIVE = "active", "active"
    RESTRICTED = "restricted", "restricted"
    REVOKED = "revoked", "revoked"


GRANT_STATES = Transitions(
    {
        GrantState.ACTIVE: {GrantState.RESTRICTED, GrantState.REVOKED},
        GrantState.RESTRICTED: {GrantState.REVOKED, GrantState.ACTIVE},
        GrantState.REVOKED: {GrantState.ACTIVE},
    }
)


def check_signature(signature: Signature) -> None:
    """Refuse a declared signature that does not list each input once, with its type."""
    names = [item["name"] for item in signature["inputs"]]
    kinds = {item["type"] for item in signature["inputs"]}
    if not names or len(set(names)) < len(names) or not kinds <= {"number", "code"}:
        raise BadInput(
            "signature_wrong",
            "The declared signature must list each input once, as a number or a code.",
            'For example {"inputs": [{"name": "age", "type": "number"}], "outputs": ["p"]}.',
        )


def said(reason: str) -> str:
    """The reason of an act that must be explained."""
    if not reason.strip():
        raise BadInput("reason_missing", "A reason is needed.", "Say in a sentence why.")
    return reason.strip()


def grant_standing(state: str, expires: date, today: date) -> str:
    """The state that holds today: an active grant past its end has lapsed."""
    return "lapsed" if state == GrantState.ACTIVE and expires < today else str(state)


declare("artefact_missing", "a format that is kept as an artefact was named, but no file came with it")
declare("artefact_not_wanted", "an external version came with an artefact")
declare("artefact_crashed", "the artefact ended its process when it was opened or asked for a prediction")
declare("artefact_hung", "the artefact did not answer in the time it may take")
declare("lineage_missing", "a version names no snapshot it was built or tested on")
declare(
    "scored_sample_missing", "an external version came without a scored sample, or its columns have no roles"
)
declare("lineage_named", "lineage is stated for a version that names that snapshot already")
declare(
    "artefact_not_held",
    "a version names an artefact that another registry holds and that was never seen here",
)
declare("example_too_long", "an input example has more rows than are kept")
declare("promotion_target", "a promotion names a stage that nobody is promoted to")
declare("promotion_pointless", "a version is to be promoted to where it stands already")
declare("promotion_requested", "a version has an open promotion request already")
declare("use_unknown", "a promotion names a use that is not one of the model's uses in effect")
declare("champion_per_use", "the alias champion is set on a model whose uses may each have another champion")
declare("alias_reserved", "an alias or tag that the workflow sets itself was to be set or removed by hand")
declare("alias_wrong", "the name of an alias is empty, too long or looks like a version number")
declare("name_unknown", "an alias or tag is to be removed that is not there")
declare("tag_wrong", "a tag has no key, or its key or value is too long")
declare("compare_wrong", "a comparison names fewer than two or more than four versions")
declare("version_not_admitted", "a version is used that was refused or is still being inspected")
declare("version_not_granted", "the version has no use grant that could be changed")
declare("signature_wrong", "a declared signature is not a list of inputs with name and type")
