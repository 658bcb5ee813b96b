"""Grounds: what receipts are examined against, read at one moment (spec 05.4).

A claim is judged by what its payee could know: by the policy that was published with the trust index which its receipt
names, and by the time at which that receipt was made, which the syncs around it tell. Both are read once for a batch.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from feiqian.issuer.examine import Ground, KnownIndex
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.placing import Span, Sync, span_of
from feiqian.issuer.ports import IssuerReading
from feiqian.protocol.cose import open_envelope
from feiqian.protocol.ids import AllowanceRef, TerminalRef
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import Note, NoteTerms, ReceiptTerms, decode_note
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust_pack import decode_trust_pack
from feiqian.protocol.verified import VerifiedCertificate


@dataclass(frozen=True, slots=True)
class Revocation:
    """The terminal whose batch is taken was revoked: what it accepted counts, what it gave back since does not."""

    revoked_at: int
    spans: Mapping[int, Span]
    """When notes were made, by their counters."""
    skew_s: int

    def check(self, note: NoteTerms) -> None:
        """Refuses TERMINAL_REVOKED unless the note was made before, as far as order can tell (spec 05.4.1)."""
        if self.spans[note.counter].made_at(note.time, None, self.skew_s) >= self.revoked_at:
            raise Refused(RefusalCode.TERMINAL_REVOKED)


class Policies:
    """What is believed under each key set that was ever published; each is read and taken apart once. Thread-safe."""

    def __init__(self, today: OperatorKnowledge) -> None:
        self._today = today
        self._lock = threading.Lock()
        self._under: dict[bytes, OperatorKnowledge] = {}

    def ground(
        self,
        reading: IssuerReading,
        allowances: Mapping[AllowanceRef, bytes],
        receipts: Sequence[ReceiptTerms],
        *,
        terminal_ref: TerminalRef,
        currency: str,
        this: Sync | None,
        received_at: int,
    ) -> Ground:
        """What receipts of this terminal are examined against; they arrived now, with `this` sync or without one."""
        span = self._span(reading, receipts, terminal_ref, currency, this, received_at)
        known = reading.indexes({span.index_version, *(receipt.index_version for receipt in receipts)})
        if span.index_version not in known:  # whoever drives its number up, with a stolen key, would bar an honest till
            span = span._replace(index_version=0)
        return Ground(
            allowances={ref: open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES) for ref, raw in allowances.items()},
            indexes={
                version: KnownIndex(published.issued_at, self._under_policy(reading, published.key_set_hash))
                for version, published in known.items()
            },
            span=span,
            revoked={one.terminal_ref: one.revoked_at for one in reading.revoked_terminals()} if this is None else {},
        )

    def revocation(
        self,
        reading: IssuerReading,
        notes: Sequence[bytes],
        certificate: VerifiedCertificate,
        *,
        this: Sync | None,
        received_at: int,
    ) -> Revocation | None:
        """What a revocation of its terminal means for the notes of a batch; None when it is not revoked."""
        revoked = reading.revoked_terminal(certificate.ref)
        if revoked is None:
            return None
        skew_s, spans = self._skew_s(certificate.terms.currency), {}
        for counter in {note.terms.counter for note in _decoded(notes)}:
            syncs = reading.syncs(certificate.ref, counter)
            spans[counter] = span_of(
                syncs, first=counter, last=counter, this=this, received_at=received_at, skew_s=skew_s
            )
        return Revocation(revoked.revoked_at, spans, skew_s)

    def _span(
        self,
        reading: IssuerReading,
        receipts: Sequence[ReceiptTerms],
        terminal_ref: TerminalRef,
        currency: str,
        this: Sync | None,
        received_at: int,
    ) -> Span:
        counters = [receipt.counter for receipt in receipts if receipt.terminal_ref == terminal_ref]
        if not counters:
            return Span(0, received_at, clock_right=True)
        first = min(counters)
        return span_of(
            reading.syncs(terminal_ref, first),
            first=first,
            last=max(counters),
            this=this,
            received_at=received_at,
            skew_s=self._skew_s(currency),
        )

    def _under_policy(self, reading: IssuerReading, key_set_hash: bytes) -> OperatorKnowledge:
        found = self._under.get(key_set_hash)
        if found is None:
            raw = reading.pack_with(key_set_hash)
            policies = self._today if raw is None else self._today.as_of(decode_trust_pack(raw).key_set)
            with self._lock:
                found = self._under.setdefault(key_set_hash, policies)
        return found

    def _skew_s(self, currency: str) -> int:
        """A currency that is served no more has no policy; its claims are refused one by one."""
        try:
            return self._today.policy(currency).skew_s
        except Refused:
            return 0


def _decoded(notes: Sequence[bytes]) -> Iterator[Note]:
    for raw in notes:
        try:
            yield decode_note(raw)
        except Refused:
            continue  # it gets its own answer when it is examined
