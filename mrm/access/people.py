"""People pages: who is here, which account, which roles, which grants; and one's own account."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mrm.access import forms, verbs
from mrm.access.acts import act_words, can
from mrm.access.history import entries_about
from mrm.access.models import ApiToken, Person, ScopeGrant, User
from mrm.access.pages import ActPage, MemberList, MemberPage
from mrm.access.rules import Role
from mrm.kernel.errors import NotFound
from mrm.web.shapes import Action, Entry, Fact
from mrm.web.tables import Choice, Column, Empty, Table

PEOPLE = ("People", "/people/")


class PeopleTable(Table):
    """Everybody, with accounts and roles."""

    caption = "People"
    columns = (
        Column("reference", "Id", kind="id", link=lambda p: p.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda p: p.get_absolute_url(), sort="name"),
        Column("position", "Position", missing="not given"),
        Column("entity", "Legal entity", value=lambda p: p.scope.label),
        Column("accounts", "User name", value=lambda p: ", ".join(a.username for a in p.accounts.all())),
        Column("roles", "Roles", value=lambda p: ", ".join(roles_of(p)), missing="no role"),
        Column("active", "State", value=lambda p: "active" if p.active else "deactivated"),
    )
    filters = (Choice("active", "State", [("True", "active"), ("False", "deactivated")]),)
    search = ("reference", "name", "position", "accounts__username")
    order = "name"
    empty = Empty("Nobody here yet", "Add the people of the bank, then give each a role and a grant.")


def roles_of(person: Person) -> list[str]:
    """The roles of all accounts of a person, in words."""
    return sorted(
        {Role(group.name).label for account in person.accounts.all() for group in account.groups.all()}
    )


def people(actor: Any) -> QuerySet[Person]:
    """The natural persons an actor may see: administrators all, others those of their scopes."""
    rows = Person.objects.filter(robot=False).select_related("scope")
    rows = rows if actor.has_administration else rows.visible_to(actor)
    accounts = Prefetch("accounts", User.objects.prefetch_related(Prefetch("groups", Group.objects.all())))
    found: QuerySet[Person] = rows.prefetch_related(accounts)
    return found


def person(actor: Any, reference: str) -> Person:
    """One visible person."""
    found = people(actor).filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


class People(MemberList):
    """Everybody."""

    title = "People"
    nav = "people"
    table_class = PeopleTable

    def get_queryset(self) -> QuerySet[Person]:
        """Whom the reader may see."""
        return people(self.actor)

    def get_actions(self) -> list[Action]:
        """Adding is the administrator's."""
        return [Action("Add a person", "/people/new/", "primary")] if self.actor.has_administration else []


class PersonPage(MemberPage):
    """One person: accounts, roles, grants, history."""

    nav = "people"
    crumbs = (PEOPLE,)
    template_name = "access/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The person and what may be done."""
        self.person = person(self.actor, self.kwargs["reference"])
        administers = self.actor.has_administration and self.person.pk != self.actor.person.pk
        return super().get_context_data(
            person=self.person,
            administers=administers,
            facts=[
                Fact("Position", self.person.position or "not given"),
                Fact("Legal entity", self.person.scope.label),
                Fact("Roles", ", ".join(roles_of(self.person)) or "none"),
                Fact("State", "active" if self.person.active else "deactivated"),
            ],
            accounts=[self._account(account) for account in self.person.accounts.all()],
            entries=[
                Entry(entry.at, act_words(entry.act), entry.person.name)
                for entry in entries_about(self.person).select_related("person").order_by("-id")[:20]
            ],
        )

    def _account(self, account: User) -> dict[str, Any]:
        grants = ScopeGrant.objects.filter(user=account).select_related("content_object", "permission")
        return {
            "account": account,
            "roles": [(group.name, Role(group.name).label) for group in account.groups.all()],
            "grants": grants.order_by("content_object__kind", "content_object__label"),
        }

    def get_title(self) -> str:
        """The person's name."""
        return self.person.name if hasattr(self, "person") else ""

    def get_sub(self) -> str:
        """The reference."""
        return self.person.reference

    def get_actions(self) -> list[Action]:
        """What an administrator may do with this person."""
        if not self.actor.has_administration or not self.person.active:
            return []
        here = self.person.get_absolute_url()
        own = can(self.actor, "account.open", person=self.person) or ""
        has_account = self.person.accounts.exists()
        return [
            Action("Open an account", f"{here}account/", "" if has_account else "primary", why_not=own),
            Action("Deactivate", f"{here}deactivate/", "danger", why_not=own),
        ]


class AddPerson(ActPage):
    """Add a person."""

    verb = verbs.add_person
    form_class = forms.AddPerson
    title = "Add a person"
    nav = "people"
    crumbs = (PEOPLE,)

    def why_not(self) -> str:
        """Only administrators add people."""
        return "" if self.actor.has_administration else "People are added by an administrator."


