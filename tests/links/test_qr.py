"""Codes drawn and read back: by another process, from poor pictures, and from files that are no pictures at all."""

import errno
import io
import os
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter, ImageOps

from feiqian.links import qr
from feiqian.protocol import frame
from feiqian.protocol.limits import ONE_CODE_MAX_BYTES
from feiqian.protocol.qrtext import encode_text
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Coded

GREY = 200  # a table, a wall: neither ink nor paper


def some_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311  (example data)


FULL_CODE = some_bytes(ONE_CODE_MAX_BYTES)
"""As much as one code is ever asked to hold: the hardest case to read."""


def picture_of(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(qr.render_png(body, Path("unused")).png)).convert("L")


def as_file(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def refusal_of(content: bytes) -> str:
    with pytest.raises((Refused, qr.PictureInvalid)) as caught:
        qr.read_picture(content)
    return str(caught.value.code)


# --- Drawing ------------------------------------------------------------------------------------------------


def draw(body: bytes, path: Path, *, replaces: Collection[str] = ()) -> qr.Drawn:
    """One picture, as those who register it before they write it do."""
    picture = qr.render_png(body, path)
    qr.write_picture(picture, replaces=replaces)
    return picture


def test_another_process_reads_what_this_one_drew(tmp_path: Path) -> None:
    path = tmp_path / "cheque.png"
    draw(FULL_CODE, path)
    program = (
        "import sys; from pathlib import Path; from feiqian.links.qr import read_image; "
        "print(*(body.hex() for body in read_image(Path(sys.argv[1]))))"
    )
    reader = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert reader.stdout.split() == [FULL_CODE.hex()]


def test_importing_the_links_loads_none_of_the_picture_libraries() -> None:
    program = (
        "import sys, feiqian.links, feiqian.links.qr, feiqian.links.pictures; "
        "print(*{'segno', 'PIL', 'zxingcpp'} & set(sys.modules))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == []


def test_what_is_drawn_is_told_and_true(tmp_path: Path) -> None:
    path = tmp_path / "cheque.png"
    drawn = draw(FULL_CODE, path)
    assert drawn.path == path
    assert drawn.qr_version == qr.qr_version(FULL_CODE) == 14
    assert drawn.chars == len(encode_text(FULL_CODE)) == 528
    assert drawn.sha256 == sha256(path.read_bytes()).hexdigest() == qr.digest_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert "png=" not in repr(drawn)


def test_the_same_message_gives_the_same_file() -> None:
    path = Path("unused")
    assert qr.render_png(FULL_CODE, path) == qr.render_png(FULL_CODE, path)


@pytest.mark.parametrize(("size", "version"), [(319, 13), (320, 14), (349, 14), (350, 15)])
def test_how_much_a_version_holds_at_ecc_m(size: int, version: int) -> None:
    for seed in range(5):
        assert qr.qr_version(some_bytes(size, seed)) == version


@pytest.mark.parametrize("size", [1, 60, 164, 349])
def test_a_code_is_ecc_m_dark_on_light_and_has_its_quiet_zone(size: int) -> None:
    body = some_bytes(size)
    picture = picture_of(body)
    code = zxingcpp.read_barcode(picture)
    assert code is not None
    assert code.ec_level == "M"
    assert code.text == encode_text(body)
    modules = 17 + 4 * qr.qr_version(body) + 2 * 4
    assert picture.size == (modules * 10, modules * 10)
    inked = picture.point(lambda value: 255 - value).getbbox()
    assert inked == (40, 40, picture.width - 40, picture.height - 40)


def test_more_than_any_code_holds_is_refused() -> None:
    for size in (2_300, 5_000):
        with pytest.raises(Refused) as caught:
            qr.qr_version(bytes(size))
        assert caught.value.code is RefusalCode.TOO_LARGE


# --- Several pictures for one message -----------------------------------------------------------------------


def test_a_message_that_fits_is_one_picture(tmp_path: Path) -> None:
    (drawn,) = qr.draw_message(FULL_CODE, tmp_path / "cheque.png")
    assert drawn.path == tmp_path / "cheque.png"
    assert qr.read_message([drawn.path]) == FULL_CODE


def test_a_larger_message_is_several_pictures_read_in_any_order(tmp_path: Path) -> None:
    body = some_bytes(700)
    drawn = qr.draw_message(body, tmp_path / "cheque.png")
    paths = [one.path for one in drawn]
    assert [path.name for path in paths] == ["cheque-1of3.png", "cheque-2of3.png", "cheque-3of3.png"]
    assert all(one.qr_version <= 14 for one in drawn)
    assert qr.read_message(paths) == body
    assert qr.read_message([paths[2], paths[0], paths[2], paths[1]]) == body


def test_all_frames_in_one_photo_are_read(tmp_path: Path) -> None:
    body = some_bytes(500)
    codes = [picture_of(part) for part in frame.split(body)]
    photo = Image.new("L", (2000, 1000), GREY)
    for place, code in enumerate(codes):
        photo.paste(code, (50 + 1000 * place, 90))
    photo.save(tmp_path / "both.png")
    assert qr.read_message([tmp_path / "both.png"]) == body


def test_a_code_seen_twice_counts_once() -> None:
    photo = Image.new("L", (900, 450), GREY)
    for place in (20, 470):
        photo.paste(picture_of(b"body"), (place, 60))
    assert qr.read_picture(as_file(photo, "PNG")) == [b"body"]


def test_a_missing_picture_is_told_apart_from_a_foreign_one(tmp_path: Path) -> None:
    first, *_ = qr.draw_message(some_bytes(700, 1), tmp_path / "a.png")
    other, *_ = qr.draw_message(some_bytes(700, 2), tmp_path / "b.png")
    whole = draw(FULL_CODE, tmp_path / "c.png")
    for paths, code in [
        ([first.path], RefusalCode.FRAME_INCOMPLETE),
        ([], RefusalCode.FRAME_INCOMPLETE),
        ([first.path, other.path], RefusalCode.FRAME_MISMATCH),
        ([first.path, whole.path], RefusalCode.FRAME_MISMATCH),
    ]:
        with pytest.raises(Refused) as caught:
            qr.read_message(paths)
        assert caught.value.code is code


def test_if_one_picture_may_not_be_written_none_is(tmp_path: Path) -> None:
    theirs = tmp_path / "cheque-3of3.png"
    theirs.write_text("a shopping list")
    with pytest.raises(qr.PictureExists):
        qr.draw_message(some_bytes(700), tmp_path / "cheque.png")
    assert list(tmp_path.iterdir()) == [theirs]
    assert theirs.read_text() == "a shopping list"


# --- Files --------------------------------------------------------------------------------------------------


def put_file(path: Path) -> None:
    path.write_text("theirs")


def put_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def facts(path: Path) -> tuple[int, ...]:
    """What changes if anybody touches the file; reading it, which we do, changes only the time of access."""
    of = path.lstat()
    return of.st_ino, of.st_mode, of.st_nlink, of.st_size, of.st_mtime_ns, of.st_ctime_ns


@pytest.mark.parametrize("put", [put_file, Path.mkdir, put_dangling_link, put_pipe])
@pytest.mark.parametrize("disk", ["hard-links", "no-hard-links"])
def test_nothing_that_lies_there_is_overwritten(
    tmp_path: Path, put: Callable[[Path], None], disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if disk == "no-hard-links":
        forbid_hard_links(monkeypatch)
    path = tmp_path / "cheque.png"
    put(path)
    before = facts(path)
    with pytest.raises(qr.PictureExists) as caught:
        draw(b"body", path)
    assert str(path) in caught.value.words("en").message
    assert facts(path) == before
    assert list(tmp_path.iterdir()) == [path]


def forbid_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "as FAT says it")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


def test_a_stick_without_hard_links_takes_pictures_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_hard_links(monkeypatch)
    drawn = draw(b"body", tmp_path / "cheque.png")
    assert qr.read_image(drawn.path) == [b"body"]
    assert list(tmp_path.iterdir()) == [drawn.path]


def test_only_the_named_content_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cheque.png"
    first = draw(b"first", path)
    draw(b"second", path, replaces={first.sha256})
    assert qr.read_image(path) == [b"second"]
    with pytest.raises(qr.PictureExists):
        draw(b"third", path, replaces={first.sha256})
    assert qr.read_image(path) == [b"second"]


def test_a_full_disk_leaves_neither_picture_nor_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        draw(b"body", tmp_path / "cheque.png")
    assert list(tmp_path.iterdir()) == []


# --- Poor pictures ------------------------------------------------------------------------------------------


def turned(degrees: float) -> Callable[[Image.Image], Image.Image]:
    return lambda code: code.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=GREY)


def blurred(radius: float) -> Callable[[Image.Image], Image.Image]:
    return lambda code: code.filter(ImageFilter.GaussianBlur(radius))


def scaled(side: int) -> Callable[[Image.Image], Image.Image]:
    return lambda code: code.resize((side, side), Image.Resampling.LANCZOS)


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("L", size, some_bytes(size[0] * size[1], seed=7))


def noisy(share: float) -> Callable[[Image.Image], Image.Image]:
    return lambda code: Image.blend(code, noise(code.size), share)


def through_jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    return lambda code: Image.open(io.BytesIO(as_file(code, "JPEG", quality=quality)))


def low_contrast(code: Image.Image) -> Image.Image:
    return code.point(lambda value: 110 + value // 10)


def from_the_side(code: Image.Image) -> Image.Image:
    wide = ImageOps.expand(code, 60, GREY)
    width, height = wide.size
    corners = (0, 0, -0.15 * width, height, 1.15 * width, height, width, 0)
    return wide.transform(wide.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=GREY)


def in_a_photo(code: Image.Image) -> Image.Image:
    """A phone's picture of a counter: much else, the code small, tilted and lit from one side, then JPEG."""
    photo = noise((400, 300)).filter(ImageFilter.GaussianBlur(3)).resize((3000, 2250))
    photo.paste(turned(20)(scaled(600)(code)), (900, 500))
    light = Image.linear_gradient("L").resize(photo.size).point(lambda value: 80 + value // 2)
    return through_jpeg(60)(Image.blend(photo, light, 0.4))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(turned(7), id="turned-7"),
        pytest.param(turned(45), id="turned-45"),
        pytest.param(turned(90), id="turned-90"),
        pytest.param(turned(201), id="turned-201"),
        pytest.param(ImageOps.mirror, id="mirrored"),
        pytest.param(ImageOps.invert, id="inverted"),
        pytest.param(blurred(3), id="blurred"),
        pytest.param(blurred(6), id="out-of-focus"),
        pytest.param(noisy(0.5), id="noisy"),
        pytest.param(noisy(0.75), id="very-noisy"),
        pytest.param(low_contrast, id="low-contrast"),
        pytest.param(through_jpeg(5), id="jpeg-5"),
        pytest.param(scaled(400), id="half-size"),
        pytest.param(scaled(110), id="module-of-1.4-pixels"),
        pytest.param(from_the_side, id="from-the-side"),
        pytest.param(in_a_photo, id="in-a-photo"),
    ],
)
def test_a_poor_picture_is_read(spoil: Callable[[Image.Image], Image.Image]) -> None:
    assert qr.read_picture(as_file(spoil(picture_of(FULL_CODE)), "PNG")) == [FULL_CODE]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_every_kind_and_colour_that_we_promise(kind: str, mode: str) -> None:
    code = picture_of(FULL_CODE).convert(mode)
    assert qr.read_picture(as_file(code, kind)) == [FULL_CODE]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "CMYK"])
