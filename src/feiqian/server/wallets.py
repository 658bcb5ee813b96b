"""Routes for the payer's device: enrol, ask for an allowance, close one, see where the money is."""

from fastapi import APIRouter, Response

from feiqian.acquirer.disputes import Party
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.server.answers import AllowanceAnswer, DeviceAnswer, PayerStatementAnswer, SuspensionAnswer
from feiqian.server.documents import refusals
from feiqian.server.doors import DeviceDep, OperatorDep
from feiqian.server.once import answer
from feiqian.server.requests import AllowanceWish, Closing, DeviceBinding
from feiqian.server.shapes import IdIn
from feiqian.server.strict_json import StrictRoute

router = APIRouter(tags=["wallet"], route_class=StrictRoute)


@router.post(
    "/v1/devices",
    operation_id="enrolDevice",
    response_model=DeviceAnswer,
    responses=refusals(400, 415, 422),
)
def enrol_device(operator: OperatorDep, binding: DeviceBinding) -> Response:
    """Binds a wallet to a payer. The same code with the same key gives the same device again, with a fresh token."""
    bound = operator.issuer.bind_device(binding.enrolment_code, binding.account_key, binding.proof, binding.pin)
    return answer(DeviceAnswer.of(bound, operator.trust_root))


@router.post(
    "/v1/allowances",
    operation_id="requestAllowance",
    response_model=AllowanceAnswer,
    responses=refusals(400, 401, 409, 415, 422),
)
def request_allowance(operator: OperatorDep, device: DeviceDep, wish: AllowanceWish) -> Response:
    """Sets money aside and issues an allowance on it. The same `request_id` gives the same allowance.

    A key counts as one in software unless `evidence` shows that it lives elsewhere; evidence that does not hold is
    refused, and nothing is set aside.
    """
    issued = operator.issuer.issue_allowance(
        device,
        device_key=wish.device_key,
        proof=wish.proof,
        request_id=wish.request_id,
        amount_minor=wish.amount_minor,
        evidence=wish.evidence,
        audience=None if wish.audience is None else PayeeId(wish.audience),
    )
    return answer(AllowanceAnswer.of(issued))


@router.post(
    "/v1/allowances/{ref}/closing",
    operation_id="closeAllowance",
    response_model=SuspensionAnswer,
    responses=refusals(400, 401, 404, 415, 422),
)
def close_allowance(operator: OperatorDep, device: DeviceDep, ref: IdIn, closing: Closing) -> Response:
    """Takes the closing cheque of an allowance. What is reserved stays so until D; the answer says when that is."""
    if decode_cheque(closing.closing_cheque).terms.allowance_ref != ref:
        raise Refused(RefusalCode.WRONG_ALLOWANCE)
    return answer(SuspensionAnswer.of(operator.issuer.close_allowance(device, closing.closing_cheque)))


@router.get(
    "/v1/payer/statement",
    operation_id="payerStatement",
    response_model=PayerStatementAnswer,
    responses=refusals(401),
)
def payer_statement(operator: OperatorDep, device: DeviceDep) -> Response:
    """What the payer has, where it is, and why; and what became of each cheque that was claimed."""
    disputes = operator.disputes.disputes_of(Party.PAYER, device.payer_id)
    return answer(PayerStatementAnswer.of(operator.issuer.statement(device.payer_id), disputes))
