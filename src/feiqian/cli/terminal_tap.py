"""`feiqian terminal tap`: ask, and let the payer hold the phone to a card reader. No network.

The request is stored before a reader sees it, and the payment before anybody hears of it. A tap that broke off is
gone on with by the request's id; with neither amount nor id, by the one request that is open.
"""

import time
from argparse import Namespace
from typing import Any, Final

from feiqian.cli.device import device_clock
from feiqian.cli.report import Report, grade_words, money, parse_money, rfc3339
from feiqian.cli.shown import check_out
from feiqian.cli.tap_words import PACK_TAKEN, say_step
from feiqian.cli.terminal_counter import report_accepted, report_refused, show_receipt
from feiqian.cli.terminal_device import Till, opened
from feiqian.cli.terminal_words import GRADE_LOOKS, asked_keys, asked_words, plain, short_id
from feiqian.links.nfc_packs import Traded
from feiqian.links.nfc_reader import Reader, ReaderError
from feiqian.links.nfc_tap import Step, Tap
from feiqian.links.nfc_troubles import TapTrouble
from feiqian.protocol.ids import StatementId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust import Trust
from feiqian.terminal.records import AskedRequest
from feiqian.terminal.states import RequestState
from feiqian.terminal.troubles import TerminalTrouble

CANDIDATES_SHOWN: Final = 10
_OVER: Final = {RequestState.CANCELLED: "request_cancelled", RequestState.SETTLED: "request_already_paid"}


def run_tap(args: Namespace, report: Report) -> int:
    """Ask for an amount, or go on with a request, at a reader."""
    amount_minor = None if args.amount is None else parse_money(args.amount)
    final_minor = None if args.final is None else parse_money(args.final)
    try:
        reader = Reader.open(args.reader)
    except ReaderError as error:
        raise TapTrouble(error.fault, **error.values) from None
    with reader, opened(args, report) as till:
        till.clear_answers()
        till.clear_requests()
        check_out(args, till.requests, till.answers)
        found = _asked(args, till, amount_minor)
        if not isinstance(found, AskedRequest):
            return _which(report, found, till.terminal.currency)
        if final_minor is not None and not (found.is_maximum and final_minor <= found.amount_minor):
            raise Refused(RefusalCode.AMOUNT_MISMATCH, "more than was asked for, or no maximum")
        return _AtReader(args, report, till, reader, found, final_minor).run()


def _asked(args: Namespace, till: Till, amount_minor: int | None) -> AskedRequest | list[AskedRequest]:
    """The request to be answered: a new one, the one named, or the only one that is open; else all that are."""
    terminal = till.terminal
    if args.request is not None:
        named = terminal.request_named(args.request)
        if named.state in _OVER:
            raise TerminalTrouble(_OVER[named.state])  # a wallet that met it for the first time would still answer it
        return named
    if amount_minor is not None:
        return terminal.request(
            exact_minor=None if args.up_to else amount_minor,
            up_to_minor=amount_minor if args.up_to else None,
            reference=args.reference,
            ttl_s=args.ttl,
        ).request
    waiting = list(terminal.open_requests())
    return waiting[0] if len(waiting) == 1 else waiting


def _which(report: Report, candidates: list[AskedRequest], currency: str) -> int:
    """Neither amount nor request were named, and not one request is open."""
    keys = {"candidates": [asked_keys(asked) for asked in candidates], "currency": currency}
    lines = [
        f"feiqian terminal tap --request {short_id(asked.request_hash)}  {asked_words(asked, currency, report)}"
        for asked in candidates[:CANDIDATES_SHOWN]
    ]
    return report.finish(keys, [TapTrouble("tap_which", count=len(candidates))], plain(*lines))


