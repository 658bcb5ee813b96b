"""`feiqian serve`: the operator's server, until SIGTERM.

The one exception to the form of a command's output: one JSON line when it accepts, then nothing on standard output.
Its log goes to standard error.
"""

import argparse
import errno
import json
import logging
import os
import re
import socket
import sys
from argparse import Namespace
from typing import ClassVar

from feiqian.cli.operator_home import ensure_home, locked, opened, storing, write_server_url
from feiqian.cli.report import DONE, MISSING, Report
from feiqian.protocol.limits import DEPLOYMENT_MAX_BYTES
from feiqian.protocol.words import Trouble, Words, WordsTable

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080
_DEPLOYMENT = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{DEPLOYMENT_MAX_BYTES - 1}}}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
PORT_MAX = 65_535
SQLITE, POSTGRES = "sqlite", "postgres"
_POSTGRES = re.compile(r"postgres(ql)?(:.*)?", re.ASCII | re.DOTALL)


class ServeTrouble(Trouble):
    """Why a server does not start."""

    table: ClassVar[WordsTable] = {
        "address_taken": {
            "en": Words(
                "Another program already listens on {host} port {port}.",
                "Nothing was changed; the other program goes on.",
                "Choose another --port, or 0 for a free one.",
            ),
            "zh": Words(
                "已有其他程序在监听 {host} 端口 {port}。",
                "没有任何改动，其他程序不受影响。",
                "请换一个 --port，或用 0 自动选择。",
            ),
        },
        "port_forbidden": {
            "en": Words(
                "This user may not listen on {host} port {port}.",
                "Nothing was changed.",
                "Choose a --port from 1024 on, or 0 for a free one.",
            ),
            "zh": Words(
                "当前用户无权监听 {host} 端口 {port}。",
                "没有任何改动。",
                "请选择 1024 以上的 --port，或用 0 自动选择。",
            ),
        },
        "address_not_here": {
            "en": Words(
                "This machine cannot listen on the address {host}.",
                "Nothing was changed.",
                "Choose a --host that this machine has: 127.0.0.1 for itself alone, 0.0.0.0 for all its networks.",
            ),
            "zh": Words(
                "本机无法监听地址 {host}。",
                "没有任何改动。",
                "请用 --host 选择本机的地址：127.0.0.1 仅限本机，0.0.0.0 面向本机的所有网络。",
            ),
        },
        "store_missing": {
            "en": Words(
                "This version of Feiqian does not contain the PostgreSQL store yet.",
                "Nothing was changed, and no database was asked.",
                "Leave out --store: the books then live in SQLite in --home. For PostgreSQL get a newer version that "
                "contains it.",
            ),
            "zh": Words(
                "此版本的飞钱尚不包含 PostgreSQL 存储。",
                "没有任何改动，也没有连接任何数据库。",
                "请去掉 --store，账目将以 SQLite 存放在 --home 中；需要 PostgreSQL 时请换用包含它的新版本。",
            ),
        },
        "tls_missing": {
            "en": Words(
                "This version does not serve TLS itself.",
                "Nothing was changed.",
                "Leave out --tls, and put a reverse proxy with TLS in front when others are to reach it.",
            ),
            "zh": Words(
                "此版本尚不能直接提供 TLS。",
                "没有任何改动。",
                "请去掉 --tls；若需对外服务，请在前面放置 TLS 反向代理。",
            ),
        },
    }


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:  # noqa: ARG001  # no kinds
    """The options of the server."""
    parser.add_argument("--host", default=DEFAULT_HOST, help=f"address to listen on (default {DEFAULT_HOST})")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help=f"port to listen on, 0 for a free one (default {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--currency", type=_currency, metavar="CUR", help="what a new operator holds (default CNY); fixed from then on"
    )
    parser.add_argument(
        "--deployment",
        type=_deployment,
        metavar="NAME",
        help="name of a new deployment, signed in every statement (default test); fixed from then on",
    )
    parser.add_argument(
        "--store",
        type=_store,
        metavar="URL",
        default=SQLITE,
        help="where the books live: sqlite (default) or postgres (not in this version)",
    )
    parser.add_argument("--tls", action="store_true", help="serve HTTPS (not in this version)")
    parser.set_defaults(run=run_serve, command_name="serve")


def run_serve(args: Namespace, report: Report) -> int:
    """`serve`."""
    missing = "tls_missing" if args.tls else "store_missing" if args.store != SQLITE else None
    if missing is not None:
        report.finish({}, [ServeTrouble(missing)])
        return MISSING
    from feiqian.server.application import application
    from feiqian.server.running import run, url_of

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with storing(args.home.name), locked(args.home):
        settings = ensure_home(args.home, deployment=args.deployment, currency=args.currency)
        listener = _listener(args.host, args.port)
        url = url_of(listener, args.host)

        def on_ready() -> None:
            write_server_url(args.home, url)
            print(json.dumps({"ok": True, "url": url, "pid": os.getpid(), "tls": False}), flush=True)

        with listener, opened(args.home, settings) as operator:
            run(application(operator), listener, on_ready)
    return DONE


def _listener(host: str, port: int) -> socket.socket:
    from feiqian.server.running import listen

    try:
        return listen(host, port)
    except OSError as error:
        codes = {errno.EADDRINUSE: "address_taken", errno.EACCES: "port_forbidden"}
        code = codes.get(error.errno or 0, "address_not_here")
        raise ServeTrouble(code, host=host, port=port) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _store(text: str) -> str:
    if text != SQLITE and _POSTGRES.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a store is sqlite or postgres")
    return SQLITE if text == SQLITE else POSTGRES


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a currency is three capital letters, like CNY")
    return text


def _deployment(text: str) -> str:
    if _DEPLOYMENT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a deployment's name is 1 to 16 small letters, digits and -")
    return text
