"""What the operator does to payers, payees and the pool, answered: once for the administrator and for the console.

Whoever asks is at the route's door; here it no longer matters who it was.
"""

from feiqian.issuer.values import PayerId
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
from feiqian.server.operator import Operator
from feiqian.server.requests import Money, NewHolder


def enrol_payer(operator: Operator, holder: NewHolder) -> NewPayerAnswer:
    """A new payer, and the code of its first device."""
    return NewPayerAnswer.of(operator.issuer.enrol_payer(holder.name, holder.currency or operator.currency))


def new_payer_code(operator: Operator, payer_id: bytes) -> NewPayerAnswer:
    """Another code for a payer. Raises unknown_payer."""
    return NewPayerAnswer.of(operator.issuer.new_code(PayerId(payer_id)))


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


def enrol_payee(operator: Operator, holder: NewHolder) -> NewPayeeAnswer:
    """A new payee, and the code of its first terminal. Raises name_invalid."""
    return NewPayeeAnswer.of(operator.acquirer.enrol_payee(holder.name, holder.currency or operator.currency))


def new_payee_code(operator: Operator, payee_id: bytes) -> NewPayeeAnswer:
    """Another code for a payee. Raises unknown_payee."""
    return NewPayeeAnswer.of(operator.acquirer.new_code(PayeeId(payee_id)))
