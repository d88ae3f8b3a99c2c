"""Reading from a real Feast feature server that runs in its own environment: what it serves is what our store serves."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mrm.access.intake import Upload
from mrm.kernel.errors import CountersignError, RuleRefused, Unavailable
from registry.features import queries, verbs
from tests.installation import ROOT, eventually, free_port
from tests.registry.features.making import (
    DEFINITIONS,
    HISTORY,
    applied,
    bank,
    day,
    delivered,
    service,
    source,
    work,
)

pytestmark = pytest.mark.slow
FEAST = ROOT / ".peers" / "feast" / "bin"
ASKED = pa.table({"customer_id": [1, 2, 77]})


@pytest.fixture(scope="module")
def feast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Feast feature server with the rows of HISTORY."""
    if not (FEAST / "feast").exists():
        pytest.skip("Feast is not there: make peers")
    folder = tmp_path_factory.mktemp("feast")
    rows = HISTORY.append_column("large", pc.greater(HISTORY["amount"], 100))
    pq.write_table(rows, folder / "rows.parquet")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "FEAST_USAGE": "False"}
    script = Path(__file__).with_name("feast_repo.py")
    done = subprocess.run(
        [FEAST / "python", script, "rows.parquet"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    port = free_port()
    server = subprocess.Popen(
        [FEAST / "feast", "serve", "-h", "127.0.0.1", "-p", str(port)],
        cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=(folder / "log").open("wb"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    direct = build_opener(ProxyHandler({}))

    def answers() -> bool:
        assert server.poll() is None, (folder / "log").read_text()[-3000:]
        try:
            return bool(direct.open(f"http://127.0.0.1:{port}/health", timeout=2).status == 200)
        except OSError:
            return False

    try:
        eventually(answers, "Feast serves", 240)
        yield f"feast+http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def test_feast_serves_what_our_store_serves(db: None, feast: str, settings: Any) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    work(verbs.materialise(developer, service=service(catalogue), until=day(10)).pk)
    ours = queries.read(service(catalogue), ASKED).table
    settings.MRM_ONLINE_URL = feast
    theirs = queries.read(service(catalogue), ASKED)
    assert theirs.table.to_pydict() == ours.to_pydict()
    assert theirs.table.schema == ours.schema
    assert ours["spend__amount"].to_pylist() == [120, 70, None]
    assert theirs.watermark == day(3), "the newest event that it answered with"


def test_skew_stays_ours(db: None, feast: str, settings: Any) -> None:
    """What Feast served is compared with what our store knew."""
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    settings.MRM_ONLINE_URL = feast
    fraud = service(catalogue)
    served = queries.read(fraud, pa.table({"customer_id": [1, 2]})).table.to_pylist()
    lines = [
        json.dumps(
            {
                "customer_id": row.pop("customer_id"),
                "at": "2026-01-11T00:00:00Z",
                "features": {name: value for name, value in row.items() if value is not None},
            }
        )
        for row in served
    ]
    file = Upload.of("served.ndjson", "\n".join(lines).encode())
    verbs.record_served(developer, service=fraud, file=file)
    work(verbs.compare(developer, service=fraud).pk)
    found = queries.newest_comparison(fraud)
    assert not found.skewed
    differ = {item["feature"]: item["differ"] for item in found.features}
    assert differ["spend@v1:amount"] == 0


def test_what_feast_does_not_know_is_its_own_sentence(db: None, feast: str, settings: Any) -> None:
    _, developer, catalogue = bank()
    applied(
        developer, catalogue, DEFINITIONS.replace("name: spend", "name: absent").replace("spend:", "absent:")
    )
    settings.MRM_ONLINE_URL = feast
    with pytest.raises(Unavailable) as refused:
        queries.read(service(catalogue), ASKED)
    assert refused.value.code == "online_unreachable"
    assert "absent" in refused.value.detail
    assert "feast serve" in refused.value.remedy
    with pytest.raises(CountersignError) as lacking:
        queries.read(service(catalogue), pa.table({"customer": [1]}))
    assert lacking.value.code == "rows_unusable"
    with pytest.raises(RuleRefused) as own:
        verbs.materialise(developer, service=service(catalogue))
    assert "feast materialize" in own.value.remedy


def test_a_feast_that_is_gone(db: None, settings: Any) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    settings.MRM_ONLINE_URL = f"feast+http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as refused:
        queries.read(service(catalogue), ASKED)
    assert refused.value.code == "online_unreachable"
    assert refused.value.remedy
