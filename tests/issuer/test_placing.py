"""When a receipt counts as made: every row of the table of spec 05.4.1, by itself and through the books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.placing import SYNCS_READ_MAX, Span, Sync, span_of, sync_in
from feiqian.issuer.publishing import Publisher
from feiqian.protocol.answer import Verdict
from feiqian.protocol.claim import decode_batch
from feiqian.protocol.ids import BatchId, TerminalRef
from feiqian.protocol.policy import Policy
from feiqian.protocol.trust_pack import decode_key_set, encode_key_set, sign_key_set
from tests.issuer.world import CUR, DAY, DEPLOYMENT, OTHER_CUR, START, Till, Wallet, World, key, opened

HOUR = 3600
SKEW_S = 120
ISSUED, BEFORE, END = 1_000, 2_000, 3_000
RIGHT = Span(BEFORE, END, clock_right=True)
WRONG = RIGHT._replace(clock_right=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def sync(counter: int, received_at: int, *, off_s: int = 0, attested_at: int | None = None, index: int = 1) -> Sync:
    return Sync(
        TerminalRef(b"terminal"),
        counter,
        received_at,
        BatchId(b"batch"),
        received_at + off_s,
        received_at if attested_at is None else attested_at,
        index,
    )


@pytest.mark.parametrize(
    ("span", "time", "index_issued_at", "made_at"),
    [
        (RIGHT, 2_500, ISSUED, 2_500),
        (RIGHT, BEFORE - SKEW_S, ISSUED, BEFORE),
        (RIGHT, END + SKEW_S, ISSUED, END),
        (RIGHT, BEFORE - SKEW_S - 1, ISSUED, END),
        (RIGHT, END + SKEW_S + 1, ISSUED, END),
        (WRONG, 2_500, ISSUED, END),
        (RIGHT, 2_500, 2_700, END),
        (RIGHT, 2_600, 2_700, 2_700),
        (RIGHT._replace(begins_at=0), ISSUED - SKEW_S, ISSUED, ISSUED),
        (RIGHT._replace(begins_at=0), ISSUED - SKEW_S - 1, ISSUED, END),
        (RIGHT, 2_500, None, 2_500),
        (RIGHT, 1_500, None, END),
    ],
    ids=[
        *("within", "just before", "just after", "long before", "long after", "clock wrong"),
        *("long before its index", "just before its index", "no sync before", "no sync before, long before its index"),
        *("index unknown", "index unknown, long before"),
    ],
)
def test_when_a_receipt_counts_as_made(span: Span, time: int, index_issued_at: int | None, made_at: int) -> None:
    assert span.made_at(time, index_issued_at, SKEW_S) == made_at


@pytest.mark.parametrize(
    ("off_s", "attested_at", "right"),
    [
        (0, 5_000, True),
        (SKEW_S, 5_000, True),
        (SKEW_S + 1, 5_000, False),
        (-SKEW_S, 5_000, True),
        (-SKEW_S - 1, 5_000, False),
        (-4_000, 1_000, True),
        (-4_000 - SKEW_S - 1, 1_000, False),
        (SKEW_S + 1, 1_000, False),
    ],
    ids=[
        *("right", "a little fast", "fast", "a little slow", "slow"),
        *("carried for long", "slow and carried", "fast, held little"),
    ],
)
def test_what_a_sync_proves_about_the_clock(off_s: int, attested_at: int, *, right: bool) -> None:
    assert sync(1, 5_000, off_s=off_s, attested_at=attested_at).is_right(SKEW_S) is right


def test_the_span_lies_between_the_syncs_around_the_receipts() -> None:
    syncs = [sync(3, 100), sync(5, 200, index=7), sync(8, 300), sync(9, 400)]

    def span(first: int, last: int, received_at: int = 500) -> Span:
        return span_of(syncs, first=first, last=last, this=sync(9, received_at), received_at=received_at, skew_s=SKEW_S)

    assert span(6, 8) == Span(200, 300, clock_right=True, index_version=7)
    assert span(5, 6) == Span(100, 300, clock_right=True, index_version=1)
    assert span(1, 9) == Span(0, 400, clock_right=True, index_version=0)
    assert span(10, 12) == Span(400, 500, clock_right=True, index_version=1)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(0, True), (1, False), (2, False), (3, True), (4, False)],
    ids=["long before", "the one before", "the next", "a later one", "this one"],
)
def test_the_clock_counts_by_the_syncs_around_the_receipts_and_by_this_one(wrong: int, *, right: bool) -> None:
    syncs = [sync(number, 100 * number, off_s=9_999 if number == wrong else 0) for number in range(5)]
    *known, this = syncs
    assert span_of(known, first=2, last=2, this=this, received_at=400, skew_s=SKEW_S).clock_right is right


def test_a_sync_that_arrives_late_ends_no_span_that_had_ended_before() -> None:
    carried = sync(5, 900, off_s=-800, attested_at=50)
    span = span_of([sync(8, 300), carried], first=4, last=5, this=carried, received_at=900, skew_s=SKEW_S)
    assert span == Span(0, 300, clock_right=True)


def test_nothing_is_attested_after_its_arrival(world: World) -> None:
    till = world.till()
    till.attested_at = START + DAY
    read = sync_in(decode_batch(till.batch()), START)
    assert read is not None
    assert (read.attested_at, read.received_at) == (START, START)


# --- through the books ---


def pass_time(world: World, seconds: int) -> None:
    """Time passes, and a pack is published when it has to be."""
    world.now += seconds
    world.publisher.trust_pack()


def round_of(till: Till) -> None:
    """A sync without claims, as a terminal begins each round."""
    assert till.send().claims == ()


def claimed(till: Till, claim: bytes) -> tuple[Verdict, int, int]:
    round_of(till)
    item = till.send(claim).claims[0]
    return item.verdict, item.paid_minor, item.waiting_minor


@pytest.mark.parametrize(
    ("off_s", "verdict", "guaranteed"),
    [
        (0, Verdict.SETTLED, True),
        (100, Verdict.SETTLED, True),
        (-100, Verdict.SETTLED, True),
        (600, Verdict.CONTINGENT, False),
        (-600, Verdict.CONTINGENT, False),
        (2 * DAY, Verdict.CONTINGENT, False),
    ],
)
def test_a_wrong_clock_makes_the_list_as_old_as_it_can_have_been(
    world: World, off_s: int, verdict: Verdict, *, guaranteed: bool
) -> None:
    """Accepted within the hour of a sync, claimed 30 hours later: the counter's own clock says how old the list was."""
    wallet, till = world.wallet(), world.till()
    till.clock_off_s = off_s
    round_of(till)
    world.now += HOUR
    claim = till.accept(wallet, 150_00)
    world.now += 30 * HOUR
    assert claimed(till, claim) == (verdict, 150_00 * guaranteed, 150_00 * (not guaranteed))


