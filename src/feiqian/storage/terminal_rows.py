"""Rows of the till's store as the terminal's records: the queue, the history, and the sums of a shift."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.limits import ID_BYTES, PUBLIC_KEY_BYTES
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.trust import TrustRoot
from feiqian.terminal.records import (
    Accepted,
    AskedRequest,
    GivenNote,
    GradeTotal,
    HeldTrust,
    HistoryEntry,
    KeptProof,
    PaidRequest,
    QueuedClaim,
    QueuedNote,
    ToldEvent,
    Totals,
)
from feiqian.terminal.states import QUEUED, ClaimState, Grade, RequestState, grade_of

if TYPE_CHECKING:
    from sqlite3 import Connection

ACCEPTED_SELECT: Final = (
    "SELECT a.cheque_id, a.allowance_id, a.request_hash, r.reference, s.counter, s.shown, a.amount_minor,"
    " a.final_minor, a.guaranteed_minor, a.deadline, a.warn, a.time, a.back_minor,"
    " a.state, a.verdict, a.paid_minor, a.waiting_minor, a.code,"
    " e.number, e.nth, e.kind, e.at, e.heard_at, e.paid_minor, e.waiting_minor, e.deadline"
    " FROM accepted a JOIN statement s ON s.number = a.receipt LEFT JOIN asked r ON r.request_hash = a.request_hash"
    " LEFT JOIN event e ON e.place = a.told"
)
EVENT_SELECT: Final = (
    "SELECT e.number, e.nth, e.kind, e.at, e.heard_at, e.paid_minor, e.waiting_minor, e.deadline,"
    " e.cheque_id, s.counter, a.final_minor"
    " FROM event e JOIN accepted a USING (cheque_id) JOIN statement s ON s.number = a.receipt"
)
NOTE_SELECT: Final = (
    "SELECT n.kind, n.subject, n.back_minor, s.counter, s.shown, s.time,"
    " n.state, n.verdict, n.paid_minor, n.waiting_minor, n.code FROM note n JOIN statement s USING (number)"
)
_SUMS: Final = """
    WITH claim AS (
        SELECT a.state, a.guaranteed_minor >= a.final_minor AS is_guaranteed, a.back_minor,
            a.final_minor - a.back_minor AS kept_minor,
            iif(a.verdict IS NULL, 0, coalesce(e.paid_minor, a.paid_minor)) AS paid_minor,
            iif(a.verdict IS NULL, 0, coalesce(e.waiting_minor, a.waiting_minor)) AS waiting_minor
        FROM accepted a LEFT JOIN event e ON e.place = a.told WHERE a.shift = ?
    )
    SELECT state, is_guaranteed, count(*), sum(kept_minor), sum(back_minor), sum(paid_minor), sum(waiting_minor),
        sum(min(paid_minor, kept_minor)), sum(min(waiting_minor, max(0, kept_minor - paid_minor)))
    FROM claim GROUP BY 1, 2
"""
PAID_SELECT: Final = (
    "SELECT p.request_hash, p.notice, p.final_minor, r.reference, p.time"
    " FROM paid p JOIN asked r ON r.request_hash = p.request_hash"
)

TOLD_SHOWN_MAX: Final = 20
NUMBER_BEHIND_ALL: Final = 2**40
"""Of one second, news stand above acts."""


def trust_in(row: tuple[Any, ...]) -> HeldTrust:
    """A row of `trust`."""
    deployment, roots, threshold, raw, etag, fetched_at = row
    points = tuple(roots[at : at + PUBLIC_KEY_BYTES] for at in range(0, len(roots), PUBLIC_KEY_BYTES))
    root = TrustRoot(deployment=deployment, roots=points, threshold=threshold)
    return HeldTrust(root=root, raw=raw, etag=etag, fetched_at=fetched_at)


def asked_in(row: tuple[Any, ...]) -> AskedRequest:
    """A row of `asked`."""
    request_hash, payload, shown, amount_minor, is_maximum, reference, time, expires_at, state = row
    return AskedRequest(
        request_hash=RequestHash(request_hash),
        payload=payload,
        shown=shown,
        amount_minor=amount_minor,
        is_maximum=bool(is_maximum),
        reference=reference,
        time=time,
        expires_at=expires_at,
        state=RequestState(state),
    )


def link_in(row: tuple[Any, ...]) -> Link:
    """Of a row of `accepted` what it is in its allowance's chain."""
    cheque_id, counter, amount_minor, cumulative_minor, previous = row
    return Link(
        cheque_id=StatementId(cheque_id),
        counter=counter,
        amount_minor=amount_minor,
        cumulative_minor=cumulative_minor,
        previous=previous,
        closing=False,
    )


