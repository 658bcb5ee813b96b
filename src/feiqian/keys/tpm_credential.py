"""MakeCredential (TPM 2.0 Part 1, sections 11.4.10 and 24, annexes B.10.4 and C.6.4), computed without a TPM.

A secret is wrapped so that one TPM alone can open it, and only if it holds the key of a given name: the endorsement
key, known by its maker's certificate, decrypts the seed; the name is bound into the symmetric key and the HMAC. Whoever
sends the secret back has both keys in one TPM.

The endorsement keys are those of the TCG's low-range templates (EK Credential Profile, L-1 and L-2): RSA of 2048 bits
or P-256, SHA-256, AES-128 in CFB.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.modes import CFB  # the TPM's own choice; an HMAC authenticates it
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from feiqian.keys.tpm_structures import TpmMalformed, sized

SECRET_MAX_BYTES: Final = 32
_RSA_BITS: Final = 2048
_SEED_BYTES: Final = 32
_AES_KEY_BITS: Final = 128
_HASH_BITS: Final = 256
_IDENTITY: Final = b"IDENTITY\0"


def make_credential(ek_public: bytes, ak_name: bytes, secret: bytes) -> bytes:
    """TPM2B_ID_OBJECT followed by TPM2B_ENCRYPTED_SECRET, for TPM2_ActivateCredential.

    `ek_public` is the endorsement key as its certificate states it (SubjectPublicKeyInfo, DER), `ak_name` the TPM's
    name of the attestation key, `secret` 1 to 32 bytes. Raises TpmMalformed for an endorsement key of another kind.
    """
    if not 0 < len(secret) <= SECRET_MAX_BYTES:
        raise ValueError("a secret is 1 to 32 bytes")
    seed, encrypted_seed = _new_seed(ek_public)
    key = kdf_a(seed, b"STORAGE\0", ak_name, _AES_KEY_BITS)
    encryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor()
    identity = encryptor.update(sized(secret)) + encryptor.finalize()
    outer = hmac.digest(kdf_a(seed, b"INTEGRITY\0", b"", _HASH_BITS), identity + ak_name, "sha256")
    return sized(sized(outer) + identity) + sized(encrypted_seed)


def kdf_a(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    """KDFa (Part 1, 11.4.10.2) with SHA-256, up to one block. `label` ends with its zero byte."""
    message = (1).to_bytes(4, "big") + label + context + bits.to_bytes(4, "big")
    return hmac.digest(key, message, "sha256")[: bits // 8]


def kdf_e(shared: bytes, label: bytes, ours: bytes, theirs: bytes) -> bytes:
    """KDFe (Part 1, 11.4.10.3) with SHA-256, one block. `label` ends with its zero byte."""
    return hashlib.sha256((1).to_bytes(4, "big") + shared + label + ours + theirs).digest()


def _new_seed(ek_public: bytes) -> tuple[bytes, bytes]:
    """A seed and what the endorsement key makes it from."""
    try:
        key = load_der_public_key(ek_public)
    except (ValueError, UnsupportedAlgorithm):
        raise TpmMalformed("not a public key") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == _RSA_BITS:
        seed = secrets.token_bytes(_SEED_BYTES)
        way = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=_IDENTITY)
        return seed, key.encrypt(seed, way)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        once = ec.generate_private_key(ec.SECP256R1())
        shared = once.exchange(ec.ECDH(), key)
        ours, theirs = once.public_key().public_numbers(), key.public_numbers()
        x, y = ours.x.to_bytes(32, "big"), ours.y.to_bytes(32, "big")
        return kdf_e(shared, _IDENTITY, x, theirs.x.to_bytes(32, "big")), sized(x) + sized(y)
    raise TpmMalformed("an endorsement key is RSA of 2048 bits or P-256")
