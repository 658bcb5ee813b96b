"""Every screen of the wallet, in both languages: accessibility tree, axe, width, size of targets, keyboard, pictures.

The screens play against a made-up wallet (web/wallet/screens/fake_app.ts); tests/browser/walk.py says what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Playwright

from tests.browser.browsers import CHROMIUM
from tests.browser.looks import Seen, focused, opened, tab_to
from tests.browser.walk import WALK_S, Act, Shown, awaiting, filling, played, pressing, show, steps, typing, walk

PIN: Final = "274916"
LONG: Final = "four words with no tie"

WALKS: Final = (
    Seen("phone-light-en", 360, 740, "en", heard=True),
    Seen("phone-dark-zh", 360, 740, "zh", dark=True, heard=True),
    Seen("large-phone-dark-en", 412, 915, "en", dark=True),
    Seen("large-phone-light-zh", 412, 915, "zh"),
    Seen("desk-light-en", 1280, 800, "en"),
)
PHONE: Final = WALKS[0]


def on_pad(text: str) -> Act:
    """Keys before there is a pad go nowhere."""
    return steps(awaiting("key-1"), typing(text))


def awaiting_part(selector: str) -> Act:
    return lambda page: page.locator(selector).first.wait_for()


ALERT: Final = awaiting_part("[role=alert]")
TO_PIN: Final = pressing("begin", "enrol-next")


def passphrases(words: str) -> Act:
    """For a new backup, twice the same."""
    return steps(filling(("backup-passphrase", words), ("backup-again", words)), pressing("backup-make"))


def putting_back(words: str) -> Act:
    """A file, and what should open it."""
    file: Final[FilePayload] = {"name": "feiqian.fqbackup", "mimeType": "application/octet-stream", "buffer": b"sealed"}

    def choose(page: Page) -> None:
        page.get_by_test_id("backup-file").set_input_files(file)

    return steps(awaiting("backup-choose"), choose, filling(("backup-open", words)), pressing("backup-put-back"))


SCREENS: Final = (
    Shown("welcome", "phase=new"),
    Shown("enrol-code", "phase=new&code=FQ-7K2M-9PXR-41", act=pressing("begin")),
    Shown("enrol-pin", "phase=new&code=X", act=steps(TO_PIN, on_pad("2749"))),
    Shown("enrol-pin-weak", "phase=new&code=X", act=steps(TO_PIN, on_pad("123456"), pressing("pin-next"), ALERT)),
    Shown(
        "enrol-pins-differ",
        "phase=new&code=X",
        act=steps(TO_PIN, on_pad(PIN), pressing("pin-next"), on_pad("739264"), pressing("pin-next"), ALERT),
    ),
    Shown(
        "enrol-fails",
        "phase=new&code=X&failing",
        act=steps(TO_PIN, on_pad(PIN), pressing("pin-next"), on_pad(PIN), pressing("pin-next"), ALERT),
    ),
    Shown("unlock", "phase=locked&passkey=enrolled", act=on_pad("274")),
    Shown("unlock-wrong", "phase=locked", act=steps(on_pad("111222"), pressing("unlock-button"), ALERT)),
    Shown("unlock-waits", "phase=locked&waits"),
    Shown("blocked", "phase=blocked"),
    Shown("home"),
    Shown("home-hidden", act=pressing("hide-amounts")),
    Shown("home-empty", "day=empty"),
    Shown("home-spent", "day=spent"),
    Shown("home-trouble", "day=trouble"),
    Shown("home-rich", "day=rich"),
    Shown("scan", address="scan", act=awaiting("torch")),
    Shown("scan-no-camera", "camera=refused", "scan", ALERT),
    Shown("scan-frames", "camera=frame", "scan", awaiting_part("progress")),
    Shown("scan-not-feiqian", "camera=menu", "scan", ALERT),
    Shown("offer", "pass=offer:request", "offer"),
    Shown("offer-not-proved", "pass=offer:unproved", "offer"),
    Shown("offer-up-to", "pass=offer:upto", "offer"),
    Shown("offer-large", "pass=offer:large", "offer"),
    Shown("offer-holder", "pass=offer:large&passkey=enrolled", "offer", pressing("consent")),
    Shown("offer-over", "pass=offer:over", "offer"),
    Shown("offer-drawn", "pass=offer:drawn", "offer"),
    Shown("shown", "pass=shown:one", "shown"),
    Shown("receipt", "pass=receipt:receipt", "receipt"),
    Shown("receipt-note", "pass=receipt:note", "receipt"),
    Shown("code", address="code", act=on_pad("12.50")),
    Shown("code-too-much", address="code", act=on_pad("90")),
    Shown("code-none", "day=spent", "code"),
    Shown("code-shown", "pass=code:42", "shown"),
    Shown("code-over", "pass=code:-1", "shown"),
    Shown("history", address="history"),
    Shown("history-needs-you", address="history?filter=needs_you"),
    Shown("history-nothing", address="history", act=filling(("search", "xyz"))),
    Shown("payment-unconfirmed", address="payment/7f3a9c21"),
    Shown("payment-settled", address="payment/55e0c3b8"),
    Shown("payment-accepted", address="payment/c04d18e7"),
    Shown("payment-refused", address="payment/e81f4402"),
    Shown("payment-none", address="payment/00000000"),
    Shown(
        "report",
        address="report/c04d18e7",
        act=lambda page: page.locator("input[value=wrong_amount]").check(force=True),
    ),
    Shown("top-up", address="top-up", act=filling(("top-up-amount", "100"))),
    Shown("top-up-too-much", address="top-up", act=filling(("top-up-amount", "2000"))),
    Shown(
        "top-up-fails", "failing", "top-up", steps(filling(("top-up-amount", "50")), pressing("top-up-button"), ALERT)
    ),
    Shown("sync", address="sync"),
    Shown("sync-running", "sync=running", "sync"),
    Shown("sync-done", "sync=done", "sync"),
    Shown("sync-failed", "sync=failed", "sync"),
    Shown("findings", "day=trouble", "findings"),
    Shown("findings-none", address="findings"),
    Shown("allowances", address="allowances"),
    Shown("allowances-end", address="allowances", act=pressing("end-4f1c")),
    Shown("allowances-unsigned", "day=trouble", "allowances", act=pressing("end-77d2")),
    Shown("disputes", address="disputes", act=awaiting("dispute-d1")),
    Shown("disputes-fail", "failing", "disputes", ALERT),
    Shown("more", address="more"),
    Shown("guide", address="guide"),
    Shown("settings", address="settings"),
    Shown("settings-passkey", "passkey=enrolled", "settings"),
    Shown("change-pin", address="pin", act=on_pad("27")),
    Shown("lost", address="lost"),
    Shown("lost-elsewhere", "day=trouble", "lost", awaiting("elsewhere")),
    Shown("lost-locked", "phase=locked", "lost"),
    Shown("lost-code", address="lost-code"),
    Shown("lost-code-made", address="lost-code", act=steps(pressing("lost-code-make"), awaiting("lost-code-text"))),
    Shown("lost-code-fails", "failing", "lost-code", steps(pressing("lost-code-make"), ALERT)),
    Shown("backup", address="backup"),
    Shown("backup-made", address="backup", act=steps(passphrases(LONG), awaiting("backup-done"))),
    Shown("backup-weak", address="backup", act=steps(passphrases("402817"), ALERT)),
    Shown("backup-came", address="backup", act=steps(putting_back(LONG), awaiting("backup-restored"))),
    Shown("backup-wrong", address="backup", act=steps(putting_back("402817"), ALERT)),
    Shown("privacy", address="privacy"),
    Shown("packs", address="packs", act=awaiting("torch")),
    Shown("packs-no-camera", "camera=none", "packs", ALERT),
    Shown("packs-pieces", "camera=frame", "packs", awaiting_part("progress")),
    Shown("packs-newer", "camera=newer", "packs", awaiting("pack-newer")),
    Shown("packs-same", "camera=same", "packs", awaiting("pack-same")),
    Shown("packs-older", "camera=older", "packs", ALERT),
    Shown("update", "day=trouble&update", "update"),
    Shown("update-not-there", "day=trouble", "update"),
    Shown("boundary", address="boundary"),
    Shown("boundary-offline", "day=trouble", "boundary"),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with played("wallet", tmp_path_factory.mktemp("wallet")) as address:
        yield address


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield browser
    browser.close()


@pytest.mark.timeout(WALK_S)
@pytest.mark.parametrize("seen", WALKS, ids=[seen.name for seen in WALKS])
def test_every_screen(browser: Browser, address: str, seen: Seen) -> None:
    """Fits, can be touched, has its picture taken; is heard as written down, and axe knows nothing wrong with it."""
    assert walk(browser, "wallet", address, SCREENS, seen) == []


def test_a_payment_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Unlock, scan (as text), confirm with the PIN, take the receipt: no pointer. New screens focus their h1."""
    page = opened(browser, PHONE)
    show(page, address, Shown("unlock", "phase=locked&camera=none"))
    on_pad(PIN)(page)
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-home").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "pay-by-scan")
    page.keyboard.press("Enter")
    tab_to(page, "paste-field")
    page.keyboard.type("large")
    tab_to(page, "paste-read")
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-offer").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "consent")
    page.keyboard.press("Enter")
    page.get_by_test_id("holder-dialog").wait_for()
    on_pad(PIN)(page)
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-shown").wait_for()
    assert "1,234,567.50" in page.get_by_test_id("shown-amount").inner_text()
    tab_to(page, "to-scan-receipt")
    page.keyboard.press("Enter")
    tab_to(page, "paste-field")
    page.keyboard.type("receipt")
    tab_to(page, "paste-read")
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-receipt").wait_for()
    assert "48.12" in page.get_by_test_id("receipt-amount").inner_text()
    page.context.close()


