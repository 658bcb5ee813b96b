"""Writes what the privacy pages of the web apps say: `python web/generate_kept.py`.

    wallet/seldom_kept_{en,zh}.json    what the wallet keeps in a browser, why, how long, how it is protected
    terminal/seldom_kept_{en,zh}.json  the same for the terminal

Rows that a browser shares with the command's device come from feiqian.cli.device_privacy, so both say the same; what
only browsers keep stands here. `where` names the place: an object store and the kind of a record in it, localStorage,
the service worker's caches. tests/web/test_shared_tables.py fails when a committed file is not what this writes;
tests/wallet/kept.test.ts, tests/terminal/kept.test.ts and tests/browser compare the places with those that are there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from feiqian.cli.device_privacy import (
    BOOKS,
    HEADINGS,
    OVER,
    SEALED,
    STAYS,
    TERMINAL_KEEPS,
    TITLE,
    WALLET_KEEPS,
    WRAPPED_KEY,
    KeptHere,
)
from feiqian.protocol.words import Language

WEB = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = ("en", "zh")
SEALED_HERE: Final = ("encrypted, in this browser's storage", "已加密，存于此浏览器")
CLEAR_HERE: Final = ("in clear; it says nothing about your money", "未加密；与您的钱无关")

SETTINGS: Final = KeptHere(
    where=("records/settings", "records/told"),
    what=("your settings, and what the operator said at the last sync", "您的设置，以及上次同步时运营方的答复"),
    why=("the app opens as you left it, also with no network", "没有网络时也能按您的设置打开"),
    how_long=STAYS,
    protected=SEALED_HERE,
)
BESIDE: Final[Sequence[KeptHere]] = (
    replace(
        WRAPPED_KEY,
        where=("meta/vault",),
        protected=(
            "the key under PBKDF2 of the PIN and, if you added one, under your passkey; counts in clear",
            "密钥由 PIN 经 PBKDF2 保护；如已添加通行密钥，也由其保护；次数未加密",
        ),
    ),
    KeptHere(
        where=("meta/version",),
        what=("how many times something was written", "写入次数"),
        why=("two open tabs never write over each other", "避免两个标签页互相覆盖"),
        how_long=STAYS,
        protected=CLEAR_HERE,
    ),
    KeptHere(
        where=("localStorage/feiqian-language",),
        what=("the language that you chose", "您选择的语言"),
        why=("the app opens in it", "打开时使用该语言"),
        how_long=("until you clear this site's data", "清除本站数据为止"),
        protected=CLEAR_HERE,
    ),
    KeptHere(
        where=("caches/feiqian-files-",),
        what=("the app's own files; nothing of yours", "应用自身的文件，不含您的内容"),
        why=("it opens with no network", "没有网络也能打开"),
        how_long=("a version until two newer ones have come", "每个版本保留到有两个更新的版本为止"),
        protected=("in clear; everybody gets the same files", "未加密；所有人的文件都相同"),
    ),
)
"""What a browser keeps beside the records, the same for every app."""

WALLET_KINDS: Final = {
    "enrolment": "enrolment",
    "membership": "membership",
    "trust": "trust",
    "heard": "heard",
    "allowance": "allowance",
    "payment": "payment",
    "credit": "credit",
    "finding": "findings",
    "payee": "payee",
    "paying_lock": "lock",
    "restored": "restored",
}
"""The command's tables and the kinds of records that hold the same in the browser."""
TERMINAL_KINDS: Final = {
    **{name: name for name in ("enrolment", "trust", "moment", "heard", "asked", "accepted", "allowance", "note")},
    **{name: name for name in ("paid", "shift", "batch", "event", "proof", "refusal")},
    "statement": "accepted",  # a receipt stands in the record of what it acknowledges
}
TILL_SETTINGS: Final = KeptHere(
    where=("records/settings", "records/pace"),
    what=("your settings, and how long syncs took", "您的设置，以及各次同步的耗时"),
    why=("the app opens as you left it, and says how long to wait", "按您的设置打开，并提示需等待多久"),
    how_long=STAYS,
    protected=SEALED_HERE,
)
TILL_KEY: Final = tuple(
    replace(one, where=("meta/recovery",)) for one in TERMINAL_KEEPS if one.where == ("recovery.json",)
)


def shared(kept: Sequence[KeptHere], kinds: Mapping[str, str]) -> tuple[KeptHere, ...]:
    """The rows of the command's table that a browser keeps as well, under the names of its records."""
    rows = []
    for one in kept:
        where = tuple(dict.fromkeys(f"records/{kinds[name]}" for name in one.where if name in kinds))
        if not where:
            continue
        if not kinds.keys() >= set(one.where) or one.protected != SEALED:
            raise ValueError(f"not true of a browser as a whole: {one.where}")
        how_long = BOOKS if one.how_long == OVER else one.how_long  # a browser does not forget by itself yet
        rows.append(replace(one, where=where, protected=SEALED_HERE, how_long=how_long))
    return tuple(rows)


APPS: Final = {
    "wallet": (*shared(WALLET_KEEPS, WALLET_KINDS), SETTINGS, *BESIDE),
    "terminal": (*shared(TERMINAL_KEEPS, TERMINAL_KINDS), TILL_SETTINGS, *TILL_KEY, *BESIDE),
}


def files() -> dict[Path, str]:
    """Every file with its whole text."""
    return {
        WEB / app / f"seldom_kept_{language}.json": _text(rows, number)
        for app, rows in APPS.items()
        for number, language in enumerate(LANGUAGES)
    }


def main() -> None:
    """Writes the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def _text(rows: Sequence[KeptHere], number: int) -> str:
    _, why, how_long, protection = (heading[number] for heading in HEADINGS)
    kept = [
        {
            "where": " ".join(one.where),
            "what": one.what[number],
            "why": one.why[number],
            "howLong": one.how_long[number],
            "protection": one.protected[number],
        }
        for one in rows
    ]
    content = {"title": TITLE[number], "why": why, "howLong": how_long, "protection": protection, "kept": kept}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
