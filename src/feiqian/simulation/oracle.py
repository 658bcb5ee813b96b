"""The oracle: a second, dumber ledger that knows the rules of spec 05 and nothing of the issuer's own code.

It hears what was committed, as signed bytes and instants, keeps plain dicts, and works out from the whole set what
every claim must be paid and what must wait, without caches, neighbours or clever order. `ledger/` and `issuer/` are
not imported here, or they would be held against themselves.
"""

from collections import defaultdict
from typing import Final

from feiqian.protocol import cose
from feiqian.protocol.allowance import allowance_id, decode_allowance
from feiqian.protocol.cheque import Cheque, cheque_prefix, decode_cheque
from feiqian.protocol.claim import Claim, decode_batch, decode_claim
from feiqian.protocol.credit import decode_credits
from feiqian.protocol.ids import StatementId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.policy import Policy
from feiqian.protocol.presentation import decode_acknowledgement
from feiqian.protocol.receipt import NoteKind, Receipt, ReceiptTerms, decode_note, decode_receipt
from feiqian.protocol.request import decode_request, request_hash
from feiqian.protocol.status_list import AllowanceStatus, decode_status_list
from feiqian.protocol.trust_pack import decode_trust_pack
from feiqian.simulation.clocks import Clocks, When
from feiqian.simulation.reserves import Asked, Key, Reserve, Seen, contradict, losing_guarantee, shares

WHOLE: Final = 2**62
"""What a cancel note gives back."""
ANYBODY: Final = b""


class Broken(Exception):
    """A promise is broken: `rule` names it, the rest says where."""

    def __init__(self, rule: str, found: object) -> None:
        super().__init__(f"{rule}: {found}")
        self.rule, self._found = rule, str(found)

    def __reduce__(self) -> tuple[type["Broken"], tuple[str, str]]:
        """How it comes out of a process of its own: as words."""
        return Broken, (self.rule, self._found)


