"""A till at a reader with something else in it: other cards, cards that answer garbage or late; a reader that goes.

Each is a coded refusal, in time, with nothing accepted; and the right phone, held there next, pays.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select

import pytest

from feiqian.cli.card_service import VIRTUAL_READER, CardService
from feiqian.links.apdu import Status
from feiqian.links.nfc_reader import Reader, ReaderError, reader_names
from feiqian.links.nfc_tap import Step
from feiqian.links.nfc_troubles import TAP_WORDS, TapTrouble
from feiqian.links.vpcd import VirtualCard
from feiqian.protocol import cbor
from tests.nfc.foreign_service import own_service, owner_of_service, stop_service
from tests.nfc.piv_card import Maker, PivCard
from tests.nfc.world import Hold, Phone, TillAtReader, new_pair, tap
from tests.terminal.world import Counter

DONE = Status.DONE.to_bytes(2, "big")
OPEN = cbor.encode({0: 1, 1: 0, 2: 2}) + DONE
COMMAND_S = 0.6


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return new_pair(tmp_path)


class Fake:
    """A card that answers as it was told; `select` to the first command, `then` to all others."""

    def __init__(self, select: bytes, then: Callable[[bytes], bytes] = lambda _raw: DONE) -> None:
        self._select, self._then = select, then

    def reset(self) -> None:
        pass

    def answer(self, raw: bytes) -> bytes:
        return self._select if raw[1] == 0xA4 else self._then(raw)


def late(_raw: bytes) -> bytes:
    time.sleep(2 * COMMAND_S)
    return DONE


@contextmanager
def in_field(card: object) -> Iterator[None]:
    """The card in the reader, until the block ends."""
    over = threading.Event()

    def serve() -> None:
        with VirtualCard(card) as held:  # type: ignore[arg-type]  # anything that answers
            while not over.is_set():
                ready, _, _ = select([held], [], [], 0.02)
                if ready and not held.serve():
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


CARDS: dict[str, tuple[Callable[[], PivCard | Fake], str]] = {
    "another application": (lambda: PivCard(Maker()), "card_other"),
    "nothing it knows": (lambda: Fake(Status.WRONG_INSTRUCTION.to_bytes(2, "big")), "card_other"),
    "a newer tap": (lambda: Fake(cbor.encode({0: 2, 2: 2}) + DONE), "card_newer"),
    "a critical field": (lambda: Fake(cbor.encode({0: 1, 2: 2, 9: 1}) + DONE), "card_newer"),
    "a state from later": (lambda: Fake(cbor.encode({0: 1, 2: 7}) + DONE), "card_newer"),
    "a locked wallet": (lambda: Fake(cbor.encode({0: 1, 2: 0}) + DONE), "wallet_locked"),
    "locked at once": (lambda: Fake(Status.LOCKED.to_bytes(2, "big")), "wallet_locked"),
    "no map": (lambda: Fake(b"\x01" + DONE), "card_garbled"),
    "noise": (lambda: Fake(os.urandom(300), lambda _raw: os.urandom(200)), "card_(garbled|other)"),
    "noise later": (lambda: Fake(OPEN, lambda _raw: b"\x12\x34"), "card_garbled"),
    "one byte": (lambda: Fake(b"\x90"), "card_garbled"),
    "more without end": (
        lambda: Fake(OPEN, lambda raw: bytes(200) + (b"\x61\xff" if raw[1] > 0x11 else DONE)),
        "card_garbled",
    ),
    "a megabyte": (lambda: Fake(OPEN, lambda raw: bytes(65_000) + DONE if raw[1] > 0x11 else DONE), "card_garbled"),
    "late": (lambda: Fake(OPEN, late), "card_late"),
    "never": (lambda: Fake(b""), "card_late"),
}


@pytest.mark.parametrize("name", CARDS)
def test_another_card_is_a_refusal_and_the_right_phone_pays(
    service: CardService, counter: Counter, tmp_path: Path, name: str
) -> None:
    assert service is not None
    make, code = CARDS[name]
    till, asked = TillAtReader(counter), counter.terminal.request(exact_minor=12_50)
    begun = time.monotonic()
    with in_field(make()), pytest.raises(TapTrouble, match=code) as caught:
        tap(till, asked.shown, for_s=1.5, command_s=COMMAND_S)
    assert time.monotonic() - begun < 6
    assert "{" not in "".join(caught.value.words("en") + caught.value.words("zh"))
    assert till.terminal.queue().claims == 0
    phone = Phone(tmp_path / "wallet")
    phone.hold(Hold(pause_s=0.5))
    assert tap(till, asked.shown).handed_over
    assert len(phone.held()[0].payments) == 1
    assert till.terminal.queue().claims == 1


def test_a_payment_that_is_none_is_refused_in_the_tills_own_words(service: CardService, counter: Counter) -> None:
    assert service is not None
    fake = Fake(OPEN, lambda raw: os.urandom(300) + DONE if raw[1] == 0x12 else DONE)
    with in_field(fake), pytest.raises(Exception, match=r"malformed|header_refused|too_large"):
        tap(TillAtReader(counter), counter.terminal.request(exact_minor=12_50).shown)
    assert counter.terminal.queue().claims == 0


def test_another_card_first_is_told_and_waited_for(service: CardService, counter: Counter, tmp_path: Path) -> None:
    assert service is not None
    told = list[Step]()
    phone = Phone(tmp_path / "wallet")

    def change() -> None:
        with in_field(PivCard(Maker())):
            time.sleep(0.5)
        phone.hold(Hold(pause_s=0.5))

    threading.Thread(target=change, daemon=True).start()
    assert tap(TillAtReader(counter), counter.terminal.request(exact_minor=12_50).shown, told=told).handed_over
    assert told[1] is Step.OTHER_CARD
    assert len(phone.held()[0].payments) == 1


def test_a_reader_that_goes_while_it_is_waited_at(stoppable: CardService, counter: Counter) -> None:
    asked = counter.terminal.request(exact_minor=12_50)
    threading.Timer(0.5, stoppable.stop).start()
    with pytest.raises(TapTrouble, match=r"reader_gone|pcscd_missing|reader_missing"):
        tap(TillAtReader(counter), asked.shown)
    assert counter.terminal.queue().claims == 0


def test_a_reader_that_goes_once_it_is_accepted_takes_no_payment_along(
    stoppable: CardService, counter: Counter, tmp_path: Path
) -> None:
    class Stopping(TillAtReader):
        def accept(self, payment: bytes) -> bytes:
            shown = super().accept(payment)
            stoppable.stop()
            return shown

    till, asked = Stopping(counter), counter.terminal.request(exact_minor=12_50)
    phone = Phone(tmp_path / "wallet")
    phone.hold(Hold(for_s=3))
    assert not tap(till, asked.shown).handed_over
    assert till.terminal.queue().claims == 1
    assert len(phone.held()[0].payments) == 1


def test_readers_are_named_and_looked_for(stoppable: CardService) -> None:
    assert VIRTUAL_READER in reader_names()
    with pytest.raises(ReaderError, match="reader_unknown") as caught:
        Reader.open("Acme")
    assert VIRTUAL_READER in TapTrouble(caught.value.fault, **caught.value.values).words("en").message
    stoppable.stop()
    with pytest.raises(ReaderError, match="pcscd_missing"):
        Reader.open()


def test_a_service_that_ran_before_makes_room_and_comes_back(stoppable: CardService) -> None:
    stoppable.stop()
    before, later = CardService(), CardService()
    before.start()
    assert before.is_ours
    later.start()
    assert not later.is_ours
    with own_service(later) as found:
        assert found.is_ours
        before.stop()  # it ended already
        found.stop()
        with pytest.raises(ReaderError, match="pcscd_missing"):
            Reader.open()
    back = owner_of_service()
    assert b"pcscd" in Path(f"/proc/{back}/cmdline").read_bytes()
    stop_service(back)


def test_every_trouble_has_both_languages() -> None:
    assert all({"en", "zh"} == set(words) for words in TAP_WORDS.values())
