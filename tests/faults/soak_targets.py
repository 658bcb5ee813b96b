"""What a soak can kill. A further one is a class with `name` and `strike`, and a line in `targets_of`.

`strike` kills with SIGKILL and leaves behind what whoever looks after that part in the field would leave: a supervisor
restarts its worker by itself, a service that is gone is started again, and so is a database.
"""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress
from typing import Protocol

from tests.contracts.postgres_server import PostgresServer
from tests.faults.soak_ground import Service


class Target(Protocol):
    """Something that may die at any moment."""

    @property
    def name(self) -> str:
        """As the summary counts it."""
        ...

    def strike(self, chance: random.Random) -> bool:
        """Kills it and sees to it that it comes back; False if it was not there to be killed."""
        ...


class Worker:
    """One of the processes that serve; the supervisor replaces it."""

    name = "worker"

    def __init__(self, service: Service) -> None:
        self._service = service

    def strike(self, chance: random.Random) -> bool:
        workers = self._service.workers()
        return bool(workers) and _killed(chance.choice(workers))


class WholeServer:
    """All processes of the server at once, as when its machine is reset or its container ended."""

    name = "server"

    def __init__(self, service: Service) -> None:
        self._service = service

    def strike(self, chance: random.Random) -> bool:  # noqa: ARG002  # nothing to choose
        workers = self._service.workers()
        _killed(self._service.pid)
        for pid in workers:
            _killed(pid)
        self._service.await_end()
        self._service.start()
        return True


class Supervisor:
    """The server's first process alone: the others finish what they serve and end, and only then it can start again."""

    name = "supervisor"

    def __init__(self, service: Service) -> None:
        self._service = service

    def strike(self, chance: random.Random) -> bool:  # noqa: ARG002  # nothing to choose
        _killed(self._service.pid)
        self._service.await_end()
        self._service.start()
        return True


class DatabaseProcess:
    """One process of PostgreSQL: it then ends all connections and recovers from its log by itself."""

    name = "postgres-process"

    def __init__(self, database: PostgresServer) -> None:
        self._database = database

    def strike(self, chance: random.Random) -> bool:
        processes = self._database.backends()
        return bool(processes) and _killed(chance.choice(processes))


class Database:
    """All of PostgreSQL at once; it is started again."""

    name = "postgres"

    def __init__(self, database: PostgresServer) -> None:
        self._database = database

    def strike(self, chance: random.Random) -> bool:  # noqa: ARG002  # nothing to choose
        self._database.kill()
        self._database.start()
        return True


def targets_of(service: Service, database: PostgresServer | None) -> list[Target]:
    """What can die under a server whose books live there; None is SQLite."""
    targets: list[Target] = [Worker(service), WholeServer(service), Supervisor(service)]
    if database is not None:
        targets += [DatabaseProcess(database), Database(database)]
    return targets


def _killed(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False
