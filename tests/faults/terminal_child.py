"""One act of a terminal in a process of its own, to be killed at a crash point: `python -m … HOME ACT [FILE]`.

The operator is inside and deterministic, so a second process gets the same answer to the same batch, as from a real
one; every batch that is sent is appended to `sent` beside the vault.
"""

from __future__ import annotations

import sys
from pathlib import Path

from feiqian.protocol.ids import RequestHash
from tests.terminal.world import CODE, Counter, Operator, make_pack


class Recording(Operator):
    """Writes down what it was sent before it answers, as an operator's durable arrival."""

    log: Path

    def send_batch(self, batch: bytes) -> bytes:
        with self.log.open("a") as file:
            file.write(batch.hex() + "\n")
        return super().send_batch(batch)


def run(home: Path, act: str, given: bytes) -> bytes:
    """Does one act and returns what the payer would be shown."""
    counter = Counter(home / "till")
    terminal = counter.terminal
    operator = Recording(pack=make_pack(version=2))
    operator.log = home / "sent"
    match act:
        case "enrol":
            terminal.enrol(Operator(), server="s", code=CODE)
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
        case "notice":
            terminal.accept_notice(given)
        case "sync":
            assert terminal.sync(operator).troubles == []
        case "shift":
            terminal.close_shift()
        case "sign-out":
            terminal.sign_out()
        case _:
            raise ValueError(act)
    return b""


if __name__ == "__main__":
    folder, name, *files = sys.argv[1:]
    shown = run(Path(folder), name, Path(files[0]).read_bytes() if files else b"")
    sys.stdout.buffer.write(shown)
