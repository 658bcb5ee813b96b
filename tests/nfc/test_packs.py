"""Trust packs by tap (spec 11.4, point 8): whoever knows less learns, behind the receipt, and no payment notices it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from feiqian.links.apdu import Answer, ApduError, Status
from feiqian.links.nfc_card import Ins
from feiqian.links.nfc_packs import (
    PACK_MAX_BYTES,
    PIECE_BYTES,
    PackAbout,
    PackInbox,
    Traded,
    decode_about,
    encode_about,
    trade,
)
from feiqian.links.nfc_reader import ReaderError
from feiqian.links.nfc_tap import Step
from feiqian.protocol import cbor
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.limits import REF_BYTES
from feiqian.protocol.terminal_list import encode_terminal_list
from feiqian.protocol.trust_pack import decode_trust_pack, encode_trust_pack, sign_index
from feiqian.wallet.states import PaymentState
from tests.nfc.test_card import Bench
from tests.nfc.world import Hold, Phone, TillAtReader, new_pair, tap, wallet_in
from tests.terminal.world import DAY, DEPLOYMENT, NOW, ONLINE, Counter, make_pack
from tests.wallet.world import World

YEARS_S = 20 * 365 * DAY
OLDER = make_pack(version=10, key_set_version=10, life_s=YEARS_S)
NEWER = make_pack(version=11, key_set_version=10, life_s=YEARS_S, issued_at=NOW + 1)


def with_terminals(base: bytes, version: int, issued_at: int, revoked: int) -> bytes:
    """The same key set and list, and so many revoked terminals: a pack of several pieces."""
    pack = decode_trust_pack(base)
    terminals = encode_terminal_list(
        {TerminalRef(number.to_bytes(REF_BYTES, "big")): NOW for number in range(1, revoked)}
    )
    index = sign_index(
        ONLINE,
        DEPLOYMENT,
        version=version,
        issued_at=issued_at,
        key_set_version=pack.key_set.version,
        key_set_hash=hashlib.sha256(pack.key_set.payload).digest(),
        lists=pack.index.lists,
        terminals_hash=hashlib.sha256(terminals).digest(),
    )
    return encode_trust_pack(pack.key_set.payload, pack.root_signatures, index, pack.lists, terminals=terminals)


LONG = with_terminals(NEWER, 12, NOW + 2, 700)


def test_what_is_said_of_a_pack_is_read_as_it_was_said() -> None:
    found = PackAbout(3, NOW, 2_000)
    assert decode_about(encode_about(found)) == found
    short, many = {0: 1, 1: 2}, {0: 1, 1: 2, 2: 3, 3: 4}
    wrong: tuple[Any, ...] = ({}, short, many, {**short, 2: -3}, {**short, 2: b""}, [])
    for one in wrong:
        assert decode_about(cbor.encode(one)) is None
    assert decode_about(b"\xff") is None
    assert decode_about(b"") is None


def test_pieces_that_do_not_follow_are_dropped() -> None:
    inbox = PackInbox()
    assert inbox.take(2, b"a") is None
    assert inbox.take(1, b"b") is None
    assert inbox.take(0, b"c") == b"abc"
    inbox.take(2, b"a")
    with pytest.raises(ApduError) as caught:
        inbox.take(0, b"c")
    assert caught.value.status == Status.NOT_NOW
    assert inbox.take(0, b"x") == b"x", "what was gathered before is no part of the next one"
    for place in range(PACK_MAX_BYTES // PIECE_BYTES):
        inbox.take(100 - place, bytes(PIECE_BYTES - 10))
    with pytest.raises(ApduError) as caught:
        inbox.take(100 - PACK_MAX_BYTES // PIECE_BYTES, bytes(PIECE_BYTES))
    assert caught.value.status == Status.TOO_LARGE


class Wallet:
    """A card that answers as it was told, for the till's side alone."""

    def __init__(self, said: bytes, pack: bytes, put: Status = Status.DONE) -> None:
        self.said, self.pack, self.put = said, pack, put
        self.given: list[tuple[int, bytes]] = []

    def __call__(self, ins: int, p2: int = 0, data: bytes = b"") -> Answer:
        if ins == Ins.PUT_TRUST:
            self.given.append((p2, data))
            return Answer(status=self.put)
        return Answer(data=self.pack[(p2 - 1) * PIECE_BYTES : p2 * PIECE_BYTES] if p2 else self.said)


class Till:
    """What a till holds, and what it was given."""

    def __init__(self, raw: bytes, version: int = 5, issued_at: int = NOW) -> None:
        self.held: Any = SimpleNamespace(
            raw=raw, key_set=SimpleNamespace(version=version), index=SimpleNamespace(issued_at=issued_at)
        )
        self.taken: list[bytes] = []

    def trust(self) -> Any:
        return self.held

    def take_trust(self, pack: bytes) -> bool:
        self.taken.append(pack)
        return True


