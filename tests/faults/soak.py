"""The soak: payments under load, and everything that serves them killed at random moments, round after round.

    python -m tests.faults.soak --rounds 500 [--seed N] [--first K] [--store sqlite|postgres|queue|all] [--json]

A round: four terminals send batches of new payments, some with a line that is cut before the answer; meanwhile up to
three things die at moments that the seed chooses. When all are answered, the books must hold every acknowledged payment
once, and batches that are sent again must get the same bytes. `queue` is PostgreSQL behind a JetStream cluster of three
nodes and two settlers. Rounds take turns between the stores, in blocks that each begin with a new home and end with a
stop by SIGTERM, `ledger verify`, `audit verify`, and every batch of the block sent again. Exit status 0 if every
promise held, 1 if one was broken, 3 if the programs of PostgreSQL or of the queue are not there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.contracts import jetstream_nodes, postgres_server
from tests.contracts.jetstream_nodes import Cluster
from tests.contracts.postgres_server import PostgresServer
from tests.faults.soak_ground import BATCH, STUCK_S, Ground
from tests.faults.soak_targets import Target, targets_of

STORES: Final = ("sqlite", "postgres", "queue")
BLOCK: Final = 10
KILLS_MAX: Final = 3
KILL_WITHIN_S: Final = 0.3
UNDER_LOAD: Final = "under load"
"""Counts the kills that came while a terminal still waited for an answer."""
LOOK_S: Final = 0.2
"""How often somebody looks whether all are answered."""
SAMPLE: Final = 5
"""Batches of each terminal that are sent again after every round; after a block it is all of them."""
PROMISES: Final = {
    "acknowledged_lost": "payments that were acknowledged and are not in the books",
    "paid_twice": "payments that the books hold more than once",
    "stuck": f"terminals without an answer after {STUCK_S:.0f} s",
    "refused": "good payments that were refused",
    "faults": "answers that said that the server has a fault (500)",
    "answers_changed": "batches that were answered with other bytes when sent again",
    "ledger_sum_minor": "sum of all postings",
    "books_differ": "differences within the books",
    "audit_bad": "differences between books and audit log",
    "stops_failed": "stops by SIGTERM that did not end with 0",
}


@dataclass
class Tally:
    """What has happened so far; the promises are those that must stay 0."""

    rounds: int = 0
    payments: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    broken_in: list[str] = field(default_factory=list)

    def note(self, where: str, found: dict[str, int]) -> str:
        """Adds what was found there and says it."""
        bad = {name: count for name, count in found.items() if count}
        self.broken.update(bad)
        if bad:
            self.broken_in.append(where)
        return "nothing wrong" if not bad else "✗ " + ", ".join(f"{PROMISES[name]}: {bad[name]}" for name in bad)

    def keys(self) -> dict[str, Any]:
        """For programs."""
        promises = {name: self.broken[name] for name in PROMISES}
        return {
            "rounds": self.rounds,
            "payments": self.payments,
            "kills": {name: count for name, count in sorted(self.kills.items()) if name != UNDER_LOAD},
            "kills_under_load": self.kills[UNDER_LOAD],
            **promises,
            "broken_in": self.broken_in,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What the server of a block stands on: None is SQLite, and None is no queue."""

    name: str
    database: PostgresServer | None
    cluster: Cluster | None


def main(words: Sequence[str]) -> int:
    """Runs it; the exit status."""
    args = _parser().parse_args(words)
    stores = STORES if args.store == "all" else (args.store,)
    if missing := _missing(stores):
        _say(f"{missing} programs are not there: install requirements/test.txt (python3 dev.py setup).")
        return 3
    started, tally = time.monotonic(), Tally()
    rounds = range(args.first, args.first + args.rounds)
    with ExitStack() as running:
        database = running.enter_context(postgres_server.running()) if {"postgres", "queue"} & {*stores} else None
        cluster = running.enter_context(jetstream_nodes.running()) if "queue" in stores else None
        for number, begin in enumerate(range(0, len(rounds), args.block)):
            name = stores[number % len(stores)]
            _soak_block(
                tally,
                rounds[begin : begin + args.block],
                args,
                Under(
                    name=name,
                    database=None if name == "sqlite" else database,
                    cluster=cluster if name == "queue" else None,
                ),
            )
    keys = {"ok": not tally.broken, **tally.keys(), "elapsed_s": round(time.monotonic() - started, 1)}
    _say(_summary(keys))
    if args.json:
        print(json.dumps(keys))
    return 0 if keys["ok"] else 1


