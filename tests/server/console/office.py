"""The console over a world's books, asked through the whole application, by people of every role."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from feiqian.acquirer.dispute_service import Disputes
from feiqian.audit.note_key import SoftwareNoteKey
from feiqian.ledger.personal import begin_sealing
from feiqian.ledger.verify import verify_books
from feiqian.server.application import application
from feiqian.server.audit_log import AuditLog
from feiqian.server.clock import ServerClock
from feiqian.server.console.door import CSRF_HEADER
from feiqian.server.looked_up import LookedUp
from feiqian.server.numbers import Numbers
from feiqian.server.operator import BookTotals, Operator, token_hash
from feiqian.staff.desk import StaffDesk
from feiqian.staff.roles import Role
from feiqian.staff.rules import STEP_S
from feiqian.staff.values import NewStaff
from feiqian.storage.idempotency import IdempotencyStore
from tests.issuer.world import CUR, DEPLOYMENT, SEALS, World, opened
from tests.staff.desks import CHEAP, OWN, code_of

ORIGIN = "test.feiqian/audit"
ADMIN_TOKEN = "the administrator's token"  # noqa: S105  # of this world only


class WorldClock(ServerClock):
    """The world's time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self) -> int:
        return self._world.now


class InProcess(httpx.BaseTransport):
    """Hands each request to the application, without a network."""

    def __init__(self, app: Any) -> None:
        self._to = httpx.ASGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())

        async def act() -> httpx.Response:
            found = await self._to.handle_async_request(asked)
            return httpx.Response(found.status_code, headers=found.headers, content=await found.aread())

        return asyncio.run(act())


@dataclass(slots=True)
class Person:
    """Somebody at a browser of its own, signed in."""

    new: NewStaff
    client: httpx.Client
    csrf: str

    def get(self, path: str, **asked: Any) -> Any:
        """What a GET answers, which must be 200."""
        found = self.client.get(f"/v1/console/{path}", params=asked)
        assert found.status_code == 200, found.text
        return found.json()

    def post(self, path: str, content: object, **headers: str) -> Any:
        """The response to a POST with the second token."""
        return self.client.post(f"/v1/console/{path}", json=content, headers={CSRF_HEADER: self.csrf} | headers)


@dataclass(slots=True)
class Office:
    """A world, its operator, and the application."""

    world: World
    operator: Operator
    app: Any
    people: dict[Role, Person] = field(default_factory=dict)

    def browser(self, scheme: str = "http") -> httpx.Client:
        """A browser with no cookie yet."""
        return httpx.Client(transport=InProcess(self.app), base_url=f"{scheme}://operator.test")

    def person(self, role: Role) -> Person:
        """Somebody of this role, with a password of its own."""
        if role not in self.people:
            new = self.operator.staff.add(f"a-{role}", role)
            browser = self.browser()
            signed_in = self.sign_in(browser, new)
            assert signed_in.status_code == 200, signed_in.text
            change = {"password": new.password, "new_password": OWN}
            headers = {CSRF_HEADER: signed_in.json()["csrf"]}
            changed = browser.post("/v1/console/password", json=change, headers=headers)
            assert changed.status_code == 200, changed.text
            self.people[role] = Person(new=new, client=browser, csrf=changed.json()["csrf"])
        return self.people[role]

    def sign_in(self, browser: httpx.Client, new: NewStaff, password: str | None = None) -> Any:
        """With the next code."""
        self.world.now += STEP_S
        given = {
            "name": new.member.name,
            "password": password or new.password,
            "code": code_of(new, self.world.now),
        }
        return browser.post("/v1/console/sign-in", json=given)

    def log(self) -> None:
        """What waits goes into the audit log."""
        while self.operator.audit.append_queued():
            pass


@contextmanager
def an_office(folder: Path) -> Iterator[Office]:
    """The console over new books."""
    with opened(folder / "operator.db") as world, closing(IdempotencyStore(folder / "answers.db", SEALS)) as answers:
        begin_sealing(world.store, 1, world.now)
        clock = WorldClock(world)
        operator = Operator(
            issuer=world.issuer,
            acquirer=world.acquirer,
            disputes=Disputes(store=world.store, cheques=world.issuer, clock=clock, randomness=world.randomness),
            publisher=world.publisher,
            currency=CUR,
            admin_token_hash=token_hash(ADMIN_TOKEN),
            answers=answers,
            clock=clock,
            check_books=lambda: verify_books(world.store),
            audit=AuditLog(store=world.store, signer=SoftwareNoteKey(b"l" * 32), origin=ORIGIN, clock=clock),
            numbers=Numbers(),
            probe=world.store.probe,
            totals=lambda: BookTotals.of(world.store),
            staff=StaffDesk(
                store=world.store,
                secrets=CHEAP,
                deployment=DEPLOYMENT,
                clock=clock,
                randomness=secrets.token_bytes,
            ),
            console=world.store.read,
            looked_up=LookedUp(clock),
        )
        yield Office(world=world, operator=operator, app=application(operator))
