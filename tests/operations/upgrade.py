"""The drill of docs/operations/upgrade.md: to tomorrow's version and back, with payments before, between and after.

    python -m tests.operations.upgrade [--json]

On SQLite and on PostgreSQL. Tomorrow's version is today's with one more step in the schema (`next_version`); what
stops, migrates, starts, refuses and rolls back is the product.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.postgres_schema import STEPS
from tests.faults.soak_ground import Ground
from tests.operations.cluster import Cluster, place, stopped_at_the_end
from tests.operations.drill import Drill, at_once, main, traffic, verified
from tests.operations.next_version import TABLE
from tests.server.test_serve import FEIQIAN

TOMORROW: Final = (sys.executable, "-m", "tests.operations.next_version")
ALLOWANCES: Final = 1
ROUNDS: Final = 3
TILLS: Final = 2
BATCH: Final = 5


def walk(drill: Drill) -> None:
    """Both stores, which have nothing to do with each other."""
    at_once(lambda: _with_sqlite(drill), lambda: _with_postgres(drill))


def _with_sqlite(drill: Drill) -> None:
    folder = drill.folder / "sqlite"
    folder.mkdir()
    ground = Ground(folder, "sqlite", ROUNDS, "upgrade", ALLOWANCES, tills=TILLS, batch=BATCH)
    _upgrade_and_back(drill, ground, len(MIGRATIONS))


def _with_postgres(drill: Drill) -> None:
    with place() as here:
        cluster = Cluster(here, "books")
        with stopped_at_the_end([cluster]):
            cluster.make()
            folder = drill.folder / "postgres"
            folder.mkdir()
            ground = Ground(folder, cluster.url, ROUNDS, "upgrade", ALLOWANCES, tills=TILLS, batch=BATCH)
            _upgrade_and_back(drill, ground, len(STEPS))


def _upgrade_and_back(drill: Drill, ground: Ground, today: int) -> None:
    name = "SQLite" if ground.store == "sqlite" else "PostgreSQL"
    try:
        drill.step(f"{name}: today's version (books {today}) serves, and is stopped while payments come")
        ground.service.start()
        _pay_while_it_restarts(drill, ground, FEIQIAN)
        drill.must(_stop(ground) == 0, "SIGTERM did not end with 0")

        drill.step(f"{name}: tomorrow's version starts on the same books and takes its step")
        ground.service.start_as(TOMORROW)
        refused = _run(ground, FEIQIAN, "ledger", "verify")
        drill.must(refused["failures"][0]["code"] == "books_too_new", f"today's version read {refused}")
        with traffic(ground):
            pass
        _clean(drill, ground, TOMORROW, "with tomorrow's version")
        drill.must(_stop(ground) == 0, "SIGTERM did not end with 0")
        started = _run(ground, FEIQIAN, "serve", "--port", "0")
        drill.must(started["failures"][0]["code"] == "store_too_new", f"today's version served {started}")
        drill.found(f"{name}: {today} → {today + 1} with payments on the way; today's version refuses newer books")

        drill.step(f"{name}: back to today's version")
        _write_a_row_of_tomorrow(ground)
        refused = _run(ground, TOMORROW, "operator", "migrate", "--to", str(today))
        code = refused["failures"][0]["code"] if refused["failures"] else ""
        drill.must(code == "rows_would_be_lost", f"a step that drops a row was taken back without a word: {refused}")
        back = _run(ground, TOMORROW, "operator", "migrate", "--to", str(today), "--lose-rows")
        drill.must(back["ok"] and back["books_version"] == today, f"not back: {back}")
        verified(drill, ground, "behind the step back")
        ground.service.start_as(FEIQIAN)
        with traffic(ground):
            pass
        verified(drill, ground, "with today's version again")
        held = ground.held()
        drill.must((held.lost, held.twice, held.refused) == (0, 0, 0), f"payments are not right: {held}")
        changed = ground.changed(None, ground.terminals[0].chance)
        drill.must(changed == 0, f"{changed} batches were answered with other bytes")
        drill.found(
            f"{name}: {today + 1} → {today}, refused until told that a row may be lost; {len(ground.terminals)} "
            "terminals' payments of all versions stand once, and get the same bytes again",
            **{f"{name.lower()}_lost": held.lost, f"{name.lower()}_answers_changed": changed},
        )
        drill.must(_stop(ground) == 0, "SIGTERM did not end with 0")
        _down_and_up(drill, ground, name, today)
    finally:
        ground.service.end_by_force()


def _down_and_up(drill: Drill, ground: Ground, name: str, today: int) -> None:
    """The product's own newest step, back and forth on these books, or the reason why not."""
    back = _run(ground, FEIQIAN, "operator", "migrate", "--to", str(today - 1))
    if not back["ok"]:
        code = back["failures"][0]["code"]
        drill.must(code in {"step_one_way", "rows_would_be_lost"}, f"the newest step: {back}")
        drill.found(f"{name}: today's own newest step says that it is not taken back ({code}); nothing was changed")
    else:
        again = _run(ground, FEIQIAN, "operator", "migrate")
        drill.must(again["books_version"] == today, f"not up again: {again}")
        drill.found(f"{name}: today's own newest step taken back and again")
    verified(drill, ground, "at the end")


def _pay_while_it_restarts(drill: Drill, ground: Ground, program: Sequence[str]) -> None:
    """Terminals send; the server is stopped in order and started again meanwhile, and everybody gets an answer."""
    with traffic(ground):
        drill.must(_stop(ground) == 0, "SIGTERM did not end with 0")
        ground.service.start_as(program)


def _stop(ground: Ground) -> int:
    return ground.service.stop()


def _clean(drill: Drill, ground: Ground, program: Sequence[str], when: str) -> None:
    for words in (("ledger", "verify"), ("audit", "verify")):
        found = _run(ground, program, *words)
        drill.must(found["ok"], f"{' '.join(words)} {when}: {found}")


def _write_a_row_of_tomorrow(ground: Ground) -> None:
    row = f"INSERT INTO {TABLE} VALUES (1)"  # noqa: S608  # our own name
    if ground.store == "sqlite":
        with sqlite3.connect(ground.home / "operator.db") as link:
            link.execute(row)
        link.close()
    else:
        with psycopg.connect(ground.store) as books:
            books.execute(row.encode())


def _run(ground: Ground, program: Sequence[str], *words: str) -> dict[str, Any]:
    line = [*program, *words, "--home", str(ground.home), "--store", ground.store, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main("upgrade", walk, sys.argv[1:]))
