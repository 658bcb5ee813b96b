"""Rows of the till's store as the terminal's records, and the sums of a shift."""

from typing import TYPE_CHECKING, Any, Final

from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.terminal.records import Accepted, AskedRequest, GivenNote, GradeTotal, PaidRequest, Totals
from feiqian.terminal.states import QUEUED, ClaimState, Grade, RequestState, grade_of

if TYPE_CHECKING:
    from sqlite3 import Connection

ACCEPTED_SELECT: Final = (
    "SELECT a.cheque_id, a.allowance_id, a.request_hash, r.reference, s.counter, s.shown, a.amount_minor,"
    " a.final_minor, a.guaranteed_minor, a.deadline, a.warn, a.time, a.back_minor,"
    " a.state, a.verdict, a.paid_minor, a.waiting_minor, a.code"
    " FROM accepted a JOIN statement s ON s.number = a.receipt LEFT JOIN asked r ON r.request_hash = a.request_hash"
)
NOTE_SELECT: Final = (
    "SELECT n.kind, n.subject, n.back_minor, s.counter, s.shown, s.time,"
    " n.state, n.verdict, n.paid_minor, n.waiting_minor, n.code FROM note n JOIN statement s USING (number)"
)
PAID_SELECT: Final = (
    "SELECT p.request_hash, p.notice, p.final_minor, r.reference, p.time"
    " FROM paid p JOIN asked r ON r.request_hash = p.request_hash"
)


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


def accepted_in(row: tuple[Any, ...]) -> Accepted:
    """A row of ACCEPTED_SELECT."""
    cheque_id, allowance_id, request_hash, reference, counter, shown, amount_minor = row[:7]
    final_minor, guaranteed_minor, deadline, warn, time, back_minor = row[7:13]
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
        answer=_answer_in(row[14:]),
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


def totals_of(db: "Connection") -> Totals:
    """The sums of the current shift."""
    number, began_at = db.execute("SELECT number, began_at FROM shift ORDER BY number DESC LIMIT 1").fetchone()
    grades = dict.fromkeys(Grade, (0, 0))
    states = dict.fromkeys(ClaimState, (0, 0))
    given_back_minor = paid_minor = contingent_minor = 0
    rows = db.execute(
        "SELECT state, guaranteed_minor >= final_minor, count(*), sum(final_minor - back_minor), sum(back_minor),"
        " sum(paid_minor), sum(waiting_minor) FROM accepted WHERE shift = ? GROUP BY 1, 2",
        (number,),
    )
    for name, is_guaranteed, count, kept_minor, back_minor, row_paid_minor, row_waiting_minor in rows:
        state = ClaimState(name)
        grade = grade_of(state, final_minor=1, guaranteed_minor=is_guaranteed)
        grades[grade] = (grades[grade][0] + count, grades[grade][1] + kept_minor)
        states[state] = (states[state][0] + count, states[state][1] + kept_minor)
        given_back_minor += back_minor
        paid_minor += row_paid_minor
        contingent_minor += row_waiting_minor
    notices, notices_minor = db.execute(
        "SELECT count(*), coalesce(sum(final_minor), 0) FROM paid WHERE shift = ?", (number,)
    ).fetchone()
    grades[Grade.FINAL] = (grades[Grade.FINAL][0] + notices, grades[Grade.FINAL][1] + notices_minor)
    waiting = [states[state] for state in QUEUED]
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
        notes_waiting=db.execute("SELECT count(*) FROM note WHERE state IN ('waiting', 'sent')").fetchone()[0],
    )


def _answer_in(columns: tuple[Any, ...]) -> AnswerItem | None:
    verdict, paid_minor, waiting_minor, code = columns
    if verdict is None:
        return None
    return AnswerItem(verdict=Verdict(verdict), paid_minor=paid_minor, waiting_minor=waiting_minor, code=code)
