"""`feiqian wallet …`: the payer's device at the command line.

Each command unlocks the wallet with the PIN, does one thing and locks it again. Only `enrol`, `top-up`, `sync`,
`close`, `present`, `audit-proof` and disputes use a network; the others never do.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feiqian.acquirer.disputes import Party
from feiqian.cli import audit_proof, disputes, wallet_account, wallet_disputes, wallet_look, wallet_pay
from feiqian.cli.boundary import run_wallet_boundary
from feiqian.cli.device import add_network_options
from feiqian.cli.enrolment_code import add_code_options
from feiqian.cli.report import Report
from feiqian.cli.shown import add_image_option, add_out_option

Run = Callable[[Namespace, Report], int]


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

    top_up = command("top-up", "set money aside to spend offline", wallet_account.top_up, networked=True)
    top_up.add_argument("amount", metavar="AMOUNT", help="like 200 or 12.50")

    command("sync", "newest trust, and what became of payments", wallet_account.sync, networked=True)

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


def _payment_commands(command: Callable[..., ArgumentParser]) -> None:
    pay = command("pay", "pay a request that a payee shows, or show a one-way code", wallet_pay.pay)
    way: Any = pay.add_mutually_exclusive_group(required=True)
    add_image_option(way, "--request-image", "the payee's request", required=False)
    way.add_argument("--code", metavar="AMOUNT", help="no request: a one-way code of this amount, for a minute")
    pay.add_argument("--up-to", action="store_true", help="with --code: the payee may take less")
    pay.add_argument("--yes", action="store_true", help="consent without being asked")
    add_out_option(pay)

    code = command("code", "show a one-way code that any payee may take, for a minute", wallet_pay.code)
    code.add_argument("code", metavar="AMOUNT", help="like 5 or 12.50")
    code.add_argument("--up-to", action="store_true", help="the payee may take less")
    code.add_argument("--yes", action="store_true", help="consent without being asked")
    add_out_option(code)

    again = command("again", "show an earlier payment again: the same bytes", wallet_pay.again)
    again.add_argument("payment", metavar="NUMBER", help="the payment's number (see history)")
    add_out_option(again)

    receipt = command("receipt", "take the payee's receipt or note", wallet_pay.receipt)
    add_image_option(receipt, "--image", "the receipt or note")


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
    history = command("history", "all payments, newest first", wallet_look.history)
    history.add_argument("--search", default="", metavar="WORDS", help="payee, reference, amount, number or state")
