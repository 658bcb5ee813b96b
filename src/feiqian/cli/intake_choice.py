"""`--intake`: the queue between those who receive batches and those who settle them.

Its addresses may hold a password, so they are never printed, logged or repeated in a message.
"""

import argparse
import hashlib
import importlib.util
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from feiqian.cli.operator_home import Settings
from feiqian.cli.report import MISSING, USAGE
from feiqian.cli.store_choice import SQLITE
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.server.queue_watch import QueueWatch

INTAKE_HELP: Final = "nats:// addresses of one JetStream cluster, commas between: batches wait there to be settled"
ADDRESSES_MAX: Final = 16
REFUSE, DIRECT = "refuse", "direct"
_SCHEMES: Final = frozenset({"nats", "tls"})


class IntakeMissing(Trouble):
    """The part that a queue needs is not installed."""

    table: ClassVar[WordsTable] = {
        "jetstream_missing": {
            "en": Words(
                "The part of Feiqian that speaks to NATS JetStream is not installed.",
                "Nothing was changed, and no queue was asked.",
                "Install it with: pip install 'feiqian[jetstream]'. Without --intake the server settles by itself.",
            ),
            "zh": Words(
                "尚未安装连接 NATS JetStream 的组件。",
                "没有任何改动，也没有连接任何队列。",
                "请安装：pip install 'feiqian[jetstream]'；不用 --intake 时，服务器自行结算批次。",
            ),
        },
    }


class IntakeTrouble(Trouble):
    """Why batches cannot go by way of a queue."""

    table: ClassVar[WordsTable] = {
        "intake_needs_postgres": {
            "en": Words(
                "A queue needs books in PostgreSQL: books in SQLite lie in one folder, which other machines lack.",
                "Nothing was changed, and no queue was asked.",
                "Give --store postgresql://…, or leave out --intake.",
            ),
            "zh": Words(
                "使用队列时账目须存放在 PostgreSQL 中：SQLite 账目只在一个文件夹里，其他机器无法使用。",
                "没有任何改动，也没有连接任何队列。",
                "请使用 --store postgresql://…，或去掉 --intake。",
            ),
        },
    }


def intake_trouble(store_at: str) -> tuple[int, Trouble] | None:
    """The exit status and the reason for which `--intake` cannot be used with this store, if there is one."""
    if store_at == SQLITE:
        return USAGE, IntakeTrouble("intake_needs_postgres")
    return (MISSING, IntakeMissing("jetstream_missing")) if importlib.util.find_spec("nats") is None else None


def intake_addresses(text: str) -> tuple[str, ...]:
    """The addresses in this text. Raises argparse.ArgumentTypeError, which repeats nothing of it."""
    found = tuple(text.split(","))
    schemes = {address.partition(":")[0] for address in found}
    if len(found) > ADDRESSES_MAX or len(schemes) > 1 or not all(map(_is_address, found)):
        raise argparse.ArgumentTypeError("an intake is nats:// or tls:// addresses with commas between, 16 at most")
    return found


def queue_name(settings: Settings) -> str:
    """What this operator's queue is called: no two operators share it, however their deployments are called."""
    return f"feiqian-{settings.deployment}-{hashlib.sha256(b''.join(settings.roots)).hexdigest()[:8]}"


def queue_watch(addresses: tuple[str, ...], settings: Settings) -> "QueueWatch":
    """This operator's queue, for one process."""
    from feiqian.links.jetstream import JetStreamQueue
    from feiqian.server.queue_watch import QueueWatch

    return QueueWatch(JetStreamQueue(addresses, queue_name(settings)))


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0 and not parts.path
    except ValueError:
        return False
