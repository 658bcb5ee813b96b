"""The rows of a wallet about devices that it is not: what a backup brought, and what the books say of other devices.

They stand in tables of their own. No row here has a key, a counter that is drawn from or an allowance of this device.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from feiqian.storage.wallet_rows import COLUMNS, insert, named, names, payment_in, select, update_payment, values_of
from feiqian.wallet.records import Elsewhere, OtherAllowance, OtherCheque, PaymentRecord, RestoredPayment
from feiqian.wallet.states import PaymentState

if TYPE_CHECKING:
    from sqlite3 import Connection

_PAYMENT: Final = COLUMNS[PaymentRecord]
_RESTORED: Final = (
    f"SELECT certificate, {names(PaymentRecord, 'restored')} FROM restored"  # noqa: S608 - names of this file only
    " ORDER BY drawn_at DESC, cheque_id"
)
_PUT: Final = (
    f"INSERT INTO restored (certificate, {', '.join(_PAYMENT)})"  # noqa: S608 - names of this file only
    f" SELECT ?, {', '.join('?' for _ in _PAYMENT)} WHERE NOT EXISTS (SELECT 1 FROM payment WHERE cheque_id = ?)"
    " ON CONFLICT (cheque_id) DO NOTHING"
)
_ALLOWANCES: Final = select(OtherAllowance, "other_allowance", "ORDER BY rowid")
_CHEQUES: Final = select(OtherCheque, "other_cheque", "ORDER BY rowid")


def restored_in(connection: "Connection") -> list[RestoredPayment]:
    """All of them, newest first."""
    rows = connection.execute(_RESTORED).fetchall()
    return [RestoredPayment(payment=payment_in(row[1:]), certificate=row[0]) for row in rows]


def put_restored(connection: "Connection", payments: Iterable[RestoredPayment]) -> int:
    """Those that are neither here nor among this device's own; how many that were."""
    found = [
        connection.execute(_PUT, (one.certificate, *values_of(one.payment), one.payment.cheque_id)).rowcount
        for one in payments
    ]
    return sum(found)


def update_restored(connection: "Connection", payments: Iterable[PaymentRecord]) -> None:
    """How they stand now."""
    for payment in payments:
        update_payment(connection, payment, "restored")


def elsewhere_in(connection: "Connection") -> Elsewhere:
    """What was heard last."""
    allowances = []
    for row in connection.execute(_ALLOWANCES).fetchall():
        values = named(OtherAllowance, row)
        allowances.append(OtherAllowance(**values | {name: bool(values[name]) for name in ("stopped", "closed")}))
    cheques = []
    for row in connection.execute(_CHEQUES).fetchall():
        values = named(OtherCheque, row)
        cheques.append(OtherCheque(**values | {"state": PaymentState(values["state"])}))
    return Elsewhere(allowances=tuple(allowances), cheques=tuple(cheques))


def put_elsewhere(connection: "Connection", elsewhere: Elsewhere) -> None:
    """This, and nothing of before."""
    connection.execute("DELETE FROM other_allowance")
    connection.execute("DELETE FROM other_cheque")
    for allowance in elsewhere.allowances:
        insert(connection, "other_allowance", allowance)
    for cheque in elsewhere.cheques:
        insert(connection, "other_cheque", cheque)
