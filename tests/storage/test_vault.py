"""The vault of a device: wrong PINs, kills, damage, two processes, what lies on the disk, and migrations.

Kills are real: a child process gets the name of a crash point and dies there by SIGKILL.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlcipher3.dbapi2 import IntegrityError, OperationalError

from feiqian.risk.pin import WeakPin
from feiqian.storage import (
    MigrationFailed,
    PinLocked,
    StoreError,
    StoreTooNew,
    VaultDamaged,
    VaultError,
    VaultExists,
    VaultInUse,
    VaultMissing,
    WrongPin,
    migrations,
    vault,
    vault_header,
)
from feiqian.storage.kept_reads import KeptReads
from feiqian.storage.migrations import Migration, migrate, version_of
from feiqian.storage.vault import NestedWrite, Vault

PIN, OTHER_PIN, WRONG_PIN = "407193", "938204", "730591"
NOW = 1_800_000_000
LINE = "Grüße an 飞钱: fifty-two blue herons"
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder whose name breaks every careless path: it is an URI with query and fragment to SQLite."""
    return tmp_path / "飞钱 ?mode=memory#100%41"


@pytest.fixture
def made(home: Path) -> Path:
    """A closed vault with one table of notes and the secret in it."""
    with Vault.create(home, PIN) as opened, opened.write("test.notes") as connection:
        connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        connection.execute("INSERT INTO note (text) VALUES (?)", (LINE,))
    return home


def header(folder: Path) -> dict[str, object]:
    fields = json.loads((folder / "lock.json").read_bytes())
    assert isinstance(fields, dict)
    return fields


def rewrite(folder: Path, **fields: object) -> None:
    """Change the header as somebody would who knows how its check is made."""
    changed = {name: value for name, value in (header(folder) | fields).items() if name != "check"}
    check = hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()
    text = json.dumps(changed | {"check": check}, sort_keys=True, indent=2) + "\n"
    (folder / "lock.json").write_text(text)


def notes(opened: Vault) -> list[str]:
    return [text for (text,) in opened.connection.execute("SELECT text FROM note ORDER BY id")]


def opens(folder: Path, pin: str, now: int = NOW) -> bool:
    try:
        Vault.open(folder, pin, now).close()
    except WrongPin:
        return False
    return True


def fail(folder: Path, times: int, now: int = NOW) -> int:
    """Give that many wrong PINs, each as soon as it is allowed; return the instant of the last one."""
    for _ in range(times):
        try:
            opens(folder, WRONG_PIN, now)
        except PinLocked as locked:
            if locked.until is None:
                break
            now = locked.until
            with pytest.raises((WrongPin, PinLocked)):
                Vault.open(folder, WRONG_PIN, now)
    return now


PRELUDE = f"""
import sys
from pathlib import Path
from feiqian.storage.migrations import Migration, migrate
from feiqian.storage.vault import Vault
PIN, OTHER_PIN, WRONG_PIN, NOW, home = {PIN!r}, {OTHER_PIN!r}, {WRONG_PIN!r}, {NOW}, Path(sys.argv[1])
"""


