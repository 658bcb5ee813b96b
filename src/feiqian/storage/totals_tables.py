"""Sums over the books, for whoever watches them: by currency, of nobody in particular."""

from dataclasses import dataclass
from typing import Final

from feiqian.storage.ledger_tables import Database

_EXPOSURES: Final = """SELECT currency, sum(CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END),
    sum(amount_minor - drawn_reserve_minor - returned_minor), sum(drawn_free_minor),
    sum(drawn_pool_minor + borne_pool_minor), sum(drawn_loss_minor + borne_loss_minor)
    FROM allowances
    WHERE closed_at IS NULL OR drawn_pool_minor + drawn_loss_minor + borne_pool_minor + borne_loss_minor > 0
    GROUP BY currency"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureTotals:
    """What is at stake in one currency; over the same allowances as `Issuer.exposures`, minor units."""

    currency: str
    open_allowances: int
    reserve_minor: int
    free_minor: int
    pool_minor: int
    loss_minor: int


class TotalsTables:
    """Sums over the issuer's tables over one connection, of either database."""

    _db: Database

    def exposure_totals(self) -> list[ExposureTotals]:
        """What is at stake, by currency."""
        return [
            ExposureTotals(
                currency=row[0],
                open_allowances=int(row[1]),
                reserve_minor=int(row[2]),
                free_minor=int(row[3]),
                pool_minor=int(row[4]),
                loss_minor=int(row[5]),
            )
            for row in self._db.execute(_EXPOSURES)
        ]

    def fork_count(self) -> int:
        """How many were convicted."""
        return self._count("SELECT count(*) FROM forks")

    def queued_count(self) -> int:
        """Leaves of the audit log that wait for their place."""
        return self._count("SELECT count(*) FROM audit_queue")

    def _count(self, query: str) -> int:
        return sum(int(row[0]) for row in self._db.execute(query))
