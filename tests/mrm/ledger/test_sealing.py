"""Sealing: order, signatures, receipts, what it costs, and many doing it at once."""

from __future__ import annotations

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from mrm.kernel import merkle, notes
from mrm.kernel.errors import Unavailable
from mrm.ledger import leaves, proofs, sealing
from mrm.ledger.models import Checkpoint, Leaf, Pending, Sequence
from mrm.ledger.origin import origin
from mrm.ledger.signer import signer, vkey
from tests.mrm.ledger.conftest import Attacker, judge, write

pytestmark = [pytest.mark.services]


@pytest.mark.django_db
def test_leaves_get_their_places_in_leaf_order_and_the_head_is_signed() -> None:
    written = write(5)
    checkpoint = sealing.seal()
    assert checkpoint is not None
    assert not Pending.objects.exists()
    order = list(Sequence.objects.order_by("index").values_list("leaf_id", flat=True))
    assert order[-5:] == [leaf.pk for leaf in written]
    head, note = notes.read_checkpoint(checkpoint.note)
    assert note.signer([vkey()]) == vkey()
    data = Leaf.objects.order_by("sequence__index").values_list("bytes", flat=True)
    assert (head.origin, head.size, head.root) == (origin(), len(order), merkle.root(map(bytes, data)))
    assert sealing.seal() is None


@pytest.mark.django_db
def test_a_late_commit_is_not_skipped(history: int) -> None:
    """A transaction that drew its leaf number first may commit after a later number was sealed."""
    (early, late) = write(2)
    held_back = early.pk
    Pending.objects.filter(leaf_id=held_back).delete()
    sealing.seal()
    Pending.objects.create(leaf_id=held_back)
    sealing.seal()
    assert Sequence.objects.get(leaf_id=late.pk).index == history
    assert Sequence.objects.get(leaf_id=held_back).index == history + 1
    assert judge().code == 0


@pytest.mark.django_db
def test_more_than_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 4)
    write(11)
    assert sealing.seal() is not None
    assert not Pending.objects.exists()
    assert judge().code == 0


