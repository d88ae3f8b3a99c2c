"""Writing a leaf: its transaction, its schema, its bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from jsonschema import Draft202012Validator

from mrm.kernel import merkle
from mrm.kernel.canonical import canonical
from mrm.kernel.errors import BadInput
from mrm.ledger import leaves
from mrm.ledger.clock import now
from mrm.ledger.models import Leaf, Origin, Pending
from mrm.ledger.origin import origin

PLAIN: dict[str, Any] = {"actor": "robot", "auth": {"method": "robot"}, "act": "model.register"}
DIGEST = "ab" * 32


@pytest.mark.services
@pytest.mark.django_db
def test_a_leaf_is_canonical_bytes_and_their_hash() -> None:
    leaf = leaves.append(PLAIN | {"object": {"type": "inventory.model", "id": "1"}})
    stored = Leaf.objects.get(pk=leaf.pk)
    payload = json.loads(bytes(stored.bytes))
    assert bytes(stored.bytes) == canonical(payload)
    assert stored.hash == merkle.leaf_hash(bytes(stored.bytes)).hex()
    assert payload["log"] == origin()
    assert payload["v"] == 1
    assert Pending.objects.filter(leaf=leaf).exists()


@pytest.mark.services
@pytest.mark.django_db
def test_the_database_clock_is_near_ours() -> None:
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert now() <= now()


@pytest.mark.django_db(transaction=True)
def test_an_entry_needs_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError, match="transaction of its change"):
        leaves.append(PLAIN)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_takes_its_entry_along() -> None:
    before = Leaf.objects.count(), Pending.objects.count()

    def act() -> None:
        with transaction.atomic():
            leaves.append(PLAIN)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert (Leaf.objects.count(), Pending.objects.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bent", "said"),
    [
        ({"facts": {"share": 0.5}}, r"\$\.facts\.share is a float"),
        ({"facts": {"list": [{"deep": 1.0}]}}, r"\$\.facts\.list\[0\]\.deep is a float"),
        ({"act": "Model Register"}, "act"),
        ({"act": None}, "act"),
        ({"auth": {}}, "method"),
        ({"unknown": 1}, "unknown"),
        ({"object": {"type": "inventory.model"}}, "id"),
        ({"object": "model 7"}, "object"),
        ({"v": 2}, "1 was expected"),
        ({"time": "2026-11-24T09:04:00Z"}, "time"),
        ({"changes": [{"type": "a", "id": "1", "before": None, "after": "short"}]}, "changes"),
        ({"changes": [{"type": "a", "id": "1", "before": None, "after": DIGEST}] * 201}, "changes"),
    ],
)
def test_what_is_no_leaf_is_refused(bent: dict[str, Any], said: str) -> None:
    before = Leaf.objects.count()
    with pytest.raises(BadInput, match=said) as refused:
        leaves.append(PLAIN | bent)
    assert refused.value.code == "leaf_malformed"
    assert Leaf.objects.count() == before


@pytest.mark.django_db
def test_64_kib_is_the_most() -> None:
    with pytest.raises(BadInput) as refused:
        leaves.append(PLAIN | {"facts": {"text": "x" * 65_536}})
    assert refused.value.code == "leaf_too_large"
    leaves.append(PLAIN | {"facts": {"text": "x" * 65_000}})


@pytest.mark.django_db
def test_the_same_words_twice_are_two_entries() -> None:
    assert leaves.append(PLAIN).hash != leaves.append(PLAIN).hash


def test_the_committed_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(leaves.schema())


@pytest.mark.django_db
def test_a_log_has_one_name_for_ever() -> None:
    from mrm.ledger.origin import fix_after_migrate

    name = origin()
    assert name.startswith("countersign.local/")
    fix_after_migrate()
    assert origin() == name
    with pytest.raises(IntegrityError), transaction.atomic():
        Origin.objects.create(pk=2, name="another.example/log")
    with pytest.raises(IntegrityError), transaction.atomic():
        Origin.objects.update(name="another.example/log")


@pytest.mark.django_db
def test_another_name_in_the_settings_is_told(settings: Any) -> None:
    from mrm.ledger.origin import check

    assert check(databases=["default"]) == []
    settings.MRM_LEDGER_ORIGIN = origin()
    assert check(databases=["default"]) == []
    settings.MRM_LEDGER_ORIGIN = "another.example/log"
    assert [item.id for item in check(databases=["default"])] == ["ledger.W002"]
    settings.MRM_LEDGER_ORIGIN = "a name+more"
    assert [item.id for item in check(databases=["default"])] == ["ledger.E001"]
