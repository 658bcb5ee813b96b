"""Opening the claims of a batch: what their bytes say, before anything in them is verified.

The parts of a claim are decoded by themselves. Claims of one till are spelt alike, so one that was opened is cut into a
stencil, and what lies under it need not be taken apart head by head: that is half of what opening costs. Which way a
claim is opened makes no difference to what comes out.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from feiqian.protocol import cheque as cheque_message
from feiqian.protocol import request as request_message
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.cheque import Cheque, ChequeTerms, cheque_of, decode_cheque
from feiqian.protocol.claim import Claim, decode_claim
from feiqian.protocol.cose import Envelope
from feiqian.protocol.receipt import RECEIPT_LAYOUT, Receipt, ReceiptTerms, decode_receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import Request, RequestTerms, decode_request, request_of
from feiqian.protocol.stencil import Part, Stencil, cut

_VERDICTS: Mapping[RefusalCode, Verdict] = {
    RefusalCode.PAYEE_NOT_NAMED: Verdict.PAYEE_NOT_NAMED,
    RefusalCode.AUDIENCE_MISMATCH: Verdict.PAYEE_NOT_NAMED,
    RefusalCode.NOT_COVERED: Verdict.NOT_COVERED,
    RefusalCode.REQUEST_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.CODE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.NOT_YET_VALID: Verdict.OUT_OF_POLICY,
    RefusalCode.ALLOWANCE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.CERTIFICATE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_PER_PAYMENT: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_COUNT: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_ONE_WAY_CAP: Verdict.OUT_OF_POLICY,
    RefusalCode.HOLDER_CHECK_MISSING: Verdict.OUT_OF_POLICY,
    RefusalCode.TIER_TOO_LOW: Verdict.OUT_OF_POLICY,
    RefusalCode.TRUST_TOO_OLD: Verdict.OUT_OF_POLICY,
}
_STENCILS_MAX: Final = 256
"""Of all claims together; a till's claims need some ten, since numbers grow wider."""
_LONG, _LONGER = 24, 256


class Opened(NamedTuple):
    """A claim whose parts decode; nothing in it is verified."""

    claim: Claim
    cheque: Cheque
    receipt: Receipt
    request: Request | None


def refusal(refused: Refused) -> AnswerItem:
    """The answer to an item that was refused; the code goes with it."""
    return AnswerItem(verdict=_VERDICTS.get(refused.reason, Verdict.REFUSED), code=refused.code.value)


def open_claim(raw: bytes) -> Opened | AnswerItem:
    """One claim's parts, or its refusal."""
    try:
        claim = decode_claim(raw)
        request = None if claim.request is None else decode_request(claim.request)
        return Opened(claim, decode_cheque(claim.cheque), decode_receipt(claim.receipt), request)
    except Refused as refused:
        return refusal(refused)


class ClaimOpener:
    """Opens claims as `open_claim` does, faster for those that are spelt like earlier ones. Thread-safe."""

    def __init__(self) -> None:
        self._cut: dict[int, tuple[_Cut, ...]] = {}
        """By length; a tuple is replaced and never changed, so it may be looked at while another thread adds."""

    @property
    def stencils(self) -> int:
        """How many it holds."""
        return sum(map(len, self._cut.values()))

    def open(self, raw: bytes) -> Opened | AnswerItem:
        """One claim's parts, or its refusal."""
        known = self._cut.get(len(raw))
        if known:
            number = int.from_bytes(raw)
            for cut_before in known:
                values = cut_before.stencil.read(raw, number)
                if values is not None:
                    try:
                        return cut_before.opened(raw, values)
                    except Refused as refused:
                        return refusal(refused)
        opened = open_claim(raw)
        if isinstance(opened, Opened):
            self._learn(raw, opened)
        return opened

    def _learn(self, raw: bytes, opened: Opened) -> None:
        known, number = self._cut.get(len(raw), ()), int.from_bytes(raw)
        if any(one.stencil.fits(number) for one in known):
            return  # a text that only the long way reads
        found = _Cut.of(raw, opened)
        if found is not None:
            if self.stencils >= _STENCILS_MAX:
                self._cut = {}
            self._cut[len(raw)] = (*self._cut.get(len(raw), ()), found)


_Values = Sequence[Any]
_Maker = Callable[[_Values], Any]


class _Cut(NamedTuple):
    """A stencil of a claim, where its parts stand, and what makes their terms of its values."""

    stencil: Stencil
    cheque: slice
    payload: slice
    signature: slice
    receipt: slice
    request: slice | None
    cheque_terms: _Maker
    receipt_terms: _Maker
    request_terms: _Maker | None

    @classmethod
    def of(cls, raw: bytes, opened: Opened) -> "_Cut | None":
        """Of a claim that was opened the long way, as terminals send it: what else is in it goes that way always."""
        claim = opened.claim
        if claim.credits is not None or opened.receipt.envelope is not None:
            return None
        if opened.request is not None and opened.request.envelope is not None:
            return None
        at, places = 3, []  # behind the map's head and the message's kind
        for item in (claim.cheque, claim.receipt, claim.request):
            if item is not None:
                at += 2 if len(item) < _LONG else 3 if len(item) < _LONGER else 4
                places.append(slice(at, at + len(item)))
                at += len(item)
        if at != len(raw):
            return None
        cheque, receipt, *asked = places
        signature = slice(cheque.stop - len(opened.cheque.envelope.signature), cheque.stop)
        payload_ends = signature.start - 2
        payload = slice(payload_ends - len(opened.cheque.envelope.payload), payload_ends)
        parts = [
            Part(cheque_message.LAYOUT, payload.start, payload.stop),
            Part(RECEIPT_LAYOUT, receipt.start, receipt.stop),
            *(Part(request_message.LAYOUT, one.start, one.stop) for one in asked),
        ]
        stencil = cut(raw, parts, [(signature.start, signature.stop)])
        if stencil is None:
            return None
        cheque_at, receipt_at, *asked_at = stencil.places
        return cls(
            stencil,
            cheque,
            payload,
            signature,
            receipt,
            asked[0] if asked else None,
            _maker(ChequeTerms, cheque_at),
            _maker(ReceiptTerms, receipt_at),
            _maker(RequestTerms, asked_at[0]) if asked else None,
        )

    def opened(self, raw: bytes, values: _Values) -> Opened:
        """The parts of a claim that lies under this. Raises Refused for what no layout says."""
        _, cheque_at, payload, signature, receipt_at, request_at, cheque_terms, receipt_terms, request_terms = self
        cheque_raw, receipt_raw = raw[cheque_at], raw[receipt_at]
        request_raw = request = None
        if request_at is not None and request_terms is not None:
            request_raw = raw[request_at]
            request = request_of(_made(RequestTerms, request_terms(values)), request_raw, None)
        envelope = _made(Envelope, (cheque_raw, raw[payload], raw[signature]))
        cheque = cheque_of(_made(ChequeTerms, cheque_terms(values)), envelope)
        receipt = _made(Receipt, (_made(ReceiptTerms, receipt_terms(values)), receipt_raw, None))
        claim = _made(Claim, (cheque_raw, receipt_raw, request_raw, None))
        return _made(Opened, (claim, cheque, receipt, request))


_made: Final = tuple.__new__
"""A named tuple of values that stand in its order; its own way counts and names them once more."""


def _maker(terms: Any, places: Mapping[str, int]) -> _Maker:
    """Brings values into the order of the terms; what a message has not is the None behind all values."""
    return itemgetter(*(places.get(name, -1) for name in terms._fields))
