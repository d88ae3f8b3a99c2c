"""From what a door received to a verb's arguments, by the verb's own annotations.

Rows are given by reference (`M-7K2QD`) or key and looked up among what the actor may see: a row that is not visible
is answered as absent. Nothing here decides anything.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import inspect
import io
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import IO, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

from django.core.exceptions import FieldError, ObjectDoesNotExist
from django.db import models
from django.db.models import Q

from mrm.access.actors import Actor
from mrm.access.acts import Verb
from mrm.access.models import LegalEntity, Person, Scope, User
from mrm.access.rows import as_uuid
from mrm.kernel.errors import BadInput, NotFound


@dataclass(frozen=True)
class Upload:
    """A file as a person sent it: its name (never used as a path) and its bytes as a stream."""

    name: str
    file: IO[bytes]

    @classmethod
    def of(cls, name: str, data: bytes) -> Upload:
        """An upload of bytes at hand."""
        return cls(name, io.BytesIO(data))

    def read(self) -> bytes:
        """All bytes, from the start."""
        self.file.seek(0)
        return self.file.read()


@dataclass(frozen=True)
class Parameter:
    """One parameter of an act: name, annotation, whether it must be given."""

    name: str
    kind: Any
    required: bool
    default: Any = None


@cache
def parameters(verb: Verb[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a verb, without the act."""
    hints = get_type_hints(verb.body)
    found = []
    for item in list(inspect.signature(verb.body).parameters.values())[1:]:
        required = item.default is inspect.Parameter.empty
        found.append(Parameter(item.name, hints[item.name], required, None if required else item.default))
    return tuple(found)


