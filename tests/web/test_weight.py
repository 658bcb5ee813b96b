"""What an app loads every day stays small: web/README.md says what is counted, what is promised and what is reached."""

from __future__ import annotations

from typing import Final

import pytest

from benchmarks.browser.weight import APPS, LANGUAGES, SCANNER, all_files, daily_files, weight
from tasks.web import SITE

REACHED_BYTES: Final = {"wallet": 60_000, "terminal": 60_000}


@pytest.mark.parametrize("app", APPS)
def test_what_an_app_loads_every_day_has_not_grown(app: str) -> None:
    found = weight(SITE, app)
    assert found.daily <= REACHED_BYTES[app], found
    assert found.daily > REACHED_BYTES[app] * 0.9, "it has become smaller: so should the figure that holds it"
    assert found.scanner > 400_000  # the reader is among what is counted apart, and was found
    assert found.seldom > 10_000


@pytest.mark.parametrize("app", APPS)
def test_everything_an_app_can_load_is_kept_for_days_without_a_network(app: str) -> None:
    worker = (SITE / "sw.js").read_text(encoding="utf-8")
    files = list(all_files(SITE, app))
    assert len(files) > 8
    assert [path.name for path in files if path.name not in worker] == []


@pytest.mark.parametrize("app", APPS)
def test_no_day_needs_the_scanner_or_the_other_language_to_begin(app: str) -> None:
    both = [set(daily_files(SITE, app, language)) for language in LANGUAGES]
    assert len(both[0] ^ both[1]) == len(LANGUAGES)  # a file of words each, and nothing else
    assert [path.name for path in set.union(*both) if SCANNER.search(path.as_posix())] == []
