"""The TypeScript implementation as a process that tests ask: one question a line, one outcome a line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tasks.web import WEB, node_first

BOTH_WAYS = WEB / "tests" / "both_ways.ts"

Json = Any


def node(*words: str, given: str | None = None) -> str:
    """What a Node program says on standard output, given this on its standard input."""
    done = subprocess.run(
        ["node", *words], cwd=WEB, env=environment(), input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    """Ours, with a Node that is new enough first on the path."""
    return {**os.environ, **node_first()}


class TypeScript:
    """A running `both_ways.ts answers`."""

    def __init__(self) -> None:
        command = ["node", str(BOTH_WAYS), "answers"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True)

    def ask(self, question: Mapping[str, Json]) -> tuple[str, Json]:
        """The outcome of a vector's question: `accepted` and its output, or the refusal's code and None."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "TypeScript ended with an exception that is no refusal; it stands above"
        told = json.loads(line)
        return told["expect"], told["output"]

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
