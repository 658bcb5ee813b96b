"""All components and the first page, in both themes and languages: they fit a small phone, fingers, and axe's rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.browsers import Chromium, SwitchedSite, build_site, choose_language
from tests.browser.looks import found_by_axe, too_small
from tests.tidy.house import ROOT

PICTURES = ROOT / "build" / "screenshots" / "gallery"
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def gallery_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("gallery"), "ui/gallery.html", "index.html")


@pytest.fixture
def gallery(gallery_folder: Path) -> Iterator[SwitchedSite]:
    site = SwitchedSite(gallery_folder)
    site.on()
    yield site
    site.off()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_component_fits_and_can_be_touched(
    chromium: Chromium, gallery: SwitchedSite, theme: str, language: str
) -> None:
    page = seen_by_axe(chromium)
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(gallery.url + "/ui/gallery.html")
    choose_language(page, language)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert too_small(page) == []
    assert found_by_axe(page) == []
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{theme}-{language}.png", full_page=True)
    page.get_by_test_id("open-dialog").click()
    page.screenshot(path=PICTURES / f"{theme}-{language}-dialog.png")
    page.keyboard.press("Escape")
    assert page.get_by_test_id("dialog").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_page_fits_and_can_be_touched(chromium: Chromium, gallery: SwitchedSite, theme: str) -> None:
    page = seen_by_axe(chromium)
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(gallery.url)
    for language in ("en", "zh"):
        choose_language(page, language)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert too_small(page) == []
        assert found_by_axe(page) == []
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"start-{theme}-{language}.png")


def seen_by_axe(chromium: Chromium) -> Page:
    """A page into which axe may be put; that the content policy holds is what the other tests see."""
    chromium.close()
    return chromium.start(bypass_csp=True).new_page()
