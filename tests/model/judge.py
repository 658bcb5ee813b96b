"""The issuer's judge in the small world, and the eyes that see when a rule fails.

`pay_out` says who is paid what and from where. `failures` looks at one world: whether an honest party lost, money was
made, or the order of arrival mattered. A shortfall that convicts somebody is no failure: the issuer knows whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations, permutations
from typing import NamedTuple

from tests.model.world import (
    FIRST,
    RESERVED_MINOR,
    Acceptance,
    Cheque,
    Form,
    Rules,
    World,
    contradict,
)


class Failure(StrEnum):
    """What must never be seen."""

    ORDER_MATTERS = "who is paid depends on the order of arrival"
    PAYEE_UNPAID = "an honest payee is unpaid"
    ANOTHERS_ANSWER = "an honest payee is unpaid: it got another payee's answer"
    BYSTANDER_PAID = "a bystander is paid for a cheque made out to another"
    CREDIT_REFUSED = "a void note or receipt is refused at the counter: nothing is restored on the spot"
    HONEST_CONVICTED = "an honest device is convicted by its own cheques"
    HONEST_FRAMED = "an honest device is convicted by a note about a cheque it never signed"
    RESERVE_SHORT = "the reserve is short and nobody is convicted"
    NEXT_RESERVE_SHORT = "the next allowance's reserve is short and nobody is convicted"
    DEBIT_TOO_HIGH = "an honest payer is debited more than was delivered"
    PAYEE_LIED_UNSEEN = "a payer is debited more than a lying payee delivered, and there is no evidence"
    MONEY_CLONED = "more is paid out than was ever put in, and nobody is convicted"
    RELEASED_UNSEEN = "what was released for the next allowance was spent before, and nobody is convicted"
    RELEASED_LOST = "what was released for the next allowance was spent before: a pair convicts, the money is gone"
    CODE_REPLAYED = "a one-way code is replayed: the guarantee pays and one signature convicts nobody"


class Source(StrEnum):
    """Where the money for a claim comes from."""

    RESERVE = "reserve"
    POOL = "pool"
    OWN_RISK = "the payee's own risk"


class ClaimKey(NamedTuple):
    """What is paid: a cheque, to a payee."""

    terminal: str
    cheque: Cheque


class Paid(NamedTuple):
    """How much, and from where."""

    source: Source
    amount_minor: int


class Convicted(NamedTuple):
    """Whom the evidence convicts."""

    device: bool
    terminal: bool


Payments = Mapping[ClaimKey, Paid]


def by_rule(claim: Acceptance) -> tuple[bool, int, str]:
    """The order in which the issuer looks at claims, whoever came first: two-way, counter, payee."""
    return claim.cheque.form is not Form.TWO_WAY, claim.cheque.counter, claim.terminal


def claims_of(world: World) -> list[Acceptance]:
    """What arrives at the issuer: nobody but a liar claims what it gave back."""
    return [
        one
        for one in world.accepted
        if not world.gave_back_all(one.terminal, one.cheque)
        or (one.terminal in world.cheats and world.voided_is_claimed)
    ]


def pay_out(world: World, rules: Rules, claims: Iterable[Acceptance]) -> Payments:
    """Who is paid what, looking at the claims in this order. A payee's own notes bind it, and no other payee."""
    kept_minor: dict[ClaimKey, int] = {}
    back_minor: dict[Cheque, int] = {}
    for note in world.notes:
        key, cheque = ClaimKey(note.terminal, note.cheque), note.cheque
        kept_minor[key] = min(note.final_minor, kept_minor.get(key, cheque.amount_minor))
        back_minor[cheque] = max(cheque.amount_minor - note.final_minor, back_minor.get(cheque, 0))
    drawn_minor: defaultdict[Cheque, int] = defaultdict(int)
    paid: dict[ClaimKey, Paid] = {}
    for claim in claims:
        key, cheque = ClaimKey(claim.terminal, claim.cheque), claim.cheque
        answered = key in paid if rules.claim_names_payee else any(known.cheque == cheque for known in paid)
        if answered or (rules.named_payee_is_paid and cheque.payee not in (None, claim.terminal)):
            continue
        due_minor = min(claim.final_minor, kept_minor.get(key, claim.final_minor))
        if rules.lowest_final_counts:
            signed = [one.final_minor for one in world.accepted if (one.terminal, one.cheque) == key]
            due_minor = min(due_minor, *signed)
        room_minor = cheque.amount_minor - drawn_minor[cheque]
        if rules.note_lowers_others and key not in kept_minor:
            room_minor -= back_minor.get(cheque, 0)
        if due_minor > room_minor and rules.claim_names_payee:
            paid[key] = Paid(Source.OWN_RISK if rules.one_way_at_own_risk else Source.POOL, due_minor)
        else:
            paid[key] = Paid(Source.RESERVE, due_minor)
            drawn_minor[cheque] += due_minor
    return paid


