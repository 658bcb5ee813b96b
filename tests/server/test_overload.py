"""More than can be done at once: the rest is turned away at once and in words, and nothing under way is lost."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.cli.operator_home import read_admin_token
from feiqian.links.http import OperatorClient, new_idempotency_key
from feiqian.links.http_trouble import LinkTrouble
from feiqian.server.limits import RETRY_AFTER_S, Crowd
from feiqian.server.metrics import REFUSED
from tests.server.operators import assert_problem, bearer, served, verify_books_of
from tests.server.test_serve import serving


def test_beyond_the_bound_is_503_at_once_and_the_rest_is_done(tmp_path: Path) -> None:
    crowd = Crowd(requests_max=4)
    with served(tmp_path / "home", crowd=crowd) as office, ThreadPoolExecutor(16) as together:
        store: Any = office.operator.issuer.store
        with store.write("test"):  # every other write waits
            waiting = [together.submit(enrol, office.url, office.admin, number) for number in range(4)]
            time.sleep(1.0)
            for number in range(8):
                begun_at = time.monotonic()
                refused = enrol(office.url, office.admin, 100 + number)
                assert_problem(refused, 503, "server_busy")
                assert int(refused.headers["retry-after"]) > 0
                assert time.monotonic() - begun_at < 2
            for path in ("/health", "/metrics"):
                assert office.client.get(path, headers=office.admin).status_code == 200
            assert not any(one.done() for one in waiting)
        assert [one.result().status_code for one in waiting] == [201] * 4
        assert office.operator.numbers.value(REFUSED, "requests") == 8
        assert len(office.client.get("/v1/payers", headers=office.admin).json()["payers"]) == 4
        assert verify_books_of(office.home) == ()


def test_a_device_that_is_turned_away_hears_why_and_comes_back_when_asked(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(requests_max=1)) as office, ThreadPoolExecutor(4) as together:
        store: Any = office.operator.issuer.store
        token = office.admin["authorization"].removeprefix("Bearer ")
        with store.write("test"):
            waiting = together.submit(enrol, office.url, office.admin, 1)
            time.sleep(0.5)
            with OperatorClient(office.url, token, deadline_s=3) as hurried, pytest.raises(LinkTrouble) as caught:
                hurried.enrol_payer(name="B", idempotency_key=new_idempotency_key())
            assert caught.value.code == "server_busy"
            assert "busy" in caught.value.words("en").message
            patient = OperatorClient(office.url, token, deadline_s=30)
            begun_at = time.monotonic()
            later = together.submit(patient.enrol_payer, name="C", idempotency_key=new_idempotency_key())
            time.sleep(1.0)
        with patient:
            assert waiting.result().status_code == 201
            assert later.result().payer_id
            assert time.monotonic() - begun_at >= RETRY_AFTER_S  # no earlier than it was asked to


def test_a_stop_under_load_finishes_what_has_begun(tmp_path: Path) -> None:
    """Who was answered finds its payer in the books; who was not may ask again with the same key."""
    home = tmp_path / "home"
    answered: list[str] = []
    with serving(home) as (process, line), ThreadPoolExecutor(8) as together:
        admin = bearer(read_admin_token(home))

        def press(first: int) -> set[int]:
            statuses: set[int] = set()
            for number in range(first, first + 200):
                try:
                    answer = enrol(line["url"], admin, number)
                except httpx.TransportError:
                    return statuses  # the door is closed
                statuses.add(answer.status_code)
                if answer.status_code == 201:
                    answered.append(answer.json()["payer_id"])
            return statuses

        pressing = [together.submit(press, 1_000 * number) for number in range(8)]
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert set().union(*(one.result() for one in pressing)) <= {201, 503}
    assert answered
    with serving(home) as (_, line):
        listed, after = set(), ""
        while True:
            page = httpx.get(f"{line['url']}/v1/payers{after}", headers=admin, trust_env=False).json()
            listed |= {one["payer_id"] for one in page["payers"]}
            if not page["payers"] or not page["more"]:
                break
            after = f"?after={page['payers'][-1]['payer_id']}"
        assert set(answered) <= listed
    assert verify_books_of(home) == ()


def enrol(url: str, admin: dict[str, str], number: int) -> Any:
    headers = admin | {"idempotency-key": f"payer-key-{number:010}"}
    return httpx.post(f"{url}/v1/payers", json={"name": "A"}, headers=headers, trust_env=False, timeout=30)
