"""The server itself on PostgreSQL: what people see when the database goes, and that nothing needs a restart."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.contracts.postgres_server import running
from tests.server.test_serve import FEIQIAN, serving

ONE_STORE = True
MONEY = {"amount_minor": 10_000, "currency": "CNY"}


def verify(home: Path, store: str, what: str = "ledger") -> tuple[int, dict[str, Any]]:
    line = [*FEIQIAN, what, "verify", "--home", str(home), "--store", store, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_server_outlives_its_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running() as server:
        store = server.empty("served")
        with serving(home, "--store", store) as (_, line):
            token = (home / "admin.token").read_text(encoding="ascii").strip()
            headers = {"authorization": f"Bearer {token}", "idempotency-key": "payer-key-0000001"}
            with httpx.Client(base_url=line["url"], headers=headers, trust_env=False, timeout=30) as client:
                payer = client.post("/v1/payers", json={"name": "A"}).json()
                funding = f"/v1/payers/{payer['payer_id']}/funding"
                server.kill()
                away = client.post(funding, json=MONEY, headers={"idempotency-key": "fund-key-0000001"})
                assert (away.status_code, away.json()["code"]) == (503, "books_away")
                assert int(away.headers["retry-after"]) <= 10
                server.start()
                done = client.post(funding, json=MONEY, headers={"idempotency-key": "fund-key-0000001"})
                assert done.status_code == 201
                again = client.post(funding, json=MONEY, headers={"idempotency-key": "fund-key-0000001"})
                assert again.json() == done.json()
        status, told = verify(home, store)
        assert (status, told["sums"], told["mismatches"]) == (0, {"CNY": 0}, [])
        assert told["postings"] == 2
        status, told = verify(home, store, "audit")
        assert (status, told["bad"], told["inclusion_ok"], told["consistency_ok"]) == (0, [], True, True)
        with psycopg.connect(store) as link:
            link.execute("SET session_replication_role = replica")
            link.execute("UPDATE fundings SET at = at + 1")
        status, told = verify(home, store, "audit")
        assert (status, told["failures"][0]["code"]) == (1, "log_differs")
        assert {one["table"] for one in told["bad"]} == {"fundings"}
        assert verify(home, store.replace("served", "none"), "audit")[1]["failures"][0]["code"] == "books_away"
        with psycopg.connect(store) as link:
            link.execute("INSERT INTO schema_steps (version, name) VALUES (99, 'of tomorrow')")
        assert verify(home, store)[1]["failures"][0]["code"] == "books_too_new"
        for elsewhere, code in ((server.empty("other"), "books_gone"), (store.replace("served", "none"), "books_away")):
            assert refused(home, elsewhere) == code
        assert refused(home, "sqlite") == "home_damaged"


def refused(home: Path, store: str) -> str:
    line = [*FEIQIAN, "serve", "--home", str(home), "--port", "0", "--store", store, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    return str(json.loads(done.stdout)["failures"][0]["code"])


def test_books_in_sqlite_are_not_left_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "home"):
        pass
    assert refused(tmp_path / "home", "postgresql://host.invalid/base") == "books_elsewhere"


def test_two_processes_serve_one_database(tmp_path: Path) -> None:
    with running() as server, serving(tmp_path / "home", "--store", server.empty("two"), "--workers", "2") as (_, line):
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200
