"""Writes what risk/ and platform/ share with the Python: `python web/generate_shared_words.py`.

    risk/pin_table.json        waits after wrong PINs, PINs that many people use, and what is wrong with a PIN
    risk/boundary_words.json   what can be done, and why it cannot
    platform/link_words.json   why the operator could not be asked

tests/web/test_shared_tables.py fails when a committed file is not what this writes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.words import WordsTable
from feiqian.risk.boundary_words import WHAT_WORDS, WHY_WORDS
from feiqian.risk.pin import COMMON_PINS, PIN_FAILURES_MAX, PIN_WORDS, lockout_s

WEB = Path(__file__).parent


def files() -> dict[Path, str]:
    """Every file with its whole text."""
    pins = {
        "waitsS": " ".join(str(lockout_s(failures)) for failures in range(PIN_FAILURES_MAX)),
        "common": " ".join(sorted(COMMON_PINS)),
        "words": _sentences(PIN_WORDS),
    }
    boundary = {
        "what": {what.value: dict(words) for what, words in WHAT_WORDS.items()},
        "why": {why.value: dict(words) for why, words in WHY_WORDS.items()},
    }
    return {
        WEB / "risk" / "pin_table.json": _text(pins),
        WEB / "risk" / "boundary_words.json": _text(boundary),
        WEB / "platform" / "link_words.json": _text(_sentences(LinkTrouble.table)),
    }


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
