"""Addresses of the feature store."""

from typing import Any

urlpatterns: list[Any] = []
