"""The wallet's store: allowances, payments, credits and trust in the vault, behind `wallet.ports.WalletStore`.

Every method that writes is one transaction of the vault under its own `WritePoint`. What the rules forbid the tables
forbid, too: two payments at one counter, or two that answer one request, cannot be stored, whatever the code above
believes. A head of a chain moves only from the head that was read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from feiqian.protocol import cbor
from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import RequestHash, StatementId, TerminalRef
from feiqian.protocol.limits import PUBLIC_KEY_BYTES
from feiqian.protocol.trust import TrustRoot
from feiqian.storage.migrations import Migration, migrate
from feiqian.storage.vault import Vault
from feiqian.wallet.ports import Conflict, WritePoint
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Enrolment,
    Finding,
    FindingKind,
    HeldTrust,
    Membership,
    PayeeRecord,
    PaymentRecord,
)
from feiqian.wallet.states import AllowanceState, PaymentState

if TYPE_CHECKING:
    import sqlite3 as sqlcipher  # sqlcipher3 is a fork of it and ships no types of its own.
    from sqlite3 import Connection
else:
    from sqlcipher3 import dbapi2 as sqlcipher

CRASH_POINTS: Final = tuple(f"{point}:{when}" for point in WritePoint for when in ("before-commit", "after-commit"))

ROOTS_MAX_BYTES: Final = 16 * (PUBLIC_KEY_BYTES + 3) + 8

MIGRATIONS: Final = (
    Migration(
        version=1,
        name="the wallet",
        statements=(
            """CREATE TABLE enrolment (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                server TEXT NOT NULL,
                account_key BLOB NOT NULL,
                begun_at INTEGER NOT NULL
            ) STRICT""",
            """CREATE TABLE membership (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                payer_id BLOB NOT NULL,
                payer_name TEXT NOT NULL,
                device_id BLOB NOT NULL,
                device_token TEXT NOT NULL,
                currency TEXT NOT NULL
            ) STRICT""",
            """CREATE TABLE trust (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                deployment TEXT NOT NULL,
                roots BLOB NOT NULL,
                threshold INTEGER NOT NULL,
                pack BLOB NOT NULL
            ) STRICT""",
            """CREATE TABLE heard (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                at INTEGER NOT NULL
            ) STRICT""",
            """CREATE TABLE allowance (
                place INTEGER PRIMARY KEY,
                top_up_id BLOB NOT NULL UNIQUE,
                device_key BLOB NOT NULL UNIQUE,
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                currency TEXT NOT NULL,
                asked_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('asked', 'dropped', 'held', 'closing', 'closed')),
                raw BLOB,
                counter INTEGER NOT NULL CHECK (counter >= 0),
                cumulative_minor INTEGER NOT NULL CHECK (cumulative_minor >= 0),
                last_id BLOB NOT NULL,
                closing BLOB,
                CHECK ((state IN ('asked', 'dropped')) = (raw IS NULL)),
                CHECK ((state IN ('closing', 'closed')) = (closing IS NOT NULL))
            ) STRICT""",
            """CREATE TABLE payment (
                place INTEGER PRIMARY KEY,
                cheque_id BLOB NOT NULL UNIQUE,
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                counter INTEGER NOT NULL CHECK (counter > 0),
                cheque BLOB NOT NULL,
                credits BLOB,
                form TEXT NOT NULL CHECK (form IN ('two_way', 'one_way')),
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                up_to INTEGER NOT NULL CHECK (up_to IN (0, 1)),
                currency TEXT NOT NULL,
                drawn_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                request BLOB,
                request_hash BLOB UNIQUE,
                payee_id BLOB,
                payee_name TEXT,
                payee_proved INTEGER NOT NULL CHECK (payee_proved IN (0, 1)),
                reference TEXT,
                final_minor INTEGER CHECK (final_minor BETWEEN 0 AND amount_minor),
                grade TEXT CHECK (grade IN ('F1', 'F2', 'F3')),
                acknowledgement BLOB,
                acknowledged_at INTEGER,
                UNIQUE (top_up_id, counter),
                CHECK ((form = 'two_way') = (request_hash IS NOT NULL))
            ) STRICT""",
            """CREATE TABLE credit (
                cheque_id BLOB PRIMARY KEY REFERENCES payment (cheque_id),
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                back_minor INTEGER NOT NULL CHECK (back_minor > 0),
                statement BLOB NOT NULL,
                certificate BLOB NOT NULL
            ) STRICT""",
            "CREATE INDEX credit_by_allowance ON credit (top_up_id)",
            """CREATE TABLE payee (
                terminal_ref BLOB PRIMARY KEY,
                payee_id BLOB NOT NULL,
                payee_name TEXT NOT NULL,
                certificate BLOB NOT NULL,
                met_at INTEGER NOT NULL
            ) STRICT""",
            "CREATE INDEX payee_by_id ON payee (payee_id, met_at)",
        ),
    ),
    Migration(
        version=2,
        name="what the books say of each cheque",
        statements=(
            "ALTER TABLE payment ADD COLUMN deadline_at INTEGER",
            """CREATE TABLE finding (
                cheque_id BLOB NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('not_ours', 'forked', 'too_much')),
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
                PRIMARY KEY (cheque_id, kind)
            ) STRICT, WITHOUT ROWID""",
        ),
    ),
)

Record = TypeVar("Record", AllowanceRecord, PaymentRecord, CreditRecord, PayeeRecord, Enrolment, Membership)


class VaultWalletStore:
    """A `WalletStore` in an open vault, which it owns from now on."""

    def __init__(self, vault: Vault) -> None:
        """Brings the schema up to date. Raises StoreTooNew, MigrationFailed."""
        migrate(vault.connection, MIGRATIONS)
        self._vault = vault

    # --- reading ---

    def enrolment(self) -> Enrolment | None:
        row = self._row(_select(Enrolment, "enrolment"))
        return None if row is None else Enrolment(**_named(Enrolment, row))

    def membership(self) -> Membership | None:
        row = self._row(_select(Membership, "membership"))
        return None if row is None else Membership(**_named(Membership, row))

    def trust(self) -> HeldTrust | None:
        row = self._row("SELECT deployment, roots, threshold, pack FROM trust")
        if row is None:
            return None
        roots = tuple(cbor.decode(row[1], max_bytes=ROOTS_MAX_BYTES))
        return HeldTrust(root=TrustRoot(deployment=row[0], roots=roots, threshold=row[2]), pack=row[3])

    def heard_at(self) -> int:
        row = self._row("SELECT at FROM heard")
        return 0 if row is None else int(row[0])

    def allowances(self) -> Sequence[AllowanceRecord]:
        rows = self._rows(_select(AllowanceRecord, "allowance", "ORDER BY place"))
        return [_allowance(row) for row in rows]

    def payment(self, cheque_id: StatementId) -> PaymentRecord | None:
        row = self._row(_select(PaymentRecord, "payment", "WHERE cheque_id = ?"), cheque_id)
        return None if row is None else _payment(row)

    def payment_for(self, request_hash: RequestHash) -> PaymentRecord | None:
        row = self._row(_select(PaymentRecord, "payment", "WHERE request_hash = ?"), request_hash)
        return None if row is None else _payment(row)

    def payments(self) -> Sequence[PaymentRecord]:
        return [_payment(row) for row in self._rows(_select(PaymentRecord, "payment", "ORDER BY place DESC"))]

    def credits(self, top_up_id: bytes) -> Sequence[CreditRecord]:
        sql = _select(CreditRecord, "credit", "WHERE top_up_id = ? ORDER BY back_minor DESC, cheque_id")
        return [CreditRecord(**_named(CreditRecord, row)) for row in self._rows(sql, top_up_id)]

    def payee(self, terminal_ref: TerminalRef) -> PayeeRecord | None:
        row = self._row(_select(PayeeRecord, "payee", "WHERE terminal_ref = ?"), terminal_ref)
        return None if row is None else PayeeRecord(**_named(PayeeRecord, row))

    def payees(self, payee_id: bytes) -> Sequence[PayeeRecord]:
        sql = _select(PayeeRecord, "payee", "WHERE payee_id = ? ORDER BY met_at DESC")
        return [PayeeRecord(**_named(PayeeRecord, row)) for row in self._rows(sql, payee_id)]

    def findings(self) -> Sequence[Finding]:
        rows = self._rows(_select(Finding, "finding", "ORDER BY cheque_id, kind"))
        return [Finding(**_named(Finding, row) | {"kind": FindingKind(row[1])}) for row in rows]

    # --- writing ---

    def begin_enrolment(self, enrolment: Enrolment) -> None:
        with self._write(WritePoint.ENROLMENT) as connection:
            if connection.execute("SELECT 1 FROM membership").fetchone() is not None:
                raise Conflict("enrolled already")
            connection.execute("DELETE FROM enrolment")
            connection.execute("INSERT INTO enrolment VALUES (1, ?, ?, ?)", astuple(enrolment))

    def finish_enrolment(self, membership: Membership, trust: HeldTrust) -> None:
        with self._write(WritePoint.MEMBERSHIP) as connection:
            connection.execute("INSERT INTO membership VALUES (1, ?, ?, ?, ?, ?)", astuple(membership))
            _put_trust(connection, trust)

    def put_trust(self, trust: HeldTrust) -> None:
        with self._write(WritePoint.TRUST) as connection:
            _put_trust(connection, trust)

    def begin_top_up(self, record: AllowanceRecord) -> None:
        with self._write(WritePoint.TOP_UP) as connection:
            _insert(connection, "allowance", record)

    def hold_allowance(self, record: AllowanceRecord) -> None:
        with self._write(WritePoint.ALLOWANCE) as connection:
            _only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'held', raw = ?, last_id = ? WHERE top_up_id = ? AND state = 'asked'",
                    (record.raw, record.last_id, record.top_up_id),
                )
            )

    def drop_top_up(self, top_up_id: bytes) -> None:
        with self._write(WritePoint.DECLINED) as connection:
            _only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'dropped' WHERE top_up_id = ? AND state = 'asked'", (top_up_id,)
                )
            )

    def burn(self, payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._write(WritePoint.CHEQUE) as connection:
            _move_head(connection, before, after)
            _insert(connection, "payment", payment)

    def burn_closing(self, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._write(WritePoint.CLOSING) as connection:
            _move_head(connection, before, after)

    def confirm_closing(self, top_up_id: bytes) -> None:
        with self._write(WritePoint.CLOSED) as connection:
            _only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'closed' WHERE top_up_id = ? AND state = 'closing'", (top_up_id,)
                )
            )

    def age(self, payments: Sequence[PaymentRecord]) -> None:
        with self._write(WritePoint.AGED) as connection:
            for payment in payments:
                _update_payment(connection, payment)

    def acknowledge(
        self, payment: PaymentRecord, credit: CreditRecord | None, payee: PayeeRecord, *, heard_at: int
    ) -> None:
        with self._write(WritePoint.ACKNOWLEDGEMENT) as connection:
            _update_payment(connection, payment)
            if credit is not None:
                connection.execute(
                    "INSERT INTO credit VALUES (?, ?, ?, ?, ?) ON CONFLICT (cheque_id) DO UPDATE SET"
                    " back_minor = excluded.back_minor, statement = excluded.statement,"
                    " certificate = excluded.certificate WHERE excluded.back_minor > credit.back_minor",
                    astuple(credit),
                )
            connection.execute(
                "INSERT INTO payee VALUES (?, ?, ?, ?, ?) ON CONFLICT (terminal_ref) DO UPDATE SET"
                " met_at = excluded.met_at",
                astuple(payee),
            )
            connection.execute(
                "INSERT INTO heard VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = max(at, excluded.at)", (heard_at,)
            )

    def apply_statement(self, payments: Sequence[PaymentRecord], findings: Sequence[Finding]) -> None:
        with self._write(WritePoint.STATEMENT) as connection:
            for payment in payments:
                _update_payment(connection, payment)
            connection.execute("DELETE FROM finding")
            connection.executemany("INSERT INTO finding VALUES (?, ?, ?, ?)", [astuple(one) for one in findings])

    def change_pin(self, old: str, new: str, now: int) -> None:
        self._vault.change_pin(old, new, now)

    def close(self) -> None:
        self._vault.close()

    # --- parts ---

    @contextmanager
    def _write(self, point: WritePoint) -> Iterator["Connection"]:
        """One durable transaction; a rule of the tables that is broken is a Conflict, and nothing was written."""
        try:
            with self._vault.write(point) as connection:
                yield connection
        except sqlcipher.IntegrityError as error:
            raise Conflict(str(error)) from error

    def _row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._vault.connection.execute(sql, values).fetchone()
        return row

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._vault.connection.execute(sql, values).fetchall()


def _move_head(connection: "Connection", before: AllowanceRecord, after: AllowanceRecord) -> None:
    """The chain's head goes from what was read to what was drawn, or nothing is written at all."""
    _only_one(
        connection.execute(
            "UPDATE allowance SET counter = ?, cumulative_minor = ?, last_id = ?, state = ?, closing = ?"
            " WHERE top_up_id = ? AND state = 'held' AND counter = ? AND cumulative_minor = ? AND last_id = ?",
            (
                *(after.counter, after.cumulative_minor, after.last_id, after.state, after.closing),
                *(before.top_up_id, before.counter, before.cumulative_minor, before.last_id),
            ),
        )
    )


