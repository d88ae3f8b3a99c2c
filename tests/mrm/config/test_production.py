"""Production refuses what a demonstration may do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mrm.access import signing
from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.verbs import prepare
from mrm.config.production import refuse_unfit, unfit_records
from mrm.kernel.errors import RuleRefused
from tests import make

pytestmark = pytest.mark.django_db


def test_an_embedded_installation_starts(settings: Any) -> None:
    settings.PRODUCTION = False
    refuse_unfit()
    assert not settings.PRODUCTION


def test_production_names_everything_it_lacks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION, settings.DEBUG = True, True
    for name in ("MRM_SECRET_KEY", "MRM_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_unfit()
    for word in ("MRM_DEBUG", "MRM_SECRET_KEY", "MRM_SIGNING_KEY"):
        assert word in str(refused.value)


def test_a_demonstration_is_one_for_ever() -> None:
    assert list(unfit_records()) == []
    prepare(robot("migrator"), group=group_scope(), demonstration=True)
    assert "demonstration" in next(unfit_records())


def test_a_bank_with_people_cannot_become_a_demonstration() -> None:
    make.bank()
    with pytest.raises(RuleRefused) as refused:
        prepare(robot("migrator"), group=group_scope(), demonstration=True)
    assert refused.value.code == "not_empty"


def test_production_takes_no_signature_by_password_alone(settings: Any) -> None:
    bank = make.bank()
    settings.PRODUCTION = True
    with pytest.raises(RuleRefused) as refused:
        signing.prove(bank.administrator, make.PASSWORD, "d" * 64)
    assert refused.value.code == "one_factor"
