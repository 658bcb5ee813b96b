"""The table of roles: nobody has more than its work needs, and the page says the same."""

from __future__ import annotations

import pytest

from feiqian.staff.roles import CHANGES, PERMISSIONS, Permission, Role, is_allowed
from tests.tidy.house import ROOT


def test_every_role_is_in_the_table_and_sees_the_numbers() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert all(is_allowed(role, Permission.NUMBERS) for role in Role)


def test_a_viewer_sees_numbers_and_nothing_else() -> None:
    assert PERMISSIONS[Role.VIEWER] == {Permission.NUMBERS}


def test_an_auditor_sees_everything_and_changes_nothing() -> None:
    assert PERMISSIONS[Role.AUDITOR] == frozenset(Permission) - CHANGES


def test_only_an_admin_changes_the_staff_and_gives_codes() -> None:
    for permission in (Permission.STAFF_CHANGE, Permission.CODES, Permission.ATTESTATION):
        assert [role for role in Role if is_allowed(role, permission)] == [Role.ADMIN]
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)


def test_whoever_moves_money_does_not_look_after_the_proofs() -> None:
    assert not PERMISSIONS[Role.FINANCE] & {Permission.FORKS, Permission.AUDIT, Permission.STAFF}
    assert not PERMISSIONS[Role.RISK] & CHANGES


@pytest.mark.parametrize("role", Role)
def test_the_page_has_the_table(role: Role) -> None:
    page = (ROOT / "docs" / "operations" / "console.md").read_text(encoding="utf-8")
    line = next(line for line in page.splitlines() if line.startswith(f"| `{role}` |"))
    told = {word.strip("`") for word in line.split("|")[2].replace(",", " ").split()}
    assert told == {permission.value for permission in PERMISSIONS[role]}
