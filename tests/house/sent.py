"""The facts of an act as a caller of the API sends them: the other way round than `mrm.access.intake`."""

from __future__ import annotations

import base64
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Model

from mrm.access.intake import Upload


def sent(value: Any) -> Any:
    """One fact, as JSON."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, Upload):
        return {"name": value.name, "base64": base64.b64encode(value.read()).decode()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, dict):
        return {name: sent(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [sent(item) for item in value]
    return value
