"""What is looked up by a hash, kept in runs: a batch writes to few pages, however many payments a payee has had.

A hash lands anywhere among all others, so that each claim would cost a page of its own to write, to log and to copy
back. Here every index that is asked for a hash alone has the number of a run before it, which rises with a payee's
events: what is written lies within the newest run. Whoever looks a hash up looks into each run of the payee; that is
done for notes and for papers, which are few. Requests are asked for with every claim; they are kept by the time that
stands in them, so that one look finds them. Those of before this step have no time: 0, and run 0.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from typing import Final

from feiqian.storage.migrations import Migration

_RUN_BITS: Final = 12
"""So many events of a payee are one run: 4,096 of them, about 60 pages of an index."""
RUN: Final = f"SELECT coalesce(max(number), 0) >> {_RUN_BITS:d} FROM payee_events WHERE payee_id = ?"
ADD_REQUEST: Final = """INSERT INTO requests (payee_id, request_hash, allowance_ref, cheque_id, asked_at, run)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_REQUEST: Final = "r.payee_id, r.request_hash, r.allowance_ref, r.cheque_id, r.asked_at"
"""The columns of a `PaidRequest`, in its order."""
UNTIMED_REQUEST: Final = "SELECT 1 FROM requests WHERE payee_id = ? AND asked_at = 0 LIMIT 1"
REQUESTS_AT: Final = f"""WITH wanted (asked_at, request_hash) AS (VALUES {{values}})
    SELECT {_REQUEST} FROM wanted w CROSS JOIN requests r
    WHERE r.payee_id = ? AND r.asked_at = w.asked_at AND r.request_hash = w.request_hash"""
"""Takes a time and a hash for each pair of marks in `{values}`, then the payee."""
REQUESTS_IN_RUNS: Final = f"""WITH RECURSIVE runs (run) AS (SELECT 0 UNION ALL
        SELECT run + 1 FROM runs WHERE run < (SELECT max(run) FROM requests WHERE payee_id = ?))
    SELECT {_REQUEST} FROM runs CROSS JOIN requests r INDEXED BY requests_by_run
    WHERE r.payee_id = ? AND r.run = runs.run AND r.request_hash IN ({{keys}})"""
"""Takes the payee twice, then hashes."""
LED_BY_CHEQUE: Final = f"""WITH RECURSIVE runs (run) AS (SELECT 0 UNION ALL
        SELECT run + 1 FROM runs WHERE run < (SELECT max(number) >> {_RUN_BITS:d} FROM payee_events WHERE payee_id = ?))
    SELECT e.allowance_ref FROM runs CROSS JOIN payee_events e INDEXED BY payee_events_by_claim
    WHERE e.payee_id = ? AND e.number >> {_RUN_BITS:d} = runs.run AND e.cheque_id IN ({{keys}})"""
"""The allowances of a payee's events about cheques. Takes the payee twice, then the cheques."""

TIMED_REQUEST: Final = "SELECT 1 FROM requests WHERE payee_id = ? AND asked_at IN (0, ?) AND request_hash = ?"
RUNS_HOLD: Final = (
    (
        "requests",
        "in a run that has not begun",
        f"""SELECT r.request_hash FROM requests r WHERE r.run > coalesce(
                (SELECT max(e.number) FROM payee_events e WHERE e.payee_id = r.payee_id), 0) >> {_RUN_BITS:d}""",
    ),
)
"""As `audit_holds.HOLDS`."""

RUNS: Final = Migration(
    version=10,
    name="what is looked up by a hash, in runs",
    statements=(
        "DROP INDEX payee_events_by_claim",
        f"CREATE INDEX payee_events_by_claim ON payee_events (payee_id, number >> {_RUN_BITS:d}, cheque_id)",
        """CREATE TABLE requests_10 (
            payee_id BLOB NOT NULL,
            asked_at INTEGER NOT NULL CHECK (asked_at >= 0),
            request_hash BLOB NOT NULL,
            run INTEGER NOT NULL CHECK (run >= 0),
            allowance_ref BLOB NOT NULL,
            cheque_id BLOB NOT NULL,
            PRIMARY KEY (payee_id, asked_at, request_hash)
        ) STRICT, WITHOUT ROWID""",
        """INSERT INTO requests_10 (payee_id, asked_at, request_hash, run, allowance_ref, cheque_id)
           SELECT payee_id, 0, request_hash, 0, allowance_ref, cheque_id FROM requests
           ORDER BY payee_id, request_hash""",
        "DROP TABLE requests",
        "ALTER TABLE requests_10 RENAME TO requests",
        "CREATE INDEX requests_by_run ON requests (payee_id, run, request_hash)",
    ),
    down=(
        """CREATE TABLE requests_9 (
            payee_id BLOB NOT NULL,
            request_hash BLOB NOT NULL,
            allowance_ref BLOB NOT NULL,
            cheque_id BLOB NOT NULL,
            PRIMARY KEY (payee_id, request_hash)
        ) STRICT, WITHOUT ROWID""",
        """INSERT INTO requests_9 (payee_id, request_hash, allowance_ref, cheque_id)
           SELECT payee_id, request_hash, allowance_ref, cheque_id FROM requests ORDER BY payee_id, request_hash""",
        "/* no row is lost: all stand in requests_9 */ DROP TABLE requests",
        "ALTER TABLE requests_9 RENAME TO requests",
        "DROP INDEX payee_events_by_claim",
        "CREATE INDEX payee_events_by_claim ON payee_events (payee_id, cheque_id)",
    ),
)
