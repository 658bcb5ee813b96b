"""`feiqian operator staff`: somebody at the home lets the first admin in, and the log says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.main import main
from feiqian.cli.operator_home import ensure_home, opened
from feiqian.cli.operator_staff import ROLES
from feiqian.staff.roles import Role


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    with opened(made, ensure_home(made, deployment="test", currency="CNY")):
        return made


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = main(["--home", str(home), "--json", "operator", "staff", *words])
    return status, json.loads(capsys.readouterr().out)


def test_the_roles_are_those_of_the_table() -> None:
    assert list(ROLES) == [role.value for role in Role]


def test_somebody_is_added_changed_reset_and_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, added = run(capsys, home, "add", "lin", "--role", "admin")
    assert (status, added["role"], added["console"]) == (0, "admin", None)
    assert added["otpauth_uri"].startswith("otpauth://totp/Feiqian%20test:lin?secret=")
    status, refused = run(capsys, home, "add", "lin", "--role", "viewer")
    assert (status, refused["failures"][0]["code"]) == (1, "staff_name_taken")
    (home / "site.url").write_text("http://127.0.0.1:8080\n", encoding="ascii")
    status, reset = run(capsys, home, "reset", "lin")
    assert (status, reset["console"]) == (0, "http://localhost:8080/console/")
    assert reset["password"] != added["password"]
    assert run(capsys, home, "role", "lin", "--role", "risk")[1]["role"] == "risk"
    assert run(capsys, home, "remove", "lin")[1]["removed_at"] is not None
    status, gone = run(capsys, home, "reset", "lin")
    assert (status, gone["failures"][0]["code"]) == (1, "unknown_staff")
    (line,) = run(capsys, home, "list")[1]["staff"]
    assert (line["name"], line["role"], line["password_change_needed"]) == ("lin", "risk", False)


@pytest.mark.parametrize(
    "words", [["add", "lin"], ["add"], ["list", "lin"], ["reset"], ["remove", "lin", "--role", "risk"]]
)
def test_an_act_that_lacks_a_word_is_a_matter_of_usage(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    status, told = run(capsys, home, *words)
    assert (status, told["failures"][0]["code"]) == (2, "usage")
    assert "operator staff" in told["failures"][0]["message"]


def test_people_read_it_in_chinese(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(home), "--lang", "zh", "operator", "staff", "add", "lin", "--role", "viewer"]) == 0
    assert "初始密码" in capsys.readouterr().out
    assert main(["--home", str(home), "--lang", "zh", "operator", "staff", "list"]) == 0
    assert "尚未设置自己的密码" in capsys.readouterr().out


def test_a_home_that_was_never_served_has_no_staff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, tmp_path, "list")
    assert (status, told["failures"][0]["code"]) == (1, "home_missing")
