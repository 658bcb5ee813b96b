"""Identifiers as types of their own, so that one is never passed for another.

Full ids are 32-byte SHA-256 values; refs and key ids are their first bytes and only look up candidates: what a
signature covers is always the full value (docs/spec/02-encoding.md).
"""

from typing import NewType

StatementId = NewType("StatementId", bytes)
"""SHA-256 of a signed statement's Sig_structure, 32 bytes."""
AllowanceRef = NewType("AllowanceRef", bytes)
"""First 8 bytes of an allowance's StatementId."""
TerminalRef = NewType("TerminalRef", bytes)
"""First 8 bytes of a terminal certificate's StatementId."""
PayeeId = NewType("PayeeId", bytes)
"""8 random bytes that name a payee at its acquirer."""
RequestHash = NewType("RequestHash", bytes)
"""SHA-256 over domain and payload of a request, 32 bytes; the same signed or unsigned."""
KeyId = NewType("KeyId", bytes)
"""First 4 bytes of SHA-256 of a compressed public key."""
BatchId = NewType("BatchId", bytes)
"""16 random bytes chosen by the terminal."""


def masked(value: bytes) -> str:
    """An id as logs and messages may show it: enough to compare by eye, too little to link or to use."""
    return value[:3].hex() + "…"
