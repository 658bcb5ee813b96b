"""What the operator's people look at, read from the books over one connection of either database.

Every statement goes over an index, or over a table that is as large as what it is asked for; lists come a page at a
time. Sums over time are bounded by a number of entries, newest first, that whoever asks names. No rule is decided here.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from feiqian.acquirer.dispute_values import DisputeId, DisputeLine
from feiqian.ledger.sealing import Sealed
from feiqian.storage.dispute_tables import DisputeTables
from feiqian.storage.issuer_tables import IssuerTables

_STAKE_LINE: Final = """SELECT payer_id, currency, count(*),
    sum(amount_minor - drawn_reserve_minor - returned_minor), sum(drawn_free_minor),
    sum(drawn_pool_minor + borne_pool_minor), sum(drawn_loss_minor + borne_loss_minor),
    min(CASE WHEN closed_at IS NULL THEN deadline END)"""
_AT_STAKE: Final = """closed_at IS NULL
    OR drawn_pool_minor + drawn_loss_minor + borne_pool_minor + borne_loss_minor > 0"""


class Counts(NamedTuple):
    """How many there are."""

    payers: int
    payees: int
    devices: int
    terminals: int
    allowances_open: int
    staff: int
    forks: int
    disputes_open: int
    disputes_to_decide: int


class LogStanding(NamedTuple):
    """How far the audit log is; leaves are their bytes."""

    size: int
    queued: int
    newest: bytes | None
    oldest_queued: bytes | None
    cosigned_size: int | None


class DeviceLine(NamedTuple):
    """A payer's device."""

    device_id: bytes
    payer_id: bytes
    payer_name: str
    signed_in: bool
    bound_at: int
    open_allowances: int


class TerminalLine(NamedTuple):
    """A payee's terminal, and when it was last heard of."""

    terminal_ref: bytes
    payee_id: bytes
    payee_name: str
    enrolled_at: int
    last_batch_at: int | None
    revoked_at: int | None


class AllowanceLine(NamedTuple):
    """An allowance as it stands; minor units."""

    ref: bytes
    payer_id: bytes
    device_id: bytes
    currency: str
    amount_minor: int
    claimed_minor: int
    returned_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    status: int
    reason: str
    forked: int
    issued_at: int
    expires_at: int
    deadline: int
    closed_at: int | None


class ClaimLine(NamedTuple):
    """A claim on an allowance; minor units."""

    cheque_id: bytes
    payee_id: bytes
    counter: int
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    arrived_at: int
    verdict: int


class StakeLine(NamedTuple):
    """What is at stake with one payer in one currency; minor units."""

    payer_id: bytes
    currency: str
    allowances: int
    reserved_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    next_deadline: int | None


class ForkLine(NamedTuple):
    """A conviction, and what the allowance cost; minor units."""

    ref: bytes
    reason: str
    found_at: int
    payer_id: bytes
    device_id: bytes
    currency: str
    amount_minor: int
    from_pool_minor: int
    from_loss_minor: int


class PoolMove(NamedTuple):
    """One posting on the guarantee pool; positive adds to it."""

    at: int
    reason: str
    currency: str
    amount_minor: int


class Moved(NamedTuple):
    """Postings of one kind of account in one piece of time, summed up; positive is a debit."""

    bucket: int
    reason: str
    kind: str
    currency: str
    amount_minor: int


class BatchBytes(NamedTuple):
    """A batch as it came, what was answered, and in what its payee is paid."""

    body: bytes
    answer: bytes
    received_at: int
    currency: str


_ALLOWANCE: Final = """ref, payer_id, device_id, currency, amount_minor, drawn_reserve_minor, returned_minor,
    drawn_free_minor, drawn_pool_minor + borne_pool_minor, drawn_loss_minor + borne_loss_minor, status, reason, forked,
    issued_at, expires_at, deadline, closed_at"""
