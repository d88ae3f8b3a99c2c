"""Acts of a validation."""

from validation.cases.verbs import drafting, judging, light, opening, signing, testing

__all__ = ["drafting", "judging", "light", "opening", "signing", "testing"]
