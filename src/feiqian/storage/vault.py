"""The vault: the encrypted store of one device, wallet or terminal, behind the holder's PIN.

A directory (0700) holds three files (0600):

    lock.json    in clear: argon2id parameters and salt, the wrapped data key, the count of wrong PINs
    vault.db     SQLCipher: every page encrypted with AES-256 and authenticated; beside it its journal
    in-use.lock  empty; whoever uses the vault holds an flock on it, which the kernel frees at any death

A till's directory also holds recovery.json: the data key, sealed for the till's operator (`keep_recovery`).

A random data key encrypts the database and is itself wrapped by AES-256-GCM under argon2id(PIN, salt). So a
new PIN rewrites lock.json, one atomic rename, and never the database.

Rules kept:

- **Count, then check.** A try is durable as a failure before the PIN is looked at, and taken back after it
  proved right; killing the process in between saves a thief no try.
- **A clock set back never shortens a wait**: it starts the wait anew, which does not brick a device whose
  clock was wrong before and is right now. Set forward it ends a wait early; the ten tries stay ten.
- **One process.** A second one gets `VaultInUse`; two at a time would burn one counter twice. Who waits for a
  network steps `aside`, so that a slow operator keeps nobody from paying.
- **A committed write is durable**, and damage is noticed, not rolled back: `journal_mode=PERSIST` with
  `synchronous=FULL`. A commit is fsynced into vault.db, then the journal's header is zeroed and fsynced; no
  directory entry changes, which `FULL` would leave unsynced in DELETE mode. Not WAL, although it is quicker
  (0.6 against 1.0 ms a commit): a damaged or missing WAL is taken for an unfinished one and its last
  commits vanish in silence, so a counter would be burnt twice; here the same damage fails a page's HMAC.
- **Fail closed.** All pages are authenticated at `open` (6.5 ms a MiB); an empty or foreign file is damage.

What it cannot do: a PIN has few bits. Whoever copies the directory tries PINs elsewhere, without our count,
at 21 ms each: six hours of one core for six digits. Against that stand keys that cannot leave hardware
(`keys/`), caps, and suspending a lost device. An older copy of the directory put back is not noticed here.

Closing leaves the data key nowhere in this process (`wiping`, and a test that reads its memory); a core dump is
turned off at opening. The PIN is a text of Python's that its caller owns: it stays until that memory is used again.
`cipher_memory_security` is OFF: SQLCipher wipes its keys in any case, and locking all memory floods the log where a
container allows little of it. Turn off swap instead. POSIX only (flock, fsync of a directory).
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from feiqian.risk.pin import check_pin_strength, lockout_s
from feiqian.storage import PinLocked, VaultDamaged, VaultExists, VaultInUse, VaultMissing, WrongPin
from feiqian.storage.crash import crash_point
from feiqian.storage.vault_files import IN_USE, RECOVERY, sync_directory, take, write_file, write_header
from feiqian.storage.vault_header import HEADER, INSTANT_MAX, Header
from feiqian.storage.wiping import freed_is_overwritten, leave_no_core_dump, wipe

if TYPE_CHECKING:
    import sqlite3 as sqlcipher  # sqlcipher3 is a fork of it and ships no types of its own.
else:
    from sqlcipher3 import dbapi2 as sqlcipher

PIN_CHARACTERS_MAX: Final = 64  # what is longer was never accepted as a PIN, so it is not hashed
IN_USE_TIMEOUT_S: Final = 3.0
GUESSES_KEPT_S: Final = 86_400
ASIDE_TIMEOUT_S: Final = 60.0  # whoever waits for a network has the time to wait for a person at the counter

_DATABASE: Final = "vault.db"
_DATABASE_NEW: Final = "vault.db.new"
_JOURNALS: Final = ("vault.db-journal", "vault.db.new-journal")
_OURS: Final = frozenset({HEADER, f"{HEADER}.new", _DATABASE, _DATABASE_NEW, *_JOURNALS, IN_USE, RECOVERY})
_APPLICATION_ID: Final = 0x46_51_56_31  # "FQV1": tells a store of ours from an empty database
_JOURNAL_BYTES_MAX: Final = 1 << 20
_WRAP_DOMAIN: Final = b"feiqian/vault/data-key/1"

CREATE_POINT: Final = "vault.create"
GUESS_POINT: Final = "vault.guess"  # a try is counted
UNLOCK_POINT: Final = "vault.unlock"  # the count is taken back
CLOCK_POINT: Final = "vault.clock"  # a wait starts anew since the clock was set back
PIN_POINT: Final = "vault.pin"
RECOVERY_POINT: Final = "vault.recovery"  # the key sealed for who may open it again lies beside it
RECOVERED_POINT: Final = "vault.recovered"
CRASH_POINTS: Final = tuple(
    f"{point}:{moment}-rename"
    for point in (CREATE_POINT, GUESS_POINT, UNLOCK_POINT, CLOCK_POINT, PIN_POINT, RECOVERY_POINT, RECOVERED_POINT)
    for moment in ("before", "after")
)


class NestedWrite(RuntimeError):
    """`write` within `write`: the inner one could not keep its promise to be durable at its end."""


class _NotThePin(Exception):
    """The wrapped key does not open under this PIN."""


class Vault:
    """An open vault. Made by `create` or `open`; whoever made it closes it, or uses `with`."""

    law_broken: ClassVar[type[Exception]] = sqlcipher.IntegrityError
    """What a write raises that the tables forbid."""
    guesses: tuple[int, int] = (0, 0)
    """How many wrong PINs in a row came before the right one, within the last day, and when the right one came."""

    def __init__(self, directory: Path, data_key: bytes, in_use: int) -> None:
        """Use `create` or `open`. `in_use` is the descriptor that holds the vault; it is this vault's from now on."""
        leave_no_core_dump()
        self._directory = directory
        self._data_key = data_key
        self._connection = _connect(directory / _DATABASE, data_key)
        self._in_use = in_use
        self._writing = False
        self._absences = 0
        self._held = True
        self._closed = False

    @classmethod
    def create(cls, directory: Path, pin: str, *, timeout_s: float = IN_USE_TIMEOUT_S) -> Self:
        """Make an empty vault and open it.

        lock.json appears last but one: before it there is no vault and `create` starts afresh, after it
        `open` finishes what a kill left. Raises `WeakPin`, `VaultExists`, `VaultDamaged`, `VaultInUse`.
        """
        check_pin_strength(pin)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _OURS.issuperset(path.name for path in directory.iterdir()):
            directory.chmod(0o700)  # but never the mode of a folder that others use, too
        with contextlib.ExitStack() as undo:
            in_use = take(directory, timeout_s)
            undo.callback(os.close, in_use)
            if (directory / HEADER).exists():
                raise VaultExists("There is a vault in this folder already.")
            if (directory / _DATABASE).exists():
                raise VaultDamaged(f"{_DATABASE} is there, but {HEADER} with its key is missing.")
            # A journal left by another database would be played back into ours.
            for left_over in (_DATABASE_NEW, *_JOURNALS):
                (directory / left_over).unlink(missing_ok=True)
            data_key = secrets.token_bytes(32)
            _make_database(directory / _DATABASE_NEW, data_key)
            sync_directory(directory)
            write_header(directory, _wrap(data_key, pin), CREATE_POINT)
            _finish_creation(directory)
            vault = cls(directory, data_key, in_use)
            undo.pop_all()
            return vault

    @classmethod
    def open(cls, directory: Path, pin: str, now: int, *, timeout_s: float = IN_USE_TIMEOUT_S) -> Self:
        """Open with the PIN; `now` is the device's clock in Unix seconds.

        Raises `VaultMissing`, `VaultInUse`, `VaultDamaged`, `StoreTooNew`, `PinLocked`, `WrongPin`.
        `OSError` is the world's failure (disk full, no permission): retry; the try may stay counted.
        """
        _check_instant(now)
        if not (directory / HEADER).exists() and not (directory / _DATABASE).exists():
            raise VaultMissing("There is no vault in this folder.")
        with contextlib.ExitStack() as undo:
            in_use = take(directory, timeout_s)
            undo.callback(os.close, in_use)
            data_key, header = _guess(directory, pin, now)
            write_header(directory, header, UNLOCK_POINT)  # the count taken back, and that there was one
            if not (directory / _DATABASE).exists() and (directory / _DATABASE_NEW).exists():
                _finish_creation(directory)
            vault = cls(directory, data_key, in_use)
            vault.guesses = (header.guesses, header.guessed_at)
            undo.pop_all()
            return vault

    @classmethod
    def recover(cls, directory: Path, data_key: bytes, new_pin: str, *, timeout_s: float = IN_USE_TIMEOUT_S) -> None:
        """A new PIN for a vault whose data key came by another way; its tries begin anew.

        Nothing is written before the key has opened the database. Raises `WeakPin`, `VaultMissing`, `VaultInUse`,
        `VaultDamaged` (also for another vault's key).
        """
        check_pin_strength(new_pin)
        if not (directory / HEADER).exists():
            raise VaultMissing("There is no vault in this folder.")
        in_use = take(directory, timeout_s)
        try:
            _connect(directory / _DATABASE, data_key).close()
            write_header(directory, _wrap(data_key, new_pin), RECOVERED_POINT)
        finally:
            os.close(in_use)

    def has_recovery(self) -> bool:
        """Whether the data key lies beside the vault, sealed for somebody."""
        return (self._directory / RECOVERY).exists()

    def keep_recovery(self, seal: Callable[[bytes], bytes]) -> None:
        """Keeps what `seal` makes of the data key beside the vault, where it can be read without the PIN."""
        key = bytes(bytearray(self._data_key))  # a value of its own: ours is overwritten at the end
        write_file(self._directory / RECOVERY, seal(key), RECOVERY_POINT)

    @property
    def connection(self) -> "sqlcipher.Connection":
        """The database in autocommit mode, for reading; writes belong into `write`. One thread only.

        Raises `VaultInUse` while this process has let go of the vault.
        """
        if not self._held and not self._closed:
            raise VaultInUse("This process has let go of the vault.")
        return self._connection

    @property
    def absences(self) -> int:
        """How often it was let go: what was read before the last time may have changed."""
        return self._absences

    @contextlib.contextmanager
    def write(self, point: str) -> Iterator["sqlcipher.Connection"]:
        """One durable transaction: what the block wrote has either all survived or never happened.

        `point` names the write for crash tests. An exception from the block or the commit rolls back and
        goes on to the caller. When the `with` has ended normally, the caller may act on what it wrote.
        """
        if self._writing:
            raise NestedWrite(f"{point} begins within another write")
        self._writing = True
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                crash_point(f"{point}:before-commit")
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            crash_point(f"{point}:after-commit")
        finally:
            self._writing = False

    @contextlib.contextmanager
    def aside(self, *, timeout_s: float = ASIDE_TIMEOUT_S) -> Iterator[None]:
        """Let other processes use the vault while the block waits for something slow, such as a network.

        The data key stays in memory, so nobody is asked for the PIN again. Whatever was read before may have changed
        behind the block. Raises `VaultInUse` when nobody let the vault go for `timeout_s`: then it stays let go.
        """
        if self._writing:
            raise NestedWrite("the vault cannot be let go within a write")
        self._let_go()
        try:
            yield
        finally:
            self._take_back(timeout_s)

    def change_pin(self, old: str, new: str, now: int) -> None:
        """Wrap the data key anew: after any kill exactly one of the two PINs opens the vault.

        Raises `WeakPin` for `new` (no try is counted then), `WrongPin` and `PinLocked` for `old`.
        """
        _check_instant(now)
        if self._closed:
            raise ValueError("the vault is closed")
        check_pin_strength(new)
        data_key, _ = _guess(self._directory, old, now)
        try:
            write_header(self._directory, _wrap(data_key, new), PIN_POINT)
        finally:
            wipe(data_key)

    def close(self) -> None:
        """Close and let the next process in; an unfinished write is rolled back. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        if self._held:
            self._let_go()
        wipe(self._data_key)

    def _let_go(self) -> None:
        self._held = False
        self._absences += 1
        try:
            with freed_is_overwritten():
                self._connection.close()
        finally:
            os.close(self._in_use)

    def _take_back(self, timeout_s: float) -> None:
        if not self._directory.is_dir():
            raise VaultMissing("The vault was removed meanwhile.")
        in_use = take(self._directory, timeout_s)
        try:
            self._connection = _connect(self._directory / _DATABASE, self._data_key)
        except BaseException:
            os.close(in_use)
            raise
        self._in_use, self._held = in_use, True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Vault {'closed' if self._closed else 'open'}>"


def _guess(directory: Path, pin: str, now: int) -> tuple[bytes, Header]:
    """The data key, and the header with the count taken back, which the caller writes."""
    try:
        header = Header.decode((directory / HEADER).read_bytes())
    except FileNotFoundError as error:
        raise VaultDamaged(f"{HEADER} is missing.") from error
    wait_s = lockout_s(header.failures)
    if header.locked or wait_s is None:
        raise PinLocked(None)
    if wait_s and now < header.last_failure_at:
        header = replace(header, last_failure_at=now)
        write_header(directory, header, CLOCK_POINT)
    if wait_s and now < header.last_failure_at + wait_s:
        raise PinLocked(header.last_failure_at + wait_s)

    failures = header.failures + 1
    wait_s = lockout_s(failures)
    header = replace(header, failures=failures, last_failure_at=now, locked=wait_s is None)
    write_header(directory, header, GUESS_POINT)
    try:
        data_key = _unwrap(header, pin)
    except _NotThePin:
        if wait_s is None:
            raise PinLocked(None) from None
        raise WrongPin(failures=failures, wait_s=wait_s) from None
    guesses, guessed_at = failures - 1, now
    if not guesses and 0 <= now - header.guessed_at <= GUESSES_KEPT_S:
        guesses, guessed_at = header.guesses, header.guessed_at
    return data_key, replace(
        header,
        failures=0,
        last_failure_at=0,
        locked=False,
        guesses=guesses,
        guessed_at=guessed_at if guesses else 0,
    )


def _wrap(data_key: bytes, pin: str) -> Header:
    header = Header(salt=secrets.token_bytes(16), nonce=secrets.token_bytes(12), wrapped_key=bytes(48))
    wrapped = AESGCM(_pin_key(header, pin)).encrypt(header.nonce, data_key, _WRAP_DOMAIN)
    return replace(header, wrapped_key=wrapped)


def _unwrap(header: Header, pin: str) -> bytes:
    if len(pin) > PIN_CHARACTERS_MAX:
        raise _NotThePin
    try:
        return AESGCM(_pin_key(header, pin)).decrypt(header.nonce, header.wrapped_key, _WRAP_DOMAIN)
    except InvalidTag:
        raise _NotThePin from None


def _pin_key(header: Header, pin: str) -> bytes:
    return hash_secret_raw(
        secret=pin.encode("utf-8", "surrogatepass"),  # a lone surrogate is a wrong PIN, not an accident
        salt=header.salt,
        time_cost=header.passes,
        memory_cost=header.memory_kib,
        parallelism=header.lanes,
        hash_len=32,
        type=Type.ID,
    )


def _connect(path: Path, data_key: bytes) -> "sqlcipher.Connection":
    """Open an existing database and prove that it is ours, whole, encrypted and set up to be durable."""
    try:
        os.close(os.open(path, os.O_RDWR))  # a missing permission is named as such, not taken for damage
    except FileNotFoundError as error:
        raise VaultDamaged(f"{_DATABASE} is missing.") from error
    connection = sqlcipher.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        _unlock(connection, data_key)
        # Before anything that writes: to SQLite an empty file is a new database, to be filled.
        if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise VaultDamaged(f"{_DATABASE} is empty or not a vault.")
        _set_up(connection)
        if connection.execute("PRAGMA cipher_integrity_check").fetchone() is not None:
            raise VaultDamaged(f"{_DATABASE} has damaged pages.")
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlcipher.DatabaseError):
            if "database is locked" in str(error):  # by another tool, which knows nothing of our flock
                raise VaultInUse("Another program has opened the database.") from error
            raise VaultDamaged(f"{_DATABASE} cannot be read.") from error
        raise
    return connection


def _make_database(path: Path, data_key: bytes) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite alone would make it 0644
    connection = sqlcipher.connect(str(path), isolation_level=None)
    try:
        _unlock(connection, data_key)
        _set_up(connection)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    finally:
        connection.close()
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _unlock(connection: "sqlcipher.Connection", data_key: bytes) -> None:
    connection.execute("PRAGMA cipher_memory_security = OFF")  # counts only before the key
    digits = data_key.hex()
    statement = f"PRAGMA key = \"x'{digits}'\""
    with freed_is_overwritten():
        connection.executescript(statement)  # unlike `execute` it keeps no statement for the next time
    wipe(digits, statement)
    connection.execute("PRAGMA cipher_compatibility = 4")  # a later SQLCipher with other defaults reads on
    if connection.execute("PRAGMA cipher_status").fetchone() != ("1",):
        raise RuntimeError("this SQLite does not encrypt: sqlcipher3 is not what it should be")


def _set_up(connection: "sqlcipher.Connection") -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA temp_store = MEMORY")  # temporary files would be in clear
    connection.execute("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES_MAX}")
    if connection.execute("PRAGMA journal_mode = PERSIST").fetchone() != ("persist",):
        raise RuntimeError("this SQLite cannot keep a persistent journal")
    connection.execute("BEGIN EXCLUSIVE")  # takes the database's own lock now and keeps it
    connection.execute("COMMIT")


def _finish_creation(directory: Path) -> None:
    (directory / _DATABASE_NEW).replace(directory / _DATABASE)
    sync_directory(directory)


def _check_instant(now: int) -> None:
    if type(now) is not int or not 0 <= now <= INSTANT_MAX:
        raise ValueError("now is a whole number of Unix seconds")
