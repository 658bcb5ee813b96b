"""The wallet's store: what the rules forbid the tables forbid, too; a conflict writes nothing; PINs and locks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.trust import TrustRoot
from feiqian.storage import PinLocked, VaultMissing, WrongPin
from feiqian.storage.migrations import migrate, version_of
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_wallet import PlainWalletStore
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_schema import MIGRATIONS
from feiqian.storage.wallet_store import CRASH_POINTS, VaultWalletStore
from feiqian.wallet.ports import Conflict, WalletStore
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Elsewhere,
    Enrolment,
    Finding,
    FindingKind,
    Footing,
    HeldTrust,
    KeyHome,
    Membership,
    OtherAllowance,
    OtherCheque,
    PayeeRecord,
    PaymentRecord,
    RestoredPayment,
)
from feiqian.wallet.states import PAYMENT_STATUS, AllowanceState, PaymentState, Status

PIN, OTHER_PIN, NOW = "402896", "730164", 1_800_000_000
ENROLMENT = Enrolment(server="https://operator.test", account_key=b"a" * 32, begun_at=NOW)
MEMBERSHIP = Membership(
    payer_id=b"payer-01", payer_name="Ada 爱达", device_id=b"device01", device_token=PIN, currency="EUR"
)
TRUST = HeldTrust(root=TrustRoot(deployment="test", roots=(b"\2" * 33, b"\3" * 33), threshold=2), pack=b"pack")
ASKED = AllowanceRecord(
    top_up_id=b"t" * 16,
    device_key=b"k" * 32,
    amount_minor=100_00,
    currency="EUR",
    asked_at=NOW,
    state=AllowanceState.ASKED,
)
HELD = replace(ASKED, state=AllowanceState.HELD, raw=b"allowance", last_id=b"A" * 32, expires_at=NOW + 600)
PAYMENT = PaymentRecord(
    cheque_id=StatementId(b"c" * 32),
    top_up_id=ASKED.top_up_id,
    counter=1,
    cheque=b"cheque",
    credits=None,
    form=ChequeForm.TWO_WAY,
    amount_minor=10_00,
    up_to=True,
    currency="EUR",
    drawn_at=NOW,
    expires_at=NOW + 60,
    state=PaymentState.SHOWN,
    request=b"request",
    request_hash=RequestHash(b"h" * 32),
    payee_id=PayeeId(b"payee-01"),
    payee_name="茶馆",
    payee_proved=True,
    reference="table 4",
)
AFTER = replace(HELD, counter=1, cumulative_minor=10_00, last_id=PAYMENT.cheque_id)
PAYEE = PayeeRecord(
    terminal_ref=TerminalRef(b"terminal"), payee_id=b"payee-01", payee_name="茶馆", certificate=b"cert", met_at=NOW
)


RESTORED = RestoredPayment(
    payment=replace(
        PAYMENT,
        cheque_id=StatementId(b"r" * 32),
        top_up_id=b"otherref",
        request_hash=RequestHash(b"q" * 32),
        state=PaymentState.ACCEPTED,
        final_minor=8_00,
        grade="F2",
        acknowledgement=b"receipt",
        acknowledged_at=NOW,
        deadline_at=NOW + 9,
    ),
    certificate=b"cert",
)
ELSEWHERE = Elsewhere(
    allowances=(
        OtherAllowance(
            ref=AllowanceRef(b"otherref"),
            reserved_minor=50_00,
            waiting_minor=20_00,
            returned_minor=0,
            deadline_at=NOW + 9,
            stopped=True,
            closed=False,
        ),
    ),
    cheques=(
        OtherCheque(
            cheque_id=StatementId(b"o" * 32),
            ref=AllowanceRef(b"otherref"),
            amount_minor=20_00,
            paid_minor=0,
            waiting_minor=20_00,
            deadline_at=NOW + 9,
            state=PaymentState.CONTINGENT,
            payee_name=None,
        ),
    ),
)


def credit(back_minor: int) -> CreditRecord:
    return CreditRecord(
        cheque_id=PAYMENT.cheque_id,
        top_up_id=ASKED.top_up_id,
        back_minor=back_minor,
        statement=b"note %d" % back_minor,
        certificate=b"cert",
    )


@pytest.fixture(params=["vault", "plain"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WalletStore]:
    """The store in the vault, and the one over plain rows that simulated wallets use."""
    if request.param == "plain":
        yield PlainWalletStore(PlainRows(lambda _point: None))
        return
    with Vault.create(tmp_path / "wallet", PIN) as vault:
        yield VaultWalletStore(vault)


@pytest.fixture
def held(store: WalletStore) -> WalletStore:
    store.begin_top_up(ASKED)
    store.hold_allowance(HELD)
    return store


def test_what_is_written_is_read_again_also_after_a_restart(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "wallet", PIN) as vault:
        store = VaultWalletStore(vault)
        store.begin_enrolment(ENROLMENT)
        store.finish_enrolment(MEMBERSHIP, TRUST)
        store.begin_top_up(ASKED)
        store.hold_allowance(HELD)
        store.burn(PAYMENT, HELD, AFTER)
        store.acknowledge(replace(PAYMENT, state=PaymentState.VOIDED), credit(4_00), PAYEE, heard_at=NOW + 5)
    with Vault.open(tmp_path / "wallet", PIN, NOW) as vault:
        store = VaultWalletStore(vault)
        assert version_of(vault.connection) == len(MIGRATIONS)
        assert store.enrolment() == ENROLMENT
        assert store.membership() == MEMBERSHIP
        assert store.trust() == TRUST
        assert store.allowances() == [AFTER]
        assert store.payments() == [replace(PAYMENT, state=PaymentState.VOIDED)]
        assert store.payment(PAYMENT.cheque_id) == store.payment_for(RequestHash(b"h" * 32)) == store.payments()[0]
        assert [one for one, _ in store.credits(ASKED.top_up_id)] == [credit(4_00)]
        assert store.payee(PAYEE.terminal_ref) == PAYEE
        assert store.payees(b"payee-01") == [PAYEE]
        assert store.footing() == Footing(membership=MEMBERSHIP, trust=TRUST, heard_at=NOW + 5)


def test_an_empty_store_knows_nothing(store: WalletStore) -> None:
    assert (store.enrolment(), store.membership(), store.trust(), store.footing()) == (None, None, None, None)
    assert (store.allowances(), store.payments()) == ([], [])
    assert store.payment(PAYMENT.cheque_id) is None


def test_the_head_moves_only_from_where_it_was_read(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    second = replace(PAYMENT, cheque_id=StatementId(b"d" * 32), request_hash=RequestHash(b"i" * 32))
    with pytest.raises(Conflict):
        held.burn(second, HELD, AFTER)
    assert held.payments() == [PAYMENT]
    assert held.allowances() == [AFTER]


@pytest.mark.parametrize("same", ["counter", "request", "cheque"])
def test_two_payments_never_share(held: WalletStore, same: str) -> None:
    """Even if the code above moved the head rightly, the tables would refuse."""
    held.burn(PAYMENT, HELD, AFTER)
    second = replace(
        PAYMENT,
        cheque_id=PAYMENT.cheque_id if same == "cheque" else StatementId(b"d" * 32),
        counter=1 if same == "counter" else 2,
        request_hash=PAYMENT.request_hash if same == "request" else RequestHash(b"i" * 32),
    )
    with pytest.raises(Conflict):
        held.burn(second, AFTER, replace(AFTER, counter=2, cumulative_minor=20_00))
    assert held.allowances() == [AFTER], "the head was rolled back with the payment"


def test_an_allowance_that_was_closed_draws_nothing(held: WalletStore) -> None:
    closing = replace(HELD, state=AllowanceState.CLOSING, counter=1, closing=b"closing")
    held.burn_closing(HELD, closing)
    with pytest.raises(Conflict):
        held.burn(PAYMENT, HELD, AFTER)
    held.confirm_closing(HELD.top_up_id)
    with pytest.raises(Conflict):
        held.confirm_closing(HELD.top_up_id)
    assert held.allowances() == [replace(closing, state=AllowanceState.CLOSED)]


def test_the_mark_of_a_counter_moves_with_every_cheque_and_with_nothing_else(store: WalletStore) -> None:
    store.choose_key_home(KeyHome(kind="software"))
    store.choose_key_home(KeyHome(kind="tpm", counter=b"where"))
    store.begin_top_up(ASKED)
    store.hold_allowance(HELD)
    assert store.key_home() == KeyHome(kind="tpm", counter=b"where"), "before it has begun there is nothing to move"
    store.begin_counting(7)
    with pytest.raises(Conflict):
        store.begin_counting(7)
    store.burn(PAYMENT, HELD, AFTER)
    with pytest.raises(Conflict):
        store.burn(PAYMENT, HELD, AFTER)
    store.burn_closing(AFTER, replace(AFTER, state=AllowanceState.CLOSING, counter=2, closing=b"closing"))
    store.vouch()
    assert store.key_home() == KeyHome(kind="tpm", counter=b"where", mark=9, vouched=True)
    store.begin_enrolment(ENROLMENT)
    with pytest.raises(Conflict):
        store.choose_key_home(KeyHome(kind="software"))


def test_to_begin_anew_bars_what_is_known(store: WalletStore) -> None:
    store.choose_key_home(KeyHome(kind="tpm", counter=b"where"))
    with pytest.raises(Conflict):
        store.begin_anew(9)
    store.begin_counting(7)
    store.begin_top_up(ASKED)
    store.hold_allowance(HELD)
    store.begin_top_up(replace(ASKED, top_up_id=b"u" * 16, device_key=b"l" * 32))
    store.begin_anew(12)
    known = [(one.state, one.barred) for one in store.allowances()]
    assert known == [(AllowanceState.HELD, True), (AllowanceState.DROPPED, True)]
    store.begin_top_up(replace(ASKED, top_up_id=b"v" * 16, device_key=b"m" * 32))
    assert [one.barred for one in store.allowances()] == [True, True, False]
    assert store.key_home() == KeyHome(kind="tpm", counter=b"where", mark=12)


def test_a_top_up_goes_its_way_once(store: WalletStore) -> None:
    store.begin_top_up(ASKED)
    with pytest.raises(Conflict):
        store.begin_top_up(ASKED)
    store.hold_allowance(HELD)
    with pytest.raises(Conflict):
        store.hold_allowance(HELD)
    with pytest.raises(Conflict):
        store.drop_top_up(HELD.top_up_id)
    other = replace(ASKED, top_up_id=b"u" * 16, device_key=b"l" * 32)
    store.begin_top_up(other)
    store.drop_top_up(other.top_up_id)
    assert [record.state for record in store.allowances()] == [AllowanceState.HELD, AllowanceState.DROPPED]


def test_one_device_key_serves_one_allowance(held: WalletStore) -> None:
    with pytest.raises(Conflict):
        held.begin_top_up(replace(ASKED, top_up_id=b"u" * 16))


def test_of_several_credits_on_one_cheque_the_largest_stays(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    for back_minor in (3_00, 5_00, 4_00):
        held.acknowledge(PAYMENT, credit(back_minor), PAYEE, heard_at=NOW)
    assert held.credits(ASKED.top_up_id) == [(credit(5_00), PAYMENT)]


def test_the_latest_time_heard_never_falls(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    for heard_at in (NOW + 5, NOW):
        held.acknowledge(PAYMENT, None, PAYEE, heard_at=heard_at)
    held.finish_enrolment(MEMBERSHIP, TRUST)
    footing = held.footing()
    assert footing is not None
    assert footing.heard_at == NOW + 5


def test_what_a_cheque_says_never_changes(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    after = replace(PAYMENT, cheque=b"other", amount_minor=1, state=PaymentState.SETTLED, grade="F3", deadline_at=9)
    held.apply_statement([after], [])
    assert held.payments() == [replace(PAYMENT, state=PaymentState.SETTLED, grade="F3", deadline_at=9)]


def test_a_final_amount_above_the_cheque_is_not_stored(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    with pytest.raises(Conflict):
        held.apply_statement([replace(PAYMENT, final_minor=10_01)], [finding(b"a")])
    assert held.payments() == [PAYMENT]
    assert held.findings() == []


def finding(cheque_id: bytes, kind: FindingKind = FindingKind.NOT_OURS) -> Finding:
    return Finding(cheque_id=StatementId(cheque_id), kind=kind, top_up_id=ASKED.top_up_id, amount_minor=5)


def test_findings_are_those_of_the_last_statement(held: WalletStore) -> None:
    found = [finding(b"a"), finding(b"b", FindingKind.FORKED), finding(b"b", FindingKind.TOO_MUCH)]
    held.apply_statement([], found)
    assert held.findings() == found
    held.apply_statement([], found[1:])
    assert held.findings() == found[1:]


def test_restored_payments_stand_apart_and_come_once(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    known = RestoredPayment(payment=replace(PAYMENT, top_up_id=b"otherref", state=PaymentState.UNCONFIRMED))
    assert held.restore([RESTORED, known]) == 1
    assert held.restore([replace(RESTORED, certificate=None)]) == 0
    assert held.restored() == [RESTORED]
    assert (held.payments(), held.open_payments(), held.allowances()) == ([PAYMENT], [PAYMENT], [AFTER])
    assert held.payment(RESTORED.payment.cheque_id) is None
    assert held.payment_for(RequestHash(b"q" * 32)) is None
    assert [one.amount_minor for one in held.drawings(9)] == [PAYMENT.amount_minor]
    assert held.credits(b"otherref") == []


def test_a_restored_payment_keeps_the_laws_of_payments(store: WalletStore) -> None:
    wrong = replace(RESTORED, payment=replace(RESTORED.payment, final_minor=10_01))
    with pytest.raises(Conflict):
        store.restore([RESTORED, wrong])
    with pytest.raises(Conflict):
        store.restore([RESTORED, replace(wrong, payment=replace(wrong.payment, cheque_id=StatementId(b"s" * 32)))])
    assert store.restored() == []


def test_what_is_heard_of_other_devices_is_that_of_the_last_statement(store: WalletStore) -> None:
    assert store.elsewhere() == Elsewhere()
    store.restore([RESTORED])
    settled = replace(RESTORED.payment, state=PaymentState.SETTLED, grade="F3")
    store.hear_of_others(ELSEWHERE, [settled])
    assert (store.elsewhere(), store.restored()) == (ELSEWHERE, [replace(RESTORED, payment=settled)])
    with pytest.raises(Conflict):
        store.hear_of_others(Elsewhere(), [PAYMENT])
    assert store.elsewhere() == ELSEWHERE
    store.hear_of_others(Elsewhere(), [])
    assert store.elsewhere() == Elsewhere()


def test_enrolment_is_once(store: WalletStore) -> None:
    store.begin_enrolment(ENROLMENT)
    other = replace(ENROLMENT, server="https://other.test")
    store.begin_enrolment(other)
    assert store.enrolment() == other
    store.finish_enrolment(MEMBERSHIP, TRUST)
    with pytest.raises(Conflict):
        store.begin_enrolment(ENROLMENT)
    with pytest.raises(Conflict):
        store.finish_enrolment(MEMBERSHIP, TRUST)


def test_the_pin_can_be_changed_and_wrong_ones_lock(tmp_path: Path) -> None:
    folder = tmp_path / "wallet"
    with Vault.create(folder, PIN) as vault:
        VaultWalletStore(vault).change_pin(PIN, OTHER_PIN, NOW)
    with pytest.raises(WrongPin):
        Vault.open(folder, PIN, NOW)
    now = NOW
    for _ in range(9):
        now += 7200
        with pytest.raises((WrongPin, PinLocked)):
            Vault.open(folder, PIN, now)
    with pytest.raises(PinLocked) as locked:
        Vault.open(folder, OTHER_PIN, now + 10_000)
    assert locked.value.until is None
    with pytest.raises(VaultMissing):
        Vault.open(tmp_path / "elsewhere", PIN, NOW)


def test_nothing_can_be_read_from_the_files_without_the_pin(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "wallet", PIN) as vault:
        VaultWalletStore(vault).begin_enrolment(ENROLMENT)
    content = b"".join(path.read_bytes() for path in (tmp_path / "wallet").iterdir())
    assert ENROLMENT.account_key not in content
    assert b"operator.test" not in content


def test_every_write_point_is_listed() -> None:
    assert "wallet.cheque:before-commit" in CRASH_POINTS
    assert "wallet.cheque:after-commit" in CRASH_POINTS


def test_allowances_of_the_past_and_dropped_ones_are_not_current(held: WalletStore) -> None:
    later = replace(ASKED, top_up_id=b"later", device_key=b"later's key")
    dropped = replace(ASKED, top_up_id=b"dropped", device_key=b"dropped one's key")
    held.begin_top_up(later)
    held.begin_top_up(dropped)
    held.drop_top_up(dropped.top_up_id)
    assert held.current_allowances(NOW + 600) == [HELD, later]
    assert held.current_allowances(NOW + 601) == [later]
    assert len(held.allowances()) == 3


@pytest.mark.parametrize("state", PaymentState)
def test_open_payments_are_those_that_are_not_done(held: WalletStore, state: PaymentState) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    after = replace(PAYMENT, state=state)
    held.age([after])
    assert held.open_payments() == ([] if PAYMENT_STATUS[state] is Status.DONE else [after])


def test_what_was_stored_before_ends_were_kept_stays_current(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "wallet", PIN) as vault:
        migrate(vault.connection, MIGRATIONS[:2])
        vault.connection.execute(
            "INSERT INTO allowance VALUES (1, ?, ?, 100, 'EUR', 1, 'held', ?, 0, 0, ?, NULL)", (b"t", b"k", b"r", b"i")
        )
        (kept,) = VaultWalletStore(vault).current_allowances(NOW)
        assert (kept.top_up_id, kept.expires_at) == (b"t", None)


def test_an_allowance_is_forgotten_whole_and_no_other(held: WalletStore) -> None:
    other = replace(HELD, top_up_id=b"u" * 16, device_key=b"l" * 32, last_id=b"B" * 32)
    held.begin_top_up(replace(ASKED, top_up_id=other.top_up_id, device_key=other.device_key))
    held.hold_allowance(other)
    held.burn(PAYMENT, HELD, AFTER)
    second = replace(
        PAYMENT, cheque_id=StatementId(b"d" * 32), top_up_id=other.top_up_id, request_hash=RequestHash(b"i" * 32)
    )
    held.burn(second, other, replace(other, counter=1, cumulative_minor=10_00, last_id=second.cheque_id))
    settled = replace(PAYMENT, state=PaymentState.SETTLED)
    alone = replace(PAYEE, terminal_ref=TerminalRef(b"seldom  "), payee_id=b"payee-02")
    held.acknowledge(settled, credit(4_00), PAYEE, heard_at=NOW)
    held.acknowledge(second, None, alone, heard_at=NOW)

    held.forget([ASKED.top_up_id])
    assert [one.top_up_id for one in held.allowances()] == [other.top_up_id]
    assert held.payments() == held.open_payments() == [second]
    assert held.payment_for(RequestHash(b"h" * 32)) is None
    assert held.credits(ASKED.top_up_id) == []
    assert held.payee(PAYEE.terminal_ref) == PAYEE, "the second payment is to the same payee"

    held.age([replace(second, state=PaymentState.SETTLED, payee_id=None)])
    held.forget([other.top_up_id])
    assert (held.allowances(), held.payments(), held.findings()) == ([], [], [])
    assert held.payee(alone.terminal_ref) == alone, "only payees of its own payments go with an allowance"


def test_what_is_contradicted_open_or_asked_is_not_forgotten(held: WalletStore) -> None:
    held.burn(PAYMENT, HELD, AFTER)
    with pytest.raises(Conflict):
        held.forget([ASKED.top_up_id])
    held.age([replace(PAYMENT, state=PaymentState.SETTLED)])
    held.apply_statement([], [finding(b"x" * 32)])
    with pytest.raises(Conflict):
        held.forget([ASKED.top_up_id])
    held.apply_statement([], [])
    asked = replace(ASKED, top_up_id=b"v" * 16, device_key=b"m" * 32)
    held.begin_top_up(asked)
    with pytest.raises(Conflict):
        held.forget([ASKED.top_up_id, asked.top_up_id])
    assert len(held.payments()) == 1, "the first of them was not forgotten either"
    assert len(held.allowances()) == 2
