"""What stands ready at the counter once the till is open: who we are, what we believe, and which time it is.

Time: a device's clock may be wrong by years. Backwards it is healed by the highest time that an operator has signed
(trust index, answers, settled notices): it is at least that late. For one-way codes, which age within a minute,
payers' signed times count too, but only of cheques that answered a request in time, only as far as two allowances
have reached, and never by more than the policy's skew: one payer can hold two allowances and sign any time, and must
not put the codes of all others out of service. A clock set forwards no signature can mend; allowances then look
expired, and `ready` names the difference that the last sync has measured.
"""

from dataclasses import dataclass, field

from feiqian.protocol.certificate import Capability, CertificateTerms, decode_certificate, terminal_ref
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.keys import KeyReader, Signer, load_public_key
from feiqian.protocol.limits import TIME_MAX_S
from feiqian.protocol.policy import Policy
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.verified import AllowanceCache
from feiqian.terminal.ports import Clock, KeyMaker, Randomness, TerminalStore
from feiqian.terminal.records import Enrolment, HeldTrust
from feiqian.terminal.troubles import TerminalTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The real parts that a composition root chose."""

    store: TerminalStore
    keys: KeyMaker
    clock: Clock
    randomness: Randomness
    app_version: str
    read_key: KeyReader = load_public_key


@dataclass(slots=True, kw_only=True)
class Desk:
    """One enrolled terminal, opened. Only `trust` ever changes, when a newer pack has been stored.

    While the operator is waited for, another process may use the till: `refresh` takes over what it has changed.
    """

    outside: Outside
    enrolment: Enrolment
    signer: Signer = field(repr=False)
    certificate: CertificateTerms
    ref: TerminalRef
    trust: Trust
    cache: AllowanceCache

    @property
    def store(self) -> TerminalStore:
        """The durable store."""
        return self.outside.store

    @property
    def currency(self) -> str:
        """The one currency of this terminal."""
        return self.certificate.currency

    @property
    def policy(self) -> Policy:
        """The policy for it. Raises Refused CURRENCY_MISMATCH if the operator serves it no more."""
        return self.trust.policy(self.currency)

    def refresh(self) -> None:
        """Believe what is stored now. Raises TerminalTrouble not_enrolled when the till was signed out meanwhile."""
        held = self.store.trust()
        if held is None or self.store.enrolment() != self.enrolment:
            raise TerminalTrouble("not_enrolled")
        if held.raw != self.trust.raw:
            self.trust = first_trust(held.root, held.raw, self.outside.read_key)

    def own_clock(self) -> int:
        """What this device's clock says, kept within what the wire can carry."""
        return min(max(self.outside.clock(), 0), TIME_MAX_S)

    def now(self) -> int:
        """The time by which the terminal acts: its clock, but never before what an operator has signed."""
        return max(self.own_clock(), self.attested())

    def attested(self) -> int:
        """The newest time that an operator has signed in what is held: it is at least that late."""
        return max(self.trust.index.issued_at, self.store.operator_time())

    def latest(self, now: int) -> int:
        """The latest time that can be attested, for one-way codes: at most the policy's skew ahead of `now`.

        Raises as `policy`.
        """
        witnessed = self.store.witnessed_times()
        return max(now, min(witnessed[1], now + self.policy.skew_s)) if len(witnessed) > 1 else now

    def signed_shown(self, statement: bytes) -> bytes:
        """A statement of this terminal as it is shown: behind the certificate that proves it."""
        return self.enrolment.certificate + statement

    def begin(self, capability: Capability) -> int:
        """The one instant by which an act that needs `capability` is decided and signed.

        Refuses what the operator does not let this terminal do, and all once the certificate is over.
        """
        if not self.certificate.capabilities & capability:
            raise TerminalTrouble("not_allowed", what=(capability.name or "").lower())
        now = self.now()
        if now > self.certificate.expires_at:
            raise TerminalTrouble("certificate_over")
        return now


def open_desk(outside: Outside, enrolment: Enrolment, held: HeldTrust) -> Desk:
    """The desk of an enrolled terminal. Only `Refused` can stop it, when what is stored is not what we stored.

    The certificate's id comes from enrolment, where its signature was checked: a terminal must open and sync even
    when the key that signed it has left the key set since.
    """
    return Desk(
        outside=outside,
        enrolment=enrolment,
        signer=outside.keys.load(enrolment.key),
        certificate=decode_certificate(enrolment.certificate).terms,
        ref=terminal_ref(enrolment.certificate_id),
        trust=first_trust(held.root, held.raw, outside.read_key),
        cache=AllowanceCache(),
    )


def spelled(amount_minor: int, currency: str) -> str:
    """An amount inside a sentence; all currencies served so far have two decimals."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d} {currency}"
