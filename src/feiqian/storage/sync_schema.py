"""What terminals' batches said of their clocks and counters, a row for each: by these, receipts are placed in time.

Every row follows from the batch that it is of, which the audit log holds; the log's verification compares them. The key
lets what stands before and behind a receipt be found without a look at anything else. Batches that an older version
took get theirs on the way up, if they state counter and attested time; so the way down loses nothing.
"""

# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from typing import Final

from feiqian.storage.migrations import Migration
from feiqian.storage.sync_filling import fill_syncs

SYNC: Final = "terminal_ref, counter, received_at, batch_id, time, attested_at, index_version"
"""The columns of a `Sync`, in its order."""
ADD_SYNC: Final = f"INSERT INTO syncs (payee_id, {SYNC}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_MINE: Final = f"""SELECT {SYNC} FROM syncs
    WHERE payee_id = (SELECT payee_id FROM terminals WHERE terminal_ref = ?) AND terminal_ref = ?"""
SYNCS_AROUND: Final = f"""
    SELECT * FROM ({_MINE} AND counter < ? ORDER BY counter DESC, received_at DESC, attested_at DESC, time DESC LIMIT 1)
        AS before
    UNION ALL SELECT * FROM ({_MINE} AND counter >= ? ORDER BY counter, received_at LIMIT ?) AS behind"""
"""Takes the terminal twice and a counter, the same again, and how many there may be from that counter on."""


def _table(octets: str, integer: str, end: str) -> str:
    return f"""CREATE TABLE syncs (
        payee_id {octets} NOT NULL,
        terminal_ref {octets} NOT NULL,
        counter {integer} NOT NULL CHECK (counter >= 0),
        received_at {integer} NOT NULL,
        batch_id {octets} NOT NULL,
        time {integer} NOT NULL,
        attested_at {integer} NOT NULL CHECK (attested_at <= received_at),
        index_version {integer} NOT NULL,
        PRIMARY KEY (payee_id, terminal_ref, counter, received_at, batch_id)
    ){end}"""


_REFUSED: Final = "BEGIN SELECT RAISE(ABORT, 'rows of syncs are never changed'); END"

SYNCS_DOWN: Final = ("/* every row follows from its batch */ DROP TABLE syncs",)
SYNCS: Final = Migration(
    version=9,
    name="what each batch says of its terminal's clock",
    statements=(
        _table("BLOB", "INTEGER", " STRICT, WITHOUT ROWID"),
        f"CREATE TRIGGER syncs_refuse_update BEFORE UPDATE ON syncs {_REFUSED}",
        f"CREATE TRIGGER syncs_refuse_delete BEFORE DELETE ON syncs {_REFUSED}",
    ),
    down=SYNCS_DOWN,
    then=fill_syncs,
)
SYNCS_UP: Final = (
    _table("bytea", "bigint", ""),
    """CREATE TRIGGER syncs_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON syncs
        FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()""",
)
