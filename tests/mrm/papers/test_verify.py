"""`verify.py` alone: every attack ends with its exit code and its place, and its arithmetic is the kernel's."""

from __future__ import annotations

import base64
import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mrm.kernel import merkle, notes
from mrm.kernel.canonical import canonical, sha256
from mrm.papers import pack, verify
from tests.mrm.papers.bank import ORIGIN, PDF, Ledger, Made, make, unpack


@pytest.fixture(scope="module")
def made() -> Made:
    return make()


def judge(
    tmp_path: Path, data: bytes, trust: str | None, held: str | None = None, paper: bytes | None = None
) -> Any:
    """What the verifier says, run as a reader runs it: alone, isolated, without site-packages."""
    (tmp_path / "verify.py").write_bytes(Path(verify.__file__).read_bytes())
    (tmp_path / "pack.zip").write_bytes(data)
    line = [sys.executable, "-I", "-S", "verify.py", "pack.zip", "--json"]
    for option, text in (("--trust", trust), ("--held", held)):
        if text is not None:
            (tmp_path / option[2:]).write_text(text, "utf-8")
            line += [option, option[2:]]
    if paper is not None:
        (tmp_path / "loose.pdf").write_bytes(paper)
        line += ["--paper", "loose.pdf"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert said["exit"] == done.returncode, done
    return said


def places(said: Any) -> list[str]:
    return [item["place"] for item in said["problems"]]


def rebuilt(files: dict[str, bytes], *, relist: bool = False) -> bytes:
    """A pack written again by somebody careful; `relist` mends the manifest too."""
    if relist:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = [
            {"path": name, "sha256": sha256(files[name]), "size": len(files[name])}
            for name in sorted(files)
            if name != "manifest.json" and not name.startswith("ledger/")
        ]
        files = {**files, "manifest.json": canonical(manifest)}
    return verify.zipped(files)


def test_an_honest_pack_is_proved(made: Made, tmp_path: Path) -> None:
    said = judge(tmp_path, made.data, made.ledger.vkey(), made.earlier, PDF)
    assert said["exit"] == 0, said
    assert any("grew out of your checkpoint; 8 entries since" in text for text in said["proved"])


def test_an_unpacked_pack_is_proved(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    for name, data in made.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (tmp_path / "key").write_text("# the bank's ledger\n" + made.ledger.vkey() + "\n")
    assert verify.main([str(folder), "--trust", str(tmp_path / "key"), "--json"]) == 0


def test_without_a_key_the_signer_is_unknown(made: Made, tmp_path: Path) -> None:
    said = judge(tmp_path, made.data, None)
    assert said["exit"] == 2
    assert "signer unknown" in said["doubts"][0]["why"]


@pytest.mark.parametrize("tree", [True, False])
def test_a_held_checkpoint_is_compared_with_tree_or_proof(tmp_path: Path, tree: bool) -> None:
    made = make(tree=tree)
    assert judge(tmp_path, made.data, made.ledger.vkey(), made.earlier)["exit"] == 0
    unproved = judge(tmp_path, made.data, made.ledger.vkey(), made.ledger.checkpoint(7))
    assert unproved["exit"] == (0 if tree else 2)


def test_every_flipped_byte_is_noticed(made: Made, tmp_path: Path) -> None:
    """A byte flipped anywhere, archive structure included, never passes; inside a file its place is named."""
    random.seed(4)
    key = tmp_path / "key"
    key.write_text(made.ledger.vkey())
    for at in random.sample(range(len(made.data)), 150):
        bad = bytearray(made.data)
        bad[at] ^= 1 << random.randrange(8)
        check = verify.Check()
        check.keys = verify.read_keys(key.read_text())
        try:
            check.files = verify.read_zip(bytes(bad))
        except verify.Tampered:
            continue
        except verify.CannotTell:
            assert at > len(made.data) - 3000, "only a broken directory makes a pack unreadable"
            continue
        assert check.run() == 1, at


@pytest.mark.parametrize(
    "name", ["evidence", "papers/R-7K2QD.pdf", "papers/R-7K2QD.json", "README.txt", "verify.py"]
)
def test_a_flipped_byte_is_placed(made: Made, tmp_path: Path, name: str) -> None:
    name = next(item for item in made.files if item.startswith(name))
    data = bytearray(made.files[name])
    data[len(data) // 2] ^= 1
    said = judge(tmp_path, rebuilt({**made.files, name: bytes(data)}), made.ledger.vkey())
    assert said["exit"] == 1
    assert name in places(said)


@pytest.mark.parametrize("name", ["papers/R-7K2QD.pdf", "papers/R-7K2QD.json", "evidence"])
def test_a_changed_file_with_a_mended_manifest_is_placed(made: Made, tmp_path: Path, name: str) -> None:
    name = next(item for item in made.files if item.startswith(name))
    files = {
        **made.files,
        name: made.files[name].replace(b"0.7", b"0.9").replace(b"sealed", b"forged") + b" ",
    }
    said = judge(tmp_path, rebuilt(files, relist=True), made.ledger.vkey())
    assert said["exit"] == 1
    assert name in places(said)


def test_evidence_under_its_own_new_digest_is_not_named_by_anything(made: Made, tmp_path: Path) -> None:
    files = dict(made.files)
    old = next(name for name in files if name.startswith("evidence/"))
    data = files.pop(old).replace(b"0.7", b"0.9")
    new = f"evidence/{sha256(data)}.json"
    said = judge(tmp_path, rebuilt({**files, new: data}, relist=True), made.ledger.vkey())
    assert said["exit"] == 1
    assert {old, new} <= set(places(said))


def test_a_flipped_byte_in_an_entry_is_placed(made: Made, tmp_path: Path) -> None:
    leaves = made.files["ledger/leaves.jsonl"].replace(b"approval.sign", b"approval.sigh")
    said = judge(tmp_path, rebuilt({**made.files, "ledger/leaves.jsonl": leaves}), made.ledger.vkey())
    assert said["exit"] == 1
    assert places(said)[0].startswith("ledger/leaves.jsonl line 2 (entry 6)")


def test_a_dropped_entry_is_noticed(made: Made, tmp_path: Path) -> None:
    lines = made.files["ledger/leaves.jsonl"].split(b"\n")
    dropped = {**made.files, "ledger/leaves.jsonl": b"\n".join([*lines[:2], *lines[3:]])}
    assert judge(tmp_path, rebuilt(dropped), made.ledger.vkey())["exit"] == 1
    proofs = json.loads(made.files["ledger/proofs.json"])
    del proofs["leaves"][2]
    dropped["ledger/proofs.json"] = canonical(proofs)
    said = judge(tmp_path, rebuilt(dropped), made.ledger.vkey())
    assert places(said) == ["papers/R-7K2QD.pdf"], "the paper lost the entry that names it"


def test_reordered_and_renumbered_entries_are_noticed(made: Made, tmp_path: Path) -> None:
    lines = made.files["ledger/leaves.jsonl"].split(b"\n")
    swapped = b"\n".join([lines[1], lines[0], *lines[2:]])
    files = {**made.files, "ledger/leaves.jsonl": swapped}
    assert judge(tmp_path, rebuilt(files), made.ledger.vkey())["exit"] == 1
    proofs = json.loads(made.files["ledger/proofs.json"])
    proofs["leaves"][0]["index"] = 4
    files = {**made.files, "ledger/proofs.json": canonical(proofs)}
    assert judge(tmp_path, rebuilt(files), made.ledger.vkey())["exit"] == 1


def test_a_pack_signed_by_another_key_is_not_believed(tmp_path: Path) -> None:
    forged = make(key=Ed25519PrivateKey.generate())
    said = judge(tmp_path, forged.data, Ledger().vkey())
    assert said["exit"] == 1
    assert places(said) == ["ledger/checkpoint.txt"]


def test_a_pack_of_another_log_cannot_be_judged_by_this_key(tmp_path: Path) -> None:
    other = make(origin="ledger.other.example/mrm")
    said = judge(tmp_path, other.data, Ledger().vkey())
    assert said["exit"] == 2
    assert "your key is for " + ORIGIN in said["doubts"][0]["why"]


def test_entries_of_another_log_are_refused_even_inside_the_tree(tmp_path: Path) -> None:
    made = make()
    foreign = Ledger(origin="ledger.other.example/mrm")
    foreign.append("opinion.sign", signed="00")
    made.ledger.leaves.append(foreign.leaves[0])
    index = len(made.ledger.leaves) - 1
    gathered = pack.gather(log=ORIGIN, papers={}, evidence={})
    data = pack.build(
        gathered, leaves=[made.ledger.proof(index)], checkpoint=made.ledger.checkpoint(), size=index + 1
    )
    said = judge(tmp_path, data, made.ledger.vkey())
    assert said["exit"] == 1
    assert said["problems"][0]["why"] == "the entry belongs to another log"


def test_a_rewritten_history_contradicts_the_held_checkpoint(tmp_path: Path) -> None:
    honest, rewritten = make(), Ledger()
    rewritten.append("model.forged")
    for leaf in honest.ledger.leaves[1:]:
        rewritten.leaves.append(leaf)
    gathered = pack.gather(log=ORIGIN, papers={}, evidence={})
    data = pack.build(
        gathered,
        leaves=[],
        checkpoint=rewritten.checkpoint(),
        size=len(rewritten.leaves),
        tree=[merkle.leaf_hash(leaf) for leaf in rewritten.leaves],
    )
    said = judge(tmp_path, data, rewritten.vkey(), honest.earlier)
    assert said["exit"] == 1
    assert "history was changed" in said["problems"][0]["why"]


def test_a_newer_held_checkpoint_cannot_be_told(made: Made, tmp_path: Path) -> None:
    longer = Ledger(leaves=[*made.ledger.leaves, made.ledger.leaves[0]])
    said = judge(tmp_path, made.data, made.ledger.vkey(), longer.checkpoint())
    assert said["exit"] == 2
    assert "newer than the pack" in said["doubts"][0]["why"]


def test_a_subtree_is_no_entry(made: Made, tmp_path: Path) -> None:
    """The bytes left ‖ right of an inner node hash to that node only without the leaf's prefix."""
    hashes = [merkle.leaf_hash(leaf) for leaf in made.ledger.leaves]
    fake = pack.Leaf(0, hashes[0] + hashes[1], made.ledger.proof(0).path[1:])
    assert b"\n" not in fake.data
    data = pack.build(
        pack.gather(log=ORIGIN, papers={}, evidence={}),
        leaves=[fake],
        checkpoint=made.ledger.checkpoint(),
        size=len(hashes),
    )
    assert judge(tmp_path, data, made.ledger.vkey())["exit"] == 1


def test_a_cut_file_and_a_stray_file_cannot_be_told(made: Made, tmp_path: Path) -> None:
    for data in (made.data[: len(made.data) // 2], b"", b"hello", PDF):
        assert judge(tmp_path, data, made.ledger.vkey())["exit"] == 2
    for options in ([], ["--no-such-option"], [str(tmp_path / "absent.zip")]):
        run = subprocess.run(
            [sys.executable, "-I", "-S", verify.__file__, *options], capture_output=True, check=False
        )
        assert run.returncode == 2


def test_a_wrong_key_file_cannot_be_told(made: Made, tmp_path: Path) -> None:
    for text in ("", "no key", made.ledger.vkey()[:-4] + "AAA="):
        assert judge(tmp_path, made.data, text)["exit"] == 2


def test_a_loose_paper_is_compared(made: Made, tmp_path: Path) -> None:
    said = judge(tmp_path, made.data, made.ledger.vkey(), paper=PDF + b"x")
    assert said["exit"] == 1
    assert places(said) == ["loose.pdf"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "papers//x", "papers\\x"])
def test_names_that_leave_the_pack_are_refused(made: Made, tmp_path: Path, name: str) -> None:
    out = io.BytesIO(made.data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, b"x")
    assert judge(tmp_path, out.getvalue(), made.ledger.vkey())["exit"] == 1


@pytest.mark.slow
def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("manifest.json", "w") as member,
    ):
        for _ in range(1100):
            member.write(bytes(1 << 20))
    said = judge(tmp_path, out.getvalue(), None)
    assert said["exit"] == 2
    assert "unpacks to more" in said["doubts"][0]["why"]


def test_repacked_by_other_tools_the_contents_decide(made: Made, tmp_path: Path) -> None:
    def zipped(files: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return out.getvalue()

    assert judge(tmp_path, zipped(made.files), made.ledger.vkey())["exit"] == 0
    bad = {**made.files, "papers/R-7K2QD.pdf": PDF.replace(b"sealed", b"forged")}
    assert judge(tmp_path, zipped(bad), made.ledger.vkey())["exit"] == 1


def test_an_entry_that_names_the_manifest_proves_the_pack(tmp_path: Path) -> None:
    made = make(name_manifest=True)
    assert judge(tmp_path, made.data, made.ledger.vkey())["exit"] == 0


def test_packs_are_deterministic_and_follow_their_schemas(made: Made) -> None:
    assert make().data == made.data
    Draft202012Validator(pack.schema("manifest")).validate(json.loads(made.files["manifest.json"]))
    Draft202012Validator(pack.schema("proofs")).validate(json.loads(made.files["ledger/proofs.json"]))
    assert set(made.files) >= {"verify.py", "README.txt", "ledger/checkpoint.txt"}
    assert unpack(made.data)["verify.py"] == Path(verify.__file__).read_bytes()


# ---- the arithmetic is the kernel's


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 63))
def test_ed25519_agrees_with_cryptography(seed: bytes, message: bytes, at: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verify.ed25519(public, message, signature)
    bad = bytearray(signature)
    bad[at] ^= 1
    assert not verify.ed25519(public, message, bytes(bad))
    assert not verify.ed25519(public, message + b"x", signature)


def test_ed25519_refuses_a_second_spelling_of_a_signature() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    signature = private.sign(b"text")
    scalar = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    longer = signature[:32] + scalar.to_bytes(32, "little")
    assert not verify.ed25519(private.public_key().public_bytes_raw(), b"text", longer)


def test_rfc_8032_vector() -> None:
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert verify.ed25519(key, b"\x72", signature)


@given(st.integers(1, 70), st.data())
def test_proofs_agree_with_the_kernel(size: int, data: st.DataObject) -> None:
    ledger = Ledger()
    for _ in range(size):
        ledger.append("x.y")
    root = merkle.root(ledger.leaves)
    assert verify.tree_root(map(verify.leaf_hash, ledger.leaves)) == root
    index = data.draw(st.integers(0, size - 1))
    proof = ledger.proof(index)
    leaf = merkle.leaf_hash(proof.data)
    assert verify.included(leaf, index, size, proof.path, root)
    assert not verify.included(leaf, (index + 1) % size, size, proof.path, root) or size == 1
    first = data.draw(st.integers(1, size))
    path = ledger.growth(first)
    assert verify.consistent(first, size, merkle.root(ledger.leaves[:first]), root, path)
    assert not verify.consistent(first, size, b"\x00" * 32, root, path)
    assert not verify.consistent(0, size, merkle.EMPTY, root, [])


def test_keys_and_notes_agree_with_the_kernel() -> None:
    ledger = Ledger()
    ledger.append("x.y")
    key = verify.Key(ledger.vkey())
    assert key.key == notes.VerifierKey.parse(ledger.vkey()).key
    note = ledger.checkpoint()
    assert verify.Checkpoint(note).signed_by(key)
    other = str(notes.verifier_key(ORIGIN, Ed25519PrivateKey.generate()))
    assert not verify.Checkpoint(note).signed_by(verify.Key(other))
    assert verify.Checkpoint(note).root == base64.b64decode(note.split("\n")[2])
