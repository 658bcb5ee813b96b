"""How a command speaks: one JSON object with `--json`, sentences and tables otherwise; progress on standard error.

The envelope and exit status are a contract that others build on: schema 1, `ok`, `failures` with code, message,
safe and next; 0 done, 1 refused or a promise broken, 2 usage, 3 a part is missing.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from feiqian import __version__
from feiqian.protocol.words import Coded, Language, Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    Shown = RenderableType | Callable[[], RenderableType]

SCHEMA = 1
WHOLE_DIGITS_MAX = 12
CENTS_DIGITS = 2
DONE, REFUSED, USAGE, MISSING = 0, 1, 2, 3
PARTS_MISSING = frozenset(
    {"tpm_library_missing", "tpm_not_named", "token_library_missing", "token_module_missing"}
    | {"pcsc_missing", "pcscd_missing", "card_library_missing", "card_service_missing", "virtual_reader_missing"}
)
"""Refusals of keys in hardware and of taps that mean: this machine lacks a part."""


COMMAND_WORDS: WordsTable = {
    "part_missing": {
        "en": Words(
            "A part that this command needs is not installed: {part}.",
            "Nothing was changed.",
            "Install it, for example with: pip install {part}",
        ),
        "zh": Words("缺少此命令所需的组件：{part}。", "没有任何改动。", "请安装，例如：pip install {part}"),
    },
    "usage": {
        "en": Words("The command cannot be understood: {why}.", "Nothing was changed.", "See: feiqian --help"),
        "zh": Words("无法理解该命令：{why}。", "没有任何改动。", "请参阅：feiqian --help"),
    },
    "pin_needed": {
        "en": Words(
            "A PIN is needed and there is no terminal to ask at.",
            "Nothing was changed and no try was counted.",
            "Give --pin-file FILE, a file that holds only the PIN.",
        ),
        "zh": Words(
            "需要 PIN，但没有可供输入的终端。",
            "没有任何改动，也没有计入错误次数。",
            "请用 --pin-file 指定只含 PIN 的文件。",
        ),
    },
    "file_missing": {
        "en": Words("There is no file {path}.", "Nothing was changed.", "Check the name and try again."),
        "zh": Words("找不到文件 {path}。", "没有任何改动。", "请检查文件名后重试。"),
    },
    "demo_stuck": {
        "en": Words(
            "The demo is stuck at “{step}”: {why}",
            "Nothing outside the demo's own folder was touched.",
            "Run it again; if it stays, report this sentence.",
        ),
        "zh": Words("演示在“{step}”处中断：{why}", "演示文件夹之外没有任何改动。", "请重试；若仍如此，请报告此句。"),
    },
    "trust_file_unreadable": {
        "en": Words(
            "{path} is not a trust file.",
            "Nothing was changed.",
            "Ask your operator for its trust file and check the root keys' fingerprint.",
        ),
        "zh": Words("{path} 不是信任文件。", "没有任何改动。", "请向运营方索取信任文件，并核对根密钥指纹。"),
    },
    "log_trust_unreadable": {
        "en": Words(
            "{path} does not say whom to believe about an audit log.",
            "Nothing was changed.",
            "Give a file with the log's key, as audit-proof and audit witness keep it (docs/commands.md).",
        ),
        "zh": Words(
            "{path} 没有说明审计日志的信任依据。",
            "没有任何改动。",
            "请给出含有日志密钥的文件，如 audit-proof 与 audit witness 所保存的（见 docs/commands.md）。",
        ),
    },
    "system_refused": {
        "en": Words(
            "The system refused to read or write: {why}.",
            "What was stored before is whole; a step that was under way is undone or finished when you try again.",
            "Make room or mend the permissions, then try the same again.",
        ),
        "zh": Words(
            "系统拒绝读写：{why}。",
            "此前已保存的数据完好；未完成的步骤会在重试时撤销或完成。",
            "请腾出空间或修正权限，然后重试同一操作。",
        ),
    },
    "amount_unreadable": {
        "en": Words(
            "“{text}” is not an amount.",
            "Nothing was changed.",
            "Write it like 12.50, with at most two decimals and above zero.",
        ),
        "zh": Words("“{text}”不是有效金额。", "没有任何改动。", "请写成 12.50 这样的正数，最多两位小数。"),
    },
}


class CommandTrouble(Trouble):
    """What can go wrong in the command line itself."""

    table = COMMAND_WORDS


class Report:
    """What one run of a command has to say. Money keys end in `_minor`, times are RFC 3339."""

    def __init__(self, *, command: str, as_json: bool, language: Language) -> None:
        self.command = command
        self.as_json = as_json
        self.language = language
        self._started = time.monotonic()

    def say(self, english: str, chinese: str) -> None:
        """One line of progress for people, on standard error."""
        print(chinese if self.language == "zh" else english, file=sys.stderr, flush=True)

    def pick(self, english: str, chinese: str) -> str:
        """The text in the language of this run."""
        return chinese if self.language == "zh" else english

    def done(self, keys: Mapping[str, Any], *shown: "Shown") -> int:
        """The command did what was asked: `keys` for programs, `shown` for people.

        What is shown is text, a rich renderable, or a function that makes one: it is only called when people read,
        so that a program that asks for JSON never waits for tables to be built.
        """
        return self.finish(keys, [], *shown)

    def finish(self, keys: Mapping[str, Any], failures: Sequence[Coded], *shown: "Shown") -> int:
        """As `done`, with what was refused; the exit status is 1 if anything was."""
        if self.as_json:
            self._print_json(keys, [self._failure(failure) for failure in failures])
        else:
            for item in shown:
                self.console().print(item() if callable(item) else item)
            for failure in failures:
                self._print_failure(failure)
        return REFUSED if failures else DONE

    def missing_part(self, part: str) -> int:
        """A part is not installed: exit status 3, saying which and how to get it."""
        self.finish({}, [CommandTrouble("part_missing", part=part)])
        return MISSING

    def console(self) -> "Console":
        """The rich console for standard output."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    def _failure(self, failure: Coded) -> dict[str, str]:
        words = failure.words(self.language)
        return {"code": str(failure.code), "message": words.message, "safe": words.safe, "next": words.next}

    def _print_failure(self, failure: Coded) -> None:
        words = failure.words(self.language)
        for line in (f"✗ {words.message} [{failure.code}]", f"  {words.safe}", f"  → {words.next}"):
            print(line, file=sys.stderr)

    def _print_json(self, keys: Mapping[str, Any], failures: Sequence[Mapping[str, str]]) -> None:
        envelope: dict[str, Any] = {
            "schema": SCHEMA,
            "command": self.command,
            "version": __version__,
            "ok": not failures,
            "failures": list(failures),
            "elapsed_s": round(time.monotonic() - self._started, 3),
        }
        print(json.dumps(envelope | dict(keys), ensure_ascii=False), flush=True)


