"""SIGKILL at every write point of a terminal, then go on: nothing lost, nothing doubled, the same receipt bytes.

FEIQIAN_SOAK_ROUNDS repeats every kill that many times.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.storage.terminal_store import CRASH_POINTS
from feiqian.terminal.ports import WritePoint
from feiqian.terminal.retention import KEPT_S
from feiqian.terminal.states import ClaimState
from feiqian.terminal.troubles import TerminalTrouble
from tests.terminal.world import NOW, Counter, Operator, Payer, enrolled, make_notice, make_pack

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("FEIQIAN_SOAK_ROUNDS", "1"))
MOMENTS = ("before-commit", "after-commit")
killed_by: set[str] = set()


@pytest.fixture(params=range(ROUNDS), autouse=True)
def soak_round(request: pytest.FixtureRequest) -> int:
    """Every test of this file runs once a round."""
    return int(request.param)


def child(home: Path, act: str, given: Path | None = None, *, crash_at: str | None = None) -> bytes | None:
    """What the act showed; None if the process was killed at the crash point."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    env.pop(CRASH_VARIABLE, None)
    if crash_at is not None:
        env[CRASH_VARIABLE] = crash_at
    words = [sys.executable, "-m", "tests.faults.terminal_child", str(home), act, *([str(given)] if given else [])]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, timeout=120, check=False)
    if crash_at is not None and done.returncode == -signal.SIGKILL:
        assert done.stdout == b"", "something was shown before the kill"
        killed_by.add(crash_at)
        return None
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def given(home: Path, body: bytes) -> Path:
    path = home / "given"
    path.write_bytes(body)
    return path


def opened(home: Path) -> Counter:
    return Counter(home / "till")


def prepared(home: Path, act: str) -> Path | None:
    """A till on which the act can be done, and what the act is given."""
    counter = enrolled(home / "till")
    terminal, payer = counter.terminal, Payer()
    body: bytes | None = None
    if act in {"accept", "void", "shift"}:
        body = payer.answer(terminal.request(exact_minor=10_00).shown)
        if act != "accept":
            terminal.accept(body)
            body = None
    elif act == "take-code":
        body = payer.code(5_00)
    elif act == "cancel":
        body = terminal.request(exact_minor=10_00).request_hash
    elif act == "notice":
        body = make_notice(terminal.request(exact_minor=10_00).request_hash, 10_00)
    elif act == "fork":
        clone = payer.fork()
        terminal.accept(payer.answer(terminal.request(exact_minor=10_00).shown))
        body = clone.answer(terminal.request(exact_minor=20_00).shown)
    elif act == "hear":
        for _ in range(3):
            terminal.accept(payer.answer(terminal.request(exact_minor=10_00).shown))
        assert terminal.sync(Operator(pack=make_pack(version=2))).troubles == []
    elif act == "sync":
        for _ in range(3):
            terminal.accept(payer.answer(terminal.request(exact_minor=10_00).shown))
        terminal.void(terminal.payment(receipt=2))
    counter.vault.close()
    return None if body is None else given(home, body)


def rows(counter: Counter, table: str) -> int:
    return int(counter.vault.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - ours


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("act", "point", "table"),
    [
        ("accept", WritePoint.ACCEPT, "accepted"),
        ("take-code", WritePoint.ACCEPT, "accepted"),
        ("void", WritePoint.NOTE, "note"),
        ("cancel", WritePoint.NOTE, "note"),
    ],
)
def test_a_kill_at_the_counter_leaves_one_statement_and_one_chain(
    tmp_path: Path, act: str, point: WritePoint, table: str, moment: str
) -> None:
    body = prepared(tmp_path, act)
    assert child(tmp_path, act, body, crash_at=f"{point}:{moment}") is None
    counter = opened(tmp_path)
    assert rows(counter, table) == (moment == "after-commit")
    stored = counter.vault.connection.execute("SELECT shown FROM statement ORDER BY number DESC").fetchone()
    counter.vault.close()
    shown = child(tmp_path, act, body)
    if moment == "after-commit":
        assert shown == stored[0]
    assert child(tmp_path, act, body) == shown
    counter = opened(tmp_path)
    assert rows(counter, table) == 1
    counters = counter.vault.connection.execute("SELECT counter FROM statement ORDER BY number").fetchall()
    assert counters == [(number,) for number in range(1, len(counters) + 1)]
    counter.vault.close()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    "point", [WritePoint.TRUST, WritePoint.EVENTS, WritePoint.CLOCK, WritePoint.BATCH, WritePoint.ANSWER]
)
def test_a_kill_while_syncing_loses_and_doubles_nothing(tmp_path: Path, point: WritePoint, moment: str) -> None:
    prepared(tmp_path, "sync")
    assert child(tmp_path, "sync", crash_at=f"{point}:{moment}") is None
    counter = opened(tmp_path)
    settled = (point, moment) == (WritePoint.ANSWER, "after-commit")
    queue = counter.terminal.queue()
    assert (queue.claims, queue.notes) == ((0, 0) if settled else (3, 1))
    if not settled:
        with pytest.raises(TerminalTrouble, match="queue_waiting"):
            counter.terminal.sign_out()
    counter.vault.close()
    child(tmp_path, "sync")
    counter = opened(tmp_path)
    assert counter.terminal.queue().is_empty
    assert [counter.terminal.payment(receipt=number).state for number in (1, 2, 3)] == [ClaimState.SETTLED] * 3
    assert rows(counter, "batch") == 1
    assert counter.terminal.ready().lists_issued_at
    counter.vault.close()
    sent = (tmp_path / "sent").read_text().split()
    assert len(set(sent)) == 1
    assert len(sent) == (2 if (point, moment) == (WritePoint.ANSWER, "before-commit") else 1)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_while_later_truth_is_stored_counts_it_once(tmp_path: Path, moment: str) -> None:
    prepared(tmp_path, "hear")
    assert child(tmp_path, "hear", crash_at=f"{WritePoint.EVENTS}:{moment}") is None
    counter = opened(tmp_path)
    stored = moment == "after-commit"
    assert (rows(counter, "event"), counter.terminal.totals().paid_minor) == ((2, 13_01) if stored else (0, 3))
    counter.vault.close()
    for _ in range(2):
        child(tmp_path, "hear")
        counter = opened(tmp_path)
        assert (rows(counter, "event"), counter.terminal.totals().paid_minor) == (2, 13_01)
        counter.vault.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_while_a_fork_is_kept_leaves_one_proof(tmp_path: Path, moment: str) -> None:
    body = prepared(tmp_path, "fork")
    assert child(tmp_path, "fork", body, crash_at=f"{WritePoint.PROOF}:{moment}") is None
    counter = opened(tmp_path)
    assert rows(counter, "proof") == (moment == "after-commit")
    counter.vault.close()
    proof = child(tmp_path, "fork", body)
    assert child(tmp_path, "fork", body) == proof
    counter = opened(tmp_path)
    assert [kept.raw for kept in counter.terminal.fork_proofs()] == [proof]
    assert rows(counter, "accepted") == 1
    counter.vault.close()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("point", [WritePoint.ENROL_KEY, WritePoint.ENROL])
