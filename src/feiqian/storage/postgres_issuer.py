"""The issuer's tables on PostgreSQL: what differs from the statements that both databases know.

Within a unit that writes, what an act rests on is locked when it is read: the payer whose money or number of allowances
counts, the allowances in the order of their refs, a code that is used up. Acts that are rare and must not overtake each
other (publishing, closing windows, numbering advices, collecting them) take turns.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Iterable, Sequence
from typing import Final

from feiqian.issuer.facts import AllowanceFacts, ClaimedCheque
from feiqian.issuer.known import Changes, Known, Wanted
from feiqian.issuer.ports import Publication, StoredCode, StoredList
from feiqian.issuer.values import DeviceId, EntryLine, Fork, PayerId
from feiqian.ledger.clearing import Advice
from feiqian.protocol.ids import AllowanceRef
from feiqian.storage.issuer_rows import ALLOWANCE, allowance_of
from feiqian.storage.issuer_tables import LINES_SHOWN, IssuerTables
from feiqian.storage.postgres_changes import write_changes
from feiqian.storage.postgres_columns import bigints, byteas, texts
from feiqian.storage.postgres_known import read_known
from feiqian.storage.postgres_ledger import Place, PostgresLedger

ADVISING, WINDOW_CLOSING, COLLECTING, PUBLISHING = 1, 2, 3, 4
TURN: Final = "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.feiqian'), ?::integer)"
"""One after the other until the commit: for acts that are rare and must not overtake each other."""
_HOLD: Final = "SELECT 1 FROM allowances WHERE ref = ANY(?) ORDER BY ref FOR UPDATE"


class PostgresIssuer(PostgresLedger, IssuerTables):
    """An `IssuerUnit` over one connection."""

    def payer_code(self, code_hash: bytes) -> StoredCode | None:
        self._hold("SELECT 1 FROM payer_codes WHERE code_hash = ? FOR UPDATE", code_hash)
        return super().payer_code(code_hash)

    def allowances(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, AllowanceFacts]:
        wanted = list(refs)
        self._hold(_HOLD, byteas(wanted))
        return super().allowances(wanted)

    def allowance_of_request(self, device_id: DeviceId, request_id: bytes) -> AllowanceFacts | None:
        self._hold("SELECT 1 FROM devices WHERE device_id = ? FOR NO KEY UPDATE", device_id)
        query = f"""SELECT {ALLOWANCE} FROM allowances WHERE ref =
                    (SELECT ref FROM issued_requests WHERE device_id = ? AND request_id = ?)"""
        row = self._maybe(query, (device_id, request_id))
        return None if row is None else allowance_of(row)

    def allowances_of(self, payer_id: PayerId) -> list[AllowanceFacts]:
        self._hold("SELECT 1 FROM payers WHERE payer_id = ? FOR NO KEY UPDATE", payer_id)
        self._hold("SELECT 1 FROM allowances WHERE payer_id = ? ORDER BY ref FOR UPDATE", payer_id)
        query = f"SELECT {ALLOWANCE} FROM allowances WHERE payer_id = ? ORDER BY issued_at DESC, number DESC"
        return [allowance_of(row) for row in self._db.execute(query, (payer_id,))]

    def status_index_used(self, status_index: int) -> bool:
        return self._maybe("SELECT 1 FROM status_places WHERE status_index = ?", (status_index,)) is not None

    def allowance_count(self) -> int:
        return int(self._one("SELECT coalesce(max(number), 0) FROM allowances")[0])

    def due_allowances(self, now: int, limit: int) -> list[AllowanceRef]:
        self._hold(TURN, WINDOW_CLOSING)
        due = super().due_allowances(now, limit)
        self._hold(_HOLD, byteas(due))
        return due

    def known(self, wanted: Wanted) -> Known:
        return read_known(self._writing.execute_all, wanted, locks=self._writing.locks)

    def apply(self, changes: Changes) -> None:
        write_changes(self._writing, changes)
        if changes.entry is not None:
            self.post(changes.entry)

    def claimed_cheques(self, payer_id: PayerId, limit: int) -> list[ClaimedCheque]:
        query = """SELECT c.cheque_id, c.allowance_ref, c.counter, max(c.amount_minor),
                          coalesce(sum(c.paid_minor) FILTER (WHERE c.borne = 0), 0),
                          coalesce(sum(c.waiting_minor) FILTER (WHERE c.borne = 0), 0),
                          coalesce(sum(c.paid_minor) FILTER (WHERE c.borne = 1), 0),
                          string_agg(DISTINCT c.verdict::text, ','),
                          count(*), CASE WHEN count(*) = 1 THEN max(c.payee_id) END
                   FROM allowances a JOIN claims c ON c.allowance_ref = a.ref
                   WHERE a.payer_id = ?
                   GROUP BY c.cheque_id, c.allowance_ref, c.counter, a.issued_at, a.number
                   ORDER BY a.issued_at DESC, a.number DESC, c.counter DESC, c.cheque_id LIMIT ?"""
        return self._claimed(self._db.execute(query, (payer_id, limit)).fetchall())

    def free_lines(self, payer_id: PayerId) -> list[EntryLine]:
        query = """SELECT e.at, e.reason, p.amount_minor FROM postings p JOIN entries e ON e.number = p.entry
                   WHERE p.kind = 'free' AND p.owner = ? ORDER BY p.entry DESC LIMIT ?"""
        rows = self._db.execute(query, (payer_id, LINES_SHOWN))
        return [EntryLine(at=at, reason=reason, amount_minor=-amount) for at, reason, amount in rows]

    def forks(self) -> list[Fork]:
        query = "SELECT ref, reason, proof, found_at FROM forks ORDER BY number"
        return [
            Fork(ref=AllowanceRef(ref), reason=reason, proof=proof, found_at=at)
            for ref, reason, proof, at in self._db.execute(query)
        ]

    def latest_list(self) -> StoredList | None:
        self._hold(TURN, PUBLISHING)
        return super().latest_list()

    def add_publication(self, published: Publication) -> None:
        row = (published.index_version, published.issued_at, published.list_version)
        self._insert("publications", (*row, published.key_set_hash, published.raw))
        # Named are those that the list holds: another one may have been suspended since the list was made.
        self._db.execute(
            """WITH listed AS MATERIALIZED (
                   SELECT ref FROM allowances JOIN status_lists ON status_lists.version = ?
                   WHERE closed_at IS NULL AND status <> 0 AND listed_in IS NULL AND status_index IN (
                       SELECT (entry ->> 0)::bigint FROM jsonb_array_elements(status_lists.entries::jsonb) AS entry)
                   ORDER BY ref FOR UPDATE OF allowances)
               UPDATE allowances SET listed_in = ?, version = version + 1 FROM listed
               WHERE allowances.ref = listed.ref""",
            (published.list_version, published.index_version),
        )

    def add_advices(self, advices: Sequence[Advice]) -> None:
        if not advices:
            return
        self._writing.later(Place.ADVICES, TURN, ADVISING)
        columns = list(zip(*advices, strict=True))
        self._writing.later(
            Place.ADVICES,
            """INSERT INTO advices (kind, payee_id, cheque_id, allowance_ref, currency, paid_minor, waiting_minor,
                   stands_paid_minor, stands_waiting_minor, deadline, at)
               SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            texts(columns[0]),
            *map(byteas, columns[1:4]),
            texts(columns[4]),
            *map(bigints, columns[5:11]),
        )
