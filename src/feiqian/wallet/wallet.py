"""The wallet: one door to everything the payer's device does. It composes the small files beside it and adds nothing.

Calls that need a network take the operator's link as an argument; the others have none, so that nothing on the way
of a payment can reach out. Every method may be repeated after a crash.
"""

from dataclasses import replace
from types import TracebackType
from typing import Self

from feiqian.ledger.papers import Papers
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.trust import Trust
from feiqian.protocol.words import Coded
from feiqian.wallet import (
    acknowledgement,
    allowances,
    backup,
    confirmed,
    enrolment,
    history,
    pay,
    paying_lock,
    resume,
    retention,
    sync,
    trust_held,
)
from feiqian.wallet.acknowledgement import Taken
from feiqian.wallet.backup import Backup, Restored
from feiqian.wallet.counting import counting_trouble
from feiqian.wallet.enrolment import Joined
from feiqian.wallet.holdings import Holdings, hold
from feiqian.wallet.papers import papers_by_number
from feiqian.wallet.pay import Offer, Shown
from feiqian.wallet.ports import OperatorLink, Parts
from feiqian.wallet.records import (
    AllowanceRecord,
    Elsewhere,
    Enrolment,
    KeyHome,
    Membership,
    PayingLock,
    PaymentRecord,
)
from feiqian.wallet.resume import Resumed
from feiqian.wallet.spending import Spendable, spendable
from feiqian.wallet.sync import Synced


