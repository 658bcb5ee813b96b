"""Running: one seed to its end, with the trace by which two runs are compared."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from feiqian.simulation.audit import Figures
from feiqian.simulation.events import Event, OneWay, Pay
from feiqian.simulation.finale import bring_to_an_end
from feiqian.simulation.media import Media
from feiqian.simulation.oracle import Broken
from feiqian.simulation.shrink import SHRINK_S, shrink
from feiqian.simulation.signatures import Signatures
from feiqian.simulation.story import Author
from feiqian.simulation.world import World, nothing_unplanned

FINALE: Final = "finale"
CHECKED_EVERY: Final = 10
"""Of the worlds with recorded signatures every seed that this divides is played with everything real, too."""
LEAST_PERCENT: Final = 3
"""Of the payments tried so many must be accepted: whoever refuses everything keeps every promise. The most idle
worlds that are as they should be, long ones on islands, accept twelve."""
JUDGED_FROM: Final = 20
"""So many payments must have been tried before a world counts as idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one story came to. `payments` were accepted, of `tried`; `trace_sha256` is over all lines.

    `broken` is what went wrong, in the last line.
    """

    seed: int
    events: int
    tried: int
    payments: int
    trace_sha256: str
    lines: tuple[str, ...]
    figures: Figures
    died_at: frozenset[str]
    signatures: Signatures
    cross_checked: bool = False
    """Whether the same story went the same way with real signatures, on tables."""
    broken: Broken | None = None

    @property
    def rule(self) -> str | None:
        """Which promise was broken."""
        return None if self.broken is None else self.broken.rule


def play(
    seed: int, story: Iterable[Event], signatures: Signatures = Signatures.REAL, media: Media | None = None
) -> Run:
    """Plays a story in the world of this seed, and its finale. `media` is by default what goes with the signatures."""
    world = World(seed, signatures, media)
    lines: list[str] = []
    tried: Counter[str] = Counter()
    broken = None
    try:
        for event in story:
            lines.append(event.line)
            outcome = world.play(event)
            lines[-1] += f" -> {outcome}"
            if isinstance(event, Pay | OneWay):
                tried[outcome] += 1
        lines.append(FINALE)
        with nothing_unplanned():
            bring_to_an_end(world)
        _check_not_idle(world.counter.payments, tried)
        figures = world.audit.figures
        lines[-1] = f"{FINALE} -> loss {figures.loss_minor} of at most {figures.loss_bound_minor}"
    except Broken as found:
        broken = found
        lines[-1] += f" -> BROKEN {found}"
    finally:
        world.parties.end()
    return Run(
        seed=seed,
        events=len(lines) - (lines[-1:] != [] and lines[-1].startswith(FINALE)),
        tried=tried.total(),
        payments=world.counter.payments,
        trace_sha256=trace_hash(lines),
        lines=tuple(lines),
        figures=world.audit.figures,
        died_at=frozenset(world.died_at),
        signatures=signatures,
        broken=broken,
    )


def _check_not_idle(accepted: int, tried: Counter[str]) -> None:
    """Raises Broken for a world in which next to nothing was accepted, with what came of most payments instead."""
    total = tried.total()
    if total >= JUDGED_FROM and 100 * accepted < LEAST_PERCENT * total:
        (outcome, often), *_ = tried.most_common(1)
        raise Broken("nothing_happened", f"{accepted} of {total} payments accepted, {often} came to: {outcome}")


def simulate(seed: int, payments: int, signatures: Signatures = Signatures.REAL) -> Run:
    """The run of one seed; with recorded signatures one in ten is held against the same with everything real."""
    run = play(seed, Author(seed, payments).story(), signatures)
    if signatures is Signatures.REAL or seed % CHECKED_EVERY:
        return run
    return held_against(run, play(seed, Author(seed, payments).story()))


def held_against(recorded: Run, real: Run) -> Run:
    """The recorded run, broken where the real one went another way."""
    if recorded.lines == real.lines:
        return replace(recorded, cross_checked=True)
    pairs = zip(recorded.lines, real.lines, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if one != other), len(real.lines))
    return replace(recorded, broken=Broken("worlds_differ", (real.lines[at:] or ("nothing",))[0]))


def shortest(run: Run, payments: int, *, limit_s: int = SHRINK_S) -> Run:
    """The shortest run found that breaks what this one broke."""
    story = list(Author(run.seed, payments).story())[: run.events]
    rule = run.rule

    def fails(events: Sequence[Event]) -> bool:
        return play(run.seed, events, run.signatures).rule == rule

    if not fails(story):
        return run
    return play(run.seed, shrink(story, fails, limit_s=limit_s), run.signatures)


def trace_hash(lines: Sequence[str]) -> str:
    """SHA-256 over the canonical lines of a trace, one a line."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
