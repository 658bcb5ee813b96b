"""The terminal's boundary promises nothing that accepting would refuse, and shrinks when its caps do."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.protocol.certificate import Capability as Allowed
from feiqian.protocol.refusals import Refused
from feiqian.risk.boundary import Capability, What, Why
from feiqian.terminal.troubles import TerminalTrouble
from tests.terminal.world import DAY, NOW, Counter, Operator, Payer, enrolled


def listed(counter: Counter, what: What) -> Capability:
    return next(one for one in counter.terminal.boundary() if one.what is what)


def takes(counter: Counter, payer: Payer, amount_minor: int) -> str | None:
    """The refusal of a payment of this amount, at the payee's own risk; None when it is accepted."""
    payer.clock = counter.clock
    payment = payer.answer(counter.terminal.request(exact_minor=amount_minor).shown)
    try:
        counter.terminal.accept(payment, at_own_risk=True)
    except (Refused, TerminalTrouble) as refused:
        return str(refused.code)
    return None


def test_fresh_lists_guarantee_the_cap_and_refuse_no_amount(counter: Counter, payer: Payer) -> None:
    found = listed(counter, What.ACCEPT)
    assert (found.works, found.up_to_minor, found.guaranteed_minor, found.why) == (True, None, 200_00, None)
    assert found.until == NOW + DAY
    assert takes(counter, payer, 450_00) is None


@pytest.mark.parametrize(("age_s", "why"), [(DAY, Why.LISTS_OLD), (3 * DAY, Why.LISTS_STALE)])
def test_caps_shrink_just_when_the_list_says(counter: Counter, age_s: int, why: Why) -> None:
    counter.clock = NOW + age_s - 1
    before = listed(counter, What.ACCEPT)
    assert before.until == NOW + age_s
    assert before.why is not why
    counter.clock += 1
    found = listed(counter, What.ACCEPT)
    assert found.why is why
    assert (found.guaranteed_minor or 0) < (before.guaranteed_minor or 0)


def test_stale_lists_accept_up_to_the_limit_and_no_more(counter: Counter) -> None:
    counter.clock = NOW + 3 * DAY
    most_minor = listed(counter, What.ACCEPT).up_to_minor
    assert most_minor == 50_00
    payer = Payer(expires_at=NOW + 10 * DAY)
    assert takes(counter, payer.fork(), most_minor + 1) == "trust_too_old"
    assert takes(counter, payer, most_minor) is None


def test_a_code_is_taken_up_to_its_limit(counter: Counter, payer: Payer) -> None:
    found = listed(counter, What.TAKE_CODE)
    assert (found.up_to_minor, found.guaranteed_minor) == (50_00, 0)
    with pytest.raises(Refused):
        counter.terminal.take_code(payer.fork().code(50_01), due_minor=50_01, at_own_risk=True)
    taken = counter.terminal.take_code(payer.code(50_00), due_minor=50_00, at_own_risk=True)
    assert taken.accepted.final_minor == 50_00


def test_a_certificate_that_is_over_leaves_only_what_the_till_already_has(counter: Counter) -> None:
    counter.clock = counter.terminal.ready().certificate_expires_at
    assert listed(counter, What.GIVE_BACK).works
    counter.clock += 1
    for what in (What.ASK, What.ACCEPT, What.TAKE_CODE, What.GIVE_BACK, What.CANCEL):
        found = listed(counter, what)
        assert (found.works, found.why) == (False, Why.CERTIFICATE_OVER)
    with pytest.raises(TerminalTrouble, match="certificate_over"):
        counter.terminal.request(exact_minor=1_00)
    assert listed(counter, What.LOOK).works


def test_what_the_certificate_does_not_allow_is_said(tmp_path: Path) -> None:
    counter = enrolled(tmp_path / "till", Operator(capabilities=int(Allowed.REQUEST)))
    found = {one.what: one.why for one in counter.terminal.boundary()}
    assert (found[What.ASK], found[What.TAKE_CODE], found[What.GIVE_BACK]) == (None, Why.NOT_ALLOWED, Why.NOT_ALLOWED)
    counter.vault.close()


def test_signing_out_waits_for_the_queue(counter: Counter, payer: Payer) -> None:
    assert (listed(counter, What.SIGN_OUT).works, listed(counter, What.EXPORT).why) == (True, Why.QUEUE_EMPTY)
    assert takes(counter, payer, 5_00) is None
    assert (listed(counter, What.SIGN_OUT).why, listed(counter, What.EXPORT).works) == (Why.QUEUE_WAITS, True)
    with pytest.raises(TerminalTrouble, match="queue_waiting"):
        counter.terminal.sign_out()
