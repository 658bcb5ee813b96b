"""Backups: they hold papers and nothing that pays; putting one back clones no money; what waits elsewhere is told."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.protocol import cbor
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.receipt import NoteKind
from feiqian.wallet.backup import CONTENT_MAX_BYTES, Backup, decode_backup, encode_backup
from feiqian.wallet.backup_troubles import BackupTrouble
from feiqian.wallet.elsewhere import SHOWN_AFTER_D_S
from feiqian.wallet.ports import AllowanceLine, ChequeLine
from feiqian.wallet.records import Elsewhere, PaymentRecord
from feiqian.wallet.states import PaymentState
from feiqian.wallet.troubles import WalletTrouble
from tests.wallet.world import CODE, PIN_HELD, World

OTHER = AllowanceLine(
    ref=AllowanceRef(b"elsewher"),
    closed=False,
    complete=True,
    reserved_minor=150_00,
    waiting_minor=30_00,
    returned_minor=0,
    deadline=1_800_600_000,
    stopped=True,
)


def another(world: World, folder: Path) -> World:
    """A second device of the same payer at the same operator, not enrolled yet."""
    other = World(folder)
    other.operator, other.terminal = world.operator, world.terminal
    world.operator.account_key = b""
    return other


def paid_with_receipt(world: World, amount_minor: int, *, final_minor: int | None = None) -> PaymentRecord:
    _, body = world.pay(amount_minor, up_to=final_minor is not None)
    cheque_id = world.wallet.history()[0].cheque_id
    world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, final_minor or amount_minor))
    assert decode_payment(body)
    return world.wallet.history()[0]


def carried(backup: Backup) -> Backup:
    """As it comes out of the file."""
    return decode_backup(encode_backup(backup))


def line_of(payment: PaymentRecord, world: World, *, paid_minor: int, waiting_minor: int = 0) -> ChequeLine:
    (live,) = world.wallet.holdings().lives
    return ChequeLine(
        cheque_id=payment.cheque_id,
        ref=live.allowance.ref,
        paid_minor=paid_minor,
        waiting_minor=waiting_minor,
        deadline=live.deadline_at,
        given_back=False,
        forked=False,
        payee_name="Café 茶馆",
        amount_minor=payment.amount_minor,
    )


def test_it_says_what_the_wallet_remembers(world: World) -> None:
    accepted = paid_with_receipt(world, 30_00, final_minor=20_00)
    world.pay(10_00)
    world.wallet.one_way_code(5_00, PIN_HELD)
    backup = world.wallet.back_up()
    assert carried(backup) == replace(
        backup,
        payments=tuple(
            replace(one, payment=replace(one.payment, top_up_id=world.refs()[0], state=state))
            for one, state in zip(
                backup.payments, (PaymentState.HIDDEN, PaymentState.UNCONFIRMED, PaymentState.ACCEPTED), strict=True
            )
        ),
    )
    (live,) = world.wallet.holdings().lives
    assert {one.payment.deadline_at for one in backup.payments} == {live.deadline_at}
    assert (backup.papers, backup.payments[2].payment.acknowledgement) == (1, accepted.acknowledgement)
    assert backup.payments[2].certificate == world.terminal.certificate.raw


def test_it_holds_nothing_that_pays_or_signs_in(tmp_path: Path) -> None:
    world = World(tmp_path / "wallet")
    world.operator.grant.code_key = b"code-key" * 4
    world.enrol().top_up().top_up()
    paid_with_receipt(world, 30_00)
    content = encode_backup(world.wallet.back_up())
    enrolment, membership = world.store.enrolment(), world.store.membership()
    assert enrolment is not None
    assert membership is not None
    secrets = [enrolment.account_key, membership.device_token.encode(), membership.device_id, CODE.encode()]
    for record in world.store.allowances():
        assert record.raw is not None
        assert record.code_key is not None
        secrets += [record.device_key, record.raw, record.top_up_id, record.code_key]

    def keep(data_key: bytes) -> bytes:
        secrets.append(bytes(data_key))
        return b"{}"

    world.vault.keep_recovery(keep)
    assert len(secrets[-1]) == 32
    assert [secret for secret in secrets if secret in content or secret.hex().encode() in content] == []
    world.wallet.lock()


def test_a_wallet_that_is_not_enrolled_has_nothing_to_back_up(fresh: World) -> None:
    with pytest.raises(WalletTrouble, match="not_enrolled"):
        fresh.wallet.back_up()


def test_restoring_clones_no_money(world: World, tmp_path: Path) -> None:
    """Back up, pay on, restore elsewhere, try everything."""
    voided = paid_with_receipt(world, 40_00)
    world.pay(50_00)
    asking = world.terminal.asks(20_00)
    world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    backup = carried(world.wallet.back_up())
    note = world.terminal.note(NoteKind.VOID, voided.cheque_id, 40_00)
    world.wallet.take_acknowledgement(note)
    with_note = carried(world.wallet.back_up())
    paid_with_receipt(world, 60_00)

    thief = another(world, tmp_path / "thief")
    assert thief.wallet.put_back(backup).added == 3
    for attempt in (
        lambda: thief.wallet.consider(world.terminal.asks(1)),
        lambda: thief.wallet.one_way_code(1, PIN_HELD),
        thief.wallet.spendable,
        lambda: thief.wallet.top_up(world.operator, 1),
        lambda: thief.wallet.close(world.operator),
    ):
        refused(attempt, "not_enrolled")
    nothing_to_show(thief, note)

    thief.enrol()
    assert thief.wallet.put_back(with_note).known == 3
    assert thief.wallet.spendable().total_minor == 0
    refused(lambda: thief.wallet.one_way_code(1, PIN_HELD), "no_allowance")
    nothing_to_show(thief, note)
    thief.top_up(100_00)
    assert thief.wallet.spendable().total_minor == 100_00, "its own allowance, and not a cent of the other's"
    _, body = thief.pay(10_00)
    drawn = decode_payment(body).cheque.terms
    assert (drawn.counter, drawn.cumulative_minor, drawn.credits_hash) == (1, 10_00, None)
    nothing_to_show(thief, note)
    for number, amount_minor in ((1, 50_00), (2, 40_00)):
        asking = thief.terminal.asks(amount_minor)
        thief.terminal.accepts(asking, thief.wallet.pay(thief.wallet.consider(asking), PIN_HELD).body)
        assert thief.wallet.spendable().total_minor == 90_00 - 50_00 - (number == 2) * 40_00
    refused(lambda: thief.wallet.pay(thief.wallet.consider(thief.terminal.asks(1)), PIN_HELD), "not_enough")
    assert {ref for ref, links in world.terminal.links.items() if links} == {world.refs()[0], thief.refs()[0]}
    thief.wallet.lock()


def nothing_to_show(thief: World, note: bytes) -> None:
    """No restored payment can be shown, takes a note that could be spent, or counts as this device's."""
    before = [row for row in thief.dump() if row[0] not in ("restored", "sqlite_schema")]
    for payment in thief.wallet.restored():
        refused(partial(thief.wallet.show_again, payment.number), "payment_unknown")
    refused(lambda: thief.wallet.take_acknowledgement(note), "about_no_payment", "not_enrolled")
    assert [row for row in thief.dump() if row[0] not in ("restored", "sqlite_schema")] == before
    assert not {one.cheque_id for one in thief.wallet.history()} & {one.cheque_id for one in thief.wallet.restored()}


