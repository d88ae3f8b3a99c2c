"""Signed notes against the C2SP format, and every way to bend one."""

from __future__ import annotations

import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from mrm.kernel import notes

# The example of golang.org/x/mod/sumdb/note, signed by its key; the C2SP format is this one.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEY = notes.verifier_key("bank.example/log", PRIVATE)
HEAD = notes.Head("bank.example/log", 8, bytes.fromhex("5d" * 32), ("Time: 2026-11-24T09:04:00.000000Z",))


def test_the_published_example_verifies() -> None:
    key = notes.VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert notes.Note.parse(GO_NOTE).signer([key]) == key
    assert notes.Note.parse(GO_NOTE.replace("answer", "Answer")).signer([key]) is None


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    note = notes.sign(HEAD.text(), KEY.name, PRIVATE)
    head, parsed = notes.read_checkpoint(note)
    assert head == HEAD
    assert parsed.signer([KEY]) == KEY
    assert note.split("\n")[:3] == ["bank.example/log", "8", base64.b64encode(HEAD.root).decode()]


def test_the_wrong_key_is_not_the_signer() -> None:
    note = notes.Note.parse(notes.sign(HEAD.text(), KEY.name, OTHER))
    assert note.signer([KEY]) is None
    assert note.signer([notes.verifier_key("another.example/log", OTHER)]) is None
    assert note.signer([KEY, notes.verifier_key(KEY.name, OTHER)]) == notes.verifier_key(KEY.name, OTHER)


def test_a_false_signature_beside_a_true_one_counts_as_none() -> None:
    note = notes.sign(HEAD.text(), KEY.name, PRIVATE)
    false = base64.b64encode(notes.key_hash(KEY.name, KEY.key) + bytes(64)).decode()
    assert notes.Note.parse(f"{note}— {KEY.name} {false}\n").signer([KEY]) is None


def test_keys_read_back_and_bent_ones_are_refused() -> None:
    assert notes.VerifierKey.parse(f"{KEY}\n") == KEY
    name, hashed, encoded = str(KEY).split("+", 2)
    for bent in (
        name,
        f"{name}x+{hashed}+{encoded}",
        f"{name}+00000000+{encoded}",
        f"{name}+{hashed}+{encoded[:-4]}",
        f"{name}+{hashed}+!!!!",
        f"a name+{hashed}+{encoded}",
    ):
        with pytest.raises(notes.NoteError):
            notes.VerifierKey.parse(bent)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAA",
        "text\n\n— name AAAA\n",
        "te\x01xt\n\n— name AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.Note.parse(note)


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n",
        "o\n1\nAAAA\n",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 43 + "=",
        "o\n1\n" + "A" * 42 + "B=\n",
        "o\n1\n\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.Head.parse(text)


def test_text_that_a_note_cannot_hold_is_not_signed() -> None:
    for text in ("no newline", "tab\there\n"):
        with pytest.raises(notes.NoteError):
            notes.sign(text, KEY.name, PRIVATE)
    with pytest.raises(notes.NoteError):
        notes.sign("text\n", "a name", PRIVATE)


@given(st.text(max_size=200), st.integers(0, 10_000), st.integers(1, 127))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader_and_no_bent_note_verifies(text: str, at: int, mask: int) -> None:
    for parse in (notes.Note.parse, notes.Head.parse, notes.VerifierKey.parse, notes.read_checkpoint):
        with contextlib.suppress(notes.NoteError):
            parse(text)
    good = notes.sign(HEAD.text(), KEY.name, PRIVATE)
    at %= len(good)
    bent = good[:at] + chr(ord(good[at]) ^ mask) + good[at + 1 :]
    with contextlib.suppress(notes.NoteError):
        assert notes.Note.parse(bent).signer([KEY]) is None
