"""`feiqian serve`: the operator's server, until SIGTERM.

The one exception to the form of a command's output: one JSON line when it accepts, then nothing on standard output.
Its log goes to standard error.
"""

import argparse
import json
import logging
import os
import re
import sys
from argparse import Namespace
from typing import ClassVar

from feiqian.cli.operator_home import ensure_home, locked, opened, write_server_url
from feiqian.cli.report import DONE, MISSING, Report
from feiqian.protocol.limits import DEPLOYMENT_MAX_BYTES
from feiqian.protocol.words import Trouble, Words, WordsTable

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080
_DEPLOYMENT = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{DEPLOYMENT_MAX_BYTES - 1}}}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
PORT_MAX = 65_535


class ServeTrouble(Trouble):
    """Why a server does not start."""

    table: ClassVar[WordsTable] = {
        "address_taken": {
            "en": Words(
                "The server cannot listen on {host} port {port}: {why}.",
                "Nothing was changed.",
                "Choose another --port, or 0 for a free one.",
            ),
            "zh": Words(
                "服务器无法监听 {host} 端口 {port}：{why}。", "没有任何改动。", "请换一个 --port，或用 0 自动选择。"
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
    parser.add_argument("--tls", action="store_true", help="serve HTTPS (not in this version)")
    parser.set_defaults(run=run_serve, command_name="serve")


def run_serve(args: Namespace, report: Report) -> int:
    """`serve`."""
    if args.tls:
        report.finish({}, [ServeTrouble("tls_missing")])
        return MISSING
    from feiqian.server.application import application
    from feiqian.server.running import listen, run, url_of

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with locked(args.home):
        settings = ensure_home(args.home, deployment=args.deployment, currency=args.currency)
        try:
            listener = listen(args.host, args.port)
        except OSError as error:
            why = error.strerror or "not possible"
            raise ServeTrouble("address_taken", host=args.host, port=args.port, why=why) from None
        url = url_of(listener, args.host)

        def on_ready() -> None:
            write_server_url(args.home, url)
            print(json.dumps({"ok": True, "url": url, "pid": os.getpid(), "tls": False}), flush=True)

        with listener, opened(args.home, settings) as operator:
            run(application(operator), listener, on_ready)
    return DONE


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a currency is three capital letters, like CNY")
    return text


def _deployment(text: str) -> str:
    if _DEPLOYMENT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a deployment's name is 1 to 16 small letters, digits and -")
    return text
