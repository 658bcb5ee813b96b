"""The device's check of itself: what is not in order on it, each with why it matters and what to do.

One table of rules over what was looked at; each rule looks at nothing else and changes nothing. A `HINT` is something
that the machine around us could do better; everything else is not in order, and the command that found it says so with
its exit status. Sentences: `device_check_words`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from feiqian.protocol.words import Trouble
from feiqian.risk.device_check_words import CHECK_WORDS

Told = Mapping[str, object]
NAMES_SHOWN_MAX: Final = 5


class Weight(StrEnum):
    """How much a finding counts."""

    WRONG = "wrong"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was looked at on one device. Names are of files and folders of this device, below its home.

    `loose` others can read or are not ours, `strays` nobody remembers, `exports` are signed files of the queue,
    `logs` look like logs, `old_pictures` should have gone. `overdue` counts what is past its time and still stored,
    `guesses` wrong PINs within the last day. `trust_age_s` is None when the keys of the trust pack have expired.
    `tier_low` says that limits are lower because of where the key lives, `unconfirmed` counts payments above the limit
    from which the holder must be asked, without a sign that he was.
    """

    loose: tuple[str, ...] = ()
    pin_file_loose: bool = False
    strays: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    old_pictures: tuple[str, ...] = ()
    overdue: int = 0
    guesses: int = 0
    paying_locked: bool = False
    keys_trouble: str | None = None
    least_app: str | None = None
    trust_age_s: int | None = 0
    trust_warns: bool = False
    clock_wrong: bool = False
    clock_moved: bool = False
    tier_low: bool = False
    unconfirmed: int = 0
    core_dumps: bool = False
    swap: bool = False


class DeviceFinding(Trouble):
    """One thing that is not in order: what it is, why it matters, what to do."""

    table: ClassVar = CHECK_WORDS


@dataclass(frozen=True, slots=True)
class Rule:
    """`told` gives what the sentences need, or None where all is in order."""

    code: str
    weight: Weight
    told: Callable[[Looked], Told | None]


def _names(found: tuple[str, ...]) -> Told | None:
    shown = ", ".join(found[:NAMES_SHOWN_MAX]) + (", …" if len(found) > NAMES_SHOWN_MAX else "")
    return {"names": shown} if found else None


def _if(is_so: object) -> Told | None:
    return {} if is_so else None


def _count(count: int) -> Told | None:
    return {"count": count} if count else None


def _trust_old(looked: Looked) -> Told | None:
    old = looked.trust_age_s is not None and looked.trust_warns
    return {"days": (looked.trust_age_s or 0) // 86_400} if old else None


RULES: Final = (
    Rule("files_open", Weight.WRONG, lambda looked: _names(looked.loose)),
    Rule("pin_file_open", Weight.WRONG, lambda looked: _if(looked.pin_file_loose)),
    Rule("kept_too_long", Weight.WRONG, lambda looked: _count(looked.overdue)),
    Rule("pictures_left", Weight.WRONG, lambda looked: _names(looked.old_pictures)),
    Rule("stray_files", Weight.WRONG, lambda looked: _names(looked.strays)),
    Rule("logs_found", Weight.WRONG, lambda looked: _names(looked.logs)),
    Rule("wrong_pins", Weight.WRONG, lambda looked: _count(looked.guesses)),
    Rule("paying_locked", Weight.WRONG, lambda looked: _if(looked.paying_locked)),
    Rule("keys_not_usable", Weight.WRONG, lambda looked: {"why": looked.keys_trouble} if looked.keys_trouble else None),
    Rule("acts_not_confirmed", Weight.WRONG, lambda looked: _count(looked.unconfirmed)),
    Rule("app_too_old", Weight.WRONG, lambda looked: {"least": looked.least_app} if looked.least_app else None),
    Rule("trust_expired", Weight.WRONG, lambda looked: _if(looked.trust_age_s is None)),
    Rule("trust_old", Weight.WRONG, _trust_old),
    Rule("clock_wrong", Weight.WRONG, lambda looked: _if(looked.clock_wrong)),
    Rule("clock_moved", Weight.WRONG, lambda looked: _if(looked.clock_moved)),
    Rule("exports_left", Weight.HINT, lambda looked: _names(looked.exports)),
    Rule("tier_low", Weight.HINT, lambda looked: _if(looked.tier_low)),
    Rule("core_dumps_on", Weight.HINT, lambda looked: _if(looked.core_dumps)),
    Rule("swap_on", Weight.HINT, lambda looked: _if(looked.swap)),
)
"""In the order in which they are told."""


def check(looked: Looked) -> tuple[tuple[Weight, DeviceFinding], ...]:
    """Everything that is not in order, and the hints."""
    told = ((rule, rule.told(looked)) for rule in RULES)
    return tuple((rule.weight, DeviceFinding(rule.code, **values)) for rule, values in told if values is not None)
