"""A scenario: one question to a verifier and its one right answer, as a file in vectors/ holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from feiqian.protocol.cose import Envelope
from feiqian.protocol.refusals import RefusalCode

ACCEPTED = "accepted"
NOT_PART_OF_THE_VALUE = {"envelope", "payload"}

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file. `name` is its path in vectors/ without suffix; `neighbour` is that of the accepted one beside it."""

    name: str
    title: str
    why: str
    check: str
    input: Mapping[str, Json]
    context: Mapping[str, Json] = field(default_factory=dict)
    expect: str = ACCEPTED
    output: Mapping[str, Json] | None = None
    neighbour: str | None = None

    def text(self) -> str:
        """The file's text."""
        content: dict[str, Json] = {
            "title": self.title,
            "why": self.why,
            "check": self.check,
            "input": as_json(self.input),
            "context": as_json(self.context),
            "expect": self.expect,
        }
        if self.expect == ACCEPTED:
            content["output"] = as_json(self.output)
        else:
            content["neighbour"] = f"{self.neighbour}.json"
        return json.dumps(content, indent=2) + "\n"

    def write(self, folder: Path) -> None:
        """Writes the file below `folder`."""
        path = folder / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(), encoding="utf-8")


class Shelf:
    """The scenarios of one subject, in the order in which they are told."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []

    def accept(self, name: str, title: str, why: str, *, output: Mapping[str, Json], **given: Any) -> None:
        """Adds a scenario that is accepted with this output."""
        self.scenarios.append(Scenario(name=name, title=title, why=why, output=output, **given))

    def refuse(self, name: str, title: str, why: str, *, code: RefusalCode, beside: str, **given: Any) -> None:
        """Adds a scenario that is refused; `beside` differs from it only in the thing refused and is accepted."""
        self.scenarios.append(Scenario(name=name, title=title, why=why, expect=code.value, neighbour=beside, **given))


def as_json(value: object) -> Json:
    """A protocol value as vectors spell it: bytes as hex, records as objects without their absent parts."""
    spelt: Json
    match value:
        case bool() | str() | None:
            spelt = value
        case int():
            spelt = int(value)
        case bytes():
            spelt = value.hex()
        case Envelope():
            spelt = value.raw.hex()
        case Mapping():
            spelt = {str(name): as_json(part) for name, part in value.items()}
        case _ if hasattr(value, "terms"):  # a decoded message: what it says, not what is derived from it
            spelt = {"terms": as_json(value.terms)}
        case _ if names := _names(value):
            spelt = _record({name: getattr(value, name) for name in names})
        case Sequence():
            spelt = [as_json(part) for part in value]
        case _:
            raise TypeError(f"vectors have no spelling for {type(value).__name__}")
    return spelt


def _names(value: object) -> tuple[str, ...]:
    """The fields of a record; none for anything else."""
    if isinstance(value, type) or not is_dataclass(value):
        return getattr(value, "_fields", ())
    return tuple(part.name for part in fields(value))


def _record(values: Mapping[str, object]) -> Json:
    return {
        name: as_json(part) for name, part in values.items() if part is not None and name not in NOT_PART_OF_THE_VALUE
    }
