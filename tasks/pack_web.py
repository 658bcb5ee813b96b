"""Packs the built web apps: beside each file its gzip form, searched for longer than a server may take (zopfli).

Any browser that reads gzip reads it; it is 3 to 4 percent smaller than gzip's best level.
Used as `python -m tasks.pack_web FOLDER`.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Final

from zopfli.gzip import compress

PACKED: Final = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"})
LARGE_BYTES: Final = 400_000
"""What is larger, such as the scanner's WebAssembly, would take zopfli half a minute."""


def pack(folder: Path) -> None:
    """Write `FILE.gz` beside every file that becomes smaller."""
    for file in sorted(folder.rglob("*")):
        if file.suffix not in PACKED or not file.is_file():
            continue
        plain = file.read_bytes()
        packed = gzip.compress(plain, 9, mtime=0) if len(plain) > LARGE_BYTES else compress(plain)
        if len(packed) < len(plain):
            file.with_name(f"{file.name}.gz").write_bytes(packed)


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
