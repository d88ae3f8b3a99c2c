"""A page of 50 out of 10,000 models for a reader with 245 grants, beside guardian's shortcut; and how lists grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.bench.kit import home
from tests.bench.kit.figures import Asked, Benchmark, Figure, Size, pairs, repeated

PAGE, GRANTS = 50, 245


def page(rows: Any) -> tuple[int, list[str]]:
    """What a list page asks: a filter, the count, the rows with their people."""
    rows = rows.filter(tier=1)
    return rows.count(), [row.reference for row in rows.with_people().order_by("name", "id")[:PAGE]]


def measure(size: Size) -> Sequence[Figure]:
    """Filter, count and rows; then whole pages in banks that grow."""
    home.start()
    from mrm.access.rules import Role
    from tests import make
    from tests.bench.kit import bank

    house = make.bank()
    owner = house.person("owner", Role.MODEL_OWNER)
    reader = house.person("reader", Role.RISK_OFFICER, level=None)
    held = bank.models(house, owner, size(10_000, 500))
    granted = held[:: max(1, len(held) // GRANTS)][:GRANTS]
    bank.grants(house.accounts["reader"], [model.scope for model in granted])
    guardian = shortcut(house.accounts["reader"], granted)
    return [*beside(reader, guardian, len(held)), *growth(house, owner, reader, size)]


def shortcut(account: Any, granted: Sequence[Any]) -> Callable[[], Any]:
    """The same rights in guardian's generic table, and its shortcut over them."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from guardian.models import UserObjectPermission
    from guardian.shortcuts import get_objects_for_user

    from registry.inventory.models import Model
    from tests.bench.kit import bank

    kind = ContentType.objects.get_for_model(Model)
    permission = Permission.objects.get(content_type=kind, codename="view_model")
    with bank.unguarded():
        UserObjectPermission.objects.bulk_create(
            UserObjectPermission(
                user=account, permission=permission, content_type=kind, object_pk=str(model.pk)
            )
            for model in granted
        )
    return lambda: get_objects_for_user(account, "inventory.view_model", klass=Model)


def beside(reader: Any, guardian: Callable[[], Any], count: int) -> list[Figure]:
    """The reader's page by us, by the shortcut, and the page of somebody who sees everything."""
    from registry.inventory.models import Model

    ours = lambda: page(Model.objects.visible_to(reader))  # noqa: E731
    theirs = lambda: page(guardian())  # noqa: E731
    assert ours() == theirs()
    agrees = f"the same {ours()[0]} models and the same page"
    what = f"50-row page of {count:,} models, {GRANTS} grants: filter, count, rows"
    mine, other = pairs(ours, theirs, rounds=31)
    again, free = pairs(ours, lambda: page(Model.objects.all()), rounds=31)
    return [
        Figure(what, mine, "guardian get_objects_for_user", other, Asked("times faster", 3), agrees),
        Figure(
            what, again, "the same page without restriction", free, Asked("at most times", None, 2),
            note="the unrestricted page counts more rows",
        ),
    ]  # fmt: skip


def growth(house: Any, owner: Any, reader: Any, size: Size) -> list[Figure]:
    """The inventory's query at 10³ to 10⁵ models, for the reader with grants."""
    from registry.inventory.models import Model
    from tests.bench.kit import bank

    found, base = [], None
    steps = [step for step in (1_000, 10_000, 100_000) if size.scale == 1 or step <= 1_000]
    for step in steps:
        have = Model.objects.count()
        if have > step:
            continue
        if step > have:
            bank.models(house, owner, step - have, first=have)
        cost = repeated(lambda: page(Model.objects.visible_to(reader)), rounds=31)
        asked = Asked("at most times", 2, 1.67) if base else None
        what = f"the same page in a bank of {step:,} models"
        found.append(Figure(what, cost, "the smallest of these banks" if base else "", base, asked))
        base = base or cost
    return found


BENCHMARK = Benchmark("lists for readers with grants", measure)
