"""PIN rules: what is refused and under which code, that nothing leaks, and the waits after wrong PINs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.risk.pin import COMMON_PINS, PIN_FAILURES_MAX, WeakPin, check_pin_strength, lockout_s

WEAK = {
    "pin_too_long": ["1" * 13, "4071938265047", "x" * 10_000],
    "pin_not_digits": ["abcdef", "40719a", "407 193", "-40719", "４０７１９３", "٤٠٧١٩٣", "40719\ud800"],
    "pin_too_short": ["", "1", "40719"],
    "pin_few_digits": ["000000", "999999999999", "100000", "121212", "111222", "404044"],
    "pin_run": ["123456", "987654", "890123", "210987", "1234567890", "9876543210", "135791", "112233",
                "332211", "111222333", "122345"],
    "pin_block": ["123123", "407407", "40714071", "407140714071", "520520"],
    "pin_date": ["199012", "201907", "121990", "041289", "122589", "890412", "290200", "19890412",
                 "12041989", "04121989"],
    "pin_common": ["123321", "159753", "147258", "147852369", "5201314", "1314520", "12344321"],
}  # fmt: skip
STRONG = ["407193", "938204", "730591", "4071938", "83920475", "407193826504"]


@pytest.mark.parametrize(("code", "pin"), [(code, pin) for code, pins in WEAK.items() for pin in pins],
                         ids=range(sum(map(len, WEAK.values()))))  # fmt: skip
def test_weak_pins_are_refused_with_their_code(code: str, pin: str) -> None:
    with pytest.raises(WeakPin) as refused:
        check_pin_strength(pin)
    assert refused.value.code == code


@pytest.mark.parametrize("pin", STRONG)
def test_strong_pins_pass(pin: str) -> None:
    check_pin_strength(pin)


@pytest.mark.parametrize("pin", ["311399", "003299", "991332", "180012", "300285", "00139913", "20021399"])
def test_what_is_no_date_passes(pin: str) -> None:
    """Month 13, day 32, year 1800, 30 February: refusing these too would only take good PINs away."""
    check_pin_strength(pin)


def test_every_common_pin_is_there_for_a_reason() -> None:
    """An entry that another rule refuses anyway would be dead, and a typing error in it never noticed."""
    for pin in COMMON_PINS:
        with pytest.raises(WeakPin) as refused:
            check_pin_strength(pin)
        assert refused.value.code == "pin_common", pin


def test_about_a_tenth_of_the_six_digit_pins_is_refused() -> None:
    """Fewer would leave the thief his ten likely guesses, many more would drive people to write PINs down."""
    drawn = range(0, 10**6, 199)  # a prime step meets every ending equally often
    assert 0.08 < sum(is_weak(f"{number:06d}") for number in drawn) / len(drawn) < 0.10


DIGITS = st.text(alphabet="0123456789", max_size=14)


@given(st.text() | DIGITS | st.text(st.characters(categories=["Nd", "Cs"])))
def test_any_text_is_strong_or_a_coded_refusal(text: str) -> None:
    assert is_weak(text) or (6 <= len(text) <= 12 and text.isascii() and text.isdigit())


@pytest.mark.parametrize("pin", [pins[-1] for pins in WEAK.values()], ids=WEAK)
def test_no_refusal_repeats_the_pin(pin: str) -> None:
    with pytest.raises(WeakPin) as refused:
        check_pin_strength(pin)
    said = refused.value
    assert pin not in f"{said} {said!r} {said.args} {vars(said)}"


def test_the_waits_after_wrong_pins() -> None:
    expected = [0, 0, 0, 0, 30, 60, 300, 1800, 3600, 3600]
    assert [lockout_s(failures) for failures in range(10)] == expected
    assert PIN_FAILURES_MAX == 10


@given(st.integers(min_value=10))
def test_from_ten_failures_no_wait_is_enough(failures: int) -> None:
    assert lockout_s(failures) is None


def test_failures_below_zero_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="from 0"):
        lockout_s(-1)


def is_weak(pin: str) -> bool:
    try:
        check_pin_strength(pin)
    except WeakPin as refused:
        return refused.code in WEAK
    return False
