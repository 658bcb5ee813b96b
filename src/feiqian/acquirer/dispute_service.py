"""Disputes as a service: opened by a payer or payee, answered, decided, withdrawn or lapsed (spec 10.2).

Every act reads, decides and writes in one transaction and may be repeated. Money moves at most once a dispute, after
D, by one entry in each book; nobody's balance falls below zero by it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from feiqian.acquirer.dispute_ports import ChequeReading, DisputeReading, DisputeStore, DisputeUnit, DrawnCheque
from feiqian.acquirer.dispute_troubles import DisputeTrouble
from feiqian.acquirer.dispute_values import (
    ChargeBack,
    Dispute,
    DisputedClaim,
    DisputeId,
    DisputeLine,
    DisputeStep,
    Said,
)
from feiqian.acquirer.disputes import (
    EVIDENCE_MAX_BYTES,
    OPEN_S,
    REASONS,
    WORDS_MAX_CHARS,
    DisputeAct,
    DisputeReason,
    DisputeState,
    Party,
    after_act,
    is_possible,
    may_act,
    until_after,
)
from feiqian.acquirer.ports import WritePoint
from feiqian.ledger.accounts import PAYABLE, RECEIVABLE, free_of, payee_of
from feiqian.ledger.clearing import Stale
from feiqian.ledger.entry import Draft, Reason
from feiqian.protocol.ids import PayeeId, StatementId

_DISPUTE_ID_BYTES, _ENTRY_ID_BYTES = 16, 16
_DUE_AT_ONCE: Final = 100
_TRIES_MAX: Final = 16
SHOWN_MAX: Final = 200
"""Disputes in one list."""


class Disputes:
    """The disputes of one operator. Raises DisputeTrouble; thread-safe, durable on return."""

    def __init__(
        self,
        *,
        store: DisputeStore,
        cheques: ChequeReading,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        """`clock` gives Unix seconds, `randomness(n)` n unpredictable bytes."""
        self._store = store
        self._cheques = cheques
        self._clock = clock
        self._randomness = randomness

    def open_by_payer(
        self, payer_id: bytes, cheque_id: StatementId, reason: DisputeReason, amount_minor: int | None, said: Said
    ) -> DisputeLine:
        """A payer disputes what it paid; without an amount, all of it. The same again is the same dispute.

        Raises reason_unknown, words_too_long, nothing_to_dispute, several_payees, amount_over, dispute_too_late,
        dispute_differs.
        """
        _check(Party.PAYER, reason, said)

        def act(unit: DisputeUnit) -> DisputeLine:
            ref = unit.allowance_of_cheque(Party.PAYER, payer_id, cheque_id)
            found = [] if ref is None else unit.disputed_claims(ref, cheque_id)
            claims = [one for one in found if one.disputable_minor] or found
            if not claims:
                raise DisputeTrouble("nothing_to_dispute")
            if len(claims) > 1:
                raise DisputeTrouble("several_payees", count=len(claims))
            return self._open(unit, Party.PAYER, claims[0], reason, amount_minor, said)

        return self._written(WritePoint.OPEN_DISPUTE, act)

    def open_by_payee(
        self,
        payee_id: PayeeId,
        cheque_id: StatementId,
        reason: DisputeReason,
        amount_minor: int | None,
        said: Said,
        cheque: bytes | None = None,
    ) -> DisputeLine:
        """A payee disputes what it was not paid; without an amount, all of it. The same again is the same dispute.

        `cheque` is needed for one that the payee never claimed, or too late. Raises as `open_by_payer`, and Refused
        or the issuer's unknown_allowance for that cheque.
        """
        _check(Party.PAYEE, reason, said)
        drawn = None if cheque is None else DrawnCheque(*self._cheques.drawn_cheque(cheque))

        def act(unit: DisputeUnit) -> DisputeLine:
            ref = unit.allowance_of_cheque(Party.PAYEE, payee_id, cheque_id)
            found = [] if ref is None else unit.disputed_claims(ref, cheque_id)
            claims = [one for one in found if one.payee_id == payee_id]
            if not claims and drawn is not None and drawn.cheque_id == cheque_id:
                unclaimed = unit.unclaimed(drawn, payee_id)
                claims = [] if unclaimed is None else [unclaimed]
            if not claims:
                raise DisputeTrouble("nothing_to_dispute")
            return self._open(unit, Party.PAYEE, claims[0], reason, amount_minor, said)

        return self._written(WritePoint.OPEN_DISPUTE, act)

    def answer(self, party: Party, owner: bytes, dispute_id: DisputeId, act: DisputeAct, said: Said) -> DisputeLine:
        """The other party accepts, which moves the money at once, or contests.

        Raises unknown_dispute, dispute_over, claim_not_final, payee_balance_short, payer_balance_short.
        """
        return self._answer(party, owner, dispute_id, act, said)

    def withdraw(self, party: Party, owner: bytes, dispute_id: DisputeId, said: Said) -> DisputeLine:
        """Whoever opened it takes it back, for good. Raises unknown_dispute, dispute_over."""
        return self._answer(party, owner, dispute_id, DisputeAct.WITHDRAW, said)

    def decide(self, dispute_id: DisputeId, refund_minor: int, said: Said) -> DisputeLine:
        """The administrator refunds the payer so much out of the payee's balance, or with 0 lets the payment stand.

        The same decision again changes nothing; another one is refused. Raises unknown_dispute, dispute_over,
        not_answered, refund_impossible, claim_not_final, amount_over, payee_balance_short.
        """
        _check_said(said)
        what = DisputeAct.REFUND if refund_minor else DisputeAct.UPHOLD

        def act(unit: DisputeUnit) -> DisputeLine:
            dispute = self._aged(unit, _known(unit, dispute_id))
            if not is_possible(dispute.opener, what):
                raise DisputeTrouble("refund_impossible")
            if dispute.state is DisputeState.OPENED:
                raise DisputeTrouble("not_answered")
            if dispute.state is DisputeState.REFUNDED and dispute.moved_minor != refund_minor:
                raise DisputeTrouble("dispute_over")
            return self._act(unit, dispute, Party.ADMINISTRATOR, what, refund_minor, said)

        return self._written(WritePoint.DECIDE_DISPUTE, act)

    def disputes_of(self, party: Party, owner: bytes = b"") -> tuple[DisputeLine, ...]:
        """A payer's or payee's disputes, newest first; the administrator sees all of them, what waits first."""
        with self._store.read() as reading:
            return tuple(reading.disputes_of(party, owner, SHOWN_MAX))

    def age(self) -> int:
        """Ends every state whose time has passed; how many. Idempotent; run often."""
        aged = 0
        while True:
            with self._store.read() as reading:
                due = reading.disputes_due(self._clock(), 1)
            if not due:
                return aged
            try:
                with self._store.write(WritePoint.AGE_DISPUTES) as unit:
                    found = unit.disputes_due(self._clock(), _DUE_AT_ONCE)
                    for dispute in found:
                        self._aged(unit, dispute)
            except Stale:  # somebody acted in one of them meanwhile: look again
                continue
            aged += len(found)

    def _written(self, point: WritePoint, act: Callable[[DisputeUnit], DisputeLine]) -> DisputeLine:
        """One act in one write; thought out again when somebody else has acted in the same dispute meanwhile."""
        for _ in range(_TRIES_MAX):
            try:
                with self._store.write(point) as unit:
                    return act(unit)
            except Stale:
                continue
        raise DisputeTrouble("dispute_busy")

    def _answer(self, party: Party, owner: bytes, dispute_id: DisputeId, what: DisputeAct, said: Said) -> DisputeLine:
        _check_said(said)

        def act(unit: DisputeUnit) -> DisputeLine:
            dispute = self._mine(unit, party, owner, dispute_id)
            _check_may(party, dispute, what)
            return self._act(unit, dispute, party, what, None, said)

        return self._written(WritePoint.ANSWER_DISPUTE, act)

    def _open(
        self,
        unit: DisputeUnit,
        opener: Party,
        claim: DisputedClaim,
        reason: DisputeReason,
        amount_minor: int | None,
        said: Said,
    ) -> DisputeLine:
        dispute_id = dispute_id_of(opener, claim.cheque_id, claim.payee_id)
        known = unit.dispute(dispute_id)
        if known is not None:
            if known.reason is not reason or amount_minor not in (None, known.amount_minor):
                raise DisputeTrouble("dispute_differs")
            return _line(unit, known)
        now = self._clock()
        most_minor = claim.disputable_minor if opener is Party.PAYER else claim.unpaid_minor
        if not most_minor:
            raise DisputeTrouble("nothing_to_dispute")
        if now > claim.deadline + OPEN_S:
            raise DisputeTrouble("dispute_too_late", days=OPEN_S // 86_400)
        wanted_minor = most_minor if amount_minor is None else amount_minor
        if not 0 < wanted_minor <= most_minor:
            raise DisputeTrouble("amount_over", most=_money(most_minor, claim.currency))
        dispute = Dispute(
            dispute_id=dispute_id,
            opener=opener,
            reason=reason,
            cheque_id=claim.cheque_id,
            allowance_ref=claim.allowance_ref,
            payer_id=claim.payer_id,
            payee_id=claim.payee_id,
            payee_name=claim.payee_name,
            currency=claim.currency,
            amount_minor=wanted_minor,
            moved_minor=0,
            deadline=claim.deadline,
            state=DisputeState.OPENED,
            opened_at=now,
            until=until_after(DisputeState.OPENED, now, claim.deadline),
        )
        unit.put_dispute(dispute, _step(dispute, opener, None, wanted_minor, said, now))
        return _line(unit, dispute)

    def _act(
        self,
        unit: DisputeUnit,
        dispute: Dispute,
        by: Party,
        act: DisputeAct,
        refund_minor: int | None,
        said: Said,
    ) -> DisputeLine:
        """One act of a person; the same one again finds what it did."""
        now = self._clock()
        dispute = self._aged(unit, dispute)
        state = after_act(dispute.state, act)
        if state is None:
            raise DisputeTrouble("dispute_over")
        if state is dispute.state:
            return _line(unit, dispute)
        moves = act in (DisputeAct.ACCEPT, DisputeAct.REFUND)
        moved_minor = self._move(unit, dispute, refund_minor, now) if moves else 0
        after = replace(dispute, state=state, moved_minor=moved_minor, until=until_after(state, now, dispute.deadline))
        unit.put_dispute(after, _step(dispute, by, act, abs(moved_minor), said, now))
        return _line(unit, _known(unit, after.dispute_id))

    def _move(self, unit: DisputeUnit, dispute: Dispute, refund_minor: int | None, now: int) -> int:
        """Moves what is due, once; so much went to the payer (negative: to the payee)."""
        claim = self._claim(unit, dispute)
        if not claim.closed:
            raise DisputeTrouble("claim_not_final")
        back_minor = _back_minor(dispute, claim, refund_minor)
        if not back_minor:
            return 0
        payee, payer = payee_of(dispute.payee_id), free_of(dispute.payer_id)
        if back_minor > unit.balance_minor(payee, dispute.currency):
            raise DisputeTrouble("payee_balance_short", amount=_money(back_minor, dispute.currency))
        if -back_minor > unit.balance_minor(payer, dispute.currency):
            raise DisputeTrouble("payer_balance_short", amount=_money(-back_minor, dispute.currency))
        for debit, credit in ((payee, RECEIVABLE), (PAYABLE, payer)):  # each book by itself, and they mirror
            draft = Draft()
            draft.move(debit=debit, credit=credit, amount_minor=back_minor, currency=dispute.currency)
            entry = draft.entry(entry_id=self._randomness(_ENTRY_ID_BYTES), reason=Reason.CHARGED_BACK, at=now)
            if entry is not None:
                unit.post(entry)
        unit.add_charge_back(
            ChargeBack(
                dispute_id=dispute.dispute_id,
                payer_id=dispute.payer_id,
                payee_id=dispute.payee_id,
                cheque_id=dispute.cheque_id,
                allowance_ref=dispute.allowance_ref,
                currency=dispute.currency,
                back_minor=back_minor,
                at=now,
            )
        )
        return back_minor

    def _claim(self, unit: DisputeUnit, dispute: Dispute) -> DisputedClaim:
        for claim in unit.disputed_claims(dispute.allowance_ref, dispute.cheque_id):
            if claim.payee_id == dispute.payee_id:
                return claim
        demanded = DrawnCheque(
            cheque_id=dispute.cheque_id, allowance_ref=dispute.allowance_ref, amount_minor=dispute.amount_minor
        )
        unclaimed = unit.unclaimed(demanded, dispute.payee_id)
        if unclaimed is None:
            raise DisputeTrouble("nothing_to_dispute")
        return unclaimed

    def _aged(self, unit: DisputeUnit, dispute: Dispute) -> Dispute:
        """The dispute after all states that have ended by themselves until now."""
        now = self._clock()
        while dispute.until is not None and now > dispute.until:
            state = after_act(dispute.state, DisputeAct.TIME_PASSED) or dispute.state
            ended_at = dispute.until
            after = replace(dispute, state=state, until=until_after(state, ended_at, dispute.deadline))
            unit.put_dispute(after, _step(dispute, Party.CLOCK, DisputeAct.TIME_PASSED, 0, Said(), now))
            dispute = replace(after, version=dispute.version + 1)
        return dispute

    def _mine(self, unit: DisputeUnit, party: Party, owner: bytes, dispute_id: DisputeId) -> Dispute:
        """The dispute, if this payer or payee is in it: to others it does not exist."""
        dispute = _known(unit, dispute_id)
        if owner != (dispute.payer_id if party is Party.PAYER else dispute.payee_id):
            raise DisputeTrouble("unknown_dispute")
        return dispute


def dispute_id_of(opener: Party, cheque_id: StatementId, payee_id: PayeeId) -> DisputeId:
    """The id of the one dispute that this party can open about this claim."""
    named = b"feiqian dispute\0" + opener.value.encode() + b"\0" + cheque_id + payee_id
    return DisputeId(hashlib.sha256(named).digest()[:_DISPUTE_ID_BYTES])


def _back_minor(dispute: Dispute, claim: DisputedClaim, refund_minor: int | None) -> int:
    """What moves: on acceptance what was demanded as far as it is still there, on decision what was decided."""
    if refund_minor is not None:
        most_minor = min(claim.refundable_minor, dispute.amount_minor)
        if refund_minor > most_minor:
            raise DisputeTrouble("amount_over", most=_money(most_minor, dispute.currency))
        return refund_minor
    if dispute.opener is Party.PAYER:
        return min(dispute.amount_minor, claim.refundable_minor)
    return -min(dispute.amount_minor, claim.unpaid_minor)


def _check(opener: Party, reason: DisputeReason, said: Said) -> None:
    if reason not in REASONS[opener]:
        raise DisputeTrouble("reason_unknown")
    _check_said(said)


def _check_said(said: Said) -> None:
    if len(said.words) > WORDS_MAX_CHARS or len(said.evidence) > EVIDENCE_MAX_BYTES:
        raise DisputeTrouble("words_too_long", chars=WORDS_MAX_CHARS, kib=EVIDENCE_MAX_BYTES // 1024)


def _check_may(party: Party, dispute: Dispute, act: DisputeAct) -> None:
    if may_act(dispute.opener, act) is not party:
        raise DisputeTrouble("not_yours_to_do")


def _known(reading: DisputeReading, dispute_id: DisputeId) -> Dispute:
    dispute = reading.dispute(dispute_id)
    if dispute is None:
        raise DisputeTrouble("unknown_dispute")
    return dispute


def _line(reading: DisputeReading, dispute: Dispute) -> DisputeLine:
    return DisputeLine(dispute=dispute, steps=tuple(reading.dispute_steps(dispute.dispute_id)))


def _step(dispute: Dispute, by: Party, act: DisputeAct | None, amount_minor: int, said: Said, now: int) -> DisputeStep:
    return DisputeStep(
        dispute_id=dispute.dispute_id,
        number=dispute.version + (act is not None),
        by=by,
        act=act,
        amount_minor=amount_minor,
        words=said.words,
        evidence=said.evidence,
        at=now,
    )


def _money(amount_minor: int, currency: str) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02d} {currency}"
