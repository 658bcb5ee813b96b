"""Signing in, and what is noted of it, on both stores: a code counts once, misses wait, sessions end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.audit.leaf import LeafKind, decode_leaf
from feiqian.audit.verify import verify_log
from feiqian.ledger.personal import begin_sealing, rotate
from feiqian.staff.roles import Role
from feiqian.staff.rules import IDLE_S, SEEN_EVERY_S, SESSION_S, STEP_S
from feiqian.staff.troubles import StaffTrouble
from feiqian.staff.values import NOBODY, Act
from tests.issuer.world import DATA_KEYS, DEPLOYMENT, LOG_TRUST, SEALS
from tests.staff.desks import OWN, Office, an_office, code_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path / "operator.db") as made:
        yield made


def refused(office: Office, name: str, password: str, code: str, why: str = "sign_in_refused") -> None:
    with pytest.raises(StaffTrouble, match=why):
        office.desk.sign_in(name, password, code)


def test_a_person_signs_in_chooses_a_password_and_out(office: Office) -> None:
    new = office.desk.add("lin", Role.RISK)
    token, signed_in = office.let_in(new)
    assert signed_in.member.is_starting
    fresh, signed_in = office.desk.choose_password(token, new.password, OWN)
    assert not signed_in.member.is_starting
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    assert office.desk.signed_in(fresh).member.role is Role.RISK
    office.desk.sign_out(fresh)
    office.desk.sign_out(fresh)
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(fresh)
    assert office.acts() == ["staff_added", "sign_in", "password_changed", "sign_out"]
    refused(office, "lin", new.password, code_of(new, office.now + STEP_S))


def test_name_password_and_code_must_all_fit(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    code = code_of(new, office.now)
    refused(office, "nobody", new.password, code)
    refused(office, "lin", "another password", code)
    refused(office, "lin", new.password, "000000" if code != "000000" else "111111")
    assert office.acts() == ["staff_added", *["sign_in_refused"] * 3]
    unknown, known = office.desk.acts(before=None, limit=3)[2][0], office.desk.acts(before=None, limit=3)[1][0]
    assert (unknown.staff_id, known.staff_id) == (NOBODY, new.member.staff_id)


def test_a_code_counts_once_and_none_before_it(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    code, before = code_of(new, office.now), code_of(new, office.now - STEP_S)
    office.desk.sign_in("lin", new.password, code)
    refused(office, "lin", new.password, code)
    refused(office, "lin", new.password, before)
    office.desk.sign_in("lin", new.password, code_of(new, office.now + STEP_S))


def test_a_code_of_two_steps_away_does_not_count(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    for off in (-2, 2):
        refused(office, "lin", new.password, code_of(new, office.now + off * STEP_S))


def test_one_code_shown_twice_at_once_lets_one_in(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    code, outcomes = code_of(new, office.now), list[str]()

    def attempt() -> None:
        try:
            office.another_desk().sign_in("lin", new.password, code)
            outcomes.append("in")
        except StaffTrouble as trouble:
            outcomes.append(trouble.code)

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("in") == 1


def test_many_tries_at_once_are_as_many_misses(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    outcomes = list[str]()

    def guess() -> None:
        try:
            office.another_desk().sign_in("lin", "a wrong password", "000000")
        except StaffTrouble as trouble:
            outcomes.append(trouble.code)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["sign_in_refused"] * 3 + ["sign_in_wait"] * 5
    refused(office, "lin", new.password, code_of(new, office.now), "sign_in_wait")


def test_after_misses_the_next_try_waits_and_then_counts(office: Office) -> None:
    new = office.desk.add("lin", Role.VIEWER)
    for _ in range(3):
        refused(office, "lin", "wrong wrong wrong", "123456")
    refused(office, "lin", new.password, code_of(new, office.now), "sign_in_wait")
    (line,) = office.desk.lines()
    assert line.waits_until == office.now + 30
    office.now += 30
    office.desk.sign_in("lin", new.password, code_of(new, office.now))
    (line,) = office.desk.lines()
    assert (line.waits_until, line.sessions, line.signed_in_at) == (None, 1, office.now)


def test_a_wrong_old_password_counts_like_a_miss(office: Office) -> None:
    _, token = office.settled("lin", Role.VIEWER)
    for _ in range(3):
        with pytest.raises(StaffTrouble, match="sign_in_refused"):
            office.desk.choose_password(token, "not my password", "another calm otter")
    with pytest.raises(StaffTrouble, match="sign_in_wait"):
        office.desk.choose_password(token, OWN, "another calm otter")


@pytest.mark.parametrize("weak", ["short", OWN, "lin lin lin lin"])
def test_a_weak_new_password_changes_nothing_and_is_no_miss(office: Office, weak: str) -> None:
    new, token = office.settled("lin", Role.VIEWER)
    for _ in range(4):
        with pytest.raises(StaffTrouble, match="password_weak"):
            office.desk.choose_password(token, OWN, weak)
    assert office.desk.signed_in(token).member == office.desk.named("lin")
    office.let_in(new, OWN)


def test_a_session_ends_unused_and_after_a_working_day(office: Office) -> None:
    _, token = office.settled("lin", Role.VIEWER)
    begun = office.now
    while office.now < begun + SESSION_S - IDLE_S:
        office.now += IDLE_S - 1
        office.desk.signed_in(token)
    office.now = begun + SESSION_S
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    new, token = office.settled("wei", Role.VIEWER)
    office.now += IDLE_S
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    office.let_in(new, OWN)
    with office.store.read() as reading:
        assert len(reading.staff_sessions(new.member.staff_id)) == 1  # what is over is forgotten


def test_a_session_that_is_used_all_the_time_is_written_seldom(office: Office) -> None:
    _, token = office.settled("lin", Role.VIEWER)
    seen = []
    for _ in range(3):
        office.now += SEEN_EVERY_S // 3
        seen.append(office.desk.signed_in(token).session.seen_at)
    assert seen == [office.now - SEEN_EVERY_S, office.now - SEEN_EVERY_S, seen[0]]
    assert office.desk.signed_in(token).session.seen_at == office.now


def test_another_role_a_reset_and_leaving_end_all_sessions(office: Office) -> None:
    admin, _ = office.settled("admin", Role.ADMIN)
    by = admin.member.staff_id
    new, token = office.settled("lin", Role.VIEWER)
    assert office.desk.change_role(new.member.staff_id, Role.VIEWER, by).role is Role.VIEWER
    office.desk.signed_in(token)
    office.desk.change_role(new.member.staff_id, Role.RISK, by)
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    token, _ = office.let_in(new, OWN)
    reset = office.desk.reset(new.member.staff_id, by)
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    refused(office, "lin", OWN, code_of(new, office.now + STEP_S))
    token, signed_in = office.let_in(reset)
    assert signed_in.member.is_starting
    office.desk.remove(new.member.staff_id, by)
    with pytest.raises(StaffTrouble, match="session_over"):
        office.desk.signed_in(token)
    refused(office, "lin", reset.password, code_of(reset, office.now + STEP_S))
    with pytest.raises(StaffTrouble, match="staff_name_taken"):
        office.desk.add("lin", Role.VIEWER)
    with pytest.raises(StaffTrouble, match="unknown_staff"):
        office.desk.reset(new.member.staff_id, by)
    about = [act.act for act, _ in office.desk.acts(before=None, limit=9, about=new.member.staff_id)]
    assert about == [Act.STAFF_REMOVED, Act.STAFF_RESET, Act.STAFF_ROLE, Act.PASSWORD_CHANGED, Act.STAFF_ADDED]


def test_nobody_changes_or_removes_themselves(office: Office) -> None:
    admin, _ = office.settled("admin", Role.ADMIN)
    me = admin.member.staff_id
    for act in (
        lambda: office.desk.remove(me, me),
        lambda: office.desk.reset(me, me),
        lambda: office.desk.change_role(me, Role.VIEWER, me),
    ):
        with pytest.raises(StaffTrouble, match="staff_self"):
            act()


def test_views_are_noted_once_a_minute_and_changes_every_time(office: Office) -> None:
    new, _ = office.settled("lin", Role.SUPPORT)
    me = new.member.staff_id
    office.now = office.now // 60 * 60
    before = len(office.acts())
    for _ in range(3):
        office.desk.note(me, Act.VIEW_PAYERS)
        office.desk.note(me, Act.VIEW_PAYER, b"payer 01")
        office.desk.note(me, Act.SUSPEND, b"payer 01")
    office.desk.note(me, Act.VIEW_PAYER, b"payer 02")
    office.now += 60
    office.desk.note(me, Act.VIEW_PAYERS)
    assert office.acts()[before:] == [
        *("view:payers", "view:payer", "suspend", "suspend", "suspend", "view:payer", "view:payers")
    ]
    assert len(office.desk.acts(before=None, limit=99, about=b"payer 01")) == 4
    assert [name for _, name in office.desk.acts(before=None, limit=2, staff_id=me)] == ["lin", "lin"]


def test_every_act_is_a_leaf_and_the_log_agrees(office: Office) -> None:
    office.settled("lin", Role.SUPPORT)
    office.desk.note(NOBODY, Act.SUSPEND, b"payer 01")
    with office.store.read() as unit:
        kinds = [LeafKind(decoded) for decoded in _kinds(unit)]
        assert verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad == ()
    assert kinds.count(LeafKind.ACCESS) == len(office.acts()) == 4
    assert kinds.count(LeafKind.OPERATOR_ACTION) >= 2  # the person, twice
    with office.store.write("test") as unit:
        unit._db.execute("UPDATE staff SET role = 'admin'")  # noqa: SLF001  # somebody at the database
    with office.store.read() as unit:
        assert [bad.table for bad in verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad] == ["staff"]


def _kinds(unit: object) -> list[int]:
    return [int(decode_leaf(one.leaf).kind) for one in unit.queued(100)]  # type: ignore[attr-defined]


def test_the_secret_is_sealed_and_sealed_anew(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_sealing(office.store, 1, office.now)
    new, _ = office.settled("lin", Role.SUPPORT)
    with office.store.read() as unit:
        (stored,) = unit._one("SELECT secret FROM staff")  # noqa: SLF001
        credentials = unit.staff_credentials(new.member.staff_id)
    assert credentials is not None
    assert credentials.secret not in bytes(stored)
    monkeypatch.setitem(DATA_KEYS, 7, b"7" * 32)
    assert rotate(office.store, 7, office.now, lambda *_: None) == 1
    monkeypatch.delitem(DATA_KEYS, 1)
    office.let_in(new, OWN)
    with office.store.read() as unit:
        assert verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad == ()
    SEALS._ciphers.clear()  # noqa: SLF001  # other tests have other keys