def traded(wallet: Wallet, till: Till) -> Traded:
    return trade(wallet, till, get=Ins.GET_TRUST, put=Ins.PUT_TRUST)


def test_the_newer_pack_goes_to_who_holds_the_older_one_in_pieces() -> None:
    ours, theirs = os.urandom(10_000), os.urandom(8_193)
    for version, at, wanted in ((5, NOW, Traded.SAME), (5, NOW + 1, Traded.TAKEN), (6, NOW - 1, Traded.TAKEN)):
        till = Till(ours)
        assert traded(Wallet(encode_about(PackAbout(version, at, len(theirs))), theirs), till) is wanted
        assert till.taken == ([theirs] if wanted is Traded.TAKEN else [])
    for version, at in ((5, NOW - 1), (4, NOW + 1)):
        wallet, till = Wallet(encode_about(PackAbout(version, at, 1)), theirs), Till(ours)
        assert traded(wallet, till) is Traded.GIVEN
        assert [left for left, _ in wallet.given] == [2, 1, 0]
        assert b"".join(piece for _, piece in wallet.given) == ours


def test_the_long_one_is_long() -> None:
    assert 2 * PIECE_BYTES < len(LONG) <= PACK_MAX_BYTES
    assert len(OLDER) < PIECE_BYTES


def test_what_does_not_fit_ends_the_trade() -> None:
    newer = PackAbout(9, NOW, 5_000)
    assert traded(Wallet(encode_about(newer), bytes(4_999)), Till(b"x")) is Traded.NONE
    assert traded(Wallet(encode_about(newer._replace(size=PACK_MAX_BYTES + 1)), bytes(9)), Till(b"x")) is Traded.NONE
    assert traded(Wallet(b"\xff", b""), Till(b"x")) is Traded.NONE
    older = encode_about(PackAbout(1, NOW, 5_000))
    assert traded(Wallet(older, b"", Status.REFUSED), Till(bytes(9_000))) is Traded.NONE
    assert traded(Wallet(older, b""), Till(bytes(PACK_MAX_BYTES + 1))) is Traded.NONE


# --- the card over a real wallet ---


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    world = World(tmp_path / "wallet").enrol().top_up(300_00)
    yield Bench(world)
    world.wallet.lock()


def test_a_payee_that_has_not_proved_itself_hears_and_says_nothing(bench: Bench) -> None:
    held = bench.world.wallet.trust_pack()
    bench.select()
    assert bench.send(0x80, Ins.GET_TRUST).status == Status.NOT_NOW
    assert bench.send(0x80, Ins.PUT_TRUST, held).status == Status.NOT_NOW
    bench.put_request(bench.world.terminal.asks(1_00, signed=False))
    assert bench.send(0x80, Ins.GET_TRUST).status == Status.NOT_NOW
    bench.put_request(bench.world.terminal.asks(12_50))
    assert decode_about(bench.send(0x80, Ins.GET_TRUST).data) is not None


def test_a_pack_that_is_forged_or_none_changes_nothing(bench: Bench) -> None:
    bench.select()
    bench.put_request(bench.world.terminal.asks(12_50))
    held = bench.world.wallet.trust_pack()
    assert bench.send(0x80, Ins.PUT_TRUST, held).status == Status.DONE, "the same again is harmless"
    forged = held[:-1] + bytes([held[-1] ^ 1])
    for raw in (forged, b"\x00", os.urandom(300), held[:-1]):
        assert bench.send(0x80, Ins.PUT_TRUST, raw).status == Status.REFUSED
    assert bench.send(0x80, Ins.PUT_TRUST).status == Status.WRONG_LENGTH
    assert bench.world.wallet.trust_pack() == held
    assert bench.refused == [], "the holder is not told of what a reader tried with a pack"


# --- whole taps ---


class AtTill:
    """The till behind the reader; slow, or one that cannot store, if it must be."""

    def __init__(self, counter: Counter, failure: Exception | None = None, pause_s: float = 0.0) -> None:
        self.counter, self.failure, self.pause_s = counter, failure, pause_s

    def trust(self) -> Any:
        return self.counter.terminal.trust

    def take_trust(self, pack: bytes) -> bool:
        if self.failure is not None:
            raise self.failure
        time.sleep(self.pause_s)
        return self.counter.terminal.take_trust(pack)


@pytest.fixture
def counter(tmp_path: Path, service: object) -> Counter:
    assert service is not None
    return new_pair(tmp_path)


def knows(counter: Counter, folder: Path, till: bytes, phone: bytes) -> None:
    """Each side took its pack before."""
    counter.terminal.take_trust(till)
    world = wallet_in(folder / "wallet")
    world.wallet.take_trust(phone)
    world.wallet.lock()


