"""A sweep of everything that a story has written, for secrets in every spelling, outside the files that hold them.

The secrets are taken from where they belong: vaults that the PIN opens, key and token files of the operator's home, the
answers under idempotency keys. Files that are encrypted are swept like all others: nothing may be seen in them.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from feiqian.cli.data_keys import HomeDataKeys
from feiqian.ledger.sealing import Sealed
from feiqian.protocol import cbor
from feiqian.storage import vault as vaults
from feiqian.storage.vault import Vault
from feiqian.storage.vault_header import Header

HELD = frozenset({".key", ".token"})
"""Endings of files that are a secret themselves."""
COLUMNS = {
    "wallet": (
        "SELECT 'account key', account_key FROM enrolment UNION ALL SELECT 'allowance key', device_key FROM allowance"
        " UNION ALL SELECT 'device token', device_token FROM membership"
        " UNION ALL SELECT 'name of a payer', payer_name FROM membership"
    ),
    "terminal": "SELECT 'till key', key FROM enrolment UNION ALL SELECT 'till token', token FROM enrolment",
}
SHORT_MAX = 5
"""A name of a few letters is found in random bytes; it is looked for as a word."""


def secrets_of(folder: Path, pin: str) -> dict[bytes, str]:
    """Every secret of the story and what it is."""
    found: dict[bytes, str] = {pin.encode(): "PIN"}
    for header in folder.rglob("lock.json"):
        found |= {value: f"{what} of {header.parent.parent.name}" for what, value in _in_vault(header.parent, pin)}
    for path in folder.rglob("*"):
        if path.suffix in HELD and path.is_file():
            text = path.read_text(encoding="ascii").strip()
            found[bytes.fromhex(text) if re.fullmatch("[0-9a-f]{64}", text) else text.encode()] = path.name
    for answers in folder.rglob("answers.db"):
        found |= dict.fromkeys(_codes_in(answers), "enrolment code")
    return {secret: what for secret, what in found.items() if secret}


def swept(folder: Path, secrets: dict[bytes, str]) -> list[tuple[str, str]]:
    """Which file shows which secret."""
    patterns = [(what, _pattern(secret)) for secret, what in secrets.items()]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in HELD and path.name != "pin.txt":
            content = path.read_bytes()
            found += [(path.name, what) for what, pattern in patterns if pattern.search(content)]
    return found


def _in_vault(directory: Path, pin: str) -> Iterator[tuple[str, bytes]]:
    """From a copy: the story's own devices stay as they were left."""
    copy = directory.with_name(f"{directory.name}-copy-for-the-sweep")
    shutil.copytree(directory, copy)
    try:
        header = Header.decode((copy / "lock.json").read_bytes())
        yield "data key", bytes(vaults._unwrap(header, pin))  # noqa: SLF001 - nobody else is told the key
        with Vault.open(copy, pin, int(time.time())) as opened:
            for what, value in opened.connection.execute(COLUMNS[directory.name]):
                if value is not None:
                    yield what, value.encode() if isinstance(value, str) else bytes(value)
    finally:
        shutil.rmtree(copy)


def _codes_in(path: Path) -> list[bytes]:
    seals = HomeDataKeys(path.parent).seals
    with closing(sqlite3.connect(path)) as answers:
        rows = answers.execute("SELECT scope, key, status, sealed, sealed_by FROM answer").fetchall()
    codes = []
    for scope, key, status, sealed, number in rows:
        content = seals.open(Sealed.ANSWER, cbor.encode([scope, key, status]), sealed, number)
        code = json.loads(content[32:]).get("enrolment_code")
        codes += [] if code is None else [code.encode()]
    return codes


def _pattern(secret: bytes) -> re.Pattern[bytes]:
    """Raw (which is how it stands in DER, too), in hexadecimal digits of either case, in base64 of either alphabet.

    In base64 it may begin at any of three places of its group of bytes.
    """
    if len(secret) <= SHORT_MAX or secret.isdigit():
        return re.compile(rb"(?<![0-9A-Za-z])" + re.escape(secret) + rb"(?![0-9A-Za-z])")
    spelled = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + secret)[4 if shift else 0 :]
        whole = text[: len(text) - 4].rstrip(b"=") or text
        spelled |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    return re.compile(b"|".join(re.escape(one) for one in spelled))
