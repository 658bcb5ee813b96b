"""The payer's phone of `feiqian bench nfc`, a process of its own.

    python -m feiqian.cli.bench_nfc_phone HOME PIN_FILE

For each line on standard input it enters the reader's field, pays, and writes when it entered as a number of seconds.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from select import select
from typing import Final

from feiqian.cli.device import device_clock, read_secret
from feiqian.keys.software import SoftwareKeys
from feiqian.links.nfc_card import NfcCard
from feiqian.links.vpcd import VirtualCard
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.words import Coded
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.ports import Parts
from feiqian.wallet.tapping import Consent, Tapping
from feiqian.wallet.wallet import Wallet

UP_TO_MINOR: Final = 50_00
HOLD_S: Final = 10.0


def main() -> None:
    """Until standard input ends."""
    home, pin = Path(sys.argv[1]), read_secret(Path(sys.argv[2]))
    with Vault.open(home / "wallet", pin, device_clock()) as vault:
        store = VaultWalletStore(vault)
        parts = Parts(
            store=store,
            keys=SoftwareKeys(),
            clock=device_clock,
            randomness=secrets.token_bytes,
            anomaly=None,  # sixty payments in a minute would lock it
        )
        wallet = Wallet(parts)
        membership = store.membership()
        currency = "" if membership is None else membership.currency
        for _ in sys.stdin:
            consent = Consent(up_to_minor=UP_TO_MINOR, currency=currency, until=device_clock() + int(HOLD_S))
            print(json.dumps(hold(wallet, consent)), flush=True)


def hold(wallet: Wallet, consent: Consent) -> float | None:
    """Hold the wallet there until it has its receipt; when it entered the field, None if it got none."""
    tapping = Tapping(wallet, holder_check=HolderCheck.PIN, clock=device_clock, consent=consent)
    until = time.monotonic() + HOLD_S
    touched = time.monotonic()
    with VirtualCard(NfcCard(tapping, _say)) as held:
        while not tapping.is_done and time.monotonic() < until:
            ready, _, _ = select([held], [], [], HOLD_S)
            if ready and not held.serve():
                break
    return touched if tapping.is_done else None


def _say(failure: Coded) -> None:
    """Why the wallet refused, for whoever reads the measurement's standard error."""
    print(failure.words("en").message, file=sys.stderr)


if __name__ == "__main__":
    main()