@pytest.mark.django_db
def test_a_heartbeat_once_an_hour(history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sealing.seal() is None
    monkeypatch.setattr(sealing, "HEARTBEAT", timedelta(0))
    beat = sealing.seal()
    assert beat is not None
    assert beat.size == history
    assert judge().code == 0


@pytest.mark.django_db
def test_a_receipt_is_checked_with_nothing_but_itself(history: int) -> None:
    (leaf,) = write()
    write(4)
    receipt = json.loads(json.dumps(sealing.receipt(leaf)))
    head, note = notes.read_checkpoint(receipt["checkpoint"])
    assert note.signer([vkey()])
    assert head.size == receipt["size"]
    assert merkle.verify_inclusion(
        merkle.leaf_hash(bytes(leaf.bytes)),
        receipt["index"],
        head.size,
        [bytes.fromhex(item) for item in receipt["proof"]],
        head.root,
    )


@pytest.mark.django_db
def test_each_checkpoint_grows_out_of_the_one_before(history: int) -> None:
    rows = list(Checkpoint.objects.order_by("id"))
    for old, new in itertools.pairwise(rows):
        proof = proofs.consistency(old.size, new.size)
        roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
        assert merkle.verify_consistency(old.size, new.size, *roots, proof)
    with pytest.raises(ValueError, match="no consistency proof"):
        proofs.consistency(0, history)


@pytest.mark.django_db
def test_the_signer_refuses_a_history_that_does_not_continue(attacker: Attacker) -> None:
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    attacker.rebuild_tree()
    write()
    with pytest.raises(Unavailable, match="does not continue") as refused:
        sealing.seal()
    assert refused.value.code == "signer_refuses"


@pytest.mark.django_db
def test_the_signer_refuses_an_older_database(attacker: Attacker, history: int) -> None:
    attacker.arrange(attacker.order()[: history - 3])
    attacker.rebuild_tree()
    Checkpoint.objects.filter(size__gt=history - 3)._raw_delete("default")
    with pytest.raises(Unavailable, match="does not continue"):
        sealing.seal()


@pytest.mark.django_db
def test_a_crash_after_signing_is_mended_by_the_next_seal(
    history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()

    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint.objects, "create", die)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal()
    last = signer().last()
    assert last is not None
    assert last[0] == history + 1
    write()
    assert sealing.seal() is not None
    assert judge(own=True).code == 0


@pytest.mark.django_db
def test_the_key_is_made_once_and_is_ours_to_read_alone(tmp_path: Path) -> None:
    settings_home = settings.MRM_HOME
    try:
        settings.MRM_HOME = tmp_path
        with ThreadPoolExecutor(6) as pool:
            name = origin()
            from mrm.ledger.signer import FileSigner

            key = tmp_path / "keys" / "ledger.pem"
            made = pool.map(
                lambda _: str(FileSigner(name, key, tmp_path / "s.json", make=True).vkey()), range(12)
            )
            assert set(made) == {str(vkey())}
        assert key.stat().st_mode & 0o777 == 0o400
        assert [path.name for path in key.parent.iterdir()] == ["ledger.pem"]
    finally:
        settings.MRM_HOME = settings_home


@pytest.mark.django_db
def test_a_key_that_is_none_is_refused(tmp_path: Path, settings: object) -> None:
    absent, other, text = tmp_path / "absent.pem", tmp_path / "p256.pem", tmp_path / "text.pem"
    other.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    text.write_text("no key")
    for path in (absent, other, text):
        settings.MRM_SIGNING_KEY = str(path)  # type: ignore[attr-defined]
        with pytest.raises(Unavailable) as refused:
            signer()
        assert refused.value.code == "signer_key_unusable"
    assert not absent.exists()


def cost() -> tuple[int, int]:
    """Queries of sealing one entry, and of proving it and its growth."""
    write()
    with CaptureQueriesContext(
        connection,
    ) as sealed:
        sealing.seal()
    size = proofs.size()
    with CaptureQueriesContext(connection) as proved:
        proofs.inclusion(size // 2, size)
        proofs.consistency(size // 2, size)
    return len(sealed), len(proved)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_cost_of_a_seal_does_not_grow_with_history(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    fetch = proofs.fetch
    monkeypatch.setattr(proofs, "fetch", lambda places: asked.append(len(places)) or fetch(places))
    write(3)
    sealing.seal()
    small = cost()
    write(3000)
    sealing.seal()
    asked.clear()
    assert cost() == small
    assert max(asked) <= 2 * proofs.size().bit_length()


@pytest.mark.django_db(transaction=True)
def test_many_write_and_many_seal_at_once() -> None:
    """Eight writers and three sealers: every entry once, no gap, every checkpoint consistent."""
    before = Leaf.objects.count()
    written = threading.Event()
    trouble: list[BaseException] = []

    def writer(_: int) -> None:
        try:
            write(25)
        finally:
            connections.close_all()

    def sealer() -> None:
        try:
            while not written.is_set():
                sealing.seal()
                written.wait(0.01)
        except BaseException as error:  # noqa: BLE001 - told to the test
            trouble.append(error)
        finally:
            connections.close_all()

    sealers = [threading.Thread(target=sealer) for _ in range(3)]
    for thread in sealers:
        thread.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(writer, range(8)))
    written.set()
    for thread in sealers:
        thread.join()
    assert trouble == []
    sealing.seal()
    assert Leaf.objects.count() == before + 200
    assert proofs.size() == before + 200
    assert Checkpoint.objects.count() > 1
    report = judge(own=True)
    assert (report.code, report.problems) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_sealing_is_not_part_of_an_act() -> None:
    from django.db import transaction

    def inside() -> None:
        with transaction.atomic():
            leaves.append({"actor": "robot", "auth": {"method": "robot"}, "act": "model.register"})
            sealing.seal()

    with pytest.raises(RuntimeError, match="durable"):
        inside()
