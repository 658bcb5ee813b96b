"""Evidence of where a device key lives, as a wallet hands it in: deterministic CBOR, a format and its parts (spec 12).

A map {0: format text, 1...: byte strings}. What the parts are is the format's own:

- "tpm": 1 the attestation key's TPMT_PUBLIC, 2 the TPMS_ATTEST of TPM2_Certify, 3 its signature (r and s, 64 bytes),
  4 the device key's TPMT_PUBLIC. The attestation key was bound to its TPM before.
- "card": 1 the attestation certificate of the slot that holds the key (DER), 2... the certificates above it.
- "packed": 1 the attestation object of a new passkey, 2 its clientDataJSON.
- "assertion": a passkey that is known asks again: 1 authenticatorData, 2 clientDataJSON, 3 the signature.

Pure. Nothing is verified here; what does not decode is `EvidenceUnreadable`.
"""

from typing import Final

from feiqian.protocol import cbor
from feiqian.protocol.refusals import Refused

EVIDENCE_MAX_BYTES: Final = 8 * 1024
FORMAT_MAX_BYTES: Final = 16
PARTS_MAX: Final = 8


class EvidenceUnreadable(ValueError):
    """Evidence that is not what its format says; the message says what, and holds none of its bytes."""


def write_evidence(form: str, *parts: bytes) -> bytes:
    """The evidence of this format with these parts."""
    return cbor.encode_ascending({0: form, **dict(enumerate(parts, start=1))})


def read_evidence(raw: bytes) -> tuple[str, tuple[bytes, ...]]:
    """Format and parts. Raises EvidenceUnreadable."""
    try:
        content = cbor.decode_map(raw, max_bytes=EVIDENCE_MAX_BYTES)
    except Refused as refused:
        raise EvidenceUnreadable(refused.reason.value) from None
    form = content.get(0)
    if type(form) is not str or not 0 < len(form.encode()) <= FORMAT_MAX_BYTES:
        raise EvidenceUnreadable("no format")
    if not 1 <= len(content) - 1 <= PARTS_MAX or set(content) != set(range(len(content))):
        raise EvidenceUnreadable("parts are missing, or there are too many")
    parts: list[bytes] = []
    for number in range(1, len(content)):
        part = content[number]
        if type(part) is not bytes or not part:
            raise EvidenceUnreadable(f"part {number} is no bytes")
        parts.append(part)
    return form, tuple(parts)
