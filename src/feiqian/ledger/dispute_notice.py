"""What a device is told of disputes when it syncs: that there are some, never what was said in them (spec 10)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNotice:
    """A dispute that is not over, as one of its parties sees it. `against_us` says that the other side opened it."""

    dispute_id: bytes
    against_us: bool
    needs_answer: bool
