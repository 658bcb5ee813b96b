"""The issuer's tables: rows become facts and facts rows; no rule is decided here."""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from feiqian.issuer.facts import AllowanceFacts, ClaimedCheque, ClaimFacts, Payer, Testimony
from feiqian.issuer.known import Changes, CodeFinal, Known, PaidRequest, Subject, Wanted
from feiqian.issuer.placing import IN_ORDER, SYNCS_READ_MAX, Sync
from feiqian.issuer.ports import Funding, Publication, PublishedIndex, StoredCode, StoredList
from feiqian.issuer.values import Device, DeviceId, EntryLine, Fork, PayerId, PayerLine
from feiqian.ledger.clearing import Advice, Stale
from feiqian.ledger.sealing import ERASED, Sealed
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, TerminalRef
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.storage.issuer_rows import (
    ALLOWANCE,
    ALLOWANCE_CHANGES,
    CLAIM,
    TESTIMONY,
    allowance_of,
    allowance_values,
    changed_values,
    claim_of,
    claim_values,
    claimed_cheque_of,
    testimony_of,
)
from feiqian.storage.ledger_tables import CHUNK, Rows
from feiqian.storage.run_schema import (
    ADD_REQUEST,
    LED_BY_CHEQUE,
    REQUESTS_AT,
    REQUESTS_IN_RUNS,
    RUN,
    UNTIMED_REQUEST,
)
from feiqian.storage.sealed_tables import SealedTables
from feiqian.storage.sync_schema import ADD_SYNC, SYNCS_AROUND

LINES_SHOWN: Final = 200
_TOUCH: Final = f"""UPDATE allowances SET {", ".join(f"{name} = ?" for name in ALLOWANCE_CHANGES)},
    version = version + 1 WHERE ref = ? AND version = ?"""
_CLAIM_MARKS: Final = ", ".join("?" * len(ClaimFacts._fields))
_DEVICE: Final = "d.device_id, d.payer_id, d.account_key, p.currency"
_DEVICES: Final = "devices d JOIN payers p ON p.payer_id = d.payer_id"


