"""The ledger explorer: every entry a reader may see, one entry with its receipt, the newest checkpoint."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from mrm.access.acts import act_words
from mrm.access.history import entries_visible
from mrm.access.models import Entry
from mrm.access.pages import MemberList, MemberPage
from mrm.access.rules import Role
from mrm.desk.places import place_of
from mrm.kernel.errors import NotFound
from mrm.ledger import sealing
from mrm.ledger.models import Sequence
from mrm.ledger.signer import vkey
from mrm.web import words
from mrm.web.shapes import Action
from mrm.web.tables import Choice, Column, Empty, Table


def behalf(entry: Entry) -> str:
    """For whom a robot acted."""
    return f"for {entry.on_behalf_of.name}" if entry.on_behalf_of else ""


def address(entry: Entry) -> str:
    """The page of an entry."""
    return f"/ledger/{entry.leaf.hash[:16]}/"


class EntryTable(Table):
    """Entries, newest first."""

    caption = "Entries"
    columns = (
        Column("at", "Time", kind="moment", sort="id"),
        Column("person.name", "Who", head=True, note=behalf),
        Column("said", "Act", value=lambda e: act_words(e.act), link=address),
        Column("act", "Name", template="desk/_act.html"),
        Column("object", "Object", value=lambda e: place_of(e)[0], link=lambda e: place_of(e)[1]),
        Column("door", "Door"),
        Column("outcome", "Outcome", kind="chip"),
        Column(
            "leaf.hash",
            "Digest",
            kind="digest",
        ),
    )
    filters = (Choice("outcome", "Outcome", [("done", "done"), ("denied", "denied")]),)
    search = ("act", "object_id", "person__name", "leaf__hash")
    order = "-at"
    empty = Empty("No entry yet", "Each act leaves one entry here, in order, never changed.")


class Ledger(MemberList):
    """Every entry the reader may see."""

    title = "Ledger"
    sub = "Every act, in order, never changed."
    nav = "ledger"
    table_class = EntryTable

    def get_queryset(self) -> QuerySet[Entry]:
        """Newest first."""
        return entries_visible(self.actor)

    def get_actions(self) -> list[Action]:
        """The head of the log, for whoever keeps it elsewhere."""
        return [Action("Newest checkpoint", "/ledger/checkpoint/"), Action("Verifier key", "/ledger/key/")]


class EntryPage(MemberPage):
    """One entry: what its bytes say, and the receipt that proves it is in the log."""

    nav = "ledger"
    crumbs = (("Ledger", "/ledger/"),)
    template_name = "desk/entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The entry by the start of its digest."""
        found = entries_visible(self.actor).filter(leaf__hash__startswith=self.kwargs["digest"])[:2]
        if len(found) != 1:
            raise NotFound
        self.entry = found[0]
        leaf = self.entry.leaf
        said = json.loads(bytes(leaf.bytes))
        name, url = place_of(self.entry)
        return super().get_context_data(
            entry=self.entry,
            said=said,
            object_name=name,
            object_url=url,
            stored=json.dumps(said, indent=2, ensure_ascii=False),
            receipt=receipt(self.entry) if Sequence.objects.filter(leaf=leaf).exists() else None,
            shows_index=self.actor.has(Role.AUDITOR),
        )

    def get_title(self) -> str:
        """The act."""
        return act_words(self.entry.act) if hasattr(self, "entry") else ""

    def get_sub(self) -> str:
        """When."""
        return words.moment(self.entry.at) if hasattr(self, "entry") else ""


def receipt(entry: Entry) -> dict[str, Any]:
    """The inclusion proof of an entry under the newest checkpoint that covers it."""
    found: dict[str, Any] = sealing.receipt(entry.leaf)
    return found


class Checkpoint(MemberPage):
    """The newest signed checkpoint, as its file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The note's text."""
        newest = sealing.newest()
        if newest is None:
            raise NotFound(
                "not_found", "No checkpoint has been signed yet.", "One is signed each second of work."
            )
        return HttpResponse(
            newest.note,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="checkpoint.txt"'},
        )


class Key(MemberPage):
    """The public key of the log, as `verify.py --trust` and the ledger's own verifier take it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The key in the form of a signed note's verifier key."""
        return HttpResponse(
            f"{vkey()}\n",
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="ledger.pub"'},
        )
