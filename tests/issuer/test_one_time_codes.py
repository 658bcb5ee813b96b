"""One-time codes in claims, through the real stores: payees are always paid, wrong and used codes accuse the device."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import BoundDevice, PayerId, SuspendReason
from feiqian.keys.one_time_codes import code_at
from feiqian.protocol.allowance import HolderCheck, decode_allowance
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.one_time_code import code_anchor, code_value
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.request import request_hash
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.risk.one_time_code import LOOK_AHEAD, STEP_S, CodeFault, CodeKind
from tests.issuer.world import DAY, DEPLOYMENT, Till, Wallet, World, key, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


@dataclass
class Token:
    """A payer's authenticator: an app whose clock is `off_s` wrong, or a token with a button."""

    world: World
    payer_id: PayerId
    kind: CodeKind
    secret: bytes
    off_s: int = 0
    presses: Iterator[int] = field(default_factory=itertools.count)

    def code(self) -> str:
        if self.kind is CodeKind.HOTP:
            return code_at(self.secret, next(self.presses))
        return code_at(self.secret, (self.world.now + self.off_s) // STEP_S)

    def wrong(self) -> str:
        digits = f"{(int(code_at(self.secret, 0)) + 1) % 10**6:06d}"
        near = {code_at(self.secret, (self.world.now + self.off_s) // STEP_S + off) for off in range(-40, 40)}
        return digits if digits not in near else "000000"


def token_for(
    world: World, payer_id: PayerId, kind: CodeKind = CodeKind.TOTP, off_s: int = 0, *, confirm: bool = True
) -> Token:
    added = world.issuer.authenticators.add(payer_id, kind)
    token = Token(world, payer_id, kind, added.secret, off_s)
    if confirm:
        world.issuer.authenticators.confirm(payer_id, [token.code()])
        world.now += STEP_S
    return token


@dataclass
class Payer:
    """A wallet whose allowance asks for codes, and what makes them."""

    world: World
    wallet: Wallet
    token: Token
    code_key: bytes

    def pay(self, till: Till, amount_minor: int, digits: str, *, drawn_at: int | None = None) -> bytes:
        """The claim of a two-way payment with this code."""
        request = till.ask(amount_minor)
        asked = request_hash(request, DEPLOYMENT)
        counter = len(self.wallet.cheques) + 1
        code = code_value(self.code_key, self.wallet.allowance_id, counter, asked, digits)
        time = self.world.now if drawn_at is None else drawn_at
        cheque = self.wallet.draw(
            amount_minor, request=asked, code=code, holder_check=int(HolderCheck.ONE_TIME_CODE), time=time
        )
        return till.claim(self.wallet, cheque, amount_minor, request)

    @property
    def status(self) -> AllowanceStatus:
        statement = self.world.issuer.statement(self.wallet.bound.payer_id)
        return next(one.status for one in statement.allowances if one.ref == self.wallet.ref)

    @property
    def faults(self) -> list[CodeFault]:
        return [one.fault for one in self.world.issuer.authenticators.wrong_codes(self.wallet.bound.payer_id)]


def allowance_for(world: World, token: Token, bound: BoundDevice) -> Payer:
    wallet = world.wallet(500_00, bound)
    with world.store.read() as reading:
        code_key = world.issuer.authenticators.code_key(reading, token.payer_id, wallet.raw)
    assert code_key is not None
    return Payer(world, wallet, token, code_key)


def paying(world: World, kind: CodeKind = CodeKind.TOTP, off_s: int = 0) -> Payer:
    payer_id, bound = world.payer()
    return allowance_for(world, token_for(world, payer_id, kind, off_s), bound)


def settled(item: AnswerItem) -> bool:
    return item.verdict is Verdict.SETTLED


def test_an_allowance_of_a_payer_with_an_authenticator_is_anchored_to_its_code_key(world: World) -> None:
    payer_id, bound = world.payer()
    before = world.wallet(100_00, bound)
    token = token_for(world, payer_id, confirm=False)
    waiting = world.wallet(100_00, bound)
    world.issuer.authenticators.confirm(payer_id, [token.code()])
    payer = allowance_for(world, token, bound)
    for wallet in (before, waiting):
        assert decode_allowance(wallet.raw).terms.code_anchor is None
    assert decode_allowance(payer.wallet.raw).terms.code_anchor == code_anchor(payer.code_key)
    other = allowance_for(world, token, bound)
    assert other.code_key != payer.code_key
    world.issuer.authenticators.remove(payer_id)
    assert decode_allowance(world.wallet(100_00, bound).raw).terms.code_anchor is None


def test_the_same_request_gets_the_same_code_key_and_an_outsider_gets_none(world: World) -> None:
    payer_id, bound = world.payer()
    token_for(world, payer_id)
    device = world.issuer.authenticate_device(bound.token)
    signer, request_id = key("asked twice"), bytes(16)
    proof = prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, device.device_id, request_id)
    order = {"device_key": signer.public_key, "proof": proof, "request_id": request_id, "amount_minor": 100_00}
    first, again = (world.issuer.issue_allowance(device, **order) for _ in range(2))  # type: ignore[arg-type]
    assert first == again
    assert first.code_key is not None
    assert first.code_key.hex() not in repr(first)


@pytest.mark.parametrize("kind", list(CodeKind))
def test_right_codes_are_paid_and_accuse_nobody(world: World, kind: CodeKind) -> None:
    payer, till = paying(world, kind), world.till()
    for _ in range(5):
        assert settled(till.send(payer.pay(till, 60_00, payer.token.code())).claims[0])
        world.now += STEP_S
    assert (payer.faults, payer.status, till.balance_minor) == ([], AllowanceStatus.GOOD, 300_00)


@pytest.mark.parametrize("kind", list(CodeKind))
def test_a_wrong_code_pays_the_payee_in_full_and_accuses_the_device(world: World, kind: CodeKind) -> None:
    payer, till = paying(world, kind), world.till()
    another = world.wallet(300_00, payer.wallet.bound)
    assert settled(till.send(payer.pay(till, 120_00, payer.token.wrong())).claims[0])
    assert till.balance_minor == 120_00
    assert payer.faults == [CodeFault.WRONG]
    states = {one.ref: one for one in world.issuer.statement(payer.wallet.bound.payer_id).allowances}
    assert {ref: one.status for ref, one in states.items()} == {
        payer.wallet.ref: AllowanceStatus.SUSPENDED,
        another.ref: AllowanceStatus.SUSPENDED,
    }
    assert world.reserved_minor(payer.wallet) == 380_00
    with world.store.read() as reading:
        held = reading.allowances([payer.wallet.ref])[payer.wallet.ref]
    assert (held.reason, held.forked, held.lost_at) == (SuspendReason.CODE_WRONG.value, False, None)
    with pytest.raises(IssuerTrouble) as refused:
        world.wallet(100_00, payer.wallet.bound)
    assert refused.value.code == "device_accused"


def test_the_accused_payer_s_other_device_gets_allowances(world: World) -> None:
    payer, till = paying(world), world.till()
    till.send(payer.pay(till, 120_00, payer.token.wrong()))
    code = world.issuer.new_code(payer.wallet.bound.payer_id).code
    account = key("another device")
    proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(code))
    other = world.issuer.bind_device(code, account.public_key, proof)
    assert settled(till.send(till.accept(world.wallet(200_00, other), 60_00)).claims[0])


def test_payments_taken_before_the_list_named_the_accused_are_paid_too(world: World) -> None:
    payer, till, other = paying(world), world.till(), world.till("Kiosk")
    wrong = payer.pay(till, 120_00, payer.token.wrong())
    later = other.accept(payer.wallet, 30_00)
    till.send(wrong)
    assert settled(other.send(later).claims[0])
    assert (till.balance_minor, other.balance_minor) == (120_00, 30_00)


def test_a_code_counts_once_even_between_two_allowances(world: World) -> None:
    payer, till = paying(world), world.till()
    other = allowance_for(world, payer.token, payer.wallet.bound)
    code = payer.token.code()
    claims = [payer.pay(till, 60_00, code), other.pay(till, 70_00, code)]
    assert all(settled(till.send(claim).claims[0]) for claim in claims)
    assert till.balance_minor == 130_00
    assert payer.faults == [CodeFault.REUSED]
    assert (payer.status, other.status) == (AllowanceStatus.SUSPENDED, AllowanceStatus.SUSPENDED)


def test_a_code_used_twice_in_one_batch_is_found(world: World) -> None:
    payer, till = paying(world), world.till()
    code = payer.token.code()
    till.send(payer.pay(till, 60_00, code), payer.pay(till, 70_00, code))
    assert payer.faults == [CodeFault.REUSED]
    assert till.balance_minor == 130_00


def test_a_claim_that_comes_again_uses_nothing_up_again(world: World) -> None:
    payer, till = paying(world), world.till()
    claim = payer.pay(till, 60_00, payer.token.code())
    assert till.send(claim).claims[0].verdict is Verdict.SETTLED
    assert till.send(claim, claim).claims[1].verdict is Verdict.DUPLICATE
    world.store.close()
    world.open()
    assert till.send(claim).claims[0].verdict is Verdict.DUPLICATE
    assert payer.faults == []
    wrong = payer.pay(till, 60_00, payer.token.wrong())
    for _ in range(2):
        till.send(wrong)
    assert payer.faults == [CodeFault.WRONG]


def test_what_was_used_stays_used_across_a_restart(world: World) -> None:
    payer, till = paying(world), world.till()
    code = payer.token.code()
    till.send(payer.pay(till, 60_00, code))
    world.store.close()
    world.open()
    till.send(payer.pay(till, 60_00, code))
    assert payer.faults == [CodeFault.REUSED]


def test_late_claims_are_held_against_their_own_time_in_any_order(world: World) -> None:
    payer, till = paying(world, off_s=70), world.till()
    claims = []
    for _ in range(6):
        claims.append(payer.pay(till, 20_00, payer.token.code()))
        world.now += 600
    world.now += 4 * DAY
    for claim in reversed(claims):
        assert settled(till.send(claim).claims[0])
    assert payer.faults == []


def test_a_token_that_was_pressed_for_nothing_is_followed(world: World) -> None:
    payer, till = paying(world, CodeKind.HOTP), world.till()
    for idle in (0, 3, LOOK_AHEAD - 1):
        for _ in range(idle):
            payer.token.code()
        till.send(payer.pay(till, 60_00, payer.token.code()))
    assert payer.faults == []


def test_a_token_s_claims_come_in_any_order(world: World) -> None:
    payer, till = paying(world, CodeKind.HOTP), world.till()
    claims = []
    for _ in range(12):
        payer.token.code()  # pressed twice each time
        claims.append(payer.pay(till, 20_00, payer.token.code()))
        world.now += 5
    for claim in [*claims[6:], *reversed(claims[:6])]:
        assert settled(till.send(claim).claims[0])
    assert payer.faults == []


def test_a_token_far_out_of_step_is_brought_back_by_two_codes(world: World) -> None:
    payer, till = paying(world, CodeKind.HOTP), world.till()
    early = payer.pay(till, 20_00, payer.token.code())
    for _ in range(200):
        payer.token.code()
    authenticators = world.issuer.authenticators
    with pytest.raises(IssuerTrouble) as refused:
        authenticators.confirm(payer.token.payer_id, [payer.token.code()])
    assert refused.value.code == "authenticator_code_wrong"
    world.now += 1_000
    authenticators.confirm(payer.token.payer_id, [payer.token.code(), payer.token.code()])
    world.now += 1_000
    till.send(payer.pay(till, 60_00, payer.token.code()))
    till.send(early)  # drawn before that, claimed behind it
    assert payer.faults == []


def test_a_skipped_count_of_before_a_later_cheque_is_worth_nothing(world: World) -> None:
    payer, till = paying(world, CodeKind.HOTP), world.till()
    looked_at = payer.token.code()
    till.send(payer.pay(till, 20_00, payer.token.code()))
    till.send(payer.pay(till, 20_00, looked_at))
    assert payer.faults == [CodeFault.WRONG]


def test_a_code_of_another_time_is_wrong_whatever_the_device_says_of_it(world: World) -> None:
    payer, till = paying(world), world.till()
    looked_at, then = payer.token.code(), world.now
    world.now += 3_600
    till.send(payer.pay(till, 60_00, looked_at, drawn_at=then))
    assert payer.faults == [CodeFault.WRONG]


def test_a_one_way_code_is_judged_too_and_only_once_for_two_payees(world: World) -> None:
    payer, till, other = paying(world), world.till(), world.till("Kiosk")
    code = code_value(payer.code_key, payer.wallet.allowance_id, 1, None, payer.token.code())
    cheque = payer.wallet.draw(40_00, ttl_s=60, code=code, holder_check=2, time=world.now)
    for one in (till, other):
        one.send(one.take_code(payer.wallet, cheque, 40_00))
    assert payer.faults == []
    code = code_value(payer.code_key, payer.wallet.allowance_id, 2, None, payer.token.wrong())
    cheque = payer.wallet.draw(40_00, ttl_s=60, code=code, holder_check=2, time=world.now)
    for one in (till, other):
        one.send(one.take_code(payer.wallet, cheque, 40_00))
    assert payer.faults == [CodeFault.WRONG]


def test_a_code_of_another_cheque_does_not_fit(world: World) -> None:
    """Digits are bound to counter and request: who copies the field copies nothing."""
    payer, till = paying(world), world.till()
    request = till.ask(60_00)
    asked = request_hash(request, DEPLOYMENT)
    code = code_value(payer.code_key, payer.wallet.allowance_id, 2, asked, payer.token.code())
    cheque = payer.wallet.draw(60_00, request=asked, code=code, holder_check=2, time=world.now)
    till.send(till.claim(payer.wallet, cheque, 60_00, request))
    assert payer.faults == [CodeFault.WRONG]


def test_codes_of_a_replaced_authenticator_count_for_cheques_of_its_time(world: World) -> None:
    payer, till = paying(world), world.till()
    early = payer.pay(till, 60_00, payer.token.code())
    world.now += 3_600
    newer = token_for(world, payer.token.payer_id)
    world.now += 3_600
    late = payer.pay(till, 60_00, newer.code())
    assert all(settled(item) for item in till.send(early, late).claims)
    assert payer.faults == []
    till.send(payer.pay(till, 60_00, payer.token.code()))
    assert payer.faults == [CodeFault.WRONG]


def test_a_claim_after_d_says_nothing(world: World) -> None:
    payer, till = paying(world), world.till()
    claim = payer.pay(till, 60_00, payer.token.wrong())
    world.now += 30 * DAY
    assert till.send(claim).claims[0].verdict is Verdict.LATE
    assert payer.faults == []


def test_claims_without_codes_read_nothing_of_authenticators(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    payer, till = paying(world), world.till()
    asked: list[object] = []
    monkeypatch.setattr("feiqian.issuer.authenticators.code_ground", lambda *given: asked.append(given))
    assert settled(till.send(till.accept(payer.wallet, 40_00)).claims[0])
    assert asked == []


def test_confirming_and_removing(world: World) -> None:
    authenticators = world.issuer.authenticators
    payer_id, _ = world.payer()
    with pytest.raises(IssuerTrouble) as refused:
        authenticators.confirm(payer_id, ["123456"])
    assert refused.value.code == "no_authenticator"
    forgotten = token_for(world, payer_id, confirm=False)
    token = token_for(world, payer_id, confirm=False)
    for wrong in (["12345"], ["abcdef"], [forgotten.code()], [], [token.code()] * 3, [token.wrong()]):
        with pytest.raises(IssuerTrouble) as refused:
            authenticators.confirm(payer_id, wrong)
        assert refused.value.code == "authenticator_code_wrong"
    spaced = token.code()
    assert authenticators.confirm(payer_id, [f"{spaced[:3]} {spaced[3:]}"]).confirmed_at == world.now
    assert authenticators.confirm(payer_id, [spaced]).confirmed_at == world.now  # its answer was lost: nothing new
    held = authenticators.of(payer_id)[-1]
    with world.store.read() as reading:
        assert len(reading.code_uses(held.authenticator_id, 0)) == 1
    assert [one.removed_at is None for one in authenticators.of(payer_id)] == [False, True]
    for _ in range(2):
        authenticators.remove(payer_id)
    assert not any(one.in_force for one in authenticators.of(payer_id))
    for unknown in (authenticators.remove, authenticators.of):
        with pytest.raises(IssuerTrouble) as refused:
            unknown(PayerId(bytes(8)))
        assert refused.value.code == "unknown_payer"


def test_secrets_are_never_printed(world: World) -> None:
    payer_id, _ = world.payer()
    added = world.issuer.authenticators.add(payer_id, CodeKind.TOTP)
    (held,) = world.issuer.authenticators.of(payer_id)
    for text in (repr(added), repr(held)):
        assert added.secret.hex() not in text
        assert repr(added.secret) not in text
    assert added.secret not in world.path.read_bytes() if world.path.exists() else True
