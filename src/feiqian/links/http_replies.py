"""What the operator answers, as values; and how they are read out of JSON without believing its types.

Every reader raises LinkTrouble `operator_answer_unreadable` for what is missing or of another type: a proxy's page
or a newer server must not end as a KeyError in a wallet.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from feiqian.links.http_problem import PROBLEM_TYPE
from feiqian.links.http_spelling import read_bytes, read_instant
from feiqian.links.http_transport import Reply
from feiqian.links.http_trouble import LinkTrouble, OperatorRefused
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Words

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Fields:
    """A JSON object from the operator, read field by field."""

    def __init__(self, content: object) -> None:
        if type(content) is not dict:
            raise LinkTrouble("operator_answer_unreadable", why="not an object")
        self._content: Mapping[str, Any] = content

    def text(self, name: str) -> str:
        """A text."""
        return self._typed(name, str)

    def text_or_none(self, name: str) -> str | None:
        """A text, or None where the operator says null."""
        return None if self._content.get(name) is None else self.text(name)

    def octets(self, name: str) -> bytes:
        """Bytes, spelled in base64url."""
        return self._read(name, read_bytes)

    def octets_or_none(self, name: str) -> bytes | None:
        """Bytes, or None where the operator says null or, an older one, nothing."""
        return None if self._content.get(name) is None else self.octets(name)

    def instant(self, name: str) -> int:
        """Seconds since 1970 of an RFC 3339 text."""
        return self._read(name, read_instant)

    def instant_or_none(self, name: str) -> int | None:
        """An instant, or None where the operator says null."""
        return None if self._content.get(name) is None else self.instant(name)

    def number(self, name: str) -> int:
        """A whole number, possibly negative."""
        value = self._typed(name, int)
        if abs(value) > AMOUNT_MAX_MINOR:
            raise _unreadable(name)
        return value

    def choice(self, name: str, kind: type[E]) -> E:
        """One of an enumeration's texts; an unknown one needs a newer program."""
        try:
            return kind(self.text(name))
        except ValueError:
            raise _unreadable(name) from None

    def yes(self, name: str) -> bool:
        """True or false."""
        return self._typed(name, bool)

    def inner(self, name: str) -> "Fields":
        """An object inside."""
        return Fields(self._content.get(name))

    def each(self, name: str) -> Iterator["Fields"]:
        """Objects of a list, in its order."""
        return (Fields(item) for item in self._typed(name, list))

    def names(self) -> Iterator[str]:
        """The names of its fields."""
        return iter(self._content)

    def plain(self, name: str) -> Any:
        """What stands there, as JSON gave it: only for showing."""
        return self._content.get(name)

    def _typed(self, name: str, kind: type[T]) -> T:
        value = self._content.get(name)
        if type(value) is not kind:
            raise _unreadable(name)
        return value

    def _read(self, name: str, reader: Callable[[str], T]) -> T:
        try:
            return reader(self.text(name))
        except ValueError:
            raise _unreadable(name) from None


def fields_of(reply: Reply) -> Fields:
    """The JSON object of a reply that says yes. Raises OperatorRefused, LinkTrouble."""
    refuse_unless_ok(reply)
    return Fields(_json(reply))


def bytes_of(reply: Reply) -> bytes:
    """The body of a reply that says yes in CBOR. Raises OperatorRefused, LinkTrouble."""
    refuse_unless_ok(reply)
    if reply.headers.get("content-type", "") != "application/cbor":
        raise LinkTrouble("operator_answer_unreadable", why="not CBOR")
    return reply.body


def refuse_unless_ok(reply: Reply) -> None:
    """Raises OperatorRefused for a problem body, LinkTrouble for any other reply that is no success."""
    if reply.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return
    if reply.status < HTTPStatus.BAD_REQUEST or reply.headers.get("content-type", "").partition(";")[0] != PROBLEM_TYPE:
        raise LinkTrouble("operator_answer_unreadable", why=f"status {reply.status}")
    problem = Fields(_json(reply))
    words = Words(problem.text("message"), problem.text("safe"), problem.text("next"))
    detail = problem.plain("detail")
    raise OperatorRefused(
        code=problem.text("code"), words=words, status=reply.status, detail=detail if type(detail) is str else ""
    )


def trust_root_in(fields: Fields) -> TrustRoot:
    """The root keys to pin: {"deployment", "roots": [base64url], "threshold"}."""
    texts = fields.plain("roots")
    if type(texts) is not list or not all(type(text) is str for text in texts):
        raise _unreadable("roots")
    try:
        roots = tuple(read_bytes(text) for text in texts)
    except ValueError:
        raise _unreadable("roots") from None
    threshold = fields.number("threshold")
    if not 1 <= threshold <= len(set(roots)):
        raise _unreadable("threshold")
    return TrustRoot(deployment=fields.text("deployment"), roots=roots, threshold=threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPackReply:
    """A trust pack as published, unverified, and the tag with which to ask whether it changed."""

    raw: bytes
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEnrolment:
    """A payer's device that the operator now knows. `token` is a secret: it goes into the vault and nowhere else.

    Ids are 8 bytes. `trust_root` is what the device pins; this is the moment of trust.
    """

    device_id: bytes
    payer_id: bytes
    name: str
    currency: str
    token: str
    trust_root: TrustRoot


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEnrolment:
    """A payee's terminal that the operator now knows. `certificate` is signed bytes, unverified; `token` a secret."""

    terminal_ref: bytes
    payee_id: bytes
    payee_name: str
    currency: str
    certificate: bytes
    token: str
    trust_root: TrustRoot


def _json(reply: Reply) -> object:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise LinkTrouble("operator_answer_unreadable", why="not JSON") from None


def _unreadable(name: str) -> LinkTrouble:
    return LinkTrouble("operator_answer_unreadable", why=f"field {name}")