class _AtReader:
    """A till at a reader, for one request. It is the counter that a tap speaks to (`nfc_tap.Counter`)."""

    def __init__(
        self, args: Namespace, report: Report, till: Till, reader: Reader, asked: AskedRequest, final_minor: int | None
    ) -> None:
        self._args = args
        self._final_minor = final_minor
        self._report = report
        self._till = till
        self._reader = reader
        self._asked = asked
        self._taken = till.terminal.acceptance_on(asked.request_hash)
        self._body = b""

    def run(self) -> int:
        """Up to the decision, and to the receipt where the phone comes back for it."""
        report, asked, name = self._report, self._asked, short_id(self._asked.request_hash)
        keys: dict[str, Any] = {"request_id": asked.request_hash.hex(), "reader": self._reader.name}
        report.say(
            f"{asked_words(asked, self._till.terminal.currency, report)}, request {name}, at {self._reader.name}.",
            f"{asked_words(asked, self._till.terminal.currency, report)}，请求 {name}，读卡器 {self._reader.name}。",
        )
        receipt = None if self._taken is None else self._taken.shown
        tap = Tap(self._reader, self, asked.shown, name=name, tell=self._tell, receipt=receipt, packs=self)
        try:
            ended = tap.run(time.monotonic() + self._time_left_s())
        except TapTrouble as trouble:
            self._till.terminal.log_refusal(trouble)
            return report.finish({"decision": "open", **keys, "expires_at": rfc3339(asked.expires_at)}, [trouble])
        except (Refused, TerminalTrouble) as refusal:
            return report_refused(self._args, report, self._till, refusal, self._body)
        assert self._taken is not None  # noqa: S101  # a tap ends well only when its counter has accepted, or had
        keys |= {"taps": ended.taps, "handed_over": ended.handed_over, "earlier_receipts": ended.earlier_receipts}
        keys |= {"trust": ended.trust.value}
        if ended.trust is Traded.TAKEN:
            report.say(*PACK_TAKEN)
        if ended.handed_over:
            words = report.pick("The payer's phone has the receipt.", "付款人的手机已收到收据。")
            return report_accepted(report, self._till, self._taken, {"receipt_image": None, **keys}, words)
        shown = show_receipt(self._args, report, self._till, self._taken)
        words = report.pick(
            f"The payer's phone lacks the receipt. Show the payer: {shown['receipt_image']}",
            f"付款人的手机尚未收到收据。请向付款人出示：\n{shown['receipt_image']}",
        )
        return report_accepted(report, self._till, self._taken, {**keys, **shown}, words)

    def accept(self, payment: bytes) -> bytes:
        """Accept, durably; the same payment again is the same acceptance."""
        self._body = payment
        self._taken = self._till.terminal.accept(
            payment,
            request_hash=self._asked.request_hash,
            final_minor=self._final_minor,
            at_own_risk=self._args.at_own_risk,
        )
        return self._taken.shown

    def statement_on(self, cheque_id: StatementId) -> bytes | None:
        """The receipt or note for an earlier payment of the same payer."""
        return self._till.terminal.statement_on(cheque_id)

    def trust(self) -> Trust:
        """What this till knows of keys and lists (`nfc_packs.Packs`)."""
        return self._till.terminal.trust

    def take_trust(self, pack: bytes) -> bool:
        """Take a newer pack from a phone, durably. Raises Refused for one that is older or forged."""
        return self._till.terminal.take_trust(pack)

    def _time_left_s(self) -> float:
        """Until the request runs out. For one that is accepted as long as a new one lives: only its receipt waits.

        Raises TerminalTrouble request_expired, which names the way to cancel it, for one that was shown before.
        One made just now that ran out on its way to the reader was seen by nobody.
        """
        if self._asked.state is RequestState.ACCEPTED:
            return float(self._args.ttl)
        left_s = self._asked.expires_at - device_clock()
        if left_s <= 0 and self._asked.state is RequestState.OPEN and self._args.amount is None:
            raise TerminalTrouble("request_expired", request=short_id(self._asked.request_hash))
        return float(max(0, min(left_s, self._args.ttl)))

    def _tell(self, step: Step) -> None:
        taken = self._taken
        if step is not Step.ACCEPTED or taken is None:
            say_step(self._report, step)
            return
        words = grade_words(taken.grade.value, self._report.language)
        amount, look = money(taken.accepted.final_minor, taken.currency), GRADE_LOOKS[taken.grade]
        self._report.say(f"{look.icon} {words}: {amount}", f"{look.icon} {words}：{amount}")
