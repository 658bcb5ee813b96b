"""The staff's desk: who is let in, who is on the staff, and what is noted of both.

- A try is counted, durably, before password and code are looked at: many tries at once are as many.
- A code's step is used up in the write that begins the session; of two who show one code, one is let in.
- What is not noted is not shown and not done: an act is written before its answer is given.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from feiqian.staff import rules
from feiqian.staff.ports import StaffReading, StaffSecrets, StaffStore, StaffUnit, WritePoint
from feiqian.staff.roles import Role
from feiqian.staff.troubles import StaffTrouble
from feiqian.staff.values import (
    ACT_ID_BYTES,
    GONE,
    NOBODY,
    STAFF_ID_BYTES,
    Act,
    Credentials,
    NewStaff,
    Session,
    SignedIn,
    StaffAct,
    StaffId,
    StaffLine,
    StaffMember,
)

TOKEN_BYTES: Final = 32
_MINUTE_S: Final = 60
_NOTED_MAX: Final = 10_000
"""So many views of one minute are remembered at most; beyond it some are noted twice."""


class StaffDesk:
    """The desk. Raises StaffTrouble; all methods are thread-safe and durable on return."""

    def __init__(
        self,
        *,
        store: StaffStore,
        secrets: StaffSecrets,
        deployment: str,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        """`clock` gives Unix seconds, `randomness(n)` n unpredictable bytes."""
        self._store, self._secrets, self._deployment = store, secrets, deployment
        self._clock, self._randomness = clock, randomness
        self._noted: set[tuple[int, StaffId, Act, bytes]] = set()
        self._noted_minute = 0
        self._noted_lock = threading.Lock()

    # --- signing in ---

    def sign_in(self, name: str, password: str, code: str) -> tuple[bytes, SignedIn]:
        """A new session and its token. Raises sign_in_refused, sign_in_wait, sign_in_busy."""
        now = self._clock()
        with self._store.read() as reading:
            member = _on_staff(reading.staff_named(name))
            credentials = None if member is None else reading.staff_credentials(member.staff_id)
        if member is None or credentials is None:
            self._secrets.is_password("", password)  # it takes as long as for a name that is known
            self._note_once(NOBODY, Act.SIGN_IN_REFUSED, b"", now)
            raise StaffTrouble("sign_in_refused")
        with self._store.write(WritePoint.SESSION) as unit:
            wait_s = rules.waits_until(unit.staff_tries(member.staff_id)) - now
            if wait_s > 0:
                raise StaffTrouble("sign_in_wait", seconds=wait_s)
            unit.count_try(member.staff_id, now)
        fits = self._secrets.is_password(credentials.password, password)
        step = self._step_of(member, credentials, code, now)
        if not fits or step is None:
            self._note(member.staff_id, Act.SIGN_IN_REFUSED, b"", now)
            raise StaffTrouble("sign_in_refused")
        return self._begin(member, step, now)

    def _step_of(self, member: StaffMember, credentials: Credentials, code: str, now: int) -> int | None:
        """The step that this code is of, if it still counts."""
        with self._store.read() as reading:
            last_step = reading.staff_tries(member.staff_id).last_step
        found = None
        for step in rules.open_steps(now, last_step):
            if hmac.compare_digest(self._secrets.code_at(credentials.secret, step).encode(), code.encode()):
                found = step
        return found

    def _begin(self, member: StaffMember, step: int, now: int) -> tuple[bytes, SignedIn]:
        token = self._randomness(TOKEN_BYTES)
        with self._store.write(WritePoint.SESSION) as unit:
            current = _on_staff(unit.staff(member.staff_id))
            if current is None or not unit.end_tries(member.staff_id, step, now):
                raise StaffTrouble("sign_in_refused")
            unit.forget_sessions(begun_before=now - rules.SESSION_S, seen_before=now - rules.IDLE_S)
            session = self._session_in(unit, current, token, now)
            unit.add_staff_act(self._act(current.staff_id, Act.SIGN_IN, b"", now))
        return token, SignedIn(member=current, session=session, ends_at=rules.ends_at(session))

    def _session_in(self, unit: StaffUnit, member: StaffMember, token: bytes, now: int) -> Session:
        session = Session(token_hash=_hash(token), staff_id=member.staff_id, begun_at=now, seen_at=now)
        unit.add_session(session)
        return session

    def signed_in(self, token: bytes) -> SignedIn:
        """Whose session this is; it is used now. Raises session_over."""
        now = self._clock()
        with self._store.read() as reading:
            session, member = _session_of(reading, token, now)
        if now - session.seen_at >= rules.SEEN_EVERY_S:
            with self._store.write(WritePoint.SESSION) as unit:
                session, member = _session_of(unit, token, now)
                unit.see_session(session.token_hash, now)
        return SignedIn(member=member, session=session, ends_at=rules.ends_at(session))

    def sign_out(self, token: bytes) -> None:
        """Ends this session; one that is over already stays so."""
        now = self._clock()
        with self._store.write(WritePoint.SESSION) as unit:
            session = unit.staff_session(_hash(token))
            if session is not None:
                unit.end_session(session.token_hash)
                unit.add_staff_act(self._act(session.staff_id, Act.SIGN_OUT, b"", now))

    def choose_password(self, token: bytes, password: str, new: str) -> tuple[bytes, SignedIn]:
        """A password of one's own, in a new session; all others end. A wrong old one counts like a miss at sign-in.

        Raises session_over, sign_in_refused, sign_in_wait, password_weak.
        """
        now = self._clock()
        with self._store.write(WritePoint.SESSION) as unit:
            _, member = _session_of(unit, token, now)
            credentials = unit.staff_credentials(member.staff_id)
            tries = unit.staff_tries(member.staff_id)
            wait_s = rules.waits_until(tries) - now
            if wait_s > 0:
                raise StaffTrouble("sign_in_wait", seconds=wait_s)
            unit.count_try(member.staff_id, now)
        if credentials is None or not self._secrets.is_password(credentials.password, password):
            self._note(member.staff_id, Act.SIGN_IN_REFUSED, b"", now)
            raise StaffTrouble("sign_in_refused")
        if new == password:
            raise self._right_but_weak(member)
        try:
            rules.check_password(new, member.name)
        except StaffTrouble:
            raise self._right_but_weak(member) from None
        hashed, fresh = self._secrets.hash_password(new), self._randomness(TOKEN_BYTES)
        with self._store.write(WritePoint.SESSION) as unit:
            _, member = _session_of(unit, token, now)
            member = replace(member, is_starting=False)
            unit.put_staff(member, Credentials(password=hashed, secret=credentials.secret))
            unit.clear_tries(member.staff_id)
            unit.end_sessions(member.staff_id)
            session = self._session_in(unit, member, fresh, now)
            unit.add_staff_act(self._act(member.staff_id, Act.PASSWORD_CHANGED, _hash(member.staff_id), now))
        return fresh, SignedIn(member=member, session=session, ends_at=rules.ends_at(session))

    def _right_but_weak(self, member: StaffMember) -> StaffTrouble:
        """The old password was right, so it was no miss."""
        with self._store.write(WritePoint.SESSION) as unit:
            unit.clear_tries(member.staff_id)
        return StaffTrouble("password_weak", least=rules.PASSWORD_CHARS_MIN)

    # --- the staff ---

    def add(self, name: str, role: Role, by: StaffId = NOBODY) -> NewStaff:
        """A new person. Raises staff_name_invalid, staff_name_taken, staff_full."""
        rules.check_name(name)
        now = self._clock()
        password, credentials = self._new_credentials()
        member = StaffMember(
            staff_id=StaffId(self._randomness(STAFF_ID_BYTES)), name=name, role=role, is_starting=True, added_at=now
        )
        with self._store.write(WritePoint.MEMBER) as unit:
            if unit.staff_named(name) is not None:
                raise StaffTrouble("staff_name_taken")
            if len(unit.staff_all(rules.STAFF_MAX)) >= rules.STAFF_MAX:
                raise StaffTrouble("staff_full")
            unit.put_staff(member, credentials)
            unit.add_staff_act(self._act(by, Act.STAFF_ADDED, _hash(member.staff_id), now))
        return self._told(member, password, credentials)

    def reset(self, staff_id: StaffId, by: StaffId = NOBODY) -> NewStaff:
        """A new starting password and secret; all sessions end, misses are forgotten. Raises unknown_staff."""
        now = self._clock()
        password, credentials = self._new_credentials()
        with self._store.write(WritePoint.MEMBER) as unit:
            member = replace(_another(unit, staff_id, by), is_starting=True)
            unit.put_staff(member, credentials)
            self._changed_by(unit, member, by, Act.STAFF_RESET, now)
        return self._told(member, password, credentials)

    def change_role(self, staff_id: StaffId, role: Role, by: StaffId = NOBODY) -> StaffMember:
        """Another role; all sessions end. Raises unknown_staff, staff_self."""
        now = self._clock()
        with self._store.write(WritePoint.MEMBER) as unit:
            member = _another(unit, staff_id, by)
            if member.role is not role:
                member = replace(member, role=role)
                unit.put_staff(member)
                self._changed_by(unit, member, by, Act.STAFF_ROLE, now)
        return member

    def remove(self, staff_id: StaffId, by: StaffId = NOBODY) -> StaffMember:
        """Somebody leaves: password and secret are forgotten, the name stays for what was noted under it.

        Raises unknown_staff, staff_self.
        """
        now = self._clock()
        with self._store.write(WritePoint.MEMBER) as unit:
            member = replace(_another(unit, staff_id, by), removed_at=now)
            unit.put_staff(member, GONE)
            self._changed_by(unit, member, by, Act.STAFF_REMOVED, now)
        return member

    def named(self, name: str) -> StaffMember:
        """Somebody who is on the staff. Raises unknown_staff."""
        with self._store.read() as reading:
            member = _on_staff(reading.staff_named(name))
        if member is None:
            raise StaffTrouble("unknown_staff")
        return member

    def lines(self) -> tuple[StaffLine, ...]:
        """Everybody, also who was removed."""
        now = self._clock()
        with self._store.read() as reading:
            return tuple(_line(reading, one, now) for one in reading.staff_all(rules.STAFF_MAX))

    def line(self, staff_id: StaffId) -> StaffLine:
        """One of them. Raises unknown_staff."""
        with self._store.read() as reading:
            member = reading.staff(staff_id)
            if member is None:
                raise StaffTrouble("unknown_staff")
            return _line(reading, member, self._clock())

    # --- what is noted ---

    def note(self, staff_id: StaffId, act: Act, about: bytes = b"") -> None:
        """Notes an act before it is done; a view once a minute. `about` is an id, of which the hash is kept."""
        now, subject = self._clock(), _hash(about) if about else b""
        if act.is_view:
            self._note_once(staff_id, act, subject, now)
        else:
            self._note(staff_id, act, subject, now)

    def acts(
        self, *, before: int | None, limit: int, staff_id: StaffId | None = None, about: bytes | None = None
    ) -> tuple[tuple[StaffAct, str | None], ...]:
        """What was noted, newest first, each with the name of who did it."""
        with self._store.read() as reading:
            subject = None if about is None else _hash(about)
            found = reading.staff_acts(before=before, limit=limit, staff_id=staff_id, subject=subject)
            names = {one.staff_id: one.name for one in reading.staff_all(rules.STAFF_MAX)}
        return tuple((act, names.get(act.staff_id)) for act in found)

    def _note_once(self, staff_id: StaffId, act: Act, subject: bytes, now: int) -> None:
        minute = now // _MINUTE_S
        key = (minute, staff_id, act, subject)
        with self._noted_lock:
            if key in self._noted:
                return
        self._note(staff_id, act, subject, now)
        with self._noted_lock:
            if minute != self._noted_minute or len(self._noted) >= _NOTED_MAX:
                self._noted_minute, self._noted = minute, set()
            self._noted.add(key)

    def _note(self, staff_id: StaffId, act: Act, subject: bytes, now: int) -> None:
        with self._store.write(WritePoint.NOTE) as unit:
            unit.add_staff_act(self._act(staff_id, act, subject, now))

    def _act(self, staff_id: StaffId, act: Act, subject: bytes, now: int) -> StaffAct:
        return StaffAct(act_id=self._randomness(ACT_ID_BYTES), staff_id=staff_id, act=act, subject=subject, at=now)

    def _changed_by(self, unit: StaffUnit, member: StaffMember, by: StaffId, act: Act, now: int) -> None:
        unit.end_sessions(member.staff_id)
        unit.clear_tries(member.staff_id)
        unit.add_staff_act(self._act(by, act, _hash(member.staff_id), now))

    def _new_credentials(self) -> tuple[str, Credentials]:
        password = self._secrets.starting_password()
        secret = self._randomness(rules.SECRET_BYTES)
        return password, Credentials(password=self._secrets.hash_password(password), secret=secret)

    def _told(self, member: StaffMember, password: str, credentials: Credentials) -> NewStaff:
        uri = self._secrets.otpauth_uri(credentials.secret, name=member.name, issuer=f"Feiqian {self._deployment}")
        return NewStaff(member=member, password=password, otpauth_uri=uri)


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _on_staff(member: StaffMember | None) -> StaffMember | None:
    return None if member is None or member.removed_at is not None else member


def _another(reading: StaffReading, staff_id: StaffId, by: StaffId) -> StaffMember:
    """Somebody on the staff who is not the one that acts."""
    member = _on_staff(reading.staff(staff_id))
    if member is None:
        raise StaffTrouble("unknown_staff")
    if staff_id == by:
        raise StaffTrouble("staff_self")
    return member


def _session_of(reading: StaffReading, token: bytes, now: int) -> tuple[Session, StaffMember]:
    session = reading.staff_session(_hash(token))
    member = None if session is None else _on_staff(reading.staff(session.staff_id))
    if session is None or member is None or now >= rules.ends_at(session):
        raise StaffTrouble("session_over")
    return session, member


def _line(reading: StaffReading, member: StaffMember, now: int) -> StaffLine:
    tries = reading.staff_tries(member.staff_id)
    until = rules.waits_until(tries)
    open_now = [one for one in reading.staff_sessions(member.staff_id) if now < rules.ends_at(one)]
    return StaffLine(
        member=member,
        signed_in_at=tries.signed_in_at,
        sessions=len(open_now),
        waits_until=until if until > now else None,
    )
