"""`feiqian operator disputes | decide`: what payers and payees dispute, and the operator's decision."""

from argparse import Namespace

from feiqian.acquirer.disputes import Party
from feiqian.cli import disputes
from feiqian.cli.dispute_words import dispute_keys, dispute_lines
from feiqian.cli.operator_link import connected
from feiqian.cli.report import Report, parse_money


def run_disputes(args: Namespace, report: Report) -> int:
    """`operator disputes`."""
    with connected(args, report) as client:
        return disputes.list_disputes(report, client, Party.ADMINISTRATOR)


def run_decide(args: Namespace, report: Report) -> int:
    """`operator decide`."""
    refund_minor = 0 if args.uphold else parse_money(args.refund)
    with connected(args, report) as client:
        dispute_id = disputes.dispute_named(client, Party.ADMINISTRATOR, args.dispute)
        one = client.decide_dispute(dispute_id=dispute_id, refund_minor=refund_minor, words=args.words)
    return report.done(dispute_keys(one), *dispute_lines(one, Party.ADMINISTRATOR, report))