class IssuerTables(SealedTables):
    """An `IssuerUnit` over one connection."""

    def payer(self, payer_id: PayerId) -> Payer | None:
        query = "SELECT payer_id, name, sealed_by, currency FROM payers WHERE payer_id = ?"
        row = self._maybe(query, (payer_id,))
        if row is None or row[2] == ERASED:
            return None
        return Payer(payer_id=PayerId(row[0]), name=self._payer_name(*row[:3]), currency=row[3])

    def add_payer(self, payer: Payer, created_at: int) -> None:
        stored, sealed_by = self._sealed(Sealed.PAYER_NAME, payer.payer_id, payer.name)
        row = (payer.payer_id, stored, payer.currency, created_at, sealed_by)
        self._db.execute(
            "INSERT INTO payers (payer_id, name, currency, created_at, sealed_by) VALUES (?, ?, ?, ?, ?)", row
        )

    def payer_lines(self, after: PayerId | None, limit: int) -> list[PayerLine]:
        query = """SELECT p.payer_id, p.name, p.sealed_by, p.currency,
                          coalesce((SELECT -b.posted_minor FROM balances b
                              WHERE b.kind = 'free' AND b.owner = p.payer_id AND b.currency = p.currency), 0),
                          coalesce((SELECT sum(a.amount_minor - a.drawn_reserve_minor - a.returned_minor)
                              FROM allowances a WHERE a.payer_id = p.payer_id), 0),
                          (SELECT count(d.token_hash) FROM devices d WHERE d.payer_id = p.payer_id)
                   FROM payers p WHERE p.payer_id > ? ORDER BY p.payer_id LIMIT ?"""
        return [
            PayerLine(
                payer_id=PayerId(row[0]),
                name=self._payer_name(*row[:3]),
                currency=row[3],
                free_minor=row[4],
                reserved_minor=row[5],
                devices=row[6],
            )
            for row in self._db.execute(query, (after or b"", limit))
        ]

    def payer_code(self, code_hash: bytes) -> StoredCode | None:
        row = self._maybe("SELECT payer_id, expires_at, used_by FROM payer_codes WHERE code_hash = ?", (code_hash,))
        return None if row is None else StoredCode(owner=row[0], expires_at=row[1], used_by=row[2])

    def add_payer_code(self, code_hash: bytes, code: StoredCode) -> None:
        self._insert("payer_codes", (code_hash, code.owner, code.expires_at, code.used_by))

    def use_payer_code(self, code_hash: bytes, used_by: bytes) -> None:
        self._db.execute("UPDATE payer_codes SET used_by = ? WHERE code_hash = ?", (used_by, code_hash))

    def funding(self, key: str) -> Funding | None:
        row = self._maybe("SELECT payer_id, currency, amount_minor FROM fundings WHERE key = ?", (key,))
        return None if row is None else Funding(payer_id=row[0], currency=row[1], amount_minor=row[2])

    def add_funding(self, key: str, funding: Funding, at: int) -> None:
        self._insert("fundings", (key, funding.payer_id, funding.currency, funding.amount_minor, at))

    def device(self, device_id: DeviceId) -> Device | None:
        return _device(self._maybe(f"SELECT {_DEVICE} FROM {_DEVICES} WHERE d.device_id = ?", (device_id,)))

    def device_by_token(self, token_hash: bytes) -> Device | None:
        return _device(self._maybe(f"SELECT {_DEVICE} FROM {_DEVICES} WHERE d.token_hash = ?", (token_hash,)))

    def device_by_key(self, payer_id: PayerId, account_key: bytes) -> Device | None:
        query = f"SELECT {_DEVICE} FROM {_DEVICES} WHERE d.payer_id = ? AND d.account_key = ?"
        return _device(self._maybe(query, (payer_id, account_key)))

    def put_device(self, device: Device, token_hash: bytes | None, at: int) -> None:
        self._db.execute(
            """INSERT INTO devices (device_id, payer_id, account_key, token_hash, bound_at) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash""",
            (device.device_id, device.payer_id, device.account_key, token_hash, at),
        )

    def sign_out(self, payer_id: PayerId) -> None:
        self._db.execute("UPDATE devices SET token_hash = NULL WHERE payer_id = ?", (payer_id,))

    def allowances(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, AllowanceFacts]:
        query = f"SELECT {ALLOWANCE} FROM allowances WHERE ref IN ({{keys}})"
        return {AllowanceRef(row[0]): allowance_of(row) for row in self._among(query, refs)}

    def allowance_of_request(self, device_id: DeviceId, request_id: bytes) -> AllowanceFacts | None:
        query = f"SELECT {ALLOWANCE} FROM allowances WHERE device_id = ? AND request_id = ?"
        row = self._maybe(query, (device_id, request_id))
        return None if row is None else allowance_of(row)

    def allowances_of(self, payer_id: PayerId) -> list[AllowanceFacts]:
        query = f"SELECT {ALLOWANCE} FROM allowances WHERE payer_id = ? ORDER BY issued_at DESC, rowid DESC"
        return [allowance_of(row) for row in self._db.execute(query, (payer_id,))]

    def device_key_known(self, device_key: bytes) -> bool:
        return self._maybe("SELECT 1 FROM allowances WHERE device_key = ?", (device_key,)) is not None

    def status_index_used(self, status_index: int) -> bool:
        return self._maybe("SELECT 1 FROM allowances WHERE status_index = ?", (status_index,)) is not None

    def allowance_count(self) -> int:
        return int(self._one("SELECT coalesce(max(rowid), 0) FROM allowances")[0])

    def open_allowances(self) -> list[AllowanceFacts]:
        query = f"""SELECT {ALLOWANCE} FROM allowances WHERE closed_at IS NULL OR drawn_pool_minor + drawn_loss_minor
                    + borne_pool_minor + borne_loss_minor > 0 ORDER BY deadline, ref"""
        return [allowance_of(row) for row in self._db.execute(query)]

    def due_allowances(self, now: int, limit: int) -> list[AllowanceRef]:
        query = "SELECT ref FROM allowances WHERE closed_at IS NULL AND deadline < ? ORDER BY deadline, ref LIMIT ?"
        return [AllowanceRef(row[0]) for row in self._db.execute(query, (now, limit))]

    def put_allowance(self, allowance: AllowanceFacts) -> None:
        marks = ", ".join("?" * len(ALLOWANCE.split(", ")))
        changes = ", ".join(f"{name} = excluded.{name}" for name in ALLOWANCE_CHANGES)
        put = self._db.execute(
            f"""INSERT INTO allowances ({ALLOWANCE}) VALUES ({marks}) ON CONFLICT (ref) DO UPDATE
                SET {changes}, version = allowances.version + 1 WHERE allowances.version = excluded.version""",
            allowance_values(allowance),
        )
        _all_of(put, 1)

    def allowance_bytes(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, bytes]:
        return dict(self._among("SELECT ref, raw FROM allowances WHERE ref IN ({keys})", refs))

    def known(self, wanted: Wanted) -> Known:
        payee_id, refs = wanted.payee_id, set(wanted.refs)
        if not (refs or wanted.subjects or wanted.requests):  # a batch that says how late it is, and nothing else
            return Known(allowances={}, claims=(), testimonies=(), notes_version=self._notes_version(payee_id))
        paid_requests = self._paid_requests(wanted)
        refs.update(paid.allowance_ref for paid in paid_requests.values())
        refs.update(AllowanceRef(row[0]) for row in self._among(LED_BY_CHEQUE, wanted.subjects, payee_id, payee_id))
        allowances = self.allowances(refs)
        claims = self.claims_on(refs)
        query = "SELECT cheque_id, payee_id, terminal_ref, final_minor FROM code_finals WHERE cheque_id IN ({keys})"
        finals = {CodeFinal(*row[:3]): row[3] for row in self._among(query, wanted.codes)}
        query = "SELECT note_id FROM notes WHERE note_id IN ({keys})"
        return Known(
            allowances=allowances,
            claims=claims,
            testimonies=self._testimonies(refs),
            paid_requests=paid_requests,
            given_back=self._given_back(wanted, claims),
            code_finals=finals,
            notes=frozenset(row[0] for row in self._among(query, wanted.notes)),
            notes_version=self._notes_version(payee_id),
            balance_minor=self._means({one.payer_id for one in allowances.values()}),
        )

    def apply(self, changes: Changes) -> None:
        db = self._db
        if changes.payee_id and self._notes_version(changes.payee_id) != changes.notes_version:
            raise Stale
        if changes.notes and self._noted_elsewhere(changes):
            raise Stale
        if changes.touched:
            touched = [(*changed_values(one), one.ref, one.version) for one in changes.touched]
            _all_of(db.executemany(_TOUCH, touched), len(touched))
        new = sorted(claim_values(one) for one in changes.new_claims)  # beside each other in the table
        self._many(f"INSERT INTO claims ({CLAIM}) VALUES ({_CLAIM_MARKS})", new)
        self._many(
            """UPDATE claims SET final_minor = ?, paid_minor = ?, waiting_minor = ?, verdict = ?
               WHERE allowance_ref = ? AND cheque_id = ? AND payee_id = ?""",
            [(one.final_minor, *map(int, one.standing), one.allowance_ref, *one.key) for one in changes.changed_claims],
        )
        self._write_requests(changes)
        if changes.sync is not None:
            db.execute(ADD_SYNC, (changes.payee_id, *changes.sync))
        self._add_evidence(changes)
        if changes.entry is not None:
            self.post(changes.entry)

    def _paid_requests(self, wanted: Wanted) -> dict[RequestHash, PaidRequest]:
        """Of the wanted requests, and of the subjects of notes, those that pay a cheque."""
        payee_id = wanted.payee_id
        found = list(self._among(REQUESTS_IN_RUNS, wanted.subjects, payee_id, payee_id))
        wanted_at = [(asked_at, request_hash) for request_hash, asked_at in wanted.requests.items()]
        if wanted_at and self._maybe(UNTIMED_REQUEST, (payee_id,)) is not None:
            wanted_at += [(0, request_hash) for request_hash in wanted.requests]
        for first in range(0, len(wanted_at), CHUNK):
            some = wanted_at[first : first + CHUNK]
            query = REQUESTS_AT.format(values=", ".join(["(?, ?)"] * len(some)))
            found += self._db.execute(query, (*chain.from_iterable(some), payee_id))
        return {row[1]: PaidRequest(*row) for row in found}

    def _write_requests(self, changes: Changes) -> None:
        db = self._db
        if changes.new_requests:
            run = self._one(RUN, (changes.new_requests[0].payee_id,))[0]
            new = sorted(changes.new_requests)  # beside each other in the index
            added = db.executemany(ADD_REQUEST, [(*one, run) for one in new])
            _all_of(added, len(changes.new_requests))
        if changes.moved_requests:
            moved = db.executemany(
                """UPDATE requests SET allowance_ref = ?, cheque_id = ?
                   WHERE payee_id = ? AND asked_at = ? AND request_hash = ? AND cheque_id = ?""",
                [
                    (paid.allowance_ref, paid.cheque_id, paid.payee_id, paid.asked_at, paid.request_hash, before)
                    for paid, before in changes.moved_requests
                ],
            )
            _all_of(moved, len(changes.moved_requests))

    def _noted_elsewhere(self, changes: Changes) -> bool:
        """Whether a note is about a claim that came after what is known of it was read."""
        subjects = [subject for subject, payee_id in changes.given_back if payee_id == changes.payee_id]
        payee_id = changes.payee_id
        led = {row[0] for row in self._among(LED_BY_CHEQUE, subjects, payee_id, payee_id)}
        found = {claim.allowance_ref for claim in self.claims_on(led) if claim.key in changes.given_back}
        found.update(row[2] for row in self._among(REQUESTS_IN_RUNS, subjects, payee_id, payee_id))
        return not found <= {one.ref for one in changes.touched}

    def _add_evidence(self, changes: Changes) -> None:
        db = self._db
        self._many(
            "INSERT INTO testimonies VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(one.allowance_ref, *one.link[:5], int(one.link.closing), one.raw) for one in changes.testimonies],
        )
        self._many(
            """INSERT INTO given_back VALUES (?, ?, ?) ON CONFLICT (subject, payee_id)
               DO UPDATE SET back_minor = max(back_minor, excluded.back_minor)""",
            [(*subject, back_minor) for subject, back_minor in changes.given_back.items()],
        )
        self._many(
            """INSERT INTO code_finals VALUES (?, ?, ?, ?) ON CONFLICT (cheque_id, payee_id, terminal_ref)
               DO UPDATE SET final_minor = min(final_minor, excluded.final_minor)""",
            [(*final, final_minor) for final, final_minor in changes.code_finals.items()],
        )
        if changes.notes:
            db.executemany(
                "INSERT INTO notes VALUES (?, ?, ?, ?)",
                [(note_id, changes.payee_id, raw, changes.at) for note_id, raw in changes.notes],
            )
            db.execute(
                """INSERT INTO payee_notes VALUES (?, 1)
                   ON CONFLICT (payee_id) DO UPDATE SET version = version + 1""",
                (changes.payee_id,),
            )
        self._many(
            "INSERT INTO forks VALUES (?, ?, ?, ?)",
            [(fork.ref, fork.reason, fork.proof, fork.found_at) for fork in changes.forks],
        )

    def claims_on(self, refs: Iterable[AllowanceRef]) -> list[ClaimFacts]:
        query = f"SELECT {CLAIM} FROM claims WHERE allowance_ref IN ({{keys}})"
        return [claim_of(row) for row in self._among(query, refs)]

    def _testimonies(self, refs: Iterable[AllowanceRef]) -> list[Testimony]:
        query = f"SELECT {TESTIMONY} FROM testimonies WHERE allowance_ref IN ({{keys}})"
        return [testimony_of(row) for row in self._among(query, refs)]

    def _given_back(self, wanted: Wanted, claims: Iterable[ClaimFacts]) -> dict[Subject, int]:
        if self._maybe("SELECT 1 FROM given_back LIMIT 1") is None:
            return {}
        subjects: set[bytes] = {*wanted.subjects, *wanted.requests, *wanted.cheques}
        for claim in claims:
            subjects.add(claim.cheque_id)
            if claim.request_hash is not None:
                subjects.add(claim.request_hash)
        query = "SELECT subject, payee_id, back_minor FROM given_back WHERE subject IN ({keys})"
        return {(subject, PayeeId(payee)): back for subject, payee, back in self._among(query, subjects)}

    def _notes_version(self, payee_id: PayeeId) -> int:
        row = self._maybe("SELECT version FROM payee_notes WHERE payee_id = ?", (payee_id,))
        return 0 if row is None else int(row[0])

    def _means(self, payers: Iterable[PayerId]) -> dict[tuple[bytes, str], int]:
        """The free money of payers, and of the pool under an empty id."""
        query = "SELECT owner, currency, -posted_minor FROM balances WHERE kind = '{kind}' AND owner IN ({{keys}})"
        free = self._among(query.format(kind="free"), payers)
        pool = self._among(query.format(kind="pool"), [b""])
        return {(owner, currency): minor for rows in (free, pool) for owner, currency, minor in rows}

    def claimed_cheques(self, payer_id: PayerId, limit: int) -> list[ClaimedCheque]:
        query = """SELECT c.cheque_id, c.allowance_ref, c.counter, c.amount_minor,
                          sum(iif(c.borne, 0, c.paid_minor)), sum(iif(c.borne, 0, c.waiting_minor)),
                          sum(iif(c.borne, c.paid_minor, 0)), group_concat(DISTINCT c.verdict),
                          count(*), iif(count(*) = 1, max(c.payee_id), NULL)
                   FROM allowances a JOIN claims c ON c.allowance_ref = a.ref
                   WHERE a.payer_id = ? GROUP BY c.cheque_id
                   ORDER BY a.issued_at DESC, a.rowid DESC, c.counter DESC, c.cheque_id LIMIT ?"""
        return self._claimed(self._db.execute(query, (payer_id, limit)).fetchall())

    def free_lines(self, payer_id: PayerId) -> list[EntryLine]:
        query = """SELECT e.at, e.reason, p.amount_minor FROM postings p JOIN entries e ON e.number = p.entry
                   WHERE p.kind = 'free' AND p.owner = ? ORDER BY p.number DESC LIMIT ?"""
        rows = self._db.execute(query, (payer_id, LINES_SHOWN))
        return [EntryLine(at=at, reason=reason, amount_minor=-amount) for at, reason, amount in rows]

    def forks(self) -> list[Fork]:
        query = "SELECT ref, reason, proof, found_at FROM forks ORDER BY rowid"
        return [
            Fork(ref=AllowanceRef(ref), reason=reason, proof=proof, found_at=at)
            for ref, reason, proof, at in self._db.execute(query)
        ]

    def listed_statuses(self) -> dict[int, AllowanceStatus]:
        query = "SELECT status_index, status FROM allowances WHERE closed_at IS NULL AND status <> 0"
        return {index: AllowanceStatus(status) for index, status in self._db.execute(query)}

    def latest_list(self) -> StoredList | None:
        query = "SELECT version, issued_at, size, entries, raw FROM status_lists ORDER BY version DESC LIMIT 1"
        row = self._maybe(query)
        if row is None:
            return None
        entries = {int(index): AllowanceStatus(status) for index, status in json.loads(row[3])}
        return StoredList(version=row[0], issued_at=row[1], size=row[2], entries=entries, raw=row[4])

    def add_list(self, published: StoredList) -> None:
        entries = json.dumps(sorted(published.entries.items()))
        self._insert("status_lists", (published.version, published.issued_at, published.size, entries, published.raw))

    def latest_publication(self) -> Publication | None:
        query = """SELECT index_version, issued_at, list_version, key_set_hash, raw FROM publications
                   ORDER BY index_version DESC LIMIT 1"""
        row = self._maybe(query)
        if row is None:
            return None
        return Publication(index_version=row[0], issued_at=row[1], list_version=row[2], key_set_hash=row[3], raw=row[4])

    def add_publication(self, published: Publication) -> None:
        row = (published.index_version, published.issued_at, published.list_version)
        self._insert("publications", (*row, published.key_set_hash, published.raw))
        self._db.execute(
            """UPDATE allowances SET listed_in = ?, version = version + 1
               WHERE closed_at IS NULL AND status <> 0 AND listed_in IS NULL""",
            (published.index_version,),
        )

    def indexes(self, versions: Iterable[int]) -> dict[int, PublishedIndex]:
        query = "SELECT index_version, issued_at, key_set_hash FROM publications WHERE index_version IN ({keys})"
        return {row[0]: PublishedIndex(*row[1:]) for row in self._among(query, versions)}

    def pack_with(self, key_set_hash: bytes) -> bytes | None:
        row = self._maybe("SELECT raw FROM publications WHERE key_set_hash = ? LIMIT 1", (key_set_hash,))
        return None if row is None else bytes(row[0])

    def syncs(self, terminal_ref: TerminalRef, first: int) -> list[Sync]:
        values = (terminal_ref, terminal_ref, first)
        rows = self._db.execute(SYNCS_AROUND, (*values, *values, SYNCS_READ_MAX))
        return sorted((Sync(*row) for row in rows), key=IN_ORDER)

    def add_advices(self, advices: Sequence[Advice]) -> None:
        self._db.executemany(
            """INSERT INTO advices (kind, payee_id, cheque_id, allowance_ref, currency, paid_minor, waiting_minor,
                   stands_paid_minor, stands_waiting_minor, deadline, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [one[:11] for one in advices],
        )

    def _claimed(self, rows: Sequence[Sequence[Any]]) -> list[ClaimedCheque]:
        """Claimed cheques, whose only payee, if there is only one, stands last."""
        names = self.payee_names(row[-1] for row in rows if row[-1] is not None)
        return [claimed_cheque_of((*row[:-1], names.get(row[-1]))) for row in rows]

    def _payer_name(self, payer_id: bytes, name: bytes, sealed_by: int) -> str:
        return self._opened_text(Sealed.PAYER_NAME, payer_id, name, sealed_by)

    def _insert(self, table: str, row: Sequence[Any]) -> None:
        self._db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _all_of(written: Rows, count: int) -> None:
    """Raises Stale unless so many rows were as they had been read."""
    if count and written.rowcount != count:
        raise Stale


def _device(row: Any) -> Device | None:
    if row is None:
        return None
    return Device(device_id=DeviceId(row[0]), payer_id=PayerId(row[1]), account_key=row[2], currency=row[3])
