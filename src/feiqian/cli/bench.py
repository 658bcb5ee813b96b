"""`feiqian bench`: figures about this machine and this build. Ratios within one run travel, absolute times do not."""

import argparse
from argparse import Namespace

from feiqian.cli.report import MISSING, Report
from feiqian.protocol.words import Trouble, Words, WordsTable

RATIO_KNOWN_MAX = 1.45
RATIO_NEW_MAX = 3.3
P99_MAX_US = 5_000


NOT_BUILT = {
    "settle": "payments settled in a second (not in this version)",
    "load": "single claims from several clients (not in this version)",
    "web": "the web app, from pay to green (not in this version)",
    "qr": "codes read by a camera (not in this version)",
    "nfc": "a tap, from touch to green (not in this version)",
}
"""Benches whose names are kept for versions to come."""

BENCH_WORDS: WordsTable = {
    "bench_missing": {
        "en": Words(
            "This version of Feiqian does not contain the bench {name} yet.",
            "Nothing was changed and nothing was measured.",
            "Get a newer version that contains it; what this one can measure is listed by: feiqian bench --help",
        ),
        "zh": Words(
            "此版本的飞钱尚不包含测量项目 {name}。",
            "没有任何改动，也没有进行测量。",
            "请换用包含它的新版本；此版本可测量的项目见：feiqian bench --help",
        ),
    },
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
}


class BenchTrouble(Trouble):
    """A promise about figures that this run broke."""

    table = BENCH_WORDS


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The benches."""
    benches = parser.add_subparsers(title="benches", metavar="BENCH", required=True)
    verify = benches.add_parser("verify", help="what a check costs, against one bare signature", parents=[common])
    verify.set_defaults(run=run_verify, command_name="bench verify")
    sizes = benches.add_parser("sizes", help="bytes and QR version of every message", parents=[common])
    sizes.set_defaults(run=run_sizes, command_name="bench sizes")
    for name, purpose in NOT_BUILT.items():
        bench = benches.add_parser(name, help=purpose, parents=[common])
        bench.add_argument("--store", metavar="URL", help="sqlite or postgres")
        bench.add_argument("--quick", action="store_true", help="a shorter run")
        bench.set_defaults(run=run_not_built, command_name=f"bench {name}", name=name)


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


def run_not_built(args: Namespace, report: Report) -> int:
    """A bench that is named and not there: a part is missing."""
    report.finish({}, [BenchTrouble("bench_missing", name=args.name)])
    return MISSING


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
