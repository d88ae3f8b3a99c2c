"""German credit as the demonstration brings it: the file as published, and the faulty copy that circulates."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from registry.data.standards import QualityRule

FOLDER = Path(__file__).parent / "data" / "german-credit"
COLUMNS = (
    "status", "duration", "credit_history", "purpose", "amount", "savings", "employment", "installment_rate",
    "personal_status", "other_debtors", "residence", "property", "age", "other_installments", "housing",
    "existing_credits", "job", "dependants", "telephone", "foreign_worker", "outcome",
)  # fmt: skip
NUMBERS = (
    "duration", "amount", "installment_rate", "residence", "age", "existing_credits", "dependants",
)  # fmt: skip
TARGET, BAD = "outcome", "2"
INPUTS = COLUMNS[:-1]
RULES: list[QualityRule] = [
    {"kind": "allowed", "columns": [TARGET], "values": ["1", "2"], "severity": "block"},
    {"kind": "range", "columns": ["age"], "least": 18, "most": 100, "severity": "block"},
    {"kind": "range", "columns": ["amount"], "least": 1, "severity": "block"},
    {"kind": "pattern", "columns": ["status"], "pattern": "A1[1-4]", "severity": "block"},
    {"kind": "rows", "columns": [], "least": 200, "severity": "warn"},
]
"""What every snapshot of the file must hold."""


def published() -> bytes:
    """The file as Hofmann published it in 1994: 1,000 rows, separated by spaces, no header."""
    return (FOLDER / "german.data").read_bytes()


def codes() -> bytes:
    """What each code means, as published and as Grömping (2019) corrected it."""
    return (FOLDER / "codes.csv").read_bytes()


def table(data: bytes) -> list[list[str]]:
    """The rows of a file as lists of text."""
    return [line.split() for line in data.decode("ascii").splitlines() if line.strip()]


def faulty_copy() -> bytes:
    """The copy that circulates: `personal_status` in sorted blocks, so that the column belongs to no row.

    The counts of its codes stay right, which is why a naive look at ratios finds nothing.
    """
    rows = table(published())
    place = COLUMNS.index("personal_status")
    for row, code in zip(rows, sorted(row[place] for row in rows), strict=True):
        row[place] = code
    return ("\n".join(" ".join(row) for row in rows) + "\n").encode("ascii")


def mended_labels() -> bytes:
    """The code table with the corrected labels declared: what the owner brings to close the label finding."""
    lines = codes().decode("utf-8").splitlines()
    head = lines[0].split(",")
    old, new = head.index("label_statlog"), head.index("label_corrected")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(csv.reader(lines)):
        writer.writerow(row if number == 0 else [*row[:old], row[new], *row[old + 1 :]])
    return out.getvalue().encode("utf-8")
