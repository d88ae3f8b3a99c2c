"""From signed content to a sealed paper in the vault: what a job does before the act `paper.seal`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from mrm import vault
from mrm.kernel.errors import Unavailable
from mrm.ledger.origin import origin
from mrm.papers.content import Closing
from mrm.papers.report import render_report
from mrm.papers.rules import PAPER_FAILED, Sealed
from mrm.papers.seal import CERTIFICATE_FILE, KeyFile, Signer, fingerprint, seal, signers

REASON = "Sealed by the bank; approvals are recorded in its ledger"


def seal_folder() -> Path:
    """Where the installation's seal key lies."""
    return Path(settings.MRM_SEAL_KEY or Path(settings.MRM_HOME) / "keys")


def signer() -> Signer:
    """The installation's sealing signer: what is registered as `installed`, else the key file."""
    return signers.get("installed") or KeyFile(seal_folder(), origin())


def known_certificate() -> bytes | None:
    """The certificate by which this installation judges seals; None where no paper was ever sealed."""
    registered = signers.get("installed")
    if registered is not None:
        return registered.certificate()
    file = seal_folder() / CERTIFICATE_FILE
    return file.read_bytes() if file.exists() else None


def make_paper(
    content: bytes, closing: Closing, *, charts: Mapping[str, str], source_date: datetime
) -> Sealed:
    """Render, seal, and put bytes and content into the vault. `content` is what was signed, as canonical JSON."""
    meta = json.loads(content)["meta"]
    rendered = render_report(content, closing, charts=charts, source_date=source_date)
    if rendered.missing_glyphs:
        raise Unavailable(
            PAPER_FAILED,
            f"The paper's fonts cannot draw: {rendered.missing_glyphs[:40]}",
            "Write these signs in words, or in the Latin, Greek or Cyrillic script.",
        )
    by = signer()
    pdf = seal(rendered.pdf, by, reason=REASON)
    return Sealed(
        reference=meta["reference"],
        kind=meta["kind"],
        title=f"{meta['title']} {meta['running']}"[:200],
        content_digest=vault.put(content),
        pdf_digest=vault.put(pdf),
        size=len(pdf),
        pages=rendered.pages,
        language=meta["language"],
        zone=meta["zone"],
        certificate=fingerprint(by.certificate()),
        cpu_seconds=rendered.cpu_seconds,
        peak_mb=rendered.peak_mb,
    )
