"""Routes of the payer's own door and of disputes (spec 10): for wallets, terminals and the administrator."""

from typing import Final

from fastapi import APIRouter, Depends, Response

from feiqian.acquirer.dispute_values import DisputeId, Said
from feiqian.acquirer.disputes import DisputeAct, DisputeReason, Party
from feiqian.ledger.papers import Papers
from feiqian.protocol.ids import PayeeId, StatementId
from feiqian.server.dispute_answers import DisputeAnswer, DisputesAnswer, PapersAnswer
from feiqian.server.dispute_requests import (
    Decision,
    DisputeReply,
    PayeeDispute,
    PayerDispute,
    PresentedCheque,
    PresentedNote,
    Withdrawal,
)
from feiqian.server.documents import refusals
from feiqian.server.doors import DeviceDep, OperatorDep, TerminalDep, admin
from feiqian.server.once import answer
from feiqian.server.shapes import RequestIdIn
from feiqian.server.strict_json import StrictRoute

_REFUSED: Final = refusals(400, 401, 404, 409, 415, 422)
wallet = APIRouter(tags=["wallet"], route_class=StrictRoute)
terminal = APIRouter(tags=["terminal"], route_class=StrictRoute)
administrator = APIRouter(tags=["administrator"], route_class=StrictRoute, dependencies=[Depends(admin)])


@wallet.post("/v1/payer/claims", operation_id="presentCheque", response_model=PapersAnswer, responses=_REFUSED)
def present_cheque(operator: OperatorDep, device: DeviceDep, shown: PresentedCheque) -> Response:
    """Takes the payer's own copy of a payment. With the payee's receipt it is a claim of the payee's; without, a case.

    A case pays nothing: its payee hears that a claim of its own is missing. Again is harmless.
    """
    papers = Papers(
        cheque=shown.cheque,
        request=shown.request,
        credits=shown.credits,
        statement=shown.receipt,
        certificate=shown.certificate,
    )
    return answer(PapersAnswer.of(operator.acquirer.take_papers(device.payer_id, papers)))


@wallet.post("/v1/payer/notes", operation_id="presentNote", response_model=PapersAnswer, responses=_REFUSED)
def present_note(operator: OperatorDep, device: DeviceDep, shown: PresentedNote) -> Response:
    """Takes a void or cancel note that the payer holds. It counts as if its payee had sent it. Again is harmless."""
    papers = Papers(
        cheque=shown.cheque,
        request=shown.request,
        credits=shown.credits,
        statement=shown.note,
        certificate=shown.certificate,
    )
    return answer(PapersAnswer.of(operator.acquirer.take_papers(device.payer_id, papers)))


@wallet.get("/v1/payer/disputes", operation_id="payerDisputes", response_model=DisputesAnswer, responses=refusals(401))
def payer_disputes(operator: OperatorDep, device: DeviceDep) -> Response:
    """The payer's disputes, newest first."""
    return answer(DisputesAnswer.of(operator.disputes.disputes_of(Party.PAYER, device.payer_id), Party.PAYER))


@wallet.post("/v1/payer/disputes", operation_id="openPayerDispute", response_model=DisputeAnswer, responses=_REFUSED)
def open_payer_dispute(operator: OperatorDep, device: DeviceDep, asked: PayerDispute) -> Response:
    """Disputes a payment. A payment has one dispute by its payer; the same again is the same dispute."""
    said = Said(words=asked.words, evidence=asked.evidence)
    line = operator.disputes.open_by_payer(
        device.payer_id, StatementId(asked.cheque_id), DisputeReason(asked.reason), asked.amount_minor, said
    )
    return answer(DisputeAnswer.of(line, Party.PAYER))


@wallet.post(
    "/v1/payer/disputes/{dispute_id}/answer",
    operation_id="answerPayeeDispute",
    response_model=DisputeAnswer,
    responses=_REFUSED,
)
def answer_payee_dispute(
    operator: OperatorDep, device: DeviceDep, dispute_id: RequestIdIn, reply: DisputeReply
) -> Response:
    """Answers a payee's dispute; accepting pays the payee from the payer's free money."""
    line = operator.disputes.answer(
        Party.PAYER, device.payer_id, DisputeId(dispute_id), _act_of(reply), _said_of(reply)
    )
    return answer(DisputeAnswer.of(line, Party.PAYER))


