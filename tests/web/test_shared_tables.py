"""Figures, codes and sentences that stand in both languages are the same, and so are the files that hold the rules."""

from __future__ import annotations

import json
import random
import re
import runpy
from dataclasses import asdict
from typing import Final

from feiqian.protocol import limits
from feiqian.protocol.words import Language
from feiqian.risk.anomaly import Conduct, Drawing, LockReason, anomaly_in
from feiqian.risk.pin import COMMON_PINS, WeakPin, check_pin_strength
from feiqian.wallet.lock_troubles import LOCK_WORDS
from tasks.web import WEB
from tests.tidy.house import ROOT
from tests.web.node import node

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
IN_ONE_TABLE = {"refusal_words_passkey", "refusal_words_keys"}  # parts of refusal_words, whose sentences are one file
FAST_WAY_ONLY = {"__init__", "pattern", "stencil"}  # one look instead of decode and compare: servers need that speed
# What Python brings along.
PLATFORM_ONLY = {"cbor_reader", "cbor_writer", "hash", "inflate", "knowledge", "octets", "typed"}


def test_the_sentences_are_what_the_generator_writes() -> None:
    generator = runpy.run_path(str(WEB / "generate_refusal_words.py"))
    for path, text in generator["files"]().items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_the_shared_words_are_what_the_generator_writes() -> None:
    generator = runpy.run_path(str(WEB / "generate_shared_words.py"))
    for path, text in generator["files"]().items():
        assert path.read_text(encoding="utf-8") == text, path


def test_what_is_kept_is_told_as_the_generator_writes_it() -> None:
    generator = runpy.run_path(str(WEB / "generate_kept.py"))
    for path, text in generator["files"]().items():
        assert path.read_text(encoding="utf-8") == text, path


def test_pins_are_judged_the_same() -> None:
    chance = random.Random(9)  # noqa: S311  # the same PINs each time
    pins = [f"{chance.randrange(10**size):0{size}}" for size in (5, 6, 6, 6, 7, 8, 8, 12, 13) for _ in range(400)]
    pins += [f"{year}{month:02}{day:02}" for year in (1899, 1999, 2100) for month in (0, 2, 12, 13) for day in (0, 30)]
    pins += ["", "１２３４５６", "12345a", "\U0001d7d8" * 12, *sorted(COMMON_PINS)[::9]]
    script = (
        'import { checkPinStrength } from "./risk/pin.ts";'
        "const rule = (pin) => { try { checkPinStrength(pin); return ''; } catch (error) { return error.code; } };"
        'const pins = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));'
        "console.log(JSON.stringify(pins.map(rule)))"
    )
    told = json.loads(node("--input-type=module", "-e", script, given=json.dumps(pins)))
    assert told == [rule_broken_by(pin) for pin in pins]
    assert len(set(told)) >= 8


def conduct(chance: random.Random) -> Conduct:
    """A device near one threshold or another."""
    now = 1_800_000_000
    ends = [now - chance.choice((1, 59, 60, 600, 3600, 86_400)) for _ in range(chance.choice((0, 3, 19, 20, 21, 60)))]
    ends += [now - chance.randrange(2, 20) * 86_400 for _ in range(chance.choice((0, 0, 19, 25)))]
    drawings = [Drawing(at, chance.choice((1, 10_00, 200_00))) for at in sorted(ends, reverse=True)]
    return Conduct(
        now=now,
        clock=now - chance.choice((0, 0, 0, 93_600, 93_601)),
        signed_at=now,
        amount_minor=chance.choice((1_00, 499_99, 500_00, 5_000_00)),
        spendable_minor=chance.choice((1_000_00, 60_00)),
        foreign=chance.choice((0, 0, 0, 2)),
        foreign_before=chance.choice((0, 2)),
        unlocked_at=chance.choice((0, 0, now - 60)),
        guesses=chance.choice((0, 2, 3)),
        guessed_at=now - chance.choice((1, 60, 900, 901)),
        drawings=drawings,
    )


def test_anomalies_are_judged_the_same() -> None:
    chance = random.Random(5)  # noqa: S311  # the same devices each time
    conducts = [conduct(chance) for _ in range(600)]
    script = (
        'import { anomalyIn } from "./risk/anomaly.ts";'
        'const given = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));'
        "const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());"
        "const whole = (name, value) => name.endsWith('_minor') ? BigInt(value) : value;"
        "const conducts = given.map((one) => Object.fromEntries(Object.entries(one).map(([name, value]) => "
        "[camel(name), name === 'drawings' ? value.map(([at, minor]) => ({ at, amountMinor: BigInt(minor) })) "
        ": whole(name, value)])));"
        "console.log(JSON.stringify(conducts.map((one) => anomalyIn(one) ?? null)))"
    )
    told = json.loads(node("--input-type=module", "-e", script, given=json.dumps([asdict(one) for one in conducts])))
    found = [anomaly_in(one) for one in conducts]
    assert told == [None if one is None else one._asdict() for one in found]
    assert {one.reason for one in found if one is not None} == set(LockReason)
    assert None in found


def test_a_lock_is_told_in_the_same_words_but_for_commands() -> None:
    script = 'import { LOCK_WORDS } from "./wallet/lock_troubles.ts"; console.log(JSON.stringify(LOCK_WORDS))'
    told = json.loads(node("--input-type=module", "-e", script))
    assert set(told) == {f"locked_{reason.value}" for reason in LockReason}
    for code, both in told.items():
        for language in LANGUAGES:
            words = LOCK_WORDS[code][language]
            assert (both[language]["message"], both[language]["safe"]) == (words.message, words.safe)
            assert both[language]["next"]
            assert "feiqian" not in both[language]["next"]


def rule_broken_by(pin: str) -> str:
    try:
        check_pin_strength(pin)
    except WeakPin as weak:
        return weak.code
    return ""


def test_the_limits_are_the_same() -> None:
    script = (
        'import * as limits from "./protocol/limits.ts";'
        "console.log(JSON.stringify(limits, (_, value) => typeof value === 'bigint' ? Number(value) : value))"
    )
    told = json.loads(node("--input-type=module", "-e", script))
    assert told == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_every_file_of_rules_has_its_twin() -> None:
    python = {path.stem for path in (ROOT / "src" / "feiqian" / "protocol").glob("*.py")} - FAST_WAY_ONLY - IN_ONE_TABLE
    files = {path.stem for path in (WEB / "protocol").iterdir()}
    typescript = {re.sub(r"_(en|zh)$", "", name) for name in files} - PLATFORM_ONLY
    assert typescript == python
