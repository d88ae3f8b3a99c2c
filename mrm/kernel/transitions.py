"""State machines as plain tables."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from mrm.kernel.errors import RuleRefused


class Transitions:
    """Which state may follow which. States are strings (TextChoices values)."""

    def __init__(self, table: Mapping[str, AbstractSet[str]]) -> None:
        self._table = {str(state): frozenset(map(str, following)) for state, following in table.items()}
        unknown = {item for following in self._table.values() for item in following} - set(self._table)
        if unknown:
            raise ValueError(f"states without a row: {sorted(unknown)}")

    def allows(self, now: str, to: str) -> bool:
        """Whether `to` may follow `now`."""
        return str(to) in self._table[str(now)]

    def check(self, now: str, to: str, what: str = "The record") -> None:
        """Raise `wrong_state` unless `to` may follow `now`."""
        if not self.allows(now, to):
            onward = ", ".join(sorted(self._table[str(now)])) or "nothing: it is an end state"
            raise RuleRefused(
                "wrong_state",
                f"{what} is “{str(now).replace('_', ' ')}” and cannot become “{str(to).replace('_', ' ')}”.",
                f"From here it can become: {onward.replace('_', ' ')}.",
            )
