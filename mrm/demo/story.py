"""The demonstration's story: real data through the whole way, by the same verbs as everyone, in the order of a bank.

There is no false past: every entry bears the time at which it was made. Business dates are counted from today.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from mrm import vault
from mrm.access import signing
from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity, User
from mrm.access.rules import Door, Robot
from mrm.access.verbs import describe_entity, prepare
from mrm.demo import fitting, german, judgements, people, production
from mrm.jobs import runner
from mrm.kernel.errors import RuleRefused
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.data.rules import SnapshotStatus
from registry.inventory.models import Model, Use
from registry.inventory.rules import ModelClass
from registry.inventory.verbs import models as inventory
from registry.inventory.verbs import tiers, uses
from registry.training import verbs as training
from registry.training.models import Run
from registry.training.queries import run as run_of
from registry.versions.models import Version
from validation.cases.models import Validation
from validation.cases.rules import Fitness, Rating
from validation.cases.verbs import judging, opening, testing
from validation.cases.verbs import signing as cases
from validation.findings.models import Finding
from validation.findings.rules import FindingState, Severity, Stance
from validation.findings.verbs import life, requests

RUBRIC = {
    "exposure": "large",
    "customers": "many",
    "regulatory_use": "law",
    "autonomy": "sampled",
    "method": "regression",
    "data": "joined",
    "interpretability": "by_sight",
    "dependencies": "several",
}
POPULATION_RATE = Decimal("0.05")
CUT_OFF = Decimal("0.35")


@dataclass
class Story:
    """What the story has made so far."""

    say: Callable[[str], None]
    entity: LegalEntity = field(init=False)
    model: Model = field(init=False)
    uses: list[Use] = field(default_factory=list)
    dataset: Dataset = field(init=False)
    faulty: Snapshot = field(init=False)
    whole: Snapshot = field(init=False)
    train: Snapshot = field(init=False)
    test: Snapshot = field(init=False)
    runs: dict[str, Run] = field(default_factory=dict)
    without_age: dict[str, float] = field(default_factory=dict)
    scorecard: Version = field(init=False)
    challenger: Version = field(init=False)
    validation: Validation = field(init=False)


STEPS: tuple[tuple[str, Callable[[Story], None]], ...] = ()


def tell(say: Callable[[str], None], progress: Callable[[int, int, str], None]) -> Story:
    """Everything, step by step."""
    story = Story(say)
    for number, (title, step) in enumerate(STEPS):
        progress(number, len(STEPS), title)
        step(story)
    progress(len(STEPS), len(STEPS), "done")
    return story


def _bank(story: Story) -> None:
    prepare(robot(Robot.MIGRATOR, door=Door.INSTALL), group=group_scope(), demonstration=True)
    entity = LegalEntity.objects.order_by("id").first()
    if entity is None:
        raise LookupError("the first migrate makes a legal entity")
    people.settle(entity)
    admin = people.actor("admin")
    story.entity = describe_entity(
        admin,
        entity=entity,
        name="South German Credit Bank",
        jurisdiction="DE",
        zone="Europe/Berlin",
        currency="EUR",
    )


def _register(story: Story) -> None:
    owner, developer = people.actor("owner"), people.actor("developer")
    model = inventory.propose(
        owner,
        entity=story.entity,
        name="Consumer instalment PD scorecard",
        responsible=owner.person,
        owner=owner.person,
        developer=developer.person,
        model_class=ModelClass.PD,
        method="weights of evidence, logistic regression",
        purpose="Probability that an applicant for a consumer instalment loan defaults, for the decision on the loan.",
    )
    today = date.today()  # noqa: DTZ011 - a business date, counted from the day of seeding
    for portfolio, decision, exposure in (
        ("Consumer instalment loans", "Approve or decline up to 20,000", Decimal(180000000)),
        ("Consumer instalment loans", "Price band of accepted loans", Decimal(120000000)),
    ):
        use = uses.add_use(
            owner,
            model=model,
            portfolio=portfolio,
            decision=decision,
            jurisdiction="DE",
            start=today + timedelta(days=30),
            exposure=exposure,
            currency="EUR",
            expected_volume=170_000 if story.uses else 240_000,
        )
        if isinstance(use, Use):
            story.uses.append(use)
    tiers.answer_rubric(owner, model=model, answers=RUBRIC)
    story.model = inventory.register(owner, model=model)
    story.model = inventory.start_development(developer, model=story.model)


def _faulty_copy(story: Story) -> None:
    """The copy that circulates comes first, as it would; the row-order test stops it."""
    developer = people.actor("developer")
    story.dataset = data.create_dataset(
        developer,
        entity=story.entity,
        name="German credit",
        description="1,000 consumer loans of a southern German bank, 1973 to 1975; 20 inputs and the outcome.",
        source="H. Hofmann, Statlog (German Credit Data), UCI, 1994, doi 10.24432/C5NC77",
        licence="CC BY 4.0",
    )
    data.declare_codes(
        developer,
        dataset=story.dataset,
        file=Upload.of("codes.csv", german.codes()),
        declared="label_statlog",
        reference="label_corrected",
    )
    data.set_rules(developer, dataset=story.dataset, rules=german.RULES)
    story.faulty = _upload(
        story, "german-from-package.data", german.faulty_copy(), "copy from a scoring package"
    )
    runner.drain()
    story.faulty.refresh_from_db()
    if story.faulty.standing.state != SnapshotStatus.BLOCKED:
        raise RuleRefused(
            "wrong_state", "The faulty copy was not stopped by dq.row_order.", "Report this: it is our error."
        )
    story.say(f"faulty copy {story.faulty.reference} blocked: {story.faulty.standing.reason}")


def _upload(story: Story, name: str, content: bytes, title: str) -> Snapshot:
    return data.upload_snapshot(
        people.actor("developer"),
        dataset=story.dataset,
        file=Upload.of(name, content),
        title=title,
        column_names=list(german.COLUMNS),
        delimiter="space",
        header="no",
    )


def _right_file(story: Story) -> None:
    rows = german.published().splitlines(keepends=True)
    trains = fitting.training_rows()
    parts = {
        "whole": (german.published(), "as published"),
        "train": (b"".join(row for row, used in zip(rows, trains, strict=True) if used), "development rows"),
        "test": (b"".join(row for row, used in zip(rows, trains, strict=True) if not used), "held-out rows"),
    }
    names = {"whole": "german.data", "train": "german-train.data", "test": "german-test.data"}
    for part, (content, title) in parts.items():
        setattr(story, part, _upload(story, names[part], content, title))
    runner.drain()
    for part in parts:
        snapshot: Snapshot = getattr(story, part)
        data.assign_roles(
            people.actor("developer"),
            snapshot=Snapshot.objects.get(pk=snapshot.pk),
            columns={**dict.fromkeys(german.INPUTS, "feature"), german.TARGET: "y"},
            event=german.BAD,
            attributes=[
                {
                    "name": "age",
                    "column": "age",
                    "banding": {"rule": "at_most", "edge": 25},
                    "reference": "age > 25",
                },
                {
                    "name": "status code",
                    "column": "personal_status",
                    "banding": {"rule": "codes"},
                    "reference": "A93",
                },
            ],
        )
        setattr(story, part, Snapshot.objects.get(pk=snapshot.pk))


def _trained(story: Story) -> None:
    """Both models by recipe; each run registers its version."""
    developer = people.actor("developer")
    for name in ("scorecard", "challenger"):
        recipe = training.declare(developer, model=story.model, text=fitting.recipe(name))
        story.runs[name] = training.start(developer, recipe=recipe)
    runner.drain()
    for name, run in story.runs.items():
        setattr(story, name, versions_of(run).get())
        getattr(story, name).admitted()
    story.without_age = fitting.without_age()


def versions_of(run: Run) -> QuerySet[Version]:
    """What a run registered."""
    rows: QuerySet[Version] = Version.objects.with_facts().filter(run=run.pk)
    return rows


def _reproduced(story: Story) -> None:
    """Each run once more in a fresh process; the gate asks for it."""
    for run in story.runs.values():
        training.reproduce(people.actor("developer"), run=run_of(run.reference))
    runner.drain()
    for run in story.runs.values():
        repeated = run_of(run.reference)
        if not repeated.reproduced:
            raise RuleRefused(
                "wrong_state",
                f"The repetition of {run.reference} {repeated.repetitions.get()}.",
                "Report this: it is our error.",
            )
        story.say(f"run {run.reference} ({run.title}) repeated: identical, bit for bit")


def _open(story: Story) -> None:
    story.validation = opening.open_validation(
        people.actor("officer"),
        version=story.scorecard,
        uses=story.uses,
        validators=[people.actor("validator").person],
        test=story.test,
        whole=story.whole,
        development=story.train,
        cutoff=CUT_OFF,
        population_rate=POPULATION_RATE,
        population_source="Declared by the owner: five in a hundred consumer loans of the bank default.",
    )


def _tests(story: Story) -> None:
    validator = people.actor("validator")
    judging.declare(
        validator,
        validation=story.validation,
        reporting_line="Head of model validation, reporting to the chief risk officer",
        prior_involvement="None: neither built, owned nor advised on the model.",
    )
    testing.run_tests(validator, validation=story.validation)
    runner.drain()


def _findings(story: Story) -> None:
    """The rules have drafted what the evidence shows; one is raised by hand, with its document."""
    validator, owner, officer = people.actor("validator"), people.actor("owner"), people.actor("officer")
    name, text = judgements.DOCUMENT
    life.draft(
        validator,
        model=story.model,
        version=story.scorecard,
        validation=story.validation.reference,
        severity=Severity.MEDIUM,
        document=Upload.of(name, text.encode()),
        title=judgements.SEX_FINDING["title"],
        text=judgements.SEX_FINDING["text"],
        impact=judgements.SEX_FINDING["impact"],
    )
    for finding in _drafts(story):
        if finding.rule == "unresolved_disparity:age":
            life.attach(validator, finding=finding, document=_alternative(story))
        life.send(validator, finding=finding)
        stance, answer = judgements.ANSWERS.get(rule_of(finding), judgements.ANSWERS["no_dates"])
        life.answer(owner, finding=finding, stance=Stance(stance), text=answer)
        life.issue(validator, finding=finding)
        if finding.severity == Severity.HIGH:
            until = date.today() + timedelta(days=50)  # noqa: DTZ011 - a business date
            plan = judgements.PLANS.get(rule_of(finding), "Mended with the next version.")
            requests.plan(owner, finding=finding, text=plan, until=until)
            requests.approve_plan(officer, finding=finding, agree=True, text="Agreed.")


def rule_of(finding: Finding) -> str:
    """The rule's name without the column or attribute it fired for."""
    return finding.rule.partition(":")[0]


