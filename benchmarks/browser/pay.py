"""From Pay to green, the cold start, a counter's commit and the wait hints: two browsers against the real server.

The people are those of tests/browser/people.py: what one screen shows becomes the picture that the other's camera
plays. Carrying the picture over is the test's work and not counted. From the tap on Pay until the code stands, and from
the camera's first picture, which shows it, until the grade stands: their sum is what two people wait for.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from benchmarks.browser.weight import APPS, compressed, page_files, weight
from tasks.web import SITE
from tests.browser.people import Device
from tests.browser.test_story import Town
from tests.browser.venue import Mood

AMOUNT: Final = "1.00"
SYNCS: Final = (2, 0, 4, 1, 3, 0, 2, 5, 1, 2)
"""Payments before each sync that counts: each has another size. Till and wallet sync in turn."""
LEARNING: Final = 2
"""Syncs of each device before those that count: a hint knows nothing before the first."""
LATE_S: Final = (0.2, 0.3)
"""How late every part of a message is; another figure for each sync."""
HINT_OFF_MAX: Final = 0.3
HINT_STANDS_MS: Final = 250
"""By then a sync has begun, and far from ended."""
STARTS: Final = 5
SEED: Final = 20_261_122

WATCH_PAY: Final = """() => {
  window.bench = { from: 0, to: 0 };
  const began = (event) => {
    if (event.target.closest("[data-testid=holder-confirm], [data-testid=consent]")) bench.from = performance.now();
  };
  document.addEventListener("click", began, true);
  new MutationObserver(() => {
    if (bench.to > 0 || !document.querySelector("[data-testid=screen-shown] [data-testid=qr]")) return;
    requestAnimationFrame(() => (bench.to = performance.now()));
  }).observe(document, { childList: true, subtree: true });
}"""
WATCH_GREEN: Final = """() => {
  window.bench = { from: 0, to: 0 };
  document.addEventListener("playing", () => (bench.from = performance.now()), true);
  new MutationObserver(() => {
    if (bench.to > 0 || !document.querySelector("[data-testid^=decision-]")) return;
    requestAnimationFrame(() => (bench.to = performance.now()));
  }).observe(document, { childList: true, subtree: true });
}"""
AGAIN: Final = "() => { bench.from = 0; bench.to = 0; }"
TOOK: Final = "() => bench.to > 0 && bench.from > 0 ? bench.to - bench.from : 0"
WRITES: Final = "performance.getEntriesByName('feiqian.write').map((entry) => entry.duration)"


def measure() -> dict[str, Any]:
    """The keys of `bench web`."""
    with tempfile.TemporaryDirectory(prefix="feiqian-web-") as name, sync_playwright() as playwright:
        town = Town(Path(name) / "stage", playwright)
        try:
            town.enrol()
            keys = Day(town).played()
            sys.stderr.write(f"{json.dumps(keys)}\n")
            keys |= {"cold_start_p95_ms": _p95(_cold_starts(town))}
        finally:
            town.close()
    daily = {app: weight(SITE, app).daily for app in APPS}
    console = compressed(page_files(SITE, "console")) if (SITE / "console").is_dir() else None
    return keys | {"app_gzip_bytes": daily | {"console": console}}


class Day:
    """Payments, each measured, and syncs between them through a slow network."""

    def __init__(self, town: Town) -> None:
        self._phone, self._till, self._venue = town.phone, town.till, town.venue
        self._chance = random.Random(SEED)  # noqa: S311  # the same day each time
        self._pay_ms: list[float] = []
        self._commit_ms: list[float] = []
        self._hints: list[dict[str, Any]] = []
        self._phone.page.evaluate(WATCH_PAY)
        self._till.page.evaluate(WATCH_GREEN)

    def played(self) -> dict[str, Any]:
        """All of it; its figures."""
        for device in (self._phone, self._till) * LEARNING:
            self._sync(device)
        for turn, payments in enumerate(SYNCS):
            for _ in range(payments):
                self._pay()
            self._hints.append(self._sync((self._till, self._phone)[turn % 2]))
            sys.stderr.write(f"{turn + 1} of {len(SYNCS)}\n")
        return {
            "payments": len(self._pay_ms),
            "pay_to_green_p50_ms": _round(sorted(self._pay_ms)[len(self._pay_ms) // 2]),
            "pay_to_green_p95_ms": _p95(self._pay_ms),
            "counter_commit_p95_ms": _p95(self._commit_ms),
            "wait_hints_within_30_percent": sum(hint["within"] for hint in self._hints),
            "syncs": self._hints,
        }

    def _pay(self) -> None:
        phone, till = self._phone, self._till
        phone.scans(till.asks(AMOUNT))
        for device in (phone, till):
            device.page.evaluate(AGAIN)
        written = len(phone.page.evaluate(WRITES))
        phone.pays()
        shown_ms = self._took(phone)
        self._commit_ms += phone.page.evaluate(WRITES)[written:]
        grade = till.scans(phone.photograph())
        if not grade.startswith("F"):
            raise RuntimeError(f"not accepted: {grade}")
        self._pay_ms.append(shown_ms + self._took(till))
        till.next_payment()
        phone.goes("")

    def _took(self, device: Device) -> float:
        deadline = time.monotonic() + 10
        while (took := float(device.page.evaluate(TOOK))) <= 0:
            if time.monotonic() > deadline:
                raise RuntimeError("a screen changed and nobody saw it")
            device.page.wait_for_timeout(10)
        return took

    def _sync(self, device: Device) -> dict[str, Any]:
        """One sync through a network that is late, with what it was said to take."""
        device.sync_ended()
        self._venue.slow_s = self._chance.uniform(*LATE_S)
        self._venue.mood = Mood.SLOW
        began = time.monotonic()
        device.at("sync-now").click()
        device.page.wait_for_timeout(HINT_STANDS_MS)
        hint = device.at("wait-hint").or_(device.at("sync-hint"))
        low, high = (int(hint.get_attribute(f"data-{end}-ms") or 0) for end in ("low", "high"))
        device.sync_ended()
        took_s = time.monotonic() - began
        self._venue.mood = Mood.CARRIES
        return {
            "app": device.app,
            "hint_s": [round(end / 1000, 2) for end in (low, high)],
            "took_s": round(took_s, 2),
            "within": abs((low + high) / 2000 - took_s) <= HINT_OFF_MAX * took_s,
        }


def _cold_starts(town: Town) -> list[float]:
    """Milliseconds from asking for the page to a screen to type on, in a browser that was closed, the server dead."""
    town.dark()
    found: list[float] = []
    for _ in range(STARTS):
        for device in (town.phone, town.till):
            device.chromium.close()
            device.start()
            device.at("screen-unlock").wait_for()
            found.append(float(device.page.evaluate("performance.now()")))
    return found


def _p95(samples: Sequence[float]) -> float:
    """The smallest that 95 of 100 are not above."""
    return _round(sorted(samples)[math.ceil(0.95 * len(samples)) - 1])


def _round(value: float) -> float:
    return round(value, 1)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()), encoding="utf-8")
