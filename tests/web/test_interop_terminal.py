"""The TypeScript terminal against Python's wallet and operator, and beside Python's terminal, with real bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.cheque import cheque_prefix, decode_cheque
from feiqian.protocol.claim import decode_batch, decode_claim
from feiqian.protocol.cose import digest
from feiqian.protocol.fork_proof import decode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.trust import TrustRoot, first_trust
from feiqian.protocol.words import WORLD_FAILED, Coded
from feiqian.risk.boundary import Reach
from feiqian.terminal import states
from feiqian.terminal.accept import Acceptance, NoticeTaken
from feiqian.terminal.ports import WritePoint
from feiqian.terminal.records import Accepted, GivenNote, HistoryEntry, PaidRequest, ToldEvent, Totals
from feiqian.terminal.request import Asked
from feiqian.terminal.troubles import TERMINAL_WORDS
from feiqian.terminal.void import NoteGiven
from tasks.web import WEB
from tests.terminal.world import (
    ACQUIRER,
    CODE,
    DAY,
    DEPLOYMENT,
    ISSUER,
    NOW,
    ONLINE,
    ROOT,
    STRANGER,
    Counter,
    Operator,
    Payer,
    enrolled,
    make_notice,
    make_pack,
)
from tests.tidy.house import ROOT as ROOT_FOLDER
from tests.vectors.scenario import as_json
from tests.wallet import world as purse
from tests.web.node import node
from tests.web.terminal_line import RefusedThere, TypeScriptTerminal

TRUST = first_trust(TrustRoot(deployment=DEPLOYMENT, roots=(ROOT.public_key,), threshold=1), make_pack())
OF_CHECKS = {"terminal.forget"}
RULES_OF_CHECKS = {"confirmed", "retention"}
"""The web terminal neither looks at itself nor removes what is old."""
RULES = (
    {path.stem for path in (ROOT_FOLDER / "src" / "feiqian" / "terminal").glob("*.py")} - {"__init__"} - RULES_OF_CHECKS
)
SAID_BY_COMMANDS_ONLY = {"cancel_which", "name_ambiguous", "pins_differ", "pin_locked"}


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.fixture
def clock() -> purse.Clock:
    return purse.Clock()


@pytest.fixture
def terminal(operator: Operator, clock: purse.Clock) -> Iterator[TypeScriptTerminal]:
    with TypeScriptTerminal(operator, clock) as running:
        assert running.act("enrol", code=CODE) == "Café 飞钱"
        yield running


@pytest.fixture
def world(tmp_path: Path, operator: Operator, clock: purse.Clock) -> Iterator[purse.World]:
    """A real wallet in a real vault, whose operator has the keys and the trust pack of the terminal's."""
    made = purse.World(tmp_path / "wallet")
    made.clock = clock
    made.operator.clock = clock
    made.operator.root_key, made.operator.issuer = ROOT, ISSUER
    made.operator.acquirer, made.operator.online = ACQUIRER, ONLINE
    made.operator.pack = lambda: operator.pack  # type: ignore[method-assign]
    made.wallet.lock()
    made.wallet = made.open()
    made.enrol().top_up()
    yield made
    made.wallet.lock()


def ask(terminal: TypeScriptTerminal, amount_minor: int, *, up_to: bool = False) -> dict[str, Any]:
    asked: dict[str, Any] = terminal.act("request", amount_minor=amount_minor, up_to=up_to, signed=True)
    return asked


def accept(terminal: TypeScriptTerminal, body: bytes, final_minor: int | None = None) -> dict[str, Any]:
    taken: dict[str, Any] = terminal.act("accept", body=body, final_minor=final_minor, at_own_risk=False)
    return taken


# --- Python pays, TypeScript is paid ------------------------------------------------------------------------------


