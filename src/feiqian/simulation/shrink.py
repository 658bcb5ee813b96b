"""Shrinking: the shortest story found that still breaks the same promise (delta debugging).

What comes after the break is cut off, then pieces of halving size are left out and the rest is played again, as long
as the same rule breaks. Then what is left is made plainer: no faults, no waiting. Events name their
parties by number and hold their own chance, so a story with gaps is a story.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from feiqian.simulation.events import Event

SHRINK_S: Final = 60
_PLAINER: Final[tuple[dict[str, Any], ...]] = ({"fates": ""}, {"wait_s": 0})
"""What an event may do without."""
Fails = Callable[[Sequence[Event]], bool]


def shrink(story: Sequence[Event], fails: Fails, *, limit_s: int = SHRINK_S) -> list[Event]:
    """The shortest story found within `limit_s` for which `fails` is still true; it must be for `story`."""
    until = time.monotonic() + limit_s
    left = list(story)
    size = max(1, len(left) // 2)
    while size and time.monotonic() < until:
        shorter = _without_a_piece(left, size, fails, until)
        if shorter is not None:
            left = shorter
            size = min(size, max(1, len(left) // 2))
        else:
            size //= 2
    return _plainer(left, fails, until)


def _without_a_piece(story: Sequence[Event], size: int, fails: Fails, until: float) -> list[Event] | None:
    """The story without as many pieces of this size as can be spared; None if none can."""
    left, at = list(story), max(0, len(story) - size)
    while True:
        shorter = [*left[:at], *left[at + size :]]
        if len(shorter) < len(left) and fails(shorter):
            left = shorter
        if at == 0 or time.monotonic() > until:
            break
        at = max(0, at - size)
    return left if len(left) < len(story) else None


def _plainer(story: list[Event], fails: Fails, until: float) -> list[Event]:
    """The same events, without what does not matter in them."""
    for at in range(len(story)):
        for plain in _PLAINER:
            event: Event = replace(story[at], **plain)
            if time.monotonic() > until:
                return story
            if event != story[at] and fails([*story[:at], event, *story[at + 1 :]]):
                story[at] = event
    return story
