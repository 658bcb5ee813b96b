"""The tables of one-time codes: authenticators, which of their codes were used, and cheques with a wrong one.

An authenticator's row is evidence, and each change of it a leaf. What was used and what was wrong never changes. There
is no row for an allowance: its code key follows from the authenticator's (`issuer.one_time_codes`).
"""

from typing import Final

from feiqian.storage.migrations import Migration

VERSION: Final = 12


def _tables(octets: str, integer: str, end: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE authenticators (
            authenticator_id {octets} PRIMARY KEY CHECK (length(authenticator_id) = 16),
            payer_id {octets} NOT NULL REFERENCES payers (payer_id),
            kind TEXT NOT NULL CHECK (kind IN ('totp', 'hotp')),
            secret {octets} NOT NULL,
            added_at {integer} NOT NULL,
            confirmed_at {integer},
            removed_at {integer},
            sealed_by {integer} NOT NULL CHECK (sealed_by >= -1 AND sealed_by <> 0),
            CHECK (sealed_by <> -1 OR length(secret) = 0)
        ){end}""",
        "CREATE INDEX authenticators_by_payer ON authenticators (payer_id)",
        "CREATE INDEX authenticators_by_key ON authenticators (sealed_by)",
        f"""CREATE TABLE code_uses (
            authenticator_id {octets} NOT NULL,
            factor {integer} NOT NULL CHECK (factor >= 0),
            cheque_id {octets} NOT NULL,
            allowance_ref {octets} NOT NULL,
            counter {integer} NOT NULL,
            used_at {integer} NOT NULL,
            drift {integer} NOT NULL,
            PRIMARY KEY (authenticator_id, factor)
        ){end}""",
        """CREATE UNIQUE INDEX code_uses_by_cheque ON code_uses (cheque_id, authenticator_id)
            WHERE length(cheque_id) > 0""",
        f"""CREATE TABLE wrong_codes (
            cheque_id {octets} PRIMARY KEY,
            allowance_ref {octets} NOT NULL,
            payer_id {octets} NOT NULL,
            device_id {octets} NOT NULL,
            fault TEXT NOT NULL CHECK (fault IN ('wrong', 'reused')),
            found_at {integer} NOT NULL
        ){end}""",
        "CREATE INDEX wrong_codes_by_payer ON wrong_codes (payer_id)",
    )


_NEVER: Final = ("code_uses", "wrong_codes")
_DOWN: Final = ("DROP TABLE wrong_codes", "DROP TABLE code_uses", "DROP TABLE authenticators")

CODES: Final = Migration(
    version=VERSION,
    name="authenticators, and the one-time codes in cheques",
    statements=(
        *_tables("BLOB", "INTEGER", " STRICT, WITHOUT ROWID"),
        *(
            f"CREATE TRIGGER {table}_refuse_{act} BEFORE {act.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
            for table in _NEVER
            for act in ("update", "delete")
        ),
    ),
    down=_DOWN,
)
CODES_UP: Final = (
    *_tables("bytea", "bigint", ""),
    *(
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()"
        for table in _NEVER
    ),
)
CODES_DOWN: Final = _DOWN
