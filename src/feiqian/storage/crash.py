"""Crash points: named places at which a test kills the process for real.

A write that survives a mock may not survive a power cut. So the product itself carries the places where
dying hurts most, right before and right after something becomes durable, and a test that sets
`FEIQIAN_CRASH_AT=<name>` gets a true SIGKILL there: no `finally`, no `atexit`, no flush, no rollback.

A name is `<write point>:before-commit` or `<write point>:after-commit`; where a renamed file is the commit,
`:before-rename` and `:after-rename`. Who has write points lists them in a constant, from which
`feiqian --crash-points` is made.

In the field the variable is absent and a point costs one lookup. Whoever can set it can kill the process
anyway, so it opens no door.
"""

import os
import signal
from typing import Final

CRASH_VARIABLE: Final = "FEIQIAN_CRASH_AT"


def crash_point(name: str) -> None:
    """Die here by SIGKILL if the environment says so, else do nothing."""
    if os.environ.get(CRASH_VARIABLE) != name:
        return
    os.kill(os.getpid(), signal.SIGKILL)
    while True:  # Another thread may have taken the signal: nothing after this point may run meanwhile.
        signal.pause()
