"""Overwriting what a locked vault leaves in memory, as far as this can be done from Python.

- `wipe` overwrites the buffer of a value that nobody else uses any more: text and bytes of Python cannot be changed by
  their own means, so this reaches below them. It is for secrets that were read or decrypted into a value of their own,
  never for what others may hold, literals or single characters, which Python shares.
- `freed_is_overwritten` makes the C library overwrite each block that is freed meanwhile (glibc, `mallopt(M_PERTURB)`):
  the database's pages, and its copy of the statement that held its key.

- `overwrite_freed` takes all small blocks that Python itself has freed and keeps for later, and fills them with zeros:
  rows, statements and records that were read while the vault was open.

Where Python or the C library is another one they do nothing: the process then ends soon, as every command does.
"""

import contextlib
import ctypes
import gc
import resource
import sys
from collections.abc import Iterator
from typing import Final

_M_PERTURB: Final = -6
_PATTERN: Final = 0x5A
_SHARED_MAX: Final = 1
_SMALL_SIZES: Final = range(48, 272, 16)
_SMALL_BLOCKS: Final = 8_192
_IS_CPYTHON: Final = sys.implementation.name == "cpython"
_TEXT_HEAD: Final = sys.getsizeof("") - 1
_BYTES_HEAD: Final = sys.getsizeof(b"") - 1


def wipe(*secrets: bytes | bytearray | str | None) -> None:
    """Overwrites them with zeros. Whoever still holds one of them holds zeros from now on."""
    for secret in secrets:
        if isinstance(secret, bytearray):
            secret[:] = bytes(len(secret))
        elif secret is not None and len(secret) > _SHARED_MAX and _IS_CPYTHON:
            if isinstance(secret, bytes):
                ctypes.memset(id(secret) + _BYTES_HEAD, 0, len(secret))
            elif secret.isascii():
                ctypes.memset(id(secret) + _TEXT_HEAD, 0, len(secret))


@contextlib.contextmanager
def freed_is_overwritten() -> Iterator[None]:
    """Blocks that are freed within the block are overwritten before somebody else gets them."""
    perturb = _mallopt()
    if perturb is None:
        yield
        return
    perturb(_M_PERTURB, _PATTERN)
    try:
        yield
    finally:
        perturb(_M_PERTURB, 0)


def overwrite_freed() -> None:
    """Overwrites what Python has freed of the sizes of keys, tokens and PINs. About 40 ms."""
    gc.collect()
    for size in _SMALL_SIZES:
        blocks = [bytes(size - _BYTES_HEAD - 1) for _ in range(_SMALL_BLOCKS)]
        blocks.clear()


def leave_no_core_dump() -> None:
    """A crash of this process leaves its memory in no file."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _mallopt() -> "ctypes._NamedFuncPointer | None":
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "mallopt", None)
