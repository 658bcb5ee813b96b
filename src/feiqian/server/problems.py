"""Refusals on the wire: RFC 9457 problem bodies with the code and the three sentences beside the standard members."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from feiqian.audit.refusals import AuditRefused
from feiqian.ledger.clearing import Stale
from feiqian.ledger.sealing import SealTrouble
from feiqian.protocol.refusals import Refused
from feiqian.protocol.words import Coded, Language
from feiqian.server.crowd_trouble import CROWD_STATUS, CrowdTrouble
from feiqian.server.language import language_of
from feiqian.server.limits import DISK_RETRY_AFTER_S, RECEIVED_RETRY_AFTER_S, RETRY_AFTER_S
from feiqian.server.request_id import HEADER, current_request_id
from feiqian.server.seldom import Seldom
from feiqian.server.trouble import STATUS, ServerTrouble
from feiqian.staff.troubles import StaffTrouble
from feiqian.storage import StoreError
from feiqian.storage.disk import DATABASE_ERRORS, DiskFault, fault_of

PROBLEM_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:feiqian:problem:"
ERRORS_SHOWN_MAX: Final = 8

PARTY_STATUS: Final[Mapping[str, HTTPStatus]] = {
    "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "unknown_payer": HTTPStatus.NOT_FOUND,
    "unknown_payee": HTTPStatus.NOT_FOUND,
    "unknown_terminal": HTTPStatus.NOT_FOUND,
    "unknown_allowance": HTTPStatus.NOT_FOUND,
    "unknown_dispute": HTTPStatus.NOT_FOUND,
    "unknown_lock": HTTPStatus.NOT_FOUND,
    "no_authenticator": HTTPStatus.NOT_FOUND,
    "lost_code_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "name_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "currency_not_served": HTTPStatus.UNPROCESSABLE_ENTITY,
    "amount_out_of_range": HTTPStatus.UNPROCESSABLE_ENTITY,
    "enrolment_code_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "attestation_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "root_unfit": HTTPStatus.UNPROCESSABLE_ENTITY,
    "root_unknown": HTTPStatus.NOT_FOUND,
    "enrolment_pin_needed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "enrolment_pin_wrong": HTTPStatus.UNPROCESSABLE_ENTITY,
    "enrolment_pin_not_served": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reference_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reason_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "words_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "amount_over": HTTPStatus.UNPROCESSABLE_ENTITY,
    "session_over": HTTPStatus.UNAUTHORIZED,
    "sign_in_refused": HTTPStatus.FORBIDDEN,
    "csrf_missing": HTTPStatus.FORBIDDEN,
    "not_permitted": HTTPStatus.FORBIDDEN,
    "password_change_needed": HTTPStatus.FORBIDDEN,
    "unknown_staff": HTTPStatus.NOT_FOUND,
    "staff_name_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "password_weak": HTTPStatus.UNPROCESSABLE_ENTITY,
    "sign_in_wait": HTTPStatus.TOO_MANY_REQUESTS,
    "sign_in_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "operator_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "dispute_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of what issuer, acquirer and staff's desk refuse, by its code; anything else is a conflict."""
_CODE_OF_STATUS: Final = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media_type_unknown",
}
_CROWD_CODE_OF_STATUS: Final = {status: code for code, status in CROWD_STATUS.items()}
_CODE_OF_FAULT: Final = {
    DiskFault.FULL: "disk_full",
    DiskFault.DAMAGED: "books_damaged",
    DiskFault.FAILED: "disk_failed",
    DiskFault.AWAY: "books_away",
}
_FIELD = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII | re.IGNORECASE)
_log = logging.getLogger("feiqian.server")
_seldom = Seldom(_log)


def problem(
    failure: Coded, language: Language, *, headers: Mapping[str, str] | None = None, errors: Sequence[str] = ()
) -> Response:
    """The problem response of a coded failure. `errors` names the fields that are wrong."""
    status, code, words = status_of(failure), str(failure.code), failure.words(language)
    content: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": words.message,
        "code": code,
        "message": words.message,
        "safe": words.safe,
        "next": words.next,
    }
    if errors:
        content["errors"] = list(errors)
    extra = {"content-language": language, "cache-control": "no-store"} | dict(headers or {})
    if request_id := current_request_id():
        content["request_id"] = extra[HEADER] = request_id
    if status == HTTPStatus.UNAUTHORIZED:
        extra["www-authenticate"] = 'Bearer realm="feiqian"'
    if code in _CODE_OF_FAULT.values() and code != _CODE_OF_FAULT[DiskFault.AWAY]:
        extra["retry-after"] = str(DISK_RETRY_AFTER_S)
    elif isinstance(failure, StaffTrouble) and "seconds" in failure.values:
        extra["retry-after"] = str(failure.values["seconds"])
    elif status == HTTPStatus.ACCEPTED:
        extra["retry-after"] = str(RECEIVED_RETRY_AFTER_S)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        extra["retry-after"] = str(RETRY_AFTER_S)
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(body, status_code=status, media_type=PROBLEM_TYPE, headers=extra)


