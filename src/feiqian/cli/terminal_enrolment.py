"""`feiqian terminal enrol`, `change-pin` and `sign-out`: how a device becomes a payee's terminal, and how it leaves."""

import getpass
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.cli.device import device_clock, read_pin, read_secret
from feiqian.cli.enrolment_code import read_code
from feiqian.cli.report import Report, rfc3339
from feiqian.cli.terminal_device import opened, opened_or_new
from feiqian.cli.terminal_recovery import kept_for_recovery
from feiqian.cli.terminal_words import plain
from feiqian.terminal.troubles import TerminalTrouble

if TYPE_CHECKING:
    from rich.panel import Panel


def run_enrol(args: Namespace, report: Report) -> int:
    """Enrol with the operator; repeated after a failure it goes on with the same key."""
    from feiqian.links.http import OperatorClient

    code = read_code(args, report)
    with opened_or_new(args, report) as till:
        report.say("Asking the operator…", "正在联系运营方…")
        with OperatorClient(args.server, language=report.language, ca_file=args.ca_file) as client:
            till.terminal.enrol(client, server=args.server, code=code)
            recoverable = kept_for_recovery(till, client)
        ready = till.terminal.ready()
        keys = {
            "recoverable": recoverable,
            "payee": ready.payee_name,
            "currency": ready.currency,
            "server": args.server,
            "deployment": till.terminal.enrolment.deployment,
            "certificate_expires_at": rfc3339(ready.certificate_expires_at),
            "lists_issued_at": rfc3339(ready.lists_issued_at),
        }
        return report.done(keys, lambda: _welcome(report, ready.payee_name, ready.currency))


def run_change_pin(args: Namespace, report: Report) -> int:
    """Protect the till with a new PIN; a wrong old one counts as a try."""
    with opened(args, report) as till:
        old = read_pin(args, report.pick("Old PIN once more: ", "再输一次旧 PIN："))
        till.vault.change_pin(old, _new_pin(report, args.new_pin_file), device_clock())
    said = report.pick("✔ The new PIN counts from now on.", "✔ 新 PIN 已生效。")
    return report.done({"status": "done"}, said)


def run_sign_out(args: Namespace, report: Report) -> int:
    """Forget the key; refused while anything has no answer."""
    with opened(args, report) as till:
        payee = till.terminal.payee_name
        till.terminal.sign_out()
        till.clear_answers()
        return report.done(
            {"payee": payee, "signed_out": True},
            plain(
                report.pick(
                    f"✔ Signed out. This device no longer speaks for {payee}; what it accepted stays here as evidence.",
                    f"✔ 已注销。此设备不再代表 {payee}；已受理的记录留存为证据。",
                )
            ),
        )


def _new_pin(report: Report, path: Path | None) -> str:
    """The PIN to be set: from a file, else asked for twice. Raises TerminalTrouble pins_differ, CommandTrouble."""
    if path is not None:
        return read_secret(path)
    pin = read_pin(Namespace(pin_file=None), report.pick("New PIN: ", "新 PIN："))
    if getpass.getpass(report.pick("Again: ", "再输一次：")) != pin:
        raise TerminalTrouble("pins_differ")
    return pin


def _welcome(report: Report, payee: str, currency: str) -> "Panel":
    from rich.panel import Panel
    from rich.text import Text

    text = report.pick(
        f"This terminal is now paid for {payee}, in {currency}.\nAsk for money: feiqian terminal request 12.50",
        f"此终端现为 {payee} 收款，币种 {currency}。\n开始收款：feiqian terminal request 12.50",
    )
    return Panel(Text(text), title=report.pick("✔ Enrolled", "✔ 已登记"), border_style="green", expand=False)
