"""Topping up and closing: how an allowance comes to this device and how it ends early (spec 07).

The id of a top-up and the new device key are durable before the operator is asked, so a lost answer or a crash leads
to the same allowance and never to a second one. What comes back is verified before it is kept.

While the operator is waited for, another process may use the wallet and may even get the same answer first. So what is
stored changes only from the state in which it was left; whoever comes second finds what the first one has kept.
"""

from contextlib import suppress
from dataclasses import replace

from feiqian.protocol import cose
from feiqian.protocol.cheque import ChequeTerms, decode_cheque, draw_cheque
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, PREVIOUS_BYTES, STATEMENT_MAX_BYTES
from feiqian.protocol.one_time_code import code_anchor
from feiqian.protocol.possession import Purpose, attestation_challenge, prove_possession
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import Trust
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import VerifiedAllowance
from feiqian.protocol.verify_allowance import identify_allowance, verify_device, verify_issuer
from feiqian.wallet.counting import begin_anew, check_counted, count, is_rolled_back
from feiqian.wallet.holdings import Holdings, Live, hold, stand
from feiqian.wallet.paying_lock import check_not_locked
from feiqian.wallet.ports import Conflict, Declined, Granted, OperatorLink, Parts
from feiqian.wallet.records import AllowanceRecord
from feiqian.wallet.states import AllowanceEvent, AllowanceState, after_allowance
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.trust_held import refresh_trust
from feiqian.wallet.wording import amount_words, instant_words

TOP_UP_ID_BYTES = 16


def top_up(parts: Parts, link: OperatorLink, amount_minor: int) -> AllowanceRecord:
    """An allowance of this amount, or the answer to the one that was asked for and is still open.

    Raises WalletTrouble (top_up_waits when another amount is open), Refused, Coded of the link.
    """
    holdings = hold(parts)
    check_not_locked(parts, holdings)
    if not 0 < amount_minor <= AMOUNT_MAX_MINOR:
        raise WalletTrouble("amount_out_of_range")
    if is_rolled_back(parts):
        begin_anew(parts)
        holdings = hold(parts)
    for waiting in holdings.waiting:
        if waiting.amount_minor != amount_minor:
            raise WalletTrouble("top_up_waits", amount=amount_words(waiting.amount_minor, waiting.currency))
        return ask(parts, link, waiting)
    record = AllowanceRecord(
        top_up_id=parts.randomness(TOP_UP_ID_BYTES),
        device_key=parts.keys.make(),
        amount_minor=amount_minor,
        currency=holdings.membership.currency,
        asked_at=holdings.now,
        state=AllowanceState.ASKED,
    )
    parts.store.begin_top_up(record)
    return ask(parts, link, record)


def ask(parts: Parts, link: OperatorLink, record: AllowanceRecord) -> AllowanceRecord:
    """Ask for a top-up that is stored, again and again the same. Raises as `top_up`; a decline closes it."""
    check_counted(parts)  # an older copy would be given the same allowance once more, spent from or not
    with suppress(Refused):  # an old pack is no reason to stay without money; what comes is checked with the one held
        refresh_trust(parts, link)
    footing, trust = stand(parts)
    device = parts.keys.load(record.device_key)
    context = (footing.membership.device_id, record.top_up_id)
    proof = prove_possession(device, Purpose.ALLOWANCE, trust.deployment, *context)
    evidence = parts.keys.evidence(record.device_key, attestation_challenge(trust.deployment, *context))
    try:
        granted = link.top_up(
            top_up_id=record.top_up_id,
            amount_minor=record.amount_minor,
            device_key=device.public_key,
            proof=proof,
            evidence=evidence,
        )
    except Declined as declined:
        with suppress(Conflict):  # declined to another process, too
            parts.store.drop_top_up(record.top_up_id)
        raise declined.why from None
    _, trust = stand(parts)  # another process may have fetched a newer pack while this one waited
    allowance = _verify(granted, record, device.public_key, trust)
    held = replace(
        record,
        state=_after(record, AllowanceEvent.ISSUED),
        raw=granted.raw,
        last_id=allowance.allowance_id,
        expires_at=allowance.terms.expires_at,
        code_key=granted.code_key,
    )
    try:
        parts.store.hold_allowance(held)
    except Conflict:
        return _kept(parts, record)
    return held


