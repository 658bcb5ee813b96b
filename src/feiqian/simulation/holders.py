"""Holders: what people have beside a wallet's store, and what must be true of how they pay.

Which wallet has what hangs on its number alone, so that a story with gaps is played by the same devices: a chip whose
keys and counter no copy has, a token that makes one-time codes, a wallet that watches itself. The rules here are told
of what people did and of what was drawn, and ask no store and no code of the product whether that was right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from feiqian.issuer.lock_ports import Decision
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.cheque import decode_cheque
from feiqian.risk.anomaly import AnomalyTerms, LockReason
from feiqian.simulation.oracle import Broken
from feiqian.wallet.records import PayingLock

KINDS: Final = 5
WATCHED: Final = AnomalyTerms(minute_payments=2, hour_payments=15)
"""Tighter than in the shops: played people pay every minute."""
CODE_ABOVE_MINOR: Final = 60_00
CHECK_ABOVE_MINOR: Final = 50_00
OPENED_ALONE: Final = frozenset({LockReason.CLOCK_BACK, LockReason.BURST, LockReason.SPREE})
"""Locks that say nothing of a thief: only these may be opened by no person."""
CLOCK_LOCK: Final = "locked_clock_back"
_NOBODYS: Final = b"nobody's secret"
CodeAt = Callable[[bytes, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a wallet has. `counted`: keys and counter in a chip; `coded`: a token; `watchful`: it locks itself."""

    counted: bool = False
    coded: bool = False
    watchful: bool = False


NOTHING: Final = Traits()
PLAIN, COUNTED, CODED, WATCHFUL, ALL = range(KINDS)
_TRAITS: Final = {
    PLAIN: NOTHING,
    COUNTED: Traits(counted=True),
    CODED: Traits(coded=True),
    WATCHFUL: Traits(watchful=True),
    ALL: Traits(counted=True, coded=True, watchful=True),
}


def traits_of(number: int) -> Traits:
    """Those of the wallet with this number."""
    return _TRAITS[number % KINDS]


class Chip:
    """Where keys live that cannot be copied, with a counter beside them: a `HardwareCounter`."""

    def __init__(self) -> None:
        self._made: set[bytes] = set()
        self._count = 0

    def keep(self, key: bytes) -> None:
        """A key that was made in it."""
        self._made.add(key)

    def holds(self, key: bytes) -> bool:
        """Whether it was made in this one."""
        return key in self._made

    def begin(self) -> int:
        """What it stands at."""
        return self._count

    def value(self) -> int:
        """What it stands at."""
        return self._count

    def advance(self) -> None:
        """One more."""
        self._count += 1


class Token:
    """A holder's authenticator with a button (HOTP). Its first code was read out at the operator's desk."""

    def __init__(self, secret: bytes, code_at: CodeAt) -> None:
        self._secret, self._code_at = secret, code_at
        self._pressed = 1

    def press(self) -> str:
        """The next code."""
        self._pressed += 1
        return self._code_at(self._secret, self._pressed - 1)


class Guesser:
    """Whoever has no token, and types something."""

    def __init__(self, code_at: CodeAt) -> None:
        self._code_at, self._guessed = code_at, 0

    def guess(self) -> str:
        """Digits that are nobody's."""
        self._guessed += 1
        return self._code_at(_NOBODYS, self._guessed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How a cheque was drawn. `code_right` is None where no digits were typed."""

    amount_minor: int
    check: HolderCheck
    code_right: bool | None
    coded: bool


class Holders:
    """What is known of how cheques were drawn, and of locks; every method raises Broken."""

    def __init__(self) -> None:
        self.drawn: dict[bytes, Drawn] = {}
        self._decided: dict[bytes, Decision] = {}

    def draw(self, cheque_id: bytes, cheque: bytes, how: Drawn) -> None:
        """A cheque was drawn by somebody who did this."""
        stated = decode_cheque(cheque).terms.holder_check
        should = how.check if how.code_right is None else HolderCheck.ONE_TIME_CODE
        if cheque_id not in self.drawn and stated != should:
            raise Broken("check_misstated", f"{cheque_id.hex()[:12]}: {stated}, and it was {should}")
        self.drawn.setdefault(cheque_id, how)

    def accepted(self, cheque_id: bytes) -> None:
        """A till has taken it."""
        how = self.drawn.get(cheque_id)
        if how is None:
            return  # whoever drew it died of it, and showed it later
        if how.check is HolderCheck.NONE and how.code_right is None and how.amount_minor > CHECK_ABOVE_MINOR:
            raise Broken("holder_not_checked", f"{cheque_id.hex()[:12]}: {how.amount_minor}")
        if how.coded and how.code_right is None and how.amount_minor > CODE_ABOVE_MINOR:
            raise Broken("code_not_asked", f"{cheque_id.hex()[:12]}: {how.amount_minor}")

    def check_codes(self, claimed: set[bytes], accused: set[bytes], is_honest: Callable[[bytes], bool]) -> None:
        """Whoever typed a wrong code is accused once its cheque was claimed, and nobody else.

        `is_honest` says of a cheque whether its payer's keys are in one device only.
        """
        wrong = {one for one in claimed if (how := self.drawn.get(one)) is not None and how.code_right is False}
        if wrong - accused:
            raise Broken("wrong_code_unseen", sorted(one.hex()[:12] for one in wrong - accused))
        for one in sorted(accused - wrong):
            how = self.drawn.get(one)
            if how is not None and is_honest(one):
                raise Broken("accused_of_a_right_code", one.hex()[:12])

    def decide(self, lock_id: bytes, decision: Decision) -> None:
        """The operator's people have decided on a lock."""
        self._decided[lock_id] = decision

    def answered(self, lock: PayingLock, decision: Decision | None) -> None:
        """The operator has answered a report of a lock."""
        before = self._decided.get(lock.lock_id)
        if before is not None and decision is not before:
            raise Broken("decision_changed", f"{lock.reason}: {before}, then {decision}")
        if before is None and decision is not None:
            if decision is not Decision.ALLOWED or lock.reason not in OPENED_ALONE:
                raise Broken("lock_decided_alone", f"{lock.reason}: {decision}")
            self._decided[lock.lock_id] = decision
