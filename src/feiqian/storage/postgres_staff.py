"""The staff's tables on PostgreSQL: the statements of `staff_tables`, and a lock on whose tries are counted.

Of many who try one name at once, each sees the misses of those before. The lock leaves the row's key free: whoever
adds a session or a try looks at that key, perhaps holding what the next one waits for.
"""

from feiqian.staff.values import StaffId, Tries
from feiqian.storage.postgres_ledger import PostgresLedger
from feiqian.storage.staff_tables import StaffTables

_HOLD = "SELECT 1 FROM staff WHERE staff_id = ? FOR NO KEY UPDATE"


class PostgresStaff(PostgresLedger, StaffTables):
    """A `staff.ports.StaffUnit` over one connection."""

    def staff_tries(self, staff_id: StaffId) -> Tries:
        self._hold(_HOLD, staff_id)
        return super().staff_tries(staff_id)
