"""A finding outlives the data that raised it: mended data do not raise it again, and evidence on them closes it."""

from __future__ import annotations

from typing import Any

import pytest

from mrm.access.intake import Upload
from mrm.demo import german
from mrm.kernel.errors import BadInput
from registry.data import verbs as data
from tests.validation.cases.making import Bank, later, make_bank
from validation.cases.verbs import opening
from validation.findings.models import Finding
from validation.findings.rules import FindingState
from validation.findings.verbs import life, requests

pytestmark = [pytest.mark.django_db, pytest.mark.services, pytest.mark.slow]
TABLE = {"code": "code", "reference": "label_corrected"}


def declare(house: Bank, labels: str) -> None:
    """The code table of the dataset: the labels that circulate, or the right ones."""
    data.declare_codes(
        house.developer,
        dataset=house.whole.dataset,
        file=Upload.of("codes.csv", german.codes()),
        declared=labels,
        **TABLE,
    )


def conflicts(validation: Any) -> list[Finding]:
    """The findings that this validation raised on contradicting labels."""
    return list(Finding.objects.filter(validation_id=validation.pk, title__startswith="Declared code labels"))


def label_evidence(validation: Any) -> Any:
    """What the test of the labels found in this validation."""
    return validation.results.get(test_id="dq.labels").evidence


def test_a_validation_on_mended_data_does_not_raise_the_finding_and_its_evidence_closes_the_old_one() -> None:
    house = make_bank()
    declare(house, "label_statlog")
    first = house.tested(items=["data.codes"])
    [finding] = conflicts(first)
    life.send(house.validator, finding=finding)
    life.answer(house.owner, finding=finding, stance="agreed", text="The table is from 1994.")
    life.issue(house.validator, finding=finding)
    opening.withdraw(house.validator, validation=first, reason="The code table is corrected first.")

    declare(house, "label_corrected")
    second = house.tested(items=["data.codes"])
    assert conflicts(second) == []
    finding.refresh_from_db()
    assert finding.state == FindingState.ISSUED, "nothing but a validator's judgement closes a finding"

    old, new = label_evidence(first), label_evidence(second)
    assert old.result_digest != new.result_digest
    requests.plan(house.owner, finding=finding, text="Take over the corrected table.", until=later(20))
    life.submit(house.owner, finding=finding, text="The corrected table is in force.", evidence=[new.short])
    with pytest.raises(BadInput):
        life.close(house.validator, finding=finding, text="It is in force.")
    life.close(house.validator, finding=finding, text="No label conflicts.", evidence=[new.short])
    finding.refresh_from_db()
    assert finding.state == FindingState.CLOSED
    assert finding.closures.get().evidence == [new.result_digest]
    assert label_evidence(first).result_digest == old.result_digest, "what was found then stays found"
