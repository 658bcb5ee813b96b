"""What is kept of people on PostgreSQL: the statements of `personal_tables`, and a lock on whom an act is about.

Whoever gives somebody a code, an allowance or a dispute points to its row; so while that row is held, nothing can be
opened for a person whose name is being erased.
"""

from feiqian.ledger.retention import PersonFacts, PersonKind
from feiqian.storage.personal_tables import PersonalTables
from feiqian.storage.postgres_ledger import PostgresLedger

_HOLD = {
    PersonKind.PAYER: "SELECT 1 FROM payers WHERE payer_id = ? FOR UPDATE",
    PersonKind.PAYEE: "SELECT 1 FROM payees WHERE payee_id = ? FOR UPDATE",
}


class PostgresPersonal(PostgresLedger, PersonalTables):
    """A `ledger.personal.PersonalUnit` over one connection."""

    def person(self, kind: PersonKind, person_id: bytes) -> PersonFacts | None:
        self._hold(_HOLD[kind], person_id)
        return super().person(kind, person_id)
