"""Keys: one spelling of a signature, one of a point, and ids that show little."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import example, given
from hypothesis import strategies as st

from feiqian.keys.software import SoftwareKey
from feiqian.protocol import keys
from feiqian.protocol.ids import masked
from feiqian.protocol.keys import (
    CURVE_ORDER,
    HALF_ORDER,
    PublicKey,
    key_id_of,
    load_public_key,
    low_s,
)
from feiqian.protocol.refusals import RefusalCode, Refused
from tests.vectors.world import key, public

CODE = RefusalCode.DEVICE_SIGNATURE_INVALID
MESSAGE = b"ten thousand strings of cash"
DIGEST = hashlib.sha256(MESSAGE).digest()


@given(st.integers(1, CURVE_ORDER - 1))
def test_low_s_is_low_and_its_own_inverse(s: int) -> None:
    r = bytes(31) + b"\x01"
    low = low_s(r + s.to_bytes(32, "big"))
    assert low[:32] == r
    assert 0 < int.from_bytes(low[32:], "big") <= HALF_ORDER
    assert low == low_s(low) == low_s(r + (CURVE_ORDER - s).to_bytes(32, "big"))


@pytest.mark.parametrize(("s", "expected"), [(1, 1), (HALF_ORDER, HALF_ORDER), (HALF_ORDER + 1, HALF_ORDER)])
def test_low_s_at_its_bound(s: int, expected: int) -> None:
    assert int.from_bytes(low_s(bytes(32) + s.to_bytes(32, "big"))[32:], "big") == expected


def test_a_signature_with_s_flipped_is_refused_and_normalises_back() -> None:
    signature = key("signer").sign(MESSAGE)
    s = int.from_bytes(signature[32:], "big")
    flipped = signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big")
    with pytest.raises(Refused) as refused:
        PublicKey(public("signer")).verify_digest(flipped, DIGEST, CODE)
    assert refused.value.code is RefusalCode.SIGNATURE_HIGH_S
    PublicKey(public("signer")).verify_digest(low_s(flipped), DIGEST, CODE)


@given(st.binary(max_size=70))
def test_any_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(Refused) as refused:
        PublicKey(public("signer")).verify_digest(signature, DIGEST, CODE)
    assert refused.value.code in {CODE, RefusalCode.SIGNATURE_HIGH_S}


@given(st.binary(max_size=70) | st.binary(min_size=32, max_size=32).map(lambda x: b"\x02" + x))
def test_any_point_is_a_key_or_refused(point: bytes) -> None:
    try:
        assert load_public_key(point).point == point
    except Refused as refused:
        assert refused.code is RefusalCode.FIELD_INVALID  # noqa: PT017  any point may also be good


@pytest.mark.parametrize("start", [b"\x00", b"\x01", b"\x04", b"\x05", b"\x06", b"\x07"])
def test_a_point_has_one_spelling(start: bytes) -> None:
    with pytest.raises(Refused, match="field_invalid"):
        PublicKey(start + public("signer")[1:])


def test_ids_of_a_key() -> None:
    parsed = load_public_key(public("signer"))
    assert parsed.hash == hashlib.sha256(public("signer")).digest()
    assert parsed.key_id == key_id_of(public("signer")) == parsed.hash[:4]
    assert load_public_key(public("signer")) is parsed


@given(st.binary(max_size=64))
def test_every_signature_of_a_software_key_is_good_low_and_the_same_again(message: bytes) -> None:
    signature = key("signer").sign(message)
    assert signature == key("signer").sign(message)  # no randomness that a restored snapshot could repeat
    assert int.from_bytes(signature[32:], "big") <= HALF_ORDER
    PublicKey(public("signer")).verify_digest(signature, hashlib.sha256(message).digest(), CODE)


@pytest.mark.parametrize("scalar", [bytes(32), CURVE_ORDER.to_bytes(32, "big"), b"\xff" * 32, bytes(31), bytes(33)])
def test_a_scalar_out_of_range_is_no_key_and_is_not_told(scalar: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        SoftwareKey(scalar)
    assert scalar.hex() not in str(refused.value)


def test_a_key_does_not_show_its_scalar() -> None:
    assert key("signer").scalar.hex() not in repr(key("signer"))
    assert SoftwareKey(key("signer").scalar).public_key == public("signer")
    assert SoftwareKey.generate().scalar != SoftwareKey.generate().scalar


def test_a_masked_id_is_short() -> None:
    assert masked(bytes(range(32))) == "000102…"
    assert masked(b"\xff" * 8) == "ffffff…"


def test_a_refusal_names_its_code_and_keeps_its_detail() -> None:
    refused = Refused(RefusalCode.NOT_COVERED, "2750 of 2000")
    assert str(refused) == "not_covered: 2750 of 2000"
    assert (refused.code, refused.detail) == (RefusalCode.NOT_COVERED, "2750 of 2000")
    assert str(Refused(RefusalCode.NOT_COVERED)) == "not_covered"


@given(st.integers(1, 2**256 - 1), st.integers(1, CURVE_ORDER // 2))
@example(1, 1)
@example(2**255, 1)
@example(2**247, 2**247)
def test_a_signature_is_spelled_for_the_library_as_its_own_encoder_would(r: int, s: int) -> None:
    assert keys.der_signature(r.to_bytes(32, "big"), s.to_bytes(32, "big")) == encode_dss_signature(r, s)