def test_rarer_colours_and_ink_on_glass(mode: str) -> None:
    code = picture_of(b"body")
    if mode == "I;16":
        picture = Image.frombytes(mode, code.size, b"".join(bytes((0, value)) for value in code.tobytes()))
    elif mode == "CMYK":
        picture = code.convert("RGB").convert(mode)
    else:  # black ink on clear ground: what is clear must count as paper, whatever colour hides below it
        picture = Image.new("L", code.size, 0).convert("RGBA")
        picture.putalpha(ImageOps.invert(code))
        picture = picture.convert("LA") if mode == "LA" else picture.quantize() if mode == "P" else picture
    assert qr.read_picture(as_file(picture, "JPEG" if mode == "CMYK" else "PNG")) == [b"body"]


def test_of_a_moving_picture_the_first_frame_counts() -> None:
    file = io.BytesIO()
    picture_of(b"first").save(file, "GIF", save_all=True, append_images=[picture_of(b"other")])
    assert qr.read_picture(file.getvalue()) == [b"first"]


# --- The terminal -------------------------------------------------------------------------------------------

CELL = (8, 16)
THEMES = {"light": (255, 0), "dark": (20, 235)}
CUBE = {16: 0, 231: 255}


def screenshot(text: str, theme: str) -> Image.Image:
    """The text as a terminal of that theme shows it: the blocks, and the two colours of the fixed cube."""
    lines = text.split("\n")
    ground, ink = THEMES[theme]
    columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines) + 4
    picture = Image.new("L", (columns * CELL[0], (len(lines) + 4) * CELL[1]), ground)
    for row, line in enumerate(lines, start=2):
        colours, column = (ground, ink), 2
        for escape, character in re.findall(r"\x1b\[([0-9;]*)m|(.)", line):
            if not character:
                chosen = re.fullmatch(r"38;5;(\d+);48;5;(\d+)", escape)
                colours = (CUBE[int(chosen[2])], CUBE[int(chosen[1])]) if chosen else (ground, ink)
                continue
            upper, lower = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}[character]
            cell = Image.new("L", (1, 2))
            cell.putdata([colours[upper], colours[lower]])
            picture.paste(cell.resize(CELL, Image.Resampling.NEAREST), (column * CELL[0], row * CELL[1]))
            column += 1
    return picture


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("form", ["colour", "plain"])
@pytest.mark.parametrize("size", [60, 349])
def test_a_code_in_the_terminal_is_read_from_a_screenshot(theme: str, form: str, size: int) -> None:
    shown = screenshot(qr.draw_terminal(some_bytes(size), colour=form == "colour"), theme)
    assert qr.read_picture(as_file(shown, "PNG")) == [some_bytes(size)]


