"""What the issuer needs of its store for one-time codes; part of `issuer.ports`."""

from collections.abc import Callable, Iterable
from typing import Protocol

from feiqian.issuer.authenticator_facts import Authenticator, AuthenticatorId, UsedCode, WrongCode
from feiqian.issuer.values import PayerId
from feiqian.protocol.ids import StatementId
from feiqian.risk.one_time_code import CodeUse

CodeMaker = Callable[[bytes, int], str]
"""The digits of an authenticator's secret at a moving factor."""


class CodeReading(Protocol):
    """What can be asked."""

    def authenticators_of(self, payer_ids: Iterable[PayerId]) -> list[Authenticator]:
        """All that these payers have or had, in the order in which they were added."""

    def code_uses(self, authenticator_id: AuthenticatorId, since: int) -> list[CodeUse]:
        """What its codes have used since then; of before only the highest factor, as if told at the desk."""

    def codes_judged(self, cheque_ids: Iterable[StatementId]) -> set[StatementId]:
        """Those of these cheques whose code was judged before."""

    def wrong_codes(self, payer_id: PayerId | None = None) -> list[WrongCode]:
        """Cheques whose code was not right, oldest first; of one payer or of all."""


class CodeUnit(CodeReading, Protocol):
    """One write."""

    def put_authenticator(self, authenticator: Authenticator) -> None:
        """A new one, or that it was confirmed or removed."""

    def add_code_use(self, used: UsedCode) -> None:
        """A factor is used up. Raises Stale if it was before, or if this cheque's code was judged before."""

    def add_wrong_code(self, wrong: WrongCode) -> None:
        """A cheque's code was not right. Raises Stale if that was found before."""
