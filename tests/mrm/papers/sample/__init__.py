"""The design's sample report as signed content: real statistics on public data; bank, persons and entries are sample."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mrm.kernel.canonical import canonical, digest
from mrm.papers.content import Closing

HERE = Path(__file__).parent
WHEN = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
CHECKPOINT = (
    "ledger.beispielbank.example/mrm\n48211\nq1Zt7yKpX0b2mCk4Jr9vN8sQe3uTgHwYd5LfA6ioB1E=\n\n"
    "— ledger.beispielbank.example/mrm 5f3c9a1b+SAMPLE+NOT+A+SIGNATURE\n"
)


def said() -> dict[str, Any]:
    """The content as JSON values."""
    loaded: dict[str, Any] = json.loads((HERE / "content.json").read_text("utf-8"))
    return loaded


def content() -> bytes:
    """The content as it would be signed."""
    return canonical(said())


def approvals() -> dict[str, Any]:
    """Section 16, with the digest that the sample's people would have signed."""
    section: dict[str, Any] = json.loads((HERE / "approvals.json").read_text("utf-8"))
    for block in section["blocks"]:
        for item in block.get("items", []):
            item["content_digest"] = digest(said())
    return section


class SampleClosing(Closing):
    """A closing whose section 16 is read from the file."""

    def to_json(self) -> dict[str, Any]:
        """The closing with the sample's approvals."""
        return {**super().to_json(), "approvals": approvals()}


def closing() -> Closing:
    """What came after the signatures."""
    return SampleClosing(
        control=(("Content digest", f"`sha256 {digest(said())}`"),),
        checkpoint=CHECKPOINT,
        checkpoint_note="Compare with the checkpoint you hold; how to verify is in annex G.",
    )


def charts() -> dict[str, str]:
    """The charts by name."""
    return {file.stem: file.read_text("utf-8") for file in sorted((HERE / "charts").glob("*.svg"))}
