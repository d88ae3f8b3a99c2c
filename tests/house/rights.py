"""The matrix of acts: for every act that doors offer, who may do it.

One line per act, sorted. The line names who may (a rule may still refuse them: the state is wrong by now, the words are missing);
of the others, those who may not see the object get 404, all others 403 and one `denied` entry. The relations are those of
`doors.py`: `owner` to `signer` hold every role of the business, so a right that they lack is taken by separation of duties;
`officer`, `approver`, `auditor`, `administrator` hold that role alone, so a right that they lack is their role's, or, of the
officer, who has decided on the case, that of one who has not.

An act is asked for once more with the facts of its first time in the story, after the story has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.house.doors import MEMBERS, OUTSIDE_DATASET, OUTSIDE_ENTITY, OUTSIDE_MODEL


@dataclass(frozen=True)
class Right:
    """Who may do an act, and for whom its object does not exist."""

    may: frozenset[str]
    absent: frozenset[str]


def on_model(may: str) -> Right:
    """An act on a model and what hangs on it."""
    return Right(frozenset(may.split()), OUTSIDE_MODEL)


def on_dataset(may: str) -> Right:
    """An act on a dataset or with facts of its rows, or in the legal entity by those who were granted it."""
    return Right(frozenset(may.split()), OUTSIDE_DATASET)


def on_entity(may: str) -> Right:
    """An act in a legal entity, which administrators see as well."""
    return Right(frozenset(may.split()), OUTSIDE_ENTITY)


def by_administrators(may: str) -> Right:
    """An act on an account: other people's accounts are for administrators, one's own is everybody's."""
    return Right(frozenset(may.split()), frozenset(MEMBERS) - {"administrator"})


