"""`feiqian serve`: the operator's server, until SIGTERM.

The one exception to the form of a command's output: one JSON line when it accepts, then nothing on standard output.
Its log goes to standard error.
"""

import argparse
import errno
import json
import os
import re
import socket
from argparse import Namespace
from collections.abc import Callable
from typing import ClassVar

from feiqian.cli.operator_home import (
    Settings,
    ensure_home,
    locked,
    opened,
    storing,
    write_metrics_token,
    write_server_url,
)
from feiqian.cli.report import DONE, MISSING, Report
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address
from feiqian.protocol.limits import DEPLOYMENT_MAX_BYTES
from feiqian.protocol.words import Trouble, Words, WordsTable

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080
_DEPLOYMENT = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{DEPLOYMENT_MAX_BYTES - 1}}}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
PORT_MAX = 65_535
WORKERS_MAX = 64
NOTICE_MAX_S = 15
"""With what requests still take, it stays within what a stop of several processes waits for."""
POSTGRES = "postgres"
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
        "worker_failed": {
            "en": Words(
                "The server could not start all of its processes.",
                "What was stored before is whole.",
                "The log on standard error says why; mend that, then start it again.",
            ),
            "zh": Words(
                "服务器未能启动全部进程。",
                "此前已保存的数据完好。",
                "标准错误输出中的日志写明了原因；解决后请重新启动。",
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
    parser.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    parser.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        default=1,
        help="processes that serve, 0 for one on each core (default 1)",
    )
    parser.add_argument(
        "--log",
        choices=("text", "json"),
        default="text",
        help="standard error as lines for people, or one JSON object a line with every request (default text)",
    )
    parser.add_argument(
        "--drain-notice",
        type=_notice,
        metavar="S",
        default=0,
        help="seconds a stop goes on serving after /ready says 503, for load balancers (default 0)",
    )
    parser.add_argument("--tls", action="store_true", help="serve HTTPS (not in this version)")
    parser.set_defaults(run=run_serve, command_name="serve")


def run_serve(args: Namespace, report: Report) -> int:
    """`serve`."""
    missing: Trouble | None = ServeTrouble("tls_missing") if args.tls else None
    if is_store_missing(args.store):
        missing = StoreMissing("postgres_missing")
    if missing is not None:
        report.finish({}, [missing])
        return MISSING
    from feiqian.server.log_lines import LogForm, start_log
    from feiqian.server.running import url_of

    start_log(LogForm(args.log))
    with storing(args.home.name), locked(args.home):
        settings = ensure_home(args.home, deployment=args.deployment, currency=args.currency)
        write_metrics_token(args.home)
        listener = _listener(args.host, args.port)
        url = url_of(listener, args.host)

        def on_ready() -> None:
            write_server_url(args.home, url)
            print(json.dumps({"ok": True, "url": url, "pid": os.getpid(), "tls": False}), flush=True)

        with listener:
            _serve(args, settings, listener, on_ready)
    return DONE


def _serve(args: Namespace, settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """In this process, or in several that it looks after."""
    from feiqian.server.application import application
    from feiqian.server.log_lines import name_worker
    from feiqian.server.numbers import Numbers
    from feiqian.server.running import run
    from feiqian.server.workers import Seat, WorkerFailed, supervise

    count = args.workers or cores()
    numbers = Numbers(count)

    def serve(on_ready: Callable[[], None], seat: Seat | None = None) -> None:
        place = 0 if seat is None else seat.number
        name_worker(place)
        numbers.take_place(place)
        with opened(args.home, settings, numbers, args.store) as operator:
            run(application(operator), listener, on_ready, seat, args.drain_notice)

    if args.workers == 1:
        serve(on_ready)
        return
    with opened(args.home, settings, store_at=args.store):
        pass  # what is wrong with the books is said here, and they are brought up to date once
    try:
        supervise(count, serve, on_ready)
    except WorkerFailed:
        raise ServeTrouble("worker_failed") from None


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= WORKERS_MAX):
        raise argparse.ArgumentTypeError("a number of processes is 0 to 64")
    return int(text)


def _notice(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= NOTICE_MAX_S):
        raise argparse.ArgumentTypeError("a notice is 0 to 15 seconds")
    return int(text)


def store_named(text: str) -> str:
    """Which store this `--store` means. Raises argparse.ArgumentTypeError."""
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
