"""The keys that open names and words in the operator's books: files of the home, `keys/data-N.key`, beside its others.

Never in the database: whoever copies the books alone has no name. The highest number seals. Every process of a home
reads the folder again when it meets a number that it does not know, and before it seals, so a key that is changed while
the server runs is used by all of them at once.
"""

import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from feiqian.cli.durable_files import sync_folder, write_secret
from feiqian.keys.data_key import DATA_KEY_BYTES, DataKeys

KEYS_FOLDER: Final = "keys"
_FILE: Final = re.compile(r"data-([1-9][0-9]{0,8})\.key", re.ASCII)


class HomeDataKeys:
    """The data keys of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / KEYS_FOLDER
        self.seals = DataKeys(self.read)

    def read(self) -> dict[int, bytes]:
        """All keys that are there; a file that holds none is as good as missing."""
        found: dict[int, bytes] = {}
        for path in self._folder.glob("data-*.key"):
            named = _FILE.fullmatch(path.name)
            if named is not None:
                key = _key_in(path)
                if key is not None:
                    found[int(named[1])] = key
        return found

    def numbers(self) -> list[int]:
        """The numbers of all keys, ascending."""
        return sorted(self.read())

    def make(self, number: int) -> None:
        """A new key, durable when this returns; the first one of several processes stays for all of them."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"data-{number}.key"
        beside = self._folder / f"data-{number}.{secrets.token_hex(8)}"
        write_secret(beside, secrets.token_hex(DATA_KEY_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(beside)
        beside.unlink()
        sync_folder(self._folder)

    def remove(self, number: int) -> None:
        """Forgets a key for good: what it sealed, also in backups, opens for nobody who has no copy of it."""
        (self._folder / f"data-{number}.key").unlink(missing_ok=True)


def _key_in(path: Path) -> bytes | None:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return key if len(key) == DATA_KEY_BYTES else None