def _update_payment(connection: "Connection", payment: PaymentRecord) -> None:
    """What may change of a payment. The cheque and what it answers never do."""
    _only_one(
        connection.execute(
            "UPDATE payment SET state = ?, final_minor = ?, grade = ?, acknowledgement = ?, acknowledged_at = ?,"
            " payee_id = ?, payee_name = ?, payee_proved = ?, deadline_at = ? WHERE cheque_id = ?",
            (
                *(payment.state, payment.final_minor, payment.grade, payment.acknowledgement),
                *(payment.acknowledged_at, payment.payee_id, payment.payee_name, payment.payee_proved),
                *(payment.deadline_at, payment.cheque_id),
            ),
        )
    )


def _put_trust(connection: "Connection", trust: HeldTrust) -> None:
    roots = cbor.encode(list(trust.root.roots))
    connection.execute("DELETE FROM trust")
    connection.execute(
        "INSERT INTO trust VALUES (1, ?, ?, ?, ?)", (trust.root.deployment, roots, trust.root.threshold, trust.pack)
    )


def _insert(connection: "Connection", table: str, record: AllowanceRecord | PaymentRecord) -> None:
    marks = ", ".join("?" for _ in fields(record))
    sql = f"INSERT INTO {table} ({_names(type(record))}) VALUES ({marks})"  # noqa: S608 - names of this file only
    connection.execute(sql, astuple(record))


def _only_one(cursor: Any) -> None:
    if cursor.rowcount != 1:
        raise Conflict("the row is not as it was read")


def _select(record: type[Any], table: str, rest: str = "") -> str:
    return f"SELECT {_names(record)} FROM {table} {rest}"  # noqa: S608 - names of this file only; values are bound


def _names(record: type[Any]) -> str:
    return ", ".join(_columns(record))


@lru_cache(maxsize=16)
def _columns(record: type[Any]) -> tuple[str, ...]:
    """The names of a record's fields, which are its table's columns."""
    return tuple(field.name for field in fields(record))


def _named(record: type[Any], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_columns(record), row, strict=True))


def _allowance(row: tuple[Any, ...]) -> AllowanceRecord:
    values = _named(AllowanceRecord, row)
    return AllowanceRecord(**values | {"state": AllowanceState(values["state"])})


def _payment(row: tuple[Any, ...]) -> PaymentRecord:
    values = _named(PaymentRecord, row)
    values |= {"state": PaymentState(values["state"]), "form": ChequeForm(values["form"])}
    values |= {"up_to": bool(values["up_to"]), "payee_proved": bool(values["payee_proved"])}
    return PaymentRecord(**values)