def child(folder: Path, code: str, *, crash_at: str = "") -> subprocess.Popen[str]:
    """Another process that runs `code` on the vault in `folder`, here as there called `home`."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, str(folder)],
        env=os.environ | {"FEIQIAN_CRASH_AT": crash_at},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at(point: str, folder: Path, code: str) -> None:
    process = child(folder, code, crash_at=point)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors


# --- making and opening -------------------------------------------------------------------------------------


def test_what_was_written_is_there_after_opening_again(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        assert notes(opened) == [LINE]


def test_files_are_for_their_owner_only(made: Path) -> None:
    Vault.open(made, PIN, NOW).close()
    assert made.stat().st_mode & 0o777 == 0o700
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in made.iterdir()} == dict.fromkeys(
        ["lock.json", "vault.db", "vault.db-journal", "in-use.lock"], "0o600"
    )


def test_an_empty_folder_becomes_private(home: Path) -> None:
    home.mkdir(mode=0o755)
    Vault.create(home, PIN).close()
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_folder_shared_with_other_files_keeps_its_mode(home: Path) -> None:
    home.mkdir()
    home.chmod(0o755)
    (home / "letter.txt").write_text("not ours")
    Vault.create(home, PIN).close()
    assert home.stat().st_mode & 0o777 == 0o755


def test_a_weak_pin_makes_nothing(home: Path) -> None:
    with pytest.raises(WeakPin):
        Vault.create(home, "123456")
    assert not home.exists()


def test_a_vault_is_never_made_over_another(made: Path) -> None:
    with pytest.raises(VaultExists):
        Vault.create(made, OTHER_PIN)
    assert opens(made, PIN)


def test_no_folder_and_an_empty_folder_are_missing_vaults(home: Path) -> None:
    with pytest.raises(VaultMissing):
        Vault.open(home, PIN, NOW)
    assert not home.exists()
    home.mkdir()
    with pytest.raises(VaultMissing):
        Vault.open(home, PIN, NOW)


@pytest.mark.parametrize("point", ["vault.create:before-rename", "vault.create:after-rename"])
def test_a_kill_while_making_leaves_nothing_half_done(home: Path, point: str) -> None:
    killed_at(point, home, "Vault.create(home, PIN)")
    if point.endswith("before-rename"):
        with pytest.raises(VaultMissing):
            Vault.open(home, PIN, NOW)
        Vault.create(home, PIN).close()
    assert opens(home, PIN)
    assert not (home / "vault.db.new").exists()


def test_the_database_is_set_up_to_be_durable_and_to_keep_its_references(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        for pragma, value in {"synchronous": 2, "journal_mode": "persist", "foreign_keys": 1, "temp_store": 2,
                              "locking_mode": "exclusive", "cipher_memory_security": "0"}.items():  # fmt: skip
            assert opened.connection.execute(f"PRAGMA {pragma}").fetchone() == (value,), pragma
        assert opened.connection.isolation_level is None


# --- wrong PINs ---------------------------------------------------------------------------------------------


def test_wrong_pins_follow_the_schedule_and_the_tenth_locks(made: Path) -> None:
    now = NOW
    for failures, wait_s in enumerate([0, 0, 0, 30, 60, 300, 1800, 3600, 3600], start=1):
        with pytest.raises(WrongPin) as wrong:
            Vault.open(made, WRONG_PIN, now)
        assert (wrong.value.failures, wrong.value.tries_left) == (failures, 10 - failures)
        assert wrong.value.wait_s == wait_s
        if wait_s:
            with pytest.raises(PinLocked) as early:
                Vault.open(made, PIN, now + wait_s - 1)
            assert early.value.until == now + wait_s
        now += wait_s
    for pin in (WRONG_PIN, PIN, WRONG_PIN):
        with pytest.raises(PinLocked) as locked:
            Vault.open(made, pin, now)
        assert locked.value.until is None
        now += 10**9


def test_the_right_pin_takes_the_count_back_even_at_the_tenth_try(made: Path) -> None:
    now = fail(made, 9)
    assert header(made)["failures"] == 9
    assert opens(made, PIN, now + 3600)
    assert (header(made)["failures"], header(made)["locked"]) == (0, False)


def test_a_try_is_counted_although_the_process_dies_before_the_check(made: Path) -> None:
    for _ in range(4):
        killed_at("vault.guess:after-rename", made, "Vault.open(home, WRONG_PIN, NOW)")
    assert header(made)["failures"] == 4
    with pytest.raises(PinLocked) as locked:
        Vault.open(made, PIN, NOW)
    assert locked.value.until == NOW + 30


def test_dying_at_the_tenth_try_locks(made: Path) -> None:
    now = fail(made, 9)
    killed_at("vault.guess:after-rename", made, f"Vault.open(home, WRONG_PIN, {now + 3600})")
    with pytest.raises(PinLocked) as locked:
        Vault.open(made, PIN, now + 10**6)
    assert locked.value.until is None


def test_a_kill_while_the_count_is_taken_back_leaves_it(made: Path) -> None:
    killed_at("vault.unlock:before-rename", made, "Vault.open(home, PIN, NOW)")
    assert header(made)["failures"] == 1
    killed_at("vault.unlock:after-rename", made, "Vault.open(home, PIN, NOW)")
    assert header(made)["failures"] == 0


@pytest.mark.parametrize("fields", [{"locked": True}, {"failures": 10}, {"failures": 11}])
def test_locked_stays_locked_whatever_the_schedule_of_a_later_version_says(
    made: Path, fields: dict[str, object]
) -> None:
    """The mark outlives a version with more tries, and the count locks without the mark."""
    rewrite(made, **fields)
    with pytest.raises(PinLocked) as locked:
        Vault.open(made, PIN, NOW + 10**6)
    assert locked.value.until is None


def test_a_clock_set_back_starts_the_wait_anew_and_does_not_brick(made: Path) -> None:
    now = fail(made, 4)
    for back in (now - 1, now - 10**8, 0):
        with pytest.raises(PinLocked) as locked:
            Vault.open(made, PIN, back)
        assert locked.value.until == back + 30
    with pytest.raises(PinLocked):
        Vault.open(made, PIN, 29)
    assert opens(made, PIN, 30)


def test_waiting_partly_setting_back_and_waiting_the_rest_is_not_enough(made: Path) -> None:
    now = fail(made, 4)
    with pytest.raises(PinLocked):
        Vault.open(made, PIN, now - 5)
    with pytest.raises(PinLocked):
        Vault.open(made, PIN, now + 24)
    assert opens(made, PIN, now + 25)


def test_few_failures_cost_no_wait_whatever_the_clock_says(made: Path) -> None:
    fail(made, 3)
    assert opens(made, PIN, 0)


@pytest.mark.parametrize("now", [-1, 2**37 + 1, True, 1.5])
def test_an_impossible_instant_is_refused_before_it_is_written(made: Path, now: int) -> None:
    before = (made / "lock.json").read_bytes()
    with pytest.raises(ValueError, match="Unix seconds"):
        Vault.open(made, PIN, now)
    assert (made / "lock.json").read_bytes() == before


@settings(same_folder, max_examples=50)  # each one derives a key and waits for the disk
@given(pin=st.text() | st.text(alphabet="0123456789", max_size=14) | st.just("\ud800") | st.just("7" * 10**6))
def test_any_text_is_the_pin_or_a_counted_wrong_pin(made: Path, pin: str) -> None:
    fresh = (made / "lock.json").read_bytes()
    try:
        if pin == PIN:
            assert opens(made, pin)
        else:
            with pytest.raises(WrongPin) as wrong:
                Vault.open(made, pin, NOW)
            assert header(made)["failures"] == 1
            assert len(pin) < 4 or pin not in f"{wrong.value} {wrong.value!r} {vars(wrong.value)}"
    finally:
        (made / "lock.json").write_bytes(fresh)


def test_no_try_without_counting_it(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: where the count cannot be written, even the right PIN is not looked at."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        patch.setattr(vault, "_unwrap", lambda *_: pytest.fail("the PIN was tried"))
        with pytest.raises(OSError, match="No space"):
            Vault.open(made, PIN, NOW)
    assert opens(made, PIN)


def test_the_header_is_on_the_disk_before_and_after_its_rename(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the first fsync a power cut leaves an empty lock.json, without the second the old one."""
    done: list[str] = []
    replace, fsync = Path.replace, os.fsync

    def noted_replace(path: Path, target: Path) -> Path:
        done.append(f"rename to {target.name}")
        return replace(path, target)

    def noted_fsync(descriptor: int) -> None:
        done.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        fsync(descriptor)

    monkeypatch.setattr(Path, "replace", noted_replace)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    Vault.open(made, PIN, NOW).close()
    assert done == ["fsync file", "rename to lock.json", "fsync folder"] * 2