def arguments(verb: Verb[..., Any], data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The verb's arguments from received data; unknown, missing and mistyped ones are named."""
    known = {item.name: item for item in parameters(verb)}
    if unknown := sorted(set(data) - set(known)):
        raise _bad(f"{verb.name} has no parameter {', '.join(unknown)}.", f"It takes: {', '.join(known)}.")
    if missing := [name for name, item in known.items() if item.required and name not in data]:
        raise _bad(f"{verb.name} needs {', '.join(missing)}.", "Send every required parameter.")
    return {name: convert(value, known[name].kind, actor, name) for name, value in data.items()}


def convert(value: Any, kind: Any, actor: Actor, place: str) -> Any:
    """One value as the annotation says."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _optional(value, kind, actor, place)
    if origin in {list, tuple}:
        if not isinstance(value, list | tuple):
            raise _bad(f"{place} must be a list.", "Send a JSON array.")
        inner = get_args(kind)[0]
        return [convert(item, inner, actor, f"{place}[{index}]") for index, item in enumerate(value)]
    if origin is Literal:
        return _choice(value, get_args(kind), place)
    if origin is dict or kind is dict or kind is Any:
        if origin is not None and not isinstance(value, Mapping):
            raise _bad(f"{place} must be an object.", "Send a JSON object.")
        return value
    return _plain(value, kind, actor, place)


def _plain(value: Any, kind: Any, actor: Actor, place: str) -> Any:
    if is_typeddict(kind) or (dataclasses.is_dataclass(kind) and kind is not Upload):
        return _record(value, kind, actor, place)
    if kind is Upload:
        return _upload(value, place)
    if isinstance(kind, type) and issubclass(kind, models.Model):
        return row(kind, value, actor, place)
    if isinstance(kind, type) and issubclass(kind, models.TextChoices):
        return kind(_choice(value, kind.values, place))
    if kind is bool:
        return _boolean(value, place)
    if kind is str:
        if not isinstance(value, str):
            raise _bad(f"{place} must be text.", "Send a JSON string.")
        return value
    readers: dict[Any, Any] = {
        int: _integer,
        Decimal: lambda text: Decimal(str(text)),
        date: lambda text: date.fromisoformat(str(text)),
        datetime: _moment,
        UUID: lambda text: UUID(str(text)),
        float: float,
    }
    if kind not in readers:
        raise TypeError(f"{place}: an act cannot take {kind!r} from outside")
    try:
        return readers[kind](value)
    except (ValueError, InvalidOperation, TypeError):
        raise _bad(f"{place} is not a valid {kind.__name__}.", "Check its form.") from None


def row(kind: type[models.Model], value: Any, actor: Actor, place: str) -> Any:
    """A row by reference or key, among what the actor may see."""
    if isinstance(value, kind):
        return value
    if kind is User:
        return _account(value, actor)
    manager: Any = kind._default_manager
    administers = actor.has_administration and kind in {Person, LegalEntity, Scope}
    rows = manager.all() if administers or (kind is Scope and value == "group") else manager.visible_to(actor)
    try:
        if kind is Scope and value == "group":
            return rows.get(parent__isnull=True)
        if (key := as_uuid(value)) is not None:
            return rows.get(pk=key)
        return rows.get(reference=str(value))
    except (ObjectDoesNotExist, ValueError, FieldError):
        raise NotFound("not_found", f"There is no {place} {value!r} that you may see.") from None


def _account(value: Any, actor: Actor) -> User:
    accounts = User.objects.select_related("person")
    if not actor.has_administration:
        accounts = accounts.filter(pk=str(actor.account_id))
    account = accounts.filter(Q(username=str(value)) | Q(pk=as_uuid(value) or UUID(int=0))).first()
    if account is None:
        raise NotFound
    return account


def _optional(value: Any, kind: Any, actor: Actor, place: str) -> Any:
    kinds = [item for item in get_args(kind) if item is not type(None)]
    if value is None or (value == "" and str not in kinds):
        return None
    return convert(value, kinds[0], actor, place)


def _record(value: Any, kind: Any, actor: Actor, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise _bad(f"{place} must be an object.", "Send a JSON object.")
    hints = get_type_hints(kind)
    if unknown := sorted(set(value) - set(hints)):
        raise _bad(f"{place} has no field {', '.join(unknown)}.", f"It takes: {', '.join(hints)}.")
    needed = required_fields(kind) if is_typeddict(kind) else frozenset()
    if missing := sorted(needed - set(value)):
        raise _bad(f"{place} needs {', '.join(missing)}.", "Send every required field.")
    made = {name: convert(item, hints[name], actor, f"{place}.{name}") for name, item in value.items()}
    return made if is_typeddict(kind) else kind(**made)


@cache
def required_fields(kind: Any) -> frozenset[str]:
    """The fields a TypedDict needs. Its own `__required_keys__` takes `NotRequired` for required where annotations are
    kept as text, as in every module of ours."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if get_origin(hint) is not NotRequired)


def _choice(value: Any, choices: Any, place: str) -> Any:
    if value not in choices:
        raise _bad(
            f"{place} is {value!r}, which is none of its values.",
            f"Use one of: {', '.join(map(str, choices))}.",
        )
    return value


def _boolean(value: Any, place: str) -> bool:
    words = {True: True, False: False, "true": True, "false": False, "on": True, "": False}
    if not isinstance(value, bool | str) or value not in words:
        raise _bad(f"{place} must be true or false.", "Send a JSON boolean.")
    return words[value]


def _integer(value: Any) -> int:
    if isinstance(value, bool | float):
        raise ValueError
    return int(value)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _upload(value: Any, place: str) -> Upload:
    if isinstance(value, Upload):
        return value
    if hasattr(value, "chunks"):
        return Upload(str(value.name), value)
    try:
        return Upload.of(str(value["name"]), base64.b64decode(value["base64"], validate=True))
    except (TypeError, KeyError, binascii.Error):
        raise _bad(f"{place} is a file.", 'Send it as multipart, or as {"name": …, "base64": …}.') from None


def _bad(detail: str, remedy: str) -> BadInput:
    return BadInput("bad_parameter", detail, remedy)
