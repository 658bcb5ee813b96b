"""Proof of possession: a key signs that its holder asks for something about this key (spec 05).

Used three times: a wallet binds its account key, a wallet asks for an allowance for a new device key, a terminal asks
for its certificate. The signed bytes begin with a label of their own, which no Sig_structure can begin with, so a
proof is never a statement and a statement never a proof. The context ties a proof to one enrolment code or request.
"""

import hashlib
from enum import StrEnum

from feiqian.protocol import cbor
from feiqian.protocol.keys import KeyReader, Signer, load_public_key
from feiqian.protocol.limits import WIRE_VERSION
from feiqian.protocol.refusals import RefusalCode

_LABEL = "feiqian possession"
_ATTESTATION_LABEL = "feiqian/attestation/1"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which people misread
CODE_RANDOM_BYTES = 10


class Purpose(StrEnum):
    """What the key's holder asks for, and which context the proof is tied to."""

    ACCOUNT = "account"
    """Bind an account key to a payer; context: the enrolment code."""
    ALLOWANCE = "allowance"
    """An allowance for a device key; context: device id, request id."""
    TERMINAL = "terminal"
    """A certificate for a terminal key; context: the enrolment code."""


def possession_message(purpose: Purpose, deployment: str, key: bytes, *context: bytes) -> bytes:
    """The bytes that `key` (33-byte compressed point) signs for `purpose`."""
    return cbor.encode_ascending([_LABEL, WIRE_VERSION, deployment, purpose.value, key, list(context)])


def prove_possession(signer: Signer, purpose: Purpose, deployment: str, *context: bytes) -> bytes:
    """The 64-byte proof."""
    return signer.sign(possession_message(purpose, deployment, signer.public_key, *context))


def check_possession(
    proof: bytes,
    key: bytes,
    purpose: Purpose,
    deployment: str,
    *context: bytes,
    read_key: KeyReader = load_public_key,
) -> None:
    """Refuses TERMINAL_SIGNATURE_INVALID or DEVICE_SIGNATURE_INVALID unless `key` made this proof."""
    code = (
        RefusalCode.TERMINAL_SIGNATURE_INVALID if purpose is Purpose.TERMINAL else RefusalCode.DEVICE_SIGNATURE_INVALID
    )
    message = possession_message(purpose, deployment, key, *context)
    read_key(key).verify_digest(proof, hashlib.sha256(message).digest(), code)


def attestation_challenge(deployment: str, device_id: bytes, request_id: bytes) -> bytes:
    """The 32 bytes that an attestation of a device key has to answer: it was made for this request and no other.

    It does not name the key, since an authenticator may make the key only while it attests (WebAuthn); in every format
    the evidence itself names it.
    """
    return hashlib.sha256(cbor.encode_ascending([_ATTESTATION_LABEL, deployment, device_id, request_id])).digest()


def spell_code(randomness: bytes) -> str:
    """An enrolment code as people read and type it: 16 characters in four groups, 80 random bits (10 bytes)."""
    number = int.from_bytes(randomness[:CODE_RANDOM_BYTES], "big")
    characters = "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(characters[at : at + 4] for at in range(0, 16, 4))


def secret_hash(secret: str) -> bytes:
    """What an operator keeps of an enrolment code or a bearer token: SHA-256, 32 bytes."""
    return hashlib.sha256(code_context(secret)).digest()


def code_context(code: str) -> bytes:
    """An enrolment code as people type it, in the one form that is signed and hashed: capitals, no separators."""
    spelled = code.upper()
    if not spelled.isalnum():  # a token, as every request has one, needs no looking at its letters
        spelled = "".join(character for character in spelled if character.isalnum())
    return spelled.encode("ascii", "replace")
