"""Looking at a device from outside its vault: files, rights, pictures, and what the machine does with memory.

Nothing is opened and nothing changed. Names are given below the device's home, so that they can be shown.
"""

import os
import resource
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from feiqian.cli.device import CLOCK_OFFSET
from feiqian.cli.device_privacy import KeptHere
from feiqian.cli.operator_batches import ANSWER_SUFFIX
from feiqian.cli.shown import PICTURE_LIFE_S, SHOWN_FOLDER
from feiqian.cli.terminal_queue import BATCH_SUFFIX, PROOF_SUFFIX
from feiqian.links.pictures import Pictures
from feiqian.links.qr import PART_NAMES
from feiqian.risk.device_check import Looked

_DATABASE: Final = frozenset({"vault.db", "vault.db-journal", "vault.db.new", "vault.db.new-journal", "lock.json.new"})
_REGISTERS: Final = ("wallet/pictures", "terminal/pictures/requests", "terminal/pictures/answers")
_LOG_ENDINGS: Final = frozenset({".log", ".jsonl", ".trace", ".out", ".err"})
_EXPORT_ENDINGS: Final = frozenset({BATCH_SUFFIX, PROOF_SUFFIX, ANSWER_SUFFIX})
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SWAPS: Final = Path("/proc/swaps")
_SAFE_SWAP: Final = ("/dev/zram", "/dev/dm-", "/dev/mapper/")


def look_at_files(home: Path, device: str, kept: Sequence[KeptHere], pin_file: Path | None, now: int) -> Looked:
    """What lies in this device's folder and beside it. `kept` names what belongs there."""
    folder, shown = home / device, home / SHOWN_FOLDER
    remembered = _remembered(home)
    named = {name for one in kept for name in one.where} | _DATABASE
    strays = [path for path in _files(folder) if not _belongs(path.relative_to(folder), named)]
    strays += [path for path in _files(shown) if path not in remembered]
    logs = [path for path in strays if path.suffix in _LOG_ENDINGS]
    exports = [path for path in strays if path.parent == shown and path.suffix in _EXPORT_ENDINGS]
    old = [path for path, made_at in remembered.items() if now - made_at >= PICTURE_LIFE_S and os.path.lexists(path)]
    other = [path for path in strays if path not in logs and path not in exports]
    loose = [path for path in _reachable(folder) if _is_loose(path)]
    loose += [shown] if shown.is_dir() and _is_loose(shown) else []
    return Looked(
        loose=_below(home, loose),
        pin_file_loose=pin_file is not None and pin_file.exists() and _is_loose(pin_file),
        strays=_below(home, other),
        exports=_below(home, exports),
        logs=_below(home, logs),
        old_pictures=_below(home, old),
        clock_moved=os.environ.get(CLOCK_OFFSET, "0") not in {"", "0"},
        swap=_has_open_swap(_SWAPS),
    )


def _remembered(home: Path) -> dict[Path, int]:
    found: dict[Path, int] = {}
    for register in _REGISTERS:
        found |= Pictures(home / register).remembered()
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Everything but folders, in the order of its names."""
    return (path for path in _tree(folder) if path != folder and (path.is_symlink() or not path.is_dir()))


def _reachable(folder: Path) -> list[Path]:
    """The folder and its files; folders in it only if others get into it at all."""
    closed = folder.is_dir() and not _is_loose(folder)
    return [path for path in _tree(folder) if not closed or path == folder or not path.is_dir()]


def _tree(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [folder, *sorted(folder.rglob("*"))]


def _belongs(path: Path, named: set[str]) -> bool:
    if path.parts[0] == "pictures":
        return path.match("picture-*.json") or path.match(PART_NAMES)
    return len(path.parts) == 1 and path.name in named


def _is_loose(path: Path) -> bool:
    """Others may read or write it, or it is theirs. A link has no rights of its own."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return not stat.S_ISLNK(found.st_mode) and (bool(found.st_mode & _OTHERS) or found.st_uid != os.geteuid())


def _below(home: Path, paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(str(path.relative_to(home)) if path.is_relative_to(home) else path.name for path in paths)


def leaves_core_dumps() -> bool:
    """Whether a crash of this very process would leave its memory in a file. An open vault has turned that off."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0] != 0


def _has_open_swap(swaps: Path) -> bool:
    """Whether memory may go to a disk as it is. Compressed memory is none, and mapped devices may be encrypted."""
    try:
        lines = swaps.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return False
    return any(not line.startswith(_SAFE_SWAP) for line in lines)
