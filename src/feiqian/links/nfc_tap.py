"""One payment by tap, on the payee's side: ask, wait for a phone, take its payment, hand it the receipt (spec 11.4).

The request was stored before it is held to a phone, and the till stores what it accepts before anybody hears of it. In
between a phone may be pulled away at any byte, be held there for too long or twice: it is asked the same request again
and gives the same payment. Once that is accepted nobody is asked any more: whoever holds a phone there next gets the
receipt, and only the wallet that paid takes it. Behind the receipt the two may exchange trust packs (`nfc_packs`): the
people have been told by then that they can part, and nothing that happens there changes what the tap was.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from feiqian.links.apdu import INS_SELECT, MESSAGE_MAX_BYTES, Answer, Status
from feiqian.links.nfc_card import AID, AWAITED_MAX, CLA, SELECT_BY_NAME, TAP_VERSION, CardState, Ins
from feiqian.links.nfc_packs import Packs, Traded, trade
from feiqian.links.nfc_reader import ReaderError
from feiqian.links.nfc_troubles import TapTrouble
from feiqian.protocol import cbor
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import ID_BYTES
from feiqian.protocol.refusals import Refused

ASK_AGAIN_S: Final = 0.25
"""How often a phone that asks its holder is asked whether the holder has answered."""
MISSED_S: Final = 0.15
"""How long a phone that was lost may be away before anybody is told to hold it there again."""
RECEIPT_S: Final = 15.0
"""How long a till waits, once it has accepted, for the phone to come back for its receipt."""
_CRITICAL_KEY_MAX = 23
_log = logging.getLogger("feiqian.tap")


class Channel(Protocol):
    """A reader, as far as a tap needs it. Raises ReaderError."""

    def wait_for_card(self, until: float) -> bool:
        """Wait for a card; False when there is none at `until`, on the monotonic clock."""

    def exchange(self, cla: int, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"") -> Answer:
        """Send a message and fetch all of the answer."""

    def leave(self) -> None:
        """Let the card go."""


class Counter(Protocol):
    """The till behind the reader."""

    def accept(self, payment: bytes) -> bytes:
        """What the payer is to be shown for this payment, stored when it returns. Raises Coded."""

    def statement_on(self, cheque_id: StatementId) -> bytes | None:
        """The receipt or note for a cheque that was accepted here before."""


class Step(StrEnum):
    """What to tell the people at the counter."""

    HOLD = "hold"
    KEEP_HOLDING = "keep_holding"
    ASK_HOLDER = "ask_holder"
    UNLOCK = "unlock"
    AGAIN = "again"
    OTHER_CARD = "other_card"
    ACCEPTED = "accepted"
    RECEIPT_AGAIN = "receipt_again"
    TAKE_AWAY = "take_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """How a tap ended. `handed_over` says that the phone has its receipt; earlier ones that it still lacked count.

    `trust` says whether one side has handed the other a newer trust pack.
    """

    taps: int
    handed_over: bool
    earlier_receipts: int
    trust: Traded = Traded.NONE


class Tap:
    """A request at a reader. `tell` hears each step once, when it changes."""

    def __init__(
        self,
        channel: Channel,
        counter: Counter,
        asking: bytes,
        *,
        name: str,
        tell: Callable[[Step], None],
        receipt: bytes | None = None,
        packs: Packs | None = None,
    ) -> None:
        """`receipt` is what the payer is to be shown for a request that was accepted before: only that is wanting.

        With `packs` the phone is asked for its trust pack once it has the receipt.
        """
        self._channel = channel
        self._counter = counter
        self._asking = asking
        self._name = name
        self._tell = tell
        self._told: Step | None = None
        self._receipt = receipt
        self._packs = packs
        self._traded = Traded.NONE
        self._fault = "nobody_tapped"
        self._is_lost = False
        self._taps = 0
        self._earlier = 0

    def run(self, until: float) -> Tapped:
        """Until the phone has its receipt, or `until` on the monotonic clock.

        Raises TapTrouble and what the till raises: then nothing was accepted. Once the till has accepted it ends well,
        with or without the receipt handed over.
        """
        self._say(Step.HOLD)
        while self._phone_is_there(until):
            self._taps += 1
            try:
                if self._one_tap(until):
                    self._say(Step.TAKE_AWAY)
                    return self._ended(handed_over=True)
                self._fault = "holder_not_asked"
            except ReaderError as error:
                self._lose(error)
            except TapTrouble as trouble:
                self._meet_another(trouble)
            if self._receipt is not None:
                until = min(until, time.monotonic() + RECEIPT_S)
        if self._receipt is None:
            raise TapTrouble(self._fault, request=self._name)
        return self._ended(handed_over=False)

    def _ended(self, *, handed_over: bool) -> Tapped:
        return Tapped(taps=self._taps, handed_over=handed_over, earlier_receipts=self._earlier, trust=self._traded)

    def _phone_is_there(self, until: float) -> bool:
        """Wait for a phone. One that was lost is missed only after a moment: a reader can lose sight of it.

        Raises TapTrouble for a reader that went, before anything was accepted; afterwards it takes only the receipt's
        way.
        """
        while not self._taps or time.monotonic() < until:
            try:
                if self._is_lost:
                    if self._channel.wait_for_card(min(until, time.monotonic() + MISSED_S)):
                        return True
                    self._say(Step.AGAIN if self._receipt is None else Step.RECEIPT_AGAIN)
                return self._channel.wait_for_card(until)
            except ReaderError as error:
                if self._receipt is not None and not error.is_passing:
                    return False
                self._lose(error)
                if not self._taps and time.monotonic() >= until:
                    break
        return False

    def _lose(self, error: ReaderError) -> None:
        """A phone that went, or answers nothing of use. Raises TapTrouble for what holding it there cannot mend."""
        if not error.is_passing and self._receipt is None:
            raise TapTrouble(error.fault, request=self._name, **error.values) from None
        self._fault, self._is_lost = error.fault, True
        if error.fault != "card_removed":
            time.sleep(ASK_AGAIN_S)  # it is still there, and as it is

    def _meet_another(self, trouble: TapTrouble) -> None:
        """A wallet that says no, or another card. Raises TapTrouble unless the next one held there may do better."""
        if self._receipt is None and trouble.code not in _CARD_MAY_CHANGE:
            raise trouble
        self._fault = trouble.code
        self._say(Step.OTHER_CARD if self._receipt is None else Step.RECEIPT_AGAIN)
        time.sleep(ASK_AGAIN_S)

    def _one_tap(self, until: float) -> bool:
        """From selecting to the receipt: whether it was handed over. False when the holder has not agreed in time."""
        try:
            if self._select() is CardState.LOCKED:
                raise TapTrouble("wallet_locked")
            self._is_lost = False
            if self._receipt is not None:  # never the request again: this may be another payer's phone
                self._ask(Ins.PUT_RECEIPT, self._receipt)
                return True
            self._say(Step.KEEP_HOLDING)
            agreed = self._put_request()
            self._hand_over_earlier()
            while not agreed:
                if time.monotonic() >= until:
                    return False
                self._say(Step.ASK_HOLDER)
                time.sleep(ASK_AGAIN_S)
                agreed = self._put_request()
            payment = self._ask(Ins.GET_PAYMENT)
            self._receipt = self._counter.accept(payment)
            self._say(Step.ACCEPTED)
            self._ask(Ins.PUT_RECEIPT, self._receipt)
            self._say(Step.TAKE_AWAY)
            self._trade()
        finally:
            self._channel.leave()
        return True

    def _trade(self) -> None:
        """The payment is over and told; what happens here is logged at most."""
        if self._packs is None:
            return

        def exchange(ins: int, p2: int = 0, data: bytes = b"") -> Answer:
            return self._channel.exchange(CLA, ins, 0, p2, data)

        try:
            self._traded = trade(exchange, self._packs, get=Ins.GET_TRUST, put=Ins.PUT_TRUST)
        except ReaderError:
            pass  # it was taken away, as it may be
        except Exception as failure:  # noqa: BLE001  # a full disk, a forged pack: the payment is accepted all the same
            _log.warning("no trust pack was taken from a phone", exc_info=failure)

    def _select(self) -> CardState:
        answer = self._channel.exchange(0, INS_SELECT, SELECT_BY_NAME, 0, AID)
        if answer.status != Status.DONE:
            raise TapTrouble("wallet_locked" if answer.status == Status.LOCKED else "card_other")
        try:
            about = cbor.decode_map(answer.data, max_bytes=MESSAGE_MAX_BYTES)
        except Refused:
            raise ReaderError("card_garbled") from None
        if any(key not in (0, 1, 2) and key <= _CRITICAL_KEY_MAX for key in about) or about.get(0) != TAP_VERSION:
            raise TapTrouble("card_newer")
        try:
            return CardState(about.get(2, -1))
        except ValueError:
            raise TapTrouble("card_newer") from None

    def _put_request(self) -> bool:
        answer = self._channel.exchange(CLA, Ins.PUT_REQUEST, 0, 0, self._asking)
        if answer.status == Status.ASK_HOLDER:
            return False
        self._check(answer)
        return True

    def _hand_over_earlier(self) -> None:
        """Receipts for which a phone has not come back since; one that it will not take is no reason to stop."""
        ids = self._ask(Ins.GET_AWAITED)
        for start in range(0, min(len(ids), AWAITED_MAX * ID_BYTES), ID_BYTES):
            body = self._counter.statement_on(StatementId(ids[start : start + ID_BYTES]))
            if body is not None:
                answer = self._channel.exchange(CLA, Ins.PUT_RECEIPT, 0, 0, body)
                self._earlier += answer.status == Status.DONE

    def _ask(self, ins: Ins, data: bytes = b"") -> bytes:
        answer = self._channel.exchange(CLA, ins, 0, 0, data)
        self._check(answer)
        return answer.data

    def _check(self, answer: Answer) -> None:
        """Raises TapTrouble, ReaderError for a status that is not the end of what was asked."""
        match answer.status:
            case Status.DONE:
                return
            case Status.LOCKED:
                raise TapTrouble("wallet_locked")
            case Status.REFUSED:
                raise TapTrouble("wallet_refused")
            case Status.DECLINED:
                raise TapTrouble("wallet_declined")
            case Status.BROKEN:
                raise TapTrouble("wallet_broken")
            case Status.NOT_NOW:  # it has forgotten that it was selected: the power went, if only for a moment
                raise ReaderError("card_removed")
            case _:
                raise ReaderError("card_garbled")

    def _say(self, step: Step) -> None:
        if step is not self._told:
            self._told = step
            self._tell(step)


_CARD_MAY_CHANGE: Final = frozenset({"card_other", "wallet_locked"})
"""Another card, or the same one unlocked, may be held there next: worth waiting for."""
