"""The staff's tables over one connection, of either database; the secrets of one-time codes are sealed.

What becomes a leaf of the audit log stands in `audit_recording`. No rule is decided here.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Sequence
from typing import Any, Final

from feiqian.ledger.sealing import ERASED, Sealed
from feiqian.staff.roles import Role
from feiqian.staff.values import Act, Credentials, Session, StaffAct, StaffId, StaffMember, Tries
from feiqian.storage.sealed_tables import Put, SealedTables

_MEMBER: Final = "staff_id, name, role, is_starting, added_at, removed_at"
_SESSION: Final = "token_hash, staff_id, begun_at, seen_at"
_ACT: Final = "act_id, staff_id, act, subject, at, number"
_GONE: Final = Put(b"", ERASED)


class StaffTables(SealedTables):
    """A `staff.ports.StaffUnit`."""

    # --- who is on it ---

    def staff(self, staff_id: StaffId) -> StaffMember | None:
        return _member(self._maybe(f"SELECT {_MEMBER} FROM staff WHERE staff_id = ?", (staff_id,)))

    def staff_named(self, name: str) -> StaffMember | None:
        return _member(self._maybe(f"SELECT {_MEMBER} FROM staff WHERE name = ?", (name,)))

    def staff_all(self, limit: int) -> list[StaffMember]:
        rows = self._db.execute(f"SELECT {_MEMBER} FROM staff ORDER BY name LIMIT ?", (limit,))
        return [found for row in rows if (found := _member(row)) is not None]

    def staff_credentials(self, staff_id: StaffId) -> Credentials | None:
        row = self._maybe("SELECT password, secret, sealed_by FROM staff WHERE staff_id = ?", (staff_id,))
        if row is None:
            return None
        return Credentials(password=row[0], secret=self._opened(Sealed.STAFF_SECRET, staff_id, row[1], row[2]))

    def put_staff(self, member: StaffMember, credentials: Credentials | None = None) -> None:
        values = (member.name, member.role.value, int(member.is_starting), member.removed_at)
        if credentials is None:
            query = "UPDATE staff SET name = ?, role = ?, is_starting = ?, removed_at = ? WHERE staff_id = ?"
            self._db.execute(query, (*values, member.staff_id))
            return
        secret = credentials.secret
        sealed = self._sealed(Sealed.STAFF_SECRET, member.staff_id, secret) if secret else _GONE
        self._db.execute(
            """INSERT INTO staff (staff_id, added_at, name, role, is_starting, removed_at, password, secret, sealed_by)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name,
               role = excluded.role, is_starting = excluded.is_starting, removed_at = excluded.removed_at,
               password = excluded.password, secret = excluded.secret, sealed_by = excluded.sealed_by""",
            (member.staff_id, member.added_at, *values, credentials.password, *sealed),
        )

    # --- tries and sessions ---

    def staff_tries(self, staff_id: StaffId) -> Tries:
        query = "SELECT misses, missed_at, last_step, signed_in_at FROM staff_tries WHERE staff_id = ?"
        row = self._maybe(query, (staff_id,))
        if row is None:
            return Tries()
        return Tries(misses=row[0], missed_at=row[1], last_step=row[2], signed_in_at=row[3])

    def count_try(self, staff_id: StaffId, at: int) -> None:
        self._db.execute(
            """INSERT INTO staff_tries (staff_id, misses, missed_at, last_step) VALUES (?, 1, ?, 0)
               ON CONFLICT (staff_id) DO UPDATE SET misses = staff_tries.misses + 1, missed_at = excluded.missed_at""",
            (staff_id, at),
        )

    def end_tries(self, staff_id: StaffId, step: int, at: int) -> bool:
        query = """UPDATE staff_tries SET misses = 0, last_step = ?, signed_in_at = ?
                   WHERE staff_id = ? AND last_step < ?"""
        return self._db.execute(query, (step, at, staff_id, step)).rowcount == 1

    def clear_tries(self, staff_id: StaffId) -> None:
        self._db.execute("UPDATE staff_tries SET misses = 0 WHERE staff_id = ?", (staff_id,))

    def staff_session(self, token_hash: bytes) -> Session | None:
        row = self._maybe(f"SELECT {_SESSION} FROM staff_sessions WHERE token_hash = ?", (token_hash,))
        return None if row is None else _session(row)

    def staff_sessions(self, staff_id: StaffId) -> list[Session]:
        rows = self._db.execute(f"SELECT {_SESSION} FROM staff_sessions WHERE staff_id = ?", (staff_id,))
        return [_session(row) for row in rows]

    def add_session(self, session: Session) -> None:
        row = (session.token_hash, session.staff_id, session.begun_at, session.seen_at)
        self._db.execute(f"INSERT INTO staff_sessions ({_SESSION}) VALUES (?, ?, ?, ?)", row)

    def see_session(self, token_hash: bytes, at: int) -> None:
        self._db.execute("UPDATE staff_sessions SET seen_at = ? WHERE token_hash = ?", (at, token_hash))

    def end_session(self, token_hash: bytes) -> None:
        self._db.execute("DELETE FROM staff_sessions WHERE token_hash = ?", (token_hash,))

    def end_sessions(self, staff_id: StaffId) -> None:
        self._db.execute("DELETE FROM staff_sessions WHERE staff_id = ?", (staff_id,))

    def forget_sessions(self, *, begun_before: int, seen_before: int) -> None:
        query = "DELETE FROM staff_sessions WHERE begun_at <= ? OR seen_at <= ?"
        self._db.execute(query, (begun_before, seen_before))

    # --- what was noted ---

    def add_staff_act(self, act: StaffAct) -> None:
        row = (act.act_id, act.staff_id, act.act.value, act.subject, act.at)
        self._db.execute("INSERT INTO staff_acts (act_id, staff_id, act, subject, at) VALUES (?, ?, ?, ?, ?)", row)

    def staff_acts(
        self, *, before: int | None, limit: int, staff_id: StaffId | None, subject: bytes | None
    ) -> list[StaffAct]:
        asked = {"number < ?": before, "staff_id = ?": staff_id, "subject = ?": subject}
        wanted = {name: value for name, value in asked.items() if value is not None}
        which = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        query = f"SELECT {_ACT} FROM staff_acts {which} ORDER BY number DESC LIMIT ?"
        return [_act(row) for row in self._db.execute(query, (*wanted.values(), limit))]


def _member(row: Any | None) -> StaffMember | None:
    if row is None:
        return None
    return StaffMember(
        staff_id=StaffId(bytes(row[0])),
        name=row[1],
        role=Role(row[2]),
        is_starting=bool(row[3]),
        added_at=row[4],
        removed_at=row[5],
    )


def _session(row: Sequence[Any]) -> Session:
    return Session(token_hash=bytes(row[0]), staff_id=StaffId(bytes(row[1])), begun_at=row[2], seen_at=row[3])


def _act(row: Sequence[Any]) -> StaffAct:
    return StaffAct(
        act_id=bytes(row[0]),
        staff_id=StaffId(bytes(row[1])),
        act=Act(row[2]),
        subject=bytes(row[3]),
        at=row[4],
        number=row[5],
    )
