"""The matrix of doors: for every route, who finds what behind it.

One line per route, sorted. A line names the kind of door, and with it the exact status of every relation to the object:
whoever is not signed in is sent to the sign-in page (the API answers 401), whoever may not see the object gets 404 in the very
words of an object that does not exist, everybody else gets the status of the line, 200 unless another is said. A page that
somebody sees may still say why they may not act: that is the matrix of acts, in `rights.py`.

The relations: `stranger` holds every role and no grant; `reader` a grant to read the model and no role; `owner`, `developer`,
`builder` (of this version), `validator` (of this case, has declared), `signer` (of this case's opinion) stand in that relation
and hold every role of the business besides, so that only the relation stands in their way; `officer` has decided on the case,
`approver` has not, both hold one role; `auditor` reads the legal entity; `elsewhere` is a regulator of another model.
"""

from __future__ import annotations

RELATIONS = (
    "nobody", "stranger", "reader", "owner", "developer", "builder", "validator", "signer", "officer", "approver", "auditor",
    "elsewhere", "administrator",
)  # fmt: skip
MEMBERS = RELATIONS[1:]
OUTSIDE_MODEL = frozenset({"stranger", "elsewhere", "administrator"})
OUTSIDE_DATASET = OUTSIDE_MODEL | {"reader"}
OUTSIDE_ENTITY = frozenset({"stranger", "elsewhere", "reader"})

Door = dict[str, int]


def _door(status: int, absent: frozenset[str]) -> Door:
    return {"nobody": 401, **{who: 404 if who in absent else status for who in MEMBERS}}


def everybody(status: int = 200) -> Door:
    """Stands open, also to those who are not signed in."""
    return dict.fromkeys(RELATIONS, status)


def members(status: int = 200) -> Door:
    """For everybody who is signed in; what it lists is for each their own."""
    return _door(status, frozenset())


def of_model(status: int = 200) -> Door:
    """What hangs on a model: for those with a grant on it or above."""
    return _door(status, OUTSIDE_MODEL)


def of_dataset(status: int = 200) -> Door:
    """A grant on a model shows schema and profile of its snapshots, not the dataset they are of."""
    return _door(status, OUTSIDE_DATASET)


def of_entity(status: int = 200) -> Door:
    """People are seen within their legal entity, and by the administrator."""
    return _door(status, OUTSIDE_ENTITY)


def only(who: str, status: int = 200) -> Door:
    """For one's own things: a token, a pack that one took oneself."""
    return _door(status, frozenset(MEMBERS) - set(who.split()))


