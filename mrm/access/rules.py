"""Words and pure decisions of access: roles, kinds of scope, ways of proving who one is."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices

from mrm.kernel.errors import declare


class Role(TextChoices):
    """What kind of act a person may do; on which model is said by grants."""

    MODEL_OWNER = "model_owner", "model owner"
    MODEL_DEVELOPER = "model_developer", "model developer"
    VALIDATOR = "validator", "validator"
    RISK_OFFICER = "risk_officer", "risk officer"
    APPROVER = "approver", "approver"
    ML_ENGINEER = "ml_engineer", "ML engineer"
    AUDITOR = "auditor", "auditor"
    REGULATOR = "regulator", "regulator"
    ADMINISTRATOR = "administrator", "administrator"


class ScopeKind(TextChoices):
    """The levels of the tree of scopes: group → legal entity → model or dataset."""

    GROUP = "group", "group"
    ENTITY = "entity", "legal entity"
    MODEL = "model", "model"
    DATASET = "dataset", "dataset"


PARENTS = {
    ScopeKind.GROUP: None,
    ScopeKind.ENTITY: ScopeKind.GROUP,
    ScopeKind.MODEL: ScopeKind.ENTITY,
    ScopeKind.DATASET: ScopeKind.ENTITY,
}


class GrantLevel(TextChoices):
    """A grant on a scope: seeing, or acting within one's roles (which includes seeing)."""

    READ = "read", "read"
    ACT = "act", "act"


class Door(TextChoices):
    """Through which door an act came."""

    PAGE = "page", "page"
    API = "api", "API"
    SHELL = "shell", "shell"
    JOB = "job", "job"
    INSTALL = "install", "installation"


class Meaning(TextChoices):
    """What a signature says."""

    OPINION = "opinion", "states the opinion of the validator"
    APPROVAL = "approval", "approves for the uses named"
    REJECTION = "rejection", "refuses the uses named"
    CONCURRENCE = "concurrence", "concurs with the acceptance"


class Robot(TextChoices):
    """Named actors that are not people."""

    MIGRATOR = "migrator", "migrator"
    SCHEDULER = "scheduler", "scheduler"
    IMPORTER = "importer", "importer"
    WORKER = "worker", "worker"


SIGNING_MINUTES = timedelta(minutes=5)
DENIAL_WINDOW = timedelta(seconds=60)
LARGE_CHANGE = 200

ONLY_ROLE = frozenset({Role.ADMINISTRATOR})


def roles_conflict(roles: frozenset[str]) -> str | None:
    """Why these roles may not be held by one person, or None."""
    if Role.ADMINISTRATOR in roles and len(roles) > 1:
        return "An administrator holds no other role."
    if Role.REGULATOR in roles and len(roles) > 1:
        return "A regulator holds no other role."
    return None


declare(
    "signing_refused", "the password was wrong, or the proof of identity is used, stale or for other content"
)
declare("one_factor", "a signature was asked for in production with a password alone")
declare("signature_needed", "the act is signed, and no fresh proof of identity came with it")
declare("shell_never_signs", "a signature was asked for on the command line or by a token alone")
declare("idempotency_key_missing", "a write over the API came without Idempotency-Key")
declare("idempotency_key_reused", "an Idempotency-Key came again with another body")
declare("bad_parameter", "a parameter of an act is missing, unknown or of the wrong type")
declare("reason_missing", "an act that must be explained came without a reason")
declare("role_conflict", "the roles may not be held together")
declare("entity_taken", "a legal entity of that name or code exists")
declare("zone_unknown", "a time zone is not one of the tz database")
declare("username_taken", "an account of that name exists")
declare("weak_password", "the password is too short, too common or too like the name")
declare("setup_link_invalid", "the set-up link was used, has expired or never existed")
declare("not_empty", "the installation has people already")
declare("throttled", "too many failed attempts; the account waits")
declare("person_inactive", "the person has been deactivated")
