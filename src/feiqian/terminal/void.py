"""Giving back: void notes on accepted cheques, cancel notes on requests. Both stand in the chain of receipts.

Several notes on one cheque count once, at the largest amount (spec 04, Cover). So a note always states all that is
given back of the cheque, and an amount is asked for as the total: asking for the same again gives the same note, and
a retry after a crash can never give back twice. A receipt below the maximum gives back already; notes state that
part along, or the larger of the two would hide the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from feiqian.protocol import cose
from feiqian.protocol.certificate import Capability
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind, NoteTerms, note_prefix, sign_note
from feiqian.terminal.desk import Desk, spelled
from feiqian.terminal.records import Accepted, AskedRequest, GivenNote, NewNote, NewStatement
from feiqian.terminal.states import RequestEvent, RequestState, request_after
from feiqian.terminal.troubles import TerminalTrouble

NOTE_TRAVEL_S: Final = 3600
"""How long before D the last void note is given (spec 05.4): it must still reach the operator by D, or the payer pays
in full what its payee signed back. Also the most that policy lets clocks differ."""
LATE_S: Final = 3600
"""How long after a request ran out its payer may still stand at the counter."""
STALE_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteGiven:
    """A note ready to be shown. `back_minor` is all that the payee gives back of what it took."""

    note: GivenNote
    currency: str
    back_minor: int
    accepted: Accepted | None
    replayed: bool

    @property
    def shown(self) -> bytes:
        """The bytes to show: certificate and note."""
        return self.note.shown


def void(desk: Desk, accepted: Accepted, total_minor: int | None) -> NoteGiven:
    """Give back `total_minor` of an accepted cheque in all, counting earlier notes; None gives back everything.

    Raises TerminalTrouble void_less, void_too_much, void_too_late, void_over_cap, not_allowed, certificate_over.
    """
    total = accepted.final_minor if total_minor is None else total_minor
    given = desk.store.note_on(accepted.cheque_id)
    if given is not None and total == accepted.back_minor:
        return _given(desk, given, accepted, replayed=True)
    if total < accepted.back_minor:
        raise TerminalTrouble("void_less", given=spelled(accepted.back_minor, desk.currency))
    if not 0 < total <= accepted.final_minor:
        raise TerminalTrouble("void_too_much", most=spelled(accepted.final_minor, desk.currency))
    now = desk.begin(Capability.NOTES)
    if now > accepted.deadline - NOTE_TRAVEL_S:
        raise TerminalTrouble("void_too_late")
    stated_minor = accepted.amount_minor - accepted.final_minor + total
    if stated_minor > desk.certificate.note_cap_minor:
        raise TerminalTrouble("void_over_cap", cap=spelled(desk.certificate.note_cap_minor, desk.currency))
    note = _note(desk, NoteKind.VOID, accepted.cheque_id, stated_minor, back_minor=total, now=now)
    desk.store.add_note(note)
    return _stored(desk, note, desk.store.accepted(accepted.cheque_id))


def cancel(desk: Desk, request_hash: RequestHash) -> NoteGiven:
    """Say for ever that a request was not and will not be accepted; gives back whatever cheque answered it.

    Raises TerminalTrouble request_unknown, cancel_accepted, request_already_paid.
    """
    request = desk.store.request(request_hash)
    if request is None:
        raise TerminalTrouble("request_unknown")
    if request_after(request.state, RequestEvent.CANCEL) is None:
        settled = request.state is RequestState.SETTLED
        raise TerminalTrouble("request_already_paid" if settled else "cancel_accepted")
    given = desk.store.note_on(request_hash)
    if given is not None:
        return _given(desk, given, None, replayed=True)
    now = desk.begin(Capability.NOTES)
    note = _note(desk, NoteKind.CANCEL, request_hash, 0, back_minor=0, now=now)
    desk.store.add_note(note)
    return _stored(desk, note, None)


def cancellable(desk: Desk) -> Sequence[AskedRequest]:
    """The requests that somebody who says no more than "cancel" can mean, newest first.

    Those that are open, and those that ran out a short while ago: a payer may have answered in time what nobody read
    in time. Where there are none, all that ran out unanswered, as far as anybody may still ask for them.
    """
    now = desk.now()
    stale = desk.store.stale_requests(now, STALE_MAX)
    recent = [*desk.store.open_requests(now), *(asked for asked in stale if asked.expires_at >= now - LATE_S)]
    return sorted(recent or stale, key=lambda asked: asked.time, reverse=True)


def _note(
    desk: Desk, kind: NoteKind, subject: StatementId | RequestHash, stated_minor: int, *, back_minor: int, now: int
) -> NewNote:
    head = desk.store.chain_head()
    certificate_id, deployment = desk.enrolment.certificate_id, desk.enrolment.deployment
    raw = sign_note(
        desk.signer,
        certificate_id,
        deployment,
        NoteTerms(
            terminal_ref=desk.ref,
            note_kind=kind,
            subject=subject,
            back_minor=stated_minor,
            time=now,
            counter=head.counter,
            previous=head.previous,
        ),
    )
    payload = cose.open_envelope(raw, max_bytes=len(raw)).payload
    return NewNote(
        kind=kind,
        subject=subject,
        back_minor=back_minor,
        statement=NewStatement(
            statement_id=cose.digest(note_prefix(certificate_id, deployment), payload),
            counter=head.counter,
            raw=raw,
            shown=desk.signed_shown(raw),
            time=now,
        ),
    )


def _stored(desk: Desk, note: NewNote, accepted: Accepted | None) -> NoteGiven:
    given = desk.store.note_on(note.subject)
    if given is None:
        raise LookupError("the store does not hold what it has just stored")
    return _given(desk, given, accepted, replayed=False)


def _given(desk: Desk, note: GivenNote, accepted: Accepted | None, *, replayed: bool) -> NoteGiven:
    return NoteGiven(
        note=note, currency=desk.currency, back_minor=note.back_minor, accepted=accepted, replayed=replayed
    )
