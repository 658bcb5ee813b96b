"""The operator: issuer, acquirer and publisher over one store in memory, and the links by which devices reach it.

What is committed is told to the oracle in the same moment, as bytes and instants, so that a death right after a
commit hides nothing from it. A dead operator is opened again at once; who had called it only learns that it could
not be reached, which is all that a device ever learns.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.acquirer.service import Acquirer
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.acquirer.values import CertifyingTerms, PayeeStatement
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.issuer.publishing import Publisher
from feiqian.issuer.service import Issuer
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import ChequeState, IssuingTerms, PayerId
from feiqian.keys.data_key import DataKeys
from feiqian.keys.one_time_codes import code_at
from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.claim import Claim
from feiqian.protocol.ids import AllowanceRef, PayeeId
from feiqian.protocol.keys import KeyReader, Signer
from feiqian.protocol.policy import Policy
from feiqian.protocol.presentation import decode_acknowledgement
from feiqian.protocol.receipt import Receipt
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.trust_pack import KeyRole, TrustedKey, encode_key_set, sign_key_set
from feiqian.simulation.chance import Chance
from feiqian.simulation.crash import Died, Mortal
from feiqian.simulation.desk import Desk, QuickHasher
from feiqian.simulation.holders import CHECK_ABOVE_MINOR, CODE_ABOVE_MINOR
from feiqian.simulation.oracle import Oracle
from feiqian.storage.memory import MemoryOperatorStore
from feiqian.storage.operator_store import OperatorUnit
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Declined, Enrolled, Granted, Statement
from feiqian.wallet.records import LockAnswer, Membership, PayingLock

DEPLOYMENT: Final = "simulation"
CURRENCY: Final = "CNY"
POLICY: Final = Policy(currency=CURRENCY, code_above_minor=CODE_ABOVE_MINOR)
POOL_MINOR: Final = 1_000_00
PAYER_MINOR: Final = 6_000_00
_YEAR_S: Final = 365 * 86_400
_DATA_KEY: Final = bytes(32)
"""Nothing in a played world is anybody's name."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKeys:
    """The operator's own keys."""

    root: Signer
    issuer: Signer
    acquirer: Signer
    online: Signer


