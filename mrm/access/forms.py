"""Forms of people, accounts and sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest

from mrm.access.models import LegalEntity, Scope, User
from mrm.access.rules import GrantLevel, Role, ScopeKind
from mrm.web.forms import Form

NEW_PASSWORD = "At least twelve characters, not a common password."  # noqa: S105 - a help text


def password(label: str, help_text: str = "", *, new: bool = False) -> forms.CharField:
    """A password field; never filled in again."""
    attrs = {"autocomplete": "new-password" if new else "current-password"}
    return forms.CharField(
        label=label, help_text=help_text, strip=False, widget=forms.PasswordInput(attrs=attrs)
    )


def user_name() -> forms.RegexField:
    """A new user name."""
    return forms.RegexField(
        r"^[A-Za-z0-9._@-]+$",
        label="User name",
        max_length=80,
        help_text="Letters, digits and . _ @ -",
        error_messages={"invalid": "Use letters, digits and . _ @ - only."},
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )


class SignIn(Form):
    """User name and password."""

    username = forms.CharField(
        label="User name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = password("Password")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.account: User | None = None

    def clean(self) -> dict[str, Any] | None:
        """The account, if the password is right."""
        facts = super().clean()
        if facts and facts.get("username") and facts.get("password"):
            account = authenticate(self.request, username=facts["username"], password=facts["password"])
            if not isinstance(account, User) or not account.person.active:
                raise forms.ValidationError("User name or password is not right. Type both again.")
            self.account = account
        return facts


class SetUp(Form):
    """The first administrator."""

    name = forms.CharField(label="Your name", max_length=120)
    username = user_name()
    password = password("Password", NEW_PASSWORD, new=True)


class AddPerson(Form):
    """A person, with an account and a first role, as administrators add people."""

    name = forms.CharField(label="Name", max_length=120)
    position = forms.CharField(label="Position", max_length=120, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("name"), label="Legal entity", empty_label=None
    )


class OpenAccount(Form):
    """An account for a person."""

    username = user_name()
    password = password("First password", f"{NEW_PASSWORD} Tell it to this person alone.", new=True)


class GiveRole(Form):
    """One more role."""

    role = forms.ChoiceField(label="Role", choices=Role.choices)

    def facts(self) -> dict[str, Any]:
        """The role as the verb takes it."""
        return {"role": Role(self.cleaned_data["role"])}


class GiveGrant(Form):
    """A grant on a scope."""

    scope = forms.ModelChoiceField(Scope.objects.none(), label="On", empty_label=None)
    level = forms.ChoiceField(label="May", choices=[("read", "see"), ("act", "see and act")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scope"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = Scope.objects.exclude(kind=ScopeKind.DATASET).order_by("kind", "label")

    def facts(self) -> dict[str, Any]:
        """The grant as the verb takes it."""
        return {"scope": self.cleaned_data["scope"], "level": GrantLevel(self.cleaned_data["level"])}


class Reason(Form):
    """An act that needs its reason."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class NewPassword(Form):
    """A password set by an administrator."""

    password = password("New password", f"{NEW_PASSWORD} Tell it to this person alone.", new=True)


class ChangePassword(Form):
    """One's own password."""

    old_password = password("Password now")
    password = password("New password", NEW_PASSWORD, new=True)


class NewToken(Form):
    """An API token."""

    name = forms.CharField(label="What it is for", max_length=80)
    days = forms.IntegerField(label="Days it lives", min_value=1, max_value=366, initial=30)


class Settings(Form):
    """How pages look to one reader."""

    theme = forms.ChoiceField(
        label="Light or dark",
        required=False,
        choices=[("", "as the system"), ("light", "light"), ("dark", "dark")],
    )
    single_keys = forms.BooleanField(label="Single-key shortcuts", required=False)
