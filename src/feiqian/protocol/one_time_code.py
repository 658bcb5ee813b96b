"""One-time codes in a cheque: bound to it under a key that only wallet and issuer have (spec 03.4).

The digits come from an authenticator that is not the paying device. There are only a million of them, so a cheque never
carries a plain hash: it carries a MAC of them under the allowance's code key, 32 random bytes that the issuer gives to
the wallet together with the allowance. Whoever sees the cheque, its payee too, cannot try digits out; whoever has the
key can, which is the issuer, and the device itself. The allowance's anchor commits the issuer to that key.

Whether the digits are the right ones is no matter of this file (`risk.one_time_code`).
"""

import hashlib
import hmac
from typing import Final

from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.limits import CODE_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

CODE_DIGITS: Final = 6
CODE_KEY_BYTES: Final = 32
_CODE_LABEL: Final = b"feiqian/one-time-code/1"
_ANCHOR_LABEL: Final = b"feiqian/code-anchor/1"
_NO_REQUEST: Final = bytes(32)
_COUNTER_BYTES: Final = 4
_SEPARATORS: Final = str.maketrans("", "", " -")


def code_anchor(code_key: bytes) -> bytes:
    """What an allowance says of its code key: 16 bytes, from which no key is found."""
    return hashlib.sha256(_ANCHOR_LABEL + code_key).digest()[:CODE_BYTES]


def code_value(
    code_key: bytes, allowance_id: StatementId, counter: int, request: RequestHash | None, digits: str
) -> bytes:
    """What a cheque carries of these digits: 16 bytes, other ones in every cheque. `request` is None in a one-way code.

    `digits` are those of `read_digits`.
    """
    bound = allowance_id + counter.to_bytes(_COUNTER_BYTES, "big") + (request or _NO_REQUEST)
    return hmac.digest(code_key, _CODE_LABEL + bound + digits.encode("ascii"), "sha256")[:CODE_BYTES]


def read_digits(text: str) -> str:
    """The digits as people type them, in groups or not. Refuses FIELD_INVALID for what is no such code."""
    digits = text.strip().translate(_SEPARATORS)
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Refused(RefusalCode.FIELD_INVALID, "a one-time code has six digits")
    return digits
