"""Python and TypeScript judge each other's messages, and any bytes, in the same way.

The vectors are fixed; here both see what neither was written for: messages that TypeScript signed a moment ago, and
fresh ones, broken and whole, that Python makes in this run. Same outcome, same code, same values.
"""

from __future__ import annotations

import contextlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from feiqian.protocol import cbor
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.protocol.possession import Purpose, check_possession
from feiqian.protocol.refusals import RefusalCode, Refused
from tests.property.hostile_cbor import ANY_BYTES, WELL_FORMED, map_of
from tests.vectors import reader
from tests.vectors.message_scenarios import ASKED, CHEQUE, TERMINAL, WALLET, Sample, samples
from tests.vectors.payment_scenarios import believed
from tests.vectors.reader import DECODERS
from tests.vectors.scenario import ACCEPTED, as_json
from tests.vectors.world import DEPLOYMENT, NOW, PAYEE, Drawn, Wallet, octets
from tests.web.node import BOTH_WAYS, TypeScript, node

Question = Mapping[str, Any]
FEWER = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
SAMPLES = samples()
AMOUNTS = st.integers(0, 2**53 - 1) | st.sampled_from([0, 1, 1_250, 5_000, 5_001, 20_000, 20_001, 100_000, 100_001])


@pytest.fixture(scope="module")
def typescript() -> Iterator[TypeScript]:
    with TypeScript() as running:
        yield running


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """What TypeScript has signed under the keys of the vectors."""
    told: dict[str, Any] = json.loads(node(str(BOTH_WAYS), "made"))
    return told


def python(question: Question) -> tuple[str, Any]:
    try:
        return ACCEPTED, reader.run(question)
    except Refused as refused:
        return refused.code.value, None


def question(check: str, context: Mapping[str, object] | None = None, **given: object) -> Question:
    return {"check": check, "input": as_json(given), "context": as_json(context or {})}


def payment(body: bytes, **context: object) -> Question:
    asked = {"now": NOW, "receiver": PAYEE, "request": ASKED.payload} | context
    return question("verify_payment", believed() | asked, bytes=body)


# --- what TypeScript signs, Python believes -----------------------------------------------------------------


def test_python_accepts_what_typescript_pays(made: dict[str, Any]) -> None:
    context = believed() | {"now": NOW, "receiver": PAYEE}
    due = {"due_minor": 1_250, "currency": "EUR", "latest": NOW}
    found = {
        name: python(question("verify_payment", context | asked, bytes=made[name]))
        for name, asked in {
            "payment": {"request": made["request"]},
            "one_way_payment": {"due": due},
            "covered_payment": {"request": made["covered_request"]},
        }.items()
    }
    assert {name: outcome for name, (outcome, _) in found.items()} == dict.fromkeys(found, ACCEPTED)
    assert [output["final_minor"] for _, output in found.values()] == [1_250] * 3
    assert found["covered_payment"][1]["credits"][0]["amount_minor"] == 1_000


def test_python_accepts_what_typescript_shows_and_settles(made: dict[str, Any]) -> None:
    about = {"now": NOW, "skew_s": 0, "cheque_id": made["cheque_id"], "amount_minor": 1_250}
    about |= {"request_hash": None, "payee_id": PAYEE}
    asked: dict[str, tuple[dict[str, object], str]] = {
        "verify_request": ({"now": NOW, "currency": "EUR"}, "asking"),
        "verify_settled_notice": ({"request": made["request"]}, "settled_notice"),
        "fork_proof": ({}, "fork_proof"),
    }
    for check, (context, name) in asked.items():
        assert python(question(check, believed() | context, bytes=made[name]))[0] == ACCEPTED, name
    for name in ("acknowledgement", "note"):
        outcome, output = python(question("verify_acknowledgement", believed() | about, bytes=made[name]))
        assert (outcome, output and output["statement"]) == (ACCEPTED, "note" if name == "note" else "receipt")


