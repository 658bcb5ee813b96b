"""Papers and disputes on PostgreSQL: the statements of `dispute_tables`, and locks on what an act rests on.

Where several processes write at once, whoever is about to act in a dispute first holds its row, and whoever is about
to move money the allowance's and the payee's; so each reads what the one before has written.
"""

from feiqian.acquirer.dispute_values import Dispute, DisputedClaim, DisputeId
from feiqian.ledger.accounts import Account, AccountKind
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.storage.dispute_tables import DisputeTables
from feiqian.storage.postgres_ledger import PostgresLedger


class PostgresDisputes(PostgresLedger, DisputeTables):
    """A `DisputeUnit` over one connection."""

    def dispute(self, dispute_id: DisputeId) -> Dispute | None:
        self._hold("SELECT 1 FROM disputes WHERE dispute_id = ? FOR UPDATE", dispute_id)
        return super().dispute(dispute_id)

    def disputed_claims(self, ref: AllowanceRef, cheque_id: StatementId) -> list[DisputedClaim]:
        self._hold("SELECT 1 FROM allowances WHERE ref = ? FOR UPDATE", ref)
        return super().disputed_claims(ref, cheque_id)

    def balance_minor(self, account: Account, currency: str) -> int:
        if account.kind is AccountKind.PAYEE:
            self._hold("SELECT 1 FROM payees WHERE payee_id = ? FOR UPDATE", account.owner)
        return super().balance_minor(account, currency)
