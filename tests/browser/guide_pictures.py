"""Takes the pictures of docs/guides from the screens themselves, in each language: `python3 dev.py pictures`.

The screens play against made-up apps whose clock stands still (screens/fake.html), so a picture changes only when its
screen does. Few colours keep them small.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsers import CHROMIUM
from tests.browser.test_terminal_screens import answered, asked
from tests.browser.walk import Act, played
from tests.tidy.house import ROOT

PICTURES: Final = ROOT / "docs" / "guides" / "pictures"
LANGUAGES: Final = ("en", "zh")
PHONE: Final = (380, 760)
DESK: Final = (1120, 760)
SCALE: Final = 2
COLOURS: Final = 96


class Shot(NamedTuple):
    """One picture: which app's page, what it plays, the address, and what is done before."""

    name: str
    app: str
    play: str = ""
    address: str = ""
    act: Act = lambda _: None
    size: tuple[int, int] = PHONE


SHOTS: Final = (
    Shot("wallet-home", "wallet"),
    Shot("wallet-shown", "wallet", "pass=shown", "shown"),
    Shot("terminal-request", "terminal", act=asked),
    Shot("terminal-accepted", "terminal", act=answered("F2")),
    Shot("console-overview", "console", size=DESK),
)


def main() -> None:
    """Takes them all anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for app in dict.fromkeys(shot.app for shot in SHOTS):
            with played(app, Path(name) / app) as address:
                for language in LANGUAGES:
                    for shot in (one for one in SHOTS if one.app == app):
                        take(browser, address, shot, language)
        browser.close()


def take(browser: Browser, address: str, shot: Shot, language: str) -> None:
    """One picture of one screen."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        device_scale_factor=SCALE,
        reduced_motion="reduce",
        timezone_id="UTC",
    )
    page = context.new_page()
    page.goto(f"{address}?language={language}&{shot.play}#/{shot.address}")
    page.locator("h1").first.wait_for()
    shot.act(page)
    page.mouse.move(0, 0)  # no button looks touched
    page.wait_for_timeout(200)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(PICTURES / f"{shot.name}.{language}.png", optimize=True)
    context.close()


if __name__ == "__main__":
    main()
