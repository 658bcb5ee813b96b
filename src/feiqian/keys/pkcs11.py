"""The operator's keys in a PKCS#11 token (a hardware security module, a smart card, SoftHSM): made there, used there.

- Keys are P-256, sensitive and not extractable; a token that makes others is refused. Messages are hashed here and
  signed with CKM_ECDSA, which every token has; s is brought into the lower half.
- The library initialises a module without its own locks, and a session does one thing at a time: one lock stands
  before it. A process has one session; after a fork each opens its own.
- A session that broke off (token pulled, reset) is opened anew once, and the signature asked for again, which costs
  nothing if it was made. The PIN is tried once: a token counts.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from feiqian.keys.token_troubles import TokenTrouble
from feiqian.protocol.keys import low_s
from feiqian.protocol.limits import SIGNATURE_BYTES

T = TypeVar("T")
_P256: Final = bytes.fromhex("06082a8648ce3d030107")
"""Its object identifier, 1.2.840.10045.3.1.7, as CKA_EC_PARAMS holds it."""
_POINT_HEAD: Final = b"\x04\x41"
_POINT_BYTES: Final = 65
_ID_BYTES: Final = 16
_RANDOM_BITS: Final = 64
_LOOKS: Final = 6
_LOOK_EVERY_S: Final = 0.1


class Token:
    """One token, opened with its PIN at the first use. `close` it, or use `with`."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module, self._label, self._pin = module, label, pin
        self._lock = threading.Lock()
        self._session: Any = None
        self._opened_in = 0
        self._found: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def key(self, label: str) -> "TokenKey":
        """The key of this label. Raises TokenTrouble token_key_missing and as every act does."""
        with self._lock:
            return TokenKey(self, label, self._told(lambda: self._point_of(label)))

    def make(self, label: str) -> "TokenKey":
        """A new key of this label, which never leaves the token. Raises TokenTrouble."""
        with self._lock:
            return TokenKey(self, label, self._told(lambda: self._make(label)))

    def sign(self, label: str, digest: bytes) -> bytes:
        """R and s over a SHA-256 digest, s in the lower half."""
        with self._lock:
            signature = self._told(lambda: self._sign(label, digest))
        if len(signature) != SIGNATURE_BYTES:
            raise TokenTrouble("token_failed", what="signature")
        return low_s(signature)

    def close(self) -> None:
        """Log out and let the module go: a process that is forked from this one begins with it anew."""
        with self._lock:
            if self._session is not None and self._opened_in == os.getpid():
                self._let_go()

    def _told(self, act: Callable[[], T]) -> T:
        """The act, with what the token says of it put into our words. Tries once more with a new session."""
        library = _library()
        try:
            try:
                self._open(library)
                return act()
            except _broken_off(library):
                self._let_go()
                self._open(library)
                return act()
        except library.PinIncorrect:
            raise TokenTrouble("token_pin_wrong") from None
        except (library.PinLocked, library.UserPinNotInitialized):
            raise TokenTrouble("token_pin_locked") from None
        except library.NoSuchToken:
            raise TokenTrouble("token_missing", label=self._label) from None
        except library.PKCS11Error as error:
            raise TokenTrouble("token_failed", what=type(error).__name__) from None

    def _open(self, library: Any) -> None:
        if self._session is not None and self._opened_in == os.getpid():
            return
        if self._session is not None:  # of the process that we were forked from
            self._let_go()
        self._session = self._token(library).open(rw=True, user_pin=self._pin)
        self._opened_in = os.getpid()

    def _token(self, library: Any) -> Any:
        """The token. A module sees it only when it looks while no other process writes to it, so it looks again."""
        for again in range(_LOOKS - 1, -1, -1):
            try:
                return self._loaded(library).get_token(token_label=self._label)
            except library.NoSuchToken:
                if not again:
                    raise
                self._let_go()
                time.sleep(_LOOK_EVERY_S)
        raise AssertionError("a last look returns or raises")

    def _loaded(self, library: Any) -> Any:
        try:
            return library.lib(str(self._module))
        except library.PKCS11Error:
            raise TokenTrouble("token_module_missing", module=self._module.name) from None

    def _let_go(self) -> None:
        """The session ends, and the module forgets everything. What a dead session says to that is no matter."""
        library = _library()
        session, self._session = self._session, None
        self._found.clear()
        with suppress(library.PKCS11Error):
            if session is not None:
                session.close()
        with suppress(library.PKCS11Error):
            self._loaded(library).finalize()

    def _check_alive(self) -> None:
        """Before a search, which in a session that broke off finds nothing instead of saying so."""
        with suppress(_library().RandomNoRNG):
            self._session.generate_random(_RANDOM_BITS)

    def _private(self, label: str) -> Any:
        library = _library()
        if label not in self._found:
            self._check_alive()
            try:
                wanted = {"object_class": library.ObjectClass.PRIVATE_KEY, "label": label}
                self._found[label] = self._session.get_key(**wanted, key_type=library.KeyType.EC)
            except (library.NoSuchKey, library.MultipleObjectsReturned):
                raise TokenTrouble("token_key_missing", label=label) from None
        return self._found[label]

    def _point_of(self, label: str) -> bytes:
        library = _library()
        self._check_alive()
        self._private(label)
        try:
            public = self._session.get_key(
                object_class=library.ObjectClass.PUBLIC_KEY, key_type=library.KeyType.EC, label=label
            )
        except (library.NoSuchKey, library.MultipleObjectsReturned):
            raise TokenTrouble("token_key_missing", label=label) from None
        return _compressed(bytes(public[library.Attribute.EC_POINT]), label)

    def _make(self, label: str) -> bytes:
        library = _library()
        self._check_alive()
        wanted = {library.Attribute.LABEL: label}
        if next(iter(self._session.get_objects(wanted)), None) is not None:
            raise TokenTrouble("token_key_exists", label=label)
        curve = self._session.create_domain_parameters(
            library.KeyType.EC, {library.Attribute.EC_PARAMS: _P256}, local=True
        )
        never_out = {library.Attribute.SENSITIVE: True, library.Attribute.EXTRACTABLE: False}
        public, private = curve.generate_keypair(
            store=True,
            label=label,
            id=os.urandom(_ID_BYTES),
            capabilities=library.MechanismFlag.SIGN | library.MechanismFlag.VERIFY,
            private_template=never_out,
        )
        if private[library.Attribute.EXTRACTABLE] or not private[library.Attribute.SENSITIVE]:
            private.destroy()
            public.destroy()
            raise TokenTrouble("token_key_weak", label=label)
        self._found[label] = private
        return _compressed(bytes(public[library.Attribute.EC_POINT]), label)

    def _sign(self, label: str, digest: bytes) -> bytes:
        return bytes(self._private(label).sign(digest, mechanism=_library().Mechanism.ECDSA))