_DEVICE: Final = """SELECT d.device_id, d.payer_id, p.name, p.sealed_by, d.token_hash IS NOT NULL, d.bound_at,
    (SELECT count(*) FROM allowances a WHERE a.payer_id = d.payer_id AND a.device_id = d.device_id
        AND a.closed_at IS NULL)
    FROM devices d JOIN payers p ON p.payer_id = d.payer_id"""
_TERMINAL: Final = """SELECT t.terminal_ref, t.payee_id, p.name, p.sealed_by, t.enrolled_at,
    (SELECT s.received_at FROM syncs s WHERE s.payee_id = t.payee_id AND s.terminal_ref = t.terminal_ref
        ORDER BY s.counter DESC, s.received_at DESC LIMIT 1),
    (SELECT v.revoked_at FROM revoked_terminals v WHERE v.terminal_ref = t.terminal_ref)
    FROM terminals t JOIN payees p ON p.payee_id = t.payee_id"""


class ConsoleTables(IssuerTables, DisputeTables):
    """The console's readings."""

    # --- everything at once ---

    def console_counts(self) -> Counts:
        """How many there are of everything."""
        disputes = dict(self._db.execute("SELECT state, count(*) FROM disputes WHERE until IS NOT NULL GROUP BY state"))
        return Counts(
            payers=self._number("SELECT count(*) FROM payers"),
            payees=self._number("SELECT count(*) FROM payees"),
            devices=self._number("SELECT count(token_hash) FROM devices"),
            terminals=self._number("SELECT count(*) FROM terminals"),
            allowances_open=self._number("SELECT count(*) FROM allowances WHERE closed_at IS NULL"),
            staff=self._number("SELECT count(*) FROM staff WHERE removed_at IS NULL"),
            forks=self._number("SELECT count(*) FROM forks"),
            disputes_open=sum(disputes.values()),
            disputes_to_decide=disputes.get("contested", 0) + disputes.get("unanswered", 0),
        )

    def posted_by_kind(self) -> list[tuple[str, str, int]]:
        """Kind of account, currency, sum of postings, for those that are not of one allowance."""
        query = """SELECT kind, currency, sum(posted_minor) FROM balances
                   WHERE kind IN ('free', 'payee', 'pool', 'loss') GROUP BY kind, currency"""
        return [(row[0], row[1], int(row[2])) for row in self._db.execute(query)]

    def waiting_by_currency(self) -> dict[str, int]:
        """What payees' claims wait for."""
        query = """SELECT p.currency, sum(w.waiting_minor) FROM payee_waiting w
                   JOIN payees p ON p.payee_id = w.payee_id GROUP BY p.currency"""
        return {row[0]: int(row[1]) for row in self._db.execute(query)}

    def log_standing(self) -> LogStanding:
        """How far the audit log is."""
        newest = self._maybe("SELECT leaf_index, leaf FROM audit_leaves ORDER BY leaf_index DESC LIMIT 1")
        queued = self._maybe("SELECT leaf FROM audit_queue ORDER BY number LIMIT 1")
        return LogStanding(
            size=0 if newest is None else newest[0] + 1,
            queued=self._number("SELECT count(*) FROM audit_queue"),
            newest=None if newest is None else bytes(newest[1]),
            oldest_queued=None if queued is None else bytes(queued[0]),
            cosigned_size=self._one("SELECT max(size) FROM cosignatures")[0],
        )

    def newest_data_key(self) -> tuple[int, int] | None:
        """Number and beginning of the newest key that seals names."""
        row = self._maybe("SELECT number, begun_at FROM data_keys ORDER BY number DESC LIMIT 1")
        return None if row is None else (row[0], row[1])

    # --- lists ---

    def device_lines(self, after: bytes, limit: int) -> list[DeviceLine]:
        """Devices in the order of their ids."""
        query = f"{_DEVICE} WHERE d.device_id > ? ORDER BY d.device_id LIMIT ?"
        return [self._device_line(row) for row in self._db.execute(query, (after, limit)).fetchall()]

    def devices_of(self, payer_id: bytes, limit: int) -> list[DeviceLine]:
        """One payer's devices, newest first."""
        query = f"{_DEVICE} WHERE d.payer_id = ? ORDER BY d.bound_at DESC LIMIT ?"
        return [self._device_line(row) for row in self._db.execute(query, (payer_id, limit)).fetchall()]

    def terminal_lines(self, after: bytes, limit: int) -> list[TerminalLine]:
        """Terminals in the order of their refs."""
        query = f"{_TERMINAL} WHERE t.terminal_ref > ? ORDER BY t.terminal_ref LIMIT ?"
        return [self._terminal_line(row) for row in self._db.execute(query, (after, limit)).fetchall()]

    def terminals_of(self, payee_id: bytes, limit: int) -> list[TerminalLine]:
        """One payee's terminals, newest first."""
        query = f"{_TERMINAL} WHERE t.payee_id = ? ORDER BY t.enrolled_at DESC LIMIT ?"
        return [self._terminal_line(row) for row in self._db.execute(query, (payee_id, limit)).fetchall()]

    def allowance_lines(self, after: bytes, limit: int, payer_id: bytes | None = None) -> list[AllowanceLine]:
        """Allowances in the order of their refs, of all payers or of one."""
        which, values = ("", ()) if payer_id is None else ("AND payer_id = ?", (payer_id,))
        query = f"SELECT {_ALLOWANCE} FROM allowances WHERE ref > ? {which} ORDER BY ref LIMIT ?"
        return [AllowanceLine(*row) for row in self._db.execute(query, (after, *values, limit))]

    def allowance_line(self, ref: bytes) -> AllowanceLine | None:
        """One of them."""
        row = self._maybe(f"SELECT {_ALLOWANCE} FROM allowances WHERE ref = ?", (ref,))
        return None if row is None else AllowanceLine(*row)

    def claim_lines(self, ref: bytes, limit: int) -> list[ClaimLine]:
        """Claims on an allowance, newest first."""
        query = """SELECT cheque_id, payee_id, counter, amount_minor, paid_minor, waiting_minor, arrived_at, verdict
                   FROM claims WHERE allowance_ref = ? ORDER BY arrived_at DESC, counter DESC, cheque_id LIMIT ?"""
        return [ClaimLine(*row) for row in self._db.execute(query, (ref, limit))]

    def stake_lines(self, skip: int, limit: int) -> list[StakeLine]:
        """What is at stake by payer and currency, most first."""
        query = f"""{_STAKE_LINE} FROM allowances WHERE {_AT_STAKE} GROUP BY payer_id, currency
                    ORDER BY 4 DESC, 6 DESC, payer_id, currency LIMIT ? OFFSET ?"""
        return [StakeLine(*row) for row in self._db.execute(query, (limit, skip))]

    def stakes_of(self, payer_id: bytes) -> list[StakeLine]:
        """What is at stake with one payer, by currency."""
        query = f"""{_STAKE_LINE} FROM allowances WHERE payer_id = ? AND ({_AT_STAKE})
                    GROUP BY payer_id, currency ORDER BY currency"""
        return [StakeLine(*row) for row in self._db.execute(query, (payer_id,))]

    def fork_lines(self, skip: int, limit: int) -> list[ForkLine]:
        """Convictions, newest first."""
        query = """SELECT f.ref, f.reason, f.found_at, a.payer_id, a.device_id, a.currency, a.amount_minor,
                          a.drawn_pool_minor + a.borne_pool_minor, a.drawn_loss_minor + a.borne_loss_minor
                   FROM forks f JOIN allowances a ON a.ref = f.ref ORDER BY f.found_at DESC, f.ref LIMIT ? OFFSET ?"""
        return [ForkLine(*row) for row in self._db.execute(query, (limit, skip))]

    def fork_proof(self, ref: bytes) -> bytes | None:
        """The proof of a conviction."""
        row = self._maybe("SELECT proof FROM forks WHERE ref = ?", (ref,))
        return None if row is None else bytes(row[0])

    def dispute_line(self, dispute_id: bytes) -> DisputeLine | None:
        """One dispute, with all that was done in it."""
        found = self.dispute(DisputeId(dispute_id))
        return None if found is None else DisputeLine(dispute=found, steps=tuple(self.dispute_steps(found.dispute_id)))

    def pool_moves(self, currency: str, limit: int) -> list[PoolMove]:
        """Postings on the guarantee pool, newest first."""
        query = """SELECT e.at, e.reason, p.currency, -p.amount_minor
                   FROM postings p JOIN entries e ON e.number = p.entry
                   WHERE p.kind = 'pool' AND p.owner = ? AND p.currency = ? ORDER BY p.entry DESC LIMIT ?"""
        return [PoolMove(*row) for row in self._db.execute(query, (b"", currency, limit))]

    # --- the audit log ---

    def leaf_lines(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """Leaves before this place, newest first: place and bytes."""
        query = "SELECT leaf_index, leaf FROM audit_leaves WHERE leaf_index < ? ORDER BY leaf_index DESC LIMIT ?"
        return [(row[0], bytes(row[1])) for row in self._db.execute(query, (before, limit))]

    # --- over time ---

    def entries_since(self, begin: int, most: int) -> int:
        """From when on at most so many entries were made: `begin`, or later."""
        row = self._maybe("SELECT at FROM entries WHERE at >= ? ORDER BY at DESC LIMIT 1 OFFSET ?", (begin, most))
        return begin if row is None else int(row[0]) + 1

    def moved_since(self, begin: int, step_s: int) -> list[Moved]:
        """What moved on the books of claims, reserves and the pool, in pieces of time counted from `begin`.

        A cross join keeps SQLite from beginning with all postings that there ever were.
        """
        query = """SELECT (e.at - ?) / ? AS bucket, e.reason, p.kind, p.currency, sum(p.amount_minor)
                   FROM entries e CROSS JOIN postings p
                   WHERE e.at >= ? AND p.entry = e.number AND p.kind IN ('payable', 'reserve', 'pool')
                   GROUP BY 1, 2, 3, 4"""
        rows = self._db.execute(query, (begin, step_s, begin))
        return [Moved(int(row[0]), row[1], row[2], row[3], int(row[4])) for row in rows]

    def newest_batches(self, begin: int, until: int, skip: int, limit: int) -> list[BatchBytes]:
        """Batches that came between these times, newest first."""
        query = """SELECT b.body, b.answer, b.received_at, p.currency FROM batches b
                   JOIN terminals t ON t.terminal_ref = b.terminal_ref JOIN payees p ON p.payee_id = t.payee_id
                   WHERE b.received_at >= ? AND b.received_at <= ?
                   ORDER BY b.received_at DESC, b.terminal_ref, b.batch_id LIMIT ? OFFSET ?"""
        rows = self._db.execute(query, (begin, until, limit, skip))
        return [BatchBytes(bytes(row[0]), bytes(row[1]), row[2], row[3]) for row in rows]

    # --- inside ---

    def _device_line(self, row: Sequence[Any]) -> DeviceLine:
        name = self._opened_text(Sealed.PAYER_NAME, row[1], row[2], row[3])
        return DeviceLine(row[0], row[1], name, bool(row[4]), row[5], row[6])

    def _terminal_line(self, row: Sequence[Any]) -> TerminalLine:
        name = self._opened_text(Sealed.PAYEE_NAME, row[1], row[2], row[3])
        return TerminalLine(row[0], row[1], name, row[4], row[5], row[6])

    def _number(self, query: str) -> int:
        return int(self._one(query)[0])