@pytest.mark.parametrize("theme", THEMES)
def test_with_colour_the_code_is_dark_on_light_under_every_theme(theme: str) -> None:
    shown = screenshot(qr.draw_terminal(FULL_CODE, colour=True), theme)
    code = zxingcpp.read_barcode(shown, try_invert=False)
    assert code is not None
    assert code.text == encode_text(FULL_CODE)


def test_the_largest_code_fits_a_terminal_of_80_columns_and_plain_text_stays_plain() -> None:
    plain = qr.draw_terminal(FULL_CODE, colour=False)
    assert max(len(line) for line in plain.split("\n")) <= 80
    assert set(plain) == set("█▀▄ \n")
    assert re.sub(r"\x1b\[[0-9;]*m", "", qr.draw_terminal(FULL_CODE, colour=True)) == plain


# --- Whatever lies in the file ------------------------------------------------------------------------------


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def webp_of_size(width: int, height: int) -> bytes:
    whole = bytearray(as_file(Image.new("RGBA", (10, 10)), "WEBP", lossless=True))
    place = whole.index(b"VP8L") + 9
    packed = int.from_bytes(whole[place : place + 4], "little") >> 28 << 28
    whole[place : place + 4] = (packed | (height - 1) << 14 | width - 1).to_bytes(4, "little")
    return bytes(whole)


