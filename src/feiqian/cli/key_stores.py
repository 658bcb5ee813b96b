"""Where a wallet's keys live, chosen once with `wallet enrol --keys`, and put together at every opening.

- software: in the wallet's encrypted store;
- tpm: in the TPM that FEIQIAN_TPM names, with a counter beside them that tells an older copy of the store;
- card: one key for all, on a smart card in a reader of this machine (`card_keys`).

Opening asks no hardware: history and receipts are there without it. Whoever draws a cheque meets it.
"""

import os
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.report import Report
from feiqian.cli.wallet_troubles import ConsentTrouble
from feiqian.keys.software import SoftwareKeys
from feiqian.keys.troubles import KeyTrouble
from feiqian.protocol.words import Coded
from feiqian.storage.crash import crash_point
from feiqian.wallet.ports import Conflict, HardwareCounter, KeyMaker, WalletStore
from feiqian.wallet.records import KeyHome

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient
    from feiqian.wallet.wallet import Wallet

SOFTWARE, TPM, CARD = "software", "tpm", "card"
KINDS: Final = (SOFTWARE, TPM, CARD)
TPM_ADDRESS: Final = "FEIQIAN_TPM"
ADVANCE_POINT: Final = "wallet.advance"
CRASH_POINTS: Final = (f"{ADVANCE_POINT}:before-advance", f"{ADVANCE_POINT}:after-advance")
_WORDS: Final = {SOFTWARE: ("in software", "软件"), TPM: ("in a TPM", "TPM"), CARD: ("on a smart card", "智能卡")}


class NamedCounter:
    """A counter with the points at which a test kills the process, right before and right after it moves."""

    def __init__(self, counter: HardwareCounter) -> None:
        self._counter = counter

    def begin(self) -> int:
        return self._counter.begin()

    def value(self) -> int:
        return self._counter.value()

    def advance(self) -> None:
        crash_point(f"{ADVANCE_POINT}:before-advance")
        self._counter.advance()
        crash_point(f"{ADVANCE_POINT}:after-advance")


def choose_keys(store: WalletStore, kind: str) -> None:
    """Makes this the place of all keys of a new wallet. Raises ConsentTrouble keys_chosen, KeyTrouble, CardTrouble."""
    found = store.key_home()
    if kind == (SOFTWARE if found is None else found.kind):
        return
    if kind == TPM:
        if not os.environ.get(TPM_ADDRESS):
            raise KeyTrouble("tpm_not_named")
        from feiqian.keys.tpm import new_counter
        from feiqian.keys.tpm_session import library

        library()
        home = KeyHome(kind=TPM, counter=new_counter())
    else:
        if kind == CARD:
            from feiqian.cli.card_keys import card_keys

            card_keys().make()  # the card is there and has a key, or nothing is chosen
        home = KeyHome(kind=kind)
    try:
        store.choose_key_home(home)
    except Conflict:
        raise ConsentTrouble("keys_chosen", where=SOFTWARE if found is None else found.kind) from None


def key_parts(store: WalletStore) -> tuple[KeyMaker, HardwareCounter | None]:
    """The key maker of this wallet, and the counter beside its keys. Raises KeyTrouble for a damaged record."""
    home = store.key_home()
    if home is None or home.kind == SOFTWARE:
        return SoftwareKeys(), None
    if home.kind == CARD:
        from feiqian.cli.card_keys import card_keys

        return card_keys(), None
    from feiqian.keys.tpm import TpmCounter, TpmKeys
    from feiqian.keys.tpm_session import Tpm

    tpm = Tpm(os.environ.get(TPM_ADDRESS, ""))
    return TpmKeys(tpm, is_vouched=lambda: is_vouched(store)), NamedCounter(TpmCounter(tpm, home.counter or b""))


def is_vouched(store: WalletStore) -> bool:
    """Whether the operator knows the hardware that holds the keys."""
    home = store.key_home()
    return home is not None and home.vouched


def introduce(store: WalletStore, client: "OperatorClient", report: Report) -> "Coded | None":
    """Shows the operator this TPM, once; what speaks against it, if anything: then keys count as if in software.

    May be repeated, and is, until the operator knows it.
    """
    home = store.key_home()
    if home is None or home.kind != TPM or home.vouched:
        return None
    from feiqian.keys.tpm import TpmKeys
    from feiqian.keys.tpm_session import Tpm

    report.say("Showing the operator this TPM…", "正在向运营方出示此 TPM……")
    keys = TpmKeys(Tpm(os.environ.get(TPM_ADDRESS, "")), is_vouched=lambda: False)
    try:
        shown = keys.endorsement()
        about = {"ek_certificate": shown.certificate, "ak_public": shown.attestation_key}
        asked = client.tpm_challenge(**about, ek_issuers=())
        client.tpm_key(secret=keys.activate(asked))
    except Coded as trouble:
        return trouble
    store.vouch()
    return None


def key_keys(wallet: "Wallet") -> dict[str, Any]:
    """For programs: where the keys live, and what keeps them from being used, if anything."""
    home, trouble = wallet.key_home(), wallet.counting_trouble()
    return {
        "keys": {
            "store": SOFTWARE if home is None else home.kind,
            "vouched": home is not None and home.vouched,
            "trouble": None if trouble is None else trouble.code,
        }
    }


def key_lines(wallet: "Wallet", report: Report) -> list[str]:
    """For people: what keeps the keys from being used; nothing when nothing does."""
    trouble = wallet.counting_trouble()
    if trouble is None:
        return []
    words = trouble.words(report.language)
    return [f"[bold]{words.message}[/bold]", words.safe, f"→ {words.next}"]


def key_words(wallet: "Wallet", report: Report) -> str:
    """For people: where the keys live."""
    home = wallet.key_home()
    said = report.pick(*_WORDS[SOFTWARE if home is None else home.kind])
    if home is not None and home.kind == TPM and not home.vouched:
        said += report.pick(" (the operator counts them as in software)", "（运营方视同软件密钥）")
    return said


def doubt_lines(doubt: Coded | None, report: Report) -> list[str]:
    """For people: why the operator counts the keys as in software; nothing when it does not."""
    if doubt is None:
        return []
    says = report.pick(
        "Until the operator knows this TPM, its keys count as in software:", "运营方认可此 TPM 之前，密钥视同软件密钥："
    )
    return [f"{says} {doubt.words(report.language).message}"]
