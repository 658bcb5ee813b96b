"""The operator's desk: what its people do for a payer beside money, and what wallets report to them.

Each act is told to the rules of `holders` or to the oracle, so that what the books make of it is held against them.
"""

import hashlib
from typing import TYPE_CHECKING, Final

from feiqian.issuer.lock_ports import Decision
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import PayerId
from feiqian.keys.one_time_codes import code_at
from feiqian.risk.one_time_code import CodeKind
from feiqian.simulation.holders import Guesser, Holders, Token
from feiqian.simulation.oracle import Broken
from feiqian.wallet.records import LockAnswer, PayingLock

if TYPE_CHECKING:
    from feiqian.simulation.operator import Operator

TRIES_MAX: Final = 10
"""So many wrong secrets, and a lost-device code says nothing any more."""
_ANSWERS: Final = {
    None: LockAnswer.WAITING,
    Decision.ALLOWED: LockAnswer.ALLOWED,
    Decision.REFUSED: LockAnswer.REFUSED,
}


class QuickHasher:
    """A `PinHasher` without what makes guessing slow: nobody guesses in a played world."""

    def hash_password(self, password: str) -> str:
        """Its hash."""
        return hashlib.sha256(password.encode()).hexdigest()

    def is_password(self, hashed: str, password: str) -> bool:
        """Whether this is it."""
        return hashed == self.hash_password(password)


class Desk:
    """The desk of one operator."""

    def __init__(self, operator: "Operator") -> None:
        self._operator = operator
        self.holders = Holders()
        self.guesser = Guesser(code_at)
        self._tries: dict[str, int] = {}

    def hand_out_token(self, payer_id: PayerId) -> Token:
        """An authenticator for a payer, confirmed by its first code."""
        manage = self._operator.manage
        added = manage(lambda: self._operator.issuer.authenticators.add(payer_id, CodeKind.HOTP))
        first = code_at(added.secret, 0)
        manage(lambda: self._operator.issuer.authenticators.confirm(payer_id, [first]))
        return Token(added.secret, code_at)

    def hand_out_lost_code(self, token: str) -> str:
        """A lost-device code for the device that is signed in by this token."""
        issuer = self._operator.issuer
        code = self._operator.manage(lambda: issuer.new_lost_code(issuer.authenticate_device(token)))
        self._tries[code] = 0
        return code

    def stop_lost(self, code: str, device_id: bytes, *, wrong: bool) -> None:
        """Somebody types a lost-device code, or one that is like it. Raises IssuerTrouble, Broken."""
        operator, typed = self._operator, code[:-1] + ("0" if code[-1] != "0" else "1") if wrong else code

        def stopped() -> None:
            if wrong:
                raise Broken("stopped_by_a_wrong_code", device_id.hex())
            operator.oracle.lost_device(device_id, operator.clock())

        operator.expect({IssuerPoint.SUSPEND: stopped})
        try:
            operator.manage(lambda: self._try(code, typed))
        except IssuerTrouble:
            if not wrong and self._tries[code] <= TRIES_MAX:
                raise Broken("lost_code_refused", device_id.hex()) from None
            raise

    def _try(self, code: str, typed: str) -> None:
        self._tries[code] += 1
        self._operator.issuer.report_lost_device(typed)

    def report_lock(self, token: str, lock: PayingLock) -> LockAnswer:
        """What a wallet reports, and what it is answered."""
        device = self._operator.issuer.authenticate_device(token)
        decision = self._operator.issuer.report_lock(
            device,
            lock_id=lock.lock_id,
            reason=lock.reason,
            locked_at=lock.locked_at,
            seen=lock.seen,
            allowed=lock.allowed,
        )
        self.holders.answered(lock, decision)
        return _ANSWERS[decision]

    def decide_locks(self, decision: Decision) -> int:
        """Decides on all that wait; how many."""
        waiting = [line.lock.lock_id for line in self._operator.issuer.locks() if line.decision is None]
        for lock_id in waiting:
            self._operator.manage(lambda lock_id=lock_id: self._operator.issuer.decide_lock(lock_id, decision))  # type: ignore[misc]
            self.holders.decide(lock_id, decision)
        return len(waiting)
