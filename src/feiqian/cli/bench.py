"""`feiqian bench`: figures about this machine and this build. Ratios within one run travel, absolute times do not."""

import argparse
import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import MISSING, Report
from feiqian.cli.store_choice import SQLITE, StoreMissing, is_store_missing
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

RATIO_KNOWN_MAX = 1.45
RATIO_NEW_MAX = 3.3
P99_MAX_US = 5_000
SETTLE_RATIO_MIN = 0.40
FULL_BOOKS_SHARE_MIN = 0.85
"""Of the ratio on empty books, what must be left on full ones."""
P99_OF_P50_MAX = 10
MEMORY_GROWTH_MAX_MIB = 32
LOAD_BATCHES = 300
POSTGRES = "postgres"
_POSTGRES = re.compile(r"postgres(ql)?(:.*)?", re.ASCII | re.DOTALL)


BENCH_WORDS: WordsTable = {
    "over_budget": {
        "en": Words(
            "{name} is {size} bytes, more than its budget of {budget}.",
            "Nothing else was touched.",
            "Shorten the message or change its budget in the specification.",
        ),
        "zh": Words(
            "{name} 为 {size} 字节，超过预算 {budget} 字节。",
            "没有改动任何数据。",
            "请缩短该消息，或修改规范中的预算。",
        ),
    },
    "too_slow": {
        "en": Words(
            "{name} is {found}, promised is at most {limit}.",
            "Nothing else was touched.",
            "Run it again on a quiet machine; if it stays, the check has become slower.",
        ),
        "zh": Words(
            "{name} 为 {found}，承诺不超过 {limit}。",
            "没有改动任何数据。",
            "请在空闲的机器上重测；若仍超出，说明验证变慢了。",
        ),
    },
    "too_few": {
        "en": Words(
            "{name} is {found}, promised is at least {limit}.",
            "Nothing else was touched.",
            "Run it again on a quiet machine; if it stays, settling has become slower.",
        ),
        "zh": Words(
            "{name} 为 {found}，承诺不低于 {limit}。",
            "没有改动任何数据。",
            "请在空闲的机器上重测；若仍不足，说明结算变慢了。",
        ),
    },
    "not_settled": {
        "en": Words(
            "{count} good payments were not settled.",
            "The bench's own books hold made-up money only.",
            "Run it again; if it stays, report this sentence.",
        ),
        "zh": Words("有 {count} 笔有效付款未能结算。", "测量所用账目仅含虚构资金。", "请重测；若仍如此，请报告此句。"),
    },
    "books_differ": {
        "en": Words(
            "The bench's books do not agree with themselves.",
            "They hold made-up money only.",
            "Run it again; if it stays, report this sentence.",
        ),
        "zh": Words("测量所用账目不一致。", "其中仅含虚构资金。", "请重测；若仍如此，请报告此句。"),
    },
    "memory_grew": {
        "en": Words(
            "The server's memory grew from {found_start} to {found_end} MiB, promised is at most {limit} MiB more.",
            "Nothing else was touched.",
            "Run it again; if it stays, something is kept that should be forgotten.",
        ),
        "zh": Words(
            "服务器内存由 {found_start} MiB 增至 {found_end} MiB，承诺增长不超过 {limit} MiB。",
            "没有改动任何数据。",
            "请重测；若仍如此，说明有该释放的内容未被释放。",
        ),
    },
}


class BenchTrouble(Trouble):
    """A promise about figures that this run broke."""

    table = BENCH_WORDS


