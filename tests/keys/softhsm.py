"""A PKCS#11 token in software (SoftHSM2), in a folder of its own: it stands in for a hardware security module."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN_PIN, LABEL = "5829-token", "feiqian test"


@dataclass
class SoftHsm:
    """One token. Processes find it by SOFTHSM2_CONF, which `settings` are."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def pin_file(self) -> Path:
        return self.folder / "token.pin"


def new_token(folder: Path, label: str = LABEL) -> SoftHsm:
    """An empty token."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    token = SoftHsm(folder)
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        label,
        "--pin",
        TOKEN_PIN,
        "--so-pin",
        "8264-officer",
    ]
    subprocess.run(command, env=os.environ | token.settings, capture_output=True, check=True)
    token.pin_file.write_text(f"{TOKEN_PIN}\n")
    token.pin_file.chmod(0o600)
    return token
