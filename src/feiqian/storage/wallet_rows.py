"""A wallet's records as rows: a record's fields are its table's columns, in one order for all statements."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from feiqian.protocol.cheque import ChequeForm
from feiqian.wallet.ports import Conflict
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Enrolment,
    Finding,
    Membership,
    OtherAllowance,
    OtherCheque,
    PayeeRecord,
    PaymentRecord,
)
from feiqian.wallet.states import AllowanceState, PaymentState

if TYPE_CHECKING:
    from sqlite3 import Connection

COLUMNS: Final = {
    record: tuple(field.name for field in fields(record))
    for record in (
        *(AllowanceRecord, PaymentRecord, CreditRecord, PayeeRecord, Enrolment, Membership, Finding),
        *(OtherAllowance, OtherCheque),
    )
}
"""The names of a record's fields, which are its table's columns."""


def names(record: type[Any], table: str) -> str:
    """The columns of a record in this table, for a statement that reads."""
    return ", ".join(f"{table}.{name}" for name in COLUMNS[record])


def select(record: type[Any], table: str, rest: str = "") -> str:
    """A statement that reads records of this kind."""
    return f"SELECT {names(record, table)} FROM {table} {rest}"  # noqa: S608 - names of this file only; values are bound


def insert(connection: "Connection", table: str, record: Any) -> None:
    """A new row."""
    columns = COLUMNS[type(record)]
    marks = ", ".join("?" for _ in columns)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of this file only
    connection.execute(sql, values_of(record))


def values_of(record: Any) -> list[Any]:
    """A record's fields in the order of its columns."""
    return [getattr(record, name) for name in COLUMNS[type(record)]]


def only_one(cursor: Any) -> None:
    """Raises Conflict unless the statement met exactly one row."""
    if cursor.rowcount != 1:
        raise Conflict("the row is not as it was read")


def named(record: type[Any], row: tuple[Any, ...]) -> dict[str, Any]:
    """A row's values by their columns."""
    return dict(zip(COLUMNS[record], row, strict=True))


def allowance_in(row: tuple[Any, ...]) -> AllowanceRecord:
    """The allowance in this row."""
    values = named(AllowanceRecord, row)
    values["state"], values["barred"] = AllowanceState(values["state"]), bool(values["barred"])
    return AllowanceRecord(**values)


def payment_in(row: tuple[Any, ...]) -> PaymentRecord:
    """The payment in this row."""
    values = named(PaymentRecord, row)
    values["state"], values["form"] = PaymentState(values["state"]), ChequeForm(values["form"])
    values["up_to"], values["payee_proved"] = bool(values["up_to"]), bool(values["payee_proved"])
    return PaymentRecord(**values)


def update_payment(connection: "Connection", payment: PaymentRecord, table: str = "payment") -> None:
    """What may change of a payment. The cheque and what it answers never do."""
    only_one(
        connection.execute(
            f"UPDATE {table} SET state = ?, final_minor = ?, grade = ?, acknowledgement = ?, acknowledged_at = ?,"  # noqa: S608 - ours
            " payee_id = ?, payee_name = ?, payee_proved = ?, deadline_at = ? WHERE cheque_id = ?",
            (
                *(payment.state, payment.final_minor, payment.grade, payment.acknowledgement),
                *(payment.acknowledged_at, payment.payee_id, payment.payee_name, payment.payee_proved),
                *(payment.deadline_at, payment.cheque_id),
            ),
        )
    )
