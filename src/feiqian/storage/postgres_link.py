"""The way to PostgreSQL: connections that are kept and bounded, and what the database says in words of ours.

Nobody waits for ever: neither for a connection, nor for a lock, nor for an answer. A connection that broke is thrown
away and the next one is made anew, so a database that comes back is used again without a restart of ours. The address
may hold a password; it is never part of a message.
"""

import select
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Final, LiteralString, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from feiqian.ledger.clearing import Stale
from feiqian.ledger.entry import LedgerBroken
from feiqian.storage.disk import DatabaseFault, DiskFault
from feiqian.storage.postgres_columns import teach, teach_lines
from feiqian.storage.postgres_rules import BROKEN_STATE, OVERDRAWN_STATE, STALE_STATE

T = TypeVar("T")
Answers = psycopg.Cursor[tuple[Any, ...]]
Ask = tuple[str, Sequence[Any]]
"""A statement with `?` marks, and its values."""

LINKS_MAX: Final = 8
WAIT_MAX_S: Final = 10.0
ANSWER_MAX_S: Final = 12.0
"""How long the database may take for one round trip of a unit. It stops waiting for a lock before that."""
LONG_ANSWER_MAX_S: Final = 90.0
"""The same for who goes through all of the books."""
_PATIENCE: Final[Mapping[str, int]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Seconds, the last one milliseconds. A machine that vanished says nothing; without these a connection to it that
nobody uses looks whole for hours, and the standby that took over is not asked."""
_SILENT_S: Final = 1.0
"""So long after somebody waited in vain, others are told at once: each would wait as long, one behind the other."""
_SETTINGS: Final[Mapping[str, str]] = {
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",  # a plan is made once; its parameters are long arrays
    "enable_seqscan": "off",  # and kept: one that goes through all of a small table would still do so when it is large
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}
_UNSAFE: Final = "current_setting('synchronous_commit') IN ('off', 'local')"
"""An answer that leaves must be durable; a stricter setting than `on`, for a standby, is the operator's to choose."""

_FASTER: Final = frozenset({STALE_STATE, "40001", "40P01", "23505"})
_FAULTS: Final = {
    "53100": DiskFault.FULL,
    "42501": DiskFault.FAILED,
    "58030": DiskFault.FAILED,
    "XX001": DiskFault.DAMAGED,
    "XX002": DiskFault.DAMAGED,
}
_NO_LINK: Final = "08006"
_AWAY: Final = ("08", "53", "57", "25006", "28", "3D", "55P03")


class Overdrawn(LedgerBroken):
    """An entry that balances, and for which there is no money."""


def said(error: psycopg.Error) -> Exception:
    """What an error of the driver means to a store: Stale, LedgerBroken, DatabaseFault, or itself where it is ours."""
    state = error.sqlstate or (_NO_LINK if isinstance(error, psycopg.OperationalError) else "")
    if state in _FASTER:
        return Stale()
    if state == OVERDRAWN_STATE:
        return Overdrawn("the database refused an entry: an account would fall below zero")
    if state == BROKEN_STATE:
        return LedgerBroken("the database refused an entry")
    fault = _FAULTS.get(state) or (DiskFault.AWAY if state.startswith(_AWAY) else None)
    return error if fault is None else DatabaseFault(fault, f"SQLSTATE {state}")


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raises what the driver raises as a store does."""
    try:
        yield
    except psycopg.Error as error:
        raise said(error) from error


class Link(psycopg.Connection[tuple[Any, ...]]):
    """A connection that gives a database up which does not answer: it may be stopped, or its machine gone."""

    answer_max_s = ANSWER_MAX_S

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As the driver waits. Raises OperationalError after `answer_max_s`; the connection is closed then."""
        return super().wait(self._in_time(gen), interval, timeout)

    def _in_time(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        until = time.monotonic() + self.answer_max_s
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    self.pgconn.finish()
                    raise NoAnswer
                wanted = gen.send(ready)
        except StopIteration as done:
            return cast(T, done.value)


class NoAnswer(psycopg.OperationalError):
    """The database took longer than it may."""


class Links:
    """At most so many connections, kept between uses. Thread-safe."""

    def __init__(self, url: str, *, links_max: int = LINKS_MAX, wait_max_s: float = WAIT_MAX_S) -> None:
        """`url` is a libpq address. Raises DatabaseFault if it is none."""
        try:
            chosen = conninfo_to_dict(url)
        except psycopg.ProgrammingError:  # its text repeats the address, and with it perhaps the password
            raise DatabaseFault(DiskFault.AWAY, "the address of the database is not one") from None
        self._address = {**_PATIENCE, "application_name": "feiqian", **chosen}
        self._free = threading.BoundedSemaphore(links_max)
        self._wait_max_s = wait_max_s
        self._lock = threading.Lock()
        self._idle: list[Link] = []
        self._closed = False
        self._silent_until = 0.0

    @contextmanager
    def one(self, answer_max_s: float = ANSWER_MAX_S) -> Iterator[Link]:
        """A connection in autocommit mode and outside a transaction. Raises DatabaseFault after a bounded wait."""
        if time.monotonic() < self._silent_until:
            raise DatabaseFault(DiskFault.AWAY, "it did not answer a moment ago")
        if not self._free.acquire(timeout=self._wait_max_s):
            raise DatabaseFault(DiskFault.AWAY, "all connections are in use")
        try:
            link = self._waiting() or self._made()
            link.answer_max_s = answer_max_s
            try:
                yield link
            finally:
                self._take_back(link)
        except DatabaseFault as fault:
            if isinstance(fault.__cause__, NoAnswer | psycopg.errors.ConnectionTimeout):
                self._silent_until = time.monotonic() + _SILENT_S
            raise
        finally:
            self._free.release()

    def close(self) -> None:
        """Closes those that nobody uses now; the others are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def _waiting(self) -> Link | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                link = self._idle.pop()
            if _is_silent(link):
                return link
            link.close()

    def _made(self) -> Link:
        with in_our_words():
            link = Link.connect(**cast("dict[str, Any]", self._address), autocommit=True)
            try:
                link.prepare_threshold = 0
                link.prepared_max = 400
                teach(link)
                names = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
                safe = f"CASE WHEN {_UNSAFE} THEN set_config('synchronous_commit', 'on', false) END"
                link.execute(f"SELECT {names}, {safe}".encode())
                teach_lines(link)
            except BaseException:
                link.close()
                raise
            return link

    def _take_back(self, link: Link) -> None:
        if link.info.transaction_status is not TransactionStatus.IDLE:
            _end(link, "ROLLBACK")
        with self._lock:
            fit = not self._closed and link.info.transaction_status is TransactionStatus.IDLE
            if fit:
                self._idle.append(link)
        if not fit:
            link.close()


class Talk:
    """One transaction over one connection, begun with its first statement. Statements have `?` marks."""

    def __init__(self, link: Link, begin: str) -> None:
        """`begin` is the statement that begins it."""
        self._link = link
        self._begin: Ask = (begin, ())
        self._begun = False

    def execute(self, query: str, values: Sequence[Any] = ()) -> Answers:
        """Runs a statement and gives its rows."""
        return self.execute_all([(query, values)])[0]

    def execute_all(self, asks: Sequence[Ask], *, last: bool = False) -> list[Answers]:
        """Runs statements in one round trip, each after the one before; with `last` it ends with a commit."""
        before = [] if self._begun else [self._begin]
        after: list[Ask] = [("COMMIT", ())] if last else []
        self._begun = not last
        every = (*before, *asks, *after)
        # One statement is one round trip by itself; a pipeline around it would double the driver's work.
        with in_our_words(), self._link.pipeline() if len(every) > 1 else nullcontext():
            rows = [self._sent(*ask) for ask in every]
        return rows[len(before) : len(before) + len(asks)]

    def commit(self, asks: Sequence[Ask] = ()) -> None:
        """Runs these and commits, all in one round trip; nothing at all where there is nothing."""
        if asks or self._begun:
            self.execute_all(asks, last=True)

    def roll_back(self) -> None:
        """Undoes what was done; harmless if nothing was."""
        self._begun = False
        if self._link.info.transaction_status is not TransactionStatus.IDLE:
            _end(self._link, "ROLLBACK")

    def end_reading(self) -> None:
        """Ends one that only read. Behind a ROLLBACK the driver forgets all that it has prepared, so it is a COMMIT."""
        if self._link.info.transaction_status is TransactionStatus.INTRANS:
            self._begun = False
            _end(self._link, "COMMIT")
        else:
            self.roll_back()

    def _sent(self, query: str, values: Sequence[Any]) -> Answers:
        return self._link.cursor(binary=True).execute(_marked(query), values, prepare=bool(values))


@lru_cache(maxsize=512)
def _marked(query: str) -> bytes:
    return query.replace("%", "%%").replace("?", "%s").encode()


def _is_silent(link: Link) -> bool:
    """Whether an idle connection is whole: one that has something to say was closed by the other side."""
    if link.closed:
        return False
    poll = select.poll()
    poll.register(link.fileno(), select.POLLIN)
    return not poll.poll(0)


def _end(link: Link, statement: LiteralString) -> None:
    """Ends a transaction in which nothing is left to lose; a connection that cannot even do that is closed."""
    try:
        link.execute(statement)
    except psycopg.Error:
        link.close()
