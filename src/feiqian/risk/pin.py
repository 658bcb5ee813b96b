"""The holder's PIN: which ones are too easy to guess, and how long a wrong one makes the holder wait.

Rules kept:

- A PIN is 6 to 12 ASCII digits. Full-width digits are refused: they look the same on the screen, and a
  PIN that depends on the keyboard's mode locks its owner out.
- The PIN never stands in an error: neither in its sentence nor in its fields.
- A wait never becomes shorter with more failures, and the tenth failure ends it (`None`).

Why refuse so many: a thief with the device has ten tries, so only the ten likeliest PINs matter, and people
choose alike. Markert, Bailey, Golla, Duermuth and Aviv, "This PIN Can Be Easily Guessed" (IEEE S&P 2020),
found that short lists hardly help and that refusing about a tenth of all PINs, dates above all, serves best.
These rules refuse 9.1 % of the six-digit PINs.
"""

from itertools import pairwise
from typing import Final

from feiqian.protocol.words import Language, Trouble, Words, WordsTable

PIN_DIGITS_MIN: Final = 6
PIN_DIGITS_MAX: Final = 12
PIN_DIFFERENT_DIGITS_MIN: Final = 3

# The wait in seconds after so many failures in a row; after the last one listed the device is locked.
_WAIT_AFTER_FAILURES_S: Final = (0, 0, 0, 0, 30, 60, 300, 1800, 3600, 3600)
PIN_FAILURES_MAX: Final = len(_WAIT_AFTER_FAILURES_S)

_ASCII_DIGITS: Final = frozenset("0123456789")

# y, m and d mark the digits of year, month and day, in the orders people write them.
_DATE_LAYOUTS: Final = {
    6: ("yymmdd", "ddmmyy", "mmddyy", "yyyymm", "mmyyyy"),
    8: ("yyyymmdd", "ddmmyyyy", "mmddyyyy"),
}
_CENTURIES: Final = ("19", "20")
_DAYS_OF_MONTH_MAX: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# What leads the public lists of leaked PINs and is caught by none of the rules below: strokes over the
# keypad, runs glued together, famous numbers, and numbers that sound like words in Chinese.
COMMON_PINS: Final = frozenset(
    """
    123321 123654 123789 134679 142536 142857 145236 147258 147369 147852 147963 159357 159753 159951
    162534 168888 201314 246801 246810 258369 258456 258852 271828 314159 321456 321654 321789 357159
    357951 369147 369852 369963 456123 456321 456654 456852 520134 521131 521314 654123 654456 741963
    753159 753951 789123 789321 789456 789654 789987 802580 852456 951357 951753 963258 963741 963852
    987321 987456
    1314520 1314521 3344520 5201314 5211314 7758258 7758521 11235813 12344321 12345679 14725836 14789632
    20202021 31415926 74108520 78945612 87654312 102030405 123456123 123654789 123698745 147258369
    147852369 159357456 159753456 258147369 789456123 963852741 987456321 0102030405 1029384756
    1357924680 1472583690 3141592653 123123456456 123456654321 147258369000
    """.split()  # noqa: SIM905 - ninety pairs of quotes would hide the numbers
)


_SAFE_EN, _SAFE_ZH = "Nothing was changed.", "没有任何改动。"


def _rule(english: str, next_english: str, chinese: str, next_chinese: str) -> dict[Language, Words]:
    return {
        "en": Words(english, _SAFE_EN, next_english),
        "zh": Words(chinese, _SAFE_ZH, next_chinese),
    }


