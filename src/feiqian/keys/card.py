"""Wallet keys on a smart card with the PIV application (NIST SP 800-73-4), such as a YubiKey: key store CARD.

Rules. The private key never leaves the card, and a card has one key in the slot used here: all allowances of its wallet
are bound to that one key. The card's own PIN is sent for each signature, and never again once the card called it wrong:
its few tries are the holder's. A signature is checked against the stored public key before anybody gets it, so that
another card in the reader cannot pass for this one. What the card says is a value or a coded trouble.

Which reader it is and how bytes reach it is for the composition root to say: a `CardChannel` comes from outside.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from feiqian.keys.attestation_evidence import EVIDENCE_MAX_BYTES, write_evidence
from feiqian.keys.card_troubles import CardTrouble
from feiqian.protocol import cbor
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import PublicKey, low_s
from feiqian.protocol.limits import PUBLIC_KEY_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

PIV_AID: Final = bytes.fromhex("A000000308")
SIGNATURE_SLOT: Final = 0x9C
"""Digital signature: by the standard the PIN is needed for each use."""
CARD_S: Final = 30.0
"""How long a card is waited for."""

_SLOTS: Final = {0x9A: b"\x5f\xc1\x05", 0x9C: b"\x5f\xc1\x0a", 0x9D: b"\x5f\xc1\x0b", 0x9E: b"\x5f\xc1\x01"}
"""Where the certificate of each slot's key is kept (part 1, table 3)."""
_ATTESTATION_CERTIFICATE: Final = b"\x5f\xff\x01"
_P256: Final = 0x11
_MANAGEMENT_SLOT: Final = 0x9B
_AES: Final = {16: 0x08, 24: 0x0A, 32: 0x0C}
_PIN_BYTES: Final = 8
_DONE, _WRONG_PIN, _BLOCKED, _NO_OBJECT = 0x9000, 0x63C0, 0x6983, 0x6A82
_STORE_MAX_BYTES: Final = 64
_NAME_BYTES: Final = 8
_LONG_TAG: Final = 0x1F
_LONG_FORM: Final = 0x80
_LENGTH_MAX_BYTES: Final = 3


class CardAnswer(Protocol):
    """What came back."""

    @property
    def data(self) -> bytes:
        """All of it, put together."""

    @property
    def status(self) -> int:
        """The status word."""


