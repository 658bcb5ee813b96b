"""Authenticators: what makes a payer's one-time codes, added at the desk and confirmed by a code (spec 05.5.1).

The secret is told once. From the moment that a code of it was right, new allowances ask for codes; allowances of before
stay as they are. The one that was in force until then is removed, and so is one that was added and never confirmed;
both are kept, sealed, since cheques of their time may still be claimed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from feiqian.issuer.authenticator_facts import (
    Authenticator,
    AuthenticatorId,
    NewAuthenticator,
    UsedCode,
    WrongCode,
)
from feiqian.issuer.code_ports import CodeMaker, CodeReading
from feiqian.issuer.examine import Evidence
from feiqian.issuer.facts import Payer
from feiqian.issuer.known import Changes, Known
from feiqian.issuer.one_time_codes import (
    LOOK_BACK_S,
    CodedCheque,
    CodeJudge,
    accuse,
    code_ground,
    code_key_in,
    coded_in,
)
from feiqian.issuer.ports import IssuerReading, IssuerStore, WritePoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device, PayerId
from feiqian.ledger.clearing import thought_out_again
from feiqian.protocol.allowance import decode_allowance
from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.one_time_code import CODE_KEY_BYTES, read_digits
from feiqian.protocol.refusals import Refused
from feiqian.protocol.verify_allowance import Knowledge
from feiqian.risk.one_time_code import CodeKind, CodeUse, confirmed

_ID_BYTES, _SECRET_BYTES = 16, 20
_CODES_MAX = 2


def no_codes(secret: bytes, factor: int) -> str:  # noqa: ARG001  # the port's shape
    """The codes of an issuer that computes none: nothing is confirmed, so no allowance asks for any."""
    return ""


class Authenticators:
    """The part of the issuer that knows authenticators. Durable on return, thread-safe."""

    def __init__(
        self,
        store: IssuerStore,
        code_at: CodeMaker,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        """`code_at` computes an authenticator's digits; the others are those of the issuer."""
        self._store, self._code_at = store, code_at
        self._clock, self._randomness = clock, randomness

    @thought_out_again
    def add(self, payer_id: PayerId, kind: CodeKind) -> NewAuthenticator:
        """A new authenticator, to be confirmed; one that still waits for that is removed. Raises unknown_payer."""
        now = self._clock()
        with self._store.write(WritePoint.AUTHENTICATOR) as unit:
            payer = _payer(unit, payer_id)
            for one in unit.authenticators_of([payer_id]):
                if one.confirmed_at is None and one.removed_at is None:
                    unit.put_authenticator(replace(one, removed_at=now))
            added = Authenticator(
                authenticator_id=AuthenticatorId(self._randomness(_ID_BYTES)),
                payer_id=payer_id,
                kind=kind,
                secret=self._randomness(_SECRET_BYTES),
                code_secret=self._randomness(CODE_KEY_BYTES),
                added_at=now,
            )
            unit.put_authenticator(added)
        return NewAuthenticator(
            authenticator_id=added.authenticator_id, kind=kind, secret=added.secret, payer_name=payer.name
        )

    @thought_out_again
    def confirm(self, payer_id: PayerId, codes: Sequence[str]) -> Authenticator:
        """The authenticator counts from now on, since its code was right; again later: it is back in step.

        One code, or two in a row, which find an authenticator that is far out of step. Raises unknown_payer,
        no_authenticator, authenticator_code_wrong.
        """
        spelled = _read(codes)
        now = self._clock()
        with self._store.write(WritePoint.AUTHENTICATOR) as unit:
            _payer(unit, payer_id)
            held = unit.authenticators_of([payer_id])
            waiting = [one for one in held if one.removed_at is None]
            if not waiting:
                raise IssuerTrouble("no_authenticator")
            subject = waiting[-1]
            used = unit.code_uses(subject.authenticator_id, now - LOOK_BACK_S)
            if subject.in_force and self._was_told(subject, spelled[-1], used):
                return subject
            use = confirmed(subject.kind, spelled, used, lambda factor: self._code_at(subject.secret, factor), now)
            if use is None:
                raise IssuerTrouble("authenticator_code_wrong")
            for other in waiting[:-1]:
                unit.put_authenticator(replace(other, removed_at=now))
            if subject.confirmed_at is None:
                subject = replace(subject, confirmed_at=now)
                unit.put_authenticator(subject)
            unit.add_code_use(UsedCode(authenticator_id=subject.authenticator_id, use=use))
            return subject

    def _was_told(self, subject: Authenticator, code: str, used: Sequence[CodeUse]) -> bool:
        """Whether this is the code that was told last: whoever lost the answer asks again with it."""
        told = max((use.factor for use in used if not use.cheque_id), default=None)
        return told is not None and self._code_at(subject.secret, told) == code

    @thought_out_again
    def remove(self, payer_id: PayerId) -> None:
        """New allowances ask for no codes any more. Again is harmless. Raises unknown_payer."""
        now = self._clock()
        with self._store.write(WritePoint.AUTHENTICATOR) as unit:
            _payer(unit, payer_id)
            for one in unit.authenticators_of([payer_id]):
                if one.removed_at is None:
                    unit.put_authenticator(replace(one, removed_at=now))

    def of(self, payer_id: PayerId) -> tuple[Authenticator, ...]:
        """All that a payer has or had, in the order in which they were added. Raises unknown_payer."""
        with self._store.read() as reading:
            _payer(reading, payer_id)
            return tuple(reading.authenticators_of([payer_id]))

    def wrong_codes(self, payer_id: PayerId | None = None) -> tuple[WrongCode, ...]:
        """Cheques whose code was not right, oldest first; of one payer or of all."""
        with self._store.read() as reading:
            return tuple(reading.wrong_codes(payer_id))

    def asked_of(self, reading: CodeReading, device: Device) -> bytes | None:
        """What the code key of a new allowance is derived from, if it is to ask for codes. Raises device_accused."""
        if any(one.device_id == device.device_id for one in reading.wrong_codes(device.payer_id)):
            raise IssuerTrouble("device_accused")
        held = reading.authenticators_of([device.payer_id])
        return next((one.code_secret for one in reversed(held) if one.in_force), None)

    def code_key(self, reading: CodeReading, payer_id: PayerId, raw: bytes) -> bytes | None:
        """The code key of an allowance as it was issued; None if it asks for no codes."""
        grant = decode_allowance(raw).terms
        if grant.code_anchor is None:
            return None
        return code_key_in(grant, reading.authenticators_of([payer_id]))

    def judging(
        self, claims: Iterable[Evidence | AnswerItem], knowledge: Knowledge
    ) -> Callable[[Known, Changes], None]:
        """Adds to an act what the codes in these claims use up, and whom they accuse; nothing else is changed.

        Claims without codes, which are nearly all, cost no more than to find that out once.
        """
        coded = coded_in(claims, knowledge)
        return partial(self._judge, coded) if coded else _nothing

    def _judge(self, coded: Sequence[CodedCheque], known: Known, changes: Changes) -> None:
        with self._store.read() as reading:
            held = {ref: one for ref, one in known.allowances.items() if one.closed_at is None}
            payers = {held[one.ref].payer_id for one in coded if one.ref in held}
            judge = CodeJudge(code_ground(reading, coded, payers), self._code_at, changes.at)
            judge.hear(coded, held)
            changes.code_uses.extend(judge.uses)
            changes.wrong_codes.extend(judge.wrong)
            if judge.wrong:
                accuse(changes, judge.wrong, reading.allowances_of)


def _nothing(known: Known, changes: Changes) -> None:
    """What judges claims without codes."""


def _payer(reading: IssuerReading, payer_id: PayerId) -> Payer:
    payer = reading.payer(payer_id)
    if payer is None:
        raise IssuerTrouble("unknown_payer")
    return payer


def _read(codes: Sequence[str]) -> list[str]:
    if not 1 <= len(codes) <= _CODES_MAX:
        raise IssuerTrouble("authenticator_code_wrong")
    try:
        return [read_digits(code) for code in codes]
    except Refused:
        raise IssuerTrouble("authenticator_code_wrong") from None