def accepted_in(row: tuple[Any, ...]) -> Accepted:
    """A row of ACCEPTED_SELECT."""
    cheque_id, allowance_id, request_hash, reference, counter, shown, amount_minor = row[:7]
    final_minor, guaranteed_minor, deadline, warn, time, back_minor = row[7:13]
    told = None if row[18] is None else event_in((*row[18:26], cheque_id, counter, final_minor))
    return Accepted(
        cheque_id=StatementId(cheque_id),
        allowance_id=StatementId(allowance_id),
        request_hash=None if request_hash is None else RequestHash(request_hash),
        reference=reference or "",
        receipt_counter=counter,
        receipt_shown=shown,
        amount_minor=amount_minor,
        final_minor=final_minor,
        guaranteed_minor=guaranteed_minor,
        deadline=deadline,
        warn=bool(warn),
        time=time,
        back_minor=back_minor,
        state=ClaimState(row[13]),
        answer=_answer_in(row[14:18]),
        told=told,
    )


def event_in(row: tuple[Any, ...]) -> ToldEvent:
    """A row of EVENT_SELECT."""
    number, nth, kind, at, heard_at, paid_minor, waiting_minor, deadline, cheque_id, counter, final_minor = row
    return ToldEvent(
        number=number,
        nth=nth,
        kind=AdviceKind(kind),
        at=at,
        heard_at=heard_at,
        cheque_id=StatementId(cheque_id),
        receipt_counter=counter,
        final_minor=final_minor,
        paid_minor=paid_minor,
        waiting_minor=waiting_minor,
        deadline=deadline,
    )


def note_in(row: tuple[Any, ...]) -> GivenNote:
    """A row of NOTE_SELECT."""
    kind, subject, back_minor, counter, shown, time = row[:6]
    return GivenNote(
        kind=NoteKind(kind),
        subject=subject,
        back_minor=back_minor,
        counter=counter,
        shown=shown,
        time=time,
        state=ClaimState(row[6]),
        answer=_answer_in(row[7:]),
    )


def paid_in(row: tuple[Any, ...]) -> PaidRequest:
    """A row of PAID_SELECT."""
    request_hash, notice, final_minor, reference, time = row
    return PaidRequest(
        request_hash=RequestHash(request_hash), notice=notice, final_minor=final_minor, reference=reference, time=time
    )


def proof_in(row: tuple[Any, ...]) -> KeptProof:
    """A row of `proof`."""
    proof_id, raw, allowance_id, reason, time = row
    return KeptProof(
        proof_id=proof_id, raw=raw, allowance_id=StatementId(allowance_id), reason=Contradiction(reason), time=time
    )


def queued_of(db: "Connection", claims_max: int) -> tuple[list[QueuedClaim], list[QueuedNote]]:
    """What is in no batch yet, oldest first, at most `claims_max` of each."""
    claims = db.execute(
        "SELECT a.cheque_id, a.cheque, l.raw, s.raw, r.payload, a.credits FROM accepted a"
        " JOIN allowance l USING (allowance_id) JOIN statement s ON s.number = a.receipt"
        " LEFT JOIN asked r ON r.request_hash = a.request_hash"
        " WHERE a.state = 'waiting' ORDER BY a.receipt LIMIT ?",
        (claims_max,),
    )
    notes = db.execute(
        "SELECT s.number, s.raw FROM note n JOIN statement s USING (number)"
        " WHERE n.state = 'waiting' ORDER BY n.number LIMIT ?",
        (claims_max,),
    )
    return (
        [
            QueuedClaim(
                cheque_id=StatementId(cheque_id),
                cheque=cheque,
                allowance=allowance,
                receipt=receipt,
                request_payload=payload,
                credits=credits,
            )
            for cheque_id, cheque, allowance, receipt, payload, credits in claims
        ],
        [QueuedNote(number=number, raw=raw) for number, raw in notes],
    )


def history_of(db: "Connection", limit: int) -> list[HistoryEntry]:
    """The latest acts and news, newest first; news stand where the till heard them."""
    acts: list[tuple[int, int, HistoryEntry]] = []
    for row in db.execute(f"{EVENT_SELECT} WHERE e.is_news ORDER BY e.place DESC LIMIT ?", (limit,)):
        told = event_in(row)
        acts.append((told.heard_at, NUMBER_BEHIND_ALL + told.nth, told))
    for row in db.execute(f"{ACCEPTED_SELECT} ORDER BY a.receipt DESC LIMIT ?", (limit,)):
        accepted = accepted_in(row)
        acts.append((accepted.time, accepted.receipt_counter, accepted))
    for row in db.execute(f"{NOTE_SELECT} ORDER BY n.number DESC LIMIT ?", (limit,)):
        note = note_in(row)
        acts.append((note.time, note.counter, note))
    for row in db.execute(f"{PAID_SELECT} ORDER BY p.rowid DESC LIMIT ?", (limit,)):
        paid = paid_in(row)
        acts.append((paid.time, 0, paid))
    return newest_first(acts, limit)


