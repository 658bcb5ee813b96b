"""Writes web/protocol/refusal_words_{en,zh}.json from the Python tables: `python web/generate_refusal_words.py`.

A file a language, since an app loads the one that is read. The order of their keys is the normative order of the
refusals, and the sentences are those that the command line says. tests/web/test_shared_tables.py fails when a committed
file is not what this writes.
"""

import json
from pathlib import Path

from feiqian.protocol.refusal_words import REFUSAL_WORDS
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.words import Language

FOLDER = Path(__file__).with_name("protocol")
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def files() -> dict[Path, str]:
    """Every file with its whole text."""
    return {FOLDER / f"refusal_words_{language}.json": _text(language) for language in LANGUAGES}


def main() -> None:
    """Writes the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def _text(language: Language) -> str:
    table = {code.value: REFUSAL_WORDS[code.value][language]._asdict() for code in RefusalCode}
    return json.dumps(table, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
