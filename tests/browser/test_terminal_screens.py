"""Every screen of the terminal, in both languages: accessibility tree, axe, width, size of targets, keyboard, pictures.

The screens play against a made-up till (web/terminal/screens/fake_app.ts); tests/browser/walk.py says what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Playwright

from tests.browser.browsers import CHROMIUM
from tests.browser.looks import Seen, focused, opened, tab_to
from tests.browser.walk import WALK_S, Act, Shown, awaiting, filling, played, pressing, show, steps, typing, walk

PIN: Final = "280419"
PAYMENT_KEPT: Final = 148
CASE_AGAINST_US: Final = "7c1e5f0a93b24d6881aa60e2f4c7d913"
CASE_OF_OURS: Final = "b90d41c26e7f4a1f8d35c0aa17e9625b"


WALKS: Final = (
    Seen("phone-light-en", 360, 740, dark=False, language="en", heard=True),
    Seen("phone-dark-zh", 360, 740, dark=True, language="zh", heard=True),
    Seen("large-phone-light-zh", 412, 915, dark=False, language="zh"),
    Seen("till-light-en", 1280, 800, dark=False, language="en"),
    Seen("till-dark-zh", 1280, 800, dark=True, language="zh"),
)
PHONE: Final = WALKS[0]
TILL: Final = WALKS[3]


def typed(page: Page, text: str) -> None:
    typing(text)(page)


def pressed(page: Page, *names: str) -> None:
    pressing(*names)(page)


def up_to(page: Page) -> None:
    page.get_by_test_id("amount-mode").locator("label").nth(1).click()


def asked(page: Page, amount: str = "48") -> None:
    typed(page, amount)
    pressed(page, "ask")
    page.get_by_test_id("scan").wait_for()


def scanned(page: Page, what: str) -> None:
    pressed(page, "paste-instead")
    page.get_by_test_id("paste").fill(what)
    pressed(page, "paste-submit")


def answered(what: str, *then: str, amount: str = "48", maximum: bool = False) -> Act:
    def act(page: Page) -> None:
        if maximum:
            up_to(page)
        asked(page, amount)
        pressed(page, "scan")
        scanned(page, what)
        pressed(page, *then)

    return act


def packs(what: str, *then: str) -> Act:
    typed = (pressing("pack-paste"), filling(("pack-field", what)), pressing("pack-read"))
    return steps(*typed, *(awaiting(name) for name in then))


def final_amount(page: Page) -> None:
    answered("F2", amount="80", maximum=True)(page)
    page.get_by_test_id("final-yes").wait_for()
    typed(page, "61.2")


def enrolled(page: Page) -> None:
    for name, text in (("enrol-code", "BAD-1234"), ("enrol-pin", "739264"), ("enrol-pin-again", "739264")):
        page.get_by_test_id(name).fill(text)
    pressed(page, "enrol-submit")


def recovered(code: str) -> Act:
    def act(page: Page) -> None:
        answer = FilePayload(name="answer.json", mimeType="application/json", buffer=b"{}")
        page.get_by_test_id("recovery-answer").set_input_files(answer)
        for name, text in (("recovery-code", code), ("recovery-pin", "739264"), ("recovery-pin-again", "739264")):
            page.get_by_test_id(name).fill(text)
        pressed(page, "recovery-open")

    return act


def disputed(page: Page) -> None:
    page.get_by_test_id("dispute-reason").locator("label").first.click()
    page.get_by_test_id("dispute-words").fill("Sent on Friday.")


def contested(page: Page) -> None:
    page.get_by_test_id("case-words").fill("Handed over on Friday.")
    pressed(page, "contest")
    page.get_by_test_id("case-saved").wait_for()


def part_given_back(page: Page) -> None:
    page.get_by_test_id("give-back-choice").locator("label").nth(1).click()
    page.get_by_test_id("give-back-amount").fill("999")


SCREENS: Final = (
    Shown("welcome", "phase=new"),
    Shown("enrol", "phase=new", "enrol"),
    Shown("enrol-link", "phase=new&code=7C4K-9MWQ-X2TD-51HV", "enrol"),
    Shown("enrol-empty", "phase=new", "enrol", pressing("enrol-submit")),
    Shown("enrol-refused", "phase=new", "enrol", enrolled),
    Shown("unlock", "phase=locked", act=typing("739")),
    Shown("unlock-wrong", "phase=locked", act=steps(typing("739264"), pressing("unlock-submit"))),
    Shown("unlock-wait", "phase=locked&wait"),
    Shown("blocked", "phase=blocked"),
    Shown("recover", "phase=blocked", "recover", pressing("recovery-file")),
    Shown("recover-empty", "phase=locked", "recover", pressing("recovery-open")),
    Shown("recover-missing", "phase=blocked&failing", "recover", pressing("recovery-file")),
    Shown("recover-refused", "phase=blocked", "recover", recovered("BAD-1234")),
    Shown("recovered", "phase=blocked", "recover", recovered("7C4K-9MWQ-X2TD-51HV")),
    Shown("sell"),
    Shown("sell-first", "day=empty"),
    Shown("sell-typed", act=steps(typing("12.5"), pressing("reference-add"))),
    Shown("sell-above", act=typing("1284")),
    Shown("sell-long", act=typing("123456789.99")),
    Shown("sell-old", "day=old"),
    Shown("sell-stopped", "day=stopped"),
    Shown("request", act=asked),
    Shown("request-up-to", act=steps(up_to, asked)),
    Shown("request-gone", address="request/ff"),
    Shown("scan", act=steps(asked, pressing("scan"))),
    Shown("scan-frames", act=answered("frame")),
    Shown("scan-dark", "dark", act=steps(asked, pressing("scan"))),
    Shown("code-scan", address="code/1250"),
    Shown("code-ask", address="code/1250", act=lambda page: scanned(page, "F1")),
    Shown("code-refused", address="code/1250", act=lambda page: scanned(page, "refused")),
    Shown("decided-F3", act=answered("F3")),
    Shown("decided-F2", act=answered("F2")),
    Shown("ask-F1", act=answered("F1")),
    Shown("decided-F1", act=answered("F1", "risk-yes")),
    Shown("decided-before", act=answered("before")),
    Shown("decided-F0", act=answered("refused")),
    Shown("decided-fork", act=answered("fork")),
    Shown("decided-cancelled", act=answered("cancelled")),
    Shown("decided-cancel-note", act=answered("cancelled", "show-cancel-note")),
    Shown("final-amount", act=final_amount),
    Shown("give-back", address="give-back/148", act=part_given_back),
    Shown("void-note", address="give-back/148", act=pressing("give-back-yes")),
    Shown("cancel-list", address="cancel"),
    Shown("cancel-none", "day=empty", "cancel"),
    Shown("cancel", act=steps(asked, pressing("cancel"))),
    Shown("cancel-note", act=steps(asked, pressing("cancel", "cancel-yes"))),
    Shown("till", address="till"),
    Shown("till-first", "day=empty", "till"),
    Shown("till-end", address="till", act=pressing("end-shift")),
    Shown("till-ended", address="till", act=pressing("end-shift", "end-shift-yes")),
    Shown("history", address="history"),
    Shown("history-first", "day=empty", "history"),
    Shown("history-none", address="history", act=lambda page: page.get_by_test_id("search").fill("zebra")),
    Shown("payment-F2", address="payment/148"),
    Shown("payment-F1", address="payment/143"),
    Shown("payment-F0", address="payment/142"),
    Shown("payment-F3", address="payment/141"),
    Shown("payment-given-back", address="payment/144"),
    Shown("payment-receipt", address="payment/148", act=pressing("show-receipt")),
    Shown("payment-unknown", address="payment/9999"),
    Shown("more", address="more"),
    Shown("more-update", "update", "more"),
    Shown("guide", address="guide", act=lambda page: page.get_by_role("heading", level=2).first.wait_for()),
    Shown("ready", address="ready"),
    Shown("ready-old", "day=old", "ready"),
    Shown("ready-stopped", "day=stopped", "ready"),
    Shown("sync", address="sync"),
    Shown("sync-running", "sync=running", "sync"),
    Shown("sync-done", "sync=done", "sync"),
    Shown("sync-failed", "sync=failed", "sync"),
    Shown("files", address="files"),
    Shown("files-made", address="files", act=pressing("export")),
    Shown("packs", address="packs", act=awaiting("pack-paste")),
    Shown("packs-pieces", address="packs", act=packs("frame", "pack-parts")),
    Shown("packs-newer", address="packs", act=packs("newer", "pack-newer")),
    Shown("packs-older", address="packs", act=packs("older", "pack-again")),
    Shown("packs-dark", "dark", "packs", awaiting("camera-off")),
    Shown("disputes", address="disputes"),
    Shown("disputes-none", "day=empty", "disputes"),
    Shown("disputes-failed", "failing", "disputes", awaiting("cases-again")),
    Shown("case", address=f"case/{CASE_AGAINST_US}", act=awaiting("contest")),
    Shown("case-accept", address=f"case/{CASE_AGAINST_US}", act=pressing("accept-dispute")),
    Shown("case-accepted", address=f"case/{CASE_AGAINST_US}", act=pressing("accept-dispute", "accept-yes")),
    Shown("case-contested", address=f"case/{CASE_AGAINST_US}", act=contested),
    Shown("case-ours", address=f"case/{CASE_OF_OURS}", act=awaiting("withdraw")),
    Shown("case-withdrawn", address=f"case/{CASE_OF_OURS}", act=pressing("withdraw", "withdraw-yes")),
    Shown("case-gone", address="case/00"),
    Shown("dispute", address="disputes/142", act=disputed),
    Shown("dispute-failed", "failing", "disputes/142", steps(disputed, pressing("dispute-send"))),
    Shown("dispute-sent", address="disputes/142", act=steps(disputed, pressing("dispute-send"))),
    Shown("settings", address="settings"),
    Shown("privacy", address="privacy"),
    Shown("sign-out-waits", address="sign-out"),
    Shown("sign-out", "day=empty", "sign-out"),
    Shown("sign-out-sure", "day=empty", "sign-out", pressing("sign-out-button")),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with played("terminal", tmp_path_factory.mktemp("terminal")) as address:
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
    assert walk(browser, "terminal", address, SCREENS, seen) == []


def test_a_payment_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Unlock, ask, scan (as text), agree to the risk: no pointer. Each new screen has the focus on its heading."""
    page = opened(browser, TILL)
    show(page, address, Shown("unlock", "phase=locked"))
    typed(page, PIN)
    tab_to(page, "unlock-submit")
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-sell").wait_for()
    assert focused(page) == "H1"
    typed(page, "12.50")
    assert page.get_by_test_id("typed-amount").inner_text().startswith("12.50")
    tab_to(page, "ask")
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-request").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "scan")
    page.keyboard.press("Enter")
    tab_to(page, "paste-instead")
    page.keyboard.press("Enter")
    tab_to(page, "paste")
    page.keyboard.type("F1")
    tab_to(page, "paste-submit")
    page.keyboard.press("Enter")
    page.get_by_test_id("confirm-F1").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "risk-yes")
    page.keyboard.press("Enter")
    page.get_by_test_id("decision-F1").wait_for()
    assert "your risk" in page.get_by_test_id("decision-F1").inner_text()
    tab_to(page, "next-payment")
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-sell").wait_for()
    page.context.close()


