"""`feiqian wallet …` as people and programs run it: pictures in, pictures out, one JSON object, both languages."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import main as command_line
from feiqian.cli import wallet_account
from feiqian.cli.device import CLOCK_OFFSET
from feiqian.cli.report import Report, rfc3339
from feiqian.cli.shown import read_shown
from feiqian.cli.wallet_device import Opened, opened
from feiqian.cli.wallet_findings import FINDING_WORDS
from feiqian.links.qr import draw_message
from feiqian.protocol.ids import StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.wallet.ports import ChequeLine
from feiqian.wallet.records import FindingKind
from tests.wallet.world import NOW, PIN, Operator, World


class Desk:
    """A payer at a command line, whose clock is the world's."""

    def __init__(self, home: Path, world: World) -> None:
        self.home = home
        self.world = world
        self.pin_file = home / "pin"
        self.pin_file.write_text(PIN + "\n")

    def words(self, *words: str) -> list[str]:
        return ["wallet", *words, "--home", str(self.home), "--pin-file", str(self.pin_file)]

    def env(self) -> dict[str, str]:
        return {**os.environ, CLOCK_OFFSET: str(self.world.clock.now - int(time.time())), "COLUMNS": "80"}

    def shows(self, body: bytes, name: str) -> Path:
        """A picture of what the payee shows."""
        path = self.home / name
        draw_message(body, path)
        return path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    world = World(tmp_path / "wallet").enrol().top_up()
    world.wallet.lock()
    desk = Desk(tmp_path, world)
    monkeypatch.setenv(CLOCK_OFFSET, desk.env()[CLOCK_OFFSET])
    monkeypatch.setenv("COLUMNS", "80")
    return desk


