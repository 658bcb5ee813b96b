"""The queue of batches in NATS JetStream; the one door to its client.

Two streams, on three nodes where there are three: `<name>-intake` hands batches out until they are done with, and
`<name>-aside` keeps what nobody could settle. A batch has a subject of its own, `<name>.intake.<terminal>.<id>.<hash>`,
and a subject holds one message: so a batch that is sent again while it waits is refused as waiting already, however
long it waits. The message id does the same for what crosses on the wire.

Traps that this file keeps out of:

- Streams and consumer are made when they are missing and never updated: an update can drop what was handed back with a
  delay. What the operator has made with other limits stays as it is.
- A fetch across the end of a leader can wait for ever, and a consumer can be gone: when neither batch nor heartbeat
  came, everything is looked up, and made anew if need be.
- While a stream has no leader, for some four to eight seconds, publishing is refused or not answered. It is tried
  again within `PUT_S`.
- An acknowledgement can be lost: then the batch is handed out again, and whoever gets it finds it in the books.
"""

import asyncio
import json
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api

from feiqian.links.batch_queue import (
    ASIDE_MAX,
    ASIDE_MAX_BYTES,
    ASIDE_SHOWN_MAX,
    HELD_S,
    WAITING_MAX,
    WAITING_MAX_BYTES,
    BatchKey,
    QueueAway,
    QueueFull,
    QueueState,
    SetAside,
)
from feiqian.protocol.limits import BATCH_MAX_BYTES

REPLICAS: Final = 3
PUT_S: Final = 2.5
"""How long `put` goes on asking."""
ASK_S: Final = 2.0
PAUSE_S: Final = 0.2
HEARTBEATS: Final = 4
"""In the time of one fetch; fewer than two are refused."""
DUPLICATES_S: Final = 5.0
"""What the message id covers: a put that is tried again. For longer than that, a batch has a subject of its own."""
HEADERS_MAX_BYTES: Final = 1024
HELD_BACK_MAX: Final = 1_000
"""Batches handed out and not done with, of all settlers together."""
_CONSUMER: Final = "settlers"
_RECEIVED_AT, _REPLY_TO, _REASON, _DELIVERIES = "Feiqian-Received-At", "Feiqian-Reply-To", "Feiqian-Reason", "Feiqian-D"
_OTHER_SETTINGS, _NOT_CLUSTERED, _NOT_STORED = 10058, 10074, 10077
_WAITS_ALREADY: Final = "per subject"
_ERRORS: Final = (nats.errors.Error, OSError, asyncio.TimeoutError)
_log = logging.getLogger("feiqian.links")


