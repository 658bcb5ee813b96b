"""One writing of all that an act changes: each table's rows as one set, and every row that it rests on held against it.

`all_of` of the schema refuses, in the database, when fewer rows are as they were read than there should be; the
transaction then ends as a whole, though its commit was sent in the same breath.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

from feiqian.issuer.facts import AllowanceFacts, ClaimFacts
from feiqian.issuer.known import NOBODY, Changes
from feiqian.storage.issuer_rows import ALLOWANCE_CHANGES, CLAIM, TESTIMONY, changed_values
from feiqian.storage.postgres_columns import ClaimLines, Kind, bigints, byteas, texts
from feiqian.storage.postgres_ledger import Place, Writing
from feiqian.storage.sync_schema import ADD_SYNC

_HOLD: Final = "SELECT count(*) FROM (SELECT 1 FROM allowances WHERE ref = ANY(?) ORDER BY ref FOR UPDATE) AS held"
"""In the order of their refs, whatever the plan of `_TOUCH`; joined to it, two sets of unknown size meet row by row."""
_TOUCH: Final = f"""WITH touched AS (
        UPDATE allowances SET {", ".join(f"{name} = new.{name}" for name in ALLOWANCE_CHANGES)}, version = old + 1
        FROM unnest({", ".join("?" * (len(ALLOWANCE_CHANGES) + 2))}) AS new (ref, old, {", ".join(ALLOWANCE_CHANGES)})
        WHERE allowances.ref = new.ref AND allowances.version = new.old RETURNING 1)
    SELECT all_of(count(*), ?) FROM touched"""
_REASON_AT: Final = ALLOWANCE_CHANGES.index("reason")
_NO_NOTES: Final = """WITH held AS (SELECT 1 FROM payee_notes WHERE payee_id = ? AND version = ? FOR SHARE)
    SELECT all_of(count(*), 1) FROM held"""
_COUNT_NOTES: Final = """WITH counted AS (
        UPDATE payee_notes SET version = version + 1 WHERE payee_id = ? AND version = ? RETURNING 1)
    SELECT all_of(count(*), 1) FROM counted"""
_NOTED_ELSEWHERE: Final = """SELECT all_of(count(*), 0) FROM (
        SELECT c.allowance_ref FROM payee_events e JOIN claims c USING (allowance_ref, cheque_id, payee_id)
        WHERE e.payee_id = ? AND e.cheque_id = ANY(?)
        UNION SELECT allowance_ref FROM requests WHERE payee_id = ? AND request_hash = ANY(?)) AS led
    WHERE NOT allowance_ref = ANY(?)"""
"""With the number of its notes held, a payee has no claim under way: what a note is about is known, or it is Stale."""
_NOTES: Final = (
    "INSERT INTO notes (note_id, payee_id, raw, at) SELECT note_id, ?, raw, ? FROM unnest(?, ?) AS n (note_id, raw)"
)
_REQUESTS: Final = (
    "INSERT INTO requests (payee_id, request_hash, allowance_ref, cheque_id) SELECT * FROM unnest(?, ?, ?, ?)"
)
"""A request that was paid meanwhile violates the key, which costs half of asking for each; it is Stale as well."""
_MOVED: Final = """WITH moved AS (
        UPDATE requests SET allowance_ref = now.allowance_ref, cheque_id = now.cheque_id
        FROM unnest(?, ?, ?, ?, ?) AS now (payee_id, request_hash, allowance_ref, cheque_id, before)
        WHERE requests.payee_id = now.payee_id AND requests.request_hash = now.request_hash
            AND requests.cheque_id = now.before RETURNING 1)
    SELECT all_of(count(*), ?) FROM moved"""
_CLAIMS: Final = f"INSERT INTO claims ({CLAIM}) SELECT * FROM unnest(?)"
_RESTAND: Final = """UPDATE claims SET final_minor = now.final_minor, paid_minor = now.paid_minor,
        waiting_minor = now.waiting_minor, verdict = now.verdict
    FROM unnest(?, ?, ?, ?, ?, ?, ?)
        AS now (allowance_ref, cheque_id, payee_id, final_minor, paid_minor, waiting_minor, verdict)
    WHERE claims.allowance_ref = now.allowance_ref AND claims.cheque_id = now.cheque_id
        AND claims.payee_id = now.payee_id"""
_TESTIMONIES: Final = f"""INSERT INTO testimonies ({TESTIMONY}) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_GIVEN_BACK: Final = """INSERT INTO given_back AS held (subject, payee_id, back_minor) SELECT * FROM unnest(?, ?, ?)
    ON CONFLICT (subject, payee_id) DO UPDATE SET back_minor = greatest(held.back_minor, excluded.back_minor)"""
_CODE_FINALS: Final = """INSERT INTO code_finals AS held (cheque_id, payee_id, terminal_ref, final_minor)
    SELECT * FROM unnest(?, ?, ?, ?) ON CONFLICT (cheque_id, payee_id, terminal_ref)
    DO UPDATE SET final_minor = least(held.final_minor, excluded.final_minor)"""
