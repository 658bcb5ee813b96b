"""One TPM 2.0: a connection for every act, and nothing left in the TPM behind it.

A TPM without a resource manager holds three objects at a time, knows no owner of any, and keeps what a killed process
left in it. So one act of this user is in a TPM at a time: it takes a lock that the kernel frees at any death, connects,
flushes what it loaded, and goes. Where the TPM has no room, what lies there is nobody's and is flushed, once.

Which TPM it is stands in an address as the TSS has them (`device:/dev/tpmrm0`, `swtpm:host=127.0.0.1,port=2321`). The
library comes with the extra `tpm`; it is loaded when the first act begins.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from feiqian.keys.tpm_structures import sized
from feiqian.keys.troubles import KeyTrouble

if TYPE_CHECKING:
    from tpm2_pytss import ESYS_TR, TSS2_Exception

T = TypeVar("T")

_LAYER: Final = 0xFF_0000
_TPM_LAYERS: Final = (0, 11 << 16, 12 << 16)
_FORMAT_1: Final = 0x80
_NO_ROOM: Final = frozenset({0x902, 0x903})
_TRANSIENT, _LOADED_SESSIONS = 0x8000_0000, 0x0200_0000


class Gone(Exception):
    """The TPM does not have what was named, or it belongs to another owner."""


class NotCounted(Exception):
    """A counter that was made and never moved."""


class Tpm:
    """Where a TPM is. `run` is the one way to it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, act: "Callable[[Session], T]") -> T:
        """The act in a connection of its own. Raises KeyTrouble, Gone, NotCounted."""
        library()
        if not self._address:
            raise KeyTrouble("tpm_not_named")
        from tpm2_pytss import TSS2_Exception

        try:
            with self._alone(), Session(self._address) as session:
                try:
                    return act(session)
                except TSS2_Exception as error:
                    if int(error.rc) not in _NO_ROOM:
                        raise
                    session.flush_strangers()
                    return act(session)
        except TSS2_Exception as error:
            raise _told(error) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        name = f"feiqian-tpm-{os.getuid()}-{hashlib.sha256(self._address.encode()).hexdigest()[:16]}.lock"
        lock = os.open(Path(tempfile.gettempdir()) / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class Session:
    """A connection. What is loaded through it is flushed at its end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._loaded: list[ESYS_TR] = []

    def __enter__(self) -> Self:
        from tpm2_pytss import ESAPI

        self.esys = ESAPI(self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from tpm2_pytss import TSS2_Exception

        try:
            for handle in reversed(self._loaded):
                self.esys.flush_context(handle)
        except TSS2_Exception:
            if error is None:
                raise
        finally:
            self.esys.close()

    def keep(self, handle: "ESYS_TR") -> "ESYS_TR":
        """Remembers to flush it."""
        self._loaded.append(handle)
        return handle

    def flush(self, handle: "ESYS_TR") -> None:
        """It is needed no more."""
        self._loaded.remove(handle)
        self.esys.flush_context(handle)

    def primary(self, template: bytes, hierarchy: "ESYS_TR") -> "tuple[ESYS_TR, bytes]":
        """The key that this TPM makes of a template, the same every time, and its TPMT_PUBLIC."""
        from tpm2_pytss import TPM2B_PUBLIC

        public, _ = TPM2B_PUBLIC.unmarshal(sized(template))
        handle, made, *_ = self.esys.create_primary(None, public, hierarchy)
        return self.keep(handle), bytes(made.publicArea.marshal())

    def flush_strangers(self) -> None:
        """What processes that died have left."""
        from tpm2_pytss import TPM2_CAP

        self._loaded.clear()
        for first in (_TRANSIENT, _LOADED_SESSIONS):
            _, found = self.esys.get_capability(TPM2_CAP.HANDLES, first, 64)
            for handle in list(found.data.handles):
                self.esys.flush_context(self.esys.tr_from_tpmpublic(handle))


def library() -> Any:
    """The TSS. Raises KeyTrouble tpm_library_missing."""
    os.environ.setdefault("TSS2_LOG", "all+NONE")  # else it writes every refusal to standard error by itself
    try:
        import tpm2_pytss
    except ImportError:
        raise KeyTrouble("tpm_library_missing") from None
    return tpm2_pytss


def _told(error: "TSS2_Exception") -> Exception:
    """What the TPM's answer means for us."""
    code = int(error.rc)
    if code & _LAYER not in _TPM_LAYERS:
        return KeyTrouble("tpm_unreachable")
    code &= 0xFFFF
    number = code & 0xBF if code & _FORMAT_1 else code
    match number:
        case 0x8B | 0x8E | 0x9F | 0xA2 | 0x84:  # handle, auth fail, integrity, bad auth, value
            return Gone(str(error))
        case 0x14A:
            return NotCounted()
        case 0x14B:
            return KeyTrouble("tpm_full")
        case _:
            return KeyTrouble("tpm_failed", what=str(error).rpartition(":")[2])
