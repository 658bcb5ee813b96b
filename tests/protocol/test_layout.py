"""Tables of fields: what a layout refuses to be, and the quick way to a payload's kind."""

from __future__ import annotations

import pytest

from feiqian.protocol import cbor
from feiqian.protocol.cose import Kind
from feiqian.protocol.layout import Layout, instant, kind_of, octets, uint
from feiqian.protocol.receipt import NOTE_LAYOUT, RECEIPT_LAYOUT
from feiqian.protocol.refusals import Refused

RECEIPT = {
    "terminal_ref": bytes(8),
    "cheque_id": bytes(32),
    "final_minor": 5,
    "time": 1,
    "counter": 1,
    "previous": bytes(16),
    "index_version": 1,
}


def test_fields_stand_in_the_order_of_the_wire() -> None:
    with pytest.raises(ValueError, match="order"):
        Layout(Kind.NOTE, uint(2, "later", 5), instant(1, "earlier"))
    with pytest.raises(ValueError, match="order"):
        Layout(Kind.NOTE, uint(1, "one", 5), octets(1, "other", 4))


def test_what_is_encoded_as_it_stands_is_the_one_spelling() -> None:
    payload = RECEIPT_LAYOUT.encode(RECEIPT)
    assert payload == cbor.encode(RECEIPT_LAYOUT.content(RECEIPT))
    assert cbor.decode_map(payload, max_bytes=len(payload)) == RECEIPT_LAYOUT.content(RECEIPT)


@pytest.mark.parametrize("likely", [None, RECEIPT_LAYOUT, NOTE_LAYOUT], ids=["no guess", "right guess", "wrong guess"])
def test_a_guess_changes_no_kind_and_no_refusal(likely: Layout | None) -> None:
    payload = RECEIPT_LAYOUT.encode(RECEIPT)
    assert kind_of(payload, max_bytes=len(payload), likely=likely) is Kind.RECEIPT
    assert RECEIPT_LAYOUT.reads(payload)
    for hostile in (payload[:-1], payload + b"\0", b"\xa0", b"", payload.replace(b"\x00\x05", b"\x00\x18\x05", 1)):
        codes = set()
        for guess in (None, likely):
            with pytest.raises(Refused) as caught:
                kind_of(hostile, max_bytes=len(payload) + 8, likely=guess)
            codes.add(caught.value.code)
        assert len(codes) == 1
    with pytest.raises(Refused):
        kind_of(payload, max_bytes=len(payload) - 1, likely=likely)
