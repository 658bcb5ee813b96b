"""`feiqian`: finds the command, runs it, and reports in one form (the command contract of docs/commands.md).

Only the module of the chosen command is imported, so that a wallet does not wait for a web framework.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from feiqian import __version__
from feiqian.cli.report import MISSING, PARTS_MISSING, USAGE, CommandTrouble, Report, report_failures
from feiqian.protocol.words import Coded, Language

CRASH_VARIABLE = "FEIQIAN_CRASH_AT"
"""As in `storage.crash`, for which no start waits."""
INTERRUPTED = 130
BROKEN_PIPE = 141
COMMANDS = {
    "demo": "the whole story on this machine: pay with no network, reconnect, settle",
    "wallet": "the payer's device",
    "terminal": "the payee's device",
    "serve": "run the operator's server",
    "settle": "settle the batches that wait in the queue of: serve --intake",
    "operator": "the operator's own acts: payers, payees, funding, suspensions",
    "verify": "check evidence with no server",
    "ledger": "check the operator's books",
    "audit": "check an operator's audit log, check a proof from it, or witness it",
    "simulate": "play whole worlds from a seed and check that every promise is kept",
    "bench": "measure this machine",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status: 0 done, 1 refused, 2 usage, 3 a part is missing."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(_command_word(words), _language_of(words))
    try:
        args = parser.parse_args(words)
        if args.crash_points:
            return _print_crash_points()
        _refuse_unknown_crash_point(parser)
        if not hasattr(args, "run"):
            if args.json:
                parser.error("no command was given")
            parser.print_help(sys.stderr)
            return USAGE
    except UsageError as wrong:
        return wrong.report(words)
    try:
        status = _run(args, Report(command=args.command_name, as_json=args.json, language=args.lang))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone: nothing more can be said, and nothing went wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = BROKEN_PIPE
    return status


class UsageError(Exception):
    """The words of the command line are off. `--json` gets its one object then, too."""

    def __init__(self, usage: str, why: str) -> None:
        super().__init__(why)
        self.usage, self.why = usage, why

    def report(self, words: Sequence[str]) -> int:
        """Says what is off; exit status 2."""
        as_json = "--json" in words
        if not as_json:
            print(self.usage, end="", file=sys.stderr)
        command = " ".join(word for word in words[:2] if not word.startswith("-"))
        report = Report(command=command, as_json=as_json, language=_language_of(words))
        report_failures(report, [CommandTrouble("usage", why=self.why)])
        return USAGE


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(self.format_usage(), message)


class ChineseParser(Parser):
    """The same in Chinese."""

    def __init__(self, **options: Any) -> None:
        from feiqian.cli.usage_words import ChineseFormatter

        super().__init__(**{"formatter_class": ChineseFormatter} | options)

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        from feiqian.cli.usage_words import chinese_error

        super().error(chinese_error(message))


def _run(args: argparse.Namespace, report: Report) -> int:
    try:
        status: int = args.run(args, report)
    except Coded as failure:
        status = report_failures(report, [failure])
        if failure.code in PARTS_MISSING:
            status = MISSING
    except ModuleNotFoundError as missing:
        status = report.missing_part(missing.name or str(missing))
    except BrokenPipeError:
        raise
    except OSError as error:
        status = report_failures(report, [CommandTrouble("system_refused", why=error.strerror or type(error).__name__)])
    except KeyboardInterrupt:
        status = INTERRUPTED
    return status


def _command_word(words: Sequence[str]) -> str | None:
    """The command among the words, so that only its module is imported."""
    takes_value = {"--home", "--lang", "--pin-file", "--store"}
    skip = False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in takes_value
            continue
        return word if word in COMMANDS else None
    return None


def _refuse_unknown_crash_point(parser: Parser) -> None:
    """A trial that should kill the process must not pass because a name was mistyped. Raises UsageError."""
    name = os.environ.get(CRASH_VARIABLE)
    if not name:
        return
    from feiqian.cli.crash_points import crash_points

    if name not in crash_points():
        parser.error(f"{CRASH_VARIABLE} names no crash point: {name[:60]} (listed by: feiqian --crash-points)")


def _parser(command: str | None, language: Language) -> Parser:
    common = common_options(top=False)
    kind = ChineseParser if language == "zh" else Parser
    parser = kind(
        prog="feiqian",
        description="Feiqian (飞钱): pay and be paid with no network; settle exactly once when it is back.",
        parents=[common_options(top=True)],
    )
    parser.add_argument("--version", action="version", version=f"feiqian {__version__}")
    parser.add_argument("--crash-points", action="store_true", help="list the points where FEIQIAN_CRASH_AT can kill")
    groups = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        if command in (None, name):
            sub = groups.add_parser(name, help=purpose, description=purpose, parents=[common])
            if command == name:
                importlib.import_module(f"feiqian.cli.{name}").configure(sub, common)
    return parser


def common_options(*, top: bool) -> Parser:
    """The options that every command takes, before or behind its name.

    Behind the name they have no default, or they would undo what was said before it.
    """
    common = Parser(add_help=False)
    nothing = argparse.SUPPRESS
    home = Path(os.environ.get("FEIQIAN_HOME", Path.home() / ".feiqian"))
    group = common.add_argument_group("everywhere")
    group.add_argument("--json", action="store_true", default=False if top else nothing, help="one JSON object")
    group.add_argument("--lang", choices=("en", "zh"), default=_language() if top else nothing, help="en or zh")
    group.add_argument(
        "--home", type=Path, metavar="DIR", default=home if top else nothing, help="where this device or server lives"
    )
    group.add_argument(
        "--pin-file", type=Path, metavar="F", default=None if top else nothing, help="read the PIN from this file"
    )
    return common


def _language_of(words: Sequence[str]) -> Language:
    """The language that the words ask for, even where they are no command: help and complaints need it first."""
    asked = _language()
    for word, following in zip(words, [*words, ""][1:], strict=True):
        spoken = following if word == "--lang" else word.removeprefix("--lang=")
        if spoken in ("en", "zh") and spoken != word:
            asked = "zh" if spoken == "zh" else "en"
    return asked


def _language() -> Language:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if spoken.lower().startswith("zh") else "en"


def _print_crash_points() -> int:
    from feiqian.cli.crash_points import crash_points

    for name in crash_points():
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
