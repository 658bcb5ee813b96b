"""A lost phone: its code, written down before, stops it from any browser, which loads and keeps nothing of a wallet."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from feiqian.protocol.frame import split
from feiqian.protocol.qrtext import encode_text
from tests.browser.browsers import CHROMIUM, choose_language
from tests.browser.looks import Seen, found_by_axe, too_small, too_wide
from tests.browser.people import PATIENCE_MS, Device, Town, drawn, living
from tests.browser.walk import SCREENSHOTS

SEEN: Final = Seen("phone", 360, 740, "en")
KEPT: Final = """async () => ({
    bases: (await indexedDB.databases()).map(({ name }) => name),
    stores: Object.keys(localStorage),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
PLACES: Final = """async () => {
    const base = await new Promise((done) => {
        const asked = indexedDB.open("feiqian-wallet");
        asked.onsuccess = () => done(asked.result);
    });
    const places = [];
    for (const store of base.objectStoreNames) {
        const keys = await new Promise((done) => {
            const asked = base.transaction(store).objectStore(store).getAllKeys();
            asked.onsuccess = () => done(asked.result);
        });
        places.push(...keys.map((key) => `${store}/${key.split("/")[0]}`));
    }
    base.close();
    places.push(...Object.keys(localStorage).map((name) => `localStorage/${name}`));
    places.push(...(await caches.keys()).map((name) => `caches/${name.replace(/[0-9a-f]{64}$/, "")}`));
    return { places: [...new Set(places)], bases: (await indexedDB.databases()).map(({ name }) => name) };
}"""


@pytest.fixture
def town(playwright: Playwright, tmp_path: Path) -> Iterator[Town]:
    with living(Town(tmp_path / "stage", playwright)) as town:
        yield town


@pytest.fixture
def elsewhere(playwright: Playwright) -> Iterator[Browser]:
    """Somebody else's browser."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield browser
    browser.close()


def in_another(browser: Browser, address: str) -> tuple[BrowserContext, Page, list[str]]:
    """The page in a browser that never saw a wallet, and all that it asks for."""
    context = browser.new_context(viewport={"width": SEEN.width, "height": SEEN.height}, bypass_csp=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_test_id("screen-report-lost").wait_for()
    return context, page, asked


def looks_right(page: Page, name: str) -> None:
    """In both languages: it fits, can be touched, and axe knows nothing wrong; a picture is kept."""
    folder = SCREENSHOTS / "lost"
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("zh", "en"):
        choose_language(page, language)
        assert too_small(page) + too_wide(page, SEEN) + found_by_axe(page) == [], (name, language)
        page.screenshot(path=folder / f"{name}-{language}.png", full_page=True)


def gives(page: Page, code: str) -> None:
    page.get_by_test_id("lost-code-field").fill(code)
    page.get_by_test_id("lost-stop").click()


def test_a_lost_phone_is_stopped_from_any_browser(town: Town, elsewhere: Browser) -> None:
    phone = town.phone
    phone.tops_up("300")
    phone.goes("lost")
    phone.at("to-lost-code").click()
    phone.at("lost-code-make").click()
    code = phone.said("lost-code-text")
    phone.at("lost-code-kept").click()
    phone.goes("more")
    phone.at("more-lock").click()
    phone.at("to-lost").click()  # locked, in a finder's hand: the page is a tap away, the amount is not told
    assert phone.at("at-risk").count() == 0
    assert str(phone.at("to-report-lost").get_attribute("href")) == "/lost/"

    context, page, asked = in_another(elsewhere, f"{town.venue.url}/lost/")
    looks_right(page, "asks")
    gives(page, code[:-4] + "0000")
    page.get_by_test_id("notice-lost_code_invalid").wait_for()
    looks_right(page, "wrong")
    town.server.killed()
    gives(page, code)
    page.get_by_test_id("notice-operator_unreachable").wait_for()
    looks_right(page, "unreachable")
    town.venue.server_url = town.server.up()
    gives(page, f" {code.lower()} ")
    page.get_by_test_id("stopped").wait_for()
    assert "300.00" in page.get_by_test_id("at-risk").inner_text()
    looks_right(page, "stopped")
    assert [url for url in asked if "/wallet" in url or "wallet-" in url] == []
    kept = page.evaluate(KEPT)
    assert kept == {"bases": [], "stores": ["feiqian-language"], "caches": [], "workers": 0}
    context.close()

    phone.goes("")
    phone.unlock(phone.page)
    assert phone.syncs() == "part"  # it is signed out
    assert town.operator("payers")["payers"][0]["reserved_minor"] == 300_00
    assert town.books_are_right()


def test_the_privacy_page_names_all_that_the_browser_keeps(town: Town) -> None:
    phone = town.phone
    phone.tops_up("300")
    phone.reads(town.asked("20.00"))
    phone.pays()
    assert town.till.scans(phone.photograph()) == "F2"
    phone.scans_receipt(town.till.photograph())
    choose_language_in_settings(town)
    assert phone.syncs() == "done"
    found = phone.page.evaluate(PLACES)
    assert found["bases"] == ["feiqian-wallet"]
    phone.goes("privacy")
    phone.at("kept").first.wait_for()
    named = " ".join(str(one.get_attribute("data-places")) for one in phone.at("kept").all()).split()
    assert set(found["places"]) <= set(named)
    assert {"records/payment", "records/told", "meta/vault", "meta/version"} < set(found["places"])
    assert {"localStorage/feiqian-language", "caches/feiqian-files-"} < set(found["places"])


def choose_language_in_settings(town: Town) -> None:
    """There and back."""
    town.phone.goes("settings")
    for language in ("zh", "en"):
        choose_language(town.phone.page, language)


def test_a_suspension_passes_from_screen_to_camera_without_a_network(town: Town) -> None:
    """What the operator has published since, shown as codes to a till and a phone that cannot reach it."""
    phone, till = town.phone, town.till
    phone.tops_up("300")
    town.cut_off()
    url = town.server.up()
    town.operator("suspend", town.payer_id)
    with urllib.request.urlopen(f"{url}/v1/trust-pack") as answer:  # noqa: S310  # our own server
        codes = [encode_text(frame) for frame in split(answer.read())]
    assert len(codes) > 1
    phone.reads(town.asked("20.00"))
    phone.pays()  # nobody has told the phone
    takes_lists(till, codes)
    till.goes("")
    till.page.locator("[data-testid=open-request]").first.click()
    assert till.reads(phone.text_shown()) == "F0"
    assert till.refusal() == "allowance_suspended"
    takes_lists(phone, codes)
    phone.goes("boundary")
    line = phone.at("capability-pay_request")
    line.wait_for()
    assert (line.get_attribute("data-works"), "stopped" in line.inner_text()) == ("false", True)
    phone.goes("packs")  # the same codes are still before the camera
    phone.at("pack-same").wait_for()


def takes_lists(device: Device, codes: Sequence[str]) -> None:
    """Holds the camera over the codes until all are read."""
    device.camera.sees(*[drawn(code) for code in codes])
    device.goes("packs")
    device.at("pack-newer").wait_for(timeout=3 * PATIENCE_MS)
    device.at("pack-done").click()
