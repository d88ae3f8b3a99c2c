"""The draft of the report: printed from whatever is there, marked on every page, never sealed, read by whoever sees the case."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mrm.access.acts import can
from mrm.access.rules import Role
from mrm.kernel.errors import RuleRefused
from mrm.papers.models import Paper
from tests.mrm.policy.people import person
from tests.validation.cases.making import Bank, fresh, work
from tests.validation.cases.test_pages import browser
from validation.cases.verbs import drafting, opening

poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler's pdftotext is not installed")


@poppler
@pytest.mark.slow
def test_a_draft_of_an_open_case_is_marked_and_says_what_is_missing(house: Bank, tmp_path: Path) -> None:
    validation = house.tested(items=["data.period"])
    address = f"/validations/{validation.reference}/draft"
    client = browser(house.validator)
    assert client.get(f"{address}.pdf").status_code == 404
    for _ in range(2):
        assert client.post(f"{address}/", {"idempotency_key": "d1"}).status_code == 302
    (job,) = work()
    assert (job.kind, job.error_detail) == ("cases.draft", "")
    assert f"{job.result['pages']} pages" in client.get(f"{address}/").content.decode()
    answer = browser(house.owner).get(f"{address}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    file = tmp_path / "draft.pdf"
    file.write_bytes(answer.content)
    said = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
    pages = said.split("\f")[:-1]
    assert len(pages) == job.result["pages"] > 10
    assert all("Draft, unsigned" in page for page in pages)
    for words in (
        "The opinion is not written yet.",
        "The item is not assessed yet.",
        "Nobody has signed: this is a draft",
        "Not declared yet, or with a conflict",
    ):
        assert words in " ".join(said.split()), words
    stranger = browser(person("Dora Stranger", Role.VALIDATOR))
    assert stranger.get(f"{address}.pdf").status_code == 404
    assert not Paper.objects.exists()


def test_the_first_line_asks_for_no_draft_and_an_ended_case_has_none(house: Bank) -> None:
    validation = house.open()
    assert "Only" in (can(house.owner, "report.draft", validation=validation) or "")
    opening.withdraw(house.officer, validation=validation, reason="Superseded.")
    with pytest.raises(RuleRefused, match="has its result"):
        drafting.print_draft(house.validator, validation=fresh(validation))