def failures(world: World, rules: Rules) -> Iterator[Failure]:
    """Everything that is wrong in this world; a failure may be named more than once."""
    if world.stuck and "device" not in world.cheats:
        yield Failure.CREDIT_REFUSED
    pairs = convicting_pairs(world, rules)
    if world.device_is_honest and pairs:
        framed = any(cheque not in world.cheques for pair in pairs for cheque in pair)
        yield Failure.HONEST_FRAMED if framed else Failure.HONEST_CONVICTED
    claims = claims_of(world)
    yield from _unfair(world, rules, claims)
    paid = pay_out(world, rules, sorted(claims, key=by_rule))
    if any(key.cheque.payee not in (None, key.terminal) and one.amount_minor for key, one in paid.items()):
        yield Failure.BYSTANDER_PAID
    convicted = Convicted(device=bool(pairs), terminal=_a_terminal_is_convicted(world, claims))
    yield from _wrong_debits(world, rules, paid, convicted)
    put_in_minor = RESERVED_MINOR + sum(one.amount_minor for one in world.received)
    taken_minor = sum(one.amount_minor for one in world.received) if world.cashed else 0
    withdrawn_minor = 0 if rules.received_is_locked else taken_minor
    if _from_reserve(paid) + withdrawn_minor > put_in_minor and not any(convicted):
        yield Failure.MONEY_CLONED
    pays_replay = any(one.source is Source.POOL for one in paid.values())
    if pays_replay and not pairs and _code_was_replayed(world):
        yield Failure.CODE_REPLAYED


def convicting_pairs(world: World, rules: Rules) -> list[tuple[Cheque, Cheque]]:
    """The pairs that convict a device by what the issuer gets to see: claims, closing cheques, and notes."""
    seen = {
        one.cheque
        for one in world.accepted
        if one.terminal in world.cheats or not world.gave_back_all(one.terminal, one.cheque)
    }
    noted = [note.cheque for note in world.notes] if rules.note_testifies else []
    shown = [cheque for cheque in world.cheques if cheque in seen or cheque in noted or cheque.form is Form.CLOSING]
    if not rules.note_needs_cheque:
        shown += [cheque for cheque in noted if cheque not in world.cheques]
    return [pair for pair in combinations(shown, 2) if contradict(*pair)]


def _unfair(world: World, rules: Rules, claims: list[Acceptance]) -> Iterator[Failure]:
    """Whether the order of arrival decides, and whether in any order an honest payee goes without."""
    outcomes = set()
    for order in permutations(claims):
        looked_at = sorted(order, key=by_rule) if rules.one_way_at_own_risk else order
        paid = pay_out(world, rules, looked_at)
        outcomes.add(frozenset((key, one.amount_minor) for key, one in paid.items()))
    if len(outcomes) > 1:
        yield Failure.ORDER_MATTERS
    for outcome in outcomes:
        amounts_minor = dict(outcome)
        for cheque, payee, value_minor in world.delivered:
            if payee not in world.cheats and amounts_minor.get(ClaimKey(payee, cheque), 0) < value_minor:
                yield Failure.PAYEE_UNPAID if rules.claim_names_payee else Failure.ANOTHERS_ANSWER


def _wrong_debits(world: World, rules: Rules, paid: Payments, convicted: Convicted) -> Iterator[Failure]:
    """Whether a reserve is short, the payer pays for what it did not get, or released money is spent twice."""
    terminals_are_honest = not world.cheats & {"M", "N"}
    for allowance, reserved_minor in world.allowances:
        debit_minor = _from_reserve(paid, allowance)
        real_minor = sum(one.value_minor for one in world.delivered if one.cheque.allowance == allowance)
        locked_minor = _received_and_shown(world, rules, allowance) if rules.received_is_locked else 0
        if debit_minor > reserved_minor + locked_minor and not any(convicted):
            yield Failure.RESERVE_SHORT if allowance == FIRST else Failure.NEXT_RESERVE_SHORT
        if world.device_is_honest and debit_minor > real_minor:
            if terminals_are_honest:
                yield Failure.DEBIT_TOO_HIGH
            if world.cheats and not convicted.terminal:
                yield Failure.PAYEE_LIED_UNSEEN
    twice_minor = world.released_minor + _from_reserve(paid, FIRST) - RESERVED_MINOR
    if world.released_minor and twice_minor > 0 and terminals_are_honest:
        yield Failure.RELEASED_LOST if convicted.device else Failure.RELEASED_UNSEEN


def _from_reserve(paid: Payments, allowance: str | None = None) -> int:
    return sum(
        one.amount_minor
        for key, one in paid.items()
        if one.source is Source.RESERVE and allowance in (None, key.cheque.allowance)
    )


def _received_and_shown(world: World, rules: Rules, allowance: str) -> int:
    """What was received on this allowance and paid on."""
    shown = {credit.source for one in world.cheques if one.allowance == allowance for credit in one.cover}
    return sum(
        one.amount_minor
        for one in world.received
        if one.source in shown and (one.allowance == allowance or not rules.received_is_addressed)
    )


def _a_terminal_is_convicted(world: World, claims: Iterable[Acceptance]) -> bool:
    """A claim above the terminal's own lowest final amount convicts it."""
    kept = [Acceptance(note.terminal, note.cheque, note.final_minor) for note in world.notes]
    return any(
        signed.final_minor < claim.final_minor
        for claim in claims
        for signed in (*kept, *world.accepted)
        if (signed.terminal, signed.cheque) == (claim.terminal, claim.cheque)
    )


def _code_was_replayed(world: World) -> bool:
    codes = [one for one in world.accepted if one.cheque.form is Form.ONE_WAY]
    return any(one.cheque == other.cheque and one.terminal != other.terminal for one, other in combinations(codes, 2))
