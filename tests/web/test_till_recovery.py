"""A till's sealed key goes both ways: a browser seals what `operator recover-till` opens, and opens what it answers."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from feiqian.cli.till_recovery_file import ANSWER, REQUEST, RecoveryFile, read_recovery_file
from feiqian.keys.software import SoftwareKey
from feiqian.keys.till_recovery import NotSealedForThis, open_as_operator, seal_for_payee
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.limits import REF_BYTES
from feiqian.protocol.possession import CODE_RANDOM_BYTES, spell_code
from tasks.web import WEB
from tests.web.node import node

ENDS = WEB / "tests" / "till_recovery_ends.ts"
DATA_KEY = secrets.token_bytes(32)
TERMINAL = TerminalRef(secrets.token_bytes(REF_BYTES))
DEPLOYMENTS = ("cafe-blau.example", "café-飞钱.example")


def ask(**given: str) -> str:
    return node(str(ENDS), given=json.dumps(given))


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_operator_opens_what_a_browser_seals_and_nobody_else_does(tmp_path: Path, deployment: str) -> None:
    operator = SoftwareKey.generate()
    told = ask(
        recovery_key=operator.public_key.hex(), data_key=DATA_KEY.hex(), deployment=deployment, terminal=TERMINAL.hex()
    )
    path = tmp_path / "till.recovery.json"
    path.write_text(told, encoding="utf-8")
    file = read_recovery_file(path, REQUEST)
    assert (file.deployment, file.terminal_ref) == (deployment, TERMINAL)
    assert open_as_operator(operator.scalar, file.sealed, deployment, TERMINAL) == DATA_KEY
    for scalar, name, terminal in (
        (SoftwareKey.generate().scalar, deployment, TERMINAL),
        (operator.scalar, deployment + "x", TERMINAL),
        (operator.scalar, deployment, bytes(REF_BYTES)),
    ):
        with pytest.raises(NotSealedForThis):
            open_as_operator(scalar, file.sealed, name, terminal)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_browser_opens_what_the_operator_answers_with_its_code_only(deployment: str) -> None:
    code = spell_code(secrets.token_bytes(CODE_RANDOM_BYTES))
    sealed = seal_for_payee(code, DATA_KEY, deployment, TERMINAL)

    def answered(code: str, *, sealed: bytes = sealed, deployment: str = deployment) -> str:
        file = RecoveryFile(kind=ANSWER, deployment=deployment, terminal_ref=TERMINAL, sealed=sealed)
        return ask(answer=file.encode().decode(), code=code)

    assert answered(code) == DATA_KEY.hex()
    assert answered(code.replace("-", " ").lower()) == DATA_KEY.hex()
    another = spell_code(secrets.token_bytes(CODE_RANDOM_BYTES))
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    assert answered(another) == answered(code, sealed=altered) == answered(code, deployment="another") == "not ours"
