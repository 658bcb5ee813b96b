"""`feiqian bench settle` and `bench load`: what a server settles, in units of bare signature verifications.

End to end: terminals on the same machine send signed batches over HTTP to `feiqian serve` with a process on each core,
which verifies every signature, settles, commits to the disk and answers. The unit is what the bare library verifies in
the same run on all cores, measured before and after; the larger counts, so that other work on the machine never makes
the ratio better. The clients' work is done by the same cores, so it is part of the price.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from feiqian.cli.bench_cells import Bench, Cell, Measured, Say, prepared
from feiqian.cli.bench_stock import CLAIMS_PER_ALLOWANCE
from feiqian.cli.store_choice import SQLITE

CLIENTS: Final = 8
STORED: Final = 1_000_000
LOAD_CLIENTS: Final = (1, 2, 8)
SINGLE: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is sent: cells on empty books, the last of which counts; one with cold allowances; payments stored."""

    cells: tuple[Cell, ...]
    cold: Cell
    stored: int


def scaled(*, singles: int, hundreds: int, thousands: int, cold: int, stored: int) -> Scale:
    """So many batches of each size from each client."""
    return Scale(
        cells=(
            Cell(batch=SINGLE, batches=singles, warm=singles // 5, clients=CLIENTS),
            Cell(batch=100, batches=hundreds, warm=2, clients=CLIENTS),
            Cell(batch=1_000, batches=thousands, warm=1, clients=CLIENTS),
        ),
        cold=Cell(batch=500, batches=cold, warm=1, clients=4, claims_per_allowance=1),
        stored=stored,
    )


QUICK: Final = scaled(singles=50, hundreds=8, thousands=9, cold=3, stored=0)
FULL: Final = scaled(singles=200, hundreds=16, thousands=16, cold=6, stored=STORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The figures of `bench settle`, whether a promise holds, and whether the books were whole each time."""

    keys: dict[str, Any]
    books_whole: bool


def measure(scale: Scale, say: Say, kind: str = SQLITE) -> Settled:
    """The keys of `bench settle`, on a store of this kind."""
    with prepared(say, kind) as bench:
        loaded = bench.loaded([*scale.cells, scale.cold])
        say("Measuring …", "正在测量……")
        raw = [bench.signers.raw_verify_per_s()]
        with bench.serving() as server:
            *cells, cold = [bench.play(server, one) for one in loaded]
        raw.append(bench.signers.raw_verify_per_s())
        whole = bench.books_whole()
        full: list[Measured] = []
        if scale.stored:
            full, filled_whole = _measure_full(bench, scale, say)
            whole = whole and filled_whole
            raw.append(bench.signers.raw_verify_per_s())
    return Settled(keys=_keys(cells, cold, full, max(raw)), books_whole=whole)


def _measure_full(bench: Bench, scale: Scale, say: Say) -> tuple[list[Measured], bool]:
    """The same cells on books that hold as many payments as promised, and whether those were whole."""
    say("Filling the books …", "正在填充账目……")
    bench.fill(scale.stored)
    loaded = bench.loaded([replace(cell, stored=scale.stored) for cell in scale.cells])
    with bench.serving() as server:
        cells = [bench.play(server, one) for one in loaded]
    return cells, bench.books_whole()


def _keys(cells: list[Measured], cold: Measured, full: list[Measured], raw: float) -> dict[str, Any]:
    best, played = cells[-1], [*cells, cold, *full]
    return {
        "payments_per_s": best.result.payments_per_s,
        "raw_verify_per_s": round(raw, 1),
        "ratio": round(best.result.payments_per_s / raw, 3),
        "ratio_cold": round(cold.result.payments_per_s / raw, 3),
        "ratio_1e6": round(full[-1].result.payments_per_s / raw, 3) if full else None,
        "p50_ms": cells[0].result.p50_ms,
        "p99_ms": cells[0].result.p99_ms,
        "cpu_us_per_payment": best.cpu_us,
        "claims_per_allowance": CLAIMS_PER_ALLOWANCE,
        "clients": best.cell.clients,
        "refused": sum(one.result.refused for one in played),
        "cells": [
            {
                "batch": one.cell.batch,
                "stored": one.cell.stored,
                "payments_per_s": one.result.payments_per_s,
                "p50_ms": one.result.p50_ms,
                "p99_ms": one.result.p99_ms,
                "cpu_us": one.cpu_us,
            }
            for one in [*cells, *full]
        ],
    }


def measure_load(batches: int, say: Say, kind: str = SQLITE) -> dict[str, Any]:
    """The keys of `bench load`: single claims, on a store of this kind."""
    cells = [Cell(batch=SINGLE, batches=batches, warm=batches // 5, clients=clients) for clients in LOAD_CLIENTS]
    warm_up = Cell(batch=SINGLE, batches=max(1, batches // 5), warm=0, clients=LOAD_CLIENTS[-1])
    with prepared(say, kind) as bench:
        first, *loaded = bench.loaded([warm_up, *cells])
        with bench.serving() as server:
            bench.play(server, first)
            start_mib = server.rss_mib()
            played = [bench.play(server, one) for one in loaded]
            end_mib = server.rss_mib()
    return {
        "cells": [
            {
                "clients": one.cell.clients,
                "per_s": one.result.payments_per_s,
                "p50_ms": one.result.p50_ms,
                "p99_ms": one.result.p99_ms,
                "refused": one.result.refused,
            }
            for one in played
        ],
        "rss_mib_start": start_mib,
        "rss_mib_end": end_mib,
    }
