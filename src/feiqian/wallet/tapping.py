"""Paying by tap: what the holder agreed to beforehand, and what one session at a reader may draw from the wallet.

Consent is for one payment: up to an amount, until an instant, and spent by the payment that it allows. So a second
request within the same tap, or the same till asking anew after it died, needs the holder again, while the same request
is answered with the same cheque as often as it comes. Everything else is the wallet's own: a cheque is durable before
its bytes are returned, and a receipt is checked before it is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.ids import StatementId
from feiqian.protocol.presentation import decode_asking
from feiqian.protocol.trust import Trust
from feiqian.wallet.acknowledgement import Taken
from feiqian.wallet.pay import Offer, Shown
from feiqian.wallet.ports import Clock
from feiqian.wallet.wallet import Wallet

CONSENT_MAX_S: Final = 600
"""How long a holder's word may last beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The holder's word: one payment of at most this amount in the wallet's currency, until this instant.

    It is given without having seen whom it pays, so it is for payees whose name is attested; others are asked about.
    """

    up_to_minor: int
    currency: str
    until: int

    def covers(self, offer: Offer, now: int) -> bool:
        """Whether it allows this payment now. Of a maximum, all must be covered."""
        if now > self.until or not offer.payee_proved:
            return False
        return offer.currency == self.currency and offer.amount_minor <= self.up_to_minor


class Tapping:
    """A wallet held to readers, from the holder's word to the receipt."""

    def __init__(
        self,
        wallet: Wallet,
        *,
        holder_check: HolderCheck,
        clock: Clock,
        consent: Consent | None,
        digits: str | None = None,
    ) -> None:
        """`digits` is the holder's one-time code, where one is needed."""
        self._wallet = wallet
        self._digits = digits
        self._holder_check = holder_check
        self._clock = clock
        self._consent = consent
        self._agreed: bytes | None = None
        self._offer: Offer | None = None
        self.waiting: Offer | None = None
        """What the holder has to be asked about."""
        self.shown: Shown | None = None
        """The payment given out last."""
        self.taken: Taken | None = None
        """The receipt or note taken last."""

    @property
    def has_consent(self) -> bool:
        """Whether the holder's word still stands."""
        return self._consent is not None and self._clock() <= self._consent.until

    @property
    def is_done(self) -> bool:
        """Whether the payment given out last has its receipt or note; or one came and nothing else was asked for."""
        if self.taken is None:
            return False
        if self.shown is None:
            return self._offer is None
        return self.taken.payment.cheque_id == self.shown.payment.cheque_id

    def asked(self, asking: bytes) -> bool:
        """Take a request: True when it may be paid now, False when the holder has to be asked. Raises Coded."""
        self._offer = None
        offer = self._wallet.consider(asking)
        self._offer = offer
        if self._may_pay(offer):
            return True
        self.waiting = offer
        return False

    def agree(self) -> None:
        """The holder says yes to what is waiting, and to nothing else."""
        if self.waiting is not None:
            self._agreed, self.waiting = self.waiting.asked, None

    def refuse(self) -> None:
        """The holder says no to what is waiting."""
        self.waiting = None
        self._offer = None

    def pay(self) -> bytes | None:
        """The payment for the request taken last: burned, then returned. None when nothing may be paid now."""
        offer = self._offer
        if offer is None or not self._may_pay(offer):
            return None
        shown = self._wallet.pay(offer, self._holder_check, self._digits)
        if offer.drawn is None:
            self._consent = self._agreed = None
            self._offer = self._wallet.consider(offer.asked)  # from now on it is a payment that was drawn
        self.shown = shown
        return shown.body

    def awaited(self) -> Sequence[StatementId]:
        """Earlier payments to the proved payee that asked last, whose receipts have not come, newest first.

        Nobody else hears of them: an id that stays the same would tell two strangers that they met the same wallet.
        """
        if self._offer is None or not self._offer.payee_proved:
            return ()
        terms = decode_asking(self._offer.asked).request.terms
        now_drawn = None if self._offer.drawn is None else self._offer.drawn.cheque_id
        waiting = () if terms.payee_id is None else self._wallet.unacknowledged(terms.payee_id)
        return tuple(payment.cheque_id for payment in waiting if payment.cheque_id != now_drawn)

    def take(self, shown: bytes) -> None:
        """Take a receipt or note. Raises Coded; then nothing was changed."""
        self.taken = self._wallet.take_acknowledgement(shown)

    def trust(self) -> Trust | None:
        """What this wallet knows of keys and lists, for a proved payee only: its age tells wallets apart a little."""
        if self._offer is None or not self._offer.payee_proved:
            return None
        return self._wallet.trust_view()

    def take_trust(self, pack: bytes) -> None:
        """Take a newer trust pack, durably. Raises Coded for one that is older or forged; then nothing was changed."""
        self._wallet.take_trust(pack)

    def _may_pay(self, offer: Offer) -> bool:
        """Drawn before, or agreed to: this very request, or beforehand."""
        if offer.drawn is not None or offer.asked == self._agreed:
            return True
        return self._consent is not None and self._consent.covers(offer, self._clock())