def refused(attempt: Callable[[], object], *codes: str) -> None:
    with pytest.raises(WalletTrouble) as caught:
        attempt()
    assert caught.value.code in codes


@settings(max_examples=12)
@given(st.lists(st.sampled_from(("pay", "give back", "copy", "other pays")), min_size=4, max_size=10))
def test_however_often_it_is_copied_two_devices_spend_what_each_was_given(acts: Sequence[str]) -> None:
    """The terminal remembers every cheque: one that contradicts another or is not covered would be refused."""
    with tempfile.TemporaryDirectory() as folder:
        first = World(Path(folder, "first")).enrol().top_up(120_00)
        second = another(first, Path(folder, "second"))
        second.enrol().top_up(120_00)
        left = {0: 120_00, 1: 120_00}
        for act in acts:
            device, number = (second, 1) if act == "other pays" else (first, 0)
            if act == "copy":
                second.wallet.put_back(carried(first.wallet.back_up()))
            elif act == "give back" and (payments := first.wallet.history()):
                if payments[0].state is PaymentState.SHOWN:
                    note = first.terminal.note(NoteKind.VOID, payments[0].cheque_id, 30_00)
                    first.wallet.take_acknowledgement(note)
                    left[0] += 30_00
            elif left[number] >= 30_00:
                device.pay(30_00)
                left[number] -= 30_00
            else:
                refused(partial(device.pay, 30_00), "not_enough")
            assert [first.wallet.spendable().total_minor, second.wallet.spendable().total_minor] == list(left.values())
        first.wallet.lock()
        second.wallet.lock()


