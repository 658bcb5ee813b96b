"""Lost-device codes as the issuer's books hold them, and what it asks of the books about them."""

from dataclasses import dataclass
from typing import Protocol

from feiqian.issuer.values import DeviceId, PayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCode:
    """A lost-device code as it is kept. `misses` were wrong secrets; `ended_at` is when it stopped its device."""

    code_id: bytes
    payer_id: PayerId
    device_id: DeviceId
    hashed: str
    made_at: int
    misses: int = 0
    ended_at: int | None = None


class LostCodeUnit(Protocol):
    """What is asked of the books about lost-device codes and written there."""

    def lost_code(self, code_id: bytes) -> LostCode | None:
        """A code."""

    def add_lost_code(self, code: LostCode) -> None:
        """A new one."""

    def put_lost_tries(self, code_id: bytes, misses: int, ended_at: int | None) -> None:
        """How often it was tried wrongly, and when it stopped its device."""

    def end_lost_codes(self, device_id: DeviceId, misses: int) -> None:
        """The codes of a device that were not used are as good as tried so often."""
