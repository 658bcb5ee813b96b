"""Writes web/protocol/refusal_words.json from the Python tables: `python web/generate_refusal_words.py`.

The order of its keys is the normative order of the refusals, and its sentences are those that the command line says.
tests/web/test_shared_tables.py fails when the committed file is not what this writes.
"""

import json
from pathlib import Path

from feiqian.protocol.refusal_words import REFUSAL_WORDS
from feiqian.protocol.refusals import RefusalCode

FILE = Path(__file__).with_name("protocol") / "refusal_words.json"


def refusal_words() -> str:
    """The whole file."""
    table = {
        code.value: {language: words._asdict() for language, words in REFUSAL_WORDS[code.value].items()}
        for code in RefusalCode
    }
    return json.dumps(table, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Writes the file."""
    FILE.write_text(refusal_words(), encoding="utf-8")


if __name__ == "__main__":
    main()
