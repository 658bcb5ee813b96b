"""Attesting: what the issuer believes of where device keys live, and what makes it believe it (spec 12).

- Roots are the operator's choice and stand in the books, each change a leaf of the audit log. Removing one stops new
  allowances on every key that it vouched for; allowances that were issued stay what they are.
- A TPM's attestation key is bound once: the operator wraps a secret for the endorsement key that the TPM's maker
  certified, and only a TPM with both keys gives it back (TPM 2.0 Part 1, 11.4.10). Its hash waits in the books.
- Evidence that does not hold is refused; a key never becomes one in software because its evidence failed.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace

from feiqian.issuer.issuing import TIERS_THAT_KEEP_KEYS
from feiqian.issuer.ports import Attestations, IssuerReading, IssuerStore, WritePoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested, AttestedKey, Device, PayerId, TpmAsked
from feiqian.protocol.allowance import Tier
from feiqian.protocol.possession import attestation_challenge

KEYS_SHOWN_MAX = 100
_SECRET_BYTES = 32


class NoAttestations:
    """Takes no evidence at all: an operator on which nobody has put an attestor."""

    def subject(self, evidence: bytes, device_key: bytes) -> bytes:
        """The device key; nothing is asked of it."""
        del evidence
        return device_key

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """Always refuses."""
        del evidence, device_key, challenge, known
        raise IssuerTrouble("attestation_refused", why="no attestations are taken here")

    def root_in(self, pem: bytes, *, tier: Tier, maker: str) -> AttestationRoot:
        """Always refuses."""
        del pem, tier, maker
        raise IssuerTrouble("attestation_refused", why="no attestations are taken here")

    def ask_tpm(self, *, ek_certificate: bytes, issuers: Sequence[bytes], ak_public: bytes, secret: bytes) -> TpmAsked:
        """Always refuses."""
        del ek_certificate, issuers, ak_public, secret
        raise IssuerTrouble("attestation_refused", why="no attestations are taken here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an allowance's key counts as. `fresh` is what is to be kept of it, if evidence came with the request."""

    tier: Tier
    proves_possession: bool = False
    fresh: AttestedKey | None = None


