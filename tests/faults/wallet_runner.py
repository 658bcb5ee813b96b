"""A wallet in a process of its own, so that a test can kill it for real.

    python -m tests.faults.wallet_runner FOLDER ACT [FILE]

The operator in here is made of keys and answers that lie in FOLDER, so a process that comes after a killed one meets
the same operator. What an act shows is written to FOLDER/shown only after the wallet has returned it.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from feiqian.cli.key_stores import TPM, TPM_ADDRESS, choose_keys, key_parts
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.ids import AllowanceRef
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.backup import decode_backup
from feiqian.wallet.lock_troubles import PayingLocked
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Granted, Parts
from feiqian.wallet.records import LockAnswer
from feiqian.wallet.wallet import Wallet
from tests.wallet.world import PIN, PIN_HELD, World

OTHER = AllowanceLine(
    ref=AllowanceRef(b"elsewher"),
    closed=False,
    complete=True,
    reserved_minor=50_00,
    waiting_minor=20_00,
    deadline=1_800_500_000,
)
"""An allowance of the same payer on another device, as the operator's books have it."""
KEYS = ("root_key", "online", "issuer", "acquirer")


class TpmWorld(World):
    """A world whose wallet keeps its keys in the TPM that FEIQIAN_TPM names."""

    def open(self, *, create: bool = False, pin: str = PIN) -> Wallet:
        vault = Vault.create(self.folder, pin) if create else Vault.open(self.folder, pin, self.clock.now)
        self.vault, self.store = vault, VaultWalletStore(vault)
        choose_keys(self.store, TPM)
        keys, counter = key_parts(self.store)
        parts = Parts(store=self.store, keys=keys, clock=self.clock, randomness=secrets.token_bytes, counter=counter)
        return Wallet(parts)


def world_in(folder: Path) -> World:
    """The world of this folder; made when it is not there."""
    vault = folder / "wallet"
    kind = TpmWorld if os.environ.get(TPM_ADDRESS) else World
    return meet_operator(kind(vault, create=not (vault / "lock.json").exists()), folder)


def meet_operator(world: World, folder: Path) -> World:
    """Gives the world's operator and terminal the keys and answers of this folder."""
    file = folder / "keys.json"
    if not file.exists():
        names = (*KEYS, "terminal")
        file.write_text(json.dumps({name: SoftwareKey.generate().scalar.hex() for name in names}))
    keys = {name: SoftwareKey(bytes.fromhex(scalar)) for name, scalar in json.loads(file.read_text()).items()}
    for name in KEYS:
        setattr(world.operator, name, keys[name])
    world.use_terminal(keys["terminal"])
    issued = folder / "issued.json"
    if issued.exists():
        found = json.loads(issued.read_text())
        world.operator.issued = {bytes.fromhex(top_up): bytes.fromhex(raw) for top_up, raw in found.items()}
    return world


def keep_answers(world: World, folder: Path) -> None:
    """What the operator has issued is known to it whatever happens to the wallet."""
    found = {top_up.hex(): raw.hex() for top_up, raw in world.operator.issued.items()}
    (folder / "issued.json").write_text(json.dumps(found))


def main() -> None:
    """One act of the wallet."""
    folder, act = Path(sys.argv[1]), sys.argv[2]
    world = world_in(folder)
    answer = world.operator.top_up

    def answer_and_remember(**asked: object) -> Granted:
        raw = answer(**asked)  # type: ignore[arg-type]  # passed on as it came
        keep_answers(world, folder)
        return raw

    world.operator.top_up = answer_and_remember  # type: ignore[method-assign]
    shown = folder / "shown"
    body = (folder / sys.argv[3]).read_bytes() if len(sys.argv) > 3 else b""
    match act:
        case "enrol":
            world.enrol()
        case "top-up":
            world.top_up(300_00)
        case "pay":
            shown.write_bytes(world.wallet.pay(world.wallet.consider(body), PIN_HELD).body)
        case "code":
            shown.write_bytes(world.wallet.one_way_code(5_00, PIN_HELD).body)
        case "take":
            world.wallet.take_acknowledgement(body)
        case "age":
            world.clock.now += 1000
            world.wallet.resume()
        case "forget" | "vouch":
            (world.wallet.forget_old if act == "forget" else world.store.vouch)()
        case "close":
            world.wallet.close(world.operator)
        case "clock-back" | "unlock" | "restore" | "hear":
            seldom(world, act, body)
        case "sync":
            world.operator.index_version = 2
            world.operator.cheques = all_claimed(world)
            world.wallet.sync(world.operator)
        case _:
            raise ValueError(act)
    world.wallet.lock()


def seldom(world: World, act: str, body: bytes) -> None:
    """A clock that went back stops the wallet; the operator lets it go on; and what is about other devices."""
    if act == "restore":
        world.wallet.put_back(decode_backup(body))
        return
    if act == "hear":
        world.operator.lines = [OTHER]
        world.wallet.sync(world.operator)
        return
    if act == "unlock":
        world.operator.answers_lock = LockAnswer.ALLOWED
        world.wallet.unlock_online(world.operator)
        return
    world.clock.now -= 40 * 86_400
    with suppress(PayingLocked):
        world.wallet.one_way_code(5_00, PIN_HELD)


def all_claimed(world: World) -> list[ChequeLine]:
    """The operator's books: everything drawn was claimed and paid."""
    (live,) = world.wallet.holdings().lives
    return [
        ChequeLine(
            cheque_id=payment.cheque_id,
            ref=live.allowance.ref,
            paid_minor=payment.amount_minor,
            waiting_minor=0,
            deadline=live.deadline_at,
            given_back=False,
            forked=False,
            payee_name=None,
        )
        for payment in world.store.payments()
    ]


if __name__ == "__main__":
    main()
