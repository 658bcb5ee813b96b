"""Attestations of device keys, checked: an `issuer.ports.Attestor` that reads the format and asks whoever knows it.

Anything odd is a refusal; evidence that does not hold never makes a key count as one in software.

- "tpm": the TPM's attestation key, which was bound to its endorsement key before (`ask_tpm`), certified this very
  device key for this very request, and no copy of that key can be anywhere else.
- "card": the card's own attestation certificate names the device key, under a root for cards (PIV as in YubiKeys). It
  answers no challenge: that the key is here now is what the proof of possession shows.
- "packed" and "assertion": a passkey (`attestation_packed`), loaded when there is one.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from feiqian.issuer.ports import Attestor
from feiqian.issuer.values import AttestationRoot, Attested, TpmAsked
from feiqian.keys.attestation_chain import chain_to_root, name_of, point_of, read_root, refused
from feiqian.keys.attestation_evidence import EvidenceUnreadable, read_evidence, write_evidence
from feiqian.keys.tpm_credential import make_credential
from feiqian.keys.tpm_structures import TpmCertification, TpmMalformed, TpmPublic, read_certification, read_public
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.refusals import RefusalCode, Refused

AK_FORMAT: Final = "tpm-ak"
"""How the books call an attestation key; no wallet can hand such evidence in."""
ANSWER_WITHIN_S: Final = 10 * 60
_PASSKEY_FORMATS: Final = frozenset({"packed", "assertion"})
_EK_USAGE: Final = x509.ObjectIdentifier("2.23.133.8.1")
"""tcg-kp-EKCertificate (TCG EK Credential Profile)."""


class Attestations:
    """All formats. Thread-safe; `roots` are those that are trusted now, asked each time, never within a transaction."""

    def __init__(
        self,
        *,
        roots: Callable[[], Sequence[AttestationRoot]],
        clock: Callable[[], int],
        passkeys: Callable[[], Attestor] | None = None,
    ) -> None:
        """`passkeys` makes whoever checks passkeys, the first time that one comes; None takes none."""
        self._roots, self._clock = roots, clock
        self._passkeys = passkeys

    def subject(self, evidence: bytes, device_key: bytes) -> bytes:
        """The key whose standing in the books `attest` asks for: a TPM's attestation key, or the device key itself."""
        form, parts = _read(evidence)
        return _public(parts[0]).point if form == "tpm" else device_key

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """What the evidence shows of `device_key`. Raises IssuerTrouble attestation_refused."""
        form, parts = _read(evidence)
        if form == "tpm":
            return self._tpm(parts, device_key, challenge, known)
        if form == "card":
            return self._card(parts, device_key)
        if form in _PASSKEY_FORMATS and self._passkeys is not None:
            return self._passkeys().attest(evidence, device_key=device_key, challenge=challenge, known=known)
        raise refused("its kind of evidence is not taken here")

    def root_in(self, pem: bytes, *, tier: Tier, maker: str) -> AttestationRoot:
        """The root in a PEM file. Raises IssuerTrouble root_unfit."""
        return read_root(pem, tier=tier, maker=maker, now=self._clock())

    def ask_tpm(self, *, ek_certificate: bytes, issuers: Sequence[bytes], ak_public: bytes, secret: bytes) -> TpmAsked:
        """Wraps `secret` so that only the TPM of this endorsement key opens it, if this attestation key is in it.

        Raises IssuerTrouble attestation_refused for a certificate that leads to no trusted maker of TPMs, and for an
        attestation key that would also sign what did not come from inside the TPM.
        """
        found, root = self._under(Tier.TPM, ek_certificate, issuers)
        _check_ek(found)
        ak = _public(ak_public)
        if not ak.is_attestation_key:
            raise refused("the attestation key could sign anything")
        try:
            credential = make_credential(_spki(found), ak.name, secret)
        except TpmMalformed:
            raise refused("its endorsement key is of a kind that is not taken") from None
        return TpmAsked(
            key=ak.point,
            attested=Attested(
                tier=Tier.TPM,
                format=AK_FORMAT,
                maker=root.maker,
                model=_tpm_model(found),
                identity=f"{found.serial_number:x}",
                root=root.fingerprint,
            ),
            credential=credential,
            secret_hash=hashlib.sha256(secret).digest(),
            evidence=write_evidence(AK_FORMAT, ak_public, ek_certificate, *issuers),
            expires_at=self._clock() + ANSWER_WITHIN_S,
        )

    def _tpm(self, parts: Sequence[bytes], device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        if len(parts) != 4:  # noqa: PLR2004  the format's own parts
            raise refused("parts are missing")
        raw_ak, raw_attest, signature, raw_key = parts
        ak, key = _public(raw_ak), _public(raw_key)
        if known is None or known.format != AK_FORMAT or known.tier is not Tier.TPM:
            raise refused("its attestation key was not bound to a TPM")
        if not any(root.fingerprint == known.root for root in self._roots()):
            raise refused("the maker of its TPM is not trusted any more")
        if not ak.is_attestation_key:
            raise refused("the attestation key could sign anything")
        try:
            digest = hashlib.sha256(raw_attest).digest()
            PublicKey(ak.point).verify_digest(signature, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)
        except Refused:
            raise refused("the TPM did not sign it") from None
        said = _certification(raw_attest)
        if said.extra != challenge:
            raise refused("it was made for another request")
        if said.name != key.name or key.point != device_key:
            raise refused("it is about another key")
        if not key.is_device_key:
            raise refused("the key could be taken out of the TPM")
        return Attested(
            tier=Tier.TPM,
            format="tpm",
            maker=known.maker,
            model=known.model,
            identity=known.identity,
            root=known.root,
        )

    def _card(self, parts: Sequence[bytes], device_key: bytes) -> Attested:
        leaf, *issuers = parts
        found, root = self._under(Tier.CARD, leaf, issuers)
        if point_of(found) != device_key:
            raise refused("it is about another key")
        above = x509.load_der_x509_certificate(issuers[0]) if issuers else found
        return Attested(
            tier=Tier.CARD,
            format="card",
            maker=root.maker,
            model=name_of(found),
            identity=f"{above.serial_number:x}",
            root=root.fingerprint,
        )

    def _under(self, tier: Tier, leaf: bytes, issuers: Sequence[bytes]) -> tuple[x509.Certificate, AttestationRoot]:
        roots = [root for root in self._roots() if root.tier is tier]
        return chain_to_root(leaf, issuers, roots, self._clock())


def _read(evidence: bytes) -> tuple[str, tuple[bytes, ...]]:
    try:
        return read_evidence(evidence)
    except EvidenceUnreadable:
        raise refused("it cannot be read") from None


def _public(raw: bytes) -> TpmPublic:
    try:
        found = read_public(raw)
        PublicKey(found.point)
    except (TpmMalformed, Refused):
        raise refused("a key of the TPM cannot be read") from None
    return found


def _certification(raw: bytes) -> TpmCertification:
    try:
        return read_certification(raw)
    except TpmMalformed:
        raise refused("what the TPM signed certifies no key") from None


def _check_ek(certificate: x509.Certificate) -> None:
    """An endorsement certificate says what it is, where it says anything of its use; it never signs (key usage)."""
    extensions = certificate.extensions
    try:
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if _EK_USAGE not in uses:
            raise refused("its certificate is not of an endorsement key")
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.key_encipherment or usage.key_agreement):
            raise refused("its certificate is not of an endorsement key")
    except x509.ExtensionNotFound:
        raise refused("its certificate is not of an endorsement key") from None


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _tpm_model(certificate: x509.Certificate) -> str:
    """What the certificate's alternative name says: manufacturer, model and version of the TPM."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return name_of(certificate)
    for name in names.get_values_for_type(x509.DirectoryName):
        said = [str(part.value) for part in name]
        return " ".join(text for text in said if text.isprintable())[:64]
    return name_of(certificate)