class JetStreamQueue:
    """A `BatchQueue` of one event loop. `name` is the operator's own: no two share it on one cluster."""

    def __init__(self, servers: Sequence[str], name: str) -> None:
        """`servers` are nats:// or tls:// addresses of one cluster; any of them that answers is good."""
        self._servers, self._name = list(servers), name
        self._intake, self._aside = f"{name}-intake", f"{name}-aside"
        self._client: Client | None = None
        self._pull: JetStreamContext.PullSubscription | None = None
        self._made = False
        self._said = ""
        self._starting: asyncio.Task[None] | None = None
        self._inbox = f"_INBOX.{secrets.token_hex(11)}"
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def start(self) -> None:
        """Begins to look for the queue."""
        self._starting = asyncio.create_task(self._connect())

    async def close(self) -> None:
        """Lets go of it; what was said is said before."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._client is not None:
            with suppress(*_ERRORS):
                await self._client.flush(timeout=1)
            await self._client.close()

    async def put(self, key: BatchKey, body: bytes, received_at: int) -> None:
        """Stored by most of the nodes when it returns. Raises QueueAway, QueueFull."""
        name = _spelled(key)
        headers = {
            api.Header.MSG_ID: name,
            _RECEIVED_AT: str(received_at),
            _REPLY_TO: f"{self._inbox}.{key.body_hash.hex()}",
        }
        ends_at = time.monotonic() + PUT_S
        while True:
            try:
                jetstream = await self._ready()
                left_s = max(ends_at - time.monotonic(), PAUSE_S)
                await jetstream.publish(f"{self._name}.intake.{name}", body, timeout=left_s, headers=headers)
            except nats.js.errors.APIError as error:
                if error.err_code == _NOT_STORED:
                    if _WAITS_ALREADY in (error.description or ""):
                        return
                    raise QueueFull from None
                await self._pause(ends_at, error)
            except nats.errors.MaxPayloadError:
                raise QueueAway(f"the nodes take messages of {BATCH_MAX_BYTES} bytes only with max_payload") from None
            except (*_ERRORS, QueueAway) as error:
                await self._pause(ends_at, error)
            else:
                return

    @contextmanager
    def hears(self, key: BatchKey) -> "Iterator[_Heard]":
        """Listens."""
        event, token = asyncio.Event(), key.body_hash.hex()
        self._waiting[token].add(event)
        try:
            yield _Heard(event)
        finally:
            self._waiting[token].discard(event)
            if not self._waiting[token]:
                del self._waiting[token]

    async def take(self, timeout_s: float) -> "_Delivery | None":
        """The next one. Raises QueueAway."""
        try:
            jetstream = await self._ready()
            if self._pull is None:
                self._pull = await jetstream.pull_subscribe_bind(_CONSUMER, self._intake)
            message = (await self._pull.fetch(1, timeout=timeout_s, heartbeat=timeout_s / HEARTBEATS))[0]
        except nats.js.errors.FetchTimeoutError:  # heartbeats came: there was none
            return None
        except _ERRORS as error:
            await self._forget()
            raise QueueAway(_why(error)) from None
        key = _read(message.subject)
        if key is None:
            _log.error("something that is no batch was in the queue, and is dropped")
            await message.term()
            return None
        return _Delivery(self, message, key)

    async def state(self) -> QueueState:
        """As the leaders say it. Raises QueueAway."""
        intake = (await self._ask(f"STREAM.INFO.{self._intake}"))["state"]
        consumer = await self._ask(f"CONSUMER.INFO.{self._intake}.{_CONSUMER}")
        aside = (await self._ask(f"STREAM.INFO.{self._aside}", {"subjects_filter": ">"}))["state"]
        keys = [_read(subject) for subject in aside.get("subjects") or {}]
        delivered = consumer["delivered"]
        return QueueState(
            waiting=intake["messages"],
            oldest_at=_instant(intake["first_ts"]) if intake["messages"] else None,
            redeliveries=max(0, delivered["consumer_seq"] - delivered["stream_seq"]),
            aside={key.body_hash: key for key in keys if key is not None},
        )

    async def aside(self) -> tuple[SetAside, ...]:
        """What was put aside. Raises QueueAway."""
        found = []
        for key in (await self.state()).aside.values():
            try:
                jetstream = await self._ready()
                kept = await jetstream.get_last_msg(self._aside, f"{self._name}.aside.{_spelled(key)}")
            except nats.js.errors.NotFoundError:  # released meanwhile
                continue
            except _ERRORS as error:
                raise QueueAway(_why(error)) from None
            headers = kept.headers or {}
            found.append(
                SetAside(
                    key=key,
                    at=int(kept.time.timestamp()) if kept.time is not None else 0,
                    deliveries=_number(headers.get(_DELIVERIES, "")),
                    reason=headers.get(_REASON, ""),
                )
            )
            if len(found) == ASIDE_SHOWN_MAX:
                break
        return tuple(sorted(found, key=lambda one: one.at))

    async def release(self, body_hash: bytes) -> bool:
        """Forgets one that was put aside. Raises QueueAway."""
        key = (await self.state()).aside.get(body_hash)
        if key is None:
            return False
        await self._ask(f"STREAM.PURGE.{self._aside}", {"filter": f"{self._name}.aside.{_spelled(key)}"})
        return True

    async def keep_aside(self, message: Msg, key: BatchKey, headers: Mapping[str, str]) -> None:
        """A second copy, where the operator looks. Raises QueueAway."""
        try:
            jetstream = await self._ready()
            subject = f"{self._name}.aside.{_spelled(key)}"
            await jetstream.publish(subject, message.data, timeout=ASK_S, headers=dict(headers))
        except _ERRORS as error:
            raise QueueAway(_why(error)) from None

    async def tell(self, reply_to: str) -> None:
        """Whoever waits there may look. That nobody hears it does not matter."""
        if self._client is not None and reply_to:
            with suppress(*_ERRORS):
                await self._client.publish(reply_to)

    # --- the way there ---

    async def _connect(self) -> None:
        """Until it has succeeded; from then on the client itself comes back whenever it was cut off."""
        complained = False
        while True:
            try:
                client = await nats.connect(
                    self._servers,
                    name=f"feiqian {self._name}",
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=PAUSE_S,
                    ping_interval=10,
                    # Else whoever stands in between says that there is no TLS here, and gets the password.
                    tls_handshake_first=any(server.startswith("tls://") for server in self._servers),
                    error_cb=self._on_error,
                )
                await client.subscribe(f"{self._inbox}.*", cb=self._on_told)
            except _ERRORS as error:
                if not complained:
                    _log.error("the queue cannot be reached and is asked again and again: %s", _why(error))
                    complained = True
                await asyncio.sleep(1)
            else:
                self._client = client
                if client.max_payload < BATCH_MAX_BYTES + HEADERS_MAX_BYTES:
                    _log.error("the queue's nodes take no large batches: set max_payload to 5MB or more")
                return

    async def _ready(self) -> JetStreamContext:
        """The way to streams that are there. Raises what the library raises, and QueueAway."""
        client = self._client
        if client is None or not client.is_connected:
            raise QueueAway("no connection")
        jetstream = client.jetstream(timeout=ASK_S)
        if not self._made:
            await self._make(jetstream)
            self._made = True
        return jetstream

    async def _make(self, jetstream: JetStreamContext) -> None:
        """Streams and consumer, where they are missing."""
        bounds: dict[str, Any] = {
            "storage": api.StorageType.FILE,
            "max_msgs_per_subject": 1,
            "duplicate_window": DUPLICATES_S,
        }
        intake = api.StreamConfig(
            name=self._intake,
            subjects=[f"{self._name}.intake.*.*.*"],
            retention=api.RetentionPolicy.WORK_QUEUE,
            discard=api.DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_msgs=WAITING_MAX,
            max_bytes=WAITING_MAX_BYTES,
            **bounds,
        )
        aside = api.StreamConfig(
            name=self._aside,
            subjects=[f"{self._name}.aside.*.*.*"],
            retention=api.RetentionPolicy.LIMITS,
            max_msgs=ASIDE_MAX,
            max_bytes=ASIDE_MAX_BYTES,
            **bounds,
        )
        for config in (intake, aside):
            await _make_stream(jetstream, config)
        try:
            await jetstream.consumer_info(self._intake, _CONSUMER)
        except nats.js.errors.NotFoundError:
            consumer = api.ConsumerConfig(
                name=_CONSUMER,
                durable_name=_CONSUMER,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=HELD_S,
                max_deliver=-1,  # who settles decides when it was enough: a batch may not just stop being handed out
                max_ack_pending=HELD_BACK_MAX,
            )
            await jetstream.add_consumer(self._intake, consumer)

    async def _ask(self, what: str, content: Mapping[str, object] | None = None) -> dict[str, Any]:
        """An answer of JetStream's own interface. Raises QueueAway."""
        try:
            await self._ready()
            if self._client is None:
                raise QueueAway("no connection")
            body = json.dumps(content or {}).encode()
            answer = await self._client.request(f"{api.DEFAULT_PREFIX}.{what}", body, timeout=ASK_S)
            found: dict[str, Any] = json.loads(answer.data)
        except _ERRORS as error:
            raise QueueAway(_why(error)) from None
        if "error" in found:
            self._made = False
            raise QueueAway(str(found["error"].get("description", "")))
        return found

    async def _pause(self, ends_at: float, error: Exception) -> None:
        self._made = False
        if time.monotonic() + PAUSE_S >= ends_at:
            raise QueueAway(_why(error)) from None
        await asyncio.sleep(PAUSE_S)

    async def _forget(self) -> None:
        """Everything is looked up again the next time."""
        self._made = False
        pull, self._pull = self._pull, None
        if pull is not None:
            with suppress(*_ERRORS):
                await pull.unsubscribe()

    async def _on_error(self, error: Exception) -> None:
        """For the log, once each; what concerns a call comes back from it."""
        if (name := type(error).__name__) != self._said:
            self._said = name
            _log.error("the connection to the queue: %s", name)

    async def _on_told(self, message: Msg) -> None:
        for event in self._waiting.get(message.subject.rpartition(".")[2], ()):
            event.set()


