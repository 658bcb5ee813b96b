"""The audit log's key: in the operator's home beside its other keys, of no other use, and never made a second time."""

import secrets
from pathlib import Path
from typing import Final

from feiqian.audit.note_key import SEED_BYTES, SoftwareNoteKey
from feiqian.cli.durable_files import write_secret
from feiqian.cli.operator_home import KEYS, HomeTrouble, Settings

LOG_KEY: Final = "log.key"


def log_origin(settings: Settings) -> str:
    """The name of this operator's audit log, which is also its key's."""
    return f"{settings.deployment}.feiqian/audit"


def read_log_key(home: Path) -> SoftwareNoteKey:
    """The audit log's key. Raises HomeTrouble."""
    try:
        return SoftwareNoteKey(bytes.fromhex((home / KEYS / LOG_KEY).read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{LOG_KEY}") from None


def ensure_log_key(home: Path, *, has_signed: bool) -> SoftwareNoteKey:
    """As `read_log_key`; a home whose log was never signed gets a key. One that has signed must be there."""
    if not has_signed and not (home / KEYS / LOG_KEY).exists():
        write_secret(home / KEYS / LOG_KEY, secrets.token_hex(SEED_BYTES))
    return read_log_key(home)
