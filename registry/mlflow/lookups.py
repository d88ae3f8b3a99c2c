"""LIKE and ILIKE as MLflow's filters mean them: `%` and `_` alone are special, and LIKE minds the case on every engine."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import CharField, Lookup, TextField

GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}


class Like(Lookup):
    """`field__like`: with the case. SQLite's LIKE knows no case, its GLOB does."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The condition."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} LIKE %s ESCAPE ''", (*parameters, self.rhs)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The same with GLOB."""
        left, parameters = self.process_lhs(compiler, connection)
        pattern = re.sub(r"[%_*?\[]", lambda mark: GLOB[mark.group()], str(self.rhs))
        return f"{left} GLOB %s", (*parameters, pattern)


class ILike(Lookup):
    """`field__ilike`: without the case."""

    lookup_name = "ilike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The condition."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} ILIKE %s ESCAPE ''", (*parameters, self.rhs)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQLite's LIKE knows no case as it is."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} LIKE %s", (*parameters, self.rhs)


for kind in (CharField, TextField):
    kind.register_lookup(Like)
    kind.register_lookup(ILike)
