"""The text of a QR code: `FQ1:` and the message in base45, so that one glance tells whose code it is. Pure.

Every other code in the world meets this door first: a menu, a parcel label, another wallet's token. What does
not begin with `FQ`, a version number and a colon is not ours and is called that, so that nobody is told their
payment is broken when they pointed the camera at a menu. Another version number is ours, but newer than we
are.
"""

import re
from typing import Final

from feiqian.protocol import base45
from feiqian.protocol.refusals import RefusalCode, Refused

TEXT_PREFIX: Final = "FQ1:"
TEXT_MAX_CHARS: Final = 4_296
"""What the largest QR code there is holds in alphanumeric mode (ISO/IEC 18004, version 40-L)."""

_VERSIONED: Final = re.compile(r"FQ[0-9]+:")


def encode_text(body: bytes) -> str:
    """The text that carries `body`. Raises Refused TOO_LARGE when no QR code could hold it."""
    if len(TEXT_PREFIX) + base45.encoded_length(len(body)) > TEXT_MAX_CHARS:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(body)} bytes in one code")
    return TEXT_PREFIX + base45.encode(body)


def decode_text(text: str) -> bytes:
    """The body that `text` carries; it may be empty, and it is not yet known to be a message.

    Raises Refused, in this order: NOT_FEIQIAN (some other code), TOO_LARGE (above `TEXT_MAX_CHARS`),
    UPDATE_NEEDED (another version of this prefix), MALFORMED (not base45).
    """
    if not _VERSIONED.match(text):
        raise Refused(RefusalCode.NOT_FEIQIAN)
    if len(text) > TEXT_MAX_CHARS:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(text)} characters, at most {TEXT_MAX_CHARS}")
    if not text.startswith(TEXT_PREFIX):
        raise Refused(RefusalCode.UPDATE_NEEDED, "another version of the text")
    try:
        return base45.decode(text[len(TEXT_PREFIX) :])
    except base45.Base45Error as error:
        raise Refused(RefusalCode.MALFORMED, str(error)) from None