@wallet.post(
    "/v1/payer/disputes/{dispute_id}/withdrawal",
    operation_id="withdrawPayerDispute",
    response_model=DisputeAnswer,
    responses=_REFUSED,
)
def withdraw_payer_dispute(
    operator: OperatorDep, device: DeviceDep, dispute_id: RequestIdIn, withdrawal: Withdrawal
) -> Response:
    """Takes the payer's own dispute back, for good."""
    said = Said(words=withdrawal.words)
    line = operator.disputes.withdraw(Party.PAYER, device.payer_id, DisputeId(dispute_id), said)
    return answer(DisputeAnswer.of(line, Party.PAYER))


@terminal.get(
    "/v1/payee/disputes", operation_id="payeeDisputes", response_model=DisputesAnswer, responses=refusals(401)
)
def payee_disputes(operator: OperatorDep, terminal: TerminalDep) -> Response:
    """The payee's disputes, newest first."""
    return answer(DisputesAnswer.of(operator.disputes.disputes_of(Party.PAYEE, terminal.payee_id), Party.PAYEE))


@terminal.post("/v1/payee/disputes", operation_id="openPayeeDispute", response_model=DisputeAnswer, responses=_REFUSED)
def open_payee_dispute(operator: OperatorDep, terminal: TerminalDep, asked: PayeeDispute) -> Response:
    """Disputes what was not paid. A claim has one dispute by its payee; the same again is the same dispute."""
    line = operator.disputes.open_by_payee(
        PayeeId(terminal.payee_id),
        StatementId(asked.cheque_id),
        DisputeReason(asked.reason),
        asked.amount_minor,
        Said(words=asked.words, evidence=asked.evidence),
        asked.cheque,
    )
    return answer(DisputeAnswer.of(line, Party.PAYEE))


@terminal.post(
    "/v1/payee/disputes/{dispute_id}/answer",
    operation_id="answerPayerDispute",
    response_model=DisputeAnswer,
    responses=_REFUSED,
)
def answer_payer_dispute(
    operator: OperatorDep, terminal: TerminalDep, dispute_id: RequestIdIn, reply: DisputeReply
) -> Response:
    """Answers a payer's dispute; accepting refunds the payer out of the payee's balance, once D has passed."""
    line = operator.disputes.answer(
        Party.PAYEE, terminal.payee_id, DisputeId(dispute_id), _act_of(reply), _said_of(reply)
    )
    return answer(DisputeAnswer.of(line, Party.PAYEE))


@terminal.post(
    "/v1/payee/disputes/{dispute_id}/withdrawal",
    operation_id="withdrawPayeeDispute",
    response_model=DisputeAnswer,
    responses=_REFUSED,
)
def withdraw_payee_dispute(
    operator: OperatorDep, terminal: TerminalDep, dispute_id: RequestIdIn, withdrawal: Withdrawal
) -> Response:
    """Takes the payee's own dispute back, for good."""
    said = Said(words=withdrawal.words)
    line = operator.disputes.withdraw(Party.PAYEE, terminal.payee_id, DisputeId(dispute_id), said)
    return answer(DisputeAnswer.of(line, Party.PAYEE))


@administrator.get("/v1/disputes", operation_id="disputes", response_model=DisputesAnswer, responses=refusals(401))
def disputes(operator: OperatorDep) -> Response:
    """All disputes; those that still wait come first, by what ends first."""
    return answer(DisputesAnswer.of(operator.disputes.disputes_of(Party.ADMINISTRATOR), Party.ADMINISTRATOR))


@administrator.post(
    "/v1/disputes/{dispute_id}/decision",
    operation_id="decideDispute",
    response_model=DisputeAnswer,
    responses=_REFUSED,
)
def decide_dispute(operator: OperatorDep, dispute_id: RequestIdIn, decision: Decision) -> Response:
    """Decides a dispute that was answered, or whose time for an answer has passed. The same decision again is harmless.

    A refund goes from the payee's balance to the payer's free money, after D and never below zero.
    """
    said = Said(words=decision.words)
    line = operator.disputes.decide(DisputeId(dispute_id), decision.refund_minor, said)
    return answer(DisputeAnswer.of(line, Party.ADMINISTRATOR))


def _act_of(reply: DisputeReply) -> DisputeAct:
    return DisputeAct.ACCEPT if reply.accept else DisputeAct.CONTEST


def _said_of(reply: DisputeReply) -> Said:
    return Said(words=reply.words, evidence=reply.evidence)
