"""Attestation over HTTP: a TPM's keys, the roots that an operator trusts, and what is known of a payer's keys."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feiqian.issuer.values import Identity, IdentityKind
from feiqian.links.http_replies import Fields, fields_of
from feiqian.links.http_spelling import spell_bytes
from feiqian.links.http_transport import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class RootReply:
    """A root that the operator trusts for keys of one tier, or did until `removed_at`."""

    fingerprint: bytes
    tier: str
    maker: str
    added_at: int
    removed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedKeyReply:
    """A payer's key, where it lives and by whose word; `trusted` says whether that root still is."""

    key: bytes
    device_id: bytes
    tier: str
    format: str
    maker: str
    model: str
    identity: str
    attested_at: int
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderReply:
    """Who a payer is, as far as somebody checked, and what was shown of its keys, newest first."""

    identity: Identity | None
    keys: tuple[AttestedKeyReply, ...]


class AttestationCalls(ABC):
    """The calls about attestation of one operator; whoever knows how to ask it puts them to it."""

    # --- a wallet with a TPM ---

    def tpm_challenge(self, *, ek_certificate: bytes, ek_issuers: Sequence[bytes], ak_public: bytes) -> bytes:
        """What only the TPM with this endorsement key opens, and only if it holds that attestation key.

        Certificates are DER, `ak_public` is TPMT_PUBLIC. Raises OperatorRefused attestation_refused.
        """
        content = {
            "ek_certificate": spell_bytes(ek_certificate),
            "ek_issuers": [spell_bytes(one) for one in ek_issuers],
            "ak_public": spell_bytes(ak_public),
        }
        return self._post("/v1/devices/me/tpm-challenge", content).octets("credential")

    def tpm_key(self, *, secret: bytes) -> str:
        """The secret that the TPM opened; the maker of the TPM, as the operator calls it. Again is harmless."""
        return self._post("/v1/devices/me/tpm-key", {"secret": spell_bytes(secret)}).text("maker")

    # --- an administrator ---

    def attestation_roots(self) -> tuple[RootReply, ...]:
        """Every root that is trusted or was, in the order in which they came."""
        return tuple(_root_in(item) for item in fields_of(self._get("/v1/attestation-roots")).each("roots"))

    def add_attestation_root(self, *, pem: str, maker: str, tier: str) -> RootReply:
        """Believes attestations under this root from now on, for keys of this tier. Again is harmless."""
        return _root_in(self._post("/v1/attestation-roots", {"pem": pem, "maker": maker, "tier": tier}))

    def remove_attestation_root(self, *, fingerprint: bytes) -> RootReply:
        """No new allowance on its word from now on. Again is harmless."""
        return _root_in(self._post(f"/v1/attestation-roots/{spell_bytes(fingerprint)}/removal", {}))

    def payer_keys(self, *, payer_id: bytes) -> HolderReply:
        """Who a payer is, as far as somebody checked, and where its keys live."""
        fields = fields_of(self._get(f"/v1/payers/{spell_bytes(payer_id)}/keys"))
        identity = None if fields.plain("identity") is None else _identity_in(fields.inner("identity"))
        return HolderReply(identity=identity, keys=tuple(_key_in(item) for item in fields.each("keys")))

    def identify_payer(self, *, payer_id: bytes, kind: IdentityKind, reference: str) -> Identity:
        """How the operator made sure who a payer is; replaces what there was. Again is harmless."""
        content = {"kind": kind.value, "reference": reference}
        return _identity_in(self._post(f"/v1/payers/{spell_bytes(payer_id)}/identity", content))

    @abstractmethod
    def _get(self, path: str) -> Reply:
        """A GET of this path."""

    @abstractmethod
    def _post(self, path: str, content: Mapping[str, Any], idempotency_key: str | None = None) -> Fields:
        """A POST of this content, and the object that comes back."""


def _root_in(fields: Fields) -> RootReply:
    return RootReply(
        fingerprint=fields.octets("fingerprint"),
        tier=fields.text("tier"),
        maker=fields.text("maker"),
        added_at=fields.instant("added_at"),
        removed_at=fields.instant_or_none("removed_at"),
    )


def _identity_in(fields: Fields) -> Identity:
    return Identity(
        kind=fields.choice("kind", IdentityKind),
        reference=fields.text("reference"),
        checked_by=fields.text("checked_by"),
        checked_at=fields.instant("checked_at"),
    )


def _key_in(fields: Fields) -> AttestedKeyReply:
    return AttestedKeyReply(
        key=fields.octets("key"),
        device_id=fields.octets("device_id"),
        tier=fields.text("tier"),
        format=fields.text("format"),
        maker=fields.text("maker"),
        model=fields.text("model"),
        identity=fields.text("identity"),
        attested_at=fields.instant("attested_at"),
        trusted=fields.yes("trusted"),
    )
