"""What the interface answers about where keys live and who was identified."""

from typing import Self

from feiqian.issuer.values import AttestationRoot, AttestedKey, Identity
from feiqian.server.answers import Answer
from feiqian.server.shapes import BytesOut, HashOut, IdOut, InstantOut, KeyOut


class IdentityAnswer(Answer):
    """How somebody made sure who a payer is, who did, and when."""

    kind: str
    reference: str
    checked_by: str
    checked_at: InstantOut

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """From the issuer's value."""
        return cls(
            kind=identity.kind.value,
            reference=identity.reference,
            checked_by=identity.checked_by,
            checked_at=identity.checked_at,
        )


class RootAnswer(Answer):
    """A maker's root certificate (DER): for keys of which tier it vouches, since when, and until when it did."""

    fingerprint: HashOut
    tier: str
    maker: str
    certificate: BytesOut
    added_at: InstantOut
    removed_at: InstantOut | None

    @classmethod
    def of(cls, root: AttestationRoot) -> Self:
        """From the issuer's value."""
        return cls(
            fingerprint=root.fingerprint,
            tier=root.tier.name.lower(),
            maker=root.maker,
            certificate=root.certificate,
            added_at=root.added_at,
            removed_at=root.removed_at,
        )


class RootsAnswer(Answer):
    """Every root that is trusted or was, in the order in which they came."""

    roots: tuple[RootAnswer, ...]


class AttestedKeyAnswer(Answer):
    """A key in the books: where it lives, by whose word, and for which device it was shown.

    `format` is the kind of evidence; `tpm-ak` is a TPM's attestation key, on which others rest. `trusted` says whether
    its root still is.
    """

    key: KeyOut
    device_id: IdOut
    tier: str
    format: str
    maker: str
    model: str
    identity: str
    attested_at: InstantOut
    trusted: bool

    @classmethod
    def of(cls, key: AttestedKey, *, trusted: bool) -> Self:
        """From the issuer's value."""
        attested = key.attested
        return cls(
            key=key.key,
            device_id=key.device_id,
            tier=attested.tier.name.lower(),
            format=attested.format,
            maker=attested.maker,
            model=attested.model,
            identity=attested.identity,
            attested_at=key.at,
            trusted=trusted,
        )


class HolderAnswer(Answer):
    """Who a payer is, as far as somebody checked, and what was shown of its keys, newest first, at most 100."""

    identity: IdentityAnswer | None
    keys: tuple[AttestedKeyAnswer, ...]


class TpmCredential(Answer):
    """What only the asked TPM opens: TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET behind each other."""

    credential: BytesOut
    answer_until: InstantOut


class TpmKeyAnswer(Answer):
    """The attestation key that is bound to its TPM from now on."""

    key: KeyOut
    maker: str
    model: str
