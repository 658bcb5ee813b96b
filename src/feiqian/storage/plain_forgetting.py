"""What goes from the plain rows of a till once it is over: the rules of `terminal_forgetting`, over dicts."""

from dataclasses import dataclass

from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_till_rows import ONE, TillRows
from feiqian.terminal.records import GivenNote
from feiqian.terminal.states import ClaimState

_FINAL = frozenset({ClaimState.SETTLED, ClaimState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What is over, by the keys of its tables; `requests` were answered by no cheque."""

    claims: tuple[StatementId, ...]
    requests: tuple[RequestHash, ...]
    proofs: tuple[bytes, ...]
    refusals: int

    @property
    def count(self) -> int:
        """How many of all."""
        return len(self.claims) + len(self.requests) + len(self.proofs) + self.refusals


class ForgettingRows(TillRows):
    """The rows of a till that forgets."""

    def _over(self, before: int) -> Over:
        """What was over before this time."""
        return Over(
            claims=tuple(one for one in self._accepted if self._claim_is_over(one, before)),
            requests=tuple(one for one in self._asked if self._request_is_over(one, before)),
            proofs=tuple(key for key, one in self._proofs.items() if one.time < before),
            refusals=sum(one.time < before for one in self._refusals.get(ONE, ())),
        )

    def _forget(self, rows: PlainRows, over: Over, before: int) -> None:
        """Removes it and what only it held, inside a write that its caller has begun."""
        taken = [self._taken[one] for one in over.claims]
        hashes = [one.acceptance.request_hash for one in taken if one.acceptance.request_hash is not None]
        subjects = {bytes(one) for one in (*over.claims, *over.requests)}
        notes = [number for number, one in self._notes.items() if one.subject in subjects]
        statements = {one.number for one in taken} | set(notes)
        events = [place for place, one in self._events.items() if one.cheque_id in subjects]
        rows.drop_all(self._accepted, over.claims)
        rows.drop_all(self._taken, over.claims)
        rows.drop_all(self._told, [one for one in over.claims if one in self._told])
        rows.drop_all(self._by_bytes, [one.acceptance.cheque for one in taken])
        rows.drop_all(self._by_request, hashes)
        gone = set(over.claims)
        rows.drop_all(self._by_counter, [counter for counter, one in self._by_counter.items() if one in gone])
        items: tuple[StatementId | int, ...] = (*over.claims, *notes)
        rows.drop_all(self._batch_of, [one for one in items if one in self._batch_of])
        rows.drop_all(self._notes, notes)
        rows.drop_all(self._notes_on, [one for one in self._notes_on if one in subjects])
        rows.drop_all(self._events, events)
        rows.drop_all(self._event_shifts, events)
        rows.drop_all(self._asked, [*hashes, *over.requests])
        paid = [one for one in over.requests if one in self._paid]
        rows.drop_all(self._paid, paid)
        rows.drop_all(self._paid_in, paid)
        self._forget_left_over(rows, statements, before)
        rows.drop_all(self._proofs, over.proofs)
        rows.put(self._refusals, ONE, tuple(one for one in self._refusals.get(ONE, ()) if one.time >= before))

    def _forget_left_over(self, rows: PlainRows, statements: set[int], before: int) -> None:
        """What nothing refers to any more; the last statement stays, for the next one goes on from its number."""
        left = {one.acceptance.allowance_id for one in self._taken.values()}
        unused = [one for one in self._allowances if one not in left]
        refs = {one.acceptance.allowance_ref for one in self._taken.values()}
        rows.drop_all(self._allowances, unused)
        rows.drop_all(self._seen_times, unused)
        rows.drop_all(self._links, [ref for ref in self._links if ref not in refs])
        gone = statements - {next(reversed(self._statements), 0)}
        rows.drop_all(self._statement_ids, [one for one, number in self._statement_ids.items() if number in gone])
        rows.drop_all(self._statements, gone)
        answered = [one.batch_id for one in self._batches.values() if one.answer is not None and one.made_at < before]
        used = set(self._batch_of.values())
        rows.drop_all(self._batches, [one for one in answered if one not in used])

    def _claim_is_over(self, cheque_id: StatementId, before: int) -> bool:
        claim, shift = self._accepted[cheque_id], self._shift()
        told = self._told.get(cheque_id, ())
        heard_now = any(
            self._event_shifts[place] == shift for place, one in self._events.items() if one.cheque_id == cheque_id
        )
        return (
            claim.state in _FINAL
            and max(claim.deadline, claim.time) < before
            and self._taken[cheque_id].shift < shift
            and not heard_now
            and all(max(one.deadline, one.at) < before for one in told)
            and not any(_is_open(one) for one in self._notes.values() if one.subject == cheque_id)
        )

    def _request_is_over(self, request_hash: RequestHash, before: int) -> bool:
        if request_hash in self._by_request:
            return False
        paid, note = self._paid.get(request_hash), self._note_on(request_hash)
        if paid is not None:
            return (
                paid.time < before
                and self._paid_in[request_hash] < self._shift()
                and self._asked[request_hash].expires_at < before
            )
        if note is not None and note.kind is NoteKind.CANCEL:
            return not _is_open(note) and self._asked[request_hash].expires_at < before
        asked = self._asked[request_hash]
        return max(asked.expires_at, asked.time) < before

    def _note_on(self, subject: bytes) -> GivenNote | None:
        number = self._notes_on.get(subject)
        return None if number is None else self._notes[number]


def _is_open(note: GivenNote) -> bool:
    return note.state not in _FINAL
