"""A bank in which everything the house can do is done once, by those who may, each act under watch.

Chapters come one after the other. One that breaks is kept with its error: the acts it did not reach are then missing,
and the tests name them.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client, override_settings

from mrm import vault
from mrm.access import verbs as access
from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.intake import Upload
from mrm.access.models import User
from mrm.access.rules import GrantLevel, Robot, Role
from mrm.access.signing import prove
from mrm.evidence import verbs as evidence
from mrm.evidence.models import Evidence
from mrm.evidence.rules import Verdict
from mrm.jobs import leases
from mrm.jobs import verbs as jobs
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.kernel.canonical import canonical
from mrm.ledger import sealing
from mrm.papers import verbs as papers
from mrm.papers.models import Paper
from mrm.papers.rules import PaperKind, Sealed
from mrm.policy import queries as policies
from mrm.policy import verbs as policy
from mrm.policy.rules import Kind
from registry.data import sourcing
from registry.data import verbs as data
from registry.inventory import verbs as inventory
from registry.inventory.models import Model
from registry.inventory.rules import ModelClass, Origin
from registry.mlflow import importing, registering
from registry.mlflow import verbs as mlflow
from registry.mlflow.models import Imported
from registry.mlflow.rules import RunStatus
from registry.training import verbs as training
from registry.training.models import Envelope, Recipe, Run, Schedule
from registry.training.rules import Rhythm
from registry.versions import verbs as versions
from registry.versions.models import UseGrant
from registry.versions.rules import Format, Stage
from tests import make
from tests.house.watch import Watch, undone
from tests.mrm.policy.people import PASSWORD
from tests.registry.features import making as feature_making
from tests.registry.inventory.making import LARGE, USE
from tests.validation.cases.making import CARD, Bank, fresh, later, make_bank, work
from validation.cases.models import Validation
from validation.cases.rules import Fitness, Rating
from validation.cases.verbs import drafting, judging, light, opening, signing
from validation.findings.models import Condition, Finding
from validation.findings.verbs import conditions as findings
from validation.findings.verbs import life, requests

BUILDER = "Bea Builder"
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
    validation: Validation = field(init=False)
    running: Validation = field(init=False)
    grant: UseGrant = field(init=False)
    condition: Condition = field(init=False)
    finding: Finding = field(init=False)
    paper: Paper = field(init=False)
    evidence: Evidence = field(init=False)
    job: Job = field(init=False)
    recipe: Recipe = field(init=False)
    run: Run = field(init=False)
    schedule: Schedule = field(init=False)
    envelope: Envelope = field(init=False)
    other: Model = field(init=False)
    accounts: dict[str, User | None] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def tell(self) -> None:
        """Do everything once."""
        self.bank = make.bank()
        self.watch = Watch(self.bank.person("bystander", on=group_scope()))
        with self.watch.watching():
            for told in CHAPTERS:
                try:
                    told(self)
                except Exception:  # noqa: BLE001 - kept, and shown by the tests
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
        admin,
        entity=entity,
        name="Bank of the South",
        jurisdiction="AT",
        zone="Europe/Vienna",
        currency="EUR",
    )
    person = access.add_person(admin, entity=story.bank.entity, name="Sue South")
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
    entity = story.bank.entity
    first = story.bank.person("drafter", Role.RISK_OFFICER)
    second = story.bank.person("reader_of_drafts", Role.RISK_OFFICER)
    policy.install(robot(Robot.MIGRATOR), group=group_scope())
    today = policies.today(None, story.bank.administrator.opened_at)
    rubric = policies.in_force(Kind.RUBRIC, scope=None, on=today)
    draft = policy.draft(
        first, kind=Kind.RUBRIC, body=rubric.body, valid_from=today + timedelta(days=400), why="A year on.",
        entity=entity,
    )  # fmt: skip
    policy.approve(second, policy=draft)


@chapter
def the_model_and_its_data(story: Story) -> None:
    """A model registered, its data uploaded, a version built and inspected."""
    story.case = make_bank(builder=BUILDER)
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
    with undone():
        inventory.override_tier(officer, model=model, tier=2, reason="Only staff accounts so far.")
        inventory.start_development(case.owner, model=model)
    other = inventory.propose(
        case.owner, entity=case.model.entity, name="Overdraft PD", responsible=case.owner.person,
        owner=case.owner.person, purpose="Probability of default of overdrafts.", model_class=ModelClass.PD,
    )  # fmt: skip
    inventory.add_use(case.owner, model=other, **USE)
    inventory.answer_rubric(case.owner, model=other, answers=LARGE)
    inventory.register(case.owner, model=other)
    story.other = other
    rule = inventory.propose(
        case.owner, entity=case.model.entity, name="Fee table", responsible=case.owner.person,
        owner=case.owner.person,
    )  # fmt: skip
    inventory.claim_non_model(case.owner, model=rule, rationale="A table of prices: it estimates nothing.")
    inventory.decide_non_model(officer, model=rule, agree=True, reason="So it is.")
    inventory.reconsider(officer, model=rule, reason="It now estimates the churn that a price causes.")
    dataset = case.whole.dataset
    data.describe_dataset(
        case.developer,
        dataset=dataset,
        description="Loans granted.",
        source="Hofmann 1994",
        licence="CC BY 4.0",
    )
    codes = b"column,code,declared\nstatus,A11,below nought\n"
    data.declare_codes(case.developer, dataset=dataset, file=Upload.of("codes.csv", codes))
    data.set_rules(
        case.owner, dataset=dataset, rules=[{"kind": "rows", "least": 10, "severity": "warn", "columns": []}]
    )
    sourcing.query_snapshot(case.developer, dataset=dataset, sql=f'SELECT * FROM "{dataset.reference}"')
    with override_settings(MRM_OBJECT_BUCKETS=["risk"]):
        sourcing.fetch_snapshot(case.developer, dataset=dataset, address="s3://risk/loans.parquet")


@chapter
def features_of_its_customers(story: Story) -> None:
    """Definitions applied, a source read."""
    developer = story.case.developer
    catalogue = feature_making.verbs.open_catalogue(
        developer, entity=story.case.model.entity, name="Features"
    )
    feature_making.applied(developer, catalogue)
    feature_making.delivered(developer, feature_making.source(catalogue), feature_making.HISTORY)
    feature_making.recorded(developer, catalogue)
    feature_making.brought_online(developer, catalogue)
    feature_making.compared(developer, catalogue)
    feature_making.verbs.erase_subject(
        story.case.officer, catalogue=catalogue, key="customer", value="2", reason="Request 7."
    )


@chapter
def a_validation_that_is_refused(story: Story) -> None:
    """Opened, tested, reopened, signed; one decider recuses, another refuses."""
    case = story.case
    validation = case.judged()
    second = case.another("Vera Second", Role.VALIDATOR)
    opening.appoint(case.officer, validation=validation, validator=second.person)
    judging.declare(
        second, validation=validation, reporting_line="Head of validation", prior_involvement="none"
    )
    item = validation.items.filter(mandatory=True).first()
    opening.exempt(
        case.officer, validation=validation, item=item, reason="Nothing of it applies.", substitute="A note."
    )
    condition = judging.propose_condition(
        case.validator, validation=validation, text="Not above 10,000.", check="Monthly list.", due=later()
    )
    judging.withdraw_condition(case.validator, condition=condition, reason="The policy says so already.")
    signing.freeze(case.validator, validation=validation)
    signing.reopen(case.validator, validation=validation, reason="A word is missing.")
    signing.freeze(case.validator, validation=validation)
    signing.sign_opinion(
        case.validator, validation=validation, ticket=case.ticket(case.validator, validation)
    )
    spare = case.another("Rolf Officer", Role.RISK_OFFICER)
    signing.recuse(spare, validation=validation, reason="I know the applicant.")
    signing.reject(
        case.officer,
        validation=validation,
        ticket=case.ticket(case.officer, validation),
        reason="The sample bears no dates.",
    )
    case.model.refresh_from_db()


@chapter
def a_validation_that_is_granted(story: Story) -> None:
    """Every approval of the tier, the use grant, and a condition that is fulfilled."""
    case = story.case
    second = case.another("Vera Second", Role.VALIDATOR)
    validation = case.judged(validators=[case.validator.person, second.person])
    judging.declare(
        second, validation=validation, reporting_line="Head of validation", prior_involvement="none"
    )
    condition = judging.propose_condition(
        case.validator,
        validation=validation,
        text="A person looks at every refusal.",
        check="Weekly list.",
        due=later(),
    )
    signing.freeze(case.validator, validation=validation)
    signing.sign_opinion(
        case.validator, validation=validation, ticket=case.ticket(case.validator, validation)
    )
    case.approve(case.officer, validation)
    case.approve(case.approver, validation)
    story.validation, story.grant = fresh(validation), UseGrant.objects.get()
    story.condition = condition
    with undone():
        versions.restrict_grant(case.officer, grant=story.grant, reason="Under review.")
    story.grant.refresh_from_db()
    findings.fulfil(case.owner, condition=condition, text="Since Monday; the list is kept.")
    findings.confirm(case.validator, condition=condition, text="Three weeks of lists were read.")
    for job in Job.objects.filter(state=JobState.QUEUED):
        jobs.cancel(case.officer, job=job, reason="Papers have a chapter of their own.")
    change = inventory.change_use(
        case.owner, use=case.model.uses.get(), **{**USE, "portfolio": "Consumer instalment loans, online"}
    )
    inventory.withdraw_use_change(case.owner, change=change, reason="Online stays with the old card.")


@chapter
def jobs_are_planned(story: Story) -> None:
    """The scheduler asks for the work of a period."""
    jobs.schedule(
        robot(Robot.SCHEDULER), group=group_scope(), kind="house.tidy", title="Tidy the house", period_key="today"
    )  # fmt: skip


@chapter
def a_version_moves_and_gets_names(story: Story) -> None:
    """Staging, a request for production and its end, aliases and tags, an archived build."""
    case = story.case
    version = story.validation.version
    versions.promote(case.developer, version=version, stage=Stage.STAGING, reason="Ready to be looked at.")
    request = versions.request_promotion(
        case.owner, version=version, stage=Stage.PROD, reason="It ranks better."
    )
    versions.withdraw_promotion(case.owner, request=request, reason="Not before the new form.")
    versions.set_alias(case.developer, version=version, name="stable")
    versions.remove_alias(case.developer, model=case.model, name="stable")
    versions.tag_version(case.developer, version=version, key="team", value="retail")
    versions.untag_version(case.developer, version=version, key="team")
    versions.tag_model(case.owner, model=case.model, key="team", value="retail")
    versions.untag_model(case.owner, model=case.model, key="team")
    with undone():
        versions.archive(case.developer, version=version, reason="A trial only.")


@chapter
def the_life_of_findings(story: Story) -> None:
    """Drafted, corrected, answered, planned, extended, mended, closed, reopened, accepted, withdrawn."""
    case = story.case
    judge, owner, officer = case.validator, case.owner, case.officer
    adviser = case.another("Vera Second", Role.VALIDATOR)
    words: dict[str, Any] = {
        "title": "Sex cannot be recovered",
        "text": "One code holds women and men.",
        "severity": "high",
    }
    finding = life.draft(judge, model=case.model, document=Upload.of("note.txt", b"Read it."), **words)
    life.edit(judge, finding=finding, impact="Every applicant.", **words)
    life.attach(judge, finding=finding, document=Upload.of("page.txt", b"Page 3."))
    life.send(judge, finding=finding)
    life.answer(owner, finding=finding, stance="agreed", text="So it is.")
    life.issue(judge, finding=finding)
    life.advise(adviser, finding=finding, text="Ask for it at application.")
    due = Finding.objects.get(pk=finding.pk).due
    requests.plan(owner, finding=finding, text="The form asks for it.", until=due)
    requests.approve_plan(officer, finding=finding, agree=True, text="Sound.")
    requests.extend(owner, finding=finding, until=due + timedelta(days=30), text="The form is printed late.")
    requests.approve_extension(officer, finding=finding, agree=True, text="Agreed.")
    life.submit(owner, finding=finding, text="The form asks for it since May.")
    life.send_back(judge, finding=finding, text="The branch forms do not.")
    life.submit(owner, finding=finding, text="Now they do.")
    life.close(judge, finding=finding, text="Twelve forms were read.")
    life.reopen(judge, finding=finding, reason="An old form turned up.")
    acceptance = requests.accept(case.approver, finding=finding, until=later(), text="Few are left.")
    signed = requests.acceptance_digest(acceptance)
    ticket = prove(User.objects.get(pk=officer.account_id), PASSWORD, signed)
    requests.concur(officer, finding=finding, agree=True, ticket=ticket, text="Few indeed.")
    story.finding = finding
    dropped = life.draft(judge, model=case.model, **words)
    life.withdraw(judge, finding=dropped, reason="Said above.")


@chapter
def papers_and_packs(story: Story) -> None:
    """A paper is sealed, its pack taken, the paper voided."""
    case = story.case
    text = canonical({"evidence": []})
    sealed = Sealed(
        reference="R-7K2QD", kind=PaperKind.VALIDATION_REPORT, title="Validation report", content_digest=vault.put(text),
        pdf_digest=vault.put(b"%PDF-1.7"), size=8, pages=1, language="en", zone="UTC", certificate="", cpu_seconds=0.1,
        peak_mb=1,
    )  # fmt: skip
    worker = robot(Robot.WORKER)
    paper = papers.seal_paper(worker, scope=case.model.scope, about=story.validation, sealed=sealed)
    papers.export_pack(case.officer, paper=paper)
    story.paper = paper
    papers.void_paper(case.officer, paper=paper, reason="A page is missing.")


@chapter
def evidence_is_computed_again(story: Story) -> None:
    """Asked for, noted by the worker, and evidence declared void, which restricts the grant."""
    case = story.case
    row = Evidence.objects.filter(scope=case.model.scope).first()
    story.evidence = row
    job = evidence.reproduce(case.officer, evidence=row)
    fence = leases.claim(job.pk)
    evidence.record_reproduction(
        robot(Robot.WORKER, on_behalf_of=case.officer.person), evidence=row, verdict=Verdict.IDENTICAL, step="", detail="",
        fence=fence,
    )  # fmt: skip
    leases.succeed(fence, {})
    story.job = job
    evidence.void(case.officer, evidence=row, reason="The snapshot was of another year.")


@chapter
def grants_end(story: Story) -> None:
    """A grant revoked; an opinion withdrawn; a validation withdrawn."""
    case, grant = story.case, UseGrant.objects.get(pk=story.grant.pk)
    with undone():
        signing.withdraw_opinion(case.validator, validation=story.validation, reason="A figure was wrong.")
    versions.revoke_grant(case.officer, grant=grant, reason="It is replaced.")
    version = versions.register_version(
        case.developer, model=case.model, format=Format.SCORECARD, artefact=Upload.of("c.json", json.dumps(CARD).encode()),
        training_snapshot=case.whole, test_snapshot=case.whole,
    )  # fmt: skip
    work()
    versions.state_lineage(case.developer, version=version, scored_snapshot=case.whole)
    work()
    inventory.override_tier(case.officer, model=case.model, tier=3, reason="The use is being wound down.")
    story.running = case.open(version=version)
    light.write_light(
        case.validator, validation=story.running, reporting_line="Head of validation", prior_involvement="none",
        items=[
            {"item": item.key, "rating": Rating.LIMITED, "text": "Read; it holds."}
            for item in story.running.items.filter(mandatory=True)
        ],
        step=2, summary="It still ranks.", text="Nothing speaks against the last months.",
        uses=[{"use": str(row.pk), "judgement": Fitness.FIT, "text": ""} for row in story.running.uses.all()],
    )  # fmt: skip
    fence = leases.claim(drafting.print_draft(case.validator, validation=story.running).pk)
    leases.succeed(fence, {"pdf": vault.put(b"%PDF-1.7"), "pages": 1})
    with undone():
        opening.withdraw(case.officer, validation=story.running, reason="Superseded.")


RECIPE = """
schema: 1
name: {name}
seed: 7
data: {data}
target: {{column: outcome, event: 2}}
split: {{kind: random, share: 0.7}}
inputs: [status, duration, amount]
train: {{use: scorecard}}
evaluate: {{metrics: [disc.auc]}}
register: {{}}
"""


@chapter
def runs_by_recipe(story: Story) -> None:
    """A recipe declared, run and repeated; a notebook's run imported; a schedule; an envelope of retrains."""
    case, developer, whole = story.case, story.case.developer, story.case.whole
    words = RECIPE.format(name="points", data=f"{{snapshot: {whole.reference}}}")
    recipe = training.declare(developer, model=case.model, text=words)
    run = training.start(developer, recipe=recipe)
    work()
    training.reproduce(developer, run=run)
    work()
    training.import_run(
        developer, model=case.model, artefact=Upload.of("card.json", json.dumps(CARD).encode()), format=Format.SCORECARD,
        snapshot=whole, test_snapshot=whole, title="notebook",
    )  # fmt: skip
    work()
    newest = f"{{dataset: {whole.dataset.reference}, snapshot: newest}}"
    repeated = training.declare(
        developer, model=case.model, text=RECIPE.format(name="points, newest", data=newest)
    )
    schedule = training.set_schedule(developer, recipe=repeated, rhythm=Rhythm.WEEKLY)
    clock = robot(Robot.SCHEDULER, on_behalf_of=developer.person)
    training.run_due(clock, schedule=schedule, key="2026-W48", snapshot=None, trigger="each week: 2026-W48")
    training.stop_schedule(developer, schedule=schedule)
    story.recipe, story.run, story.schedule = repeated, run, schedule
    story.envelope = training.propose_envelope(
        case.owner, recipe=recipe, base=case.version, bounds={"performance": {"disc.auc": {"least": 0.7}}, "drift": {"psi": 0.1}},
        expires=later(),
    )  # fmt: skip
    training.decide_envelope(case.officer, envelope=story.envelope, agree=True, reason="Bounds are narrow.")
    training.end_envelope(case.owner, envelope=story.envelope, reason="The card is replaced.")


