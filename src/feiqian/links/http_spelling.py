"""How values are spelled in the HTTP interface's JSON: bytes, instants, keys of idempotency.

Strict both ways, because a second spelling of the same value is a second identity: bytes are base64url without
padding (RFC 4648 section 5) and are encoded again and compared, instants are RFC 3339 in UTC with whole seconds.
The server reads requests with these functions, the client answers.
"""

import base64
import binascii
import re
from datetime import UTC, datetime

from feiqian.protocol.limits import TIME_MAX_S

INSTANT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
IDEMPOTENCY_KEY_PATTERN = r"^[A-Za-z0-9_-]{16,64}$"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_INSTANT = re.compile(INSTANT_PATTERN.replace("$", r"\Z"), re.ASCII)


def spell_bytes(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def read_bytes(text: str) -> bytes:
    """The bytes that `text` spells. Raises ValueError for another alphabet, padding, or bits left over."""
    if _BASE64URL.fullmatch(text) is None:
        raise ValueError("not base64url without padding")
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url without padding") from None
    if spell_bytes(value) != text:
        raise ValueError("not the one spelling of these bytes")
    return value


def spell_instant(seconds: int) -> str:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str) -> int:
    """Seconds since 1970 of an RFC 3339 instant in UTC with whole seconds. Raises ValueError for another spelling."""
    if _INSTANT.match(text) is None:
        raise ValueError("not an instant like 2026-11-22T10:00:00Z")
    seconds = int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    if not 0 <= seconds <= TIME_MAX_S:
        raise ValueError("an instant before 1970")
    return seconds
