"""What holders have beside their wallets in a played world: chips, tokens, wallets that lock themselves, lost codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from feiqian.issuer import one_time_codes, paying_locks
from feiqian.issuer.lock_ports import Decision
from feiqian.issuer.one_time_codes import CodeJudge
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.cheque import ChequeTerms
from feiqian.risk.one_time_code import CodeFault
from feiqian.simulation import events as ev
from feiqian.simulation.desk import QuickHasher
from feiqian.simulation.holders import ALL, CODED, COUNTED, PLAIN, WATCHED, WATCHFUL, traits_of
from feiqian.simulation.run import Run, play
from feiqian.simulation.signatures import Signatures
from feiqian.wallet import pay, paying_lock

ABOVE_CODE_MINOR = 70_00
SEED = 1
CODED_STORY: list[ev.Event] = [
    *(ev.Pay(wallet=CODED, till=0, amount_minor=ABOVE_CODE_MINOR, wrong_code=wrong) for wrong in (False, True)),
    ev.SyncTill(till=0),
]
ROLLED_BACK: list[ev.Event] = [
    ev.Pay(wallet=COUNTED, till=0, amount_minor=1_00),
    ev.SaveWallet(wallet=COUNTED),
    ev.Pay(wallet=COUNTED, till=0, amount_minor=2_00),
    ev.RollBackWallet(wallet=COUNTED),
    ev.Pay(wallet=COUNTED, till=1, amount_minor=3_00),
]
LOCKED: list[ev.Event] = [
    *(ev.Pay(wallet=WATCHFUL, till=0, amount_minor=1_00, wait_s=1) for _ in range(WATCHED.minute_payments + 1)),
    ev.Pay(wallet=WATCHFUL, till=0, amount_minor=1_00, wait_s=120),
]
BEHIND: list[ev.Event] = [
    ev.Pay(wallet=WATCHFUL, till=0, amount_minor=1_00),
    ev.SaveWallet(wallet=WATCHFUL),
    ev.Pay(wallet=WATCHFUL, till=0, amount_minor=2_00, wait_s=60),
    ev.SyncTill(till=0),
    ev.RollBackWallet(wallet=WATCHFUL),
    ev.SyncWallet(wallet=WATCHFUL),
    ev.Pay(wallet=WATCHFUL, till=0, amount_minor=3_00, wait_s=60),
    ev.Unlock(wallet=WATCHFUL),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A rule of the product, what stands in its place, and the promise that a story finds broken then."""

    where: Any
    rule: str
    instead: Callable[..., Any]
    story: list[ev.Event]
    broken: str


MISTAKES = {
    "a store that was put back beside its chip pays on": Mistake(
        where=pay,
        rule="check_counted",
        instead=lambda _parts: None,
        story=ROLLED_BACK,
        broken="honest_device_convicted",
    ),
    "a locked wallet pays on": Mistake(
        where=paying_lock, rule="standing_lock", instead=lambda *_: None, story=LOCKED, broken="paid_while_locked"
    ),
    "the operator's policy opens locks that need a person": Mistake(
        where=paying_locks,
        rule="decided_alone",
        instead=lambda *_: Decision.ALLOWED,
        story=BEHIND,
        broken="lock_decided_alone",
    ),
    "a wallet says that its holder was checked": Mistake(
        where=pay,
        rule="ChequeTerms",
        instead=lambda **values: ChequeTerms(**(values | {"holder_check": HolderCheck.PIN})),
        story=[ev.Pay(wallet=PLAIN, till=0, amount_minor=1_00, unchecked=True)],
        broken="check_misstated",
    ),
    "any one-time code will do": Mistake(
        where=CodeJudge,
        rule="_fits",
        instead=lambda *_: lambda _factor: True,
        story=CODED_STORY,
        broken="wrong_code_unseen",
    ),
    "whoever types a one-time code is accused": Mistake(
        where=one_time_codes,
        rule="judge",
        instead=lambda *_: CodeFault.WRONG,
        story=CODED_STORY,
        broken="accused_of_a_right_code",
    ),
    "any lost-device code stops a device": Mistake(
        where=QuickHasher,
        rule="is_password",
        instead=lambda *_: True,
        story=[ev.LoseByCode(wallet=PLAIN, wrong=True)],
        broken="stopped_by_a_wrong_code",
    ),
}


def _pay(wallet: int, amount_minor: int = 1_00, **more: object) -> ev.Event:
    return ev.Pay(wallet=wallet, till=0, amount_minor=amount_minor, wait_s=1, **more)  # type: ignore[arg-type]


