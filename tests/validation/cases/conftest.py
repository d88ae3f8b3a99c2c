"""What the tests of validations share: the bank is made once for a file, and each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import TestCase

from registry.data.models import Snapshot
from registry.inventory.models import Model
from registry.versions.models import Version
from tests.validation.cases.making import Bank, make_bank


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    """A bank with a tier-1 scorecard ready for validation, in a transaction of the file's own."""
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
        try:
            yield make_bank()
        finally:
            TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]


@pytest.fixture
def house(made: Bank, db: None) -> Bank:
    """The bank as it was made, its rows read afresh."""
    return replace(
        made,
        model=Model.objects.get(pk=made.model.pk),
        version=Version.objects.get(pk=made.version.pk),
        whole=Snapshot.objects.get(pk=made.whole.pk),
        people={},
    )
