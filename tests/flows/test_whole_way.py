"""The way by clicking, from an empty bank on: each person in a window of their own.

Screenshots at both widths are output of the test; axe, sideways scrolling and the console are looked at on each page.
"""

from __future__ import annotations

import pickle
import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mrm.demo import german, judgements
from mrm.demo.fitting import fit
from tests.flows.robot import PASSWORD, Office, Robot, office
from tests.installation import Installation

pytestmark = pytest.mark.browser

PEOPLE = (
    ("owner", "Olga Owner", "model owner", "see and act"),
    ("developer", "Deniz Developer", "model developer", "see and act"),
    ("validator", "Anna Validator", "validator", "see"),
    ("officer", "Rolf Officer", "risk officer", "see and act"),
    ("approver", "Petra Approver", "approver", "see and act"),
    ("auditor", "Ursel Auditor", "auditor", "see"),
)
RUBRIC = (
    ("How much money", "50 to 500 million"),
    ("How many customers", "1,000 to 100,000"),
    ("Does a rule of law", "capital, credit decisions"),
    ("Who decides", "it decides; people look"),
    ("Which method", "regression or scorecard"),
    ("What data", "several own sources"),
    ("Can its answers", "by sight"),
    ("How much hangs", "reads from or feeds"),
)
NAME = "Consumer instalment PD scorecard"


@pytest.fixture(scope="session")
def fitted() -> dict[str, Any]:
    """The demonstration's models, fitted once in a child process."""
    return fit()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Installation]:
    """An empty bank that runs: web, worker, scheduler."""
    home = tmp_path / "home"
    home.mkdir()
    made = Installation(home)
    try:
        made.start("--no-seed")
        yield made
    finally:
        made.stop()


class Way:
    """The people, and what they have made so far."""

    def __init__(self, rooms: Office, bank: Installation, fitted: dict[str, Any]) -> None:
        self.rooms, self.bank, self.fitted = rooms, bank, fitted
        self.people: dict[str, Robot] = {}
        self.model = self.validation = ""
        self.snapshots: dict[str, str] = {}

    def __getitem__(self, username: str) -> Robot:
        """A person's window; they sign in when they are first needed."""
        if username not in self.people:
            self.people[username] = self.rooms.robot(username)
            self.people[username].sign_in(username)
        return self.people[username]


def first_administrator(way: Way) -> None:
    """The printed link makes the first administrator, who adds everybody."""
    link = re.search(r"/set-up/\S+/", way.bank.log)
    assert link, way.bank.log
    admin = way.rooms.robot("admin")
    admin.go(link[0])
    admin.look("set-up")
    admin.fill(**{"Your name": "Sina Administrator", "User name": "admin", "Password": PASSWORD})
    admin.press("Make my account")
    if admin.path.startswith("/sign-in"):
        admin.look("sign-in")
        admin.sign_in("admin")
    way.people["admin"] = admin
    admin.go("/")
    admin.look("desk of the administrator")
    for username, name, role, level in PEOPLE:
        add_person(admin, username, name, role, level)
    admin.look("person")
    admin.go("/people/")
    admin.look("people")


def add_person(admin: Robot, username: str, name: str, role: str, level: str) -> None:
    """A person with account, role and grant."""
    admin.go("/people/")
    admin.follow("Add a person")
    admin.fill(Name=name, Position=role)
    admin.press("Add a person")
    admin.follow("Open an account")
    admin.fill(**{"User name": username, "First password": PASSWORD})
    admin.press("Open an account")
    admin.follow("Give a role")
    admin.field("Role").select_option(label=role)
    admin.press("Give a role")
    admin.follow("Give a grant")
    admin.choose("On", "legal entity")
    admin.field("May").select_option(label=level)
    admin.press("Give a grant")
    admin.sees(name, "sees and acts" if "act" in level else "sees")


def register(way: Way) -> None:
    """The owner puts a tier 1 model on the register."""
    owner = way["owner"]
    owner.go("/models/")
    owner.follow("Register a model")
    owner.look("register a model")
    owner.fill(Name=NAME, Purpose="Probability that an applicant for a consumer loan defaults.")
    owner.choose("Class", "PD")
    owner.choose("Developer", "Deniz Developer")
    owner.press("Save and go on")
    owner.fill(
        Portfolio="Consumer instalment loans",
        Decision="Approve or decline up to 20,000",
        Country="DE",
        Exposure="180000000",
        Currency="EUR",
    )
    owner.fill(**{"Expected decisions a year": "240000"})
    owner.look("use")
    owner.press("Add the use")
    for question, answer in RUBRIC:
        owner.tick(answer, question)
    owner.look("rubric")
    owner.press("Save the answers")
    owner.look("register")
    owner.press("Register the model")
    way.model = owner.path
    owner.sees("Tier 1", "Register the first version.")
    owner.look("model registered")
    owner.go("/")
    owner.look("desk of the owner")