def newest_first(acts: list[tuple[int, int, HistoryEntry]], limit: int) -> list[HistoryEntry]:
    """Acts and news by time and number, the latest first."""
    acts.sort(key=lambda act: act[:2], reverse=True)
    return [act for _, _, act in acts[:limit]]


def totals_of(db: "Connection") -> Totals:
    """The sums of the current shift. What the operator said last counts; before it has answered, nothing is paid."""
    number, began_at = db.execute("SELECT number, began_at FROM shift ORDER BY number DESC LIMIT 1").fetchone()
    told = db.execute(
        f"{EVENT_SELECT} WHERE e.is_news AND e.shift = ? ORDER BY e.place DESC LIMIT ?", (number, TOLD_SHOWN_MAX)
    )
    return added_up(
        shift=(number, began_at),
        sums=(ClaimSums(ClaimState(state), *rest) for state, *rest in db.execute(_SUMS, (number,))),
        notices=db.execute(
            "SELECT count(*), coalesce(sum(final_minor), 0) FROM paid WHERE shift = ?", (number,)
        ).fetchone(),
        notes_waiting=db.execute("SELECT count(*) FROM note WHERE state IN ('waiting', 'sent')").fetchone()[0],
        told=tuple(event_in(row) for row in told),
        told_count=db.execute("SELECT count(*) FROM event WHERE is_news AND shift = ?", (number,)).fetchone()[0],
    )


class ClaimSums(NamedTuple):
    """What the claims of one state come to, with or without a guarantee. Minor units.

    `back` was given back and `kept` is left; `paid` and `waiting` are the operator's word, `final` and `held` as much
    of them as concerns what is left.
    """

    state: ClaimState
    is_guaranteed: int
    claims: int
    kept: int
    back: int
    paid: int
    waiting: int
    final: int
    held: int


def added_up(
    *,
    shift: tuple[int, int],
    sums: Iterable[ClaimSums],
    notices: tuple[int, int],
    notes_waiting: int,
    told: tuple[ToldEvent, ...],
    told_count: int,
) -> Totals:
    """The till of a shift, of which number and beginning are given, from what its claims and notices come to."""
    grades = dict.fromkeys(Grade, (0, 0))
    states = dict.fromkeys(ClaimState, (0, 0))
    given_back_minor = paid_minor = contingent_minor = unpaid_minor = 0
    for one in sums:
        state = one.state
        grade = grade_of(state, final_minor=1, guaranteed_minor=one.is_guaranteed)
        really_minor = {ClaimState.SETTLED: one.final, ClaimState.CONTINGENT: one.held}.get(state, one.kept)
        grades[grade] = (grades[grade][0] + one.claims, grades[grade][1] + really_minor)
        if state is ClaimState.CONTINGENT:  # what is paid of it already is final
            grades[Grade.FINAL] = (grades[Grade.FINAL][0], grades[Grade.FINAL][1] + one.final)
        states[state] = (states[state][0] + one.claims, states[state][1] + one.kept)
        given_back_minor += one.back
        paid_minor += one.paid
        contingent_minor += one.waiting
        unpaid_minor += 0 if state in QUEUED else one.kept - one.final - one.held
    count, notices_minor = notices
    grades[Grade.FINAL] = (grades[Grade.FINAL][0] + count, grades[Grade.FINAL][1] + notices_minor)
    waiting = [states[state] for state in QUEUED]
    number, began_at = shift
    return Totals(
        shift=number,
        began_at=began_at,
        by_grade={grade: GradeTotal(count=count, amount_minor=minor) for grade, (count, minor) in grades.items()},
        given_back_minor=given_back_minor,
        waiting=GradeTotal(
            count=sum(count for count, _ in waiting), amount_minor=sum(amount_minor for _, amount_minor in waiting)
        ),
        paid_minor=paid_minor + notices_minor,
        contingent_minor=contingent_minor,
        refused=GradeTotal(count=states[ClaimState.REFUSED][0], amount_minor=states[ClaimState.REFUSED][1]),
        unpaid_minor=unpaid_minor,
        notes_waiting=notes_waiting,
        told=told,
        told_count=told_count,
    )


def _answer_in(columns: tuple[Any, ...]) -> AnswerItem | None:
    verdict, paid_minor, waiting_minor, code = columns
    if verdict is None:
        return None
    return AnswerItem(verdict=Verdict(verdict), paid_minor=paid_minor, waiting_minor=waiting_minor, code=code)


def range_of(prefix: str) -> tuple[bytes, bytes]:
    """The first and last id of 32 bytes whose hex begins with `prefix`, itself hex."""
    digits = 2 * ID_BYTES
    return bytes.fromhex(prefix.ljust(digits, "0")[:digits]), bytes.fromhex(prefix.ljust(digits, "f")[:digits])
