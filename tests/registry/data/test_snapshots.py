"""Uploading, profiling, roles: what is right gets through, what is wrong is said and leaves nothing behind."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mrm import vault
from mrm.access.intake import Upload
from mrm.access.models import Entry
from mrm.access.rules import GrantLevel, Role
from mrm.demo import german
from mrm.evidence.models import Evidence
from mrm.evidence.reproduce import compare
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.data import frames
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.data.rules import SnapshotStatus
from tests import make
from tests.registry.making import COLUMNS, ROLES, frame, rows, upload, work

pytestmark = pytest.mark.django_db


def test_a_file_becomes_a_snapshot_with_schema_profile_and_quality_evidence(
    dev: Any, dataset: Dataset
) -> None:
    snapshot = upload(dev, dataset, rows())
    assert snapshot.status == SnapshotStatus.RELEASED
    content = snapshot.content
    assert content.types == {
        "id": "int64",
        "income": "float64",
        "debt": "float64",
        "region": "text",
        "age": "int64",
        "bad": "int64",
    }
    assert content.rows == 240
    bad = frame()["bad"]
    assert content.profile["bad"]["values"] == [
        {"value": "0", "n": int((bad == 0).sum())},
        {"value": "1", "n": int((bad == 1).sum())},
    ]
    assert frames.frame(content)["income"].tolist() == frame()["income"].tolist()
    evidence = Evidence.objects.filter(scope=dataset.scope)
    assert {item["evidence"] for item in content.quality} == {row.result_digest for row in evidence}
    assert {row.test_id for row in evidence} >= {
        "dq.row_order",
        "dq.missing",
        "dq.duplicates",
        "dq.known_time",
    }


def test_quality_evidence_reproduces_and_notices_changed_rows(
    dev: Any, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = upload(dev, dataset, rows())
    evidence = Evidence.objects.get(scope=dataset.scope, test_id="dq.missing")
    assert str(compare(evidence)) == "identical"
    other = upload(dev, dataset, rows(seed=8))
    kept = vault.get
    swapped = {snapshot.content.parquet: other.content.parquet}
    monkeypatch.setattr(vault, "get", lambda digest: kept(swapped.get(digest, digest)))
    assert compare(evidence).step == "data"


def test_parquet_and_csv_of_the_same_rows_have_one_data_digest(dev: Any, dataset: Dataset) -> None:
    one = upload(dev, dataset, rows())
    sink = io.BytesIO()
    frame().to_parquet(sink, index=False)
    two = upload(dev, dataset, sink.getvalue(), "rows.parquet")
    assert one.content.data_digest == two.content.data_digest
    assert one.file_digest != two.file_digest


@pytest.mark.parametrize(
    ("content", "facts", "code"),
    [
        (b"", {}, "file_empty"),
        (b"   \n\n", {}, "file_empty"),
        (b"a,b\x00\n1,2\n", {}, "csv_unreadable"),
        (b"1,2\n3,4\n", {"column_names": ["a", "b", "c"]}, "columns_differ"),
        (b"a,a\n1,2\n", {"header": "yes"}, "column_twice"),
    ],
)
def test_what_is_seen_at_once_is_refused_at_once_and_nothing_is_written(
    dev: Any, dataset: Dataset, content: bytes, facts: dict[str, Any], code: str
) -> None:
    before = Entry.objects.count()
    with pytest.raises(BadInput) as refused:
        data.upload_snapshot(dev, dataset=dataset, file=Upload.of("x.csv", content), **facts)
    assert refused.value.code == code
    assert refused.value.remedy
    assert Snapshot.objects.count() == 0
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n", "file_empty"),
        (b"a,b\n1,2\n3\n", "csv_unreadable"),
        (b"PAR1 and then nothing of the kind", "parquet_unreadable"),
    ],
)
def test_what_only_the_whole_file_shows_fails_the_snapshot_with_reason_and_remedy(
    dev: Any, dataset: Dataset, content: bytes, code: str
) -> None:
    snapshot = upload(dev, dataset, content)
    assert snapshot.status == SnapshotStatus.FAILED
    assert snapshot.standing.code == code
    assert snapshot.standing.reason
    assert snapshot.standing.remedy
    assert snapshot.filled is None
    with pytest.raises(RuleRefused) as refused:
        snapshot.usable()
    assert refused.value.code == "snapshot_not_released"


def test_a_column_that_was_sorted_alone_blocks_the_snapshot(dev: Any, dataset: Dataset) -> None:
    right = frame(rows(400))
    right["region"] = sorted(right["region"])
    # What was sorted alone must be unrelated to the rest; by construction region drives debt, so it is now.
    snapshot = upload(dev, dataset, right.to_csv(index=False))
    assert snapshot.status == SnapshotStatus.BLOCKED
    assert "dq.row_order" in snapshot.standing.reason
    assert "region" in snapshot.standing.reason
    data.assign_roles(dev, snapshot=snapshot, columns=ROLES, event="1")
    with pytest.raises(RuleRefused):
        snapshot.usable()


def test_german_credit_is_released_and_its_sorted_copy_blocked(dev: Any, dataset: Dataset) -> None:
    data.set_rules(dev, dataset=dataset, rules=german.RULES)
    snapshot = upload(dev, dataset, german.published(), "german.data", column_names=COLUMNS)
    assert snapshot.status == SnapshotStatus.RELEASED
    assert [verdict["met"] for verdict in snapshot.judgement.verdicts] == [True] * len(german.RULES)
    assert snapshot.content.rows == 1000
    assert snapshot.declared["delimiter"] == " "
    copy = upload(dev, dataset, german.faulty_copy(), "german.data", column_names=COLUMNS)
    assert copy.status == SnapshotStatus.BLOCKED
    assert "personal_status" in copy.standing.reason


@pytest.mark.parametrize(
    ("columns", "event", "attributes", "code"),
    [
        ({"age": "y"}, "1", [], "target_not_binary"),
        ({"bad": "y"}, "2", [], "target_not_binary"),
        ({"nothing": "y"}, "1", [], "columns_differ"),
        ({"bad": "target"}, "1", [], "roles_incomplete"),
        ({"bad": "y", "id": "key", "age": "key"}, "1", [], "roles_incomplete"),
        ({"region": "p"}, "", [], "roles_incomplete"),
        (
            {"bad": "y"},
            "1",
            [{"name": "sex", "column": "sex", "banding": {"rule": "codes"}, "reference": "m"}],
            "attribute_unusable",
        ),
        (
            {"bad": "y"},
            "1",
            [
                {
                    "name": "young",
                    "column": "age",
                    "banding": {"rule": "at_most", "edge": 99},
                    "reference": "age > 99",
                }
            ],
            "attribute_unusable",
        ),
    ],
)
def test_roles_that_do_not_fit_are_refused(
    dev: Any, dataset: Dataset, columns: Any, event: str, attributes: Any, code: str
) -> None:
    snapshot = upload(dev, dataset, rows())
    with pytest.raises(BadInput) as refused:
        data.assign_roles(dev, snapshot=snapshot, columns=columns, event=event, attributes=attributes)
    assert refused.value.code == code
    assert snapshot.column_roles.count() == 0


def test_roles_are_corrected_by_a_new_row_and_make_groups(dev: Any, dataset: Dataset) -> None:
    snapshot = upload(dev, dataset, rows())
    data.assign_roles(dev, snapshot=snapshot, columns={"bad": "y"}, event="1")
    banding = {"rule": "at_most", "edge": 25}
    attribute = {"name": "age", "column": "age", "banding": banding, "reference": "age > 25"}
    second = data.assign_roles(dev, snapshot=snapshot, columns=ROLES, event="1", attributes=[attribute])
    assert second.number == 2
    content, kept = snapshot.usable()
    assert kept == second
    view = frames.view(content, kept.roles)
    assert view.groups == {"age": ("age (group)", "age > 25")}
    assert (view.frame["age (group)"] == "age ≤ 25").sum() == (frame()["age"] <= 25).sum()
    assert view.roles["age (group)"] == "group"


def test_a_code_table_is_declared_and_its_faults_are_said(dev: Any, dataset: Dataset) -> None:
    table = "column,code,wrong,right\nregion,north,N,North\nregion,south,S,South\n"
    codes = data.declare_codes(
        dev, dataset=dataset, file=Upload.of("codes.csv", table.encode()), declared="wrong", reference="right"
    )
    assert dataset.code_table == codes
    assert codes.label("region", "north") == "N"
    assert codes.codes[1] == {"column": "region", "code": "south", "declared": "S", "reference": "South"}
    for bad in ("column,code,wrong\n", "a,b\n1,2\n", table + "region,south,x,y\n"):
        with pytest.raises(BadInput):
            data.declare_codes(dev, dataset=dataset, file=Upload.of("c.csv", bad.encode()), declared="wrong")
    assert dataset.code_tables.count() == 1


def test_who_may(bank: make.Bank, dev: Any, dataset: Dataset) -> None:
    stranger = bank.person("stranger", Role.MODEL_DEVELOPER, level=None)
    auditor = bank.person("auditor", Role.AUDITOR, level=GrantLevel.READ)
    with pytest.raises(NotFound):
        data.upload_snapshot(stranger, dataset=dataset, file=Upload.of("x.csv", rows().encode()))
    with pytest.raises(Denied):
        data.upload_snapshot(auditor, dataset=dataset, file=Upload.of("x.csv", rows().encode()))
    assert Entry.objects.filter(outcome="denied").count() == 2
    assert not Snapshot.objects.visible_to(stranger).exists()


def test_the_creator_may_act_on_the_dataset_without_any_other_grant(bank: make.Bank) -> None:
    newcomer = bank.person("newcomer", Role.MODEL_DEVELOPER, level=None)
    made = data.create_dataset(newcomer, entity=bank.entity, name="Own")
    snapshot = data.upload_snapshot(newcomer, dataset=made, file=Upload.of("x.csv", rows().encode()))
    assert work(snapshot.standing.job).state == "succeeded"
