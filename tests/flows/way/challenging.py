"""The second line's part: the validation is opened, tested, its findings issued, every item judged."""

from __future__ import annotations

from datetime import date, timedelta

from mrm.demo import judgements
from tests.flows.robot import Robot
from tests.flows.way.company import Way

CONDITIONS = (
    ("fairness.disparate_impact", "disparity by age", judgements.DISPARITY_CONDITION),
    ("fairness.disparate_impact", "disparity by personal_status", judgements.STATUS_CONDITION),
    ("data.codes", "labels contradict", judgements.LABEL_CONDITION),
    ("performance.calibration", "event rate", judgements.LEVEL_CONDITION),
    ("data.period", "no dates", judgements.PERIOD_CONDITION),
)


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
    seen = set()
    while progress.count():
        seen.add(progress.get_attribute("value", timeout=2_000))
        validator.page.wait_for_timeout(250)
    assert len(seen) > 2, f"progress stood at {seen}"
    validator.page.get_by_text(" green").first.wait_for()  # the page shows itself anew when the job ends
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


def drafted(way: Way) -> None:
    """The report is printed as a draft before anything is judged, and read by the owner."""
    validator, owner = way["validator"], way["owner"]
    validator.go(way.validation)
    validator.follow("Draft report")
    validator.press("Print a draft")
    validator.until("Download the draft", seconds=180)
    validator.look("draft of the report")
    owner.go(f"{way.validation}draft/")
    assert owner.download("Download the draft", way.rooms.watch.folder).read_bytes().startswith(b"%PDF-1.7")


def judged(way: Way) -> None:
    """Every item is rated, what cannot be concluded carries a condition, the opinion is written."""
    validator = way["validator"]
    validator.go(way.validation)
    total = len(validator.links(r"/validations/[^/]+/\?item=\S+"))
    for _ in range(total):
        form = validator.page.get_by_role("main").locator("form[action^='?item=']")
        key = (form.get_attribute("action") or "").removeprefix("?item=")
        rating, _ = judgements.JUDGEMENTS.get(key, judgements.DEFAULT)
        validator.tick("not concluded" if rating == "not_concluded" else rating, "Rating")
        validator.fill(Assessment="Read, with the evidence cited; what it does not show is a condition.")
        validator.press("Rate and go to next")
    validator.sees(f"{total} of {total} rated")
    for key, finding, facts in CONDITIONS:
        condition(validator, way.validation, key, finding, facts)
    opinion(validator, way.validation)


def condition(validator: Robot, validation: str, key: str, finding: str, facts: dict[str, str]) -> None:
    """A condition of use for an item, naming the finding it answers; a disparity with its justification."""
    validator.go(f"{validation}?item={key}")
    validator.follow("Propose a condition")
    validator.fill(
        **{"What must hold": facts["text"], "How it is checked": facts["check"], "Ends": in_days(180)}
    )
    validator.choose("Names the finding", finding)
    if "justification" in facts:
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
