"""The wallet's smart card on this machine: which reader, whose PIN, and the reader's faults in the card's own words.

FEIQIAN_CARD_READER is how the reader's name begins (default: the first), FEIQIAN_CARD_PIN_FILE a file with the card's
PIN (default: it is asked for), FEIQIAN_CARD_MANAGEMENT_KEY_FILE one with the management key of a card that is to make
its key, in hexadecimal digits.
"""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from feiqian.cli.device import read_secret
from feiqian.cli.report import CommandTrouble
from feiqian.keys.card import CardAccess, CardKeys
from feiqian.keys.card_troubles import CardTrouble
from feiqian.links.apdu import Answer
from feiqian.links.nfc_reader import Reader, ReaderError

READER: Final = "FEIQIAN_CARD_READER"
PIN_FILE: Final = "FEIQIAN_CARD_PIN_FILE"
MANAGEMENT_KEY_FILE: Final = "FEIQIAN_CARD_MANAGEMENT_KEY_FILE"


def card_keys() -> CardKeys:
    """The key maker over this machine's card. The reader is opened with its first use."""

    def pin() -> str:
        path = os.environ.get(PIN_FILE)
        if path is not None:
            return read_secret(Path(path))
        if not sys.stdin.isatty():
            raise CommandTrouble("pin_needed")
        return getpass.getpass("The card's PIN / 智能卡的 PIN: ")

    return CardKeys(CardAccess(channel=CardReader(), pin=pin, management_key=_management_key()))


class CardReader:
    """A `keys.card.CardChannel` over a reader of this machine."""

    def __init__(self, name: str | None = None) -> None:
        """Without a name the reader is the one that FEIQIAN_CARD_READER says, or the first."""
        self._name = name
        self._reader: Reader | None = None

    def wait_for_card(self, until: float) -> bool:
        """Wait for a card; False when there is none at `until`, on the monotonic clock. Raises CardTrouble."""
        with _in_words():
            if self._reader is None:
                self._reader = Reader.open(self._name or os.environ.get(READER) or None)
            return self._reader.wait_for_card(until)

    def exchange(self, cla: int, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"") -> Answer:
        """Send a message and fetch all of the answer. Raises CardTrouble."""
        if self._reader is None:
            raise CardTrouble("card_gone")
        with _in_words():
            return self._reader.exchange(cla, ins, p1, p2, data)

    def leave(self) -> None:
        """Let card and reader go: the next one may be plugged in elsewhere."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except ReaderError as error:
        match error.fault:
            case "pcsc_missing":
                raise CardTrouble("card_library_missing") from None
            case "pcscd_missing":
                raise CardTrouble("card_service_missing") from None
            case "card_garbled":
                raise CardTrouble("card_garbled") from None
            case "card_removed" | "card_late":
                raise CardTrouble("card_gone") from None
            case "reader_missing" | "reader_unknown" | "reader_gone" | "reader_in_use":
                raise CardTrouble("card_reader_missing", why=error.fault) from None


def _management_key() -> bytes | None:
    path = os.environ.get(MANAGEMENT_KEY_FILE)
    if path is None:
        return None
    try:
        return bytes.fromhex(read_secret(Path(path)))
    except ValueError:
        raise CardTrouble("card_management_refused") from None
