"""Proof files: what a payer or payee holds proves what it says, offline, and nothing else is taken for it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.checkpoint import LogTrust
from feiqian.audit.leaf import LeafKind, encode_leaf, leaf_about, salted_evidence
from feiqian.audit.limits import PROOF_MAX_BYTES
from feiqian.audit.proof import check_leaf_proof, check_proof, decode_proof, encode_proof
from feiqian.audit.refusals import AUDIT_WORDS, AuditCode, AuditRefused
from tests.audit.world import ALONE, NOW, TRUST, WITNESSES, Log, another_bit, evidence_of, leaf_of, note_key, refusal_of

LOG = Log.of(20)
PROOF = LOG.proof(5, 13)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "spec" / "09-audit.md"
# The example of c2sp.org/tlog-proof, with a whole checkpoint in place of the shortened one.
EXAMPLE = b"""\
c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

\xe2\x80\x94 example.com/fancylog hI2DJwAA
"""


def test_a_proof_says_what_is_where_and_who_saw_it() -> None:
    included = check_proof(PROOF, evidence_of(5), TRUST)
    assert (included.leaf, included.index, included.size) == (leaf_of(5), 5, 13)
    assert included.root == LOG.checkpoint(13).root
    assert {(one.name, one.at) for one in included.cosigned} == {(one.key.name, NOW + 60) for one in WITNESSES}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 19, 20])
def test_every_leaf_of_a_log_is_proved(size: int) -> None:
    for index in range(size):
        assert check_proof(LOG.proof(index, size, cosigned_by=()), evidence_of(index), ALONE).index == index


def test_salted_evidence_is_proved_by_salt_and_row() -> None:
    salt = bytes(range(32))
    log = Log([encode_leaf(leaf_about(LeafKind.OPERATOR_ACTION, NOW, b"s", b"row", salt=salt))])
    proof = log.proof(0, 1)
    assert check_proof(proof, salted_evidence(salt, b"row"), TRUST).leaf.kind is LeafKind.OPERATOR_ACTION
    with pytest.raises(AuditRefused, match=AuditCode.EVIDENCE_MISMATCH):
        check_proof(proof, b"row", TRUST)


def test_a_proof_is_read_as_the_specification_writes_it() -> None:
    proof = decode_proof(EXAMPLE)
    assert (proof.leaf, proof.index, len(proof.path)) == (b"age-v1.2.1-darwin-arm64.tar.gz", 73_894, 2)
    assert encode_proof(proof) == EXAMPLE


def refused(code: AuditCode, data: bytes, evidence: bytes = evidence_of(5), trust: LogTrust = TRUST) -> None:
    with pytest.raises(AuditRefused) as raised:
        check_proof(data, evidence, trust)
    assert raised.value.code is code


def test_each_thing_that_is_wrong_has_its_name() -> None:
    proof = decode_proof(PROOF)
    wrong_leaf = Log([b"\xa0"])
    newer = Log([bytes.fromhex("a10002")])
    refused(AuditCode.TOO_LARGE, PROOF + b"x" * PROOF_MAX_BYTES)
    refused(AuditCode.PROOF_MALFORMED, PROOF.replace(b"@v1", b"@v2"))
    refused(AuditCode.NOTE_MALFORMED, PROOF[:-1])
    refused(AuditCode.CHECKPOINT_MALFORMED, PROOF.replace(b"\n13\n", b"\n013\n"))
    refused(AuditCode.LOG_UNKNOWN, PROOF, trust=LogTrust(log_keys=(note_key("example.org/other"),)))
    refused(AuditCode.SIGNATURE_INVALID, PROOF.replace(b"\n13\n", b"\n14\n"))
    refused(AuditCode.UNSIGNED, PROOF, trust=LogTrust(log_keys=(note_key(ALONE.log_keys[0].name, "rotated"),)))
    refused(AuditCode.WITNESSES_MISSING, LOG.proof(5, 13, cosigned_by=WITNESSES[:1]))
    refused(AuditCode.INCLUSION_INVALID, encode_proof(replace(proof, index=6)))
    refused(AuditCode.INCLUSION_INVALID, encode_proof(replace(proof, leaf=LOG.leaves[6])))
    refused(AuditCode.INCLUSION_INVALID, encode_proof(replace(proof, path=())))
    refused(AuditCode.INCLUSION_INVALID, encode_proof(replace(proof, checkpoint=LOG.signed(12, cosigned_by=WITNESSES))))
    refused(AuditCode.LEAF_MALFORMED, wrong_leaf.proof(0, 1))
    refused(AuditCode.UPDATE_NEEDED, newer.proof(0, 1))
    refused(AuditCode.EVIDENCE_MISMATCH, PROOF, evidence_of(6))


HEAD = "c2sp.org/tlog-proof@v1\n"
LEAF = f"extra {base64.b64encode(leaf_of(5).evidence_hash).decode()}\n"
STEP = f"{base64.b64encode(bytes(32)).decode()}\n"


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n\n", HEAD, f"{HEAD}\n", f"{HEAD}index 5\n\n", f"{HEAD}{LEAF}\n", f"{HEAD}{LEAF}index 5\n"),
        *(f"{HEAD}{LEAF}index {index}\n\n" for index in ("", "05", "-1", "5 ", "x", 2**53, "٥")),
        *(f"{HEAD}{LEAF}index 5\n{step}\n\n" for step in (STEP[:-2], STEP[4:-1], " " + STEP[:-1], "AAAA")),
        *(f"{HEAD}extra {leaf}\nindex 5\n\n" for leaf in ("", "x", "AAA", "AAA= ", "A" * 164)),
        *(f"{HEAD.upper()}{LEAF}index 5\n\n", f"{HEAD}index 5\n{LEAF}\n", f"{HEAD}{LEAF}index 5\n{STEP * 65}\n"),
        f"{HEAD}{LEAF}index 5\n\n".replace("\n", "\r\n"),
    ],
)
def test_a_proof_has_one_spelling(text: str) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.PROOF_MALFORMED):
        decode_proof(text.encode())


def test_any_turned_bit_of_a_proof_file_is_refused() -> None:
    trust = replace(TRUST, witnesses_needed=3)
    for bit in range(8 * len(PROOF)):
        with pytest.raises(AuditRefused):
            check_proof(another_bit(PROOF, bit), evidence_of(5), trust)


LINES = PROOF.split(b"\n")


@given(st.binary(max_size=200) | st.lists(st.sampled_from(LINES), max_size=14).map(b"\n".join))
def test_any_bytes_are_a_proof_or_refused(data: bytes) -> None:
    code = refusal_of(lambda: decode_proof(data))
    assert code is AuditCode.PROOF_MALFORMED or (code is None and encode_proof(decode_proof(data)) == data)
    if data != PROOF:
        with pytest.raises(AuditRefused):
            check_leaf_proof(data, TRUST)


def test_what_would_be_read_back_differently_is_not_written() -> None:
    good = decode_proof(PROOF)
    for wrong in (
        *(replace(good, leaf=b""), replace(good, leaf=bytes(121)), replace(good, index=-1)),
        *(replace(good, path=(b"short",)), replace(good, path=(bytes(32),) * 65)),
    ):
        with pytest.raises(AuditRefused, match=AuditCode.PROOF_MALFORMED):
            encode_proof(wrong)


def test_every_refusal_has_its_sentences_in_both_languages() -> None:
    assert list(AUDIT_WORDS) == [code.value for code in AuditCode]
    for code in AuditCode:
        refusal = AuditRefused(code)
        english, chinese = refusal.words("en"), refusal.words("zh")
        assert all(part.endswith((".", ":")) for part in english)
        assert all(part.endswith("。") for part in chinese)


def test_the_specification_lists_every_refusal_and_kind_in_order() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(audit_\w+)` \|", page, re.MULTILINE) == [code.value for code in AuditCode]
    kinds = [(int(number), name) for number, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE)]
    assert kinds == [(kind.value, kind.name.lower()) for kind in LeafKind]
