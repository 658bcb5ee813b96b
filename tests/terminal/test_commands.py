"""`feiqian terminal` as a shell sees it: one JSON object, pictures in and out, words for people in two languages."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from feiqian.cli.main import main
from feiqian.cli.operator_batches import ANSWER_SUFFIX
from feiqian.cli.report import Report
from feiqian.cli.terminal_told import truth
from feiqian.cli.terminal_words import verdict_words
from feiqian.cli.trust_file import write_trust_file
from feiqian.ledger.clearing import AdviceKind
from feiqian.links.qr import draw_message, read_message
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.ids import StatementId
from feiqian.protocol.presentation import decode_acknowledgement
from feiqian.protocol.receipt import Note, Receipt
from feiqian.protocol.trust import TrustRoot
from feiqian.risk.pin import PIN_FAILURES_MAX
from feiqian.terminal.records import ToldEvent
from tests.terminal.world import CODE, DEPLOYMENT, NOW, PAYEE, PIN, ROOT, Operator, Payer, make_notice, make_pack

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operator: Operator) -> Path:
    monkeypatch.setenv("FEIQIAN_CLOCK_OFFSET_S", str(NOW - int(time.time())))

    @contextmanager
    def client(*_: object, **__: object) -> Iterator[Operator]:
        yield operator

    monkeypatch.setattr("feiqian.links.http.OperatorClient", client)
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


def at(monkeypatch: pytest.MonkeyPatch, instant: int) -> None:
    """The till's clock says `instant`."""
    monkeypatch.setenv("FEIQIAN_CLOCK_OFFSET_S", str(instant - int(time.time())))


