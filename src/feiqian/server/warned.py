"""What the server says of itself besides being there: whether it is ready, and what somebody should look at."""

from typing import Self

from feiqian.issuer.key_warnings import KeyWarned, key_warnings
from feiqian.protocol.trust_pack import decode_key_set
from feiqian.protocol.words import Language
from feiqian.server.answers import Answer
from feiqian.server.key_warning_words import said_of
from feiqian.server.operator import Operator


class WarningLine(Answer):
    """Something that somebody should look at."""

    code: str
    message: str
    next: str

    @classmethod
    def of(cls, warned: KeyWarned, language: Language) -> Self:
        """A warning of keys in words."""
        said = said_of(warned, language)
        return cls(code=warned.code.value, message=said.message, next=said.next)


class Ready(Answer):
    """The server takes work (`ready`); what somebody has to do about its keys before it no longer could."""

    status: str
    version: str
    warnings: tuple[WarningLine, ...]


def keys_warned(operator: Operator, index_issued_at: int | None) -> tuple[KeyWarned, ...]:
    """What there is to warn of now. That private halves are where they should be, the start of the server has shown."""
    key_set = decode_key_set(operator.key_set)
    return key_warnings(key_set, {key.key for key in key_set.keys}, index_issued_at, operator.clock())


def published_at(operator: Operator) -> int | None:
    """When the newest trust pack was made, by the books; None before the first. Raises what the store raises."""
    with operator.issuer.store.read() as reading:
        latest = reading.latest_publication()
    return None if latest is None else latest.issued_at
