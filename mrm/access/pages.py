"""Base views of pages behind the sign-in: who reads, and the way from a form to a verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mrm.access.actors import Actor
from mrm.access.acts import Verb, can
from mrm.kernel.canonical import digest, tidy
from mrm.kernel.errors import CountersignError
from mrm.web.forms import Form
from mrm.web.pages import ListPage, Page


class Member:
    """What every page behind the sign-in knows: who reads."""

    request: HttpRequest

    @property
    def actor(self) -> Actor:
        """Who reads; the middleware has sent everybody else to the sign-in page."""
        return cast("Actor", self.request.actor)  # type: ignore[attr-defined]


class MemberPage(Member, Page):
    """A page behind the sign-in."""


class MemberList(Member, ListPage):
    """A table behind the sign-in: `get_queryset()` starts with `.visible_to(self.actor)`."""


class ActPage(MemberPage):
    """A form that does one act.

    Give `verb`, `form_class`, `target()` (the rows the act is called on, looked up among what the actor may see) and
    `done(result)` (where to go). GET shows the form, or why this person may not; POST does the act, once per key.
    """

    verb: ClassVar[Verb[..., Any]]
    form_class: ClassVar[type[Form]] = Form
    template_name = "access/act.html"
    button: ClassVar[str] = ""
    said: ClassVar[str] = ""

    def target(self) -> dict[str, Any]:
        """The arguments that the address gives."""
        return {}

    def form(self) -> Form:
        """The form of this request."""
        posted = self.request.method == "POST"
        facts: dict[str, Any] = {"initial": self.initial()} if not posted else {}
        if posted:
            facts = {"data": self.request.POST, "files": self.request.FILES, "initial": self.initial()}
        return self.form_class(**facts, **self.form_facts())

    def initial(self) -> dict[str, Any]:
        """What the form starts with."""
        return {}

    def form_facts(self) -> dict[str, Any]:
        """Further arguments of the form's class (choices that depend on the reader)."""
        return {}

    def arguments(self, form: Form) -> dict[str, Any]:
        """The verb's arguments from the form and the address."""
        return {**self.target(), **form.facts()}

    def done(self, result: Any) -> str:
        """Where to go when the act is done."""
        return str(result.get_absolute_url())

    def why_not(self) -> str:
        """Why this person may not do the act; said before they ask. Empty when they may."""
        try:
            return can(self.actor, self.verb.name, **self.target()) or ""
        except KeyError:
            return ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form."""
        return self.render_to_response(self.get_context_data(form=self.form(), **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do the act; a refusal is shown beside the form, which keeps what was typed."""
        form = self.form()
        if not form.is_valid():
            return self.refuse(form, 422)
        try:
            result = self.act(form)
        except CountersignError as error:
            if error.status == 404:
                raise
            form.add_error(None, f"{error.detail} {error.remedy}".strip())
            return self.refuse(form, error.status)
        if self.said:
            messages.success(request, self.said)
        return HttpResponseRedirect(self.done(result))

    def act(self, form: Form) -> Any:
        """Call the verb with the form's key."""
        arguments = self.arguments(form)
        actor = self.actor.asking(form.key, body_digest(form.data, form.files))
        return self.verb(actor, **arguments)

    def refuse(self, form: Form, status: int) -> HttpResponse:
        """The form again, with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form, **self.kwargs), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What access/act.html reads."""
        context = super().get_context_data(**kwargs)
        return {"button": self.button or self.get_title(), "why_not": self.why_not()} | context


def body_digest(data: Mapping[str, Any], files: Mapping[str, Any] | None = None) -> str:
    """The digest of what a form sent, without the token of the session: the same double click gives the same."""
    lists = getattr(data, "lists", None)
    sent = dict(lists()) if lists else dict(data)
    sent.pop("csrfmiddlewaretoken", None)
    for name in ("password", "old_password", "password_again", "ticket"):
        sent.pop(name, None)
    for name, file in (files or {}).items():
        sent[name] = [file.name, file.size]
    return digest(tidy(sent))
