"""The wallet's store: allowances, payments, credits and trust in the vault, behind `wallet.ports.WalletStore`.

Every method that writes is one transaction of the vault under its own `WritePoint`. What the rules forbid the tables
forbid, too: two payments at one counter, or two that answer one request, cannot be stored, whatever the code above
believes. A head of a chain moves only from the head that was read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from feiqian.protocol import cbor
from feiqian.protocol.ids import RequestHash, StatementId, TerminalRef
from feiqian.protocol.limits import PUBLIC_KEY_BYTES
from feiqian.protocol.trust import TrustRoot
from feiqian.risk.anomaly import Drawing
from feiqian.storage.kept_reads import KeptReads, Spared
from feiqian.storage.migrations import migrate
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_forgetting import forget_allowance
from feiqian.storage.wallet_keys import bar_allowances, key_home, move_mark, put_first_mark, put_key_home
from feiqian.storage.wallet_locks import answer_lock, lock_standing, put_lock
from feiqian.storage.wallet_others import elsewhere_in, put_elsewhere, put_restored, restored_in, update_restored
from feiqian.storage.wallet_rows import (
    COLUMNS,
    allowance_in,
    insert,
    named,
    names,
    only_one,
    payment_in,
    select,
    update_payment,
    values_of,
)
from feiqian.storage.wallet_schema import MIGRATIONS, PAYMENT_IS_OPEN
from feiqian.storage.wiping import overwrite_freed
from feiqian.wallet.ports import Conflict, WritePoint
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Elsewhere,
    Enrolment,
    Finding,
    FindingKind,
    Footing,
    Guesses,
    HeldTrust,
    KeyHome,
    LockStanding,
    Membership,
    PayeeRecord,
    PayingLock,
    PaymentRecord,
    RestoredPayment,
)

if TYPE_CHECKING:
    from sqlite3 import Connection  # sqlcipher3 is a fork of it and ships no types of its own.

CRASH_POINTS: Final = tuple(f"{point}:{when}" for point in WritePoint for when in ("before-commit", "after-commit"))

_DAY_S: Final = 86_400
ROOTS_MAX_BYTES: Final = 16 * (PUBLIC_KEY_BYTES + 3) + 8

_ENROLMENT: Final = select(Enrolment, "enrolment")
_MEMBERSHIP: Final = select(Membership, "membership")
_ALLOWANCES: Final = select(AllowanceRecord, "allowance", "ORDER BY place")
_CURRENT_ALLOWANCES: Final = select(
    AllowanceRecord,
    "allowance",
    "WHERE state <> 'dropped' AND (expires_at IS NULL OR expires_at >= ?) ORDER BY place",
)
_PAYMENT: Final = select(PaymentRecord, "payment", "WHERE cheque_id = ?")
_PAYMENT_FOR: Final = select(PaymentRecord, "payment", "WHERE request_hash = ?")
_PAYMENTS: Final = select(PaymentRecord, "payment", "ORDER BY place DESC")
_OPEN_PAYMENTS: Final = select(PaymentRecord, "payment", f"WHERE {PAYMENT_IS_OPEN} ORDER BY place DESC")
_CREDITS: Final = (
    f"SELECT {names(CreditRecord, 'credit')}, {names(PaymentRecord, 'payment')} FROM credit"  # noqa: S608 - ours
    " JOIN payment USING (cheque_id) WHERE credit.top_up_id = ? ORDER BY back_minor DESC, cheque_id"
)
_PAYEE: Final = select(PayeeRecord, "payee", "WHERE terminal_ref = ?")
_PAYEES: Final = select(PayeeRecord, "payee", "WHERE payee_id = ? ORDER BY met_at DESC")
_FINDINGS: Final = select(Finding, "finding", "ORDER BY cheque_id, kind")

_WHO, _TRUST_ROWS, _FOOTING_ROWS = "who", "trust", "footing"
_ALLOWANCE_ROWS, _PAYMENT_ROWS, _LOCK_ROWS = "allowances", "payments", "locks"
_ALL_ROWS: Final = frozenset({_WHO, _TRUST_ROWS, _FOOTING_ROWS, _ALLOWANCE_ROWS, _PAYMENT_ROWS, _LOCK_ROWS})
_SPARED: Final[Spared] = {
    WritePoint.TRUST: _ALL_ROWS - {_TRUST_ROWS, _FOOTING_ROWS},
    WritePoint.TOP_UP: _ALL_ROWS - {_ALLOWANCE_ROWS},
    WritePoint.ALLOWANCE: _ALL_ROWS - {_ALLOWANCE_ROWS},
    WritePoint.DECLINED: _ALL_ROWS - {_ALLOWANCE_ROWS},
    WritePoint.CLOSING: _ALL_ROWS - {_ALLOWANCE_ROWS},
    WritePoint.CLOSED: _ALL_ROWS - {_ALLOWANCE_ROWS},
    WritePoint.CHEQUE: _ALL_ROWS - {_ALLOWANCE_ROWS, _PAYMENT_ROWS},
    WritePoint.AGED: _ALL_ROWS - {_PAYMENT_ROWS},
    WritePoint.STATEMENT: _ALL_ROWS - {_PAYMENT_ROWS},
    WritePoint.ACKNOWLEDGEMENT: frozenset({_WHO, _TRUST_ROWS, _ALLOWANCE_ROWS, _LOCK_ROWS}),  # it moves what was heard
    WritePoint.LOCK: _ALL_ROWS - {_LOCK_ROWS},
    WritePoint.UNLOCK: _ALL_ROWS - {_LOCK_ROWS, _FOOTING_ROWS},
    WritePoint.FORGET: _ALL_ROWS - {_ALLOWANCE_ROWS, _PAYMENT_ROWS},
    WritePoint.RESTORED: _ALL_ROWS,
    WritePoint.ELSEWHERE: _ALL_ROWS,
}


class VaultWalletStore:
    """A `WalletStore` in an open vault, which it owns from now on."""

    def __init__(self, vault: Vault) -> None:
        """Brings the schema up to date. Raises StoreTooNew, MigrationFailed."""
        migrate(vault.connection, MIGRATIONS)
        self._vault = vault
        self._reads = KeptReads(vault, _SPARED)

    # --- reading ---

    def key_home(self) -> KeyHome | None:
        return key_home(self._vault.connection)

    def enrolment(self) -> Enrolment | None:
        return self._reads.of(_WHO, "enrolment", self._read_enrolment)

    def _read_enrolment(self) -> Enrolment | None:
        row = self._row(_ENROLMENT)
        return None if row is None else Enrolment(**named(Enrolment, row))

    def membership(self) -> Membership | None:
        return self._reads.of(_WHO, "membership", self._read_membership)

    def _read_membership(self) -> Membership | None:
        row = self._row(_MEMBERSHIP)
        return None if row is None else Membership(**named(Membership, row))

    def trust(self) -> HeldTrust | None:
        return self._reads.of(_TRUST_ROWS, None, self._read_trust)

    def _read_trust(self) -> HeldTrust | None:
        row = self._row("SELECT deployment, roots, threshold, pack FROM trust")
        return None if row is None else _held_trust(row)

    def footing(self) -> Footing | None:
        return self._reads.of(_FOOTING_ROWS, "footing", self._read_footing)

    def _read_footing(self) -> Footing | None:
        # One by one: every receipt moves what was heard, and the pack beside it is the largest value in this store.
        membership, trust = self.membership(), self.trust()
        if membership is None or trust is None:
            return None
        heard = self._row("SELECT at FROM heard")
        return Footing(membership=membership, trust=trust, heard_at=0 if heard is None else heard[0])

    def allowances(self) -> Sequence[AllowanceRecord]:
        return list(self._reads.of(_ALLOWANCE_ROWS, None, lambda: self._allowances(_ALLOWANCES)))

    def current_allowances(self, ended_before: int) -> Sequence[AllowanceRecord]:
        # Every moment asks with another bound: what is read is kept for all bounds of a day.
        day_began = ended_before - ended_before % _DAY_S
        found = self._reads.of(_ALLOWANCE_ROWS, day_began, lambda: self._allowances(_CURRENT_ALLOWANCES, day_began))
        return [one for one in found if one.expires_at is None or one.expires_at >= ended_before]

    def payment(self, cheque_id: StatementId) -> PaymentRecord | None:
        return self._reads.of(_PAYMENT_ROWS, cheque_id, lambda: self._payment(_PAYMENT, cheque_id))

    def payment_for(self, request_hash: RequestHash) -> PaymentRecord | None:
        return self._reads.of(_PAYMENT_ROWS, request_hash, lambda: self._payment(_PAYMENT_FOR, request_hash))

    def payments(self) -> Sequence[PaymentRecord]:
        return [payment_in(row) for row in self._rows(_PAYMENTS)]

    def open_payments(self) -> Sequence[PaymentRecord]:
        return [payment_in(row) for row in self._rows(_OPEN_PAYMENTS)]

    def credits(self, top_up_id: bytes) -> Sequence[tuple[CreditRecord, PaymentRecord]]:
        width = len(COLUMNS[CreditRecord])
        return [
            (CreditRecord(**named(CreditRecord, row[:width])), payment_in(row[width:]))
            for row in self._rows(_CREDITS, top_up_id)
        ]

    def payee(self, terminal_ref: TerminalRef) -> PayeeRecord | None:
        row = self._row(_PAYEE, terminal_ref)
        return None if row is None else PayeeRecord(**named(PayeeRecord, row))

    def payees(self, payee_id: bytes) -> Sequence[PayeeRecord]:
        return [PayeeRecord(**named(PayeeRecord, row)) for row in self._rows(_PAYEES, payee_id)]

    def findings(self) -> Sequence[Finding]:
        rows = self._rows(_FINDINGS)
        return [Finding(**named(Finding, row) | {"kind": FindingKind(row[1])}) for row in rows]

    def restored(self) -> Sequence[RestoredPayment]:
        return restored_in(self._vault.connection)

    def elsewhere(self) -> Elsewhere:
        return elsewhere_in(self._vault.connection)

    def drawings(self, most: int) -> Sequence[Drawing]:
        found = self._rows("SELECT drawn_at, amount_minor FROM payment ORDER BY place DESC LIMIT ?", most)
        return [Drawing(*row) for row in found]

    def lock_standing(self) -> LockStanding:
        return self._reads.of(_LOCK_ROWS, None, lambda: lock_standing(self._vault.connection))

    def guesses(self) -> Guesses:
        count, ended_at = self._vault.guesses
        return Guesses(count=count, ended_at=ended_at)

    # --- writing ---

    def choose_key_home(self, home: KeyHome) -> None:
        with self._write(WritePoint.KEY_HOME) as connection:
            if not put_key_home(connection, home):
                raise Conflict("a key was made already")

    def begin_counting(self, mark: int) -> None:
        with self._write(WritePoint.COUNTING) as connection:
            only_one(put_first_mark(connection, mark))

    def begin_anew(self, mark: int) -> None:
        with self._write(WritePoint.ANEW) as connection:
            only_one(bar_allowances(connection, mark))

    def vouch(self) -> None:
        with self._write(WritePoint.VOUCHED) as connection:
            only_one(connection.execute("UPDATE key_home SET vouched = 1"))

    def begin_enrolment(self, enrolment: Enrolment) -> None:
        with self._write(WritePoint.ENROLMENT) as connection:
            if connection.execute("SELECT 1 FROM membership").fetchone() is not None:
                raise Conflict("enrolled already")
            connection.execute("DELETE FROM enrolment")
            connection.execute("INSERT INTO enrolment VALUES (1, ?, ?, ?)", values_of(enrolment))

    def finish_enrolment(self, membership: Membership, trust: HeldTrust) -> None:
        with self._write(WritePoint.MEMBERSHIP) as connection:
            connection.execute("INSERT INTO membership VALUES (1, ?, ?, ?, ?, ?)", values_of(membership))
            _put_trust(connection, trust)

    def put_trust(self, trust: HeldTrust) -> None:
        with self._write(WritePoint.TRUST) as connection:
            _put_trust(connection, trust)

    def begin_top_up(self, record: AllowanceRecord) -> None:
        with self._write(WritePoint.TOP_UP) as connection:
            insert(connection, "allowance", record)

    def hold_allowance(self, record: AllowanceRecord) -> None:
        with self._write(WritePoint.ALLOWANCE) as connection:
            only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'held', raw = ?, last_id = ?, expires_at = ?, code_key = ?"
                    " WHERE top_up_id = ? AND state = 'asked'",
                    (record.raw, record.last_id, record.expires_at, record.code_key, record.top_up_id),
                )
            )

    def drop_top_up(self, top_up_id: bytes) -> None:
        with self._write(WritePoint.DECLINED) as connection:
            only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'dropped' WHERE top_up_id = ? AND state = 'asked'", (top_up_id,)
                )
            )

    def burn(self, payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._write(WritePoint.CHEQUE) as connection:
            _move_head(connection, before, after)
            insert(connection, "payment", payment)
            move_mark(connection)

    def burn_closing(self, before: AllowanceRecord, after: AllowanceRecord) -> None:
        with self._write(WritePoint.CLOSING) as connection:
            _move_head(connection, before, after)
            move_mark(connection)

    def confirm_closing(self, top_up_id: bytes) -> None:
        with self._write(WritePoint.CLOSED) as connection:
            only_one(
                connection.execute(
                    "UPDATE allowance SET state = 'closed' WHERE top_up_id = ? AND state = 'closing'", (top_up_id,)
                )
            )

    def age(self, payments: Sequence[PaymentRecord]) -> None:
        with self._write(WritePoint.AGED) as connection:
            for payment in payments:
                update_payment(connection, payment)

    def acknowledge(
        self, payment: PaymentRecord, credit: CreditRecord | None, payee: PayeeRecord, *, heard_at: int
    ) -> None:
        with self._write(WritePoint.ACKNOWLEDGEMENT) as connection:
            update_payment(connection, payment)
            if credit is not None:
                connection.execute(
                    "INSERT INTO credit VALUES (?, ?, ?, ?, ?) ON CONFLICT (cheque_id) DO UPDATE SET"
                    " back_minor = excluded.back_minor, statement = excluded.statement,"
                    " certificate = excluded.certificate WHERE excluded.back_minor > credit.back_minor",
                    values_of(credit),
                )
            connection.execute(
                "INSERT INTO payee VALUES (?, ?, ?, ?, ?) ON CONFLICT (terminal_ref) DO UPDATE SET"
                " met_at = excluded.met_at",
                values_of(payee),
            )
            connection.execute(
                "INSERT INTO heard VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = max(at, excluded.at)", (heard_at,)
            )

    def apply_statement(self, payments: Sequence[PaymentRecord], findings: Sequence[Finding]) -> None:
        with self._write(WritePoint.STATEMENT) as connection:
            for payment in payments:
                update_payment(connection, payment)
            connection.execute("DELETE FROM finding")
            connection.executemany("INSERT INTO finding VALUES (?, ?, ?, ?)", [values_of(one) for one in findings])

    def lock_paying(self, lock: PayingLock) -> None:
        with self._write(WritePoint.LOCK) as connection:
            put_lock(connection, lock)

    def answer_lock(self, lock: PayingLock, *, heard_at: int | None) -> None:
        with self._write(WritePoint.UNLOCK) as connection:
            only_one(answer_lock(connection, lock))
            if heard_at is not None:
                connection.execute("UPDATE heard SET at = min(at, ?)", (heard_at,))

    def restore(self, payments: Sequence[RestoredPayment]) -> int:
        with self._write(WritePoint.RESTORED) as connection:
            return put_restored(connection, payments)

    def hear_of_others(self, elsewhere: Elsewhere, payments: Sequence[PaymentRecord]) -> None:
        with self._write(WritePoint.ELSEWHERE) as connection:
            put_elsewhere(connection, elsewhere)
            update_restored(connection, payments)

    def forget(self, top_up_ids: Sequence[bytes]) -> None:
        with self._write(WritePoint.FORGET) as connection:
            for top_up_id in top_up_ids:
                only_one(forget_allowance(connection, top_up_id))

    def change_pin(self, old: str, new: str, now: int) -> None:
        self._vault.change_pin(old, new, now)

    def close(self) -> None:
        self._reads.forget()
        self._vault.close()
        overwrite_freed()

    # --- parts ---

    @contextmanager
    def _write(self, point: WritePoint) -> Iterator["Connection"]:
        """One durable transaction; a rule of the tables that is broken is a Conflict, and nothing was written."""
        try:
            with self._reads.write(point) as connection:
                yield connection
        except self._vault.law_broken as error:
            raise Conflict(str(error)) from error

    def _allowances(self, sql: str, *values: object) -> tuple[AllowanceRecord, ...]:
        return tuple(allowance_in(row) for row in self._rows(sql, *values))

    def _payment(self, sql: str, value: bytes) -> PaymentRecord | None:
        row = self._row(sql, value)
        return None if row is None else payment_in(row)

    def _row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._vault.connection.execute(sql, values).fetchone()
        return row

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._vault.connection.execute(sql, values).fetchall()


def _move_head(connection: "Connection", before: AllowanceRecord, after: AllowanceRecord) -> None:
    """The chain's head goes from what was read to what was drawn, or nothing is written at all."""
    only_one(
        connection.execute(
            "UPDATE allowance SET counter = ?, cumulative_minor = ?, last_id = ?, state = ?, closing = ?"
            " WHERE top_up_id = ? AND state = 'held' AND counter = ? AND cumulative_minor = ? AND last_id = ?",
            (
                *(after.counter, after.cumulative_minor, after.last_id, after.state, after.closing),
                *(before.top_up_id, before.counter, before.cumulative_minor, before.last_id),
            ),
        )
    )


def _held_trust(row: tuple[Any, ...]) -> HeldTrust:
    deployment, roots, threshold, pack = row
    points = tuple(cbor.decode(roots, max_bytes=ROOTS_MAX_BYTES))
    return HeldTrust(root=TrustRoot(deployment=deployment, roots=points, threshold=threshold), pack=pack)


def _put_trust(connection: "Connection", trust: HeldTrust) -> None:
    roots = cbor.encode(list(trust.root.roots))
    connection.execute("DELETE FROM trust")
    connection.execute(
        "INSERT INTO trust VALUES (1, ?, ?, ?, ?)", (trust.root.deployment, roots, trust.root.threshold, trust.pack)
    )