class TokenKey:
    """A `protocol.keys.Signer` whose private part is in a token."""

    def __init__(self, token: Token, label: str, point: bytes) -> None:
        self._token, self._label, self._point = token, label, point

    @property
    def label(self) -> str:
        """What the token calls it."""
        return self._label

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return self._point

    def sign(self, message: bytes) -> bytes:
        """R and s, 32 bytes each, s in the lower half. Raises TokenTrouble."""
        return self._token.sign(self._label, hashlib.sha256(message).digest())

    def __repr__(self) -> str:
        return f"TokenKey(label={self._label!r}, public={self._point[:3].hex()}…)"


def _library() -> Any:
    """The library of the extra `pkcs11`. Raises TokenTrouble token_library_missing."""
    try:
        import pkcs11
    except ImportError:
        raise TokenTrouble("token_library_missing") from None
    return pkcs11


def _broken_off(library: Any) -> tuple[type[Exception], ...]:
    """What a token says when the session is not there any more."""
    return (
        library.SessionHandleInvalid,
        library.SessionClosed,
        library.KeyHandleInvalid,
        library.ObjectHandleInvalid,
        library.DeviceRemoved,
        library.DeviceError,
        library.TokenNotPresent,
        library.UserNotLoggedIn,
        library.GeneralError,
    )


def _compressed(stored: bytes, label: str) -> bytes:
    """SEC 1, 2.3.3, of an uncompressed point: in an OCTET STRING, as the standard says, or bare, as some say it."""
    point = stored.removeprefix(_POINT_HEAD)
    if len(point) != _POINT_BYTES or point[:1] != b"\x04":
        raise TokenTrouble("token_key_missing", label=label)
    return bytes([2 + point[-1] % 2]) + point[1:33]
