"""Writes what risk/ and platform/ share with the Python: `python web/generate_shared_words.py`.

    risk/pin_waits.json                 waits after wrong PINs
    risk/pin_table.json                 PINs that many people use, and what is wrong with a PIN
    risk/boundary_words_{en,zh}.json    what can be done, and why it cannot
    platform/link_words_{en,zh}.json    why the operator could not be asked

tests/web/test_shared_tables.py fails when a committed file is not what this writes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.words import Language, WordsTable
from feiqian.risk.boundary_words import WHAT_WORDS, WHY_WORDS
from feiqian.risk.pin import COMMON_PINS, PIN_FAILURES_MAX, PIN_WORDS, lockout_s

WEB = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def files() -> dict[Path, str]:
    """Every file with its whole text."""
    pins = {
        "common": " ".join(sorted(COMMON_PINS)),
        "words": _sentences(PIN_WORDS),
    }
    waits = {"waitsS": " ".join(str(lockout_s(failures)) for failures in range(PIN_FAILURES_MAX))}
    texts = {
        WEB / "risk" / "pin_waits.json": _text(waits),
        WEB / "risk" / "pin_table.json": _text(pins),
    }
    for language in LANGUAGES:
        boundary = {
            "what": {what.value: words[language] for what, words in WHAT_WORDS.items()},
            "why": {why.value: words[language] for why, words in WHY_WORDS.items()},
        }
        link = {code: twins[language]._asdict() for code, twins in LinkTrouble.table.items()}
        texts[WEB / "risk" / f"boundary_words_{language}.json"] = _text(boundary)
        texts[WEB / "platform" / f"link_words_{language}.json"] = _text(link)
    return texts


def main() -> None:
    """Writes the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def _sentences(table: WordsTable) -> dict[str, Any]:
    return {code: {language: words._asdict() for language, words in twins.items()} for code, twins in table.items()}


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