@pytest.mark.parametrize(
    ("till", "phone", "after", "wanted"),
    [
        (NEWER, OLDER, NEWER, Traded.GIVEN),
        (OLDER, NEWER, NEWER, Traded.TAKEN),
        (LONG, OLDER, LONG, Traded.GIVEN),
        (OLDER, LONG, LONG, Traded.TAKEN),
        (NEWER, NEWER, NEWER, Traded.SAME),
    ],
    ids=["the till knows more", "the phone does", "the till, a long one", "the phone, a long one", "both the same"],
)
def test_both_know_the_newer_pack_after_a_tap(
    counter: Counter, tmp_path: Path, till: bytes, phone: bytes, after: bytes, wanted: Traded
) -> None:
    knows(counter, tmp_path, till, phone)
    held, told = Phone(tmp_path / "wallet"), list[Step]()
    held.hold()
    asked = counter.terminal.request(exact_minor=12_50)
    tapped = tap(TillAtReader(counter), asked.shown, told=told, packs=AtTill(counter))
    (times,) = held.held()
    assert (tapped.handed_over, tapped.trust) == (True, wanted)
    assert (times.pack, counter.terminal.trust.raw) == (after, after)
    assert [payment.state for payment in times.payments] == [PaymentState.ACCEPTED]
    assert told[-1] is Step.TAKE_AWAY
    counter.reopen()
    assert counter.terminal.trust.raw == after, "durable"


FIRST = 8
"""The first command behind a payment (tests/nfc/test_tap.py COMMANDS)."""


@pytest.mark.parametrize("direction", [Traded.GIVEN, Traded.TAKEN])
def test_pulled_away_at_every_command_of_a_trade(counter: Counter, tmp_path: Path, direction: Traded) -> None:
    """The payment is accepted and has its receipt, and each side holds the old pack or the new one, whole."""
    till, phone = (NEWER, OLDER) if direction is Traded.GIVEN else (OLDER, NEWER)
    knows(counter, tmp_path, till, phone)
    cuts = [cut for at in range(FIRST, FIRST + 9) for cut in (Hold(cut_before=at), Hold(cut_after=at))]
    packs, tried = set[bytes](), 0
    while packs != {NEWER}:
        held, told = Phone(tmp_path / "wallet"), list[Step]()
        held.hold(cuts[tried])
        tried += 1
        asked = counter.terminal.request(exact_minor=1_00)
        tapped = tap(TillAtReader(counter), asked.shown, told=told, packs=AtTill(counter))
        (times,) = held.held()
        assert tapped.handed_over
        assert times.payments[0].state is PaymentState.ACCEPTED
        assert told[-1] is Step.TAKE_AWAY
        packs = {times.pack, counter.terminal.trust.raw}
        assert packs <= {OLDER, NEWER}
    assert tried > 6, "it was cut at several commands before it went through"


def test_pulled_away_between_two_pieces(counter: Counter, tmp_path: Path) -> None:
    """What was gathered is worth nothing at the next tap, which begins anew."""
    knows(counter, tmp_path, LONG, OLDER)
    held = Phone(tmp_path / "wallet")
    for hold, after in ((Hold(cut_after=FIRST + 20), OLDER), (Hold(), LONG)):
        held.hold(hold)
        asked = counter.terminal.request(exact_minor=1_00)
        assert tap(TillAtReader(counter), asked.shown, packs=AtTill(counter)).handed_over
        assert held.held()[0].pack == after


@pytest.mark.parametrize("failure", [None, OSError("disk full"), ReaderError("card_late")])
def test_a_slow_or_failing_trade_changes_nothing_of_the_payment(
    counter: Counter, tmp_path: Path, failure: Exception | None
) -> None:
    knows(counter, tmp_path, OLDER, NEWER)
    held, moments = Phone(tmp_path / "wallet"), dict[Step, float]()
    held.hold()
    asked = counter.terminal.request(exact_minor=12_50)
    told = Told(moments)
    tapped = tap(TillAtReader(counter), asked.shown, told=told, packs=AtTill(counter, failure, pause_s=1))
    over = time.monotonic()
    assert (tapped.handed_over, tapped.trust) == (True, Traded.NONE if failure else Traded.TAKEN)
    assert counter.terminal.queue().claims == 1
    assert [payment.state for payment in held.held()[0].payments] == [PaymentState.ACCEPTED]
    if failure is None:
        assert over - moments[Step.TAKE_AWAY] >= 1, "the people were told before the trade began"


class Told(list[Step]):
    """Notes when each step was told."""

    def __init__(self, moments: dict[Step, float]) -> None:
        super().__init__()
        self._moments = moments

    def append(self, step: Step) -> None:
        self._moments[step] = time.monotonic()
        super().append(step)
