"""The acquirer's service: terminals are certified once, batches taken exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from feiqian.acquirer.ports import AcquirerStore, WritePoint
from feiqian.acquirer.service import Acquirer
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.acquirer.values import CertifyingTerms, PayeeEvent, Terminal
from feiqian.ledger.clearing import Stale
from feiqian.protocol import cose
from feiqian.protocol.answer import Answer, Verdict, answer_prefix, batch_hash, decode_answer
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.claim import sign_batch
from feiqian.protocol.ids import BatchId, PayeeId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import request_hash
from feiqian.protocol.verify_credit import verify_certificate
from tests.issuer.world import CUR, DAY, DEPLOYMENT, World, key, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def trouble(caught: pytest.ExceptionInfo[AcquirerTrouble]) -> str:
    caught.value.words("en")
    caught.value.words("zh")
    return caught.value.code


class TestEnrolment:
    def test_a_terminal_gets_a_certificate_that_wallets_believe(self, world: World) -> None:
        enrolled = world.till("Café 飞钱").enrolled
        certificate = verify_certificate(
            decode_certificate(enrolled.certificate), world.knowledge, now=world.now, skew_s=0
        )
        assert (certificate.ref, certificate.terms.payee_name) == (enrolled.terminal_ref, "Café 飞钱")

    def test_a_retry_gives_the_same_certificate_and_a_fresh_token(self, world: World) -> None:
        new, signer = world.acquirer.enrol_payee("Cafe", CUR), key("till")
        proof = prove_possession(signer, Purpose.TERMINAL, DEPLOYMENT, code_context(new.code))
        first = world.acquirer.enrol_terminal(new.code, signer.public_key, proof)
        world.now += 60
        again = world.acquirer.enrol_terminal(new.code, signer.public_key, proof)
        assert again.certificate == first.certificate
        assert world.acquirer.authenticate_terminal(again.token).terminal_ref == first.terminal_ref
        with pytest.raises(AcquirerTrouble) as caught:
            world.acquirer.authenticate_terminal(first.token)
        assert trouble(caught) == "not_signed_in"

    def test_a_used_wrong_or_old_code_is_refused(self, world: World) -> None:
        new, one, other = world.acquirer.enrol_payee("Cafe", CUR), key("one"), key("other")

        def enrol(code: str, name: str) -> None:
            proof = prove_possession(key(name), Purpose.TERMINAL, DEPLOYMENT, code_context(code))
            world.acquirer.enrol_terminal(code, key(name).public_key, proof)

        enrol(new.code, "one")
        late = world.acquirer.new_code(new.payee_id)
        world.now = late.code_expires_at + 1
        assert one.public_key != other.public_key
        for code, name in ((new.code, "other"), ("AAAA-BBBB-CCCC-DDDD", "other"), (late.code, "other")):
            with pytest.raises(AcquirerTrouble) as caught:
                enrol(code, name)
            assert trouble(caught) == "enrolment_code_invalid"
        fresh = world.acquirer.new_code(new.payee_id)
        with pytest.raises(AcquirerTrouble) as caught:
            enrol(fresh.code, "one")
        assert trouble(caught) == "terminal_key_used"

    def test_names_currencies_and_payees(self, world: World) -> None:
        for act, code in (
            (lambda: world.acquirer.enrol_payee("", CUR), "name_invalid"),
            (lambda: world.acquirer.enrol_payee("x" * 24, CUR), "name_invalid"),
            (lambda: world.acquirer.enrol_payee("a\u202eb", CUR), "name_invalid"),
            (lambda: world.acquirer.enrol_payee("a\u0378b", CUR), "name_invalid"),
            (lambda: world.acquirer.enrol_payee("a\ue000b", CUR), "name_invalid"),
            (lambda: world.acquirer.enrol_payee("Cafe", "XXX"), "currency_not_served"),
            (lambda: world.acquirer.new_code(PayeeId(b"nobody")), "unknown_payee"),
            (lambda: world.acquirer.statement(PayeeId(b"nobody")), "unknown_payee"),
        ):
            with pytest.raises(AcquirerTrouble) as caught:
                act()
            assert trouble(caught) == code


class TestBatches:
    def test_the_answer_is_signed_and_about_this_batch(self, world: World) -> None:
        till = world.till()
        raw = till.batch([till.accept(world.wallet(), 10_00)])
        answer = decode_answer(world.acquirer.take_batch(till.terminal, raw))
        acquirer_key = PublicKey(key("acquirer").public_key)
        prefix = answer_prefix(acquirer_key, DEPLOYMENT)
        cose.verify(answer.envelope, prefix, acquirer_key, RefusalCode.ACQUIRER_SIGNATURE_INVALID)
        assert (answer.batch_hash, answer.time) == (batch_hash(raw), world.now)

    def test_the_same_bytes_get_the_same_answer_for_ever(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        raw = till.batch([till.accept(wallet, 10_00), b"junk"])
        first = world.acquirer.take_batch(till.terminal, raw)
        world.now += 40 * DAY
        world.issuer.close_windows()
        world.close()
        world.open()
        assert world.acquirer.take_batch(till.terminal, raw) == first
        assert till.balance_minor == 10_00

    def test_the_same_id_with_another_body_is_refused(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        till_id = b"b" * 16
        world.acquirer.take_batch(till.terminal, till.batch([till.accept(wallet, 10_00)], batch_id=till_id))
        with pytest.raises(AcquirerTrouble) as caught:
            world.acquirer.take_batch(till.terminal, till.batch([till.accept(wallet, 20_00)], batch_id=till_id))
        assert trouble(caught) == "batch_id_reused"
        assert till.balance_minor == 10_00

    def test_two_terminals_may_choose_the_same_id(self, world: World) -> None:
        wallet, one = world.wallet(), world.till("M")
        other = world.till("M", one.payee_id)
        for till in (one, other):
            world.acquirer.take_batch(till.terminal, till.batch([till.accept(wallet, 10_00)], batch_id=b"b" * 16))
        assert one.balance_minor == 20_00

    def test_only_the_terminal_itself_can_send_its_batch(self, world: World) -> None:
        wallet, one, other = world.wallet(), world.till("M"), world.till("N")
        raw = one.batch([one.accept(wallet, 10_00)])
        for terminal, body in ((other.terminal, raw), (one.terminal, raw[:-1] + bytes([raw[-1] ^ 1]))):
            with pytest.raises(Refused):
                world.acquirer.take_batch(terminal, body)
        assert decode_answer(world.acquirer.take_batch(one.terminal, raw)).claims[0].paid_minor == 10_00

    def test_nobody_occupies_another_terminals_batch_ids(self, world: World) -> None:
        one, other = world.till("M"), world.till("N")
        posing = sign_batch(
            one.signer,
            one.certificate_id,
            DEPLOYMENT,
            terminal_ref=other.enrolled.terminal_ref,
            batch_id=BatchId(b"b" * 16),
            time=world.now,
            index_version=1,
            allowances=(),
            claims=(),
            notes=(),
        )
        with pytest.raises(Refused):
            world.acquirer.take_batch(one.terminal, posing)

    def test_another_terminals_receipt_is_refused(self, world: World) -> None:
        wallet, one, other = world.wallet(), world.till("M"), world.till("N")
        answer = other.send(one.accept(wallet, 10_00))
        assert answer.claims[0].code == "terminal_signature_invalid"

    def test_an_expired_certificate_still_speaks_for_what_it_accepted(self, world: World) -> None:
        till = world.till()
        world.now += 364 * DAY
        world.publisher.trust_pack()
        till.index_version = 2
        wallet = world.wallet()
        before = till.accept(wallet, 10_00)
        world.now += 2 * DAY
        after = till.accept(wallet, 10_00)
        assert [item.code for item in till.send(before, after).claims] == ["", "certificate_expired"]
        assert till.balance_minor == 10_00

    def test_many_threads_with_the_same_and_other_batches_pay_once(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        claims = [till.accept(wallet, 10_00) for _ in range(8)]
        batches = [till.batch(claims[place : place + 4]) for place in range(5)] * 3
        terminal, answers = till.terminal, []

        def send(raw: bytes) -> None:
            answers.append((raw, world.acquirer.take_batch(terminal, raw)))

        threads = [threading.Thread(target=send, args=(raw,)) for raw in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == len(batches)
        assert len(set(answers)) == 5
        assert till.balance_minor == 80_00


class Interfering:
    """The store of a world in which something happens right before the first batch is written."""

    def __init__(self, world: World, act: Callable[[], object]) -> None:
        self._store: AcquirerStore[Any] = world.store
        self._act = act
        self.written = 0

    def read(self) -> AbstractContextManager[Any]:
        return self._store.read()

    @contextmanager
    def write(self, point: str) -> Iterator[Any]:
        if point == WritePoint.TAKE_BATCH:
            self.written += 1
            if self.written == 1:
                self._act()
        with self._store.write(point) as unit:
            yield unit


class TestWhatChangesMeanwhile:
    """An answer is thought out with no lock held; if what it rests on has changed, it is thought out again."""

    def sent(self, world: World, raw: bytes, terminal: Terminal, act: Callable[[], object]) -> tuple[Answer, int]:
        store = Interfering(world, act)
        acquirer = Acquirer(
            store=store,
            issuer=world.issuer,
            signer=key("acquirer"),
            deployment=DEPLOYMENT,
            knowledge=world.knowledge,
            terms=CertifyingTerms(),
            clock=lambda: world.now,
            randomness=world.randomness,
        )
        return decode_answer(acquirer.take_batch(terminal, raw)), store.written

    def test_a_fork_that_another_terminal_sends_meanwhile_convicts(self, world: World) -> None:
        wallet, one, other = world.wallet(), world.till("M"), world.till("N")
        theirs = other.accept(wallet.clone(), 20_00)
        ours = one.batch([one.accept(wallet, 10_00)])
        answer, written = self.sent(world, ours, one.terminal, lambda: other.send(theirs))
        assert (answer.claims[0].verdict, written) == (Verdict.FORK, 2)
        assert len(world.issuer.forks()) == 1

    def test_a_note_that_comes_meanwhile_counts(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        request = till.ask(10_00)
        cheque = wallet.draw(10_00, request=request_hash(request, DEPLOYMENT))
        ours = till.batch([till.claim(wallet, cheque, 10_00, request)])
        cancel = till.note(request_hash(request, DEPLOYMENT), kind=NoteKind.CANCEL)
        answer, written = self.sent(world, ours, till.terminal, lambda: till.send(notes=[cancel]))
        assert (answer.claims[0].verdict, answer.claims[0].paid_minor, written) == (Verdict.NOTED, 0, 2)

    def test_a_second_cheque_for_the_request_that_comes_meanwhile_is_not_paid_too(self, world: World) -> None:
        payer, till = world.payer()[1], world.till()
        one, other = world.wallet(bound=payer), world.wallet(bound=payer)
        request = till.ask(10_00)
        asked = request_hash(request, DEPLOYMENT)
        first = till.claim(one, one.draw(10_00, request=asked), 10_00, request)
        second = till.claim(other, other.draw(10_00, request=asked), 10_00, request)
        answer, written = self.sent(world, till.batch([second]), till.terminal, lambda: till.send(first))
        assert (answer.claims[0].verdict, written) == (Verdict.SECOND_CHEQUE, 2)
        assert till.balance_minor == 10_00

    def test_the_same_batch_that_comes_meanwhile_is_answered_once(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        ours = till.batch([till.accept(wallet, 10_00)])
        terminal = till.terminal
        answer, written = self.sent(world, ours, terminal, lambda: world.acquirer.take_batch(terminal, ours))
        assert (answer.claims[0].verdict, written) == (Verdict.SETTLED, 1)
        assert till.balance_minor == 10_00

    def test_who_is_always_overtaken_is_told_to_come_again(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        ours = till.batch([till.accept(wallet, 10_00)])

        class Overtaken(Interfering):
            @contextmanager
            def write(self, point: str) -> Iterator[Any]:
                with self._store.write(point) as unit:
                    yield unit
                    raise Stale

        acquirer = Acquirer(
            store=Overtaken(world, lambda: None),
            issuer=world.issuer,
            signer=key("acquirer"),
            deployment=DEPLOYMENT,
            knowledge=world.knowledge,
            terms=CertifyingTerms(),
            clock=lambda: world.now,
            randomness=world.randomness,
        )
        with pytest.raises(AcquirerTrouble) as caught:
            acquirer.take_batch(till.terminal, ours)
        assert caught.value.code == "operator_busy"
        assert till.send().claims == ()
        assert till.balance_minor == 0


def test_between_the_operators_money_is_under_way_until_it_is_collected(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    till.send(till.take_code(wallet, wallet.draw(50_00, ttl_s=60), 50_00))
    world.now += 30 * DAY
    assert world.issuer.close_windows().paid_minor == 50_00
    assert till.balance_minor == 0
    world.check_books()
    assert world.acquirer.collect() == 1
    assert world.acquirer.collect() == 0
    assert till.balance_minor == 50_00


class TestStatement:
    def test_later_events_are_heard_in_order_and_every_one_says_how_its_claim_stands(self, world: World) -> None:
        till = world.till()
        for _ in range(7):
            till.send(till.accept(world.wallet(), 10_00))
        wallet, other = world.wallet(), world.till("N")
        codes = [wallet.draw(9_00, ttl_s=60) for _ in range(5)]
        for one in (till, other):
            one.send(*(one.take_code(wallet, code, 9_00) for code in codes))
        newest = world.acquirer.statement(till.payee_id).events
        assert [event.number for event in newest] == sorted((event.number for event in newest), reverse=True)
        for event in newest:
            so_far = [one for one in newest if one.cheque_id == event.cheque_id and one.number <= event.number]
            assert event.stands_paid_minor == sum(one.paid_minor for one in so_far)
            assert event.stands_waiting_minor == sum(one.waiting_minor for one in so_far)
        stands = [(event.stands_paid_minor, event.stands_waiting_minor) for event in newest]
        assert stands == [(0, 4_50)] * 5 + [(0, 9_00)] * 5 + [(10_00, 0)] * 7
        heard: list[PayeeEvent] = []
        while page := world.acquirer.statement(till.payee_id, after=heard[-1].number if heard else 0).events:
            heard += page[:3]
        assert tuple(heard[::-1]) == newest[:5]  # the others came with the answers to its batches
        double = heard[-1]
        world.end_windows()
        shared = world.acquirer.statement(till.payee_id).events[0]
        assert shared == world.acquirer.statement(till.payee_id, after=double.number).events[-1]
        assert (shared.kind, shared.stands_paid_minor, shared.stands_waiting_minor) == ("shared", 4_50, 0)
        before = world.acquirer.statement(till.payee_id, after=double.number - 1).events[0]
        assert (before.stands_paid_minor, before.stands_waiting_minor) == (0, 4_50)
        assert (double.kind, double.waiting_minor, double.stands_waiting_minor) == ("double_acceptance", -4_50, 4_50)