def test_request_payment_receipt_sync(terminal: TypeScriptTerminal, world: purse.World, operator: Operator) -> None:
    asked = ask(terminal, 45_00)
    offer = world.wallet.consider(bytes.fromhex(asked["shown"]))
    assert (offer.payee_name, offer.payee_proved, offer.reference) == ("Café 飞钱", True, "table 4")
    body = world.wallet.pay(offer, HolderCheck.PIN).body
    taken = accept(terminal, body)
    assert (taken["grade"], taken["final_minor"], taken["replayed"]) == ("F2", 45_00, False)
    assert accept(terminal, body)["shown"] == taken["shown"]
    acknowledged = world.wallet.take_acknowledgement(bytes.fromhex(taken["shown"]))
    assert acknowledged.payment.final_minor == 45_00
    operator.decide = lambda _number, _claim: AnswerItem(verdict=Verdict.SETTLED, paid_minor=45_00)
    assert terminal.act("sync")["items"] == [[1, 0]]
    (batch,) = map(decode_batch, operator.received)
    (claim,) = map(decode_claim, batch.claims)
    assert batch.allowances[0] + claim.cheque == body
    assert terminal.act("totals")["paid_minor"] == 45_00
    terminal.act("sign_out")


def test_what_typescript_gives_back_pays_again_in_python(terminal: TypeScriptTerminal, world: purse.World) -> None:
    body = world.wallet.pay(world.wallet.consider(bytes.fromhex(ask(terminal, 50_00)["shown"])), HolderCheck.PIN).body
    accept(terminal, body)
    note = terminal.act("void", receipt=1, total_minor=20_00)
    assert world.wallet.take_acknowledgement(bytes.fromhex(note["shown"])).credit_minor == 20_00
    asked = ask(terminal, 30_00, up_to=True)
    body = world.wallet.pay(world.wallet.consider(bytes.fromhex(asked["shown"])), HolderCheck.PIN).body
    taken = accept(terminal, body, 12_00)
    assert world.wallet.take_acknowledgement(bytes.fromhex(taken["shown"])).payment.final_minor == 12_00
    asked = ask(terminal, 7_00)
    world.wallet.pay(world.wallet.consider(bytes.fromhex(asked["shown"])), HolderCheck.PIN)
    note = terminal.act("cancel", request_hash=bytes.fromhex(asked["request_hash"]))
    assert world.wallet.take_acknowledgement(bytes.fromhex(note["shown"])).credit_minor == 7_00
    code = world.wallet.one_way_code(9_00, HolderCheck.PIN)
    taken = terminal.act("take_code", body=code.body, due_minor=9_00, at_own_risk=True)
    assert taken["grade"] == "F1"
    assert world.wallet.take_acknowledgement(bytes.fromhex(taken["shown"])).payment.final_minor == 9_00


def test_a_fork_is_a_proof_that_python_believes(terminal: TypeScriptTerminal) -> None:
    payer = Payer()
    clone = payer.fork()
    accept(terminal, payer.answer(bytes.fromhex(ask(terminal, 10_00)["shown"])))
    forged = clone.answer(bytes.fromhex(ask(terminal, 20_00)["shown"]))
    assert there(lambda: accept(terminal, forged)) == "fork_seen"
    ((raw, reason),) = terminal.act("proofs")
    conviction = verify_fork_proof(decode_fork_proof(bytes.fromhex(raw)), TRUST)
    assert (conviction.reason.value, conviction.authority_id) == (reason, payer.full_id)


# --- beside Python's terminal: the same things happen to both -----------------------------------------------------


def there(act: Callable[[], object]) -> str:
    """The code with which an act is refused; empty if it is not."""
    try:
        act()
    except (RefusedThere, Coded) as refused:
        return str(refused.code)
    return ""


def told(accepted: Accepted) -> dict[str, object]:
    keys = (
        *("receipt_counter", "state", "amount_minor", "final_minor", "guaranteed_minor", "back_minor", "deadline"),
        *("warn", "time", "grade", "paid_minor", "waiting_minor"),
    )
    return {key: getattr(accepted, key) for key in keys}


def event_told(event: ToldEvent) -> list[object]:
    return [
        event.number, event.nth, event.kind.value, event.receipt_counter, event.paid_minor, event.waiting_minor,
    ]  # fmt: skip


