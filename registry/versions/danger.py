"""Bytes that would run code when loaded, and archives that are not what they say: refused before any library sees them."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

from mrm.kernel.errors import BadInput, declare

MAX_ARTEFACT = 128 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_MEMBERS = 20_000
PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth")
COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZ": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    **dict.fromkeys((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), "zlib"),
}

declare("pickle_refused", "an artefact is a pickle (or joblib), whatever its name says")
declare("artefact_empty", "an artefact has no bytes")
declare("artefact_too_large", "an artefact, or what is packed in it, is larger than allowed")
declare("artefact_unreadable", "an artefact is not of the format that was named, or is damaged")
declare("format_unknown", "the format of an artefact is none of the registry's")

WAY_OUT = (
    "Save the fitted estimator with skops.io.dump(model, “model.skops”), a LightGBM model with "
    "booster.save_model(“model.txt”), or a scorecard as scorecard-json."
)


def refuse_pickle(data: bytes) -> None:
    """Raise when the bytes are a pickle in any usual disguise, empty, or too large."""
    if not data:
        raise BadInput(
            "artefact_empty", "The artefact is empty.", "Save the model again and upload that file."
        )
    if len(data) > MAX_ARTEFACT:
        raise BadInput(
            "artefact_too_large",
            f"The artefact has {len(data) / 2**20:.0f} MB; {MAX_ARTEFACT // 2**20} are allowed.",
            "Register a smaller model, or as external with a scored sample.",
        )
    if looks_pickled(data):
        raise _pickle(
            "The file is a Python pickle, whatever its name says. Loading one runs whatever code is in it."
        )
    for mark, name in COMPRESSED.items():
        if data.startswith(mark):
            raise _pickle(
                f"The file is {name}-compressed, as joblib and pickle files are; no format here is."
            )
    if zipfile.is_zipfile(io.BytesIO(data)):
        _check_members(data)


def looks_pickled(data: bytes) -> bool:
    """By the opcodes: protocol 2 and later begin with 80 and the protocol, older ones end with a dot after a global."""
    if data[:1] == b"\x80" and len(data) > 1 and 2 <= data[1] <= 5:
        return True
    if not data.rstrip().endswith(b".") or data[:1] not in b"(]}c":
        return False
    return _walks(data)


def _walks(data: bytes) -> bool:
    import pickletools

    try:
        count = sum(1 for _ in pickletools.genops(data))
    except Exception:  # noqa: BLE001 - anything that goes wrong says: not a pickle
        return False
    return count > 2


def _check_members(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_sizes(members)
            for member in members:
                _check_name(member)
                with archive.open(member) as inside:
                    head = inside.read(2)
                if member.filename.lower().endswith(PICKLE_NAMES) or looks_pickled(head):
                    raise _pickle(f"The archive holds a pickle ({PurePosixPath(member.filename).name}).")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as trouble:
        raise unreadable("The archive is damaged or encrypted.") from trouble


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS or sum(item.file_size for item in members) > MAX_UNPACKED:
        raise BadInput(
            "artefact_too_large",
            f"The archive would unpack to more than {MAX_UNPACKED // 2**20} MB or {MAX_MEMBERS:,} files.",
            "Register a smaller model.",
        )


def _check_name(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename)
    linked = (member.external_attr >> 16) & 0o170000 == 0o120000
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or linked:
        raise unreadable("The archive names files outside itself.")


def _pickle(detail: str) -> BadInput:
    return BadInput("pickle_refused", detail, WAY_OUT)


def unreadable(detail: str, remedy: str = "") -> BadInput:
    """The artefact is not what it was said to be."""
    return BadInput(
        "artefact_unreadable", detail, remedy or "Choose the format the file has, or save the model again."
    )
