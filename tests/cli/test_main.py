"""The command line as a program meets it: one object, exit status, sentences; and what the README promises."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")


def feiqian(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "feiqian.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def one_object(text: str) -> dict[str, Any]:
    assert text.count("\n") == 1
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_a_failure_is_one_object_with_sentences_in_the_language_asked_for(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("739164")
    for language, stop in (("en", "."), ("zh", "。")):
        words = ("wallet", "show", "--json", "--lang", language, "--home", str(tmp_path), "--pin-file", str(pin))
        status, out, _ = feiqian(*words)
        found = one_object(out)
        assert status == 1
        assert found["schema"] == 1
        assert found["command"] == "wallet show"
        assert found["ok"] is False
        (failure,) = found["failures"]
        assert failure.keys() == {"code", "message", "safe", "next"}
        assert all(failure[part].endswith(stop) for part in ("message", "safe", "next"))


def test_options_count_before_and_behind_the_command(tmp_path: Path) -> None:
    before = feiqian("--json", "--home", str(tmp_path), "--lang", "zh", "wallet", "history")
    behind = feiqian("wallet", "history", "--json", "--home", str(tmp_path), "--lang", "zh")
    assert one_object(before[1])["failures"] == one_object(behind[1])["failures"] != []


def test_wrong_usage_is_status_2() -> None:
    assert feiqian("no-such-command")[0] == 2
    assert feiqian("wallet", "pay")[0] == 2
    assert feiqian()[0] == 2


def test_no_pin_is_asked_for_without_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "wallet").mkdir()
    status, out, _ = feiqian("wallet", "show", "--json", "--home", str(tmp_path))
    assert status == 1
    assert one_object(out)["failures"][0]["code"] == "pin_needed"


def test_crash_points_are_listed_in_pairs() -> None:
    status, out, _ = feiqian("--crash-points")
    points = out.split()
    assert status == 0
    assert len(points) == len(set(points)) > 20
    assert {"terminal.accept:before-commit", "terminal.accept:after-commit", "wallet.cheque:after-commit"} <= set(
        points
    )


@pytest.mark.parametrize("readme", READMES)
def test_every_command_in_the_readme_exists_with_its_options(readme: str) -> None:
    """Held against --help: a guest who copies a line must not meet a usage error."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition(" #")[0] for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("feiqian ")]
    assert len(commands) > 8
    for words in commands:
        names = [word for word in words[1:3] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
        status, out, _ = feiqian(*names, "--help")
        assert status == 0, words
        for option in (word for word in words if word.startswith("--")):
            assert option in out, (words, option)


def test_bench_sizes_keeps_its_budgets() -> None:
    status, out, _ = feiqian("bench", "sizes", "--json")
    found = one_object(out)
    assert status == 0, found["failures"]
    rows = {row["name"]: row for row in found["messages"]}
    assert all({"name", "bytes", "chars", "qr"} == row.keys() for row in rows.values())
    assert rows["allowance + cheque"]["bytes"] == rows["allowance"]["bytes"] + rows["cheque"]["bytes"] <= 349
    assert rows["allowance + cheque"]["qr"] <= 14


def test_bench_verify_gives_its_keys() -> None:
    """The figures themselves are no test: a busy machine is no bug."""
    _, out, _ = feiqian("bench", "verify", "--json")
    keys = ("raw_verify_per_s", "check_known_per_s", "check_new_per_s", "ratio_known", "ratio_new", "p50_us", "p99_us")
    found = one_object(out)
    assert all(isinstance(found[key], float) and found[key] > 0 for key in keys)
    assert found["samples"] > 1000
