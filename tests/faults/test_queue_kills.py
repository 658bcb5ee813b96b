"""Batches by way of a real JetStream cluster, and whoever takes part in it is killed: nothing lost, nothing paid twice.

Server, settlers, PostgreSQL and three nodes of nats-server are processes; kills are SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from feiqian.links import jetstream
from feiqian.links.batch_queue import BatchKey, QueueAway
from feiqian.links.http import OperatorClient
from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.answer import batch_hash
from feiqian.protocol.claim import decode_batch_head
from tests.contracts import jetstream_nodes, postgres_server
from tests.contracts.jetstream_nodes import Cluster
from tests.contracts.postgres_server import PostgresServer
from tests.faults.queue_ground import Ground, Sender, ground, sending

ROUNDS = int(os.environ.get("FEIQIAN_SOAK_ROUNDS", "1"))
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with jetstream_nodes.running() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server.running() as server:
        yield server


async def waiting(home: Ground) -> int:
    """How many batches are in the queue."""
    queue = jetstream.JetStreamQueue(home.intake.split(","), home.queue_name)
    await queue.start()
    try:
        until = time.monotonic() + 20
        while True:
            try:
                return (await queue.state()).waiting
            except QueueAway:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)
    finally:
        await queue.close()


def emptied(home: Ground) -> None:
    """Waits until nothing is left in the queue: what died holding a batch holds it for some seconds."""
    until = time.monotonic() + 20
    while left := asyncio.run(waiting(home)):
        assert time.monotonic() < until, f"{left} batches stuck"
        time.sleep(0.2)


def test_a_batch_waits_until_it_is_settled_and_gets_the_answer_of_direct_intake(
    tmp_path: Path, cluster: Cluster, postgres: PostgresServer
) -> None:
    home = ground(tmp_path, cluster, postgres, clients=3, batches=1)
    senders = [Sender(*one) for one in home.tills]
    first, second, third = senders
    with home.serving() as (_, line), httpx.Client(trust_env=False, timeout=10) as client:
        for sender in senders:
            sender.url = line["url"]
        for _ in range(3):  # however often it comes, it waits once
            received = first.once(client, first.bodies[0])
            assert (received.status_code, received.json()["code"]) == (202, "batch_received")
            assert 0 < int(received.headers["retry-after"]) < 10
        with (
            OperatorClient(line["url"], second.till.token, deadline_s=3) as terminal,
            pytest.raises(LinkTrouble) as told,
        ):
            terminal.send_batch(second.bodies[0])
        assert told.value.code == "batch_received"
        damaged = third.bodies[0][:-1] + bytes((third.bodies[0][-1] ^ 1,))
        refused = third.once(client, damaged)
        assert (refused.status_code, refused.json()["code"]) == (422, "terminal_signature_invalid")
        assert asyncio.run(waiting(home)) == 2
        with home.settling():
            with OperatorClient(line["url"], second.till.token) as terminal:
                second.answers.append(terminal.send_batch(second.bodies[0]))
            with sending([first, third, Sender(first.till, first.bodies)], line["url"]):
                pass
            emptied(home)
        assert first.once(client, first.bodies[0]).content == first.answers[0]  # nobody settles any more
    with home.serving(queued=False) as (_, line), httpx.Client(trust_env=False, timeout=10) as client:
        for sender in senders:
            sender.url = line["url"]
            assert sender.once(client, sender.bodies[0]).content == sender.answers[0]
    home.assert_paid_once(senders)


def test_what_is_handed_out_again_settles_once(tmp_path: Path, cluster: Cluster, postgres: PostgresServer) -> None:
    """The same batch from many at once, and again into the queue when it was settled long ago."""
    home = ground(tmp_path, cluster, postgres, clients=1, batches=2)
    till, bodies = home.tills[0]
    senders = [Sender(till, bodies) for _ in range(6)]
    with home.serving() as (_, line), home.settling(), home.settling():
        with sending(senders, line["url"]):
            pass
        assert all(sender.answers == senders[0].answers for sender in senders)
        time.sleep(jetstream.DUPLICATES_S)  # then the queue itself no longer knows them
        asyncio.run(put_again(home, bodies))
        emptied(home)
    home.assert_paid_once(senders[:1])


async def put_again(home: Ground, bodies: list[bytes]) -> None:
    """Into the queue, past the door that would have found them settled."""
    queue = jetstream.JetStreamQueue(home.intake.split(","), home.queue_name)
    await queue.start()
    for body in bodies:
        head = decode_batch_head(body)
        key = BatchKey(terminal_ref=head.terminal_ref, batch_id=head.batch_id, body_hash=batch_hash(body))
        await queue.put(key, body, int(time.time()))
    await queue.close()


@pytest.mark.parametrize("point", ["before-commit", "after-commit"])
def test_a_settler_that_dies_with_a_batch_in_hand(
    tmp_path: Path, cluster: Cluster, postgres: PostgresServer, point: str
) -> None:
    home = ground(tmp_path, cluster, postgres, clients=1, batches=1)
    sender = Sender(*home.tills[0])
    with home.serving() as (_, line), httpx.Client(trust_env=False, timeout=10) as client:
        sender.url = line["url"]
        with home.settling(FEIQIAN_CRASH_AT=f"acquirer.take-batch:{point}") as settler:
            told = sender.once(client, sender.bodies[0])
            assert settler.wait(20) == KILLED
        if point == "before-commit":
            assert told.json()["code"] == "batch_received"
        else:  # the books have it, and the queue was not told
            assert told.status_code == 200
            assert told.content == sender.once(client, sender.bodies[0]).content
        assert asyncio.run(waiting(home)) == 1
        with home.settling():
            sender.answers.append(sender.ask(client, sender.bodies[0]))
            emptied(home)
    if point == "after-commit":
        assert sender.answers == [told.content]
    home.assert_paid_once([sender])


@pytest.mark.parametrize("victim", ["settler", "leader", "database", "server"])
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_under_load_nothing_is_lost_stuck_or_paid_twice(
    tmp_path: Path, cluster: Cluster, postgres: PostgresServer, seed: int, victim: str
) -> None:
    chance = random.Random(f"{victim} {seed}")  # noqa: S311  # when to kill
    home = ground(tmp_path, cluster, postgres, clients=4, batches=15)
    senders = [Sender(*one) for one in home.tills]
    with ExitStack() as stack:
        server, line = stack.enter_context(home.serving())
        settlers = [stack.enter_context(home.settling()) for _ in range(2)]
        with sending(senders, line["url"]):
            time.sleep(chance.uniform(0.1, 0.6))
            match victim:
                case "settler":
                    for settler in settlers:
                        settler.kill()
                        time.sleep(chance.uniform(0, 0.3))
                    stack.enter_context(home.settling())
                case "leader":
                    cluster.leader(f"{home.queue_name}-intake").kill()
                case "database":
                    postgres.kill()
                    time.sleep(chance.uniform(0.5, 2))
                    postgres.start()
                case _:
                    server.kill()
                    _, line = stack.enter_context(home.serving())
                    for sender in senders:
                        sender.url = line["url"]
        emptied(home)
        for settler in settlers if victim != "settler" else []:
            settler.send_signal(signal.SIGTERM)
            assert settler.wait(20) == 0
    cluster.start()
    home.assert_paid_once(senders)


def test_a_queue_that_is_away_is_said_so_and_can_be_passed_by(
    tmp_path: Path, cluster: Cluster, postgres: PostgresServer
) -> None:
    home = ground(tmp_path, cluster, postgres, clients=2, batches=1)
    refused, direct = (Sender(*one) for one in home.tills)
    with home.serving() as (_, line), httpx.Client(trust_env=False, timeout=10) as client:
        refused.url = direct.url = line["url"]
        assert refused.once(client, refused.bodies[0]).json()["code"] == "batch_received"
        cluster.kill()
        away = refused.once(client, refused.bodies[0])
        assert (away.status_code, away.json()["code"], away.headers["retry-after"]) == (503, "queue_away", "5")
    with home.serving("--intake-away", "direct") as (_, line), httpx.Client(trust_env=False, timeout=10) as client:
        direct.url = line["url"]
        direct.answers += [direct.ask(client, body) for body in direct.bodies]
        assert direct.told == set()
    cluster.start()  # what was in the queue is there again
    assert asyncio.run(waiting(home)) == 1
    with home.serving() as (_, line), home.settling():
        with sending([refused], line["url"]):
            pass
        emptied(home)
    home.assert_paid_once([refused, direct])
