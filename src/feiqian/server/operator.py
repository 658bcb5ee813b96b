"""What the HTTP interface needs behind it: the two services, the publisher, the answers already given, and a clock."""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from feiqian.acquirer.dispute_service import Disputes
from feiqian.acquirer.service import Acquirer
from feiqian.issuer.key_service import KeysInForce
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.publishing import Publisher
from feiqian.issuer.service import Issuer
from feiqian.ledger.verify import BooksReport
from feiqian.protocol.trust import TrustRoot
from feiqian.server.audit_log import AuditLog
from feiqian.server.clock import ServerClock
from feiqian.server.looked_up import LookedUp
from feiqian.server.numbers import Numbers
from feiqian.server.tracing import NO_TRACES, Traces
from feiqian.staff.desk import StaffDesk
from feiqian.storage.console_tables import ConsoleTables
from feiqian.storage.idempotency import IdempotencyStore
from feiqian.storage.totals_tables import ExposureTotals

TRIAL_DEPLOYMENTS: Final = "test"
_METRICS_TOKEN: Final = b"feiqian metrics token"


class TotalsReading(Protocol):
    """What can be summed up over the books."""

    def exposure_totals(self) -> list[ExposureTotals]:
        """What is at stake, by currency."""

    def fork_count(self) -> int:
        """How many were convicted."""

    def size(self) -> int:
        """Leaves in the audit log."""

    def queued_count(self) -> int:
        """Leaves that wait for their place."""


class TotalsStore(Protocol):
    """A store whose books can be summed up."""

    def read(self) -> AbstractContextManager[TotalsReading]:
        """One consistent reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTotals:
    """What the books say in all, at one moment."""

    exposures: tuple[ExposureTotals, ...]
    forks: int
    leaves_logged: int
    leaves_queued: int

    @classmethod
    def of(cls, store: TotalsStore) -> Self:
        """All sums of one reading."""
        with store.read() as reading:
            return cls(
                exposures=tuple(reading.exposure_totals()),
                forks=reading.fork_count(),
                leaves_logged=reading.size(),
                leaves_queued=reading.queued_count(),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator, put together by a composition root."""

    issuer: Issuer
    acquirer: Acquirer[Any]
    disputes: Disputes
    publisher: Publisher
    currency: str
    admin_token_hash: bytes
    answers: IdempotencyStore
    clock: ServerClock
    check_books: Callable[[], BooksReport]
    audit: AuditLog
    numbers: Numbers
    traces: Traces = NO_TRACES
    probe: Callable[[], None]
    """Reads and writes the books without changing them; raises what the store raises."""
    totals: Callable[[], BookTotals]
    staff: StaffDesk
    console: Callable[[], AbstractContextManager[ConsoleTables]]
    """One consistent reading of what the operator's people look at."""
    till_recovery_key: bytes = b""
    """What tills seal their keys for; empty where there is none."""
    looked_up: LookedUp = field(default_factory=LookedUp)
    keeps_house: Callable[[], bool] = lambda: True
    """Whether it is this process that keeps house; asked every time, since another one may have died of it."""

    @property
    def key_set(self) -> bytes:
        """The payload that the root keys signed."""
        return self.publisher.key_set

    @property
    def trust_root(self) -> TrustRoot:
        """What a device that enrols now pins."""
        return self.publisher.trust_root

    def take_keys(self, keys: KeysInForce) -> None:
        """From now on serves with these keys. The publisher comes last: devices hear of a key that serves already."""
        knowledge = OperatorKnowledge.of_key_set(self.issuer.deployment, keys.key_set)
        self.issuer.take_keys(keys.issuer, knowledge)
        self.acquirer.take_keys(keys.acquirer, knowledge)
        self.publisher.take_keys(keys)

    @property
    def on_trial(self) -> bool:
        """Whether this deployment moves no real money, so that its time may be set: `test` or `test-...`."""
        name = self.issuer.deployment
        return name == TRIAL_DEPLOYMENTS or name.startswith(f"{TRIAL_DEPLOYMENTS}-")

    def is_admin(self, token: str) -> bool:
        """Whether this is the administrator's token, compared in constant time by hash."""
        return hmac.compare_digest(token_hash(token), self.admin_token_hash)

    def may_read_metrics(self, token: str) -> bool:
        """Whether this opens /metrics: its own token or the administrator's, compared likewise."""
        own = token_hash(metrics_token(self.admin_token_hash))
        return hmac.compare_digest(token_hash(token), own) | self.is_admin(token)


def metrics_token(admin_token_hash: bytes) -> str:
    """What opens /metrics and nothing else, made of the administrator's token, which cannot be found from it."""
    return hmac.new(admin_token_hash, _METRICS_TOKEN, "sha256").hexdigest()


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: what is stored and compared instead of it. Tokens have 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).digest()
