"""`feiqian settle`: settles the batches that wait in the queue of `feiqian serve --intake`, until SIGTERM.

It is a process of its own, so that those who receive and those who settle are started, stopped and counted apart, and
the death of one is nobody else's. It uses the home of the server, or a copy of it on another machine, and prints one
JSON line when it is ready, as `serve` does; that address answers /health, /ready and /metrics and nothing else.
"""

import argparse
import json
import os
from argparse import Namespace

from feiqian.cli.intake_choice import INTAKE_HELP, intake_addresses, intake_trouble, queue_watch
from feiqian.cli.operator_home import read_settings, storing, write_metrics_token
from feiqian.cli.report import DONE, MISSING, Report
from feiqian.cli.serve import (
    DEFAULT_HOST,
    ServeTrouble,
    add_process_options,
    is_otlp_missing,
    listening,
    serve_in_processes,
)
from feiqian.cli.store_choice import StoreMissing, is_store_missing


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:  # noqa: ARG001  # no kinds
    """The options of a settler."""
    parser.add_argument("--intake", type=intake_addresses, metavar="URLS", required=True, help=INTAKE_HELP)
    add_process_options(parser, 0)
    parser.set_defaults(run=run_settle, command_name="settle")


def run_settle(args: Namespace, report: Report) -> int:
    """`settle`."""
    trouble = intake_trouble(args.store)
    if is_store_missing(args.store):
        trouble = MISSING, StoreMissing("postgres_missing")
    if trouble is None and is_otlp_missing(args):
        trouble = MISSING, ServeTrouble("otlp_missing")
    if trouble is not None:
        report.finish({}, [trouble[1]])
        return trouble[0]
    from feiqian.server.log_lines import LogForm, start_log
    from feiqian.server.running import url_of
    from feiqian.server.settling import settling_application

    start_log(LogForm(args.log))
    with storing(args.home.name):
        settings = read_settings(args.home)
        write_metrics_token(args.home)
        host = args.host or DEFAULT_HOST
        listener = listening(host, args.port)
        url = url_of(listener, host)

        def on_ready() -> None:
            print(json.dumps({"ok": True, "url": url, "pid": os.getpid(), "tls": False}), flush=True)

        with listener:
            serve_in_processes(
                args,
                settings,
                listener,
                on_ready,
                lambda operator: settling_application(operator, queue_watch(args.intake, settings)),
            )
    return DONE
