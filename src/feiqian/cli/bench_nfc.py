"""`feiqian bench nfc`: how long a tap takes, from the phone's touch to the till's green, through pcscd and its reader.

Phone and till are processes of their own on real vaults, enrolled with a real operator that is gone before the first
tap. The touch is when the phone's process enters the virtual reader's field, green when the till has stored the
payment and says so; between the two lie the reader that notices the card, request, cheque, their two durable writes and
every check. What is missing is the radio: a phone's own wake-up and the air.
"""

import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from feiqian.cli.bench_server import scratch
from feiqian.cli.card_service import VIRTUAL_READER, CardServiceMissing, card_service
from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.device import device_clock
from feiqian.keys.software import SoftwareKeys
from feiqian.links.nfc_reader import Reader, ReaderError
from feiqian.links.nfc_tap import Step, Tap
from feiqian.protocol.ids import StatementId
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.terminal.terminal import Terminal

TAP_MAX_MS: Final = 300
TAPS: Final = 60
AMOUNT_MINOR: Final = 1_00
_ALLOWANCES: Final = 4
"""Each has cheques for twenty taps."""
_TAP_S: Final = 10.0
_PAUSE_MAX_S: Final = 0.5
"""A tap comes when it comes: pcscd looks at its readers at moments of its own."""
_STEPS: Final = ("noticed", "payment", "accepted", "receipt")

_WORDS: Final[WordsTable] = {
    "tap_too_slow": {
        "en": Words(
            "{name} is {found}, promised is at most {limit}.",
            "Nothing else was touched.",
            "Run it again on a quiet machine; docs/benchmarks.md says what lies between touch and green.",
        ),
        "zh": Words(
            "{name} 为 {found}，承诺不超过 {limit}。",
            "没有改动任何数据。",
            "请在空闲的机器上重测；从靠近到受理之间的步骤见 docs/benchmarks.md。",
        ),
    },
    "tap_failed": {
        "en": Words(
            "A tap of the measurement did not come to its end: {why}",
            "It used an operator, a wallet and a till of its own, with made-up money.",
            "Run it again on a quiet machine; if it stays, report this sentence.",
        ),
        "zh": Words(
            "测量中的一次靠近支付未能完成：{why}",
            "测量使用独立的运营方、钱包和终端，资金均为虚构。",
            "请在空闲的机器上重测；若仍如此，请报告此句。",
        ),
    },
}


class TapBenchTrouble(Trouble):
    """A measurement of taps that broke off, or a promise that it found broken."""

    table = _WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moments:
    """One tap, seconds on the clock that all processes share."""

    touched: float
    selected: float
    paid: float
    green: float
    handed_over: float


def measure() -> dict[str, Any]:
    """The keys. Raises CardServiceMissing, TapBenchTrouble, BenchServerTrouble, CommandTrouble."""
    try:
        with card_service(), scratch() as folder, Stage(folder, "en") as stage:
            _enrol(stage)
            return _keys([*_taps(stage)])
    except ReaderError as error:
        raise CardServiceMissing("virtual_reader_missing", why=error.fault) from None


def failures(keys: Mapping[str, Any]) -> Iterator[TapBenchTrouble]:
    """The promise of `bench nfc`, if these figures break it."""
    name = "tap_to_green_p95_ms"
    if keys[name] > TAP_MAX_MS:
        yield TapBenchTrouble("tap_too_slow", name=name, found=keys[name], limit=TAP_MAX_MS)


def _enrol(stage: Stage) -> None:
    """A payer with money set aside and a payee, by the product's own commands; the operator is gone afterwards."""
    stage.start_server()
    payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Payer", "--fund", "4000.00")
    payee = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Payee")
    stage.must("payer", "wallet", "enrol", "--server", stage.url, "--code", payer["enrolment_code"])
    stage.must("payee", "terminal", "enrol", "--server", stage.url, "--code", payee["enrolment_code"])
    for _ in range(_ALLOWANCES):
        stage.must("payer", "wallet", "top-up", "100.00")
    stage.must("payee", "terminal", "sync")
    stage.stop_server()


def _taps(stage: Stage) -> Iterator[_Moments]:
    pin = stage.pin_file.read_text(encoding="ascii").strip()
    with (
        _phone(stage) as phone,
        Vault.open(stage.home("payee") / "terminal", pin, device_clock()) as vault,
        Reader.open(VIRTUAL_READER) as reader,
    ):
        store = VaultTerminalStore(vault)
        terminal = Terminal(store, keys=SoftwareKeys(), clock=device_clock, randomness=secrets.token_bytes)
        for _ in range(TAPS):
            yield _tap(phone, terminal, reader)
            time.sleep(random.uniform(0, _PAUSE_MAX_S))  # noqa: S311  # no secret


def _tap(phone: "subprocess.Popen[str]", terminal: Terminal, reader: Reader) -> _Moments:
    asked = terminal.request(exact_minor=AMOUNT_MINOR)
    told: dict[Step, float] = {}
    counter = _Counter(terminal)

    def tell(step: Step) -> None:
        told.setdefault(step, time.monotonic())

    tap = Tap(reader, counter, asked.shown, name="", tell=tell)
    assert phone.stdin is not None  # noqa: S101  # both are pipes
    assert phone.stdout is not None  # noqa: S101
    phone.stdin.write("hold\n")
    phone.stdin.flush()
    try:
        ended = tap.run(time.monotonic() + _TAP_S)
    except Trouble as trouble:
        raise TapBenchTrouble("tap_failed", why=trouble.words("en").message) from None
    touched = json.loads(phone.stdout.readline() or "null")
    if touched is None or not ended.handed_over:
        raise TapBenchTrouble("tap_failed", why="no receipt")
    return _Moments(
        touched=touched,
        selected=told[Step.KEEP_HOLDING],
        paid=counter.paid,
        green=told[Step.ACCEPTED],
        handed_over=told[Step.TAKE_AWAY],
    )


class _Counter:
    """The till behind the reader; it notes when the payment had come."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.paid = 0.0

    def accept(self, payment: bytes) -> bytes:
        """Accept, durably."""
        self.paid = time.monotonic()
        return self._terminal.accept(payment).shown

    def statement_on(self, cheque_id: StatementId) -> bytes | None:
        """The receipt or note for an earlier payment."""
        return self._terminal.statement_on(cheque_id)


@contextmanager
def _phone(stage: Stage) -> "Iterator[subprocess.Popen[str]]":
    words = [sys.executable, "-m", "feiqian.cli.bench_nfc_phone", str(stage.home("payer")), str(stage.pin_file)]
    with subprocess.Popen(  # noqa: S603  # our own module
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _keys(taps: list[_Moments]) -> dict[str, Any]:
    green = [one.green - one.touched for one in taps]
    steps = {
        "noticed": [one.selected - one.touched for one in taps],
        "payment": [one.paid - one.selected for one in taps],
        "accepted": [one.green - one.paid for one in taps],
        "receipt": [one.handed_over - one.green for one in taps],
    }
    return {
        "tap_to_green_p50_ms": percentile_ms(green, 0.50),
        "tap_to_green_p95_ms": percentile_ms(green, 0.95),
        "samples": len(taps),
        "steps": {
            name: {"p50_ms": percentile_ms(steps[name], 0.50), "p95_ms": percentile_ms(steps[name], 0.95)}
            for name in _STEPS
        },
    }


def percentile_ms(times_s: list[float], share: float) -> float:
    """The time that this share of them does not exceed, nearest rank."""
    ordered = sorted(times_s)
    return round(1000 * ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)], 1)
