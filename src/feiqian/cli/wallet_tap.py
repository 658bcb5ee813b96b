"""`feiqian wallet tap`: pay by holding the phone to a payee's reader. Nothing here reaches a network.

The PIN opens the wallet and is the holder check. The holder agrees beforehand to one payment up to an amount, or is
asked when the request has come. The wallet is then a card in the field of vsmartcard's virtual reader, which stands in
for a phone's host card emulation; its commands and bytes are those of spec 11 either way.
"""

import argparse
import select
import sys
import time
from argparse import Namespace
from typing import Any, Final

from feiqian.cli.device import device_clock, read_secret
from feiqian.cli.report import Report, money, parse_money
from feiqian.cli.shown import clean_up_keys, remove_pictures
from feiqian.cli.tap_words import STEP_WORDS
from feiqian.cli.wallet_device import Opened, opened, purpose_of
from feiqian.cli.wallet_pay import consent_question, says_yes
from feiqian.cli.wallet_troubles import ConsentTrouble
from feiqian.cli.wallet_words import facts_table, outcome_words, payee_words, payment_keys
from feiqian.links.nfc_card import NfcCard
from feiqian.links.nfc_tap import Step
from feiqian.links.nfc_troubles import TapTrouble
from feiqian.links.vpcd import VirtualCard
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.words import Coded
from feiqian.wallet.pay import Offer
from feiqian.wallet.tapping import CONSENT_MAX_S, Consent, Tapping
from feiqian.wallet.troubles import WalletTrouble

FOR_S: Final = 60
_REACH_AGAIN_S: Final = 0.2
_PACK_S: Final = 2.0
"""How long the phone stays once it has its receipt, for a reader that has something newer to tell of keys and lists."""


def seconds(text: str) -> int:
    """How long the wallet is held there, for argparse."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= CONSENT_MAX_S:
        raise argparse.ArgumentTypeError(f"1 to {CONSENT_MAX_S} seconds")
    return int(text)


def tap(args: Namespace, report: Report) -> int:
    """Pay at a reader, up to the receipt."""
    up_to_minor = None if args.up_to is None else parse_money(args.up_to)
    with opened(args, report) as found:
        membership = found.wallet.membership()
        if membership is None:
            raise WalletTrouble("not_enrolled")
        consent = None
        if up_to_minor is not None:
            consent = Consent(up_to_minor=up_to_minor, currency=membership.currency, until=device_clock() + args.for_s)
        digits = None if args.code_file is None else read_secret(args.code_file)
        tapping = Tapping(
            found.wallet, holder_check=HolderCheck.PIN, clock=device_clock, consent=consent, digits=digits
        )
        _AtReader(args, report, tapping).run(time.monotonic() + args.for_s)
        return _report(report, found, tapping)


class _AtReader:
    """The wallet held to a reader, and its holder at the keyboard."""

    def __init__(self, args: Namespace, report: Report, tapping: Tapping) -> None:
        self._place: tuple[str, int] = args.card
        self._report = report
        self._tapping = tapping
        self._refused: Coded | None = None
        self._asking: Offer | None = None
        self._card = NfcCard(tapping, self._note)

    def run(self, until: float) -> None:
        """Until the payment has its receipt or time is over. Raises Coded when there was nothing to pay or no will."""
        self._report.say(*STEP_WORDS[Step.HOLD])
        held = VirtualCard(self._card, *self._place)
        while not self._tapping.is_done and (left_s := until - time.monotonic()) > 0:
            sources: list[Any] = [held] if self._asking is None else [held, sys.stdin]
            ready, _, _ = select.select(sources, [], [], left_s)
            if held in ready and not held.serve():
                held.close()
                held = self._reach_again(until)
            if sys.stdin in ready:
                self._hear()
            self._look()
        if self._tapping.is_done:
            self._stay(held)
        held.close()
        if self._tapping.shown is None and not self._tapping.is_done:
            raise self._refused or TapTrouble("nobody_asked")

    def _stay(self, held: VirtualCard) -> None:
        """The reader may go on with trust packs; it says that it is done by letting the phone go."""
        until = time.monotonic() + _PACK_S
        while self._card.in_session and (left_s := until - time.monotonic()) > 0:
            ready, _, _ = select.select([held], [], [], left_s)
            if not ready or not held.serve():
                return

    def _look(self) -> None:
        """What the last command has brought: a refusal ends it, a request asks the holder."""
        if self._refused is not None and self._tapping.shown is None:
            raise self._refused
        waiting = self._tapping.waiting
        if waiting is None or (self._asking is not None and self._asking.asked == waiting.asked):
            return
        consent_question(self._report, waiting)
        self._asking = waiting

    def _hear(self) -> None:
        """The holder has typed something. Raises ConsentTrouble."""
        self._asking = None
        if not says_yes(sys.stdin.readline()):
            self._tapping.refuse()
            raise ConsentTrouble("consent_refused")
        self._tapping.agree()
        self._report.say(*STEP_WORDS[Step.HOLD])

    def _note(self, failure: Coded) -> None:
        self._refused = failure
        message = failure.words(self._report.language).message
        self._report.say(f"Refused: {message}", f"已拒绝：{message}")

    def _reach_again(self, until: float) -> VirtualCard:
        """The reader went away; it may come back in time. Raises TapTrouble."""
        while True:
            try:
                return VirtualCard(self._card, *self._place)
            except TapTrouble:
                if time.monotonic() >= until:
                    raise
                time.sleep(_REACH_AGAIN_S)


def _report(report: Report, found: Opened, tapping: Tapping) -> int:
    """What became of it: with its receipt, or drawn and waiting for one."""
    cleaned: dict[str, Any] = {}
    if tapping.is_done and tapping.taken is not None:
        payment, credit_minor = tapping.taken.payment, tapping.taken.credit_minor
    else:
        assert tapping.shown is not None  # noqa: S101  # _AtReader raises otherwise
        payment, credit_minor = tapping.shown.payment, 0
    if tapping.is_done:
        cleaned = clean_up_keys(remove_pictures(found.pictures, [purpose_of(payment)], now=device_clock()))
        report.say(*STEP_WORDS[Step.TAKE_AWAY])
    rows = [
        (report.pick("Payment", "付款"), payment.number),
        (report.pick("Payee", "收款方"), payee_words(payment, report)),
        (report.pick("Amount", "金额"), money(payment.final_minor or payment.amount_minor, payment.currency)),
    ]
    keys = payment_keys(payment) | cleaned
    keys |= {"receipt": tapping.is_done, "back_minor": payment.back_minor, "credit_minor": credit_minor}
    missing = report.pick(
        "No receipt yet. Hold the phone to the reader again (feiqian wallet tap), or show it as a code: "
        f"feiqian wallet again {payment.number}. It pays once.",
        f"尚无收据。请再次靠近读卡器（feiqian wallet tap），或以二维码出示：feiqian wallet again {payment.number}。"
        "只支付一次。",
    )
    words = f"[bold]{outcome_words(payment, report)}[/bold]"
    return report.done(keys, words, lambda: facts_table(rows), *([] if tapping.is_done else [missing]))
