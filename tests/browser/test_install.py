"""The service worker: opens with the server dead, holds an update back until it is told, and outlives a broken one."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.browsers import PROBE_PATH, Chromium, SwitchedSite, keep_figures, until

CHANGED = Path("wallet") / "app.webmanifest"


def installed(chromium: Chromium, site: SwitchedSite) -> Page:
    page = chromium.page(site.url + PROBE_PATH)
    page.evaluate("probe.install()")
    until(page, "probe.installed().offlineReady")
    until(page, "navigator.serviceWorker.controller !== null")
    return page


def update(site: SwitchedSite, folder: Path, *, broken: bool = False) -> str:
    """Serve another version, whose service worker names the hash of one changed file, or a hash that it has not."""
    shutil.copytree(site.folder, folder)
    old = hashlib.sha256((folder / CHANGED).read_bytes()).hexdigest()
    (folder / CHANGED).write_text((folder / CHANGED).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    new = hashlib.sha256((folder / CHANGED).read_bytes() + (b"x" if broken else b"")).hexdigest()
    worker = (folder / "sw.js").read_text(encoding="utf-8")
    assert old in worker
    (folder / "sw.js").write_text(worker.replace(old, new), encoding="utf-8")
    site.off()
    site.on(folder)
    return (folder / CHANGED).read_text(encoding="utf-8")


def given(page: Page) -> str:
    text: str = page.evaluate("fetch('/wallet/app.webmanifest').then((reply) => reply.text())")
    return text


def test_it_opens_in_a_new_browser_with_the_server_dead(chromium: Chromium, site: SwitchedSite) -> None:
    installed(chromium, site)
    site.off()
    chromium.close()
    chromium.start()
    began = time.monotonic()
    page = chromium.page(site.url + PROBE_PATH)
    took_ms = (time.monotonic() - began) * 1000
    assert page.evaluate("probe.state()") == "none"
    ready_ms = page.evaluate("performance.now()")
    keep_figures("cold_start_offline", {"in_page_ms": ready_ms, "with_tab_ms": took_ms})


def test_an_update_waits_until_it_is_told(chromium: Chromium, site: SwitchedSite, tmp_path: Path) -> None:
    page = installed(chromium, site)
    before = given(page)
    after = update(site, tmp_path / "next")
    page.evaluate("probe.lookForUpdate()")
    until(page, "probe.installed().updateWaiting")
    assert given(page) == before
    page.reload()  # a reload is no permission
    page.wait_for_selector("body[data-ready]")
    assert given(page) == before
    page.evaluate("probe.install()")
    until(page, "probe.installed().updateWaiting")
    with page.expect_navigation():
        page.evaluate("probe.takeUpdate()")
    page.wait_for_selector("body[data-ready]")
    assert given(page) == after


def test_a_page_that_stays_open_gets_its_parts_of_the_version_before(
    chromium: Chromium, site: SwitchedSite, tmp_path: Path
) -> None:
    page = installed(chromium, site)
    part = next((site.folder / "assets").glob("qr_worker-*.js")).name  # loaded with the first scan
    for turn, renamed in enumerate((part, None), start=1):
        folder = tmp_path / str(turn)
        if renamed is not None:
            shutil.copytree(site.folder, tmp_path / "renamed")
            site.off()
            site.on(tmp_path / "renamed")
            (site.folder / "assets" / renamed).rename(site.folder / "assets" / "qr_worker-anew.js")
            worker = (site.folder / "sw.js").read_text(encoding="utf-8")
            (site.folder / "sw.js").write_text(worker.replace(renamed, "qr_worker-anew.js"), encoding="utf-8")
        update(site, folder)
        page.evaluate("probe.lookForUpdate()")
        until(page, "probe.installed().updateWaiting")
        with page.expect_navigation():
            page.evaluate("probe.takeUpdate()")
        page.wait_for_selector("body[data-ready]")
        page.evaluate("probe.install()")
        held = page.evaluate(f"caches.match('/assets/{part}').then((reply) => reply !== undefined)")
        assert held is (turn == 1)  # kept through one update, and not for ever
        assert page.evaluate("caches.keys().then((names) => names.length)") == 2


def test_a_broken_update_leaves_the_old_version_serving(chromium: Chromium, site: SwitchedSite, tmp_path: Path) -> None:
    page = installed(chromium, site)
    before = given(page)
    update(site, tmp_path / "next", broken=True)
    page.evaluate("probe.lookForUpdate()")
    until(page, "navigator.serviceWorker.getRegistration().then((it) => it.installing === null)")
    assert page.evaluate("probe.installed().updateWaiting") is False
    site.off()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert given(page) == before


def test_what_is_not_a_file_of_the_app_goes_to_the_network(chromium: Chromium, site: SwitchedSite) -> None:
    page = installed(chromium, site)
    asked = "fetch('/v1/trust-pack').then((reply) => reply.status)"
    assert page.evaluate(asked) == 404
    site.off()
    assert page.evaluate(f"{asked}.catch(() => 'no network')") == "no network"
    names = page.evaluate(
        "caches.keys().then((names) => caches.open(names[0])).then((it) => it.keys()).then("
        "(all) => all.map((one) => new URL(one.url).pathname))"
    )
    assert PROBE_PATH in names
    assert not [name for name in names if name.startswith("/v1")]
