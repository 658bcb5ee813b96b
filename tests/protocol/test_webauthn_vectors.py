"""The published ES256 vectors of WebAuthn Level 3 (https://www.w3.org/TR/webauthn-3/#sctn-test-vectors), as they apply.

Their authenticators say that the key is copied (BE, BS), so no cheque could be made of any; the signatures are checked
all the same. Section 16.3 has members behind `crossOrigin`, which nobody rebuilds. Section 16.11 is Ed25519.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import utils

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.attestation_packed import PasskeyAttestor
from feiqian.protocol.keys import PublicKey, low_s
from feiqian.protocol.passkey import PasskeyKey, client_data
from feiqian.protocol.refusals import RefusalCode, Refused

ORIGIN = "https://example.org"
CODE = RefusalCode.DEVICE_SIGNATURE_INVALID

# Section 16.2, authentication
KEY = "02afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
CHALLENGE = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408"
DATA = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000"
CLIENT = (
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a555854"
    "3049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267"
    "222c2263726f73734f726967696e223a66616c73657d"
)
SIGNATURE = (
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd"
    "5d78c6e486013f937295ea13653e331e87"
)
# Section 16.3, authentication: extra members
EXTENDED_KEY = "02eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5"
EXTENDED_CHALLENGE = "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b"
EXTENDED_ASSERTED = "0900000000"
EXTENDED_SIGNATURE = (
    "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd959"
    "94a83ef584b3b6b825ea3550251b66"
)
# Section 16.2, registration
MADE_CHALLENGE = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130"
MADE_CLIENT = (
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e6364"
    "7134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e"
    "6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61"
    "7920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c20737563"
    "6820617320746869733a20426b5165446a646354427258426941774a544c453551227d"
)
MADE_OBJECT = (
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5"
    "e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94"
    "ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56"
    "b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
)


def assertion(asserted: bytes, der: str) -> bytes:
    """As it travels in a cheque."""
    r, s = utils.decode_dss_signature(bytes.fromhex(der))
    return asserted + low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def test_the_client_data_is_rebuilt_byte_for_byte() -> None:
    assert client_data(bytes.fromhex(CHALLENGE), ORIGIN) == bytes.fromhex(CLIENT)


def test_the_published_signature_verifies_and_nothing_else_does() -> None:
    key = PasskeyKey(PublicKey(bytes.fromhex(KEY)), ORIGIN)
    challenge, given = bytes.fromhex(CHALLENGE), assertion(bytes.fromhex(DATA)[32:37], SIGNATURE)
    key.verify_digest(given, challenge, CODE)
    for bad, asked, origin in (
        (given[:4] + b"\x01" + given[5:], challenge, ORIGIN),
        (given, bytes(32), ORIGIN),
        (given, challenge, "https://example.net"),
    ):
        with pytest.raises(Refused) as told:
            PasskeyKey(PublicKey(bytes.fromhex(KEY)), origin).verify_digest(bad, asked, CODE)
        assert told.value.reason is CODE
    with pytest.raises(Refused) as told:  # its flags say that it is copied to other devices
        key.check_assertion(given, 3)
    assert told.value.reason is RefusalCode.PASSKEY_FLAGS_REFUSED


def test_client_data_with_more_members_makes_no_cheque() -> None:
    given = assertion(bytes.fromhex(EXTENDED_ASSERTED), EXTENDED_SIGNATURE)
    with pytest.raises(Refused) as told:
        PasskeyKey(PublicKey(bytes.fromhex(EXTENDED_KEY)), ORIGIN).verify_digest(
            given, bytes.fromhex(EXTENDED_CHALLENGE), CODE
        )
    assert told.value.reason is CODE


def test_the_published_registration_is_refused_for_being_copied() -> None:
    attestor = PasskeyAttestor(origin=ORIGIN, roots=list, clock=lambda: 0, without_attestation=True)
    evidence = write_evidence("packed", bytes.fromhex(MADE_OBJECT), bytes.fromhex(MADE_CLIENT))
    with pytest.raises(IssuerTrouble) as told:
        attestor.attest(evidence, device_key=bytes.fromhex(KEY), challenge=bytes.fromhex(MADE_CHALLENGE), known=None)
    assert "copied" in str(told.value.words("en"))
