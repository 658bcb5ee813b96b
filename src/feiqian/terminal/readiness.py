"""What this terminal can do right now, so that nobody learns it from a payment that is refused (spec 07)."""

from dataclasses import dataclass

from feiqian.protocol.certificate import Capability
from feiqian.protocol.policy import Guarantee
from feiqian.protocol.refusals import Refused
from feiqian.terminal.desk import Desk
from feiqian.terminal.records import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The state of clock, lists, certificate and queue; amounts in minor units of `currency`.

    `lists_age_s` is None once the key set has expired; `guarantee` is None when the operator no longer serves the
    currency. `clock_ahead_s` was measured at the last answer, `clock_healed_s` is by how much the device's clock is
    behind what operators have signed, which is made good. `update_needed` says that the operator asks for `least_app`
    or newer than this `app_version`; it stops nothing.
    """

    payee_name: str
    currency: str
    now: int
    lists_issued_at: int
    lists_age_s: int | None
    guarantee: Guarantee | None
    clock_ahead_s: int | None
    clock_healed_s: int
    clock_is_off: bool
    certificate_expires_at: int
    may_request: bool
    may_take_codes: bool
    may_void: bool
    queue: Queue
    open_requests: int
    app_version: str
    least_app: str
    update_needed: bool

    @property
    def needs_you(self) -> bool:
        """Something here is for people to do; what can be done meanwhile says the rest."""
        return self.update_needed or not self.may_request or self.clock_is_off


def readiness(desk: Desk) -> Readiness:
    """As things stand now."""
    now = desk.now()
    guarantee: Guarantee | None
    try:
        guarantee, skew_s = desk.trust.guarantee(desk.currency, now), desk.policy.skew_s
    except Refused:  # the currency is not served any more: nothing can be accepted, and that is what is shown
        guarantee, skew_s = None, 0
    ahead_s = desk.store.clock_ahead_s()
    healed_s = now - desk.own_clock()
    usable = now <= desk.certificate.expires_at and guarantee is not None
    return Readiness(
        payee_name=desk.certificate.payee_name,
        currency=desk.currency,
        now=now,
        lists_issued_at=desk.trust.index.issued_at,
        lists_age_s=desk.trust.list_age_s(now),
        guarantee=guarantee,
        clock_ahead_s=ahead_s,
        clock_healed_s=healed_s,
        clock_is_off=healed_s > skew_s or (ahead_s is not None and abs(ahead_s) > skew_s),
        certificate_expires_at=desk.certificate.expires_at,
        may_request=usable and bool(desk.certificate.capabilities & Capability.REQUEST),
        may_take_codes=usable and bool(desk.certificate.capabilities & Capability.ONE_WAY),
        may_void=usable and bool(desk.certificate.capabilities & Capability.NOTES),
        queue=desk.store.queue(),
        open_requests=len(desk.store.open_requests(now)),
        app_version=desk.outside.app_version,
        least_app=desk.trust.key_set.least_app,
        update_needed=desk.trust.update_needed(desk.outside.app_version),
    )
