"""A revoked terminal: the acquirer revokes it, and the issuer's trust packs tell every device."""

from typing import NamedTuple

from feiqian.protocol.ids import TerminalRef


class RevokedTerminal(NamedTuple):
    """From `revoked_at` on nothing that it signs counts. `expires_at` is when its certificate ends by itself."""

    terminal_ref: TerminalRef
    revoked_at: int
    expires_at: int