class Operator:
    """The operator's server. Its clock is the true one."""

    def __init__(
        self,
        *,
        keys: OperatorKeys,
        read_key: KeyReader,
        clock: Callable[[], int],
        chance: Chance,
        oracle: Oracle,
        died_at: set[str],
    ) -> None:
        self.keys, self.clock, self.oracle = keys, clock, oracle
        self.mortal = Mortal(died_at, self._committed)
        self.store = MemoryOperatorStore(self.mortal.at_point(), DataKeys(lambda: {1: _DATA_KEY}))
        self.root = TrustRoot(deployment=DEPLOYMENT, roots=(keys.root.public_key,), threshold=1)
        self.wrote = True
        self._heard_up_to = 0
        self._chance = chance
        self._key_set = _key_set(keys, clock())
        self.knowledge = OperatorKnowledge.of_key_set(DEPLOYMENT, self._key_set, read_key)
        self._said: dict[str, Callable[[OperatorUnit], None]] = {}
        self.desk = Desk(self)
        self._open()
        self.manage(lambda: self.issuer.fund_pool(CURRENCY, POOL_MINOR, "pool"))

    def _open(self) -> None:
        self.issuer = Issuer(
            store=self.store,
            signer=self.keys.issuer,
            deployment=DEPLOYMENT,
            knowledge=self.knowledge,
            terms=IssuingTerms(status_list_size=1024, holder_check_above_minor=CHECK_ABOVE_MINOR),
            clock=self.clock,
            randomness=self._chance.octets,
            pins=QuickHasher(),
            code_at=code_at,
        )
        self.acquirer = Acquirer[OperatorUnit](
            store=self.store,
            issuer=self.issuer,
            signer=self.keys.acquirer,
            deployment=DEPLOYMENT,
            knowledge=self.knowledge,
            terms=CertifyingTerms(),
            clock=self.clock,
            randomness=self._chance.octets,
        )
        self.publisher = Publisher(
            issuer=self.issuer,
            online=self.keys.online,
            key_set=self._key_set,
            root_signatures=[sign_key_set(self.keys.root, DEPLOYMENT, self._key_set)],
            clock=self.clock,
        )

    # --- how it is asked ---

    def manage(self, act: Callable[[], T]) -> T:
        """What the operator's own people do: they see a death, and do it again."""
        while True:
            try:
                return act()
            except Died:
                self._open()

    def serve(self, act: Callable[[], T]) -> T:
        """What a device asks. Raises LinkTrouble when the operator dies of it."""
        try:
            return act()
        except Died:
            self._open()
            raise LinkTrouble("operator_unreachable", why="died") from None

    def fund(self, payer_id: PayerId, nth: int) -> None:
        """The payer's nth money from outside, once."""
        self.manage(lambda: self.issuer.fund(payer_id, PAYER_MINOR, f"{nth} {payer_id.hex()}"))

    def expect(self, said: dict[str, Callable[[], None]]) -> None:
        """What the oracle is to hear when one of these points is committed."""
        self._said = {point: lambda _, say=say: say() for point, say in said.items()}  # type: ignore[misc]

    def issue(self, token: str, *, top_up_id: bytes, amount_minor: int, device_key: bytes, proof: bytes) -> Granted:
        """An allowance."""
        device = self.issuer.authenticate_device(token)
        self._said = {IssuerPoint.ISSUE: lambda _: self._issued()}
        issued = self.issuer.issue_allowance(
            device, device_key=device_key, proof=proof, request_id=top_up_id, amount_minor=amount_minor
        )
        return Granted(raw=issued.raw, code_key=issued.code_key)

    def close(self, token: str, closing: bytes) -> None:
        """Takes a closing cheque."""
        device = self.issuer.authenticate_device(token)
        self._said = {IssuerPoint.CLOSE: lambda _: self.oracle.closing(closing)}
        self.issuer.close_allowance(device, closing)

    def lose(self, payer_id: PayerId) -> None:
        """A payer reports its devices lost."""
        self._said = {IssuerPoint.SUSPEND: lambda _: self.oracle.lost(payer_id, self.clock())}
        self.manage(lambda: self.issuer.report_lost(payer_id))

    def take_batch(self, token: str, raw: bytes) -> bytes:
        """The answer to a batch."""
        terminal = self.acquirer.authenticate_terminal(token)
        arrived = self.clock()
        self._said = {AcquirerPoint.TAKE_BATCH: lambda _: self.oracle.batch(raw, terminal.payee_id, arrived)}
        return self.acquirer.take_batch(terminal, raw)

    def take_papers(self, token: str, papers: Papers) -> PapersTaken:
        """How a payment stands once its payer's papers were looked at."""
        device = self.issuer.authenticate_device(token)
        arrived, statement = self.clock(), papers.statement
        if statement is not None and papers.certificate is not None:
            payee_id = decode_certificate(papers.certificate).terms.payee_id
            signed = decode_acknowledgement(statement).statement
            receipt = signed.payload if isinstance(signed, Receipt) else b""
            shown = Claim(cheque=papers.cheque, receipt=receipt, request=papers.request, credits=papers.credits)
            self._said = {AcquirerPoint.TAKE_PAPERS: lambda _: self.oracle.papers(shown, statement, payee_id, arrived)}
        return self.acquirer.take_papers(device.payer_id, papers)

    def close_windows(self) -> None:
        """Ends what is due, and credits the payees."""
        now = self.clock()
        self._said = {
            IssuerPoint.CLOSE_WINDOW: lambda _: self.oracle.windows_closed(now),
            AcquirerPoint.COLLECT: lambda _: self.oracle.collected(),
        }
        self.manage(self.issuer.close_windows)
        self.manage(self.acquirer.collect)

    def _committed(self, point: str) -> None:
        """What was just written, told to the oracle."""
        self.wrote = True
        if point == IssuerPoint.FUND:
            return
        if point == IssuerPoint.PUBLISH:
            with self.store.read() as unit:
                latest = unit.latest_publication()
            if latest is not None:
                self.oracle.published(latest.raw)
            return
        say = self._said.get(point)
        if say is not None:
            with self.store.read() as unit:
                say(unit)

    def _issued(self) -> None:
        for number, raw, payer_id, device_id in self.store.allowances_behind(self._heard_up_to):
            self._heard_up_to = number
            self.oracle.issued(raw, payer_id, device_id)


