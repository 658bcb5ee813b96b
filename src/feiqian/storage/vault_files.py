"""The files of a vault's directory: who may use it, and how lock.json is written.

What is written here is whole or not there, and stays so after a power cut.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final

from feiqian.storage import VaultInUse
from feiqian.storage.crash import crash_point
from feiqian.storage.vault_header import HEADER, Header

IN_USE: Final = "in-use.lock"
RECOVERY: Final = "recovery.json"
_NEW: Final = ".new"
_RETRY_S: Final = 0.05


def write_header(directory: Path, header: Header, point: str) -> None:
    """Atomic and durable: after any kill or power cut lock.json is the old one or the new one."""
    write_file(directory / HEADER, header.encode(), point)


def write_file(path: Path, content: bytes, point: str) -> None:
    """The whole file or the one before it, readable by its owner only; `point` names the write for crash tests."""
    new = path.with_name(path.name + _NEW)
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    crash_point(f"{point}:before-rename")
    new.replace(path)
    sync_directory(path.parent)
    crash_point(f"{point}:after-rename")


def sync_directory(directory: Path) -> None:
    """The names in it outlive a power cut from here on."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take(directory: Path, timeout_s: float) -> int:
    """A descriptor that holds the vault for this process, waiting up to `timeout_s` for another one."""
    # Never deleted: a second file of the same name would be a second lock.
    descriptor = os.open(directory / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + timeout_s
    try:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            if time.monotonic() >= deadline:
                raise VaultInUse("Another program uses this vault.")
            time.sleep(_RETRY_S)
    except BaseException:
        os.close(descriptor)
        raise
