"""The digest over typed values: golden vectors, and that file format, order of writing and spelling do not matter."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import struct
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.data.canonical_digest import data_digest
from registry.data.logical import normalised
from registry.data.reading import read, sniff

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "data_digest.json").read_text(encoding="utf-8"))


def csv(text: str) -> pa.Table:
    data = text.encode()
    return read(data, sniff(data))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden_vectors(case: dict[str, str]) -> None:
    assert data_digest(csv(case["csv"])) == case["digest"]


def test_the_bytes_are_those_of_the_description() -> None:
    """One column, two rows, by hand."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def block(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    by_hand = (
        b"countersign data 1\n"
        + struct.pack("<Q", 2)
        + text("n")
        + text("int64")
        + text("t")
        + text("text")
        + struct.pack("<Q", 2)
        + block(b"\x00\x01")
        + block(struct.pack("<q", -3))
        + block(b"\x00\x00")
        + block(text("é") + text("b"))
    )
    table = normalised(pa.table({"n": pa.array([-3, None]), "t": ["e\u0301", "b"]}))
    assert data_digest(table) == hashlib.sha256(by_hand).hexdigest()


def test_csv_and_parquet_of_the_same_values_share_it() -> None:
    table = csv("a,b,c,d\n1,1.5,x,2024-02-29\n2,,ÿ,2024-03-01\n")
    sink = io.BytesIO()
    pq.write_table(table, sink)
    assert data_digest(read(sink.getvalue(), None)) == data_digest(table)
    other = pa.table(
        {
            "a": pa.array([1, 2], pa.int16()),
            "b": pa.array([1.5, None], pa.float32()),
            "c": pa.array(["x", "y\u0308"]).dictionary_encode(),
            "d": pa.array([dt.date(2024, 2, 29), dt.date(2024, 3, 1)], pa.date64()),
        }
    )
    assert data_digest(normalised(other)) == data_digest(table)


def test_minus_zero_and_nan_have_one_form() -> None:
    plain = normalised(pa.table({"x": [0.0, 1.0]}))
    minus = normalised(pa.table({"x": [-0.0, 1.0]}))
    assert data_digest(plain) == data_digest(minus)
    missing = normalised(pa.table({"x": pa.array([None, 1.0])}))
    nan = normalised(pa.table({"x": pa.array([float("nan"), 1.0])}))
    assert data_digest(missing) == data_digest(nan) != data_digest(plain)


def test_a_moment_is_one_moment_in_every_zone_and_a_decimal_one_number_at_every_scale() -> None:
    utc = pa.array([dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)], pa.timestamp("ms", tz="UTC"))
    berlin = pa.array([dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)], pa.timestamp("us", tz="Europe/Berlin"))
    assert data_digest(normalised(pa.table({"t": utc}))) == data_digest(normalised(pa.table({"t": berlin})))
    short = pa.array([Decimal("1.5"), Decimal(100)], pa.decimal128(6, 1))
    long = pa.array([Decimal("1.500"), Decimal("100.000")], pa.decimal128(9, 3))
    assert data_digest(normalised(pa.table({"d": short}))) == data_digest(normalised(pa.table({"d": long})))


@pytest.mark.parametrize(
    "changed",
    [
        "a,b\n1,x\n2,z\n",
        "a,c\n1,x\n2,y\n",
        "b,a\nx,1\ny,2\n",
        "a,b\n2,y\n1,x\n",
        "a,b\n1.0,x\n2,y\n",
        "a,b\n1,xy\n2,\n",
        "a,b\n1,x\n2,y\n3,z\n",
    ],
)
def test_any_other_value_name_type_or_order_gives_another(changed: str) -> None:
    assert data_digest(csv(changed)) != data_digest(csv("a,b\n1,x\n2,y\n"))
