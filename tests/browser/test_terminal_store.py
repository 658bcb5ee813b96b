"""The till's store over IndexedDB keeps what it keeps over memory (web/tests/terminal_store_suite.ts)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browsers import PIN, Chromium, SwitchedSite, build_site


@pytest.fixture(scope="module")
def cases_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("cases"), "tests/terminal_page/index.html")


@pytest.fixture
def cases(cases_folder: Path) -> Iterator[SwitchedSite]:
    switched = SwitchedSite(cases_folder)
    switched.on()
    yield switched
    switched.off()


def test_every_case_holds_in_a_real_browser(chromium: Chromium, cases: SwitchedSite) -> None:
    page = chromium.page(f"{cases.url}/tests/terminal_page/")
    names = page.evaluate("terminalStore.names")
    assert len(names) >= 7
    failed = {name: page.evaluate("([name, pin]) => terminalStore.run(name, pin)", [name, PIN]) for name in names}
    assert {name: why for name, why in failed.items() if why} == {}
