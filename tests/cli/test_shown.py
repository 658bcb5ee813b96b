"""A code drawn in a window: only where it fits as a whole, else a sentence that says what to do."""

from __future__ import annotations

import secrets
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from feiqian.cli.report import Report
from feiqian.cli.shown import LINES_BELOW_CODE, show_message
from feiqian.links.pictures import Pictures, PurposeId
from feiqian.links.qr import draw_terminal

BODY = secrets.token_bytes(200)
DRAWN = draw_terminal(BODY, colour=False).split("\n")
Show = Callable[..., tuple[str, str]]
WIDE, HIGH = len(DRAWN[0]), len(DRAWN) + LINES_BELOW_CODE


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    def show(columns: int, rows: int, language: Literal["en", "zh"] = "en", body: bytes = BODY) -> tuple[str, str]:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(rows))
        report = Report(command="terminal request", as_json=False, language=language)
        args = Namespace(out=tmp_path / "code.png")
        show_message(report, body, args, Pictures(tmp_path / "pictures"), PurposeId("request-1"))
        said = capsys.readouterr()
        return said.out, said.err

    return show


def test_a_code_is_drawn_where_all_of_it_fits(shown: Show) -> None:
    out, err = shown(WIDE, HIGH)
    assert (out.count("\n"), err) == (len(DRAWN), "")


@pytest.mark.parametrize(("columns", "rows"), [(WIDE - 1, HIGH), (WIDE, HIGH - 1), (WIDE, 24)])
def test_a_code_that_would_be_cut_is_not_drawn_and_it_says_what_to_do(shown: Show, columns: int, rows: int) -> None:
    out, err = shown(columns, rows)
    assert out == ""
    assert f"{WIDE} columns and {HIGH} lines" in err
    assert ("--out FILE" in err, "window larger" in err) == (True, True)
    out, err = shown(columns, rows, "zh")
    assert (out, "--out FILE" in err, "放大窗口" in err) == ("", True, True)


def test_of_a_message_in_several_codes_all_are_drawn_or_none(shown: Show) -> None:
    body = secrets.token_bytes(900)
    out, err = shown(WIDE, HIGH, body=body)
    assert out == ""
    assert err.count("\n") == 1
    out, _ = shown(200, 200, body=body)
    assert "Code 1 of " in out
