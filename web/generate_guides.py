"""Writes the guides of docs/guides into the apps, as text that needs no network: `python web/generate_guides.py`.

    wallet/seldom_guide_{en,zh}.json      docs/guides/payer.{en,zh}.md
    terminal/seldom_guide_{en,zh}.json    docs/guides/payee.{en,zh}.md

A guide is a title, what stands before the first section, and sections. Of Markdown it uses headings, paragraphs, lists,
numbered lists and bold words, and pictures, which stay on the page. tests/web/test_guides.py fails when a committed
file is not what this writes.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WEB = Path(__file__).parent
GUIDES = WEB.parent / "docs" / "guides"
APPS = {"wallet": "payer", "terminal": "payee"}
LANGUAGES = ("en", "zh")

_PICTURE = re.compile(r"!\[(?P<words>[^\]]+)\]\((?P<path>[^)]+)\)")
_ITEM = re.compile(r"(?:(?P<number>\d+)\.|-) (?P<text>.*)")
_WIDE = "\u2e80-\u9fff\u3000-\u303f\uff00-\uffef“”"


@dataclass(slots=True)
class Block:
    """Paragraphs of one kind: `text`, `list` or `steps`. Bold words stand between two stars each."""

    kind: str
    items: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


def read(text: str) -> list[Section]:
    """The sections of a guide; the first has the guide's own title. Raises ValueError for what is not a guide."""
    sections: list[Section] = []
    for paragraph in _paragraphs(text):
        heading = re.fullmatch(r"##? (.+)", paragraph)
        if heading is not None:
            sections.append(Section(heading[1]))
        elif not sections:
            raise ValueError("a guide begins with its title")
        elif (picture := _PICTURE.fullmatch(paragraph)) is not None:
            sections[-1].pictures.append(picture["path"])
        else:
            _add(sections[-1], paragraph)
    return sections


def _paragraphs(text: str) -> list[str]:
    """Headings, list items, pictures and paragraphs, each on one line."""
    found: list[str] = []
    begun = False
    for line in text.splitlines():
        if not line.strip():
            begun = False
        elif not begun or _ITEM.match(line):
            found.append(line.strip())
            begun = True
        else:
            found[-1] = _joined(found[-1], line.strip())
    return found


def _joined(before: str, after: str) -> str:
    """Two lines of one paragraph: no blank between Chinese."""
    wide = re.search(rf"[{_WIDE}]$", before) or re.match(rf"[{_WIDE}]", after)
    return before + ("" if wide else " ") + after


def _add(section: Section, paragraph: str) -> None:
    item = _ITEM.fullmatch(paragraph)
    kind, text = "text", paragraph
    if item is not None:
        kind, text = "list" if item["number"] is None else "steps", item["text"]
    if not section.blocks or section.blocks[-1].kind != kind or kind == "text":
        section.blocks.append(Block(kind))
    section.blocks[-1].items.append(text)


def files() -> dict[Path, str]:
    """Every file with its whole text."""
    texts = {}
    for app, guide in APPS.items():
        for language in LANGUAGES:
            page = (GUIDES / f"{guide}.{language}.md").read_text(encoding="utf-8")
            content = [{"title": one.title, "blocks": [_block(block) for block in one.blocks]} for one in read(page)]
            text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
            texts[WEB / app / f"seldom_guide_{language}.json"] = text
    return texts


def _block(block: Block) -> dict[str, Any]:
    """Each item is an object, which the formatter of web/ leaves on lines of its own."""
    return {"kind": block.kind, "items": [{"text": text} for text in block.items]}


def main() -> None:
    """Writes the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
