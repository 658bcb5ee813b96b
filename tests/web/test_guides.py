"""The guides: both languages say the same in the same order, pictures are there, names are those on the screens."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tasks.web import WEB
from tests.tidy.house import ROOT

GENERATOR = runpy.run_path(str(WEB / "generate_guides.py"))
APPS, GUIDES, LANGUAGES = GENERATOR["APPS"], GENERATOR["GUIDES"], GENERATOR["LANGUAGES"]
files, read = GENERATOR["files"], GENERATOR["read"]
GUIDE_NAMES = ("payer", "payee", "operator")
PICTURE_MAX_BYTES = 120_000
PNG = b"\x89PNG\r\n\x1a\n"
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<path>[^)#]+)(?:#[^)]*)?\)")


def page(guide: str, language: str) -> str:
    text: str = (GUIDES / f"{guide}.{language}.md").read_text(encoding="utf-8")
    return text


def shape(guide: str, language: str) -> list[object]:
    """What a guide has, without its words: pictures, kinds of paragraphs and how many items each has."""
    return [
        (
            [path.replace(f".{language}.", ".") for path in section.pictures],
            [(block.kind, len(block.items)) for block in section.blocks],
        )
        for section in read(page(guide, language))
    ]


@pytest.mark.parametrize("guide", GUIDE_NAMES)
def test_both_languages_have_the_same_sections(guide: str) -> None:
    assert shape(guide, "en") == shape(guide, "zh")
    assert len(shape(guide, "en")) > 4


def test_every_picture_is_there_is_used_and_is_small() -> None:
    named = {
        (GUIDES / path).resolve()
        for guide in GUIDE_NAMES
        for language in LANGUAGES
        for section in read(page(guide, language))
        for path in section.pictures
    }
    kept = set((GUIDES / "pictures").glob("*"))
    assert named == kept
    assert len(kept) >= 8
    for path in kept:
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size <= PICTURE_MAX_BYTES, path.name


@pytest.mark.parametrize("guide", GUIDE_NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_leads_somewhere(guide: str, language: str) -> None:
    paths = [found["path"] for found in LINK.finditer(page(guide, language))]
    assert [path for path in paths if not (GUIDES / path).exists()] == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_a_readme_leads_to_the_guides(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    language = "zh" if "zh" in readme else "en"
    assert [guide for guide in GUIDE_NAMES if f"docs/guides/{guide}.{language}.md" not in text] == []


@pytest.mark.parametrize("path", sorted(files()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_apps_hold_the_guides_as_they_are(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "python web/generate_guides.py"


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_guide_tells_to_tap_is_on_a_screen(app: str, language: str) -> None:
    files = [*(WEB / app).glob(f"*words_{language}.ts"), WEB / "ui" / "pack_words.ts"]
    words = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = names_in(page(APPS[app], language), language)
    assert len(names) >= 8
    assert [name for name in names if f'"{name}"' not in words] == []


def names_in(text: str, language: str) -> list[str]:
    """Names of buttons and screens: in bold without a full stop, or in Chinese quotation marks."""
    if language == "zh":
        return re.findall(r"“([^”]+)”", text)
    found: list[str] = re.findall(r"\*\*([^*]+)\*\*", text)
    return [name for name in found if name[-1] not in ".:,"]
