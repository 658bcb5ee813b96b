"""Burn, then show, in a real browser: no counter is shown twice, whatever is killed and however many tabs draw."""

from __future__ import annotations

import random
import statistics
import time

from playwright.sync_api import Page

from tests.browser.browsers import PIN, PROBE_PATH, Chromium, Heard, SwitchedSite, keep_figures, until

TABS = 4
ACTS = 40
DEATHS = 4


def opened(chromium: Chromium, site: SwitchedSite) -> Page:
    """A tab with the store open."""
    page = chromium.page(site.url + PROBE_PATH)
    way = "create" if page.evaluate("probe.state()") == "none" else "unlock"
    assert page.evaluate(f"probe.{way}('{PIN}')") == ""
    assert page.evaluate("probe.open()") == ""
    return page


def test_four_tabs_never_draw_the_same_counter(chromium: Chromium, site: SwitchedSite) -> None:
    pages = [opened(chromium, site) for _ in range(TABS)]
    for page in pages:
        page.evaluate(f"window.drawing = probe.drawMany('tab', {ACTS}); 0")
    drawn = [counter for page in pages for counter in page.evaluate("window.drawing")]
    assert sorted(drawn) == list(range(1, TABS * ACTS + 1))
    for page in pages:  # each tab hears of what the others did
        until(page, f"probe.counter() === {TABS * ACTS}")
        assert page.evaluate("probe.cheques()") == TABS * ACTS


def test_what_was_shown_before_a_sigkill_is_never_drawn_again(chromium: Chromium, site: SwitchedSite) -> None:
    """The battery dies at a random moment of a tab that draws without pause."""
    chance = random.Random(4)  # noqa: S311  # the same moments each time
    shown = Heard()
    for _ in range(DEATHS):
        page = opened(chromium, site)
        assert page.evaluate("probe.counter()") >= max(shown, default=0)
        page.expose_function("show", shown.hear)
        page.evaluate("void (async () => { for (;;) await show(await probe.draw('on and on')); })()")
        page.wait_for_timeout(chance.uniform(150, 500))
        chromium.kill()
        chromium.start()
    assert len(shown) > DEATHS
    assert len(set(shown)) == len(shown)
    page = opened(chromium, site)
    assert page.evaluate("probe.counter()") >= max(shown)
    assert page.evaluate("probe.counter() === probe.cheques()")


STOP_AT_PUT = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...words) {
    const asked = put.apply(this, words);
    if (window.deadly && words[1] === 'counter') { reached('put'); for (;;); }
    return asked;
};"""
STOP_AT_COMMIT = """
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...words) {
    const begun = begin.apply(this, words);
    if (window.deadly && words[1] === 'readwrite') {
        begun.addEventListener('complete', () => { reached('complete'); for (;;); });
    }
    return begun;
};"""


def die_at(chromium: Chromium, site: SwitchedSite, script: str) -> Page:
    """The browser is killed at the moment of a draw that the script waits for; the page of the next one."""
    reached = Heard()
    page = chromium.context.new_page()
    page.expose_function("reached", reached.hear)
    page.add_init_script(script)
    page.goto(site.url + PROBE_PATH)
    page.wait_for_selector("body[data-ready]")
    page.evaluate(f"probe.create('{PIN}')")
    page.evaluate("probe.open()")
    assert page.evaluate("probe.draw('first')") == 1
    page.evaluate("window.deadly = true; void probe.draw('second'); 0")
    deadline = time.monotonic() + 60
    while not reached:
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)
    chromium.kill()
    chromium.start()
    return opened(chromium, site)


def test_killed_between_put_and_commit_the_counter_is_free_and_whole(chromium: Chromium, site: SwitchedSite) -> None:
    page = die_at(chromium, site, STOP_AT_PUT)
    assert page.evaluate("[probe.counter(), probe.cheques()]") == [1, 1]
    assert page.evaluate("probe.draw('again')") == 2


def test_killed_between_commit_and_show_the_counter_is_burnt(chromium: Chromium, site: SwitchedSite) -> None:
    page = die_at(chromium, site, STOP_AT_COMMIT)
    assert page.evaluate("[probe.counter(), probe.cheques()]") == [2, 2]
    assert page.evaluate("probe.draw('again')") == 3


def test_how_long_a_commit_takes(chromium: Chromium, site: SwitchedSite) -> None:
    page = opened(chromium, site)
    page.evaluate("probe.drawMany('measured', 60)")
    took = sorted(page.evaluate("probe.commitMs()"))
    figures = {"median_ms": statistics.median(took), "p95_ms": took[int(len(took) * 0.95)], "commits": len(took)}
    keep_figures("counter_commit", figures)
    assert len(took) == 60
    assert figures["median_ms"] < 100  # ten times the figure to reach: only a busy machine or a broken store is slower
