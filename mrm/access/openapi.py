"""How acts show themselves in OpenAPI, from their verbs' annotations."""

from __future__ import annotations

import dataclasses
import types
from datetime import date, datetime
from decimal import Decimal
from inspect import getdoc
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

from django.db import models
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from mrm.access.acts import Verb
from mrm.access.intake import Upload, parameters
from mrm.access.models import User
from mrm.access.rules import Robot
from mrm.access.vocabulary import roles_for


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself by being declared
    """How OpenAPI calls our tokens; found by its target when the schema is made."""

    target_class = "mrm.access.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer token of an account."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "a token from the account page: Bearer cs_…",
        }


ERROR = {
    "type": "object",
    "required": ["code", "detail", "remedy", "request_id"],
    "properties": {name: {"type": "string"} for name in ("code", "detail", "remedy", "request_id")},
}
ANSWER = {
    "type": "object",
    "required": ["act", "result"],
    "properties": {"act": {"type": "string"}, "result": {}},
}
PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "string", "format": "decimal"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    UUID: {"type": "string", "format": "uuid"},
    dict: {"type": "object"},
    Any: {},
}
FILE = {
    "type": "object",
    "required": ["name", "base64"],
    "properties": {"name": {"type": "string"}, "base64": {"type": "string", "format": "byte"}},
    "description": "a file: in JSON its name and base64, or the file itself as multipart/form-data",
}


def offered(verb: Verb[..., Any]) -> bool:
    """Whether people may do this act at all."""
    return bool(roles_for(verb.name) - {robot.value for robot in Robot})


def summary(verb: Verb[..., Any]) -> str:
    """The first line of the verb's text."""
    return (getdoc(verb.body) or verb.name).partition("\n")[0]


def description(verb: Verb[..., Any]) -> str:
    """The verb's text, and who may do it."""
    holders = ", ".join(sorted(role.replace("_", " ") for role in roles_for(verb.name)))
    return f"{getdoc(verb.body) or ''}\n\nRoles: {holders}."


def request_schema(verb: Verb[..., Any]) -> dict[str, Any]:
    """The JSON schema of the act's body."""
    takes = parameters(verb)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [item.name for item in takes if item.required],
        "properties": {item.name: schema_of(item.kind) for item in takes},
    }


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON schema of one annotation."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        inner = [item for item in get_args(kind) if item is not type(None)]
        return {"anyOf": [schema_of(inner[0]), {"type": "null"}]}
    if origin in {list, tuple}:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if origin is dict:
        return {"type": "object"}
    if kind is Upload:
        return FILE
    if is_typeddict(kind) or dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return {"type": "object", "properties": {name: schema_of(item) for name, item in hints.items()}}
    if isinstance(kind, type) and issubclass(kind, models.Model):
        by = "user name or key" if kind is User else "reference or key"
        return {"type": "string", "description": f"{kind._meta.verbose_name}, by {by}"}
    if isinstance(kind, type) and issubclass(kind, models.TextChoices):
        return {"type": "string", "enum": list(kind.values)}
    return PLAIN[kind]
