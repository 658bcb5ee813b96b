"""The built apps as the product serves them: the first page opens, keeps to the content policy, and works offline."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tasks.web import SITE
from tests.browser.browsers import Chromium, choose_language, until

FEIQIAN = (sys.executable, "-m", "feiqian.cli.main")
STARTS_WITHIN_S = 30


@contextmanager
def feiqian_serve(home: Path, port: int) -> Iterator[str]:
    """`feiqian serve` as people start it; gone, by SIGKILL, when the block ends."""
    command = [*FEIQIAN, "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while True:
            assert time.monotonic() < deadline
            assert process.poll() is None
            try:
                httpx.get(f"{url}/health", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


def test_the_first_page_leads_to_the_apps_and_opens_with_the_server_dead(
    chromium: Chromium, tmp_path: Path, port: int
) -> None:
    assert (SITE / "index.html").is_file(), "the web apps are not built: python3 dev.py setup"
    with feiqian_serve(tmp_path / "home", port) as url:
        page = chromium.context.new_page()
        page.goto(url)
        choose_language(page, "en")
        assert page.get_by_role("heading", level=1).inner_text() == "Feiqian · 飞钱"
        doors = page.get_by_role("navigation").get_by_role("link").all()
        assert [door.get_attribute("href") for door in doors] == ["/wallet/", "/terminal/", "/console/"]
        until(page, "document.querySelector('[data-testid=offline-state]').dataset.ready === 'true'")
        until(page, "navigator.serviceWorker.controller !== null")
    for app in ("wallet", "terminal"):
        page.goto(f"{url}/{app}")  # the server is dead; the folder's own address is found all the same
        page.get_by_role("heading", level=1).first.wait_for()
        assert page.url.startswith(f"{url}/{app}/")
    page.goto(url)
    choose_language(page, "zh")
    assert page.get_by_role("heading", level=1).inner_text() == "飞钱 Feiqian"
    page.reload()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


@pytest.mark.parametrize(
    ("app", "ways", "field"),
    [("wallet", ("begin",), "enrol-code-field"), ("terminal", (), "enrol-code")],
)
def test_a_link_fills_in_its_code_which_does_not_stay_in_the_address(
    chromium: Chromium, tmp_path: Path, port: int, app: str, ways: tuple[str, ...], field: str
) -> None:
    """As the operator's commands print it; also when it is opened where the app runs already."""
    with feiqian_serve(tmp_path / "home", port) as url:
        page = chromium.context.new_page()
        page.goto(f"{url}/{app}/#/enrol/7C4K-9MWQ-X2TD-51HV")
        for way in ways:
            page.get_by_test_id(way).click()
        assert page.get_by_test_id(field).input_value() == "7C4K-9MWQ-X2TD-51HV"
        assert page.url == f"{url}/{app}/#/enrol"
        page.evaluate("location.hash = '#/enrol/A111-B222-C333-D444'")
        until(page, "location.hash === '#/enrol'")
        for way in ways:
            page.get_by_test_id(way).click()
        assert page.get_by_test_id(field).input_value() == "A111-B222-C333-D444"
        page.go_back()
        assert "A111" not in page.url
        assert "7C4K" not in page.url
