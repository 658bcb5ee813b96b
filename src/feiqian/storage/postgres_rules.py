"""What PostgreSQL itself refuses and keeps: the functions and triggers of the operator's schema.

Refusals carry a SQLSTATE of their own, which `postgres_link` turns into words of ours.
"""
# ruff: noqa: S608  # statements are put together from names of this file only

from typing import Final

from feiqian.storage.operator_schema import IMMUTABLE

SLOTS: Final = 16
STALE_STATE, BROKEN_STATE, OVERDRAWN_STATE, FIXED_STATE = "FQ001", "FQ002", "FQ003", "FQ004"

_FIXED: Final = (*IMMUTABLE, "advices_applied", "status_places", "issued_requests")
_STAYING: Final = ("payers", "payees", "allowances", "terminals", "claims")


def _function(name: str, body: str, *, takes: str = "", gives: str = "trigger") -> str:
    return f"CREATE FUNCTION {name}({takes}) RETURNS {gives} LANGUAGE plpgsql AS $${body}$$"


def _refuse(text: str, state: str) -> str:
    return f"RAISE EXCEPTION '{text}' USING ERRCODE = '{state}';"


FUNCTIONS: Final = (
    _function(
        "all_of",
        f"""BEGIN
            IF counted <> wanted THEN {_refuse("what this rests on has changed", STALE_STATE)} END IF;
            RETURN counted;
        END""",
        takes="counted bigint, wanted bigint",
        gives="bigint",
    ),
    _function(
        "rows_are_never_changed",
        f"BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = '{FIXED_STATE}'; END",
    ),
    _function("account_is_overdrawn", f"BEGIN {_refuse('an account would fall below zero', OVERDRAWN_STATE)} END"),
    _function(
        "postings_make_balances",
        f"""BEGIN
            IF EXISTS (SELECT FROM added GROUP BY entry, book, currency HAVING sum(amount_minor) <> 0) THEN
                {_refuse("the entry does not sum to zero", BROKEN_STATE)}
            END IF;
            IF EXISTS (
                SELECT FROM (SELECT entry, count(*) AS lines FROM added GROUP BY entry) made
                    LEFT JOIN entries ON entries.number = made.entry
                WHERE entries.number IS NULL
                    OR (SELECT count(*) FROM postings WHERE postings.entry = made.entry) <> made.lines
            ) THEN
                {_refuse("the entry is sealed or is none", BROKEN_STATE)}
            END IF;
            INSERT INTO balances AS held (kind, owner, currency, slot, posted_minor)
                SELECT kind, owner, currency,
                    CASE WHEN kind IN ('free', 'reserve', 'pool') THEN 0 ELSE entry % {SLOTS} END AS slot,
                    sum(amount_minor)
                FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            ON CONFLICT (owner, kind, currency, slot)
                DO UPDATE SET posted_minor = held.posted_minor + excluded.posted_minor;
            RETURN NULL;
        END""",
    ),
    _function(
        "entry_has_postings",
        f"""BEGIN
            IF NOT EXISTS (SELECT FROM postings WHERE postings.entry = NEW.number) THEN
                {_refuse("the entry is empty", BROKEN_STATE)}
            END IF;
            RETURN NULL;
        END""",
    ),
    _function(
        "allowance_takes_its_places",
        """BEGIN
            INSERT INTO status_places VALUES (NEW.status_index, NEW.ref);
            INSERT INTO issued_requests VALUES (NEW.device_id, NEW.request_id, NEW.ref);
            RETURN NULL;
        END""",
    ),
    _function(
        "payee_has_no_notes_yet",
        "BEGIN INSERT INTO payee_notes VALUES (NEW.payee_id, 0); RETURN NULL; END",
    ),
    _function(
        "allowances_are_known",
        f"""BEGIN
            IF EXISTS (SELECT FROM (SELECT DISTINCT allowance_ref FROM added) claimed
                       WHERE NOT EXISTS (SELECT FROM allowances WHERE ref = claimed.allowance_ref)) THEN
                {_refuse("a claim on an allowance that is not known", "23503")}
            END IF;
            RETURN NULL;
        END""",
    ),
    _function(
        "payees_are_known",
        f"""BEGIN
            IF EXISTS (SELECT FROM (SELECT DISTINCT payee_id FROM added) told
                       WHERE NOT EXISTS (SELECT FROM payees WHERE payees.payee_id = told.payee_id)) THEN
                {_refuse("a payee that is not known", "23503")}
            END IF;
            RETURN NULL;
        END""",
    ),
)


def _as_a_set(name: str, table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


TRIGGERS: Final = (
    _as_a_set("postings_make_balances", "postings", "postings_make_balances"),
    _as_a_set("claims_have_their_allowance", "claims", "allowances_are_known"),
    _as_a_set("payee_events_have_their_payee", "payee_events", "payees_are_known"),
    _as_a_set("payee_waiting_has_its_payee", "payee_waiting", "payees_are_known"),
    """CREATE TRIGGER balances_stay_covered AFTER INSERT OR UPDATE ON balances FOR EACH ROW
       WHEN (NEW.posted_minor > 0 AND NEW.kind IN ('free', 'reserve', 'pool'))
       EXECUTE FUNCTION account_is_overdrawn()""",
    """CREATE CONSTRAINT TRIGGER entries_have_postings AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION entry_has_postings()""",
    """CREATE TRIGGER allowances_take_their_places AFTER INSERT ON allowances
       FOR EACH ROW EXECUTE FUNCTION allowance_takes_its_places()""",
    """CREATE TRIGGER payees_have_no_notes_yet AFTER INSERT ON payees
       FOR EACH ROW EXECUTE FUNCTION payee_has_no_notes_yet()""",
    *(
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()"
        for table in _FIXED
    ),
    *(
        f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()"
        for table in _STAYING
    ),
)
