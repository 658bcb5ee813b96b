"""The wallet as a card (spec 11.4): each command at each moment, on a real wallet, and no bytes that break it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feiqian.links.apdu import Answer, Status, commands_for, decode_answer
from feiqian.links.nfc_card import AID, CardState, Ins, NfcCard
from feiqian.protocol import cbor
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.words import Coded
from feiqian.wallet.states import PaymentState
from feiqian.wallet.tapping import Consent, Tapping
from tests.wallet.world import World


@dataclass
class Bench:
    """A card over a wallet that can pay, and its commands by name."""

    world: World
    consent: Consent | None = None

    def __post_init__(self) -> None:
        self.refused: list[Coded] = []
        self.put_in()

    def put_in(self) -> None:
        """As when the wallet is started anew."""
        self.tapping = Tapping(
            self.world.wallet, holder_check=HolderCheck.PIN, clock=self.world.clock, consent=self.consent
        )
        self.card = NfcCard(self.tapping, self.refused.append)

    def send(self, cla: int, ins: int, data: bytes = b"", *, p1: int = 0, extended: bool = False) -> Answer:
        answer, whole = Answer(), b""
        for raw in commands_for(cla, ins, p1, 0, data, extended=extended):
            answer = answer_of(self.card, raw)
        whole = answer.data
        while answer.more:
            answer = answer_of(self.card, bytes([cla, 0xC0, 0, 0, answer.more & 0xFF]))
            whole += answer.data
        return Answer(data=whole, status=answer.status)

    def select(self) -> Answer:
        return self.send(0, 0xA4, AID, p1=4)

    def put_request(self, asking: bytes) -> int:
        return self.send(0x80, Ins.PUT_REQUEST, asking).status

    def get_payment(self) -> Answer:
        return self.send(0x80, Ins.GET_PAYMENT)

    def put_receipt(self, shown: bytes) -> int:
        return self.send(0x80, Ins.PUT_RECEIPT, shown).status


def answer_of(card: NfcCard, raw: bytes) -> Answer:
    found = decode_answer(card.answer(raw))
    assert found is not None, "no status word"
    return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    world = World(tmp_path / "wallet").enrol().top_up(300_00)
    yield Bench(world, Consent(up_to_minor=50_00, currency="EUR", until=world.clock() + 60))
    world.wallet.lock()


def burned(bench: Bench) -> int:
    """Counters that are gone."""
    return sum(record.counter for record in bench.world.store.allowances())


def test_a_payment_from_selecting_to_its_receipt(bench: Bench) -> None:
    asking = bench.world.terminal.asks(12_50)
    assert cbor.decode(bench.select().data, max_bytes=64) == {0: 1, 1: 1, 2: CardState.CONSENTED}
    assert bench.put_request(asking) == Status.DONE
    assert burned(bench) == 0, "a request burns nothing"
    payment = bench.get_payment()
    assert payment.status == Status.DONE
    cheque = bench.world.terminal.accepts(asking, payment.data)
    assert bench.put_receipt(bench.world.terminal.receipt(cheque.cheque_id, 12_50)) == Status.DONE
    assert [one.state for one in bench.world.wallet.history()] == [PaymentState.ACCEPTED]
    assert burned(bench) == 1
    assert bench.tapping.is_done


def test_the_same_request_is_the_same_payment_however_often_and_whenever(bench: Bench) -> None:
    asking = bench.world.terminal.asks(12_50)
    bodies = set()
    for _ in range(3):
        bench.put_in()
        bench.consent = None  # the first time it was agreed to; a payment that was drawn needs no word again
        bench.select()
        for _ in range(2):
            assert bench.put_request(asking) == Status.DONE
            bodies |= {bench.get_payment().data for _ in range(2)}
        bench.card.reset()
    assert len(bodies) == 1
    assert burned(bench) == 1


def test_consent_beforehand_is_for_one_payment(bench: Bench) -> None:
    bench.select()
    assert bench.put_request(bench.world.terminal.asks(12_50)) == Status.DONE
    assert bench.get_payment().status == Status.DONE
    assert bench.put_request(bench.world.terminal.asks(12_50)) == Status.ASK_HOLDER
    assert bench.get_payment().status == Status.NOT_NOW
    assert burned(bench) == 1


@pytest.mark.parametrize(
    ("amount_minor", "later_s", "up_to", "status"),
    [
        (50_00, 0, False, Status.DONE),
        (50_01, 0, False, Status.ASK_HOLDER),
        (50_00, 60, False, Status.DONE),
        (50_00, 61, False, Status.ASK_HOLDER),
        (50_00, 0, True, Status.DONE),
        (50_01, 0, True, Status.ASK_HOLDER),
    ],
)
def test_how_far_consent_reaches(bench: Bench, amount_minor: int, later_s: int, status: Status, *, up_to: bool) -> None:
    bench.world.clock.now += later_s
    bench.select()
    assert bench.put_request(bench.world.terminal.asks(amount_minor, up_to=up_to)) == status
    assert bench.get_payment().status == (Status.DONE if status is Status.DONE else Status.NOT_NOW)


def test_consent_beforehand_is_for_payees_whose_name_is_attested(bench: Bench) -> None:
    bench.select()
    assert bench.put_request(bench.world.terminal.asks(5_00, signed=False)) == Status.ASK_HOLDER
    assert bench.get_payment().status == Status.NOT_NOW
    bench.tapping.agree()
    assert bench.put_request(bench.world.terminal.asks(5_00, signed=False)) == Status.ASK_HOLDER
    assert burned(bench) == 0


def test_consent_that_ends_between_request_and_payment_pays_nothing(bench: Bench) -> None:
    bench.select()
    assert bench.put_request(bench.world.terminal.asks(12_50)) == Status.DONE
    bench.world.clock.now += 61
    assert bench.get_payment().status == Status.NOT_NOW
    assert burned(bench) == 0


def test_the_holder_agrees_to_one_request_and_to_no_other(bench: Bench) -> None:
    bench.consent = None
    bench.put_in()
    first, second = bench.world.terminal.asks(12_50), bench.world.terminal.asks(12_50)
    assert cbor.decode(bench.select().data, max_bytes=64)[2] == CardState.ASKS
    assert bench.put_request(first) == Status.ASK_HOLDER
    bench.tapping.agree()
    assert bench.put_request(second) == Status.ASK_HOLDER
    assert bench.get_payment().status == Status.NOT_NOW
    assert bench.put_request(first) == Status.DONE
    bench.tapping.refuse()
    assert bench.get_payment().status == Status.NOT_NOW
    assert bench.put_request(first) == Status.DONE
    assert bench.get_payment().status == Status.DONE
    assert burned(bench) == 1


def test_a_request_that_is_refused_burns_nothing_and_says_whose_fault_it_is(bench: Bench) -> None:
    bench.select()
    good = bench.world.terminal.asks(12_50)
    forged = good[:-1] + bytes([good[-1] ^ 1])
    assert bench.put_request(forged) == Status.REFUSED
    assert bench.get_payment().status == Status.NOT_NOW
    assert bench.put_request(bench.world.terminal.asks(999_00)) == Status.DECLINED
    assert bench.get_payment().status == Status.NOT_NOW
    assert [failure.code for failure in bench.refused] == ["terminal_signature_invalid", "over_one_payment"]
    assert burned(bench) == 0


def test_a_forged_receipt_changes_nothing(bench: Bench) -> None:
    asking = bench.world.terminal.asks(12_50)
    bench.select()
    bench.put_request(asking)
    cheque = bench.world.terminal.accepts(asking, bench.get_payment().data)
    receipt = bench.world.terminal.receipt(cheque.cheque_id, 12_50)
    assert bench.put_receipt(receipt[:-1] + bytes([receipt[-1] ^ 1])) == Status.REFUSED
    assert bench.put_receipt(asking) == Status.REFUSED
    assert [one.state for one in bench.world.wallet.history()] == [PaymentState.SHOWN]
    assert bench.put_receipt(receipt) == bench.put_receipt(receipt) == Status.DONE


def test_earlier_payments_without_receipt_are_told_to_their_payee_alone(bench: Bench) -> None:
    first, second = bench.world.terminal.asks(5_00), bench.world.terminal.asks(6_00)
    bench.select()
    bench.put_request(first)
    drawn = bench.world.terminal.accepts(first, bench.get_payment().data)
    assert bench.send(0x80, Ins.GET_AWAITED).data == b"", "the payment of this very request is no earlier one"
    bench.put_request(second)
    assert bench.send(0x80, Ins.GET_AWAITED).data == drawn.cheque_id
    bench.put_request(bench.world.terminal.asks(6_00, signed=False))
    assert bench.send(0x80, Ins.GET_AWAITED).data == b"", "nobody has proved to be that payee"
    bench.put_request(second)
    assert bench.put_receipt(bench.world.terminal.receipt(drawn.cheque_id, 5_00)) == Status.DONE
    assert bench.send(0x80, Ins.GET_AWAITED).data == b""


def test_what_comes_before_selecting_or_after_a_reset_is_for_nobody(bench: Bench) -> None:
    asking = bench.world.terminal.asks(12_50)
    assert bench.put_request(asking) == Status.NOT_NOW
    assert bench.get_payment().status == Status.NOT_NOW
    bench.select()
    bench.card.reset()
    assert bench.put_request(asking) == Status.NOT_NOW
    assert bench.send(0, 0xA4, b"\xa0\0\0\3\x08", p1=4).status == Status.NOT_FOUND
    bench.select()
    assert bench.send(0, 0xA4, AID[:-1], p1=4).status == Status.NOT_FOUND
    assert bench.put_request(asking) == Status.NOT_NOW, "another application was meant: ours is not selected any more"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("80110000", Status.WRONG_INSTRUCTION),
        ("81100000", Status.WRONG_CLASS),
        ("80120100", Status.WRONG_PARAMETERS),
        ("80100000", Status.WRONG_LENGTH),
        ("8012000001AA", Status.WRONG_LENGTH),
        ("8012", Status.WRONG_LENGTH),
        ("80C0000000", Status.NOT_NOW),
        ("00A4000000", Status.WRONG_PARAMETERS),
    ],
)
def test_a_wrong_command_is_a_status_word(bench: Bench, raw: str, status: Status) -> None:
    bench.select()
    bench.send(0x80, Ins.GET_AWAITED)
    assert answer_of(bench.card, bytes.fromhex(raw)).status == status


def test_both_forms_carry_the_same_bytes(bench: Bench) -> None:
    asking = bench.world.terminal.asks(12_50)
    assert len(asking) > 255
    bench.select()
    assert bench.send(0x80, Ins.PUT_REQUEST, asking, extended=True).status == Status.DONE
    whole = answer_of(bench.card, bytes.fromhex("80120000000000"))
    assert whole.status == Status.DONE
    assert whole.data == bench.get_payment().data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    raw=st.lists(
        st.binary(max_size=300)
        | st.builds(
            lambda head, body: bytes([head[0], head[1], 0, 0, len(body)]) + body,
            st.tuples(st.sampled_from([0x80, 0x90, 0]), st.sampled_from([*map(int, Ins), 0xA4, 0xC0])),
            st.binary(max_size=255),
        ),
        max_size=6,
    )
)
def test_any_bytes_get_a_status_word_and_burn_nothing(bench: Bench, raw: list[bytes]) -> None:
    bench.select()
    for one in raw:
        answer_of(bench.card, one)
    assert burned(bench) == 0


def test_a_megabyte_of_junk_is_refused_piece_by_piece(bench: Bench) -> None:
    bench.select()
    statuses = {
        answer_of(bench.card, bytes([0x90, Ins.PUT_REQUEST, 0, 0, 255]) + bytes(255)).status for _ in range(4112)
    }
    assert statuses == {Status.DONE, Status.TOO_LARGE}
    statuses = {answer_of(bench.card, bytes(65_000)).status for _ in range(16)}
    assert statuses == {Status.WRONG_LENGTH}
    assert bench.put_request(bench.world.terminal.asks(12_50)) == Status.DONE