RIGHTS: dict[str, Right] = {
    "account.change_password": by_administrators(""),
    "account.open": on_entity("administrator"),
    "account.reset_password": by_administrators("administrator"),
    "alias.remove": on_model("owner developer builder validator"),
    "alias.set": on_model("owner developer builder validator"),
    "approval.recuse": on_model("owner developer builder validator signer approver"),
    "approval.reject": on_model("approver"),
    "approval.sign": on_model("approver"),
    "assessment.rate": on_model("validator signer"),
    "client_run.delete": on_model("owner developer builder validator signer"),
    "client_run.finish": on_model("owner developer builder validator signer"),
    "client_run.restore": on_model("owner developer builder validator signer"),
    "client_run.start": on_model("owner developer builder validator signer"),
    "condition.confirm": on_model("validator signer"),
    "condition.fulfil": on_model("owner"),
    "condition.propose": on_model("validator signer officer"),
    "condition.withdraw": on_model("validator signer officer"),
    "content.freeze": on_model("validator signer"),
    "content.reopen": on_model("validator signer"),
    "dataset.create": on_entity("owner developer builder validator signer"),
    "dataset.declare_codes": on_dataset("owner developer builder validator signer"),
    "dataset.describe": on_dataset("owner developer builder validator signer"),
    "dataset.set_rules": on_dataset("owner developer builder validator signer"),
    "entity.create": by_administrators("administrator"),
    "entity.describe": by_administrators("administrator"),
    "envelope.decide": on_model("validator signer officer"),
    "envelope.end": on_model("owner developer builder validator signer officer"),
    "envelope.propose": on_model("owner"),
    "evidence.reproduce": on_model("owner developer builder validator signer officer approver auditor"),
    "evidence.void": on_model("validator signer officer"),
    "experiment.create": on_model("owner developer builder validator signer"),
    "experiment.delete": on_model("owner developer builder validator signer"),
    "experiment.rename": on_model("owner developer builder validator signer"),
    "experiment.restore": on_model("owner developer builder validator signer"),
    "feature_catalogue.open": on_entity("owner developer builder validator signer"),
    "feature_definition.apply": on_dataset("owner developer builder validator signer"),
    "feature_service.compare": on_dataset("owner developer builder validator signer officer"),
    "feature_service.materialise": on_dataset("owner developer builder validator signer"),
    "feature_service.record_served": on_dataset("owner developer builder validator signer"),
    "feature_source.load": on_dataset("owner developer builder validator signer"),
    "feature_subject.erase": on_dataset("owner developer builder validator signer officer"),
    "finding.accept": on_model("validator signer approver"),
    "finding.advise": on_model("validator signer"),
    "finding.answer": on_model("owner"),
    "finding.approve_extension": on_model("validator signer officer"),
    "finding.approve_plan": on_model("validator signer officer"),
    "finding.attach": on_model("owner developer builder validator signer"),
    "finding.close": on_model("signer"),
    "finding.concur": on_model("validator signer officer"),
    "finding.draft": on_model("validator signer"),
    "finding.edit": on_model("validator signer"),
    "finding.extend": on_model("owner"),
    "finding.issue": on_model("validator signer"),
    "finding.plan": on_model("owner"),
    "finding.reopen": on_model("validator signer"),
    "finding.send": on_model("validator signer"),
    "finding.send_back": on_model("signer"),
    "finding.submit": on_model("owner"),
    "finding.withdraw": on_model("validator signer"),
    "grant.give": by_administrators("administrator"),
    "grant.restrict": on_model("validator signer officer"),
    "grant.revoke": on_model("validator signer officer"),
    "grant.take": by_administrators("administrator"),
    "independence.declare": on_model("validator signer"),
    "job.cancel": on_model("owner developer builder validator signer officer approver"),
    "model.add_use": on_model("owner"),
    "model.answer_rubric": on_model("owner"),
    "model.assign": on_dataset("owner"),
    "model.change_use": on_model("owner"),
    "model.claim_non_model": on_dataset("owner developer builder validator signer"),
    "model.decide_non_model": on_dataset("developer builder validator signer officer"),
    "model.describe": on_model("owner"),
    "model.propose": on_dataset("owner developer builder validator signer"),
    "model.reconsider": on_dataset("owner developer builder validator signer officer"),
    "model.register": on_model("owner"),
    "model.start_development": on_model("owner developer"),
    "model.tag": on_model("owner developer builder validator"),
    "model.untag": on_model("owner developer builder validator"),
    "model.withdraw_use_change": on_model("owner"),
    "opinion.sign": on_model("validator signer"),
    "opinion.withdraw": on_model("validator signer"),
    "opinion.write": on_model("validator signer"),
    "opinion.write_light": on_model("signer"),
    "pack.export": on_model("owner developer builder validator signer officer approver auditor"),
    "paper.void": on_model("validator signer officer"),
    "person.add": on_entity("administrator"),
    "person.deactivate": on_entity("administrator"),
    "policy.approve": on_dataset("owner developer builder validator signer officer"),
    "policy.draft": on_dataset("owner developer builder validator signer officer"),
    "promotion.request": on_model("owner developer builder validator"),
    "promotion.withdraw": on_model("owner developer builder validator"),
    "recipe.declare": on_model("owner developer builder validator"),
    "report.draft": on_model("validator signer officer approver"),
    "role.give": by_administrators("administrator"),
    "role.take": by_administrators("administrator"),
    "run.import": on_dataset("owner developer builder validator"),
    "run.reproduce": on_model("owner developer builder validator signer officer approver"),
    "run.start": on_model("owner developer builder validator"),
    "schedule.set": on_model("owner developer builder validator"),
    "schedule.stop": on_model("owner developer builder validator signer"),
    "snapshot.assign_roles": on_dataset("owner developer builder validator signer"),
    "snapshot.fetch": on_dataset("owner developer builder validator signer"),
    "snapshot.query": on_dataset("owner developer builder validator signer"),
    "snapshot.upload": on_dataset("owner developer builder validator signer"),
    "tier.compute": on_model("owner developer builder validator signer officer"),
    "tier.override": on_model("validator signer officer"),
    "token.issue": by_administrators(""),
    "token.revoke": on_dataset(""),
    "validation.appoint": on_dataset("validator signer officer"),
    "validation.exempt": on_model("officer"),
    "validation.open": on_dataset("validator signer officer"),
    "validation.run_tests": on_model("validator signer"),
    "validation.withdraw": on_model("validator signer officer"),
    "version.archive": on_model("owner developer builder validator"),
    "version.promote": on_model("owner developer builder validator"),
    "version.receive": on_model("owner developer builder validator"),
    "version.register": on_dataset("owner developer builder validator"),
    "version.state_lineage": on_dataset("owner developer builder validator"),
    "version.tag": on_model("owner developer builder validator"),
    "version.untag": on_model("owner developer builder validator"),
}
