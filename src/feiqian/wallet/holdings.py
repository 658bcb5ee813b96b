"""What this wallet holds at one moment: trust, the time it goes by, and every allowance with its standing and room.

Everything here is read from the store and checked anew with the trust held now, so a key that was revoked by the last
pack stops counting at once. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from feiqian.protocol import cose
from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.credit import Credit
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.policy import deadline
from feiqian.protocol.refusals import Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust import Trust
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import VerifiedAllowance
from feiqian.protocol.verify_allowance import identify_allowance
from feiqian.protocol.verify_credit import verify_credits
from feiqian.wallet.cover import Bundle, HeldCredit, Room, bundles_of, room_of
from feiqian.wallet.ports import Parts, WalletStore
from feiqian.wallet.records import AllowanceRecord, CreditRecord, HeldTrust, Membership, PaymentRecord
from feiqian.wallet.states import AllowanceState
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.trust_held import held_of, trust_of


class Standing(StrEnum):
    """Whether an allowance can be spent from at this moment."""

    GOOD = "good"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    STOPPED = "stopped"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An allowance that was issued to this device. `deadline_at` is D: what is not claimed by then is free again."""

    record: AllowanceRecord
    allowance: VerifiedAllowance
    standing: Standing
    bundles: tuple[Bundle, ...]
    room: Room
    deadline_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The wallet at one moment. `now` is the device's clock, but never before what the operator has signed."""

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


def hold(parts: Parts) -> Holdings:
    """What the wallet holds now. Raises WalletTrouble not_enrolled, Refused when the held pack is no longer good."""
    store = parts.store
    membership, held = store.membership(), store.trust()
    if membership is None or held is None:
        raise WalletTrouble("not_enrolled")
    trust = trust_of(held)
    clock = parts.clock()
    now = max(clock, trust.index.issued_at)
    skew_s = max(policy.skew_s for policy in trust.key_set.policies)
    records = store.allowances()
    found = (_live(store, record, trust, now) for record in records)
    return Holdings(
        membership=membership,
        trust=trust,
        now=now,
        clock_behind=clock < max(trust.index.issued_at, store.heard_at()) - skew_s,
        lives=tuple(live for live in found if live is not None),
        waiting=tuple(record for record in records if record.state is AllowanceState.ASKED),
    )


def credit_of(record: CreditRecord, payment: PaymentRecord) -> Credit:
    """How a terminal's statement travels as a credit: with its certificate, the cheque and the request's payload."""
    return Credit(
        cheque=payment.cheque,
        request=payment.request or b"",
        statement=record.statement,
        certificate=record.certificate,
    )


def verified_credit(
    record: CreditRecord, payment: PaymentRecord, allowance: VerifiedAllowance, trust: Trust
) -> HeldCredit | None:
    """The credit if it counts for a verifier who believes what we believe; None otherwise.

    A note above its terminal's cap, or one of a retired acquirer's terminal, gives back only when settled.
    """
    if payment.form is not ChequeForm.TWO_WAY:
        return None
    return _verified(credit_of(record, payment), allowance, held_of(trust))


@lru_cache(maxsize=256)
def _verified(credit: Credit, allowance: VerifiedAllowance, held: HeldTrust) -> HeldCredit | None:
    """Four signatures a credit, which depend on these bytes alone: checked once, not at every look."""
    try:
        (verified,) = verify_credits((credit,), allowance, trust_of(held))
    except Refused:
        return None
    return HeldCredit(verified.amount_minor, credit)


def _live(store: WalletStore, record: AllowanceRecord, trust: Trust, now: int) -> Live | None:
    if record.raw is None:
        return None
    envelope = cose.open_envelope(record.raw, max_bytes=STATEMENT_MAX_BYTES)
    try:
        allowance = identify_allowance(envelope, trust)
        policy = trust.policy(allowance.terms.currency)
    except Refused:
        return None  # its issuer's key or its currency has left the key set: no payee would take it
    bundles = bundles_of(_credits(store, record, allowance, trust))
    return Live(
        record=record,
        allowance=allowance,
        standing=_standing(record, allowance, trust, now, policy.skew_s),
        bundles=bundles,
        room=room_of(
            allowance.terms, counter=record.counter, cumulative_minor=record.cumulative_minor, bundles=bundles
        ),
        deadline_at=deadline(policy, allowance.terms.expires_at),
    )


def _credits(
    store: WalletStore, record: AllowanceRecord, allowance: VerifiedAllowance, trust: Trust
) -> Sequence[HeldCredit]:
    held = []
    for credit in store.credits(record.top_up_id):
        payment = store.payment(credit.cheque_id)
        found = None if payment is None else verified_credit(credit, payment, allowance, trust)
        if found is not None:
            held.append(found)
    return held


def _standing(record: AllowanceRecord, allowance: VerifiedAllowance, trust: Trust, now: int, skew_s: int) -> Standing:
    """As the payee's terminal will see it, and stricter at the end: a cheque drawn after the end helps nobody."""
    terms = allowance.terms
    if record.state is not AllowanceState.HELD:
        return Standing.CLOSING
    if now > terms.expires_at:
        return Standing.ENDED
    if now < terms.not_before - skew_s:
        return Standing.NOT_BEGUN
    try:
        trust.check_key_age(KeyRole.ISSUER, allowance.issuer_key, terms.not_before)
    except Refused:
        return Standing.STOPPED
    if trust.status(terms.issuer_key_id, terms.status_index) is not AllowanceStatus.GOOD:
        return Standing.STOPPED
    return Standing.GOOD
