"""From a row as the ledger names it to the page that shows it, if this reader may see it."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mrm.access.actors import Actor
from mrm.access.models import Entry
from mrm.access.pages import MemberPage
from mrm.kernel.errors import NotFound


def place_of(entry: Entry) -> tuple[str, str]:
    """The words and the address of what an entry was called on; looked up only when somebody follows it."""
    words = entry.object_type.partition(".")[2].replace("_", " ")
    return words, f"/go/{entry.object_type}/{entry.object_id}/"


class Go(MemberPage):
    """Leads from the ledger's name of a row to its page."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Go there, or answer as if nothing were there."""
        row = find(self.actor, self.kwargs["kind"], self.kwargs["key"])
        if not hasattr(row, "get_absolute_url"):
            raise NotFound
        return HttpResponseRedirect(row.get_absolute_url())


def find(actor: Actor, kind: str, key: str) -> models.Model:
    """The row, among what the actor may see."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        raise NotFound from None
    manager = model._default_manager
    if not hasattr(manager, "one"):
        raise NotFound
    found: models.Model = manager.one(actor, pk=key)
    return found
