"""Acts of a validation."""

from validation.cases.verbs import drafting, judging, opening, signing, testing

__all__ = ["drafting", "judging", "opening", "signing", "testing"]
