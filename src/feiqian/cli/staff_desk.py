"""The desk of the operator's own people, put together: over the books, with real passwords and one-time codes."""

import secrets
from collections.abc import Callable

from feiqian.keys.staff_secrets import PasswordsAndCodes
from feiqian.staff.desk import StaffDesk
from feiqian.staff.ports import StaffStore


def staff_desk(store: StaffStore, deployment: str, clock: Callable[[], int]) -> StaffDesk:
    """The desk. `clock` gives Unix seconds."""
    return StaffDesk(
        store=store,
        secrets=PasswordsAndCodes(),
        deployment=deployment,
        clock=clock,
        randomness=secrets.token_bytes,
    )
