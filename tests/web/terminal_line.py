"""The TypeScript terminal as a process, and the operator of tests/terminal at its other end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from feiqian.protocol.words import Coded
from tasks.web import WEB
from tests.terminal.world import Operator
from tests.vectors.scenario import as_json
from tests.web.node import environment

Json = Any


class RefusedThere(Exception):
    """The TypeScript terminal refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TypeScriptTerminal:
    """A running `terminal_line.ts`; `clock` says which time its device has."""

    def __init__(self, operator: Operator, clock: Callable[[], int]) -> None:
        command = ["node", str(WEB / "tests" / "terminal_line.ts")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True)
        self._operator = operator
        self._clock = clock

    def act(self, name: str, **given: object) -> Json:
        """What came of an act. Raises `RefusedThere` with its code."""
        said = self._said({"do": name, "now": self._clock(), **as_json(given)})
        while "ask" in said:
            said = self._said(self._answer(said))
        if "refused" in said:
            raise RefusedThere(said["refused"])
        return said.get("done")

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
        except Coded as failure:
            return {"refused": failure.code}

    def _asked(self, asked: Mapping[str, Json]) -> object:
        operator = self._operator
        match asked["ask"]:
            case "trust_root":
                return operator.trust_root()
            case "enrol_terminal":
                key, proof = bytes.fromhex(asked["terminal_key"]), bytes.fromhex(asked["proof"])
                reply = operator.enrol_terminal(enrolment_code=asked["enrolment_code"], terminal_key=key, proof=proof)
                return {"certificate": reply.certificate, "token": "secret", "trust_root": reply.trust_root}
            case "trust_pack":
                pack = operator.trust_pack(etag=asked.get("etag"))
                return {} if pack is None else {"raw": pack.raw, "etag": pack.etag}
            case "send_batch":
                return {"answer": operator.send_batch(bytes.fromhex(asked["batch"]))}
            case _:
                return {"events": operator.payee_statement(after=asked.get("after")).events}

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