def sums(totals: Totals) -> dict[str, object]:
    return {
        "shift": totals.shift,
        "began_at": totals.began_at,
        "grades": [[grade.value, total.count, total.amount_minor] for grade, total in sorted(totals.by_grade.items())],
        "given_back_minor": totals.given_back_minor,
        "waiting": [totals.waiting.count, totals.waiting.amount_minor],
        "paid_minor": totals.paid_minor,
        "contingent_minor": totals.contingent_minor,
        "refused": [totals.refused.count, totals.refused.amount_minor],
        "unpaid_minor": totals.unpaid_minor,
        "notes_waiting": totals.notes_waiting,
        "news": [event_told(event) for event in totals.told],
        "told_count": totals.told_count,
    }


def line(entry: HistoryEntry) -> list[object]:
    match entry:
        case Accepted():
            return ["accepted", entry.receipt_counter]
        case GivenNote():
            return ["note", entry.counter]
        case PaidRequest():
            return ["paid", entry.final_minor]
        case ToldEvent():
            return ["told", entry.number]


class Both:
    """One act at Python's terminal and at TypeScript's: they must say the same."""

    def __init__(self, counter: Counter, terminal: TypeScriptTerminal, clock: purse.Clock) -> None:
        self.counter, self.terminal, self.clock = counter, terminal, clock
        self.codes: set[str] = set()

    def request(self, amount_minor: int, *, up_to: bool = False, signed: bool = True) -> tuple[Asked, dict[str, Any]]:
        asked = self.counter.terminal.request(
            exact_minor=None if up_to else amount_minor,
            up_to_minor=amount_minor if up_to else None,
            signed=signed,
            reference="table 4",
        )
        other = self.terminal.act("request", amount_minor=amount_minor, up_to=up_to, signed=signed)
        return asked, other

    def accept(
        self, bodies: tuple[bytes, bytes], *, final_minor: int | None = None, at_own_risk: bool = False
    ) -> Acceptance | None:
        ours, other = bodies
        python = self._try(lambda: self.counter.terminal.accept(ours, final_minor=final_minor, at_own_risk=at_own_risk))
        typescript = self._try(
            lambda: self.terminal.act("accept", body=other, final_minor=final_minor, at_own_risk=at_own_risk)
        )
        return self._same(python, typescript)

    def take_code(self, body: bytes, due_minor: int, *, at_own_risk: bool = False) -> Acceptance | None:
        python = self._try(lambda: self.counter.terminal.take_code(body, due_minor=due_minor, at_own_risk=at_own_risk))
        typescript = self._try(
            lambda: self.terminal.act("take_code", body=body, due_minor=due_minor, at_own_risk=at_own_risk)
        )
        return self._same(python, typescript)

    def say_the_same(self) -> None:
        """What each tells of its till."""
        python = self.counter.terminal
        assert self.terminal.act("totals") == as_json(sums(python.totals()))
        assert self.terminal.act("history") == [line(entry) for entry in python.history()]
        ready = python.ready()
        assert self.terminal.act("ready") == {
            "may_request": ready.may_request,
            "may_take_codes": ready.may_take_codes,
            "may_void": ready.may_void,
            "lists_age_s": ready.lists_age_s,
            "clock_healed_s": ready.clock_healed_s,
            "clock_is_off": ready.clock_is_off,
        }
        assert self.terminal.act("boundary") == [
            [one.what.value, one.works, one.up_to_minor, one.until, None if one.why is None else one.why.value]
            for one in python.boundary(reach=Reach.NO)
        ]

    def _try(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (RefusedThere, Coded) as refused:
            return str(refused.code)

    def _same(self, python: Any, typescript: Any) -> Acceptance | None:
        if isinstance(python, str) or isinstance(typescript, str):
            assert python == typescript
            self.codes.add(python)
            return None
        assert isinstance(python, Acceptance)
        shown = {"shown", "replayed"}
        assert {key: value for key, value in typescript.items() if key not in shown} == as_json(told(python.accepted))
        assert typescript["replayed"] == python.replayed
        return python


@pytest.fixture
def both(tmp_path: Path, clock: purse.Clock, terminal: TypeScriptTerminal) -> Iterator[Both]:
    counter = enrolled(tmp_path / "till", Operator())
    yield Both(counter, terminal, clock)
    counter.vault.close()


def damaged(message: bytes) -> bytes:
    """With another last byte."""
    return message[:-1] + bytes((message[-1] ^ 1,))


def answers(payers: Sequence[Payer], asked: tuple[Asked, dict[str, Any]]) -> tuple[bytes, bytes]:
    """One payer's answers to both tills: clones, since each till knows its own cheque only."""
    ours, other = payers
    return ours.answer(asked[0].shown), other.answer(bytes.fromhex(asked[1]["shown"]))


def pair(number: int, **terms: Any) -> tuple[Payer, Payer]:
    return Payer(number, **terms), Payer(number, **terms)


def test_both_terminals_decide_the_same(both: Both) -> None:
    payers = pair(1)
    clones = (payers[0].fork(), payers[1].fork())
    both.accept(answers(payers, both.request(45_00)))
    both.accept(answers(payers, both.request(50_00, up_to=True)), final_minor=31_00)
    both.accept(answers(payers, both.request(50_00, up_to=True)), final_minor=50_01)
    over = answers(payers, both.request(200_01))
    both.accept(over)
    both.accept(over, at_own_risk=True)
    both.accept(over)
    both.accept(answers(clones, both.request(1_00)))
    both.accept(answers(pair(2, amount_minor=9_99), both.request(10_00)))
    both.accept(answers(pair(3, per_payment_minor=9_99), both.request(10_00)))
    both.accept(answers(pair(4, issuer=STRANGER), both.request(10_00)))
    both.accept(answers(pair(5, not_before=NOW + 5000), both.request(10_00)))
    both.accept(answers(pair(6, expires_at=NOW - 5000), both.request(10_00)))
    both.accept(answers(pair(7), both.request(20_00, signed=False)))
    asked = both.request(10_00)
    both.accept(answers(pair(8), asked))
    both.accept(answers(pair(9), asked))
    good = answers(pair(10), both.request(10_00))
    both.accept((damaged(good[0]), damaged(good[1])))
    both.accept((good[0][:40], good[1][:40]))
    both.accept((b"", b""))
    code = Payer(11).code(20_00)
    both.accept((code, code))
    both.take_code(code, 20_01)
    both.take_code(code, 20_00)
    both.take_code(code, 20_00, at_own_risk=True)
    both.take_code(Payer(12).code(50_01), 50_01, at_own_risk=True)
    late = Payer(13, clock=NOW - 500).code(5_00)
    both.take_code(late, 5_00, at_own_risk=True)
    assert len(both.codes) >= 12, both.codes
    both.say_the_same()


def test_both_terminals_settle_the_same(both: Both, operator: Operator) -> None:
    payers = pair(1)
    first = both.accept(answers(payers, both.request(45_00)))
    second = both.accept(answers(payers, both.request(12_00)))
    assert first is not None
    assert second is not None
    given = both.counter.terminal.void(first.accepted, total_minor=5_00)
    assert both.terminal.act("void", receipt=1, total_minor=5_00)["counter"] == given.note.counter == 3
    asked, other = both.request(3_00)
    assert isinstance(both.counter.terminal.cancel(asked.request_hash), NoteGiven)
    both.terminal.act("cancel", request_hash=bytes.fromhex(other["request_hash"]))
    asked, other = both.request(8_00)
    taken = both.counter.terminal.accept_notice(make_notice(asked.request_hash, 8_00))
    assert isinstance(taken, NoticeTaken)
    body = make_notice(RequestHash(bytes.fromhex(other["request_hash"])), 8_00)
    assert both.terminal.act("accept_notice", body=body) == {"final_minor": 8_00, "replayed": False}
    both.say_the_same()
    theirs = Operator()
    for one in (operator, theirs):
        one.decide = lambda number, _claim: (
            AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=40_00)
            if number == 0
            else AnswerItem(verdict=Verdict.SETTLED, paid_minor=12_00)
        )
    outcome = both.counter.terminal.sync(theirs)
    assert both.terminal.act("sync") == {"items": [[2, 2]], "troubles": [], "news": [], "pack_advanced": False}
    assert [len(answer.claims) for answer in outcome.answered] == [2]
    both.say_the_same()
    for till, book in ((both.counter.terminal, theirs), (both.terminal, operator)):
        book.tell("shared", cheque_ids(book)[0], paid_minor=30_00)
        book.tell("fork", cheque_ids(book)[1], paid_minor=12_00)
        if isinstance(till, TypeScriptTerminal):
            news = till.act("sync")["news"]
        else:
            news = [event_told(event) for event in till.sync(book).told]
        assert [one[2:] for one in news] == [["shared", 1, 30_00, 0], ["fork", 2, 12_00, 0]]
    both.say_the_same()
    assert both.terminal.act("close_shift") == as_json(sums(both.counter.terminal.close_shift()))
    both.say_the_same()


