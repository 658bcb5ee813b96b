"""The console's door: every route x every role, the second token, the cookie, and sessions over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from feiqian.server.console.door import COOKIE, CSRF_HEADER, DOORS
from feiqian.server.console.routes import PARTS
from feiqian.staff.roles import PERMISSIONS, Permission, Role
from feiqian.staff.rules import IDLE_S, SESSION_S
from tests.server.console.office import Office, an_office
from tests.server.operators import assert_problem
from tests.staff.desks import OWN, code_of

OPEN_TO_ALL = {"consoleSignIn", "consoleSession", "consolePassword", "consoleSignOut"}
PLACES = {"payer_id": "AAECAwQFBgc", "payee_id": "AAECAwQFBgc", "ref": "AAECAwQFBgc", "staff_id": "AAECAwQFBgc"}
PLACES |= {"lock_id": "AAECAwQFBgcICQoLDA0ODw", "terminal_ref": "AAECAwQFBgc", "fingerprint": "A" * 43}
PLACES |= {"dispute_id": "AAECAwQFBgcICQoLDA0ODw", "act_id": "AAECAwQFBgcICQoLDA0ODw", "index": "999999"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        yield made


def routes() -> list[APIRoute]:
    found = [route for part in PARTS for route in part.routes if isinstance(route, APIRoute)]
    assert len(found) > 30
    return found


def permission_of(route: APIRoute) -> Permission | None:
    """What the route asks for, by its dependency."""
    asked = [one for one, door in DOORS.items() if any(part.call is door for part in route.dependant.dependencies)]
    assert len(asked) <= 1
    return asked[0] if asked else None


def ask(office: Office, route: APIRoute, client: Any, csrf: str | None) -> Any:
    """A request that has the right form, about something that is not there."""
    path = re.sub(r"\{([a-z_]+)\}", lambda found: PLACES[found[1]], route.path)
    if "GET" in (route.methods or ()):
        return client.get(path)
    body = route.body_field
    assert body is not None
    example = body.field_info.annotation.model_json_schema()["examples"][0]  # type: ignore[union-attr]
    headers = {"idempotency-key": "console-key-" + office.world.randomness(8).hex()}
    return client.post(path, json=example, headers=headers | ({} if csrf is None else {CSRF_HEADER: csrf}))


def test_every_route_but_those_of_the_session_asks_for_a_permission() -> None:
    assert {route.operation_id for route in routes() if permission_of(route) is None} == OPEN_TO_ALL
    assert {permission_of(route) for route in routes()} - {None} == set(Permission)


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_through_its_doors_and_no_other(office: Office, role: Role) -> None:
    me = office.person(role)
    for route in routes():
        permission = permission_of(route)
        if permission is None:
            continue
        found = ask(office, route, me.client, me.csrf)
        if permission in PERMISSIONS[role]:
            assert found.status_code in {200, 201, 404, 422}, (route.path, found.text)
            assert found.status_code != 422 or found.json()["code"] != "field_invalid", (route.path, found.text)
        else:
            assert_problem(found, 403, "not_permitted")


def test_nobody_gets_in_without_a_session(office: Office) -> None:
    stranger = office.browser()
    for route in routes():
        if route.operation_id != "consoleSignIn":
            assert_problem(ask(office, route, stranger, None), 401, "session_over")
    stranger.cookies.set(COOKIE, "not base64url!")
    assert_problem(stranger.get("/v1/console/overview"), 401, "session_over")


def test_whatever_changes_something_needs_the_second_token(office: Office) -> None:
    me, other = office.person(Role.ADMIN), office.person(Role.FINANCE)
    for route in routes():
        if "POST" in (route.methods or ()) and route.operation_id != "consoleSignIn":
            for csrf in (None, "", other.csrf):
                assert_problem(ask(office, route, me.client, csrf), 403, "csrf_missing")


def test_the_administrators_token_opens_no_route_of_the_console(office: Office) -> None:
    stranger = office.browser()
    headers = {"authorization": "Bearer the administrator's token"}
    assert_problem(stranger.get("/v1/console/payers", headers=headers), 401, "session_over")


def test_with_the_starting_password_nothing_can_be_done_but_change_it(office: Office) -> None:
    new = office.operator.staff.add("lin", Role.ADMIN)
    browser = office.browser()
    session = office.sign_in(browser, new).json()
    assert session["password_change_needed"]
    assert browser.get("/v1/console/session").json() == session
    assert_problem(browser.get("/v1/console/overview"), 403, "password_change_needed")
    change = {"password": new.password, "new_password": "lin lin lin lin"}
    headers = {CSRF_HEADER: session["csrf"]}
    assert_problem(browser.post("/v1/console/password", json=change, headers=headers), 422, "password_weak")
    changed = browser.post("/v1/console/password", json=change | {"new_password": OWN}, headers=headers).json()
    assert not changed["password_change_needed"]
    assert changed["csrf"] != session["csrf"]
    assert browser.get("/v1/console/overview").status_code == 200


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_is_for_the_console_alone(office: Office, scheme: str, secure: bool) -> None:  # noqa: FBT001
    new = office.operator.staff.add("lin", Role.VIEWER)
    browser = office.browser()
    browser.headers["origin"] = f"{scheme}://operator.test"  # behind a proxy that speaks TLS for us
    told = [office.sign_in(one, new).headers["set-cookie"] for one in (office.browser(scheme), browser)]
    wanted = {"httponly", "samesite=strict", "path=/v1/console", f"max-age={SESSION_S}"}
    for cookie in told:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == wanted | ({"secure"} if secure else set())


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(office: Office) -> None:
    me, copy = office.person(Role.VIEWER), office.browser()
    copy.cookies.update(me.client.cookies)
    assert copy.get("/v1/console/session").status_code == 200
    gone = me.post("sign-out", {})
    assert gone.json() == {"signed_out": True}
    assert 'feiqian_console=""' in gone.headers["set-cookie"]
    assert_problem(copy.get("/v1/console/session"), 401, "session_over")


def test_an_unused_session_is_over(office: Office) -> None:
    me = office.person(Role.VIEWER)
    office.world.now += IDLE_S
    assert_problem(me.client.get("/v1/console/overview"), 401, "session_over")


def test_misses_say_when_to_try_again(office: Office) -> None:
    new, browser = office.operator.staff.add("lin", Role.VIEWER), office.browser()
    given = {"name": "lin", "password": "a wrong password", "code": "123456"}
    for _ in range(3):
        assert_problem(browser.post("/v1/console/sign-in", json=given), 403, "sign_in_refused")
    given = {"name": "lin", "password": new.password, "code": code_of(new, office.world.now)}
    refused = browser.post("/v1/console/sign-in", json=given)
    assert_problem(refused, 429, "sign_in_wait")
    assert refused.headers["retry-after"] == "30"
    chinese = browser.post("/v1/console/sign-in", json=given, headers={"accept-language": "zh"}).json()
    assert "30" in chinese["next"]
    assert browser.cookies.get(COOKIE) is None


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "１２３４５６"])
def test_a_code_has_six_digits(office: Office, code: str) -> None:
    given = {"name": "lin", "password": "x", "code": code}
    assert_problem(office.browser().post("/v1/console/sign-in", json=given), 422, "field_invalid")
