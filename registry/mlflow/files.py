"""Files of clients: names under an experiment, bytes in the vault. Streamed both ways; a path never leaves its root."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

from mrm import vault
from mrm.access.actors import Actor
from mrm.kernel.errors import BadInput, declare
from registry.mlflow import queries
from registry.mlflow.models import Experiment, StoredFile, VersionFile
from registry.mlflow.rules import wrong
from registry.versions.models import Version

declare("artifact_path", "an artifact's path would leave its root, or holds parts that no file has")
declare("artifact_cut_off", "an upload ended before the length that it had announced")
LONGEST = 1000
VERSIONS = "versions"
ODD = re.compile(r"[\x00-\x1f\x7f\\]|%(?:2e|2f|5c|00)|[\ud800-\udfff]", re.IGNORECASE)
DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Entry:
    """A file or a folder in a list."""

    path: str
    is_dir: bool
    size: int = 0

    @property
    def shape(self) -> dict[str, Any]:
        """As the protocol writes it."""
        return {"path": self.path, "is_dir": self.is_dir, **({} if self.is_dir else {"file_size": self.size})}


class Incoming(io.RawIOBase):
    """A request's body as a file that is read once: it knows its length, and minds when it is cut off."""

    def __init__(self, source: Any, length: int | None) -> None:
        self.source = source
        self.length = length
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self.source.read(size)
        self.count += len(data)
        if not data and self.length is not None and self.count < self.length:
            raise BadInput(
                "artifact_cut_off",
                f"The upload ended after {self.count:,} of {self.length:,} bytes. Nothing was kept.",
                "Send the file again.",
            )
        return data

    def readable(self) -> bool:
        """It is."""
        return True


def safe(path: str, *, empty: bool = False) -> str:
    """The path without slashes at its ends, if each part of it can be the name of a file."""
    parts = path.strip("/").split("/") if path.strip("/") else []
    bad = any(part in {"", ".", ".."} or part != part.strip() for part in parts)
    if bad or ODD.search(path) or (parts and DRIVE.match(parts[0])) or len(path) > LONGEST:
        raise BadInput(
            "artifact_path",
            "Invalid artifact path: it would leave its folder, or holds what no file's name has.",
            "Use a relative path of plain names joined by slashes.",
        )
    if not parts and not empty:
        raise wrong("Missing value for required parameter 'artifact_path'.")
    return "/".join(parts)


def parted(actor: Actor, path: str) -> tuple[Experiment, str]:
    """The experiment of an artifact's path, and the rest of it."""
    first, _, rest = path.partition("/")
    return queries.experiment(actor, first), rest


def put(actor: Actor, path: str, body: IO[bytes]) -> StoredFile:
    """Keep a file; the same path again names the new bytes from then on."""
    experiment, rest = parted(actor, safe(path))
    queries.open_to(actor, experiment)
    if not rest:
        raise wrong("A file needs a name below its experiment.")
    digest = vault.put(body)
    row, _ = StoredFile.objects.update_or_create(
        experiment=experiment, path=rest, defaults={"digest": digest, "size": getattr(body, "count", 0)}
    )
    return row


def find(actor: Actor, path: str) -> StoredFile | VersionFile:
    """The file of a path, of an experiment or of a version."""
    path = safe(path)
    rest = inner(path)
    found = next((row for row in below(actor, path) if row.path == rest), None)
    if found is None:
        raise queries.absent("The artifact")
    return found


def inner(path: str) -> str:
    """The path below its root, which is an experiment or a version."""
    return "/".join(path.split("/")[2 if path.startswith(f"{VERSIONS}/") else 1 :])


def below(actor: Actor, path: str) -> list[StoredFile | VersionFile]:
    """The files whose path is this or lies below it."""
    first, _, rest = path.partition("/")
    if first == VERSIONS:
        key, _, rest = rest.partition("/")
        ident = queries.hexes([key])
        version = Version.objects.visible_to(actor).filter(pk__in=ident).first()
        if version is None:
            raise queries.absent("The artifact")
        rows: Iterable[Any] = VersionFile.objects.filter(version=version, path__startswith=rest)
    else:
        experiment, rest = parted(actor, path)
        rows = StoredFile.objects.filter(experiment=experiment, path__startswith=rest)
    return [row for row in rows if not rest or row.path == rest or row.path.startswith(f"{rest}/")]


def listed(actor: Actor, path: str) -> list[Entry]:
    """What lies directly in a folder; a file lists itself."""
    path = safe(path, empty=True)
    if not path:
        return []
    rest = inner(path)
    found: dict[str, Entry] = {}
    for row in below(actor, path):
        tail = row.path[len(rest) :].lstrip("/") if rest else row.path
        name, slash, _ = tail.partition("/")
        if not name:
            name = row.path.rpartition("/")[2]
        found[name] = Entry(name, bool(slash), 0 if slash else row.size)
    return [found[name] for name in sorted(found)]


def remove(actor: Actor, path: str) -> None:
    """Take the names away; the bytes stay while anything else names them, and in every version registered from them."""
    path = safe(path)
    experiment, rest = parted(actor, path)
    queries.open_to(actor, experiment)
    keys = [str(row.pk) for row in below(actor, path)]
    if not keys or not rest:
        raise queries.absent("The artifact")
    StoredFile.objects.filter(experiment=experiment, pk__in=keys).delete()
