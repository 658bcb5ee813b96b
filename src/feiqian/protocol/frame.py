"""Frames: a message larger than one code, cut into pieces of at most 300 bytes (spec 02).

Nobody signs frames: the whole is verified once it is joined. The hash only keeps pieces of two messages apart and
tells when all are there.
"""

import hashlib
from collections.abc import Iterable, Sequence

from feiqian.protocol.cose import Kind
from feiqian.protocol.layout import Layout, octets, uint
from feiqian.protocol.limits import FRAME_MAX_BYTES, FRAMES_MAX, ID_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

PART_MAX_BYTES = 250

LAYOUT = Layout(
    Kind.FRAME,
    uint(1, "number", FRAMES_MAX, low=1),
    uint(2, "total", FRAMES_MAX, low=2),
    octets(3, "whole_hash", ID_BYTES),
    octets(4, "part", 1, up_to=PART_MAX_BYTES),
)


def split(body: bytes) -> list[bytes]:
    """The frames of `body`, in order. Raises Refused TOO_LARGE beyond 64 frames."""
    parts = [body[at : at + PART_MAX_BYTES] for at in range(0, len(body), PART_MAX_BYTES)]
    if len(parts) > FRAMES_MAX:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(parts)} frames, at most {FRAMES_MAX}")
    if len(parts) < 2:
        raise ValueError("a message that fits into one frame travels whole")
    whole_hash = hashlib.sha256(body).digest()
    return [
        LAYOUT.encode({"number": number, "total": len(parts), "whole_hash": whole_hash, "part": part})
        for number, part in enumerate(parts, start=1)
    ]


def is_frame(body: bytes) -> bool:
    """True if `body` begins as a frame does."""
    return len(body) > 2 and 0xA0 < body[0] < 0xB8 and body[1:3] == bytes((0, Kind.FRAME))


def join(frames: Iterable[bytes]) -> bytes:
    """The message whose frames these are, in any order, repeats allowed.

    Raises Refused FRAME_MISMATCH when they are of different messages or do not give the stated hash,
    FRAME_INCOMPLETE while some are missing.
    """
    parts: dict[int, bytes] = {}
    about: tuple[int, bytes] | None = None
    for raw in frames:
        values = LAYOUT.decode(raw, max_bytes=FRAME_MAX_BYTES)
        here = (values["total"], values["whole_hash"])
        about = about or here
        if here != about or parts.setdefault(values["number"], values["part"]) != values["part"]:
            raise Refused(RefusalCode.FRAME_MISMATCH, "frames of different messages")
    if about is None:
        raise Refused(RefusalCode.FRAME_INCOMPLETE, "no frame at all")
    total, whole_hash = about
    missing = missing_numbers(parts.keys(), total)
    if missing:
        raise Refused(RefusalCode.FRAME_INCOMPLETE, f"{len(missing)} of {total} are missing")
    body = b"".join(parts[number] for number in range(1, total + 1))
    if len(parts) != total or hashlib.sha256(body).digest() != whole_hash:
        raise Refused(RefusalCode.FRAME_MISMATCH, "the joined message has another hash")
    return body


def missing_numbers(seen: Iterable[int], total: int) -> Sequence[int]:
    """Which of the frames 1..total have not been seen."""
    have = set(seen)
    return [number for number in range(1, total + 1) if number not in have]