def data(way: Way) -> None:
    """The faulty copy is stopped; the right files are taken and described."""
    developer = way["developer"]
    developer.go("/datasets/")
    developer.follow("Open a dataset")
    developer.fill(Name="German credit", Source="UCI, doi 10.24432/C5NC77", Licence="CC BY 4.0")
    developer.press("Open the dataset")
    here = developer.path
    developer.follow("Declare codes")
    developer.upload("Code table", "codes.csv", german.codes())
    developer.fill(
        **{
            "Its column with the label as declared": "label_statlog",
            "Its column with the label of an independent reference": "label_corrected",
        }
    )
    developer.press("Upload the code table")
    developer.sees("differs")
    upload(way, here, "from a package", german.faulty_copy())
    developer.until("blocked")
    developer.sees("cannot be used", "dq.row_order")
    developer.look("snapshot blocked")
    rows = german.published().splitlines(keepends=True)
    train = way.fitted["training_rows"]
    parts = {
        "whole": german.published(),
        "train": b"".join(row for row, used in zip(rows, train, strict=True) if used),
        "test": b"".join(row for row, used in zip(rows, train, strict=True) if not used),
    }
    for name, content in parts.items():
        way.snapshots[name] = upload(way, here, f"{name} rows", content)
        developer.until("say what the columns are")
        roles(developer)
    developer.look("snapshot released")
    developer.go(here)
    developer.look("dataset")


def upload(way: Way, dataset: str, title: str, content: bytes) -> str:
    """A file becomes a snapshot; returns its reference."""
    developer = way["developer"]
    developer.go(dataset)
    developer.follow("Upload a snapshot")
    developer.upload("File", f"{title}.data".replace(" ", "-"), content)
    developer.fill(**{"Title": title, "Column names": ", ".join(german.COLUMNS)})
    developer.choose("Separated by", "space")
    developer.choose("First line", "no header")
    developer.look("upload a snapshot")
    developer.press("Upload")
    return developer.path.strip("/").rpartition("/")[2]


def roles(developer: Robot) -> None:
    """Inputs, outcome, and age and status code as protected attributes."""
    developer.follow("Say what the columns are")
    for name in german.INPUTS:
        developer.field(f"Role of {name}").select_option("feature")
    developer.field(f"Role of {german.TARGET}").select_option("y")
    developer.fill(**{"Event value of the outcome": german.BAD})
    developer.field("Protected attribute 1").select_option("age")
    developer.fill(**{"Protected attribute 1, up to and including": "25"})
    developer.field("Protected attribute 2").select_option("personal_status")
    developer.fill(**{"Protected attribute 2, reference group": "A93"})
    developer.look("roles of columns")
    developer.press("Save the roles")
    developer.sees("up to 25 against above")


def versions(way: Way) -> None:
    """A pickle in disguise is refused with the way out; the scorecard is taken."""
    developer = way["developer"]
    developer.go(way.model)
    if developer.page.get_by_role("button", name="Start development").count():
        developer.press("Start development")
        developer.go(way.model)
    developer.follow("Register a version")
    developer.choose("Format", "skops")
    lineage(way, "model.skops", pickle.dumps({"weights": [1.0, 2.0]}))
    developer.until("refused")
    developer.sees("pickle", "skops.io.dump")
    developer.look("version refused")
    developer.go(f"{way.model}versions/new/")
    developer.choose("Format", "scorecard")
    lineage(way, "scorecard.json", way.fitted["scorecard"])
    developer.until("admitted")
    developer.look("version")
    developer.go("/")
    developer.look("desk of the developer")


def lineage(way: Way, name: str, artefact: bytes) -> None:
    """Artefact and data of a version."""
    developer = way["developer"]
    developer.upload("Artefact", name, artefact)
    developer.fill(**{"Title": name, "Split": "random 70/30, seed 7", "Code revision": "mrm/demo/fitting.py"})
    developer.choose("Training data", way.snapshots["train"])
    developer.choose("Test data", way.snapshots["test"])
    developer.look("register a version")
    developer.press("Register the version")


def opened(way: Way) -> None:
    """The risk officer opens the validation; policy decides its scope."""
    officer = way["officer"]
    officer.go("/")
    officer.look("desk of the officer")
    officer.go(way.model)
    officer.follow("Open a validation")
    officer.tick("Approve or decline")
    officer.tick("Anna Validator")
    officer.choose("Test sample", way.snapshots["test"])
    officer.choose("Whole sample", way.snapshots["whole"])
    officer.choose("Development sample", way.snapshots["train"])
    officer.fill(**{"Cut-off": "0.35", "Event rate of the population": "0.05"})
    officer.fill(**{"Source of that rate": "Declared by the owner."})
    officer.look("open a validation")
    officer.press("Open the validation")
    way.validation = officer.path