def test_a_backup_of_another_payer_is_not_mixed_in(world: World, tmp_path: Path) -> None:
    backup = carried(world.wallet.back_up())
    for changed in (replace(backup, payer_id=b"payer-02"), replace(backup, deployment="elsewhere")):
        before = world.dump()
        with pytest.raises(BackupTrouble, match="backup_other_payer"):
            world.wallet.put_back(changed)
        assert world.dump() == before
    unknown = World(tmp_path / "other")
    assert unknown.wallet.put_back(replace(backup, payer_id=b"payer-02")).added == 0
    unknown.wallet.lock()


def test_into_its_own_wallet_nothing_comes_twice(world: World) -> None:
    world.pay(10_00)
    before = world.dump()
    restored = world.wallet.put_back(carried(world.wallet.back_up()))
    assert (restored.added, restored.known) == (0, 1)
    assert world.dump() == before


def test_a_backup_of_a_new_device_carries_the_old_ones_history_on(world: World, tmp_path: Path) -> None:
    paid_with_receipt(world, 10_00)
    second = another(world, tmp_path / "second")
    second.wallet.put_back(carried(world.wallet.back_up()))
    second.enrol().top_up()
    second.pay(20_00)
    third = another(world, tmp_path / "third")
    assert third.wallet.put_back(carried(second.wallet.back_up())).added == 2
    assert {one.amount_minor for one in third.wallet.restored()} == {10_00, 20_00}
    assert third.wallet.papers(third.wallet.restored("10.00")[0].number)[1].statement is not None
    second.wallet.lock()
    third.wallet.lock()


def test_its_receipt_is_handed_in_where_the_books_take_too_much(world: World, tmp_path: Path) -> None:
    payment = paid_with_receipt(world, 30_00, final_minor=20_00)
    line = line_of(payment, world, paid_minor=30_00)
    backup = carried(world.wallet.back_up())
    new = another(world, tmp_path / "new")
    new.wallet.put_back(backup)
    new.enrol().top_up()
    world.operator.lines, world.operator.cheques = [replace(OTHER, ref=line.ref, deadline=line.deadline)], [line]
    world.operator.holds_payees_to = 20_00
    synced = new.wallet.sync(world.operator)
    assert [(one.payment.cheque_id, one.is_note) for one in synced.handed_in] == [(payment.cheque_id, False)]
    ((papers, _),) = world.operator.presented
    assert (papers.cheque, papers.statement) == (payment.cheque, payment.acknowledgement)
    assert papers.certificate == world.terminal.certificate.raw
    (restored,) = new.wallet.restored()
    assert (restored.state, restored.final_minor, restored.grade) == (PaymentState.SETTLED, 20_00, "F3")
    assert not new.wallet.sync(world.operator).handed_in
    assert new.wallet.spendable().findings == (), "a difference on another device's allowance locks nothing here"
    new.wallet.lock()


def test_after_the_deadline_no_paper_is_handed_in(world: World, tmp_path: Path) -> None:
    payment = paid_with_receipt(world, 30_00, final_minor=20_00)
    line = line_of(payment, world, paid_minor=30_00)
    new = another(world, tmp_path / "new")
    new.wallet.put_back(carried(world.wallet.back_up()))
    new.enrol()
    world.operator.lines, world.operator.cheques = [replace(OTHER, ref=line.ref, deadline=line.deadline)], [line]
    new.clock.now = line.deadline + 1
    assert not new.wallet.sync(world.operator).handed_in
    new.wallet.lock()


