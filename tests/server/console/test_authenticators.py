"""A payer's authenticator at the console: changed by who may give codes, seen by who may see payers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from feiqian.keys.one_time_codes import code_at
from feiqian.links.http_spelling import spell_bytes
from feiqian.risk.one_time_code import STEP_S
from feiqian.staff.roles import Role
from feiqian.staff.values import Act
from tests.server.console.office import Office, an_office
from tests.server.operators import assert_problem


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        yield made


def test_added_confirmed_seen_and_removed(office: Office) -> None:
    world = office.world
    payer_id, _ = world.payer(0, "Lin")
    at = f"payers/{spell_bytes(payer_id)}/authenticators"
    admin = office.person(Role.ADMIN)
    assert_problem(admin.post(f"{at}/confirmation", {"codes": ["123456"]}), 404, "no_authenticator")
    added = admin.post(at, {"kind": "totp"})
    assert added.status_code == 201
    told = pyotp.parse_uri(added.json()["otpauth_uri"])
    assert (told.name, told.secret) == ("Lin", added.json()["secret"])
    assert_problem(admin.post(f"{at}/confirmation", {"codes": ["12345"]}), 422, "field_invalid")
    secret = base64.b32decode(added.json()["secret"])
    wrong = code_at(secret, world.now // STEP_S + 100)
    assert_problem(admin.post(f"{at}/confirmation", {"codes": [wrong]}), 409, "authenticator_code_wrong")
    right = code_at(secret, world.now // STEP_S)
    confirmed = admin.post(f"{at}/confirmation", {"codes": [f"{right[:3]} {right[3:]}"]}).json()
    assert confirmed["confirmed_at"] is not None

    seen = office.person(Role.SUPPORT).get(at)
    assert [(one["kind"], one["removed_at"]) for one in seen["authenticators"]] == [("totp", None)]
    assert seen["wrong_codes"] == []
    assert added.json()["secret"] not in str(seen)
    removed = admin.post(f"{at}/removal", {}).json()
    assert removed["authenticators"][0]["removed_at"] is not None
    with world.store.read() as reading:
        staff_id = admin.new.member.staff_id
        noted = {one.act for one in reading.staff_acts(before=None, limit=50, staff_id=staff_id, subject=None)}
    assert noted >= {Act.ADD_AUTHENTICATOR, Act.CONFIRM_AUTHENTICATOR, Act.REMOVE_AUTHENTICATOR}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.RISK, Role.FINANCE, Role.AUDITOR, Role.VIEWER])
def test_only_who_may_give_codes_changes_any(office: Office, role: Role) -> None:
    payer_id, _ = office.world.payer(0, "Lin")
    at = f"payers/{spell_bytes(payer_id)}/authenticators"
    person = office.person(role)
    for path, content in ((at, {"kind": "totp"}), (f"{at}/confirmation", {"codes": ["123456"]}), (f"{at}/removal", {})):
        assert_problem(person.post(path, content), 403, "not_permitted")
    assert office.world.issuer.authenticators.of(payer_id) == ()