def test_a_kill_while_enrolling_is_finished_with_the_same_key(tmp_path: Path, point: WritePoint, moment: str) -> None:
    assert child(tmp_path, "enrol", crash_at=f"{point}:{moment}") is None
    counter = opened(tmp_path)
    done = (point, moment) == (WritePoint.ENROL, "after-commit")
    key = counter.terminal.enrolment.key if done else counter.store.pending_key()
    assert (key is None) == ((point, moment) == (WritePoint.ENROL_KEY, "before-commit"))
    counter.vault.close()
    if not done:
        child(tmp_path, "enrol")
    counter = opened(tmp_path)
    assert key in (None, counter.terminal.enrolment.key)
    counter.vault.close()


def requests_made(counter: Counter) -> int:
    return len(counter.terminal.open_requests())


def notices(counter: Counter) -> int:
    return rows(counter, "paid")


def shifts(counter: Counter) -> int:
    return rows(counter, "shift") - 1


def signed_out(counter: Counter) -> int:
    return int(counter.store.enrolment() is None)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("act", "point", "done"),
    [
        ("request", WritePoint.REQUEST, requests_made),
        ("notice", WritePoint.NOTICE, notices),
        ("shift", WritePoint.SHIFT, shifts),
        ("sign-out", WritePoint.SIGN_OUT, signed_out),
    ],
)
def test_any_other_write_is_done_or_not_begun(
    tmp_path: Path,
    act: str,
    point: WritePoint,
    done: Callable[[Counter], int],
    moment: str,
) -> None:
    body = prepared(tmp_path, act)
    assert child(tmp_path, act, body, crash_at=f"{point}:{moment}") is None
    counter = opened(tmp_path)
    assert done(counter) == (moment == "after-commit")
    counter.vault.close()
    if moment == "before-commit" or act == "notice":
        child(tmp_path, act, body)
        counter = opened(tmp_path)
        assert done(counter) == 1
        counter.vault.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_past_its_time_goes_whole_or_not_at_all(tmp_path: Path, moment: str) -> None:
    prepared(tmp_path, "shift")
    counter = opened(tmp_path)
    counter.terminal.close_shift()
    assert counter.terminal.sync(Operator()).troubles == []
    cheque_id = counter.terminal.payment(receipt=1).cheque_id
    counter.store.keep_clock(operator_time=NOW + KEPT_S + 100 * 86_400, clock_ahead_s=0)
    before = counter.everything()
    counter.vault.close()
    assert child(tmp_path, "forget", crash_at=f"{WritePoint.FORGET}:{moment}") is None
    counter = opened(tmp_path)
    assert (counter.everything() == before) == (moment == "before-commit")
    counter.vault.close()
    child(tmp_path, "forget")
    counter = opened(tmp_path)
    assert counter.store.accepted(cheque_id) is None
    assert counter.terminal.overdue() == 0
    counter.vault.close()


def test_every_write_point_that_matters_is_killed_here() -> None:
    """REFUSAL alone is left out: a line of a log, on which nothing depends."""
    tried = {
        WritePoint.ENROL_KEY,
        WritePoint.ENROL,
        WritePoint.TRUST,
        WritePoint.REQUEST,
        WritePoint.ACCEPT,
        WritePoint.NOTE,
        WritePoint.NOTICE,
        WritePoint.BATCH,
        WritePoint.ANSWER,
        WritePoint.CLOCK,
        WritePoint.SHIFT,
        WritePoint.SIGN_OUT,
        WritePoint.EVENTS,
        WritePoint.PROOF,
        WritePoint.FORGET,
    }
    assert set(WritePoint) - tried == {WritePoint.REFUSAL}
    assert killed_by <= set(CRASH_POINTS)
