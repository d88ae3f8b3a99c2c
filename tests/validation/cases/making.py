"""A model of the demonstration's data with everybody who has a part in its validation, made by the house's own verbs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from mrm.access.actors import Actor, robot
from mrm.access.intake import Upload
from mrm.access.models import User
from mrm.access.rules import Robot, Role
from mrm.access.signing import prove
from mrm.demo import german
from mrm.jobs import leases
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from registry.data import verbs as data
from registry.data.models import Snapshot
from registry.inventory import verbs as inventory
from registry.inventory.models import Model
from registry.versions import verbs as versions
from registry.versions.models import Version
from registry.versions.rules import Format
from tests.mrm.policy.people import PASSWORD, bank, person
from tests.registry.inventory.making import LARGE, SMALL, USE
from validation.cases.models import Approval, FrozenContent, Validation
from validation.cases.rules import Fitness, Rating
from validation.cases.verbs import judging, opening, signing, testing
from validation.findings.models import Finding
from validation.findings.verbs import life

TRAINING = 700
ITEMS = ["data.quality", "data.period", "performance.discrimination"]
CARD: dict[str, Any] = {
    "schema": 1,
    "offset": 480.0,
    "factor": 28.8539008177793,
    "base_points": 400,
    "variables": [
        {
            "name": "status",
            "type": "code",
            "bins": [
                {"codes": ["A11"], "points": 60},
                {"codes": ["A12"], "points": 80},
                {"codes": ["A13"], "points": 100},
                {"codes": ["A14"], "points": 120},
            ],
            "missing": 60,
        },
        {
            "name": "duration",
            "type": "number",
            "edges": [12, 24, 36],
            "points": [60, 45, 30, 15],
            "missing": 15,
        },
        {"name": "age", "type": "number", "edges": [26], "points": [0, 15], "missing": 0},
    ],
}
ROLES = {
    "outcome": "y",
    **dict.fromkeys(german.INPUTS, "feature"),
}
AGE: dict[str, Any] = {
    "name": "age",
    "column": "age",
    "banding": {"rule": "at_most", "edge": 25.0},
    "reference": "age > 25",
}


def work() -> list[Job]:
    """Do every job that waits, in this process and without the limits of a child."""
    done = []
    while (key := leases.waiting().values_list("pk", flat=True).first()) is not None:
        done.append(do(key))
    return done


def do(key: Any) -> Job:
    """Do one job."""
    fence = leases.claim(key)
    assert fence is not None
    job: Job = Job.objects.select_related("requested_by").get(pk=key)
    handler = handlers.get(job.kind)
    assert handler is not None, job.kind
    reading, writing = os.pipe()
    try:
        ctx = JobContext(job, fence, robot(Robot.WORKER, on_behalf_of=job.requested_by), writing)
        handler.run(ctx)
    finally:
        os.close(reading)
        os.close(writing)
    leases.succeed(fence, ctx.result)
    job.refresh_from_db()
    return job


def upload(who: Actor, dataset: Any, lines: list[str], title: str) -> Snapshot:
    """A snapshot of some rows, released, with its roles."""
    file = Upload.of(f"{title}.data", ("\n".join(lines) + "\n").encode())
    snapshot = data.upload_snapshot(
        who, dataset=dataset, file=file, title=title, delimiter="space", header="no",
        column_names=list(german.COLUMNS),
    )  # fmt: skip
    work()
    data.assign_roles(who, snapshot=snapshot, columns=ROLES, event="2", attributes=[AGE])
    return Snapshot.objects.get(pk=snapshot.pk)


@dataclass
class Bank:
    """One model, its version and samples, and the people around it."""

    owner: Actor
    developer: Actor
    validator: Actor
    officer: Actor
    approver: Actor
    model: Model
    version: Version
    whole: Snapshot
    people: dict[str, Actor] = field(default_factory=dict)

    def open(self, **changes: Any) -> Validation:
        """A validation for every use of the model."""
        facts = {
            "version": self.version,
            "uses": list(self.model.uses.all()),
            "validators": [self.validator.person],
            "whole": self.whole,
            "cutoff": None,
            **changes,
        }
        if facts["cutoff"]:
            facts["cutoff"] = Decimal(facts["cutoff"])
        return opening.open_validation(self.officer, **facts)

    def tested(self, items: list[str] | None = None, **changes: Any) -> Validation:
        """A validation whose tests have run."""
        validation = self.open(**changes)
        testing.run_tests(self.validator, validation=validation, items=items or ITEMS)
        work()
        return fresh(validation)

    def judged(self, **changes: Any) -> Validation:
        """A validation that can be frozen: declared, rated, heard, with an opinion."""
        validation = self.tested(items=["data.period"], **changes)
        judging.declare(
            self.validator,
            validation=validation,
            reporting_line="Head of validation",
            prior_involvement="none",
        )
        for item in validation.items.all():
            judging.rate(self.validator, item=item, rating=Rating.LIMITED, text="Looked at, and it holds.")
        self.issue_all(validation)
        self.write(validation)
        return fresh(validation)

    def write(self, validation: Validation, **changes: Any) -> None:
        """The opinion: fit for every use."""
        facts = {
            "step": 2,
            "summary": "It ranks; levels are not concluded.",
            "text": "The evidence carries the use.",
            "aggregation": "The worst mandatory item sets the step.",
            "uses": [
                {"use": str(row.pk), "judgement": Fitness.FIT, "text": "Carried by the tests."}
                for row in validation.uses.all()
            ],
            **changes,
        }
        judging.write(self.validator, validation=validation, **facts)

    def issue_all(self, validation: Validation) -> list[Finding]:
        """Every finding of the validation sent, agreed and issued."""
        found = list(Finding.objects.filter(validation_id=validation.pk, state="draft"))
        for finding in found:
            life.send(self.validator, finding=finding)
            life.answer(self.owner, finding=finding, stance="agreed", text="So it is.")
            life.issue(self.validator, finding=finding)
        return found

    def frozen(self, **changes: Any) -> Validation:
        """A validation whose content is frozen."""
        validation = self.judged(**changes)
        signing.freeze(self.validator, validation=validation)
        return fresh(validation)

    def signed(self, **changes: Any) -> Validation:
        """A validation whose opinion is signed."""
        validation = self.frozen(**changes)
        signing.sign_opinion(
            self.validator, validation=validation, ticket=self.ticket(self.validator, validation)
        )
        return fresh(validation)

    def signed_by(self, owner: Actor) -> Validation:
        """As `signed`, after somebody else has become the owner who answers findings."""
        self.owner = owner
        return self.signed()

    def ticket(self, who: Actor, validation: Validation) -> str:
        """A fresh proof of identity for the content under signature."""
        content = fresh(validation).frozen
        assert content is not None
        return prove(User.objects.get(pk=who.account_id), PASSWORD, content.digest)

    def approve(self, who: Actor, validation: Validation, reason: str = "") -> Approval:
        """An approval with a fresh ticket."""
        return signing.approve(who, validation=validation, ticket=self.ticket(who, validation), reason=reason)

    def granted(self, **changes: Any) -> Validation:
        """A validation with its grant."""
        validation = self.signed(**changes)
        self.approve(self.officer, validation)
        if validation.tier == 1:
            self.approve(self.approver, validation)
        return fresh(validation)

    def another(self, name: str, *roles: Role) -> Actor:
        """One more person who may act everywhere in the entity."""
        if name not in self.people:
            self.people[name] = person(name, *roles, on=bank().scope)
        return self.people[name]


def fresh(validation: Validation) -> Validation:
    """The validation as it is committed."""
    return Validation.objects.get(pk=validation.pk)


def content(validation: Validation) -> FrozenContent:
    """The content under signature."""
    found = fresh(validation).frozen
    assert found is not None
    return found


def later(days: int = 30) -> date:
    """A day in the future."""
    return date.today() + timedelta(days=days)  # noqa: DTZ011 - only that it is in the future matters


def make_bank(tier: int = 1, *, one_builds: bool = False, builder: str = "") -> Bank:
    """The bank with its scorecard, registered, on the German credit data.

    `one_builds`: its owner is its developer; `builder`: somebody of this name built the version.
    """
    entity = bank()
    if one_builds:
        owner = developer = person("Olga Owner", Role.MODEL_OWNER, Role.MODEL_DEVELOPER, on=entity.scope)
    else:
        owner = person("Olga Owner", Role.MODEL_OWNER, on=entity.scope)
        developer = person("Dan Developer", Role.MODEL_DEVELOPER, on=entity.scope)
    validator = person("Vera Validator", Role.VALIDATOR, on=entity.scope)
    officer = person("Rita Officer", Role.RISK_OFFICER, on=entity.scope)
    approver = person("Anna Approver", Role.APPROVER, on=entity.scope)
    model = inventory.propose(
        owner, entity=entity, name="Consumer instalment PD", responsible=owner.person, owner=owner.person,
        developer=developer.person, model_class="pd", purpose="Probability of default within 12 months.",
    )  # fmt: skip
    inventory.add_use(owner, model=model, **USE)
    inventory.answer_rubric(owner, model=model, answers=LARGE if tier == 1 else SMALL)
    model = inventory.register(owner, model=model)
    dataset = data.create_dataset(developer, entity=entity, name="German credit")
    lines = german.published().decode().splitlines()
    whole = upload(developer, dataset, lines, "whole")
    training = upload(developer, dataset, lines[:TRAINING], "training")
    test = upload(developer, dataset, lines[TRAINING:], "test")
    hands = person(builder, Role.MODEL_DEVELOPER, on=entity.scope) if builder else developer
    version = versions.register_version(
        hands,
        model=model,
        format=Format.SCORECARD,
        artefact=Upload.of("card.json", json.dumps(CARD).encode()),
        training_snapshot=training,
        test_snapshot=test,
    )
    work()
    version = Version.objects.get(pk=version.pk)
    version.admitted()
    made = Bank(
        owner, developer, validator, officer, approver, Model.objects.get(pk=model.pk), version, whole
    )
    return replace(made, people={builder: hands} if builder else {})
