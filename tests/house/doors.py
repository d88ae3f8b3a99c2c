"""The matrix of doors: every route, and who finds something behind it.

A route belongs to one door. What a door shows to each relation is said in `SHOWS`: `sign in` (sent to the sign-in page;
the API says 401), `shown` (an answer, which may say why one may not act), `absent` (404, in the very words of an object that
does not exist).
"""

from __future__ import annotations

RELATIONS = (
    "nobody", "stranger", "reader", "owner", "developer", "validator", "signer", "officer", "approver", "auditor",
    "regulator elsewhere", "administrator",
)  # fmt: skip
MEMBERS = RELATIONS[1:]
OUTSIDE = {"stranger", "regulator elsewhere", "administrator"}

SHOWS: dict[str, dict[str, str]] = {
    "open": dict.fromkeys(RELATIONS, "shown"),
    "members": {"nobody": "sign in", **dict.fromkeys(MEMBERS, "shown")},
    "of the model": {
        "nobody": "sign in",
        **{who: "absent" if who in OUTSIDE else "shown" for who in MEMBERS},
    },
    # a grant on a model shows schema and profile of its snapshots, not the dataset they are of
    "of the dataset": {
        "nobody": "sign in",
        **{who: "absent" if who in OUTSIDE | {"reader"} else "shown" for who in MEMBERS},
    },
    # people are seen within their legal entity, and by the administrator; each page says who may act
    "of the entity": {
        "nobody": "sign in",
        **{
            who: "absent" if who in {"stranger", "regulator elsewhere", "reader"} else "shown"
            for who in MEMBERS
        },
    },
    # an evidence pack is handed to the person whose export is in the ledger
    "of who took it": {
        "nobody": "sign in",
        **{who: "shown" if who == "officer" else "absent" for who in MEMBERS},
    },
    "of oneself": {"nobody": "sign in", **dict.fromkeys(MEMBERS, "absent")},
}

DOORS: dict[str, str] = {
    route: door
    for door, routes in {
        "open": "sign-in set-up healthz readyz",
        "members": """
            desk sign-out search models model-new datasets dataset-new validations to-sign findings finding-board
            conditions evidence-list jobs papers policies policy policy-new policy-draft policy-approve ledger
            ledger-checkpoint people person-add account password-change token-new
            api-schema api-docs api-models api-datasets api-validations api-findings api-conditions api-evidence-list
            api-jobs api-papers
        """,
        "of the model": """
            model model-assign model-describe model-history model-register model-rubric model-start model-tier tier-override
            use-add use-change use-change-withdraw model-non-model model-non-model-decide model-reconsider versions version version-new grant-restrict grant-revoke
            validation-new finding-new validation validation-appoint validation-content validation-exempt validation-freeze validation-independence
            validation-opinion opinion-withdraw validation-reopen validation-run validation-sign validation-withdraw
            condition condition-new condition-withdraw condition-confirm condition-fulfil
            finding finding-accept finding-advise finding-answer finding-approve-extension finding-approve-plan finding-attach
            finding-close finding-concur finding-document finding-edit finding-extend finding-issue finding-plan
            finding-reopen finding-send finding-send-back finding-submit finding-withdraw
            evidence evidence-json evidence-reproduce evidence-void job job-cancel job-state
            paper paper-pack paper-pdf paper-verify paper-void ledger-entry go
            api-model api-model-uses api-versions api-version api-validation api-finding api-condition api-evidence api-job
            api-paper snapshot snapshot-roles snapshot-rows api-snapshot
        """,
        "of the dataset": """
            dataset dataset-codes dataset-describe snapshot-upload
            api-dataset api-dataset-snapshots
        """,
        "of the entity": """
            person person-deactivate account-open password-reset role-give role-take grant-give grant-take
        """,
        "of oneself": "token-revoke",
        "of who took it": "paper-pack-file",
    }.items()
    for route in routes.split()
}