def test_what_a_fresh_enough_list_guarantees_in_any_case_is_paid_whatever_the_clock(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    till.clock_off_s = 2 * DAY
    round_of(till)
    claim = till.accept(wallet, 150_00)
    world.now += 23 * HOUR
    assert claimed(till, claim) == (Verdict.SETTLED, 150_00, 0)


def test_a_batch_that_travels_for_days_loses_nothing_by_it(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    round_of(till)
    world.now += HOUR
    batch = till.batch([till.accept(wallet, 150_00)])
    world.now += 5 * DAY
    world.acquirer.take_batch(till.terminal, batch)
    assert till.balance_minor == 150_00


def test_a_clock_set_right_counts_from_its_next_sync_on(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    till.clock_off_s = -2 * DAY
    round_of(till)
    till.clock_off_s = 0
    round_of(till)
    claim = till.accept(wallet, 150_00)
    world.now += 30 * HOUR
    assert claimed(till, claim) == (Verdict.SETTLED, 150_00, 0)


def borne_minor(world: World, wallet: Wallet) -> int:
    """What the issuer paid although the payer does not answer for it."""
    return 1_000_00 - world.reserved_minor(wallet)


@pytest.mark.parametrize(
    ("off_s", "accepted_s", "synced_s", "payer_minor"),
    [
        (0, -HOUR, None, 90_00),
        (0, HOUR, None, 0),
        (-2 * HOUR, -HOUR, None, 0),
        (-2 * HOUR, HOUR, None, 0),
        (-2 * HOUR, -HOUR, -HOUR // 2, 90_00),
        (2 * HOUR, -HOUR, -HOUR // 2, 90_00),
        (2 * HOUR, -HOUR, None, 0),
    ],
    ids=[
        *("before, right clock", "after, right clock", "before, slow clock", "after, slow clock"),
        *("before, slow clock, synced before", "before, fast clock, synced before", "before, fast clock"),
    ],
)
def test_a_loss_is_placed_by_the_syncs_and_not_by_a_wrong_clock(
    world: World, off_s: int, accepted_s: int, synced_s: int | None, payer_minor: int
) -> None:
    """The loss is reported four hours after a sync; its payee is paid in any case, its payer only debited if sure."""
    wallet, till = world.wallet(), world.till()
    till.clock_off_s = off_s
    round_of(till)
    lost_at = START + 4 * HOUR
    claim = b""
    for at in sorted({lost_at, lost_at + accepted_s, lost_at + (synced_s or accepted_s)}):
        world.now = at
        if at == lost_at:
            world.issuer.report_lost(wallet.bound.payer_id)
        elif at == lost_at + accepted_s:
            claim = till.accept(wallet, 90_00)
        else:
            round_of(till)
    world.now = lost_at + 5 * HOUR
    assert claimed(till, claim)[1] == 90_00
    assert borne_minor(world, wallet) == payer_minor


def test_a_receipt_may_not_name_an_older_index_than_the_till_held_when_it_synced(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    world.issuer.report_lost(wallet.bound.payer_id)
    pass_time(world, 2 * HOUR)
    till.index_version = 2
    round_of(till)
    assert claimed(till, till.accept(wallet, 90_00, index_version=1)) == (Verdict.SUSPENDED, 0, 0)
    other = world.wallet()
    assert claimed(till, till.accept(other, 90_00, index_version=1)) == (Verdict.CONTINGENT, 0, 90_00)
    assert claimed(till, till.accept(other, 90_00, index_version=2)) == (Verdict.SETTLED, 90_00, 0)


def test_an_index_that_was_never_published_bars_nobody(world: World) -> None:
    """Whoever had the online key for a while drove a till's number up; it is not ours, so it says nothing."""
    wallet, till = world.wallet(), world.till()
    till.index_version = 4_000_000_000
    round_of(till)
    till.index_version = 1
    assert claimed(till, till.accept(wallet, 90_00)) == (Verdict.SETTLED, 90_00, 0)


def test_a_claim_is_judged_by_the_policy_of_the_index_that_its_receipt_names(world: World) -> None:
    """A stricter policy comes: what was accepted before it keeps its guarantee, what names the new one does not."""
    wallet, till = world.wallet(), world.till()
    round_of(till)
    before = till.accept(wallet, 150_00)
    publish_policy(world, guarantee_cap_minor=100_00)
    till.index_version = 2
    assert claimed(till, before) == (Verdict.SETTLED, 150_00, 0)
    assert claimed(till, till.accept(wallet, 150_00)) == (Verdict.CONTINGENT, 0, 150_00)
    publish_policy(world, guarantee_cap_minor=300_00)
    assert claimed(till, till.accept(wallet, 110_00)) == (Verdict.CONTINGENT, 0, 110_00)


def publish_policy(world: World, **policy: int) -> None:
    held = decode_key_set(world.key_set)
    world.key_set = encode_key_set(
        version=held.version + 1,
        issued_at=held.issued_at,
        expires_at=held.expires_at,
        keys=list(held.keys),
        policies=[Policy(currency=CUR, **policy), Policy(currency=OTHER_CUR)],
        least_wire=held.least_wire,
        least_app=held.least_app,
        roots=list(held.roots),
        threshold=held.threshold,
    )
    world.publisher = Publisher(
        issuer=world.issuer,
        online=key("online"),
        key_set=world.key_set,
        root_signatures=[sign_key_set(key(name), DEPLOYMENT, world.key_set) for name in ("root 1", "root 2")],
        clock=lambda: world.now,
    )
    world.publisher.trust_pack()


def test_no_more_syncs_are_read_than_are_needed(world: World) -> None:
    till = world.till()
    till.counter = 5
    for _ in range(SYNCS_READ_MAX + 5):
        world.now += 1
        round_of(till)
    with world.store.read() as reading:
        assert len(reading.syncs(till.enrolled.terminal_ref, 5)) == SYNCS_READ_MAX
        (before,) = reading.syncs(till.enrolled.terminal_ref, 6)
        first = reading.syncs(till.enrolled.terminal_ref, 5)[0]
    assert (before.received_at, first.received_at) == (START + SYNCS_READ_MAX + 5, START + 1)
