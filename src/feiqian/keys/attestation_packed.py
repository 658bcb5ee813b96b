"""Passkeys that ask for an allowance: that a key lives in an authenticator, by WebAuthn (`attestation`, spec 12).

- "packed" (WebAuthn Level 3 section 8.2): the authenticator made this credential for this very request, and a
  certificate under a trusted root says whose model it is. An authenticator that vouches for itself or for nothing is
  taken only where the operator says so, and then shows by an assertion that it has the key.
- "assertion": a passkey that is in the books asks again.

Refused are keys that are or could be copied to other devices (BE, BS), algorithms other than ES256, other origins,
and holders whom nobody verified. What a browser adds to its client data is let be here: a registration is checked
once, by a server that sees all of it, while a cheque travels without (spec 02.4). The door to `fido2`.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric import utils
from fido2.attestation.base import InvalidData, InvalidSignature
from fido2.attestation.packed import PackedAttestation
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested
from feiqian.keys.attestation_chain import chain_to_root, name_of, refused
from feiqian.keys.attestation_evidence import EvidenceUnreadable, read_evidence
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import PublicKey, low_s
from feiqian.protocol.passkey import USER_PRESENT, USER_VERIFIED, rp_id_of
from feiqian.protocol.refusals import RefusalCode, Refused

_ATTESTED: Final = 0x40
_EXTENSIONS: Final = 0x80
_PACKED_PARTS: Final = 2
_ASSERTION_PARTS: Final = 3


class PasskeyAttestor:
    """An `issuer.ports.Attestor` for the passkeys of one origin. Thread-safe."""

    def __init__(
        self,
        *,
        origin: str,
        roots: Callable[[], Sequence[AttestationRoot]],
        clock: Callable[[], int],
        without_attestation: bool = False,
    ) -> None:
        """`without_attestation` also takes authenticators for which no trusted maker vouches."""
        self._origin, self._rp_id_hash = origin, hashlib.sha256(rp_id_of(origin).encode()).digest()
        self._roots, self._clock = roots, clock
        self._without_attestation = without_attestation

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """What the evidence shows of `device_key`. Raises IssuerTrouble attestation_refused."""
        try:
            form, parts = read_evidence(evidence)
        except EvidenceUnreadable:
            raise refused("it cannot be read") from None
        if form == "packed" and len(parts) in (_PACKED_PARTS, _PACKED_PARTS + _ASSERTION_PARTS):
            return self._made(parts, device_key, challenge)
        if form == "assertion" and len(parts) == _ASSERTION_PARTS:
            if known is None or known.tier is not Tier.PASSKEY:
                raise refused("this passkey is not known")
            if known.root and not any(root.fingerprint == known.root for root in self._roots()):
                raise refused("the maker of this passkey is not trusted any more")
            self._check_assertion(parts, device_key, challenge)
            return replace(known, proves_possession=True)
        raise refused("parts are missing")

    def _made(self, parts: Sequence[bytes], device_key: bytes, challenge: bytes) -> Attested:
        """A credential that was made for this request."""
        raw_object, raw_client, *asserted = parts
        client_hash = self._check_client(raw_client, CollectedClientData.TYPE.CREATE, challenge)
        try:
            made = AttestationObject(raw_object)
            form, data, statement = str(made.fmt), made.auth_data, made.att_stmt
            credential = data.credential_data
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise refused("it cannot be read") from None
        if credential is None:
            raise refused("it is about no key")
        self._check_data(data, without=_ATTESTED | _EXTENSIONS)
        if not isinstance(credential.public_key, ES256) or _point_of(credential.public_key) != device_key:
            raise refused("it is about another key, or one that does not sign ES256")
        path: Sequence[bytes] = ()
        if form == "packed":
            try:
                path = PackedAttestation().verify(statement, data, client_hash).trust_path
            except (InvalidData, InvalidSignature, ValueError, KeyError, TypeError, NotImplementedError):
                raise refused("the authenticator did not sign it") from None
        elif form != "none":
            raise refused("its kind of attestation is not taken here")
        identity = bytes(credential.aaguid).hex()
        maker, model, fingerprint = self._maker_of(path)
        if asserted:
            self._check_assertion(asserted, device_key, challenge)
        return Attested(
            tier=Tier.PASSKEY,
            format="packed",
            maker=maker,
            model=model,
            identity=identity,
            root=fingerprint,
            proves_possession=bool(fingerprint or asserted) or (form == "packed" and not path),
        )

    def _maker_of(self, path: Sequence[bytes]) -> tuple[str, str, bytes]:
        """Maker, model and root by the certificates of an attestation; empty where the operator asks for none."""
        try:
            if not path:
                raise refused("no maker vouches for this passkey")
            roots = [root for root in self._roots() if root.tier is Tier.PASSKEY]
            found, root = chain_to_root(path[0], path[1:], roots, self._clock())
        except IssuerTrouble:
            if not self._without_attestation:
                raise
            return "", "", b""
        return root.maker, name_of(found), root.fingerprint

    def _check_assertion(self, parts: Sequence[bytes], device_key: bytes, challenge: bytes) -> None:
        raw_data, raw_client, signature = parts
        client_hash = self._check_client(raw_client, CollectedClientData.TYPE.GET, challenge)
        try:
            data = AuthenticatorData(raw_data)
            r, s = utils.decode_dss_signature(signature)
            spelled = low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise refused("it cannot be read") from None
        self._check_data(data, without=0)
        digest = hashlib.sha256(raw_data + client_hash).digest()
        try:
            PublicKey(device_key).verify_digest(spelled, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)
        except Refused:
            raise refused("the passkey did not sign it") from None

    def _check_client(self, raw: bytes, kind: str, challenge: bytes) -> bytes:
        """The hash of client data that a page of ours got for this request."""
        try:
            said = CollectedClientData(raw)
            fits = (said.type, said.challenge, said.origin, said.cross_origin) == (kind, challenge, self._origin, False)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise refused("it cannot be read") from None
        if not fits:
            raise refused("it was made for another request, or by another page")
        return said.hash

    def _check_data(self, data: AuthenticatorData, *, without: int) -> None:
        """The right relying party, a holder who was verified, and a key that stays where it is."""
        if data.rp_id_hash != self._rp_id_hash:
            raise refused("it is a passkey of another site")
        if int(data.flags) & ~without != USER_PRESENT | USER_VERIFIED:
            raise refused("it is copied to other devices, or its holder was not verified")


def _point_of(key: ES256) -> bytes | None:
    """The compressed point of a COSE key; None where it is none."""
    x, y = key.get(-2), key.get(-3)
    if type(x) is not bytes or type(y) is not bytes or not len(x) == len(y) == 32:  # noqa: PLR2004  P-256
        return None
    return bytes((2 + y[-1] % 2,)) + x