class _Heard:
    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, timeout_s: float) -> bool:
        """Whether it was said in this time."""
        with suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(self._event.wait(), timeout_s)
        return False


class _Delivery:
    """One message. What is said of it can be lost on the way: then it comes again."""

    def __init__(self, queue: JetStreamQueue, message: Msg, key: BatchKey) -> None:
        self._queue, self._message, self.key = queue, message, key
        self._headers = message.headers or {}
        self.body = message.data
        self.received_at = _number(self._headers.get(_RECEIVED_AT, ""))
        self.deliveries = message.metadata.num_delivered

    async def hold(self) -> None:
        """Still at work."""
        with suppress(*_ERRORS):
            await self._message.in_progress()

    async def done(self) -> None:
        """Out of the queue."""
        with suppress(*_ERRORS):
            await self._message.ack()
        await self._queue.tell(self._headers.get(_REPLY_TO, ""))

    async def again(self, delay_s: float) -> None:
        """Once more, later."""
        with suppress(*_ERRORS):
            await self._message.nak(delay_s)

    async def put_aside(self, reason: str) -> None:
        """First the copy, then out of the queue."""
        headers = {_REASON: reason, _DELIVERIES: str(self.deliveries), _RECEIVED_AT: str(self.received_at)}
        await self._queue.keep_aside(self._message, self.key, headers)
        await self.done()


