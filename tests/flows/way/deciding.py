"""Frozen, signed, approved, read by the auditor; who may not sign is refused."""

from __future__ import annotations

import subprocess
import sys
import zipfile

from tests.flows.robot import PASSWORD
from tests.flows.way.company import Way


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
    way["owner"].sees(
        "is approved", "Use grants and conditions", "Every open high finding has an approved plan"
    )
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
        ("/ledger/", r"/ledger/[0-9a-f]{16}/", "ledger entry"),
    ):
        auditor.go(path)
        found = auditor.links(pattern)
        assert found, f"{path} links to none of its records"
        auditor.go(found[-1])  # the oldest: a job that still runs reloads its page under the look
        auditor.look(name)


def proved(way: Way) -> None:
    """The auditor takes paper and pack away, and proves both with Python alone."""
    auditor = way["auditor"]
    auditor.go("/papers/")
    auditor.until("R-", seconds=240)
    auditor.look("papers")
    auditor.go(auditor.links(r"/papers/R-\w+/")[0])
    auditor.look("paper")
    paper = auditor.path
    pdf = auditor.download("Download PDF", way.rooms.watch.folder)
    assert pdf.read_bytes().startswith(b"%PDF-1.7")
    auditor.follow("Verify")
    auditor.sees("proved")
    auditor.look("verify a paper")
    auditor.go(paper)
    auditor.follow("Evidence pack")
    auditor.look("take the evidence pack")
    pack = auditor.download("Take the pack", way.rooms.watch.folder, role="button")
    auditor.go("/ledger/")
    key = auditor.download("Verifier key", way.rooms.watch.folder)
    with zipfile.ZipFile(pack) as held:
        assert pdf.read_bytes() in [held.read(name) for name in held.namelist() if name.endswith(".pdf")]
        program = next(name for name in held.namelist() if name.endswith("verify.py"))
        held.extract(program, pack.parent / "taken")
    said = subprocess.run(
        [sys.executable, "-I", "-S", pack.parent / "taken" / program, pack, "--trust", key],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
