"""Making a request: what the payee asks for, stored before anybody sees it."""

from dataclasses import dataclass

from feiqian.protocol.certificate import Capability
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.limits import CHALLENGE_BYTES
from feiqian.protocol.policy import Guarantee
from feiqian.protocol.request import RequestTerms, decode_request, encode_request, request_hash, sign_request
from feiqian.terminal.desk import Desk, spelled
from feiqian.terminal.records import AskedRequest
from feiqian.terminal.troubles import TerminalTrouble

TTL_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request ready to be shown, and what will be guaranteed of a payment that answers it now."""

    request: AskedRequest
    currency: str
    guarantee: Guarantee

    @property
    def request_hash(self) -> RequestHash:
        """H(request), the id of the request."""
        return self.request.request_hash

    @property
    def shown(self) -> bytes:
        """The bytes to show."""
        return self.request.shown


def make_request(
    desk: Desk,
    *,
    exact_minor: int | None,
    maximum_minor: int | None,
    reference: str | None,
    ttl_s: int,
    signed: bool,
    with_certificate: bool,
) -> Asked:
    """Ask for an exact amount, or up to a maximum. Raises TerminalTrouble, Refused FIELD_INVALID out of bounds.

    Unsigned it is small enough for any screen, but nothing ties it to the payee: below the policy's small amount.
    """
    now = desk.begin(Capability.REQUEST)
    terms = RequestTerms(
        challenge=desk.outside.randomness(CHALLENGE_BYTES),
        currency=desk.currency,
        time=now,
        ttl_s=ttl_s,
        payee_id=desk.certificate.payee_id,
        exact_minor=exact_minor,
        maximum_minor=maximum_minor,
        reference=reference,
    )
    payload = encode_request(terms)
    decode_request(payload)  # what a wallet would refuse is not asked
    cap_minor = desk.policy.unsigned_cap_minor
    if not signed and terms.amount_minor > cap_minor:
        raise TerminalTrouble("unsigned_over_cap", cap=spelled(cap_minor, desk.currency))
    request = AskedRequest(
        request_hash=request_hash(payload, desk.enrolment.deployment),
        payload=payload,
        shown=_shown(desk, payload, signed=signed, with_certificate=with_certificate),
        amount_minor=terms.amount_minor,
        is_maximum=maximum_minor is not None,
        reference=reference or "",
        time=now,
        expires_at=now + ttl_s,
    )
    desk.store.add_request(request)
    return Asked(request=request, currency=desk.currency, guarantee=desk.trust.guarantee(desk.currency, now))


def _shown(desk: Desk, payload: bytes, *, signed: bool, with_certificate: bool) -> bytes:
    if not signed:
        return payload
    statement = sign_request(desk.signer, desk.enrolment.certificate_id, desk.enrolment.deployment, payload)
    return desk.signed_shown(statement) if with_certificate else statement