def cheque_ids(operator: Operator) -> list[bytes]:
    """The ids of the cheques in the first batch that an operator got."""
    batch = decode_batch(operator.received[0])
    prefix = cheque_prefix(Payer().full_id, DEPLOYMENT)
    return [digest(prefix, decode_cheque(decode_claim(raw).cheque).envelope.payload) for raw in batch.claims]


def test_any_clock_and_any_age_say_the_same(both: Both) -> None:
    payers = pair(1)
    for later in (0, 130, DAY, 3 * DAY, 30 * DAY, 91 * DAY, 400 * DAY):
        both.clock.now = both.counter.clock = NOW + later
        asked: list[Asked] = []
        ours = there(lambda asked=asked: asked.append(both.counter.terminal.request(exact_minor=60_00)))  # type: ignore[misc]
        other: list[dict[str, Any]] = []
        assert there(lambda other=other: other.append(ask(both.terminal, 60_00))) == ours  # type: ignore[misc]
        if not ours:
            both.accept(answers(payers, (asked[0], other[0])))
        both.say_the_same()


# --- what stands in both languages is the same --------------------------------------------------------------------


def exported(module: str, *names: str) -> dict[str, Any]:
    script = (
        f'import * as it from "./{module}"; const plain = (_, part) => part instanceof Set ? [...part] : part;'
        "console.log(JSON.stringify(it, plain))"
    )
    found: dict[str, Any] = json.loads(node("--input-type=module", "-e", script))
    return {name: found[name] for name in names}


