"""A walk through every screen of an app: how one is shown, what is done on it, and what each has to bear.

The screens play against a made-up role (fake.html of the app), so that every state can be seen. Pictures go to
build/screenshots/APP; what assistive technology hears stands beside the tests in APP_screens.LANGUAGE.yaml, and a
change writes the file anew as *.new beside it, to be looked at and moved over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.browsers import SwitchedSite, build_site
from tests.browser.looks import Seen, compare, found_by_axe, opened, too_small, too_wide
from tests.tidy.house import ROOT

SCREENSHOTS: Final = ROOT / "build" / "screenshots"
WALK_S: Final = 1_200
"""The longest that a walk through all of an app may take on a busy machine; each wait in it has its own limit."""
_SETTLED_MS: Final = 50
_LATER_MS: Final = 2_000
"""How long a screen that is not yet heard as before is listened to again: parts of it may still be loading."""

Act = Callable[[Page], None]


class Shown(NamedTuple):
    """A screen: what the page is asked to play, the address, and what is done before it is looked at."""

    name: str
    play: str = ""
    address: str = ""
    act: Act = lambda _: None


def typing(text: str) -> Act:
    def act(page: Page) -> None:
        for key in text:
            page.keyboard.press(key)

    return act


def pressing(*names: str) -> Act:
    def act(page: Page) -> None:
        for name in names:
            page.get_by_test_id(name).first.click()

    return act


def filling(*fields: tuple[str, str]) -> Act:
    def act(page: Page) -> None:
        for name, text in fields:
            page.get_by_test_id(name).fill(text)

    return act


def awaiting(name: str) -> Act:
    return lambda page: page.get_by_test_id(name).first.wait_for()


def steps(*acts: Act) -> Act:
    def act(page: Page) -> None:
        for one in acts:
            one(page)

    return act


@contextmanager
def played(app: str, folder: Path) -> Iterator[str]:
    """The address of an app's made-up page, built into the folder and served."""
    page = f"{app}/screens/fake.html"
    site = SwitchedSite(build_site(folder, page))
    site.on()
    try:
        yield f"{site.url}/{page}"
    finally:
        site.off()


def show(page: Page, address: str, screen: Shown, language: str = "en") -> None:
    page.goto("about:blank")  # the next address may differ in its hash alone, which loads nothing anew
    page.goto(f"{address}?language={language}&{screen.play}#/{screen.address}")
    page.locator("body[data-ready] h1").first.wait_for()
    page.wait_for_timeout(_SETTLED_MS)
    screen.act(page)
    page.wait_for_timeout(_SETTLED_MS)


def walk(browser: Browser, app: str, address: str, screens: Iterable[Shown], seen: Seen) -> list[str]:
    """What is wrong with any of them: too wide, too small to be touched, thrown, or found by axe.

    Every picture is taken; what is heard is compared with what was heard before.
    """
    page = opened(browser, seen)
    folder = SCREENSHOTS / app / seen.name
    folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    heard: list[str] = []
    kept = Path(__file__).with_name(f"{app}_screens.{seen.language}.yaml")
    before = kept.read_text(encoding="utf-8") if kept.exists() else ""
    page.on("pageerror", lambda error: wrong.append(f"thrown: {error}"))
    for screen in screens:
        show(page, address, screen, seen.language)
        if seen.heard:
            heard.append(_hear(page, screen.name, before))
        found = too_small(page) + too_wide(page, seen)
        page.screenshot(path=folder / f"{screen.name}.png", full_page=True)
        if seen.heard:
            found += found_by_axe(page)
        wrong += [f"{screen.name}: {one}" for one in found]
    page.context.close()
    if seen.heard and not wrong:
        compare("\n".join(heard), kept)
    return wrong


def _hear(page: Page, name: str, before: str) -> str:
    """What assistive technology hears of a screen: as it was heard before as soon as it is, else what it comes to."""
    listened_ms = 0
    while True:
        heard = f"# {name}\n{page.locator('body').aria_snapshot()}\n"
        if not before or listened_ms >= _LATER_MS or f"{heard}\n#" in before or before.endswith(heard):
            return heard
        page.wait_for_timeout(_SETTLED_MS)
        listened_ms += _SETTLED_MS