class Attesting:
    """Roots, TPMs and attested keys of one issuer. Raises IssuerTrouble; thread-safe, durable on return."""

    def __init__(self, store: IssuerStore, attestations: Attestations, deployment: str) -> None:
        """Whose books, and who can tell where a key lives."""
        self._store, self._attestations, self._deployment = store, attestations, deployment

    def roots(self) -> tuple[AttestationRoot, ...]:
        """Every root, also those that were removed, in the order in which they came."""
        with self._store.read() as reading:
            return tuple(reading.attestation_roots())

    def root_in(self, pem: bytes, *, tier: Tier, maker: str) -> AttestationRoot:
        """The root that `add_root` would believe. Raises root_unfit, name_invalid."""
        if not maker.strip() or not maker.isprintable():
            raise IssuerTrouble("name_invalid")
        return self._attestations.root_in(pem, tier=tier, maker=maker.strip())

    def add_root(self, pem: bytes, *, tier: Tier, maker: str) -> AttestationRoot:
        """Believes attestations for this tier under this root from now on. Again is harmless. Raises root_unfit."""
        root = self.root_in(pem, tier=tier, maker=maker)
        with self._store.write(WritePoint.ATTESTATION_ROOT) as unit:
            for one in unit.attestation_roots():
                if one.fingerprint == root.fingerprint and one.removed_at is None:
                    if (one.tier, one.maker) != (root.tier, root.maker):
                        raise IssuerTrouble("idempotency_reused")
                    return one
            unit.put_attestation_root(root)
        return root

    def remove_root(self, fingerprint: bytes, now: int) -> AttestationRoot:
        """No new allowance on its word from now on. Again is harmless. Raises root_unknown."""
        with self._store.write(WritePoint.ATTESTATION_ROOT) as unit:
            found = next((one for one in unit.attestation_roots() if one.fingerprint == fingerprint), None)
            if found is None:
                raise IssuerTrouble("root_unknown")
            if found.removed_at is None:
                found = replace(found, removed_at=now)
                unit.put_attestation_root(found)
            return found

    def keys_of(self, payer_id: PayerId) -> tuple[AttestedKey, ...]:
        """What was attested of a payer's keys, newest first."""
        with self._store.read() as reading:
            return tuple(reading.attested_keys(payer_id, KEYS_SHOWN_MAX))

    def ask_tpm(
        self, device: Device, *, ek_certificate: bytes, issuers: Sequence[bytes], ak_public: bytes, secret: bytes
    ) -> TpmAsked:
        """The question that binds an attestation key to its TPM; replaces an open one. `secret` is 32 bytes."""
        if len(secret) != _SECRET_BYTES:
            raise ValueError("a secret is 32 bytes")
        asked = self._attestations.ask_tpm(
            ek_certificate=ek_certificate, issuers=issuers, ak_public=ak_public, secret=secret
        )
        with self._store.write(WritePoint.TPM_ASKED) as unit:
            unit.put_tpm_asked(device.device_id, asked)
        return asked

    def answer_tpm(self, device: Device, secret: bytes, now: int) -> AttestedKey:
        """The secret came back: the attestation key is in that TPM. Again is harmless while nothing else is asked.

        Raises tpm_challenge_unknown; attestation_refused for another secret.
        """
        with self._store.write(WritePoint.TPM_KEY) as unit:
            asked = unit.tpm_asked(device.device_id)
            if asked is None or now > asked.expires_at:
                raise IssuerTrouble("tpm_challenge_unknown")
            if not hmac.compare_digest(hashlib.sha256(secret).digest(), asked.secret_hash):
                raise IssuerTrouble("attestation_refused", why="this is not the secret that its TPM was asked for")
            known = unit.attested_key(device.payer_id, asked.key)
            if known is not None and known.attested == asked.attested:
                return known
            bound = AttestedKey(
                payer_id=device.payer_id,
                device_id=device.device_id,
                key=asked.key,
                attested=asked.attested,
                evidence=asked.evidence,
                at=now,
            )
            unit.put_attested_key(bound)
            return bound

    def shown(
        self, device: Device, *, device_key: bytes, request_id: bytes, evidence: bytes | None, now: int
    ) -> Standing | None:
        """What a key counts as by this evidence; None where there is none, or where the request was answered before.

        Raises attestation_refused.
        """
        if evidence is None:
            return None
        with self._store.read() as reading:
            if reading.allowance_of_request(device.device_id, request_id) is not None:
                return None
            subject = self._attestations.subject(evidence, device_key)
            rests_on = reading.attested_key(device.payer_id, subject)
        attested = self._attestations.attest(
            evidence,
            device_key=device_key,
            challenge=attestation_challenge(self._deployment, device.device_id, request_id),
            known=None if rests_on is None else rests_on.attested,
        )
        says = replace(attested, proves_possession=False)
        fresh = AttestedKey(
            payer_id=device.payer_id,
            device_id=device.device_id,
            key=device_key,
            attested=says,
            evidence=evidence,
            at=now,
        )
        again = subject == device_key and rests_on is not None and rests_on.attested == says
        return Standing(
            tier=attested.tier,
            proves_possession=attested.proves_possession,
            fresh=None if again else fresh,  # what was shown first stays in the books
        )

    def known(self, reading: IssuerReading, device: Device, device_key: bytes) -> Standing:
        """What a key counts as without evidence: what it is known to be where the key store keeps its keys.

        Raises attestation_refused when its root was removed.
        """
        known = reading.attested_key(device.payer_id, device_key)
        if known is None or known.attested.tier not in TIERS_THAT_KEEP_KEYS:
            return Standing(tier=Tier.SOFTWARE)
        root = known.attested.root
        if root and not any(one.fingerprint == root and one.removed_at is None for one in reading.attestation_roots()):
            raise IssuerTrouble("attestation_refused", why="its maker is not trusted any more")
        return Standing(tier=known.attested.tier)