def test_what_waits_on_a_lost_device_is_told_with_its_date(world: World) -> None:
    world.pay(10_00)
    own = world.wallet.history()[0]
    unknown = ChequeLine(
        cheque_id=StatementId(b"u" * 32),
        ref=OTHER.ref,
        paid_minor=0,
        waiting_minor=30_00,
        deadline=OTHER.deadline,
        given_back=False,
        forked=False,
        payee_name="Tea",
        amount_minor=30_00,
    )
    paid = replace(unknown, cheque_id=StatementId(b"v" * 32), paid_minor=12_00, waiting_minor=0)
    world.operator.lines = [replace(OTHER, ref=world.refs()[0], reserved_minor=9, stopped=False), OTHER]
    world.operator.cheques = [line_of(own, world, paid_minor=10_00), unknown, paid]
    world.wallet.sync(world.operator)
    world.reopen()
    told = world.wallet.elsewhere()
    assert (told.reserved_minor, told.waiting_minor, told.until) == (150_00, 30_00, OTHER.deadline)
    assert [(one.ref, one.stopped) for one in told.allowances] == [(OTHER.ref, True)]
    assert [(one.state, one.payee_name) for one in told.cheques] == [
        (PaymentState.CONTINGENT, "Tea"),
        (PaymentState.SETTLED, "Tea"),
    ]

    world.operator.lines = [replace(OTHER, reserved_minor=0, waiting_minor=0, returned_minor=138_00, closed=True)]
    world.operator.cheques = [replace(unknown, waiting_minor=0), paid]
    world.wallet.sync(world.operator)
    told = world.wallet.elsewhere()
    assert (told.reserved_minor, told.waiting_minor, told.until, told.returned_minor) == (0, 0, None, 138_00)
    assert [one.state for one in told.cheques] == [PaymentState.RETURNED, PaymentState.SETTLED]

    world.clock.now = OTHER.deadline + SHOWN_AFTER_D_S + 1
    world.wallet.sync(world.operator)
    assert world.wallet.elsewhere() == Elsewhere()


def test_a_sync_that_says_nothing_new_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.operator.lines = [OTHER]
    world.wallet.sync(world.operator)

    def written(*_: object) -> None:
        raise AssertionError("a write")

    monkeypatch.setattr(world.store, "hear_of_others", written)
    world.wallet.sync(world.operator)


FIELDS: Sequence[tuple[tuple[int, ...], object]] = (
    ((0,), 2),
    ((0,), 0),
    ((0,), "1"),
    ((1,), -1),
    ((1,), 2**41),
    ((2,), "d" * 17),
    ((3,), "text"),
    ((5,), "EURO"),
    ((7,), {}),
    ((8,), b"more"),
    ((7, 0), b"no map"),
    ((7, 0, 0), b"short"),
    ((7, 0, 1), b"no cheque"),
    ((7, 0, 4), "paid"),
    ((7, 0, 5), 2),
    ((7, 0, 11), 30_01),
    ((7, 0, 12), "F4"),
    ((7, 0, 13), b"no receipt"),
    ((7, 0, 16), b"c" * 2_049),
    ((7, 0, 17), 1),
)


@pytest.mark.parametrize(("path", "value"), FIELDS, ids=[f"{path}-{value!r:.20}" for path, value in FIELDS])
def test_a_wrong_field_is_refused(world: World, path: tuple[int, ...], value: object) -> None:
    paid_with_receipt(world, 30_00)
    content = encode_backup(world.wallet.back_up())
    fields = cbor.decode_map(content, max_bytes=CONTENT_MAX_BYTES)
    inner: Any = fields
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(BackupTrouble) as caught:
        decode_backup(cbor.encode(fields))
    assert caught.value.code == ("backup_too_new" if (path, value) == ((0,), 2) else "backup_unreadable")


def test_two_payments_of_one_cheque_are_refused(world: World) -> None:
    world.pay(10_00)
    backup = world.wallet.back_up()
    with pytest.raises(BackupTrouble, match="backup_unreadable"):
        encode_backup(replace(backup, payments=backup.payments * 2))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(BackupTrouble):
        decode_backup(content)
