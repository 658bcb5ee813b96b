"""Judging the one-time codes of a batch: which cheques carry one, and what each uses up or is accused of (spec 05.5.1).

Pure, given what the books know. A payee is paid whatever comes out: it could not know better. So no answer to a claim
depends on this; what is wrong accuses the device, whose allowances are suspended.
"""

import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from feiqian.issuer.authenticator_facts import Authenticator, AuthenticatorId, UsedCode, WrongCode
from feiqian.issuer.code_ports import CodeMaker, CodeReading
from feiqian.issuer.examine import Evidence
from feiqian.issuer.facts import AllowanceFacts
from feiqian.issuer.known import Changes
from feiqian.issuer.values import DeviceId, PayerId, SuspendReason
from feiqian.issuer.witness import suspended
from feiqian.protocol.allowance import AllowanceTerms
from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.one_time_code import code_anchor, code_value
from feiqian.protocol.verified import VerifiedCheque
from feiqian.protocol.verify_allowance import Knowledge
from feiqian.risk.one_time_code import CodeFault, CodeShown, CodeUse, judge, placed

_KEY_LABEL: Final = b"feiqian/code-key/1"
LOOK_BACK_S: Final = 30 * 86_400
"""No cheque can be claimed that was drawn earlier: allowances live for days, and D comes soon after."""


