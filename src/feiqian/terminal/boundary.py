"""What this terminal can do now, as `risk.boundary` lists it: the facts are those of `readiness`."""

from feiqian.protocol.certificate import Capability
from feiqian.protocol.policy import Policy
from feiqian.protocol.refusals import Refused
from feiqian.risk import boundary as rules
from feiqian.risk.boundary import Reach, TerminalFacts, Why, terminal_boundary
from feiqian.terminal.desk import Desk
from feiqian.terminal.readiness import Readiness, readiness


def boundary(desk: Desk, *, reach: Reach = Reach.NOT_TRIED) -> tuple[rules.Capability, ...]:
    """What the payee can do at this moment."""
    found = readiness(desk)
    guarantee, allowed = found.guarantee, desk.certificate.capabilities
    return terminal_boundary(
        TerminalFacts(
            now=found.now,
            reach=reach,
            certificate_expires_at=found.certificate_expires_at,
            may_ask=bool(allowed & Capability.REQUEST),
            may_take_codes=bool(allowed & Capability.ONE_WAY),
            may_give_back=bool(allowed & Capability.NOTES),
            guaranteed_minor=None if guarantee is None else guarantee.cap_minor,
            accept_cap_minor=None if guarantee is None else guarantee.accept_cap_minor,
            one_way_cap_minor=0 if guarantee is None else guarantee.one_way_cap_minor,
            note_cap_minor=desk.certificate.note_cap_minor,
            next_step_at=_next_step(desk, found),
            lists=_lists(desk, found),
            waiting=found.queue.claims + found.queue.notes,
        )
    )


def _lists(desk: Desk, found: Readiness) -> Why | None:
    """How far knowledge has aged."""
    policy = _policy(desk)
    if found.lists_age_s is None:
        return Why.KEYS_OVER
    if policy is None or found.lists_age_s < policy.list_warn_age_s:
        return None
    return Why.LISTS_OLD if found.lists_age_s < policy.list_stale_age_s else Why.LISTS_STALE


def _next_step(desk: Desk, found: Readiness) -> int | None:
    """When caps shrink next; None when they no longer can."""
    policy = _policy(desk)
    if policy is None or found.lists_age_s is None:
        return None
    ages = (policy.list_warn_age_s, policy.list_stale_age_s)
    steps = [found.lists_issued_at + age_s for age_s in ages if found.lists_age_s < age_s]
    return min([*steps, desk.trust.key_set.expires_at + 1])


def _policy(desk: Desk) -> Policy | None:
    try:
        return desk.policy
    except Refused:  # the currency is not served any more: nothing can be accepted, and that is what is shown
        return None
