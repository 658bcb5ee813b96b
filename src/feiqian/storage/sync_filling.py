"""The rows of `syncs` for batches that an older version took: each follows from the batch's own bytes."""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from typing import Final

from feiqian.issuer.placing import sync_in
from feiqian.protocol.claim import decode_batch
from feiqian.protocol.refusals import Refused
from feiqian.storage.ledger_tables import Database

_SYNC: Final = "payee_id, terminal_ref, counter, received_at, batch_id, time, attested_at, index_version"
_ADD: Final = f"INSERT INTO syncs ({_SYNC}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ROWS_AT_ONCE: Final = 200
_SOME: Final = f"""SELECT b.terminal_ref, b.batch_id, b.body, b.received_at, t.payee_id
    FROM batches b JOIN terminals t ON t.terminal_ref = b.terminal_ref
    WHERE (b.terminal_ref, b.batch_id) > (?, ?) ORDER BY b.terminal_ref, b.batch_id LIMIT {_ROWS_AT_ONCE:d}"""


def fill_syncs(db: Database) -> None:
    """Adds a row for each batch that states counter and attested time; the table is empty before."""
    last: tuple[bytes, bytes] = (b"", b"")
    while found := db.execute(_SOME, last).fetchall():
        last = (found[-1][0], found[-1][1])
        for _, _, body, received_at, payee_id in found:
            try:
                sync = sync_in(decode_batch(bytes(body)), received_at)
            except Refused:  # the log's verification names it
                continue
            if sync is not None:
                db.execute(_ADD, (payee_id, *sync))
