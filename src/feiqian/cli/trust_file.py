"""The trust file: what somebody without a server needs to check evidence, in one file.

JSON with the deployment's name, the root keys that the checker has decided to believe and the trust pack that they
signed. Whoever checks compares the root keys' fingerprint with what the operator publishes elsewhere.
"""

import hashlib
import json
from pathlib import Path

from feiqian.cli.report import CommandTrouble
from feiqian.protocol.trust import Trust, TrustRoot, first_trust

SCHEMA = 1
TRUST_FILE_MAX_BYTES = 8 * 1024 * 1024


def write_trust_file(path: Path, root: TrustRoot, pack: bytes) -> None:
    """Writes the trust file; the pack is checked against the root first, so no file is written that cannot serve."""
    first_trust(root, pack)
    content = {
        "schema": SCHEMA,
        "deployment": root.deployment,
        "threshold": root.threshold,
        "roots": [point.hex() for point in root.roots],
        "pack": pack.hex(),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_trust_file(path: Path) -> Trust:
    """What the file makes believe. Raises CommandTrouble file_missing or trust_file_unreadable, Refused."""
    try:
        if path.stat().st_size > TRUST_FILE_MAX_BYTES:
            raise CommandTrouble("trust_file_unreadable", path=path.name)
        content = json.loads(path.read_text(encoding="utf-8"))
        root = TrustRoot(
            deployment=str(content["deployment"]),
            roots=tuple(bytes.fromhex(point) for point in content["roots"]),
            threshold=int(content["threshold"]),
        )
        pack = bytes.fromhex(content["pack"])
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    except (ValueError, KeyError, TypeError):
        raise CommandTrouble("trust_file_unreadable", path=path.name) from None
    if root.threshold < 1 or not root.roots:
        raise CommandTrouble("trust_file_unreadable", path=path.name)
    return first_trust(root, pack)


def roots_fingerprint(roots: tuple[bytes, ...]) -> str:
    """What people compare by eye: the first 8 bytes of a hash over the root keys, in groups of four digits."""
    digits = hashlib.sha256(b"".join(sorted(roots))).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))
