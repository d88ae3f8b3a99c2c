"""Parameters typed on a shell become the values that a test's signature declares."""

from __future__ import annotations

import json
import types
from typing import Any, Literal, Union, get_args, get_origin

from validation.battery.errors import BatteryError


def coerce(test_id: str, name: str, value: Any, annotation: Any) -> Any:
    """`value` as `annotation` says; text is read as JSON where it is not meant as text."""
    options = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    for option in options:
        try:
            return _as(value, option)
        except (TypeError, ValueError):
            continue
    raise BatteryError(
        "parameter_wrong",
        f"{test_id}: {value!r} is not a value for the parameter “{name}”.",
        f"It takes {_words(options)}.",
    )


def _as(value: Any, kind: Any) -> Any:
    if kind is types.NoneType:
        return _none(value)
    if kind is Any:
        return value
    origin = get_origin(kind)
    if origin is Literal:
        if value not in get_args(kind):
            raise ValueError(value)
        return value
    if kind is bool:
        return _bool(value)
    if kind in (int, float):
        return _number(value, kind)
    if kind is str:
        if not isinstance(value, str):
            raise TypeError(value)
        return value
    if origin is list:
        return _list(value)
    if origin is dict:
        return _dict(value)
    raise TypeError(kind)


def _none(value: Any) -> None:
    if value not in (None, "", "none"):
        raise ValueError(value)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "yes", "1"):
        return True
    if value in ("false", "no", "0"):
        return False
    raise ValueError(value)


def _number(value: Any, kind: type) -> Any:
    if isinstance(value, bool):
        raise TypeError(value)
    if kind is int and isinstance(value, float) and value != int(value):
        raise ValueError(value)
    return kind(value)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else [part.strip() for part in value.split(",")]
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return list(value)


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        if value.startswith("{"):
            value = json.loads(value)
        else:
            pairs = [part.partition(":") for part in value.split(",")]
            if not all(sep for _, sep, _ in pairs):
                raise ValueError(value)
            value = {key.strip(): _scalar(text.strip()) for key, _, text in pairs}
    if not isinstance(value, dict):
        raise TypeError(value)
    return {str(key): item for key, item in value.items()}


def _scalar(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _words(options: tuple[Any, ...]) -> str:
    named = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    words = []
    for option in options:
        if get_origin(option) is Literal:
            words.append("one of " + ", ".join(str(item) for item in get_args(option)))
        elif get_origin(option) is list:
            words.append("a list (a,b or JSON)")
        elif get_origin(option) is dict:
            words.append("a mapping (name:value,… or JSON)")
        elif option is not types.NoneType:
            words.append(named.get(option, "a value"))
    return " or ".join(words)
