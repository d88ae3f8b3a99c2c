"""Acts on findings and conditions."""

from validation.findings.verbs import conditions, life, requests

__all__ = ["conditions", "life", "requests"]