class Wallet:
    """An unlocked wallet. `lock` it, or use it as a context manager."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lock()

    # --- with a network ---

    def enrol(self, link: OperatorLink, server: str, code: str, pin: str | None = None) -> Joined:
        """Become a payer's device; `pin` are the digits that some codes have beside them."""
        return enrolment.enrol(self._parts, link, server, code, pin)

    def top_up(self, link: OperatorLink, amount_minor: int) -> AllowanceRecord:
        """Have this amount set aside and come to this device as an allowance."""
        return allowances.top_up(self._parts, link, amount_minor)

    def close(self, link: OperatorLink, ref: bytes | None = None) -> AllowanceRecord:
        """End an allowance early."""
        return allowances.close(self._parts, link, ref)

    def sync(self, link: OperatorLink) -> Synced:
        """Newest trust, open top-ups and closings, and what became of the payments."""
        return sync.sync(self._parts, link)

    def unlock_online(self, link: OperatorLink) -> PayingLock:
        """Ask the operator whether this wallet may pay again."""
        return paying_lock.unlock_online(self._parts, link)

    # --- without one ---

    def consider(self, asking: bytes) -> Offer:
        """What a payee asks for, checked, for the holder to consent to."""
        return pay.consider(self._parts, asking)

    def pay(self, offer: Offer, holder_check: HolderCheck, digits: str | None = None) -> Shown:
        """The cheque for an offer, durable before it is returned; the same offer again gives the same bytes."""
        return pay.pay(self._parts, offer, holder_check, digits)

    def one_way_code(
        self, amount_minor: int, holder_check: HolderCheck, *, up_to: bool = False, digits: str | None = None
    ) -> Shown:
        """A code that any payee may take for a short time."""
        return pay.one_way_code(self._parts, amount_minor, holder_check, up_to=up_to, digits=digits)

    def show_again(self, number: str) -> Shown:
        """The same bytes of an earlier payment."""
        return pay.show(self._parts, self.payment(number))

    def take_acknowledgement(self, body: bytes) -> Taken:
        """Take a receipt, a void note or a cancel note."""
        return acknowledgement.take_acknowledgement(self._parts, body)

    def trust_pack(self) -> bytes:
        """The trust pack that is held, to be shown to another device. Raises WalletTrouble not_enrolled."""
        return trust_held.held_pack(self._parts)

    def take_trust(self, pack: bytes) -> bool:
        """Keep a pack that another device showed, if it is newer; True if it was. Raises Refused, not_enrolled."""
        return trust_held.take_pack(self._parts, pack)

    def trust_view(self) -> Trust:
        """What the held pack says. Raises WalletTrouble not_enrolled."""
        return hold(self._parts).trust

    def resume(self) -> Resumed:
        """What is open, and the way on for each."""
        return resume.resume(self._parts)

    def forget_old(self) -> int:
        """Remove what is past its time; how many allowances went. Raises WalletTrouble not_enrolled."""
        return retention.forget_old(self._parts)

    def unconfirmed(self) -> int:
        """How many payments above their limit lack the sign that the holder was asked. Raises as `overdue`."""
        return confirmed.unconfirmed(self._parts)

    def overdue(self) -> int:
        """How many allowances are past their time and still here. Raises WalletTrouble not_enrolled."""
        return retention.overdue(self._parts)

    def spendable(self) -> Spendable:
        """What can be spent offline now, until when, what waits; nothing while hardware keeps it from paying."""
        store = self._parts.store
        view = spendable(hold(self._parts), store.payments(), store.findings())
        if self.counting_trouble() is None:
            return view
        return replace(view, payment_minor=0, total_minor=0, until=None)

    def paying_lock(self) -> PayingLock | None:
        """Why this wallet has stopped paying; None while it pays."""
        return paying_lock.standing_lock(self._parts, hold(self._parts))

    def history(self, words: str = "") -> tuple[PaymentRecord, ...]:
        """Payments in which all words are found, newest first."""
        return history.search(self._parts.store.payments(), words)

    def unacknowledged(self, payee_id: bytes) -> tuple[PaymentRecord, ...]:
        """Answers to requests of this payee whose receipts or notes have not come, newest first."""
        return tuple(
            payment
            for payment in self._parts.store.open_payments()
            if payment.payee_id == payee_id and payment.acknowledgement is None and payment.request is not None
        )

    def payment(self, number: str) -> PaymentRecord:
        """The payment of this number. Raises WalletTrouble payment_unknown."""
        return history.by_number(self._parts.store.payments(), number)

    def papers(self, number: str) -> tuple[PaymentRecord, Papers, bool]:
        """The papers of a payment of this device or of a restored one; whether a note is among them."""
        return papers_by_number(self._parts.store, number)

    def restored(self, words: str = "") -> tuple[PaymentRecord, ...]:
        """Payments of other devices, put back from a backup, in which all words are found, newest first."""
        return history.search((one.payment for one in self._parts.store.restored()), words)

    def elsewhere(self) -> Elsewhere:
        """What this payer has on other devices, as the operator's books had it at the last sync."""
        return self._parts.store.elsewhere()

    def back_up(self) -> Backup:
        """What is worth keeping elsewhere; nothing in it can pay. Raises WalletTrouble not_enrolled."""
        return backup.back_up(self._parts)

    def put_back(self, found: Backup) -> Restored:
        """The payments of another device's backup, to be looked at and handed in. Raises BackupTrouble."""
        return backup.put_back(self._parts, found)

    def key_home(self) -> KeyHome | None:
        """Where the keys live; None for software, when nobody chose."""
        return self._parts.store.key_home()

    def counting_trouble(self) -> Coded | None:
        """Why keys or counter in hardware keep this wallet from paying; None if they do not."""
        return counting_trouble(self._parts)

    def holdings(self) -> Holdings:
        """Everything held at this moment, verified."""
        return hold(self._parts)

    def enrolment(self) -> Enrolment | None:
        """Where this wallet is enrolled, or means to be."""
        return self._parts.store.enrolment()

    def membership(self) -> Membership | None:
        """Whose device this is; None before enrolment."""
        return self._parts.store.membership()

    def change_pin(self, old: str, new: str) -> None:
        """Protect the wallet with a new PIN."""
        self._parts.store.change_pin(old, new, self._parts.clock())

    def lock(self) -> None:
        """Lock: everything stays, encrypted, until the PIN opens it again."""
        self._parts.found.forget()
        self._parts.store.close()
