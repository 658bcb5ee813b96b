"""`feiqian terminal dispute`, `disputes`, `answer-dispute`, `withdraw-dispute`: the payee's side of disputes."""

from argparse import Namespace

from feiqian.acquirer.disputes import Party
from feiqian.cli import disputes
from feiqian.cli.report import CommandTrouble, Report
from feiqian.cli.terminal_counter import named_payment
from feiqian.cli.terminal_device import online
from feiqian.protocol.limits import STATEMENT_MAX_BYTES


def run_dispute(args: Namespace, report: Report) -> int:
    """Dispute what was not paid."""
    cheque = None
    if args.cheque is not None:
        try:
            with args.cheque.open("rb") as file:
                cheque = file.read(STATEMENT_MAX_BYTES)
        except OSError:
            raise CommandTrouble("file_missing", path=args.cheque.name) from None
    with online(args, report) as (till, client):
        cheque_id = named_payment(till, args.payment).cheque_id
        return disputes.open_dispute(args, report, client, Party.PAYEE, cheque_id, cheque)


def run_disputes(args: Namespace, report: Report) -> int:
    """The payee's disputes."""
    with online(args, report) as (_, client):
        return disputes.list_disputes(report, client, Party.PAYEE)


def run_answer(args: Namespace, report: Report) -> int:
    """Answer a payer's dispute."""
    with online(args, report) as (_, client):
        return disputes.answer_dispute(args, report, client, Party.PAYEE)


def run_withdraw(args: Namespace, report: Report) -> int:
    """Take the payee's own dispute back."""
    with online(args, report) as (_, client):
        return disputes.withdraw_dispute(args, report, client, Party.PAYEE)
