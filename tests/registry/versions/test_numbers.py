"""Version numbers under concurrency: no gap, no duplicate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from registry.versions.models import StageRow, Version
from tests.registry.versions.conftest import Shop

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_eight_at_once_get_numbers_without_gap_or_double(shop: Shop) -> None:
    def registers(_: int) -> list[int]:
        try:
            return [shop.register().number for _ in range(3)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        given = [number for numbers in pool.map(registers, range(8)) for number in numbers]
    assert sorted(given) == list(range(1, 25))
    assert Version.objects.count() == StageRow.objects.count() == 24