class OnPerson(ActPage):
    """An act on a person."""

    nav = "people"

    @property
    def person(self) -> Person:
        """Whom the address names."""
        return person(self.actor, self.kwargs["reference"])

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Back to the person."""
        found = self.person
        return [PEOPLE, (found.name, found.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The person."""
        return {"person": self.person}

    def done(self, result: Any) -> str:
        """Back to the person."""
        return str(self.person.get_absolute_url())


class OpenAccount(OnPerson):
    """Open an account."""

    verb = verbs.open_account
    form_class = forms.OpenAccount
    title = "Open an account"


class Deactivate(OnPerson):
    """Deactivate a person."""

    verb = verbs.deactivate_person
    form_class = forms.Reason
    title = "Deactivate"
    button = "Deactivate the person"


class OnAccount(OnPerson):
    """An act on an account of a person."""

    def target(self) -> dict[str, Any]:
        """The account that the address names."""
        account = self.person.accounts.filter(username=self.kwargs["username"]).first()
        if account is None:
            raise NotFound
        return {"account": account}

    def why_not(self) -> str:
        """Judged without the role or scope, which the form gives."""
        if not self.actor.has_administration:
            return "Roles and grants are given by an administrator."
        own = self.person.pk == self.actor.person.pk
        return "Nobody gives roles or grants to themselves; ask another administrator." if own else ""


class GiveRole(OnAccount):
    """Give a role."""

    verb = verbs.give_role
    form_class = forms.GiveRole
    title = "Give a role"


class TakeRole(OnAccount):
    """Take a role."""

    verb = verbs.take_role
    title = "Take a role"
    button = "Take the role"

    def get_sub(self) -> str:
        """Which role."""
        return Role(self.kwargs["role"]).label

    def target(self) -> dict[str, Any]:
        """The account and the role."""
        if self.kwargs["role"] not in Role.values:
            raise NotFound
        return {**super().target(), "role": Role(self.kwargs["role"])}


class GiveGrant(OnAccount):
    """Grant a scope."""

    verb = verbs.give_grant
    form_class = forms.GiveGrant
    title = "Give a grant"


class TakeGrant(OnAccount):
    """Take the grants on a scope."""

    verb = verbs.take_grant
    title = "Take a grant"
    button = "Take the grant"

    def target(self) -> dict[str, Any]:
        """The account and the scope."""
        found = super().target()
        held = ScopeGrant.objects.filter(
            user=found["account"], content_object_id=self.kwargs["scope"]
        ).first()
        if held is None:
            raise NotFound
        return {**found, "scope": held.content_object}


class ResetPassword(OnAccount):
    """Set a new first password."""

    verb = verbs.reset_password
    form_class = forms.NewPassword
    title = "Reset the password"


class OwnAccount(MemberPage):
    """One's own account: roles, tokens, how pages look."""

    title = "Your account"
    template_name = "access/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The reader's own account."""
        account = User.objects.get(pk=str(self.actor.account_id))
        return super().get_context_data(
            mine=account,
            roles=[Role(role).label for role in sorted(self.actor.roles)],
            grants=ScopeGrant.objects.filter(user=account).select_related("content_object", "permission"),
            tokens=ApiToken.objects.filter(account=account).order_by("-id"),
            form=forms.Settings(initial={"theme": account.theme, "single_keys": account.single_keys}),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep how pages look; no fact of the record, hence no act."""
        form = forms.Settings(request.POST)
        if form.is_valid():
            chosen = form.facts()
            User.objects.filter(pk=str(self.actor.account_id)).update(
                theme=chosen["theme"], single_keys=chosen["single_keys"]
            )
        return HttpResponseRedirect("/account/")


class OnOwnAccount(ActPage):
    """An act on one's own account."""

    crumbs: ClassVar = (("Your account", "/account/"),)

    def target(self) -> dict[str, Any]:
        """The reader's own account."""
        return {"account": User.objects.get(pk=str(self.actor.account_id))}

    def done(self, result: Any) -> str:
        """Back to the account."""
        return "/account/"


class ChangePassword(OnOwnAccount):
    """Change one's own password."""

    verb = verbs.change_password
    form_class = forms.ChangePassword
    title = "Change your password"
    said = "Your password is changed. Sign in again."


class NewToken(OnOwnAccount):
    """Issue an API token, shown once."""

    verb = verbs.issue_token
    form_class = forms.NewToken
    title = "Make an API token"
    template_name = "access/new_token.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the secret once, on this answer alone."""
        form = self.form()
        if not form.is_valid():
            return self.refuse(form, 422)
        secret = self.act(form)
        return self.render_to_response(self.get_context_data(form=form, secret=secret))


class RevokeToken(OnOwnAccount):
    """Revoke a token of one's own."""

    verb = verbs.revoke_token
    title = "Revoke the token"

    def target(self) -> dict[str, Any]:
        """The token that the address names."""
        own = ApiToken.objects.filter(
            account_id=self.actor.account_id, reference=self.kwargs["reference"]
        ).first()
        if own is None:
            raise NotFound
        return {"token": own}
