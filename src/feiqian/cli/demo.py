"""`feiqian demo`: two strangers pay with no network, cheats try, a terminal dies, and the books are right to the cent.

Server, wallets and terminals are processes of their own; messages travel as pictures; the server is really stopped.
At a terminal window it stays up afterwards for playing by hand, in a browser.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.report import Report, money
from feiqian.protocol.words import Coded, Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

AT_LEAST_ONE: Final = (
    "offline_payments",
    "settled",
    "contingent",
    "replays_refused",
    "forgeries_refused",
    "expired_refused",
    "overspends_refused",
    "bystanders_refused",
    "double_acceptances",
    "forks_proved",
    "crashes_resumed",
    "batches_sent_twice",
)
"""What the story shows: each must have happened."""
NONE_AT_ALL: Final = ("duplicates_paid", "honest_losses_minor", "ledger_difference_minor")
"""What must not have happened."""
ALL_TRUE: Final = ("money_conserved", "suspended_refused")

DEMO_WORDS: WordsTable = {
    "promise_broken": {
        "en": Words(
            "The demo broke a promise: {name} is {found}.",
            "Nothing outside the demo's own folder was touched.",
            "Keep the folder {folder} and report this.",
        ),
        "zh": Words(
            "演示未兑现承诺：{name} 为 {found}。", "演示文件夹之外没有任何改动。", "请保留文件夹 {folder} 并报告。"
        ),
    },
}


class DemoTrouble(Trouble):
    """A promise that the demo did not keep."""

    table = DEMO_WORDS


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The options of the demo."""
    del common
    parser.add_argument("--folder", type=Path, metavar="DIR", help="play in this new folder and keep it")
    parser.add_argument("--no-stay", action="store_true", help="end when the story ends, at a terminal window too")
    parser.set_defaults(run=run_demo, command_name="demo")


def run_demo(args: Namespace, report: Report) -> int:
    """`demo`."""
    from feiqian.cli.demo_by_hand import play_by_hand
    from feiqian.cli.demo_reckoning import Reckoning
    from feiqian.cli.demo_stage import Stage
    from feiqian.cli.demo_story import Story, before_the_network_returns

    for asked_to_end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked_to_end, _interrupt)  # so that the server goes with us and the folder is removed
    folder = _folder(args)
    kept = args.folder is not None
    try:
        with Stage(folder, report.language) as stage:
            story = Story(stage, report)
            for chapter in before_the_network_returns(story):
                chapter()
            reckoning = Reckoning(stage, story, report)
            reckoning.reconnect()
            reckoning.convict()
            figures = reckoning.figures()
            failures = _broken_promises(figures, folder)
            kept = kept or bool(failures)
            status = report.finish(figures, failures, _table(figures, report), _summary(figures, report))
            if not report.as_json and not args.no_stay and sys.stdin.isatty() and sys.stdout.isatty():
                play_by_hand(stage, report, figures["currency"])
            stage.stop_server()
    except Coded:
        kept = True
        raise
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return status


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _folder(args: Namespace) -> Path:
    if args.folder is None:
        return Path(tempfile.mkdtemp(prefix="feiqian-demo-"))
    folder: Path = args.folder.absolute()
    folder.mkdir(parents=True)
    return folder


def _broken_promises(figures: dict[str, Any], folder: Path) -> list[Coded]:
    broken = [name for name in AT_LEAST_ONE if figures[name] < 1]
    broken += [name for name in NONE_AT_ALL if figures[name] != 0]
    broken += [name for name in ALL_TRUE if figures[name] is not True]
    return [DemoTrouble("promise_broken", name=name, found=figures[name], folder=folder) for name in broken]


def _table(figures: dict[str, Any], report: Report) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.title = report.pick("Who holds what, and why", "谁持有什么，为什么")
    table.add_column(report.pick("who", "谁"), no_wrap=True)
    table.add_column(report.pick("holds", "持有"), justify="right", no_wrap=True)
    table.add_column(report.pick("how sure", "等级"))
    table.add_column(report.pick("why", "原因"), overflow="fold")
    for row in figures["holdings"]:
        table.add_row(row["who"], money(row["balance_minor"], figures["currency"]), row["grade"], row["why"])
    return table


def _summary(figures: dict[str, Any], report: Report) -> str:
    paid, final, waits = figures["offline_payments"], figures["settled"], figures["contingent"]
    difference = money(figures["ledger_difference_minor"], figures["currency"])
    losses = money(figures["honest_losses_minor"], figures["currency"])
    return report.pick(
        f"{paid} payments without a network: {final} final, {waits} wait until D (F1, at the payee's own risk).\n"
        f"Paid twice: {figures['duplicates_paid']}. Lost by honest people: {losses}. "
        f"The ledger differs by {difference}.",
        f"断网期间 {paid} 笔付款：{final} 笔已最终结算，{waits} 笔等待截止日 D（F1，收款方自担风险）。\n"
        f"重复支付：{figures['duplicates_paid']} 笔。诚实方损失：{losses}。账本差额：{difference}。",
    )
