"""Pictures of messages: drawing QR codes and reading them back. The one door to segno, Pillow and zxing-cpp.

What is drawn is plain on purpose: square, dark on light, a full quiet zone, ECC M and nothing raised above
it. Codes in dark mode or with round dots are the ones that people's phones fail to read. There is no
caption either: Pillow's own font has no Chinese, so a caption would depend on the fonts of the machine. Thus
the same message always gives the same file, and what the picture is for is said by whoever shows it.

What is read is hostile: a picture comes from a stranger's phone or a chat. Any bytes in the file give the
bodies of the codes in it or a coded refusal. The three libraries are imported where they are used, because
most commands never touch a picture and should not wait for them.

Measured (two cores, v14-M): drawing 0.1 s, reading 10 ms; a 40-megapixel picture without a code is given up
after 1 to 4 s and takes 0.2 to 0.7 GiB.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feiqian.links.qr_terminal import in_blocks
from feiqian.protocol import frame
from feiqian.protocol.limits import ONE_CODE_MAX_BYTES
from feiqian.protocol.qrtext import decode_text, encode_text
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    import segno
    from PIL import Image

PIXELS_A_MODULE: Final = 10
"""Our reader manages 2; chat programs shrink a picture before they pass it on, so there is room for that."""
QUIET_MODULES: Final = 4
"""ISO/IEC 18004's quiet zone: what lies beside the picture must not touch the code."""

PICTURE_MAX_BYTES: Final = 20 * 1024 * 1024
PICTURE_MAX_PIXELS: Final = 40_000_000
"""A phone's photo has 12 million. Checked on the header, before a pixel is unpacked."""
PICTURE_MAX_SIDE: Final = 32_767
"""Doubled it is still a side that zxing-cpp takes."""
PICTURE_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
PART_NAMES: Final = ".feiqian-*.part"
"""Files that are still being written, or were when the power went."""
_SMALL_MAX_PIXELS: Final = 1_000_000
_SECOND_LOOK_MAX_PIXELS: Final = 16_000_000
"""(upper, lower) module, 1 is dark."""


PICTURE_WORDS: Final[WordsTable] = {
    "picture_missing": {
        "en": Words(
            message="There is no picture {path}.",
            safe="Nothing was read and nothing was changed.",
            next="Check the name and try again.",
        ),
        "zh": Words(
            message="找不到图片 {path}。",
            safe="什么都没有读取，也没有任何改动。",
            next="请核对文件名，然后重试。",
        ),
    },
    "picture_exists": {
        "en": Words(
            message="Another file already has the name {path}.",
            safe="That file was left as it is, and nothing was written.",
            next="Choose another name, or move that file away, and do the same again.",
        ),
        "zh": Words(
            message="已有另一个文件名为 {path}。",
            safe="那个文件没有被改动，也没有写入任何内容。",
            next="请换一个名字，或先移走那个文件，再重试一次。",
        ),
    },
    "not_a_picture": {
        "en": Words(
            message="This file is not a picture, or not a whole one.",
            safe="Nothing was read and nothing was changed.",
            next="Choose the picture of the code, as PNG, JPEG, WebP or GIF; if it came by chat, have it sent again.",
        ),
        "zh": Words(
            message="这个文件不是图片，或图片不完整。",
            safe="什么都没有读取，也没有任何改动。",
            next="请选择码的图片（PNG、JPEG、WebP 或 GIF）；如果是聊天收到的，请对方重新发送。",
        ),
    },
    "picture_too_large": {
        "en": Words(
            message="This picture is too large: at most {pixels} million pixels and {mebibytes} MiB are read.",
            safe="Nothing was read and nothing was changed.",
            next="Cut the code out of it, or take a smaller picture, and try again.",
        ),
        "zh": Words(
            message="这张图片太大：最多读取 {pixels} 百万像素、{mebibytes} MiB。",
            safe="什么都没有读取，也没有任何改动。",
            next="请裁剪出码的部分，或换一张较小的图片，然后重试。",
        ),
    },
    "picture_closed": {
        "en": Words(
            message="The picture {path} cannot be opened.",
            safe="Nothing was read and nothing was changed.",
            next="Check that it is a file and that you may read it, then try again.",
        ),
        "zh": Words(
            message="无法打开图片 {path}。",
            safe="什么都没有读取，也没有任何改动。",
            next="请确认它是文件且您有读取权限，然后重试。",
        ),
    },
}


class PictureMissing(Trouble):
    """There is no such picture. Nothing was read; a retry with the right name is safe."""

    table = PICTURE_WORDS

    def __init__(self, path: Path) -> None:
        super().__init__("picture_missing", path=path)


class PictureExists(Trouble):
    """Something that we did not draw lies in the way. It was left alone; another name is safe."""

    table = PICTURE_WORDS

    def __init__(self, path: Path) -> None:
        super().__init__("picture_exists", path=path)


