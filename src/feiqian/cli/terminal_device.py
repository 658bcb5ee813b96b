"""The terminal of this device, put together: vault, software keys, clock, pictures.

Everything lives in `terminal` below --home: the vault, and the registers of the pictures that were drawn. Requests
and answers to payers have a register each: a request's picture goes when the request is answered, cancelled or has
run out, a receipt's or note's with the next act at the counter, for then the payer has gone, or with a sync later on.
"""

import getpass
import secrets
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feiqian.cli.device import device_clock, read_pin
from feiqian.cli.report import Report
from feiqian.cli.shown import PICTURE_LIFE_S
from feiqian.keys.software import SoftwareKeys
from feiqian.links.pictures import Pictures, PurposeId
from feiqian.protocol.ids import RequestHash
from feiqian.storage import VaultMissing
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.terminal.terminal import Terminal
from feiqian.terminal.troubles import TerminalTrouble

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient

TERMINAL_FOLDER: Final = "terminal"
ANSWER_LIFE_S: Final = 120
"""How long a payer has to read a receipt when nobody else comes to the counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """An opened terminal, its vault and the registers of its pictures."""

    vault: Vault
    terminal: Terminal
    requests: Pictures
    answers: Pictures

    def clear_answers(self, *, older_than_s: int = -PICTURE_LIFE_S) -> None:
        """Remove receipts and notes of earlier payers: the next one is at the counter.

        Below zero `older_than_s` takes all, those that a clock set back since has left in the future, too.
        """
        self.answers.sweep(device_clock(), older_than_s)

    def clear_requests(self) -> None:
        """Remove the pictures of requests that have run out, and all that are old."""
        for request in self.terminal.stale_requests():
            self.requests.remove_for(request_purpose(request.request_hash))
        self.requests.sweep(device_clock(), PICTURE_LIFE_S)

    def request_is_over(self, request_hash: RequestHash) -> None:
        """Remove the picture of a request that was answered or cancelled."""
        self.requests.remove_for(request_purpose(request_hash))


def request_purpose(request_hash: RequestHash) -> PurposeId:
    """What the picture of a request is remembered under."""
    return PurposeId(f"request-{request_hash.hex()[:16]}")


@contextmanager
def opened(args: Namespace, report: Report) -> Iterator[Till]:
    """The terminal, opened by the till's PIN and closed behind the block. Raises StoreError, TerminalTrouble."""
    folder = _folder(args)
    try:
        if not folder.is_dir():
            raise TerminalTrouble("not_enrolled")
        vault = Vault.open(folder, read_pin(args, report.pick("PIN: ", "PIN：")), device_clock())
    except VaultMissing:
        raise TerminalTrouble("not_enrolled") from None
    with vault:
        yield _till(args, vault)


@contextmanager
def opened_or_new(args: Namespace, report: Report) -> Iterator[Till]:
    """As `opened`; where there is no terminal yet, its vault is made and the PIN asked for twice."""
    folder = _folder(args)
    if folder.is_dir() and any(folder.iterdir()):
        vault = _vault_begun(args, report, folder)
    else:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        vault = Vault.create(folder, _new_pin(args, report))
    with vault:
        yield _till(args, vault)


@contextmanager
def online(args: Namespace, report: Report) -> "Iterator[tuple[Till, OperatorClient]]":
    """The opened terminal and the link to its operator; the vault is let go while a call waits for its answer."""
    from feiqian.links.http import OperatorClient

    with opened(args, report) as till:
        enrolment = till.terminal.enrolment
        report.say("Asking the operator…", "正在联系运营方…")
        with OperatorClient(
            enrolment.server,
            enrolment.token,
            language=report.language,
            ca_file=args.ca_file,
            waiting=till.vault.aside,
        ) as client:
            yield till, client


def _vault_begun(args: Namespace, report: Report, folder: Path) -> Vault:
    """The vault of an enrolment that broke off, at whatever point."""
    pin = read_pin(args, report.pick("PIN: ", "PIN："))
    try:
        return Vault.open(folder, pin, device_clock())
    except VaultMissing:
        return Vault.create(folder, pin)


def _new_pin(args: Namespace, report: Report) -> str:
    pin = read_pin(args, report.pick("New PIN for this till: ", "为此终端设置 PIN："))
    if args.pin_file is None and sys.stdin.isatty() and getpass.getpass(report.pick("Again: ", "再输一次：")) != pin:
        raise TerminalTrouble("pins_differ")
    return pin


def _till(args: Namespace, vault: Vault) -> Till:
    pictures = _folder(args) / "pictures"
    terminal = Terminal(
        VaultTerminalStore(vault), keys=SoftwareKeys(), clock=device_clock, randomness=secrets.token_bytes
    )
    terminal.forget_old()
    return Till(
        vault=vault,
        terminal=terminal,
        requests=Pictures(pictures / "requests"),
        answers=Pictures(pictures / "answers"),
    )


def _folder(args: Namespace) -> Path:
    folder: Path = args.home / TERMINAL_FOLDER
    return folder
