"""`feiqian wallet …`: the payer's device at the command line.

Each command unlocks the wallet with the PIN, does one thing and locks it again. Only `enrol`, `top-up`, `sync`,
`unlock-online`, `close`, `present`, `audit-proof` and disputes use a network; the others never do.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feiqian.acquirer.disputes import Party
from feiqian.cli import (
    audit_proof,
    disputes,
    wallet_account,
    wallet_backup,
    wallet_disputes,
    wallet_look,
    wallet_lost,
    wallet_pay,
    wallet_tap,
    wallet_unlock,
)
from feiqian.cli.boundary import run_wallet_boundary
from feiqian.cli.device import add_network_options
from feiqian.cli.device_check import run_wallet_check
from feiqian.cli.device_privacy import run_wallet_privacy
from feiqian.cli.device_trust import add_trust_options, wallet_trust
from feiqian.cli.enrolment_code import add_code_options, add_enrol_pin_option
from feiqian.cli.key_stores import KINDS
from feiqian.cli.report import Report
from feiqian.cli.shown import add_image_option, add_out_option
from feiqian.cli.tap_words import DEFAULT_CARD, card_place

Run = Callable[[Namespace, Report], int]
_TRUST = "hand a newer trust pack to another device, or take one from it, with no network"


def configure(parser: ArgumentParser, common: ArgumentParser) -> None:
    """Adds the wallet's commands."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, purpose: str, run: Run, *, networked: bool = False) -> ArgumentParser:
        sub: ArgumentParser = commands.add_parser(name, help=purpose, description=purpose, parents=[common])
        sub.set_defaults(run=run, command_name=f"wallet {name}")
        if networked:
            add_network_options(sub)
        return sub

    _account_commands(command)
    _payment_commands(command)
    _looking_commands(command)
    _dispute_commands(command)


def _account_commands(command: Callable[..., ArgumentParser]) -> None:
    enrol = command("enrol", "become a payer's device", wallet_account.enrol, networked=True)
    enrol.add_argument("--server", required=True, metavar="URL", help="the operator's address")
    add_code_options(enrol)
    add_enrol_pin_option(enrol)
    enrol.add_argument("--keys", choices=KINDS, help="where its keys live, for good (default software)")

    top_up = command("top-up", "set money aside to spend offline", wallet_account.top_up, networked=True)
    top_up.add_argument("amount", metavar="AMOUNT", help="like 200 or 12.50")

    command("sync", "newest trust, and what became of payments", wallet_account.sync, networked=True)

    purpose = "ask the operator whether this wallet, which stopped by itself, may pay again"
    command("unlock-online", purpose, wallet_unlock.unlock_online, networked=True)

    add_trust_options(command("trust", _TRUST, wallet_trust))

    close = command("close", "end an allowance early", wallet_account.close, networked=True)
    close.add_argument("allowance", nargs="?", metavar="ALLOWANCE", help="its first characters, when there are several")

    run_proof = audit_proof.run_wallet_proof
    purpose = "prove that an allowance is in the operator's audit log"
    proof = command("audit-proof", purpose, run_proof, networked=True)
    proof.add_argument("allowance", nargs="?", metavar="ALLOWANCE", help="its first characters (default: the newest)")
    audit_proof.add_proof_options(proof)

    pin = command("change-pin", "protect the wallet with a new PIN", wallet_account.change_pin)
    pin.add_argument("--new-pin-file", type=Path, metavar="F", help="read the new PIN from this file")

    command("lost", "what to do when this device is lost", wallet_account.lost)
    purpose = "a code to keep elsewhere, which stops this device when it is lost"
    command("lost-code", purpose, wallet_lost.lost_code, networked=True)
    purpose = "stop a lost device by its code, from any device: at once, and see what is at risk"
    wallet_lost.add_report_options(command("report-lost", purpose, wallet_lost.report_lost, networked=True))

    purpose = "history, receipts and papers in a file under a passphrase; nothing in it can pay"
    backup = command("backup", purpose, wallet_backup.backup)
    backup.add_argument("--out", type=Path, required=True, metavar="F", help="the file to write; it must not be there")
    backup.add_argument("--for-browser", action="store_true", help="so that the wallet in a browser can read it, too")
    wallet_backup.add_passphrase_option(backup)
    purpose = "put the history of another device back, to look at and to hand in; nothing of it can be spent"
    restore = command("restore", purpose, wallet_backup.restore)
    restore.add_argument("backup", type=Path, metavar="F", help="made by: feiqian wallet backup")
    restore.set_defaults(keys=None)
    wallet_backup.add_passphrase_option(restore)


