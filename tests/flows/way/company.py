"""The people of the way, and what they have made so far."""

from __future__ import annotations

from typing import Any

from tests.flows.robot import Office, Robot
from tests.installation import Installation


class Way:
    """The people, and what they have made so far."""

    def __init__(self, rooms: Office, bank: Installation, fitted: dict[str, Any]) -> None:
        self.rooms, self.bank, self.fitted = rooms, bank, fitted
        self.people: dict[str, Robot] = {}
        self.model = self.validation = ""
        self.snapshots: dict[str, str] = {}

    def __getitem__(self, username: str) -> Robot:
        """A person's window; they sign in when they are first needed."""
        if username not in self.people:
            self.people[username] = self.rooms.robot(username)
            self.people[username].sign_in(username)
        return self.people[username]
