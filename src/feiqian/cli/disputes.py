"""What the dispute commands of wallet, terminal and operator share: options, and one run for each act."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from feiqian.acquirer.dispute_values import Said
from feiqian.acquirer.disputes import EVIDENCE_MAX_BYTES, REASONS, DisputeReason, Party
from feiqian.cli.dispute_words import dispute_keys, dispute_lines, disputes_shown
from feiqian.cli.report import CommandTrouble, Report, parse_money
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient


class DisputeChoiceTrouble(Trouble):
    """A dispute that cannot be found by what was typed."""

    table: ClassVar[WordsTable] = {
        "dispute_unclear": {
            "en": Words(
                "{text} does not name exactly one dispute.",
                "Nothing was changed; no money moved.",
                "Type more of its id: feiqian wallet disputes, terminal disputes or operator disputes list them.",
            ),
            "zh": Words(
                "{text} 不能唯一确定一项争议。",
                "没有任何改动，资金未变动。",
                "请输入更多位编号；可用 feiqian wallet disputes、terminal disputes 或 operator disputes 查看。",
            ),
        },
    }


def add_said_options(parser: ArgumentParser, *, evidence: bool = True) -> None:
    """Words, and a file as evidence."""
    parser.add_argument("--words", default="", metavar="TEXT", help="what the other side and the operator should know")
    if evidence:
        parser.add_argument("--evidence", type=Path, metavar="FILE", help="a file that shows it, at most 16 KiB")


def add_open_options(parser: ArgumentParser, party: Party) -> None:
    """Reason, amount and what is said."""
    reasons = sorted(reason.value for reason in REASONS[party])
    parser.add_argument("--reason", required=True, choices=reasons, help="what is disputed")
    parser.add_argument("--amount", metavar="AMOUNT", help="how much of it (default: all that can be)")
    add_said_options(parser)


def add_answer_options(parser: ArgumentParser) -> None:
    """Which dispute, and accept or contest."""
    add_dispute_argument(parser)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--accept", action="store_true", help="agree: the money moves at once")
    way.add_argument("--contest", action="store_true", help="disagree: the operator decides")
    add_said_options(parser)


def add_dispute_argument(parser: ArgumentParser) -> None:
    """Which dispute."""
    parser.add_argument("dispute", metavar="DISPUTE", help="how its id begins (see disputes)")


def said_of(args: Namespace) -> Said:
    """What was typed and the evidence's bytes. Raises CommandTrouble file_missing."""
    path: Path | None = getattr(args, "evidence", None)
    evidence = b""
    if path is not None:
        try:
            with path.open("rb") as file:
                evidence = file.read(EVIDENCE_MAX_BYTES + 1)
        except OSError:
            raise CommandTrouble("file_missing", path=path.name) from None
    return Said(words=args.words, evidence=evidence)


def open_dispute(
    args: Namespace,
    report: Report,
    client: "OperatorClient",
    party: Party,
    cheque_id: bytes,
    cheque: bytes | None = None,
) -> int:
    """Open a dispute about one payment."""
    one = client.open_dispute(
        party,
        cheque_id=cheque_id,
        reason=DisputeReason(args.reason),
        amount_minor=None if args.amount is None else parse_money(args.amount),
        said=said_of(args),
        cheque=cheque,
    )
    return report.done(dispute_keys(one), *dispute_lines(one, party, report))


def list_disputes(report: Report, client: "OperatorClient", party: Party) -> int:
    """All disputes that this party sees."""
    found = client.disputes(party)
    keys = {"count": len(found), "disputes": [dispute_keys(one) for one in found]}
    return report.done(keys, *disputes_shown(found, party, report))


def answer_dispute(args: Namespace, report: Report, client: "OperatorClient", party: Party) -> int:
    """Accept or contest."""
    said = said_of(args)
    dispute_id = dispute_named(client, party, args.dispute)
    one = client.answer_dispute(party, dispute_id=dispute_id, accept=args.accept, said=said)
    return report.done(dispute_keys(one), *dispute_lines(one, party, report))


def withdraw_dispute(args: Namespace, report: Report, client: "OperatorClient", party: Party) -> int:
    """Take a dispute back."""
    dispute_id = dispute_named(client, party, args.dispute)
    one = client.withdraw_dispute(party, dispute_id=dispute_id, words=args.words)
    return report.done(dispute_keys(one), *dispute_lines(one, party, report))


def dispute_named(client: "OperatorClient", party: Party, text: str) -> bytes:
    """The dispute whose id begins so. Raises DisputeChoiceTrouble."""
    begins = text.strip().casefold()
    found = [one.dispute_id for one in client.disputes(party) if begins and one.dispute_id.hex().startswith(begins)]
    if len(found) != 1:
        raise DisputeChoiceTrouble("dispute_unclear", text=text[:20])
    return found[0]
