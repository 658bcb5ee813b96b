"""What is kept of people: rows sealed anew or erased, and what the books say of who may be; no rule is decided here."""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final

from feiqian.ledger.retention import PersonFacts, PersonKind
from feiqian.ledger.sealing import ERASED, PLAIN, Sealed, SealedPart, SealTrouble
from feiqian.storage.sealed_tables import PROVED, SealedTables, row_of

Touched = list[tuple[str, tuple[bytes | int, ...]]]
"""Rows that were written: table and key."""

_TOKEN_HASH_BYTES: Final = 32
BY_TABLE: Final = {
    table: tuple(part for part in Sealed if part.value.table == table)
    for table in ("payers", "payees", "terminals", "dispute_steps", "staff", "authenticators", "identities")
}
_NEVER_EMPTY: Final = ("payers", "payees", "terminals")
"""Nobody has a name of no letters, and no certificate has no bytes; a step of a dispute may say nothing."""
_PAYER: Final = """SELECT p.payer_id, p.sealed_by,
    coalesce((SELECT -sum(b.posted_minor) FROM balances b WHERE b.kind = 'free' AND b.owner = p.payer_id), 0),
    coalesce((SELECT sum(a.amount_minor - a.drawn_reserve_minor - a.returned_minor) FROM allowances a
        WHERE a.payer_id = p.payer_id), 0),
    coalesce((SELECT sum(a.drawn_pool_minor + a.drawn_loss_minor + a.borne_pool_minor + a.borne_loss_minor)
        FROM allowances a WHERE a.payer_id = p.payer_id), 0),
    (SELECT max(a.deadline) FROM allowances a WHERE a.payer_id = p.payer_id AND a.closed_at IS NULL),
    (SELECT max(d.until) FROM disputes d WHERE d.payer_id = p.payer_id),
    (SELECT max(c.expires_at) FROM payer_codes c WHERE c.payer_id = p.payer_id AND c.used_by IS NULL),
    (SELECT max(a.deadline) FROM allowances a WHERE a.payer_id = p.payer_id),
    p.created_at,
    (SELECT max(f.at) FROM fundings f WHERE f.payer_id = p.payer_id),
    (SELECT max(a.issued_at) FROM allowances a WHERE a.payer_id = p.payer_id),
    (SELECT max(a.closed_at) FROM allowances a WHERE a.payer_id = p.payer_id),
    (SELECT max(s.at) FROM dispute_steps s JOIN disputes d ON d.dispute_id = s.dispute_id
        WHERE d.payer_id = p.payer_id)
    FROM payers p"""
_PAYEE: Final = """SELECT p.payee_id, p.sealed_by,
    coalesce((SELECT -sum(b.posted_minor) FROM balances b WHERE b.kind = 'payee' AND b.owner = p.payee_id), 0),
    coalesce((SELECT sum(w.waiting_minor) FROM payee_waiting w WHERE w.payee_id = p.payee_id), 0)
        + coalesce((SELECT sum(v.paid_minor + v.waiting_minor) FROM advices v WHERE v.payee_id = p.payee_id
            AND v.number > (SELECT max(number) FROM advices_applied)), 0),
    0,
    (SELECT max(w.deadline) FROM payee_waiting w WHERE w.payee_id = p.payee_id),
    (SELECT max(d.until) FROM disputes d WHERE d.payee_id = p.payee_id),
    (SELECT max(c.expires_at) FROM payee_codes c WHERE c.payee_id = p.payee_id AND c.used_by IS NULL),
    (SELECT max(at) FROM (SELECT max(e.deadline) AS at FROM payee_events e WHERE e.payee_id = p.payee_id
        UNION ALL SELECT max(t.enrolled_at) FROM terminals t WHERE t.payee_id = p.payee_id) AS ends),
    p.created_at,
    (SELECT max(e.at) FROM payee_events e WHERE e.payee_id = p.payee_id),
    (SELECT max(t.enrolled_at) FROM terminals t WHERE t.payee_id = p.payee_id),
    NULL,
    (SELECT max(s.at) FROM dispute_steps s JOIN disputes d ON d.dispute_id = s.dispute_id
        WHERE d.payee_id = p.payee_id)
    FROM payees p"""
_PERSON: Final = {PersonKind.PAYER: (_PAYER, "payer_id"), PersonKind.PAYEE: (_PAYEE, "payee_id")}