def test_the_state_tables_are_the_same() -> None:
    found = exported("terminal/states.ts", "REQUEST_STEPS", "CLAIM_STEPS", "ADVICE_KINDS")
    for name, table in (("REQUEST_STEPS", states.REQUEST_STEPS), ("CLAIM_STEPS", states.CLAIM_STEPS)):
        cells = {(state, event): after for state, row in found[name].items() for event, after in row.items()}
        assert cells == {(state.value, event.value): after.value for (state, event), after in table.items()}
    assert found["ADVICE_KINDS"] == [kind.value for kind in AdviceKind]


def test_every_file_of_rules_has_its_twin_which_knows_no_browser() -> None:
    imports = re.compile(r'from "\.\./(\w+)/')
    for name in RULES:
        source = (WEB / "terminal" / f"{name}.ts").read_text(encoding="utf-8")
        assert set(imports.findall(source)) <= {"protocol", "risk"}, name


def test_the_write_points_and_the_worlds_failures_are_the_same() -> None:
    found = exported("terminal/ports.ts", "WRITE_POINTS") | exported("protocol/words.ts", "WORLD_FAILED")
    assert list(found["WRITE_POINTS"].values()) == [one.value for one in WritePoint if one.value not in OF_CHECKS]
    assert set(found["WORLD_FAILED"]) == WORLD_FAILED


def test_the_troubles_say_the_same_but_for_commands() -> None:
    found = {language: exported(f"terminal/troubles_{language}.ts", language)[language] for language in ("en", "zh")}
    assert list(found["en"]) == [code for code in TERMINAL_WORDS if code not in SAID_BY_COMMANDS_ONLY]
    for code in found["en"]:
        for language, words in TERMINAL_WORDS[code].items():
            there_said = found[language][code]
            assert "feiqian " not in there_said["next"]
            assert "--" not in there_said["next"]
            if code == "request_expired":  # here the request is named where the command stood
                continue
            assert (there_said["message"], there_said["safe"]) == (words.message, words.safe), code
            names_a_command = "feiqian " in words.next or "--" in words.next
            assert (there_said["next"] == words.next) is not names_a_command, code
