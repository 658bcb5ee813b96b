"""The end of the demo at a terminal window: links with codes that work, and a network that Enter takes and gives."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from feiqian.cli.demo_by_hand import FUND_MINOR, play_by_hand
from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.report import Report

LINK = re.compile(r"http://localhost:\d+/(wallet|terminal)/#/enrol/(\S+)")


class Typed:
    """Three times Enter, and the end; notes whether the server answered just before each."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.answered: list[bool] = []

    def readline(self) -> str:
        self.answered.append(self._stage.server_answers())
        return "\n" if len(self.answered) <= 3 else ""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, "en") as stage:
        stage.start_server()
        yield stage
        stage.stop_server()


def test_the_links_enrol_and_enter_takes_the_network_and_gives_it_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = Typed(stage)
    monkeypatch.setattr("sys.stdin", typed)
    play_by_hand(stage, Report(command="demo", as_json=False, language="en"), "CNY")
    assert typed.answered == [True, False, True, False]
    shown = capsys.readouterr().err
    codes = dict(LINK.findall(shown))
    assert codes.keys() == {"wallet", "terminal"}
    stage.start_server()
    for app, code in codes.items():
        assert httpx.get(f"{stage.url}/{app}/", trust_env=False).status_code == 200
        stage.must(app, app, "enrol", "--server", stage.url, "--code", code)
    payers = stage.must(OPERATOR, "operator", "payers")["payers"]
    assert [(one["free_minor"], one["devices"]) for one in payers] == [(FUND_MINOR, 1)]


def test_without_the_web_apps_the_storys_own_devices_are_offered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("feiqian.cli.demo_by_hand._serves_the_apps", lambda _: False)
    play_by_hand(stage, Report(command="demo", as_json=False, language="zh"), "CNY")
    shown = capsys.readouterr().err
    assert LINK.search(shown) is None
    assert f"--home {stage.home('alice')} wallet pay" in shown
    assert "按 Ctrl-C 结束" in shown