def test_nothing_is_paid_without_consent_and_the_right_pin(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("offer", "pass=offer:large", "offer"))
    pressing("consent")(page)
    on_pad("111222")(page)
    pressing("holder-confirm")(page)
    page.get_by_test_id("notice-pin_wrong").wait_for()
    assert page.get_by_test_id("screen-shown").count() == 0
    page.keyboard.press("Escape")
    assert page.get_by_test_id("holder-dialog").count() == 0
    pressing("decline")(page)
    page.get_by_test_id("screen-home").wait_for()
    page.context.close()


def test_a_request_that_is_over_cannot_be_paid(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("offer", "pass=offer:over", "offer"))
    assert page.get_by_test_id("offer-over").is_visible()
    assert page.get_by_test_id("consent").count() == 0
    page.context.close()


def test_a_code_vanishes_in_the_background_and_after_its_time(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("code", "pass=code:42", "shown"))
    code = page.get_by_test_id("qr")
    assert code.get_attribute("data-covered") == "false"
    page.evaluate("dispatchEvent(new Event('blur'))")
    assert code.get_attribute("data-covered") == "true"
    assert code.locator("svg").count() == 0
    page.evaluate("dispatchEvent(new Event('focus'))")
    assert code.get_attribute("data-covered") == "false"
    pressing("code-hide")(page)
    assert code.get_attribute("data-covered") == "true"
    page.evaluate("dispatchEvent(new Event('focus'))")
    assert code.get_attribute("data-covered") == "true"  # what was put away does not come back
    show(page, address, Shown("code", "pass=code:-1", "shown"))
    assert code.locator("svg").count() == 0
    page.context.close()


