"""One-time codes as authenticators compute them (RFC 4226 and RFC 6238): pyotp's one door, for staff and for payers.

SHA-1 and six digits, which every authenticator app and token knows; others are not made here. The hash's weakness is
none of an HMAC's.
"""

import base64
from typing import Final

import pyotp

from feiqian.risk.one_time_code import CODE_DIGITS, STEP_S, CodeKind

SECRET_BYTES: Final = 20
"""As long as the hash, which RFC 4226 section 4 recommends."""


def code_at(secret: bytes, factor: int) -> str:
    """The six digits of this moving factor: a time step, or a token's count."""
    return pyotp.HOTP(_spelled(secret), digits=CODE_DIGITS).generate_otp(factor)


def otpauth_uri(secret: bytes, *, name: str, issuer: str, kind: CodeKind = CodeKind.TOTP) -> str:
    """What an authenticator app reads."""
    if kind is CodeKind.HOTP:
        token = pyotp.HOTP(_spelled(secret), digits=CODE_DIGITS)
        return token.provisioning_uri(name=name, issuer_name=issuer, initial_count=0)
    return pyotp.TOTP(_spelled(secret), digits=CODE_DIGITS, interval=STEP_S).provisioning_uri(
        name=name, issuer_name=issuer
    )


def spelled(secret: bytes) -> str:
    """The secret as people type it into an app that reads no code: base32 without padding."""
    return _spelled(secret).rstrip("=")


def _spelled(secret: bytes) -> str:
    return base64.b32encode(secret).decode()
