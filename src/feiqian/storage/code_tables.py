"""The tables of one-time codes over one connection, of either database; authenticators' secrets are sealed.

What becomes a leaf of the audit log stands in `audit_recording`. No rule is decided here.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Iterable, Sequence
from typing import Any, Final

from feiqian.issuer.authenticator_facts import Authenticator, AuthenticatorId, UsedCode, WrongCode
from feiqian.issuer.values import DeviceId, PayerId
from feiqian.ledger.clearing import Stale
from feiqian.ledger.sealing import ERASED, Sealed
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.risk.one_time_code import CodeFault, CodeKind, CodeUse
from feiqian.storage.sealed_tables import Put, SealedTables

_SECRET_BYTES: Final = 20
_AUTHENTICATOR: Final = "authenticator_id, payer_id, kind, secret, added_at, confirmed_at, removed_at, sealed_by"
_USE: Final = "factor, used_at, drift, cheque_id, allowance_ref, counter"
_WRONG: Final = "cheque_id, allowance_ref, payer_id, device_id, fault, found_at"
_GONE: Final = Put(b"", ERASED)


class CodeTables(SealedTables):
    """An `issuer.code_ports.CodeUnit`."""

    def authenticators_of(self, payer_ids: Iterable[PayerId]) -> list[Authenticator]:
        query = f"SELECT {_AUTHENTICATOR} FROM authenticators WHERE payer_id IN ({{keys}})"
        found = [self._authenticator(row) for row in self._among(query, payer_ids)]
        return sorted(found, key=lambda one: (one.added_at, one.removed_at is None, one.authenticator_id))

    def put_authenticator(self, authenticator: Authenticator) -> None:
        one, secret = authenticator, authenticator.secret + authenticator.code_secret
        stored, sealed_by = self._sealed(Sealed.CODE_SECRET, one.authenticator_id, secret) if secret else _GONE
        row = (one.authenticator_id, one.payer_id, one.kind.value, stored, one.added_at, one.confirmed_at)
        self._db.execute(
            f"""INSERT INTO authenticators ({_AUTHENTICATOR}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (authenticator_id) DO UPDATE
                SET confirmed_at = excluded.confirmed_at, removed_at = excluded.removed_at""",
            (*row, one.removed_at, sealed_by),
        )

    def code_uses(self, authenticator_id: AuthenticatorId, since: int) -> list[CodeUse]:
        query = f"SELECT {_USE} FROM code_uses WHERE authenticator_id = ? AND used_at >= ? ORDER BY factor"
        later = [_use(row) for row in self._db.execute(query, (authenticator_id, since)).fetchall()]
        query = f"""SELECT {_USE} FROM code_uses WHERE authenticator_id = ? AND used_at < ?
                    ORDER BY factor DESC LIMIT 1"""
        before = self._maybe(query, (authenticator_id, since))
        if before is None:
            return later
        last = _use(before)
        return [CodeUse(last.factor, last.used_at, last.drift), *later]

    def codes_judged(self, cheque_ids: Iterable[StatementId]) -> set[StatementId]:
        wanted = list(cheque_ids)
        found: set[StatementId] = set()
        for table in ("code_uses", "wrong_codes"):
            query = f"SELECT cheque_id FROM {table} WHERE length(cheque_id) > 0 AND cheque_id IN ({{keys}})"
            found.update(StatementId(bytes(row[0])) for row in self._among(query, wanted))
        return found

    def add_code_use(self, used: UsedCode) -> None:
        use = used.use
        row = (used.authenticator_id, use.factor, use.cheque_id, use.allowance_ref, use.counter, use.used_at, use.drift)
        put = self._db.execute(
            """INSERT INTO code_uses (authenticator_id, factor, cheque_id, allowance_ref, counter, used_at, drift)
               VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
            row,
        )
        if put.rowcount != 1:
            raise Stale

    def add_wrong_code(self, wrong: WrongCode) -> None:
        row = (wrong.cheque_id, wrong.allowance_ref, wrong.payer_id, wrong.device_id, wrong.fault.value, wrong.found_at)
        query = f"INSERT INTO wrong_codes ({_WRONG}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        if self._db.execute(query, row).rowcount != 1:
            raise Stale

    def wrong_codes(self, payer_id: PayerId | None = None) -> list[WrongCode]:
        which, values = ("", ()) if payer_id is None else ("WHERE payer_id = ?", (payer_id,))
        query = f"SELECT {_WRONG} FROM wrong_codes {which} ORDER BY found_at, cheque_id"
        return [_wrong(row) for row in self._db.execute(query, values).fetchall()]

    def _authenticator(self, row: Sequence[Any]) -> Authenticator:
        secret = self._opened(Sealed.CODE_SECRET, bytes(row[0]), row[3], row[7])
        return Authenticator(
            authenticator_id=AuthenticatorId(bytes(row[0])),
            payer_id=PayerId(bytes(row[1])),
            kind=CodeKind(row[2]),
            secret=secret[:_SECRET_BYTES],
            code_secret=secret[_SECRET_BYTES:],
            added_at=row[4],
            confirmed_at=row[5],
            removed_at=row[6],
        )


def _use(row: Sequence[Any]) -> CodeUse:
    return CodeUse(row[0], row[1], row[2], bytes(row[3]), bytes(row[4]), row[5])


def _wrong(row: Sequence[Any]) -> WrongCode:
    return WrongCode(
        cheque_id=StatementId(bytes(row[0])),
        allowance_ref=AllowanceRef(bytes(row[1])),
        payer_id=PayerId(bytes(row[2])),
        device_id=DeviceId(bytes(row[3])),
        fault=CodeFault(row[4]),
        found_at=row[5],
    )