@dataclass(slots=True)
class _Pack:
    """A trust pack with its tag."""

    raw: bytes
    etag: str


@dataclass(slots=True)
class _Certified:
    """What a terminal gets when it enrols."""

    certificate: bytes
    token: str
    trust_root: TrustRoot


class WalletLink:
    """A `wallet.ports.OperatorLink` that asks an operator in this process. `network` may lose, repeat or break off."""

    def __init__(
        self, operator: Operator, network: "Line", token: Callable[[], str], told: Callable[[LockAnswer], None]
    ) -> None:
        """`told` hears of every answer to a report of a lock."""
        self._operator, self._network, self._token, self._told = operator, network, token, told

    def trust_root(self) -> TrustRoot:
        return self._network(lambda: self._operator.root)

    def trust_pack(self) -> bytes:
        return self._network(self._operator.publisher.trust_pack)

    def enrol(self, *, code: str, account_key: bytes, proof: bytes, pin: str | None = None) -> Enrolled:
        bound = self._network(lambda: self._operator.issuer.bind_device(code, account_key, proof, pin))
        membership = Membership(
            payer_id=bound.payer_id,
            payer_name=bound.name,
            device_id=bound.device_id,
            device_token=bound.token,
            currency=bound.currency,
        )
        return Enrolled(membership=membership, root=self._operator.root)

    def top_up(
        self,
        *,
        top_up_id: bytes,
        amount_minor: int,
        device_key: bytes,
        proof: bytes,
        evidence: bytes | None = None,
    ) -> Granted:
        del evidence  # keys of a played world live nowhere
        return self._network(
            lambda: _decided(
                lambda: self._operator.issue(
                    self._token(), top_up_id=top_up_id, amount_minor=amount_minor, device_key=device_key, proof=proof
                )
            )
        )

    def statement(self) -> Statement:
        return self._network(self._statement)

    def close_allowance(self, *, ref: AllowanceRef, closing: bytes) -> None:
        del ref  # the closing cheque names it
        self._network(lambda: _decided(lambda: self._operator.close(self._token(), closing)))

    def present(self, papers: Papers, *, is_note: bool) -> PapersTaken:
        del is_note  # the paper says what it is
        return self._network(lambda: self._operator.take_papers(self._token(), papers))

    def disputes(self) -> Sequence[DisputeNotice]:
        return ()  # in a played world nobody disputes anything, and asking would only add noise to its story

    def report_lock(self, lock: PayingLock) -> LockAnswer:
        answer = self._network(lambda: self._operator.desk.report_lock(self._token(), lock))
        self._told(answer)
        return answer

    def _statement(self) -> Statement:
        device = self._operator.issuer.authenticate_device(self._token())
        found = self._operator.issuer.statement(device.payer_id)
        return Statement(
            currency=found.currency,
            free_minor=found.free_minor,
            reserved_minor=found.reserved_minor,
            allowances=tuple(
                AllowanceLine(ref=one.ref, closed=one.closed, complete=one.complete) for one in found.allowances
            ),
            cheques=tuple(
                ChequeLine(
                    cheque_id=one.cheque_id,
                    ref=one.ref,
                    paid_minor=one.paid_minor,
                    waiting_minor=one.waiting_minor,
                    deadline=one.deadline,
                    given_back=one.state is ChequeState.GIVEN_BACK,
                    forked=one.state is ChequeState.FORKED,
                    payee_name=one.payee_name,
                    code_wrong=one.code_wrong,
                )
                for one in found.cheques
            ),
        )