def _store_named(text: str) -> str:
    """Which store this `--store` means; a bench starts one of its own, so an address says no more than its kind."""
    if text != SQLITE and _POSTGRES.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a store is sqlite or postgres")
    return SQLITE if text == SQLITE else POSTGRES


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The benches."""
    benches = parser.add_subparsers(title="benches", metavar="BENCH", required=True)
    verify = benches.add_parser("verify", help="what a check costs, against one bare signature", parents=[common])
    verify.set_defaults(run=run_verify, command_name="bench verify")
    sizes = benches.add_parser("sizes", help="bytes and QR version of every message", parents=[common])
    sizes.set_defaults(run=run_sizes, command_name="bench sizes")
    settle = benches.add_parser("settle", help="payments settled, against bare signatures", parents=[common])
    settle.add_argument("--quick", action="store_true", help="a shorter run, on empty books only")
    settle.set_defaults(run=run_settle, command_name="bench settle")
    load = benches.add_parser("load", help="single claims from one and several clients", parents=[common])
    load.set_defaults(run=run_load, command_name="bench load")
    for bench in (settle, load):
        bench.add_argument("--store", type=_store_named, metavar="URL", default=SQLITE, help="sqlite or postgres")
    web = benches.add_parser("web", help="the web apps, from pay to green, in a browser", parents=[common])
    web.set_defaults(run=run_web, command_name="bench web")
    qr = benches.add_parser("qr", help="camera frames that the web apps read, in a browser", parents=[common])
    qr.set_defaults(run=run_qr, command_name="bench qr")
    nfc = benches.add_parser("nfc", help="a tap, from touch to green, at a virtual reader", parents=[common])
    nfc.set_defaults(run=run_nfc, command_name="bench nfc")


def run_verify(args: Namespace, report: Report) -> int:
    """`bench verify`."""
    del args
    from rich.table import Table

    from feiqian.cli.bench_verify import measure

    report.say("Measuring checks against bare verifications …", "正在测量验证开销……")
    found = measure()
    limits = {"ratio_known": RATIO_KNOWN_MAX, "ratio_new": RATIO_NEW_MAX, "p99_us": P99_MAX_US}
    failures = [
        BenchTrouble("too_slow", name=name, found=found[name], limit=limit)
        for name, limit in limits.items()
        if found[name] > limit
    ]
    names = {
        "raw_verify_per_s": ("bare verifications a CPU second", "每 CPU 秒裸验签次数"),
        "check_known_per_s": ("checks, allowance known", "每 CPU 秒验证次数（已知额度）"),
        "check_new_per_s": ("checks, allowance new", "每 CPU 秒验证次数（新额度）"),
        "ratio_known": ("known ÷ bare", "已知额度 ÷ 裸验签"),
        "ratio_new": ("new ÷ bare", "新额度 ÷ 裸验签"),
        "p50_us": ("median, µs", "中位数（微秒）"),
        "p99_us": ("99th percentile, µs", "第 99 百分位（微秒）"),
        "samples": ("samples", "样本数"),
    }
    table = Table(title=report.pick("A check at the counter", "柜台验证"), title_justify="left")
    table.add_column(report.pick("what", "项目"))
    table.add_column(report.pick("measured", "实测"), justify="right")
    table.add_column(report.pick("at most", "上限"), justify="right")
    for key, value in found.items():
        table.add_row(report.pick(*names[key]), f"{value:,}", str(limits.get(key, "")))
    return report.finish(found, failures, table)


def run_settle(args: Namespace, report: Report) -> int:
    """`bench settle`."""
    missing = _missing(args.store)
    if missing is not None:
        report.finish({}, [missing])
        return MISSING
    from feiqian.cli.bench_settle import FULL, QUICK, measure

    found = measure(QUICK if args.quick else FULL, report.say, args.store)
    failures = [*settle_failures(found.keys)]
    if not found.books_whole:
        failures.append(BenchTrouble("books_differ"))
    shown = {key: value for key, value in found.keys.items() if key != "cells"}
    return report.finish(
        found.keys,
        failures,
        lambda: _figures(report.pick("Settling", "结算"), shown),
        lambda: _rows(found.keys["cells"]),
    )


def settle_failures(keys: Mapping[str, Any]) -> Iterator[BenchTrouble]:
    """The promises of `bench settle` that these figures break."""
    if keys["ratio"] < SETTLE_RATIO_MIN:
        yield BenchTrouble("too_few", name="ratio", found=keys["ratio"], limit=SETTLE_RATIO_MIN)
    full, least = keys["ratio_1e6"], round(keys["ratio"] * FULL_BOOKS_SHARE_MIN, 3)
    if full is not None and full < least:
        yield BenchTrouble("too_few", name="ratio_1e6", found=full, limit=least)
    most = round(P99_OF_P50_MAX * keys["p50_ms"], 2)
    if keys["p99_ms"] > most:
        yield BenchTrouble("too_slow", name="p99_ms", found=keys["p99_ms"], limit=most)
    if keys["refused"]:
        yield BenchTrouble("not_settled", count=keys["refused"])


def run_load(args: Namespace, report: Report) -> int:
    """`bench load`."""
    missing = _missing(args.store)
    if missing is not None:
        report.finish({}, [missing])
        return MISSING
    from feiqian.cli.bench_settle import measure_load

    keys = measure_load(LOAD_BATCHES, report.say, args.store)
    memory = {name: keys[name] for name in ("rss_mib_start", "rss_mib_end")}
    return report.finish(
        keys,
        [*load_failures(keys)],
        lambda: _rows(keys["cells"]),
        lambda: _figures(report.pick("Memory", "内存"), memory),
    )


def load_failures(keys: Mapping[str, Any]) -> Iterator[BenchTrouble]:
    """The promises of `bench load` that these figures break."""
    refused = sum(cell["refused"] for cell in keys["cells"])
    if refused:
        yield BenchTrouble("not_settled", count=refused)
    start, end = keys["rss_mib_start"], keys["rss_mib_end"]
    if end - start > MEMORY_GROWTH_MAX_MIB:
        yield BenchTrouble("memory_grew", found_start=start, found_end=end, limit=MEMORY_GROWTH_MAX_MIB)


def run_web(args: Namespace, report: Report) -> int:
    """`bench web`."""
    del args
    from feiqian.cli import bench_browser

    return _run_in_browser("web", report, bench_browser.web_failures)


def run_qr(args: Namespace, report: Report) -> int:
    """`bench qr`."""
    del args
    from feiqian.cli import bench_browser

    return _run_in_browser("qr", report, bench_browser.qr_failures)


def _run_in_browser(name: str, report: Report, failures: Callable[[Mapping[str, Any]], Iterator[Trouble]]) -> int:
    """A bench that needs the tools of the tests."""
    from feiqian.cli.bench_browser import BrowserTrouble, flat, measure, missing

    lacking = missing()
    if lacking is not None:
        report.finish({}, [lacking])
        return MISSING
    report.say("Measuring in a browser …", "正在浏览器中测量……")
    try:
        keys = measure(name)
    except BrowserTrouble as trouble:
        return report.finish({}, [trouble])
    figures = flat(keys)
    return report.finish(
        keys, [*failures(keys)], lambda: _figures(report.pick("In a browser", "浏览器中的实测"), figures)
    )


def _missing(kind: str) -> Trouble | None:
    """The part that a bench on this kind of store lacks here."""
    if kind == SQLITE:
        return None
    from feiqian.cli.bench_postgres import OLDEST, PostgresMissing, programs_found

    if is_store_missing(kind):
        return StoreMissing("postgres_missing")
    return PostgresMissing("postgres_server_missing", oldest=OLDEST) if programs_found() is None else None


def _figures(title: str, figures: Mapping[str, Any]) -> "Table":
    """A line for each key."""
    from rich.table import Table

    table = Table("", "", title=title, title_justify="left", show_header=False)
    for key, value in figures.items():
        table.add_row(key, "" if value is None else f"{value:,}")
    return table


def _rows(cells: Sequence[Mapping[str, Any]]) -> "Table":
    """A line for each cell, a column for each of its keys."""
    from rich.table import Table

    table = Table(*cells[0])
    for cell in cells:
        table.add_row(*(f"{value:,}" for value in cell.values()))
    return table


def run_nfc(args: Namespace, report: Report) -> int:
    """`bench nfc`."""
    del args
    from feiqian.cli.bench_browser import flat
    from feiqian.cli.bench_nfc import TapBenchTrouble, failures, measure

    report.say("Measuring taps at a virtual reader …", "正在虚拟读卡器上测量靠近支付……")
    try:
        keys = measure()
    except TapBenchTrouble as trouble:
        return report.finish({}, [trouble])
    figures = flat({name: value for name, value in keys.items() if name != "steps"}) | {
        f"{step}.{name}": value for step, found in keys["steps"].items() for name, value in found.items()
    }
    title = report.pick("From touch to green", "从靠近到受理")
    return report.finish(keys, [*failures(keys)], lambda: _figures(title, figures))


def run_sizes(args: Namespace, report: Report) -> int:
    """`bench sizes`."""
    del args
    from rich.table import Table

    from feiqian.cli.bench_sizes import BUDGETS, measure

    rows = measure()
    failures = [
        BenchTrouble("over_budget", name=row.name, size=row.size, budget=BUDGETS[row.name])
        for row in rows
        if row.over_budget
    ]
    table = Table(title=report.pick("Messages", "消息大小"), title_justify="left")
    for english, chinese in (
        ("message", "消息"),
        ("bytes", "字节"),
        ("budget", "预算"),
        ("chars", "字符"),
        ("QR", "QR"),
    ):
        table.add_column(report.pick(english, chinese), justify="left" if english == "message" else "right")
    for row in rows:
        qr = "" if row.chars is None else (f"v{row.qr}-M" if row.qr else report.pick("frames", "分帧"))
        budget = BUDGETS.get(row.name)
        table.add_row(row.name, str(row.size), "" if budget is None else str(budget), str(row.chars or ""), qr)
    messages = [{"name": row.name, "bytes": row.size, "chars": row.chars, "qr": row.qr} for row in rows]
    return report.finish({"messages": messages}, failures, table)
