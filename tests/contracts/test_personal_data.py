"""Names and words in the books, on both stores: sealed, sealed anew, erased; the books stay whole through all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feiqian.acquirer.dispute_values import DisputeId
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import PayerId
from feiqian.ledger.personal import begin_sealing, erase_person, rotate, standings, sweep
from feiqian.ledger.retention import DAY_S, ErasureTrouble, PersonKind, RetentionTerms
from feiqian.ledger.sealing import NO_KEYS, SealTrouble
from tests.faults.operator_acts import answer_dispute, prepare_answer
from tests.issuer.world import CUR, DATA_KEYS, DAY, SEALS, World, opened

TERMS = RetentionTerms(dispute_open_s=60 * DAY, names_days=10, words_days=10)
PAYER, PAYEE = PersonKind.PAYER, PersonKind.PAYEE
NAME, SHOP = "Zhao Quiet", "Corner Shop"
NEWER = 9
SECRETS = (NAME.encode(), SHOP.encode(), b"it never came", b"picture")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def bytes_of(world: World) -> bytes:
    """All bytes of all tables, and for a store in a file those of the file and its log."""
    held = b"".join(repr(row).encode() for row in _rows(world))
    files = [world.path, world.path.with_name(world.path.name + "-wal")]
    return held + b"".join(path.read_bytes() for path in files if path.exists())


def _rows(world: World) -> list[Any]:
    queries = [f"SELECT * FROM {table}" for table in ("payers", "payees", "terminals", "dispute_steps")]  # noqa: S608
    with world.store.read() as unit:
        return [tuple(map(_shown, row)) for query in queries for row in unit._db.execute(query).fetchall()]  # noqa: SLF001


def _shown(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else repr(value)


def change(world: World, statement: str, *values: object) -> None:
    """Somebody who owns the database changes a row."""
    with world.store.write("test") as unit:
        assert unit._db.execute(statement, values).rowcount == 1  # noqa: SLF001


def alone(world: World) -> PayerId:
    """A payer who has nothing open."""
    payer_id, _ = world.payer(0, NAME)
    return payer_id


def test_no_name_and_no_word_is_in_the_database(world: World) -> None:
    world.payer(0, NAME)
    world.till(SHOP)
    prepare_answer(world)
    found = bytes_of(world)
    assert [secret for secret in SECRETS if secret in found] == []
    assert NAME in {one.name for one in world.issuer.payers(after=None, limit=9)}
    assert SHOP in {one.name for one in world.acquirer.payees(after=None, limit=9)}


def test_a_new_key_seals_everything_in_steps_and_the_old_one_is_needed_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = prepare_answer(world)
    before = world.issuer.payers(after=None, limit=9), world.acquirer.payees(after=None, limit=9)
    begin_sealing(world.store, 1, world.now)
    told: list[tuple[int, int]] = []
    monkeypatch.setitem(DATA_KEYS, NEWER, b"9" * 32)
    rows = rotate(world.store, NEWER, world.now, lambda done, of: told.append((done, of)))
    assert rows > 0
    assert told[-1] == (rows, rows)
    assert rotate(world.store, NEWER, world.now, lambda *_: None) == 0
    monkeypatch.delitem(DATA_KEYS, 1)
    assert SEALS.newest() == NEWER
    assert (world.issuer.payers(after=None, limit=9), world.acquirer.payees(after=None, limit=9)) == before
    with world.store.read() as reading:
        steps = reading.dispute_steps(DisputeId(bytes.fromhex(given["dispute"])))
    assert [step.words for step in steps] == ["it never came"]
    world.check_books()


def test_another_key_of_the_same_number_is_refused_at_the_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_sealing(world.store, 1, world.now)
    monkeypatch.setitem(DATA_KEYS, 1, b"x" * 32)
    monkeypatch.setattr(SEALS, "_ciphers", {})
    with pytest.raises(SealTrouble, match="data_key_wrong"):
        begin_sealing(world.store, 1, world.now)
    SEALS._ciphers.clear()  # noqa: SLF001


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stored=st.binary(max_size=90), sealed_by=st.integers(0, 3))
def test_any_bytes_in_the_column_are_refused_with_a_code_and_the_log_finds_them(
    world: World, stored: bytes, sealed_by: int
) -> None:
    begin_sealing(world.store, 1, world.now)
    payer_id = alone(world)
    with world.store.read() as reading:
        whole = reading._maybe("SELECT name, sealed_by FROM payers WHERE payer_id = ?", (payer_id,))  # noqa: SLF001
    changing = "UPDATE payers SET name = ?, sealed_by = ? WHERE payer_id = ?"
    change(world, changing, stored, sealed_by, payer_id)
    with pytest.raises(SealTrouble), world.store.read() as reading:
        reading.payer(payer_id)
    with pytest.raises(AssertionError):
        world.check_books()
    change(world, changing, *whole, payer_id)
    world.check_books()


def test_a_name_put_into_another_row_does_not_open(world: World) -> None:
    one, other = alone(world), alone(world)
    with world.store.read() as reading:
        (stored,) = reading._maybe("SELECT name FROM payers WHERE payer_id = ?", (one,))  # noqa: SLF001
        (own,) = reading._maybe("SELECT name FROM payers WHERE payer_id = ?", (other,))  # noqa: SLF001
    change(world, "UPDATE payers SET name = ? WHERE payer_id = ?", stored, other)
    with pytest.raises(SealTrouble, match="sealed_value_damaged"), world.store.read() as reading:
        reading.payer(other)
    change(world, "UPDATE payers SET name = ? WHERE payer_id = ?", own, other)


def test_an_erased_payer_leaves_the_books_whole_and_is_unknown_from_then_on(world: World) -> None:
    payer_id = alone(world)
    assert erase_person(world.store, PAYER, payer_id, TERMS, world.now)
    assert not erase_person(world.store, PAYER, payer_id, TERMS, world.now)
    world.check_books()
    lines = {one.payer_id: one.name for one in world.issuer.payers(after=None, limit=9)}
    assert lines[payer_id] == ""
    for act in (lambda: world.issuer.fund(payer_id, 1_00, "again"), lambda: world.issuer.new_code(payer_id)):
        with pytest.raises(IssuerTrouble, match="unknown_payer"):
            act()


def test_an_erased_payee_has_no_certificate_and_its_terminal_is_signed_out(world: World) -> None:
    till = world.till(SHOP)
    certificate = till.enrolled.certificate
    world.now += 61 * DAY
    assert erase_person(world.store, PAYEE, till.payee_id, TERMS, world.now)
    world.check_books()
    assert certificate not in bytes_of(world)
    with pytest.raises(AcquirerTrouble, match="not_signed_in"):
        world.acquirer.authenticate_terminal(till.enrolled.token)
    with pytest.raises(AcquirerTrouble, match="unknown_payee"):
        world.acquirer.statement(till.payee_id)


def test_nobody_is_erased_while_anything_is_open(world: World) -> None:
    given = prepare_answer(world)
    payer_id, payee_id = bytes.fromhex(given["payer"]), bytes.fromhex(given["payee"])
    codes: dict[str, Callable[[], object]] = {
        "erasure_money_open": lambda: erase_person(world.store, PAYER, payer_id, TERMS, world.now),
        "person_unknown": lambda: erase_person(world.store, PAYER, b"x" * 8, TERMS, world.now),
    }
    for code, act in codes.items():
        with pytest.raises(ErasureTrouble) as refused:
            act()
        assert refused.value.code == code
    found = {one.facts.person_id: one for kind in PersonKind for one in standings(world.store, kind, TERMS, world.now)}
    for person_id in (payer_id, payee_id):
        assert {"erasure_dispute_open", "erasure_disputable"} <= {one.code for one in found[person_id].obstacles}
        assert found[person_id].due_at is None
    new = world.issuer.enrol_payer(NAME, CUR)
    with pytest.raises(ErasureTrouble) as refused:
        erase_person(world.store, PAYER, new.payer_id, TERMS, world.now)
    assert refused.value.code == "erasure_code_open"
    assert "20" in refused.value.words("zh").message
    world.check_books()


def test_a_sweep_erases_what_is_due_and_nothing_else(world: World) -> None:
    answer_dispute(world, prepare_answer(world))
    payer_id, rich = alone(world), world.payer(5_00, "Rich")[0]
    now = sweep(world.store, TERMS, world.now)
    assert (now.payers, now.payees, now.disputes) == ((), (), 0)
    later = world.now + 11 * DAY_S
    swept = sweep(world.store, TERMS, later)
    assert (swept.payers, swept.payees, swept.disputes) == ((payer_id,), (), 1)
    again = sweep(world.store, TERMS, later)
    assert (again.payers, again.payees, again.disputes) == ((), (), 0)
    found = bytes_of(world)
    assert [secret for secret in SECRETS if secret in found] == []
    assert {one.payer_id: one.name for one in world.issuer.payers(after=None, limit=9)}[rich] == "Rich"
    world.check_books()


def test_who_verifies_the_books_needs_no_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    payer_id = alone(world)
    monkeypatch.setattr(world.store, "_seals", NO_KEYS)
    world.check_books()
    with pytest.raises(SealTrouble, match="data_key_missing"), world.store.read() as reading:
        reading.payer(payer_id)
