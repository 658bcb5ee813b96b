"""A passkey that signs cheques: WebAuthn assertions as signatures, rebuilt and checked offline (spec 02.4).

An authenticator signs no bytes of ours but `authenticatorData || SHA-256(clientDataJSON)` (WebAuthn Level 3 section
7.2). Both are known but for five bytes: the challenge is the statement's id, the origin stands in the key set, and an
authenticator that keeps to our options adds no extensions. So five bytes travel before the signature, and whoever
verifies builds the rest byte for byte. The JSON has two forms, the plain one and the one with the member that Chromium
adds to one in five; a bit beside the flags says which. A browser that writes it in any other way makes no cheque.
"""

import base64
import hashlib
import re
from typing import Final

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.keys import PublicKey, Signer
from feiqian.protocol.limits import SIGNATURE_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

ASSERTED_BYTES: Final = 5
"""Flags with the form of the client data (1) and signature counter (4): what only the payer's side knows of what was
signed."""
ASSERTION_BYTES: Final = ASSERTED_BYTES + SIGNATURE_BYTES
USER_PRESENT: Final = 0x01
USER_VERIFIED: Final = 0x04
"""Authenticator data flags (WebAuthn Level 3 section 6.1). All others must be clear: BE and BS would say that the key
can be or was copied to other devices, AT and ED that there are bytes which nobody could rebuild."""
WITH_EXTRA_MEMBER: Final = 0x02
"""Set beside the flags by the wallet, never by an authenticator: the client data end with `EXTRA_MEMBER`. It is no part
of what is signed, but it chooses what is: the other form is another message, under which the signature is bad."""
EXTRA_MEMBER: Final = (
    ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"'
)
"""What Chromium adds now and then behind all other members, so that nobody takes the client data to be closed."""
ORIGIN_MAX_BYTES: Final = 128

_ORIGIN = re.compile(r"(?:https://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)|http://(localhost))(?::[1-9][0-9]{0,4})?")
"""A web origin as browsers spell it (RFC 6454 section 6.2): lower case, no default port, no path."""


def rp_id_of(origin: str) -> str:
    """The relying party id that belongs to an origin: its host. Raises Refused FIELD_INVALID for what is no origin."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise Refused(RefusalCode.FIELD_INVALID, "the passkey origin is not one")
    return found[1] or found[2]


def client_data(challenge: bytes, origin: str, *, extra: bool = False) -> bytes:
    """The clientDataJSON of an assertion, as every browser serialises it (WebAuthn Level 3 section 5.8.1.1).

    With `extra`, as Chromium serialises one in five.
    """
    spelled = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    ending = f'"crossOrigin":false{EXTRA_MEMBER if extra else ""}}}'
    return f'{{"type":"webauthn.get","challenge":"{spelled}","origin":"{origin}",{ending}'.encode()


def asserted_message(challenge: bytes, origin: str, asserted: bytes) -> bytes:
    """What the authenticator signs for this challenge with these flags, this counter and this form of client data."""
    rp_id_hash = hashlib.sha256(rp_id_of(origin).encode()).digest()
    flags, extra = asserted[0] & ~WITH_EXTRA_MEMBER, asserted[0] & WITH_EXTRA_MEMBER != 0
    authenticator_data = rp_id_hash + bytes((flags,)) + asserted[1:]
    return authenticator_data + hashlib.sha256(client_data(challenge, origin, extra=extra)).digest()


class PasskeyKey:
    """A device key that lives in a passkey of `origin`; it verifies as a `PublicKey` does, over assertions.

    Without an origin, nothing that it signed is accepted: whoever verifies was not told where passkeys may sign.
    """

    __slots__ = ("_key", "_origin")

    def __init__(self, key: PublicKey, origin: str | None) -> None:
        self._key = key
        self._origin = origin

    @property
    def point(self) -> bytes:
        """Its 33 wire bytes."""
        return self._key.point

    def check_assertion(self, signature: bytes, holder_check: int) -> None:
        """Refuses, before any signature is verified, what no passkey here may say.

        Order: SIGNATURE_FORM_MISMATCH, PASSKEY_NOT_SERVED, PASSKEY_FLAGS_REFUSED, HOLDER_CHECK_MISMATCH.
        """
        if len(signature) != ASSERTION_BYTES:
            raise Refused(RefusalCode.SIGNATURE_FORM_MISMATCH, "a passkey signs assertions only")
        if self._origin is None:
            raise Refused(RefusalCode.PASSKEY_NOT_SERVED)
        flags = signature[0]
        if flags & ~(USER_VERIFIED | WITH_EXTRA_MEMBER) != USER_PRESENT:
            raise Refused(RefusalCode.PASSKEY_FLAGS_REFUSED, f"flags {flags:#04x}")
        if (flags & USER_VERIFIED != 0) != (holder_check == HolderCheck.BIOMETRIC):
            raise Refused(RefusalCode.HOLDER_CHECK_MISMATCH)

    def verify_digest(self, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        """Refuses with `code` unless `signature` is this passkey's assertion whose challenge is `digest`."""
        if len(signature) != ASSERTION_BYTES or self._origin is None:
            raise Refused(code, "no assertion")
        message = asserted_message(digest, self._origin, signature[:ASSERTED_BYTES])
        self._key.verify_digest(signature[ASSERTED_BYTES:], hashlib.sha256(message).digest(), code)


class Asserting:
    """A `Signer` for assertions: 69 bytes instead of 64. Holds the credential's key, as a soft authenticator does.

    `flags` are those that travel: with `WITH_EXTRA_MEMBER`, its browser adds the member to the client data.
    """

    def __init__(self, credential: Signer, origin: str, *, flags: int, sign_count: int = 0) -> None:
        self._credential = credential
        self._origin = origin
        self._asserted = bytes((flags,)) + sign_count.to_bytes(4, "big")

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return self._credential.public_key

    def sign(self, message: bytes) -> bytes:
        """The assertion whose challenge is the SHA-256 of `message`: flags, counter, r and s."""
        challenge = hashlib.sha256(message).digest()
        return self._asserted + self._credential.sign(asserted_message(challenge, self._origin, self._asserted))