def test_python_believes_a_pack_that_typescript_signs(made: dict[str, Any]) -> None:
    believes = {**believed(), "packs": [made["trust_pack"]], "now": NOW}
    issuer = decoded("status_list", as_bytes(made["trust_pack"]))
    lookups = [{"issuer_key_id": issuer["issuer_key_id"], "index": index} for index in (6, 7)]
    outcome, output = python(question("trust", believes, packs=[made["trust_pack"]], lookups=lookups))
    assert outcome == ACCEPTED
    assert (output["index_version"], output["list_age_s"], output["statuses"]) == (9, 60, ["good", "suspended"])


def test_python_reads_what_typescript_writes(made: dict[str, Any]) -> None:
    assert python(question("frames", frames=made["frames"])) == (ACCEPTED, {"body": made["payment"]})
    assert python(question("qr_text", text=made["text"]))[0] == ACCEPTED
    for name in ("batch", "answer"):
        assert python(question("decode", message=name, bytes=made[name]))[0] == ACCEPTED
    proof, context = as_bytes(made["possession"]), octets("device", 16)
    check_possession(proof, WALLET.key.public_key, Purpose.ALLOWANCE, DEPLOYMENT, context)
    with pytest.raises(Refused):
        check_possession(proof, WALLET.key.public_key, Purpose.ACCOUNT, DEPLOYMENT, context)


def decoded(message: str, pack: bytes) -> dict[str, Any]:
    """The first status list of a pack."""
    lists: dict[int, Any] = cbor.decode_map(pack, max_bytes=len(pack))
    found: dict[str, Any] = reader.run(question("decode", message=message, bytes=lists[4][0]))["message"]
    return found


def as_bytes(hexed: str) -> bytes:
    return bytes.fromhex(hexed)


# --- what Python makes, both judge alike --------------------------------------------------------------------


def both(typescript: TypeScript, asked: Question) -> str:
    """The outcome on which the two agree."""
    ours, theirs = python(asked), typescript.ask(asked)
    assert theirs == ours, asked
    return ours[0]


def of_one_unicode(body: bytes) -> None:
    """Leaves out texts with characters that this Python's Unicode does not know yet: a newer platform may (spec 08)."""
    with contextlib.suppress(Refused):
        texts = list(texts_in(cbor.decode(body, max_bytes=len(body))))
        assume(all(unicodedata.category(character) != "Cn" for text in texts for character in text))


def texts_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in texts_in(item))
        case dict():
            yield from (text for item in value.values() for text in texts_in(item))
        case _:
            pass


@given(body=ANY_BYTES)
@example(body=bytes.fromhex("a2000000f400"))  # 0 and false
@example(body=bytes.fromhex("a2f90000000000"))  # 0.0 and 0
@example(body=bytes.fromhex("a2e00000" + "000b"))  # simple value 0 and 0
@example(body=bytes.fromhex("a2c1000bc2000b"))  # two tags
@example(body=bytes.fromhex("a2f97e0000f97e0000"))  # a value that is not even like itself
@example(body=bytes.fromhex("a282000100820001" + "00"))  # one array twice
@example(body=bytes.fromhex("63efbbbf"))  # a byte order mark
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_the_same_cbor_or_none(typescript: TypeScript, body: bytes) -> None:
    both(typescript, question("cbor", bytes=body, max_bytes=4096))


@pytest.mark.parametrize("name", DECODERS)
@given(body=ANY_BYTES)
@FEWER
def test_any_bytes_are_decoded_alike(typescript: TypeScript, name: str, body: bytes) -> None:
    of_one_unicode(body)
    both(typescript, question("decode", message=name, bytes=body))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@given(data=st.data())
@FEWER
def test_a_signed_message_with_a_hostile_field_is_judged_alike(
    typescript: TypeScript, sample: Sample, data: st.DataObject
) -> None:
    """Decoded, and shown where its kind is asked for; the signature is right."""
    spelt = {key: cbor.encode(value) for key, value in sample.content.items()}
    changed = data.draw(st.dictionaries(st.integers(0, 30), WELL_FORMED | AMOUNTS.map(cbor.encode), max_size=2))
    kept = dict(sorted((spelt | changed).items()))
    for key in data.draw(st.sets(st.sampled_from(sorted(kept)), max_size=1)):
        del kept[key]
    body = map_of(kept)
    of_one_unicode(body)
    raw = sample.wrap(body)
    both(typescript, question("decode", message=sample.name, bytes=raw))
    for asked in shown(sample.name, raw):
        both(typescript, asked)


