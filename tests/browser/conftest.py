"""What browser tests stand on: a playwright, a site that is built once, a new profile for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.browsers import CHROMIUM, Chromium, SwitchedSite, build_site, running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Of one file of tests: while it runs, no other event loop can run in its thread."""
    if CHROMIUM is None:
        pytest.skip("no browser: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def probe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of web/tests/probe, built as the apps are."""
    return build_site(tmp_path_factory.mktemp("site"), "tests/probe/index.html")


@pytest.fixture
def site(probe_folder: Path) -> Iterator[SwitchedSite]:
    switched = SwitchedSite(probe_folder)
    switched.on()
    yield switched
    switched.off()


@pytest.fixture
def chromium(playwright: Playwright, tmp_path: Path) -> Iterator[Chromium]:
    with running(Chromium(playwright, tmp_path / "profile")) as browser:
        browser.start()
        yield browser
        assert browser.complaints == []