def _drafts(story: Story) -> list[Finding]:
    return list(
        Finding.objects.filter(validation_id=story.validation.pk, state=FindingState.DRAFT).order_by("id")
    )


def _alternative(story: Story) -> Upload:
    text = "Scorecard with and without age, same rows, ratio of approval at 25 or under and AUC on the test rows.\n"
    found = story.without_age
    return Upload.of("without-age.txt", (text + json.dumps(found, indent=1) + "\n").encode())


def headlines(validation: Validation) -> dict[str, dict[str, Any]]:
    """What the evidence of a validation says, by test and attribute, as the judgements quote it."""
    seen: dict[str, dict[str, Any]] = {}
    for result in validation.results.select_related("evidence"):
        if result.evidence is not None:
            body = json.loads(vault.get(result.evidence.content))
            results = body["results"]
            facts = {**results, "n": results.get("sample", {}).get("n"), **body.get("parameters", {})}
            seen[f"{result.test_id} {result.column}".strip()] = facts
    return seen


def _judge(story: Story) -> None:
    validator = people.actor("validator")
    seen = headlines(story.validation)
    for item in story.validation.items.all():
        rating, text = judgements.judgement(item.key, seen, story.without_age)
        cited = [
            result.evidence.result_digest
            for result in item.results.select_related("evidence")
            if result.evidence is not None
        ]
        judging.rate(validator, item=item, rating=Rating(rating), text=text, evidence=cited)
    _conditions(story)
    opinion = judgements.OPINION
    judging.write(
        validator,
        validation=story.validation,
        step=3,
        uses=[
            {
                "use": story.uses[0].reference,
                "judgement": Fitness.FIT_WITH_CONDITIONS,
                "text": judgements.FIT_TEXT,
            },
            {"use": story.uses[1].reference, "judgement": Fitness.NOT_FIT, "text": judgements.UNFIT_TEXT},
        ],
        summary=opinion["summary"],
        text=opinion["text"],
        aggregation=opinion["aggregation"],
        residual_risk=opinion["residual_risk"],
    )


