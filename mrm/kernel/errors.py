"""One error shape for every door: code, sentence, remedy.

A code is declared once, beside the rule that raises it, so that the reference in the README and the house
tests can list them all; raising an undeclared code is a programming error.
"""

from __future__ import annotations

from typing import Any, Self

_declared: dict[str, str] = {}


def declare(code: str, when: str) -> str:
    """Make `code` known, with the sentence that says when it happens. Returns the code."""
    known = _declared.setdefault(code, when)
    if known != when:
        raise ValueError(f"error code {code!r} is declared twice with different meanings")
    return code


def declared() -> dict[str, str]:
    """Every known error code with the sentence that says when it happens."""
    return dict(sorted(_declared.items()))


class CountersignError(Exception):
    """Something a person can read and mend: `code`, `detail` (a sentence), `remedy` (what to do)."""

    status: int = 500

    def __init__(self, code: str, detail: str, remedy: str = "", **facts: Any) -> None:
        if code not in _declared:
            raise LookupError(f"error code {code!r} is not declared")
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.facts = facts

    def as_status(self, status: int) -> Self:
        """The same error under another HTTP status, where a contract names one."""
        self.status = status
        return self

    def shape(self, request_id: str = "") -> dict[str, str]:
        """The one error shape, as every door answers it."""
        return {"code": self.code, "detail": self.detail, "remedy": self.remedy, "request_id": request_id}


class BadInput(CountersignError):
    """What was sent cannot be used; nothing was written."""

    status = 422


class NotFound(CountersignError):
    """Absent, or not for this reader: the two are answered alike."""

    status = 404

    def __init__(self, code: str = "not_found", detail: str = "", remedy: str = "", **facts: Any) -> None:
        super().__init__(
            code,
            detail or "There is nothing here that you may see.",
            remedy or "Check the address, or ask the owner of the record for access.",
            **facts,
        )


class Denied(CountersignError):
    """Refused by role, by object or by separation of duties: the ledger keeps one entry of it."""

    status = 403


class RuleRefused(CountersignError):
    """Refused by a rule of the domain (wrong state, gate unmet): nothing was written."""

    status = 409


class Unavailable(CountersignError):
    """Something the installation needs is not there just now; trying again may help."""

    status = 503


declare("not_found", "the record does not exist, or the reader may not see it")
declare("denied", "role, object grant or separation of duties refuse the act")
declare("wrong_state", "the record is not in a state that allows the act")
