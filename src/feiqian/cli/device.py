"""What the commands of both devices share: the PIN, the clock, and reading what the other side showed."""

import getpass
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from feiqian.cli.report import CommandTrouble

CLOCK_OFFSET = "FEIQIAN_CLOCK_OFFSET_S"
CA_FILE = "FEIQIAN_CA_FILE"


def read_pin(args: Namespace, prompt: str) -> str:
    """The PIN from --pin-file, else asked for without echo; never asked for where there is no terminal.

    A file without a PIN is refused here: it must not count as a wrong try.
    """
    path: Path | None = args.pin_file
    if path is not None:
        pin = read_secret(path)
        if not pin:
            raise CommandTrouble("pin_needed")
        return pin
    if not sys.stdin.isatty():
        raise CommandTrouble("pin_needed")
    return getpass.getpass(prompt)


def read_secret(path: Path) -> str:
    """The one line of a secret file."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandTrouble("file_missing", path=path.name) from None


def device_clock() -> int:
    """Now, seconds since 1970. FEIQIAN_CLOCK_OFFSET_S makes this device's clock wrong on purpose, for trials."""
    try:
        offset_s = int(os.environ.get(CLOCK_OFFSET, "0"))
    except ValueError:
        offset_s = 0
    return int(time.time()) + offset_s


def add_network_options(parser: ArgumentParser) -> None:
    """Options of the commands that talk to the operator."""
    default = os.environ.get(CA_FILE)
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        default=None if default is None else Path(default),
        help=f"the authority of an operator with certificates of its own (or {CA_FILE})",
    )