_FORKS: Final = "INSERT INTO forks (ref, reason, proof, found_at) SELECT * FROM unnest(?, ?, ?, ?)"

_BYTEAS: Final = frozenset(
    ("allowance_ref", "cheque_id", "payee_id", "previous", "request_hash", "terminal_ref", "raw")
)
_SMALL: Final = frozenset(("bound", "guaranteed", "borne", "barred", "verdict"))
_CLAIM_KINDS: Final = tuple(
    Kind.BYTEA if name in _BYTEAS else Kind.SMALLINT if name in _SMALL else Kind.BIGINT for name in ClaimFacts._fields
)


def write_changes(writing: Writing, changes: Changes) -> None:
    """Collects what an act changes, but advices and entry. The commit raises Stale if it rests on what is not so."""
    writing.trust()
    if changes.touched:
        _touch(writing, sorted(changes.touched, key=attrgetter("ref")))
    _write_notes(writing, changes)
    _write_requests(writing, changes)
    if changes.new_claims:
        columns = list(zip(*changes.new_claims, strict=True))
        writing.later(Place.CLAIMS, _CLAIMS, ClaimLines.of(columns, _CLAIM_KINDS))
    if changes.changed_claims:
        rows = [(one.allowance_ref, *one.key, one.final_minor, *one.standing) for one in changes.changed_claims]
        writing.later(Place.CLAIMS, _RESTAND, *_columns(rows, 3))
    if changes.sync is not None:
        writing.later(Place.BATCH, ADD_SYNC, changes.payee_id, *changes.sync)
    _write_evidence(writing, changes)


def _touch(writing: Writing, touched: Sequence[AllowanceFacts]) -> None:
    refs = byteas([one.ref for one in touched])
    changed = list(zip(*map(changed_values, touched), strict=True))
    packed = [texts(column) if at == _REASON_AT else bigints(column) for at, column in enumerate(changed)]
    versions = bigints([one.version for one in touched])
    writing.later(Place.ALLOWANCES, _HOLD, refs)
    writing.later(Place.ALLOWANCES, _TOUCH, refs, versions, *packed, len(touched))


def _write_notes(writing: Writing, changes: Changes) -> None:
    """Holds the number of the payee's notes against what was read; with new ones it rises."""
    if changes.payee_id == NOBODY:
        return
    count = _COUNT_NOTES if changes.notes else _NO_NOTES
    writing.later(Place.NOTES, count, changes.payee_id, changes.notes_version)
    if changes.notes:
        note_ids, raws = zip(*changes.notes, strict=True)
        subjects = byteas([subject for subject, payee_id in changes.given_back if payee_id == changes.payee_id])
        refs = byteas([one.ref for one in changes.touched])
        values = (changes.payee_id, subjects, changes.payee_id, subjects, refs)
        writing.later(Place.NOTES, _NOTED_ELSEWHERE, *values)
        writing.later(Place.NOTES, _NOTES, changes.payee_id, changes.at, byteas(note_ids), byteas(raws))


def _write_requests(writing: Writing, changes: Changes) -> None:
    if changes.new_requests:
        columns = zip(*sorted(one[:4] for one in changes.new_requests), strict=True)
        writing.later(Place.REQUESTS, _REQUESTS, *map(byteas, columns))
    if changes.moved_requests:
        moved = sorted((*paid[:4], before) for paid, before in changes.moved_requests)
        writing.later(Place.REQUESTS, _MOVED, *map(byteas, zip(*moved, strict=True)), len(moved))


def _write_evidence(writing: Writing, changes: Changes) -> None:
    if changes.testimonies:
        heard = [(one.allowance_ref, *one.link[:5], one.link.closing, one.raw) for one in changes.testimonies]
        kinds = (True, True, False, False, False, True, False, True)
        columns = zip(*sorted(heard), strict=True)
        packed = [
            byteas(column) if is_bytes else bigints(column) for is_bytes, column in zip(kinds, columns, strict=True)
        ]
        writing.later(Place.EVIDENCE, _TESTIMONIES, *packed)
    if changes.given_back:
        back = sorted((*subject, back_minor) for subject, back_minor in changes.given_back.items())
        writing.later(Place.EVIDENCE, _GIVEN_BACK, *_columns(back, 2))
    if changes.code_finals:
        finals = sorted((*final, final_minor) for final, final_minor in changes.code_finals.items())
        writing.later(Place.EVIDENCE, _CODE_FINALS, *_columns(finals, 3))
    if changes.forks:
        forks = [(fork.ref, fork.reason, fork.proof, fork.found_at) for fork in changes.forks]
        refs, reasons, proofs, found = zip(*forks, strict=True)
        writing.later(Place.EVIDENCE, _FORKS, byteas(refs), texts(reasons), byteas(proofs), bigints(found))


def _columns(rows: Sequence[tuple[Any, ...]], keys: int) -> list[Any]:
    """Rows as columns: so many of bytes, then integers."""
    return [byteas(column) if at < keys else bigints(column) for at, column in enumerate(zip(*rows, strict=True))]