def test_a_payment_that_comes_too_late_leads_to_its_cancel_note(
    run: Run, people: Callable[..., str], home: Path, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run("request", "8")
    payment = pay(home, payer, asked)
    at(monkeypatch, NOW + 300)
    refused = run("accept", "--image", payment, status=1)["failures"][0]
    way_on = f"feiqian terminal cancel {asked['request_id'][:8]}"
    assert (refused["code"], way_on in refused["next"]) == ("request_expired", True)
    assert way_on in people("accept", "--image", payment, lang="zh", status=1)
    assert run(*way_on.split()[2:])["subject_id"] == asked["request_id"]
    shown = run("accept", "--image", payment, status=1)
    assert shown["failures"][0]["code"] == "request_cancelled"
    assert isinstance(decode_acknowledgement(read_message([Path(shown["note_image"])])).statement, Note)


def test_a_bare_cancel_takes_the_one_request_that_it_can_mean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("request", "8")
    at(monkeypatch, NOW + 300)
    assert run("cancel")["subject_id"] == asked["request_id"], "it ran out a moment ago"
    old = run("request", "9")
    at(monkeypatch, NOW + 300 + 5000)
    new = run("request", "10")
    assert run("cancel")["subject_id"] == new["request_id"], "whoever was asked long ago has left the counter"
    assert run("cancel")["subject_id"] == old["request_id"], "nothing else is left to be meant"


def test_a_bare_cancel_that_can_mean_several_lists_what_to_type(
    run: Run, people: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = run("request", "8", "--reference", "table [4]")
    at(monkeypatch, NOW + 300)
    open_ = run("request", "9", "--up-to")
    refused = run("cancel", status=1)
    assert refused["failures"][0]["code"] == "cancel_which"
    assert [asked["request_id"] for asked in refused["candidates"]] == [open_["request_id"], late["request_id"]]
    english, chinese = people("cancel", status=1), people("cancel", lang="zh", status=1)
    for asked in (late, open_):
        assert f"feiqian terminal cancel {asked['request_id'][:8]}  " in english
        assert f"feiqian terminal cancel {asked['request_id'][:8]}  " in chinese
    assert "8.00 EUR (table [4])" in english
    assert "more of its characters" not in english
    assert run("cancel", late["request_id"][:8])["decision"] == "cancelled"
    assert run("cancel")["subject_id"] == open_["request_id"]


def test_a_code_shown_as_an_answer_leads_to_take_code(run: Run, home: Path, payer: Payer) -> None:
    refused = run("accept", "--image", photograph(home, payer.code(5_00)), status=1)["failures"][0]
    assert refused["code"] == "one_way_code"
    assert "feiqian terminal take-code AMOUNT --image FILE" in refused["next"]


def test_out_onto_a_file_of_somebody_else_changes_nothing(run: Run, home: Path, payer: Payer) -> None:
    mine = home / "mine.png"
    asked = run("request", "8")
    payment = pay(home, payer, asked)
    code = photograph(home, Payer(2).code(9_00))
    mine.write_bytes(b"the payee's own picture")

    def refused(*words: object, out: Path = mine) -> str:
        failure = run(*words, "--out", out, status=1)["failures"][0]
        assert "Nothing was signed, accepted or stored" in failure["safe"]
        return str(failure["code"])

    assert refused("request", "9") == "picture_exists"
    assert refused("accept", "--image", payment) == "picture_exists"
    assert refused("take-code", "9", "--image", code, "--at-own-risk") == "picture_exists"
    assert refused("cancel") == "picture_exists"
    assert refused("accept", "--image", payment, out=home / "no folder" / "x.png") == "picture_folder"
    (home / "wide-1of2.png").write_bytes(b"might be in the way of a larger message")
    assert refused("accept", "--image", payment, out=home / "wide.png") == "picture_exists"
    history = run("history")
    assert (history["entries"], len(history["open_requests"]), history["refusals"]) == ([], 1, [])
    assert run("accept", "--image", payment)["replayed"] is False
    assert refused("void", "1") == "picture_exists"
    assert run("history")["entries"][0]["given_back_minor"] == 0
    assert mine.read_bytes() == b"the payee's own picture"


def test_a_receipt_may_take_the_place_of_the_picture_of_a_request(run: Run, home: Path, payer: Payer) -> None:
    other = run("request", "9", "--out", home / "r.png")
    payment = pay(home, payer, run("request", "8"))
    taken = run("accept", "--image", payment, "--out", other["request_image"])
    assert taken["receipt_image"] == other["request_image"]
    assert isinstance(decode_acknowledgement(read_message([home / "r.png"])).statement, Receipt)


def test_the_pin_of_the_till_is_changed(run: Run, home: Path) -> None:
    new = home / "new-pin"
    new.write_text("111111")
    assert run("change-pin", "--new-pin-file", new, status=1)["failures"][0]["code"] == "pin_few_digits"
    new.write_text("730164")
    assert run("change-pin", "--new-pin-file", new)["status"] == "done"
    assert run("ready", status=1)["failures"][0]["code"] == "wrong_pin"
    (home / "pin").write_text("730164")
    assert run("ready")["may_request"]


def test_a_till_locked_for_good_says_what_that_means(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "pin").write_text("730164")
    refused = {}
    for tries in range(PIN_FAILURES_MAX + 1):
        at(monkeypatch, NOW + tries * 100_000)
        refused = run("ready", status=1)["failures"][0]
    assert refused["code"] == "pin_locked"
    assert "What it had not sent stays here, encrypted" in refused["safe"]
    assert "feiqian terminal recover" in refused["next"]
    shown = run("recover", "--out", str(home / "ask.json"))
    assert json.loads(Path(shown["request"]).read_text())["kind"] == "till-recovery-request"


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


def test_later_truth_is_said_everywhere(
    run: Run, people: Callable[..., str], home: Path, payer: Payer, operator: Operator
) -> None:
    operator.decide = lambda number, _claim: AnswerItem(
        verdict=Verdict.SETTLED if number == 0 else Verdict.CONTINGENT,
        paid_minor=60_00 * (number == 0),
        waiting_minor=9_00 * (number == 1),
    )
    paid = run("accept", "--image", pay(home, payer, run("request", "60")))
    code = photograph(home, Payer(2).code(9_00))
    taken = run("take-code", "9", "--image", code, "--at-own-risk")
    run("sync")
    operator.tell("fork", bytes.fromhex(paid["cheque_id"]), 60_00)
    operator.tell("double_acceptance", bytes.fromhex(taken["cheque_id"]), 0, 4_50)
    synced = run("sync")
    fork, double = (
        (
            "This payer's device had signed two different histories; you kept the rules: "
            "you are paid 60.00 EUR by the issuer."
        ),
        "This code was also taken elsewhere; it pays once in all: you get up to 4.50 EUR at 2027-01-26T08:00:00Z.",
    )
    assert [(told["event"], told["receipt_number"], told["said"]) for told in synced["told"]] == [
        ("fork", 1, fork),
        ("double_acceptance", 2, double),
    ]
    history = run("history")["entries"]
    assert [entry["kind"] for entry in history] == ["told", "told", "payment", "payment"]
    assert (history[2]["state"], history[2]["paid_minor"], history[2]["waiting_minor"], history[2]["event"]) == (
        "contingent",
        0,
        4_50,
        "double_acceptance",
    )
    assert history[2]["verdict"] == "contingent", "the answer stays what it was"
    totals = run("totals")
    assert (totals["settled_minor"], totals["contingent_minor"], totals["unpaid_minor"]) == (60_00, 4_50, 4_50)
    assert [told["said"] for told in totals["told"]] == [double, fork]
    assert fork in people("history")
    assert f"✔ 2027-01-15T08:00:10Z Receipt 1 (60.00 EUR). {fork}" in people("totals")
    assert "该付款设备曾签署两份不同的账目；您遵守了规则：发行方已付给您 60.00 EUR。" in people("totals", lang="zh")
    assert "此付款码也在别处被受理；合计只兑付一次：您至多可得 4.50 EUR" in people("history", lang="zh")
    operator.tell("shared", bytes.fromhex(taken["cheque_id"]), 4_50)
    assert "shared out: you are paid 4.50 EUR." in people("sync")
    assert "paid 4.50 EUR" in people("history")


def test_claimed_before_and_paid_nothing_is_not_paid(
    run: Run, people: Callable[..., str], home: Path, operator: Operator
) -> None:
    operator.decide = lambda number, _claim: AnswerItem(verdict=Verdict.DUPLICATE, paid_minor=9_00 * (number == 1))
    for number in (1, 2):
        code = photograph(home, Payer(number, audience=PAYEE).code(9_00), f"code {number}")
        assert run("take-code", "9", "--image", code)["grade"] == "F2"
    run("sync")
    paid, unpaid = run("history")["entries"]
    assert [(entry["grade"], entry["state"], entry["paid_minor"]) for entry in (unpaid, paid)] == [
        ("F0", "refused", 0),
        ("F3", "settled", 9_00),
    ]
    assert (run("totals")["settled_minor"], run("totals")["unpaid_minor"]) == (9_00, 9_00)
    assert "Refused, claimed" in people("history")
    assert "此笔不付款" in "".join(c for c in people("history", lang="zh") if c not in "│ \n")


@pytest.mark.parametrize("verdict", [Verdict.SETTLED, Verdict.DUPLICATE])
def test_a_friendly_verdict_without_money_says_so(verdict: Verdict) -> None:
    english = Report(command="x", as_json=False, language="en")
    chinese = Report(command="x", as_json=False, language="zh")
    nothing, paid = AnswerItem(verdict=verdict), AnswerItem(verdict=verdict, paid_minor=1)
    assert verdict_words(nothing, english).endswith("; nothing is paid for this one")
    assert verdict_words(nothing, chinese).endswith("；此笔不付款")
    assert "nothing" not in verdict_words(paid, english)


def test_what_a_newer_operator_tells_asks_for_an_update(run: Run, home: Path, payer: Payer, operator: Operator) -> None:
    taken = run("accept", "--image", pay(home, payer, run("request", "8")))
    run("sync")
    operator.tell("of_the_future", bytes.fromhex(taken["cheque_id"]))
    assert run("sync", status=1)["failures"][0]["code"] == "update_needed"
    assert run("history")["entries"][0]["grade"] == "F3"


@pytest.mark.parametrize("kind", list(AdviceKind))
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("amounts", [(0, 0), (5_00, 0), (0, 5_00), (2_00, 3_00)])
def test_every_kind_of_later_truth_has_its_sentence(
    kind: AdviceKind, lang: Literal["en", "zh"], amounts: tuple[int, int]
) -> None:
    if kind is AdviceKind.MISSING:
        amounts = (0, 0)  # the operator has no claim of which anything could be paid
    paid_minor, waiting_minor = amounts
    event = ToldEvent(
        number=7,
        nth=1,
        kind=kind,
        at=NOW,
        heard_at=NOW,
        cheque_id=StatementId(bytes(32)),
        receipt_counter=3,
        final_minor=9_00,
        paid_minor=paid_minor,
        waiting_minor=waiting_minor,
        deadline=NOW,
    )
    said = truth(event, "EUR", Report(command="x", as_json=False, language=lang))
    assert said.isascii() == (lang == "en")
    assert ("2.00 EUR" in said) == (paid_minor == 2_00)
    assert ("5.00 EUR" in said) == (5_00 in amounts)
    assert said.endswith("." if lang == "en" else "。")


def test_a_fork_seen_is_exported_as_a_proof_that_anyone_can_check(
    run: Run, people: Callable[..., str], home: Path, payer: Payer, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = payer.fork()
    run("accept", "--image", pay(home, payer, run("request", "8")))
    second = pay(home, clone, run("request", "9"))
    refused = run("accept", "--image", second, status=1)
    assert (refused["failures"][0]["code"], len(refused["fork_proof_id"])) == ("fork_seen", 64)
    assert "kept here as a proof" in people("accept", "--image", second, status=1)
    assert "已作为证据保存" in people("accept", "--image", second, lang="zh", status=1)
    assert run("history")["fork_proofs"] == 1
    assert "kept as proofs: 1" in people("history")
    exported = run("export", "--out", home / "queue.bin")
    assert (exported["claims"], len(exported["fork_proofs"])) == (1, 1)
    taken, answered = exported["next"]
    assert taken == "feiqian operator take-batch queue.bin"
    assert answered == f"feiqian terminal sync --answer queue{ANSWER_SUFFIX}"
    for lang in ("en", "zh"):
        told = people("export", "--out", home / "queue.bin", lang=lang)
        assert taken in told
        assert answered in told
    run("sync")
    again = run("export")
    assert (again["files"], again["batches"], again["next"], len(again["fork_proofs"])) == ([], 0, [], 1)
    assert run("export")["fork_proofs"] == again["fork_proofs"]
    trust = home / "trust.json"
    write_trust_file(trust, TrustRoot(deployment=DEPLOYMENT, roots=(ROOT.public_key,), threshold=1), make_pack())
    for path in (*exported["fork_proofs"], *again["fork_proofs"]):
        assert main(["verify", "fork", path, "--trust", str(trust), "--json"]) == 0
        checked = json.loads(capsys.readouterr().out)
        assert (checked["convicted"], checked["party"], checked["allowance"]) == (True, "device", payer.full_id.hex())


def test_an_app_that_is_too_old_asks_for_an_update_and_goes_on(
    run: Run, people: Callable[..., str], operator: Operator
) -> None:
    ready = run("ready")
    assert (ready["status"], ready["update_needed"]) == ("active", False)
    operator.pack = make_pack(version=2, key_set_version=2, least_app="99.0")
    assert run("sync")["update_needed"]
    ready = run("ready")
    assert (ready["status"], ready["update_needed"], ready["least_app"]) == ("needs you", True, "99.0")
    assert "Needs you: update needed" in people("ready")
    assert "请更新应用" in people("ready", lang="zh")
    assert ready["may_request"]
    assert run("request", "8")["decision"] == "asked"


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
