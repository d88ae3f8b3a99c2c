"""The gallery in a browser: no accessibility violation, nothing refused by the policy, nothing wider than the page."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.mrm.web.urls"),
]

SIZES = [(1440, "light"), (390, "dark")]  # each turns to the other theme as well
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


def violations(page: Any) -> list[tuple[str, str]]:
    """What axe holds against the page: rule and first place."""
    from axe_playwright_python.sync_playwright import Axe

    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_gallery(
    live_server: LiveServer, test_output: Path, monkeypatch: pytest.MonkeyPatch, width: int, scheme: str
) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setitem(
        os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # playwright's loop runs in this thread
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=shutil.which("chromium"), args=[*QUIET])
        page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
        refused: list[str] = []
        page.on(
            "console", lambda said: refused.append(said.text) if "Content Security" in said.text else None
        )
        page.on("pageerror", lambda fault: refused.append(str(fault)))
        for path in ("/look/", "/look/table/", "/sign-in/"):
            page.goto(live_server.url + path)
            page.evaluate("document.fonts.ready")
            page.screenshot(
                path=test_output / f"look{path.replace('/', '-')}{width}-{scheme}.png", full_page=True
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == []
        page.goto(live_server.url + "/look/")
        page.locator(".job progress").first.wait_for()
        before = page.locator(".job progress").first.get_attribute("value")
        page.wait_for_function(
            "v => document.querySelector('.job progress')?.value != v", arg=float(before or 0)
        )
        page.click("[data-theme-switch]")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == (
            "dark" if scheme == "light" else "light"
        )
        assert violations(page) == []
        assert refused == []
        chromium.close()