def challenged(way: Way) -> None:
    """The validator declares independence and runs the tests; the progress is live."""
    validator = way["validator"]
    validator.go("/")
    validator.look("desk of the validator")
    validator.go(way.validation)
    validator.follow("Independence")
    validator.fill(**{"You report to": "Chief risk officer", "Prior involvement with this model": "none"})
    validator.press("Declare")
    validator.follow("Run tests")
    validator.press("Run the tests")
    progress = validator.page.locator(".job progress").first
    progress.wait_for(timeout=60_000)
    validator.look("tests running")
    before = float(progress.get_attribute("value") or 0)
    validator.page.wait_for_function(
        "v => !document.querySelector('.job progress') || document.querySelector('.job progress').value > v",
        arg=before,
        timeout=90_000,
    )
    validator.page.wait_for_function("!document.querySelector('.job progress')", timeout=200_000)
    validator.go(way.validation)
    validator.look("validation desk")


def findings(way: Way) -> None:
    """Findings by rule and one by hand: sent, answered, issued; a high one with an approved plan."""
    validator = way["validator"]
    validator.go(way.validation)
    validator.follow("Draft a finding")
    validator.fill(Title=judgements.SEX_FINDING["title"], Finding=judgements.SEX_FINDING["text"])
    validator.tick("medium", "Severity")
    name, text = judgements.DOCUMENT
    validator.upload("Document", name, text.encode())
    validator.look("draft a finding")
    validator.press("Save the draft")
    validator.go(way.validation)
    found = validator.links(r"/findings/F-\w+/")
    assert len(found) >= 5
    for address in found:
        issue(way, address)
    validator.go("/findings/")
    validator.look("findings")


def issue(way: Way, address: str) -> None:
    """One finding from draft to issued."""
    validator, owner, officer = way["validator"], way["owner"], way["officer"]
    act(validator, address, "Send to the owner", "Send")
    owner.go(address)
    owner.follow("Answer on the facts")
    owner.tick("agreed", "The facts are")
    owner.press("Answer")
    act(validator, address, "Issue", "Issue")
    validator.look("finding")
    if "High" not in validator.page.locator(".facts").first.inner_text().title():
        return
    owner.go(address)
    owner.follow("Plan the remedy")
    owner.fill(**{"In words": "Mended with the next version.", "Until": in_days(50)})
    owner.press("Save the plan")
    officer.go(address)
    officer.follow("Decide on the plan")
    officer.tick("Agree", "Decision")
    officer.press("Decide")


def act(person: Robot, address: str, link: str, button: str) -> None:
    """An act that asks nothing."""
    person.go(address)
    person.follow(link)
    person.press(button)


