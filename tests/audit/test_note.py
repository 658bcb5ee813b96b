"""Signed notes and their keys: other people's vectors, one spelling only, and a false signature refuses the note."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.checkpoint import LogTrust
from feiqian.audit.limits import NOTE_MAX_BYTES, SIGNATURES_MAX
from feiqian.audit.note import (
    Note,
    NoteSignature,
    add_signatures,
    cosign_note,
    decode_note,
    encode_note,
    sign_note,
    verify_note,
)
from feiqian.audit.note_key import (
    NoteKey,
    SignatureType,
    SoftwareNoteKey,
    decode_note_key,
    decode_secret_key,
    encode_secret_key,
)
from feiqian.audit.refusals import AuditCode, AuditRefused
from tests.audit.world import NOW, another_bit, note_key, refusal_of, secret

# The published example of the Go package golang.org/x/mod/sumdb/note.
PRIVATE_TEXT = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
KEY_TEXT = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
TEXT = b"first\n\nthird\n"
KEY, OTHER = note_key("example.org/log"), note_key("example.org/other")
SIGNED = encode_note(Note(text=TEXT, signatures=(sign_note(TEXT, KEY.name, secret(KEY.name)),)))


def test_the_published_example_verifies_and_is_what_we_write() -> None:
    key, signer = decode_secret_key(PRIVATE_TEXT)
    note = decode_note(EXAMPLE)
    assert key == decode_note_key(KEY_TEXT)
    assert key.text == KEY_TEXT
    assert verify_note(note, [key]).text == note.text
    assert encode_note(Note(text=note.text, signatures=(sign_note(note.text, key.name, signer),))) == EXAMPLE


def test_a_secret_key_is_written_as_others_write_it_and_never_shown() -> None:
    seed = base64.b64decode(PRIVATE_TEXT.split("+", 4)[4])[1:]
    assert encode_secret_key("PeterNeumann", SignatureType.NOTE, seed) == PRIVATE_TEXT
    assert seed.hex() not in repr(SoftwareNoteKey(seed))
    with pytest.raises(ValueError, match="32 bytes") as refused:
        SoftwareNoteKey(seed + b"x")
    assert seed.hex() not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "++", "name", "name+hash", f"{KEY_TEXT}=", f" {KEY_TEXT}", f"{KEY_TEXT}\n", "x" * 400),
        KEY_TEXT.replace("c74f20a3", "c74f20a4"),
        KEY_TEXT.replace("c74f20a3", "C74F20A3"),
        KEY_TEXT.replace("PeterNeumann", "Peter Neumann"),
        KEY_TEXT.replace("PeterNeumann", ""),
        KEY_TEXT.replace("PeterNeumann", "\ud800"),
        KEY_TEXT.replace("+ARpc", "+AhpC"),
        KEY_TEXT[:-4],
        PRIVATE_TEXT,
    ],
)
def test_a_key_has_one_spelling(text: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.KEY_MALFORMED):
        decode_note_key(text)


@pytest.mark.parametrize("text", ["", KEY_TEXT, PRIVATE_TEXT.replace("c74f20a3", "00000000"), PRIVATE_TEXT[:-4]])
def test_a_secret_key_has_one_spelling(text: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.KEY_MALFORMED) as refused:
        decode_secret_key(text)
    assert "AYEKFALV" not in str(refused.value)


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    code = refusal_of(lambda: decode_note_key(text))
    assert code is AuditCode.KEY_MALFORMED or (code is None and decode_note_key(text).text == text)


@pytest.mark.parametrize(
    "name", ["", "two words", "a+b", "a\u00a0b", "a\u2028b", "tab\t", "nul\0", "\ud800", "n" * 256]
)
def test_a_name_that_notes_cannot_carry_is_no_name(name: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.KEY_MALFORMED):
        NoteKey(name=name, type=SignatureType.NOTE, public_key=bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_public_key_is_32_bytes(size: int) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.KEY_MALFORMED):
        NoteKey(name="name", type=SignatureType.NOTE, public_key=bytes(size))


def test_a_note_of_several_is_read_back_and_every_known_signer_is_named() -> None:
    witness = NoteKey(name="w", type=SignatureType.COSIGNATURE, public_key=secret("w").public_key)
    lines = [sign_note(TEXT, OTHER.name, secret(OTHER.name)).line, cosign_note(TEXT, "w", secret("w"), NOW).line]
    data = add_signatures(SIGNED, [*lines, *lines])
    note = decode_note(data)
    assert len(note.signatures) == 3
    assert encode_note(note) == data
    assert [(one.key, one.at) for one in verify_note(note, [witness, KEY]).signed] == [(KEY, None), (witness, NOW)]
    assert [one.key for one in verify_note(note, [OTHER]).signed] == [OTHER]


def test_the_two_types_of_signature_never_stand_for_each_other() -> None:
    """The same name and key, the type exchanged: as if a log's signature were a witness's, and the other way round."""
    plain, cosigned = sign_note(TEXT, "n", secret("n")), cosign_note(TEXT, "n", secret("n"), NOW)
    for kind, own, foreign in ((1, plain, cosigned), (4, cosigned, plain)):
        key = NoteKey(name="n", type=SignatureType(kind), public_key=secret("n").public_key)
        assert verify_note(Note(text=TEXT, signatures=(own,)), [key]).text == TEXT
        with pytest.raises(AuditRefused, match=AuditCode.UNSIGNED):
            verify_note(Note(text=TEXT, signatures=(foreign,)), [key])
        relabelled = NoteSignature(name="n", key_id=key.key_id, signature=foreign.signature)
        with pytest.raises(AuditRefused, match=AuditCode.SIGNATURE_INVALID):
            verify_note(Note(text=TEXT, signatures=(relabelled,)), [key])


def test_without_a_known_key_a_note_says_nothing() -> None:
    for keys in ([], [OTHER], [note_key(KEY.name, "somebody else"), note_key("another.name", KEY.name)]):
        with pytest.raises(AuditRefused, match=AuditCode.UNSIGNED):
            verify_note(decode_note(SIGNED), keys)


def test_one_false_signature_of_a_known_key_refuses_the_note() -> None:
    good = sign_note(TEXT, KEY.name, secret(KEY.name))
    false = NoteSignature(name=OTHER.name, key_id=OTHER.key_id, signature=bytes(64))
    for signatures in ((good, false), (false, good)):
        with pytest.raises(AuditRefused, match=AuditCode.SIGNATURE_INVALID):
            verify_note(Note(text=TEXT, signatures=signatures), [KEY, OTHER])
        assert verify_note(Note(text=TEXT, signatures=signatures), [KEY]).text == TEXT


def test_keys_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feiqian.audit.note_key.key_id", lambda *_: bytes(4))
    with pytest.raises(AuditRefused, match=AuditCode.KEY_MALFORMED):
        verify_note(decode_note(SIGNED), [KEY, note_key(KEY.name, "another")])
    with pytest.raises(ValueError, match="share name and id"):
        LogTrust(log_keys=(KEY, note_key(KEY.name, "another")))


@pytest.mark.parametrize("at", [0, 2**40, 2**63])
def test_a_cosignature_states_a_time_in_bounds(at: int) -> None:
    with pytest.raises(ValueError, match="time"):
        cosign_note(TEXT, "w", secret("w"), at)
    key = NoteKey(name="w", type=SignatureType.COSIGNATURE, public_key=secret("w").public_key)
    signature = at.to_bytes(8, "big") + secret("w").sign(b"cosignature/v1\ntime %d\n" % at + TEXT)
    with pytest.raises(AuditRefused, match=AuditCode.SIGNATURE_INVALID):
        key.verify(TEXT, signature)


def test_any_turned_bit_of_a_signed_note_is_refused() -> None:
    for bit in range(8 * len(SIGNED)):
        with pytest.raises(AuditRefused):
            verify_note(decode_note(another_bit(SIGNED, bit)), [KEY])


LINE = SIGNED.rpartition(b"\n\n")[2].decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT,
        TEXT + b"\n",
        SIGNED[:-1],
        SIGNED + b"\n",
        SIGNED.replace(b"first", b"fir\0st"),
        SIGNED.replace(b"first", b"first\r"),
        SIGNED.replace(b"first", b"fir\tst"),
        SIGNED.replace(b"first", b"\xff"),
        *(
            TEXT + b"\n" + line.encode()
            for line in (
                LINE.replace("— ", "- "),
                LINE.replace("— ", "—  "),
                LINE.replace("— ", ""),
                LINE.replace("\n", " \n"),
                LINE.replace("\n", "=\n"),
                LINE.replace("\n", " x\n"),
                LINE.replace("log ", "log  "),
                LINE.replace("log ", "lo+g "),
                LINE.replace("log ", "lo\u00a0g "),
                "— name\n",
                "— name \n",
                "— name AAAA\n",
                "— name AAAAAA==\n",
                "— name AAAAAAF=\n",
                "— name AAAAAA-_\n",
                LINE * (SIGNATURES_MAX + 1),
            )
        ),
    ],
)
def test_a_note_has_one_spelling(data: bytes) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.NOTE_MALFORMED):
        decode_note(data)


def test_a_note_has_a_largest_size_and_sixteen_signatures_and_more_fit() -> None:
    with pytest.raises(AuditRefused, match=AuditCode.TOO_LARGE):
        decode_note(SIGNED + b"x" * NOTE_MAX_BYTES)
    assert len(decode_note(TEXT + b"\n" + LINE.encode() * SIGNATURES_MAX).signatures) == SIGNATURES_MAX >= 16


def test_what_would_be_read_back_differently_is_not_written() -> None:
    line = decode_note(SIGNED).signatures[0]
    for text, signatures in ((b"no newline", (line,)), (TEXT, ()), (b"tab\t\n", (line,))):
        with pytest.raises(AuditRefused, match=AuditCode.NOTE_MALFORMED):
            encode_note(Note(text=text, signatures=signatures))
    with pytest.raises(AuditRefused, match=AuditCode.NOTE_MALFORMED):
        add_signatures(SIGNED, [b"more text\n\n" + LINE.encode()])


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda part: TEXT + b"\n\xe2\x80\x94 n " + part + b"\n"))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    code = refusal_of(lambda: decode_note(data))
    assert code is AuditCode.NOTE_MALFORMED or (code is None and encode_note(decode_note(data)) == data)