class TillLink:
    """A `terminal.ports.OperatorLink` that asks an operator in this process."""

    def __init__(
        self, operator: Operator, network: "Line", token: Callable[[], str], sent: Callable[[bytes, bytes], None]
    ) -> None:
        """`sent` hears of every batch with its answer."""
        self._operator, self._network, self._token, self._sent = operator, network, token, sent

    def trust_root(self) -> TrustRoot:
        return self._network(lambda: self._operator.root)

    def enrol_terminal(self, *, enrolment_code: str, terminal_key: bytes, proof: bytes) -> _Certified:
        enrolled = self._network(lambda: self._operator.acquirer.enrol_terminal(enrolment_code, terminal_key, proof))
        return _Certified(enrolled.certificate, enrolled.token, self._operator.root)

    def trust_pack(self, *, etag: str | None = None) -> _Pack | None:
        raw = self._network(self._operator.publisher.trust_pack)
        tag = hashlib.sha256(raw).hexdigest()
        return None if tag == etag else _Pack(raw, tag)

    def send_batch(self, batch: bytes) -> bytes:
        return self._network(lambda: self._send(batch))

    def payee_statement(self, *, after: int | None = None) -> PayeeStatement:
        return self._network(lambda: self._statement(after))

    def payee_disputes(self) -> Sequence[DisputeNotice]:
        return ()  # as the wallet's

    def _send(self, batch: bytes) -> bytes:
        answer = self._operator.take_batch(self._token(), batch)
        self._sent(batch, answer)
        return answer

    def _statement(self, after: int | None) -> PayeeStatement:
        payee_id: PayeeId = self._operator.acquirer.authenticate_terminal(self._token()).payee_id
        return self._operator.acquirer.statement(payee_id, after)


class Line:
    """One device's line to the operator: what becomes of a call is decided by `fate`."""

    def __init__(self, operator: Operator, fate: Callable[[], str]) -> None:
        self._operator, self._fate = operator, fate

    def __call__(self, act: Callable[[], T]) -> T:
        """Asks. Raises LinkTrouble when the question or its answer is lost, or the operator dies of it."""
        fate = self._fate()
        if fate == "l":
            raise LinkTrouble("operator_unreachable", why="lost")
        if fate == "t":
            self._operator.serve(act)
        answer = self._operator.serve(act)
        if fate == "d":
            raise LinkTrouble("operator_unreachable", why="answer lost")
        return answer


def _decided(act: Callable[[], T]) -> T:
    """A refusal of what was asked is a decision; that nobody is signed in is none."""
    try:
        return act()
    except (IssuerTrouble, AcquirerTrouble, Refused) as refused:
        if refused.code == "not_signed_in":
            raise
        raise Declined(refused) from None


def _key_set(keys: OperatorKeys, now: int) -> bytes:
    roles = ((keys.issuer, KeyRole.ISSUER), (keys.acquirer, KeyRole.ACQUIRER), (keys.online, KeyRole.ONLINE))
    return encode_key_set(
        version=1,
        issued_at=now,
        expires_at=now + 2 * _YEAR_S,
        keys=[
            TrustedKey(key=key.public_key, role=int(role), not_before=now, not_after=now + 2 * _YEAR_S)
            for key, role in roles
        ],
        policies=[POLICY],
        least_wire=1,
        least_app="0.1.0",
        roots=[keys.root.public_key],
        threshold=1,
    )
