"""Status list: two bits for every allowance, exact, compressed, signed by the issuer (spec 05).

A list of a million entries with one in a thousand set is about 2 kB; a Bloom filter of that size would refuse
honest people. Decompression is capped by the stated size before it starts.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, counter, instant, octets, uint
from feiqian.protocol.limits import KEY_ID_BYTES, STATUS_LIST_MAX_BYTES, STATUS_LIST_MAX_ENTRIES
from feiqian.protocol.refusals import RefusalCode, Refused


class AllowanceStatus(IntEnum):
    """The two bits. RESERVED is refused like SUSPENDED by whoever does not know better."""

    GOOD = 0
    SUSPENDED = 1
    CLOSED = 2
    RESERVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A decoded list, unverified. `bits` holds four entries a byte, the lowest bits first."""

    issuer_key_id: KeyId
    version: int
    time: int
    size: int
    bits: bytes
    envelope: Envelope

    def status(self, index: int) -> AllowanceStatus:
        """The status at `index`; an index beyond the list is GOOD: the allowance is younger than the list."""
        if index >= self.size:
            return AllowanceStatus.GOOD
        value = self.bits[index >> 2] >> ((index & 3) << 1) & 3
        return AllowanceStatus(value) if value else AllowanceStatus.GOOD


LAYOUT = Layout(
    Kind.STATUS_LIST,
    octets(1, "issuer_key_id", KEY_ID_BYTES),
    counter(2, "version"),
    instant(3, "time"),
    uint(4, "size", STATUS_LIST_MAX_ENTRIES),
    octets(5, "bits", 1, up_to=STATUS_LIST_MAX_BYTES),
)


def decode_status_list(raw: bytes) -> StatusList:
    """The list in these bytes, unverified. Raises Refused."""
    envelope = cose.open_envelope(raw, max_bytes=STATUS_LIST_MAX_BYTES)
    values = LAYOUT.decode(envelope.payload, max_bytes=STATUS_LIST_MAX_BYTES)
    values["bits"] = _inflate(values["bits"], (values["size"] + 3) // 4)
    return StatusList(**values, envelope=envelope)


def sign_status_list(
    issuer: Signer,
    deployment: str,
    *,
    version: int,
    time: int,
    size: int,
    entries: Mapping[int, AllowanceStatus],
) -> bytes:
    """The signed list of `size` entries, all GOOD but those in `entries`."""
    bits = bytearray((size + 3) // 4)
    for index, status in entries.items():
        bits[index >> 2] |= int(status) << ((index & 3) << 1)
    key = load_public_key(issuer.public_key)
    payload = LAYOUT.encode(
        {
            "issuer_key_id": key.key_id,
            "version": version,
            "time": time,
            "size": size,
            "bits": _deflate(bytes(bits)),
        }
    )
    return cose.sign(issuer, status_list_prefix(key, deployment), payload)


def status_list_prefix(issuer_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of this issuer key's lists, up to the payload."""
    return cose.signing_prefix(Kind.STATUS_LIST, deployment, issuer_key.hash)


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(level=9, wbits=-15)
    return packer.compress(data) + packer.flush()


def _inflate(data: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        bits = unpacker.decompress(data, size + 1)
    except zlib.error:
        raise Refused(RefusalCode.FIELD_INVALID, "the list does not decompress") from None
    if len(bits) != size or not unpacker.eof or unpacker.unused_data:
        raise Refused(RefusalCode.FIELD_INVALID, "the list is not of the size it states")
    return bits
