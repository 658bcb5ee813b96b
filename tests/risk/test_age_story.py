"""A till and a wallet that nobody connects any more: hours, days, a month, a year (spec 05.2).

The file beside this one tells both stories step by step, with the sentences that people read; the web apps tell the
same from it (web/tests/risk/age_story.test.ts). At each step payments are really made: nothing that the list promises
is refused, and nothing above it is accepted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feiqian.protocol.refusals import Refused
from feiqian.risk.boundary import Capability, What
from feiqian.risk.boundary_words import WHY_WORDS
from feiqian.terminal.troubles import TerminalTrouble
from feiqian.wallet.boundary import boundary
from feiqian.wallet.spending import Advice
from feiqian.wallet.troubles import WalletTrouble
from tests.terminal import world as payee
from tests.wallet import world as payer

STORY: dict[str, Any] = json.loads((Path(__file__).parent / "age_story.json").read_text(encoding="utf-8"))
HOUR_S = 3_600


@pytest.mark.parametrize("step", STORY["terminal"], ids=lambda step: step["when"])
def test_a_tills_step(step: dict[str, Any], tmp_path: Path) -> None:
    counter = payee.enrolled(tmp_path)
    counter.clock = payee.NOW + step["after_s"]
    found = {one.what: one for one in counter.terminal.boundary()}
    assert told(found[What.ACCEPT], payee.NOW) == step["accept"]
    assert found[What.TAKE_CODE].up_to_minor == step["code_up_to_minor"]
    assert said(found[What.ACCEPT]) == step["said"]
    assert {amount: taken(counter, int(amount)) for amount in step["payments"]} == step["payments"]
    counter.vault.close()


@pytest.mark.parametrize("step", STORY["wallet"], ids=lambda step: step["when"])
def test_a_wallets_step(step: dict[str, Any], tmp_path: Path) -> None:
    world = payer.World(tmp_path)
    world.enrol().top_up(1_000_00)
    began_at = world.operator.clock.now
    world.operator.clock.now += step["after_s"]
    found = {one.what: one for one in boundary(world.wallet.holdings())}
    assert told(found[What.PAY_REQUEST], began_at) == step["pay_request"]
    assert found[What.SHOW_CODE].up_to_minor == step["code_up_to_minor"]
    assert said(found[What.PAY_REQUEST]) == step["said"]
    assert (Advice.TRUST_OLD in world.wallet.spendable().warnings) is step["trust_old"]
    assert {amount: drawn(world, int(amount)) for amount in step["payments"]} == step["payments"]
    world.wallet.lock()


def test_nothing_grows_with_age() -> None:
    """Whatever a later step allows, the one before did, too."""
    for who, what in (("terminal", "accept"), ("wallet", "pay_request")):
        steps = STORY[who]
        assert [step["after_s"] for step in steps] == sorted(step["after_s"] for step in steps)
        assert {hours * HOUR_S for hours in (0, 24, 72, 720)} <= {step["after_s"] for step in steps}
        for name in ("up_to_minor", "guaranteed_minor"):
            limits = [2**53 if step[what][name] is None else step[what][name] for step in steps]
            assert limits == sorted(limits, reverse=True), (who, name)
        codes = [step["code_up_to_minor"] for step in steps]
        assert codes == sorted(codes, reverse=True)


def told(found: Capability, began_at: int) -> dict[str, Any]:
    return {
        "works": found.works,
        "up_to_minor": found.up_to_minor,
        "guaranteed_minor": found.guaranteed_minor,
        "next_step_s": None if found.until is None else found.until - began_at,
        "why": found.why,
    }


def said(found: Capability) -> Any:
    return None if found.why is None else WHY_WORDS[found.why]


def taken(counter: payee.Counter, amount_minor: int) -> str:
    """The grade of a payment of this amount, accepted at the payee's own risk if it must be; else why it is refused."""
    giver = payee.Payer(number=amount_minor, expires_at=payee.NOW + 400 * payee.DAY, clock=counter.clock)
    try:
        payment = giver.answer(counter.terminal.request(exact_minor=amount_minor).shown)
        return str(counter.terminal.accept(payment, at_own_risk=True).grade.value)
    except (Refused, TerminalTrouble) as refused:
        return str(refused.code)


def drawn(world: payer.World, amount_minor: int) -> str:
    """Whether the wallet offers to pay this; else why not."""
    try:
        world.wallet.consider(world.terminal.asks(amount_minor))
    except (Refused, WalletTrouble) as refused:
        return str(refused.code)
    return "offered"
