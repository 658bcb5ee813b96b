"""What is left in the memory of a living process after its vault was locked: no data key, no private key, no token."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest

from feiqian.storage import vault as vaults
from feiqian.storage.vault_files import write_header
from feiqian.storage.wiping import wipe
from tests.terminal.world import PIN as TILL_PIN
from tests.terminal.world import enrolled
from tests.tidy.house import ROOT
from tests.wallet.world import PIN, World

NOW = 1_800_000_000
WALLET = """
import secrets, sys
from pathlib import Path
from feiqian.keys.software import SoftwareKeys
from feiqian.protocol.allowance import HolderCheck
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.ports import Parts
from feiqian.wallet.wallet import Wallet

def clock():
    return {now}

def use(folder):
    store = VaultWalletStore(Vault.open(folder, (folder.parent / "pin").read_text(), clock()))
    wallet = Wallet(Parts(store=store, keys=SoftwareKeys(), clock=clock, randomness=secrets.token_bytes))
    wallet.resume()
    wallet.one_way_code(5_00, HolderCheck.PIN)
    wallet.history()
    return wallet.lock
"""
TERMINAL = """
import secrets, sys
from pathlib import Path
from feiqian.keys.software import SoftwareKeys
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.terminal.terminal import Terminal

def use(folder):
    vault = Vault.open(folder, (folder.parent / "pin").read_text(), {now})
    store = VaultTerminalStore(vault)
    terminal = Terminal(store, keys=SoftwareKeys(), clock=lambda: {now}, randomness=secrets.token_bytes)
    terminal.request(exact_minor=10_00)
    return store.close
"""
REST = """
lock = use(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
lock()
del lock
print("locked", flush=True)
sys.stdin.readline()
"""


def spellings(name: str, secret: bytes) -> dict[str, bytes]:
    """As it may lie in memory: raw, the other way round as in a big number, in hexadecimal digits and base64."""
    return {
        f"{name} raw": secret,
        f"{name} reversed": secret[::-1],
        f"{name} hex": secret.hex().encode(),
        f"{name} base64": base64.b64encode(secret).rstrip(b"="),
        f"{name} base64url": base64.urlsafe_b64encode(secret).rstrip(b"="),
    }


def data_key_of(folder: Path, pin: str) -> bytes:
    key, header = vaults._guess(folder, pin, NOW)  # noqa: SLF001 - nobody else is told the key
    write_header(folder, header, vaults.UNLOCK_POINT)
    return bytes(bytearray(key))


def found_in(pid: int, wanted: dict[str, bytes]) -> set[str]:
    """Which of these lie in the memory of a process."""
    found: set[str] = set()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            matched = re.match(r"([0-9a-f]+)-([0-9a-f]+) r\S* \S+ \S+ \S+\s*(\S*)", line)
            if matched is None or matched[3] in {"[vvar]", "[vsyscall]", "[vvar_vclock]"}:
                continue
            start, end = int(matched[1], 16), int(matched[2], 16)
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, OverflowError, ValueError):
                continue
            found |= {name for name, secret in wanted.items() if secret in content}
    return found


def looked_at(script: str, folder: Path, wanted: dict[str, bytes]) -> tuple[set[str], set[str]]:
    """What is found in a child while its vault is open, and once it is locked."""
    command = [sys.executable, "-c", script.replace("{now}", str(NOW)) + REST, str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"open\n"
        opened = found_in(child.pid, wanted)
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"locked\n"
        return opened, found_in(child.pid, wanted)
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def test_after_lock_no_part_of_a_wallet_is_left_in_memory(tmp_path: Path) -> None:
    world = World(tmp_path / "wallet").enrol().top_up(100_00)
    (allowance,) = world.store.allowances()
    enrolment = world.store.enrolment()
    assert enrolment is not None
    wanted = spellings("allowance key", allowance.device_key) | spellings("account key", enrolment.account_key)
    world.wallet.lock()
    wanted |= spellings("data key", data_key_of(tmp_path / "wallet", PIN))
    (tmp_path / "pin").write_text(PIN)
    opened, locked = looked_at(WALLET, tmp_path / "wallet", wanted)
    assert {"data key raw", "allowance key raw"} <= opened, "an open wallet needs them: this test can see them"
    assert locked == set()


def test_after_lock_no_part_of_a_till_is_left_in_memory(tmp_path: Path) -> None:
    counter = enrolled(tmp_path / "till")
    enrolment = counter.store.enrolment()
    assert enrolment is not None
    wanted = spellings("till key", enrolment.key)
    counter.vault.close()
    wanted |= spellings("data key", data_key_of(tmp_path / "till", TILL_PIN))
    (tmp_path / "pin").write_text(TILL_PIN)
    opened, locked = looked_at(TERMINAL, tmp_path / "till", wanted)
    assert {"data key raw", "till key raw"} <= opened
    assert locked == set()


def test_wiping_overwrites_the_value_itself() -> None:
    secret, digits, buffer = bytes(range(64, 96)), "ab" * 16 + str(len(PIN)), bytearray(b"secret")
    wipe(secret, digits, buffer, None, b"", "")
    assert secret == bytes(32)
    assert digits == "\0" * 33
    assert buffer == bytes(6)


@pytest.mark.parametrize("shared", [b"k", "k"], ids=["bytes", "text"])
def test_what_python_shares_is_left_alone(shared: bytes | str) -> None:
    wipe(shared)
    assert shared in (b"k", "k")


def test_an_open_vault_leaves_no_core_dump(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from feiqian.storage.vault import Vault\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))\n"
        f"Vault.create(Path(sys.argv[1]), {PIN!r})\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "vault")], capture_output=True, check=True, text=True
    )
    assert done.stdout == "0\n"
