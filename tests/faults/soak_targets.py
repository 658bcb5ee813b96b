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

from tests.contracts.jetstream_nodes import Cluster
from tests.contracts.postgres_server import PostgresServer
from tests.faults.soak_ground import Ground, Service, Settlers


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


class Settler:
    """A process that settles what waits in the queue; it is started again, and what it held is handed out again."""

    name = "settler"

    def __init__(self, settlers: Settlers) -> None:
        self._settlers = settlers

    def strike(self, chance: random.Random) -> bool:
        self._settlers.revive()
        self._settlers.kill(chance)
        return True


class QueueNode:
    """One of the three nodes of the queue, whoever leads; it is started again while the other two go on."""

    name = "queue-node"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def strike(self, chance: random.Random) -> bool:
        node = chance.choice(self._cluster.nodes)
        node.kill()
        node.start()
        return True


class Queue:
    """All nodes of the queue at once, as when the power goes; they are started again."""

    name = "queue"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def strike(self, chance: random.Random) -> bool:  # noqa: ARG002  # nothing to choose
        self._cluster.kill()
        self._cluster.start()
        return True


def targets_of(ground: Ground, database: PostgresServer | None, cluster: Cluster | None = None) -> list[Target]:
    """What can die under this server: with its books in that database (None is SQLite), behind that queue (or none)."""
    service = ground.service
    targets: list[Target] = [Worker(service), WholeServer(service), Supervisor(service)]
    if database is not None:
        targets += [DatabaseProcess(database), Database(database)]
    if cluster is not None:
        targets += [QueueNode(cluster), Queue(cluster)]
    if ground.settlers is not None:
        targets.append(Settler(ground.settlers))
    return targets


def _killed(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False