def code_key_of(code_secret: bytes, grant: AllowanceTerms) -> bytes:
    """The code key of an allowance: 32 bytes that only its wallet and we have. Nothing of it is stored here."""
    return hmac.digest(code_secret, _KEY_LABEL + grant.device_key + grant.pseudonym, "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedCheque:
    """A claimed cheque with a code."""

    verified: VerifiedCheque
    shown: CodeShown

    @property
    def ref(self) -> AllowanceRef:
        """The allowance that it is drawn on."""
        return self.verified.allowance.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGround:
    """What the books know of authenticators, their used codes, and cheques that were judged before."""

    authenticators: Sequence[Authenticator]
    used: Mapping[AuthenticatorId, Sequence[CodeUse]]
    judged: Collection[StatementId]


def coded_in(claims: Iterable[Evidence | AnswerItem], knowledge: Knowledge) -> list[CodedCheque]:
    """The cheques of a batch that carry a code which somebody can check; nearly always none."""
    return [
        _coded(item, knowledge.policy(item.cheque.allowance.terms.currency).skew_s)
        for item in claims
        if isinstance(item, Evidence)
        and item.cheque.cheque.terms.code is not None
        and item.cheque.allowance.terms.code_anchor is not None
    ]


def _coded(item: Evidence, skew_s: int) -> CodedCheque:
    """Drawn between its request, or as long before its receipt as a one-way code lives, and its receipt."""
    terms, grant = item.cheque.cheque.terms, item.cheque.allowance.terms
    not_before = item.asked_at if item.request_hash is not None else item.made_at - (terms.ttl_s or 0)
    not_after = item.made_at + skew_s
    drawn_at = placed(terms.time, not_before=min(not_before - skew_s, not_after), not_after=not_after)
    return CodedCheque(
        verified=item.cheque,
        shown=CodeShown(
            item.cheque.cheque_id, item.cheque.allowance.ref, terms.counter, grant.count_limit, drawn_at, skew_s
        ),
    )


def code_ground(reading: CodeReading, coded: Sequence[CodedCheque], payers: Iterable[PayerId]) -> CodeGround:
    """What has to be known to judge these."""
    authenticators = reading.authenticators_of(sorted(set(payers)))
    since = min(one.shown.drawn_at for one in coded) - LOOK_BACK_S
    return CodeGround(
        authenticators=authenticators,
        used={one.authenticator_id: reading.code_uses(one.authenticator_id, since) for one in authenticators},
        judged=reading.codes_judged([one.verified.cheque_id for one in coded]),
    )


class CodeJudge:
    """Judges the codes of one batch, each cheque once, in the order of their counters."""

    def __init__(self, ground: CodeGround, code_at: CodeMaker, at: int) -> None:
        self._ground, self._code_at, self._at = ground, code_at, at
        self._used = {named: list(used) for named, used in ground.used.items()}
        self.uses: list[UsedCode] = []
        self.wrong: list[WrongCode] = []

    def hear(self, coded: Iterable[CodedCheque], allowances: Mapping[AllowanceRef, AllowanceFacts]) -> None:
        """Takes the cheques of allowances whose window is open; what came too late is not paid and says nothing."""
        seen = set(self._ground.judged)
        for one in sorted(coded, key=lambda one: (one.shown.allowance_ref, one.shown.counter)):
            held = allowances.get(one.ref)
            cheque_id = one.verified.cheque_id
            if held is None or held.closed_at is not None or self._at > held.deadline or cheque_id in seen:
                continue
            seen.add(cheque_id)
            self._judge(one, held)

    def _judge(self, one: CodedCheque, held: AllowanceFacts) -> None:
        mine = [found for found in self._ground.authenticators if found.payer_id == held.payer_id and found.secret]
        keys = [code_key_of(found.code_secret, one.verified.allowance.terms) for found in mine]
        key = next((key for key in keys if code_anchor(key) == one.verified.allowance.terms.code_anchor), None)
        if key is None:
            return  # erased since, or lost with its key: nothing is left to hold it against, so nobody is accused
        faults: list[CodeFault] = []
        for found in mine:
            if not found.counts_at(one.shown.drawn_at, one.shown.skew_s):
                continue
            used = self._used[found.authenticator_id]
            answer = judge(found.kind, one.shown, used, self._fits(one.verified, key, found))
            if isinstance(answer, CodeUse):
                self._used[found.authenticator_id].append(answer)
                self.uses.append(UsedCode(authenticator_id=found.authenticator_id, use=answer))
                return
            faults.append(answer)
        self.wrong.append(
            WrongCode(
                cheque_id=one.verified.cheque_id,
                allowance_ref=held.ref,
                payer_id=held.payer_id,
                device_id=held.device_id,
                fault=CodeFault.REUSED if CodeFault.REUSED in faults else CodeFault.WRONG,
                found_at=self._at,
            )
        )

    def _fits(self, cheque: VerifiedCheque, key: bytes, found: Authenticator) -> Callable[[int], bool]:
        terms, allowance_id = cheque.cheque.terms, cheque.allowance.allowance_id

        def fits(factor: int) -> bool:
            digits = self._code_at(found.secret, factor)
            expected = code_value(key, allowance_id, terms.counter, terms.request, digits)
            return hmac.compare_digest(expected, terms.code or b"")

        return fits


def accuse(changes: Changes, wrong: Sequence[WrongCode], of_payer: Callable[[PayerId], list[AllowanceFacts]]) -> None:
    """Suspends every open allowance of the accused devices, beside what the act changes anyway."""
    devices: set[DeviceId] = {one.device_id for one in wrong}
    held = {one.ref: one for payer_id in {one.payer_id for one in wrong} for one in of_payer(payer_id)}
    touched = {one.ref: one for one in changes.touched}
    for ref, one in (held | touched).items():
        if one.device_id in devices and one.closed_at is None:
            after = suspended(one, SuspendReason.CODE_WRONG)
            if after is not one or ref in touched:
                touched[ref] = after
    changes.touched[:] = sorted(touched.values(), key=attrgetter("ref"))


def code_key_in(grant: AllowanceTerms, authenticators: Iterable[Authenticator]) -> bytes | None:
    """The code key of an allowance that was issued, however long ago; None if it asks for no codes."""
    if grant.code_anchor is None:
        return None
    keys = (code_key_of(one.code_secret, grant) for one in authenticators if one.code_secret)
    return next((key for key in keys if code_anchor(key) == grant.code_anchor), None)
