"""The operator over HTTP, as the wallet's port asks for it."""

from collections.abc import Sequence
from typing import Final

from feiqian.issuer.values import ChequeState
from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.links.http import OperatorClient
from feiqian.links.http_trouble import LinkTrouble, OperatorRefused
from feiqian.protocol.ids import AllowanceRef
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust import TrustRoot
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Declined, Enrolled, Granted, Statement
from feiqian.wallet.records import LockAnswer, Membership, PayingLock

NOT_DECIDED = frozenset({401, 403, 408, 425, 429})
"""Refusals that say nothing about what was asked: another token or another minute may get another answer."""

_ANSWERS: Final = {"allowed": LockAnswer.ALLOWED, "refused": LockAnswer.REFUSED}
"""What an operator says of a lock; whatever else it says leaves the lock where it is."""


class HttpLink:
    """A `wallet.ports.OperatorLink` to one operator. Only links of this class ever touch a network."""

    def __init__(self, client: OperatorClient) -> None:
        self._client = client

    def trust_root(self) -> TrustRoot:
        return self._client.trust_root()

    def trust_pack(self) -> bytes:
        reply = self._client.trust_pack()
        if reply is None:
            raise LinkTrouble("operator_answer_unreadable", why="no trust pack")
        return reply.raw

    def enrol(self, *, code: str, account_key: bytes, proof: bytes, pin: str | None = None) -> Enrolled:
        found = self._client.enrol_device(enrolment_code=code, account_key=account_key, proof=proof, pin=pin)
        membership = Membership(
            payer_id=found.payer_id,
            payer_name=found.name,
            device_id=found.device_id,
            device_token=found.token,
            currency=found.currency,
        )
        return Enrolled(membership=membership, root=found.trust_root)

    def top_up(
        self,
        *,
        top_up_id: bytes,
        amount_minor: int,
        device_key: bytes,
        proof: bytes,
        evidence: bytes | None = None,
    ) -> Granted:
        try:
            issued = self._client.request_allowance(
                request_id=top_up_id,
                device_key=device_key,
                proof=proof,
                amount_minor=amount_minor,
                evidence=evidence,
            )
        except OperatorRefused as refused:
            raise _decided(refused) from None
        return Granted(raw=issued.raw, code_key=issued.code_key)

    def statement(self) -> Statement:
        found = self._client.payer_statement()
        allowances = tuple(
            AllowanceLine(
                ref=one.ref,
                closed=one.closed,
                complete=one.complete,
                reserved_minor=one.reserved_minor,
                waiting_minor=one.waiting_minor,
                returned_minor=one.returned_minor,
                deadline=one.deadline,
                stopped=one.status is AllowanceStatus.SUSPENDED,
            )
            for one in found.allowances
        )
        cheques = tuple(
            ChequeLine(
                cheque_id=one.cheque_id,
                ref=one.ref,
                paid_minor=one.paid_minor,
                waiting_minor=one.waiting_minor,
                deadline=one.deadline,
                given_back=one.state is ChequeState.GIVEN_BACK,
                forked=one.state is ChequeState.FORKED,
                payee_name=one.payee_name,
                code_wrong=one.code_wrong,
                amount_minor=one.amount_minor,
            )
            for one in found.cheques
        )
        return Statement(
            currency=found.currency,
            free_minor=found.free_minor,
            reserved_minor=found.reserved_minor,
            allowances=allowances,
            cheques=cheques,
        )

    def close_allowance(self, *, ref: AllowanceRef, closing: bytes) -> None:
        try:
            self._client.close_allowance(ref=ref, closing_cheque=closing)
        except OperatorRefused as refused:
            raise _decided(refused) from None

    def present(self, papers: Papers, *, is_note: bool) -> PapersTaken:
        return self._client.present_note(papers) if is_note else self._client.present_cheque(papers)

    def report_lock(self, lock: PayingLock) -> LockAnswer:
        said = self._client.report_lock(
            lock_id=lock.lock_id,
            reason=lock.reason.value,
            locked_at=lock.locked_at,
            seen=lock.seen,
            allowed=lock.allowed,
        )
        return _ANSWERS.get(said, LockAnswer.WAITING)

    def disputes(self) -> Sequence[DisputeNotice]:
        return self._client.payer_disputes()


def _decided(refused: OperatorRefused) -> Exception:
    """The refusal as it is, or as a decision about what was asked."""
    return refused if refused.status in NOT_DECIDED else Declined(refused)
