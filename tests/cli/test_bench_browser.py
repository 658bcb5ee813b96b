"""`bench web` and `bench qr`: what is missing is said, what breaks off is said, and each promise is judged."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from feiqian.cli import bench_browser
from feiqian.cli.bench_browser import BrowserTrouble, flat, qr_failures, web_failures

GOOD: Final[dict[str, Any]] = {
    "pay_to_green_p95_ms": 1_000.0,
    "cold_start_p95_ms": 1_000.0,
    "counter_commit_p95_ms": 10.0,
    "app_gzip_bytes": {"wallet": 60_000, "terminal": 60_000, "console": 90_000},
    "wait_hints_within_30_percent": 8,
}


def test_what_keeps_its_promise_is_no_failure() -> None:
    assert list(web_failures(GOOD)) == []
    assert list(qr_failures({"cells": [{"bytes": 349, "read_share": 0.95}]})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pay_to_green_p95_ms", 1_000.1),
        ("cold_start_p95_ms", 1_000.1),
        ("counter_commit_p95_ms", 10.1),
        ("app_gzip_bytes.wallet", 60_001),
        ("app_gzip_bytes.terminal", 60_001),
        ("wait_hints_within_30_percent", 7),
    ],
)
def test_each_promise_of_the_web_is_judged(name: str, value: float) -> None:
    keys = copy.deepcopy(GOOD)
    key, _, part = name.partition(".")
    if part:
        keys[key][part] = value
    else:
        keys[key] = value
    (broken,) = web_failures(keys)
    assert name in broken.words("en").message
    assert str(value) in broken.words("zh").message


def test_each_size_of_code_is_judged() -> None:
    cells = [{"bytes": 349, "read_share": 1.0}, {"bytes": 450, "read_share": 0.94}]
    (broken,) = qr_failures({"cells": cells})
    assert "450 B" in broken.words("en").message


@pytest.mark.parametrize("name", ["web", "qr"])
def test_a_machine_without_a_browser_lacks_a_part(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "feiqian.cli.main", "bench", name, "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PATH": str(tmp_path)},
    )
    (failure,) = json.loads(done.stdout)["failures"]
    assert (done.returncode, failure["code"]) == (3, "bench_tools_missing")
    assert "chromium" in failure["message"]
    assert "dev.py test" in failure["next"]


def test_a_script_that_fails_broke_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench_browser.SCRIPTS, "qr", "no_such_script")
    with pytest.raises(BrowserTrouble) as raised:
        bench_browser.measure("qr")
    assert raised.value.code == "bench_broke_off"


def test_figures_of_a_table_of_figures_have_both_names() -> None:
    assert flat({"frames": 2, "app": {"wallet": 1, "console": None}, "cells": []}) == {
        "frames": 2,
        "app.wallet": 1,
        "app.console": None,
    }
