"""Acts in words: the first sentence of each verb, kept when it is declared."""

from __future__ import annotations

import re

SENTENCES: dict[str, str] = {}


def act_words(name: str) -> str:
    """An act in words, for histories and refusals: the first sentence of its verb."""
    words = re.split(r"[;:.]", SENTENCES.get(name, ""))[0]
    return words or name.removeprefix("session.").replace(".", ": ").replace("_", " ").capitalize()
