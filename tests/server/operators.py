"""An operator in a folder, served by a test client: what the tests of the HTTP interface stand on."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from feiqian.cli.operator_home import ensure_home, opened, read_admin_token
from feiqian.keys.software import SoftwareKey
from feiqian.ledger.verify import verify_books
from feiqian.links.http_spelling import read_bytes, spell_bytes
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.server.application import application
from feiqian.server.limits import CROWD, Crowd
from feiqian.server.operator import Operator
from feiqian.server.running import configured, listen, url_of
from feiqian.storage.operator_store import OperatorStore

Command = Callable[..., tuple[int, Any]]
"""The fixture `feiqian`: words and a home in, exit status and the one JSON object out."""
DEPLOYMENT = "test"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code", "message", "safe", "next"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A served operator, its home, and the administrator's headers."""

    operator: Operator
    client: httpx.Client
    url: str
    home: Path
    admin: dict[str, str]

    def post(self, path: str, content: object, headers: dict[str, str] | None = None, *, key: str = "") -> Any:
        """A POST of JSON; `key` is its idempotency key."""
        keyed = {"idempotency-key": key} if key else {}
        return self.client.post(path, json=content, headers=(headers or {}) | keyed)

    def enrol_payer(self, *, fund_minor: int = 0, key: str = "payer-key-0000001") -> Any:
        """A payer with money, as the administrator is told."""
        payer = self.post("/v1/payers", {"name": "Alice"}, self.admin, key=key).json()
        if fund_minor:
            content = {"amount_minor": fund_minor, "currency": "CNY"}
            path = f"/v1/payers/{payer['payer_id']}/funding"
            assert self.post(path, content, self.admin, key="fund-" + key).status_code == 201
        return payer

    def bind_device(self, code: str, account: SoftwareKey) -> Any:
        """What a wallet is told at its enrolment."""
        proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(code))
        content = {
            "enrolment_code": code,
            "account_key": spell_bytes(account.public_key),
            "proof": spell_bytes(proof),
        }
        return self.post("/v1/devices", content)

    def allowance_wish(self, device: Any, key: SoftwareKey, request_id: bytes) -> dict[str, Any]:
        """A wallet's wish for an allowance, without an amount."""
        proof = prove_possession(key, Purpose.ALLOWANCE, DEPLOYMENT, read_bytes(device["device_id"]), request_id)
        return {
            "request_id": spell_bytes(request_id),
            "device_key": spell_bytes(key.public_key),
            "proof": spell_bytes(proof),
        }

    def enrol_terminal(self, code: str, terminal: SoftwareKey) -> Any:
        """What a terminal is told at its enrolment."""
        proof = prove_possession(terminal, Purpose.TERMINAL, DEPLOYMENT, code_context(code))
        content = {
            "enrolment_code": code,
            "terminal_key": spell_bytes(terminal.public_key),
            "proof": spell_bytes(proof),
        }
        return self.post("/v1/terminals", content)

    def trace(self) -> str:
        """A hash over everything in the books; it stays the same as long as nothing was written."""
        with OperatorStore.open(self.home / "operator.db") as store, store.read() as unit:
            digest = hashlib.sha256(repr(unit.book_facts()).encode())
        files = [self.home / "operator.db", self.home / "operator.db-wal", self.home / "answers.db-wal"]
        for path in files:
            digest.update(path.read_bytes())
        assert not verify_books_of(self.home)
        return digest.hexdigest()


def verify_books_of(home: Path) -> tuple[Any, ...]:
    """What is wrong with the books."""
    with OperatorStore.open(home / "operator.db") as store:
        return verify_books(store).mismatches


@contextmanager
def served(home: Path, *, deployment: str = DEPLOYMENT, crowd: Crowd = CROWD) -> Iterator[Served]:
    """An operator with a new home, served on a free port by the real server in a thread."""
    settings = ensure_home(home, deployment=deployment, currency="CNY")
    ready = threading.Event()
    with opened(home, settings) as operator, listen("127.0.0.1", 0) as listener:
        server = configured(application(operator, crowd), ready.set, crowd)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert ready.wait(20)
        url = url_of(listener, "127.0.0.1")
        admin = {"authorization": f"Bearer {read_admin_token(home)}"}
        try:
            with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
                yield Served(operator=operator, client=client, url=url, home=home, admin=admin)
        finally:
            server.should_exit = True
            thread.join(20)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"authorization": f"Bearer {token}"}


def assert_problem(response: Any, status: int, code: str) -> None:
    """The response is a whole problem body with this status and code."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) >= PROBLEM_MEMBERS
    assert problem["type"] == f"urn:feiqian:problem:{code}"
    assert all(problem[name] for name in ("title", "detail", "message", "safe", "next"))
