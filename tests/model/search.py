"""Breadth-first search of the small world, so that the first trace that shows a failure is a shortest one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.model.judge import Failure, failures
from tests.model.steps import ACTIONS, steps
from tests.model.world import Rules, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search saw: each kind of failure with its first trace, and how many states were looked at."""

    traces: dict[Failure, str]
    states: int


def worlds(
    rules: Rules, depth: int, actions: Sequence[str] = ACTIONS, *, opening: str | None = None
) -> Iterator[tuple[tuple[str, ...], World]]:
    """Every world within `depth` actions of the empty one, nearest first, with the trace that leads to it.

    `opening` is the only first action that is followed, so that one search can be split among processes.
    """
    front: list[tuple[tuple[str, ...], World]] = [((), World())]
    for number in range(depth):
        possible = actions if number or opening is None else (opening,)
        following = []
        for trace, world in front:
            for action, after in steps(world, rules, possible):
                following.append(((*trace, action), after))
                yield following[-1]
        front = following


def play(rules: Rules, trace: str) -> World:
    """The world at the end of one story, spelled as a search tells it. Raises ValueError if it cannot happen."""
    world = World()
    for action in trace.split(" > "):
        after = next(steps(world, rules, (action,)), None)
        if after is None:
            raise ValueError(f"{action} cannot happen in {trace}")
        _, world = after
    return world


def search(rules: Rules, depth: int, actions: Sequence[str] = ACTIONS, *, opening: str | None = None) -> Found:
    """Looks for failures in every world within `depth` actions."""
    traces: dict[Failure, str] = {}
    states = 0
    for trace, world in worlds(rules, depth, actions, opening=opening):
        states += 1
        for failure in failures(world, rules):
            traces.setdefault(failure, " > ".join(trace))
    return Found(traces=traces, states=states)
