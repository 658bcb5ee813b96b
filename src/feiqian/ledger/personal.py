"""Acts on what the books hold of people: sealing it, sealing it anew under another key, erasing it.

Each act is a row of short writes, and each write leaves the books whole: who was sealed, sealed anew or erased is, the
others wait for the same act done again. So a kill in between is harmless, and so is doing it twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from feiqian.ledger.retention import (
    DAY_S,
    ErasureTrouble,
    PersonFacts,
    PersonKind,
    RetentionTerms,
    Standing,
    standing_of,
)

ROWS_AT_ONCE: Final = 200
"""Rows of one write while many are sealed anew: whoever pays meanwhile waits for no more than that."""


class WritePoint(StrEnum):
    """Every place where what is kept of people changes."""

    BEGIN_KEY = "personal.begin-key"
    RESEAL = "personal.reseal"
    ERASE = "personal.erase"
    ERASE_WORDS = "personal.erase-words"


class PersonalReading(Protocol):
    """What can be asked."""

    def data_keys(self) -> dict[int, int]:
        """Keys under which these books were sealed from end to end, and since when."""

    def prove_key(self, number: int) -> None:
        """Raises SealTrouble unless the key of this number is the one that these books know."""

    def sealed_below(self, number: int) -> int:
        """How many rows stand under an older key, or in plain."""

    def sealed_by(self, number: int) -> int:
        """How many rows stand under this key."""

    def person(self, kind: PersonKind, person_id: bytes) -> PersonFacts | None:
        """Somebody, as the books show it."""

    def persons(self, kind: PersonKind, after: bytes, limit: int) -> list[PersonFacts]:
        """Those whose name is not erased, behind this id, in the order of ids."""

    def words_due(self, before: int, limit: int) -> list[bytes]:
        """Disputes that ended before this instant and whose words are still there."""


class PersonalUnit(PersonalReading, Protocol):
    """One write; what it touches becomes one leaf of the audit log."""

    def add_data_key(self, number: int, at: int) -> None:
        """These books are sealed from end to end, under this key or newer ones."""

    def reseal(self, number: int, limit: int) -> Sequence[object]:
        """Seals rows that stand under an older key, or in plain, with this one; which."""

    def erase_person(self, kind: PersonKind, person_id: bytes) -> Sequence[object]:
        """Erases name and words and signs its devices out; what was still there."""

    def erase_words(self, disputes: Sequence[bytes]) -> Sequence[object]:
        """Erases what was said in these disputes; what was still there."""


class PersonalStore(Protocol):
    """The part of the operator's store that holds what is known of people."""

    def read(self) -> AbstractContextManager[PersonalReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[PersonalUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""

    def thoroughly(self, *, rewrite: bool = False) -> AbstractContextManager[None]:
        """Within it, what is overwritten leaves the files; with `rewrite` also what lay there before it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep erased."""

    payers: tuple[bytes, ...]
    payees: tuple[bytes, ...]
    disputes: int


def begin_sealing(store: PersonalStore, newest: int, now: int) -> int:
    """Makes sure that nothing in these books is plain; how many rows had to be sealed. At every start.

    Raises SealTrouble where the key at hand is not that of the books.
    """
    with store.read() as reading:
        known = reading.data_keys()
        if known:
            reading.prove_key(max(known))
            return 0
        waiting = reading.sealed_below(newest)
    with store.thoroughly(rewrite=waiting > 0):
        sealed = sum(_reseal(store, newest))
    with store.write(WritePoint.BEGIN_KEY) as unit:
        if not unit.data_keys():
            unit.add_data_key(newest, now)
    return sealed


def rotate(store: PersonalStore, number: int, now: int, progress: Callable[[int, int], None]) -> int:
    """Seals everything with this key; how many rows. `progress` is told how many are done, and of how many."""
    with store.read() as reading:
        left = reading.sealed_below(number)
    done = 0
    with store.thoroughly():
        for some in _reseal(store, number):
            done += some
            progress(done, max(left, done))
    with store.write(WritePoint.BEGIN_KEY) as unit:
        if number not in unit.data_keys():
            unit.add_data_key(number, now)
    return done


def _reseal(store: PersonalStore, number: int) -> Iterator[int]:
    while True:
        with store.write(WritePoint.RESEAL) as unit:
            some = len(unit.reseal(number, ROWS_AT_ONCE))
        if not some:
            with store.read() as reading:
                if not reading.sealed_below(number):
                    return
        yield some


def erase_person(store: PersonalStore, kind: PersonKind, person_id: bytes, terms: RetentionTerms, now: int) -> bool:
    """Erases a name, and what was said in its disputes; False if that was done before. Raises ErasureTrouble.

    What it rests on is read in the same write, so nothing can be opened in between.
    """
    with store.thoroughly(), store.write(WritePoint.ERASE) as unit:
        facts = unit.person(kind, person_id)
        if facts is None:
            raise ErasureTrouble("person_unknown")
        refuse_if_open(standing_of(facts, terms, now))
        return bool(unit.erase_person(kind, person_id))


def refuse_if_open(standing: Standing) -> None:
    """Raises ErasureTrouble for the first thing that is open."""
    for code, until in standing.obstacles:
        raise ErasureTrouble(code, until="" if until is None else _instant(until))


def standings(store: PersonalStore, kind: PersonKind, terms: RetentionTerms, now: int) -> Iterator[Standing]:
    """How everybody stands whose name is not erased."""
    after = b""
    while True:
        with store.read() as reading:
            found = reading.persons(kind, after, ROWS_AT_ONCE)
        for facts in found:
            yield standing_of(facts, terms, now)
        if len(found) < ROWS_AT_ONCE:
            return
        after = found[-1].person_id


def words_due(store: PersonalStore, terms: RetentionTerms, now: int) -> int:
    """In how many disputes words are due, counted up to one write's worth."""
    with store.read() as reading:
        return len(reading.words_due(_words_before(terms, now), ROWS_AT_ONCE))


def sweep(store: PersonalStore, terms: RetentionTerms, now: int) -> Swept:
    """Erases everything that is due at `now`. Again finds nothing left to do."""
    swept: dict[PersonKind, list[bytes]] = {kind: [] for kind in PersonKind}
    disputes = 0
    with store.thoroughly():
        while True:
            with store.write(WritePoint.ERASE_WORDS) as unit:
                due = unit.words_due(_words_before(terms, now), ROWS_AT_ONCE)
                unit.erase_words(due)
            disputes += len(due)
            if len(due) < ROWS_AT_ONCE:
                break
        for kind in PersonKind:
            for standing in list(standings(store, kind, terms, now)):
                if standing.due_at is not None and standing.due_at <= now:
                    swept[kind] += _swept(store, standing, terms, now)
    return Swept(payers=tuple(swept[PersonKind.PAYER]), payees=tuple(swept[PersonKind.PAYEE]), disputes=disputes)


def _swept(store: PersonalStore, standing: Standing, terms: RetentionTerms, now: int) -> list[bytes]:
    """Looks again within the write: something may have been opened since it was read."""
    kind, person_id = standing.facts.kind, standing.facts.person_id
    with store.write(WritePoint.ERASE) as unit:
        facts = unit.person(kind, person_id)
        due_at = None if facts is None else standing_of(facts, terms, now).due_at
        if due_at is None or due_at > now:
            return []
        return [person_id] if unit.erase_person(kind, person_id) else []


def _words_before(terms: RetentionTerms, now: int) -> int:
    return now - terms.words_days * DAY_S


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
