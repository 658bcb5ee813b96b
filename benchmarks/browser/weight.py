"""How much an app loads: bytes of its built files, each compressed by gzip as the server sends it.

Counted for every day is what an app loads to be opened with its PIN and to pay or take a payment that answers a
request, from the amount to the receipt, in one language: its script with all that it imports at once, its style, and
that language's words. Counted apart is what is loaded when it is first needed: the scanner with its screen, the talk
with the operator, history, one-way codes of a wallet, screens for seldom things with their style, words of failures,
the other language. The service worker keeps all of it, so that none of it needs a network.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tasks.web import SITE

APPS: Final = ("wallet", "terminal")
LANGUAGES: Final = {"en": "in_english", "zh": "in_chinese"}
SCANNER: Final = re.compile(r"/(camera|camera_failed|qr_worker|scan|scanner_view|zxing_reader)-")
PROMISED_BYTES: Final = 60_000

_PAGE_FILES: Final = re.compile(r'(?:src|href)="/(assets/[^"]+\.(?:js|css))"')
_AT_ONCE: Final = re.compile(r'(?:from|import)\s*["`]\./([\w.-]+\.js)["`]')
_LATER: Final = re.compile(r'import\(\s*["`]\./([\w.-]+\.js)["`]\s*\)|["`]/?(assets/[\w.-]+\.(?:js|wasm|css))["`]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Compressed bytes of one app: for every day in the heavier language, and of all that it may ever load."""

    daily: int
    scanner: int
    seldom: int


def weight(site: Path, app: str) -> Weight:
    """What an app of this built site weighs."""
    everything = set(all_files(site, app))
    daily = {language: set(daily_files(site, app, language)) for language in LANGUAGES}
    scanner = {path for path in everything if SCANNER.search(path.as_posix())}
    return Weight(
        daily=max(map(compressed, daily.values())),
        scanner=compressed(scanner),
        seldom=compressed(everything - scanner - {path for files in daily.values() for path in files}),
    )


def daily_files(site: Path, app: str, language: str) -> Iterator[Path]:
    """The files that are loaded every day by somebody who reads this language."""
    at_once = set(_reached(site, page_files(site, app), _AT_ONCE))
    yield from at_once
    words = [path for path in _reached(site, at_once, _LATER, depth=1) if path.name.startswith(LANGUAGES[language])]
    if len(words) != 1:
        raise ValueError(f"{app} has {len(words)} files of words in {language}")
    yield from words


def all_files(site: Path, app: str) -> Iterator[Path]:
    """Every script, style and reader that the app can come to load."""
    yield from _reached(site, page_files(site, app), _AT_ONCE, _LATER)


def compressed(files: set[Path]) -> int:
    """Bytes of these files, each compressed by itself as it travels: as it was packed when it was built."""
    return sum(map(_travels, files))


def _travels(path: Path) -> int:
    packed = path.with_name(f"{path.name}.gz")
    return packed.stat().st_size if packed.is_file() else len(gzip.compress(path.read_bytes(), 9))


def page_files(site: Path, app: str) -> set[Path]:
    """The scripts and styles that its page names."""
    page = (site / app / "index.html").read_text(encoding="utf-8")
    return {site / name for name in _PAGE_FILES.findall(page)}


def _reached(site: Path, begin: set[Path], *ways: re.Pattern[str], depth: int | None = None) -> Iterator[Path]:
    """Where these ways lead from there, over any number of files or over `depth`, the beginning included."""
    seen, ahead = set(begin), set(begin)
    while ahead and depth != 0:
        depth = None if depth is None else depth - 1
        found = {
            site / "assets" / Path(next(filter(None, match.groups()))).name
            for path in ahead
            if path.suffix == ".js"
            for way in ways
            for match in way.finditer(path.read_text(encoding="utf-8"))
        }
        ahead = {path for path in found - seen if path.is_file()}
        seen |= ahead
    yield from seen


def main() -> None:
    """Print the bytes of the site that was built last, as JSON."""
    print(json.dumps({app: asdict(weight(SITE, app)) for app in APPS}))


if __name__ == "__main__":
    main()