def _outcomes(run: Run) -> list[str]:
    assert run.broken is None, run.lines
    return [line.split(" -> ")[1] for line in run.lines[:-1]]


@pytest.mark.parametrize("signatures", list(Signatures))
def test_a_store_that_was_put_back_beside_its_chip_pays_only_from_a_new_allowance(signatures: Signatures) -> None:
    before = [_pay(COUNTED), ev.SaveWallet(wallet=COUNTED), _pay(COUNTED), ev.RollBackWallet(wallet=COUNTED)]
    run = play(SEED, [*before, _pay(COUNTED), _pay(COUNTED)], signatures)
    assert _outcomes(run)[4:] == ["refused store_rolled_back", "accepted F2 100"]


def test_a_copy_of_a_store_has_no_keys_without_its_chip() -> None:
    run = play(SEED, [_pay(COUNTED), _pay(COUNTED), ev.Clone(wallet=COUNTED), _pay(COUNTED, copy=True), _pay(COUNTED)])
    assert _outcomes(run)[3:] == ["refused tpm_changed", "accepted F2 100"]
    assert run.figures.forks_made == 0


def test_a_wallet_that_watches_itself_waits_for_the_operator_the_second_time() -> None:
    burst = [_pay(WATCHFUL) for _ in range(WATCHED.minute_payments + 1)]
    unlock = ev.Unlock(wallet=WATCHFUL)
    run = play(SEED, [*burst, unlock, *burst, unlock, ev.DecideLocks(), unlock, _pay(WATCHFUL)])
    outcomes = _outcomes(run)
    assert outcomes[2:4] == ["refused locked_burst", "unlocked"]
    assert outcomes[6:] == ["refused locked_burst", "refused lock_waits", "decided on 1", "unlocked", "accepted F2 100"]


def test_what_the_operator_refused_stays_refused() -> None:
    burst = [_pay(WATCHFUL) for _ in range(WATCHED.minute_payments + 1)]
    unlock = ev.Unlock(wallet=WATCHFUL)
    run = play(SEED, [*burst, unlock, *burst, unlock, ev.DecideLocks(refuse=True), unlock, _pay(WATCHFUL)])
    assert _outcomes(run)[-2:] == ["refused lock_refused", "refused locked_burst"]


def test_a_wrong_code_is_accused_at_settlement_and_its_payee_is_paid() -> None:
    right, wrong = _pay(CODED, ABOVE_CODE_MINOR), _pay(CODED, ABOVE_CODE_MINOR, wrong_code=True)
    run = play(SEED, [right, wrong, ev.SyncTill(till=0), ev.TopUp(wallet=CODED, amount_minor=100_00)])
    assert _outcomes(run) == [
        *["accepted F2 7000"] * 2,
        "synced [settled:7000:0 settled:7000:0] told 0",
        "refused device_accused",
    ]


def test_nobody_pays_above_the_limit_unchecked() -> None:
    run = play(SEED, [_pay(PLAIN, 49_00, unchecked=True), _pay(PLAIN, 51_00, unchecked=True), _pay(PLAIN, 51_00)])
    assert _outcomes(run) == ["accepted F2 4900", "refused holder_check_needed", "accepted F2 5100"]


def test_a_lost_device_code_stops_its_device_and_a_wrong_one_does_not() -> None:
    wrong, right = ev.LoseByCode(wallet=PLAIN, wrong=True), ev.LoseByCode(wallet=PLAIN)
    run = play(SEED, [_pay(PLAIN), wrong, _pay(PLAIN), right, ev.SyncTill(till=0), _pay(PLAIN, copy=True), _pay(PLAIN)])
    outcomes = _outcomes(run)
    assert outcomes[1:4] == ["refused lost_code_invalid", "accepted F2 100", "stopped by its code"]
    assert outcomes[5:] == ["refused allowance_suspended", "accepted F2 100"]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_broken_rule_is_found(mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert play(SEED, mistake.story).broken is None
    monkeypatch.setattr(mistake.where, mistake.rule, mistake.instead)
    run = play(SEED, mistake.story)
    assert run.rule == mistake.broken, run.lines


def test_every_kind_of_holder_comes_to_a_world() -> None:
    assert [traits_of(number) for number in range(5)] == [traits_of(number + 100) for number in range(5)]
    everything = traits_of(ALL)
    assert everything.counted
    assert everything.coded
    assert everything.watchful
