"""How the operator's acts reach its running server: the home on this machine, or --server with --token-file."""

import argparse
import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from feiqian.cli.device import read_secret
from feiqian.cli.operator_home import SERVER_URL, SITE_URL, read_admin_token
from feiqian.cli.operator_tls import AUTHORITY, FOLDER
from feiqian.cli.report import Report
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient

_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)


class OperatorTrouble(Trouble):
    """What can go wrong before the server is asked."""

    table: ClassVar[WordsTable] = {
        "server_unknown": {
            "en": Words(
                "It is not known where the operator's server is.",
                "Nothing was changed.",
                "Start it with: feiqian serve; or say where it is with --server URL --token-file FILE.",
            ),
            "zh": Words(
                "不知道运营方服务器的地址。",
                "没有任何改动。",
                "请先运行：feiqian serve；或用 --server 与 --token-file 指定。",
            ),
        },
        "not_a_batch": {
            "en": Words(
                "{path} is not a batch of a terminal.",
                "Nothing was sent and nothing was changed.",
                "Choose a file that was made by: feiqian terminal export",
            ),
            "zh": Words(
                "{path} 不是终端导出的批次。",
                "没有发送任何内容，也没有任何改动。",
                "请选择由此命令生成的文件：feiqian terminal export",
            ),
        },
        "currency_needed": {
            "en": Words(
                "This operator serves several currencies.", "Nothing was changed.", "Say which with --currency CUR."
            ),
            "zh": Words("该运营方支持多种货币。", "没有任何改动。", "请用 --currency 指定。"),
        },
        "money_unclear": {
            "en": Words(
                "It is not known whether the money was added for {payer}.",
                "Asking again with the same key adds it at most once; without the key it could be added twice.",
                "Run: feiqian operator fund {payer} {amount} --key={key}",
            ),
            "zh": Words(
                "尚不清楚是否已为 {payer} 充值。",
                "使用相同的键重试最多只计一次；不带此键则可能重复充值。",
                "请运行：feiqian operator fund {payer} {amount} --key={key}",
            ),
        },
    }


@contextmanager
def connected(args: Namespace, report: Report) -> "Iterator[OperatorClient]":
    """The server as its administrator sees it. Raises OperatorTrouble server_unknown, HomeTrouble."""
    from feiqian.links.http import OperatorClient

    token = read_admin_token(args.home) if args.token_file is None else read_secret(args.token_file)
    address = args.server or _running_server(args.home)
    authority = args.home / FOLDER / AUTHORITY
    ca_file = authority if args.server is None and authority.exists() else None
    with OperatorClient(address, token, language=report.language, ca_file=ca_file) as client:
        yield client


def read_id(text: str) -> bytes:
    """An id as people type it."""
    if _ID.fullmatch(text.lower()) is None:
        raise argparse.ArgumentTypeError("an id is 16 hexadecimal digits")
    return bytes.fromhex(text)


def address_for_people(args: Namespace) -> str:
    """The address of the same server as others reach it: `--server`, or what the running one wrote down."""
    server: str | None = args.server
    if server is not None:
        return server
    try:
        return _written(args.home / SITE_URL)
    except (OSError, ValueError):  # started by an older version
        return _running_server(args.home)


def _running_server(home: Path) -> str:
    try:
        return _written(home / SERVER_URL)
    except (OSError, ValueError):
        raise OperatorTrouble("server_unknown") from None


def _written(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()