def close(parts: Parts, link: OperatorLink, ref: bytes | None) -> AllowanceRecord:
    """Draw the closing cheque of an allowance and hand it in. `ref` may be None when there is only one.

    The counter is burned first; from then on nothing can be paid from it, whether or not the operator was reached.
    Raises WalletTrouble, Coded of the link (then it waits, and sync hands it in).
    """
    holdings = hold(parts)
    found = [live for live in holdings.lives if live.record.state in (AllowanceState.HELD, AllowanceState.CLOSING)]
    if ref is not None:
        found = [live for live in found if live.allowance.ref == ref]
    elif len(found) > 1:
        found = []
    if not found:
        raise WalletTrouble("nothing_to_close")
    record = found[0].record
    if record.state is AllowanceState.HELD:
        record = _draw_closing(parts, holdings, found[0])
    return hand_in(parts, link, record)


def hand_in(parts: Parts, link: OperatorLink, record: AllowanceRecord) -> AllowanceRecord:
    """Hand in a closing cheque that is stored, again and again the same."""
    count(parts)
    ref = decode_cheque(record.closing or b"").terms.allowance_ref
    try:
        link.close_allowance(ref=ref, closing=record.closing or b"")
    except Declined as declined:
        raise declined.why from None
    try:
        parts.store.confirm_closing(record.top_up_id)
    except Conflict:
        return _kept(parts, record)
    return replace(record, state=_after(record, AllowanceEvent.CLOSING_CONFIRMED))


def _after(record: AllowanceRecord, event: AllowanceEvent) -> AllowanceState:
    """The state of an allowance after this. Raises WalletTrouble wallet_changed where the table has none."""
    state = after_allowance(record.state, event)
    if state is None:
        raise WalletTrouble("wallet_changed")
    return state


def _kept(parts: Parts, record: AllowanceRecord) -> AllowanceRecord:
    """What another process has made of this allowance meanwhile."""
    for kept in parts.store.allowances():
        if kept.top_up_id == record.top_up_id and kept.state is not AllowanceState.DROPPED:
            return kept
    raise WalletTrouble("wallet_changed")


def _draw_closing(parts: Parts, holdings: Holdings, live: Live) -> AllowanceRecord:
    before, grant = live.record, live.allowance.terms
    check_counted(parts)
    if before.counter >= grant.count_limit:
        raise WalletTrouble("closing_needs_cheque", deadline=instant_words(live.deadline_at))
    terms = ChequeTerms(
        allowance_ref=live.allowance.ref,
        counter=before.counter + 1,
        previous=before.last_id[:PREVIOUS_BYTES],
        cumulative_minor=before.cumulative_minor,
        time=holdings.now,
        holder_check=0,
        exact_minor=0,
    )
    device = parts.keys.load(before.device_key)
    raw = draw_cheque(device, live.allowance.allowance_id, holdings.trust.deployment, terms)
    after = replace(
        before,
        state=_after(before, AllowanceEvent.CLOSING_DRAWN),
        counter=terms.counter,
        last_id=verify_device(decode_cheque(raw), live.allowance),
        closing=raw,
    )
    try:
        parts.store.burn_closing(before, after)
    except Conflict:
        raise WalletTrouble("wallet_changed") from None
    return after


def _verify(granted: Granted, record: AllowanceRecord, device_key: bytes, trust: Trust) -> VerifiedAllowance:
    """The allowance, if it is the one that was asked for. Raises WalletTrouble, Refused."""
    envelope = cose.open_envelope(granted.raw, max_bytes=STATEMENT_MAX_BYTES)
    allowance = identify_allowance(envelope, trust)
    verify_issuer(envelope, allowance)
    grant = allowance.terms
    trust.check_key_age(KeyRole.ISSUER, allowance.issuer_key, grant.not_before)
    for good, why in (
        (grant.device_key == device_key, "another device's key"),
        (grant.amount_minor == record.amount_minor, "another amount"),
        (grant.currency == record.currency, "another currency"),
        (grant.not_before < grant.expires_at, "no time to spend it"),
        (grant.code_anchor == _anchor(granted.code_key), "another code key"),
    ):
        if not good:
            raise WalletTrouble("allowance_not_as_asked", why=why)
    return allowance


def _anchor(code_key: bytes | None) -> bytes | None:
    return None if code_key is None else code_anchor(code_key)
