"""The drill of docs/operations/standby.md: the primary is killed under load, the standby takes over, nothing is lost.

python -m tests.operations.standby [--json]
"""

from __future__ import annotations

import sys
import time

import psycopg

from feiqian.cli.bench_stock import CLAIMS_PER_ALLOWANCE
from tests.faults.soak_ground import BATCH, TILLS, Ground
from tests.operations.cluster import Cluster, address_of, place, stopped_at_the_end
from tests.operations.drill import Drill, main, traffic, verified

ALLOWANCES = 1
SENT = TILLS * ALLOWANCES * CLAIMS_PER_ALLOWANCE
"""Payments in a round."""
UNDER_LOAD = SENT // BATCH // 4
"""So many batches are answered when the primary is killed, and the others are not yet."""
UNACKNOWLEDGED_S = 1.0


def walk(drill: Drill) -> None:
    """Sets up, kills, promotes, rebuilds."""
    with place() as here:
        east, west = Cluster(here, "east"), Cluster(here, "west")
        with stopped_at_the_end([east, west]):
            drill.step("east is the primary; west follows it, and no commit counts before west has applied it")
            east.make()
            west.copy_of(east, "-R")
            west.start()
            east.setting("synchronous_standby_names", "FIRST 1 (west)")
            east.setting("synchronous_commit", "remote_apply")
            east.until_it_follows(west, "sync")
            ground = Ground(drill.folder, address_of([east, west]), 2, "standby", ALLOWANCES)
            try:
                ground.service.start()
                _lose_the_primary(drill, ground, east, west)
                _keep_the_old_primary_out(drill, east)
                _rebuild(drill, ground, east, west)
            finally:
                ground.service.end_by_force()


def _lose_the_primary(drill: Drill, ground: Ground, east: Cluster, west: Cluster) -> None:
    drill.step(f"{TILLS} terminals send {SENT} payments; all of east is killed meanwhile, then west promoted")
    with traffic(ground):
        while sum(len(one.sent) for one in ground.terminals) < UNDER_LOAD:
            time.sleep(0.005)
        killed_at, acknowledged = time.monotonic(), sum(len(one.sent) for one in ground.terminals)
        east.kill()
        west.promote()
        promoted_s = time.monotonic() - killed_at
    drill.must(acknowledged < SENT // BATCH, "east was not killed while terminals were sending")
    answered = sorted(at for terminal in ground.terminals for at in terminal.answered_at)
    before = max(at for at in answered if at <= killed_at)
    away_s = round(min(at for at in answered if at > killed_at + promoted_s / 2) - before, 2)
    held = ground.held()
    drill.must(held.lost == 0, f"{held.lost} acknowledged payments are lost")
    drill.must(held.twice == held.refused == 0, f"paid twice {held.twice}, refused {held.refused}")
    drill.found(
        f"nothing was accepted for {away_s} s ({promoted_s:.2f} s of them until west was promoted); "
        "the server was not restarted",
        nothing_accepted_s=away_s,
        promoted_s=round(promoted_s, 2),
    )
    drill.found(
        f"0 of {SENT} acknowledged payments lost, 0 paid twice",
        acknowledged=SENT,
        acknowledged_lost=held.lost,
        paid_twice=held.twice,
    )
    drill.step("every batch is sent again")
    changed = ground.changed(None, ground.terminals[0].chance)
    drill.must(changed == 0, f"{changed} batches were answered with other bytes")
    drill.found("every batch sent again got the same bytes", answers_changed=changed)
    postings, entries = verified(drill, ground, "after the promotion")
    drill.found(f"ledger verify ({postings} postings) and audit verify ({entries} entries) are clean")


def _keep_the_old_primary_out(drill: Drill, east: Cluster) -> None:
    drill.step("east comes back by itself, as a primary, before anybody has rebuilt it")
    east.start()
    link = psycopg.connect(east.url, autocommit=True)
    try:
        link.pgconn.send_query(b"CREATE TABLE written_by_the_old_primary (n int)")
        time.sleep(UNACKNOWLEDGED_S)
        asked = f"SELECT wait_event FROM pg_stat_activity WHERE pid = {link.info.backend_pid}"  # noqa: S608  # a number
        acknowledged = east.ask(asked) != [("SyncRep",)]
        east.kill()
    finally:
        link.close()
    drill.must(not acknowledged, "the old primary acknowledged a write after it was replaced")
    drill.found(
        f"the old primary, started by itself, acknowledged nothing: its commit waited for west until it was stopped "
        f"after {UNACKNOWLEDGED_S:.0f} s",
        old_primary_acknowledged=0,
    )


def _rebuild(drill: Drill, ground: Ground, east: Cluster, west: Cluster) -> None:
    drill.step("east is rewound to west's history and follows it; from now on west waits for east")
    east.rewind_to(west)
    east.start()
    west.setting("synchronous_standby_names", "FIRST 1 (east)")
    west.until_it_follows(east, "sync")
    gone = east.ask("SELECT to_regclass('written_by_the_old_primary')", "feiqian")
    drill.must(gone == [(None,)], "what the old primary wrote alone is still there")
    with traffic(ground):
        pass
    held = ground.held()
    drill.must(held.lost == held.twice == held.refused == 0, "payments on the new pair are not right")
    there, here = (one.ask("SELECT count(*), sum(paid_minor) FROM claims", "feiqian") for one in (west, east))
    drill.must(there == here, f"east holds {here}, west {there}")
    verified(drill, ground, "on the new pair")
    drill.found(
        "the old primary follows, without what it wrote alone, and holds every payment made since", rebuilt=True
    )


if __name__ == "__main__":
    sys.exit(main("standby", walk, sys.argv[1:]))
