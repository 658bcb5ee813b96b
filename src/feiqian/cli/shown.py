"""Showing a message to the other device and reading what it showed: pictures in files, codes in the window.

A device without a screen of its own shows a message as picture files (remembered, so that they go when their use is
over, see `links.pictures`) and, where a person sits at a terminal window, as a code drawn right there. What the other
device showed is read from pictures. Wallet and terminal both speak through here, so they say the same words.
"""

import re
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from feiqian.cli.device import device_clock
from feiqian.cli.report import Report
from feiqian.links import qr
from feiqian.links.pictures import CleanUp, Pictures, PurposeId
from feiqian.protocol import frame
from feiqian.protocol.limits import ONE_CODE_MAX_BYTES

PICTURE_LIFE_S: Final = 24 * 3600
"""The age at which a picture goes in any case, its purpose over or not: by then nobody waits for it."""
SHOWN_FOLDER: Final = "shown"
"""Below --home: where pictures lie that were not given a name with --out."""

_FRAME_NAME: Final = "-[0-9]+of[0-9]+"


def add_out_option(parser: ArgumentParser) -> None:
    """--out FILE: where the picture goes."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the picture to draw (default: in the folder `shown` of --home)"
    )


def add_image_option(parser: ArgumentParser, name: str, what: str, *, required: bool = True) -> None:
    """An option that takes one picture, or all pictures of one message: `what` says whose; args.`images` holds them."""
    parser.add_argument(
        name, dest="images", type=Path, nargs="+", metavar="FILE", required=required, help=f"the picture(s) of {what}"
    )


def show_message(
    report: Report, body: bytes, args: Namespace, pictures: Pictures, purpose: PurposeId
) -> dict[str, Any]:
    """Draw `body` into picture files and, for a person at a window, into the window. Returns the keys for the report.

    Above one code it becomes several pictures, `name-1of3.png` and so on. `purpose` names the default file, so it is
    letters, digits and hyphens. Drawing the same again gives the same files. Raises PictureExists, Refused.
    """
    out: Path | None = getattr(args, "out", None)
    path = out if out is not None else args.home / SHOWN_FOLDER / f"{purpose}.png"
    if out is None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    drawn = pictures.draw(body, path, purpose=purpose, now=device_clock())
    if not report.as_json and sys.stdout.isatty():
        _draw_in_window(report, body)
    return {
        "pictures": [str(picture.path) for picture in drawn],
        "qr_version": max(picture.qr_version for picture in drawn),
        "message_bytes": len(body),
    }


def read_shown(paths: Sequence[Path]) -> bytes:
    """The one message in these pictures. A name that `show_message` has split into several finds all of its parts.

    Raises PictureMissing and Refused, see `qr.read_message`.
    """
    return qr.read_message([part for path in paths for part in _parts_of(path)])


def remove_pictures(pictures: Pictures, purposes: Iterable[PurposeId], *, now: int) -> CleanUp:
    """Remove the pictures of purposes that are over, and all that are old. What a person changed is left alone."""
    done = [pictures.remove_for(purpose) for purpose in purposes]
    done.append(pictures.sweep(now, PICTURE_LIFE_S))
    return CleanUp(
        removed=tuple(path for one in done for path in one.removed),
        left_alone=tuple(path for one in done for path in one.left_alone),
        failed=tuple(path for one in done for path in one.failed),
        unreadable=done[-1].unreadable,
    )


def clean_up_keys(clean_up: CleanUp) -> dict[str, Any]:
    """What a clean-up did, for the report."""
    return {
        "pictures_removed": [str(path) for path in clean_up.removed],
        "pictures_left_alone": [str(path) for path in clean_up.left_alone],
    }


def _parts_of(path: Path) -> list[Path]:
    """The picture itself, or when it is not there the parts `name-1of3.png` that lie in its place."""
    if path.exists() or not path.parent.is_dir():
        return [path]
    name = re.compile(re.escape(path.stem) + _FRAME_NAME + re.escape(path.suffix))
    return sorted(other for other in path.parent.iterdir() if name.fullmatch(other.name)) or [path]


def _draw_in_window(report: Report, body: bytes) -> None:
    bodies = [body] if len(body) <= ONE_CODE_MAX_BYTES else frame.split(body)
    columns = shutil.get_terminal_size().columns
    for number, part in enumerate(bodies, start=1):
        width = len(qr.draw_terminal(part, colour=False).partition("\n")[0])
        if width > columns:
            report.say(
                f"The window is {columns} columns wide and the code needs {width}: show the picture instead.",
                f"窗口宽 {columns} 列，此码需要 {width} 列：请改为出示图片。",
            )
            return
        if len(bodies) > 1:
            print(report.pick(f"Code {number} of {len(bodies)}", f"第 {number} 个码，共 {len(bodies)} 个"))
        print(qr.draw_terminal(part, colour=True), flush=True)
