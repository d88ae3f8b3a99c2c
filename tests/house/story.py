"""A bank in which everything the house can do is done once, by those who may, each act under watch.

Chapters come one after the other. One that breaks is kept with its error: the acts it did not reach are then missing,
and the tests name them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mrm.access import verbs as access
from mrm.access.actors import Actor, robot
from mrm.access.installation import group_scope
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity, Person, Scope, User
from mrm.access.rules import GrantLevel, Robot, Role
from mrm.evidence import verbs as evidence
from mrm.evidence.models import Evidence
from mrm.jobs import verbs as jobs
from mrm.jobs.models import Job
from mrm.policy import queries as policies
from mrm.policy import verbs as policy
from mrm.policy.rules import Kind
from registry.data import verbs as data
from registry.inventory import verbs as inventory
from registry.inventory.rules import ModelClass, Origin
from tests import make
from tests.house.watch import Watch
from tests.registry.inventory.making import USE
from tests.validation.cases.making import Bank, make_bank, work

CHAPTERS: list[Callable[[Story], None]] = []


def chapter(told: Callable[[Story], None]) -> Callable[[Story], None]:
    """Add a chapter to the story."""
    CHAPTERS.append(told)
    return told


@dataclass
class Story:
    """What was made, and how every act ended."""

    bank: make.Bank = field(init=False)
    case: Bank = field(init=False)
    watch: Watch = field(init=False)
    broken: dict[str, str] = field(default_factory=dict)

    def tell(self) -> None:
        """Do everything once."""
        self.bank = make.bank()
        self.watch = Watch(self.bank.person("bystander", on=group_scope()))
        with self.watch.watching():
            for told in CHAPTERS:
                try:
                    told(self)
                except Exception:
                    self.broken[told.__name__] = traceback.format_exc()

    def account(self, name: str) -> User:
        """An account of the bank, read afresh."""
        return User.objects.get(pk=self.bank.accounts[name].pk)


@chapter
def the_house(story: Story) -> None:
    """Entities, people, accounts, roles, grants, tokens."""
    admin, group = story.bank.admin(), group_scope()
    access.prepare(robot(Robot.MIGRATOR), group=group)
    entity = access.create_entity(admin, group=group, name="Bank of the South", code="south")
    access.describe_entity(
        admin, entity=entity, name="Bank of the South", jurisdiction="AT", zone="Europe/Vienna", currency="EUR"
    )
    person = access.add_person(admin, entity=entity, name="Sue South")
    account = access.open_account(admin, person=person, username="sue", password=make.PASSWORD)
    access.give_role(admin, account=account, role=Role.MODEL_OWNER)
    access.give_grant(admin, account=account, scope=entity.scope, level=GrantLevel.ACT)
    access.take_grant(admin, account=account, scope=entity.scope)
    access.take_role(admin, account=account, role=Role.MODEL_OWNER)
    access.reset_password(admin, account=account, password=make.PASSWORD + " again")
    access.give_role(admin, account=account, role=Role.AUDITOR)
    story.bank.accounts["sue"] = account
    sue = story.bank.actor("sue")
    access.change_password(
        sue, account=account, old_password=make.PASSWORD + " again", password=make.PASSWORD + " anew"
    )
    access.issue_token(sue, account=account, name="laptop")
    access.revoke_token(sue, token=account.tokens.get())
    access.deactivate_person(admin, person=person, reason="She left the bank.")


@chapter
def policies_of_the_bank(story: Story) -> None:
    """One risk officer drafts, another approves."""
    first = story.bank.person("drafter", Role.RISK_OFFICER, on=group_scope())
    second = story.bank.person("reader_of_drafts", Role.RISK_OFFICER, on=group_scope())
    policy.install(robot(Robot.MIGRATOR), group=group_scope())
    today = policies.today(None, story.bank.administrator.opened_at)
    rubric = policies.in_force(Kind.RUBRIC, scope=None, on=today)
    draft = policy.draft(
        first, kind=Kind.RUBRIC, body=rubric.body, valid_from=today + timedelta(days=400), why="A year on."
    )
    policy.approve(second, policy=draft)


@chapter
def the_model_and_its_data(story: Story) -> None:
    """A model registered, its data uploaded, a version built and inspected."""
    story.case = make_bank()
    case = story.case
    officer = case.officer
    model = case.model
    inventory.describe(
        case.owner, model=model, purpose="Probability of default within 12 months of the first instalment.",
        model_class=ModelClass.PD, origin=Origin.IN_HOUSE, method="Scorecard",
    )  # fmt: skip
    inventory.assign(case.owner, model=model, owner=case.owner.person, developer=case.developer.person)
    inventory.change_use(
        case.owner, use=model.uses.get(), **{**USE, "portfolio": "Consumer instalment loans"}
    )
    inventory.compute_tier(case.owner, model=model)
    other = inventory.propose(
        case.owner, entity=case.model.entity, name="Overdraft PD", responsible=case.owner.person,
        owner=case.owner.person, purpose="Probability of default of overdrafts.", model_class=ModelClass.PD,
    )  # fmt: skip
    inventory.add_use(case.owner, model=other, **USE)
    inventory.answer_rubric(case.owner, model=other, answers=dict(model.rubricanswers_set.first().answers))
    inventory.override_tier(officer, model=other, tier=2, reason="Only staff accounts so far.")
    inventory.register(case.owner, model=other)
    inventory.start_development(case.owner, model=other)
    dataset = case.whole.dataset
    data.describe_dataset(
        case.developer, dataset=dataset, description="Loans granted.", source="Hofmann 1994", licence="CC BY 4.0"
    )
    codes = b"column,code,declared\nstatus,A11,below nought\n"
    data.declare_codes(case.developer, dataset=dataset, file=Upload.of("codes.csv", codes))
