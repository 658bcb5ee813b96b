"""The boundary: what a device can do now, up to how much, until when, and why not (docs/offline-boundary.md).

One list for people and programs, the same on every screen, in every command and in both implementations. It promises
nothing that the act itself would refuse: the numbers come from the rules that decide the act. Pure.

- What needs no network never asks for one, and what needs one says so even when it is there.
- `up_to_minor` None means that the boundary sets no limit of its own: the other side's allowance does.
- A terminal's caps shrink as its lists grow old, so `until` is the next step down, not the end of everything.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """Whether the operator answered the last time it was asked: nothing else tells (a radio tells nothing)."""

    YES = "yes"
    NO = "no"
    NOT_TRIED = "not_tried"


class What(StrEnum):
    """What a holder may want to do."""

    PAY_REQUEST = "pay_request"
    SHOW_CODE = "show_code"
    KEY_SOFTWARE = "key_software"
    KEY_PASSKEY = "key_passkey"
    KEY_TPM = "key_tpm"
    KEY_CARD = "key_card"
    SHOW_AGAIN = "show_again"
    TAKE_RECEIPT = "take_receipt"
    ASK = "ask"
    ACCEPT = "accept"
    TAKE_CODE = "take_code"
    GIVE_BACK = "give_back"
    CANCEL = "cancel"
    EXPORT = "export"
    LOOK = "look"
    LOCK = "lock"
    SYNC = "sync"
    TOP_UP = "top_up"
    CLOSE = "close"
    DISPUTE = "dispute"
    SIGN_OUT = "sign_out"


class Why(StrEnum):
    """Why something does not work now, or works with less than one may expect."""

    NOTHING_TO_SPEND = "nothing_to_spend"
    ALLOWANCE_ENDED = "allowance_ended"
    ALLOWANCE_STOPPED = "allowance_stopped"
    KEYS_AWAY = "keys_away"
    CHEQUES_USED_UP = "cheques_used_up"
    CLOCK_WRONG = "clock_wrong"
    ONE_PAYEE_ONLY = "one_payee_only"
    STRONGER_KEY = "stronger_key"
    NO_CODES = "no_codes"
    NO_NETWORK = "no_network"
    NETWORK_NOT_TRIED = "network_not_tried"
    CERTIFICATE_OVER = "certificate_over"
    CURRENCY_NOT_SERVED = "currency_not_served"
    NOT_ALLOWED = "not_allowed"
    LISTS_OLD = "lists_old"
    LISTS_STALE = "lists_stale"
    KEYS_OVER = "keys_over"
    QUEUE_EMPTY = "queue_empty"
    QUEUE_WAITS = "queue_waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that can be done, or not. Amounts in minor units, `until` in seconds since 1970.

    `guaranteed_minor` is what of one payment is guaranteed (spec 05.3), None where that is not asked. `why` says what
    is in the way; with `works` it says why the limits are lower than usual.
    """

    what: What
    works: bool
    needs_network: bool = False
    up_to_minor: int | None = None
    guaranteed_minor: int | None = None
    until: int | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What can be paid with one kind of key: at most `payment_minor` at once, until its last allowance ends.

    `what` is one of the four kinds of key. `limited` says that the policy lets a stronger key pay more at once, `codes`
    that it takes one-way codes from this one.
    """

    what: What
    payment_minor: int
    limited: bool
    codes: bool
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFacts:
    """What the payer's device knows: the most that one payment can be, and the most that may go to just any payee.

    `in_the_way` says why nothing can be paid, and counts only then. `free_minor` is what can be topped up from, as the
    operator last said; None when it has not said. `keys` are those of the allowances that can be paid with, weakest
    first.
    """

    reach: Reach
    payment_minor: int
    unbound_minor: int
    one_way_cap_minor: int
    until: int | None
    in_the_way: Why | None
    free_minor: int | None
    keys: tuple[KeyFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFacts:
    """What the payee's device knows. `guaranteed_minor` None says that its currency is not served any more.

    `accept_cap_minor` None: nothing is refused for its amount. `next_step_at` is when caps shrink next, None when they
    no longer can. `lists` is LISTS_OLD, LISTS_STALE, KEYS_OVER or None.
    """

    now: int
    reach: Reach
    certificate_expires_at: int
    may_ask: bool
    may_take_codes: bool
    may_give_back: bool
    guaranteed_minor: int | None
    accept_cap_minor: int | None
    one_way_cap_minor: int
    note_cap_minor: int
    next_step_at: int | None
    lists: Why | None
    waiting: int
    """Claims and notes without an answer."""


def wallet_boundary(facts: WalletFacts) -> tuple[Capability, ...]:
    """What a payer can do now, in the order in which people ask."""
    nothing = None if facts.payment_minor else facts.in_the_way or Why.NOTHING_TO_SPEND
    bound = Why.ONE_PAYEE_ONLY if facts.payment_minor and not facts.unbound_minor else None
    code_minor = min(facts.unbound_minor, facts.one_way_cap_minor)
    codeless = Why.NO_CODES if facts.unbound_minor and not code_minor else None
    return (
        Capability(
            what=What.PAY_REQUEST,
            works=nothing is None,
            up_to_minor=facts.unbound_minor or facts.payment_minor,
            until=None if nothing else facts.until,
            why=nothing or bound,
        ),
        Capability(
            what=What.SHOW_CODE,
            works=code_minor > 0,
            up_to_minor=code_minor,
            until=facts.until if code_minor else None,
            why=nothing or bound or codeless,
        ),
        *map(_key, facts.keys),
        *(Capability(what=what, works=True) for what in (What.SHOW_AGAIN, What.TAKE_RECEIPT, What.LOOK, What.LOCK)),
        _online(What.SYNC, facts.reach),
        _online(What.TOP_UP, facts.reach, up_to_minor=facts.free_minor),
        _online(What.CLOSE, facts.reach),
        _online(What.DISPUTE, facts.reach),
    )


def terminal_boundary(facts: TerminalFacts) -> tuple[Capability, ...]:
    """What a payee can do now, in the order in which people ask."""
    over = Why.CERTIFICATE_OVER if facts.now > facts.certificate_expires_at else None
    unserved = Why.CURRENCY_NOT_SERVED if facts.guaranteed_minor is None else None
    ends = [facts.certificate_expires_at, *(() if facts.next_step_at is None else (facts.next_step_at,))]

    def counter(what: What, *, allowed: bool, up_to_minor: int | None, guaranteed_minor: int | None) -> Capability:
        why = over or unserved or (None if allowed else Why.NOT_ALLOWED)
        if why is not None:
            return Capability(what=what, works=False, up_to_minor=0, guaranteed_minor=0, why=why)
        return Capability(
            what=what,
            works=True,
            up_to_minor=up_to_minor,
            guaranteed_minor=guaranteed_minor,
            until=min(ends),
            why=facts.lists,
        )

    caps = [facts.one_way_cap_minor, *(() if facts.accept_cap_minor is None else (facts.accept_cap_minor,))]
    guaranteed_minor, most_minor = facts.guaranteed_minor, facts.accept_cap_minor
    return (
        counter(What.ASK, allowed=facts.may_ask, up_to_minor=most_minor, guaranteed_minor=guaranteed_minor),
        counter(What.ACCEPT, allowed=facts.may_ask, up_to_minor=most_minor, guaranteed_minor=guaranteed_minor),
        counter(What.TAKE_CODE, allowed=facts.may_take_codes, up_to_minor=min(caps), guaranteed_minor=0),
        _note(What.GIVE_BACK, facts, over, up_to_minor=facts.note_cap_minor),
        _note(What.CANCEL, facts, over, up_to_minor=None),
        Capability(what=What.LOOK, works=True),
        Capability(what=What.LOCK, works=True),
        Capability(what=What.EXPORT, works=facts.waiting > 0, why=None if facts.waiting else Why.QUEUE_EMPTY),
        _online(What.SYNC, facts.reach),
        _online(What.DISPUTE, facts.reach),
        Capability(what=What.SIGN_OUT, works=not facts.waiting, why=Why.QUEUE_WAITS if facts.waiting else None),
    )


def _key(key: KeyFacts) -> Capability:
    codeless = None if key.codes else Why.NO_CODES
    return Capability(
        what=key.what,
        works=key.payment_minor > 0,
        up_to_minor=key.payment_minor,
        until=key.until,
        why=Why.STRONGER_KEY if key.limited else codeless,
    )


def _note(what: What, facts: TerminalFacts, over: Why | None, *, up_to_minor: int | None) -> Capability:
    why = over or (None if facts.may_give_back else Why.NOT_ALLOWED)
    if why is not None:
        return Capability(what=what, works=False, up_to_minor=0, why=why)
    return Capability(what=what, works=True, up_to_minor=up_to_minor, until=facts.certificate_expires_at)


def _online(what: What, reach: Reach, *, up_to_minor: int | None = None) -> Capability:
    why = {Reach.YES: None, Reach.NO: Why.NO_NETWORK, Reach.NOT_TRIED: Why.NETWORK_NOT_TRIED}[reach]
    return Capability(what=what, works=why is None, needs_network=True, up_to_minor=up_to_minor, why=why)
