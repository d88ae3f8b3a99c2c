"""Acts of a validation."""

from validation.cases.verbs import judging, opening, signing, testing

__all__ = ["judging", "opening", "signing", "testing"]
