"""Checkpoints: three lines, the log's own signature, enough witnesses; and the log only ever grows."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.checkpoint import (
    Checkpoint,
    Cosigned,
    LogTrust,
    check_growth,
    decode_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from feiqian.audit.limits import SIZE_MAX
from feiqian.audit.merkle import EMPTY_ROOT
from feiqian.audit.note import Note, add_signatures, cosign_note, encode_note, sign_note
from feiqian.audit.note_key import NoteKey, SignatureType
from feiqian.audit.refusals import AuditCode, AuditRefused
from tests.audit.world import (
    ALONE,
    LOG_KEY,
    NOW,
    ORIGIN,
    TRUST,
    WITNESSES,
    Log,
    another_bit,
    note_key,
    refusal_of,
    secret,
)

LOG = Log.of(20)
ROOT_TEXT = base64.b64encode(LOG.checkpoint(7).root).decode()
# The example of c2sp.org/tlog-checkpoint.
EXAMPLE = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_published_example_is_read_and_written() -> None:
    checkpoint = decode_checkpoint(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.text == EXAMPLE


def test_lines_that_follow_are_kept_since_they_are_signed() -> None:
    checkpoint = decode_checkpoint(EXAMPLE + b"more\nand more\n")
    assert checkpoint.extensions == ("more", "and more")
    assert checkpoint.text == EXAMPLE + b"more\nand more\n"


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "\n\n\n", "o\n7\n", f"o\n7\n{ROOT_TEXT}", f"\n7\n{ROOT_TEXT}\n", f"o\n7\n{ROOT_TEXT}\n\n"),
        *(f"o\n{size}\n{ROOT_TEXT}\n" for size in ("", "07", "+7", "-7", "7 ", "7.0", "٧", "²", "1_0", SIZE_MAX + 1)),
        *(f"o\n7\n{root}\n" for root in (ROOT_TEXT[:-1], ROOT_TEXT[4:], f"{ROOT_TEXT} ", "AAAA", "")),
        *(f"o\n0\n{ROOT_TEXT}\n", f"o\n{'9' * 5000}\n{ROOT_TEXT}\n"),
    ],
)
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.CHECKPOINT_MALFORMED):
        decode_checkpoint(text.encode())


@given(st.binary(max_size=100) | st.text(max_size=30).map(lambda size: f"o\n{size}\n{ROOT_TEXT}\n".encode()))
def test_any_bytes_are_a_checkpoint_or_refused(text: bytes) -> None:
    code = refusal_of(lambda: decode_checkpoint(text))
    assert code is AuditCode.CHECKPOINT_MALFORMED or (code is None and decode_checkpoint(text).text == text)


def test_a_signed_state_names_its_witnesses() -> None:
    verified = verify_checkpoint(LOG.signed(7, cosigned_by=WITNESSES), TRUST)
    assert verified.checkpoint == LOG.checkpoint(7)
    assert verified.cosigned == tuple(
        Cosigned(name=name, at=NOW + 60) for name in sorted(witness.key.name for witness in WITNESSES)
    )
    assert verify_checkpoint(LOG.signed(7), ALONE).cosigned == ()
    assert verify_checkpoint(LOG.signed(0), ALONE).checkpoint.root == EMPTY_ROOT


def test_too_few_witnesses_are_refused_however_often_one_of_them_signs() -> None:
    one = WITNESSES[0]
    note = LOG.signed(7, cosigned_by=[one])
    text = LOG.checkpoint(7).text
    again = cosign_note(text, one.key.name, secret(one.key.name), NOW + 99).line
    second_key = NoteKey(name=one.key.name, type=SignatureType.COSIGNATURE, public_key=secret("second").public_key)
    by_second_key = cosign_note(text, one.key.name, secret("second"), NOW + 80).line
    trust = replace(TRUST, witness_keys=(*TRUST.witness_keys, second_key))
    data = add_signatures(note, [again, by_second_key])
    with pytest.raises(AuditRefused, match=AuditCode.WITNESSES_MISSING):
        verify_checkpoint(data, trust)
    told = verify_checkpoint(data, replace(trust, witnesses_needed=1))
    assert told.cosigned == (Cosigned(name=one.key.name, at=NOW + 99),)


def test_the_log_itself_must_have_signed() -> None:
    text = LOG.checkpoint(7).text
    lines = tuple(cosign_note(text, one.key.name, secret(one.key.name), NOW) for one in WITNESSES)
    with pytest.raises(AuditRefused, match=AuditCode.UNSIGNED):
        verify_checkpoint(encode_note(Note(text=text, signatures=lines)), TRUST)


def test_another_logs_key_speaks_only_for_its_own_log() -> None:
    other = note_key("example.org/other")
    trust = LogTrust(log_keys=(LOG_KEY, other))
    text = LOG.checkpoint(7).text
    forged = Note(text=text, signatures=(sign_note(text, other.name, secret(other.name)),))
    with pytest.raises(AuditRefused, match=AuditCode.UNSIGNED):
        verify_checkpoint(encode_note(forged), trust)
    with pytest.raises(AuditRefused, match=AuditCode.LOG_UNKNOWN):
        verify_checkpoint(LOG.signed(7), LogTrust(log_keys=(other,)))


def test_any_turned_bit_of_a_signed_checkpoint_is_refused() -> None:
    signed = LOG.signed(7)
    for bit in range(8 * len(signed)):
        with pytest.raises(AuditRefused):
            verify_checkpoint(another_bit(signed, bit), ALONE)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb"])
def test_an_origin_that_no_key_can_have_is_not_signed(origin: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.CHECKPOINT_MALFORMED):
        sign_checkpoint(LOG.checkpoint(7, origin), secret(ORIGIN))


@pytest.mark.parametrize("wrong", [{"size": -1}, {"root": b"short"}, {"extensions": ("",)}, {"size": 0}])
def test_a_state_that_nobody_would_accept_is_not_signed(wrong: dict[str, object]) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.CHECKPOINT_MALFORMED):
        sign_checkpoint(replace(LOG.checkpoint(7), **wrong), secret(ORIGIN))  # type: ignore[arg-type]  # on purpose


def test_a_trust_that_could_never_be_met_is_our_own_mistake() -> None:
    witness = WITNESSES[0].key
    for keys, witnesses, needed in (
        ((), (), 0),
        ((witness,), (), 0),
        ((LOG_KEY,), (LOG_KEY,), 0),
        ((LOG_KEY,), (witness,), 2),
        ((LOG_KEY,), (witness,), -1),
    ):
        with pytest.raises(ValueError, match=r"trusted|needed"):
            LogTrust(log_keys=keys, witness_keys=witnesses, witnesses_needed=needed)


def test_a_log_grows_or_is_refused_by_name() -> None:
    seven, twelve = LOG.checkpoint(7), LOG.checkpoint(12)
    check_growth(seven, twelve, LOG.consistency(7, 12))
    for old, new, code in (
        (twelve, seven, AuditCode.ROLLED_BACK),
        (seven, replace(seven, root=bytes(32)), AuditCode.LOG_FORKED),
        (seven, replace(twelve, root=bytes(32)), AuditCode.CONSISTENCY_INVALID),
        (seven, Checkpoint(origin="another", size=12, root=twelve.root), AuditCode.LOG_UNKNOWN),
    ):
        with pytest.raises(AuditRefused, match=code):
            check_growth(old, new, LOG.consistency(7, 12))
