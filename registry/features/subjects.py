"""Keys of subjects: a keyed hash for the store, and the raw key sealed with a data key of the subject's own.

The installation's secret makes two keys: one for hashing (HMAC-SHA256, 128 bits kept), one that wraps the data keys.
Who has the store and not the secret cannot tell who is who, nor try keys out. Erasing a subject takes its wrapped
data key and sealed key away and leaves the hash as a tombstone: reads then answer as for somebody unknown.
"""

from __future__ import annotations

import hmac
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from mrm.kernel.clock import utc
from registry.features.models import Catalogue, Definition, Subject

if TYPE_CHECKING:
    import pyarrow as pa

HASH_DIGITS = 32
NONCE = 12
BATCH = 400
T = TypeVar("T")


@cache
def _derived(secret: str, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"countersign features {use}".encode()).derive(secret.encode())


def _key(use: str) -> bytes:
    return _derived(settings.MRM_FEATURE_KEY, use)


def spelled(value: Any) -> str:
    """A key's value as text: 7, 7.0 and "7" are one subject."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, date):
        return value.isoformat()
    return unicodedata.normalize("NFC", str(value)).strip()


def hashed(catalogue: Catalogue, key_name: str, text: str) -> str:
    """The keyed hash of one spelled key."""
    message = f"{catalogue.pk}\0{key_name}\0{text}".encode()
    return hmac.digest(_key("hash"), message, "sha256").hex()[:HASH_DIGITS]


def hash_column(key: Definition, rows: pa.Table) -> tuple[pa.Array, dict[str, str]]:
    """The hashes of the key's columns, null where a part of the key is missing; and each hash with its spelled key."""
    import pyarrow as pa

    columns = [rows[name].combine_chunks() for name in key.body["key"]]
    if len(columns) == 1:
        coded = columns[0].dictionary_encode()
        texts = [None if value is None else spelled(value) for value in coded.dictionary.to_pylist()]
        indices = coded.indices
    else:
        lines = zip(*[column.to_pylist() for column in columns], strict=True)
        together = [None if None in line else json.dumps([spelled(part) for part in line]) for line in lines]
        coded = pa.array(together, pa.string()).dictionary_encode()
        texts, indices = coded.dictionary.to_pylist(), coded.indices
    hashes = [None if text is None else hashed(key.catalogue, key.name, text) for text in texts]
    known = {digest: text for digest, text in zip(hashes, texts, strict=True) if digest and text is not None}
    return pa.array(hashes, pa.string()).take(indices), known


def erased(catalogue: Catalogue) -> set[str]:
    """The hashes of subjects that were erased: nothing is known of them any more."""
    return set(
        Subject.objects.filter(catalogue=catalogue, sealed__isnull=True).values_list("hash", flat=True)
    )


def remember(key: Definition, known: Mapping[str, str]) -> int:
    """Seal the raw keys of subjects that are new; in small pieces, so that no other writer waits for long."""
    count = 0
    for piece in chunks(known.items(), BATCH):
        held = set(
            Subject.objects.filter(
                catalogue=key.catalogue, key_name=key.name, hash__in=[digest for digest, _ in piece]
            ).values_list("hash", flat=True)
        )
        rows = [_sealed(key, digest, text) for digest, text in piece if digest not in held]
        Subject.objects.bulk_create(rows, ignore_conflicts=True)
        count += len(rows)
    return count


def _sealed(key: Definition, digest: str, text: str) -> Subject:
    own = AESGCM.generate_key(128)
    return Subject(
        catalogue=key.catalogue,
        key_name=key.name,
        hash=digest,
        wrapped=seal(_key("wrap"), own, digest),
        sealed=seal(own, text.encode(), digest),
    )


def raw_key(subject: Subject) -> str | None:
    """The raw key of a subject, or None when it was erased."""
    if subject.wrapped is None or subject.sealed is None:
        return None
    own = unseal(_key("wrap"), bytes(subject.wrapped), subject.hash)
    return unseal(own, bytes(subject.sealed), subject.hash).decode()


def seal(key: bytes, plain: bytes, about: str) -> bytes:
    """AES-GCM under a fresh nonce, bound to what it is about."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """What `seal` sealed."""
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())


def wrap(key: bytes, about: str) -> bytes:
    """A one-time key under the installation's secret."""
    return seal(_key("wrap"), key, about)


def unwrap(wrapped: bytes, about: str) -> bytes:
    """The one-time key again."""
    return unseal(_key("wrap"), wrapped, about)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` in lists of at most `size`."""
    following = iter(items)
    while piece := list(islice(following, size)):
        yield piece
