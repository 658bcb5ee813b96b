"""Issuing: what a new allowance says, within what the issuer grants. Pure but for the signature."""

from collections.abc import Callable
from dataclasses import dataclass

from feiqian.issuer.accounts import money
from feiqian.issuer.one_time_codes import code_key_of
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import IssuingTerms
from feiqian.protocol import cose
from feiqian.protocol.allowance import (
    AllowanceTerms,
    Tier,
    allowance_in,
    allowance_prefix,
    allowance_ref,
    issue_allowance,
)
from feiqian.protocol.ids import AllowanceRef, PayeeId
from feiqian.protocol.keys import Signer, load_public_key
from feiqian.protocol.limits import REF_BYTES, STATEMENT_MAX_BYTES, STATUS_LIST_MAX_ENTRIES
from feiqian.protocol.one_time_code import code_anchor

TIERS_THAT_KEEP_KEYS = frozenset({Tier.PASSKEY, Tier.CARD})
"""Where the key store cannot make a key for every allowance, one key may have several; the link is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceOrder:
    """What is asked for."""

    device_key: bytes
    currency: str
    amount_minor: int
    tier: Tier
    audience: PayeeId | None
    status_index: int
    pseudonym: bytes
    now: int
    code_secret: bytes | None = None
    """What the allowance's code key is derived from, if it asks for one-time codes."""


def amount_granted(wanted_minor: int | None, *, most_minor: int, free_minor: int, currency: str) -> int:
    """The amount to reserve: what is wanted, or all that may be. Raises not_enough_money, amount_out_of_range."""
    amount_minor = min(most_minor, free_minor) if wanted_minor is None else wanted_minor
    if amount_minor > free_minor or free_minor <= 0:
        raise IssuerTrouble(
            "not_enough_money", free=money(free_minor, currency), wanted=money(wanted_minor or most_minor, currency)
        )
    if not 0 < amount_minor <= most_minor:
        raise IssuerTrouble("amount_out_of_range", least=money(1, currency), most=money(most_minor, currency))
    return amount_minor


def sign_allowance(
    signer: Signer, deployment: str, terms: IssuingTerms, order: AllowanceOrder
) -> tuple[AllowanceRef, bytes, int]:
    """The ref, the signed bytes and when it expires."""
    granted = terms.of(order.tier)
    expires_at = order.now + granted.lifetime_s
    key = load_public_key(signer.public_key)
    grant = AllowanceTerms(
        issuer_key_id=key.key_id,
        device_key=order.device_key,
        pseudonym=order.pseudonym,
        currency=order.currency,
        amount_minor=order.amount_minor,
        per_payment_minor=min(granted.per_payment_minor, order.amount_minor),
        count_limit=granted.count_limit,
        not_before=order.now,
        expires_at=expires_at,
        status_index=order.status_index,
        tier=int(order.tier),
        holder_check_above_minor=granted.holder_check_above_minor,
        audience=order.audience,
    )
    if order.code_secret is not None:
        grant = grant._replace(code_anchor=code_anchor(code_key_of(order.code_secret, grant)))
    raw = issue_allowance(signer, deployment, grant)
    payload = allowance_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES)).envelope.payload
    return allowance_ref(cose.digest(allowance_prefix(key, deployment), payload)), raw, expires_at


def list_size(terms: IssuingTerms, issued: int) -> int:
    """How many places the status list has: it doubles before it is half full, so that places stay hard to guess."""
    size = terms.status_list_size
    while size < 2 * (issued + 1) and size < STATUS_LIST_MAX_ENTRIES:
        size *= 2
    return size


def free_status_index(size: int, randomness: Callable[[int], bytes], used: Callable[[int], bool]) -> int:
    """A random place in a list of `size` that no allowance has; places tell nothing about order or payer."""
    while True:
        index = int.from_bytes(randomness(REF_BYTES), "big") % size
        if not used(index):
            return index
