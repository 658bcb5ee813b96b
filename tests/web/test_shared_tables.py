"""Figures, codes and sentences that stand in both languages are the same, and so are the files that hold the rules."""

from __future__ import annotations

import json
import random
import re
import runpy

from feiqian.protocol import limits
from feiqian.risk.pin import COMMON_PINS, WeakPin, check_pin_strength
from tasks.web import WEB
from tests.tidy.house import ROOT
from tests.web.node import node

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
    python = {path.stem for path in (ROOT / "src" / "feiqian" / "protocol").glob("*.py")} - FAST_WAY_ONLY
    files = {path.stem for path in (WEB / "protocol").iterdir()}
    typescript = {re.sub(r"_(en|zh)$", "", name) for name in files} - PLATFORM_ONLY
    assert typescript == python
