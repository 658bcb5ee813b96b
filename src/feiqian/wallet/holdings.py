"""What this wallet holds at one moment: trust, the time it goes by, and every allowance with its standing and room.

Everything here is read from the store and checked anew with the trust held now, so a key that was revoked by the last
pack stops counting at once. Nothing is written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.credit import Credit
from feiqian.protocol.policy import deadline
from feiqian.protocol.trust import Trust
from feiqian.protocol.verified import VerifiedAllowance
from feiqian.wallet.cover import Bundle, HeldCredit, Room, cheques_left, room_of
from feiqian.wallet.found import Grant
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import AllowanceRecord, CreditRecord, Footing, Membership, PaymentRecord
from feiqian.wallet.states import AllowanceState
from feiqian.wallet.troubles import WalletTrouble


class Standing(StrEnum):
    """Whether an allowance can be spent from at this moment."""

    GOOD = "good"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    STOPPED = "stopped"
    CLOSING = "closing"


@dataclass(frozen=True, kw_only=True)
class Live:
    """An allowance that was issued to this device. `deadline_at` is D: what is not claimed by then is free again.

    Its credits are read and checked only when somebody asks what they add: most payments need none.
    """

    record: AllowanceRecord
    allowance: VerifiedAllowance
    standing: Standing
    deadline_at: int
    read_bundles: Callable[[], tuple[Bundle, ...]] = field(repr=False, compare=False)

    @property
    def cheques(self) -> int:
        """How many cheques are left."""
        return cheques_left(self.allowance.terms, self.record.counter)

    @property
    def reserve_minor(self) -> int:
        """The most that all its payments can still be together, with no credit counted."""
        terms = self.allowance.terms
        left_minor = max(0, terms.amount_minor - self.record.cumulative_minor)
        return min(left_minor, terms.per_payment_minor * self.cheques)

    @cached_property
    def bundles(self) -> tuple[Bundle, ...]:
        """The credits that may travel together."""
        return self.read_bundles()

    @cached_property
    def room(self) -> Room:
        """What it still carries, credits counted."""
        record = self.record
        return room_of(
            self.allowance.terms,
            counter=record.counter,
            cumulative_minor=record.cumulative_minor,
            bundles=self.bundles,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The wallet at one moment. `now` is the device's clock, but never before what the operator has signed.

    `lives` are the allowances whose D has not passed: nothing can happen on any other.
    """

    membership: Membership
    trust: Trust
    now: int
    clock_behind: bool
    lives: tuple[Live, ...]
    waiting: tuple[AllowanceRecord, ...]
    """Top-ups without an answer yet."""

    def live(self, top_up_id: bytes) -> Live | None:
        """The allowance of one top-up, if it was issued and its issuer is still known."""
        return next((live for live in self.lives if live.record.top_up_id == top_up_id), None)


def stand(parts: Parts) -> tuple[Footing, Trust]:
    """What every act starts from, and what the held pack says. Raises as `hold`."""
    footing = parts.store.footing()
    if footing is None:
        raise WalletTrouble("not_enrolled")
    return footing, parts.found.trust(footing.trust)


def hold(parts: Parts) -> Holdings:
    """What the wallet holds now. Raises WalletTrouble not_enrolled, Refused when the held pack is no longer good."""
    footing, trust = stand(parts)
    clock = parts.clock()
    now = max(clock, trust.index.issued_at)
    skew_s = max(policy.skew_s for policy in trust.key_set.policies)
    until_d_s = max(deadline(policy, 0) for policy in trust.key_set.policies)
    records = parts.store.current_allowances(now - until_d_s)
    found = (_live(parts, record, trust, now) for record in records)
    return Holdings(
        membership=footing.membership,
        trust=trust,
        now=now,
        clock_behind=clock < max(trust.index.issued_at, footing.heard_at) - skew_s,
        lives=tuple(live for live in found if live is not None),
        waiting=tuple(record for record in records if record.state is AllowanceState.ASKED),
    )


def grants_of(parts: Parts, trust: Trust, records: Iterable[AllowanceRecord]) -> dict[bytes, Grant]:
    """What was issued for each top-up id, also long ago, as far as its issuer is still known."""
    found = {one.top_up_id: parts.found.allowance(one.raw, trust) for one in records if one.raw is not None}
    return {top_up_id: grant for top_up_id, grant in found.items() if grant is not None}


def verified_credit(
    parts: Parts, record: CreditRecord, payment: PaymentRecord, allowance: VerifiedAllowance, trust: Trust
) -> HeldCredit | None:
    """The credit if it counts for a verifier who believes what we believe; None otherwise.

    A note above its terminal's cap, or one of a retired acquirer's terminal, gives back only when settled.
    """
    if payment.form is not ChequeForm.TWO_WAY:
        return None
    return parts.found.credit(_credit_of(record, payment), allowance, trust)


def _credit_of(record: CreditRecord, payment: PaymentRecord) -> Credit:
    """How a terminal's statement travels as a credit: with its certificate, the cheque and the request's payload."""
    return Credit(
        cheque=payment.cheque,
        request=payment.request or b"",
        statement=record.statement,
        certificate=record.certificate,
    )


def _live(parts: Parts, record: AllowanceRecord, trust: Trust, now: int) -> Live | None:
    grant = None if record.raw is None else parts.found.allowance(record.raw, trust)
    if grant is None:
        return None
    return Live(
        record=record,
        allowance=grant.allowance,
        standing=_standing(record, grant, now),
        deadline_at=grant.deadline_at,
        read_bundles=lambda: _bundles(parts, record.top_up_id, grant.allowance, trust),
    )


def _bundles(parts: Parts, top_up_id: bytes, allowance: VerifiedAllowance, trust: Trust) -> tuple[Bundle, ...]:
    held = (
        verified_credit(parts, record, payment, allowance, trust) for record, payment in parts.store.credits(top_up_id)
    )
    return parts.found.bundles(tuple(credit for credit in held if credit is not None))


def _standing(record: AllowanceRecord, grant: Grant, now: int) -> Standing:
    """As the payee's terminal will see it, and stricter at the end: a cheque drawn after the end helps nobody."""
    terms = grant.allowance.terms
    if record.state is not AllowanceState.HELD:
        return Standing.CLOSING
    if now > terms.expires_at:
        return Standing.ENDED
    if now < terms.not_before - grant.skew_s:
        return Standing.NOT_BEGUN
    return Standing.GOOD if grant.is_good and not record.barred else Standing.STOPPED
