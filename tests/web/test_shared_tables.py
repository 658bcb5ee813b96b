"""Figures, codes and sentences that stand in both languages are the same, and so are the files that hold the rules."""

from __future__ import annotations

import json
import runpy

from feiqian.protocol import limits
from tasks.web import WEB
from tests.tidy.house import ROOT
from tests.web.node import node

FAST_WAY_ONLY = {"__init__", "pattern"}  # one match instead of decode and compare: only servers need that speed
PLATFORM_ONLY = {"cbor_reader", "hash", "inflate", "knowledge", "octets", "typed"}  # what Python brings along


def test_the_sentences_are_what_the_generator_writes() -> None:
    generator = runpy.run_path(str(WEB / "generate_refusal_words.py"))
    assert generator["FILE"].read_text(encoding="utf-8") == generator["refusal_words"]()


def test_the_limits_are_the_same() -> None:
    script = (
        'import * as limits from "./protocol/limits.ts";'
        "console.log(JSON.stringify(limits, (_, value) => typeof value === 'bigint' ? Number(value) : value))"
    )
    told = json.loads(node("--input-type=module", "-e", script))
    assert told == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_every_file_of_rules_has_its_twin() -> None:
    python = {path.stem for path in (ROOT / "src" / "feiqian" / "protocol").glob("*.py")} - FAST_WAY_ONLY
    typescript = {path.stem for path in (WEB / "protocol").iterdir()} - PLATFORM_ONLY
    assert typescript == python
