"""One-time codes: the published vectors of RFC 4226 appendix D and RFC 6238 appendix B, and what apps read."""

from __future__ import annotations

import pyotp
import pytest

from feiqian.keys.one_time_codes import code_at, otpauth_uri, spelled
from feiqian.risk.one_time_code import CODE_DIGITS, STEP_S, CodeKind
from feiqian.staff import rules

SECRET = b"12345678901234567890"
"""Both RFCs' test secret, 20 bytes, for SHA-1. RFC 6238's SHA-256 and SHA-512 vectors do not apply: see ADR 0028."""


@pytest.mark.parametrize(
    ("count", "code"),
    list(
        enumerate(("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"))
    ),
)
def test_counts_give_the_codes_of_rfc_4226(count: int, code: str) -> None:
    """Appendix D, the table of HOTP values."""
    assert code_at(SECRET, count) == code


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_steps_give_the_codes_of_rfc_6238(at: int, code: str) -> None:
    """Appendix B, the lines of SHA-1: of their eight digits ours are the last six."""
    assert code_at(SECRET, at // STEP_S) == code[-CODE_DIGITS:]


def test_an_app_and_a_token_read_the_address() -> None:
    app = pyotp.parse_uri(otpauth_uri(SECRET, name="Lin 林", issuer="Feiqian test"))
    assert isinstance(app, pyotp.TOTP)
    assert (app.name, app.issuer, app.generate_otp(77)) == ("Lin 林", "Feiqian test", code_at(SECRET, 77))
    token = pyotp.parse_uri(otpauth_uri(SECRET, name="Lin", issuer="Feiqian test", kind=CodeKind.HOTP))
    assert isinstance(token, pyotp.HOTP)
    assert (token.initial_count, token.at(0)) == (0, code_at(SECRET, 0))
    assert app.secret == token.secret == spelled(SECRET)


def test_staff_and_payers_have_the_same_steps() -> None:
    assert rules.STEP_S == STEP_S
