"""The issuer's service: enrolment, money, allowances, closing, lists and packs; each retried with the same ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.issuing import list_size
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import IssuingTerms, PayerId, SuspendReason
from feiqian.protocol.allowance import decode_allowance
from feiqian.protocol.answer import Verdict
from feiqian.protocol.ids import AllowanceRef, PayeeId
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.refusals import Refused
from feiqian.protocol.status_list import AllowanceStatus, StatusList, decode_status_list
from feiqian.protocol.trust import TrustRoot, advance, first_trust
from feiqian.protocol.trust_pack import decode_trust_pack
from tests.issuer.world import CUR, DAY, DEPLOYMENT, START, World, key, opened

ROOT = TrustRoot(
    deployment=DEPLOYMENT,
    roots=tuple(key(name).public_key for name in ("root 1", "root 2", "root 3")),
    threshold=2,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def trouble(caught: pytest.ExceptionInfo[IssuerTrouble]) -> str:
    caught.value.words("en")
    caught.value.words("zh")
    return caught.value.code


class TestPeople:
    def test_money_comes_in_once_for_each_key(self, world: World) -> None:
        payer_id, _ = world.payer(0)
        assert world.issuer.fund(payer_id, 5_00, "a") == 5_00
        assert world.issuer.fund(payer_id, 5_00, "a") == 5_00
        assert world.issuer.fund(payer_id, 5_00, "b") == 10_00
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.fund(payer_id, 6_00, "a")
        assert trouble(caught) == "idempotency_reused"

    @pytest.mark.parametrize("amount_minor", [0, -1, 10_000_01])
    def test_an_amount_out_of_range_moves_nothing(self, world: World, amount_minor: int) -> None:
        payer_id, _ = world.payer(0)
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.fund(payer_id, amount_minor, "a")
        assert trouble(caught) == "amount_out_of_range"
        assert world.issuer.fund(payer_id, 1, "a") == 1

    def test_unknown_payer_currency_and_name(self, world: World) -> None:
        for act, code in (
            (lambda: world.issuer.fund(PayerId(b"nobody"), 1, "a"), "unknown_payer"),
            (lambda: world.issuer.statement(PayerId(b"nobody")), "unknown_payer"),
            (lambda: world.issuer.enrol_payer("Lin", "XXX"), "currency_not_served"),
            (lambda: world.issuer.enrol_payer(" ", CUR), "name_invalid"),
            (lambda: world.issuer.suspend(AllowanceRef(b"no"), SuspendReason.LOST), "unknown_allowance"),
        ):
            with pytest.raises(IssuerTrouble) as caught:
                act()
            assert trouble(caught) == code

    def test_a_code_binds_one_key_and_a_retry_gets_a_fresh_token(self, world: World) -> None:
        new = world.issuer.enrol_payer("Lin", CUR)
        context, one, other = code_context(new.code), key("one"), key("other")
        proof = prove_possession(one, Purpose.ACCOUNT, DEPLOYMENT, context)
        first = world.issuer.bind_device(new.code, one.public_key, proof)
        again = world.issuer.bind_device(new.code.lower().replace("-", " "), one.public_key, proof)
        assert (first.device_id, first.payer_id) == (again.device_id, new.payer_id)
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.authenticate_device(first.token)
        assert trouble(caught) == "not_signed_in"
        assert world.issuer.authenticate_device(again.token).device_id == first.device_id
        stolen = prove_possession(other, Purpose.ACCOUNT, DEPLOYMENT, context)
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.bind_device(new.code, other.public_key, stolen)
        assert trouble(caught) == "enrolment_code_invalid"

    def test_a_code_ages_and_a_proof_is_needed(self, world: World) -> None:
        new = world.issuer.enrol_payer("Lin", CUR)
        account = key("account")
        proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(new.code))
        with pytest.raises(Refused):
            world.issuer.bind_device(new.code, key("other").public_key, proof)
        with pytest.raises(Refused):
            world.issuer.bind_device(
                new.code, account.public_key, prove_possession(account, Purpose.TERMINAL, DEPLOYMENT)
            )
        world.now = new.code_expires_at + 1
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.bind_device(new.code, account.public_key, proof)
        assert trouble(caught) == "enrolment_code_invalid"

    def test_neither_code_nor_token_is_kept(self, world: World) -> None:
        new = world.issuer.enrol_payer("Lin", CUR)
        _, bound = world.payer()
        world.close()
        kept = b"".join(path.read_bytes() for path in world.path.parent.iterdir())
        world.open()
        assert code_context(new.code) not in kept
        assert bytes.fromhex(bound.token) not in kept
        assert bound.token.encode() not in kept


class TestAllowances:
    def order(
        self,
        world: World,
        amount_minor: int | None,
        *,
        request_id: bytes = b"r" * 16,
        name: str = "device",
    ) -> tuple[bytes, str]:
        """Issues with fixed ids; the raw allowance and its ref."""
        signer, bound = key(name), self.bound
        issued = world.issuer.issue_allowance(
            world.issuer.authenticate_device(bound.token),
            device_key=signer.public_key,
            proof=prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, bound.device_id, request_id),
            request_id=request_id,
            amount_minor=amount_minor,
        )
        return issued.raw, issued.ref.hex()

    @pytest.fixture(autouse=True)
    def payer(self, world: World) -> None:
        self.payer_id, self.bound = world.payer(700_00)

    def test_money_is_reserved_and_the_retry_gives_the_same_bytes(self, world: World) -> None:
        raw, _ = self.order(world, 300_00)
        assert self.order(world, 300_00)[0] == raw
        assert self.order(world, None)[0] == raw
        statement = world.issuer.statement(self.payer_id)
        assert (statement.free_minor, statement.reserved_minor, len(statement.allowances)) == (400_00, 300_00, 1)
        terms = decode_allowance(raw).terms
        assert (terms.amount_minor, terms.per_payment_minor, terms.count_limit) == (300_00, 200_00, 20)
        assert (terms.expires_at - terms.not_before, terms.holder_check_above_minor) == (3 * DAY, 50_00)

    def test_without_an_amount_it_is_what_is_free_up_to_the_default(self, world: World) -> None:
        assert decode_allowance(self.order(world, None)[0]).terms.amount_minor == 700_00

    @pytest.mark.parametrize(
        ("amount_minor", "request_id", "code"),
        [
            (700_01, b"r" * 16, "not_enough_money"),
            (0, b"r" * 16, "amount_out_of_range"),
            (-1, b"r" * 16, "amount_out_of_range"),
            (1, b"short", "key_invalid"),
        ],
    )
    def test_what_is_not_granted_reserves_nothing(
        self, world: World, amount_minor: int, request_id: bytes, code: str
    ) -> None:
        with pytest.raises(IssuerTrouble) as caught:
            self.order(world, amount_minor, request_id=request_id)
        assert trouble(caught) == code
        assert world.issuer.statement(self.payer_id).free_minor == 700_00

    def test_the_same_request_for_something_else_is_refused(self, world: World) -> None:
        self.order(world, 300_00)
        for amount_minor, name in ((200_00, "device"), (300_00, "another")):
            with pytest.raises(IssuerTrouble) as caught:
                self.order(world, amount_minor, name=name)
            assert trouble(caught) == "idempotency_reused"

    def test_a_key_is_new_for_every_allowance_where_it_can_be(self, world: World) -> None:
        self.order(world, 100_00)
        with pytest.raises(IssuerTrouble) as caught:
            self.order(world, 100_00, request_id=b"s" * 16)
        assert trouble(caught) == "device_key_used"

    def test_several_may_live_at_once_but_not_without_end(self, world: World) -> None:
        for number in range(8):
            self.order(world, 1_00, request_id=bytes([number]) * 16, name=str(number))
        with pytest.raises(IssuerTrouble) as caught:
            self.order(world, 1_00, request_id=b"n" * 16, name="ninth")
        assert trouble(caught) == "too_many_allowances"

    def test_a_proof_for_another_request_is_refused(self, world: World) -> None:
        signer, device = key("device"), world.issuer.authenticate_device(self.bound.token)
        proof = prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, device.device_id, b"x" * 16)
        with pytest.raises(Refused):
            world.issuer.issue_allowance(device, device_key=signer.public_key, proof=proof, request_id=b"r" * 16)

    def test_status_places_are_all_different(self, world: World) -> None:
        places = {
            decode_allowance(self.order(world, 1, request_id=bytes([n]) * 16, name=str(n))[0]).terms.status_index
            for n in range(8)
        }
        assert len(places) == 8

    def test_the_list_grows_before_it_is_half_full(self) -> None:
        terms = IssuingTerms(status_list_size=8)
        assert [list_size(terms, issued) for issued in (0, 3, 4, 7, 8)] == [8, 8, 16, 16, 32]


class TestClosing:
    def test_closing_frees_nothing_before_the_end(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = till.accept(wallet, 100_00)
        device = world.issuer.authenticate_device(wallet.bound.token)
        closing = wallet.draw(0)
        for _ in range(2):
            closed = world.issuer.close_allowance(device, closing)
            assert (closed.reason, closed.at_risk_minor) == (SuspendReason.CLOSED, 1_000_00)
        assert world.free_minor(wallet) == 1_000_00
        assert till.send(paid).claims[0].verdict is Verdict.SETTLED
        world.end_windows()
        assert world.free_minor(wallet) == 1_900_00

    def test_what_is_drawn_after_closing_convicts(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        world.issuer.close_allowance(world.issuer.authenticate_device(wallet.bound.token), wallet.draw(0))
        assert till.send(till.accept(wallet, 100_00)).claims[0].verdict is Verdict.FORK
        assert world.issuer.forks()[0].reason == "after_closing"

    def test_a_lie_at_closing_convicts(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        forgetful = wallet.clone()
        paid = till.accept(wallet, 100_00)
        till.send(paid)
        closed = world.issuer.close_allowance(world.issuer.authenticate_device(wallet.bound.token), forgetful.draw(0))
        assert closed.reason is SuspendReason.FORK
        assert till.told == ["settled"]

    def test_only_ones_own_and_only_a_closing_cheque(self, world: World) -> None:
        wallet = world.wallet()
        stranger = world.issuer.authenticate_device(world.payer()[1].token)
        with pytest.raises(IssuerTrouble) as caught:
            world.issuer.close_allowance(stranger, wallet.clone().draw(0))
        assert trouble(caught) == "unknown_allowance"
        with pytest.raises(Refused):
            world.issuer.close_allowance(
                world.issuer.authenticate_device(wallet.bound.token), wallet.clone().draw(5_00, ttl_s=60)
            )

    def test_ending_windows_twice_gives_back_once(self, world: World) -> None:
        wallet = world.wallet()
        world.now = START + 30 * DAY
        assert world.issuer.close_windows().returned_minor == 1_000_00
        assert world.issuer.close_windows().allowances == 0
        assert world.free_minor(wallet) == 2_000_00


def listed(world: World) -> StatusList:
    """The list in the pack that is served now."""
    return decode_status_list(decode_trust_pack(world.publisher.trust_pack()).lists[0])


class TestPublishing:
    def test_a_device_can_trust_the_pack_and_every_later_one(self, world: World) -> None:
        trust = first_trust(ROOT, world.publisher.trust_pack())
        wallet = world.wallet()
        terms = decode_allowance(wallet.raw).terms
        assert trust.status(terms.issuer_key_id, terms.status_index) is AllowanceStatus.GOOD
        world.issuer.suspend(wallet.ref, SuspendReason.OPERATOR)
        later = advance(trust, world.publisher.trust_pack())
        assert later.index.version == trust.index.version + 1
        assert later.status(terms.issuer_key_id, terms.status_index) is AllowanceStatus.SUSPENDED

    def test_the_same_bytes_until_something_changes_or_an_hour_has_passed(self, world: World) -> None:
        pack = world.publisher.trust_pack()
        world.now += 3600
        assert world.publisher.trust_pack() == pack
        world.now += 1
        later = world.publisher.trust_pack()
        assert later != pack
        assert first_trust(ROOT, later).index.issued_at == world.now

    def test_list_versions_rise_only_with_a_change(self, world: World) -> None:
        one = listed(world)
        assert listed(world).version == one.version
        world.issuer.suspend(world.wallet().ref, SuspendReason.OPERATOR)
        assert listed(world).version == one.version + 1

    def test_an_ended_allowance_leaves_the_list(self, world: World) -> None:
        wallet = world.wallet()
        world.issuer.suspend(wallet.ref, SuspendReason.OPERATOR)
        index = decode_allowance(wallet.raw).terms.status_index
        assert listed(world).status(index) is AllowanceStatus.SUSPENDED
        world.end_windows()
        assert listed(world).status(index) is AllowanceStatus.GOOD

    def test_a_scope_binds_a_code_to_its_payee(self, world: World) -> None:
        till, other = world.till("M"), world.till("N")
        wallet = world.wallet(audience=PayeeId(till.payee_id))
        code = wallet.draw(50_00, ttl_s=60)
        assert till.send(till.take_code(wallet, code, 50_00)).claims[0].paid_minor == 50_00
        assert other.send(other.take_code(wallet, code, 50_00)).claims[0].verdict is Verdict.PAYEE_NOT_NAMED
