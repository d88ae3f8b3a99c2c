"""The act frame: the one way in which a record changes.

A *verb* is declared with `@verb("model.register")` as `f(act, *, …)` and called as `f(actor, …)`. The frame checks
role, grant and separation of duties, opens a durable transaction, locks the scope, checks again from committed
history, runs the verb, writes one ledger leaf that names every changed row, and then does what was queued for after
the commit. An *effect* is a plain function `f(act, *, …)` that joins the open act of another room's verb.

Refused by role, object or separation of duties is *denied* and leaves one entry; refused by a rule leaves none.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.db import models, transaction

from mrm.access import denials, guard, idempotency, signing
from mrm.access.actors import Actor
from mrm.access.entitlement import Unseen, entitle
from mrm.access.entitlement import can as can  # noqa: PLC0414 - rooms ask the frame
from mrm.access.entitlement import may_act as may_act  # noqa: PLC0414
from mrm.access.entitlement import may_see as may_see  # noqa: PLC0414
from mrm.access.models import Entry, LegalEntity, Person, Revision, Scope, ScopeGrant, Signature, Touch
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rows import payload, row_type
from mrm.access.rules import LARGE_CHANGE, PARENTS, Door, GrantLevel, Meaning, Robot, ScopeKind
from mrm.access.words import SENTENCES
from mrm.access.words import act_words as act_words  # noqa: PLC0414
from mrm.kernel import ids
from mrm.kernel.canonical import canonical, sha256
from mrm.kernel.clock import utc
from mrm.kernel.errors import Denied, NotFound
from mrm.kernel.merkle import root
from mrm.kernel.ports import Port
from mrm.ledger import leaves
from mrm.ledger.clock import now as database_now

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)

APPLICATION = "0.1.0"
_current: ContextVar[Act | None] = ContextVar("act", default=None)

keep_bytes: Port[Callable[[bytes], str]] = Port("act.keep_bytes")


class Act:
    """An act that is open: who, what, on which scope, and every row it has changed so far."""

    def __init__(self, name: str, actor: Actor, scope: Scope, target: Any, now: datetime) -> None:
        self.name = name
        self.actor = actor
        self.scope = scope
        self.target = target
        self.now = now
        self.reason = ""
        self.meaning: str | None = None
        self.facts: dict[str, str] = {}
        self._changed: dict[tuple[str, str], models.Model] = {}
        self._deleted: dict[tuple[str, str], models.Model] = {}
        self._after: list[Callable[[], Any]] = []

    @property
    def person(self) -> Person:
        """Who acts; for a robot on somebody's behalf, still the robot."""
        return self.actor.person

    def save(self, row: M) -> M:
        """Write `row`; its revision and its place in the leaf follow when the act ends."""
        kind = getattr(row, "reference_kind", "")
        if kind and not row.reference:  # type: ignore[attr-defined]
            row.reference = ids.reference(kind)  # type: ignore[attr-defined]
            while type(row)._default_manager.filter(reference=row.reference).exists():  # type: ignore[attr-defined]
                row.reference = ids.reference(kind)  # type: ignore[attr-defined]
        if getattr(row, "append_only", False):
            row.save(force_insert=True)
        else:
            row.save()
        self._changed[row_type(row), str(row.pk)] = row
        return row

    def delete(self, row: models.Model) -> None:
        """Take away a governed link row (a role, a grant); records themselves are never deleted."""
        key = (row_type(row), str(row.pk))
        self._deleted[key] = row
        self._changed.pop(key, None)
        type(row)._default_manager.filter(pk=row.pk).delete()

    def note(self, row: models.Model) -> None:
        """A row of a third-party table (a group membership) that was written in this act."""
        self._changed[row_type(row), str(row.pk)] = row

    def new_scope(self, kind: ScopeKind, *, parent: Scope | None, label: str) -> Scope:
        """A new root row, under its parent."""
        above = PARENTS[kind]
        if (parent.kind if parent else None) != above:
            raise ValueError(f"a {kind} scope belongs under {above}")
        return self.save(Scope(kind=kind, parent=parent, label=label))

    def grant(self, person: Person, scope: Scope, level: GrantLevel | str) -> None:
        """Give every account of `person` a grant on `scope`; a grant that is there already stays."""
        from django.contrib.auth.models import Permission

        permission = Permission.objects.get(content_type__app_label="access", codename=f"{level}_scope")
        for account in person.accounts.all():
            held = ScopeGrant.objects.filter(user=account, content_object=scope, permission=permission)
            if not held.exists():
                self.save(
                    ScopeGrant(user=account, content_object=scope, permission=permission, given_at=self.now)
                )

    def sign(
        self, ticket: str, *, on: models.Model, digest: str, meaning: Meaning, capacity: str, reason: str = ""
    ) -> Signature:
        """Sign `digest`: uses up the ticket that proves identity afresh for exactly this digest."""
        proof = signing.use(self, ticket, digest)
        self.meaning = meaning
        self.reason = self.reason or reason
        self.facts["signed"] = digest
        return self.save(
            Signature(
                scope=self.scope,
                person=self.person,
                capacity=capacity,
                meaning=meaning,
                object_type=row_type(on),
                object_id=str(on.pk),
                digest=digest,
                reason=reason,
                factors=proof.factors,
                proved_at=proof.proved_at,
                signed_at=self.now,
            )
        )

    def after_commit(self, do: Callable[[], Any]) -> None:
        """Do something once the act is committed (ring the bell, seal, rebuild a standing)."""
        self._after.append(do)

    def _finish(self, outcome: str = "done") -> Entry:
        changes = self._revise()
        auth: dict[str, Any] = {
            "method": self.actor.method,
            "factors": list(self.actor.factors),
            "reauthenticated": utc(self.actor.reauthenticated_at) if self.actor.reauthenticated_at else None,
        }
        if self.actor.os_user:
            auth["os_user"] = self.actor.os_user
        leaf = leaves.append(
            {
                "scope": str(self.scope.pk),
                "actor": str(self.actor.person.pk),
                "on_behalf_of": str(self.actor.on_behalf_of.pk) if self.actor.on_behalf_of else None,
                "auth": auth,
                "act": self.name,
                "object": object_of(self.target),
                **listed(changes),
                "facts": {"outcome": outcome, "door": str(self.actor.door), **self.facts},
                "reason": sha256(self.reason.encode()) if self.reason else None,
                "meaning": self.meaning,
                "request": self.actor.request_id or str(ids.uuid7()),
                "idempotency_key": self.actor.idempotency_key or None,
                "application": APPLICATION,
                "time": utc(self.now),
            }
        )
        entry = Entry.objects.create(
            leaf=leaf,
            act=self.name,
            outcome=outcome,
            scope=self.scope,
            person=self.actor.person,
            on_behalf_of=self.actor.on_behalf_of,
            door=self.actor.door,
            object_type=row_type(self.target),
            object_id=str(self.target.pk),
            reason=self.reason,
            at=self.now,
        )
        for _, revision in changes:
            revision.leaf = leaf
        Revision.objects.bulk_create([revision for _, revision in changes])
        Touch.objects.bulk_create(
            [Touch(entry=entry, row_type=item.row_type, row_id=item.row_id) for _, item in changes]
        )
        return entry

    def _revise(self) -> list[tuple[dict[str, Any], Revision]]:
        rows = [(key, row, False) for key, row in self._changed.items()]
        rows += [(key, row, True) for key, row in self._deleted.items()]
        return [self._revision(*key, row, gone) for key, row, gone in rows]

    def _revision(
        self, kind: str, key: str, row: models.Model, gone: bool
    ) -> tuple[dict[str, Any], Revision]:
        before = Revision.objects.filter(row_type=kind, row_id=key).order_by("-number").first()
        facts = None if gone else payload(type(row)._default_manager.get(pk=row.pk))
        salt = secrets.token_hex(16)
        digest = sha256(bytes.fromhex(salt) + canonical(facts))
        scope = getattr(row, "scope", None) or self.scope
        revision = Revision(
            scope=scope if isinstance(scope, Scope) else self.scope,
            row_type=kind,
            row_id=key,
            number=before.number + 1 if before else 1,
            payload=facts,
            salt=salt,
            digest=digest,
            at=self.now,
        )
        change = {
            "type": kind,
            "id": key,
            "before": before.digest if before else None,
            "after": None if gone else digest,
        }
        return change, revision


