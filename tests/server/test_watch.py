"""What an operator sees: does it live, is it ready, and numbers that are right for all processes together."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.server import limits
from feiqian.server.metrics import (
    BATCHES,
    CLAIMS,
    CONNECTIONS,
    IN_WORK,
    OTHER,
    REQUEST_SECONDS,
    REQUESTS,
    ROUTES_MAX,
    SETTLED,
    TABLE,
    WORKERS,
    WRITE_SECONDS,
    Kind,
    Metric,
)
from feiqian.server.metrics_page import manual_of
from feiqian.server.numbers import Numbers
from tests.server.operators import Served, assert_problem, bearer
from tests.server.test_serve import serving
from tests.server.test_wallet_statement import Street, street
from tests.tidy.house import ROOT

__all__ = ["street"]
SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*)\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)')


def scraped(url: str, token: str) -> dict[str, float]:
    answer = httpx.get(f"{url}/metrics", headers=bearer(token), trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


def metrics_token_of(home: Path) -> str:
    return (home / "metrics.token").read_text(encoding="ascii").strip()


def test_strangers_get_no_numbers_and_their_token_opens_nothing_else(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as (_, line):
        token = metrics_token_of(tmp_path / "home")
        assert (tmp_path / "home" / "metrics.token").stat().st_mode & 0o777 == 0o600
        admin = (tmp_path / "home" / "admin.token").read_text(encoding="ascii").strip()
        for headers in ({}, bearer("nobody"), bearer(token[:-1])):
            answer = httpx.get(f"{line['url']}/metrics", headers=headers, trust_env=False)
            assert_problem(answer, 401, "not_signed_in")
            assert "feiqian_" not in answer.text
        assert scraped(line["url"], token)["feiqian_workers"] == 1
        assert scraped(line["url"], admin)
        for path in ("/v1/books", "/v1/payer/statement", "/v1/payee/statement"):
            assert httpx.get(line["url"] + path, headers=bearer(token), trust_env=False).status_code == 401


def test_a_devices_token_opens_no_numbers(street: Street) -> None:
    membership = street.wallet.membership()
    assert membership is not None
    answer = street.office.client.get("/metrics", headers=bearer(membership.device_token))
    assert_problem(answer, 401, "not_signed_in")


def test_what_happens_is_counted(street: Street) -> None:
    numbers = street.office.operator.numbers
    before = numbers.value(BATCHES)
    payment = street.pay(45_00)
    street.till.claims(payment, 45_00)
    street.till.claims(payment, 45_00)
    street.till.send(claims=[b"junk"])
    assert numbers.value(BATCHES) - before == 3
    counted = {verdict: numbers.value(CLAIMS, verdict) for verdict in ("settled", "duplicate", "refused")}
    assert counted == {"settled": 1, "duplicate": 1, "refused": 1}
    assert numbers.value(SETTLED) == 1
    assert numbers.value(REQUESTS, "/v1/batches", "200") == 3
    assert numbers.value(REQUEST_SECONDS, "/v1/batches") == 3
    assert numbers.value(WRITE_SECONDS) >= 3
    found = scraped(street.office.url, street.office.admin["authorization"].removeprefix("Bearer "))
    assert found['feiqian_open_allowances{currency="CNY"}'] == 1
    assert found['feiqian_exposure_minor{currency="CNY",source="reserve"}'] == 455_00
    assert found['feiqian_exposure_minor{currency="CNY",source="loss"}'] == 0
    assert found["feiqian_forks"] == 0
    assert found['feiqian_audit_leaves{state="logged"}'] + found['feiqian_audit_leaves{state="queued"}'] > 0


def test_labels_hold_no_ids(street: Street) -> None:
    office = street.office
    membership = street.wallet.membership()
    assert membership is not None
    path = f"/v1/payers/{membership.payer_id.hex()}"
    for asked in (path, path + "/codes", "/v1/%22%0Ax", "/" + "x" * 500):
        office.client.get(asked, headers=office.admin)
    office.client.request("PURGE", "/v1/books")
    office.post(path + "/codes", {}, office.admin, key="code-key-00000001")
    text = office.client.get("/metrics", headers=office.admin).text
    assert 'route="/v1/payers/{payer_id}/codes"' in text
    assert all(len(value) < 50 for value in re.findall(r'="([^"]*)"', text))
    assert membership.payer_id.hex() not in text


@pytest.mark.parametrize("metric", [metric for metric in TABLE if metric.kind in {Kind.COUNTER, Kind.HISTOGRAM}])
def test_what_the_table_does_not_know_counts_as_other(metric: Metric) -> None:
    numbers = Numbers()
    strange = ["never heard of"] * len(metric.labels)
    if metric.kind is Kind.HISTOGRAM:
        numbers.observe(metric, *strange, seconds=1)
    else:
        numbers.add(metric, *strange)
    assert numbers.value(metric, *([OTHER] * len(strange))) == 1
    with pytest.raises(ValueError, match="zip"):  # a label too many is our own mistake
        numbers.add(metric, *strange, "one too many")


def test_every_route_has_a_place(office: Served) -> None:
    paths = office.client.get("/v1/openapi.json").json()["paths"]
    assert len(paths) <= ROUTES_MAX
    assert len({metric.name for metric in TABLE}) == len(TABLE)


def test_the_manuals_page_is_made_from_the_table() -> None:
    page = ROOT / "docs" / "operations" / "metrics.md"
    made_anew = page.with_suffix(".md.new")
    made_anew.unlink(missing_ok=True)
    same = page.exists() and page.read_text(encoding="utf-8") == manual_of()
    if not same:
        made_anew.write_text(manual_of(), encoding="utf-8")
    assert same, f"docs/operations/metrics.md is not what the table says; that stands beside it in {made_anew.name}"


def test_processes_share_a_page_and_a_new_one_goes_on_where_a_dead_one_stopped() -> None:
    numbers = Numbers(2)
    numbers.name_routes(["/health"])
    for place in (0, 1, 1):  # the last one replaces a process that died
        child = os.fork()
        if not child:
            numbers.take_place(place)
            numbers.add(IN_WORK)
            numbers.add(REQUESTS, "/health", "200", amount=5)
            numbers.observe(REQUEST_SECONDS, "/health", seconds=0.02)
            os._exit(0)
        os.waitpid(child, 0)
    assert numbers.value(REQUESTS, "/health", "200") == 15
    assert numbers.value(REQUEST_SECONDS, "/health") == 3
    assert numbers.value(IN_WORK) == 2
    assert numbers.value(WORKERS) == 2


def test_threads_lose_no_count() -> None:
    numbers = Numbers()

    def count() -> None:
        for _ in range(2_000):
            numbers.add(REQUESTS, "x", "200")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers.value(REQUESTS, "other", "200") == 8_000


def test_a_value_without_a_place_counts_as_other() -> None:
    numbers = Numbers()
    numbers.add(REQUESTS, "surprise", "999")
    assert numbers.value(REQUESTS, "other", "other") == 1


def test_a_scrape_shows_all_processes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, "--workers", "2") as (process, line):
        for _ in range(40):  # each over a connection of its own, so both processes take some
            assert httpx.get(f"{line['url']}/v1/trust-root", trust_env=False).status_code == 200
        for _ in range(4):
            found = scraped(line["url"], metrics_token_of(home))
            assert found['feiqian_requests_total{route="/v1/trust-root",status="200"}'] == 40
            assert found["feiqian_workers"] == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_it_lives_and_is_ready(office: Served) -> None:
    assert office.client.get("/health").json()["status"] == "up"
    assert office.client.get("/ready").json()["status"] == "ready"
    assert office.operator.numbers.value(CONNECTIONS) >= 1


def test_books_that_cannot_be_written_make_it_unready_and_not_dead(
    office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "READY_HELD_S", 0)
    store: Any = office.operator.issuer.store
    with store.write("test") as unit:
        unit._db.execute("PRAGMA query_only = ON")  # noqa: SLF001  # as a file system that went read-only
    assert_problem(office.client.get("/ready"), 503, "disk_failed")
    assert int(office.client.get("/ready").headers["retry-after"]) > 0
    assert office.client.get("/health").status_code == 200
    assert office.client.get("/metrics", headers=office.admin).status_code == 200


def test_books_of_another_version_make_it_unready(office: Served) -> None:
    store: Any = office.operator.issuer.store
    with store.write("test") as unit:
        unit._db.execute("PRAGMA user_version = 9999")  # noqa: SLF001  # as a newer program would leave it
    assert_problem(office.client.get("/ready"), 503, "schema_differs")


def test_a_stop_is_told_before_it_comes(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--drain-notice", "2") as (process, line):
        assert httpx.get(f"{line['url']}/ready", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        answer = httpx.get(f"{line['url']}/ready", trust_env=False, headers={"accept-language": "zh"})
        assert_problem(answer, 503, "draining")
        assert answer.json()["message"].endswith("。")
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200
        assert httpx.get(f"{line['url']}/v1/trust-root", trust_env=False).status_code == 200  # still served meanwhile
        assert process.wait(20) == 0
