"""Pages of policy: what is in force, how it came about, the next version and its approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from mrm.access.acts import can
from mrm.access.models import LegalEntity
from mrm.access.pages import ActPage, MemberList, MemberPage
from mrm.kernel.errors import NotFound
from mrm.policy import forms, queries, verbs
from mrm.policy.models import Policy
from mrm.policy.readable import differences, pretty, readable
from mrm.policy.rules import STANDARD, Kind
from mrm.web.shapes import Action, Fact
from mrm.web.tables import Choice, Column, Empty, Table

POLICIES = ("Policies", "/policies/")
SHORTEST = 8


def home(policy: Policy) -> str:
    """For whom a policy is."""
    return policy.entity.name if policy.entity else "the group"


def name(policy: Policy) -> str:
    """Kind and name in words."""
    label = Kind(policy.kind).label
    label = label[:1].upper() + label[1:]
    return label if policy.name == STANDARD else f"{label}: {policy.name.upper()}"


class PolicyTable(Table):
    """Every version of every policy."""

    caption = "Policies"
    columns = (
        Column("kind", "Policy", head=True, value=name, link=lambda p: p.get_absolute_url(), sort="kind"),
        Column("version", "Version", kind="number", sort="version"),
        Column("entity", "For", value=home, sort="entity__name"),
        Column("standing", "Standing", kind="chip", value=lambda p: p.standing),
        Column("valid_from", "Valid from", kind="day", num=True, sort="valid_from"),
        Column("drafted_by", "Drafted by", value=lambda p: p.drafted_by.name, sort="drafted_by__name"),
        Column("approved_by", "Approved by", value=lambda p: p.approver, missing="nobody yet"),
        Column("digest", "Digest", kind="digest"),
    )
    filters = (Choice("kind", "Kind", Kind.choices),)
    search = ("name", "why", "drafted_by__name", "entity__name")
    order = "kind"
    empty = Empty("No policy yet", "The pack of the release is installed by migrate.")


class Policies(MemberList):
    """Every policy the reader may open."""

    title = "Policies"
    sub = "Tiers, thresholds, templates, gates and regimes as dated data. One risk officer drafts, another approves."
    nav = "policies"
    table_class = PolicyTable

    def get_queryset(self) -> QuerySet[Policy]:
        """What the reader may open."""
        return queries.with_standing(queries.readable(self.actor), timezone.now())

    def get_actions(self) -> list[Action]:
        """Drafting is for risk officers."""
        may = "risk_officer" in self.actor.roles
        return [Action("Draft a policy", reverse("policy-new"), "primary")] if may else []


class PolicyPage(MemberPage):
    """One version."""

    nav = "policies"
    crumbs = (POLICIES,)
    template_name = "policy/policy.html"

    @property
    def policy(self) -> Policy:
        """The version that the address names."""
        return by_address(self.actor, self.kwargs["digest"])

    def get_title(self) -> str:
        """Kind, name and version."""
        found = self.policy
        return f"{name(found)}, version {found.version}"

    def get_sub(self) -> str:
        """Why it was made."""
        return self.policy.why

    def get_actions(self) -> list[Action]:
        """The next thing to do with it."""
        found = self.policy
        key = found.short
        if not found.is_approved:
            refused = can(self.actor, "policy.approve", policy=found) or ""
            return [Action("Approve", reverse("policy-approve", args=[key]), "primary", why_not=refused)]
        if "risk_officer" in self.actor.roles:
            return [Action("Draft the next version", reverse("policy-draft", args=[key]))]
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The body in words, and its history."""
        found = self.policy
        rows = queries.with_standing(queries.history(found), timezone.now())
        return super().get_context_data(
            policy=found,
            facts=facts(found),
            body=readable(found.body),
            raw=pretty(found.body),
            versions=list(rows),
            **kwargs,
        )


class DraftPolicy(ActPage):
    """The next version, starting from one that stands, or a policy of another name."""

    verb = verbs.draft
    form_class = forms.Draft
    title = "Draft a policy"
    button = "Draft it for approval"
    nav = "policies"
    crumbs = (POLICIES,)

    def start(self) -> Policy | None:
        """The version to start from."""
        key = self.kwargs.get("digest")
        return by_address(self.actor, key) if key else None

    def form_facts(self) -> dict[str, Any]:
        """Who drafts."""
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        found = self.start()
        day = queries.today(found.entity if found else None, timezone.now())
        if found is None:
            return {"valid_from": day}
        return {
            "kind": found.kind,
            "name": found.name,
            "entity": found.entity_id,
            "valid_from": day,
            "body": pretty(found.body),
        }

    def why_not(self) -> str:
        """Drafting needs the role, and a grant on the group or a legal entity."""
        refused = can(self.actor, "policy.draft", entity=None)
        if refused is None or any(can(self.actor, "policy.draft", entity=e) is None for e in self.homes()):
            return ""
        if "risk_officer" not in self.actor.roles:
            return "Policies are drafted by risk officers; ask one of them."
        return "Drafting needs a grant to act on the group or a legal entity; an administrator gives it."

    def homes(self) -> QuerySet[LegalEntity]:
        """The legal entities the reader may see."""
        rows: QuerySet[LegalEntity] = LegalEntity.objects.visible_to(self.actor)
        return rows


class ApprovePolicy(ActPage):
    """Another risk officer reads the difference and approves."""

    verb = verbs.approve
    form_class = forms.Approve
    title = "Approve a policy"
    button = "Approve"
    nav = "policies"
    template_name = "policy/approve.html"

    @property
    def policy(self) -> Policy:
        """The draft that the address names."""
        return by_address(self.actor, self.kwargs["digest"])

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Back to the draft."""
        found = self.policy
        return [POLICIES, (f"{name(found)}, version {found.version}", found.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The draft."""
        return {"policy": self.policy}

    def why_not(self) -> str:
        """Approved already, or not for this person."""
        return "This version is approved already." if self.policy.is_approved else super().why_not()

    def done(self, result: Any) -> str:
        """The policy's page."""
        return str(self.policy.get_absolute_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What would change."""
        found = self.policy
        before = queries.before(found)
        changes = differences(before.body, found.body) if before else []
        more = {"policy": found, "facts": facts(found), "before": before, "changes": changes}
        return super().get_context_data(**(more | kwargs))


def by_address(actor: Any, digest: str) -> Policy:
    """The policy whose digest begins so, among those the reader may open."""
    found = (
        list(queries.readable(actor).filter(digest__startswith=digest)[:2]) if len(digest) >= SHORTEST else []
    )
    if len(found) != 1:
        raise NotFound
    return found[0]


def facts(policy: Policy) -> list[Fact]:
    """Who, for whom, since when."""
    approval = getattr(policy, "approval", None)
    return [
        Fact("For", home(policy)),
        Fact("Valid from", f"{policy.valid_from:%-d %b %Y}"),
        Fact("Drafted by", policy.drafted_by.name, f"{policy.drafted_at:%-d %b %Y}"),
        Fact(
            "Approved by",
            approval.approved_by.name if approval else "nobody yet",
            f"{approval.approved_at:%-d %b %Y}" if approval else "binds nobody until then",
            tone="" if approval else "warn",
        ),
    ]
