"""Codes in a terminal window: half blocks, two modules high.

In colour black on white is spelled out, since the window's theme may be dark. Without colour blocks are the dark
modules, which is right on paper and in a light editor. The caller knows where it prints, and should say so when the
lines are longer than the window is wide.
"""

from collections.abc import Iterable
from typing import Final

QUIET_MODULES: Final = 3
"""One less than ISO/IEC 18004's quiet zone, so that the largest single code, 73 modules, fits 80 columns."""
_INK_ON_PAPER: Final = "\x1b[38;5;16;48;5;231m"
"""Black on white of the fixed 6 x 6 x 6 colour cube, which themes leave alone; colours 0 to 15 are theirs."""
_BACK_TO_NORMAL: Final = "\x1b[0m"
_BLOCKS: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def in_blocks(matrix: Iterable[Iterable[int]], *, colour: bool) -> str:
    """A code's modules, 1 for dark, as lines of half blocks with a quiet zone, without a final newline."""
    modules = [list(row) for row in matrix]
    width = len(modules) + 2 * QUIET_MODULES
    quiet = [0] * QUIET_MODULES
    blank = [[0] * width] * QUIET_MODULES
    rows = blank + [quiet + row + quiet for row in modules] + blank
    rows += [[0] * width] * (len(rows) % 2)
    lines = [
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return "\n".join(_INK_ON_PAPER + line + _BACK_TO_NORMAL for line in lines) if colour else "\n".join(lines)