class PictureInvalid(Trouble):
    """What lies there is no picture that can be read: `not_a_picture`, `picture_too_large` or `picture_closed`.

    Nothing was read; another file is safe. A picture in which no code is found is a Refused PICTURE_UNREADABLE.
    """

    table = PICTURE_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One picture: what it is, and where it lies or will lie."""

    path: Path
    qr_version: int
    chars: int
    sha256: str
    """Of the file, in hex: by this a later clean-up knows the picture as ours."""
    png: bytes = field(repr=False)


# --- Drawing ------------------------------------------------------------------------------------------------


def draw_message(body: bytes, path: Path, *, replaces: Collection[str] = ()) -> tuple[Drawn, ...]:
    """Write `body` as one picture at `path`, or as several beside it, `name-1of3.png` and so on.

    Nothing is written unless all of them may be. Errors as `render_message` and `write_picture`.
    """
    pictures = render_message(body, path)
    for picture in pictures:
        refuse_to_overwrite(picture.path, replaces=replaces)
    for picture in pictures:
        write_picture(picture, replaces=replaces)
    return pictures


def render_message(body: bytes, path: Path) -> tuple[Drawn, ...]:
    """The pictures that `draw_message` writes, in memory, so that they can be registered first.

    Raises Refused TOO_LARGE beyond what frames carry.
    """
    if len(body) <= ONE_CODE_MAX_BYTES:
        return (render_png(body, path),)
    parts = frame.split(body)
    names = [f"{path.stem}-{number}of{len(parts)}{path.suffix}" for number in range(1, len(parts) + 1)]
    return tuple(render_png(part, path.with_name(name)) for part, name in zip(parts, names, strict=True))


def render_png(body: bytes, path: Path) -> Drawn:
    """The picture of `body` that would lie at `path`. Raises Refused TOO_LARGE beyond version 40-M."""
    text = encode_text(body)
    symbol = _symbol(text)
    file = io.BytesIO()
    symbol.save(file, kind="png", scale=PIXELS_A_MODULE, border=QUIET_MODULES, dark="black", light="white")
    png = file.getvalue()
    digest = hashlib.sha256(png).hexdigest()
    return Drawn(path=path, qr_version=int(symbol.version), chars=len(text), sha256=digest, png=png)


def draw_terminal(body: bytes, *, colour: bool) -> str:
    """`body` as one code for a terminal window, see `qr_terminal`."""
    return in_blocks(_symbol(encode_text(body)).matrix, colour=colour)


def draw_address(address: str, *, colour: bool) -> str:
    """A web address as a code for a terminal window, for a phone's own camera."""
    import segno

    return in_blocks(segno.make_qr(address, error="m").matrix, colour=colour)


def qr_version(body: bytes) -> int:
    """The smallest version, 1 to 40, that holds `body` at ECC M. Raises Refused TOO_LARGE if none does."""
    symbol = _symbol(encode_text(body), mask=0)  # any one mask: trying all eight is most of the work
    return int(symbol.version)


def _symbol(text: str, mask: int | None = None) -> segno.QRCode:
    import segno

    try:
        return segno.make_qr(text, error="m", mode="alphanumeric", mask=mask, boost_error=False)
    except segno.DataOverflowError:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(text)} characters in one code at ECC M") from None


# --- Files --------------------------------------------------------------------------------------------------


def write_picture(picture: Drawn, *, replaces: Collection[str] = ()) -> None:
    """Put the picture at its path: all of it and durable, or nothing; readable by its owner only.

    Raises PictureExists if something lies there whose SHA-256 is not in `replaces`.
    """
    write_durably(picture.path, picture.png, replaces=replaces)


def write_durably(path: Path, content: bytes, *, replaces: Collection[str] = ()) -> None:
    """As `write_picture`, for any bytes. OSError is the disk's: nothing was replaced, a retry is safe."""
    part = part_path(path, hashlib.sha256(content).hexdigest())
    part.unlink(missing_ok=True)  # what an earlier try left when it was killed
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if digest_of(path) in replaces:
            part.replace(path)
        else:
            _take_new_name(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_directory(path.parent)


def part_path(path: Path, sha256: str) -> Path:
    """Where the bytes lie until they are whole. Follows from the content, so that a clean-up can find it."""
    return path.with_name(PART_NAMES.replace("*", sha256[:32]))


def refuse_to_overwrite(path: Path, *, replaces: Collection[str] = ()) -> None:
    """Raises PictureExists if something lies at `path` whose SHA-256 is not in `replaces`."""
    if os.path.lexists(path) and digest_of(path) not in replaces:
        raise PictureExists(path)


def digest_of(path: Path) -> str | None:
    """SHA-256 of the regular file at `path` in hex; None for everything else, links and oversized files too.

    OSError is the disk's, a file that may not be read among them.
    """
    try:
        content = _read_limited(path, os.O_NOFOLLOW)
    except PictureInvalid:
        return None
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):  # ENXIO: a socket
            return None
        raise
    return hashlib.sha256(content).hexdigest()


