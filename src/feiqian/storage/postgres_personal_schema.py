"""The columns of `personal_schema` on PostgreSQL.

The step back finds everything in plain, for no statement can open a sealed name: `unsealing` opens it in the same
transaction. Without it, the step is refused as long as anything is sealed.
"""

from typing import Final

from feiqian.storage.personal_schema import SEALED_TABLES

_BY: Final = "ADD COLUMN sealed_by bigint NOT NULL DEFAULT 0 CHECK (sealed_by >= -1)"
_STAYS: Final = """CREATE FUNCTION steps_keep_their_place() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF OLD.sealed_by = -1 OR (OLD.dispute_id, OLD.number, OLD.party, OLD.act, OLD.amount_minor, OLD.at)
        IS DISTINCT FROM (NEW.dispute_id, NEW.number, NEW.party, NEW.act, NEW.amount_minor, NEW.at) THEN
        RAISE EXCEPTION 'rows of dispute_steps are never changed' USING ERRCODE = 'FQ004';
    END IF;
    RETURN NEW;
END$$"""
_NOTHING_SEALED: Final = """DO $$BEGIN
    IF EXISTS (SELECT FROM payers WHERE sealed_by > 0) OR EXISTS (SELECT FROM payees WHERE sealed_by > 0)
        OR EXISTS (SELECT FROM terminals WHERE sealed_by > 0)
        OR EXISTS (SELECT FROM dispute_steps WHERE sealed_by > 0) THEN
        RAISE EXCEPTION 'names are sealed: an older version could not read them' USING ERRCODE = 'FQ004';
    END IF;
END$$"""


def _bytes(table: str, column: str) -> str:
    return f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea USING convert_to({column}, 'UTF8')"


def _text(table: str, column: str) -> str:
    return f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text USING convert_from({column}, 'UTF8')"


PERSONAL_UP: Final = (
    _bytes("payers", "name"),
    _bytes("payees", "name"),
    "DROP TRIGGER dispute_steps_never_change ON dispute_steps",
    _bytes("dispute_steps", "words"),
    *(f"ALTER TABLE {table} {_BY}" for table in SEALED_TABLES),
    *(f"ALTER TABLE {table} ALTER COLUMN sealed_by DROP DEFAULT" for table in SEALED_TABLES),
    *(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_erased CHECK (sealed_by <> -1 OR length(name) = 0)"
        for table in ("payers", "payees")
    ),
    """ALTER TABLE dispute_steps ADD CONSTRAINT dispute_steps_erased
       CHECK (sealed_by <> -1 OR length(words) + length(evidence) = 0)""",
    *(f"CREATE INDEX {table}_by_key ON {table} (sealed_by)" for table in SEALED_TABLES),
    _STAYS,
    """CREATE TRIGGER dispute_steps_keep_their_place BEFORE UPDATE ON dispute_steps
       FOR EACH ROW EXECUTE FUNCTION steps_keep_their_place()""",
    """CREATE TRIGGER dispute_steps_stay BEFORE DELETE OR TRUNCATE ON dispute_steps
       FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()""",
    """CREATE TABLE data_keys (
        number bigint PRIMARY KEY CHECK (number > 0),
        proof bytea NOT NULL,
        begun_at bigint NOT NULL
    )""",
    """CREATE TRIGGER data_keys_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON data_keys
       FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()""",
)
PERSONAL_DOWN: Final = (
    _NOTHING_SEALED,
    "/* nothing is sealed any more */ DROP TABLE data_keys",
    "DROP TRIGGER dispute_steps_keep_their_place ON dispute_steps",
    "DROP TRIGGER dispute_steps_stay ON dispute_steps",
    "DROP FUNCTION steps_keep_their_place",
    "ALTER TABLE payers DROP CONSTRAINT payers_erased",
    "ALTER TABLE payees DROP CONSTRAINT payees_erased",
    "ALTER TABLE dispute_steps DROP CONSTRAINT dispute_steps_erased",
    *(f"/* says only how a value is sealed */ ALTER TABLE {table} DROP COLUMN sealed_by" for table in SEALED_TABLES),
    _text("payers", "name"),
    _text("payees", "name"),
    _text("dispute_steps", "words"),
    """CREATE TRIGGER dispute_steps_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_steps
       FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()""",
)