def test_the_final_amount_gives_the_rest_back(browser: Browser, address: str) -> None:
    """Above the maximum nothing can be taken; below it the decision names what goes back."""
    page = opened(browser, PHONE)
    show(page, address, Shown("final", act=answered("F2", amount="80", maximum=True)))
    page.get_by_test_id("final-yes").wait_for()
    typed(page, "80.01")
    assert page.get_by_test_id("final-yes").is_disabled()
    assert page.get_by_test_id("final-too-much").is_visible()
    for _ in range(5):
        page.keyboard.press("Backspace")
    typed(page, "61.20")
    pressed(page, "final-yes")
    assert "18.80" in page.get_by_test_id("rest-back").inner_text()
    assert "61.20" in page.get_by_test_id("decision-F2").inner_text()
    page.context.close()


def test_nothing_of_an_open_till_shows_once_it_is_locked(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("payment", address=f"payment/{PAYMENT_KEPT}"))
    page.goto(page.url.split("#")[0] + "#/more")
    pressed(page, "more-lock")
    page.get_by_test_id("screen-unlock").wait_for()
    assert "Teahouse" not in page.locator("body").inner_text()
    page.context.close()


def test_motion_stops_for_who_asks_for_it(browser: Browser, address: str) -> None:
    page = opened(browser, PHONE)
    show(page, address, Shown("sync", "sync=running", "sync"))
    moving = "[...document.querySelectorAll('.spinner')].map((one) => getComputedStyle(one).animationName)"
    assert set(page.evaluate(moving)) == {"none"}
    page.emulate_media(reduced_motion="no-preference")
    assert set(page.evaluate(moving)) == {"turn"}
    page.context.close()
