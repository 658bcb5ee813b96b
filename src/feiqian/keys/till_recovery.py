"""A till's data key, sealed so that its operator can give it back when the till's PIN is locked for good.

Two wrappings, each bound to the deployment and the terminal:

    for the operator   at enrolment: ephemeral P-256 ECDH with the operator's recovery key (SEC 1, 3.3.1),
                       HKDF-SHA256 (RFC 5869), AES-256-GCM: point (33) | nonce (12) | sealed key (48)
    for the payee      when it is given back: HKDF-SHA256 of a one-time code of 80 random bits, which goes another way
                       than the file: salt (16) | nonce (12) | sealed key (48)

So a stolen till is not opened by its operator's file alone, nor by the code alone, and whoever has only the sealed key
that lies on the till needs the operator's private half.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from feiqian.protocol.limits import PUBLIC_KEY_BYTES
from feiqian.protocol.possession import code_context

DATA_KEY_BYTES: Final = 32
_NONCE_BYTES, _SALT_BYTES, _TAG_BYTES = 12, 16, 16
_FOR_OPERATOR: Final = b"feiqian/till-recovery/operator/1"
_FOR_PAYEE: Final = b"feiqian/till-recovery/payee/1"
SEALED_FOR_OPERATOR_BYTES: Final = PUBLIC_KEY_BYTES + _NONCE_BYTES + DATA_KEY_BYTES + _TAG_BYTES
SEALED_FOR_PAYEE_BYTES: Final = _SALT_BYTES + _NONCE_BYTES + DATA_KEY_BYTES + _TAG_BYTES


class NotSealedForThis(Exception):
    """What was sealed does not open: another key, code or terminal, or altered bytes."""


def seal_for_operator(recovery_key: bytes, data_key: bytes, deployment: str, terminal_ref: bytes) -> bytes:
    """The data key for whoever holds the private half of `recovery_key`, a compressed point. Raises ValueError."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recovery_key)
    once = ec.generate_private_key(ec.SECP256R1())
    shown = _compressed(once.public_key())
    key = _derived(once.exchange(ec.ECDH(), point), shown + recovery_key, _FOR_OPERATOR)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return shown + nonce + AESGCM(key).encrypt(nonce, data_key, _about(deployment, terminal_ref))


def open_as_operator(scalar: bytes, sealed: bytes, deployment: str, terminal_ref: bytes) -> bytes:
    """The data key, with the private half. Raises NotSealedForThis."""
    if len(sealed) != SEALED_FOR_OPERATOR_BYTES:
        raise NotSealedForThis
    private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    shown, nonce = sealed[:PUBLIC_KEY_BYTES], sealed[PUBLIC_KEY_BYTES:][:_NONCE_BYTES]
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), shown)
        key = _derived(private.exchange(ec.ECDH(), point), shown + _compressed(private.public_key()), _FOR_OPERATOR)
        closed = sealed[PUBLIC_KEY_BYTES + _NONCE_BYTES :]
        return AESGCM(key).decrypt(nonce, closed, _about(deployment, terminal_ref))
    except (InvalidTag, ValueError):
        raise NotSealedForThis from None


def seal_for_payee(code: str, data_key: bytes, deployment: str, terminal_ref: bytes) -> bytes:
    """The data key for whoever knows the code."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    key = _derived(code_context(code), salt, _FOR_PAYEE)
    return salt + nonce + AESGCM(key).encrypt(nonce, data_key, _about(deployment, terminal_ref))


def open_as_payee(code: str, sealed: bytes, deployment: str, terminal_ref: bytes) -> bytes:
    """The data key, with the code. Raises NotSealedForThis."""
    if len(sealed) != SEALED_FOR_PAYEE_BYTES:
        raise NotSealedForThis
    salt, nonce = sealed[:_SALT_BYTES], sealed[_SALT_BYTES:][:_NONCE_BYTES]
    key = _derived(code_context(code), salt, _FOR_PAYEE)
    try:
        return AESGCM(key).decrypt(nonce, sealed[_SALT_BYTES + _NONCE_BYTES :], _about(deployment, terminal_ref))
    except InvalidTag:
        raise NotSealedForThis from None


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=purpose).derive(secret)


def _about(deployment: str, terminal_ref: bytes) -> bytes:
    """What a sealed key is bound to. The terminal's part has one length, so nothing can be moved between the two."""
    return terminal_ref + deployment.encode()


def _compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    point = key.public_numbers()
    return bytes([2 + point.y % 2]) + point.x.to_bytes(32, "big")
