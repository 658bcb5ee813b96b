"""The pictures' life: remembered first, removed when they have served, and only while they are ours."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.links import pictures, qr
from feiqian.links.pictures import CleanUp, Pictures, PurposeId

NOW = 1_790_000_000
DAY_S = 86_400
LATER = 2**40
LUNCH = PurposeId("payment-lunch")
TAXI = PurposeId("payment-taxi")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return tmp_path / "home" / "pictures"


@pytest.fixture
def ours(register: Path) -> Pictures:
    return Pictures(register)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Where a person keeps files."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def draw(ours: Pictures, path: Path, body: bytes = b"body", purpose: PurposeId = LUNCH, now: int = NOW) -> Path:
    (drawn,) = ours.draw(body, path, purpose=purpose, now=now)
    return drawn.path


def entries(register: Path) -> list[Path]:
    return sorted(register.iterdir()) if register.exists() else []


def test_a_purpose_takes_its_pictures_along_and_no_others(ours: Pictures, desk: Path, register: Path) -> None:
    lunch = draw(ours, desk / "lunch.png")
    taxi = draw(ours, desk / "taxi.png", purpose=TAXI)
    assert ours.remove_for(LUNCH) == CleanUp(removed=(lunch,))
    assert list(desk.iterdir()) == [taxi]
    assert len(entries(register)) == 1
    assert ours.remove_for(LUNCH) == CleanUp()


def test_the_pictures_of_a_large_message_go_together(ours: Pictures, desk: Path) -> None:
    body = bytes(700)
    drawn = ours.draw(body, desk / "lunch.png", purpose=LUNCH, now=NOW)
    assert qr.read_message([one.path for one in drawn]) == body
    assert len(ours.remove_for(LUNCH).removed) == 3
    assert list(desk.iterdir()) == []


def test_a_sweep_takes_what_is_old(ours: Pictures, desk: Path) -> None:
    old = draw(ours, desk / "old.png", now=NOW - DAY_S)
    young = draw(ours, desk / "young.png", now=NOW - DAY_S + 1)
    assert ours.sweep(NOW, DAY_S) == CleanUp(removed=(old,))
    assert list(desk.iterdir()) == [young]


def test_the_register_outlives_the_process_and_the_working_folder(
    register: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    draw(Pictures(register), Path("lunch.png"))
    monkeypatch.chdir("/")
    assert Pictures(register).remove_for(LUNCH) == CleanUp(removed=(desk / "lunch.png",))


def test_the_register_has_plain_names_and_nothing_to_pay_with(ours: Pictures, desk: Path, register: Path) -> None:
    path = draw(ours, desk / "lunch.png")
    (entry,) = entries(register)
    assert json.loads(entry.read_text()) == {
        "schema": 1,
        "path": str(path),
        "sha256": qr.digest_of(path),
        "purpose": LUNCH,
        "made_at": NOW,
    }
    assert entry.stat().st_mode & 0o777 == 0o600
    assert register.stat().st_mode & 0o777 == 0o700


def test_a_path_that_is_no_utf8_is_remembered(ours: Pictures, desk: Path) -> None:
    path = draw(ours, desk / os.fsdecode(b"caf\xe9 \xe9\xa3\x9e.png"))
    assert ours.remove_for(LUNCH) == CleanUp(removed=(path,))


# --- What is no longer ours ---------------------------------------------------------------------------------


def facts(path: Path) -> tuple[int, ...]:
    """What changes if anybody touches the file; reading it, which we do, changes only the time of access."""
    of = path.lstat()
    return of.st_ino, of.st_mode, of.st_nlink, of.st_size, of.st_mtime_ns, of.st_ctime_ns


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_link_to_a_copy(path: Path) -> None:
    path.rename(path.with_name("copy.png"))
    path.symlink_to("copy.png")


def replace_by_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


TAKEN_OVER = [edit, replace_by_folder, replace_by_link_to_a_copy, replace_by_dangling_link, replace_by_pipe]


@pytest.mark.parametrize("take_over", TAKEN_OVER)
def test_what_a_person_made_of_it_is_left_alone_and_forgotten(
    ours: Pictures, desk: Path, register: Path, take_over: Callable[[Path], None]
) -> None:
    path = draw(ours, desk / "lunch.png")
    take_over(path)
    before = {file: facts(file) for file in desk.iterdir()}
    assert ours.remove_for(LUNCH) == CleanUp(left_alone=(path,))
    assert {file: facts(file) for file in desk.iterdir()} == before
    assert entries(register) == []


@pytest.mark.parametrize("take_over", TAKEN_OVER)
def test_what_a_person_made_of_it_is_not_drawn_over(
    ours: Pictures, desk: Path, take_over: Callable[[Path], None]
) -> None:
    path = draw(ours, desk / "lunch.png")
    take_over(path)
    before = facts(path)
    with pytest.raises(qr.PictureExists):
        draw(ours, path, b"next")
    assert facts(path) == before


def test_a_file_that_we_never_drew_is_not_drawn_over_nor_registered(ours: Pictures, desk: Path, register: Path) -> None:
    path = desk / "lunch.png"
    path.write_bytes(qr.render_png(b"body", path).png)  # even the same bytes: a person put them there
    with pytest.raises(qr.PictureExists):
        draw(ours, path)
    assert entries(register) == []
    assert ours.sweep(NOW, 0) == CleanUp()
    assert path.exists()


def test_a_copy_that_a_person_made_is_theirs(ours: Pictures, desk: Path) -> None:
    copy = desk / "keep.png"
    copy.write_bytes(draw(ours, desk / "lunch.png").read_bytes())
    with pytest.raises(qr.PictureExists):
        draw(ours, copy, b"next")
    ours.remove_for(LUNCH)
    assert list(desk.iterdir()) == [copy]


def test_a_picture_of_ours_is_replaced_and_then_belongs_to_the_later_purpose(
    ours: Pictures, desk: Path, register: Path
) -> None:
    path = draw(ours, desk / "code.png", b"first", LUNCH)
    draw(ours, path, b"second", TAXI, NOW + 1)
    assert qr.read_image(path) == [b"second"]
    assert len(entries(register)) == 1
    assert ours.remove_for(LUNCH) == CleanUp()
    assert ours.remove_for(TAXI) == CleanUp(removed=(path,))


def test_what_lies_at_a_name_is_ours_only_as_we_drew_it(ours: Pictures, desk: Path, register: Path) -> None:
    lunch, taxi = draw(ours, desk / "lunch.png"), draw(ours, desk / "taxi.png")
    assert (ours.drew(lunch), ours.drew(desk / "nothing.png")) == (True, False)
    taxi.write_bytes(b"theirs")
    assert not ours.drew(taxi)
    assert ours.remove_at(lunch) == CleanUp(removed=(lunch,))
    assert ours.remove_at(taxi) == CleanUp(left_alone=(taxi,))
    assert (taxi.read_bytes(), entries(register)) == (b"theirs", [])


def test_drawing_the_same_again_is_harmless(ours: Pictures, desk: Path, register: Path) -> None:
    path = desk / "code.png"
    for now in (NOW, NOW, NOW + 5):
        draw(ours, path, now=now)
    assert len(entries(register)) == 1
    assert ours.sweep(NOW + 5 + DAY_S, DAY_S) == CleanUp(removed=(path,))


def test_a_missing_file_or_folder_is_fine(ours: Pictures, desk: Path, register: Path) -> None:
    draw(ours, desk / "lunch.png").unlink()
    (desk / "trip").mkdir()
    draw(ours, desk / "trip" / "lunch.png").unlink()
    (desk / "trip").rmdir()
    (desk / "trip").write_text("a file now")
    assert ours.remove_for(LUNCH) == CleanUp()
    assert entries(register) == []


def test_nothing_was_ever_drawn(ours: Pictures, register: Path) -> None:
    assert ours.sweep(NOW, 0) == CleanUp()
    assert not register.exists()


# --- When something breaks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"' + b"\xff" * 9,
        b"[" * 100_000,
        b'{"schema":2,"path":"/a","sha256":"0","purpose":"p","made_at":1}',
        b'{"schema":1,"path":"a","sha256":"0","purpose":"p","made_at":1}',
        b'{"schema":1,"path":"/a\\u0000","sha256":"0","purpose":"p","made_at":1}',
        b'{"schema":1,"path":"/\\ud800","sha256":"0","purpose":"p","made_at":1}',
        b'{"schema":1,"path":7,"sha256":"0","purpose":"p","made_at":1}',
        b'{"schema":1,"path":"/a","sha256":"0","purpose":"p","made_at":"1"}',
        b'{"schema":1,"path":"/a","sha256":"0","purpose":"p"}',
    ],
)
def test_a_damaged_entry_is_told_and_kept_and_the_rest_goes_on(
    ours: Pictures, desk: Path, register: Path, content: bytes
) -> None:
    path = draw(ours, desk / "lunch.png")
    damaged = register / "picture-0.json"
    damaged.write_bytes(content)
    assert ours.remove_for(LUNCH) == CleanUp(removed=(path,), unreadable=(damaged,))
    assert entries(register) == [damaged]


def test_one_stubborn_picture_does_not_keep_the_others(
    ours: Pictures, desk: Path, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [draw(ours, desk / f"{number}.png") for number in range(3)]
    remove = Path.unlink

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path == paths[1]:
            raise PermissionError
        remove(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        outcome = ours.remove_for(LUNCH)
    assert outcome.failed == (paths[1],)
    assert sorted(outcome.removed) == [paths[0], paths[2]]
    assert len(entries(register)) == 1
    assert ours.remove_for(LUNCH) == CleanUp(removed=(paths[1],))


KILL_AT_EVERY_CALL = """
import os, signal, sys
from pathlib import Path
from feiqian.links.pictures import Pictures, PurposeId

