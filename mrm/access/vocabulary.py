"""The one vocabulary of acts: the same string is the permission's codename, the ledger's `act` and the API's path.

An act lists the roles that may do it; on which object is decided by grants, and by the conditions of
`policies.py` in the room that owns the verb. Once released an act is never renamed or reused.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from mrm.access.rules import Robot, Role

OWNER, DEVELOPER, VALIDATOR = Role.MODEL_OWNER, Role.MODEL_DEVELOPER, Role.VALIDATOR
OFFICER, APPROVER, ADMINISTRATOR = Role.RISK_OFFICER, Role.APPROVER, Role.ADMINISTRATOR
ENGINEER = Role.ML_ENGINEER
MIGRATOR, SCHEDULER, IMPORTER, WORKER = Robot.MIGRATOR, Robot.SCHEDULER, Robot.IMPORTER, Robot.WORKER
EVERYONE: frozenset[str] = frozenset(Role.values)

_HOLDERS: dict[str, AbstractSet[str]] = {
    # the house
    "installation.prepare": {MIGRATOR},
    "entity.create": {ADMINISTRATOR, MIGRATOR},
    "entity.describe": {ADMINISTRATOR},
    "person.add": {ADMINISTRATOR, MIGRATOR},
    "person.deactivate": {ADMINISTRATOR},
    "account.open": {ADMINISTRATOR, MIGRATOR},
    "account.reset_password": {ADMINISTRATOR},
    "account.change_password": EVERYONE,
    "role.give": {ADMINISTRATOR, MIGRATOR},
    "role.take": {ADMINISTRATOR},
    "grant.give": {ADMINISTRATOR, MIGRATOR},
    "grant.take": {ADMINISTRATOR},
    "token.issue": EVERYONE,
    "token.revoke": EVERYONE,
    "policy.draft": {OFFICER},
    "policy.approve": {OFFICER},
    "policy.install": {MIGRATOR},
    # jobs and papers
    "job.cancel": EVERYONE - {Role.AUDITOR, Role.REGULATOR},
    "job.schedule": {SCHEDULER},
    "pack.export": {OFFICER, Role.AUDITOR, Role.REGULATOR, VALIDATOR, APPROVER},
    "paper.seal": {WORKER},
    "paper.void": {OFFICER},
    # first line
    "model.propose": {OWNER, DEVELOPER},
    "model.register": {OWNER},
    "model.describe": {OWNER},
    "model.assign": {OWNER},
    "model.start_development": {OWNER, DEVELOPER},
    "model.claim_non_model": {OWNER, DEVELOPER},
    "model.decide_non_model": {OFFICER},
    "model.reconsider": {OWNER, OFFICER},
    "model.add_use": {OWNER},
    "model.withdraw_use_change": {OWNER},
    "model.change_use": {OWNER},
    "model.answer_rubric": {OWNER},
    "tier.compute": {OWNER, OFFICER},
    "tier.override": {OFFICER},
    "dataset.create": {DEVELOPER, OWNER},
    "dataset.describe": {DEVELOPER, OWNER},
    "dataset.declare_codes": {DEVELOPER, OWNER, VALIDATOR},
    "dataset.set_rules": {DEVELOPER, OWNER},
    "snapshot.upload": {DEVELOPER, OWNER, VALIDATOR},
    "snapshot.query": {DEVELOPER, OWNER, VALIDATOR},
    "snapshot.fetch": {DEVELOPER, OWNER, VALIDATOR},
    "snapshot.finish": {WORKER},
    "snapshot.assign_roles": {DEVELOPER, OWNER, VALIDATOR},
    "feature_catalogue.open": {DEVELOPER, ENGINEER},
    "feature_definition.apply": {DEVELOPER, ENGINEER},
    "feature_source.load": {DEVELOPER, ENGINEER},
    "feature_source.receive": {WORKER},
    "feature_service.record_build": {WORKER},
    "feature_service.materialise": {DEVELOPER, ENGINEER},
    "feature_service.record_served": {DEVELOPER, ENGINEER},
    "feature_service.compare": {DEVELOPER, ENGINEER, VALIDATOR, OFFICER},
    "feature_service.record_comparison": {WORKER},
    "feature_subject.erase": {ENGINEER, OFFICER},
    "version.register": {DEVELOPER},
    "version.state_lineage": {DEVELOPER, OWNER},
    "version.inspect": {WORKER},
    "version.receive": {DEVELOPER},
    "experiment.create": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER, IMPORTER},
    "experiment.rename": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER},
    "experiment.delete": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER},
    "experiment.restore": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER},
    "client_run.start": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER, IMPORTER},
    "client_run.finish": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER, IMPORTER},
    "client_run.delete": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER},
    "client_run.restore": {DEVELOPER, OWNER, VALIDATOR, Role.ML_ENGINEER},
    "version.promote": {OWNER, DEVELOPER, ENGINEER},
    "version.archive": {OWNER, DEVELOPER, ENGINEER},
    "promotion.request": {OWNER, DEVELOPER},
    "promotion.withdraw": {OWNER, DEVELOPER},
    "alias.set": {OWNER, DEVELOPER, ENGINEER},
    "alias.remove": {OWNER, DEVELOPER, ENGINEER},
    "version.tag": {OWNER, DEVELOPER, ENGINEER},
    "version.untag": {OWNER, DEVELOPER, ENGINEER},
    "model.tag": {OWNER, DEVELOPER},
    "model.untag": {OWNER, DEVELOPER},
    "grant.restrict": {OFFICER},
    "grant.revoke": {OFFICER},
    # second line
    "validation.open": {OFFICER, VALIDATOR},
    "validation.run_tests": {VALIDATOR},
    "validation.record_tests": {WORKER},
    "report.draft": {VALIDATOR, OFFICER, APPROVER},
    "validation.appoint": {OFFICER},
    "validation.withdraw": {OFFICER, VALIDATOR},
    "validation.exempt": {OFFICER},
    "assessment.rate": {VALIDATOR},
    "independence.declare": {VALIDATOR},
    "condition.propose": {VALIDATOR, OFFICER},
    "condition.withdraw": {VALIDATOR, OFFICER},
    "condition.fulfil": {OWNER},
    "condition.confirm": {VALIDATOR},
    "opinion.write": {VALIDATOR},
    "opinion.write_light": {VALIDATOR},
    "content.freeze": {VALIDATOR},
    "content.reopen": {VALIDATOR},
    "opinion.sign": {VALIDATOR},
    "opinion.withdraw": {VALIDATOR},
    "approval.sign": {OFFICER, APPROVER},
    "approval.reject": {OFFICER, APPROVER},
    "approval.recuse": {OFFICER, APPROVER},
    "finding.draft": {VALIDATOR, WORKER},
    "finding.edit": {VALIDATOR},
    "finding.send": {VALIDATOR},
    "finding.issue": {VALIDATOR},
    "finding.withdraw": {VALIDATOR},
    "finding.attach": {VALIDATOR, OWNER},
    "finding.advise": {VALIDATOR},
    "finding.answer": {OWNER},
    "finding.plan": {OWNER},
    "finding.approve_plan": {OFFICER},
    "finding.submit": {OWNER},
    "finding.close": {VALIDATOR},
    "finding.send_back": {VALIDATOR},
    "finding.reopen": {VALIDATOR},
    "finding.accept": {APPROVER},
    "finding.concur": {OFFICER},
    "finding.extend": {OWNER},
    "finding.approve_extension": {OFFICER},
    "evidence.reproduce": {VALIDATOR, OFFICER, APPROVER, Role.AUDITOR, Role.REGULATOR},
    "evidence.record_reproduction": {WORKER},
    "evidence.void": {OFFICER},
}
ROLES: dict[str, frozenset[str]] = {act: frozenset(map(str, roles)) for act, roles in _HOLDERS.items()}


def roles_for(act: str) -> frozenset[str]:
    """The roles (and robots) that may do `act`. An unknown act belongs to nobody."""
    return ROLES.get(act, frozenset())
