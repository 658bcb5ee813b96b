"""The tables of attestation and identity over one connection, of either database; references are sealed.

What becomes a leaf of the audit log stands in `audit_recording`. No rule is decided here.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Sequence
from typing import Any, Final

from feiqian.issuer.ports import StoredPin
from feiqian.issuer.values import (
    AttestationRoot,
    Attested,
    AttestedKey,
    DeviceId,
    Identity,
    IdentityKind,
    PayerId,
    TpmAsked,
)
from feiqian.ledger.sealing import ERASED, Sealed
from feiqian.protocol.allowance import Tier
from feiqian.storage.sealed_tables import SealedTables

_ROOT: Final = "tier, maker, certificate, fingerprint, added_at, removed_at"
_SAYS: Final = "tier, format, maker, model, identity, root"
_KEY: Final = f"payer_id, device_id, device_key, evidence, attested_at, {_SAYS}"
_ASKED: Final = f"device_key, credential, secret_hash, evidence, expires_at, {_SAYS}"
_SAYS_AT: Final = 5


class AttestationTables(SealedTables):
    """The part of an `IssuerUnit` that knows where keys live and who was identified."""

    # --- roots and keys ---

    def attestation_roots(self) -> list[AttestationRoot]:
        rows = self._db.execute(f"SELECT {_ROOT} FROM attestation_roots ORDER BY added_at, fingerprint")
        return [
            AttestationRoot(
                tier=Tier(row[0]),
                maker=row[1],
                certificate=bytes(row[2]),
                fingerprint=bytes(row[3]),
                added_at=row[4],
                removed_at=row[5],
            )
            for row in rows
        ]

    def put_attestation_root(self, root: AttestationRoot) -> None:
        self._db.execute(
            f"""INSERT INTO attestation_roots ({_ROOT}) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (fingerprint) DO UPDATE SET tier = excluded.tier, maker = excluded.maker,
                added_at = excluded.added_at, removed_at = excluded.removed_at""",
            (int(root.tier), root.maker, root.certificate, root.fingerprint, root.added_at, root.removed_at),
        )

    def attested_key(self, payer_id: PayerId, key: bytes) -> AttestedKey | None:
        query = f"SELECT {_KEY} FROM attested_keys WHERE payer_id = ? AND device_key = ?"
        row = self._maybe(query, (payer_id, key))
        return None if row is None else _key(row)

    def attested_keys(self, payer_id: PayerId, limit: int) -> list[AttestedKey]:
        query = f"""SELECT {_KEY} FROM attested_keys WHERE payer_id = ?
                    ORDER BY attested_at DESC, device_key LIMIT ?"""
        return [_key(row) for row in self._db.execute(query, (payer_id, limit))]

    def put_attested_key(self, key: AttestedKey) -> None:
        changed = ("device_id", "evidence", "attested_at", *_SAYS.split(", "))
        self._db.execute(
            f"""INSERT INTO attested_keys ({_KEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (payer_id, device_key)
                DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in changed)}""",
            (key.payer_id, key.device_id, key.key, key.evidence, key.at, *_says(key.attested)),
        )

    def tpm_asked(self, device_id: DeviceId) -> TpmAsked | None:
        row = self._maybe(f"SELECT {_ASKED} FROM tpm_questions WHERE device_id = ?", (device_id,))
        if row is None:
            return None
        return TpmAsked(
            key=bytes(row[0]),
            credential=bytes(row[1]),
            secret_hash=bytes(row[2]),
            evidence=bytes(row[3]),
            expires_at=row[4],
            attested=_attested(row[_SAYS_AT:]),
        )

    def put_tpm_asked(self, device_id: DeviceId, asked: TpmAsked) -> None:
        columns = _ASKED.split(", ")
        row = (asked.key, asked.credential, asked.secret_hash, asked.evidence, asked.expires_at)
        self._db.execute(
            f"""INSERT INTO tpm_questions (device_id, {_ASKED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (device_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in columns)}""",
            (device_id, *row, *_says(asked.attested)),
        )

    # --- who was identified ---

    def identity(self, payer_id: PayerId) -> Identity | None:
        query = "SELECT kind, reference, checked_by, checked_at, sealed_by FROM identities WHERE payer_id = ?"
        row = self._maybe(query, (payer_id,))
        if row is None:
            return None
        return Identity(
            kind=IdentityKind(row[0]),
            reference=self._opened_text(Sealed.IDENTITY_REFERENCE, payer_id, row[1], row[4]),
            checked_by=row[2],
            checked_at=row[3],
        )

    def is_identified(self, payer_id: PayerId) -> bool:
        query = f"SELECT 1 FROM identities WHERE payer_id = ? AND sealed_by <> {ERASED}"
        return self._maybe(query, (payer_id,)) is not None

    def put_identity(self, payer_id: PayerId, identity: Identity) -> None:
        sealed = self._sealed(Sealed.IDENTITY_REFERENCE, payer_id, identity.reference)
        self._db.execute(
            """INSERT INTO identities (payer_id, kind, checked_by, checked_at, reference, sealed_by)
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (payer_id) DO UPDATE SET kind = excluded.kind,
               checked_by = excluded.checked_by, checked_at = excluded.checked_at, reference = excluded.reference,
               sealed_by = excluded.sealed_by""",
            (payer_id, identity.kind.value, identity.checked_by, identity.checked_at, *sealed),
        )

    # --- second secrets of enrolment codes ---

    def enrolment_pin(self, code_hash: bytes) -> StoredPin | None:
        row = self._maybe("SELECT hashed, misses FROM enrolment_pins WHERE code_hash = ?", (code_hash,))
        return None if row is None else StoredPin(hashed=row[0], misses=row[1])

    def add_enrolment_pin(self, code_hash: bytes, hashed: str) -> None:
        self._db.execute("INSERT INTO enrolment_pins (code_hash, hashed, misses) VALUES (?, ?, 0)", (code_hash, hashed))

    def count_pin_miss(self, code_hash: bytes, most: int) -> bool:
        query = "UPDATE enrolment_pins SET misses = misses + 1 WHERE code_hash = ? AND misses < ?"
        return self._db.execute(query, (code_hash, most)).rowcount == 1

    def clear_pin_misses(self, code_hash: bytes) -> None:
        self._db.execute("UPDATE enrolment_pins SET misses = 0 WHERE code_hash = ?", (code_hash,))


def _says(attested: Attested) -> tuple[Any, ...]:
    says = (attested.format, attested.maker, attested.model, attested.identity, attested.root)
    return (int(attested.tier), *says)


def _attested(row: Sequence[Any]) -> Attested:
    return Attested(tier=Tier(row[0]), format=row[1], maker=row[2], model=row[3], identity=row[4], root=bytes(row[5]))


def _key(row: Sequence[Any]) -> AttestedKey:
    return AttestedKey(
        payer_id=PayerId(bytes(row[0])),
        device_id=DeviceId(bytes(row[1])),
        key=bytes(row[2]),
        evidence=bytes(row[3]),
        at=row[4],
        attested=_attested(row[_SAYS_AT:]),
    )
