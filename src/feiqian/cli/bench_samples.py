"""A small deployment of made-up parties, for measuring: real keys, real messages, nothing recorded."""

import hashlib
import os
from dataclasses import dataclass

from feiqian.keys.software import SoftwareKey
from feiqian.protocol import trust_pack
from feiqian.protocol.allowance import (
    AllowanceTerms,
    allowance_id,
    allowance_ref,
    decode_allowance,
    issue_allowance,
)
from feiqian.protocol.certificate import Capability, CertificateTerms, decode_certificate, issue_certificate
from feiqian.protocol.cheque import ChequeTerms, draw_cheque
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId
from feiqian.protocol.keys import PublicKey, key_id_of
from feiqian.protocol.limits import CHALLENGE_BYTES, PREVIOUS_BYTES, REF_BYTES
from feiqian.protocol.policy import Policy
from feiqian.protocol.request import RequestTerms, encode_request, request_hash, sign_request
from feiqian.protocol.status_list import AllowanceStatus, sign_status_list
from feiqian.protocol.trust import Trust, TrustRoot, first_trust
from feiqian.protocol.trust_pack import KeyRole, ListEntry, TrustedKey
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify import Answering
from feiqian.protocol.verify_credit import verify_certificate

DEPLOYMENT = "bench"
CURRENCY = "CNY"
NOW = 1_790_000_000
LIST_SIZE = 1_000_000
AMOUNT_MINOR = 150_00


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAllowance:
    """An allowance with the key that may draw on it."""

    raw: bytes
    full_id: StatementId
    device: SoftwareKey

    @property
    def ref(self) -> AllowanceRef:
        """Its 8-byte ref."""
        return allowance_ref(self.full_id)


class SampleWorld:
    """One issuer, one acquirer, one terminal and as many devices as are asked for."""

    def __init__(self) -> None:
        self.roots = [SoftwareKey.generate() for _ in range(3)]
        self.issuer, self.acquirer = SoftwareKey.generate(), SoftwareKey.generate()
        self.online, self.terminal = SoftwareKey.generate(), SoftwareKey.generate()
        self.status_list = sign_status_list(
            self.issuer,
            DEPLOYMENT,
            version=1,
            time=NOW,
            size=LIST_SIZE,
            entries=dict.fromkeys(range(0, LIST_SIZE, 1000), AllowanceStatus.SUSPENDED),
        )
        self.pack, self.index = self._pack()
        roots = tuple(root.public_key for root in self.roots)
        self.trust: Trust = first_trust(TrustRoot(deployment=DEPLOYMENT, roots=roots, threshold=2), self.pack)
        self.certificate = self._certificate()

    def allowance(self) -> SampleAllowance:
        """A new allowance with a new device key."""
        device = SoftwareKey.generate()
        raw = issue_allowance(
            self.issuer,
            DEPLOYMENT,
            AllowanceTerms(
                issuer_key_id=key_id_of(self.issuer.public_key),
                device_key=device.public_key,
                pseudonym=os.urandom(REF_BYTES),
                currency=CURRENCY,
                amount_minor=1_000_00,
                per_payment_minor=200_00,
                count_limit=20,
                not_before=NOW,
                expires_at=NOW + 72 * 3600,
                status_index=LIST_SIZE - 1,
                tier=1,
                holder_check_above_minor=50_00,
            ),
        )
        full_id = allowance_id(decode_allowance(raw), PublicKey(self.issuer.public_key), DEPLOYMENT)
        return SampleAllowance(raw=raw, full_id=full_id, device=device)

    def request(self, *, reference: str = "A12-34") -> bytes:
        """The payload of a new request."""
        return encode_request(
            RequestTerms(
                challenge=os.urandom(CHALLENGE_BYTES),
                currency=CURRENCY,
                time=NOW,
                ttl_s=120,
                payee_id=self.certificate.terms.payee_id,
                exact_minor=AMOUNT_MINOR,
                reference=reference,
            )
        )

    def signed_request(self, payload: bytes) -> bytes:
        """The signed form."""
        return sign_request(self.terminal, self.certificate.certificate_id, DEPLOYMENT, payload)

    def cheque(self, allowance: SampleAllowance, request: bytes) -> bytes:
        """The first cheque on an allowance, answering a request."""
        terms = ChequeTerms(
            allowance_ref=allowance.ref,
            counter=1,
            previous=allowance.full_id[:PREVIOUS_BYTES],
            cumulative_minor=AMOUNT_MINOR,
            time=NOW,
            holder_check=1,
            exact_minor=AMOUNT_MINOR,
            request=request_hash(request, DEPLOYMENT),
        )
        return draw_cheque(allowance.device, allowance.full_id, DEPLOYMENT, terms)

    def answering(self, payload: bytes, terms: RequestTerms) -> Answering:
        """What a terminal asks with this request."""
        return Answering(terms=terms, request_hash=request_hash(payload, DEPLOYMENT))

    def _pack(self) -> tuple[bytes, bytes]:
        keys = [(self.issuer, KeyRole.ISSUER), (self.acquirer, KeyRole.ACQUIRER), (self.online, KeyRole.ONLINE)]
        key_set = trust_pack.encode_key_set(
            version=1,
            issued_at=NOW,
            expires_at=NOW + 90 * 86_400,
            keys=[
                TrustedKey(key=key.public_key, role=role, not_before=NOW, not_after=NOW + 365 * 86_400)
                for key, role in keys
            ],
            policies=[Policy(currency=CURRENCY)],
            least_wire=1,
            least_app="0.1.0",
            roots=[root.public_key for root in self.roots],
            threshold=2,
        )
        entry = ListEntry(
            issuer_key_id=key_id_of(self.issuer.public_key),
            version=1,
            list_hash=hashlib.sha256(self.status_list).digest(),
        )
        index = trust_pack.sign_index(
            self.online,
            DEPLOYMENT,
            version=1,
            issued_at=NOW,
            key_set_version=1,
            key_set_hash=hashlib.sha256(key_set).digest(),
            lists=[entry],
        )
        signatures = [trust_pack.sign_key_set(root, DEPLOYMENT, key_set) for root in self.roots[:2]]
        return trust_pack.encode_trust_pack(key_set, signatures, index, [self.status_list]), index

    def _certificate(self) -> VerifiedCertificate:
        raw = issue_certificate(
            self.acquirer,
            DEPLOYMENT,
            CertificateTerms(
                acquirer_key_id=key_id_of(self.acquirer.public_key),
                terminal_key=self.terminal.public_key,
                payee_id=PayeeId(os.urandom(REF_BYTES)),
                payee_name="Green Valley Coffee Bar",
                capabilities=Capability.REQUEST | Capability.ONE_WAY | Capability.NOTES,
                note_cap_minor=1_000_00,
                currency=CURRENCY,
                not_before=NOW,
                expires_at=NOW + 365 * 86_400,
            ),
        )
        return verify_certificate(decode_certificate(raw), self.trust, now=NOW, skew_s=120)
