"""Lost devices: a code that its holder keeps elsewhere stops the device at once, from any browser, without an account.

A device has one code at a time; asking for another ends the one before. The code's first half names it, its second
half is a secret of 40 random bits, kept as an argon2id hash, with counted tries: written before the secret is looked
at, taken back when it proved right. Whoever has the code can stop the device, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from feiqian.issuer.facts import AllowanceFacts
from feiqian.issuer.lost_ports import LostCode
from feiqian.issuer.paying_locks import PayingLocks
from feiqian.issuer.ports import WritePoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device, SuspendReason, Suspension
from feiqian.issuer.witness import suspended
from feiqian.ledger.clearing import thought_out_again
from feiqian.protocol.possession import CODE_RANDOM_BYTES, code_context, spell_code

LOST_CODE_TRIES_MAX: Final = 10
_HALF_CHARS: Final = 8
_ID_BYTES: Final = 5


class LostDevices(PayingLocks):
    """The part of the issuer that stops lost devices by their codes."""

    def new_lost_code(self, device: Device) -> str:
        """A new code for this device, told once. Raises lost_code_invalid from an operator that keeps none."""
        if self._pins is None:
            raise IssuerTrouble("lost_code_invalid")
        code = spell_code(self._randomness(CODE_RANDOM_BYTES))
        code_id, secret = _halves(code)
        hashed = self._pins.hash_password(secret)
        self._put_lost_code(
            LostCode(
                code_id=code_id,
                payer_id=device.payer_id,
                device_id=device.device_id,
                hashed=hashed,
                made_at=self._clock(),
            )
        )
        return code

    def report_lost_device(self, code: str) -> tuple[Suspension, ...]:
        """Suspends the device of this code and signs it out: what is at risk at most, and when the rest returns.

        Again is harmless. Raises lost_code_invalid for a code that is wrong, replaced or tried too often.
        """
        code_id, secret = _halves(code)
        held = self._count_try(code_id)
        right = self._pins is not None and self._pins.is_password("" if held is None else held.hashed, secret)
        if held is None or not right:
            raise IssuerTrouble("lost_code_invalid")
        return self._stop(held)

    @thought_out_again
    def _put_lost_code(self, code: LostCode) -> None:
        with self._store.write(WritePoint.LOST_CODE) as unit:
            unit.end_lost_codes(code.device_id, LOST_CODE_TRIES_MAX)
            unit.add_lost_code(code)

    @thought_out_again
    def _count_try(self, code_id: bytes) -> LostCode | None:
        with self._store.write(WritePoint.LOST_TRY) as unit:
            held = unit.lost_code(code_id)
            if held is None or held.misses >= LOST_CODE_TRIES_MAX:
                return None
            unit.put_lost_tries(code_id, held.misses + 1, held.ended_at)
            return held

    @thought_out_again
    def _stop(self, held: LostCode) -> tuple[Suspension, ...]:
        now = self._clock()
        with self._store.write(WritePoint.SUSPEND) as unit:
            device = unit.device(held.device_id)
            if device is not None:
                unit.put_device(device, None, now)
            ended_at = held.ended_at or now
            unit.put_lost_tries(held.code_id, held.misses, ended_at)
            of_device = [one for one in unit.allowances_of(held.payer_id) if one.device_id == held.device_id]
            live = [one for one in of_device if one.closed_at is None]
            stopped = [_lost(one, now) for one in live]
            for before, after in zip(live, stopped, strict=True):
                if after != before:
                    unit.put_allowance(after)
        return _told(stopped)


def _lost(one: AllowanceFacts, now: int) -> AllowanceFacts:
    after = suspended(one, SuspendReason.LOST)
    return after if after.lost_at is not None else replace(after, lost_at=now)


def _told(stopped: Sequence[AllowanceFacts]) -> tuple[Suspension, ...]:
    return tuple(
        Suspension(
            ref=one.ref,
            reason=SuspendReason(one.reason),
            at_risk_minor=one.reserved_minor,
            currency=one.currency,
            deadline=one.deadline,
        )
        for one in stopped
    )


def _halves(code: str) -> tuple[bytes, str]:
    """What names a code, and its secret. Any text has both; a wrong one names nothing."""
    spelled = code_context(code)
    return sha256(spelled[:_HALF_CHARS]).digest()[:_ID_BYTES], spelled[_HALF_CHARS:].decode("ascii", "replace")
