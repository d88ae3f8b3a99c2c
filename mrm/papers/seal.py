"""One PAdES seal on a paper: the bank's, not a person's. Approvals are signatures in the ledger.

The seal certifies that nothing may change after it (DocMDP, no changes). Its key is behind the `Signer` port; the
first signer is a key file in `MRM_HOME/keys` with a certificate of its own, made once.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from mrm.kernel.canonical import sha256
from mrm.kernel.errors import Unavailable
from mrm.kernel.ports import Port
from mrm.papers.rules import SEAL_FAILED

FIELD = "Seal"
KEY_FILE = "paper-seal.key"
CERTIFICATE_FILE = "paper-seal.pem"
ROOM = 16384
"""Bytes kept free for the signature; what it does not use must stay zero."""


class Signer(Protocol):
    """Seals bytes. Key file first; a process of its own, PKCS#11 or KMS in service."""

    def certificate(self) -> bytes:
        """The seal's certificate, PEM."""

    def pyhanko(self) -> Any:
        """The signer as pyHanko takes it."""


signers: Port[Signer] = Port("paper.signer")


@dataclass(frozen=True)
class SealState:
    """What the seal of a PDF says, and whether it holds; `foreign` is a whole seal of a key the reader does not know."""

    sealed: bool
    holds: bool
    why: str
    foreign: bool = False
    signer: str = ""
    fingerprint: str = ""
    at: str = ""


class KeyFile:
    """An ECDSA P-256 key and its self-issued certificate in one folder, made at first use, mode 0400."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def certificate(self) -> bytes:
        """The certificate, PEM; made with the key if they are not there."""
        file = self.folder / CERTIFICATE_FILE
        if not file.exists():
            self._make()
        return file.read_bytes()

    def pyhanko(self) -> Any:
        """A pyHanko signer over the key file."""
        from asn1crypto import keys, pem, x509
        from pyhanko.sign.signers import SimpleSigner
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        certificate = x509.Certificate.load(pem.unarmor(self.certificate())[2])
        key = keys.PrivateKeyInfo.load(pem.unarmor((self.folder / KEY_FILE).read_bytes())[2])
        registry: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        return SimpleSigner(signing_cert=certificate, signing_key=key, cert_registry=registry)

    def _make(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            keep(self.folder / KEY_FILE, private)
        except FileExistsError:  # another process was first, or the certificate alone was lost
            loaded = serialization.load_pem_private_key((self.folder / KEY_FILE).read_bytes(), None)
            if not isinstance(loaded, ec.EllipticCurvePrivateKey):
                raise Unavailable(
                    SEAL_FAILED, f"{KEY_FILE} is not an ECDSA key.", "Put the key back from its backup."
                ) from None
            key = loaded
        if not (self.folder / CERTIFICATE_FILE).exists():
            certificate = self_issued(key, self.name)
            scratch = self.folder / f".{CERTIFICATE_FILE}.{os.getpid()}"
            keep(scratch, certificate)
            try:
                os.link(scratch, self.folder / CERTIFICATE_FILE)
            except FileExistsError:
                pass
            finally:
                scratch.unlink()


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a PEM certificate's DER bytes."""
    from asn1crypto import pem

    return sha256(pem.unarmor(certificate)[2])


def keep(file: Path, data: bytes) -> None:
    """Write a new file that only its owner may read; an existing one is an error."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)


def self_issued(key: Any, name: str) -> bytes:
    """A certificate that `key` issues to itself, good for signatures and nothing else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Paper seal of {name}"[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
        ]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=20 * 366))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def seal(pdf: bytes, signer: Signer, *, reason: str) -> bytes:
    """`pdf` with one PAdES seal that certifies it against every change."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields
    from pyhanko.sign import signers as pyhanko_signers

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    if writer.prev.embedded_signatures:
        raise Unavailable(
            SEAL_FAILED, "The paper is sealed already; a paper is sealed once.", "Render it again."
        )
    meta = pyhanko_signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=reason,
    )
    out = pyhanko_signers.PdfSigner(meta, signer.pyhanko()).sign_pdf(writer, bytes_reserved=ROOM)
    return bytes(out.getbuffer())


def check_seal(pdf: bytes, certificate: bytes) -> SealState:
    """Judge the seal of `pdf` by the certificate the reader trusts (PEM)."""
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko.sign").setLevel(logging.CRITICAL)  # what it would log stands in the answer
    trusted = x509.Certificate.load(pem.unarmor(certificate)[2])

    def lost(why: str) -> SealState:
        # what is left of a seal says that there was one: then the file was changed after it
        remains = any(mark in pdf for mark in (b"/ByteRange", b"/ETSI.CAdES.detached", b"/DocMDP"))
        return SealState(sealed=remains, holds=False, why=f"damaged after sealing: {why}" if remains else why)

    try:
        found = PdfFileReader(BytesIO(pdf)).embedded_signatures
        if not found:
            return lost("the file carries no seal")
        if len(found) > 1:
            return SealState(sealed=True, holds=False, why="the file carries more than one signature")
        context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
        status = validate_pdf_signature(found[0], context)
        reach = found[0].evaluate_signature_coverage()
        padding = unused_room(pdf, found[0])
    except Exception as broken:  # noqa: BLE001  a damaged PDF fails in as many ways as there are parsers
        return lost(f"the file cannot be read ({type(broken).__name__})")
    certified = found[0].docmdp_level
    said = {
        "signer": str(status.signing_cert.subject.human_friendly),
        "fingerprint": sha256(status.signing_cert.dump()),
        "at": status.signer_reported_dt.isoformat() if status.signer_reported_dt else "",
    }
    why = ""
    if not status.intact:
        why = "the bytes under the seal have changed"
    elif not status.valid:
        why = "the signature is not the sealing key's"
    elif not status.trusted:
        why = "the seal is of another key than the one you trust"
    elif reach.name != "ENTIRE_FILE":
        why = "something was added after the seal"
    elif certified is None or certified.name != "NO_CHANGES":
        why = "the seal does not forbid changes"
    elif padding:
        why = "there is something hidden in the room kept for the signature"
    elif not status.bottom_line:
        why = "the seal does not hold"
    foreign = bool(status.intact and status.valid and not status.trusted)
    return SealState(sealed=True, holds=not why, why=why or "the seal holds", foreign=foreign, **said)


def unused_room(pdf: bytes, signature: Any) -> bool:
    """Whether the bytes that the seal does not cover hold anything but the signature, in its one spelling, and zeros."""
    from asn1crypto.parser import peek

    start, length, rest, _ = (int(number) for number in signature.byte_range)
    gap = pdf[start + length : rest]
    contents = bytes(signature.pkcs7_content)
    used = peek(contents)
    return any(contents[used:]) or gap != b"<" + contents.hex().upper().encode() + b">"