def in_days(days: int) -> str:
    """A business date as the browser's date field takes it."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011


def judged(way: Way) -> None:
    """Every item is rated, what cannot be concluded carries a condition, the opinion is written."""
    validator = way["validator"]
    validator.go(way.validation)
    total = len(validator.links(r"\S*\?item=\S+"))
    for _ in range(total):
        form = validator.page.get_by_role("main").locator("form[action^='?item=']")
        key = (form.get_attribute("action") or "").removeprefix("?item=")
        rating, _ = judgements.JUDGEMENTS.get(key, judgements.DEFAULT)
        validator.tick("not concluded" if rating == "not_concluded" else rating, "Rating")
        validator.fill(Assessment="Read, with the evidence cited; what it does not show is a condition.")
        validator.press("Rate and go to next")
    validator.sees(f"{total} of {total} rated")
    for key, finding in (
        ("fairness.disparate_impact", "age"),
        ("fairness.disparate_impact", "status"),
        ("performance.calibration", ""),
        ("data.period", ""),
        ("outcomes.sensitivity", ""),
    ):
        condition(validator, way.validation, key, finding)
    opinion(validator, way.validation)


def condition(validator: Robot, validation: str, key: str, finding: str) -> None:
    """A condition of use for an item; a disparity is named with its justification."""
    validator.go(f"{validation}?item={key}")
    validator.follow("Propose a condition")
    facts = judgements.DISPARITY_CONDITION if finding else judgements.LEVEL_CONDITION
    validator.fill(
        **{"What must hold": facts["text"], "How it is checked": facts["check"], "Ends": in_days(180)}
    )
    if finding:
        listed = validator.field("Names the finding").locator("option")
        names = [name for name in listed.all_inner_texts() if finding in name.lower() and "isparit" in name]
        validator.choose("Names the finding", names[0])
        validator.fill(
            **{"Justification": facts["justification"], "Alternatives searched": "A card without age."}
        )
    validator.look("propose a condition")
    validator.press("Propose")


def opinion(validator: Robot, validation: str) -> None:
    """The opinion on the whole and on the use."""
    validator.go(validation)
    validator.follow("Opinion")
    said = judgements.OPINION
    validator.tick("3", "Step for the whole")
    validator.fill(Summary=said["summary"], Opinion=said["text"])
    validator.fill(**{"How the tests led there": said["aggregation"], "Residual risk": said["residual_risk"]})
    validator.tick("fit with conditions", "Use:")
    validator.look("opinion")
    validator.press("Save the opinion")


def signed(way: Way) -> None:
    """Frozen and signed by the validator; owner, developer and validator are refused; officer and approver sign."""
    validator = way["validator"]
    validator.go(way.validation)
    validator.follow("Freeze the content")
    validator.press("Freeze")
    validator.look("sign the opinion")
    validator.fill(**{"Password, again": PASSWORD})
    validator.press("Sign the opinion")
    sign = f"{way.validation}sign/"
    for username in ("owner", "developer", "validator"):
        refused(way, username, sign)
    for username in ("officer", "approver"):
        person = way[username]
        person.go("/")
        person.look(f"desk of the {username} who signs")
        person.go(sign)
        person.look("sign an approval")
        person.tick("Approve under", "Decision")
        person.fill(
            **{"Reason": "Read; the conditions confine what is not known.", "Password, again": PASSWORD}
        )
        person.press("Sign with password")
    way["owner"].go(way.model)
    way["owner"].sees("is approved", "Use grants and conditions")
    way["owner"].look("model approved")


def refused(way: Way, username: str, sign: str) -> None:
    """The page says why before it is asked; asking all the same is refused and leaves one denied entry."""
    person = way[username]
    person.go(sign)
    assert person.page.get_by_role("button", name="Sign with password").count() == 0
    person.look(f"{username} may not sign")
    digest = person.page.locator("dd .digest, dd code").first.inner_text()
    before = denied(way)
    answer = person.send(sign, decision="approve", reason="mine", password=PASSWORD, digest=digest)
    assert answer.status == 403
    assert denied(way) == before + 1
    reason = person.page.get_by_role("main").locator(".notice.warn").inner_text().strip()
    assert reason
    assert reason.split(".")[0] in answer.text().replace("&#x27;", "'")


def denied(way: Way) -> int:
    """How many denied entries the ledger has."""
    return int(way.bank.rows("select count(*) from access_entry where outcome = 'denied'")[0][0])


def audited(way: Way) -> None:
    """The auditor reads what came of it, and every room of the house."""
    auditor = way["auditor"]
    for path, name in (
        ("/", "desk of the auditor"),
        ("/models/", "inventory"),
        ("/validations/", "validations"),
        (way.validation, "validation granted"),
        ("/conditions/", "conditions"),
        ("/jobs/", "jobs"),
        ("/ledger/", "ledger"),
        ("/policies/", "policies"),
        ("/evidence/", "evidence list"),
        (f"{way.model}history/", "model history"),
    ):
        auditor.go(path)
        auditor.look(name)
    for path, pattern, name in (
        ("/evidence/", r"/evidence/ev:\w+/", "evidence"),
        ("/policies/", r"/policies/\w{16}/", "policy"),
        ("/jobs/", r"/jobs/[\w-]+/", "job"),
        ("/ledger/", r"/ledger/\w{20,}/", "ledger entry"),
    ):
        auditor.go(path)
        found = auditor.links(pattern)
        assert found, f"{path} links to none of its records"
        auditor.go(found[0])
        auditor.look(name)


STEPS: tuple[Callable[[Way], None], ...] = (first_administrator, register, data, versions)
# Written and not yet run to their end: each is taken into STEPS once it passes.
ONWARD: tuple[Callable[[Way], None], ...] = (opened, challenged, findings, judged, signed, audited)


def test_the_whole_way(bank: Installation, fitted: dict[str, Any], test_output: Path) -> None:
    """From the printed link to two admitted versions."""
    with office(bank.url, test_output) as rooms:
        way = Way(rooms, bank, fitted)
        for step in STEPS:
            began = time.monotonic()
            step(way)
            print(f"{step.__name__:<20} {time.monotonic() - began:6.1f} s")
        assert rooms.watch.faults == []
    assert bank.manage("verify", "--ledger").returncode == 0
