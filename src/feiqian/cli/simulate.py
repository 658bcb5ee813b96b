"""`feiqian simulate`: plays whole worlds from seeds and says whether every promise was kept (docs/simulation.md).

One seed, so many seeds, or seed after seed until a time is over. The first world in which a promise is broken ends
it: its seed and the shortest story found that breaks the same promise are what comes out.
"""

import argparse
import re
import time
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING, Any, ClassVar, Final

from feiqian.cli.report import Report, money
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.simulation.run import Run

PAYMENTS: Final = 200
SIGNATURES: Final = ("real", "recorded")
_UNITS_S: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


class SimulationTrouble(Trouble):
    """A promise that did not hold in a simulated world."""

    table: ClassVar[WordsTable] = {
        "promise_broken": {
            "en": Words(
                "In the world of seed {seed} a promise was broken: {found}.",
                "It is a simulation: no real money and no file was touched.",
                "Play it again: feiqian simulate --seed {seed} --payments {payments}. The shortest story is shown.",
            ),
            "zh": Words(
                "种子 {seed} 的世界中有一项承诺未兑现：{found}。",
                "这是模拟：没有动用真实资金，也没有改动文件。",
                "可用 feiqian simulate --seed {seed} --payments {payments} 重放；最短经过见下。",
            ),
        },
    }


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The options."""
    del common
    parser.add_argument("--seed", type=int, required=True, metavar="N", help="the first seed; it decides everything")
    parser.add_argument(
        "--payments", type=_at_least_one, default=PAYMENTS, metavar="P", help="payments tried in each world"
    )
    parser.add_argument("--for", type=_seconds, dest="for_s", metavar="T", help="go on with N+1, ... for 30s, 10m, 2h")
    parser.add_argument("--seeds", type=_at_least_one, metavar="K", help="go on with N+1, ... for K seeds in all")
    parser.add_argument(
        "--signatures",
        choices=SIGNATURES,
        default=SIGNATURES[0],
        help="real, or recorded ones: no curve, devices without tables; one seed in ten is then played both ways",
    )
    parser.add_argument(
        "--workers", type=_at_least_one, metavar="N", help="worlds played at once; default: one for each core"
    )
    parser.set_defaults(run=run_simulate, command_name="simulate")


def run_simulate(args: Namespace, report: Report) -> int:
    """`simulate`."""
    from feiqian.simulation.many import cores, play_all
    from feiqian.simulation.run import shortest, simulate
    from feiqian.simulation.signatures import Signatures

    began = time.monotonic()  # loading the program is no part of any world
    one_world = args.for_s is None and (args.seeds or 1) == 1
    workers = 1 if one_world else args.workers or cores()
    one = partial(simulate, payments=args.payments, signatures=Signatures(args.signatures))
    runs: list[Run] = []
    for run in play_all(_seeds(args, began), one, workers):
        runs.append(run)
        _tell(run, report)
        if run.broken is not None:
            break
    elapsed_s = time.monotonic() - began
    last = runs[-1]
    if last.broken is None:
        keys = _keys(runs, elapsed_s, workers, None)
        return report.done(keys, lambda: _summary(keys, report))
    report.say("Looking for the shortest story that breaks it.", "正在寻找能复现的最短经过。")
    trace = shortest(last, args.payments).lines
    failure = SimulationTrouble("promise_broken", seed=last.seed, found=last.broken, payments=args.payments)
    return report.finish(_keys(runs, elapsed_s, workers, trace), [failure], "\n".join(trace))


def _seeds(args: Namespace, began: float) -> Iterator[int]:
    """The seeds to play: as many as were asked for, or until the time is over; one otherwise."""
    most = args.seeds or (None if args.for_s is not None else 1)
    for seed in islice(count(args.seed), most):
        if args.for_s is not None and seed > args.seed and time.monotonic() - began >= args.for_s:
            return
        yield seed


def _tell(run: "Run", report: Report) -> None:
    said = "kept" if run.broken is None else "BROKEN"
    zh = "兑现" if run.broken is None else "未兑现"
    figures = run.figures
    report.say(
        f"seed {run.seed}: {run.payments} payments in {run.events} events, {figures.forks_proved} of "
        f"{figures.forks_made} forks proved, every promise {said}",
        f"种子 {run.seed}：{run.events} 个事件，{run.payments} 笔付款，"
        f"{figures.forks_made} 处分叉中已证明 {figures.forks_proved} 处，承诺{zh}",
    )


def _keys(runs: "list[Run]", elapsed_s: float, workers: int, trace: tuple[str, ...] | None) -> dict[str, Any]:
    """Sums over all worlds; `seed` and `trace_sha256` are the last one's."""
    last, figures = runs[-1], [run.figures for run in runs]
    payments = sum(run.payments for run in runs)
    return {
        "seed": last.seed,
        "seeds": len(runs),
        "payments": payments,
        "payments_tried": sum(run.tried for run in runs),
        "events": sum(run.events for run in runs),
        "payments_per_s": round(payments / elapsed_s, 1),
        "workers": workers,
        "signatures": str(last.signatures),
        "cross_checked": sum(run.cross_checked for run in runs),
        "trace_sha256": last.trace_sha256,
        "forks_made": sum(one.forks_made for one in figures),
        "forks_proved": sum(one.forks_proved for one in figures),
        "duplicates_paid": sum(one.duplicates_paid for one in figures),
        "money_conserved": all(one.money_conserved for one in figures),
        "honest_losses_minor": sum(one.honest_losses_minor for one in figures),
        "loss_minor": sum(one.loss_minor for one in figures),
        "loss_bound_minor": sum(one.loss_bound_minor for one in figures),
        "shortest_trace": None if trace is None else list(trace),
    }


def _summary(keys: dict[str, Any], report: Report) -> str:
    from feiqian.simulation.operator import CURRENCY

    loss, bound = money(keys["loss_minor"], CURRENCY), money(keys["loss_bound_minor"], CURRENCY)
    return report.pick(
        f"{keys['payments']} payments in {keys['seeds']} worlds, {keys['payments_per_s']} a second. No cent was made "
        f"or paid twice.\n{_said_of_signatures(keys)}\n"
        f"Forks proved: {keys['forks_proved']} of {keys['forks_made']}. Cheats cost the issuer {loss}, "
        f"at most {bound} by policy.\nTrace of seed {keys['seed']}: {keys['trace_sha256']}",
        f"{keys['seeds']} 个世界共 {keys['payments']} 笔付款，每秒 {keys['payments_per_s']} 笔。"
        f"没有一分钱凭空产生或重复支付。\n{_said_of_signatures_zh(keys)}\n"
        f"已证明分叉：{keys['forks_made']} 处中的 {keys['forks_proved']} 处。"
        f"作弊使发行方损失 {loss}，按规则至多 {bound}。\n"
        f"种子 {keys['seed']} 的轨迹：{keys['trace_sha256']}",
    )


def _said_of_signatures(keys: dict[str, Any]) -> str:
    if keys["signatures"] == "real":
        return "Signatures: real."
    return f"Signatures: recorded; {keys['cross_checked']} worlds went the same way with real ones."


def _said_of_signatures_zh(keys: dict[str, Any]) -> str:
    if keys["signatures"] == "real":
        return "签名：真实签名。"
    return f"签名：记录签名；其中 {keys['cross_checked']} 个世界已用真实签名重放，经过一致。"


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _seconds(text: str) -> int:
    """So many seconds: 90, 90s, 5m or 2h."""
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError("write it like 90s, 5m or 2h")
    return int(found[1]) * _UNITS_S[found[2]]
