"""What the books hold of people, sealed: names, certificates, and words and evidence of disputes (`sealed_tables`).

Beside each sealed value stands the number of its key: 0 for one that an older version wrote in plain and the first
start seals, -1 for one that was erased. A step of a dispute still never changes, but for the sealing of what was said.
The way down finds everything in plain: `unsealing` opens it in the same transaction.
"""

from typing import Final

from feiqian.storage.migrations import Migration

SEALED_TABLES: Final = ("payers", "payees", "terminals", "dispute_steps")
_BY: Final = "sealed_by INTEGER NOT NULL CHECK (sealed_by >= -1)"


def _holders(table: str, key: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE {table}_new (
            {key} BLOB PRIMARY KEY,
            name BLOB NOT NULL,
            currency TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            {_BY},
            CHECK (sealed_by <> -1 OR length(name) = 0)
        ) STRICT, WITHOUT ROWID""",
        f"INSERT INTO {table}_new SELECT {key}, CAST(name AS BLOB), currency, created_at, 0 FROM {table}",  # noqa: S608
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_new RENAME TO {table}",
    )


_STEPS: Final = (
    f"""CREATE TABLE dispute_steps_new (
        dispute_id BLOB NOT NULL REFERENCES disputes (dispute_id),
        number INTEGER NOT NULL,
        party TEXT NOT NULL,
        act TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
        words BLOB NOT NULL,
        evidence BLOB NOT NULL,
        at INTEGER NOT NULL,
        {_BY},
        PRIMARY KEY (dispute_id, number),
        CHECK (sealed_by <> -1 OR length(words) + length(evidence) = 0)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO dispute_steps_new
       SELECT dispute_id, number, party, act, amount_minor, CAST(words AS BLOB), evidence, at, 0 FROM dispute_steps""",
    "DROP TABLE dispute_steps",
    "ALTER TABLE dispute_steps_new RENAME TO dispute_steps",
    """CREATE TRIGGER dispute_steps_refuse_update BEFORE UPDATE ON dispute_steps
        WHEN (OLD.dispute_id, OLD.number, OLD.party, OLD.act, OLD.amount_minor, OLD.at) IS NOT
             (NEW.dispute_id, NEW.number, NEW.party, NEW.act, NEW.amount_minor, NEW.at) OR OLD.sealed_by = -1
        BEGIN SELECT RAISE(ABORT, 'rows of dispute_steps are never changed'); END""",
    """CREATE TRIGGER dispute_steps_refuse_delete BEFORE DELETE ON dispute_steps
        BEGIN SELECT RAISE(ABORT, 'rows of dispute_steps are never changed'); END""",
)
_KEYS: Final = (
    """CREATE TABLE data_keys (
        number INTEGER PRIMARY KEY CHECK (number > 0),
        proof BLOB NOT NULL,
        begun_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TRIGGER data_keys_refuse_update BEFORE UPDATE ON data_keys
        BEGIN SELECT RAISE(ABORT, 'rows of data_keys are never changed'); END""",
    """CREATE TRIGGER data_keys_refuse_delete BEFORE DELETE ON data_keys
        BEGIN SELECT RAISE(ABORT, 'rows of data_keys are never changed'); END""",
)

_STATEMENTS: Final = (
    *_holders("payers", "payer_id"),
    *_holders("payees", "payee_id"),
    "ALTER TABLE terminals ADD COLUMN sealed_by INTEGER NOT NULL DEFAULT 0 CHECK (sealed_by >= -1)",
    *_STEPS,
    *_KEYS,
    *(f"CREATE INDEX {table}_by_key ON {table} (sealed_by)" for table in SEALED_TABLES),
)


def _plain_holders(table: str, key: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE {table}_7 (
            {key} BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            currency TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        f"INSERT INTO {table}_7 SELECT {key}, CAST(name AS TEXT), currency, created_at FROM {table}",  # noqa: S608
        f"/* no row is lost: all stand in {table}_7 */ DROP TABLE {table}",
        f"ALTER TABLE {table}_7 RENAME TO {table}",
    )


_DOWN: Final = (
    *_plain_holders("payers", "payer_id"),
    *_plain_holders("payees", "payee_id"),
    "DROP INDEX terminals_by_key",
    "/* says only how a value is sealed */ ALTER TABLE terminals DROP COLUMN sealed_by",
    """CREATE TABLE dispute_steps_7 (
        dispute_id BLOB NOT NULL REFERENCES disputes (dispute_id),
        number INTEGER NOT NULL,
        party TEXT NOT NULL,
        act TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
        words TEXT NOT NULL,
        evidence BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (dispute_id, number)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO dispute_steps_7
       SELECT dispute_id, number, party, act, amount_minor, CAST(words AS TEXT), evidence, at FROM dispute_steps""",
    "/* no row is lost: all stand in dispute_steps_7 */ DROP TABLE dispute_steps",
    "ALTER TABLE dispute_steps_7 RENAME TO dispute_steps",
    """CREATE TRIGGER dispute_steps_refuse_update BEFORE UPDATE ON dispute_steps
        BEGIN SELECT RAISE(ABORT, 'rows of dispute_steps are never changed'); END""",
    """CREATE TRIGGER dispute_steps_refuse_delete BEFORE DELETE ON dispute_steps
        BEGIN SELECT RAISE(ABORT, 'rows of dispute_steps are never changed'); END""",
    "/* nothing is sealed any more */ DROP TABLE data_keys",
)

PERSONAL_DATA: Final = Migration(
    version=8, name="names and words, sealed", statements=_STATEMENTS, down=_DOWN, unseals=True
)