def status_of(failure: Coded) -> HTTPStatus:
    """The HTTP status of a coded failure: the door's own by table, refused bytes 422, the parties' by their code."""
    if isinstance(failure, ServerTrouble):
        return STATUS[failure.code]
    if isinstance(failure, CrowdTrouble):
        return CROWD_STATUS[failure.code]
    if isinstance(failure, Refused | AuditRefused):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(failure, SealTrouble):  # the operator's own fault: whoever asks can do nothing about it
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return PARTY_STATUS.get(str(failure.code), HTTPStatus.CONFLICT)


def install(app: FastAPI) -> None:
    """Every way in which a request can fail ends in a problem body."""
    app.add_exception_handler(Coded, _on_coded)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(Stale, _on_stale)
    app.add_exception_handler(Exception, _on_fault)


def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language"))


async def _on_coded(request: Request, failure: Exception) -> Response:
    if not isinstance(failure, Coded):
        raise failure
    return problem(failure, _language(request))


async def _on_invalid(request: Request, failure: Exception) -> Response:
    """Fields are named, never repeated: what was sent may be a secret in the wrong place."""
    if not isinstance(failure, RequestValidationError):
        raise failure
    found = failure.errors()
    if any(error["type"] == "json_invalid" for error in found):
        return problem(ServerTrouble("request_malformed"), _language(request))
    errors = [_place(error["loc"], error["type"]) for error in found[:ERRORS_SHOWN_MAX]]
    missing_key = any(error.lower() == "header.idempotency-key" for error in errors)
    code = "idempotency_key_missing" if missing_key else "field_invalid"
    return problem(ServerTrouble(code), _language(request), errors=errors)


async def _on_http(request: Request, failure: Exception) -> Response:
    if not isinstance(failure, HTTPException):
        raise failure
    status = HTTPStatus(failure.status_code)
    trouble: Coded
    if status in _CROWD_CODE_OF_STATUS:
        trouble = CrowdTrouble(_CROWD_CODE_OF_STATUS[status])
    else:
        trouble = ServerTrouble(_CODE_OF_STATUS.get(status, "request_malformed"))
    return problem(trouble, _language(request), headers=failure.headers)


def trouble_of_database(failure: Exception) -> ServerTrouble | None:
    """What is said of a failure of the books; None when it says nothing about disk or database."""
    if isinstance(failure, StoreError):
        return ServerTrouble("schema_differs")
    fault = fault_of(failure)
    return None if fault is None else ServerTrouble(_CODE_OF_FAULT[fault])


async def _on_database(request: Request, failure: Exception) -> Response:
    """The books refuse to be read or written. The store has undone what was under way."""
    trouble = trouble_of_database(failure)
    if trouble is None:
        return await _on_fault(request, failure)
    _seldom.error(trouble.code, "%s while serving %s: %s", trouble.code, request.method, failure)
    return problem(trouble, _language(request))


async def _on_stale(request: Request, failure: Exception) -> Response:
    """Others were faster again and again; nothing was written."""
    del failure
    return problem(ServerTrouble("books_busy"), _language(request))


async def _on_fault(request: Request, failure: Exception) -> Response:
    """The fault goes to the log; who asked learns only that it was ours."""
    _log.error("fault while serving %s", request.method, exc_info=failure)
    return problem(ServerTrouble("internal_fault"), _language(request))


def _place(location: Sequence[str | int], kind: str) -> str:
    """Where the fault is; a name that is not ours is the sender's, and shown as a question mark."""
    known = location[:-1] if kind == "extra_forbidden" else location
    shown = [str(part) if type(part) is int or _FIELD.fullmatch(str(part)) else "?" for part in known]
    return ".".join([*shown, "?"] if len(known) < len(location) else shown)
