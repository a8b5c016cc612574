"""Chromium of this machine, driven by Playwright, with everything that a page must not do noted. Not a test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Opened:
    """A page, and what it did: messages on the console, errors, and requests that did not go to a file."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.elsewhere.append(url)

    def go(self, place: Path) -> Page:
        """Opens a file, as a double click would."""
        self.page.goto(place.as_uri())
        return self.page


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a window; skips where it is not installed (`make test` installs it where it may)."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"none of {', '.join(PROGRAMS)} is installed: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, *, width: int = 1280) -> Iterator[Opened]:
    """A fresh profile with one page of a width in pixels."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    yield Opened(context.new_page())
    context.close()
