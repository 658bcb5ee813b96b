"""Two independent COSE libraries take our statements for good, and we take theirs.

They live in .venv-oracles (`python3 dev.py setup`), because they need an older cbor2. Without it these tests are
skipped, which CI=true turns into a failure.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from feiqian.protocol import cose
from feiqian.protocol.cose import Kind
from feiqian.protocol.keys import load_public_key, low_s
from feiqian.protocol.refusals import RefusalCode, Refused
from tests.vectors.message_scenarios import SIGNERS
from tests.vectors.reader import FOLDER, load
from tests.vectors.world import key

ORACLES = Path(__file__).resolve().parents[2] / ".venv-oracles" / "bin" / "python"
SCRIPT = Path(__file__).with_name("cose_oracle.py")
LIBRARIES = ["pycose", "cwt"]

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not ORACLES.exists(), reason=".venv-oracles is missing: python3 dev.py setup makes it"),
]


@cache
def questions() -> dict[str, dict[str, str]]:
    """The signed vector of every kind, with the key that signed it."""
    asked = {}
    for kind, (_, label) in SIGNERS.items():
        vector = load(FOLDER / kind.replace("_", "-") / "signed.json")
        given = vector["input"]
        binding = bytes.fromhex(given["binding"])
        asked[kind] = {
            "statement": given["bytes"],
            "payload": vector["output"]["payload"],
            "key": given["key"],
            "external_aad": cose.external_aad(Kind[kind.upper()], vector["context"]["deployment"], binding).hex(),
            "binding": given["binding"],
            "deployment": vector["context"]["deployment"],
            "scalar": key(label).scalar.hex(),
        }
    return asked


@cache
def answers() -> dict[str, dict[str, dict[str, Any]]]:
    """What the libraries say, asked once for all tests of this process."""
    command: list[str | Path] = [ORACLES, "-W", "ignore", SCRIPT]
    done = subprocess.run(command, input=json.dumps(questions()), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, dict[str, dict[str, Any]]] = json.loads(done.stdout)
    return told


def test_every_kind_that_is_signed_is_asked_about() -> None:
    unsigned = {Kind.FORK_PROOF, Kind.TRUST_PACK, Kind.FRAME, Kind.CREDIT, Kind.CLAIM}
    assert {Kind[kind.upper()] for kind in SIGNERS} == set(Kind) - unsigned


@pytest.mark.parametrize("kind", SIGNERS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_our_statement_is_good_to_others(library: str, kind: str) -> None:
    told = answers()[library][kind]
    assert told["good"]
    assert not told["altered_payload"]
    assert not told["altered_aad"]


@pytest.mark.parametrize("kind", SIGNERS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_statement_of_others_is_good_to_us(library: str, kind: str) -> None:
    """Their s is high half of the time, which we refuse; the same signature with low s is ours."""
    asked, made = questions()[kind], bytes.fromhex(answers()[library][kind]["made"])
    normal = made[:-64] + low_s(made[-64:])
    assert normal[:-64] == bytes.fromhex(asked["statement"])[:-64]
    point = load_public_key(bytes.fromhex(asked["key"]))
    prefix = cose.signing_prefix(Kind[kind.upper()], asked["deployment"], bytes.fromhex(asked["binding"]))
    envelope = cose.open_envelope(normal, max_bytes=len(normal))
    statement_id = cose.verify(envelope, prefix, point, RefusalCode.ISSUER_SIGNATURE_INVALID)
    assert statement_id == cose.digest(prefix, bytes.fromhex(asked["payload"]))
    if made != normal:
        with pytest.raises(Refused, match="signature_high_s"):
            cose.verify(cose.open_envelope(made, max_bytes=len(made)), prefix, point, RefusalCode.NOT_COVERED)
