"""What the HTTP interface needs behind it: the two services, the publisher, the answers already given, and a clock."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from feiqian.acquirer.service import Acquirer
from feiqian.issuer.publishing import Publisher
from feiqian.issuer.service import Issuer
from feiqian.ledger.verify import BooksReport
from feiqian.protocol.trust import TrustRoot
from feiqian.server.clock import ServerClock
from feiqian.storage.idempotency import IdempotencyStore

TRIAL_DEPLOYMENTS: Final = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator, put together by a composition root."""

    issuer: Issuer
    acquirer: Acquirer[Any]
    publisher: Publisher
    trust_root: TrustRoot
    currency: str
    admin_token_hash: bytes
    answers: IdempotencyStore
    clock: ServerClock
    check_books: Callable[[], BooksReport]

    @property
    def on_trial(self) -> bool:
        """Whether this deployment moves no real money, so that its time may be set: `test` or `test-...`."""
        name = self.trust_root.deployment
        return name == TRIAL_DEPLOYMENTS or name.startswith(f"{TRIAL_DEPLOYMENTS}-")

    def is_admin(self, token: str) -> bool:
        """Whether this is the administrator's token, compared in constant time by hash."""
        return hmac.compare_digest(token_hash(token), self.admin_token_hash)


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: what is stored and compared instead of it. Tokens have 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).digest()
