"""The page where people read what was frozen and sign it: who has, who must, whether one may, and the decision."""

from __future__ import annotations

from typing import Any

from mrm.access.acts import can
from mrm.access.models import User
from mrm.access.rules import Meaning
from mrm.access.signing import prove
from mrm.kernel.errors import NotFound
from mrm.web.forms import Form
from mrm.web.shapes import Requirement
from mrm.web.shapes import Signature as Seal
from validation.cases import forms, queries
from validation.cases.actpages import OnValidation
from validation.cases.content import needed_capacities
from validation.cases.models import FrozenContent, Validation
from validation.cases.pages import facts_of
from validation.cases.rules import SECTIONS, ValidationState
from validation.cases.verbs import signing


class SignPage(OnValidation):
    """Exactly what is signed, who has and who must, whether one may, and the decision."""

    nav = "to-sign"
    template_name = "cases/sign.html"

    @property
    def as_validator(self) -> bool:
        """Whether the opinion is up for signature."""
        return self.validation.state == ValidationState.FROZEN

    @property
    def act_name(self) -> str:
        """The act that this page would do."""
        return "opinion.sign" if self.as_validator else "approval.sign"

    def get_title(self) -> str:
        """What is signed."""
        what = "opinion" if self.as_validator else "approval"
        found = self.validation
        return (
            f"Sign the {what} of {found.reference}"
            if found.under_signature
            else f"Content of {found.reference}"
        )

    def form(self) -> Form:
        """One signature for the opinion, a decision for an approval."""
        kind = forms.Sign if self.as_validator else forms.Decide
        return kind(self.request.POST) if self.request.method == "POST" else kind()

    def why_not(self) -> str:
        """Why this person may not sign now."""
        found = self.validation
        if not found.under_signature:
            return ""
        refused = can(self.actor, self.act_name, validation=found)
        if refused:
            return refused
        if queries.changed_since(found):
            return "Something material changed since the content was frozen. A validator reopens and freezes it again."
        if not self.as_validator and not queries.own_capacities(self.actor, found):
            return "The approvals that you could give have been given."
        return ""

    def act(self, form: Form) -> Any:
        """Prove identity for the digest that was read, then sign, decline or recuse."""
        found, facts = self.validation, form.facts()
        actor = self.actor.asking(form.key, "")
        decision = facts.get("decision", "opinion")
        if decision == "recuse":
            return signing.recuse(actor, validation=found, reason=facts["reason"])
        read = self.request.POST.get("digest", "")
        account = User.objects.get(pk=str(self.actor.account_id))
        ticket = prove(account, facts["password"], read)
        given = {"validation": found, "ticket": ticket, "reason": facts["reason"]}
        if decision == "opinion":
            return signing.sign_opinion(actor, **given)
        verb = signing.approve if decision == "approve" else signing.reject
        return verb(actor, **given)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What is read, and who signs."""
        found = self.validation
        frozen = found.frozen
        if frozen is None:
            raise NotFound
        content = queries.content_of(frozen)
        why_not = self.why_not()
        return super().get_context_data(
            **{
                "validation": found,
                "frozen": frozen,
                "content": content,
                "facts": facts_of(found, content),
                "sections": sections(content),
                "seals": seals(self.actor, found, frozen),
                "checks": checks(self.actor, found, why_not),
                "open": found.under_signature,
                "why_not": why_not,
                "meaning": (Meaning.OPINION if self.as_validator else Meaning.APPROVAL).label,
                "button": "Sign the opinion" if self.as_validator else "Sign with password",
            }
            | kwargs
        )


def sections(content: dict[str, Any]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """The scope by section with its rating, as it is read."""
    found: dict[int, list[dict[str, Any]]] = {}
    ids = {row["digest"]: row["id"] for row in content["evidence"]}
    for item in content["scope"]:
        cited = [(digest, ids.get(digest, "")) for digest in item["evidence"]]
        found.setdefault(item["section"], []).append({**item, "cited": cited})
    return [
        (f"{section} {SECTIONS.get(section, '')}".strip(), content["sections"].get(str(section), ""), items)
        for section, items in sorted(found.items())
    ]


def seals(actor: Any, found: Validation, frozen: FrozenContent) -> list[Seal]:
    """Who signed, who must, and the grey ones."""
    rows = queries.signatures(found)
    shown = [
        Seal(
            name=row.signature.person.name,
            role=row.signature.capacity.replace("_", " "),
            state="signed" if row.standing else "void",
            meaning=f"{Meaning(row.signature.meaning).label.capitalize()}. {row.signature.reason}".strip(),
            at=row.signature.signed_at,
            method=" and ".join(row.signature.factors)
            + (", one factor" if len(row.signature.factors) == 1 else ""),
            digest=row.signature.digest,
            voided=None if row.standing else found.ended_at or row.signature.signed_at,
            difference=row.difference[:8],
        )
        for row in rows
    ]
    return [*(seal for seal in shown if seal.state == "signed"), *waiting(actor, found, frozen), *(
        seal for seal in shown if seal.state == "void"
    )]  # fmt: skip


def waiting(actor: Any, found: Validation, frozen: FrozenContent) -> list[Seal]:
    """The places that are open."""
    if not found.under_signature:
        return []
    places = []
    if found.state == ValidationState.FROZEN:
        names = ", ".join(row.person.name for row in found.validators.select_related("person"))
        places.append(Seal(names, "validator", "open", "Opinion. Waits since the content was frozen."))
    for role in queries.open_capacities(found, frozen):
        you = ", you" if role in actor.roles else ""
        places.append(Seal("Not signed yet", role.replace("_", " ") + you, "open", "Approval."))
    return places


def checks(actor: Any, found: Validation, why_not: str) -> list[Requirement]:
    """May you sign? Said before it is asked."""
    if not found.under_signature:
        return [Requirement("na", f"{found.reference} has its result: {found.get_state_display()}.")]
    changed = queries.changed_since(found)
    act = "opinion.sign" if found.state == ValidationState.FROZEN else "approval.sign"
    refused = can(actor, act, validation=found)
    needed = ", ".join(role.replace("_", " ") for role in needed_capacities(found))
    return [
        Requirement(
            "unmet" if refused else "met",
            refused
            or "You hold the role and the grant, and you neither own, built nor decided on this before",
        ),
        Requirement(
            "unmet" if changed else "met",
            "Something material changed since it was frozen"
            if changed
            else "The content is frozen and its digest is the one on this page",
        ),
        Requirement("na", f"Tier {found.tier} needs the validator’s opinion and: {needed}"),
    ]
