"""The enrolment code that an operator gave: from a file, asked for without echo, or on the command line.

Whoever can list the processes of this machine reads what stands on a command line, so `--code` is for trials.
"""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from feiqian.cli.device import read_secret
from feiqian.cli.report import Report
from feiqian.protocol.words import Trouble, Words, WordsTable

CODE_WORDS: Final[WordsTable] = {
    "code_needed": {
        "en": Words(
            "An enrolment code is needed: no file holds one, and there is no terminal to ask at.",
            "Nothing was changed and no code was used.",
            "Give --code-file FILE, a file that holds only the code from your operator.",
        ),
        "zh": Words(
            "需要开通码：文件中没有，也没有可供输入的终端。",
            "没有任何改动，也没有使用开通码。",
            "请用 --code-file 指定只含运营方所给开通码的文件。",
        ),
    },
}


class CodeTrouble(Trouble):
    """There is no enrolment code to enrol with."""

    table = CODE_WORDS


def add_code_options(parser: ArgumentParser) -> None:
    """--code-file and --code."""
    way: Any = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--code-file",
        type=Path,
        metavar="FILE",
        help="read the enrolment code from this file (default: it is asked for)",
    )
    way.add_argument("--code", metavar="CODE", help="the enrolment code itself; other users of this machine can see it")


def add_enrol_pin_option(parser: ArgumentParser) -> None:
    """--enrol-pin-file."""
    parser.add_argument(
        "--enrol-pin-file",
        type=Path,
        metavar="FILE",
        help="read the six digits that came another way than the code from this file, if there are any",
    )


def read_enrol_pin(args: Namespace) -> str | None:
    """The six digits, if a file was given. Raises CommandTrouble file_missing."""
    return None if args.enrol_pin_file is None else read_secret(args.enrol_pin_file)


def read_code(args: Namespace, report: Report) -> str:
    """The enrolment code. Raises CodeTrouble, CommandTrouble file_missing."""
    code: str | None = args.code
    if code is None and args.code_file is not None:
        code = read_secret(args.code_file)
    elif code is None and sys.stdin.isatty():
        code = getpass.getpass(report.pick("Enrolment code: ", "开通码：")).strip()
    if not code:
        raise CodeTrouble("code_needed")
    return code
