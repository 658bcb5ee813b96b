"""`feiqian bench web` and `bench qr`: figures of a browser, taken by the scripts of a checkout's benchmarks/browser.

A browser and what drives it are tools of the tests and no part of the product: where they are missing, that is said.
The scripts are processes of their own and leave their figures in a file; whether a promise holds is judged here.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from feiqian.protocol.words import Trouble, Words, WordsTable

ROOT: Final = Path(__file__).parents[3]
"""The checkout, if this runs in one."""
SCRIPTS: Final = {"web": "pay", "qr": "frames"}
TOOLS: Final = ("playwright", "PIL", "segno")
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")

PAY_MAX_MS: Final = 1_000
COLD_START_MAX_MS: Final = 1_000
COMMIT_MAX_MS: Final = 10
APP_MAX_BYTES: Final = 60_000
HINTS_MIN: Final = 8
"""Of ten."""
READ_SHARE_MIN: Final = 0.95

_BROWSER_WORDS: Final[WordsTable] = {
    "bench_tools_missing": {
        "en": Words(
            "This bench needs {parts}.",
            "Nothing was changed and nothing was measured.",
            "Run it in a checkout, after: python3 dev.py test (it installs what tests need; on Debian, Chromium too).",
        ),
        "zh": Words(
            "此项测量需要 {parts}。",
            "没有任何改动，也没有进行测量。",
            "请在源码目录中运行，并先执行 python3 dev.py test（它会安装测试所需的工具，在 Debian 上也包括 Chromium）。",
        ),
    },
    "bench_broke_off": {
        "en": Words(
            "The measurement broke off; the reason stands above it on the screen.",
            "It used an operator, a wallet and a till of its own, with made-up money.",
            "Run it again on a quiet machine; if it stays, report what stands there.",
        ),
        "zh": Words(
            "测量中断，原因见屏幕上方。",
            "测量使用独立的运营方、钱包和终端，资金均为虚构。",
            "请在空闲的机器上重测；若仍如此，请报告所示内容。",
        ),
    },
    "web_too_much": {
        "en": Words(
            "{name} is {found}, promised is at most {limit}.",
            "Nothing else was touched.",
            "docs/benchmarks.md says how it is measured, and what is known of it.",
        ),
        "zh": Words(
            "{name} 为 {found}，承诺不超过 {limit}。",
            "没有改动任何数据。",
            "测量方法与已知情况见 docs/benchmarks.md。",
        ),
    },
    "web_too_little": {
        "en": Words(
            "{name} is {found}, promised is at least {limit}.",
            "Nothing else was touched.",
            "docs/benchmarks.md says how it is measured, and what is known of it.",
        ),
        "zh": Words(
            "{name} 为 {found}，承诺不低于 {limit}。",
            "没有改动任何数据。",
            "测量方法与已知情况见 docs/benchmarks.md。",
        ),
    },
}


class BrowserTrouble(Trouble):
    """A bench in a browser that could not be run, or a promise that it found broken."""

    table = _BROWSER_WORDS


def missing() -> Trouble | None:
    """What this machine or this installation lacks."""
    parts = [name for name in TOOLS if find_spec(name) is None]
    if not any(shutil.which(name) for name in BROWSERS):
        parts.append("chromium")
    if not (ROOT / "benchmarks" / "browser").is_dir():
        parts.append("benchmarks/browser")
    return BrowserTrouble("bench_tools_missing", parts=", ".join(parts)) if parts else None


def measure(name: str) -> dict[str, Any]:
    """The keys of one of the two. Throws BrowserTrouble bench_broke_off."""
    with tempfile.TemporaryDirectory(prefix="feiqian-bench-") as folder:
        figures = Path(folder) / "figures.json"
        words = [sys.executable, "-m", f"benchmarks.browser.{SCRIPTS[name]}", str(figures)]
        ended = subprocess.run(words, cwd=ROOT, stdout=sys.stderr, check=False)  # noqa: S603  # a script of the checkout
        if ended.returncode != 0 or not figures.exists():
            raise BrowserTrouble("bench_broke_off")
        found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
        return found


def flat(keys: Mapping[str, Any]) -> dict[str, float | None]:
    """The single figures among these keys, those of a table of figures by both names."""
    found: dict[str, float | None] = {}
    for key, value in keys.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{part}": figure for part, figure in value.items()}
        elif isinstance(value, int | float):
            found[key] = value
    return found


def web_failures(keys: Mapping[str, Any]) -> Iterator[BrowserTrouble]:
    """The promises of `bench web` that these figures break."""
    most = {
        "pay_to_green_p95_ms": PAY_MAX_MS,
        "cold_start_p95_ms": COLD_START_MAX_MS,
        "counter_commit_p95_ms": COMMIT_MAX_MS,
    }
    for name, limit in most.items():
        if keys[name] > limit:
            yield BrowserTrouble("web_too_much", name=name, found=keys[name], limit=limit)
    for app in ("wallet", "terminal"):
        found = keys["app_gzip_bytes"][app]
        if found > APP_MAX_BYTES:
            yield BrowserTrouble("web_too_much", name=f"app_gzip_bytes.{app}", found=found, limit=APP_MAX_BYTES)
    hints = keys["wait_hints_within_30_percent"]
    if hints < HINTS_MIN:
        yield BrowserTrouble("web_too_little", name="wait_hints_within_30_percent", found=hints, limit=HINTS_MIN)


def qr_failures(keys: Mapping[str, Any]) -> Iterator[BrowserTrouble]:
    """The promises of `bench qr` that these figures break, for each size of message."""
    for cell in keys["cells"]:
        if cell["read_share"] < READ_SHARE_MIN:
            name = f"read_share, {cell['bytes']} B"
            yield BrowserTrouble("web_too_little", name=name, found=cell["read_share"], limit=READ_SHARE_MIN)