def shown(name: str, raw: bytes) -> list[Question]:
    """The questions in which a message of this kind is asked for."""
    held = believed()
    about = {"now": NOW, "skew_s": 120, "cheque_id": CHEQUE.cheque_id, "amount_minor": 1_250}
    about |= {"request_hash": ASKED.request_hash, "payee_id": PAYEE}
    read = held | {"now": NOW, "currency": "EUR"}
    acknowledged = question("verify_acknowledgement", held | about, bytes=TERMINAL.raw + raw)
    questions: dict[str, list[Question]] = {
        "allowance": [payment(raw + CHEQUE.raw)],
        "cheque": [payment(WALLET.raw + raw)],
        "certificate": [question("verify_request", read, bytes=raw + TERMINAL.sign(ASKED))],
        "request": [question("verify_request", read, bytes=raw), payment(WALLET.raw + CHEQUE.raw, request=raw)],
        "receipt": [acknowledged],
        "note": [acknowledged],
        "settled_notice": [question("verify_settled_notice", held | {"request": ASKED.payload}, bytes=raw)],
        "fork_proof": [question("fork_proof", held, bytes=raw)],
        "trust_pack": [question("trust", held | {"now": NOW}, packs=[*held["packs"], raw], lookups=[])],
    }
    return questions.get(name, [])


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_cheques_of_any_figures_are_judged_alike(typescript: TypeScript, data: st.DataObject) -> None:
    """Signed by the right device, so that most of them get as far as the figures, the clocks and the memory."""
    wallet = Wallet("any", status_index=data.draw(st.integers(5, 9)))
    asked = TERMINAL.ask("any figures", exact_minor=data.draw(AMOUNTS.filter(bool)))
    exact = data.draw(st.just(asked.terms.exact_minor) | AMOUNTS)
    first = wallet.draw(exact_minor=data.draw(AMOUNTS.filter(bool)), request=asked.request_hash)
    drawn = draw(data, wallet, first, exact_minor=exact, request=asked.request_hash)
    links = data.draw(st.lists(st.sampled_from([first.link, drawn.link]), max_size=2))
    now = NOW + data.draw(
        st.sampled_from([0, 110, 111, 24 * 3600, 72 * 3600, 91 * 86_400]) | st.integers(-4000, 300_000)
    )
    both(
        typescript,
        payment(wallet.raw + drawn.raw, request=asked.payload, now=now, links=[link._asdict() for link in links]),
    )


def draw(data: st.DataObject, wallet: Wallet, first: Drawn, **terms: Any) -> Drawn:
    """The cheque after `first`, or a first one, with any cumulative now and then."""
    after = data.draw(st.sampled_from([None, first]))
    strange = {"cumulative_minor": AMOUNTS, "counter": st.integers(1, 30), "holder_check": st.integers(0, 3)}
    others: dict[str, Any] = data.draw(st.fixed_dictionaries({}, optional=strange))
    if after is not None and "cumulative_minor" not in others:  # a sum that no cheque can hold cannot be drawn
        assume(after.terms.cumulative_minor + terms["exact_minor"] <= AMOUNT_MAX_MINOR)
    return wallet.draw(after=after, **{**terms, **others})


def test_the_two_agree_on_every_vector_and_so_on_every_refusal(typescript: TypeScript) -> None:
    """Asked through the pipe: that it tells all outcomes apart is what the tests above rest on."""
    told = [both(typescript, reader.load(path)) for path in reader.files()]
    assert told == [reader.load(path)["expect"] for path in reader.files()]
    assert {code.value for code in RefusalCode} - set(told) == {RefusalCode.PICTURE_UNREADABLE.value}