class PersonalTables(SealedTables):
    """A `ledger.personal.PersonalUnit` over one connection."""

    # --- keys ---

    def data_keys(self) -> dict[int, int]:
        return dict(self._db.execute("SELECT number, begun_at FROM data_keys").fetchall())

    def prove_key(self, number: int) -> None:
        row = self._maybe("SELECT proof FROM data_keys WHERE number = ?", (number,))
        try:
            proved = row is not None and self._seals.open(Sealed.PROOF, row_of(number), row[0], number) == PROVED
        except SealTrouble as trouble:
            if trouble.code == "data_key_missing":
                raise
            proved = False
        if not proved:
            raise SealTrouble("data_key_wrong", number=number)

    def add_data_key(self, number: int, at: int) -> None:
        proof = self._seals.seal(Sealed.PROOF, row_of(number), PROVED, number)
        self._db.execute("INSERT INTO data_keys (number, proof, begun_at) VALUES (?, ?, ?)", (number, proof, at))

    def sealed_below(self, number: int) -> int:
        return sum(self._counted(table, "sealed_by >= 0 AND sealed_by < ?", number) for table in BY_TABLE)

    def sealed_by(self, number: int) -> int:
        return sum(self._counted(table, "sealed_by = ?", number) for table in BY_TABLE)

    def reseal(self, number: int, limit: int) -> Touched:
        touched: Touched = []
        for table, parts in BY_TABLE.items():
            columns = ", ".join((*parts[0].value.key, *(part.value.column for part in parts), "sealed_by"))
            query = f"SELECT {columns} FROM {table} WHERE sealed_by >= 0 AND sealed_by < ? LIMIT ?"
            for row in self._db.execute(query, (number, limit - len(touched))).fetchall():
                touched += self._resealed(parts, row, number)
            if len(touched) >= limit:
                break
        return touched

    def _resealed(self, parts: Sequence[Sealed], row: Sequence[Any], number: int) -> Touched:
        """One row; nothing if another process was quicker."""
        first = parts[0].value
        key, values, sealed_by = row[: len(first.key)], row[len(first.key) : -1], row[-1]
        place = row_of(*key)
        opened = [self._opened(part, place, stored, sealed_by) for part, stored in zip(parts, values, strict=True)]
        if sealed_by == PLAIN and first.table in _NEVER_EMPTY and not any(opened):
            anew, number = opened, ERASED  # erased before these books went back to a version that could not say so
        else:
            anew = [self._seals.seal(part, place, one, number) for part, one in zip(parts, opened, strict=True)]
        changes = ", ".join(f"{part.value.column} = ?" for part in parts)
        query = f"UPDATE {first.table} SET {changes}, sealed_by = ? WHERE {_is_at(first)} AND sealed_by = ?"
        put = self._db.execute(query, (*anew, number, *key, sealed_by))
        return [(first.table, tuple(key))] if put.rowcount == 1 else []

    # --- people ---

    def person(self, kind: PersonKind, person_id: bytes) -> PersonFacts | None:
        query, key = _PERSON[kind]
        row = self._maybe(f"{query} WHERE p.{key} = ?", (person_id,))
        return None if row is None else _person(kind, row)

    def persons(self, kind: PersonKind, after: bytes, limit: int) -> list[PersonFacts]:
        query, key = _PERSON[kind]
        query = f"{query} WHERE p.{key} > ? AND p.sealed_by <> {ERASED} ORDER BY p.{key} LIMIT ?"
        return [_person(kind, row) for row in self._db.execute(query, (after, limit)).fetchall()]

    def erase_person(self, kind: PersonKind, person_id: bytes) -> Touched:
        if kind is PersonKind.PAYER:
            self._db.execute("UPDATE devices SET token_hash = NULL WHERE payer_id = ?", (person_id,))
            touched = self._erased("payers", [(person_id,)])
            touched += self._erased("identities", [(person_id,)])
            held = self._db.execute("SELECT authenticator_id FROM authenticators WHERE payer_id = ?", (person_id,))
            touched += self._erased("authenticators", [(row[0],) for row in held.fetchall()])
        else:
            touched = self._erased("payees", [(person_id,)])
            query = f"SELECT terminal_ref FROM terminals WHERE payee_id = ? AND sealed_by <> {ERASED}"
            refs = [(row[0],) for row in self._db.execute(query, (person_id,)).fetchall()]
            for (ref,) in refs:  # nobody has the token of a random hash
                values = (secrets.token_bytes(_TOKEN_HASH_BYTES), ref)
                self._db.execute("UPDATE terminals SET token_hash = ? WHERE terminal_ref = ?", values)
            touched += self._erased("terminals", refs)
        of = _PERSON[kind][1]
        disputes = self._db.execute(f"SELECT dispute_id FROM disputes WHERE {of} = ?", (person_id,)).fetchall()
        return touched + self._words_erased(row[0] for row in disputes)

    def words_due(self, before: int, limit: int) -> list[bytes]:
        query = f"""SELECT d.dispute_id FROM disputes d JOIN dispute_steps s ON s.dispute_id = d.dispute_id
                    WHERE d.until IS NULL AND s.sealed_by <> {ERASED}
                    GROUP BY d.dispute_id HAVING max(s.at) < ? ORDER BY d.dispute_id LIMIT ?"""
        return [bytes(row[0]) for row in self._db.execute(query, (before, limit)).fetchall()]

    def erase_words(self, disputes: Sequence[bytes]) -> Touched:
        return self._words_erased(disputes)

    def _words_erased(self, disputes: Iterable[bytes]) -> Touched:
        query = f"SELECT dispute_id, number FROM dispute_steps WHERE sealed_by <> {ERASED} AND dispute_id IN ({{keys}})"
        return self._erased("dispute_steps", [(row[0], row[1]) for row in self._among(query, disputes)])

    def _erased(self, table: str, keys: Sequence[tuple[bytes | int, ...]]) -> Touched:
        parts = BY_TABLE[table]
        gone = ", ".join(f"{part.value.column} = ?" for part in parts)
        query = f"""UPDATE {table} SET {gone}, sealed_by = {ERASED}
                    WHERE {_is_at(parts[0].value)} AND sealed_by <> {ERASED}"""
        return [(table, key) for key in keys if self._db.execute(query, (*([b""] * len(parts)), *key)).rowcount == 1]

    def _counted(self, table: str, which: str, number: int) -> int:
        return int(self._one(f"SELECT count(*) FROM {table} WHERE {which}", (number,))[0])


def _is_at(part: SealedPart) -> str:
    return " AND ".join(f"{name} = ?" for name in part.key)


def _person(kind: PersonKind, row: Sequence[Any]) -> PersonFacts:
    return PersonFacts(
        kind=kind,
        person_id=bytes(row[0]),
        erased=row[1] == ERASED,
        balance_minor=int(row[2]),
        waiting_minor=int(row[3]),
        owed_minor=int(row[4]),
        allowance_until=row[5],
        dispute_until=row[6],
        code_until=row[7],
        claims_until=row[8],
        matter_at=max(at for at in row[9:14] if at is not None),
    )
