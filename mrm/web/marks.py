"""Mark and word of every state, severity and verdict: icon, tone and the word that says it."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """An icon of icons.svg, a tone (`good`, `warn`, `bad`, `grave` or none) and the word beside it."""

    icon: str
    tone: str = ""
    word: str = ""


MARKS: dict[str, Mark] = {
    # states of a model
    "candidate": Mark("st-candidate"),
    "registered": Mark("st-registered"),
    "in_development": Mark("st-development"),
    "in_validation": Mark("st-validation"),
    "approved": Mark("st-approved"),
    "in_use": Mark("st-use"),
    "notice": Mark("st-notice"),
    "notice_of_retirement": Mark("st-notice", word="notice"),
    "decommissioned": Mark("st-decommissioned"),
    "non_model": Mark("na", word="non-model"),
    # stages of a version
    "dev": Mark("st-development"),
    "staging": Mark("st-validation"),
    "prod": Mark("st-use"),
    "archived": Mark("st-decommissioned"),
    # severities
    "critical": Mark("sev-4", "grave"),
    "high": Mark("sev-3", "bad"),
    "medium": Mark("sev-2", "warn"),
    "low": Mark("sev-1"),
    # verdicts, lights, requirements
    "pass": Mark("met", "good"),
    "passed": Mark("met", "good"),
    "fail": Mark("unmet", "bad"),
    "failed": Mark("unmet", "bad"),
    "inconclusive": Mark("na", "warn"),
    "not_defined": Mark("na", word="not defined"),
    "not_applicable": Mark("na"),
    "warning": Mark("warning", "warn"),
    "green": Mark("met", "good"),
    "amber": Mark("warning", "warn"),
    "red": Mark("unmet", "bad"),
    "grey": Mark("na"),
    "none": Mark("na", word="no verdict"),
    "met": Mark("met", "good"),
    "unmet": Mark("unmet", "bad"),
    "na": Mark("na", word="not applicable"),
    "safe": Mark("met", "good"),
    "unsafe": Mark("unmet", "bad"),
    "refused": Mark("unmet", "bad"),
    "admitted": Mark("met", "good"),
    "pending": Mark("running"),
    "denied": Mark("unmet", "bad"),
    "succeeded": Mark("met", "good"),
    "not_rated": Mark("st-registered", word="not rated"),
    # jobs
    "queued": Mark("st-candidate", word="waits"),
    "waiting": Mark("st-candidate", word="waits"),
    "running": Mark("running"),
    "done": Mark("met", "good"),
    "cancelled": Mark("st-decommissioned"),
    "stopped": Mark("st-decommissioned"),
    # grants, conditions, signatures
    "active": Mark("st-use", "good"),
    "lapsed": Mark("warning", "warn"),
    "restricted": Mark("warning", "bad"),
    "revoked": Mark("st-decommissioned", "bad"),
    "signed": Mark("seal", "good"),
    "open": Mark("st-registered"),
    "void": Mark("seal-void"),
    # findings
    "draft": Mark("st-candidate"),
    "response": Mark("st-registered"),
    "issued": Mark("st-development"),
    "remediation": Mark("st-validation"),
    "ready_for_review": Mark("st-approved"),
    "accepted": Mark("st-notice"),
    "closed": Mark("met", "good"),
    "reopened": Mark("warning", "warn"),
    # opinions and outcomes
    "fit": Mark("met", "good"),
    "fit_with_conditions": Mark("warning", "warn"),
    "not_fit": Mark("unmet", "bad"),
    "rejected": Mark("unmet", "bad"),
    "declined": Mark("unmet", "bad"),
}


def mark(state: object, word: str = "", tone: str = "", icon: str = "") -> Mark:
    """The mark of a state: by its value, its word by the label that a TextChoices member carries.

    A state without a mark of its own is shown as its word alone. `word`, `tone` and `icon` win over the table.
    """
    value = str(getattr(state, "value", state))
    known = MARKS.get(value.lower().replace(" ", "_").replace("-", "_"), Mark(""))
    label = getattr(state, "label", None)
    said = word or (str(label) if label is not None else "") or known.word or value.replace("_", " ")
    return Mark(icon or known.icon, tone or known.tone, said[:1].lower() + said[1:])
