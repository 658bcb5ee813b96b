"""The device's check of itself: every rule alone, what it says in both languages, and that nothing else is said."""

from __future__ import annotations

import dataclasses

import pytest

from feiqian.risk.device_check import RULES, Looked, Weight, check
from feiqian.risk.device_check_words import CHECK_WORDS

CASES: dict[str, dict[str, object]] = {
    "files_open": {"loose": ("wallet/lock.json",)},
    "pin_file_open": {"pin_file_loose": True},
    "kept_too_long": {"overdue": 3},
    "pictures_left": {"old_pictures": ("shown/payment-1.png",)},
    "stray_files": {"strays": ("wallet/notes.txt",)},
    "logs_found": {"logs": ("wallet/debug.log",)},
    "wrong_pins": {"guesses": 2},
    "paying_locked": {"paying_locked": True},
    "keys_not_usable": {"keys_trouble": "counter_gone"},
    "acts_not_confirmed": {"unconfirmed": 1},
    "app_too_old": {"least_app": "9.0"},
    "trust_expired": {"trust_age_s": None},
    "trust_old": {"trust_age_s": 9 * 86_400, "trust_warns": True},
    "clock_wrong": {"clock_wrong": True},
    "clock_moved": {"clock_moved": True},
    "exports_left": {"exports": ("shown/queue.feiqian-batch",)},
    "tier_low": {"tier_low": True},
    "core_dumps_on": {"core_dumps": True},
    "swap_on": {"swap": True},
}
HINTS = {"exports_left", "tier_low", "core_dumps_on", "swap_on"}


def looked(**found: object) -> Looked:
    return dataclasses.replace(Looked(), **found)  # type: ignore[arg-type]


def test_nothing_is_said_of_a_device_that_is_in_order() -> None:
    assert check(Looked()) == ()
    assert check(looked(trust_age_s=9 * 86_400)) == (), "old lists matter once the policy says so"


@pytest.mark.parametrize("code", CASES)
def test_each_rule_alone(code: str) -> None:
    ((weight, finding),) = check(looked(**CASES[code]))
    assert finding.code == code
    assert weight is (Weight.HINT if code in HINTS else Weight.WRONG)
    for value in CASES[code].values():
        for shown in value if isinstance(value, tuple) else (value,):
            if isinstance(shown, str) or (type(shown) is int and code != "trust_old"):
                assert str(shown) in finding.words("en").message
                assert str(shown) in finding.words("zh").message


def test_every_rule_has_a_case_and_words_and_every_fact_a_rule() -> None:
    assert [rule.code for rule in RULES] == list(CASES) == list(CHECK_WORDS)
    facts = {field.name for field in dataclasses.fields(Looked)}
    assert facts == {name for case in CASES.values() for name in case}
    for sentences in CHECK_WORDS.values():
        assert all(all(words) for words in (sentences["en"], sentences["zh"]))


def test_an_expired_pack_is_not_called_old_as_well() -> None:
    ((_, finding),) = check(looked(trust_age_s=None, trust_warns=True))
    assert finding.code == "trust_expired"


def test_of_many_names_a_few_are_shown() -> None:
    ((_, finding),) = check(looked(strays=tuple(f"wallet/{number}" for number in range(9))))
    assert "wallet/4, …" in finding.words("en").message
    assert "wallet/5" not in finding.words("en").message
