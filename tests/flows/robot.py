"""A person at a browser: signs in, reads, types, presses; finds everything by its label or name, as people do."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Browser, Locator, Page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "a long test passphrase"


@dataclass
class Watch:
    """What everybody's pages came to: accessibility, overflow and console, page by page."""

    folder: Path
    faults: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)

    def look(self, page: Page, name: str) -> None:
        """Axe and a picture at both widths; the first time a page of that name is seen."""
        if name in self.looked:
            return
        self.looked.append(name)
        page.evaluate("document.fonts.ready.then(() => scrollTo(0, 0))")
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            width = size["width"]
            self.faults += [f"{name} at {width}: {fault}" for fault in violations(page)]
            if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                self.faults.append(f"{name} at {width}: the page scrolls sideways, {needed} px wide")
            file = f"way-{len(self.looked):02}-{name.replace(' ', '-')}-{width}.png"
            page.screenshot(path=self.folder / file, full_page=True)
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def listen(self, page: Page, who: str) -> None:
        """Script errors and refusals by the content security policy; an answer's 4xx status is no fault of a page."""

        def said(message: Any) -> None:
            if message.type == "error" and "Failed to load resource" not in message.text:
                self.faults.append(f"{who} at {page.url}: {message.text}")

        page.on("console", said)
        page.on("pageerror", lambda fault: self.faults.append(f"{who} at {page.url}: {fault}"))


def violations(page: Page) -> list[str]:
    """What axe holds against the page: rule and first place."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{found['id']}: {found['nodes'][0]['html'][:200]}"
        for found in Axe().run(page).response["violations"]
    ]


@dataclass
class Robot:
    """One person with a browser window of their own."""

    name: str
    page: Page
    url: str
    watch: Watch

    def go(self, path: str) -> None:
        """Open an address of the bank."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status < 500, f"{path}: {answer.status}"

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """At the sign-in page."""
        self.go("/sign-in/")
        self.fill(**{"User name": username, "Password": password})
        self.press("Sign in")

    def look(self, name: str) -> None:
        """Look at the page, as a picture at both widths."""
        self.watch.look(self.page, name)

    def field(self, label: str, number: int = 0) -> Locator:
        """A field by its label."""
        words = re.compile(rf"^\s*{re.escape(label)}(\s+optional)?\s*$")
        return self.page.get_by_label(words).nth(number)

    def fill(self, **values: str) -> None:
        """Type into fields."""
        for label, value in values.items():
            self.field(label).fill(value)

    def choose(self, label: str, words: str) -> None:
        """Choose the entry of a list that holds `words`."""
        listed = self.field(label)
        entry = listed.locator("option").filter(has_text=words).first
        listed.select_option(value=entry.get_attribute("value", timeout=5000))

    def tick(self, choice: str, group: str = "") -> None:
        """Tick a box or a round one, of the question that begins with `group` where several are asked."""
        within: Any = self.page
        if group:
            within = self.page.get_by_role("group", name=re.compile(rf"^\s*{re.escape(group)}"))
        within.get_by_label(choice).first.check()

    def upload(self, label: str, name: str, content: bytes) -> None:
        """Put a file into a field."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.field(label).set_input_files(file)  # type: ignore[arg-type]

    def press(self, button: str) -> None:
        """Press a button and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).first.click()

    def follow(self, link: str) -> None:
        """Follow a link of the page itself, not of the menu."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=link, exact=True).first.click()

    def download(self, words: str, folder: Path, role: Any = "link") -> Path:
        """Click what brings a file, and keep it."""
        with self.page.expect_download(timeout=60_000) as coming:
            self.page.get_by_role("main").get_by_role(role, name=words, exact=True).first.click()
        target = folder / coming.value.suggested_filename
        coming.value.save_as(target)
        return target

    def sees(self, *texts: str) -> None:
        """The page says so."""
        said = self.text
        for text in texts:
            assert text in said, f"{self.name} at {self.page.url} does not see {text!r} in:\n{said[:3000]}"

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.page.get_by_role("main").inner_text()

    def fact(self, label: str) -> str:
        """What the line of facts says of `label`."""
        facts = self.page.get_by_role("main").locator(".facts").first
        return facts.locator("div").filter(has=self.page.get_by_text(label, exact=True)).first.inner_text()

    @property
    def path(self) -> str:
        """Where the page is."""
        return self.page.url.removeprefix(self.url).partition("?")[0]

    def links(self, pattern: str) -> list[str]:
        """Addresses on the page that match, each once."""
        found = self.page.get_by_role("main").get_by_role("link").all()
        hrefs = [item.get_attribute("href") or "" for item in found]
        return list(dict.fromkeys(href for href in hrefs if re.fullmatch(pattern, href)))

    def until(self, text: str, seconds: float = 120, *, fact: str = "") -> None:
        """Look again and again until the page says so, or says so of `fact` in its line of facts."""
        end = time.monotonic() + seconds
        while text not in (self.fact(fact) if fact else self.text):
            assert time.monotonic() < end, (
                f"{self.name} waits for {text!r} in vain at {self.page.url}:\n{self.text[:3000]}"
            )
            time.sleep(0.5)
            self.page.reload()

    def send(self, path: str, **facts: str) -> APIResponse:
        """Send a form that the page did not offer, as somebody who knows how would."""
        token = next(item["value"] for item in self.page.context.cookies() if "csrf" in item["name"])  # type: ignore[typeddict-item]
        return self.page.request.post(
            self.url + path,
            form={"csrfmiddlewaretoken": str(token), **facts},
            headers={"Referer": self.url + path, "Origin": self.url},
        )


@dataclass
class Office:
    """The browser in which everybody has a window."""

    browser: Browser
    url: str
    watch: Watch

    def robot(self, name: str) -> Robot:
        """A window for one more person."""
        page = self.browser.new_context(viewport=WIDE, accept_downloads=True).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(15_000)
        self.watch.listen(page, name)
        return Robot(name, page, self.url, self.watch)


@contextmanager
def office(url: str, folder: Path) -> Iterator[Office]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=[*QUIET])
        try:
            yield Office(browser, url, Watch(folder))
        finally:
            browser.close()
