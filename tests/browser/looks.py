"""How a screen is looked at: as a person sees it, as axe judges it, as assistive technology hears it, by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tasks.web import WEB

AXE: Final = WEB / "node_modules" / "axe-core" / "axe.min.js"
TARGET_MIN: Final = 44
TABS_MAX: Final = 80


class Seen(NamedTuple):
    """By whom a walk through all screens is seen; `heard` also by assistive technology."""

    name: str
    width: int
    height: int
    language: str
    dark: bool = False
    heard: bool = False


def opened(browser: Browser, seen: Seen) -> Page:
    """A page as this person sees it, whose clock and motion stand still."""
    context = browser.new_context(
        viewport={"width": seen.width, "height": seen.height},
        color_scheme="dark" if seen.dark else "light",
        reduced_motion="reduce",
        timezone_id="UTC",
        bypass_csp=True,  # axe is put into the page by the test; the product's policy is tested elsewhere
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    return page


def found_by_axe(page: Page) -> list[str]:
    """Violations, each with where it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
            .map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target).join(" | ")}`)"""
    )
    return found


def too_wide(page: Page, seen: Seen) -> list[str]:
    """What would have to be scrolled sideways."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{width} wide"] if width > seen.width else []


def too_small(page: Page) -> list[str]:
    """What can be touched and is smaller than a finger. Links inside a line of text are as high as the line."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("button, a, label.choice, label.switch")]
            .filter((one) => one.getClientRects().length > 0)
            .filter((one) => Math.min(one.offsetHeight, one.offsetWidth) < least)
            .map((one) => one.outerHTML.slice(0, 120))""",
        TARGET_MIN,
    )
    return found


def compare(heard: str, kept: Path) -> None:
    """What is heard is what was heard before; otherwise it is written beside it, to be looked at."""
    if kept.exists() and kept.read_text(encoding="utf-8") == heard:
        return
    new = kept.with_name(kept.name + ".new")
    new.write_text(heard, encoding="utf-8")
    pytest.fail(f"what is heard has changed: look at {new.name} and move it over {kept.name}")


def focused(page: Page) -> str | None:
    """The test id of what has the focus, or its tag."""
    name: str | None = page.evaluate("document.activeElement?.dataset.testid ?? document.activeElement?.tagName")
    return name


def tab_to(page: Page, name: str) -> None:
    """Reach it by the keyboard."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    raise AssertionError(f"{name} is never reached by the keyboard")
