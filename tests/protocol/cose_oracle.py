"""Other people's COSE, asked through a pipe: run by .venv-oracles, which knows nothing of Feiqian.

Reads one JSON object from standard input and writes one to standard output. Every statement is checked as it is, and
with one byte of its payload and of its external_aad changed; then the library signs the same payload itself.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cwt  # type: ignore[import-not-found]  # of .venv-oracles
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.algorithms import Es256  # type: ignore[import-not-found]  # of .venv-oracles
from pycose.headers import Algorithm  # type: ignore[import-not-found]  # of .venv-oracles
from pycose.keys import EC2Key  # type: ignore[import-not-found]  # of .venv-oracles
from pycose.keys.curves import P256  # type: ignore[import-not-found]  # of .venv-oracles
from pycose.messages import Sign1Message  # type: ignore[import-not-found]  # of .venv-oracles

TAG_SIGN1 = b"\xd2"


class Pycose:
    """pycose, which verifies to a bool."""

    def verifies(self, raw: bytes, aad: bytes, point: bytes) -> bool:
        """Whether it takes the signature for good."""
        message = Sign1Message.decode(TAG_SIGN1 + raw)
        message.external_aad = aad
        x, y = _coordinates(point)
        message.key = EC2Key(crv=P256, x=x, y=y)
        return bool(message.verify_signature())

    def signs(self, payload: bytes, aad: bytes, point: bytes, scalar: bytes) -> bytes:
        """A statement of its own, without tag."""
        x, y = _coordinates(point)
        message = Sign1Message(phdr={Algorithm: Es256}, payload=payload, external_aad=aad)
        message.key = EC2Key(crv=P256, x=x, y=y, d=scalar)
        made: bytes = message.encode(tag=False)
        return made


class Cwt:
    """python-cwt, which raises when it does not verify."""

    def verifies(self, raw: bytes, aad: bytes, point: bytes) -> bool:
        """Whether it takes the signature for good."""
        try:
            cwt.COSE.new().decode(TAG_SIGN1 + raw, keys=[self._key(point)], external_aad=aad)
        except cwt.VerifyError:
            return False
        return True

    def signs(self, payload: bytes, aad: bytes, point: bytes, scalar: bytes) -> bytes:
        """A statement of its own, without tag."""
        made: bytes = cwt.COSE.new().encode(payload, self._key(point, scalar), {1: -7}, {}, external_aad=aad)
        return made.removeprefix(TAG_SIGN1)

    @staticmethod
    def _key(point: bytes, scalar: bytes | None = None) -> Any:
        x, y = _coordinates(point)
        params = {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        return cwt.COSEKey.new(params if scalar is None else params | {-4: scalar})


def _coordinates(point: bytes) -> tuple[bytes, bytes]:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point).public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")


def _answer(library: Pycose | Cwt, asked: dict[str, str]) -> dict[str, Any]:
    raw, aad, point = (bytes.fromhex(asked[name]) for name in ("statement", "external_aad", "key"))
    payload, scalar = bytes.fromhex(asked["payload"]), bytes.fromhex(asked["scalar"])
    at = raw.index(payload) + len(payload) - 1
    altered = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    return {
        "good": library.verifies(raw, aad, point),
        "altered_payload": library.verifies(altered, aad, point),
        "altered_aad": library.verifies(raw, aad[:-1] + bytes([aad[-1] ^ 1]), point),
        "made": library.signs(payload, aad, point, scalar).hex(),
    }


def main() -> None:
    """Answers every question with every library."""
    asked = json.load(sys.stdin)
    libraries: dict[str, Pycose | Cwt] = {"pycose": Pycose(), "cwt": Cwt()}
    told = {name: {kind: _answer(library, it) for kind, it in asked.items()} for name, library in libraries.items()}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
