"""The small fixed world of the vectors: its keys, its trust packs, and the parties that sign in it.

Everything is derived from labels, so that the same bytes come out on every machine: private keys are SHA-256 of a
label, signatures are deterministic (RFC 6979), the clock stands still at `NOW`. None of these keys guards anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from feiqian.keys.software import SoftwareKey
from feiqian.protocol import cose, trust_pack
from feiqian.protocol.allowance import AllowanceTerms, HolderCheck, Tier, allowance_prefix, allowance_ref
from feiqian.protocol.allowance import issue_allowance as sign_allowance
from feiqian.protocol.certificate import Capability, CertificateTerms, certificate_prefix, issue_certificate
from feiqian.protocol.certificate import terminal_ref as ref_of_certificate
from feiqian.protocol.chain import Link, link_of
from feiqian.protocol.cheque import LAYOUT as CHEQUE_LAYOUT
from feiqian.protocol.cheque import ChequeTerms, cheque_prefix, draw_cheque
from feiqian.protocol.cose import Kind
from feiqian.protocol.ids import AllowanceRef, KeyId, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.keys import CURVE_ORDER, PublicKey, key_id_of, low_s
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.policy import Policy
from feiqian.protocol.receipt import NoteKind, NoteTerms, ReceiptTerms, note_prefix, receipt_prefix
from feiqian.protocol.receipt import sign_note as sign_note_terms
from feiqian.protocol.receipt import sign_receipt as sign_receipt_terms
from feiqian.protocol.request import RequestTerms, encode_request, request_hash
from feiqian.protocol.request import sign_request as sign_request_payload
from feiqian.protocol.status_list import LAYOUT as STATUS_LIST_LAYOUT
from feiqian.protocol.status_list import AllowanceStatus, status_list_prefix
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.trust_pack import KeyRole, ListEntry, TrustedKey
from tests.keys.soft_authenticator import UP, UV, SoftAuthenticator

DEPLOYMENT = "example"
NOW = 1_800_000_000
HOUR = 3600
DAY = 24 * HOUR
SKEW_S = 120


@cache
def key(label: str) -> SoftwareKey:
    """The private key of this label."""
    return SoftwareKey(hashlib.sha256(f"feiqian vectors, key of {label}".encode()).digest())


def octets(label: str, size: int) -> bytes:
    """Bytes that a real device would draw at random."""
    return hashlib.sha256(f"feiqian vectors, bytes of {label}".encode()).digest()[:size]


def public(label: str) -> bytes:
    """The public key of this label, 33 bytes."""
    return key(label).public_key


ROOTS = ("root 1", "root 2", "root 3")
ROOT_POINTS = tuple(public(label) for label in ROOTS)
ISSUER, ACQUIRER, ONLINE = "issuer", "acquirer", "online"
TRUST_ROOT = TrustRoot(deployment=DEPLOYMENT, roots=ROOT_POINTS, threshold=2)
EUR, CNY = Policy(currency="EUR"), Policy(currency="CNY")

SUSPENDED_INDEX, CLOSED_INDEX, RESERVED_INDEX = 7, 8, 9


def trusted(label: str, role: KeyRole, **terms: int) -> TrustedKey:
    """A key of the key set, in service for a year before and after `NOW` unless `terms` say otherwise."""
    return TrustedKey(
        key=public(label), role=role, **{"not_before": NOW - 365 * DAY, "not_after": NOW + 365 * DAY} | terms
    )


KEYS = (trusted(ISSUER, KeyRole.ISSUER), trusted(ACQUIRER, KeyRole.ACQUIRER), trusted(ONLINE, KeyRole.ONLINE))


def stored(data: bytes) -> bytes:
    """Raw DEFLATE of one stored block: what a compressor makes depends on its version, this does not."""
    size = len(data)
    return b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


def status_list(
    *,
    issuer: str = ISSUER,
    version: int = 3,
    size: int = 64,
    entries: Mapping[int, AllowanceStatus] | None = None,
    packed: bytes | None = None,
) -> bytes:
    """A signed status list; `packed` overrides its compressed bits."""
    if entries is None:
        entries = {
            SUSPENDED_INDEX: AllowanceStatus.SUSPENDED,
            CLOSED_INDEX: AllowanceStatus.CLOSED,
            RESERVED_INDEX: AllowanceStatus.RESERVED,
        }
    bits = bytearray((size + 3) // 4)
    for index, status in entries.items():
        bits[index >> 2] |= status << ((index & 3) << 1)
    signer = PublicKey(public(issuer))
    values = {"issuer_key_id": signer.key_id, "version": version, "time": NOW - HOUR, "size": size}
    payload = STATUS_LIST_LAYOUT.encode(values | {"bits": stored(bytes(bits)) if packed is None else packed})
    return cose.sign(key(issuer), status_list_prefix(signer, DEPLOYMENT), payload)


def key_set(
    *,
    version: int = 1,
    expires_at: int = NOW + 90 * DAY,
    keys: Sequence[TrustedKey] = KEYS,
    policies: Sequence[Policy] = (EUR, CNY),
    least_wire: int = 1,
    roots: Sequence[bytes] = ROOT_POINTS,
    threshold: int = 2,
    passkey_origin: str | None = None,
) -> bytes:
    """The payload of a key set."""
    return trust_pack.encode_key_set(
        version=version,
        issued_at=NOW - DAY,
        expires_at=expires_at,
        keys=keys,
        policies=policies,
        least_wire=least_wire,
        least_app="0.1.0",
        roots=roots,
        threshold=threshold,
        passkey_origin=passkey_origin,
    )


def entry_of(raw: bytes, *, issuer: str = ISSUER, version: int = 3) -> ListEntry:
    """How an index names a status list."""
    return ListEntry(issuer_key_id=key_id_of(public(issuer)), version=version, list_hash=hashlib.sha256(raw).digest())


def index(
    payload: bytes,
    *,
    version: int = 1,
    issued_at: int = NOW - HOUR,
    key_set_version: int = 1,
    named: Sequence[ListEntry],
    online: str = ONLINE,
) -> bytes:
    """The signed index over this key set and these lists."""
    return trust_pack.sign_index(
        key(online),
        DEPLOYMENT,
        version=version,
        issued_at=issued_at,
        key_set_version=key_set_version,
        key_set_hash=hashlib.sha256(payload).digest(),
        lists=named,
    )


def root_signature(payload: bytes, label: str, deployment: str = DEPLOYMENT) -> tuple[KeyId, bytes]:
    """One root key's signature over a key set."""
    return trust_pack.sign_key_set(key(label), deployment, payload)


