"""The TypeScript wallet against Python's terminal and operator, and beside Python's wallet, with real bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import feiqian
from feiqian.protocol import cose
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.cheque import ChequeForm, decode_cheque
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.presentation import decode_acknowledgement, decode_payment
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.verify_allowance import check_amounts, identify_allowance, verify_device
from feiqian.protocol.words import Coded
from feiqian.wallet import states
from feiqian.wallet.ports import ChequeLine, WritePoint
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.troubles import WALLET_WORDS
from tasks.web import WEB
from tests.terminal import world as till
from tests.tidy.house import ROOT
from tests.wallet.world import CODE, Clock, Operator, World
from tests.web.node import node
from tests.web.wallet_line import RefusedThere, TypeScriptWallet

NONE, PIN = HolderCheck.NONE, HolderCheck.PIN


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[till.Counter]:
    """A real terminal in a real vault."""
    made = till.enrolled(tmp_path / "till", till.Operator())
    yield made
    made.vault.close()


@pytest.fixture
def operator() -> Operator:
    """The wallet's operator, with the keys and the trust pack of the terminal's."""
    made = Operator(clock=Clock())
    made.root_key, made.issuer, made.acquirer, made.online = till.ROOT, till.ISSUER, till.ACQUIRER, till.ONLINE
    made.pack = till.make_pack  # type: ignore[method-assign]
    return made


@pytest.fixture
def wallet(operator: Operator) -> Iterator[TypeScriptWallet]:
    with TypeScriptWallet(operator, operator.clock) as running:
        running.act("enrol", code=CODE)
        running.act("top_up", amount_minor=1_000_00)
        yield running


def refusal(act: Callable[[], object]) -> str:
    """The code with which an act is refused; empty if it is not."""
    try:
        act()
    except (RefusedThere, Coded) as refused:
        return str(refused.code)
    return ""


def line_of(body: bytes, **more: Any) -> ChequeLine:
    """A cheque's line in the operator's books, paid in full."""
    cheque = decode_payment(body).cheque
    ref = cheque.terms.allowance_ref
    line = {"paid_minor": cheque.amount_minor, "waiting_minor": 0, "deadline": till.NOW + 1000, "given_back": False}
    return ChequeLine(ref=ref, forked=False, payee_name=None, **line | more)


def test_request_payment_receipt_sync(wallet: TypeScriptWallet, counter: till.Counter, operator: Operator) -> None:
    asked = counter.terminal.request(exact_minor=45_00, reference="table 4")
    offer = wallet.act("consider", body=asked.shown)
    assert (offer["payee_name"], offer["payee_proved"], offer["reference"]) == ("Café 飞钱", True, "table 4")
    body = bytes.fromhex(wallet.act("pay", body=asked.shown, check=PIN))
    taken = counter.terminal.accept(body)
    assert taken.accepted.final_minor == 45_00
    assert counter.terminal.accept(body).shown == taken.shown  # the same bytes get the same receipt
    receipt = wallet.act("take", body=taken.shown)
    assert (receipt["payment"]["state"], receipt["payment"]["grade"]) == ("accepted", "F2")
    books = till.Operator()
    counter.terminal.sync(books)
    assert len(books.received) == 1  # what TypeScript signed stands in the batch that the acquirer gets
    operator.cheques = [line_of(body, cheque_id=taken.accepted.cheque_id)]
    synced = wallet.act("sync")
    assert (synced["failures"], [one["state"] for one in synced["changed"]]) == ([], ["settled"])
    assert wallet.act("findings") == []


def test_what_a_terminal_gives_back_pays_again(wallet: TypeScriptWallet, counter: till.Counter) -> None:
    for _ in range(4):
        asked = counter.terminal.request(exact_minor=200_00)
        counter.terminal.accept(bytes.fromhex(wallet.act("pay", body=asked.shown, check=PIN)))
    open_tab = counter.terminal.request(up_to_minor=200_00)
    body = bytes.fromhex(wallet.act("pay", body=open_tab.shown, check=PIN))
    taken = counter.terminal.accept(body, final_minor=120_00)
    assert wallet.act("take", body=taken.shown)["credit_minor"] == 80_00
    more = counter.terminal.request(exact_minor=80_00)
    covered = bytes.fromhex(wallet.act("pay", body=more.shown, check=PIN))
    assert decode_payment(covered).credits is not None
    assert counter.terminal.accept(covered).accepted.final_minor == 80_00
    void = counter.terminal.void(taken.accepted)
    given = wallet.act("take", body=void.shown)
    assert (given["payment"]["state"], given["credit_minor"]) == ("voided", 200_00)


def test_a_cancelled_request_gives_all_back(wallet: TypeScriptWallet, counter: till.Counter) -> None:
    asked = counter.terminal.request(exact_minor=45_00)
    body = bytes.fromhex(wallet.act("pay", body=asked.shown, check=PIN))
    note = counter.terminal.cancel(asked.request_hash)
    assert decode_acknowledgement(note.shown).statement.terms.note_kind == NoteKind.CANCEL  # type: ignore[union-attr]
    assert wallet.act("take", body=note.shown)["payment"]["state"] == "cancelled"
    assert refusal(lambda: counter.terminal.accept(body)) == "request_cancelled"


def test_a_one_way_code(wallet: TypeScriptWallet, counter: till.Counter, operator: Operator) -> None:
    body = bytes.fromhex(wallet.act("one_way_code", amount_minor=10_00, check=PIN, up_to=True))
    taken = counter.terminal.take_code(body, due_minor=4_00, at_own_risk=True)
    assert wallet.act("take", body=taken.shown)["payment"]["final_minor"] == 4_00
    wallet.act("one_way_code", amount_minor=10_00, check=PIN, up_to=False)
    operator.clock.now += 61
    assert wallet.act("resume") == ["wait"]
    number = wallet.act("history")[0]["number"]
    assert refusal(lambda: wallet.act("show_again", number=number)) == "code_hidden"


def test_a_closing_cheque_is_one_that_python_believes(wallet: TypeScriptWallet, operator: Operator) -> None:
    assert wallet.act("close") == "closed"
    ((ref, closing),) = operator.closings
    (raw,) = operator.issued.values()
    allowance = identify_allowance(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES), operator.trust())
    cheque = decode_cheque(closing)
    verify_device(cheque, allowance)
    check_amounts(cheque, allowance)
    assert (cheque.form, cheque.terms.allowance_ref) == (ChequeForm.CLOSING, ref)


# --- beside Python's wallet: the same things happen to both ---------------------------------------------------


def told(payment: PaymentRecord) -> dict[str, object]:
    keys = ("state", "grade", "amount_minor", "final_minor", "payee_name", "payee_proved", "counter")
    return {key: getattr(payment, key) for key in keys}


def without_number(payments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in payment.items() if key != "number"} for payment in payments]


def test_both_wallets_say_the_same(tmp_path: Path) -> None:
    world = World(tmp_path / "wallet").enrol().top_up()
    python, terminal, clock = world.wallet, world.terminal, world.clock
    theirs = Operator(clock=clock)
    theirs.root_key, theirs.issuer = world.operator.root_key, world.operator.issuer
    theirs.acquirer, theirs.online = world.operator.acquirer, world.operator.online
    theirs.pack = world.operator.pack  # type: ignore[method-assign]
    with TypeScriptWallet(theirs, clock) as typescript:
        typescript.act("enrol", code=CODE)
        typescript.act("top_up", amount_minor=1_000_00)
        good = terminal.asks(1_00)
        asked = [
            terminal.asks(45_00),
            terminal.asks(200_01),
            terminal.asks(50_01),
            terminal.asks(20_01, signed=False),
            terminal.asks(20_00, signed=False),
            terminal.asks(1_00, at=clock.now - 300),
            terminal.asks(1_00, at=clock.now - 9_000),
            terminal.asks(1_00, at=clock.now + 9_000),
            terminal.asks(1_00, certificate=False),
            terminal.asks(45_00, up_to=True),
            terminal.asks(200_00),
            good[:-1] + bytes((good[-1] ^ 1,)),
            terminal.asks(1_00)[:40],
            b"",
        ]
        codes = set()
        for body in asked:
            for check in (NONE, PIN):
                ours = refusal(lambda body=body, check=check: python.pay(python.consider(body), check))  # type: ignore[misc]
                there = refusal(lambda body=body, check=check: typescript.act("pay", body=body, check=check))  # type: ignore[misc]
                assert ours == there
                codes.add(ours)
        assert len(codes) >= 8
        assert without_number(typescript.act("history")) == [told(one) for one in python.history()]
        for later in (0, 130, 250, 73 * 3600):
            clock.now += later
            assert typescript.act("resume") == [item.way_on.value for item in python.resume().items]
            view = python.spendable()
            seen = typescript.act("spendable")
            assert seen["warnings"] == [advice.value for advice in view.warnings]
            assert (seen["payment_minor"], seen["total_minor"]) == (view.payment_minor, view.total_minor)
            assert (seen["waiting_minor"], seen["needs_you"]) == (view.waiting_minor, view.needs_you)
    world.wallet.lock()


# --- what stands in both languages is the same ------------------------------------------------------------------


def exported(module: str, *names: str) -> dict[str, Any]:
    script = f'import * as it from "./{module}"; console.log(JSON.stringify(it))'
    found: dict[str, Any] = json.loads(node("--input-type=module", "-e", script))
    return {name: found[name] for name in names}


OF_HARDWARE = {"wallet.key-home", "wallet.counting", "wallet.anew", "wallet.vouched"}
TROUBLES_OF_HARDWARE = {"store_rolled_back", "tpm_changed"}
RULES_OF_HARDWARE = {"counting", "tapping"}
"""What needs a TPM, a card or a reader, which no browser has."""
OF_OTHER_DEVICES = {"wallet.restored", "wallet.elsewhere"}
"""A browser puts a backup back with a write of its own (wallet/backups.ts), and
keeps one sum of other devices with what the last sync told."""
RULES_OF_OTHER_DEVICES = {"elsewhere"}
OF_CHECKS = {"wallet.forget"}
RULES_OF_CHECKS = {"confirmed", "retention"}
"""The web wallet neither looks at itself nor removes what is old."""
ANSWERED_LOCK = {"wallet.unlock"}
"""A browser writes what became of a lock as it writes the lock."""
OF_PASSKEYS = ("unsigned", "abandoned", "closing_unsigned")
"""States before a passkey has signed, which only a wallet in a browser can be in, and the event that leads there."""
BURNED = "closing_burned"


def test_the_state_tables_are_the_same() -> None:
    found = exported("wallet/states.ts", "PAYMENT_TABLE", "ALLOWANCE_TABLE", "PAYMENT_STATUS", "ALLOWANCE_STATUS")
    for name, table in (("PAYMENT_TABLE", states.PAYMENT_TABLE), ("ALLOWANCE_TABLE", states.ALLOWANCE_TABLE)):
        cells = {
            (state, event): after
            for state, row in found[name].items()
            for event, after in row.items()
            if state not in OF_PASSKEYS and event != BURNED
        }
        assert cells == {(state.value, event.value): after.value for (state, event), after in table.items()}
    known = {state: status for state, status in found["PAYMENT_STATUS"].items() if state not in OF_PASSKEYS}
    assert known == {state.value: status.value for state, status in states.PAYMENT_STATUS.items()}
    books = {event: after for event, after in found["PAYMENT_TABLE"]["shown"].items() if event.startswith("found_")}
    for state, later in (("unsigned", {"signed": "shown"}), ("abandoned", {})):  # what turns up late is taken as it is
        row = {"ttl_passed": "abandoned", "no_receipt": "abandoned"} | later | books
        assert found["PAYMENT_TABLE"][state] == row
    assert found["ALLOWANCE_TABLE"]["held"][BURNED] == "closing_unsigned"
    ends = {BURNED: "closing_unsigned", "closing_drawn": "closing"}
    assert found["ALLOWANCE_TABLE"]["closing_unsigned"] == ends
    assert found["ALLOWANCE_STATUS"].pop("closing_unsigned") == "active"  # what is left returns by itself
    assert found["ALLOWANCE_STATUS"] == {state.value: status.value for state, status in states.ALLOWANCE_STATUS.items()}


def test_the_write_points_are_the_same() -> None:
    found = exported("wallet/ports.ts", "WritePoint")["WritePoint"]
    assert found.pop("signed") == "wallet.signed"  # of passkeys, too
    elsewhere = OF_HARDWARE | OF_OTHER_DEVICES | OF_CHECKS | ANSWERED_LOCK
    assert set(found.values()) == {point.value for point in WritePoint} - elsewhere


def test_the_troubles_say_the_same_but_for_commands() -> None:
    found = {language: exported(f"wallet/troubles_{language}.ts", language)[language] for language in ("en", "zh")}
    assert list(found["en"]) == [code for code in WALLET_WORDS if code not in TROUBLES_OF_HARDWARE]
    for code, both in WALLET_WORDS.items():
        if code in TROUBLES_OF_HARDWARE:
            continue
        for language, words in both.items():
            there = found[language][code]
            assert (there["message"], there["safe"]) == (words.message, words.safe), code
            names_a_command = "feiqian " in words.next or "--" in words.next
            assert (there["next"] == words.next) is not names_a_command, code
            assert "feiqian " not in there["next"]


def test_the_app_has_the_version_of_the_package() -> None:
    assert exported("version.ts", "APP_VERSION")["APP_VERSION"] == feiqian.__version__


def test_every_file_of_rules_has_its_twin_and_reaches_for_no_platform() -> None:
    python = {path.stem for path in (ROOT / "src" / "feiqian" / "wallet").glob("*.py")} - {"__init__"}
    twins = {path.stem: path.read_text(encoding="utf-8") for path in (WEB / "wallet").glob("*.ts")}
    without = RULES_OF_HARDWARE | RULES_OF_OTHER_DEVICES | RULES_OF_CHECKS
    assert python - twins.keys() == without
    python -= without
    below = re.compile(r'"(?:\./|\.\./protocol/|\.\./risk/)[a-z_]+\.(?:ts|json)"')
    reached = [(name, path) for name in python for path in re.findall(r'from ("[^"]+")', twins[name])]
    assert [found for found in reached if not below.fullmatch(found[1])] == []
    beside = {name for name in twins if re.sub(r"_(en|zh)$", "", name) not in python}
    assert [found for found in reached if found[1][3:-4] in beside] == []
