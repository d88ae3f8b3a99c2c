"""One benchmark in a process of its own: `python -m tests.bench.kit NAME SCALE ANSWER.json`."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tests.bench.kit.figures import Benchmark, Size


def main() -> None:
    """Run it and write its figures."""
    name, scale, answer = sys.argv[1:]
    benchmark: Benchmark = importlib.import_module(f"tests.bench.{name}").BENCHMARK
    figures = benchmark.run(Size(float(scale)))
    found = {"work": benchmark.work, "figures": [figure.to_json() for figure in figures]}
    Path(answer).write_text(json.dumps(found))


main()