@chapter
def what_clients_log(story: Story) -> None:
    """An experiment and a run of an MLflow client: opened, ended, put away, brought back."""
    developer, scope = story.case.developer, story.case.model.scope
    experiment = mlflow.create_experiment(developer, scope=scope, name="Challengers")
    mlflow.rename_experiment(developer, experiment=experiment, name="Challengers, first round")
    run = mlflow.start_run(developer, experiment=experiment, user="dora", start_time=1)
    mlflow.finish_run(developer, run=run, status=RunStatus.FINISHED, end_time=2, logged="0" * 64)
    mlflow.delete_run(developer, run=run)
    mlflow.restore_run(developer, run=run)
    mlflow.delete_experiment(developer, experiment=experiment)
    mlflow.restore_experiment(developer, experiment=experiment)
    registering.receive_version(developer, model=story.case.model, source=f"models:/m-{'0' * 32}")
    importer, there = robot(Robot.IMPORTER), "mlflow.bank.example"
    candidate = importing.import_model(
        importer, entity=story.case.model.entity, name="Arrears", responsible=story.case.owner.person, origin=there,
        name_there="arrears", there={},
    )  # fmt: skip
    importing.import_version(
        importer, model=candidate, said=Imported(origin=there, name="arrears", number="7", there={}),
        source=f"models:/m-{'1' * 32}",
    )  # fmt: skip