def listed(changes: list[tuple[dict[str, Any], Revision]]) -> dict[str, Any]:
    """The changes as a leaf names them; more than it should list go to the vault, and it carries their root."""
    if len(changes) <= LARGE_CHANGE:
        return {"changes": [change for change, _ in changes]}
    lines = [canonical(change) for change, _ in changes]
    keep = keep_bytes.get("vault")
    if keep is None:
        raise LookupError("no room keeps large change lists")
    summary = {
        "count": len(lines),
        "root": root(lines).hex(),
        "digest": keep(b"\n".join(lines)),
    }
    return {"changes": [], "changes_list": summary}


class Verb(Generic[P, R]):
    """A verb, callable as `verb(actor, …)`; knows its act's name, signature and first sentence."""

    def __init__(self, name: str, body: Callable[Concatenate[Act, P], R]) -> None:
        self.name = name
        self.body = body
        self.signature = inspect.signature(body, eval_str=False)
        update_wrapper(self, body)

    def __call__(self, actor: Actor, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the act: see the module's text for the order."""
        if actor is None:
            raise ValueError("no act without an actor")
        if _current.get() is not None:
            raise RuntimeError(f"{self.name}: a verb inside a verb; join the open act with an effect")
        rule = POLICIES[self.name]
        arguments: dict[str, Any] = {**self._defaults(), **kwargs}
        target = rule.target(arguments)
        try:
            entitle(actor, rule, target, arguments)
            return self._run(actor, rule, target, arguments)
        except (Denied, Unseen) as refusal:
            denials.record(actor, self.name, target, str(refusal))
            if isinstance(refusal, Unseen):
                raise NotFound from None
            raise

    def _run(self, actor: Actor, rule: Policy, target: Any, arguments: dict[str, Any]) -> R:
        with transaction.atomic(durable=True):
            answer = idempotency.claim(actor, self.name)
            if answer is not None:
                return answer  # type: ignore[no-any-return]
            scope = Scope.objects.select_for_update().get(pk=target.scope.pk)
            for value in arguments.values():
                if isinstance(value, models.Model) and not value._state.adding:
                    value.refresh_from_db()
            actor = actor.now()
            entitle(actor, rule, rule.target(arguments), arguments)
            act = Act(self.name, actor, scope, target, database_now())
            marker, gate = _current.set(act), guard.opened()
            try:
                result = self.body(act, **arguments)  # type: ignore[call-arg]
                act._finish()
            finally:
                guard.closed(gate)
                _current.reset(marker)
            idempotency.keep(actor, self.name, result)
        for do in act._after:
            do()
        return result

    def _defaults(self) -> dict[str, Any]:
        parameters = list(self.signature.parameters.values())[1:]
        return {item.name: item.default for item in parameters if item.default is not inspect.Parameter.empty}


VERBS: dict[str, Verb[..., Any]] = {}


def verb(name: str) -> Callable[[Callable[Concatenate[Act, P], R]], Verb[P, R]]:
    """Declare a verb under its act's name."""

    def wrap(body: Callable[Concatenate[Act, P], R]) -> Verb[P, R]:
        if name in VERBS:
            raise ValueError(f"act {name!r} has two verbs")
        made = Verb(name, body)
        VERBS[name] = made
        SENTENCES[name] = (inspect.getdoc(body) or "").partition("\n")[0]
        return made

    return wrap


def object_of(row: Any) -> dict[str, Any]:
    """How a leaf names the object an act was called on."""
    return {"type": row_type(row), "id": str(row.pk), "version": None}


def current() -> Act | None:
    """The act that is open, if any."""
    return _current.get()


def entity_of(scope: Scope) -> LegalEntity | None:
    """The legal entity a scope belongs to, or None for the group."""
    return LegalEntity.objects.filter(scope__in=scope.lineage()).first()


def first_act(group: Scope, migrator: Person) -> None:
    """The one act before any scope or actor exists: it makes both, in the frame's own form."""
    if Scope.objects.exists():
        raise RuntimeError("the installation has its first act already")
    actor = Actor(
        person=migrator,
        roles=frozenset({Robot.MIGRATOR.value}),
        door=Door.INSTALL,
        method="robot",
        robot=Robot.MIGRATOR.value,
    )
    with transaction.atomic():
        act = Act("installation.prepare", actor, group, group, database_now())
        gate = guard.opened()
        try:
            act.save(group)
            act.save(migrator)
            act._finish()
        finally:
            guard.closed(gate)
