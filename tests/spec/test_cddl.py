"""docs/spec/feiqian.cddl and the code accept the same maps, field for field.

The CDDL is read by a parser that is not ours (the Rust crate `cddl`, by way of pycddl) and every bound in a Layout is
tried from both sides. What that crate does not follow is left to our own reading of the file: a range as a map key
(`* later-key => any`), the literal in the envelope, how many arrays an array may hold, and whether `.size` and ranges
speak of bytes, text or a number. It also lets a `.regexp` match a part of a text, where RFC 8610 section 3.8.3 means
all of it, so it is given the patterns with their ends marked.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pycddl import Schema, ValidationError

from feiqian.protocol import (
    allowance,
    answer,
    cbor,
    certificate,
    cheque,
    claim,
    cose,
    credit,
    fork_proof,
    frame,
    policy,
    receipt,
    request,
    settled_notice,
    status_list,
    terminal_list,
    trust_pack,
)
from feiqian.protocol.layout import LAST_CRITICAL_KEY, Field, Layout
from feiqian.protocol.limits import BATCH_MAX_BYTES, SIGNATURE_BYTES
from feiqian.protocol.passkey import ASSERTION_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

CDDL = (Path(__file__).resolve().parents[2] / "docs" / "spec" / "feiqian.cddl").read_text(encoding="utf-8")
LATER = "  * later-key => any"
POINT = bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")

LAYOUTS: dict[str, Layout] = {
    "allowance": allowance.LAYOUT,
    "certificate": certificate.LAYOUT,
    "settled-notice": settled_notice.LAYOUT,
    "request": request.LAYOUT,
    "receipt": receipt.RECEIPT_LAYOUT,
    "note": receipt.NOTE_LAYOUT,
    "batch": claim.BATCH_LAYOUT,
    "claim": claim.CLAIM_LAYOUT,
    "cheque": cheque.LAYOUT,
    "answer": answer.LAYOUT,
    "fork-proof": fork_proof.LAYOUT,
    "credit": credit.LAYOUT,
    "frame": frame.LAYOUT,
    "trust-pack": trust_pack.PACK_LAYOUT,
    "key-set": trust_pack.KEY_SET_LAYOUT,
    "trusted-key": trust_pack.KEY_LAYOUT,
    "policy": policy.LAYOUT,
    "trust-index": trust_pack.INDEX_LAYOUT,
    "status-list": status_list.LAYOUT,
    "terminal-list": terminal_list.LAYOUT,
}
A_KEY = {1: POINT, 2: 1, 3: 0, 4: 0}
A_POLICY = {1: "EUR", 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, 10: 1}
ITEMS: dict[tuple[str, str], Any] = {
    ("batch", "allowances"): b"a",
    ("batch", "claims"): b"c",
    ("batch", "notes"): b"n",
    ("answer", "claims"): [1, 0, 0, ""],
    ("answer", "notes"): [14, 0, 0, ""],
    ("trust-pack", "root_signatures"): bytes(68),
    ("trust-pack", "lists"): b"l",
    ("key-set", "keys"): A_KEY,
    ("key-set", "policies"): A_POLICY,
    ("key-set", "roots"): POINT,
    ("trust-index", "lists"): [bytes(4), 1, bytes(32)],
    ("terminal-list", "terminals"): [bytes(8), 0],
}


class Line(NamedTuple):
    """One field as the CDDL writes it."""

    key: int
    name: str
    required: bool


class Case(NamedTuple):
    """One field of one map."""

    group: str
    field: Field

    def __str__(self) -> str:
        return f"{self.group}.{self.field.name}"


CASES = [Case(group, field) for group, layout in LAYOUTS.items() for field in layout.fields]
by_field = pytest.mark.parametrize("case", CASES, ids=str)
by_currency = pytest.mark.parametrize("case", [case for case in CASES if case.field.name == "currency"], ids=str)
by_group = pytest.mark.parametrize("group", LAYOUTS)
by_form = pytest.mark.parametrize("group", ["request", "cheque", "credit"])


def body_of(group: str) -> str:
    """The lines of one map of the file."""
    found = re.search(rf"^{group} = {{\n(.*?)^}}$", CDDL, re.MULTILINE | re.DOTALL)
    assert found, f"{group} is not in the file"
    return found.group(1)


@cache
def schema(group: str) -> Schema:
    """The file, with one of its maps as what is expected."""
    followed = re.sub(r'\.regexp "(.*?)"', r'.regexp "^\1$"', CDDL.replace(LATER, ""))
    return Schema(f"root = {group}\n" + followed)


def cddl_accepts(group: str, content: object) -> bool:
    try:
        schema(group).validate_cbor(cbor.encode(content))
    except ValidationError:
        return False
    return True


def code_accepts(group: str, content: dict[int, Any]) -> bool:
    try:
        if LAYOUTS[group].kind is None:
            LAYOUTS[group].check(content)
        else:
            LAYOUTS[group].decode(cbor.encode(content), max_bytes=BATCH_MAX_BYTES)
    except Refused:
        return False
    return True


def both_accept(group: str, content: dict[int, Any]) -> bool:
    """What both say; a difference between them fails the test at once."""
    ours, theirs = code_accepts(group, content), cddl_accepts(group, content)
    assert ours == theirs, f"the code {'accepts' if ours else 'refuses'} it, the CDDL does not agree"
    return ours


def value(case: Case, size: int) -> Any:
    """A value of this field: the number `size`, or so many bytes, characters or items."""
    kind = case.field.type
    if kind is int:
        return size
    if kind is bytes:
        return bytes(size)
    if kind is str:
        return "X" * size
    return [ITEMS[case.group, case.field.name]] * size


def smallest(group: str, *, optional: bool = False) -> dict[int, Any]:
    """The map with each field at its lower bound, with or without the optional ones."""
    layout = LAYOUTS[group]
    content: dict[int, Any] = {} if layout.kind is None else {0: layout.kind.value}
    return content | {
        field.key: value(Case(group, field), field.low) for field in layout.fields if field.required or optional
    }


def test_the_whole_file_is_cddl() -> None:
    Schema(CDDL)
    with pytest.raises(ValueError, match="parser"):
        Schema(CDDL.replace("key-id     =", "key-id     = ="))


@by_group
def test_a_map_has_the_kind_keys_and_names_of_its_layout(group: str) -> None:
    layout, body = LAYOUTS[group], body_of(group)
    lines = re.findall(r"^  (\? )?([1-9]\d*) => [^;]*; (\w+)", body, re.MULTILINE)
    assert [Line(int(key), name, not optional) for optional, key, name in lines] == [
        Line(field.key, field.name, field.required) for field in layout.fields
    ]
    assert re.findall(r"^  0 => (\d+),$", body, re.MULTILINE) == ([] if layout.kind is None else [str(layout.kind)])


def test_every_map_of_the_file_is_a_layout() -> None:
    assert set(re.findall(r"^([a-z-]+) = {$", CDDL, re.MULTILINE)) == set(LAYOUTS)


@by_group
def test_the_smallest_map_with_and_without_options(group: str) -> None:
    assert both_accept(group, smallest(group))
    assert both_accept(group, smallest(group, optional=True))


@by_field
def test_a_field_at_its_bounds_is_accepted(case: Case) -> None:
    for size in {case.field.low, case.field.high}:
        assert both_accept(case.group, smallest(case.group) | {case.field.key: value(case, size)})


@by_field
def test_a_field_beyond_its_bounds_is_refused(case: Case) -> None:
    field = case.field
    for size in (field.low - 1, field.high + 1):
        content = smallest(case.group) | {field.key: value(case, size)}
        if field.type is list:
            assert size < 0 or not code_accepts(case.group, content)
            assert f"{field.key} => [ {field.low}*{field.high} " in body_of(case.group)
        elif size >= 0 or field.type is int:
            assert not both_accept(case.group, content)


@by_field
def test_a_field_has_the_type_of_its_layout(case: Case) -> None:
    others: dict[type, Any] = {int: 1, bytes: bytes(case.field.low), str: "X" * case.field.low, list: [0], dict: {1: 0}}
    for kind, other in others.items():
        accepted = code_accepts(case.group, smallest(case.group) | {case.field.key: other})
        assert kind is case.field.type or not accepted
    assert cddl_type(case) is case.field.type


def cddl_type(case: Case) -> type:
    """The type that the file states, through its names."""
    found = re.search(rf"^  (?:\? )?{case.field.key} => (\S+)", body_of(case.group), re.MULTILINE)
    while found:
        word = found.group(1).rstrip(",")
        if word in {"bstr", "tstr", "["} or word[0].isdigit():
            return {"bstr": bytes, "tstr": str, "[": list}.get(word, int)
        found = re.search(rf"^{word} += (\S+)", CDDL, re.MULTILINE)
    raise AssertionError(f"{case} has no type that we can follow")


@by_field
def test_only_an_optional_field_may_be_missing(case: Case) -> None:
    content = smallest(case.group, optional=True)
    del content[case.field.key]
    assert both_accept(case.group, content) is not case.field.required


@by_group
def test_another_kind_is_refused(group: str) -> None:
    if LAYOUTS[group].kind is not None:
        for kind in (0, 63):
            assert not both_accept(group, smallest(group) | {0: kind})


@by_group
def test_an_unknown_critical_field_is_refused(group: str) -> None:
    known = {field.key for field in LAYOUTS[group].fields} | {0}
    for key in set(range(LAST_CRITICAL_KEY + 1)) - known:
        assert not both_accept(group, smallest(group) | {key: 1})


@by_group
def test_a_later_field_may_be_ignored(group: str) -> None:
    assert body_of(group).endswith(f"{LATER}\n")
    assert f"later-key  = {LAST_CRITICAL_KEY + 1}..{2**64 - 1} " in CDDL
    last_known = max(LAST_CRITICAL_KEY, *(field.key for field in LAYOUTS[group].fields))
    for key in (last_known + 1, 2**64 - 1):
        assert code_accepts(group, smallest(group) | {key: b"from a later version"})


@by_currency
def test_a_currency_is_three_capital_letters(case: Case) -> None:
    for good in ("AAA", "ZZZ", "EUR"):
        assert both_accept(case.group, smallest(case.group) | {case.field.key: good})
    for bad in ("eur", "EUr", "E1R", "E R", "EU", "EURO", "EUR\n", "\nEUR", "ÉR", "ÉUR", "ＥＵＲ", "", "@AZ", "AZ["):
        assert not both_accept(case.group, smallest(case.group) | {case.field.key: bad})


def test_items_of_arrays_are_held_to_their_bounds() -> None:
    answered = smallest("answer")
    for good in ([1, 0, 0, ""], [14, 2**53 - 1, 2**53 - 1, "late"], [13, 0, 0, "x" * 64]):
        assert cddl_accepts("answer", answered | {6: [good]})
        assert reads_answer(answered | {6: [good]})
    wrong_numbers = ([0, 0, 0, ""], [15, 0, 0, ""], [1, 2**53, 0, ""], [1, 0, -1, ""])
    for bad in (*wrong_numbers, [1, 0, 0], [13, 0, 0, "x" * 65]):
        assert not cddl_accepts("answer", answered | {6: [bad]})
        assert not reads_answer(answered | {6: [bad]})
    assert not reads_answer(answered | {6: [[1, 0, 0, b""]]})
    assert " code: tstr " in CDDL


def reads_answer(content: dict[int, Any]) -> bool:
    try:
        answer.decode_answer(signed(content))
    except Refused:
        return False
    return True


def signed(content: dict[int, Any]) -> bytes:
    """The content in the envelope that the CDDL describes, under a signature that nobody made."""
    return b"\x84\x43\xa1\x01\x26\xa0" + cbor.encode(cbor.encode(content)) + b"\x58\x40" + bytes(64)


def test_the_envelope_is_the_one_template() -> None:
    template = re.search(r"signed<payload> = \[\n  h'(\w+)',\n  {},\n  bstr \.cbor payload,\n  signature\n\]", CDDL)
    assert template
    assert f"signature  = bstr .size {SIGNATURE_BYTES} " in CDDL
    content = smallest("receipt")
    envelope = cose.open_envelope(signed(content), max_bytes=500)
    assert envelope.raw[2:5].hex() == template.group(1)
    assert (envelope.payload, envelope.signature) == (cbor.encode(content), bytes(64))


def test_the_envelope_of_assertions_is_its_own_template() -> None:
    template = re.search(r"asserted<payload> = \[\n  h'(\w+)',\n  {},\n  bstr \.cbor payload,\n  assertion\n\]", CDDL)
    assert template
    assert f"assertion  = bstr .size {ASSERTION_BYTES} " in CDDL
    payload = cbor.encode(smallest("cheque"))
    envelope = cose.open_envelope(cose.with_assertion(payload, bytes(69)), max_bytes=500, asserted=True)
    assert envelope.raw[2:18].hex() == template.group(1)
    assert (envelope.payload, envelope.signature) == (payload, bytes(69))


def test_external_aad_is_as_written() -> None:
    aad = cose.external_aad(cose.Kind.SETTLED_NOTICE, "live", bytes(32))
    schema("aad").validate_cbor(aad)
    assert cbor.decode(aad, max_bytes=100)[0] == "settled_notice"


TOGETHER: dict[str, tuple[tuple[int, ...], ...]] = {
    "request": ((1, 3), (1, 4), (9, 3), (9, 4)),
    "cheque": ((4,), (5,), (4, 9), (4, 10), (5, 9), (5, 10)),
    "credit": ((3, 4), (5,), (5, 6)),
}
APART: dict[str, tuple[tuple[int, ...], ...]] = {
    "request": ((), (3,), (1,), (1, 9, 3), (1, 3, 4)),
    "cheque": ((), (9,), (4, 5), (4, 9, 10)),
    "credit": ((), (3,), (4,), (6,), (3, 4, 5), (3, 4, 6), (3, 5)),
}
"""Which of the fields that need or exclude each other may stand together, and which may not."""


def read_with(group: str, keys: tuple[int, ...]) -> None:
    """Decodes the smallest message with these fields more, each of which both sides accept by itself."""
    extra = {f.key: value(Case(group, f), max(f.low, 1)) for f in LAYOUTS[group].fields if f.key in keys}
    content = smallest(group) | extra
    assert both_accept(group, content)
    if group == "request":
        request.decode_request(cbor.encode(content))
    elif group == "cheque":
        cheque.decode_cheque(signed(content))
    else:
        credit.decode_credits(cbor.encode([cbor.encode(content)]))


@by_form
def test_fields_that_need_each_other(group: str) -> None:
    for keys in TOGETHER[group]:
        read_with(group, keys)


@by_form
def test_fields_that_exclude_each_other(group: str) -> None:
    for keys in APART[group]:
        with pytest.raises(Refused) as caught:
            read_with(group, keys)
        assert caught.value.code is RefusalCode.FIELD_INVALID


def test_what_the_cddl_leaves_to_its_comments() -> None:
    """The file accepts these and the code must not; each has its comment in the file."""
    text_item = smallest("answer") | {6: [[13, 0, 0, "é"]]}
    assert cddl_accepts("answer", text_item)
    assert not reads_answer(text_item)
    assert "; The code is ASCII.\nitem = " in CDDL

    for one, other in ((b"b", b"a"), (b"a", b"a"), (b"ab", b"a")):
        assert refusal_of_proof({0: 10, 1: b"x", 2: one, 3: other}) is RefusalCode.FIELD_INVALID
    for one, other in ((b"a", b"b"), (b"a", b"ab")):
        assert refusal_of_proof({0: 10, 1: b"x", 2: one, 3: other}) is None
    assert "; The bytes of 2 come before those of 3, and are not the same.\nfork-proof = " in CDDL

    assert refusal_of_key_set([A_POLICY, A_POLICY]) is RefusalCode.FIELD_INVALID
    assert refusal_of_key_set([A_POLICY, A_POLICY | {1: "CNY"}]) is None
    assert "; One policy a currency; " in CDDL


def refusal_of_proof(content: dict[int, Any]) -> RefusalCode | None:
    assert both_accept("fork-proof", content)
    try:
        fork_proof.decode_fork_proof(cbor.encode(content))
    except Refused as refused:
        return refused.code
    return None


def refusal_of_key_set(policies: list[dict[int, Any]]) -> RefusalCode | None:
    content = smallest("key-set") | {5: policies}
    assert both_accept("key-set", content)
    try:
        trust_pack.decode_key_set(cbor.encode(content))
    except Refused as refused:
        return refused.code
    return None
