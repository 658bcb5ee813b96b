"""PostgreSQL as an operations page sets it up: servers that copy each other, archive their log, and are restored.

Unlike the servers of other tests these sync to the disk, since what they promise is what a drill is about.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.contracts.postgres_server import SETTINGS, Place, PostgresServer, place

DATABASE: Final = "feiqian"
DURABLE: Final[Mapping[str, str]] = {
    **{name: value for name, value in SETTINGS.items() if name not in {"fsync", "full_page_writes"}},
    "wal_level": "replica",
    "hot_standby": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
}
CAUGHT_UP_S: Final = 20.0


class Cluster(PostgresServer):
    """One PostgreSQL server of a drill, in a room of its own."""

    def __init__(self, here: Place, name: str, settings: Mapping[str, str] | None = None) -> None:
        """`name` is what a synchronous_standby_names may say."""
        self.name, self.room = name, here.room(name)
        super().__init__(self.room, here.binaries, here.user, {**DURABLE, "cluster_name": name, **(settings or {})})

    @property
    def data(self) -> Path:
        """Its data."""
        return self._data

    @property
    def url(self) -> str:
        """The address of the books in it."""
        return self.address(DATABASE)

    def make(self) -> None:
        """A new one with an empty database for the books."""
        self.initialise()
        self.setting("wal_keep_size", "1GB")  # in its file: pg_rewind starts it by itself, and needs the older log
        self.empty(DATABASE)

    def copy_of(self, source: Cluster, *words: str) -> None:
        """Takes a base backup of a running server as its data; with `-R` it follows that server when started."""
        source_at = f"host={source.room} port=5432 user=feiqian application_name={self.name}"
        self.program("pg_basebackup", "-D", str(self._data), "-d", source_at, "--checkpoint=fast", *words)

    def promote(self) -> None:
        """Makes a standby the primary, and waits until it takes writes."""
        assert self.ask("SELECT pg_promote(true, 30)") == [(True,)]

    def rewind_to(self, source: Cluster) -> None:
        """Makes what it has diverge no more from another server, which it follows when it is started again."""
        source_at = f"host={source.room} port=5432 user=feiqian dbname=postgres application_name={self.name}"
        self.program("pg_rewind", "-D", str(self._data), "--source-server", source_at, "-R")

    def take_data(self, backup: Path, more: Mapping[str, str], signal_file: str) -> None:
        """Begins from a copy of a base backup, with these settings and this signal file."""
        shutil.copytree(backup, self._data)
        with (self._data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in more.items())
        (self._data / signal_file).touch()
        self.own()

    def own(self) -> None:
        """Gives its data to the user who runs it."""
        if self._user is not None:
            for path in (self._data, *self._data.rglob("*")):
                shutil.chown(path, self._user)
        self._data.chmod(0o700)

    def setting(self, name: str, value: str) -> None:
        """Changes a setting of the running server for good."""
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")

    def ask(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a statement, each in a transaction of its own."""
        with psycopg.connect(self.address(database), autocommit=True) as link:
            cursor = link.execute(query.encode())
            return cursor.fetchall() if cursor.description is not None else []

    def until_it_follows(self, standby: Cluster, how: str) -> None:
        """Waits until this server counts a standby as `how` (sync, async)."""
        until = time.monotonic() + CAUGHT_UP_S
        query = f"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{standby.name}'"  # noqa: S608
        while self.ask(query) != [(how,)]:
            assert time.monotonic() < until, f"{standby.name} does not follow {self.name}"
            time.sleep(0.05)

    def program(self, name: str, *words: str) -> str:
        """Runs one of PostgreSQL's programs, which must succeed."""
        done = self._run(name, words)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout


def address_of(clusters: Sequence[Cluster]) -> str:
    """The address that names several servers, and means whichever of them takes writes."""
    hosts, ports = ",".join(str(one.room) for one in clusters), ",".join("5432" for _ in clusters)
    return f"postgresql://feiqian@/{DATABASE}?host={hosts}&port={ports}&target_session_attrs=read-write"


@contextmanager
def stopped_at_the_end(clusters: Sequence[Cluster]) -> Iterator[None]:
    """Whatever runs of them is stopped."""
    try:
        yield
    finally:
        for cluster in clusters:
            cluster.stop()


__all__ = ["DATABASE", "Cluster", "Place", "address_of", "place", "stopped_at_the_end"]
