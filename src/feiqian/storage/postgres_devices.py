"""Devices on PostgreSQL: the statements of `device_tables`, and locks, so that of two who decide one sees the other."""

from feiqian.issuer.lock_ports import LockLine
from feiqian.issuer.lost_ports import LostCode
from feiqian.issuer.values import DeviceId
from feiqian.storage.device_tables import DeviceTables
from feiqian.storage.postgres_ledger import PostgresLedger


class PostgresDevices(PostgresLedger, DeviceTables):
    """A `LockUnit` and a `LostCodeUnit` over one connection."""

    def lock_line(self, lock_id: bytes) -> LockLine | None:
        self._hold("SELECT 1 FROM device_locks WHERE lock_id = ? FOR NO KEY UPDATE", lock_id)
        return super().lock_line(lock_id)

    def lost_code(self, code_id: bytes) -> LostCode | None:
        self._hold("SELECT 1 FROM lost_codes WHERE code_id = ? FOR NO KEY UPDATE", code_id)
        return super().lost_code(code_id)

    def end_lost_codes(self, device_id: DeviceId, misses: int) -> None:
        self._hold("SELECT 1 FROM devices WHERE device_id = ? FOR NO KEY UPDATE", device_id)
        super().end_lost_codes(device_id, misses)

    def device_locks(self, device_id: DeviceId) -> list[LockLine]:
        self._hold("SELECT 1 FROM devices WHERE device_id = ? FOR NO KEY UPDATE", device_id)
        return super().device_locks(device_id)
