"""Routes about lost devices: a wallet asks for its code, and whoever has the code stops that wallet, from anywhere."""

from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from feiqian.issuer.values import Suspension
from feiqian.server.answers import Answer, SuspensionAnswer
from feiqian.server.documents import refusals
from feiqian.server.doors import DeviceDep, OperatorDep
from feiqian.server.once import answer
from feiqian.server.requests import Nothing
from feiqian.server.shapes import CodeIn, InstantOut, Shape
from feiqian.server.strict_json import StrictRoute

everybody = APIRouter(tags=["everybody"], route_class=StrictRoute)
wallet = APIRouter(tags=["wallet"], route_class=StrictRoute)


class LostCodeAnswer(Answer):
    """A lost-device code, told once. The one before it, if there was any, is worth nothing from now on."""

    lost_code: Annotated[str, Field(repr=False)]


class LostReport(Shape):
    """The code that the holder of a lost device kept elsewhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lost_code": "7KQ2-M9XA-44TD-0VNC"}]})

    lost_code: CodeIn


class LostAnswer(Answer):
    """The device is stopped: the most that can still be lost, and when all the rest is back; null where nothing is out.

    One line an allowance of the device.
    """

    at_risk_minor: int
    currency: str | None
    deadline: InstantOut | None
    suspensions: tuple[SuspensionAnswer, ...]

    @classmethod
    def of(cls, found: tuple[Suspension, ...]) -> Self:
        """From the issuer's values; a device's allowances are of one currency."""
        return cls(
            at_risk_minor=sum(one.at_risk_minor for one in found),
            currency=found[0].currency if found else None,
            deadline=max((one.deadline for one in found), default=None),
            suspensions=tuple(SuspensionAnswer.of(one) for one in found),
        )


@wallet.post(
    "/v1/devices/me/lost-code",
    operation_id="newLostCode",
    response_model=LostCodeAnswer,
    responses=refusals(400, 401, 415, 422, 503),
)
def new_lost_code(operator: OperatorDep, device: DeviceDep, nothing: Nothing) -> Response:  # noqa: ARG001
    """A new lost-device code for this wallet. Its holder keeps it elsewhere than on the device."""
    return answer(LostCodeAnswer(lost_code=operator.issuer.new_lost_code(device)))


@everybody.post(
    "/v1/lost-devices",
    operation_id="reportLostDevice",
    response_model=LostAnswer,
    responses=refusals(400, 415, 422, 503),
)
def report_lost_device(operator: OperatorDep, report: LostReport) -> Response:
    """Stops the device of this code at once: its allowances are suspended, it is signed out. Again is harmless.

    A code has ten tries; a wrong one is counted before it is looked at.
    """
    return answer(LostAnswer.of(operator.issuer.report_lost_device(report.lost_code)))
