"""lock.json: what of a vault is written in clear. The wrapped key, how it is wrapped, and the count of wrong PINs."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from feiqian.storage import StoreTooNew, VaultDamaged

HEADER: Final = "lock.json"
SCHEMA: Final = 1
HEADER_BYTES_MAX: Final = 4096
INSTANT_MAX: Final = 2**37  # Unix seconds, in the year 6325: whatever is later is no clock but a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """lock.json. Whatever cannot be read again cannot be built either, so it is never written."""

    salt: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    wrapped_key: bytes = field(repr=False)
    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1
    failures: int = 0
    last_failure_at: int = 0  # Unix seconds; no meaning while failures is 0
    locked: bool = False
    guesses: int = 0
    guessed_at: int = 0  # Unix seconds; wrong PINs before the right one came, and when that was
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        for value, low, high in (
            (len(self.salt), 16, 16),
            (len(self.nonce), 12, 12),
            (len(self.wrapped_key), 48, 48),
            (self.memory_kib, 19 * 1024, 1 << 20),
            (self.passes, 2, 16),
            (self.lanes, 1, 4),
            (self.failures, 0, 1000),
            (self.last_failure_at, 0, INSTANT_MAX),
            (self.guesses, 0, 1000),
            (self.guessed_at, 0, INSTANT_MAX),
            (self.schema, SCHEMA, SCHEMA),
        ):
            if type(value) is not int or not low <= value <= high or type(self.locked) is not bool:
                raise ValueError("a field of lock.json is out of range")

    def encode(self) -> bytes:
        """The one way to write it. `check` tells damage from a wrong PIN; it is no protection from people."""
        fields = {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(self).items()}
        if not self.guesses:  # written only where there were any, so that older versions read on
            del fields["guesses"], fields["guessed_at"]
        check = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
        return (json.dumps(fields | {"check": check}, sort_keys=True, indent=2) + "\n").encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Any bytes give a header, `StoreTooNew` or `VaultDamaged`."""
        try:
            if len(data) > HEADER_BYTES_MAX:
                raise ValueError("too large")
            fields = dict(json.loads(data))
            if type(fields["schema"]) is int and fields["schema"] > SCHEMA:
                raise StoreTooNew(found=fields["schema"], known=SCHEMA)
            del fields["check"]  # encoding again recomputes it
            for name in ("salt", "nonce", "wrapped_key"):
                fields[name] = bytes.fromhex(fields[name])
            header = cls(**fields)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise VaultDamaged(f"{HEADER} cannot be read.") from error
        if header.encode() != data:
            raise VaultDamaged(f"{HEADER} was changed or damaged.")
        return header
