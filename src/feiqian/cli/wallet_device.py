"""The wallet of this device, put together: vault, keys, clock and, only where asked for, the operator.

Everything lives in `wallet` below --home: the vault and the register of the pictures that were drawn.
"""

import getpass
import secrets
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.cli.device import device_clock, read_pin, read_secret
from feiqian.cli.key_stores import choose_keys, key_parts
from feiqian.cli.report import Report
from feiqian.cli.shown import remove_pictures
from feiqian.cli.wallet_troubles import ConsentTrouble
from feiqian.links.pictures import CleanUp, Pictures, PurposeId
from feiqian.storage import VaultMissing
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.ports import OperatorLink, Parts, WalletStore
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wallet import Wallet

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient

WALLET_FOLDER = "wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An unlocked wallet, its vault and store, the register of its pictures, and what opening cleaned up."""

    vault: Vault
    store: WalletStore
    wallet: Wallet
    pictures: Pictures
    clean_up: CleanUp


@contextmanager
def opened(args: Namespace, report: Report) -> Iterator[Opened]:
    """The wallet, unlocked by the PIN; locked again behind the block. Old pictures and hidden codes are removed."""
    folder = _folder(args)
    if not folder.is_dir():
        raise VaultMissing
    with _unlocked(args, Vault.open(folder, _pin(args, report), device_clock())) as found:
        yield found


@contextmanager
def opened_or_new(args: Namespace, report: Report) -> Iterator[Opened]:
    """As `opened`; where there is no wallet yet, one is made, and a PIN that was typed is asked for twice.

    With --keys its keys are to live there. Raises ConsentTrouble keys_chosen.
    """
    folder, pin = _folder(args), _pin(args, report)
    try:
        vault = Vault.open(folder, pin, device_clock())
    except VaultMissing:
        if args.pin_file is None:
            _confirm(pin, report)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        vault = Vault.create(folder, pin)
    with _unlocked(args, vault, keys=args.keys) as found:
        yield found


@contextmanager
def online(args: Namespace, report: Report) -> Iterator[tuple[Opened, OperatorLink]]:
    """The unlocked wallet and the link to its operator; the vault is let go while a call waits for its answer.

    Raises WalletTrouble not_enrolled.
    """
    from feiqian.cli.wallet_link import HttpLink

    with online_client(args, report) as (found, client):
        yield found, HttpLink(client)


@contextmanager
def online_client(args: Namespace, report: Report) -> "Iterator[tuple[Opened, OperatorClient]]":
    """As `online`, with the bare client, for what the wallet's own port does not ask."""
    from feiqian.links.http import OperatorClient

    with opened(args, report) as found:
        enrolment, membership = found.wallet.enrolment(), found.wallet.membership()
        if enrolment is None or membership is None:
            raise WalletTrouble("not_enrolled")
        report.say("Asking the operator…", "正在联系运营方…")
        with OperatorClient(
            enrolment.server,
            membership.device_token,
            language=report.language,
            ca_file=args.ca_file,
            waiting=found.vault.aside,
        ) as client:
            yield found, client


def new_pin(report: Report, path: Path | None) -> str:
    """A PIN to be set: from a file, else asked for twice. Raises ConsentTrouble pins_differ, CommandTrouble."""
    if path is not None:
        return read_secret(path)
    pin = read_pin(Namespace(pin_file=None), report.pick("New PIN: ", "新 PIN："))
    _confirm(pin, report)
    return pin


def purpose_of(payment: PaymentRecord) -> PurposeId:
    """What the pictures of a payment are remembered under."""
    return PurposeId(f"payment-{payment.number}")


@contextmanager
def _unlocked(args: Namespace, vault: Vault, *, keys: str | None = None) -> Iterator[Opened]:
    with vault:
        store = VaultWalletStore(vault)
        if keys is not None:
            choose_keys(store, keys)
        maker, counter = key_parts(store)
        parts = Parts(store=store, keys=maker, clock=device_clock, randomness=secrets.token_bytes, counter=counter)
        wallet, pictures = Wallet(parts), Pictures(_folder(args) / "pictures")
        aged = wallet.resume().aged if wallet.membership() is not None else ()
        if wallet.membership() is not None:
            wallet.forget_old()
        clean_up = remove_pictures(pictures, [purpose_of(payment) for payment in aged], now=device_clock())
        yield Opened(vault=vault, store=store, wallet=wallet, pictures=pictures, clean_up=clean_up)


def _pin(args: Namespace, report: Report) -> str:
    return read_pin(args, report.pick("PIN: ", "PIN："))


def _confirm(pin: str, report: Report) -> None:
    if getpass.getpass(report.pick("Again: ", "再输一次：")) != pin:
        raise ConsentTrouble("pins_differ")


def _folder(args: Namespace) -> Path:
    folder: Path = args.home / WALLET_FOLDER
    return folder