@chapter
def everybody_else(story: Story) -> None:
    """Who stands in which relation to the model of the story."""
    bank, case = story.bank, story.case
    every = [role for role in Role if role not in {Role.ADMINISTRATOR, Role.REGULATOR}]
    made = {
        "stranger": bank.person("stranger", *every, level=None),
        "reader": bank.person("reader", level=GrantLevel.READ, on=case.model.scope),
        "auditor": bank.person("auditor", Role.AUDITOR, level=GrantLevel.READ),
        "elsewhere": bank.person("elsewhere", Role.REGULATOR, level=GrantLevel.READ, on=story.other.scope),
        "owner": case.owner,
        "developer": case.developer,
        "builder": case.people[BUILDER],
        "validator": case.people["Vera Second"],
        "signer": case.validator,
        "officer": case.officer,
        "approver": case.another("Arno Approver", Role.APPROVER),
        "administrator": bank.admin(),
    }
    for who in ("owner", "developer", "builder", "validator", "signer"):
        account = User.objects.get(pk=made[who].account_id)
        for role in (
            set(every) - made[who].roles
        ):  # what stands in their way is what they did, not a missing role
            access.give_role(bank.admin(), account=account, role=role)
    access.issue_token(bank.admin(), account=bank.administrator, name="theirs")
    sealing.seal()
    story.accounts = {
        "nobody": None,
        **{who: User.objects.get(pk=actor.account_id) for who, actor in made.items()},
    }
    for who, account in story.accounts.items():
        story.clients[who] = Client(raise_request_exception=False)
        if account is not None:
            story.clients[who].force_login(account, backend="django.contrib.auth.backends.ModelBackend")
