"""Showing a message to the other device and reading what it showed: pictures in files, codes in the window.

A device without a screen of its own shows a message as picture files (remembered, so that they go when their use is
over, see `links.pictures`) and, where a person sits at a terminal window, as a code drawn right there. What the other
device showed is read from pictures. Wallet and terminal both speak through here, so they say the same words.
"""

import os
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
from feiqian.protocol.words import Trouble, Words, WordsTable

PICTURE_LIFE_S: Final = 24 * 3600
"""The age at which a picture goes in any case, its purpose over or not: by then nobody waits for it."""
SHOWN_FOLDER: Final = "shown"
"""Below --home: where pictures lie that were not given a name with --out."""

LINES_BELOW_CODE: Final = 8
"""What a command says below a code, and the prompt: without room for them the top of the code is scrolled away."""

_FRAME_NAME: Final = "-[0-9]+of[0-9]+"
_NOTHING_YET_EN: Final = "Nothing was signed, accepted or stored: this is checked first."
_NOTHING_YET_ZH: Final = "没有签名、受理或保存任何内容：此项会先行检查。"

OUT_WORDS: Final[WordsTable] = {
    "picture_exists": {
        "en": Words(
            "Another file already has the name {path}.",
            f"{_NOTHING_YET_EN} That file was left as it is.",
            "Choose another name with --out, or move that file away, then do the same again.",
        ),
        "zh": Words(
            "已有另一个文件名为 {path}。",
            f"{_NOTHING_YET_ZH}那个文件没有被改动。",
            "请用 --out 换一个名字，或先移走那个文件，然后重试。",
        ),
    },
    "picture_folder": {
        "en": Words(
            "No picture can be written into the folder {path}: it is not there, or it may not be written to.",
            _NOTHING_YET_EN,
            "Make the folder, or choose another one with --out, then do the same again.",
        ),
        "zh": Words(
            "无法把图片写入文件夹 {path}：它不存在，或不可写入。",
            _NOTHING_YET_ZH,
            "请先建立该文件夹，或用 --out 换一个文件夹，然后重试。",
        ),
    },
}


class OutTrouble(Trouble):
    """No picture can go where --out says. It was found out before anything was done."""

    table = OUT_WORDS


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


def check_out(args: Namespace, *registers: Pictures) -> None:
    """Refuses an --out that cannot be written, or where something lies that is in none of the registers.

    To be called before anything is signed, accepted or stored: a picture that cannot be drawn afterwards would leave
    a payment that nobody was shown. How many pictures there will be is not known yet, so the names of the parts of
    a larger message must be free, too. Raises OutTrouble.
    """
    out: Path | None = args.out
    if out is None:
        return
    folder = out.absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise OutTrouble("picture_folder", path=folder)
    for path in {out, *_parts_beside(out)}:
        if os.path.lexists(path) and not any(register.drew(path) for register in registers):
            raise OutTrouble("picture_exists", path=path)


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
    return _parts_beside(path) or [path]


def _parts_beside(path: Path) -> list[Path]:
    """The parts of a larger message that `show_message` would have drawn at `path`, as far as such files are there."""
    name = re.compile(re.escape(path.stem) + _FRAME_NAME + re.escape(path.suffix))
    return sorted(other for other in path.parent.iterdir() if name.fullmatch(other.name))


def _draw_in_window(report: Report, body: bytes) -> None:
    """Draw the code, or all codes of a larger message, if each of them fits into the window as a whole."""
    bodies = [body] if len(body) <= ONE_CODE_MAX_BYTES else frame.split(body)
    columns, rows = shutil.get_terminal_size()
    plain = [qr.draw_terminal(part, colour=False).split("\n") for part in bodies]
    wide, high = max(len(lines[0]) for lines in plain), max(map(len, plain)) + LINES_BELOW_CODE
    if wide > columns or high > rows:
        report.say(
            f"The code needs a window of {wide} columns and {high} lines, this one has {columns} and {rows}: show the "
            "picture instead (--out FILE puts it where you want it), or make the window larger next time.",
            f"此码需要 {wide} 列 {high} 行的窗口，当前为 {columns} 列 {rows} 行：请改为出示图片"
            "（--out FILE 可指定其位置），或下次先放大窗口。",
        )
        return
    for number, part in enumerate(bodies, start=1):
        if len(bodies) > 1:
            print(report.pick(f"Code {number} of {len(bodies)}", f"第 {number} 个码，共 {len(bodies)} 个"))
        print(qr.draw_terminal(part, colour=True), flush=True)
