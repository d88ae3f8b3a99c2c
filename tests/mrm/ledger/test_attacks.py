"""The attacks on the ledger that the trust design names; each is found, with its place."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from mrm.kernel import merkle, notes
from mrm.kernel.canonical import canonical
from mrm.kernel.clock import utc
from mrm.ledger import proofs, sealing
from mrm.ledger.clock import now
from mrm.ledger.models import Checkpoint, Leaf, Node, Pending, Sequence
from mrm.ledger.report import PROVED, TAMPERED, Problem, Reader, state_check
from mrm.ledger.verify import verify_ledger
from tests.mrm.ledger.conftest import Attacker, judge, place_of, write

pytestmark = [pytest.mark.django_db, pytest.mark.services]
REACHED = "do not give the root that checkpoint"


def real_key() -> Ed25519PrivateKey:
    pem = (Path(settings.MRM_HOME) / "keys" / "ledger.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def test_an_honest_ledger_is_proved(history: int) -> None:
    report = judge(own=True)
    assert (report.code, report.problems, report.doubts) == (PROVED, [], [])
    assert any(
        f"{history} entries; the newest checkpoint covers {history}" in line for line in report.remarks
    )


def test_edit_of_the_bytes_alone(attacker: Attacker) -> None:
    old = attacker.leaf_at(7)
    attacker.put(7, attacker.bytes_with(7, act="model.retire"), old.hash)
    report = judge()
    assert report.code == TAMPERED
    assert "entry 7: its bytes do not give its hash" in map(str, report.problems)


def test_edit_of_bytes_and_hash(attacker: Attacker) -> None:
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    report = judge()
    assert report.code == TAMPERED
    assert "entry 7: differs from the stored tree" in map(str, report.problems)


def test_edit_of_bytes_hash_and_the_whole_tree(attacker: Attacker) -> None:
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    attacker.rebuild_tree()
    report = judge()
    assert report.code == TAMPERED
    first = Checkpoint.objects.filter(size__gt=7).order_by("size").first()
    assert first is not None
    assert place_of(report)[0] == f"entries 0–{first.size - 1}"
    assert all(REACHED in problem.detail for problem in report.problems)


def test_one_flipped_bit_in_a_node(attacker: Attacker) -> None:
    node = Node.objects.get(position=merkle.position(1, 2))
    data = bytearray(node.hash)
    data[0] ^= 1
    Node.objects.filter(pk=node.pk).update(hash=bytes(data))
    report = judge()
    assert report.code == TAMPERED
    assert place_of(report) == ["entries 4–5"]


def test_nodes_lost_or_added(attacker: Attacker) -> None:
    Node.objects.filter(position=merkle.position(0, 3))._raw_delete("default")
    Node.objects.create(position=999_999, hash=bytes(32))
    assert "entry 3: its node is missing in the stored tree" in map(str, judge().problems)
    Node.objects.create(position=merkle.position(0, 3), hash=bytes.fromhex(attacker.leaf_at(3).hash))
    assert [str(problem) for problem in judge().problems] == ["tree: 1 nodes too many in the stored tree"]


def test_delete_from_the_middle(attacker: Attacker) -> None:
    Sequence.objects.filter(index=5)._raw_delete("default")
    report = judge()
    assert report.code == TAMPERED
    assert place_of(report)[0] == "entry 5"


def test_delete_and_close_the_gap(attacker: Attacker, history: int) -> None:
    order = attacker.order()
    gone = order.pop(5)
    attacker.arrange(order)
    Leaf.objects.filter(pk=gone)._raw_delete("default")
    attacker.rebuild_tree()
    report = judge()
    assert report.code == TAMPERED
    assert f"entry {history - 1}" in place_of(report)
    assert any(REACHED in problem.detail for problem in report.problems)


def test_insert_into_the_past(attacker: Attacker) -> None:
    (forged,) = write()
    Pending.objects.filter(leaf=forged).delete()
    order = attacker.order()
    attacker.arrange([*order[:4], forged.id, *order[4:]])
    attacker.rebuild_tree()
    report = judge()
    assert report.code == TAMPERED
    assert REACHED in report.problems[0].detail


def test_reorder(attacker: Attacker) -> None:
    order = attacker.order()
    order[2], order[9] = order[9], order[2]
    attacker.arrange(order)
    report = judge()
    assert report.code == TAMPERED
    assert {"entry 2", "entry 9"} <= set(place_of(report))


def test_renumber(attacker: Attacker, history: int) -> None:
    attacker.sql('UPDATE ledger_sequence SET "index" = -"index" - 1')
    attacker.sql('UPDATE ledger_sequence SET "index" = -"index"')
    report = judge()
    assert report.code == TAMPERED
    assert place_of(report)[0] == "entry 0"


def cut(attacker: Attacker, size: int) -> None:
    """The last entries and everything that tells of them are gone."""
    kept = attacker.order()[:size]
    lost = attacker.order()[size:]
    Checkpoint.objects.filter(size__gt=size)._raw_delete("default")
    attacker.arrange(kept)
    Leaf.objects.filter(pk__in=lost)._raw_delete("default")
    attacker.rebuild_tree()


def test_truncate_and_keep_the_checkpoints(attacker: Attacker, history: int) -> None:
    attacker.arrange(attacker.order()[:-2])
    report = judge()
    assert report.code == TAMPERED
    assert f"entry {history - 2}" in place_of(report)


def test_truncate_below_a_held_checkpoint(attacker: Attacker, history: int) -> None:
    newest = sealing.newest()
    assert newest is not None
    smaller = Checkpoint.objects.order_by("size")[1].size
    cut(attacker, smaller)
    assert judge().code == PROVED  # a shorter history looks whole to who holds nothing
    report = judge(held=newest.note)
    assert report.code == TAMPERED
    assert str(report.problems[0]) == (
        f"entry {smaller}: missing: the checkpoint you hold covers {history} entries, the ledger has {smaller}"
    )


def test_truncate_is_remembered_by_the_signer(attacker: Attacker) -> None:
    smaller = Checkpoint.objects.order_by("size")[1].size
    cut(attacker, smaller)
    report = judge(own=True)
    assert report.code == TAMPERED
    assert place_of(report) == [f"entry {smaller}"]


def test_fork_with_the_real_key(attacker: Attacker, history: int) -> None:
    held = sealing.newest()
    assert held is not None
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    attacker.rebuild_tree()
    attacker.sign_anew(real_key())
    assert judge().code == PROVED  # with the key and no witness, another history is as good
    report = judge(held=held.note)
    assert report.code == TAMPERED
    assert str(report.problems[0]) == (
        f"entries 0–{history - 1}: do not give the root that the checkpoint you hold states"
    )
    report = judge(own=True)
    assert report.code == TAMPERED
    assert any("the signer signed last" in problem.detail for problem in report.problems)


def test_swapped_key(attacker: Attacker) -> None:
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    attacker.rebuild_tree()
    attacker.sign_anew(Ed25519PrivateKey.generate())
    report = judge()
    assert report.code == TAMPERED
    assert {problem.detail for problem in report.problems} == {"not signed by the trusted key"}


def test_back_date(attacker: Attacker, history: int) -> None:
    write(time=utc(now() - timedelta(days=30)))
    sealing.seal()
    report = judge()
    assert report.code == TAMPERED
    assert place_of(report) == [f"entry {history}"]
    assert "long before the checkpoint that it follows" in report.problems[0].detail


def test_post_date(attacker: Attacker, history: int) -> None:
    write(time=utc(now() + timedelta(days=30)))
    sealing.seal()
    report = judge()
    assert place_of(report) == [f"entry {history}"]


def test_a_redated_checkpoint(attacker: Attacker) -> None:
    row = Checkpoint.objects.order_by("-id")[0]
    Checkpoint.objects.filter(pk=row.pk).update(signed_at=row.signed_at - timedelta(minutes=1))
    assert place_of(judge()) == [f"checkpoint {row.pk}"]


def test_a_checkpoint_row_that_says_other_than_its_note(attacker: Attacker) -> None:
    row = Checkpoint.objects.order_by("-id")[0]
    Checkpoint.objects.filter(pk=row.pk).update(note=row.note.replace("\n\n", "\nmore\n\n"))
    assert place_of(judge()) == [f"checkpoint {row.pk}"]
    Checkpoint.objects.filter(pk=row.pk).update(note="gone")
    assert place_of(judge()) == [f"checkpoint {row.pk}"]


def test_cross_log_replay_of_an_entry(attacker: Attacker, history: int) -> None:
    write(log="another.example/log")
    sealing.seal()
    report = judge()
    assert report.code == TAMPERED
    assert str(report.problems[0]) == f"entry {history}: belongs to another log (another.example/log)"


def test_cross_log_replay_of_a_checkpoint(attacker: Attacker) -> None:
    row = Checkpoint.objects.order_by("-id")[0]
    head = notes.read_checkpoint(row.note)[0]
    other = notes.Head("another.example/log", head.size, head.root, head.extensions)
    note = notes.sign(other.text(), "another.example/log", real_key())
    Checkpoint.objects.filter(pk=row.pk).update(note=note)
    report = judge()
    assert report.code == TAMPERED
    assert "is of another log" in report.problems[0].detail


def test_subtree_root_as_leaf(attacker: Attacker) -> None:
    """Two entries replaced by one whose 'bytes' are their hashes and whose hash is their node."""
    left, right = (bytes.fromhex(attacker.leaf_at(index).hash) for index in (0, 1))
    order = attacker.order()
    attacker.put(0, left + right, merkle.node_hash(left, right).hex())
    attacker.arrange([order[0], *order[2:]])
    report = judge()
    assert report.code == TAMPERED
    assert "entry 0: its bytes do not give its hash" in map(str, report.problems)


def test_bytes_in_another_spelling(attacker: Attacker) -> None:
    data = json.dumps(json.loads(bytes(attacker.leaf_at(4).bytes)), indent=1).encode()
    attacker.put(4, data)
    assert "entry 4: not a leaf in canonical form" in map(str, judge().problems)
    attacker.put(4, canonical(["not", "an", "object"]))
    assert "entry 4: not a leaf in canonical form" in map(str, judge().problems)


def test_an_entry_hidden_from_the_sequencer(attacker: Attacker) -> None:
    (leaf,) = write()
    Pending.objects.filter(leaf=leaf).delete()
    report = judge()
    assert report.code == TAMPERED
    assert str(report.problems[0]) == f"leaf {leaf.pk}: neither in the sequence nor waiting for it"


def test_an_edited_entry_in_the_tail(attacker: Attacker) -> None:
    (leaf,) = write()
    Leaf.objects.filter(pk=leaf.pk).update(bytes=b"{}")
    assert place_of(judge()) == [f"leaf {leaf.pk}"]


def test_an_entry_queued_twice(attacker: Attacker) -> None:
    leaf = attacker.leaf_at(3)
    Pending.objects.create(leaf=leaf)
    assert place_of(judge()) == [f"leaf {leaf.pk}"]


def test_tables_that_differ_from_the_log(history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Problem("inventory.model 7", "changed with no entry")]
    monkeypatch.setitem(state_check._providers, "rows", lambda: found)
    report = judge()
    assert report.code == TAMPERED
    assert [str(problem) for problem in report.problems] == ["rows: inventory.model 7: changed with no entry"]


def test_only_the_first_places_are_kept(attacker: Attacker) -> None:
    from mrm.ledger.report import SHOWN, Report

    report = Report("ledger")
    for index in range(SHOWN + 5):
        report.problem(f"entry {index}", "wrong")
    assert len(report.problems) == SHOWN
    assert f"TAMPERED  … and {5:,} more places" in list(report.lines())


def test_lost_nodes_are_tampering_and_no_internal_error(attacker: Attacker) -> None:
    Node.objects.all()._raw_delete("default")
    Leaf.objects.filter(sequence__index=4).update(bytes=b"\xff not json")
    report = judge(own=True)
    assert report.code == TAMPERED
    assert {"entry 4", "entry 0"} <= set(place_of(report))


def test_a_time_that_is_none_is_no_leaf(attacker: Attacker) -> None:
    attacker.put(4, attacker.bytes_with(4, time="2026-13-45T09:04:00.000000Z"))
    assert "entry 4: not a leaf in canonical form" in map(str, judge().problems)


# doubt


def test_a_check_that_breaks_is_doubt_and_hides_nothing(
    attacker: Attacker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Problem]:
        raise LookupError("a row without its revision")

    monkeypatch.setitem(state_check._providers, "rows", broken)
    report = judge()
    assert report.code == 2
    assert report.doubts == ["rows: the check broke (LookupError: a row without its revision)"]
    attacker.put(7, attacker.bytes_with(7, act="model.retire"))
    assert judge().code == TAMPERED


def test_a_signer_that_lost_its_mind_is_doubt(history: int) -> None:
    (Path(settings.MRM_HOME) / "keys" / "signer.json").write_text("nothing")
    assert judge(own=True).code == 2


def test_no_key_proves_nothing(history: int) -> None:
    report = verify_ledger(None, Reader())
    assert report.code == 2
    assert "signer is unknown" in report.doubts[0]


def test_the_key_of_another_log_proves_nothing(history: int) -> None:
    other = notes.verifier_key("another.example/log", Ed25519PrivateKey.generate())
    report = verify_ledger(None, Reader((other,)))
    assert report.code == 2
    assert "of another log" in report.doubts[0]


def test_a_held_checkpoint_that_cannot_be_believed_is_doubt(history: int) -> None:
    newest = sealing.newest()
    assert newest is not None
    head = notes.read_checkpoint(newest.note)[0]
    forged = notes.sign(head.text(), head.origin, Ed25519PrivateKey.generate())
    for held in ("nothing", forged, notes.sign("a\n1\n" + "A" * 43 + "=\n", "a", real_key())):
        assert judge(held=held).code == 2


def test_nothing_signed_yet_is_doubt() -> None:
    write()
    report = judge()
    assert report.code == 2
    assert "no checkpoint is signed yet" in report.doubts


def test_every_held_checkpoint_of_an_honest_ledger_is_proved(history: int) -> None:
    for row in Checkpoint.objects.all():
        assert judge(held=row.note).code == PROVED
    write(3)
    sealing.seal()
    write()
    report = judge(held=Checkpoint.objects.order_by("id")[0].note)
    assert report.code == PROVED
    assert any(line.startswith("unanchored tail: 1 entries, the oldest ") for line in report.remarks)
    assert proofs.size() == history + 3


@pytest.mark.slow
def test_any_flipped_bit_anywhere_is_found(attacker: Attacker, history: int) -> None:
    """Every table in turn, random rows and random bits: nothing sealed can change unseen."""
    from django.db import transaction

    chance = random.Random(9162)

    def flipped(data: bytes) -> bytes:
        bent = bytearray(data)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(7)
        return bytes(bent)

    def bend(kind: int) -> None:
        if kind == 0:
            leaf = attacker.leaf_at(chance.randrange(history))
            Leaf.objects.filter(pk=leaf.pk).update(bytes=flipped(bytes(leaf.bytes)))
        elif kind == 1:
            leaf = attacker.leaf_at(chance.randrange(history))
            Leaf.objects.filter(pk=leaf.pk).update(hash=flipped(bytes.fromhex(leaf.hash)).hex())
        elif kind == 2:
            node = chance.choice(list(Node.objects.all()))
            Node.objects.filter(pk=node.pk).update(hash=flipped(bytes(node.hash)))
        else:
            row = chance.choice(list(Checkpoint.objects.all()))
            text = flipped(row.note.encode()).decode("utf-8", "replace").replace("\x00", "?")
            Checkpoint.objects.filter(pk=row.pk).update(note=text)

    for trial in range(40):
        with transaction.atomic():
            bend(trial % 4)
            report = judge()
            assert report.code == TAMPERED, (trial, report)
            transaction.set_rollback(True)
    assert judge().code == PROVED