def _conditions(story: Story) -> None:
    validator = people.actor("validator")
    today = date.today()  # noqa: DTZ011 - business dates
    found = {item.rule: item for item in Finding.objects.filter(validation_id=story.validation.pk)}
    items = {item.key: item for item in story.validation.items.all()}
    said = judgements.alternative(story.without_age)
    disparity = {name: text.format_map(said) for name, text in judgements.DISPARITY_CONDITION.items()}
    half, year = today + timedelta(days=180), today + timedelta(days=360)
    for facts, finding, item, ends in (
        (judgements.STATUS_CONDITION, "unresolved_disparity:status code", "fairness.disparate_impact", half),
        (disparity, "unresolved_disparity:age", "fairness.disparate_impact", half),
        (judgements.LABEL_CONDITION, "label_conflict", "data.codes", today + timedelta(days=120)),
        (judgements.LEVEL_CONDITION, "oversampled_target", "performance.calibration", year),
        (judgements.PERIOD_CONDITION, "no_dates", "data.period", year),
    ):
        judging.propose_condition(
            validator,
            validation=story.validation,
            finding=found.get(finding),
            scope_item=items.get(item),
            ends=ends,
            text=facts["text"],
            check=facts["check"],
            justification=facts.get("justification", ""),
            alternatives=facts.get("alternatives", ""),
        )