def _missing(stores: Sequence[str]) -> str:
    """Whose programs are needed and not there."""
    if {"postgres", "queue"} & {*stores} and importlib.util.find_spec(postgres_server.WHEEL) is None:
        return "PostgreSQL's"
    if "queue" in stores and not jetstream_nodes.is_there():
        return "The queue's"
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--rounds", type=_count, required=True, help="how often to kill and look")
    parser.add_argument("--seed", default="1", help="decides what dies when (default 1)")
    parser.add_argument("--first", type=int, default=1, help="number of the first round (default 1)")
    parser.add_argument("--store", choices=(*STORES, "all"), default="all", help="where the books live")
    parser.add_argument("--block", type=_count, default=BLOCK, help=f"rounds on one home (default {BLOCK})")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def _soak_block(tally: Tally, rounds: range, args: argparse.Namespace, under: Under) -> None:
    store = "sqlite" if under.database is None else under.database.empty(f"soak{rounds.start}")
    intake = "" if under.cluster is None else under.cluster.address
    with _ground(store, len(rounds), f"{args.seed}:{rounds.start}", intake) as ground:
        targets = targets_of(ground, under.database, under.cluster)
        for number in rounds:
            started, chance = time.monotonic(), random.Random(f"{args.seed}:{number}")  # noqa: S311  # what dies when
            struck, found = play_round(ground, targets, chance)
            tally.rounds += 1
            tally.kills.update(struck)
            told = tally.note(f"--first {number} --rounds 1 --seed {args.seed} --store {under.name} --block 1", found)
            killed = ", ".join(f"{what} {times}×" for what, times in sorted(struck.items()) if what != UNDER_LOAD)
            last = args.first + args.rounds - 1
            if found.get("faults"):
                _say(ground.last_trace())
            took = f"{time.monotonic() - started:.1f} s"
            _say(f"round {number} of {last} ({under.name}): killed {killed}; {told}; {took}")
        told = tally.note(f"the end of the block from round {rounds.start} on", close_block(ground))
        tally.payments += sum(terminal.receipts for terminal in ground.terminals)
        tally.kills["line"] += sum(terminal.lines_cut for terminal in ground.terminals)
        _say(f"  block ends: stopped, every batch sent again, ledger and audit log verified: {told}")


@contextmanager
def _ground(store: str, rounds: int, seed: str, intake: str) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="feiqian-soak-") as folder:
        ground = Ground(Path(folder), store, rounds, seed, intake=intake)
        try:
            ground.start()
            yield ground
        finally:
            ground.end_by_force()


def play_round(
    ground: Ground, targets: Sequence[Target], chance: random.Random, strike: Callable[[], None] | None = None
) -> tuple[Counter[str], dict[str, int]]:
    """One round: what was killed, and what was found of each promise. `strike` stands in for killing at random."""
    given_up = threading.Event()
    bodies = [terminal.sign() for terminal in ground.terminals]
    senders = [
        threading.Thread(target=terminal.send, args=(its, given_up))
        for terminal, its in zip(ground.terminals, bodies, strict=True)
    ]
    for sender in senders:
        sender.start()
    struck: Counter[str] = Counter()
    if strike is not None:
        strike()
    else:
        for _ in range(chance.randint(1, KILLS_MAX)):
            time.sleep(chance.uniform(0.0, KILL_WITHIN_S))
            target, under_load = chance.choice(targets), any(sender.is_alive() for sender in senders)
            if target.strike(chance):
                struck[target.name] += 1
                struck[UNDER_LOAD] += under_load
    until = time.monotonic() + STUCK_S
    while (waiting := [sender for sender in senders if sender.is_alive()]) and time.monotonic() < until:
        if ground.settlers is not None:
            ground.settlers.revive()
        waiting[0].join(LOOK_S)
    given_up.set()
    for sender in senders:
        sender.join()
    held = ground.held()
    return struck, {
        "acknowledged_lost": held.lost,
        "paid_twice": held.twice,
        "refused": held.refused,
        "books_differ": held.differences,
        "ledger_sum_minor": held.ledger_sum_minor,
        "faults": ground.faults(),
        "stuck": sum(len(terminal.sent) * BATCH < terminal.receipts for terminal in ground.terminals),
        "answers_changed": ground.changed(SAMPLE, chance),
    }


def close_block(ground: Ground) -> dict[str, int]:
    """What is found when everything is sent again, the server stopped and its books verified as a person does."""
    changed = ground.changed(None, random.Random(0))  # noqa: S311  # nothing is chosen
    stops_failed = ground.stop()
    ledger, books = ground.verified("ledger", "verify")
    audit, log = ground.verified("audit", "verify")
    return {
        "answers_changed": changed,
        "stops_failed": stops_failed,
        "books_differ": len(books["mismatches"]) + (ledger != 0),
        "ledger_sum_minor": sum(abs(one) for one in books["sums"].values()),
        "audit_bad": len(log["bad"]) + (audit != 0),
    }


def _summary(keys: dict[str, Any]) -> str:
    killed = ", ".join(f"{name} {count}" for name, count in keys["kills"].items())
    lines = [
        f"{keys['rounds']} rounds, {keys['payments']} payments, {keys['elapsed_s']:.0f} s",
        f"killed: {killed}; {keys['kills_under_load']} of them while terminals waited for answers",
        *(f"{keys[name]:>6}  {about}" for name, about in PROMISES.items()),
        "Every promise was kept." if keys["ok"] else f"✗ Broken; see again with: {'; '.join(keys['broken_in'][:5])}",
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