def asked(desk: Desk, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the one JSON object of a command."""
    status = command_line.main([*desk.words(*words), "--json"])
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    answer: dict[str, Any] = json.loads(out)
    assert answer["ok"] is (status == 0)
    assert answer["command"].startswith("wallet ")
    return status, answer


def test_a_payment_with_pictures_from_request_to_receipt(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    asking = desk.world.terminal.asks(45_00, up_to=True, reference="table 4")
    request = desk.shows(asking, "request.png")
    cheque = desk.home / "cheque.png"

    status, answer = asked(desk, capsys, "pay", "--request-image", str(request), "--out", str(cheque))
    assert (status, answer["failures"][0]["code"]) == (1, "consent_needed")
    assert not cheque.exists()

    status, answer = asked(desk, capsys, "pay", "--request-image", str(request), "--out", str(cheque), "--yes")
    assert status == 0
    assert (answer["payee"], answer["payee_proved"], answer["amount_minor"]) == ("Café 茶馆", True, 45_00)
    assert (answer["status"], answer["grade"], answer["again"]) == ("active", None, False)
    assert answer["qr_version"] <= 14
    number = answer["payment"]

    body = read_shown([cheque])
    verified = desk.world.terminal.accepts(asking, body)
    status, answer = asked(desk, capsys, "pay", "--request-image", str(request), "--out", str(cheque))
    assert (status, answer["again"], read_shown([cheque])) == (0, True, body)

    receipt = desk.shows(desk.world.terminal.receipt(verified.cheque_id, 30_00), "receipt.png")
    status, answer = asked(desk, capsys, "receipt", "--image", str(receipt))
    assert (status, answer["payment"], answer["final_minor"], answer["grade"]) == (0, number, 30_00, "F2")
    assert (answer["back_minor"], answer["credit_minor"]) == (15_00, 15_00)
    assert answer["pictures_removed"] == [str(cheque)]
    assert not cheque.exists()
    assert request.exists(), "a picture that this wallet did not draw is left alone"

    status, answer = asked(desk, capsys, "show")
    assert (answer["total_minor"], answer["payment_minor"], answer["waiting"]) == (970_00, 200_00, 0)
    status, answer = asked(desk, capsys, "history", "--search", "table 4")
    assert [payment["payment"] for payment in answer["payments"]] == [number]


def test_credits_travel_in_several_pictures(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = desk.world.terminal
    for _ in range(5):
        asking = terminal.asks(200_00)
        request = desk.shows(asking, f"request-{time.monotonic_ns()}.png")
        asked(desk, capsys, "pay", "--request-image", str(request), "--yes", "--out", str(desk.home / "c.png"))
        verified = terminal.accepts(asking, read_shown([desk.home / "c.png"]))
        note = desk.shows(terminal.note(NoteKind.VOID, verified.cheque_id, 200_00), f"n-{time.monotonic_ns()}.png")
        asked(desk, capsys, "receipt", "--image", str(note))
    asking = terminal.asks(20_00)
    request = desk.shows(asking, "request.png")
    _, answer = asked(desk, capsys, "pay", "--request-image", str(request), "--yes", "--out", str(desk.home / "c.png"))
    assert len(answer["pictures"]) > 1
    assert terminal.accepts(asking, read_shown([desk.home / "c.png"])).credits


def test_a_code_is_drawn_and_its_picture_goes_when_its_time_is_over(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, answer = asked(desk, capsys, "pay", "--code", "12.50", "--yes")
    (picture,) = answer["pictures"]
    assert desk.world.terminal.takes(read_shown([Path(picture)]), 12_50).final_minor == 12_50
    _, again = asked(desk, capsys, "again", answer["payment"])
    assert again["pictures"] == [picture]
    desk.world.clock.now += 62
    monkeypatch.setenv(CLOCK_OFFSET, desk.env()[CLOCK_OFFSET])
    _, shown = asked(desk, capsys, "show")
    assert shown["pictures_removed"] == [picture]
    status, refused = asked(desk, capsys, "again", answer["payment"])
    assert (status, refused["failures"][0]["code"]) == (1, "code_hidden")
    _, answer = asked(desk, capsys, "resume")
    assert [item["way_on"] for item in answer["items"]] == ["wait"]


def claimed_by_a_copy(world: World) -> None:
    """The operator's books: 45.00 of this wallet waits, and 60.00 was paid to a copy of it."""
    (payment,) = world.wallet.history()
    (live,) = world.wallet.holdings().lives
    ours = ChequeLine(
        cheque_id=payment.cheque_id,
        ref=live.allowance.ref,
        paid_minor=0,
        waiting_minor=45_00,
        deadline=live.deadline_at,
        given_back=False,
        forked=False,
        payee_name=None,
    )
    stranger = replace(ours, cheque_id=StatementId(b"s" * 32), paid_minor=60_00, waiting_minor=0)
    world.operator.cheques = [ours, stranger]
    world.wallet.lock()


@contextmanager
def to_the_worlds_operator(desk: Desk) -> Iterator[Operator]:
    yield desk.world.operator


def test_sync_tells_each_payments_fate_and_of_cheques_that_are_not_ours(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.shows(desk.world.terminal.asks(45_00), "request.png")
    asked(desk, capsys, "pay", "--request-image", str(request), "--yes")
    desk.world.wallet = desk.world.open()
    claimed_by_a_copy(desk.world)

    @contextmanager
    def online(args: Namespace, report: Report) -> Iterator[tuple[Opened, Operator]]:
        with opened(args, report) as found, to_the_worlds_operator(desk) as link:
            yield found, link

    monkeypatch.setattr(wallet_account, "online", online)
    warned = [{"kind": "not_ours", "count": 1, "amount_minor": 60_00}]
    status, answer = asked(desk, capsys, "sync")
    (changed,) = answer["changed"]
    assert (status, changed["state"], answer["findings"]) == (0, "contingent", warned)
    assert changed["deadline"] == rfc3339(desk.world.operator.cheques[0].deadline)
    assert asked(desk, capsys, "show")[1]["findings"] == warned, "also with no network"
    for language, words in (("en", ("never drew", "1, 60.00 EUR", "lost")), ("zh", ("1 张", "60.00 EUR", "挂失"))):
        for command in ("show", "sync"):
            assert command_line.main([*desk.words(command), "--lang", language]) == 0
            out = capsys.readouterr().out
            assert all(word in out for word in words)
            assert "→" in out


def test_every_difference_is_said_in_both_languages() -> None:
    assert set(FINDING_WORDS) == set(FindingKind)
    for words in FINDING_WORDS.values():
        assert set(words) == {"en", "zh"}
        for sentences in words.values():
            assert all(sentences)
            assert {"{count}", "{amount}"} <= set(re.findall(r"{[a-z]+}", sentences.message))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_people_read_fits_their_window(desk: Desk, capsys: pytest.CaptureFixture[str], language: str) -> None:
    request = desk.shows(desk.world.terminal.asks(45_00), "request.png")
    for words in (
        ("pay", "--request-image", str(request), "--yes"),
        ("show",),
        ("history",),
        ("resume",),
        ("lost",),
    ):
        assert command_line.main([*desk.words(*words), "--lang", language]) == 0
        out = capsys.readouterr().out
        assert out.strip()
        if words[0] in ("show", "history"):
            assert max(map(width, out.splitlines())) <= 80
            assert "45.00" in out


def test_a_name_is_never_read_as_markup(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.world.use_terminal(desk.world.terminal.key, payee_name="[b]Café[/b]")
    request = desk.shows(desk.world.terminal.asks(45_00), "request.png")
    assert command_line.main(desk.words("pay", "--request-image", str(request), "--yes")) == 0
    assert "[b]Café[/b]" in capsys.readouterr().out
    assert command_line.main(desk.words("history")) == 0
    assert "[b]Café[/b]" in capsys.readouterr().out


def test_without_a_pin_or_with_a_wrong_one_nothing_is_opened(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.pin_file.write_text("730164")
    status, answer = asked(desk, capsys, "show")
    assert (status, answer["failures"][0]["code"]) == (1, "wrong_pin")
    done = subprocess.run(
        [sys.executable, "-m", "feiqian.cli.main", "wallet", "show", "--json", "--home", str(desk.home)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["failures"][0]["code"] == "pin_needed"


def test_the_pin_is_changed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    new = desk.home / "new-pin"
    new.write_text("111111")
    status, answer = asked(desk, capsys, "change-pin", "--new-pin-file", str(new))
    assert (status, answer["failures"][0]["code"]) == (1, "pin_few_digits")
    new.write_text("730164")
    assert asked(desk, capsys, "change-pin", "--new-pin-file", str(new))[0] == 0
    desk.pin_file.write_text("730164")
    assert asked(desk, capsys, "show")[0] == 0


def test_out_onto_a_file_of_somebody_else_signs_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    mine = desk.home / "mine.png"
    mine.write_bytes(b"the payer's own picture")
    request = desk.shows(desk.world.terminal.asks(45_00), "request.png")
    before = asked(desk, capsys, "show")[1]["total_minor"]
    number = asked(desk, capsys, "code", "5", "--yes")[1]["payment"]
    for words in (
        ("pay", "--request-image", str(request), "--yes"),
        ("pay", "--code", "5", "--yes"),
        ("code", "5", "--yes"),
        ("again", number),
    ):
        status, answer = asked(desk, capsys, *words, "--out", str(mine))
        assert (status, answer["failures"][0]["code"]) == (1, "picture_exists")
        assert "Nothing was signed, accepted or stored" in answer["failures"][0]["safe"]
    status, answer = asked(desk, capsys, "code", "5", "--yes", "--out", str(desk.home / "none" / "c.png"))
    assert (status, answer["failures"][0]["code"]) == (1, "picture_folder")
    assert asked(desk, capsys, "show")[1]["total_minor"] == before - 5_00
    assert asked(desk, capsys, "history")[1]["count"] == 1
    assert mine.read_bytes() == b"the payer's own picture"


def test_closing_asks_which_of_several_and_takes_the_first_characters(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def online(args: Namespace, report: Report) -> Iterator[tuple[Opened, Any]]:
        with opened(args, report) as found:
            yield found, desk.world.operator

    monkeypatch.setattr(wallet_account, "online", online)
    desk.world.reopen()
    desk.world.top_up(30_00)
    first, second = (ref.hex() for ref in desk.world.refs())
    desk.world.wallet.lock()

    status, answer = asked(desk, capsys, "close")
    assert (status, answer["failures"][0]["code"]) == (1, "close_which")
    assert [found["allowance"] for found in answer["candidates"]] == [first, second]
    assert command_line.main([*desk.words("close"), "--lang", "zh"]) == 1
    listed = capsys.readouterr().out
    assert [f"feiqian wallet close {ref[:8]}  " in listed for ref in (first, second)] == [True, True]
    for name in ("", "zz", "0" * 16 + "1"):
        status, answer = asked(desk, capsys, "close", name)
        assert (status, answer["failures"][0]["code"]) == (1, "reference_unreadable")
    status, answer = asked(desk, capsys, "close", second[:8])
    assert (status, answer["allowance"], answer["state"]) == (0, second, "closed")
    status, answer = asked(desk, capsys, "close")
    assert (status, answer["allowance"]) == (0, first)


@pytest.mark.parametrize("words", [["show"], ["sync"], ["top-up", "5"], ["pay", "--code", "5", "--yes"]])
def test_where_there_is_no_wallet_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    status = command_line.main(["wallet", *words, "--json", "--home", str(tmp_path / "none")])
    assert (status, json.loads(capsys.readouterr().out)["failures"][0]["code"]) == (1, "vault_missing")
    assert not (tmp_path / "none").exists()


def test_at_a_window_it_asks_for_consent_draws_the_code_and_hides_it(desk: Desk) -> None:
    """A real terminal: the question, the answer, the code in the window, Enter, and the window is cleared."""
    said = at_a_window(desk, ["code", "12.50"], [("consent", b"y\n"), ("Enter", b"\n")])
    assert "▀" in said
    assert said.index("▀") < said.index("\x1b[2J")
    assert "The code is hidden now." in said
    assert list((desk.home / "shown").iterdir()) == []


def test_at_a_window_no_is_no(desk: Desk) -> None:
    said = at_a_window(desk, ["code", "12.50"], [("consent", b"n\n")])
    assert "consent_refused" in said
    assert "▀" not in said


def at_a_window(desk: Desk, words: list[str], answers: list[tuple[str, bytes]]) -> str:
    """What a person sees who answers each prompt as soon as it stands there."""
    left, right = pty.openpty()
    command = [sys.executable, "-m", "feiqian.cli.main", *desk.words(*words), "--lang", "en"]
    env = desk.env() | {"TERM": "xterm", "LINES": "60", "COLUMNS": "100"}
    with subprocess.Popen(command, stdin=right, stdout=right, stderr=right, env=env) as process:
        os.close(right)
        said, seen_to = "", 0
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if select.select([left], [], [], 0.2)[0]:
                try:
                    said += os.read(left, 65536).decode(errors="replace")
                except OSError:  # the other end is closed: the command has ended
                    break
            if answers and answers[0][0] in said[seen_to:]:
                seen_to = len(said)
                os.write(left, answers.pop(0)[1])
        os.close(left)
        process.wait(timeout=10)
    return said


def width(line: str) -> int:
    """Columns that a line takes: Chinese characters take two."""
    from rich.cells import cell_len  # noqa: PLC0415 - the same measure as the tables were made with

    return cell_len(line)


def test_the_world_of_these_tests_is_in_its_own_time(desk: Desk) -> None:
    assert desk.world.clock.now == NOW