def _sign(story: Story) -> None:
    """Everyone reads and signs the same digest: the opinion, then the approvals of the tier."""
    frozen = cases.freeze(people.actor("validator"), validation=story.validation)
    cases.sign_opinion(
        people.actor("validator"), validation=story.validation, ticket=_ticket("validator", frozen.digest)
    )
    for username in ("officer", "approver"):
        cases.approve(
            people.actor(username),
            validation=story.validation,
            ticket=_ticket(username, frozen.digest),
            reason="Read; the conditions confine what the data cannot answer.",
        )


def _ticket(username: str, digest: str) -> str:
    account = User.objects.select_related("person").get(username=username)
    member = next(item for item in people.MEMBERS if item.username == username)
    return signing.prove(account, member.password, digest)


def _paper(story: Story) -> None:
    runner.drain()
    story.validation.refresh_from_db()


def _onward(story: Story) -> None:
    """What waits on the desks when somebody looks: the challenger's validation has just been opened."""
    opening.open_validation(
        people.actor("officer"),
        version=story.challenger,
        uses=story.uses[:1],
        validators=[people.actor("validator").person],
        test=story.test,
        whole=story.whole,
        development=story.train,
        cutoff=CUT_OFF,
        population_rate=POPULATION_RATE,
        population_source="Declared by the owner: five in a hundred consumer loans of the bank default.",
    )
    people.show_to_regulator(story.model.scope)


STEPS = (
    ("people of the bank", _bank),
    ("a model on the register", _register),
    ("the faulty copy that circulates", _faulty_copy),
    ("the right file", _right_file),
    ("two models by recipe", _trained),
    ("both runs repeated", _reproduced),
    ("a validation is opened", _open),
    ("tests", _tests),
    ("findings", _findings),
    ("judgements, conditions, opinion", _judge),
    ("signatures", _sign),
    ("the sealed report", _paper),
    ("into production", production.bring),
    ("what waits next", _onward),
)
