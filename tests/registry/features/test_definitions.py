"""Definitions: versions, names, and what is refused with the number of its document."""

from __future__ import annotations

import pytest

from mrm.kernel.errors import BadInput, NotFound
from registry.features import definitions, expressions, queries
from registry.features.models import Definition
from registry.features.rules import Kind, microseconds
from tests.registry.features.making import DEFINITIONS, applied, bank, service


def test_the_same_again_changes_nothing_and_a_change_is_a_new_version(db: None) -> None:
    house, developer, catalogue = bank()
    assert [row.label for row in applied(developer, catalogue)] == [
        "customer@v1", "payments@v1", "spend@v1", "fraud@v1",
    ]  # fmt: skip
    assert applied(developer, catalogue) == []
    changed = DEFINITIONS.replace("ttl: 30d", "ttl: 60d")
    assert [row.label for row in applied(developer, catalogue, changed)] == ["spend@v2", "fraud@v2"]
    assert queries.pinned(service(catalogue))[0] == "spend@v2:amount"
    old = queries.service(developer, "fraud@v1")
    assert queries.pinned(old) == [f"spend@v1:{name}" for name in ("amount", "items", "channel", "large")]
    stranger = house.person("stranger", level=None)
    with pytest.raises(NotFound):
        queries.service(stranger, "fraud")
    assert not queries.definitions(stranger).exists()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("kind: entity\nname: a\nkey: k\n---\nkind: thing\nname: b", "definition_invalid", "Document 2"),
        ("kind: source\nname: a\nevent_time: t", "definition_invalid", "either a path or a query"),
        ("kind: entity\nname: a\nkey: k\nkeys: 1", "definition_invalid", "keys"),
        ("kind: view\nname: v\nentity: none\nsource: s\nfeatures: {x: int}", "definition_unknown", "“none”"),
        ("kind: service\nname: s\nfeatures: [nothing:x]", "definition_unknown", "no view “nothing”"),
        ("a: [", "definition_invalid", "not YAML"),
        ("", "definition_invalid", "0 definitions"),
        (
            "kind: entity\nname: a\nkey: k\n---\nkind: entity\nname: a\nkey: j",
            "definition_invalid",
            "both define",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(db: None, text: str, code: str, words: str) -> None:
    _, developer, catalogue = bank()
    with pytest.raises(BadInput) as refused:
        applied(developer, catalogue, text)
    assert refused.value.code == code
    assert words in refused.value.detail
    assert refused.value.remedy
    assert not Definition.objects.exists(), "nothing half-written"


def test_a_service_holds_one_version_of_a_view(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    applied(developer, catalogue, DEFINITIONS.replace("ttl: 30d", "ttl: 60d"))
    with pytest.raises(BadInput) as refused:
        applied(
            developer, catalogue, "kind: service\nname: mixed\nfeatures: [spend@v1:amount, spend@v2:items]"
        )
    assert refused.value.code == "view_version_twice"


@pytest.mark.parametrize(
    "text",
    ["sum(a)", "a; DROP TABLE x", "row_number() OVER ()", "(SELECT 1)", "pg_sleep(9)", "read_csv('/etc/passwd')",
     "SELECT a AS x FROM s JOIN t ON true", "SELECT sum(a) AS x FROM s", "DELETE FROM s", "a = ANY(ARRAY[1])"],
)  # fmt: skip
def test_an_expression_sees_one_row_and_writes_nothing(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        expressions.read({"x": text} if not text.startswith(("SELECT", "DELETE")) else text, ["x"])
    assert refused.value.code == "expression_refused"


def test_a_select_names_features_and_keeps_rows() -> None:
    columns, where = expressions.read("SELECT key, a / b AS x, y FROM source WHERE a > 0", ["x", "y"])
    assert columns == {"x": "a / b", "y": "y"}
    assert where == "a > 0"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2592000), ("12 hours", 43200), ("1.5h", 5400), (90, 90)]
)
def test_durations(text: str | int, seconds: int) -> None:
    assert microseconds(text) == seconds * 1_000_000


def test_documents_are_checked_by_the_committed_schema() -> None:
    definitions.validator().check_schema(definitions.validator().schema)
    assert [item.kind for item in definitions.read(DEFINITIONS)] == list(Kind)
