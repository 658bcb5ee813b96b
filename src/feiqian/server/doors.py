"""Who may come in: bearer tokens, and the operator behind the door, as dependencies of the routes.

Tokens are compared and looked up by their hash, so the time it takes tells nothing about them. A token of the wrong
kind is as unknown as none: a terminal cannot find out that it holds an administrator's token.
"""

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from feiqian.acquirer.values import Terminal
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device
from feiqian.links.http_spelling import IDEMPOTENCY_KEY_PATTERN
from feiqian.server.limits import TOKEN_MAX_CHARS
from feiqian.server.operator import Operator
from feiqian.server.taking import DirectTaking, QueuedTaking, Taking
from feiqian.server.trouble import ServerTrouble

_TOKEN: Final = re.compile(rf"[A-Za-z0-9._~+/=-]{{1,{TOKEN_MAX_CHARS}}}", re.ASCII)
_admin = HTTPBearer(auto_error=False, scheme_name="adminToken", description="The token in the server's home.")
_device = HTTPBearer(auto_error=False, scheme_name="deviceToken", description="What a wallet got when it enrolled.")
_terminal = HTTPBearer(auto_error=False, scheme_name="terminalToken", description="What a terminal got, likewise.")


async def operator_of(request: Request) -> Operator:
    """The operator that this application serves; a coroutine, for which no thread is asked."""
    operator = request.app.state.operator
    if not isinstance(operator, Operator):
        raise TypeError("the application was made without an operator")
    return operator


async def taking_of(request: Request) -> Taking:
    """How this application takes batches."""
    taking = request.app.state.taking
    if not isinstance(taking, DirectTaking | QueuedTaking):
        raise TypeError("the application was made without a way to take batches")
    return taking


OperatorDep = Annotated[Operator, Depends(operator_of)]
TakingDep = Annotated[Taking, Depends(taking_of)]
Credentials = HTTPAuthorizationCredentials | None
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=IDEMPOTENCY_KEY_PATTERN,
        description="16 to 64 letters, digits, - or _, chosen by the caller. The same key with the same request gets "
        "the same answer for a day; with another request it is refused.",
        examples=["kXo1b0fYQ2y7mJ8pZr3TqA"],
    ),
]


def admin(operator: OperatorDep, credentials: Annotated[Credentials, Depends(_admin)]) -> None:
    """Lets the administrator in. Raises not_signed_in."""
    if not operator.is_admin(token_of(credentials)):
        raise ServerTrouble("not_signed_in")


def device(operator: OperatorDep, credentials: Annotated[Credentials, Depends(_device)]) -> Device:
    """The wallet that asks. Raises not_signed_in."""
    return operator.issuer.authenticate_device(token_of(credentials))


def terminal(operator: OperatorDep, credentials: Annotated[Credentials, Depends(_terminal)]) -> Terminal:
    """The terminal that asks. Raises not_signed_in."""
    return operator.acquirer.authenticate_terminal(token_of(credentials))


def holder(
    operator: OperatorDep,
    as_device: Annotated[Credentials, Depends(_device)],
    as_terminal: Annotated[Credentials, Depends(_terminal)],  # noqa: ARG001  # the same header; named for the document
) -> Device | Terminal:
    """The wallet or the terminal that asks. Raises not_signed_in."""
    token = token_of(as_device)
    try:
        return operator.issuer.authenticate_device(token)
    except IssuerTrouble:
        return operator.acquirer.authenticate_terminal(token)


DeviceDep = Annotated[Device, Depends(device)]
HolderDep = Annotated[Device | Terminal, Depends(holder)]
TerminalDep = Annotated[Terminal, Depends(terminal)]


def token_of(credentials: Credentials) -> str:
    """The bearer token. Raises not_signed_in."""
    if credentials is None or _TOKEN.fullmatch(credentials.credentials) is None:
        raise ServerTrouble("not_signed_in")
    return credentials.credentials
