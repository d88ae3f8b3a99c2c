"""The web process answers without the heavy libraries: they cost seconds and belong to jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("shap", "lime", "fairlearn", "sklearn", "weasyprint", "pyhanko", "lightgbm", "numba", "statsmodels")
LOAD = """
import json, sys
import mrm.config.wsgi
from django.urls import get_resolver

def walk(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern.callback

count = sum(1 for _ in walk(get_resolver().url_patterns))
print(json.dumps({"routes": count, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


@pytest.mark.slow
def test_the_web_process_starts_without_heavy_libraries(tmp_path: Path) -> None:
    environment = os.environ | {"MRM_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "mrm.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    assert seen["routes"] > 0
    assert not set(HEAVY) & set(seen["modules"])
