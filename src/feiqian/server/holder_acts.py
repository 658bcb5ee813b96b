"""What the operator does to payers, payees and the pool, answered: once for the administrator and for the console.

Whoever asks is at the route's door; here it no longer matters who it was.
"""

from feiqian.issuer.values import Identity, IdentityKind, PayerId
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.server.answers import (
    Funded,
    NewPayeeAnswer,
    NewPayerAnswer,
    PoolFunded,
    SuspensionAnswer,
    Suspensions,
)
from feiqian.server.attestation_answers import IdentityAnswer
from feiqian.server.operator import Operator
from feiqian.server.requests import IdentityIn, Money, NewHolder, NewPayerHolder


def enrol_payer(operator: Operator, holder: NewPayerHolder, checked_by: str) -> NewPayerAnswer:
    """A new payer, and the code of its first device. Whoever asks is who checked its identity, if anybody did."""
    identity = None if holder.identity is None else _identity(operator, holder.identity, checked_by)
    currency = holder.currency or operator.currency
    return NewPayerAnswer.of(
        operator.issuer.enrol_payer(holder.name, currency, identity=identity, with_pin=holder.with_pin)
    )


def new_payer_code(operator: Operator, payer_id: bytes, *, with_pin: bool = False) -> NewPayerAnswer:
    """Another code for a payer. Raises unknown_payer."""
    return NewPayerAnswer.of(operator.issuer.new_code(PayerId(payer_id), with_pin=with_pin))


def identify(operator: Operator, payer_id: bytes, identity: IdentityIn, checked_by: str) -> IdentityAnswer:
    """How somebody made sure who a payer is, from now on. Raises unknown_payer."""
    found = _identity(operator, identity, checked_by)
    operator.issuer.identify(PayerId(payer_id), found)
    return IdentityAnswer.of(found)


def fund(operator: Operator, payer_id: bytes, money: Money, key: str) -> Funded:
    """Money for a payer, once for each key. Raises unknown_payer, currency_mismatch, amount_out_of_range."""
    payer = PayerId(payer_id)
    if operator.issuer.statement(payer).currency != money.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    return Funded(free_minor=operator.issuer.fund(payer, money.amount_minor, key), currency=money.currency)


def fund_pool(operator: Operator, money: Money, key: str) -> PoolFunded:
    """Money for the guarantee pool, once for each key. Raises amount_out_of_range."""
    pool_minor = operator.issuer.fund_pool(money.currency, money.amount_minor, key)
    return PoolFunded(pool_minor=pool_minor, currency=money.currency)


def report_lost(operator: Operator, payer_id: bytes) -> Suspensions:
    """Suspends every live allowance of a payer and signs its devices out. Raises unknown_payer."""
    found = operator.issuer.report_lost(PayerId(payer_id))
    return Suspensions(suspensions=tuple(SuspensionAnswer.of(one) for one in found))


def _identity(operator: Operator, said: IdentityIn, checked_by: str) -> Identity:
    return Identity(
        kind=IdentityKind(said.kind),
        reference=said.reference.strip(),
        checked_by=checked_by,
        checked_at=operator.clock(),
    )


def enrol_payee(operator: Operator, holder: NewHolder) -> NewPayeeAnswer:
    """A new payee, and the code of its first terminal. Raises name_invalid."""
    return NewPayeeAnswer.of(operator.acquirer.enrol_payee(holder.name, holder.currency or operator.currency))


def new_payee_code(operator: Operator, payee_id: bytes) -> NewPayeeAnswer:
    """Another code for a payee. Raises unknown_payee."""
    return NewPayeeAnswer.of(operator.acquirer.new_code(PayeeId(payee_id)))
