"""The door of the console: who is signed in, and whether that person may.

- The session's token is in a cookie that no script can read, sent by no other site (SameSite=Strict) and to no other
  path; under TLS it is never sent without.
- Whoever changes something also sends a second token, made of the first, that only the console's own page was told: a
  request that somebody else's page makes has none.
- A route takes one of the dependencies below, and there is no other way to a `Colleague`, whom every answer needs.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyCookie

from feiqian.links.http_spelling import read_bytes, spell_bytes
from feiqian.server.doors import OperatorDep
from feiqian.server.operator import Operator
from feiqian.staff.roles import Permission, is_allowed
from feiqian.staff.rules import SESSION_S
from feiqian.staff.troubles import StaffTrouble
from feiqian.staff.values import Act, SignedIn, StaffId

COOKIE: Final = "feiqian_console"
PATH: Final = "/v1/console"
CSRF_HEADER: Final = "X-Feiqian-Csrf"
_CSRF: Final = b"feiqian console csrf"
_TOKEN_MAX_CHARS: Final = 64
_HTTPS: Final = "https"
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="consoleSession",
    description="Cookie of a session of the console, set at sign-in; whatever changes something needs "
    f"`{CSRF_HEADER}`, too.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody of the operator who is signed in, and what this person does from here on is noted."""

    operator: Operator
    signed_in: SignedIn

    @property
    def staff_id(self) -> StaffId:
        """Who it is."""
        return self.signed_in.member.staff_id

    def notes(self, act: Act, about: bytes = b"") -> Operator:
        """The operator, once it is noted what is looked at or changed there."""
        self.operator.staff.note(self.staff_id, act, about)
        return self.operator


def session_token(token: Annotated[str | None, Depends(_cookie)]) -> bytes:
    """The session's token. Raises session_over."""
    if token is None or len(token) > _TOKEN_MAX_CHARS:
        raise StaffTrouble("session_over")
    try:
        return read_bytes(token)
    except ValueError:
        raise StaffTrouble("session_over") from None


SessionToken = Annotated[bytes, Depends(session_token)]


def csrf_of(token: bytes) -> str:
    """The second token of this session."""
    return spell_bytes(hmac.new(token, _CSRF, "sha256").digest())


def colleague(operator: OperatorDep, request: Request, token: SessionToken) -> Colleague:
    """Whoever is signed in, also with a password that must be changed first. Raises session_over, csrf_missing."""
    signed_in = operator.staff.signed_in(token)
    if request.method != "GET":
        shown = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(shown.encode(), csrf_of(token).encode()):
            raise StaffTrouble("csrf_missing")
    return Colleague(operator=operator, signed_in=signed_in)


AnyColleague = Annotated[Colleague, Depends(colleague)]


def _who_may(permission: Permission) -> Callable[[Colleague], Colleague]:
    def who(one: AnyColleague) -> Colleague:
        member = one.signed_in.member
        if member.is_starting:
            raise StaffTrouble("password_change_needed")
        if not is_allowed(member.role, permission):
            raise StaffTrouble("not_permitted")
        return one

    who.__name__ = f"may_{permission.value}"
    return who


DOORS: Final = {permission: _who_may(permission) for permission in Permission}
"""The one dependency of each permission; by these a test knows which route asks for which."""
Numbers = Annotated[Colleague, Depends(DOORS[Permission.NUMBERS])]
Holders = Annotated[Colleague, Depends(DOORS[Permission.HOLDERS])]
Exposure = Annotated[Colleague, Depends(DOORS[Permission.EXPOSURE])]
Forks = Annotated[Colleague, Depends(DOORS[Permission.FORKS])]
Disputes = Annotated[Colleague, Depends(DOORS[Permission.DISPUTES])]
Pool = Annotated[Colleague, Depends(DOORS[Permission.POOL])]
Keys = Annotated[Colleague, Depends(DOORS[Permission.KEYS])]
Audit = Annotated[Colleague, Depends(DOORS[Permission.AUDIT])]
Staff = Annotated[Colleague, Depends(DOORS[Permission.STAFF])]
Suspend = Annotated[Colleague, Depends(DOORS[Permission.SUSPEND])]
Decide = Annotated[Colleague, Depends(DOORS[Permission.DECIDE])]
Funding = Annotated[Colleague, Depends(DOORS[Permission.FUNDING])]
Codes = Annotated[Colleague, Depends(DOORS[Permission.CODES])]
Attestation = Annotated[Colleague, Depends(DOORS[Permission.ATTESTATION])]
StaffChange = Annotated[Colleague, Depends(DOORS[Permission.STAFF_CHANGE])]


def give_cookie(request: Request, response: Response, token: bytes) -> None:
    """Puts the session's token where the browser keeps it."""
    secure = _under_tls(request)
    response.set_cookie(
        COOKIE, spell_bytes(token), max_age=SESSION_S, path=PATH, secure=secure, httponly=True, samesite="strict"
    )


def take_cookie(request: Request, response: Response) -> None:
    """Takes it away again."""
    response.delete_cookie(COOKIE, path=PATH, secure=_under_tls(request), httponly=True, samesite="strict")


def _under_tls(request: Request) -> bool:
    """Whether the browser sees TLS: here, or at a proxy before us, which the page's own origin tells."""
    return request.url.scheme == _HTTPS or request.headers.get("origin", "").startswith(f"{_HTTPS}://")