ROUTES: dict[str, Door] = {
    "account": members(),
    "account-open": of_entity(),
    "alias-remove": of_model(),
    "alias-set": of_model(),
    "api-condition": of_model(),
    "api-conditions": members(),
    "api-dataset": of_dataset(),
    "api-dataset-query": of_dataset(422),
    "api-dataset-snapshots": of_dataset(),
    "api-datasets": members(),
    "api-docs": members(),
    "api-evidence": of_model(),
    "api-evidence-list": members(),
    "api-feature-read": members(405),
    "api-feature-service": of_dataset(),
    "api-features": members(),
    "api-finding": of_model(),
    "api-findings": members(),
    "api-job": of_model(),
    "api-jobs": members(),
    "api-model": of_model(),
    "api-model-uses": of_model(),
    "api-models": members(),
    "api-paper": of_model(),
    "api-papers": members(),
    "api-recipe": of_model(),
    "api-recipes": members(),
    "api-run": of_model(),
    "api-runs": members(),
    "api-schema": members(),
    "api-snapshot": of_model(),
    "api-snapshot-against": of_model(),
    "api-validation": of_model(),
    "api-validations": members(),
    "api-version": of_model(),
    "api-version-search": members(),
    "api-versions": of_model(),
    "api-versions-compare": of_model(422),  # the story's version has no other beside it
    "client-run": of_model(),
    "condition": of_model(),
    "condition-confirm": of_model(),
    "condition-fulfil": of_model(),
    "condition-new": of_model(),
    "condition-withdraw": of_model(),
    "conditions": members(),
    "dataset": of_dataset(),
    "dataset-codes": of_dataset(),
    "dataset-describe": of_dataset(),
    "dataset-new": members(),
    "dataset-rules": of_dataset(),
    "datasets": members(),
    "desk": members(),
    "envelope": of_model(),
    "envelope-decide": of_model(),
    "envelope-end": of_model(),
    "envelope-new": of_model(),
    "evidence": of_model(),
    "evidence-json": of_model(),
    "evidence-list": members(),
    "evidence-reproduce": of_model(),
    "evidence-void": of_model(),
    "experiment": of_model(),
    "experiments": members(),
    "feature-apply": of_dataset(),
    "feature-catalogue": of_dataset(),
    "feature-catalogue-new": members(),
    "feature-service": of_dataset(),
    "feature-service-compare": of_dataset(),
    "feature-service-materialise": of_dataset(),
    "feature-service-served": of_dataset(),
    "feature-source": of_dataset(),
    "feature-source-load": of_dataset(),
    "feature-view": of_dataset(),
    "features": members(),
    "finding": of_model(),
    "finding-accept": of_model(),
    "finding-advise": of_model(),
    "finding-answer": of_model(),
    "finding-approve-extension": of_model(),
    "finding-approve-plan": of_model(),
    "finding-attach": of_model(),
    "finding-board": members(),
    "finding-close": of_model(),
    "finding-concur": of_model(),
    "finding-document": of_model(),
    "finding-edit": of_model(),
    "finding-extend": of_model(),
    "finding-issue": of_model(),
    "finding-new": of_model(),
    "finding-plan": of_model(),
    "finding-reopen": of_model(),
    "finding-send": of_model(),
    "finding-send-back": of_model(),
    "finding-submit": of_model(),
    "finding-withdraw": of_model(),
    "findings": members(),
    "go": of_model(302),
    "grant-give": of_entity(),
    "grant-restrict": of_model(),
    "grant-revoke": of_model(),
    "grant-take": of_entity(),
    "healthz": everybody(),
    "job": of_model(),
    "job-cancel": of_model(),
    "job-state": of_model(),
    "jobs": members(),
    "ledger": members(),
    "ledger-checkpoint": members(),
    "ledger-entry": of_model(),
    "ledger-key": members(),
    "mlflow": everybody(401),  # by token alone; tests/registry/mlflow walk its calls
    "mlflow-artifacts": everybody(401),
    "mlflow-hook": everybody(401),  # by signature alone: tests/registry/mlflow/test_webhook.py
    "model": of_model(),
    "model-assign": of_model(),
    "model-describe": of_model(),
    "model-history": of_model(),
    "model-new": members(),
    "model-non-model": of_model(),
    "model-non-model-decide": of_model(),
    "model-reconsider": of_model(),
    "model-register": of_model(),
    "model-rubric": of_model(),
    "model-start": of_model(),
    "model-tag": of_model(),
    "model-tier": of_model(),
    "model-untag": of_model(),
    "models": members(),
    "opinion-withdraw": of_model(),
    "paper": of_model(),
    "paper-pack": of_model(),
    "paper-pack-file": only("officer"),
    "paper-pdf": of_model(),
    "paper-verify": of_model(),
    "paper-void": of_model(),
    "papers": members(),
    "password-change": members(),
    "password-reset": of_entity(),
    "people": members(),
    "person": of_entity(),
    "person-add": members(),
    "person-deactivate": of_entity(),
    "policies": members(),
    "policy": members(),
    "policy-approve": members(),
    "policy-draft": members(),
    "policy-new": members(),
    "promotion-request": of_model(),
    "promotion-withdraw": of_model(),
    "readyz": everybody(),
    "recipe": of_model(),
    "recipe-new": of_model(),
    "recipes": members(),
    "role-give": of_entity(),
    "role-take": of_entity(),
    "run": of_model(),
    "run-import": of_model(),
    "run-reproduce": of_model(),
    "run-start": of_model(),
    "runs": members(),
    "runs-compare": members(),
    "schedule-set": of_model(),
    "schedule-stop": of_model(),
    "search": members(),
    "set-up": everybody(409),
    "sign-in": everybody(),
    "sign-out": members(405),
    "snapshot": of_model(),
    "snapshot-against": of_model(),
    "snapshot-fetch": of_dataset(),
    "snapshot-query": of_dataset(),
    "snapshot-roles": of_model(),
    "snapshot-rows": of_model(),
    "snapshot-upload": of_dataset(),
    "tier-override": of_model(),
    "to-sign": members(),
    "token-new": members(),
    "token-revoke": only("administrator"),
    "use-add": of_model(),
    "use-change": of_model(),
    "use-change-withdraw": of_model(),
    "validation": of_model(),
    "validation-appoint": of_model(),
    "validation-content": of_model(),
    "validation-draft": of_model(),
    "validation-draft-pdf": of_model(),
    "validation-exempt": of_model(),
    "validation-freeze": of_model(),
    "validation-independence": of_model(),
    "validation-light": of_model(),
    "validation-new": of_model(),
    "validation-opinion": of_model(),
    "validation-reopen": of_model(),
    "validation-run": of_model(),
    "validation-sign": of_model(),
    "validation-withdraw": of_model(),
    "validations": members(),
    "version": of_model(),
    "version-archive": of_model(),
    "version-card": of_model(),
    "version-card-json": of_model(),
    "version-card-markdown": of_model(),
    "version-lineage": of_model(),
    "version-new": of_model(),
    "version-promote": of_model(),
    "version-search": members(),
    "version-tag": of_model(),
    "version-untag": of_model(),
    "versions": of_model(),
    "versions-compare": of_model(),
}
