"""The table of revoked terminals: a row is written once and never changes."""

from typing import Final

from feiqian.storage.migrations import Migration

VERSION: Final = 14


def _table(octets: str, integer: str, end: str) -> str:
    return f"""CREATE TABLE revoked_terminals (
        terminal_ref {octets} PRIMARY KEY REFERENCES terminals (terminal_ref),
        revoked_at {integer} NOT NULL,
        expires_at {integer} NOT NULL,
        written_at {integer} NOT NULL CHECK (written_at >= revoked_at)
    ){end}"""


_DOWN: Final = ("DROP TABLE revoked_terminals",)

REVOCATIONS: Final = Migration(
    version=VERSION,
    name="terminals that were revoked",
    statements=(
        _table("BLOB", "INTEGER", " STRICT, WITHOUT ROWID"),
        *(
            f"CREATE TRIGGER revoked_terminals_refuse_{act} BEFORE {act.upper()} ON revoked_terminals "
            "BEGIN SELECT RAISE(ABORT, 'rows of revoked_terminals are never changed'); END"
            for act in ("update", "delete")
        ),
    ),
    down=_DOWN,
)
REVOCATIONS_UP: Final = (
    _table("bytea", "bigint", ""),
    """CREATE TRIGGER revoked_terminals_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON revoked_terminals
       FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()""",
)
REVOCATIONS_DOWN: Final = _DOWN
