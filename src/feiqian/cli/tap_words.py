"""What wallet and till say to the people who hold phone and reader to each other, and where the virtual reader is."""

import argparse
import re
from typing import Final

from feiqian.cli.report import Report
from feiqian.links.nfc_tap import Step
from feiqian.links.vpcd import DEFAULT_PORT

DEFAULT_CARD: Final = f"vpcd:127.0.0.1:{DEFAULT_PORT}"
_CARD: Final = re.compile(r"vpcd:([A-Za-z0-9.-]{1,253}):([0-9]{1,5})", re.ASCII)
_PORT_MAX: Final = 0xFFFF

STEP_WORDS: Final = {
    Step.HOLD: ("Hold the phone to the reader.", "请将手机靠近读卡器。"),
    Step.KEEP_HOLDING: ("Keep holding…", "请保持不动……"),
    Step.ASK_HOLDER: (
        "The payer confirms on the phone: keep holding, or hold it there again afterwards.",
        "请付款人在手机上确认：可保持靠近，或确认后再次靠近。",
    ),
    Step.AGAIN: ("Taken away too early: hold it to the reader again.", "离开得太早：请再次靠近读卡器。"),
    Step.OTHER_CARD: (
        "That is no open Feiqian wallet: unlock it and hold it there alone.",
        "这不是已打开的飞钱钱包：请解锁后单独靠近。",
    ),
    Step.RECEIPT_AGAIN: (
        "Accepted. The phone lacks its receipt: hold it to the reader once more.",
        "已受理。手机尚未收到收据：请再次靠近读卡器。",
    ),
    Step.TAKE_AWAY: ("You can take it away.", "可以拿开了。"),
}
"""All but ACCEPTED, which is said with amount and grade."""
PACK_TAKEN: Final = (
    "The phone knew newer keys and lists of the operator: this till has taken them.",
    "手机上的运营方密钥与列表较新：本终端已采用。",
)


def say_step(report: Report, step: Step) -> None:
    """One line for the people at the counter."""
    words = STEP_WORDS.get(step)
    if words is not None:
        report.say(*words)


def card_place(text: str) -> tuple[str, int]:
    """Host and port of `vpcd:HOST:PORT`, for argparse."""
    found = _CARD.fullmatch(text)
    if found is None or not 0 < int(found[2]) <= _PORT_MAX:
        raise argparse.ArgumentTypeError("a virtual reader is vpcd:HOST:PORT")
    return found[1], int(found[2])