async def _make_stream(jetstream: JetStreamContext, config: api.StreamConfig) -> None:
    """On three nodes; on one where there is no cluster. A cluster that lacks a node is waited for."""
    try:
        await jetstream.stream_info(str(config.name))
    except nats.js.errors.NotFoundError:
        for replicas in (REPLICAS, 1):
            try:
                await jetstream.add_stream(config, num_replicas=replicas)
            except nats.js.errors.APIError as error:
                if error.err_code == _NOT_CLUSTERED:
                    continue
                if error.err_code != _OTHER_SETTINGS:  # made by another process in this moment
                    raise
            return


def _why(error: Exception) -> str:
    """What the nodes say, which holds nothing of ours; the library's own words may hold addresses."""
    said = error.description if isinstance(error, nats.js.errors.APIError) else None
    return said or type(error).__name__


def _spelled(key: BatchKey) -> str:
    return f"{key.terminal_ref.hex()}.{key.batch_id.hex()}.{key.body_hash.hex()}"


def _read(subject: str) -> BatchKey | None:
    """The batch that a subject names; None for one that is not ours."""
    try:
        terminal_ref, batch_id, body_hash = (bytes.fromhex(part) for part in subject.split(".")[-3:])
    except ValueError:
        return None
    return BatchKey(terminal_ref=terminal_ref, batch_id=batch_id, body_hash=body_hash)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004  # beyond any time


def _instant(text: str) -> int:
    """Unix seconds of an instant with nanoseconds."""
    return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp())
