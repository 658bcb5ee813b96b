"""Files of a home: written whole or not at all, for their owner only."""

import os
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """One line, readable by its owner only."""
    write_durably(path, f"{text}\n".encode())


def write_durably(path: Path, content: bytes) -> None:
    """All of it or nothing, readable by its owner only, still there after a power cut."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """The names in a folder outlive a power cut from here on."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