def pack(
    *,
    signers: Sequence[str] = ROOTS[:2],
    lists: Sequence[bytes] | None = None,
    version: int = 1,
    index_version: int = 1,
    issued_at: int = NOW - HOUR,
    payload: bytes | None = None,
    keys: Sequence[TrustedKey] = KEYS,
    expires_at: int = NOW + 90 * DAY,
) -> bytes:
    """A whole trust pack; the default one is what every verifier of the vectors holds."""
    lists = (status_list(),) if lists is None else lists
    payload = key_set(version=version, keys=keys, expires_at=expires_at) if payload is None else payload
    named = [entry_of(raw) for raw in lists]
    signed = index(payload, version=index_version, issued_at=issued_at, key_set_version=version, named=named)
    return trust_pack.encode_trust_pack(payload, [root_signature(payload, label) for label in signers], signed, lists)


PACK = pack()
PASSKEY_ORIGIN, PASSKEY_RP_ID = "https://pay.example:8443", "pay.example"
PASSKEY_PACK = pack(payload=key_set(passkey_origin=PASSKEY_ORIGIN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A cheque as its wallet knows it."""

    raw: bytes
    terms: ChequeTerms
    cheque_id: StatementId
    link: Link


class Wallet:
    """One allowance and the device key that draws on it."""

    def __init__(self, label: str = "wallet", *, deployment: str = DEPLOYMENT, **terms: object) -> None:
        self.key = key(f"device of {label}")
        given = {
            "issuer_key_id": key_id_of(public(ISSUER)),
            "device_key": self.key.public_key,
            "pseudonym": octets(f"pseudonym of {label}", 8),
            "currency": "EUR",
            "amount_minor": 100_000,
            "per_payment_minor": 20_000,
            "count_limit": 20,
            "not_before": NOW - HOUR,
            "expires_at": NOW + 71 * HOUR,
            "status_index": 5,
            "tier": Tier.SOFTWARE,
            "holder_check_above_minor": 5_000,
        } | terms
        self.deployment = deployment
        self.terms = AllowanceTerms(**given)  # type: ignore[arg-type]  # named and typed by the layout, which checks
        self.raw = sign_allowance(key(ISSUER), deployment, self.terms)
        envelope = cose.open_envelope(self.raw, max_bytes=len(self.raw))
        prefix = allowance_prefix(PublicKey(public(ISSUER)), deployment)
        self.allowance_id = cose.digest(prefix, envelope.payload)
        self.ref: AllowanceRef = allowance_ref(self.allowance_id)

    @property
    def base(self) -> bytes:
        """What the first cheque names as its previous one."""
        return self.allowance_id[:PREVIOUS_BYTES]

    def draw(self, *, after: Drawn | None = None, key_of: str | None = None, **terms: object) -> Drawn:
        """A cheque: the next one after `after`, else the first; `terms` override what that gives."""
        amount = terms.get("exact_minor") or terms.get("maximum_minor") or 0
        assert isinstance(amount, int)
        given = {
            "allowance_ref": self.ref,
            "counter": after.terms.counter + 1 if after else 1,
            "previous": after.cheque_id[:PREVIOUS_BYTES] if after else self.base,
            "cumulative_minor": (after.terms.cumulative_minor if after else 0) + amount,
            "time": NOW,
            "holder_check": HolderCheck.PIN,
        } | terms
        drawn = ChequeTerms(**given)  # type: ignore[arg-type]  # named and typed by the layout, which checks
        return self.drawn(self._signed(drawn, self.key if key_of is None else key(key_of)), drawn)

    def _signed(self, terms: ChequeTerms, signer: SoftwareKey) -> bytes:
        return draw_cheque(signer, self.allowance_id, self.deployment, terms)

    def drawn(self, raw: bytes, terms: ChequeTerms) -> Drawn:
        """The cheque of these bytes with its id."""
        envelope = cose.open_envelope(raw, max_bytes=len(raw), asserted=True)
        cheque_id = cose.digest(cheque_prefix(self.allowance_id, self.deployment, self.terms.tier), envelope.payload)
        return Drawn(raw=raw, terms=terms, cheque_id=cheque_id, link=link_of(cheque_id, terms))


class PasskeyWallet(Wallet):
    """One allowance whose key lives in a passkey of `PASSKEY_ORIGIN`."""

    def __init__(self, label: str = "passkey wallet") -> None:
        super().__init__(label, tier=Tier.PASSKEY)
        self.flags = UP | UV
        self.origin, self.rp_id = PASSKEY_ORIGIN, PASSKEY_RP_ID
        self.kind = "webauthn.get"
        self.added: Mapping[str, str | bool] = {}

    def draw(self, *, after: Drawn | None = None, key_of: str | None = None, **terms: object) -> Drawn:
        """As of any wallet; its holder was verified unless `terms` say otherwise."""
        return super().draw(after=after, key_of=key_of, **{"holder_check": HolderCheck.BIOMETRIC} | terms)

    def signed(self, payload: bytes, challenge: bytes, signer: SoftwareKey | None = None) -> bytes:
        """The cheque of this payload with an assertion over this challenge."""
        secret = int.from_bytes((signer or self.key).scalar, "big")
        private = ec.derive_private_key(secret, ec.SECP256R1())
        passkey = SoftAuthenticator(self.origin, self.rp_id, private, flags=self.flags, sign_count=6, added=self.added)
        return cose.with_assertion(payload, passkey.get(challenge, kind=self.kind).assertion)

    def _signed(self, terms: ChequeTerms, signer: SoftwareKey) -> bytes:
        payload = CHEQUE_LAYOUT.encode_terms(terms)
        prefix = cheque_prefix(self.allowance_id, self.deployment, Tier.PASSKEY)
        return self.signed(payload, cose.digest(prefix, payload), signer)


PAYEE = PayeeId(octets("payee of terminal", 8))


class Terminal:
    """A terminal with its certificate."""

    def __init__(self, label: str = "terminal", **terms: object) -> None:
        self.key = key(f"terminal {label}")
        given = {
            "acquirer_key_id": key_id_of(public(ACQUIRER)),
            "terminal_key": self.key.public_key,
            "payee_id": PayeeId(octets(f"payee of {label}", 8)),
            "payee_name": "Teahouse",
            "capabilities": int(Capability.REQUEST | Capability.ONE_WAY | Capability.NOTES),
            "note_cap_minor": 20_000,
            "currency": "EUR",
            "not_before": NOW - 30 * DAY,
            "expires_at": NOW + 30 * DAY,
        } | terms
        self.terms = CertificateTerms(**given)  # type: ignore[arg-type]  # named and typed by the layout, which checks
        self.raw = issue_certificate(key(ACQUIRER), DEPLOYMENT, self.terms)
        envelope = cose.open_envelope(self.raw, max_bytes=len(self.raw))
        prefix = certificate_prefix(PublicKey(public(ACQUIRER)), DEPLOYMENT)
        self.certificate_id = cose.digest(prefix, envelope.payload)
        self.ref: TerminalRef = ref_of_certificate(self.certificate_id)

    def ask(self, label: str = "first request", **terms: object) -> Asked:
        """A request of this terminal's payee; 12.50 EUR unless `terms` say otherwise."""
        given = {
            "payee_id": self.terms.payee_id,
            "challenge": octets(f"challenge of {label}", 16),
            "currency": "EUR",
            "time": NOW - 10,
            "ttl_s": 120,
        } | terms
        if "maximum_minor" not in terms:
            given.setdefault("exact_minor", 1_250)
        return Asked(RequestTerms(**given))  # type: ignore[arg-type]  # named and typed by the layout, which checks

    def sign(self, asked: Asked) -> bytes:
        """The signed form of a request."""
        return sign_request_payload(self.key, self.certificate_id, DEPLOYMENT, asked.payload)

    def receipt(self, cheque: Drawn, final_minor: int, **terms: object) -> bytes:
        """A signed receipt for a cheque."""
        given = {"cheque_id": cheque.cheque_id, "final_minor": final_minor, "index_version": 1}
        filled = ReceiptTerms(**self._numbered() | given | terms)  # type: ignore[arg-type]  # checked by the layout
        return sign_receipt_terms(self.key, self.certificate_id, DEPLOYMENT, filled)

    def void(self, cheque: Drawn, back_minor: int, **terms: object) -> bytes:
        """A signed void note for a cheque."""
        return self._note({"note_kind": NoteKind.VOID, "subject": cheque.cheque_id, "back_minor": back_minor} | terms)

    def cancel(self, asked: Asked, **terms: object) -> bytes:
        """A signed cancel note for a request."""
        return self._note({"note_kind": NoteKind.CANCEL, "subject": asked.request_hash, "back_minor": 0} | terms)

    def receipt_id(self, raw: bytes) -> StatementId:
        """The id of one of this terminal's receipts."""
        envelope = cose.open_envelope(raw, max_bytes=len(raw))
        return cose.digest(receipt_prefix(self.certificate_id, DEPLOYMENT), envelope.payload)

    def note_id(self, raw: bytes) -> StatementId:
        """The id of one of this terminal's notes."""
        envelope = cose.open_envelope(raw, max_bytes=len(raw))
        return cose.digest(note_prefix(self.certificate_id, DEPLOYMENT), envelope.payload)

    def _note(self, terms: Mapping[str, object]) -> bytes:
        filled = NoteTerms(**{**self._numbered(), **terms})  # type: ignore[arg-type]  # checked by the layout
        return sign_note_terms(self.key, self.certificate_id, DEPLOYMENT, filled)

    def _numbered(self) -> dict[str, object]:
        return {
            "terminal_ref": self.ref,
            "time": NOW,
            "counter": 1,
            "previous": self.certificate_id[:PREVIOUS_BYTES],
        }


class Asked:
    """A request's payload and hash."""

    def __init__(self, terms: RequestTerms, deployment: str = DEPLOYMENT) -> None:
        self.terms = terms
        self.payload = encode_request(terms)
        self.request_hash: RequestHash = request_hash(self.payload, deployment)


class SecondNonce:
    """A `Signer` that signs with another nonce: the same statement, another good signature."""

    def __init__(self, label: str) -> None:
        self._label = label

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return public(self._label)

    def sign(self, message: bytes) -> bytes:
        """ECDSA by hand (SEC 1 section 4.1.3), s in the lower half."""
        nonce = int.from_bytes(octets("second nonce", 32), "big")
        point = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers()
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        r = point.x % CURVE_ORDER
        secret = int.from_bytes(key(self._label).scalar, "big")
        s = pow(nonce, -1, CURVE_ORDER) * (digest + r * secret) % CURVE_ORDER
        return low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def signed_again(raw: bytes, label: str, kind: Kind, binding: bytes) -> bytes:
    """The same statement under another good signature of the same key: the id stays the same."""
    payload = cose.open_envelope(raw, max_bytes=len(raw)).payload
    return cose.sign(SecondNonce(label), cose.signing_prefix(kind, DEPLOYMENT, binding), payload)


def sign_content(signer: str | SoftwareKey, kind: Kind, binding: bytes, payload: bytes) -> bytes:
    """A signed statement of any payload, also one that no layout would encode."""
    by = key(signer) if isinstance(signer, str) else signer
    return cose.sign(by, cose.signing_prefix(kind, DEPLOYMENT, binding), payload)
