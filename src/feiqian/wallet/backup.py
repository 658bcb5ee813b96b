"""A backup: what this wallet remembers, without anything that could pay (spec 07).

It holds payments with the payer's papers: cheque, request, what the payee signed and the certificate of its terminal;
and where the wallet is enrolled. It holds no private key, no data key, no token of the operator's, no key of one-time
codes, no allowance and no head of a chain. What comes back from it is a `RestoredPayment`, which no payment is drawn
on. Deterministic CBOR; any other bytes are refused. How it is encrypted is in `keys.backup_file`. Pure, but for
`back_up` and `put_back`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from feiqian.protocol import cbor
from feiqian.protocol.cheque import ChequeForm, decode_cheque
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import (
    CREDITS_MAX_BYTES,
    DEPLOYMENT_MAX_BYTES,
    ID_BYTES,
    REFERENCE_MAX_BYTES,
    STATEMENT_MAX_BYTES,
    TIME_MAX_S,
)
from feiqian.protocol.refusals import Refused
from feiqian.wallet.backup_troubles import BackupTrouble
from feiqian.wallet.holdings import grants_of, stand
from feiqian.wallet.papers import certificate_of, papers_of_restored
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import Membership, PaymentRecord, RestoredPayment
from feiqian.wallet.states import PaymentEvent, PaymentState, after_payment
from feiqian.wallet.troubles import WalletTrouble

CONTENT_VERSION: Final = 1
CONTENT_MAX_BYTES: Final = 32 * 1024 * 1024
PAYMENTS_MAX: Final = 50_000
_NAME_MAX_BYTES: Final = 256
_SERVER_MAX_BYTES: Final = 2_048
_STATE_MAX_BYTES: Final = 16
_GRADES: Final = frozenset({"F1", "F2", "F3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup says. `made_at` is that device's clock; `server` is where it was enrolled."""

    made_at: int
    deployment: str
    payer_id: bytes
    payer_name: str
    currency: str
    server: str
    payments: tuple[RestoredPayment, ...]

    @property
    def papers(self) -> int:
        """How many of its payments have what their payee signed, ready to be handed in."""
        return sum(papers_of_restored(one)[0].statement is not None for one in self.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What restoring did: `added` payments came, `known` were here before."""

    backup: Backup
    added: int
    known: int


def back_up(parts: Parts) -> Backup:
    """Everything that is worth keeping elsewhere. Raises WalletTrouble not_enrolled."""
    footing, trust = stand(parts)
    enrolment = parts.store.enrolment()
    if enrolment is None:
        raise WalletTrouble("not_enrolled")
    records = {one.top_up_id: one for one in parts.store.allowances()}
    grants = grants_of(parts, trust, records.values())
    own = []
    for payment in parts.store.payments():
        grant = grants.get(payment.top_up_id)
        deadline_at = payment.deadline_at if payment.deadline_at is not None or grant is None else grant.deadline_at
        kept = replace(payment, deadline_at=deadline_at)
        own.append(RestoredPayment(payment=kept, certificate=certificate_of(parts.store, payment)))
    return Backup(
        made_at=parts.clock(),
        deployment=footing.trust.root.deployment,
        payer_id=footing.membership.payer_id,
        payer_name=footing.membership.payer_name,
        currency=footing.membership.currency,
        server=enrolment.server,
        payments=(*own, *parts.store.restored()),
    )


def put_back(parts: Parts, backup: Backup) -> Restored:
    """Its payments, in one write; those that are here already stay as they are. Raises BackupTrouble.

    A wallet that is enrolled takes only its own payer's, one that is not enrolled takes any: it can pay nothing.
    """
    footing = parts.store.footing()
    if footing is not None and not _is_of(backup, footing.membership, footing.trust.root.deployment):
        raise BackupTrouble("backup_other_payer", name=backup.payer_name)
    added = parts.store.restore(backup.payments)
    return Restored(backup=backup, added=added, known=len(backup.payments) - added)


def encode_backup(backup: Backup) -> bytes:
    """The one way to write it; what could not be read again is not written. Raises BackupTrouble backup_too_large."""
    content = cbor.encode(
        {
            0: CONTENT_VERSION,
            1: backup.made_at,
            2: backup.deployment,
            3: backup.payer_id,
            4: backup.payer_name,
            5: backup.currency,
            6: backup.server,
            7: [_fields_of(one) for one in backup.payments],
        }
    )
    if len(content) > CONTENT_MAX_BYTES or len(backup.payments) > PAYMENTS_MAX:
        raise BackupTrouble("backup_too_large")
    decode_backup(content)
    return content


def decode_backup(content: bytes) -> Backup:
    """What these bytes say. Raises BackupTrouble backup_unreadable or backup_too_new, nothing else."""
    try:
        fields = cbor.decode_map(content, max_bytes=CONTENT_MAX_BYTES)
        version = fields.pop(0, None)
        if type(version) is int and version > CONTENT_VERSION:
            raise BackupTrouble("backup_too_new")
        if version != CONTENT_VERSION:
            raise _Wrong
        read = _Reader(fields)
        backup = Backup(
            made_at=read.number(1, TIME_MAX_S),
            deployment=read.text(2, DEPLOYMENT_MAX_BYTES),
            payer_id=read.octets(3, ID_BYTES),
            payer_name=read.text(4, _NAME_MAX_BYTES),
            currency=read.text(5, 3),
            server=read.text(6, _SERVER_MAX_BYTES),
            payments=tuple(_payment_in(one) for one in read.items(7)),
        )
        read.end()
    except (_Wrong, Refused):
        raise BackupTrouble("backup_unreadable") from None
    if len({one.payment.cheque_id for one in backup.payments}) != len(backup.payments):
        raise BackupTrouble("backup_unreadable")
    return backup


class _Wrong(Exception):
    """A field that is not what it must be."""


class _Reader:
    """A map's fields, each taken once and of the type and size that is asked for."""

    def __init__(self, fields: Any) -> None:
        if type(fields) is not dict:
            raise _Wrong
        self._fields: dict[int, Any] = dict(fields)

    def text(self, key: int, max_bytes: int) -> str:
        value = self._fields.pop(key, None)
        if type(value) is not str or len(value.encode()) > max_bytes:
            raise _Wrong
        return value

    def octets(self, key: int, max_bytes: int, *, exactly: bool = False) -> bytes:
        value = self._fields.pop(key, None)
        if type(value) is not bytes or len(value) > max_bytes or (exactly and len(value) != max_bytes):
            raise _Wrong
        return value

    def number(self, key: int, most: int) -> int:
        value = self._fields.pop(key, None)
        if type(value) is not int or not 0 <= value <= most:
            raise _Wrong
        return value

    def items(self, key: int) -> list[Any]:
        value = self._fields.pop(key, None)
        if type(value) is not list or len(value) > PAYMENTS_MAX:
            raise _Wrong
        return value

    def has(self, key: int) -> bool:
        return key in self._fields

    def end(self) -> None:
        """Nothing is left: what this version does not know may change what the rest means."""
        if self._fields:
            raise _Wrong


def _fields_of(one: RestoredPayment) -> Mapping[int, Any]:
    """A payment as it is written. What stands in its cheque is not said again."""
    payment = one.payment
    fields = {
        0: payment.cheque_id,
        1: payment.cheque,
        2: payment.currency,
        3: payment.expires_at,
        4: payment.state.value,
        5: int(payment.payee_proved),
        6: payment.request,
        7: payment.credits,
        8: payment.payee_id,
        9: payment.payee_name,
        10: payment.reference,
        11: payment.final_minor,
        12: payment.grade,
        13: payment.acknowledgement,
        14: payment.acknowledged_at,
        15: payment.deadline_at,
        16: one.certificate,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _payment_in(fields: Any) -> RestoredPayment:
    """A payment of another device. Raises _Wrong, Refused."""
    read = _Reader(fields)

    def maybe(key: int, value: Callable[[], Any]) -> Any:
        return value() if read.has(key) else None

    raw = read.octets(1, STATEMENT_MAX_BYTES)
    cheque = decode_cheque(raw)
    terms = cheque.terms
    if cheque.form is ChequeForm.CLOSING or cheque.amount_minor == 0:
        raise _Wrong
    state = read.text(4, _STATE_MAX_BYTES)
    final_minor = maybe(11, lambda: read.number(11, cheque.amount_minor))
    grade = maybe(12, lambda: read.text(12, 2))
    if state not in PaymentState.__members__.values() or grade not in (None, *_GRADES):
        raise _Wrong
    payment = PaymentRecord(
        cheque_id=StatementId(read.octets(0, ID_BYTES, exactly=True)),
        top_up_id=terms.allowance_ref,
        counter=terms.counter,
        cheque=raw,
        credits=maybe(7, lambda: read.octets(7, CREDITS_MAX_BYTES)),
        form=cheque.form,
        amount_minor=cheque.amount_minor,
        up_to=terms.maximum_minor is not None,
        currency=read.text(2, 3),
        drawn_at=terms.time,
        expires_at=read.number(3, TIME_MAX_S),
        state=_aged(PaymentState(state), cheque.form),
        request=maybe(6, lambda: read.octets(6, STATEMENT_MAX_BYTES)),
        request_hash=terms.request,
        payee_id=maybe(8, lambda: read.octets(8, ID_BYTES)),
        payee_name=maybe(9, lambda: read.text(9, _NAME_MAX_BYTES)),
        payee_proved=bool(read.number(5, 1)),
        reference=maybe(10, lambda: read.text(10, REFERENCE_MAX_BYTES)),
        final_minor=final_minor,
        grade=grade,
        acknowledgement=maybe(13, lambda: read.octets(13, STATEMENT_MAX_BYTES)),
        acknowledged_at=maybe(14, lambda: read.number(14, TIME_MAX_S)),
        deadline_at=maybe(15, lambda: read.number(15, TIME_MAX_S)),
    )
    certificate = maybe(16, lambda: read.octets(16, STATEMENT_MAX_BYTES))
    read.end()
    restored = RestoredPayment(payment=payment, certificate=certificate)
    papers_of_restored(restored)  # what it says a terminal signed can be read, or the file is refused
    return restored


def _aged(state: PaymentState, form: ChequeForm) -> PaymentState:
    """As time alone would have left it: this device shows no code of another one."""
    if state is not PaymentState.SHOWN:
        return state
    event = PaymentEvent.TTL_PASSED if form is ChequeForm.ONE_WAY else PaymentEvent.NO_RECEIPT
    return after_payment(state, event) or state


def _is_of(backup: Backup, membership: Membership, deployment: str) -> bool:
    return backup.payer_id == membership.payer_id and backup.deployment == deployment
