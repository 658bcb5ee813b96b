"""Verified values: what only the verifiers of this package can build.

`decode_*` gives what the bytes say; `verify_*` gives one of these. Holding one is the proof that every check was
passed, so code behind the verifier takes these types and asks nothing again. The seal makes a careless constructor
call stand out; that no other package makes one is a tidy test (the two types made at every payment are tuples and
check nothing at run time).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from feiqian.protocol.allowance import AllowanceTerms
from feiqian.protocol.certificate import CertificateTerms
from feiqian.protocol.chain import Link
from feiqian.protocol.cheque import Cheque, ChequeForm, ChequeTerms
from feiqian.protocol.ids import AllowanceRef, RequestHash, StatementId, TerminalRef
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.passkey import PasskeyKey
from feiqian.protocol.request import RequestTerms

_CLOSING: Final = ChequeForm.CLOSING  # an enum's member is a look-up of its own, and a link is made of every claim


class _Seal:
    """Held by the verifiers alone: a verified value cannot be built by accident anywhere else."""


SEAL = _Seal()


def check_seal(seal: _Seal) -> None:
    """Stops a programmer who builds a verified value by hand."""
    if seal is not SEAL:
        raise TypeError("verified values are built by the verifiers of feiqian.protocol only")


class VerifiedAllowance(NamedTuple):
    """An allowance whose issuer's signature was checked. Whether it is still good is asked at every payment."""

    seal: _Seal
    terms: AllowanceTerms
    allowance_id: StatementId
    ref: AllowanceRef
    raw: bytes
    issuer_key: PublicKey
    device_key: PublicKey | PasskeyKey
    cheque_prefix: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCertificate:
    """A terminal certificate whose acquirer's signature and validity were checked."""

    seal: _Seal
    terms: CertificateTerms
    certificate_id: StatementId
    ref: TerminalRef
    raw: bytes
    terminal_key: PublicKey

    def __post_init__(self) -> None:
        check_seal(self.seal)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCredit:
    """A credit that counts for one allowance: `cheque_id` is what it gives back, or the cheque received.

    `link` is the own cheque of a credit given back: signed by the device, it testifies in the chain rule.
    """

    seal: _Seal
    cheque_id: StatementId
    amount_minor: int
    link: Link | None
    terminal_ref: TerminalRef | None

    def __post_init__(self) -> None:
        check_seal(self.seal)


class VerifiedCheque(NamedTuple):
    """A good cheque on an allowance. `guaranteed_minor` is what the issuer owes the payee whatever happens.

    `final_minor` is what the payee takes, `warn` says that the verifier's knowledge is old.
    """

    seal: _Seal
    cheque: Cheque
    cheque_id: StatementId
    allowance: VerifiedAllowance
    credits: tuple[VerifiedCredit, ...]
    final_minor: int
    guaranteed_minor: int
    warn: bool

    @property
    def terms(self) -> ChequeTerms:
        """What the cheque says."""
        return self.cheque.terms

    @property
    def raw(self) -> bytes:
        """The cheque as received."""
        return self.cheque.envelope.raw

    @property
    def link(self) -> Link:
        """The cheque as the chain rule sees it."""
        cheque, terms = self.cheque, self.cheque.terms
        closing = cheque.form is _CLOSING
        return Link(self.cheque_id, terms.counter, cheque.amount_minor, terms.cumulative_minor, terms.previous, closing)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRequest:
    """A request that a wallet may answer. `certificate` is None when it came unsigned: the name is then not proved."""

    seal: _Seal
    terms: RequestTerms
    payload: bytes
    request_hash: RequestHash
    certificate: VerifiedCertificate | None

    def __post_init__(self) -> None:
        check_seal(self.seal)


class AllowanceCache:
    """Allowances verified before, by their exact bytes: the second payment costs one verification, not two.

    Beside each is the knowledge under which it was last found in good standing (issuer key in service, not
    suspended): knowledge never changes, so the same one need not be asked twice. Bounded; the one that came first
    goes first.
    """

    def __init__(self, max_entries: int = 4096) -> None:
        self._known: dict[bytes, tuple[VerifiedAllowance, object]] = {}
        self._max_entries = max_entries

    def get(self, raw: bytes) -> tuple[VerifiedAllowance, object] | None:
        """The verified allowance of these bytes and the knowledge under which it stands, if it is held."""
        return self._known.get(raw)

    def put(self, allowance: VerifiedAllowance, knowledge: object) -> None:
        """Holds an allowance that was verified and found in good standing under `knowledge`."""
        self._known[allowance.raw] = (allowance, knowledge)
        if len(self._known) > self._max_entries:
            del self._known[next(iter(self._known))]
