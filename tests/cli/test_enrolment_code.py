"""The enrolment code comes from a file or is asked for, so that it need not stand on a command line."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from feiqian.cli import terminal, wallet
from feiqian.cli.enrolment_code import CodeTrouble, add_code_options, read_code
from feiqian.cli.main import Parser as CommandParser
from feiqian.cli.main import UsageError, common_options
from feiqian.cli.report import CommandTrouble, Report

REPORT = Report(command="wallet enrol", as_json=False, language="en")


def given(*words: str) -> Namespace:
    parser = ArgumentParser()
    add_code_options(parser)
    return parser.parse_args(words)


def test_a_file_holds_the_code(tmp_path: Path) -> None:
    (tmp_path / "code").write_text("ABCD-EFGH\n")
    assert read_code(given("--code-file", str(tmp_path / "code")), REPORT) == "ABCD-EFGH"
    assert read_code(given("--code", "ABCD-EFGH"), REPORT) == "ABCD-EFGH"


def test_without_a_code_or_a_terminal_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    (tmp_path / "empty").write_text("\n")
    for words in ((), ("--code-file", str(tmp_path / "empty"))):
        with pytest.raises(CodeTrouble) as caught:
            read_code(given(*words), REPORT)
        assert "--code-file FILE" in caught.value.words("en").next
    with pytest.raises(CommandTrouble, match="file_missing"):
        read_code(given("--code-file", str(tmp_path / "none")), REPORT)


def test_at_a_terminal_it_is_asked_for_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"{prompt} ABCD-EFGH ".partition(":")[2])
    assert read_code(given(), REPORT) == "ABCD-EFGH"


@pytest.mark.parametrize("device", [wallet, terminal])
def test_both_devices_take_it_and_never_two(device: object) -> None:
    parser = CommandParser()
    device.configure(parser, common_options(top=False))  # type: ignore[attr-defined]
    assert parser.parse_args(["enrol", "--server", "u", "--code-file", "f"]).code_file == Path("f")
    with pytest.raises(UsageError):
        parser.parse_args(["enrol", "--server", "u", "--code-file", "f", "--code", "c"])
