"""What a signature and a count cost where keys live in hardware: the figures of docs/benchmarks.md.

    .venv/bin/python benchmarks/keys.py

Starts a TPM and a token in software (swtpm, SoftHSM2), which stand in for chips. A chip is slower by one to three
orders of magnitude; what is measured here is the way to it.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from feiqian.keys.pkcs11 import Token
from feiqian.keys.software import SoftwareKeys
from feiqian.keys.tpm import TpmCounter, TpmKeys, new_counter
from feiqian.keys.tpm_session import Tpm
from tests.keys.softhsm import LABEL, MODULE, TOKEN_PIN, new_token
from tests.keys.swtpm import new_swtpm

ROUNDS = 300


def median_ms(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The middle one of so many times, milliseconds."""
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        took.append(time.perf_counter() - begun)
    return round(sorted(took)[rounds // 2] * 1e3, 3)


def main() -> None:
    """Measures and prints one object."""
    with tempfile.TemporaryDirectory() as folder:
        token = new_token(Path(folder) / "token")
        os.environ |= token.settings
        tpm = new_swtpm(Path(folder) / "tpm", certified=False)
        try:
            door = Tpm(tpm.address)
            keys, counter = TpmKeys(door, is_vouched=lambda: True), TpmCounter(door, new_counter())
            counter.begin()
            stored = keys.make()
            software, in_tpm = SoftwareKeys(), keys.load(stored)
            in_software = software.load(software.make())
            with Token(MODULE, LABEL, TOKEN_PIN) as opened:
                in_token = opened.make("bench")
                found = {
                    "software_sign_ms": median_ms(lambda: in_software.sign(b"x")),
                    "token_sign_ms": median_ms(lambda: in_token.sign(b"x")),
                    "tpm_sign_ms": median_ms(lambda: in_tpm.sign(b"x")),
                    "tpm_make_ms": median_ms(keys.make, 50),
                    "tpm_certify_ms": median_ms(lambda: keys.evidence(stored, bytes(32)), 50),
                    "counter_read_ms": median_ms(counter.value),
                    "counter_advance_ms": median_ms(counter.advance),
                }
        finally:
            tpm.stop()
    found["token_signatures_per_s"] = round(1e3 / found["token_sign_ms"])
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
