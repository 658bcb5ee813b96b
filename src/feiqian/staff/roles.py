"""Roles: what each may do, in one table. Pure.

A route asks for one permission; a role has those that its work needs and no other. `admin` has all. The table is shown
in docs/operations/console.md, and a test compares.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody's work is."""

    VIEWER = "viewer"
    SUPPORT = "support"
    RISK = "risk"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be allowed. The first block looks, the second one changes something."""

    NUMBERS = "numbers"
    HOLDERS = "holders"
    EXPOSURE = "exposure"
    FORKS = "forks"
    DISPUTES = "disputes"
    POOL = "pool"
    KEYS = "keys"
    AUDIT = "audit"
    STAFF = "staff"

    SUSPEND = "suspend"
    DECIDE = "decide"
    FUNDING = "funding"
    CODES = "codes"
    ATTESTATION = "attestation"
    STAFF_CHANGE = "staff_change"


CHANGES: Final = frozenset(
    {
        *(Permission.SUSPEND, Permission.DECIDE, Permission.FUNDING, Permission.CODES),
        *(Permission.ATTESTATION, Permission.STAFF_CHANGE),
    }
)
"""Permissions with which something is changed."""
_P = Permission

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.VIEWER: frozenset({_P.NUMBERS}),
    Role.SUPPORT: frozenset({_P.NUMBERS, _P.HOLDERS, _P.DISPUTES, _P.SUSPEND}),
    Role.RISK: frozenset({_P.NUMBERS, _P.EXPOSURE, _P.FORKS, _P.POOL, _P.KEYS}),
    Role.FINANCE: frozenset({_P.NUMBERS, _P.HOLDERS, _P.EXPOSURE, _P.DISPUTES, _P.DECIDE, _P.POOL, _P.FUNDING}),
    Role.AUDITOR: frozenset(Permission) - CHANGES,
    Role.ADMIN: frozenset(Permission),
}
"""The whole of who may do what."""


def is_allowed(role: Role, permission: Permission) -> bool:
    """Whether this role has this permission."""
    return permission in PERMISSIONS[role]
