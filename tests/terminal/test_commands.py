"""`feiqian terminal` as a shell sees it: one JSON object, pictures in and out, words for people in two languages."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import terminal_device, terminal_enrolment
from feiqian.cli.main import main
from feiqian.links.qr import draw_message, read_message
from feiqian.protocol.presentation import decode_acknowledgement
from feiqian.protocol.receipt import Note, Receipt
from tests.terminal.world import CODE, NOW, PIN, Operator, Payer, make_notice

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operator: Operator) -> Path:
    monkeypatch.setenv("FEIQIAN_CLOCK_OFFSET_S", str(NOW - int(time.time())))

    @contextmanager
    def client(*_: object, **__: object) -> Iterator[Operator]:
        yield operator

    for module in (terminal_device, terminal_enrolment):
        monkeypatch.setattr(module, "OperatorClient", client)
    (tmp_path / "pin").write_text(PIN + "\n")
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: object, status: int = 0) -> dict[str, Any]:
        options = ["--json", "--home", str(home), "--pin-file", str(home / "pin")]
        assert main(["terminal", *map(str, words), *options]) == status, capsys.readouterr()
        keys = json.loads(capsys.readouterr().out)
        assert isinstance(keys, dict)
        assert keys["ok"] == (status == 0)
        return keys

    command("enrol", "--server", "https://operator.test", "--code", CODE)
    return command


@pytest.fixture
def people(run: Run, home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    assert run("ready")["may_request"]

    def command(*words: object, lang: str = "en", status: int = 0) -> str:
        options = ["--lang", lang, "--home", str(home), "--pin-file", str(home / "pin")]
        assert main(["terminal", *map(str, words), *options]) == status
        told = capsys.readouterr()
        return told.out + told.err

    return command


def photograph(home: Path, body: bytes, name: str = "payment") -> Path:
    (path,) = [drawn.path for drawn in draw_message(body, home / f"{name}-{os.urandom(4).hex()}.png")]
    return path


def pay(home: Path, payer: Payer, request: dict[str, Any]) -> Path:
    return photograph(home, payer.answer(read_message([Path(request["request_image"])])))


def test_from_request_to_settled(run: Run, home: Path, payer: Payer) -> None:
    asked = run("request", "12.50", "--reference", "table [4]", "--out", home / "request.png")
    assert (asked["decision"], asked["amount_minor"], asked["currency"], asked["payee"]) == (
        "asked",
        12_50,
        "EUR",
        "Café 飞钱",
    )
    assert asked["request_image"] == str(home / "request.png")
    payment = pay(home, payer, asked)
    taken = run("accept", "--image", payment)
    assert (taken["decision"], taken["grade"], taken["guaranteed_minor"]) == ("accepted", "F2", 12_50)
    assert (taken["request_id"], taken["reference"]) == (asked["request_id"], "table [4]")
    assert not (home / "request.png").exists()
    receipt = read_message([Path(taken["receipt_image"])])
    assert isinstance(decode_acknowledgement(receipt).statement, Receipt)
    again = run("accept", "--image", payment)
    assert (again["replayed"], read_message([Path(again["receipt_image"])])) == (True, receipt)
    assert run("totals")["by_grade"]["F2"] == {"count": 1, "amount_minor": 12_50}
    assert run("sign-out", status=1)["failures"][0]["code"] == "queue_waiting"
    assert run("ready")["queue"]["claims"] == 1
    synced = run("sync")
    assert (synced["answered"], synced["settled"], synced["queue"]["claims"]) == (1, 1, 0)
    assert synced["payments"][0]["grade"] == "F3"
    assert Path(taken["receipt_image"]).exists()
    run("request", "1")
    assert not Path(taken["receipt_image"]).exists()
    assert run("sync", "--resend")["batches_resent"] == 1
    assert payment.exists()
    assert [entry["grade"] for entry in run("history")["entries"]] == ["F3"]
    run("sign-out")
    assert run("ready", status=1)["failures"][0]["code"] == "not_enrolled"


def test_refused_is_said_in_every_form(run: Run, people: Callable[..., str], home: Path, payer: Payer) -> None:
    asked = run("request", "250")
    assert asked["guaranteed_minor"] == 200_00
    payment = pay(home, payer, asked)
    refused = run("accept", "--image", payment, status=1)
    assert (refused["decision"], refused["grade"], refused["guaranteed_minor"]) == ("refused", "F0", 0)
    assert refused["failures"][0]["code"] == "outside_guarantee_cap"
    assert "✗ Refused" in people("accept", "--image", payment, status=1)
    assert "✗ 已拒绝" in people("accept", "--image", payment, lang="zh", status=1)
    assert run("accept", "--image", home / "nothing.png", status=1)["failures"][0]["code"] == "picture_missing"
    assert Path(asked["request_image"]).exists()
    assert run("accept", "--image", payment, "--at-own-risk")["grade"] == "F1"
    assert [line["code"] for line in run("history")["refusals"]] == ["outside_guarantee_cap"] * 3


def test_up_to_an_amount_and_back(run: Run, home: Path, payer: Payer) -> None:
    asked = run("request", "50", "--up-to")
    taken = run("accept", "--image", pay(home, payer, asked), "--final", "31.20")
    assert (asked["is_maximum"], taken["amount_minor"]) == (True, 31_20)
    part = run("void", taken["receipt_number"], "--amount", "1.20", "--out", home / "note.png")
    assert (part["given_back_minor"], part["kept_minor"], part["note_image"]) == (1_20, 30_00, str(home / "note.png"))
    assert isinstance(decode_acknowledgement(read_message([home / "note.png"])).statement, Note)
    assert run("void", taken["cheque_id"][:8])["kept_minor"] == 0
    assert not (home / "note.png").exists()
    assert run("void", "7", status=1)["failures"][0]["code"] == "payment_unknown"
    assert run("totals")["given_back_minor"] == 31_20


def test_codes_and_notices(run: Run, home: Path, payer: Payer) -> None:
    code = photograph(home, payer.code(20_00))
    assert run("take-code", "20", "--image", code, status=1)["failures"][0]["code"] == "outside_guarantee_code"
    assert run("take-code", "20", "--image", code, "--at-own-risk")["grade"] == "F1"
    asked = run("request", "8")
    notice = photograph(home, make_notice(bytes.fromhex(asked["request_id"]), 8_00))  # type: ignore[arg-type]
    settled = run("accept", "--image", notice)
    assert (settled["grade"], settled["amount_minor"]) == ("F3", 8_00)
    assert not Path(asked["request_image"]).exists()


def test_cancelling_shows_a_note_to_whoever_answered(run: Run, home: Path, payer: Payer) -> None:
    asked = run("request", "8")
    payment = pay(home, payer, asked)
    note = run("cancel")
    assert note["decision"] == "cancelled"
    assert not Path(asked["request_image"]).exists()
    refused = run("accept", "--image", payment, status=1)
    assert refused["failures"][0]["code"] == "request_cancelled"
    assert isinstance(decode_acknowledgement(read_message([Path(refused["note_image"])])).statement, Note)
    assert run("cancel", asked["request_id"][:10])["replayed"]
    assert run("cancel", status=1)["failures"][0]["code"] == "request_unknown"


def test_pictures_of_others_are_left_alone(run: Run, home: Path, payer: Payer) -> None:
    asked = run("request", "8", "--out", home / "r.png")
    payment = pay(home, payer, asked)
    (home / "r.png").write_bytes(b"the payee's own picture")
    run("accept", "--image", payment)
    assert (home / "r.png").read_bytes() == b"the payee's own picture"
    assert run("request", "9", "--out", home / "r.png", status=1)["failures"][0]["code"] == "picture_exists"


def test_a_picture_of_a_request_goes_when_it_has_run_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("request", "8")
    monkeypatch.setenv("FEIQIAN_CLOCK_OFFSET_S", str(NOW + 200 - int(time.time())))
    run("ready")
    assert not Path(asked["request_image"]).exists()


def test_the_queue_goes_by_file(run: Run, home: Path, payer: Payer, operator: Operator) -> None:
    run("accept", "--image", pay(home, payer, run("request", "8")))
    exported = run("export", "--out", home / "queue.bin")
    assert run("export", "--out", home / "queue.bin")["files"] == exported["files"]
    (home / "answer.bin").write_bytes(operator.send_batch((home / "queue.bin").read_bytes()))
    assert run("sync", "--answer", home / "answer.bin")["settled"] == 1
    assert run("export", status=1)["failures"][0]["code"] == "queue_empty"


def test_a_round_that_fails_says_so_and_keeps_the_queue(
    run: Run, people: Callable[..., str], home: Path, payer: Payer, operator: Operator
) -> None:
    run("accept", "--image", pay(home, payer, run("request", "8")))
    operator.down = "operator_unreachable"
    failed = run("sync", status=1)
    assert (failed["failures"][0]["code"], failed["queue"]["claims"]) == ("operator_unreachable", 1)
    assert "payments 1" in people("sync", status=1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_act_speaks_to_people(people: Callable[..., str], home: Path, payer: Payer, lang: str) -> None:
    request = home / "request.png"
    told = [people("request", "12.50", "--out", request, lang=lang)]
    payment = photograph(home, payer.answer(read_message([request])))
    told += [people("accept", "--image", payment, lang=lang), people("void", "1", "--amount", "2", lang=lang)]
    told += [people("request", "3", lang=lang), people("cancel", lang=lang)]
    told += [people(act, lang=lang) for act in ("totals", "history", "ready", "sync", "history")]
    assert [text for text in told if not text.strip()] == []
    for word in {"en": ("Accepted offline, guaranteed", "12.50 EUR", "✔"), "zh": ("已离线受理", "12.50 EUR", "✔")}[
        lang
    ]:
        assert word in told[1]
    print("\n".join(told))
