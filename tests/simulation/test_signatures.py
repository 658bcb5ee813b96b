"""Signatures of a world: recorded ones refuse whatever real ones refuse, and change nothing that happens."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import partial

import pytest

from feiqian.cli.main import main
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.keys import PublicKey, load_public_key
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.simulation import events as ev
from feiqian.simulation.many import play_all
from feiqian.simulation.run import held_against, simulate
from feiqian.simulation.signatures import Signatures, book_for
from feiqian.simulation.story import SCENARIOS
from feiqian.simulation.world import World

SCALAR, OTHER = b"\x01" + b"a" * 31, b"\x01" + b"b" * 31
MESSAGE = b"what is signed"
DIGEST = hashlib.sha256(MESSAGE).digest()
CODE = RefusalCode.DEVICE_SIGNATURE_INVALID
KINDS = pytest.mark.parametrize("kind", Signatures)


def refusal(key: PublicKey, signature: bytes, digest: bytes = DIGEST) -> RefusalCode | None:
    try:
        key.verify_digest(signature, digest, CODE)
    except Refused as refused:
        return refused.reason
    return None


@KINDS
def test_what_was_signed_verifies_and_nothing_else_does(kind: Signatures) -> None:
    book = book_for(kind)
    signer, other = book.signer(SCALAR), book.signer(OTHER)
    signature = signer.sign(MESSAGE)
    key = book.read_key(signer.public_key)
    altered = signature[:5] + bytes((signature[5] ^ 1,)) + signature[6:]
    for _ in range(2):  # what is remembered of the first time must change nothing at the second
        assert refusal(key, signature) is None
        assert refusal(key, altered) is CODE
        assert refusal(key, signature[:-1]) is CODE
        assert refusal(key, signature, hashlib.sha256(MESSAGE + b".").digest()) is CODE
        assert refusal(key, other.sign(MESSAGE)) is CODE
        assert refusal(book.read_key(other.public_key), signature) is CODE


def test_the_two_kinds_take_each_other_for_forgeries() -> None:
    real, recorded = (book_for(kind) for kind in Signatures)
    point = real.signer(SCALAR).public_key
    assert refusal(real.read_key(point), recorded.signer(SCALAR).sign(MESSAGE)) is CODE
    assert refusal(load_public_key(point), recorded.signer(SCALAR).sign(MESSAGE)) is CODE
    assert refusal(recorded.read_key(point), real.signer(SCALAR).sign(MESSAGE)) is CODE
    assert refusal(book_for(Signatures.RECORDED).read_key(point), recorded.signer(SCALAR).sign(MESSAGE)) is CODE


@KINDS
def test_keys_are_the_true_ones_and_a_wrong_point_is_refused(kind: Signatures) -> None:
    assert book_for(kind).signer(SCALAR).public_key == SoftwareKey(SCALAR).public_key
    with pytest.raises(Refused) as refused:
        book_for(kind).read_key(b"\x02" + b"\xff" * 32)
    assert refused.value.reason is RefusalCode.FIELD_INVALID


def test_a_real_signature_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    verify = PublicKey.verify_digest

    def counted(key: PublicKey, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        asked.append(signature)
        verify(key, signature, digest, code)

    monkeypatch.setattr(PublicKey, "verify_digest", counted)
    book = book_for(Signatures.REAL)
    signature = book.signer(SCALAR).sign(MESSAGE)
    key = book.read_key(book.signer(SCALAR).public_key)
    forged = book.signer(OTHER).sign(MESSAGE)
    assert [refusal(key, one) for one in (signature, signature, forged, forged)] == [None, None, CODE, CODE]
    assert asked == [signature, forged, forged]


@KINDS
def test_a_forged_request_is_refused_in_a_world(kind: Signatures) -> None:
    world = World(1, kind)
    assert world.play(ev.Pay(wallet=0, till=0, amount_minor=5_00)).startswith("accepted")
    shown = world.parties.tills[0].terminal.request(exact_minor=5_00).shown
    forged = shown[:-3] + bytes((shown[-3] ^ 1,)) + shown[-2:]
    with pytest.raises(Refused) as refused:
        world.parties.wallets[0].wallet.consider(forged)
    assert refused.value.reason is RefusalCode.TERMINAL_SIGNATURE_INVALID
    assert world.parties.wallets[0].wallet.consider(shown).amount_minor == 5_00


@pytest.mark.parametrize("seed", range(len(SCENARIOS)), ids=[one.name for one in SCENARIOS])
def test_recorded_signatures_change_nothing_that_happens(seed: int) -> None:
    assert simulate(seed, 15, Signatures.RECORDED).lines == simulate(seed, 15).lines


def test_one_seed_in_ten_is_held_against_real_signatures() -> None:
    checked = [simulate(seed, 1, Signatures.RECORDED).cross_checked for seed in range(10, 21)]
    assert checked == [True, *[False] * 9, True]
    assert not simulate(10, 1).cross_checked


def test_a_world_that_goes_another_way_is_broken() -> None:
    real = simulate(7, 3)
    other = replace(real, lines=(*real.lines[:2], "another", *real.lines[3:]))
    found = held_against(other, real)
    assert (found.rule, found.cross_checked) == ("worlds_differ", False)
    assert real.lines[2] in str(found.broken)
    assert held_against(real, real).broken is None


def test_the_command_says_which_was_used(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "--seed", "9", "--seeds", "2", "--payments", "2", "--signatures", "recorded"]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["signatures"], said["cross_checked"], said["seeds"]) == ("recorded", 1, 2)
    assert main([*words, "--lang", "en"]) == 0
    assert "recorded; 1 worlds went the same way with real ones" in capsys.readouterr().out


def test_worlds_side_by_side_are_the_same_worlds_in_the_same_order() -> None:
    one = partial(simulate, payments=2)
    alone, together = (list(play_all(range(3, 9), one, workers)) for workers in (1, 2))
    assert [(run.seed, run.lines) for run in together] == [(run.seed, run.lines) for run in alone]
