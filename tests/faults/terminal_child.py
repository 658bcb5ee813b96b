"""One act of a terminal in a process of its own, to be killed at a crash point: `python -m … HOME ACT [FILE]`.

The operator is inside and deterministic, so a second process gets the same answer to the same batch, as from a real
one; every batch with claims that is sent is appended to `sent` beside the vault.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from feiqian.protocol.claim import decode_batch
from feiqian.protocol.ids import RequestHash
from feiqian.terminal.evidence import ForkSeen
from feiqian.terminal.terminal import Terminal
from tests.terminal.world import CODE, Counter, Operator, make_pack


class Recording(Operator):
    """Writes down what it was sent before it answers, as an operator's durable arrival."""

    log: Path

    def send_batch(self, batch: bytes) -> bytes:
        if decode_batch(batch).claims:
            with self.log.open("a") as file:
                file.write(batch.hex() + "\n")
        return super().send_batch(batch)


def run(home: Path, act: str, given: bytes) -> bytes:
    """Does one act and returns what the payer would be shown."""
    terminal = Counter(home / "till").terminal
    operator = Recording(pack=make_pack(version=2))
    operator.log = home / "sent"
    match act:
        case "enrol":
            terminal.enrol(Operator(), server="s", code=CODE)
        case "notice":
            terminal.accept_notice(given)
        case "hear" | "sync":
            for number, paid_minor in ((1, 6_00), (2, 7_00)):
                if act == "hear":
                    operator.tell("fork", terminal.payment(receipt=number).cheque_id, paid_minor)
            assert terminal.sync(operator).troubles == []
        case "shift":
            terminal.close_shift()
        case "sign-out":
            terminal.sign_out()
        case "forget":
            terminal.forget_old()
        case _:
            return shown_at_the_counter(terminal, act, given)
    return b""


def shown_at_the_counter(terminal: Terminal, act: str, given: bytes) -> bytes:
    """What an act at the counter shows, or keeps."""
    match act:
        case "request":
            return terminal.request(exact_minor=10_00).shown
        case "accept":
            return terminal.accept(given).receipt
        case "take-code":
            return terminal.take_code(given, due_minor=5_00, at_own_risk=True).receipt
        case "void":
            return terminal.void(terminal.payment(receipt=1), total_minor=4_00).shown
        case "cancel":
            return terminal.cancel(RequestHash(given)).shown
        case "fork":
            with pytest.raises(ForkSeen) as caught:
                terminal.accept(given)
            return b"" if caught.value.proof is None else caught.value.proof.raw
        case _:
            raise ValueError(act)


if __name__ == "__main__":
    folder, name, *files = sys.argv[1:]
    shown = run(Path(folder), name, Path(files[0]).read_bytes() if files else b"")
    sys.stdout.buffer.write(shown)
