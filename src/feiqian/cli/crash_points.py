"""`feiqian --crash-points`: every point at which FEIQIAN_CRASH_AT makes a process kill itself.

A write point of a role gives two: right before its transaction commits, and right after. Tests kill at every one of
them; whoever adds a write point finds it here without doing anything.
"""

from collections.abc import Iterator

from feiqian.acquirer.ports import WritePoint as AcquirerWrite
from feiqian.audit.ports import WritePoint as AuditWrite
from feiqian.cli import key_stores
from feiqian.cli.home_keys import PUBLISH_POINTS
from feiqian.issuer.ports import WritePoint as IssuerWrite
from feiqian.ledger.personal import WritePoint as PersonalWrite
from feiqian.storage import idempotency, migrations, vault
from feiqian.terminal.ports import WritePoint as TerminalWrite
from feiqian.wallet.ports import WritePoint as WalletWrite


def crash_points() -> Iterator[str]:
    """The names, in the order of the roles."""
    for role in (WalletWrite, TerminalWrite, AcquirerWrite, IssuerWrite, PersonalWrite, AuditWrite):
        for point in role:
            yield f"{point}:before-commit"
            yield f"{point}:after-commit"
    yield from key_stores.CRASH_POINTS
    yield from PUBLISH_POINTS
    yield from idempotency.CRASH_POINTS
    yield from vault.CRASH_POINTS
    yield from migrations.CRASH_POINTS
