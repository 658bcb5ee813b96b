"""No byte of a verified message can be changed, cut off or added: it is refused, never accepted as something else.

Every accepted vector of a verifying check is tried at every byte. Where a byte may change, a rule below says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust_pack import decode_trust_pack
from tests.vectors.reader import files, load, name_of, run
from tests.vectors.scenario import ACCEPTED

VERIFYING = {
    "statement", "verify_payment", "verify_request", "verify_acknowledgement", "verify_settled_notice",
    "fork_proof", "trust",
}  # fmt: skip


def accepted() -> list[Path]:
    told = ((path, load(path)) for path in files())
    return [path for path, vector in told if vector["check"] in VERIFYING and vector["expect"] == ACCEPTED]


VECTORS = accepted()


@pytest.mark.parametrize("path", VECTORS, ids=name_of)
def test_a_changed_byte_is_refused(path: Path) -> None:
    vector = load(path)
    body = body_of(vector)
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ (1 << at % 8)]) + body[at + 1 :]
        check(vector, changed, f"byte {at}")


@pytest.mark.parametrize("path", VECTORS, ids=name_of)
def test_a_longer_or_shorter_message_is_refused(path: Path) -> None:
    vector = load(path)
    for what, changed in lengths(body_of(vector)):
        check(vector, changed, what)


def test_each_verifying_check_is_tried() -> None:
    assert {load(path)["check"] for path in VECTORS} == VERIFYING


def lengths(body: bytes) -> Iterator[tuple[str, bytes]]:
    for size in range(len(body)):
        yield f"cut to {size}", body[:size]
    for byte in (b"\x00", b"\x80", b"\xff"):
        yield f"with {byte.hex()} behind", body + byte
        yield f"with {byte.hex()} before", byte + body
    yield "twice", body + body


def check(vector: dict[str, Any], changed: bytes, what: str) -> None:
    try:
        output = run(with_body(vector, changed))
    except Refused:
        return
    assert may_change(vector, changed, output), f"accepted although changed: {what}"


def may_change(vector: dict[str, Any], changed: bytes, output: Any) -> bool:
    """The two places where a byte is not protected, and what makes each harmless."""
    if vector["check"] == "verify_request":
        # Nobody signed it, so it may be altered on its way; but then it is another request. The terminal waits for
        # an answer to the hash of its own, and above a small amount the wallet answers signed ones only.
        unsigned = vector["output"]["proved_name"] is None and output["proved_name"] is None
        return unsigned and output["request_hash"] != vector["output"]["request_hash"]
    if vector["check"] == "trust":
        # One root signature more than the threshold asks for: without it the others still reach the threshold.
        before, after = decode_trust_pack(body_of(vector)), decode_trust_pack(changed)
        same = (before.key_set, before.index, before.lists) == (after.key_set, after.index, after.lists)
        spare = len(before.root_signatures) > before.key_set.threshold
        return bool(same and spare and output == vector["output"])
    return False


def body_of(vector: dict[str, Any]) -> bytes:
    given = vector["input"]
    return bytes.fromhex(given["packs"][-1] if vector["check"] == "trust" else given["bytes"])


def with_body(vector: dict[str, Any], body: bytes) -> dict[str, Any]:
    given = vector["input"]
    if vector["check"] == "trust":
        return {**vector, "input": {**given, "packs": [*given["packs"][:-1], body.hex()]}}
    return {**vector, "input": {**given, "bytes": body.hex()}}