GOOD_PNG = as_file(picture_of(b"body"), "PNG")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"FQ1:BB8", id="text"),
        pytest.param(b"%PDF-1.7\n", id="pdf"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(as_file(picture_of(b"body"), "BMP"), id="a-kind-we-do-not-read"),
        pytest.param(GOOD_PNG[:8], id="png-signature-only"),
        pytest.param(GOOD_PNG[: len(GOOD_PNG) // 2], id="truncated"),
        pytest.param(as_file(picture_of(FULL_CODE), "JPEG")[:5000], id="truncated-jpeg"),
        pytest.param(png_of_size(0, 0), id="no-pixels"),
        pytest.param(b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b"\x2c\0\0\0\0\xff\xff\xff\xff\0", id="gif-bomb"),
    ],
)
def test_what_is_no_whole_picture_says_so(content: bytes) -> None:
    assert refusal_of(content) == "not_a_picture"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_of_size(7000, 7000), id="49-megapixels"),
        pytest.param(png_of_size(10_000, 10_000), id="100-megapixels: Pillow would warn"),
        pytest.param(png_of_size(2**31 - 1, 2**31 - 1), id="bomb: Pillow would raise"),
        pytest.param(webp_of_size(16_383, 16_383), id="webp-bomb"),
    ],
)
def test_more_pixels_than_we_look_at_are_too_large(content: bytes) -> None:
    assert refusal_of(content) == "picture_too_large"


