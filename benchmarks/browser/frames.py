"""How many camera frames the app's own scanner reads: codes in pictures as a phone at a counter takes them.

Every frame is 1280 x 720 and drawn from a seed: the code at some size and place, turned and tilted, unevenly lit,
blurred and noisy. It goes through web/platform/qr_read.ts and its worker in a real browser, as a camera's frame does.
"""

from __future__ import annotations

import base64
import io
import json
import math
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import segno
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import sync_playwright

from feiqian.protocol.qrtext import encode_text
from tests.browser.browsers import PROBE_PATH, Chromium, SwitchedSite, build_site, running

SIZES_BYTES: Final = (349, 450)
FRAMES: Final = 100
FRAME: Final = (1_280, 720)
SEED: Final = 20_261_122

SIDES: Final = (430, 600)
"""Pixels of the code's side, its quiet zone included: more than half of the frame's height, as people hold it."""
TURN_MAX_DEGREES: Final = 20.0
TILT_MAX: Final = 0.12
"""By how much of its side the far edge of a tilted code looks shorter."""
BLUR_PIXELS: Final = (0.3, 1.5)
NOISE: Final = (8, 45)
"""Grey levels between the darkest and the brightest that noise adds."""
PAPER: Final = (150, 250)
INK: Final = (15, 70)
TABLE: Final = (60, 190)
DARKEST: Final = (120, 255)
"""How much of 255 the light has left on the far side."""

READ: Final = "(packed) => probe.readPicture(Array.from(atob(packed), (byte) => byte.charCodeAt(0)))"

Corner = tuple[float, float]


def measure() -> dict[str, Any]:
    """The keys of `bench qr`."""
    with tempfile.TemporaryDirectory(prefix="feiqian-frames-") as name, sync_playwright() as playwright:
        folder = Path(name)
        site = SwitchedSite(build_site(folder / "site", "tests/probe/index.html"))
        site.on()
        try:
            with running(Chromium(playwright, folder / "profile")) as chromium:
                chromium.start()
                page = chromium.page(site.url + PROBE_PATH)
                cells = [_cell(page, size) for size in SIZES_BYTES]
        finally:
            site.off()
    read, frames = sum(cell["read"] for cell in cells), sum(cell["frames"] for cell in cells)
    return {"frames": frames, "read": read, "read_share": round(read / frames, 3), "cells": cells}


def _cell(page: Any, size: int) -> dict[str, Any]:
    chance = random.Random(SEED + size)  # noqa: S311  # the same frames each time
    read = 0
    for _ in range(FRAMES):
        text = encode_text(chance.randbytes(size))
        read += page.evaluate(READ, _png(frame(text, chance))) == [text]
    sys.stderr.write(f"{size} B: {read} of {FRAMES}\n")
    return {"bytes": size, "frames": FRAMES, "read": read, "read_share": round(read / FRAMES, 3)}


def frame(text: str, chance: random.Random) -> Image.Image:
    """One frame of a camera that is held over the code of a text."""
    code = _code(text, ink=chance.randint(*INK), paper=chance.randint(*PAPER))
    seen = _seen(code.size, _held(chance))
    edge = Image.new("L", code.size, 255)
    picture = Image.new("L", FRAME, chance.randint(*TABLE))
    picture.paste(
        code.transform(FRAME, Image.Transform.PERSPECTIVE, seen, Image.Resampling.BICUBIC),
        mask=edge.transform(FRAME, Image.Transform.PERSPECTIVE, seen, Image.Resampling.BILINEAR),
    )
    picture = ImageChops.multiply(picture, _light(chance))
    picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(*BLUR_PIXELS)))
    return _noisy(picture, chance.randint(*NOISE), chance)


def _code(text: str, *, ink: int, paper: int) -> Image.Image:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=8, border=4)
    return Image.open(drawn).convert("1").convert("L").point([ink] * 128 + [paper] * 128)


def _held(chance: random.Random) -> list[Corner]:
    """Where the corners of the code stand in the frame: any way up, turned, one edge farther away than the other."""
    half = chance.uniform(*SIDES) / 2
    far = half * (1 - chance.uniform(0, TILT_MAX))
    corners = [(-far, -half), (far, -half), (half, half), (-half, half)]
    way_up = chance.randrange(4)
    turn = math.radians(chance.uniform(-TURN_MAX_DEGREES, TURN_MAX_DEGREES))
    across, down = FRAME[0] / 2 + chance.uniform(-120, 120), FRAME[1] / 2 + chance.uniform(-20, 20)
    return [
        (across + x * math.cos(turn) - y * math.sin(turn), down + x * math.sin(turn) + y * math.cos(turn))
        for x, y in corners[way_up:] + corners[:way_up]
    ]


def _seen(size: tuple[int, int], corners: Sequence[Corner]) -> list[float]:
    """The eight numbers by which Pillow finds, for a point of the frame, the point of the code that is seen there."""
    flat = [(0, 0), (size[0], 0), (size[0], size[1]), (0, size[1])]
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for step in range(len(rows)):  # Gauss and Jordan, with the largest pivot
        best = max(range(step, len(rows)), key=lambda row: abs(rows[row][step]))
        rows[step], rows[best] = rows[best], rows[step]
        rows[step] = [value / rows[step][step] for value in rows[step]]
        for other, row in enumerate(rows):
            if other != step:
                rows[other] = [value - row[step] * own for value, own in zip(row, rows[step], strict=True)]
    return [row[-1] for row in rows]


def _light(chance: random.Random) -> Image.Image:
    """Light that falls from one side; 255 is all of it."""
    darkest = chance.uniform(*DARKEST)
    slope = Image.linear_gradient("L").point([round(255 - (255 - darkest) * level / 255) for level in range(256)])
    return slope.rotate(90 * chance.randrange(4)).resize(FRAME)


def _noisy(picture: Image.Image, levels: int, chance: random.Random) -> Image.Image:
    """Noise of so many grey levels between its ends, the middle ones more often."""
    one, other = (Image.frombytes("L", FRAME, chance.randbytes(FRAME[0] * FRAME[1])) for _ in range(2))
    noise = ImageChops.add(one, other, scale=2).point([level * levels // 255 for level in range(256)])
    return ImageChops.add(picture, noise, offset=-levels // 2)


def _png(picture: Image.Image) -> str:
    packed = io.BytesIO()
    picture.save(packed, "PNG", compress_level=1)
    return base64.b64encode(packed.getvalue()).decode()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()), encoding="utf-8")
