"""Ports: an upper room registers what a lower room calls by name, so that imports only run downwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_ports: dict[str, Port[object]] = {}


class Port(Generic[T]):
    """A named set of providers. A key is given once; two providers of one key are a start-up error."""

    def __init__(self, name: str) -> None:
        if name in _ports:
            raise ValueError(f"port {name!r} exists already")
        self.name = name
        self._providers: dict[str, T] = {}
        _ports[name] = self  # type: ignore[assignment]

    def register(self, key: str, provider: T) -> T:
        """Offer `provider` under `key`; called from an AppConfig's `ready()`."""
        if key in self._providers and self._providers[key] is not provider:
            raise ValueError(f"port {self.name!r} has a provider for {key!r} already")
        self._providers[key] = provider
        return provider

    def get(self, key: str) -> T | None:
        """The provider of `key`, or None: what absence means is the caller's rule (a gate says unmet)."""
        return self._providers.get(key)

    def items(self) -> Iterator[tuple[str, T]]:
        """All providers, by key in order."""
        return iter(sorted(self._providers.items(), key=lambda pair: pair[0]))


def ports() -> dict[str, Port[object]]:
    """Every port of the house, for the start-up check and the house tests."""
    return dict(_ports)