def test_the_most_pixels_that_we_look_at() -> None:
    for size, code in [
        ((20_000, 2_000), RefusalCode.PICTURE_UNREADABLE.value),
        ((20_000, 2_001), "picture_too_large"),
        ((32_767, 1), RefusalCode.PICTURE_UNREADABLE.value),
        ((1, 32_768), "picture_too_large"),
        ((40_000_000, 1), "picture_too_large"),
    ]:
        assert refusal_of(as_file(Image.new("1", size), "PNG")) == code


def code_with(text: str) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(code.to_image(scale=8)).convert("L")


def test_a_picture_without_any_code_and_one_with_another_code_are_told_apart() -> None:
    assert refusal_of(as_file(Image.new("RGB", (640, 480), "red"), "PNG")) == RefusalCode.PICTURE_UNREADABLE
    assert refusal_of(as_file(Image.new("L", (1, 1)), "PNG")) == RefusalCode.PICTURE_UNREADABLE
    assert refusal_of(as_file(code_with("https://example.org"), "PNG")) == RefusalCode.NOT_FEIQIAN


def test_our_code_beside_a_menu_is_found_and_a_marred_one_is_named() -> None:
    both = Image.new("L", (2200, 1000), 255)
    both.paste(code_with("https://example.org"), (0, 0))
    assert refusal_of(as_file(both, "PNG")) == RefusalCode.NOT_FEIQIAN
    both.paste(code_with("FQ2:NEWER"), (0, 500))
    assert refusal_of(as_file(both, "PNG")) == RefusalCode.UPDATE_NEEDED
    both.paste(picture_of(FULL_CODE), (1100, 0))
    assert qr.read_picture(as_file(both, "PNG")) == [FULL_CODE]


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    huge = tmp_path / "huge.png"
    huge.write_bytes(GOOD_PNG)
    os.truncate(huge, qr.PICTURE_MAX_BYTES + 1)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path, pipe, huge, loop, Path("/dev/zero"), tmp_path / ("x" * 300)):
        with pytest.raises(qr.PictureInvalid) as caught:
            qr.read_image(path)
        assert caught.value.code == ("picture_too_large" if path == huge else "picture_closed")


def test_a_picture_that_is_not_there_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none.png", tmp_path / "file" / "none.png", tmp_path / "\0"):
        with pytest.raises(qr.PictureMissing):
            qr.read_image(path)


@pytest.mark.parametrize(
    "failure",
    [
        qr.PictureMissing(Path("a.png")),
        qr.PictureExists(Path("a.png")),
        qr.PictureInvalid("picture_closed", path="a.png"),
    ],
)
def test_what_the_world_did_is_coded_and_has_words_in_both_languages(failure: Coded) -> None:
    assert failure.code in qr.PICTURE_WORDS
    english, chinese = failure.words("en"), failure.words("zh")
    assert "a.png" in english.message
    assert "a.png" in chinese.message
    assert all(english + chinese)
    assert not set(english) & set(chinese)


def test_a_picture_may_be_reached_through_a_link(tmp_path: Path) -> None:
    drawn = draw(b"body", tmp_path / "cheque.png")
    (tmp_path / "link").symlink_to(drawn.path)
    assert qr.read_image(tmp_path / "link") == [b"body"]


@given(st.binary(max_size=400))
def test_any_bytes_give_bodies_or_a_coded_refusal(content: bytes) -> None:
    bodies_or_refusal(content)


SMALL_CODE = picture_of(b"body").resize((90, 90))
WHOLE_FILES = [as_file(SMALL_CODE, kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")]


@given(
    st.sampled_from(WHOLE_FILES),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), max_size=4),
    st.none() | st.integers(0, 2000),
)
def test_any_damage_gives_bodies_or_a_coded_refusal(
    whole: bytes, wounds: list[tuple[int, bytes]], end: int | None
) -> None:
    content = bytearray(whole)
    for place, wound in wounds:
        content[place : place + len(wound)] = wound
    bodies_or_refusal(bytes(content[:end]))


def bodies_or_refusal(content: bytes) -> None:
    try:
        bodies = qr.read_picture(content)
    except (Refused, qr.PictureInvalid):
        return
    assert bodies
    assert all(type(body) is bytes for body in bodies)
