"""Running: one seed to its end, with the trace by which two runs are compared; many seeds until the time is over."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feiqian.simulation.audit import Figures
from feiqian.simulation.events import Event
from feiqian.simulation.finale import bring_to_an_end
from feiqian.simulation.oracle import Broken
from feiqian.simulation.shrink import SHRINK_S, shrink
from feiqian.simulation.story import Author
from feiqian.simulation.world import World, nothing_unplanned

FINALE = "finale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one story came to. `trace_sha256` is over all lines; `broken` is what went wrong, at `broken_at`."""

    seed: int
    events: int
    payments: int
    trace_sha256: str
    lines: tuple[str, ...]
    figures: Figures
    died_at: frozenset[str]
    broken: Broken | None = None

    @property
    def rule(self) -> str | None:
        """Which promise was broken."""
        return None if self.broken is None else self.broken.rule


def play(seed: int, story: Iterable[Event]) -> Run:
    """Plays a story in the world of this seed, and its finale."""
    world = World(seed)
    lines: list[str] = []
    broken = None
    try:
        for event in story:
            lines.append(event.line)
            lines[-1] += f" -> {world.play(event)}"
        lines.append(FINALE)
        with nothing_unplanned():
            bring_to_an_end(world)
        figures = world.audit.figures
        lines[-1] = f"{FINALE} -> loss {figures.loss_minor} of at most {figures.loss_bound_minor}"
    except Broken as found:
        broken = found
        lines[-1] += f" -> BROKEN {found}"
    return Run(
        seed=seed,
        events=len(lines) - (lines[-1:] != [] and lines[-1].startswith(FINALE)),
        payments=world.counter.payments,
        trace_sha256=trace_hash(lines),
        lines=tuple(lines),
        figures=world.audit.figures,
        died_at=frozenset(world.died_at),
        broken=broken,
    )


def simulate(seed: int, payments: int) -> Run:
    """The run of one seed."""
    return play(seed, Author(seed, payments).story())


def shortest(run: Run, payments: int, *, limit_s: int = SHRINK_S) -> Run:
    """The shortest run found that breaks what this one broke."""
    story = list(Author(run.seed, payments).story())[: run.events]
    rule = run.rule

    def fails(events: Sequence[Event]) -> bool:
        return play(run.seed, events).rule == rule

    return play(run.seed, shrink(story, fails, limit_s=limit_s)) if fails(story) else run


def trace_hash(lines: Sequence[str]) -> str:
    """SHA-256 over the canonical lines of a trace, one a line."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
