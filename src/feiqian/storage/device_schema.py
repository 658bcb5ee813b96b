"""Tables about devices that something happened to: locks of paying, lost-device codes, tills that were opened again.

What was reported, decided and recovered never changes. A lost-device code counts its tries, and is used once.
"""

from typing import Final

from feiqian.storage.migrations import Migration

VERSION: Final = 15
DEVICES_IMMUTABLE: Final = ("device_locks", "lock_decisions", "till_recoveries")
"""Tables whose rows are never changed and never removed."""


def _tables(octets: str, integer: str, end: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE device_locks (
            payer_id {octets} NOT NULL REFERENCES payers (payer_id),
            lock_id {octets} NOT NULL UNIQUE CHECK (length(lock_id) = 16),
            device_id {octets} NOT NULL REFERENCES devices (device_id),
            reason TEXT NOT NULL,
            locked_at {integer} NOT NULL,
            seen {integer} NOT NULL,
            allowed {integer} NOT NULL,
            reported_at {integer} NOT NULL,
            PRIMARY KEY (payer_id, lock_id)
        ){end}""",
        "CREATE INDEX device_locks_by_device ON device_locks (device_id, reported_at)",
        "CREATE INDEX device_locks_by_time ON device_locks (reported_at)",
        f"""CREATE TABLE lock_decisions (
            payer_id {octets} NOT NULL,
            lock_id {octets} NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('allowed', 'refused')),
            decided_by TEXT NOT NULL CHECK (decided_by IN ('policy', 'operator')),
            at {integer} NOT NULL,
            PRIMARY KEY (payer_id, lock_id),
            FOREIGN KEY (payer_id, lock_id) REFERENCES device_locks (payer_id, lock_id)
        ){end}""",
        f"""CREATE TABLE lost_codes (
            code_id {octets} PRIMARY KEY CHECK (length(code_id) = 5),
            payer_id {octets} NOT NULL REFERENCES payers (payer_id),
            device_id {octets} NOT NULL REFERENCES devices (device_id),
            hashed TEXT NOT NULL,
            made_at {integer} NOT NULL,
            misses {integer} NOT NULL CHECK (misses >= 0),
            ended_at {integer}
        ){end}""",
        "CREATE INDEX lost_codes_by_device ON lost_codes (device_id)",
        f"""CREATE TABLE till_recoveries (
            recovery_id {octets} PRIMARY KEY CHECK (length(recovery_id) = 16),
            terminal_ref {octets} NOT NULL REFERENCES terminals (terminal_ref),
            request_hash {octets} NOT NULL CHECK (length(request_hash) = 32),
            at {integer} NOT NULL
        ){end}""",
    )


def _immutable(table: str) -> tuple[str, str]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {refused}",
    )


DEVICES_DOWN: Final = (
    "DROP TABLE till_recoveries",
    "DROP TABLE lost_codes",
    "DROP TABLE lock_decisions",
    "DROP TABLE device_locks",
)
DEVICES: Final = Migration(
    version=VERSION,
    name="locks of paying, lost-device codes, tills opened again",
    statements=(
        *_tables("BLOB", "INTEGER", " STRICT, WITHOUT ROWID"),
        *(statement for table in DEVICES_IMMUTABLE for statement in _immutable(table)),
    ),
    down=DEVICES_DOWN,
)
DEVICES_UP: Final = (
    *_tables("bytea", "bigint", ""),
    *(
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()"
        for table in DEVICES_IMMUTABLE
    ),
)
