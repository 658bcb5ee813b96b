"""A PIV card in the virtual reader (NIST SP 800-73-4): real keys, a PIN that counts, attestation as YubiKeys do it.

Only what a wallet's key needs: SELECT, VERIFY, GENERATE ASYMMETRIC KEY PAIR, GENERAL AUTHENTICATE, GET DATA and ATTEST
(F9). It is held into the driver's second slot by a thread; `take_out` and `put_in` are what a hand does.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from select import select

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from feiqian.links.apdu import Answer, ApduError, Command, Inbox, Outbox, Status, decode_command
from feiqian.links.vpcd import VirtualCard

PIN = "471106"
MANAGEMENT_KEY = bytes(range(24))
TRIES = 3
SECOND_PORT = 35_964
_PIV = bytes.fromhex("A000000308")


def tlv(tag: int, value: bytes) -> bytes:
    """BER-TLV; written here once more, so that the product's own is not its own judge."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    size = len(value)
    return head + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + value


class Maker:
    """Who makes such cards: a root, and an attestation certificate for each card."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.root = self.certify(self._key.public_key(), "Trial card maker", None, is_authority=True)

    def certify(
        self, key: ec.EllipticCurvePublicKey, name: str, issuer: x509.Certificate | None, *, is_authority: bool
    ) -> x509.Certificate:
        return certify(key, name, issuer, self._key, is_authority=is_authority)


def certify(
    key: ec.EllipticCurvePublicKey,
    name: str,
    issuer: x509.Certificate | None,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


class PivCard:
    """The card's applet. `answer` and `reset` are what a reader calls."""

    def __init__(self, maker: Maker, *, attests: bool = True, has_key: bool = False) -> None:
        self.maker = maker
        self.attests = attests
        self.pin, self.tries = PIN, TRIES
        self.verified_pins: list[bytes] = []
        self.signatures = 0
        self.garbles = False
        self.is_slow_s = 0.0
        self.key: ec.EllipticCurvePrivateKey | None = ec.generate_private_key(ec.SECP256R1()) if has_key else None
        self._attester = ec.generate_private_key(ec.SECP256R1())
        self.attestation = maker.certify(self._attester.public_key(), "Trial card 0001", maker.root, is_authority=True)
        self._inbox, self._outbox = Inbox(), Outbox()
        self.reset()

    def reset(self) -> None:
        self._selected = self._verified = self._managed = False
        self._challenge = b""
        self._inbox.clear()
        self._outbox.clear()

    def answer(self, raw: bytes) -> bytes:
        time.sleep(self.is_slow_s)
        if self.garbles and raw[1] == 0x87:
            return os.urandom(40) + b"\x90\0"
        try:
            command = decode_command(raw)
            if command.ins == 0xC0:
                return self._outbox.more(command.expected).raw
            whole = self._inbox.take(command)
            return Answer().raw if whole is None else self._do(whole).raw
        except ApduError as error:
            return Answer(status=error.status).raw

    def _do(self, command: Command) -> Answer:
        if command.ins == 0xA4:
            self._selected = command.data == _PIV
            return Answer(status=Status.DONE if self._selected else Status.NOT_FOUND)
        if not self._selected:
            raise ApduError(Status.WRONG_INSTRUCTION)
        act = {0x20: self._verify, 0x47: self._generate, 0x87: self._authenticate, 0xCB: self._get, 0xF9: self._attest}
        if command.ins not in act:
            raise ApduError(Status.WRONG_INSTRUCTION)
        return self._outbox.begin(act[command.ins](command), command.expected or 256)

    def _verify(self, command: Command) -> bytes:
        self.verified_pins.append(command.data)
        if not self.tries:
            raise ApduError(Status.PIN_BLOCKED)
        if command.data != self.pin.encode().ljust(8, b"\xff"):
            self.tries -= 1
            self._verified = False
            raise _Status(0x63C0 | self.tries)
        self.tries, self._verified = TRIES, True
        return b""

    def _generate(self, command: Command) -> bytes:
        if not self._managed:
            raise ApduError(Status.LOCKED)
        assert command.data == tlv(0xAC, tlv(0x80, b"\x11"))
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return tlv(0x7F49, tlv(0x86, point))

    def _authenticate(self, command: Command) -> bytes:
        if command.p2 == 0x9B:
            return self._manage(command)
        if self.key is None:
            raise ApduError(Status.NOT_FOUND)
        if not self._verified:
            raise ApduError(Status.LOCKED)
        self._verified = False  # this slot asks for the PIN each time
        head = bytes.fromhex("7C2482008120")
        assert command.data[: len(head)] == head
        self.signatures += 1
        signed = self.key.sign(command.data[len(head) :], ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return tlv(0x7C, tlv(0x82, signed))

    def _manage(self, command: Command) -> bytes:
        if command.data == bytes.fromhex("7C028100"):
            self._challenge = os.urandom(16)
            return tlv(0x7C, tlv(0x81, self._challenge))
        proving = Cipher(algorithms.AES(MANAGEMENT_KEY), modes.ECB()).encryptor()  # noqa: S305  one block
        if not self._challenge or command.data != tlv(0x7C, tlv(0x82, proving.update(self._challenge))):
            raise ApduError(Status.LOCKED)
        self._managed = True
        return b""

    def _get(self, command: Command) -> bytes:
        if command.data == bytes.fromhex("5C035FFF01"):
            der = self.attestation.public_bytes(Encoding.DER)
        elif command.data == bytes.fromhex("5C035FC10A") and self.key is not None and not self.attests:
            der = self._certificate().public_bytes(Encoding.DER)
        else:
            raise ApduError(Status.NOT_FOUND)
        return tlv(0x53, tlv(0x70, der) + bytes.fromhex("710100FE00"))

    def _attest(self, command: Command) -> bytes:
        if not self.attests or self.key is None or command.p1 != 0x9C:
            raise ApduError(Status.WRONG_INSTRUCTION)
        return self._certificate().public_bytes(Encoding.DER)

    def _certificate(self) -> x509.Certificate:
        assert self.key is not None
        name = f"Slot 9C {hashlib.sha256(self.attestation.public_bytes(Encoding.DER)).hexdigest()[:8]}"
        return certify(self.key.public_key(), name, self.attestation, self._attester, is_authority=False)


class _Status(ApduError):
    """A status word with a number in it."""

    def __init__(self, status: int) -> None:
        super().__init__(Status.BROKEN)
        self.status = status  # type: ignore[assignment]  # any word of the standard


class Slot:
    """A slot of the reader, and the card in it, served by a thread."""

    def __init__(self, card: PivCard, port: int = SECOND_PORT) -> None:
        self.card = card
        self._port = port
        self._is_out = threading.Event()
        self._thread: threading.Thread | None = None
        self.put_in()

    def put_in(self) -> None:
        self._is_out.clear()
        held = VirtualCard(self.card, port=self._port)

        def serve() -> None:
            with held:
                while not self._is_out.is_set():
                    ready, _, _ = select([held], [], [], 0.02)
                    if ready and not held.serve():
                        break

        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()

    def take_out(self) -> None:
        self._is_out.set()
        if self._thread is not None:
            self._thread.join(5)
