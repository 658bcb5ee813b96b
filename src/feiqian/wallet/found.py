"""What an open wallet has found out, by the very bytes it found it in: each signature is checked once.

Whether a signature holds hangs on the bytes and on the keys we believe, on nothing else; so what was found goes when
the key set changes, and what status lists say goes with every trust pack. Time and limits are no part of it: they are
asked anew at every look. It belongs to one open wallet and is gone with it: of a locked one nothing stays in memory.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeVar

from feiqian.protocol import cose
from feiqian.protocol.certificate import Certificate
from feiqian.protocol.credit import Credit
from feiqian.protocol.keys import KeyReader, load_public_key
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.policy import deadline
from feiqian.protocol.presentation import Asking, decode_asking
from feiqian.protocol.refusals import Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import VerifiedAllowance, VerifiedCertificate
from feiqian.protocol.verify_allowance import identify_allowance
from feiqian.protocol.verify_credit import verify_certificate, verify_credits
from feiqian.wallet.cover import Bundle, HeldCredit, bundles_of
from feiqian.wallet.records import HeldTrust

KEPT_MAX: Final = 256
"""Of each kind; the one that came first goes first."""
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Grant:
    """An allowance under one trust pack: `deadline_at` is D, `is_good` says that no key and no list speaks against it.

    `skew_s` is how far clocks may differ.
    """

    allowance: VerifiedAllowance
    deadline_at: int
    skew_s: int
    is_good: bool


class Found:
    """What was found under one trust pack. Empty when the wallet is opened, and again when it is locked."""

    def __init__(self, read_key: KeyReader = load_public_key) -> None:
        self._read_key = read_key
        self._believed: tuple[HeldTrust, Trust] | None = None
        self._grants: dict[bytes, Grant | None] = {}
        self._certificates: dict[bytes, VerifiedCertificate] = {}
        self._credits: dict[Credit, HeldCredit | None] = {}
        self._bundles: dict[tuple[HeldCredit, ...], tuple[Bundle, ...]] = {}
        self._asking: tuple[bytes, Asking] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        kept = self._grants or self._certificates or self._credits or self._bundles or self._asking
        return self._believed is None and not kept

    def forget(self) -> None:
        """Nothing was found."""
        self._believed = self._asking = None
        for kept in (self._grants, self._certificates, self._credits, self._bundles):
            kept.clear()

    def trust(self, held: HeldTrust) -> Trust:
        """What a stored pack says. Raises Refused."""
        if self._believed is not None and self._believed[0] == held:
            return self._believed[1]
        trust = self.first_trust(held)
        self.believe(held, trust)
        return trust

    def first_trust(self, held: HeldTrust) -> Trust:
        """What the first pack of a wallet says. Raises Refused."""
        return first_trust(held.root, held.pack, self._read_key)

    def believe(self, held: HeldTrust, trust: Trust) -> None:
        """This pack, which was verified when it came, says this.

        What hangs on its lists is forgotten, and what hangs on the keys, or on whose terminals were revoked, when these
        are others than before.
        """
        before = None if self._believed is None else self._believed[1]
        if before is None or _ground_of(before) != _ground_of(trust):
            self.forget()
        self._grants.clear()
        self._believed = held, trust

    def allowance(self, raw: bytes, trust: Trust) -> Grant | None:
        """An allowance that was verified when it came; None when its issuer or its currency has left the key set."""
        return _kept(self._grants, raw, lambda: _grant(raw, trust)) if self._is_about(trust) else _grant(raw, trust)

    def met(self, raw: bytes, trust: Trust, *, now: int, skew_s: int) -> VerifiedCertificate | None:
        """The payee's certificate of these bytes, if it was verified before and is valid at `now`."""
        known = self._certificates.get(raw) if self._is_about(trust) else None
        in_time = known is not None and known.terms.not_before - skew_s <= now <= known.terms.expires_at + skew_s
        return known if known is not None and in_time and not trust.is_revoked(known.ref, now) else None

    def meet(self, certificate: VerifiedCertificate, trust: Trust) -> None:
        """A payee's certificate that was verified."""
        if self._is_about(trust):
            _kept(self._certificates, certificate.raw, lambda: certificate)

    def certificate(self, certificate: Certificate, trust: Trust, *, now: int, skew_s: int) -> VerifiedCertificate:
        """A payee's certificate, as `verify_certificate`. Raises Refused."""
        known = self.met(certificate.envelope.raw, trust, now=now, skew_s=skew_s)
        if known is None:
            known = verify_certificate(certificate, trust, now=now, skew_s=skew_s)
            self.meet(known, trust)
        return known

    def credit(self, credit: Credit, allowance: VerifiedAllowance, trust: Trust) -> HeldCredit | None:
        """What was given back, if it counts for a verifier who believes what we believe: three signatures."""

        def find() -> HeldCredit | None:
            try:
                (verified,) = verify_credits((credit,), allowance, trust)
            except Refused:
                return None
            return HeldCredit(verified.amount_minor, credit)

        return _kept(self._credits, credit, find) if self._is_about(trust) else find()

    def asking(self, body: bytes) -> Asking:
        """What a payee shows. The last one is kept: whoever consents pays what was looked at a moment before."""
        if self._asking is None or self._asking[0] != body:
            self._asking = body, decode_asking(body)
        return self._asking[1]

    def bundles(self, credits: tuple[HeldCredit, ...]) -> tuple[Bundle, ...]:
        """Every bundle of these credits that may travel."""
        return _kept(self._bundles, credits, lambda: bundles_of(credits))

    def _is_about(self, trust: Trust) -> bool:
        return self._believed is not None and self._believed[1] is trust


def _ground_of(trust: Trust) -> tuple[str, bytes, bytes | None]:
    return trust.deployment, trust.key_set.payload, trust.index.terminals_hash


def _grant(raw: bytes, trust: Trust) -> Grant | None:
    try:
        allowance = identify_allowance(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES), trust)
        policy = trust.policy(allowance.terms.currency)
    except Refused:
        return None  # no payee would take it
    return Grant(allowance, deadline(policy, allowance.terms.expires_at), policy.skew_s, _is_good(allowance, trust))


def _is_good(allowance: VerifiedAllowance, trust: Trust) -> bool:
    terms = allowance.terms
    try:
        trust.check_key_age(KeyRole.ISSUER, allowance.issuer_key, terms.not_before)
    except Refused:
        return False
    return trust.status(terms.issuer_key_id, terms.status_index) is AllowanceStatus.GOOD


def _kept(kept: dict[K, T], key: K, find: Callable[[], T]) -> T:
    """What is kept under `key`, found now if it was not."""
    if key not in kept:
        kept[key] = find()
        if len(kept) > KEPT_MAX:
            del kept[next(iter(kept))]
    return kept[key]