class CardChannel(Protocol):
    """A reader that speaks to one card at a time. Every method raises Coded when card or reader went."""

    def wait_for_card(self, until: float) -> bool:
        """Wait for a card; False when there is none at `until`, on the monotonic clock."""

    def exchange(self, cla: int, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"") -> CardAnswer:
        """Send a message and fetch all of the answer."""

    def leave(self) -> None:
        """Let the card go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAccess:
    """What a wallet needs to use a card: the way to it, its PIN, and for a card without a key its management key."""

    channel: CardChannel
    pin: Callable[[], str]
    """Asked for at the first signature."""
    management_key: bytes | None = None
    """AES, 16, 24 or 32 bytes; only a card that is to make its key needs it."""


class CardKeys:
    """The key maker over one card (`wallet.ports.KeyMaker`). May be used from several threads: one act at a time."""

    tier: Final = Tier.CARD

    def __init__(self, access: CardAccess, *, slot: int = SIGNATURE_SLOT, wait_s: float = CARD_S) -> None:
        if slot not in _SLOTS:
            raise ValueError("no slot for keys")
        self._access = access
        self._slot = slot
        self._wait_s = wait_s
        self._pin: str | None = None
        self._wrong: CardTrouble | None = None
        self._lock = threading.Lock()

    def make(self) -> bytes:
        """The card's key, as it is stored: a reference. Made now if the card has none. Raises CardTrouble.

        Each reference is another one, since a wallet tells its allowances apart by them; the key is the same.
        """
        with self._card():
            point = self._find() or self._generate()
        return cbor.encode({0: "card", 1: self._slot, 2: point, 3: secrets.token_bytes(_NAME_BYTES)})

    def load(self, stored: bytes, /) -> "CardKey":
        """The signer of a reference; the card is not needed before it signs. Raises CardTrouble card_key_damaged."""
        try:
            content = cbor.decode_map(stored, max_bytes=_STORE_MAX_BYTES)
            point = content.get(2)
            name = content.get(3)
            if content != {0: "card", 1: self._slot, 2: point, 3: name} or type(point) is not bytes:
                raise CardTrouble("card_key_damaged")
            if type(name) is not bytes or len(name) != _NAME_BYTES:
                raise CardTrouble("card_key_damaged")
            PublicKey(point)
        except Refused:
            raise CardTrouble("card_key_damaged") from None
        return CardKey(self, point)

    def evidence(self, stored: bytes, challenge: bytes, /) -> bytes | None:
        """The card's own attestation of this key with the certificate above it; None if it makes none.

        It answers no challenge, since PIV cards have none: the proof of possession beside it does.
        """
        del challenge
        point = self.load(stored).public_key
        with self._card():
            leaf, above = self._attestation(), self._object(_ATTESTATION_CERTIFICATE)
        if leaf is None:
            return None
        if _point_in(leaf) != point:
            raise CardTrouble("card_other")
        found = write_evidence("card", *(one for one in (leaf, above) if one))
        return found if len(found) <= EVIDENCE_MAX_BYTES else None

    def signature(self, point: bytes, message: bytes) -> bytes:
        """The card's signature, r and s, checked against the key that it must be. Raises CardTrouble."""
        digest = hashlib.sha256(message).digest()
        with self._card():
            self._verify_pin()
            body = _tlv(0x7C, _tlv(0x82, b"") + _tlv(0x81, digest))
            answer = self._must(0x00, 0x87, _P256, self._slot, body)
        try:
            der = dict(_read_tlv(dict(_read_tlv(answer)).get(0x7C, b""))).get(0x82, b"")
            r, s = utils.decode_dss_signature(der)
            found = low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        except (ValueError, OverflowError):
            raise CardTrouble("card_garbled") from None
        try:
            PublicKey(point).verify_digest(found, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)
        except Refused:
            raise CardTrouble("card_other") from None
        return found

    @contextmanager
    def _card(self) -> Iterator[None]:
        """The card, its PIV application selected; let go at the end, so that it can be taken out."""
        channel = self._access.channel
        with self._lock:
            if not channel.wait_for_card(time.monotonic() + self._wait_s):
                raise CardTrouble("card_absent")
            try:
                if channel.exchange(0, 0xA4, 4, 0, PIV_AID).status != _DONE:
                    raise CardTrouble("card_not_piv")
                yield
            finally:
                channel.leave()

    def _verify_pin(self) -> None:
        if self._wrong is not None:
            raise self._wrong
        if self._pin is None:
            self._pin = self._access.pin()
        pin = self._pin.encode("utf-8")
        if not 0 < len(pin) <= _PIN_BYTES:
            raise CardTrouble("card_pin_unfit")
        status = self._access.channel.exchange(0, 0x20, 0, 0x80, pin.ljust(_PIN_BYTES, b"\xff")).status
        if status == _DONE:
            return
        if status in (_BLOCKED, _WRONG_PIN):
            self._wrong = CardTrouble("card_blocked")
        elif status & 0xFFF0 == _WRONG_PIN:
            self._wrong = CardTrouble("card_pin_wrong", left=status & 0xF)
        raise self._wrong or CardTrouble("card_failed", status=f"{status:04X}")

    def _find(self) -> bytes | None:
        """The key that is there: from the card's attestation of it, else from the certificate kept beside it."""
        found = self._attestation() or self._object(_SLOTS[self._slot])
        return None if found is None else _point_in(found)

    def _generate(self) -> bytes:
        key = self._access.management_key
        if key is None:
            raise CardTrouble("card_no_key")
        self._manage(key)
        answer = self._must(0x00, 0x47, 0, self._slot, _tlv(0xAC, _tlv(0x80, bytes([_P256]))))
        try:
            point = dict(_read_tlv(dict(_read_tlv(answer)).get(0x7F49, b""))).get(0x86, b"")
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise CardTrouble("card_garbled") from None
        return _compressed(public)

    def _manage(self, key: bytes) -> None:
        """Prove the management key: the card's challenge, encrypted (part 2, A.1)."""
        algorithm = _AES.get(len(key))
        if algorithm is None:
            raise CardTrouble("card_management_refused")
        answer = self._must(0x00, 0x87, algorithm, _MANAGEMENT_SLOT, _tlv(0x7C, _tlv(0x81, b"")))
        try:
            challenge = dict(_read_tlv(dict(_read_tlv(answer)).get(0x7C, b""))).get(0x81, b"")
            proving = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # one block, as PIV has it
            response = proving.update(challenge) + proving.finalize()
        except ValueError:
            raise CardTrouble("card_garbled") from None
        body = _tlv(0x7C, _tlv(0x82, response))
        if self._access.channel.exchange(0, 0x87, algorithm, _MANAGEMENT_SLOT, body).status != _DONE:
            raise CardTrouble("card_management_refused")

    def _attestation(self) -> bytes | None:
        """The certificate that the card makes of this slot's key; None from cards that cannot, or have no key there."""
        answer = self._access.channel.exchange(0, 0xF9, self._slot, 0)
        return answer.data if answer.status == _DONE and answer.data else None

    def _object(self, name: bytes) -> bytes | None:
        """The certificate in a data object; None where there is none."""
        answer = self._access.channel.exchange(0, 0xCB, 0x3F, 0xFF, _tlv(0x5C, name))
        if answer.status != _DONE:
            return None
        try:
            return dict(_read_tlv(dict(_read_tlv(answer.data)).get(0x53, b""))).get(0x70) or None
        except ValueError:
            raise CardTrouble("card_garbled") from None

    def _must(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        answer = self._access.channel.exchange(cla, ins, p1, p2, data)
        if answer.status != _DONE:
            raise CardTrouble("card_failed", status=f"{answer.status:04X}")
        return answer.data


class CardKey:
    """A `protocol.keys.Signer` whose private key is in the card."""

    def __init__(self, keys: CardKeys, point: bytes) -> None:
        self._keys = keys
        self._point = point

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return self._point

    def sign(self, message: bytes) -> bytes:
        """R and s, 32 bytes each, s in the lower half. Raises CardTrouble; then nothing was signed."""
        return self._keys.signature(self._point, message)

    def __repr__(self) -> str:
        return f"CardKey(public={self._point[:3].hex()}…)"


def _point_in(certificate: bytes) -> bytes:
    """The P-256 key of a certificate. Raises CardTrouble."""
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        raise CardTrouble("card_garbled") from None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise CardTrouble("card_other_kind")
    return _compressed(public)


def _compressed(public: ec.EllipticCurvePublicKey) -> bytes:
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert len(point) == PUBLIC_KEY_BYTES  # noqa: S101  # of this curve
    return point


def _tlv(tag: int, value: bytes) -> bytes:
    """BER-TLV as PIV uses it, up to 65,535 bytes."""
    size = len(value)
    if size < _LONG_FORM:
        return bytes([tag, size]) + value
    length = size.to_bytes(1 if size < 1 << 8 else 2, "big")
    return bytes([tag, _LONG_FORM + len(length)]) + length + value


def _read_tlv(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and values that stand one behind the other. Raises ValueError for what is cut short."""
    while raw:
        wide = 2 if raw[0] & _LONG_TAG == _LONG_TAG else 1
        tag, rest = int.from_bytes(raw[:wide], "big"), raw[wide:]
        if not rest:
            raise ValueError("no length")
        start = 1 + max(0, rest[0] - _LONG_FORM)
        size = rest[0] if start == 1 else int.from_bytes(rest[1:start], "big")
        if start > _LENGTH_MAX_BYTES or rest[0] == _LONG_FORM or len(rest) < start + size:
            raise ValueError("cut short")
        yield tag, rest[start : start + size]
        raw = rest[start + size :]
