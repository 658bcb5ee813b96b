"""The witness: cosigns what only grew, names why it does not, and never cosigns two states that contradict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.checkpoint import Checkpoint, LogTrust, sign_checkpoint, verify_checkpoint
from feiqian.audit.note import add_signatures
from feiqian.audit.refusals import AuditCode, AuditRefused
from tests.audit.world import LOG_KEY, NOW, ORIGIN, TRUST, WITNESSES, Log, another_bit, note_key, secret

LOG = Log.of(12)
FORKED = Log([*LOG.leaves[:4], b"something else", *LOG.leaves[5:]])
WITNESS = WITNESSES[0]
SEEN = {ORIGIN: LOG.checkpoint(7)}


def test_a_log_that_grew_is_cosigned_and_remembered() -> None:
    decision = WITNESS.decide(SEEN, LOG.signed(12), LOG.consistency(7, 12), NOW)
    assert decision.seen == LOG.checkpoint(12)
    trust = LogTrust(log_keys=(LOG_KEY,), witness_keys=(WITNESS.key,), witnesses_needed=1)
    verified = verify_checkpoint(add_signatures(LOG.signed(12), [decision.line]), trust)
    assert [(one.name, one.at) for one in verified.cosigned] == [(WITNESS.key.name, NOW)]


@pytest.mark.parametrize("size", [0, 1, 12])
def test_a_log_never_seen_starts_from_nothing(size: int) -> None:
    assert WITNESS.decide({}, LOG.signed(size), (), NOW).seen == LOG.checkpoint(size)


def test_the_same_state_is_cosigned_again_with_the_new_time() -> None:
    first, again = (WITNESS.decide(SEEN, LOG.signed(7), (), at) for at in (NOW, NOW + 1))
    assert first.seen == again.seen
    assert first.line != again.line


def refused(offered: bytes, path: tuple[bytes, ...], code: AuditCode) -> None:
    with pytest.raises(AuditRefused, match=code):
        WITNESS.decide(SEEN, offered, path, NOW)


def test_each_reason_not_to_cosign_has_its_name() -> None:
    good = LOG.consistency(7, 12)
    refused(LOG.signed(5), (), AuditCode.ROLLED_BACK)
    refused(LOG.signed(0), (), AuditCode.ROLLED_BACK)
    refused(FORKED.signed(7), (), AuditCode.LOG_FORKED)
    refused(FORKED.signed(12), FORKED.consistency(7, 12), AuditCode.CONSISTENCY_INVALID)
    refused(FORKED.signed(12), good, AuditCode.CONSISTENCY_INVALID)
    refused(LOG.signed(12), (), AuditCode.CONSISTENCY_INVALID)
    refused(LOG.signed(7), good, AuditCode.CONSISTENCY_INVALID)
    refused(another_bit(LOG.signed(12), 8 * len(ORIGIN) + 9), good, AuditCode.SIGNATURE_INVALID)
    stranger = note_key("example.org/stranger")
    strange = sign_checkpoint(LOG.checkpoint(12, stranger.name), secret(stranger.name))
    refused(strange, good, AuditCode.LOG_UNKNOWN)
    unsigned = sign_checkpoint(LOG.checkpoint(12), secret("a thief"))
    refused(unsigned, good, AuditCode.UNSIGNED)
    refused(b"", good, AuditCode.NOTE_MALFORMED)


def test_logs_are_kept_apart_by_origin() -> None:
    other = note_key("example.org/other")
    witness = type(WITNESS)("w.example", secret("w"), [LOG_KEY, other])
    small = sign_checkpoint(LOG.checkpoint(3, other.name), secret(other.name))
    assert witness.decide(SEEN, small, (), NOW).seen == LOG.checkpoint(3, other.name)


@given(st.lists(st.tuples(st.sampled_from([LOG, FORKED]), st.integers(0, 12)), max_size=12))
def test_whatever_it_is_offered_it_only_cosigns_one_history(offers: list[tuple[Log, int]]) -> None:
    """The log shows each state with the best proof it has, forked or not; the cosigned ones are all of one log."""
    seen: dict[str, Checkpoint] = {}
    cosigned = []
    for log, size in offers:
        old_size = seen[ORIGIN].size if ORIGIN in seen else 0
        path = log.consistency(old_size, size) if old_size <= size else ()
        try:
            decision = WITNESS.decide(seen, log.signed(size), path, NOW)
        except AuditRefused:
            continue
        seen[ORIGIN] = decision.seen
        cosigned.append(decision.seen)
    assert any(all(one == log.checkpoint(one.size) for one in cosigned) for log in (LOG, FORKED))
    assert [one.size for one in cosigned] == sorted(one.size for one in cosigned)


def test_a_quorum_is_told_apart_from_the_operators_word() -> None:
    with pytest.raises(AuditRefused, match=AuditCode.WITNESSES_MISSING):
        verify_checkpoint(LOG.signed(12, cosigned_by=[WITNESS]), TRUST)
    verify_checkpoint(LOG.signed(12, cosigned_by=WITNESSES[:2]), replace(TRUST, witnesses_needed=2))