def _take_new_name(part: Path, path: Path) -> None:
    try:
        path.hardlink_to(part)  # fails if the name is taken, even if only just now; a rename would overwrite
    except FileExistsError:
        refuse_to_overwrite(path)
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS):
            raise
        refuse_to_overwrite(path)  # a USB stick (FAT) knows no hard links: look, then rename
        part.rename(path)


def sync_directory(directory: Path) -> None:
    """Make names that came to or left `directory` durable, as fsync does for what is in a file."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_limited(path: Path, flags: int = 0) -> bytes:
    # Not blocking, since opening a pipe would wait for its writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PictureInvalid("picture_closed", path=path.name)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(PICTURE_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > PICTURE_MAX_BYTES:
        raise _too_large()
    return content


def _too_large() -> PictureInvalid:
    pixels, mebibytes = PICTURE_MAX_PIXELS // 1_000_000, PICTURE_MAX_BYTES // (1024 * 1024)
    return PictureInvalid("picture_too_large", pixels=pixels, mebibytes=mebibytes)


# --- Reading ------------------------------------------------------------------------------------------------


def read_message(paths: Sequence[Path]) -> bytes:
    """The one message in these pictures: in one code, or in frames in any order, repeats allowed.

    Raises what `read_image` raises, and Refused FRAME_INCOMPLETE while pictures are missing, FRAME_MISMATCH
    when they hold more than one message.
    """
    bodies = list(dict.fromkeys(body for path in paths for body in read_image(path)))
    if len(bodies) == 1 and not frame.is_frame(bodies[0]):
        return bodies[0]
    if not all(frame.is_frame(body) for body in bodies):
        raise Refused(RefusalCode.FRAME_MISMATCH, "the pictures hold more than one message")
    return frame.join(bodies)


def read_image(path: Path) -> list[bytes]:
    """The bodies of the Feiqian codes in the picture (of a GIF its first), at least one, without repeats.

    Raises PictureMissing if there is no such file, PictureInvalid if it is no picture that can be read, and Refused:
    PICTURE_UNREADABLE (no code is found in it), NOT_FEIQIAN (there are codes, and none is ours); or, when no code
    in it is good, what `decode_text` says of the first that bears our mark.
    """
    try:
        content = _read_limited(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no file can have such a name
        raise PictureMissing(path) from None
    except OSError as error:
        raise PictureInvalid("picture_closed", path=path.name) from error
    return read_picture(content)


def read_picture(content: bytes) -> list[bytes]:
    """As `read_image`, for the bytes of the file."""
    marred: Refused | None = None
    foreign: Refused | None = None
    for view in _views(_unpack(content)):
        bodies: list[bytes] = []
        for text in _codes(view):
            try:
                bodies.append(decode_text(text))
            except Refused as refusal:
                if refusal.code is RefusalCode.NOT_FEIQIAN:
                    foreign = foreign or refusal
                else:
                    marred = marred or refusal
        if bodies:
            return list(dict.fromkeys(bodies))
    raise marred or foreign or Refused(RefusalCode.PICTURE_UNREADABLE, "no code is found in it")


def _unpack(content: bytes) -> Image.Image:
    """The picture in greys on white paper. Nothing is unpacked before its size is known to be bearable."""
    from PIL import Image

    try:
        warnings.simplefilter("error", Image.DecompressionBombWarning)  # it would only be printed, to a person
        with Image.open(io.BytesIO(content), formats=PICTURE_FORMATS) as picture:
            width, height = picture.size
            if width * height > PICTURE_MAX_PIXELS or max(width, height) > PICTURE_MAX_SIDE:
                raise _too_large()
            picture.draft("L", None)  # JPEG then unpacks its greys only: a third of the memory
            if not picture.has_transparency_data:
                return picture.convert("L")
            painted = picture.convert("RGBA")
            paper = Image.new("L", picture.size, "white")
            paper.paste(painted.convert("L"), mask=painted.getchannel("A"))
            return paper
    except PictureInvalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except Exception as error:  # a decoder raises a dozen kinds on hostile bytes; all mean "no picture"
        raise PictureInvalid("not_a_picture") from error


def _views(grey: Image.Image) -> Iterator[Image.Image]:
    """The picture as it is, and where it pays, doctored: each of these reads codes that the others do not."""
    from PIL import Image, ImageFilter

    yield grey
    pixels = grey.width * grey.height
    if pixels <= _SMALL_MAX_PIXELS:  # modules of less than 2 pixels, and heavy noise
        yield grey.resize((2 * grey.width, 2 * grey.height), Image.Resampling.BICUBIC)
    if pixels <= _SECOND_LOOK_MAX_PIXELS:  # out of focus
        yield grey.filter(ImageFilter.UnsharpMask(radius=4, percent=300, threshold=0))


def _codes(grey: Image.Image) -> list[str]:
    import zxingcpp

    found = zxingcpp.read_barcodes(
        grey,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=True,
        try_invert=True,
        try_downscale=True,
    )
    return [code.text for code in found]
