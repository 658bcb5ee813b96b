"""`feiqian serve`: the operator's server, until SIGTERM.

The one exception to the form of a command's output: one JSON line when it accepts, then nothing on standard output.
Its log goes to standard error.
"""

import argparse
import errno
import importlib.util
import json
import os
import re
import socket
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from feiqian.cli.intake_choice import (
    DIRECT,
    INTAKE_HELP,
    REFUSE,
    intake_addresses,
    intake_trouble,
    queue_watch,
)
from feiqian.cli.operator_home import (
    Settings,
    ensure_home,
    locked,
    opened,
    storing,
    write_metrics_token,
    write_server_url,
)
from feiqian.cli.policy_options import read_amount, read_origin
from feiqian.cli.report import DONE, MISSING, Report
from feiqian.cli.serve_tls import EVERYWHERE, Shield, authority_door, configure_tls, invite, read_port, shield_of
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address
from feiqian.protocol.limits import DEPLOYMENT_MAX_BYTES
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.server.application import Application
    from feiqian.server.operator import Operator
    from feiqian.server.tracing import Traces

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080
_DEPLOYMENT = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{DEPLOYMENT_MAX_BYTES - 1}}}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
WORKERS_MAX = 64
NOTICE_MAX_S = 15
"""With what requests still take, it stays within what a stop of several processes waits for."""


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
        "otlp_missing": {
            "en": Words(
                "The part of Feiqian that sends traces is not installed.",
                "Nothing was changed.",
                "Install it with: pip install 'feiqian[otlp]'. Without --otlp nothing is traced.",
            ),
            "zh": Words(
                "尚未安装发送链路追踪的组件。",
                "没有任何改动。",
                "请安装：pip install 'feiqian[otlp]'；不用 --otlp 时不做追踪。",
            ),
        },
    }


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:  # noqa: ARG001  # no kinds
    """The options of the server."""
    add_process_options(parser, DEFAULT_PORT)
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
        "--code-above",
        type=read_amount,
        metavar="AMOUNT",
        help="a new --home: payments above this need a one-time code of payers who have an authenticator",
    )
    parser.add_argument(
        "--passkey-origin",
        type=read_origin,
        metavar="URL",
        help="the web address at which passkeys of a new operator's payers may sign, like https://pay.example",
    )
    parser.add_argument("--intake", type=intake_addresses, metavar="URLS", help=INTAKE_HELP)
    parser.add_argument(
        "--intake-away",
        choices=(REFUSE, DIRECT),
        default=REFUSE,
        help="batches while that queue is away or full: 503, or straight into the books (default refuse)",
    )
    configure_tls(parser)
    parser.set_defaults(run=run_serve, command_name="serve")


def add_process_options(parser: argparse.ArgumentParser, port: int) -> None:
    """Where a program with processes listens, where its books are, how many processes it has, and how it ends."""
    parser.add_argument(
        "--host", help=f"address to listen on (default {DEFAULT_HOST}; with --tls {EVERYWHERE}, all networks)"
    )
    parser.add_argument(
        "--port", type=read_port, default=port, help=f"port to listen on, 0 for a free one (default {port})"
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
    parser.add_argument(
        "--otlp", metavar="URL", help="send traces to this OTLP collector, like http://HOST:4318/v1/traces"
    )


def run_serve(args: Namespace, report: Report) -> int:
    """`serve`."""
    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    if is_otlp_missing(args):
        report.finish({}, [ServeTrouble("otlp_missing")])
        return MISSING
    if args.intake is not None and (trouble := intake_trouble(args.store)) is not None:
        report.finish({}, [trouble[1]])
        return trouble[0]
    from feiqian.server.log_lines import LogForm, start_log
    from feiqian.server.running import url_of

    start_log(LogForm(args.log))
    with storing(args.home.name), locked(args.home):
        named = {"deployment": args.deployment, "currency": args.currency}
        settings = ensure_home(args.home, **named, passkey_origin=args.passkey_origin, code_above_minor=args.code_above)
        write_metrics_token(args.home)
        shield = shield_of(args)
        host = args.host or (DEFAULT_HOST if shield is None else EVERYWHERE)
        listener = listening(host, args.port)
        with listener, ExitStack() as stack:
            url = url_of(listener, host) if shield is None else shield.url(listener)
            door = None if shield is None else stack.enter_context(authority_door(host, args.ca_port, shield, url))

            def on_ready() -> None:
                here = url if shield is None else shield.url_here(listener, host)
                write_server_url(args.home, here, url)
                print(json.dumps({"ok": True, "url": url, "pid": os.getpid(), "tls": shield is not None}), flush=True)
                if shield is not None and args.log == LogForm.TEXT:
                    invite(report, shield, url, door)

            apps = partial(_app_of, args, settings)
            serve_in_processes(args, settings, listener, on_ready, apps, shield)
    return DONE


def _app_of(args: Namespace, settings: Settings, operator: "Operator") -> "Application":
    from feiqian.server.application import application

    if args.intake is None:
        return application(operator)
    queue = queue_watch(args.intake, settings)
    return application(operator, queue=queue, direct_when_away=args.intake_away == DIRECT)


def serve_in_processes(
    args: Namespace,
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[], None],
    app_of: "Callable[[Operator], Application]",
    shield: Shield | None = None,
) -> None:
    """In this process, or in several that it looks after; each has an operator and an application of its own."""
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
        tls = None if shield is None else shield.context(renews=place == 0)
        with (
            traced(args, place) as traces,
            opened(args.home, settings, numbers, args.store, traces=traces) as operator,
        ):
            run(app_of(operator), listener, on_ready, seat, args.drain_notice, tls)

    if args.workers == 1:
        serve(on_ready)
        return
    with opened(args.home, settings, store_at=args.store):
        pass  # what is wrong with the books is said here, and they are brought up to date once
    try:
        supervise(count, serve, on_ready)
    except WorkerFailed:
        raise ServeTrouble("worker_failed") from None


def is_otlp_missing(args: Namespace) -> bool:
    """Whether traces are asked for and the part that sends them is not there."""
    return args.otlp is not None and importlib.util.find_spec("opentelemetry.exporter") is None


@contextmanager
def traced(args: Namespace, place: int) -> "Iterator[Traces]":
    """Where this process sends its traces, if anywhere; what waits is sent at the end."""
    from feiqian.server.tracing import NO_TRACES

    if args.otlp is None:
        yield NO_TRACES
        return
    from feiqian.server.otlp_traces import OtlpTraces

    traces = OtlpTraces(args.otlp, place)
    try:
        yield traces
    finally:
        traces.close()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to this address. Raises ServeTrouble."""
    from feiqian.server.running import listen

    try:
        return listen(host, port)
    except OSError as error:
        codes = {errno.EADDRINUSE: "address_taken", errno.EACCES: "port_forbidden"}
        code = codes.get(error.errno or 0, "address_not_here")
        raise ServeTrouble(code, host=host, port=port) from None


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= WORKERS_MAX):
        raise argparse.ArgumentTypeError("a number of processes is 0 to 64")
    return int(text)


def _notice(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= NOTICE_MAX_S):
        raise argparse.ArgumentTypeError("a notice is 0 to 15 seconds")
    return int(text)


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a currency is three capital letters, like CNY")
    return text


def _deployment(text: str) -> str:
    if _DEPLOYMENT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a deployment's name is 1 to 16 small letters, digits and -")
    return text