def report_failures(report: Report, failures: Sequence[Coded]) -> int:
    """The end of a command that was refused."""
    return report.finish({}, failures)


def rfc3339(seconds: int) -> str:
    """An instant as RFC 3339 text in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount_minor: int, currency: str) -> str:
    """An amount as people read it; all currencies served so far have two decimals."""
    sign = "-" if amount_minor < 0 else ""
    whole, cents = divmod(abs(amount_minor), 100)
    return f"{sign}{whole:,}.{cents:02d} {currency}"


def parse_money(text: str) -> int:
    """Minor units of a typed amount like 12.5 or 12.50. Raises CommandTrouble amount_unreadable."""
    whole, dot, cents = text.strip().partition(".")
    readable = whole.isascii() and whole.isdigit() and len(whole) <= WHOLE_DIGITS_MAX and len(cents) <= CENTS_DIGITS
    if not readable or (dot and not (cents.isascii() and cents.isdigit())):
        raise CommandTrouble("amount_unreadable", text=text[:20])
    amount_minor = int(whole) * 100 + int((cents + "00")[:2])
    if amount_minor == 0:
        raise CommandTrouble("amount_unreadable", text=text[:20])
    return amount_minor


Grade = Literal["F0", "F1", "F2", "F3"]


def grade_words(grade: Grade, language: Language) -> str:
    """How sure a payment is, in the words of the counter; never a bare "paid" (spec 07)."""
    table: dict[Grade, tuple[str, str]] = {
        "F3": ("Paid, final", "已付，最终"),
        "F2": ("Accepted offline, guaranteed if sent by the deadline", "已离线受理，按期上传即获担保"),
        "F1": ("Accepted at your risk", "已受理，风险自担"),
        "F0": ("Refused", "已拒绝"),
    }
    return table[grade][1 if language == "zh" else 0]
