"""The wallet's store over plain rows: for simulated wallets, under the acceptance suite of the store in the vault.

What the tables of `wallet_schema` forbid is forbidden here by hand, and a write that breaks it leaves nothing behind.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import RequestHash, StatementId, TerminalRef
from feiqian.risk.anomaly import Drawing, LockReason
from feiqian.storage.plain_rows import PlainRows
from feiqian.wallet.ports import Conflict, WritePoint
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Elsewhere,
    Enrolment,
    Finding,
    FindingKind,
    Footing,
    Guesses,
    HeldTrust,
    KeyHome,
    LockAnswer,
    LockStanding,
    Membership,
    PayeeRecord,
    PayingLock,
    PaymentRecord,
    RestoredPayment,
)
from feiqian.wallet.states import PAYMENT_STATUS, AllowanceState, Status

ONE: Final = "one"
"""The key of what there is one of."""
_WITHOUT_RAW: Final = frozenset({AllowanceState.ASKED, AllowanceState.DROPPED})
_WITH_CLOSING: Final = frozenset({AllowanceState.CLOSING, AllowanceState.CLOSED})
_ENDS: Final = frozenset({LockAnswer.ALLOWED, LockAnswer.CLOCK_RIGHT})
_GRADES: Final = frozenset({None, "F1", "F2", "F3"})
_CHANGING: Final = (
    *("state", "final_minor", "grade", "acknowledgement", "acknowledged_at"),
    *("payee_id", "payee_name", "payee_proved", "deadline_at"),
)
"""What may change of a payment. The cheque and what it answers never do."""
_SAID: Final = attrgetter(
    *("cheque_id", "top_up_id", "counter", "cheque", "credits", "form", "amount_minor", "up_to", "currency"),
    *("drawn_at", "expires_at", "request", "request_hash", "reference"),
)
_HEAD_NAMES: Final = ("counter", "cumulative_minor", "last_id")
_HEAD: Final = attrgetter(*_HEAD_NAMES)
_GRANTED: Final = attrgetter(
    *("top_up_id", "device_key", "amount_minor", "currency", "asked_at", "raw", "expires_at", "barred"),
)


class PlainWalletStore:
    """A `WalletStore` over plain rows."""

    def __init__(self, rows: PlainRows) -> None:
        self._rows = rows
        self._key_home: dict[str, KeyHome] = rows.table("key home")
        self._locks: dict[bytes, PayingLock] = rows.table("paying lock")
        self._enrolment: dict[str, Enrolment] = rows.table("enrolment")
        self._membership: dict[str, Membership] = rows.table("membership")
        self._trust: dict[str, HeldTrust] = rows.table("trust")
        self._heard: dict[str, int] = rows.table("heard")
        self._allowances: dict[bytes, AllowanceRecord] = rows.table("allowance")
        self._device_keys: dict[bytes, bytes] = rows.table("device key")
        self._payments: dict[StatementId, PaymentRecord] = rows.table("payment")
        self._by_request: dict[RequestHash, StatementId] = rows.table("payment by request")
        self._by_counter: dict[tuple[bytes, int], StatementId] = rows.table("payment by counter")
        self._places: dict[StatementId, int] = rows.table("payment's place")
        self._next_place: dict[str, int] = rows.table("next payment's place")
        self._open: dict[StatementId, StatementId] = rows.table("open payment")
        self._credits: dict[StatementId, CreditRecord] = rows.table("credit")
        self._payees: dict[TerminalRef, PayeeRecord] = rows.table("payee")
        self._findings: dict[tuple[StatementId, FindingKind], Finding] = rows.table("finding")
        self._restored: dict[StatementId, RestoredPayment] = rows.table("restored")
        self._elsewhere: dict[str, Elsewhere] = rows.table("elsewhere")

    # --- reading ---

    def key_home(self) -> KeyHome | None:
        return self._key_home.get(ONE)

    def enrolment(self) -> Enrolment | None:
        return self._enrolment.get(ONE)

    def membership(self) -> Membership | None:
        return self._membership.get(ONE)

    def trust(self) -> HeldTrust | None:
        return self._trust.get(ONE)

    def footing(self) -> Footing | None:
        membership, trust = self.membership(), self.trust()
        if membership is None or trust is None:
            return None
        return Footing(membership=membership, trust=trust, heard_at=self._heard.get(ONE, 0))

    def allowances(self) -> Sequence[AllowanceRecord]:
        return list(self._allowances.values())

    def current_allowances(self, ended_before: int) -> Sequence[AllowanceRecord]:
        return [
            one
            for one in self._allowances.values()
            if one.state is not AllowanceState.DROPPED and (one.expires_at is None or one.expires_at >= ended_before)
        ]

    def payment(self, cheque_id: StatementId) -> PaymentRecord | None:
        return self._payments.get(cheque_id)

    def payment_for(self, request_hash: RequestHash) -> PaymentRecord | None:
        cheque_id = self._by_request.get(request_hash)
        return None if cheque_id is None else self._payments[cheque_id]

    def payments(self) -> Sequence[PaymentRecord]:
        return list(reversed(self._payments.values()))

    def open_payments(self) -> Sequence[PaymentRecord]:
        return [
            self._payments[cheque_id] for cheque_id in sorted(self._open, key=self._places.__getitem__, reverse=True)
        ]

    def credits(self, top_up_id: bytes) -> Sequence[tuple[CreditRecord, PaymentRecord]]:
        found = [one for one in self._credits.values() if one.top_up_id == top_up_id]
        found.sort(key=lambda one: (-one.back_minor, one.cheque_id))
        return [(one, self._payments[one.cheque_id]) for one in found]

    def payee(self, terminal_ref: TerminalRef) -> PayeeRecord | None:
        return self._payees.get(terminal_ref)

    def payees(self, payee_id: bytes) -> Sequence[PayeeRecord]:
        found = [one for one in self._payees.values() if one.payee_id == payee_id]
        return sorted(found, key=lambda one: -one.met_at)

    def findings(self) -> Sequence[Finding]:
        return [self._findings[key] for key in sorted(self._findings)]

    def restored(self) -> Sequence[RestoredPayment]:
        return sorted(self._restored.values(), key=lambda one: (-one.payment.drawn_at, one.payment.cheque_id))

    def elsewhere(self) -> Elsewhere:
        return self._elsewhere.get(ONE, Elsewhere())

    def drawings(self, most: int) -> Sequence[Drawing]:
        return [Drawing(one.drawn_at, one.amount_minor) for one in islice(reversed(self._payments.values()), most)]

    def lock_standing(self) -> LockStanding:
        allowed = [one for one in self._locks.values() if one.answer is LockAnswer.ALLOWED]
        return LockStanding(
            standing=next((one for one in self._locks.values() if one.ended_at is None), None),
            unlocked_at=max((one.ended_at or 0 for one in allowed), default=0),
            foreign_before=max((one.seen for one in allowed if one.reason is LockReason.STORE_BEHIND), default=0),
        )

    def guesses(self) -> Guesses:
        return Guesses()  # there is no PIN

    # --- writing ---

    def choose_key_home(self, home: KeyHome) -> None:
        with self._rows.write(WritePoint.KEY_HOME) as rows:
            _law(not self._enrolment, "where the keys live was chosen before")
            rows.put(self._key_home, ONE, home)

    def begin_counting(self, mark: int) -> None:
        with self._rows.write(WritePoint.COUNTING) as rows:
            home = self._key_home.get(ONE)
            if home is None or home.counter is None or home.mark is not None:
                raise Conflict("the row is not as it was read")
            rows.put(self._key_home, ONE, replace(home, mark=mark))

    def begin_anew(self, mark: int) -> None:
        with self._rows.write(WritePoint.ANEW) as rows:
            home = self._key_home.get(ONE)
            if home is None or home.mark is None:
                raise Conflict("the row is not as it was read")
            rows.put(self._key_home, ONE, replace(home, mark=mark))
            for record in list(self._allowances.values()):
                if record.state is AllowanceState.ASKED:
                    self._put_allowance(rows, replace(record, state=AllowanceState.DROPPED, barred=True))
                elif record.state is not AllowanceState.DROPPED:
                    self._put_allowance(rows, replace(record, barred=True))

    def vouch(self) -> None:
        with self._rows.write(WritePoint.VOUCHED) as rows:
            home = self._key_home.get(ONE)
            if home is None:
                raise Conflict("the row is not as it was read")
            rows.put(self._key_home, ONE, replace(home, vouched=True))

    def begin_enrolment(self, enrolment: Enrolment) -> None:
        with self._rows.write(WritePoint.ENROLMENT) as rows:
            _law(not self._membership, "enrolled already")
            rows.put(self._enrolment, ONE, enrolment)

    def finish_enrolment(self, membership: Membership, trust: HeldTrust) -> None:
        with self._rows.write(WritePoint.MEMBERSHIP) as rows:
            _law(not self._membership, "enrolled already")
            rows.put(self._membership, ONE, membership)
            rows.put(self._trust, ONE, trust)

    def put_trust(self, trust: HeldTrust) -> None:
        with self._rows.write(WritePoint.TRUST) as rows:
            rows.put(self._trust, ONE, trust)

    def begin_top_up(self, record: AllowanceRecord) -> None:
        with self._rows.write(WritePoint.TOP_UP) as rows:
            _law(record.top_up_id not in self._allowances, "one allowance a top-up")
            _law(record.device_key not in self._device_keys, "one allowance a key")
            self._put_allowance(rows, record)
            rows.put(self._device_keys, record.device_key, record.top_up_id)

    def hold_allowance(self, record: AllowanceRecord) -> None:
        with self._rows.write(WritePoint.ALLOWANCE) as rows:
            held = {
                "raw": record.raw,
                "last_id": record.last_id,
                "expires_at": record.expires_at,
                "code_key": record.code_key,
            }
            self._move(rows, record.top_up_id, AllowanceState.ASKED, AllowanceState.HELD, **held)

    def drop_top_up(self, top_up_id: bytes) -> None:
        with self._rows.write(WritePoint.DECLINED) as rows:
            self._move(rows, top_up_id, AllowanceState.ASKED, AllowanceState.DROPPED)

    def burn(self, payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._rows.write(WritePoint.CHEQUE) as rows:
            self._move_head(rows, before, after)
            self._add_payment(rows, payment)
            self._move_mark(rows)

    def burn_closing(self, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._rows.write(WritePoint.CLOSING) as rows:
            self._move_head(rows, before, after)
            self._move_mark(rows)

    def confirm_closing(self, top_up_id: bytes) -> None:
        with self._rows.write(WritePoint.CLOSED) as rows:
            self._move(rows, top_up_id, AllowanceState.CLOSING, AllowanceState.CLOSED)

    def age(self, payments: Sequence[PaymentRecord]) -> None:
        with self._rows.write(WritePoint.AGED) as rows:
            for payment in payments:
                self._update_payment(rows, payment)

    def acknowledge(
        self, payment: PaymentRecord, credit: CreditRecord | None, payee: PayeeRecord, *, heard_at: int
    ) -> None:
        with self._rows.write(WritePoint.ACKNOWLEDGEMENT) as rows:
            self._update_payment(rows, payment)
            if credit is not None:
                self._put_credit(rows, credit)
            known = self._payees.get(payee.terminal_ref)
            rows.put(self._payees, payee.terminal_ref, payee if known is None else replace(known, met_at=payee.met_at))
            rows.put(self._heard, ONE, max(heard_at, self._heard.get(ONE, heard_at)))

    def apply_statement(self, payments: Sequence[PaymentRecord], findings: Sequence[Finding]) -> None:
        with self._rows.write(WritePoint.STATEMENT) as rows:
            for payment in payments:
                self._update_payment(rows, payment)
            for key in list(self._findings):
                rows.drop(self._findings, key)
            for one in findings:
                _law((one.cheque_id, one.kind) not in self._findings, "one finding of a kind a cheque")
                _law(one.top_up_id in self._allowances and one.amount_minor >= 0, "of an allowance of this device")
                rows.put(self._findings, (one.cheque_id, one.kind), one)

    def lock_paying(self, lock: PayingLock) -> None:
        with self._rows.write(WritePoint.LOCK) as rows:
            _law(self.lock_standing().standing is None and lock.lock_id not in self._locks, "one lock stands")
            self._put_lock(rows, lock)

    def answer_lock(self, lock: PayingLock, *, heard_at: int | None) -> None:
        with self._rows.write(WritePoint.UNLOCK) as rows:
            stands = self._locks.get(lock.lock_id)
            if stands is None or stands.ended_at is not None:
                raise Conflict("the row is not as it was read")
            self._put_lock(rows, replace(stands, answer=lock.answer, ended_at=lock.ended_at))
            if heard_at is not None and self._heard:
                rows.put(self._heard, ONE, min(heard_at, self._heard[ONE]))

    def restore(self, payments: Sequence[RestoredPayment]) -> int:
        with self._rows.write(WritePoint.RESTORED) as rows:
            before = len(self._restored)
            for one in payments:
                _check_payment(one.payment)
                if one.payment.cheque_id not in self._payments and one.payment.cheque_id not in self._restored:
                    rows.put(self._restored, one.payment.cheque_id, one)
            return len(self._restored) - before

    def hear_of_others(self, elsewhere: Elsewhere, payments: Sequence[PaymentRecord]) -> None:
        with self._rows.write(WritePoint.ELSEWHERE) as rows:
            rows.put(self._elsewhere, ONE, elsewhere)
            for payment in payments:
                held = self._restored.get(payment.cheque_id)
                if held is None:
                    raise Conflict("the row is not as it was read")
                changed = {name: getattr(payment, name) for name in _CHANGING}
                after = replace(held, payment=replace(held.payment, **changed))
                _check_payment(after.payment)
                rows.put(self._restored, payment.cheque_id, after)

    def forget(self, top_up_ids: Sequence[bytes]) -> None:
        with self._rows.write(WritePoint.FORGET) as rows:
            for top_up_id in top_up_ids:
                self._forget_allowance(rows, top_up_id)

    def change_pin(self, old: str, new: str, now: int) -> None:
        """There is no PIN: nothing here is encrypted."""

    def close(self) -> None:
        self._rows.close()

    # --- parts ---

    def _move(
        self, rows: PlainRows, top_up_id: bytes, before: AllowanceState, after: AllowanceState, **with_: Any
    ) -> None:
        """An allowance in this state goes into that one."""
        record = self._allowances.get(top_up_id)
        if record is None or record.state is not before:
            raise Conflict("the row is not as it was read")
        self._put_allowance(rows, replace(record, state=after, **with_))

    def _forget_allowance(self, rows: PlainRows, top_up_id: bytes) -> None:
        """An allowance and all that hangs on it go."""
        record = self._allowances.get(top_up_id)
        if record is None or record.state in (AllowanceState.ASKED, AllowanceState.CLOSING):
            raise Conflict("the row is not as it was read")
        _law(all(one.top_up_id != top_up_id for one in self._findings.values()), "a finding is of an allowance")
        gone = [one for one in self._payments.values() if one.top_up_id == top_up_id]
        _law(all(one.cheque_id not in self._open for one in gone), "a payment of it is open")
        ids = [one.cheque_id for one in gone]
        rows.drop_all(self._payments, ids)
        rows.drop_all(self._places, ids)
        rows.drop_all(self._by_counter, [(top_up_id, one.counter) for one in gone])
        rows.drop_all(self._by_request, [one.request_hash for one in gone if one.request_hash is not None])
        rows.drop_all(self._credits, [one for one, of in self._credits.items() if of.top_up_id == top_up_id])
        rows.drop_all(self._device_keys, [record.device_key])
        rows.drop_all(self._allowances, [top_up_id])
        unmet = {one.payee_id for one in gone} - {one.payee_id for one in self._payments.values()}
        rows.drop_all(self._payees, [ref for ref, one in self._payees.items() if one.payee_id in unmet])

    def _move_head(self, rows: PlainRows, before: AllowanceRecord, after: AllowanceRecord) -> None:
        """The chain's head goes from what was read to what was drawn."""
        record = self._allowances.get(before.top_up_id)
        if record is None or record.state is not AllowanceState.HELD or _HEAD(record) != _HEAD(before):
            raise Conflict("the row is not as it was read")
        if _GRANTED(record) != _GRANTED(after):
            after = replace(record, **{name: getattr(after, name) for name in (*_HEAD_NAMES, "state", "closing")})
        self._put_allowance(rows, after)

    def _move_mark(self, rows: PlainRows) -> None:
        """One more cheque to be counted, where there is a counter."""
        home = self._key_home.get(ONE)
        if home is not None and home.mark is not None:
            rows.put(self._key_home, ONE, replace(home, mark=home.mark + 1))

    def _put_lock(self, rows: PlainRows, lock: PayingLock) -> None:
        _law((lock.answer in _ENDS) == (lock.ended_at is not None), "a lock that is over has its end")
        rows.put(self._locks, lock.lock_id, lock)

    def _put_allowance(self, rows: PlainRows, record: AllowanceRecord) -> None:
        _law(record.amount_minor > 0 and record.counter >= 0 and record.cumulative_minor >= 0, "amounts and counters")
        _law((record.state in _WITHOUT_RAW) == (record.raw is None), "what is held is there")
        _law((record.state in _WITH_CLOSING) == (record.closing is not None), "what closes has its cheque")
        rows.put(self._allowances, record.top_up_id, record)

    def _add_payment(self, rows: PlainRows, payment: PaymentRecord) -> None:
        place = payment.top_up_id, payment.counter
        _law(payment.cheque_id not in self._payments, "one payment a cheque")
        _law(place not in self._by_counter and payment.counter > 0, "one payment a counter")
        _law(payment.top_up_id in self._allowances, "of an allowance of this device")
        rows.put(self._by_counter, place, payment.cheque_id)
        number = self._next_place.get(ONE, 0)
        rows.put(self._places, payment.cheque_id, number)
        rows.put(self._next_place, ONE, number + 1)
        if payment.request_hash is not None:
            _law(payment.request_hash not in self._by_request, "one payment a request")
            rows.put(self._by_request, payment.request_hash, payment.cheque_id)
        self._put_payment(rows, payment)

    def _update_payment(self, rows: PlainRows, payment: PaymentRecord) -> None:
        held = self._payments.get(payment.cheque_id)
        if held is None:
            raise Conflict("the row is not as it was read")
        if _SAID(held) != _SAID(payment):
            payment = replace(held, **{name: getattr(payment, name) for name in _CHANGING})
        self._put_payment(rows, payment)

    def _put_payment(self, rows: PlainRows, payment: PaymentRecord) -> None:
        _check_payment(payment)
        rows.put(self._payments, payment.cheque_id, payment)
        is_open = PAYMENT_STATUS[payment.state] is not Status.DONE
        if is_open and payment.cheque_id not in self._open:
            rows.put(self._open, payment.cheque_id, payment.cheque_id)
        elif not is_open and payment.cheque_id in self._open:
            rows.drop(self._open, payment.cheque_id)

    def _put_credit(self, rows: PlainRows, credit: CreditRecord) -> None:
        _law(credit.back_minor > 0 and credit.cheque_id in self._payments, "a credit is of a payment")
        _law(credit.top_up_id in self._allowances, "of an allowance of this device")
        known = self._credits.get(credit.cheque_id)
        if known is None or credit.back_minor > known.back_minor:
            after = credit if known is None else replace(credit, top_up_id=known.top_up_id)
            rows.put(self._credits, credit.cheque_id, after)


def _check_payment(payment: PaymentRecord) -> None:
    final_minor = payment.final_minor
    _law(payment.amount_minor > 0 and payment.grade in _GRADES, "an amount, and a grade there is")
    _law(final_minor is None or 0 <= final_minor <= payment.amount_minor, "no more than the cheque")
    _law((payment.form is ChequeForm.TWO_WAY) == (payment.request_hash is not None), "two-way answers a request")


def _law(holds: bool, law: str) -> None:  # noqa: FBT001 - what is asked is whether it holds
    """Raises Conflict, with the law that would be broken."""
    if not holds:
        raise Conflict(law)
