"""`feiqian wallet lost-code` and `report-lost`: a code kept elsewhere stops this device when it is lost."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.cli.device import read_pin, read_secret
from feiqian.cli.report import Report, money, rfc3339
from feiqian.cli.wallet_device import online_client
from feiqian.cli.wallet_words import facts_table
from feiqian.protocol.words import Coded
from feiqian.wallet.wording import instant_words

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient


def add_report_options(parser: ArgumentParser) -> None:
    """Where the operator is, and the code."""
    parser.add_argument("--server", required=True, metavar="URL", help="the operator's address")
    parser.add_argument("--code-file", type=Path, metavar="F", help="read the lost-device code from this file")


def lost_code_of(client: "OperatorClient") -> str | None:
    """The lost-device code of a wallet that has just enrolled; None where the operator gives none, or not now."""
    try:
        return client.new_lost_code()
    except Coded:
        return None  # feiqian wallet lost-code asks again


def lost_code_lines(code: str | None, report: Report) -> list[str]:
    """The code for people."""
    if code is None:
        return []
    return [
        report.pick(f"Lost-device code, shown only now: {code}", f"挂失码（仅显示这一次）：{code}"),
        report.pick(
            "Write it down and keep it elsewhere than on this device. From any device: feiqian wallet report-lost. "
            "It stops this device and can do nothing else.",
            "请抄下并保存在此设备之外。丢失时在任何设备上运行：feiqian wallet report-lost。"
            "它只能停用此设备，别无他用。",
        ),
    ]


def lost_code(args: Namespace, report: Report) -> int:
    """A new lost-device code; the one before ends."""
    with online_client(args, report) as (_, client):
        code = client.new_lost_code()
    return report.done({"lost_code": code}, *lost_code_lines(code, report))


def report_lost(args: Namespace, report: Report) -> int:
    """Stop a lost device by its code; needs no wallet here."""
    from feiqian.links.http import OperatorClient

    if args.code_file is not None:
        code = read_secret(args.code_file)
    else:
        code = read_pin(Namespace(pin_file=None), report.pick("Lost-device code: ", "挂失码："))
    with OperatorClient(args.server, language=report.language, ca_file=args.ca_file) as client:
        lost = client.report_lost_device(lost_code=code)
    keys = {
        "at_risk_minor": lost.at_risk_minor,
        "currency": lost.currency,
        "deadline": None if lost.deadline is None else rfc3339(lost.deadline),
        "allowances": lost.allowances,
    }
    if lost.currency is None or lost.deadline is None:
        said = report.pick("✔ The device is signed out. Nothing of it is at risk.", "✔ 该设备已退出，没有资金风险。")
        return report.done(keys, said)
    rows = [
        (report.pick("At risk at most", "最多涉及"), money(lost.at_risk_minor, lost.currency)),
        (report.pick("The rest is back by", "其余退回不晚于"), instant_words(lost.deadline)),
    ]
    return report.done(
        keys,
        report.pick("✔ The device is stopped.", "✔ 该设备已停用。"),
        lambda: facts_table(rows),
        report.pick(
            "Next: ask your operator for a new enrolment code; a new device gets a new key and new allowances, and its "
            "statement shows what the lost one paid.",
            "下一步：向运营方索取新的开通码；新设备使用新密钥与新额度，对账单会列出丢失设备的付款。",
        ),
    )
