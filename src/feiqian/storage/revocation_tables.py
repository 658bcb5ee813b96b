"""The table of revoked terminals over one connection, of either database. No rule is decided here."""

from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.ids import TerminalRef
from feiqian.storage.ledger_tables import LedgerTables

_REVOKED = "SELECT terminal_ref, revoked_at, expires_at FROM revoked_terminals"


class RevocationTables(LedgerTables):
    """What the acquirer writes of revoked terminals, and what the issuer reads."""

    def revoked_terminals(self) -> list[RevokedTerminal]:
        rows = self._db.execute(f"{_REVOKED} ORDER BY revoked_at DESC, terminal_ref").fetchall()
        return [RevokedTerminal(TerminalRef(row[0]), row[1], row[2]) for row in rows]

    def revoked_terminal(self, ref: TerminalRef) -> RevokedTerminal | None:
        row = self._maybe(f"{_REVOKED} WHERE terminal_ref = ?", (ref,))
        return None if row is None else RevokedTerminal(TerminalRef(row[0]), row[1], row[2])

    def add_revoked_terminal(self, revoked: RevokedTerminal, written_at: int) -> None:
        self._db.execute("INSERT INTO revoked_terminals VALUES (?, ?, ?, ?)", (*revoked, written_at))
