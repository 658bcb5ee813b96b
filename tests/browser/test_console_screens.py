"""Every page of the console, in both languages: accessibility tree, axe, width, size of targets, keyboard, pictures.

The pages play against a made-up operator that answers in JSON (web/console/screens/fake_operator.ts), so that every
state can be seen; tests/browser/test_console.py walks them with the real one. What assistive technology hears stands in
console_screens.en.yaml and .zh.yaml: a change writes the file anew as *.new beside it, to be looked at and moved over.
Pictures go to build/screenshots/console.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.browsers import CHROMIUM, SwitchedSite, build_site
from tests.browser.looks import Seen, compare, focused, found_by_axe, opened, tab_to, too_small, too_wide
from tests.tidy.house import ROOT

PICTURES: Final = ROOT / "build" / "screenshots" / "console"
ID: Final = "AAECAwQFBgc"

WALKS: Final = (
    Seen("phone-light-en", 360, 740, dark=False, language="en", heard=True),
    Seen("phone-dark-zh", 360, 740, dark=True, language="zh", heard=True),
    Seen("desk-light-zh", 1280, 800, dark=False, language="zh"),
    Seen("desk-dark-en", 1280, 800, dark=True, language="en"),
)
PHONE: Final = WALKS[0]
DESK: Final = WALKS[3]


class Shown(NamedTuple):
    """A page: what is played, the address, and what is done before it is looked at."""

    name: str
    address: str = ""
    play: str = ""
    act: Callable[[Page], None] = lambda _: None


def pressing(*names: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name in names:
            page.get_by_test_id(name).first.click()

    return act


def filling(*fields: tuple[str, str]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name, text in fields:
            page.get_by_test_id(name).fill(text)

    return act


def steps(*acts: Callable[[Page], None]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for one in acts:
            one(page)

    return act


def signing_in(code: str) -> Callable[[Page], None]:
    return steps(
        filling(("sign-in-name", "lin.hua"), ("sign-in-password", "copper-lantern"), ("sign-in-code", code)),
        pressing("sign-in-submit"),
    )


def waiting(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_test_id(name).wait_for()


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
    Shown("figures", "figures", act=read_chart),
    Shown("figures-month", "figures", act=lambda page: page.get_by_test_id("span").locator("label").nth(2).click()),
    Shown("figures-table", "figures", act=lambda page: page.locator(".chart-table summary").first.click()),
    Shown("figures-empty", "figures", "day=empty"),
    Shown("payers", "payers"),
    Shown("payers-empty", "payers", "day=empty"),
    Shown("payers-none", "payers", act=steps(filling(("search", "zebra")), waiting("empty"))),
    Shown("payers-enrol", "payers", act=pressing("enrol-payer")),
    Shown(
        "payers-enrolled",
        "payers",
        act=steps(pressing("enrol-payer"), filling(("enrol-name", "Ana")), pressing("enrol-yes")),
    ),
    Shown("payer", f"payer/{ID}"),
    Shown("payer-support", f"payer/{ID}", "role=support"),
    Shown("payer-suspend", f"payer/{ID}", act=pressing("suspend-payer")),
    Shown("payer-suspended", f"payer/{ID}", act=pressing("suspend-payer", "suspend-yes")),
    Shown("payer-fund", f"payer/{ID}", act=steps(pressing("fund-payer"), filling(("fund-amount", "250")))),
    Shown(
        "payer-funded",
        f"payer/{ID}",
        act=steps(pressing("fund-payer"), filling(("fund-amount", "250")), pressing("fund-yes")),
    ),
    Shown("payer-unknown", f"payer/{ID}", f"failing=payers/{ID}"),
    Shown("payees", "payees"),
    Shown("payee", f"payee/{ID}"),
    Shown("devices", "devices"),
    Shown("terminals", "terminals"),
    Shown("allowances", "allowances"),
    Shown("allowance", f"allowance/{ID}"),
    Shown("disputes", "disputes"),
    Shown("disputes-empty", "disputes", "day=empty"),
    Shown("dispute", f"dispute/{ID}", act=decided),
    Shown("dispute-sure", f"dispute/{ID}", act=steps(decided, pressing("decide"))),
    Shown("dispute-support", f"dispute/{ID}", "role=support"),
    Shown("exposure", "exposure"),
    Shown("exposure-empty", "exposure", "day=empty"),
    Shown("forks", "forks"),
    Shown("forks-empty", "forks", "day=empty"),
    Shown("pool", "pool"),
    Shown("pool-fund", "pool", act=pressing("fund-pool")),
    Shown("keys", "keys"),
    Shown("keys-first", "keys", "day=empty"),
    Shown("audit", "audit"),
    Shown("audit-empty", "audit", "day=empty"),
    Shown("leaf", "leaf/1482"),
    Shown("acts", "acts"),
    Shown("act", f"act/{ID}"),
    Shown("staff", "staff"),
    Shown("staff-auditor", "staff", "role=auditor"),
    Shown("staff-add", "staff", act=steps(pressing("add-staff"), filling(("staff-name", "wang.wei")))),
    Shown(
        "staff-secret",
        "staff",
        act=steps(pressing("add-staff"), filling(("staff-name", "wang.wei")), pressing("add-yes")),
    ),
    Shown("staff-change", "staff", act=pressing("change-omar")),
    Shown("staff-remove", "staff", act=pressing("change-omar", "ask-remove")),
    Shown("account", "account"),
    Shown("not-allowed", "payers", "role=viewer"),
    Shown("menu", "payers", act=opening_menu),
    Shown("leaving", "payers", "ahead=1700", waiting("leaving")),
    Shown("over", "payers", "ahead=1790", waiting("session-over")),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = SwitchedSite(build_site(tmp_path_factory.mktemp("console"), "console/screens/fake.html"))
    site.on()
    yield f"{site.url}/console/screens/fake.html"
    site.off()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield browser
    browser.close()


def show(page: Page, address: str, screen: Shown, language: str) -> None:
    page.goto("about:blank")  # the next address may differ in its hash alone, which loads nothing anew
    page.goto(f"{address}?language={language}&{screen.play}#/{screen.address}")
    page.wait_for_selector("body[data-ready]")
    page.locator("h1").first.wait_for()
    page.wait_for_timeout(60)
    screen.act(page)
    page.wait_for_timeout(60)


@pytest.mark.parametrize("seen", WALKS, ids=[seen.name for seen in WALKS])
def test_every_page(browser: Browser, address: str, seen: Seen) -> None:
    """Fits, can be touched, has its picture taken; is heard as written down, and axe knows nothing wrong with it."""
    page = opened(browser, seen)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    folder = PICTURES / seen.name
    folder.mkdir(parents=True, exist_ok=True)
    wrong, heard = [], []
    for screen in SCREENS:
        show(page, address, screen, seen.language)
        found = too_small(page) + too_wide(page, seen)
        page.screenshot(path=folder / f"{screen.name}.png", full_page=True)
        if seen.heard:
            heard.append(f"# {screen.name}\n{page.locator('body').aria_snapshot()}\n")
            found += found_by_axe(page)
        wrong += [f"{screen.name}: {one}" for one in found]
    page.context.close()
    assert wrong == []
    assert faults == []
    if seen.heard:
        compare("\n".join(heard), Path(__file__).with_name(f"console_screens.{seen.language}.yaml"))


def test_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Sign in, read a chart, decide a dispute: no pointer. Each new page has the focus on its heading."""
    page = opened(browser, DESK)
    show(page, address, Shown("sign-in", play="session=out"), "en")
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
    show(page, address, Shown("dispute", f"dispute/{ID}"), "en")
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
    show(page, address, Shown("viewer", play="role=viewer"), "en")
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
    show(page, address, Shown("payers", "payers", "ahead=1700"), "en")
    page.get_by_test_id("leaving").wait_for()
    assert "Ana Duarte" in page.locator("body").inner_text()
    page.get_by_test_id("leave").click()
    page.get_by_test_id("screen-sign-in").wait_for()
    assert "Ana Duarte" not in page.locator("body").inner_text()
    show(page, address, Shown("payers", "payers", "ahead=1790"), "en")
    page.get_by_test_id("session-over").wait_for()
    assert "Ana Duarte" not in page.locator("body").inner_text()
    page.context.close()