# --- changing the PIN ---------------------------------------------------------------------------------------


def test_change_pin_rewrites_the_header_and_not_the_database(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        before, database = header(made), (made / "vault.db").read_bytes()
        opened.change_pin(PIN, OTHER_PIN, NOW)
        assert (made / "vault.db").read_bytes() == database
        assert all(before[name] != header(made)[name] for name in ("salt", "nonce", "wrapped_key"))
        assert notes(opened) == [LINE]
    assert not opens(made, PIN)
    with Vault.open(made, OTHER_PIN, NOW) as opened:
        assert notes(opened) == [LINE]


@pytest.mark.parametrize(("moment", "good", "bad"), [("before", PIN, OTHER_PIN), ("after", OTHER_PIN, PIN)])
def test_a_kill_leaves_exactly_one_of_the_two_pins(made: Path, moment: str, good: str, bad: str) -> None:
    code = "Vault.open(home, PIN, NOW).change_pin(PIN, OTHER_PIN, NOW)"
    killed_at(f"vault.pin:{moment}-rename", made, code)
    assert not opens(made, bad)
    assert opens(made, good)
    with Vault.open(made, good, NOW) as opened:
        opened.change_pin(good, WRONG_PIN, NOW)  # nothing the kill left behind is in the way
    assert opens(made, WRONG_PIN)


def test_change_pin_counts_wrong_old_pins_and_refuses_weak_new_ones(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        with pytest.raises(WeakPin):
            opened.change_pin(WRONG_PIN, "111111", NOW)
        assert header(made)["failures"] == 0
        for _ in range(4):
            with pytest.raises(WrongPin):
                opened.change_pin(WRONG_PIN, OTHER_PIN, NOW)
        with pytest.raises(PinLocked):
            opened.change_pin(PIN, OTHER_PIN, NOW)
        opened.change_pin(PIN, OTHER_PIN, NOW + 30)
        assert header(made)["failures"] == 0
    with pytest.raises(ValueError, match="closed"):
        opened.change_pin(OTHER_PIN, PIN, NOW)


# --- writing ------------------------------------------------------------------------------------------------


def write_notes(opened: Vault, *texts: str | None) -> None:
    with opened.write("test.note") as connection:
        for text in texts:
            connection.execute("INSERT INTO note (text) VALUES (?)", (text,))
            if text == "then fail":
                raise KeyError(text)


def test_a_write_is_all_or_nothing_and_the_error_goes_on(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        with pytest.raises(KeyError):
            write_notes(opened, "lost", "then fail")
        with pytest.raises(IntegrityError):
            write_notes(opened, "lost, too", None)
        write_notes(opened, "kept")
        assert notes(opened) == [LINE, "kept"]


def test_a_write_within_a_write_is_refused_and_undoes_both(made: Path) -> None:
    def nested(opened: Vault) -> None:
        with opened.write("test.outer") as connection:
            connection.execute("INSERT INTO note (text) VALUES ('outer')")
            write_notes(opened, "inner")

    with Vault.open(made, PIN, NOW) as opened:
        with pytest.raises(NestedWrite):
            nested(opened)
        write_notes(opened, "again")
        assert notes(opened) == [LINE, "again"]


@pytest.mark.parametrize(("moment", "expected"), [("before", [LINE]), ("after", [LINE, "new"])])
def test_a_kill_around_the_commit(made: Path, moment: str, expected: list[str]) -> None:
    code = """
with Vault.open(home, PIN, NOW).write("test.note") as connection:
    connection.execute("INSERT INTO note (text) VALUES ('new')")
"""
    killed_at(f"test.note:{moment}-commit", made, code)
    with Vault.open(made, PIN, NOW) as opened:
        assert notes(opened) == expected


@pytest.mark.parametrize("delay_s", [0.01, 0.05, 0.2])
def test_what_was_reported_as_written_survives_a_kill_at_any_moment(made: Path, delay_s: float) -> None:
    code = """
opened = Vault.open(home, PIN, NOW)
for number in range(100_000):
    with opened.write("test.note") as connection:
        connection.execute("INSERT INTO note (text) VALUES (?)", (str(number),))
    print(number, flush=True)
"""
    process = child(made, code)
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    time.sleep(delay_s)
    process.kill()
    reported = [0, *map(int, process.stdout.read().split())]  # communicate() would miss what readline() had buffered
    process.communicate()
    with Vault.open(made, PIN, NOW) as opened:
        stored = [int(text) for text in notes(opened)[1:]]
    assert stored in (reported, [*reported, len(reported)])


# --- one process --------------------------------------------------------------------------------------------


@pytest.fixture
def holder(made: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the vault open until it is killed."""
    process = child(made, "held = Vault.open(home, PIN, NOW)\nprint('open', flush=True)\nsys.stdin.read()")
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_gets_in_use_and_no_try_is_counted(made: Path, holder: subprocess.Popen[str]) -> None:
    started = time.monotonic()
    with pytest.raises(VaultInUse):
        Vault.open(made, WRONG_PIN, NOW, timeout_s=0.2)
    assert 0.2 <= time.monotonic() - started < 2
    assert header(made)["failures"] == 0
    holder.kill()  # the kernel frees the lock with the process: no stale lock to remove by hand
    assert opens(made, PIN)


def test_waiting_for_the_other_process_to_end(made: Path, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    with Vault.open(made, PIN, NOW, timeout_s=30) as opened:
        assert notes(opened) == [LINE]
    holder.wait()
    holder.stdin = None


def test_the_same_process_cannot_open_it_twice(made: Path) -> None:
    with Vault.open(made, PIN, NOW):
        with pytest.raises(VaultInUse):
            Vault.open(made, PIN, NOW, timeout_s=0)
        with pytest.raises(VaultInUse):
            Vault.create(made, PIN, timeout_s=0)


def test_a_failed_open_frees_the_vault(made: Path) -> None:
    assert not opens(made, WRONG_PIN)
    with Vault.open(made, PIN, NOW, timeout_s=0) as opened:
        opened.close()  # and closing twice is harmless


# --- what lies on the disk ----------------------------------------------------------------------------------


def test_nothing_on_the_disk_can_be_read(made: Path) -> None:
    """Looked at while the vault is open, in mid-transaction, so that the journal is full."""
    with Vault.open(made, PIN, NOW) as opened, opened.write("test.note") as connection:
        connection.execute("PRAGMA cache_size = 1")  # spills into the database before the commit
        connection.executemany("UPDATE note SET text = text || ?", [(LINE * 500,)] * 20)
        files = {path.name: path.read_bytes() for path in made.iterdir()}
        assert len(files["vault.db-journal"]) > 512
    files["vault.db after"] = (made / "vault.db").read_bytes()
    with Vault.open(made, PIN, NOW) as opened:
        assert notes(opened)[0].startswith(LINE * 500)  # so the search looks for what is there many times
    readable = [LINE.encode(), b"blue herons", b"SQLite format 3", b"CREATE TABLE", PIN.encode()]
    for name, data in files.items():
        assert [text for text in readable if text in data] == [], name


def test_no_error_and_no_repr_holds_a_pin_or_a_path(made: Path) -> None:
    said = []
    with Vault.open(made, PIN, NOW) as opened:
        said.append(repr(opened))
        with pytest.raises(VaultInUse) as in_use:
            Vault.open(made, PIN, NOW, timeout_s=0)
    for _ in range(5):
        with pytest.raises(VaultError) as refused:
            Vault.open(made, WRONG_PIN, NOW)
        said += [str(refused.value), repr(refused.value), str(vars(refused.value))]
    said += [repr(opened), str(in_use.value)]
    assert not [text for text in said if PIN in text or WRONG_PIN in text or str(made) in text]


def test_every_error_says_what_is_safe_and_what_to_do_next() -> None:
    errors: list[StoreError] = [
        WrongPin(failures=4, wait_s=30),
        PinLocked(NOW),
        PinLocked(None),
        StoreTooNew(found=2, known=1),
        *(kind("…") for kind in (VaultMissing, VaultExists, VaultDamaged, VaultInUse, MigrationFailed)),
    ]
    for error in errors:
        assert error.code.islower()
        assert all(sentence.endswith(".") for sentence in error.words("en"))
        assert all(sentence.endswith("。") for sentence in error.words("zh"))
    assert str(PinLocked(NOW)).endswith("2027-01-15T08:00:00Z.")
    PinLocked(vault_header.INSTANT_MAX + 3600)  # the latest instant that can come about has a date, too


# --- damage -------------------------------------------------------------------------------------------------


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


DAMAGED_DATABASE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "salt": lambda data: flip(data, 0),
    "first page": lambda data: flip(data, 100),
    "last byte": lambda data: flip(data, len(data) - 1),
    "page without use": lambda data: flip(data, 4096 + 2000),
    "cut": lambda data: data[:-4096],
    "cut within a page": lambda data: data[:-7],
    "first page only": lambda data: data[:4096],
    "garbage": lambda data: bytes(len(data)),
    "plain database": lambda _: plain_database(),
}


def plain_database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    data = connection.serialize()
    connection.close()
    return data


@pytest.mark.parametrize("damage", DAMAGED_DATABASE)
def test_a_damaged_database_is_never_opened_nor_touched(made: Path, damage: str) -> None:
    damaged = DAMAGED_DATABASE[damage]((made / "vault.db").read_bytes())
    (made / "vault.db").write_bytes(damaged)
    with pytest.raises(VaultDamaged):
        Vault.open(made, PIN, NOW)
    assert (made / "vault.db").read_bytes() == damaged
    assert header(made)["failures"] == 0  # the PIN was right: damage must not lock its owner out


@pytest.mark.parametrize("name", ["lock.json", "vault.db"])
def test_a_lost_file_is_damage_and_is_not_made_anew(made: Path, name: str) -> None:
    (made / name).unlink()
    with pytest.raises(VaultDamaged):
        Vault.open(made, PIN, NOW)
    with pytest.raises((VaultDamaged, VaultExists)):
        Vault.create(made, PIN)
    assert not (made / name).exists()


def test_a_database_of_another_vault_is_damage(made: Path, tmp_path: Path) -> None:
    Vault.create(tmp_path / "other", PIN).close()
    shutil.copy(tmp_path / "other" / "vault.db", made / "vault.db")
    with pytest.raises(VaultDamaged):
        Vault.open(made, PIN, NOW)


@same_folder
@given(data=st.data())
def test_any_flipped_bit_of_the_header_is_damage_and_not_a_wrong_pin(made: Path, data: st.DataObject) -> None:
    whole = (made / "lock.json").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    try:
        (made / "lock.json").write_bytes(flip(whole, at, data.draw(st.integers(0, 7))))
        with pytest.raises((VaultDamaged, StoreTooNew)):
            Vault.open(made, PIN, NOW)
    finally:
        (made / "lock.json").write_bytes(whole)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5)
BAD_JSON = [b"[" * 4000, b"9" * 4096, b" " * 5000, b"[[]]", b"{}", b"\xff\xfe{\x00}\x00"]


@given(
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps({"schema": 1, "check": "", "salt": value}).encode())
    | st.sampled_from(BAD_JSON)
)
def test_any_bytes_are_no_header(data: bytes) -> None:
    with pytest.raises((VaultDamaged, StoreTooNew)):
        vault_header.Header.decode(data)


@pytest.mark.parametrize(
    ("name", "value"),
    [("failures", -1), ("failures", True), ("failures", 1.0), ("locked", 0), ("memory_kib", 8), ("lanes", 99),
     ("memory_kib", 1 << 40), ("passes", 10**9), ("last_failure_at", 2**63), ("extra", 1), ("salt", "00")],
)  # fmt: skip
def test_a_header_out_of_range_is_damage_even_with_its_check_right(made: Path, name: str, value: object) -> None:
    """Parameters from a file must not let a try cost a terabyte, nor next to nothing."""
    rewrite(made, **{name: value})
    with pytest.raises(VaultDamaged):
        Vault.open(made, PIN, NOW)


def test_a_header_of_a_later_format_asks_for_an_update(made: Path) -> None:
    (made / "lock.json").write_text(json.dumps({"schema": 2, "kdf": "something better"}))
    with pytest.raises(StoreTooNew, match="update needed"):
        Vault.open(made, PIN, NOW)


# --- migrations ---------------------------------------------------------------------------------------------

STEPS = (
    Migration(version=1, name="payees", statements=("CREATE TABLE payee (id INTEGER PRIMARY KEY)",)),
    Migration(
        version=2,
        name="cheques",
        statements=(
            "CREATE TABLE cheque (id INTEGER PRIMARY KEY, payee INTEGER NOT NULL REFERENCES payee (id))",
            "INSERT INTO payee VALUES (1)",
            "INSERT INTO cheque VALUES (1, 1)",
        ),
    ),
)


@pytest.fixture
def opened(made: Path) -> Iterator[Vault]:
    with Vault.open(made, PIN, NOW) as opened:
        yield opened


def test_steps_are_taken_once_and_from_where_the_store_stands(opened: Vault) -> None:
    assert migrate(opened.connection, STEPS[:1]) == 1
    assert migrate(opened.connection, STEPS) == 2
    assert migrate(opened.connection, STEPS) == 2
    assert opened.connection.execute("SELECT count(*) FROM cheque").fetchone() == (1,)


def test_a_newer_store_is_refused_untouched(opened: Vault) -> None:
    migrate(opened.connection, STEPS)
    with pytest.raises(StoreTooNew, match="update needed") as refused:
        migrate(opened.connection, STEPS[:1])
    assert (refused.value.found, refused.value.known) == (2, 1)
    assert version_of(opened.connection) == 2


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("SELECT * FROM nowhere", OperationalError),
        ("INSERT INTO cheque VALUES (2, 99)", MigrationFailed),
        ("COMMIT", MigrationFailed),
    ],
)
def test_a_failed_step_is_undone_and_the_ones_before_stay(opened: Vault, bad: str, error: type[Exception]) -> None:
    third = Migration(version=3, name="bad", statements=("INSERT INTO payee VALUES (7)", bad))
    with pytest.raises(error):
        migrate(opened.connection, (*STEPS, third))
    assert version_of(opened.connection) == 2
    assert not opened.connection.in_transaction
    assert opened.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    if bad != "COMMIT":
        assert opened.connection.execute("SELECT id FROM payee").fetchall() == [(1,)]


def test_a_table_can_be_rebuilt_without_losing_what_refers_to_it(opened: Vault) -> None:
    rebuild = Migration(
        version=3,
        name="payees have names",
        statements=(
            "CREATE TABLE payee_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '')",
            "INSERT INTO payee_new (id) SELECT id FROM payee",
            "DROP TABLE payee",
            "ALTER TABLE payee_new RENAME TO payee",
        ),
    )
    assert migrate(opened.connection, (*STEPS, rebuild)) == 3
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):  # references are enforced again
        opened.connection.execute("INSERT INTO cheque VALUES (2, 99)")


def test_a_wrong_list_or_connection_is_a_bug_of_the_caller(opened: Vault) -> None:
    for wrong in (STEPS[1:], STEPS[::-1], (*STEPS, STEPS[1])):
        with pytest.raises(ValueError, match="numbered"):
            migrate(opened.connection, wrong)
    with opened.write("test.migrate") as connection, pytest.raises(ValueError, match="transaction"):
        migrate(connection, STEPS)


@pytest.mark.parametrize(("moment", "version"), [("before", 0), ("after", 1)])
def test_a_kill_leaves_a_step_done_or_not_begun(made: Path, moment: str, version: int) -> None:
    code = f"migrate(Vault.open(home, PIN, NOW).connection, {STEPS!r})"
    killed_at(f"store.migrate:{moment}-commit", made, code)
    with Vault.open(made, PIN, NOW) as opened:
        assert version_of(opened.connection) == version
        assert migrate(opened.connection, STEPS) == 2


def test_every_crash_point_of_the_vault_is_listed_once() -> None:
    points = [*vault.CRASH_POINTS, *migrations.CRASH_POINTS]
    assert len(points) == len(set(points)) == 16
    assert {"vault.pin:before-rename", "vault.pin:after-rename", "store.migrate:after-commit"} <= set(points)


def test_who_waits_lets_others_use_the_vault_and_finds_what_they_changed(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as waiting:
        with waiting.aside():
            with Vault.open(made, PIN, NOW, timeout_s=0) as other, other.write("test.notes") as connection:
                connection.execute("INSERT INTO note (text) VALUES ('paid meanwhile')")
            with Vault.open(made, PIN, NOW, timeout_s=0) as other:
                other.change_pin(PIN, OTHER_PIN, NOW)
            with pytest.raises(VaultInUse):
                notes(waiting)
            with pytest.raises(VaultInUse), waiting.write("test.notes"):
                pytest.fail("a vault that was let go was written")
        assert notes(waiting) == [LINE, "paid meanwhile"]
        with pytest.raises(VaultInUse):
            Vault.open(made, OTHER_PIN, NOW, timeout_s=0)
    assert opens(made, OTHER_PIN)


def test_what_was_read_before_the_vault_was_let_go_is_read_again(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as waiting:
        kept = KeptReads(waiting, {})
        assert kept.of("notes", 1, lambda: notes(waiting)) == [LINE]
        with waiting.aside():
            with Vault.open(made, PIN, NOW, timeout_s=0) as other, other.write("test.notes") as connection:
                connection.execute("INSERT INTO note (text) VALUES ('paid meanwhile')")
            with pytest.raises(VaultInUse):
                kept.of("notes", 1, lambda: notes(waiting))
        assert kept.of("notes", 1, lambda: notes(waiting)) == [LINE, "paid meanwhile"]


def test_a_vault_that_nobody_gives_back_stays_let_go(made: Path) -> None:
    waiting = Vault.open(made, PIN, NOW)
    with pytest.raises(VaultInUse), waiting.aside(timeout_s=0.1):
        other = Vault.open(made, PIN, NOW)
    with pytest.raises(VaultInUse):
        notes(waiting)
    waiting.close()
    assert notes(other) == [LINE]
    other.close()


def test_a_vault_is_not_let_go_within_a_write_nor_found_again_when_it_was_removed(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        with opened.write("test.notes"), pytest.raises(NestedWrite), opened.aside():
            pytest.fail("a vault was let go within a write")
        with pytest.raises(VaultMissing), opened.aside():
            shutil.rmtree(made)


# --- a key that lies sealed beside the vault ---


def kept(opened: Vault) -> list[bytes]:
    """Keeps the data key in the open, as no device would, and gives it."""
    found: list[bytes] = []

    def seal(data_key: bytes) -> bytes:
        found.append(data_key)
        return b"sealed"

    opened.keep_recovery(seal)
    return found


def test_who_has_the_data_key_gives_a_locked_vault_a_new_pin(made: Path) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        assert not opened.has_recovery()
        (data_key,) = kept(opened)
        assert opened.has_recovery()
    assert (made / "recovery.json").read_bytes() == b"sealed"
    assert (made / "recovery.json").stat().st_mode & 0o777 == 0o600
    now = fail(made, 20)
    with pytest.raises(PinLocked):
        Vault.open(made, PIN, now)
    before = (made / "lock.json").read_bytes()
    with pytest.raises(WeakPin):
        Vault.recover(made, data_key, "123456")
    with pytest.raises(VaultDamaged):
        Vault.recover(made, bytes(32), OTHER_PIN)
    assert (made / "lock.json").read_bytes() == before, "no try of a wrong key changes anything"
    Vault.recover(made, data_key, OTHER_PIN)
    with Vault.open(made, OTHER_PIN, now) as opened:
        assert notes(opened) == [LINE]
    assert not opens(made, PIN, now)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_the_sealed_key_is_kept_harms_nothing(made: Path, moment: str) -> None:
    code = "Vault.open(home, PIN, NOW).keep_recovery(lambda key: b'sealed')"
    killed_at(f"vault.recovery:{moment}-rename", made, code)
    with Vault.open(made, PIN, NOW) as opened:
        assert opened.has_recovery() == (moment == "after")
        kept(opened)
        assert notes(opened) == [LINE]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_the_new_pin_is_set_leaves_the_old_or_the_new_one(made: Path, moment: str) -> None:
    with Vault.open(made, PIN, NOW) as opened:
        (data_key,) = kept(opened)
    killed_at(f"vault.recovered:{moment}-rename", made, f"Vault.recover(home, {data_key!r}, OTHER_PIN)")
    assert opens(made, PIN) == (moment == "before")
    assert opens(made, OTHER_PIN) == (moment == "after")
    Vault.recover(made, data_key, OTHER_PIN)
    assert opens(made, OTHER_PIN)
