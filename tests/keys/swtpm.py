"""A real TPM 2.0 in software (swtpm), as a process of its own: made with a certificate of its own local authority.

What stands in for a maker here is swtpm's authority; in the field it is the maker of the chip.
"""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Swtpm:
    """One TPM. `address` is what FEIQIAN_TPM says; `authority` the PEM files of who certified it, root first."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"swtpm:host=127.0.0.1,port={self.port}"

    @property
    def authority(self) -> tuple[Path, Path]:
        return self.folder / "ca" / "swtpm-localca-rootca-cert.pem", self.folder / "ca" / "issuercert.pem"

    def stop(self) -> None:
        """Pull it out."""
        self.process.terminate()
        self.process.wait(timeout=10)

    def start(self) -> None:
        """Plug it in again, with what it held."""
        self.process = _run(self.folder / "state", self.port)

    def clear(self) -> None:
        """What a firmware menu calls clearing the TPM: the owner's keys and counters are gone."""
        pytss: Any = __import__("tpm2_pytss")
        with pytss.ESAPI(self.address) as esys:
            esys.clear(pytss.ESYS_TR.LOCKOUT)


def new_swtpm(folder: Path, *, certified: bool = True) -> Swtpm:
    """A running TPM that lives in `folder`."""
    state, authority = folder / "state", folder / "ca"
    state.mkdir(parents=True)
    authority.mkdir()
    if certified:
        _certify(folder, state, authority)
    with socket.socket() as here, socket.socket() as control:
        port = _two_ports(here, control)
    return Swtpm(folder, port, _run(state, port))


def _certify(folder: Path, state: Path, authority: Path) -> None:
    names = ("signingkey", "signkey.pem"), ("issuercert", "issuercert.pem"), ("certserial", "certserial")
    lines = [f"statedir = {authority}", *(f"{key} = {authority / name}" for key, name in names)]
    (folder / "localca.conf").write_text("\n".join(lines) + "\n")
    setup = {
        "create_certs_tool": "/usr/bin/swtpm_localca",
        "create_certs_tool_config": folder / "localca.conf",
        "create_certs_tool_options": "/etc/swtpm-localca.options",
        "active_pcr_banks": "sha256",
    }
    (folder / "setup.conf").write_text("".join(f"{key} = {value}\n" for key, value in setup.items()))
    command = ["swtpm_setup", "--tpm2", "--tpm-state", str(state), "--createek", "--create-ek-cert"]
    command += ["--config", str(folder / "setup.conf"), "--logfile", str(folder / "setup.log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + (folder / "setup.log").read_text()


def _two_ports(here: socket.socket, control: socket.socket) -> int:
    """A free port whose next one is free, too: that is where the TSS looks for swtpm's control channel."""
    for _ in range(100):
        here.bind(("127.0.0.1", 0))
        port: int = here.getsockname()[1]
        try:
            control.bind(("127.0.0.1", port + 1))
        except OSError:
            here.close()
            here = socket.socket()
            continue
        here.close()
        return port
    raise AssertionError("no two free ports side by side")


def _run(state: Path, port: int) -> subprocess.Popen[bytes]:
    command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags", "startup-clear"]
    command += ["--server", f"type=tcp,port={port},disconnect", "--ctrl", f"type=tcp,port={port + 1}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return process
        except OSError:
            assert process.poll() is None, "swtpm did not start"
            assert time.monotonic() < deadline, "swtpm does not listen"
            time.sleep(0.05)