class Oracle:
    """What must be true of one operator. `touched` are allowances to be compared since the last comparison.

    `forked` are those whose device contradicted itself, `late_notes` cheques about which a note came after D, which
    changes nothing any more, `coded` claimed cheques that carry a one-time code.
    """

    def __init__(self, *, deployment: str, issuer: PublicKey, policy: Policy) -> None:
        self.policy = policy
        self.reserves: dict[bytes, Reserve] = {}
        self.touched: set[bytes] = set()
        self.forked: set[bytes] = set()
        self.credited: defaultdict[bytes, int] = defaultdict(int)
        self.under_way = False
        self._deployment, self._issuer = deployment, issuer
        self._index_times: dict[int, int] = {}
        self._clocks = Clocks(policy.skew_s, self._index_times)
        self.late_notes: set[bytes] = set()
        self.coded: set[bytes] = set()
        self._back: dict[tuple[bytes, bytes], int] = {}
        self._by_request: defaultdict[tuple[bytes, bytes], list[Asked]] = defaultdict(list)
        self._by_cheque: defaultdict[bytes, list[Asked]] = defaultdict(list)

    # --- what it hears ---

    def issued(self, raw: bytes, payer_id: bytes, device_id: bytes) -> None:
        """An allowance was issued."""
        allowance = decode_allowance(raw)
        full_id = allowance_id(allowance, self._issuer, self._deployment)
        if full_id[:8] not in self.reserves:
            deadline = allowance.terms.expires_at + self.policy.skew_s + self.policy.claim_window_s
            self.reserves[full_id[:8]] = Reserve(
                full_id=full_id,
                payer_id=payer_id,
                device_id=device_id,
                terms=allowance.terms,
                deadline=deadline,
            )
            self.touched.add(full_id[:8])

    def published(self, raw: bytes) -> None:
        """A trust pack went out."""
        pack = decode_trust_pack(raw)
        self._index_times[pack.index.version] = pack.index.issued_at
        lists = [decode_status_list(one) for one in pack.lists]
        for reserve in self.reserves.values():
            bad = any(one.status(reserve.terms.status_index) is not AllowanceStatus.GOOD for one in lists)
            if bad and reserve.listed_in is None and not reserve.closed:
                reserve.listed_in = pack.index.version

    def lost(self, payer_id: bytes, at: int) -> None:
        """A payer reported its devices lost."""
        self._lost([one for one in self.reserves.values() if one.payer_id == payer_id], at)

    def lost_device(self, device_id: bytes, at: int) -> None:
        """One device was stopped by its lost-device code."""
        self._lost([one for one in self.reserves.values() if one.device_id == device_id], at)

    def _lost(self, reserves: list[Reserve], at: int) -> None:
        for reserve in reserves:
            if not reserve.closed and reserve.lost_at is None:
                reserve.lost_at = at
                self.touched.add(reserve.full_id[:8])

    def closing(self, raw: bytes) -> None:
        """A closing cheque was handed in."""
        cheque = decode_cheque(raw)
        reserve = self.reserves[cheque.terms.allowance_ref]
        self._hear(reserve, cheque)

    def batch(self, raw: bytes, payee_id: bytes, at: int) -> None:
        """A batch was taken in: what every claim that it touches must be paid from now on."""
        batch = decode_batch(raw)
        touched: set[bytes] = set()
        claims = [decode_claim(item) for item in batch.claims]
        when = self._clocks.when(batch, [decode_receipt(claim.receipt).terms.counter for claim in claims], at)
        for claim in claims:
            touched |= self._claim(claim, payee_id, at, when)
        for item in batch.notes:
            touched |= self._note(item, payee_id, at)
        for ref in touched:
            if not self._is_over(self.reserves[ref], at):
                self._weigh(self.reserves[ref], at)
        self.touched |= touched
        self.collected()

    def papers(self, shown: Claim, statement: bytes, payee_id: bytes, at: int) -> None:
        """A payer's copy of a payment was taken, with what its payee signed: a receipt, which `shown` holds, or a note.

        Nobody hears it from a terminal, so nothing of it says what a clock was worth.
        """
        cheque = decode_cheque(shown.cheque)
        reserve = self.reserves[cheque.terms.allowance_ref]
        if self._is_over(reserve, at):
            return
        cheque_id = self._hear(reserve, cheque)
        if shown.receipt:
            receipt = decode_receipt(shown.receipt).terms
            touched = self._claim(shown, payee_id, at, self._clocks.alone(receipt, at))
            known = reserve.claims.get((cheque_id, payee_id))
            if known is not None:  # also where the claim is refused: its payee is held to what it signed
                lowest_minor = min(receipt.final_minor, known.finals.get(receipt.terminal_ref, WHOLE))
                known.finals[receipt.terminal_ref] = lowest_minor
        else:
            touched = self._note(statement, payee_id, at)
        touched.add(cheque.terms.allowance_ref)
        for ref in touched:
            if not self._is_over(self.reserves[ref], at):
                self._weigh(self.reserves[ref], at)
        self.touched |= touched

    def windows_closed(self, now: int) -> None:
        """Every allowance whose D has passed was ended."""
        due = [(one.deadline, ref) for ref, one in self.reserves.items() if not one.closed and one.deadline < now]
        for _, ref in sorted(due)[:100]:
            self._end(self.reserves[ref])
            self.touched.add(ref)
        self.under_way = True

    def collected(self) -> None:
        """The acquirer has credited what the issuer told it."""
        self.under_way = False

    # --- what it works out ---

    def _claim(self, claim: Claim, payee_id: bytes, at: int, when: When) -> set[bytes]:
        cheque, receipt = decode_cheque(claim.cheque), decode_receipt(claim.receipt).terms
        reserve = self.reserves.get(cheque.terms.allowance_ref)
        if reserve is None:
            raise Broken("unknown_allowance", cheque.terms.allowance_ref.hex())
        made_at, held_index = self._clocks.made_at(receipt, when), max(when.held_index, receipt.index_version)
        age_s = self._age_s(receipt, made_at)
        one_way = claim.request is None
        if self._is_refused(cheque, age_s, one_way=one_way) or self._is_over(reserve, at):
            return set()
        cheque_id = self._hear(reserve, cheque)
        if cheque.terms.code is not None:
            self.coded.add(cheque_id)
        for credit in () if claim.credits is None else decode_credits(claim.credits):
            given = decode_cheque(credit.cheque)
            given_id = self._hear(reserve, given)
            back_minor = _given_back(credit.statement or b"", given.amount_minor)
            self._back[given_id, ANYBODY] = max(back_minor, self._back.get((given_id, ANYBODY), 0))
        known = reserve.claims.get((cheque_id, payee_id))
        if known is not None:
            lowest_minor = min(receipt.final_minor, known.finals.get(receipt.terminal_ref, WHOLE))
            known.finals[receipt.terminal_ref] = lowest_minor
            return self._with_rivals(known)
        asked_hash = None if claim.request is None else self._hash(claim.request)
        asked = Asked(
            cheque_id=cheque_id,
            payee_id=payee_id,
            ref=cheque.terms.allowance_ref,
            amount_minor=cheque.amount_minor,
            finals={receipt.terminal_ref: receipt.final_minor},
            request=asked_hash,
            terminal=receipt.terminal_ref,
            receipt_counter=receipt.counter,
            index_version=receipt.index_version,
            guaranteed=not one_way
            and receipt.final_minor <= self._caps(age_s)[0]
            and receipt.index_version == held_index,
            barred=reserve.listed_in is not None and held_index >= reserve.listed_in,
            borne=reserve.lost_at is not None and made_at > reserve.lost_at,
        )
        reserve.claims[asked.key] = asked
        self._by_cheque[cheque_id].append(asked)
        if asked_hash is not None:
            self._by_request[asked_hash, payee_id].append(asked)
        return self._with_rivals(asked)

    def _with_rivals(self, asked: Asked) -> set[bytes]:
        """Its allowance, and those of other cheques for the same request."""
        rivals = [] if asked.request is None else self._by_request[asked.request, asked.payee_id]
        return {asked.ref, *(one.ref for one in rivals)}

    def _note(self, raw: bytes, payee_id: bytes, at: int) -> set[bytes]:
        note = decode_note(raw).terms
        about = [one for one in self._by_cheque.get(note.subject, ()) if one.payee_id == payee_id]
        about += self._by_request.get((note.subject, payee_id), [])
        if any(self._is_over(self.reserves[one.ref], at) for one in about):
            self.late_notes |= {note.subject, *(one.cheque_id for one in about)}
            return set()
        back_minor = WHOLE if note.note_kind == NoteKind.CANCEL else note.back_minor
        subject = note.subject, payee_id
        self._back[subject] = max(back_minor, self._back.get(subject, 0))
        return {one.ref for one in about}

    def _hear(self, reserve: Reserve, cheque: Cheque) -> bytes:
        """A cheque testifies; the pair that contradicts convicts its device."""
        terms = cheque.terms
        prefix = cheque_prefix(StatementId(reserve.full_id), self._deployment)
        cheque_id = cose.digest(prefix, cheque.envelope.payload)
        if cheque_id not in reserve.seen:
            fresh = Seen(
                counter=terms.counter,
                amount_minor=cheque.amount_minor,
                cumulative_minor=terms.cumulative_minor,
                previous=terms.previous,
                closing=terms.request is None and terms.ttl_s is None,
            )
            if any(contradict(fresh, cheque_id, one, other) for other, one in reserve.seen.items()):
                reserve.forked = True
                self.forked.add(reserve.full_id[:8])
                self.touched.add(reserve.full_id[:8])
            reserve.seen[cheque_id] = fresh
        return cheque_id

    def _hash(self, payload: bytes) -> bytes:
        return request_hash(decode_request(payload).payload, self._deployment)

    def _age_s(self, receipt: ReceiptTerms, made_at: int) -> int | None:
        """How old the payee's knowledge was (05.4)."""
        issued_at = self._index_times.get(receipt.index_version)
        return None if issued_at is None else max(0, made_at - issued_at)

    def _caps(self, age_s: int | None) -> tuple[int, int, int]:
        """Guaranteed up to, refused above, one-way cap: the table of 05.2."""
        policy = self.policy
        half_minor = policy.guarantee_cap_minor // 2
        if age_s is not None and age_s < policy.list_warn_age_s:
            return policy.guarantee_cap_minor, WHOLE, policy.one_way_cap_minor
        if age_s is not None and age_s < policy.list_stale_age_s:
            return half_minor, WHOLE, policy.one_way_cap_minor // 2
        guaranteed_minor = 0 if age_s is None else min(half_minor, policy.stale_cap_minor)
        return guaranteed_minor, policy.stale_cap_minor, policy.one_way_cap_minor // 2

    def _is_refused(self, cheque: Cheque, age_s: int | None, *, one_way: bool) -> bool:
        """Of all checks of 04.1 only those of age can come out otherwise at the issuer than at an honest counter."""
        _, accept_minor, one_way_minor = self._caps(age_s)
        return cheque.amount_minor > accept_minor or (one_way and cheque.amount_minor > one_way_minor)

    def _is_over(self, reserve: Reserve, at: int) -> bool:
        return reserve.closed or at > reserve.deadline

    def _weigh(self, reserve: Reserve, at: int) -> None:
        """How all claims on an allowance stand together (05.5)."""
        lost = losing_guarantee(reserve)
        codes: defaultdict[bytes, dict[Key, int]] = defaultdict(dict)
        reserve.kept = set()
        for asked in reserve.claims.values():
            guaranteed = asked.guaranteed and asked.key not in lost
            due_minor = self._due_minor(asked)
            asked.paid_minor = asked.waiting_minor = 0
            if asked.barred or (asked.borne and not guaranteed) or self._is_displaced(asked, at):
                continue
            if asked.request is None:
                codes[asked.cheque_id][asked.key] = due_minor
            elif guaranteed:
                asked.paid_minor = due_minor
                reserve.kept.add(asked.key)
            else:
                asked.waiting_minor = due_minor
        for wants in codes.values():
            amount_minor = reserve.claims[next(iter(wants))].amount_minor
            for key, part_minor in shares(amount_minor, wants).items():
                reserve.claims[key].waiting_minor = part_minor

    def _due_minor(self, asked: Asked) -> int:
        """The lowest final amount that the payee ever signed."""
        subjects = [(asked.cheque_id, asked.payee_id), (asked.cheque_id, ANYBODY), (asked.request, asked.payee_id)]
        back_minor = max(self._back.get((subject, payee), 0) for subject, payee in subjects if subject is not None)
        return min(asked.final_minor, max(0, asked.amount_minor - back_minor))

    def _is_displaced(self, asked: Asked, at: int) -> bool:
        """One cheque a request, the one with the lowest receipt counter; what D has decided stands."""
        if asked.request is None:
            return False
        rivals = self._by_request[asked.request, asked.payee_id]
        if len(rivals) == 1:
            return False
        first = min(
            rivals,
            key=lambda one: (
                not self._is_over(self.reserves[one.ref], at),
                one.receipt_counter,
                one.terminal,
                one.cheque_id,
            ),
        )
        return first is not asked

    def _end(self, reserve: Reserve) -> None:
        """D: what is left of the reserve is shared, two-way before one-way."""
        left_minor = reserve.terms.amount_minor - min(reserve.own_minor, reserve.terms.amount_minor)
        for one_way in (False, True):
            wants = {
                key: one.waiting_minor
                for key, one in reserve.claims.items()
                if one.waiting_minor and (one.request is None) is one_way
            }
            for key, part_minor in shares(left_minor, wants).items():
                reserve.claims[key].paid_minor += part_minor
                left_minor -= part_minor
        for asked in reserve.claims.values():
            asked.waiting_minor = 0
        reserve.closed = True


def _given_back(statement: bytes, amount_minor: int) -> int:
    """What a statement gives back of a cheque of this amount."""
    terms = decode_acknowledgement(statement).statement
    if isinstance(terms, Receipt):
        return amount_minor - terms.terms.final_minor
    return amount_minor if terms.terms.note_kind == NoteKind.CANCEL else terms.terms.back_minor
