"""Accounts: payers, the money they bring, and the wallets bound to them.

An enrolment code is shown once, kept as a hash, expires, and binds one account key; whoever lost the answer asks
again with the same code and key. Bearer tokens are kept as hashes too.
"""

from collections.abc import Callable

from feiqian.issuer.facts import Payer
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.ports import Funding, IssuerReading, IssuerStore, IssuerUnit, PinHasher, StoredCode, WritePoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import BoundDevice, Device, DeviceId, Identity, IssuingTerms, NewPayer, PayerId, PayerLine
from feiqian.ledger.accounts import CASH, POOL, free_of
from feiqian.ledger.clearing import thought_out_again
from feiqian.ledger.entry import Draft, Reason
from feiqian.protocol.possession import (
    CODE_RANDOM_BYTES,
    Purpose,
    check_possession,
    code_context,
    secret_hash,
    spell_code,
)
from feiqian.protocol.refusals import Refused

_ID_BYTES, _ENTRY_ID_BYTES, _TOKEN_BYTES = 8, 16, 32
_NAME_MAX, _KEY_MAX, _REFERENCE_MAX = 64, 64, 128
_PIN_DIGITS, _PIN_RANDOM_BYTES, _PIN_MISSES_MAX = 6, 16, 5


class Accounts:
    """The part of the issuer that knows people and devices."""

    def __init__(
        self,
        *,
        store: IssuerStore,
        deployment: str,
        knowledge: OperatorKnowledge,
        terms: IssuingTerms,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        pins: PinHasher | None = None,
    ) -> None:
        self._store = store
        self._deployment = deployment
        self._knowledge = knowledge
        self._terms = terms
        self._clock = clock
        self._randomness = randomness
        self._pins = pins

    @thought_out_again
    def enrol_payer(
        self, name: str, currency: str, *, identity: Identity | None = None, with_pin: bool = False
    ) -> NewPayer:
        """A new payer and its first one-time code, with a second secret if `with_pin`.

        Raises IssuerTrouble currency_not_served, name_invalid, reference_invalid.
        """
        self._check_served(currency)
        if identity is not None:
            _check_reference(identity)
        pin = self._new_pin() if with_pin else None
        if not 0 < len(name.strip()) <= _NAME_MAX or not name.isprintable():
            raise IssuerTrouble("name_invalid")
        payer = Payer(payer_id=PayerId(self._randomness(_ID_BYTES)), name=name.strip(), currency=currency)
        with self._store.write(WritePoint.ENROL_PAYER) as unit:
            unit.add_payer(payer, self._clock())
            if identity is not None:
                unit.put_identity(payer.payer_id, identity)
            return self._new_code(unit, payer.payer_id, pin)

    @thought_out_again
    def new_code(self, payer_id: PayerId, *, with_pin: bool = False) -> NewPayer:
        """Another one-time code (new phone), with a second secret if `with_pin`. Raises unknown_payer."""
        pin = self._new_pin() if with_pin else None
        with self._store.write(WritePoint.ENROL_PAYER) as unit:
            self._payer(unit, payer_id)
            return self._new_code(unit, payer_id, pin)

    @thought_out_again
    def identify(self, payer_id: PayerId, identity: Identity) -> None:
        """How somebody made sure who this payer is, from now on. Raises unknown_payer, reference_invalid."""
        _check_reference(identity)
        with self._store.write(WritePoint.IDENTIFY) as unit:
            self._payer(unit, payer_id)
            unit.put_identity(payer_id, identity)

    def identity(self, payer_id: PayerId) -> Identity | None:
        """How somebody made sure who this payer is, if anybody did."""
        with self._store.read() as reading:
            return reading.identity(payer_id)

    def payers(self, *, after: PayerId | None, limit: int) -> tuple[PayerLine, ...]:
        """Payers in the order of their ids, at most `limit`; with `after` those behind that id."""
        with self._store.read() as reading:
            return tuple(reading.payer_lines(after, limit))

    @thought_out_again
    def fund(self, payer_id: PayerId, amount_minor: int, key: str) -> int:
        """Adds money once for each `key` (1-64 characters); the free balance after it, minor units.

        Raises unknown_payer, amount_out_of_range, key_invalid, idempotency_reused (same key, other payer or amount).
        """
        with self._store.write(WritePoint.FUND) as unit:
            payer = self._payer(unit, payer_id)
            funding = Funding(payer_id=payer_id, currency=payer.currency, amount_minor=amount_minor)
            self._fund(unit, funding, key)
            return unit.balance_minor(free_of(payer_id), payer.currency)

    @thought_out_again
    def fund_pool(self, currency: str, amount_minor: int, key: str) -> int:
        """As `fund`, for the guarantee pool; the pool after it."""
        self._check_served(currency)
        with self._store.write(WritePoint.FUND) as unit:
            self._fund(unit, Funding(payer_id=b"", currency=currency, amount_minor=amount_minor), key)
            return unit.balance_minor(POOL, currency)

    @thought_out_again
    def bind_device(self, code: str, account_key: bytes, proof: bytes, pin: str | None = None) -> BoundDevice:
        """Binds a wallet. `proof`: prove_possession(account, Purpose.ACCOUNT, deployment, code_context(code)).

        A retry with the same code and key gives the same device with a fresh token. A code that has a second secret
        needs it as `pin` every time; a wrong one is counted before it is looked at, and the last one ends the code.
        Raises enrolment_code_invalid, enrolment_pin_needed, enrolment_pin_wrong, Refused for a proof that does not
        hold.
        """
        check_possession(
            proof,
            account_key,
            Purpose.ACCOUNT,
            self._deployment,
            code_context(code),
            read_key=self._knowledge.read_key,
        )
        now = self._clock()
        has_pin = self._check_pin(code, account_key, pin, now)
        with self._store.write(WritePoint.BIND_DEVICE) as unit:
            stored = unit.payer_code(secret_hash(code))
            if stored is None or not _is_open(stored, account_key, now):
                raise IssuerTrouble("enrolment_code_invalid")
            if has_pin:
                unit.clear_pin_misses(secret_hash(code))
            unit.use_payer_code(secret_hash(code), account_key)
            payer = self._payer(unit, PayerId(stored.owner))
            device = unit.device_by_key(payer.payer_id, account_key) or Device(
                device_id=DeviceId(self._randomness(_ID_BYTES)),
                payer_id=payer.payer_id,
                account_key=account_key,
                currency=payer.currency,
            )
            token = self._randomness(_TOKEN_BYTES).hex()
            unit.put_device(device, secret_hash(token), now)
            return BoundDevice(
                device_id=device.device_id,
                payer_id=payer.payer_id,
                name=payer.name,
                currency=payer.currency,
                token=token,
            )

    def authenticate_device(self, token: str) -> Device:
        """Whose token it is. Raises not_signed_in."""
        with self._store.read() as reading:
            device = reading.device_by_token(secret_hash(token))
        if device is None:
            raise IssuerTrouble("not_signed_in")
        return device

    def _fund(self, unit: IssuerUnit, funding: Funding, key: str) -> None:
        if not 0 < len(key) <= _KEY_MAX or not key.isprintable():
            raise IssuerTrouble("key_invalid")
        known = unit.funding(key)
        if known is not None:
            if known != funding:
                raise IssuerTrouble("idempotency_reused")
            return
        most_minor = self._terms.fund_max_minor
        if not 0 < funding.amount_minor <= most_minor:
            least = money(1, funding.currency)
            raise IssuerTrouble("amount_out_of_range", least=least, most=money(most_minor, funding.currency))
        now = self._clock()
        unit.add_funding(key, funding, now)
        draft = Draft()
        draft.move(
            debit=CASH,
            credit=free_of(funding.payer_id) if funding.payer_id else POOL,
            amount_minor=funding.amount_minor,
            currency=funding.currency,
        )
        self._post(unit, draft, Reason.FUNDED if funding.payer_id else Reason.POOL_FUNDED, now)

    def _post(self, unit: IssuerUnit, draft: Draft, reason: Reason, at: int) -> None:
        entry = draft.entry(entry_id=self._randomness(_ENTRY_ID_BYTES), reason=reason, at=at)
        if entry is not None:
            unit.post(entry)

    def _new_code(self, unit: IssuerUnit, payer_id: PayerId, pin: tuple[str, str] | None) -> NewPayer:
        code = spell_code(self._randomness(CODE_RANDOM_BYTES))
        expires_at = self._clock() + self._terms.code_lifetime_s
        unit.add_payer_code(secret_hash(code), StoredCode(owner=payer_id, expires_at=expires_at, used_by=None))
        if pin is not None:
            unit.add_enrolment_pin(secret_hash(code), pin[1])
        return NewPayer(payer_id=payer_id, code=code, code_expires_at=expires_at, pin=None if pin is None else pin[0])

    def _new_pin(self) -> tuple[str, str]:
        """Six digits and their hash, made outside of any transaction: that takes a while."""
        if self._pins is None:
            raise IssuerTrouble("enrolment_pin_not_served")
        pin = f"{int.from_bytes(self._randomness(_PIN_RANDOM_BYTES), 'big') % 10**_PIN_DIGITS:0{_PIN_DIGITS}d}"
        return pin, self._pins.hash_password(pin)

    def _check_pin(self, code: str, account_key: bytes, pin: str | None, now: int) -> bool:
        """Whether the code has a second secret, which this is. Raises as `bind_device`.

        Every try is on disk as a miss before the secret is looked at, so that nobody gets more tries by asking at once.
        """
        with self._store.read() as reading:
            stored, held = reading.payer_code(secret_hash(code)), reading.enrolment_pin(secret_hash(code))
        if stored is None or not _is_open(stored, account_key, now):
            raise IssuerTrouble("enrolment_code_invalid")
        if held is None:
            return False
        if not pin:
            raise IssuerTrouble("enrolment_pin_needed")
        with self._store.write(WritePoint.TRY_PIN) as unit:
            if not unit.count_pin_miss(secret_hash(code), _PIN_MISSES_MAX):
                raise IssuerTrouble("enrolment_code_invalid")
        if self._pins is None or not self._pins.is_password(held.hashed, pin):
            raise IssuerTrouble("enrolment_pin_wrong", left=str(max(0, _PIN_MISSES_MAX - held.misses - 1)))
        return True

    def _payer(self, reading: IssuerReading, payer_id: PayerId) -> Payer:
        payer = reading.payer(payer_id)
        if payer is None:
            raise IssuerTrouble("unknown_payer")
        return payer

    def _check_served(self, currency: str) -> None:
        try:
            self._knowledge.policy(currency)
        except Refused:
            raise IssuerTrouble("currency_not_served", currency=currency) from None


def _is_open(stored: StoredCode, account_key: bytes, now: int) -> bool:
    return now <= stored.expires_at and stored.used_by in (None, account_key)


def _check_reference(identity: Identity) -> None:
    if len(identity.reference) > _REFERENCE_MAX or not identity.reference.isprintable():
        raise IssuerTrouble("reference_invalid")


def money(amount_minor: int, currency: str) -> str:
    """An amount for people, two decimals."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d} {currency}"
