"""From the printed link to people at work and a model on the register."""

from __future__ import annotations

import re

from tests.flows.robot import PASSWORD, Robot
from tests.flows.way.company import Way

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
