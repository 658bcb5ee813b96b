"""What people meet before a command begins: help and complaints in their language, and parts that are not there."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.cli import main
from feiqian.cli.usage_texts import CHINESE
from feiqian.cli.usage_words import chinese_error
from feiqian.storage import crash


def feiqian(*words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "feiqian.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"LC_ALL": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def texts(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, str]]:
    """Every text of its help with the command that says it, and of all that is below it."""
    found = [parser.description, *(group.title for group in parser._action_groups)]  # noqa: SLF001  # no public way
    for action in parser._actions:  # noqa: SLF001  # no public way
        found.append(action.help)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # no public way
            found += [choice.help for choice in action._choices_actions]  # noqa: SLF001  # no public way
            for name, below in action.choices.items():
                yield from texts(below, f"{path} {name}")
    yield from ((text, path) for text in found if text and text != argparse.SUPPRESS)


@pytest.mark.parametrize("command", [None, *main.COMMANDS])
def test_all_help_has_its_chinese(command: str | None) -> None:
    parser = main._parser(command, "en")  # noqa: SLF001  # the whole line of commands
    missing = {text: path for text, path in texts(parser, "feiqian") if text not in CHINESE}
    assert not missing, "give them a line in cli/usage_texts.py"


@pytest.mark.parametrize(
    ("words", "chinese"),
    [
        (("wallet", "pay", "--bogus"), "以下参数须给出其一：--request-image --code"),
        (("terminal", "request"), "缺少必需的参数：AMOUNT"),
        (("wallet", "show", "--bogus"), "无法识别的参数：--bogus"),
        (("no-such-command",), "参数 COMMAND：不能是 'no-such-command'"),
        (("serve", "--port"), "参数 --port：需要一个值"),
        (("serve", "--port", "x"), "参数 --port：端口是 0 到 65535 之间的数"),
        (("terminal", "request", "1", "--ttl", "x"), "参数 --ttl：无法读取的值：'x'"),
        (("wallet", "pay", "--code", "1", "--request-image", "x"), "不能与"),
    ],
)
def test_a_wrong_line_is_named_in_the_language_asked_for(words: tuple[str, ...], chinese: str) -> None:
    for asked in (("--lang", "zh"), ("--lang=zh",)):
        status, out, err = feiqian(*asked, *words)
        assert (status, out) == (2, "")
        assert err.startswith("用法：feiqian")
        assert chinese in err
        assert "没有任何改动" in err
    told = json.loads(feiqian(*words, "--json", "--lang", "zh")[1])["failures"]
    assert chinese in told[0]["message"]
    english = feiqian(*words)[2]
    assert english.startswith("usage: ")
    assert english.isascii() or "✗" in english
    assert "Nothing was changed." in english


def test_a_name_that_looks_like_a_language_is_none() -> None:
    assert feiqian("wallet", "history", "zh", "--bogus")[2].startswith("usage: ")
    assert feiqian("wallet", "history", "zh", "--bogus", LC_ALL="zh_CN.UTF-8")[2].startswith("用法：")


def test_help_is_chinese_where_people_are() -> None:
    status, out, _ = feiqian("operator", "--help", LC_ALL="zh_CN.UTF-8")
    assert status == 0
    assert "操作:" in out
    assert "登记新付款人" in out
    assert "show this help" not in out


def test_a_sentence_that_is_not_known_stays_as_it_is() -> None:
    assert chinese_error("something that a later library says") == "something that a later library says"


@pytest.mark.parametrize(
    ("store", "status"), [("postgresql://u:s3cret@/base?host=/nowhere", 1), ("postgres:x", 2), ("mongo", 2), ("", 2)]
)
def test_a_store_that_cannot_be_is_refused_and_its_address_never_told(tmp_path: Path, store: str, status: int) -> None:
    found, out, told = feiqian("serve", "--store", store, "--home", str(tmp_path), "--port", "0", "--json")
    assert found == status
    assert json.loads(out)["failures"][0]["code"] == ("books_away" if status == 1 else "usage")
    assert "s3cret" not in out + told


def test_without_its_library_the_postgres_store_is_a_missing_part(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['psycopg'] = None\n", encoding="utf-8")
    for words in (("serve",), ("ledger", "verify"), ("audit", "verify"), ("operator", "migrate")):
        home = tmp_path / "home"
        line = (*words, "--store", "postgresql://", "--home", str(home), "--json")
        found, out, _ = feiqian(*line, PYTHONPATH=str(tmp_path))
        (failure,) = json.loads(out)["failures"]
        assert (found, failure["code"]) == (3, "postgres_missing")
        assert "feiqian[postgres]" in failure["next"]
        assert not home.exists()


@pytest.mark.parametrize("words", [("wallet", "show"), ("operator", "summary"), ("ledger", "verify"), ("demo",), ()])
def test_a_crash_point_that_does_not_exist_is_refused_at_once(tmp_path: Path, words: tuple[str, ...]) -> None:
    common = ("--home", str(tmp_path), "--json")
    status, out, _ = feiqian(*words, *common, FEIQIAN_CRASH_AT="terminal.accept:before-comit")
    (failure,) = json.loads(out)["failures"]
    assert (status, failure["code"]) == (2, "usage")
    assert "terminal.accept:before-comit" in failure["message"]
    assert "feiqian --crash-points" in failure["message"]
    assert not list(tmp_path.iterdir())


def test_a_crash_point_that_exists_is_let_through(tmp_path: Path) -> None:
    words = ("ledger", "verify", "--json", "--home", str(tmp_path))
    for name in ("terminal.accept:before-commit", ""):
        status, out, _ = feiqian(*words, FEIQIAN_CRASH_AT=name)
        assert (status, json.loads(out)["failures"][0]["code"]) == (1, "home_missing")
    assert feiqian("--crash-points", FEIQIAN_CRASH_AT="mistyped")[0] == 0
    assert main.CRASH_VARIABLE == crash.CRASH_VARIABLE