PIN_WORDS: WordsTable = {
    "pin_too_long": _rule(
        f"A PIN has at most {PIN_DIGITS_MAX} digits.",
        "Choose a shorter one.",
        f"PIN 最多 {PIN_DIGITS_MAX} 位数字。",
        "请换一个较短的。",
    ),
    "pin_not_digits": _rule(
        "A PIN consists of the digits 0 to 9 only.",
        "Choose one of digits.",
        "PIN 只能由数字 0 到 9 组成。",
        "请只用数字。",
    ),
    "pin_too_short": _rule(
        f"A PIN has at least {PIN_DIGITS_MIN} digits.",
        "Choose a longer one.",
        f"PIN 至少 {PIN_DIGITS_MIN} 位数字。",
        "请换一个较长的。",
    ),
    "pin_few_digits": _rule(
        f"A PIN uses at least {PIN_DIFFERENT_DIGITS_MIN} different digits.",
        "Choose one with more different digits.",
        f"PIN 至少要有 {PIN_DIFFERENT_DIGITS_MIN} 个不同的数字。",
        "请换一个数字更多样的。",
    ),
    "pin_run": _rule(
        "Digits that count up or down are guessed first.",
        "Choose another PIN.",
        "连续递增或递减的数字最容易被猜到。",
        "请换一个 PIN。",
    ),
    "pin_block": _rule(
        "The same digits again and again are guessed first.",
        "Choose another PIN.",
        "重复的数字组合最容易被猜到。",
        "请换一个 PIN。",
    ),
    "pin_date": _rule(
        "This reads as a date, and dates are guessed first.",
        "Choose another PIN.",
        "这像一个日期，而日期最容易被猜到。",
        "请换一个 PIN。",
    ),
    "pin_common": _rule(
        "Many people use this PIN.",
        "Choose another one.",
        "很多人都在用这个 PIN。",
        "请换一个 PIN。",
    ),
}


class WeakPin(Trouble, ValueError):
    """The PIN breaks a rule; `code` names the rule. The PIN itself is never kept."""

    table = PIN_WORDS


def check_pin_strength(pin: str) -> None:
    """Return if `pin` may protect a device, else raise `WeakPin`.

    Codes in order of precedence: `pin_too_long`, `pin_not_digits`, `pin_too_short`, `pin_few_digits`,
    `pin_run`, `pin_block`, `pin_date`, `pin_common`.
    """
    if len(pin) > PIN_DIGITS_MAX:
        raise WeakPin("pin_too_long")
    if not _ASCII_DIGITS.issuperset(pin):
        raise WeakPin("pin_not_digits")
    if len(pin) < PIN_DIGITS_MIN:
        raise WeakPin("pin_too_short")
    if len(set(pin)) < PIN_DIFFERENT_DIGITS_MIN:
        raise WeakPin("pin_few_digits")
    if _is_run(pin):
        raise WeakPin("pin_run")
    if _is_repeated_block(pin):
        raise WeakPin("pin_block")
    if _reads_as_date(pin):
        raise WeakPin("pin_date")
    if pin in COMMON_PINS:
        raise WeakPin("pin_common")


def lockout_s(failures: int) -> int | None:
    """Seconds to wait after `failures` wrong PINs in a row; `None`: locked until unlocked or wiped."""
    if failures < 0:
        raise ValueError("failures are counted from 0")
    return _WAIT_AFTER_FAILURES_S[failures] if failures < PIN_FAILURES_MAX else None


def _is_run(pin: str) -> bool:
    """Every step is equal, modulo 10: 123456, 890123, 987654, 135791; also with digits doubled: 112233."""
    digits = [int(digit) for at, digit in enumerate(pin) if at == 0 or digit != pin[at - 1]]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    return len(steps) == 1


def _is_repeated_block(pin: str) -> bool:
    """The whole PIN is one shorter block repeated: 123123, 12341234."""
    # A string is periodic exactly if it occurs in its own double somewhere else than at the two ends.
    return (pin + pin).find(pin, 1) < len(pin)


def _reads_as_date(pin: str) -> bool:
    return any(_fits_date(pin, layout) for layout in _DATE_LAYOUTS.get(len(pin), ()))


def _fits_date(pin: str, layout: str) -> bool:
    year, month, day = ("".join(d for d, u in zip(pin, layout, strict=True) if u == unit) for unit in "ymd")
    if "yyyy" in layout and not year.startswith(_CENTURIES):
        return False
    if not 1 <= int(month) <= len(_DAYS_OF_MONTH_MAX):
        return False
    return 1 <= int(day or "1") <= _DAYS_OF_MONTH_MAX[int(month) - 1]
