"""Passwords and one-time codes of the staff: the vectors of RFC 6238, and what an argon2id text says of its cost."""

from __future__ import annotations

import pyotp
import pytest

from feiqian.keys import staff_secrets
from feiqian.keys.staff_secrets import MEMORY_KIB, PASSES, PasswordsAndCodes
from feiqian.staff.rules import STEP_S, check_password
from feiqian.staff.troubles import StaffTrouble

CHEAP = PasswordsAndCodes(memory_kib=8, passes=1)
SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    """Appendix B, SHA-1, of whose eight digits ours are the last six."""
    assert CHEAP.code_at(SECRET, at // STEP_S) == code


def test_an_app_that_reads_the_address_shows_the_same_codes() -> None:
    read = pyotp.parse_uri(CHEAP.otpauth_uri(SECRET, name="lin", issuer="Feiqian 飞钱"))
    assert (read.name, read.issuer) == ("lin", "Feiqian 飞钱")
    assert read.generate_otp(77) == CHEAP.code_at(SECRET, 77)


def test_a_password_fits_its_own_hash_and_costs_what_is_said() -> None:
    hashed = PasswordsAndCodes().hash_password("three calm otters")
    assert f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$" in hashed
    assert CHEAP.is_password(hashed, "three calm otters")
    assert not CHEAP.is_password(hashed, "three calm otter")
    assert CHEAP.hash_password("three calm otters") != CHEAP.hash_password("three calm otters")


@pytest.mark.parametrize("hashed", ["", "junk", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
def test_nothing_fits_a_text_that_is_no_hash(hashed: str) -> None:
    for password in ("", "three calm otters"):
        assert not CHEAP.is_password(hashed, password)


def test_starting_passwords_differ_and_are_strong() -> None:
    made = {CHEAP.starting_password() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        check_password(one, "lin")


def test_who_comes_when_too_many_are_looked_at_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_secrets, "WAIT_MAX_S", 0.01)
    secrets = PasswordsAndCodes(memory_kib=8, passes=1)
    with secrets._turn(), secrets._turn(), pytest.raises(StaffTrouble, match="sign_in_busy"):  # noqa: SLF001
        secrets.is_password("", "x")
    assert not secrets.is_password("", "x")