calls_left = 0

def dying(real):
    def call(*arguments, **options):
        global calls_left
        calls_left -= 1
        if calls_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call

step, status, root, body, drawn_before = 0, -1, Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3] == "before"
while status != 0:
    step += 1
    path = root / str(step) / "desk" / "code.png"
    path.parent.mkdir(parents=True)
    pictures = Pictures(root / str(step) / "register")
    if drawn_before:
        pictures.draw(b"old", path, purpose=PurposeId("payment-taxi"), now=5)
    child = os.fork()
    if child == 0:
        for owner, name in [(os, "open"), (os, "fsync"), (Path, "mkdir"), (Path, "unlink"), (Path, "hardlink_to"),
                            (Path, "replace")]:
            setattr(owner, name, dying(getattr(owner, name)))
        calls_left = step
        pictures.draw(body, path, purpose=PurposeId("payment-lunch"), now=7)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
"""


@pytest.mark.parametrize(("body", "drawn"), [(b"new", "before"), (bytes(351), "first")], ids=["replaced", "two"])
def test_killed_at_any_call_no_picture_is_left_that_nobody_remembers(tmp_path: Path, body: bytes, drawn: str) -> None:
    """Real SIGKILL before each call that touches the disk, one after the other, until the drawing gets through."""
    subprocess.run([sys.executable, "-c", KILL_AT_EVERY_CALL, tmp_path, body.hex(), drawn], check=True)
    places = sorted(tmp_path.iterdir(), key=lambda place: int(place.name))
    assert len(places) > 12, "nothing was killed"
    for place in places:
        ours, desk = Pictures(place / "register"), place / "desk"
        for file in desk.glob("*.png"):
            assert len(qr.read_image(file)) == 1, "a picture is whole or not there"
        if int(place.name) % 3 == 0:  # somebody tries again; in the other cases nobody ever comes back
            again = ours.draw(body, desk / "code.png", purpose=LUNCH, now=8)
            assert qr.read_message([one.path for one in again]) == body
        done = ours.sweep(LATER, DAY_S)
        assert done == CleanUp(removed=done.removed)
        assert list(desk.iterdir()) == []
        assert entries(place / "register") == []


def test_the_register_is_written_before_the_picture(
    ours: Pictures, desk: Path, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(picture: qr.Drawn, **_options: object) -> None:
        assert len(entries(register)) == 1
        raise OSError(f"no space for {picture.path}")

    monkeypatch.setattr(pictures, "write_picture", never)
    with pytest.raises(OSError, match="no space"):
        draw(ours, desk / "lunch.png")
    assert list(desk.iterdir()) == []