def test_hidden_amounts_are_hidden_wherever_money_rests(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("home"))
    assert "682.25" in page.locator("body").inner_text()
    pressing("hide-amounts")(page)
    for place in ("", "history", "more", "boundary", "payment/7f3a9c21"):
        page.goto(page.url.split("#")[0] + f"#/{place}")
        page.locator("h1").first.wait_for()
        text = page.locator("body").inner_text()
        assert [amount for amount in ("682.25", "200.00", "18.50", "1,450.00") if amount in text] == []
    page.context.close()


def test_nothing_of_an_open_wallet_shows_once_it_is_locked(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("shown", "pass=shown:one", "shown"))
    page.goto(page.url.split("#")[0] + "#/more")
    pressing("more-lock")(page)
    page.get_by_test_id("screen-unlock").wait_for()
    page.goto(page.url.split("#")[0] + "#/shown")
    page.wait_for_timeout(50)
    assert page.get_by_test_id("qr").count() == 0
    on_pad(PIN)(page)
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-home").wait_for()  # and the cheque that was shown is not what the next holder sees
    page.context.close()


def test_motion_stops_for_who_asks_for_it(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("sync", "sync=running", "sync"))
    moving = "[...document.querySelectorAll('.spinner')].map((one) => getComputedStyle(one).animationName)"
    assert set(page.evaluate(moving)) == {"none"}
    page.emulate_media(reduced_motion="no-preference")
    assert set(page.evaluate(moving)) == {"turn"}
    page.context.close()
