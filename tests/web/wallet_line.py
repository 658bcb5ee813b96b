"""The TypeScript wallet as a process, and the operator of tests/wallet at its other end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from feiqian.ledger.papers import Papers
from feiqian.protocol.ids import AllowanceRef
from feiqian.protocol.words import Coded
from feiqian.wallet.ports import Declined
from tasks.web import WEB
from tests.vectors.scenario import as_json
from tests.wallet.world import Clock, Operator
from tests.web.node import environment

Json = Any


class TypeScriptWallet:
    """A running `wallet_line.ts`. `code_of` holds the code of the last act: empty when it was done."""

    def __init__(self, operator: Operator, clock: Clock) -> None:
        command = ["node", str(WEB / "tests" / "wallet_line.ts")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True)
        self._operator = operator
        self._clock = clock

    def act(self, name: str, **given: object) -> Json:
        """What came of an act. Raises `RefusedThere` with its code."""
        said = self._said({"do": name, "now": self._clock.now, **as_json(given)})
        while "ask" in said:
            said = self._said(self._answer(said))
        if "refused" in said:
            raise RefusedThere(said["refused"])
        return said["done"]

    def _said(self, line: Mapping[str, Json]) -> dict[str, Json]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "TypeScript ended with an exception that has no code; it stands above"
        told: dict[str, Json] = json.loads(answer)
        return told

    def _answer(self, asked: Mapping[str, Json]) -> dict[str, Json]:
        try:
            return as_json(self._asked(asked))  # type: ignore[no-any-return]
        except Declined as declined:
            return {"refused": declined.why.code, "declined": True}
        except Coded as failure:
            return {"refused": failure.code, "declined": False}

    def _asked(self, asked: Mapping[str, Json]) -> object:  # noqa: PLR0911  # one answer for each thing asked
        operator = self._operator
        octets = {name: bytes.fromhex(value) for name, value in asked.items() if _is_hex(name)}
        match asked["ask"]:
            case "trust_root":
                return operator.trust_root()
            case "trust_pack":
                return {"pack": operator.trust_pack()}
            case "enrol":
                key, proof = octets["account_key"], octets["proof"]
                return operator.enrol(code=asked["code"], account_key=key, proof=proof)
            case "top_up":
                granted = operator.top_up(amount_minor=asked["amount_minor"], **octets)
                return {"allowance": granted.raw, "code_key": granted.code_key}
            case "statement":
                return operator.statement()
            case "disputes":
                return {"notices": operator.disputes()}
            case "present":
                papers = {name: bytes.fromhex(value) for name, value in asked["papers"].items()}
                return operator.present(Papers(**papers), is_note=asked["is_note"])
            case _:
                operator.close_allowance(ref=AllowanceRef(octets["ref"]), closing=octets["closing"])
                return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)


class RefusedThere(Exception):
    """The TypeScript wallet refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _is_hex(name: str) -> bool:
    return name in {"account_key", "proof", "top_up_id", "device_key", "ref", "closing"}
