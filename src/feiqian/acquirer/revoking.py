"""Revoking a terminal: from a moment on nothing that it signs counts, and devices hear of it in the next trust pack.

What it accepted is still taken: its payee did nothing wrong, and payers' cheques are their own. What it gives back from
then on is not: a thief would void payment after payment (spec 05.1).
"""

from feiqian.acquirer.ports import AcquirerStore, Unit, WritePoint
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.ledger.clearing import thought_out_again
from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.ids import TerminalRef


@thought_out_again
def revoke_terminal(store: AcquirerStore[Unit], ref: TerminalRef, now: int, at: int | None = None) -> RevokedTerminal:
    """Revoked from `at` on (None: now; never later). Idempotent: the first time stays. Raises unknown_terminal."""
    with store.write(WritePoint.REVOKE_TERMINAL) as unit:
        terminal, known = unit.terminal(ref), unit.revoked_terminal(ref)
        if terminal is None:
            raise AcquirerTrouble("unknown_terminal")
        if known is None:
            raw = terminal.certificate
            expires_at = decode_certificate(raw).terms.expires_at if raw else now  # that of an erased payee is gone
            known = RevokedTerminal(ref, now if at is None else min(at, now), expires_at)
            unit.add_revoked_terminal(known, now)
        return known
