"""The administrator sees whom the operator serves: every payer and payee once, a page at a time, with true amounts."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.links.http import OperatorClient, new_idempotency_key
from feiqian.server import holders
from tests.server.operators import Served, assert_problem, bearer


def admin_of(office: Served) -> OperatorClient:
    return OperatorClient(office.url, office.admin["authorization"].removeprefix("Bearer "))


def test_a_payer_is_listed_with_what_is_free_what_is_set_aside_and_its_devices(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=50_000)
    line = {"payer_id": payer["payer_id"], "name": "Alice", "currency": "CNY"}
    assert office.client.get("/v1/payers", headers=office.admin).json() == {
        "payers": [line | {"free_minor": 50_000, "reserved_minor": 0, "devices": 0}],
        "more": False,
    }
    device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
    wish = office.allowance_wish(device, SoftwareKey.generate(), b"r" * 16) | {"amount_minor": 20_000}
    assert office.post("/v1/allowances", wish, bearer(device["token"])).status_code == 200
    (found,) = office.client.get("/v1/payers", headers=office.admin).json()["payers"]
    assert found == line | {"free_minor": 30_000, "reserved_minor": 20_000, "devices": 1}
    office.post(f"/v1/payers/{payer['payer_id']}/suspensions", {}, office.admin)
    (found,) = office.client.get("/v1/payers", headers=office.admin).json()["payers"]
    assert (found["reserved_minor"], found["devices"]) == (20_000, 0)  # signed out; the money stays where it is


def test_a_payee_is_listed_with_its_terminals(office: Served) -> None:
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    code = office.post(f"/v1/payees/{payee['payee_id']}/codes", {}, office.admin, key="code-key-00000001").json()
    for one in (payee, code):
        assert office.enrol_terminal(one["enrolment_code"], SoftwareKey.generate()).status_code == 200
    (found,) = office.client.get("/v1/payees", headers=office.admin).json()["payees"]
    assert found == {
        "payee_id": payee["payee_id"],
        "name": "Tea House",
        "currency": "CNY",
        "balance_minor": 0,
        "waiting_minor": 0,
        "terminals": 2,
    }


@pytest.mark.parametrize("kind", ["payers", "payees"])
def test_pages_hold_everyone_once(office: Served, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(holders, "HOLDERS_SHOWN_MAX", 2)
    with admin_of(office) as client:
        enrol: Any = client.enrol_payer if kind == "payers" else client.enrol_payee
        ask: Any = client.payers if kind == "payers" else client.payees
        assert ask() == ((), False)
        names = {f"N{number}" for number in range(5)}
        for name in names:
            enrol(name=name, idempotency_key=new_idempotency_key())
        pages, after = [], None
        while True:
            found, more = ask(after=after)
            pages.append([one.name for one in found])
            if not more:
                break
            after = getattr(found[-1], "payer_id" if kind == "payers" else "payee_id")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {name for page in pages for name in page} == names


@pytest.mark.parametrize("path", ["/v1/payers", "/v1/payees"])
def test_lists_are_the_administrators_alone_and_take_whole_ids(office: Served, path: str) -> None:
    assert_problem(office.client.get(path), 401, "not_signed_in")
    for after in ("AAECAwQFBg", "AAECAwQFBgd=", "zz", ""):
        assert_problem(office.client.get(path, params={"after": after}, headers=office.admin), 422, "field_invalid")
