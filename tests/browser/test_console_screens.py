"""Every page of the console, in both languages: accessibility tree, axe, width, size of targets, keyboard, pictures.

The pages play against a made-up operator that answers in JSON (web/console/screens/fake_operator.ts);
tests/browser/test_console.py walks them with the real one. tests/browser/walk.py says what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.browsers import CHROMIUM
from tests.browser.looks import Seen, focused, opened, tab_to
from tests.browser.walk import WALK_S, Act, Shown, awaiting, filling, played, pressing, show, steps, walk

ID: Final = "AAECAwQFBgc"

WALKS: Final = (
    Seen("phone-light-en", 360, 740, dark=False, language="en", heard=True),
    Seen("phone-dark-zh", 360, 740, dark=True, language="zh", heard=True),
    Seen("desk-light-zh", 1280, 800, dark=False, language="zh"),
    Seen("desk-dark-en", 1280, 800, dark=True, language="en"),
)
PHONE: Final = WALKS[0]
DESK: Final = WALKS[3]


def signing_in(code: str) -> Act:
    return steps(
        filling(("sign-in-name", "lin.hua"), ("sign-in-password", "copper-lantern"), ("sign-in-code", code)),
        pressing("sign-in-submit"),
    )


def opening_menu(page: Page) -> None:
    """A wide screen shows it anyway."""
    if page.get_by_test_id("menu").is_visible():
        page.get_by_test_id("menu").click()


def read_chart(page: Page) -> None:
    page.get_by_test_id("chart-paid-reader").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")


def decided(page: Page) -> None:
    page.get_by_test_id("decision").locator("label").nth(2).click()
    filling(("refund-amount", "24"), ("decision-words", "One of two books was delivered."))(page)


SCREENS: Final = (
    Shown("starting", play="starting"),
    Shown("unreachable", play="session=gone"),
    Shown("sign-in", play="session=out"),
    Shown("sign-in-empty", play="session=out", act=pressing("sign-in-submit")),
    Shown("sign-in-refused", play="session=out", act=signing_in("000000")),
    Shown("sign-in-wait", play="session=out", act=signing_in("111111")),
    Shown("first-password", play="session=first"),
    Shown(
        "first-password-wrong",
        play="session=first",
        act=steps(filling(("password-current", "x"), ("password-next", "short")), pressing("password-submit")),
    ),
    Shown("overview"),
    Shown("overview-empty", play="day=empty"),
    Shown("overview-viewer", play="role=viewer"),
    Shown("overview-failed", play="failing=overview"),
    Shown("figures", address="figures", act=read_chart),
    Shown(
        "figures-month", address="figures", act=lambda page: page.get_by_test_id("span").locator("label").nth(2).click()
    ),
    Shown("figures-table", address="figures", act=lambda page: page.locator(".chart-table summary").first.click()),
    Shown("figures-empty", "day=empty", address="figures"),
    Shown("payers", address="payers"),
    Shown("payers-empty", "day=empty", address="payers"),
    Shown("payers-none", address="payers", act=steps(filling(("search", "zebra")), awaiting("empty"))),
    Shown("payers-enrol", address="payers", act=pressing("enrol-payer")),
    Shown(
        "payers-enrolled",
        address="payers",
        act=steps(pressing("enrol-payer"), filling(("enrol-name", "Ana")), pressing("enrol-yes")),
    ),
    Shown("payer", address=f"payer/{ID}"),
    Shown("payer-support", "role=support", address=f"payer/{ID}"),
    Shown("payer-suspend", address=f"payer/{ID}", act=pressing("suspend-payer")),
    Shown("payer-suspended", address=f"payer/{ID}", act=pressing("suspend-payer", "suspend-yes")),
    Shown("payer-fund", address=f"payer/{ID}", act=steps(pressing("fund-payer"), filling(("fund-amount", "250")))),
    Shown(
        "payer-funded",
        address=f"payer/{ID}",
        act=steps(pressing("fund-payer"), filling(("fund-amount", "250")), pressing("fund-yes")),
    ),
    Shown("payer-unknown", f"failing=payers/{ID}", address=f"payer/{ID}"),
    Shown("payer-code", address=f"payer/{ID}", act=pressing("code-add", "add-code-yes")),
    Shown("payer-code-confirm", address=f"payer/{ID}", act=pressing("code-confirm")),
    Shown("payer-code-remove", address=f"payer/{ID}", act=pressing("code-remove")),
    Shown("payees", address="payees"),
    Shown("payee", address=f"payee/{ID}"),
    Shown("payee-revoke", address=f"payee/{ID}", act=pressing("revoke-terminal")),
    Shown("devices", address="devices"),
    Shown("terminals", address="terminals"),
    Shown("allowances", address="allowances"),
    Shown("allowance", address=f"allowance/{ID}"),
    Shown("wrong-codes", address="wrong-codes"),
    Shown("wrong-codes-empty", "day=empty", address="wrong-codes"),
    Shown("disputes", address="disputes"),
    Shown("disputes-empty", "day=empty", address="disputes"),
    Shown("dispute", address=f"dispute/{ID}", act=decided),
    Shown("dispute-sure", address=f"dispute/{ID}", act=steps(decided, pressing("decide"))),
    Shown("dispute-support", "role=support", address=f"dispute/{ID}"),
    Shown("exposure", address="exposure"),
    Shown("exposure-empty", "day=empty", address="exposure"),
    Shown("forks", address="forks"),
    Shown("forks-empty", "day=empty", address="forks"),
    Shown("pool", address="pool"),
    Shown("pool-fund", address="pool", act=pressing("fund-pool")),
    Shown("keys", address="keys"),
    Shown("keys-first", "day=empty", address="keys"),
    Shown("roots", address="roots"),
    Shown("roots-risk", "role=risk", address="roots"),
    Shown("roots-empty", "day=empty", address="roots"),
    Shown("roots-add", address="roots", act=pressing("add-root")),
    Shown("roots-remove", address="roots", act=pressing("remove-root")),
    Shown("audit", address="audit"),
    Shown("audit-empty", "day=empty", address="audit"),
    Shown("leaf", address="leaf/1482"),
    Shown("acts", address="acts"),
    Shown("act", address=f"act/{ID}"),
    Shown("staff", address="staff"),
    Shown("staff-auditor", "role=auditor", address="staff"),
    Shown("staff-add", address="staff", act=steps(pressing("add-staff"), filling(("staff-name", "wang.wei")))),
    Shown(
        "staff-secret",
        address="staff",
        act=steps(pressing("add-staff"), filling(("staff-name", "wang.wei")), pressing("add-yes")),
    ),
    Shown("staff-change", address="staff", act=pressing("change-omar")),
    Shown("staff-remove", address="staff", act=pressing("change-omar", "ask-remove")),
    Shown("account", address="account"),
    Shown("not-allowed", "role=viewer", address="payers"),
    Shown("menu", address="payers", act=opening_menu),
    Shown("leaving", "ahead=1700", "payers", awaiting("leaving")),
    Shown("over", "ahead=1790", "payers", awaiting("session-over")),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with played("console", tmp_path_factory.mktemp("console")) as address:
        yield address


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield browser
    browser.close()


@pytest.mark.timeout(WALK_S)
@pytest.mark.parametrize("seen", WALKS, ids=[seen.name for seen in WALKS])
def test_every_page(browser: Browser, address: str, seen: Seen) -> None:
    """Fits, can be touched, has its picture taken; is heard as written down, and axe knows nothing wrong with it."""
    assert walk(browser, "console", address, SCREENS, seen) == []


def test_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Sign in, read a chart, decide a dispute: no pointer. Each new page has the focus on its heading."""
    page = opened(browser, DESK)
    show(page, address, Shown("sign-in", play="session=out"))
    assert focused(page) == "H1"
    for name, text in (("sign-in-name", "lin.hua"), ("sign-in-password", "copper"), ("sign-in-code", "123456")):
        tab_to(page, name)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_test_id("screen-overview").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "menu-figures")
    page.keyboard.press("Enter")
    page.get_by_test_id("chart-paid").wait_for()
    assert focused(page) == "H1"
    tab_to(page, "chart-paid-reader")
    newest = page.get_by_test_id("chart-paid-at").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_test_id("chart-paid-at").inner_text() != newest
    assert "Offline" in (page.get_by_test_id("chart-paid-reader").get_attribute("aria-valuetext") or "")
    show(page, address, Shown("dispute", address=f"dispute/{ID}"))
    page.get_by_test_id("decision").locator("input").first.focus()
    page.keyboard.press("Space")
    tab_to(page, "decision-words")
    page.keyboard.type("Both were heard.")
    tab_to(page, "decide")
    page.keyboard.press("Enter")
    page.get_by_test_id("decide-sure").wait_for()
    page.keyboard.press("Escape")
    page.get_by_test_id("decide-sure").wait_for(state="detached")
    page.context.close()


def test_the_menu_offers_what_the_role_may_open(browser: Browser, address: str) -> None:
    page = opened(browser, DESK)
    show(page, address, Shown("viewer", play="role=viewer"))
    assert [one.inner_text() for one in page.get_by_role("navigation").get_by_role("link").all()] == [
        "Overview",
        "Figures",
    ]
    page.goto(page.url.split("#")[0] + "#/payers")
    page.get_by_test_id("screen-not-found").wait_for()
    page.context.close()


def test_what_was_shown_goes_with_the_session(browser: Browser, address: str) -> None:
    """A minute before the operator ends it: what stood on the screen is gone, and so is what was asked for."""
    page = opened(browser, DESK)
    show(page, address, Shown("payers", "ahead=1700", address="payers"))
    page.get_by_test_id("leaving").wait_for()
    assert "Ana Duarte" in page.locator("body").inner_text()
    page.get_by_test_id("leave").click()
    page.get_by_test_id("screen-sign-in").wait_for()
    assert "Ana Duarte" not in page.locator("body").inner_text()
    show(page, address, Shown("payers", "ahead=1790", address="payers"))
    page.get_by_test_id("session-over").wait_for()
    assert "Ana Duarte" not in page.locator("body").inner_text()
    page.context.close()
