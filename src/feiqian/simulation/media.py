"""Media: what the stores of simulated devices lie on.

Tables are those of production. Plain rows hold the same records as dicts, under the same acceptance suite
(tests/storage), and cost no SQL: a third of what a world takes. Both can be copied whole, as a thief does it, and both
roll back a write that its device did not live to commit.
"""

from enum import StrEnum
from typing import Final

from feiqian.simulation.signatures import Signatures
from feiqian.storage.memory import AtPoint, MemoryVault
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_terminal import PlainTerminalStore
from feiqian.storage.plain_wallet import PlainWalletStore
from feiqian.storage.terminal_schema import MIGRATIONS as TILL_MIGRATIONS
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.wallet_schema import MIGRATIONS as WALLET_MIGRATIONS
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.terminal.ports import TerminalStore
from feiqian.wallet.ports import WalletStore

Disk = MemoryVault | PlainRows
"""What outlives a device's death."""


class Media(StrEnum):
    """Which kind a world is played with."""

    TABLES = "tables"
    PLAIN = "plain"


MEDIA_OF: Final = {Signatures.REAL: Media.TABLES, Signatures.RECORDED: Media.PLAIN}
"""Who leaves out the curve leaves out the tables, too."""


def wallet_disk(media: Media, at_point: AtPoint) -> Disk:
    """A new wallet's, empty."""
    return PlainRows(at_point) if media is Media.PLAIN else MemoryVault.prepared(WALLET_MIGRATIONS, at_point)


def till_disk(media: Media, at_point: AtPoint) -> Disk:
    """A new till's, empty."""
    return PlainRows(at_point) if media is Media.PLAIN else MemoryVault.prepared(TILL_MIGRATIONS, at_point)


def wallet_store(disk: Disk) -> WalletStore:
    """The store of a wallet that is opened."""
    return PlainWalletStore(disk) if isinstance(disk, PlainRows) else VaultWalletStore(disk)


def till_store(disk: Disk) -> TerminalStore:
    """The store of a till that is opened."""
    return PlainTerminalStore(disk) if isinstance(disk, PlainRows) else VaultTerminalStore(disk)