def _payment_commands(command: Callable[..., ArgumentParser]) -> None:
    pay = command("pay", "pay a request that a payee shows, or show a one-way code", wallet_pay.pay)
    way: Any = pay.add_mutually_exclusive_group(required=True)
    add_image_option(way, "--request-image", "the payee's request", required=False)
    way.add_argument("--code", metavar="AMOUNT", help="no request: a one-way code of this amount, for a minute")
    pay.add_argument("--up-to", action="store_true", help="with --code: the payee may take less")
    pay.add_argument("--yes", action="store_true", help="consent without being asked")
    _add_code_file_option(pay)
    add_out_option(pay)

    code = command("code", "show a one-way code that any payee may take, for a minute", wallet_pay.code)
    code.add_argument("code", metavar="AMOUNT", help="like 5 or 12.50")
    code.add_argument("--up-to", action="store_true", help="the payee may take less")
    code.add_argument("--yes", action="store_true", help="consent without being asked")
    _add_code_file_option(code)
    add_out_option(code)

    again = command("again", "show an earlier payment again: the same bytes", wallet_pay.again)
    again.add_argument("payment", metavar="NUMBER", help="the payment's number (see history)")
    add_out_option(again)

    _tap_command(command)

    receipt = command("receipt", "take the payee's receipt or note", wallet_pay.receipt)
    add_image_option(receipt, "--image", "the receipt or note")


def _add_code_file_option(parser: ArgumentParser) -> None:
    purpose = "read the authenticator's one-time code from this file"
    parser.add_argument("--code-file", type=Path, metavar="F", help=purpose)


def _tap_command(command: Callable[..., ArgumentParser]) -> None:
    tap = command("tap", "pay by holding the phone to a payee's reader", wallet_tap.tap)
    tap.add_argument("--up-to", metavar="AMOUNT", help="agree beforehand to one payment of at most this amount")
    tap.add_argument(
        "--for",
        dest="for_s",
        type=wallet_tap.seconds,
        default=wallet_tap.FOR_S,
        metavar="S",
        help=f"seconds to hold it there (default {wallet_tap.FOR_S})",
    )
    tap.add_argument(
        "--card",
        type=card_place,
        default=DEFAULT_CARD,
        metavar="vpcd:HOST:PORT",
        help=f"the virtual reader (default {DEFAULT_CARD})",
    )
    _add_code_file_option(tap)


def _dispute_commands(command: Callable[..., ArgumentParser]) -> None:
    present = command("present", "hand the operator your copy of a payment", wallet_disputes.present, networked=True)
    present.add_argument("payment", metavar="NUMBER", help="the payment's number (see history)")

    dispute = command("dispute", "dispute a payment", wallet_disputes.dispute, networked=True)
    dispute.add_argument("payment", metavar="NUMBER", help="the payment's number (see history)")
    disputes.add_open_options(dispute, Party.PAYER)

    command("disputes", "your disputes, and what they ask of you", wallet_disputes.list_disputes, networked=True)

    answer = command("answer-dispute", "answer a dispute", wallet_disputes.answer_dispute, networked=True)
    disputes.add_answer_options(answer)

    withdraw = command(
        "withdraw-dispute", "take your dispute back, for good", wallet_disputes.withdraw_dispute, networked=True
    )
    disputes.add_dispute_argument(withdraw)
    disputes.add_said_options(withdraw, evidence=False)


def _looking_commands(command: Callable[..., ArgumentParser]) -> None:
    command("show", "what can be spent offline now, until when, what waits", wallet_look.show)
    command("boundary", "what works now, up to how much, until when, and why not", run_wallet_boundary)
    command("resume", "what is open, and the way on for each", wallet_look.resume)
    command("privacy", "what this device keeps, why, how long, and how it is protected", run_wallet_privacy)
    command("check", "what is not in order on this device, why it matters and what to do", run_wallet_check)
    history = command("history", "all payments, newest first", wallet_look.history)
    history.add_argument("--search", default="", metavar="WORDS", help="payee, reference, amount, number or state")
