"""Parties: who is in the world, how they come into it, and how they reach each other and the operator.

A party comes into being when an event first names it. Whoever dies is opened again, and the event has ended.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.protocol.ids import PayeeId
from feiqian.simulation import events as ev
from feiqian.simulation.audit import PayerFacts
from feiqian.simulation.crash import Died
from feiqian.simulation.devices import Outside, TillDevice, WalletDevice
from feiqian.simulation.holders import traits_of
from feiqian.simulation.operator import CURRENCY, Line, Operator, TillLink, WalletLink
from feiqian.simulation.oracle import Broken
from feiqian.wallet.lock_troubles import PayingLocked
from feiqian.wallet.records import LockAnswer

LOCKED: Final = "locked_"
"""How the codes of locks begin."""
FIRST_TOP_UP_MINOR: Final = 1_000_00
T = TypeVar("T")


class Ended(Exception):
    """The event is over before its end: a message was lost, somebody died."""


class Parties:
    """Everybody in one world. `batches` and `answers` are what tills have sent and what they were answered."""

    def __init__(self, operator: Operator, outside: Outside, payers: dict[bytes, PayerFacts]) -> None:
        self.operator, self.outside, self.payers = operator, outside, payers
        self.clock = outside.clock
        self.wallets: dict[int, WalletDevice] = {}
        self.copies: dict[int, WalletDevice] = {}
        self.gone: list[WalletDevice] = []
        self.tills: dict[int, TillDevice] = {}
        self.payees: dict[int, PayeeId] = {}
        self.batches: list[tuple[TillDevice, bytes]] = []
        self.answers: dict[bytes, bytes] = {}
        self._devices_made = 0
        self._fates = iter("")

    def end(self) -> None:
        """The world is over: everybody's store goes to the next one."""
        for wallet in self.all_wallets():
            wallet.end()
        for till in self.tills.values():
            till.end()

    def expect(self, fates: str) -> None:
        """What becomes of the messages of the next event; all that come behind these arrive."""
        self._fates = iter(fates)

    def wallet(self, number: int) -> WalletDevice:
        """A wallet by its number."""
        if number not in self.wallets:
            self.wallets[number] = self.new_wallet(number)
        return self.wallets[number]

    def new_wallet(self, number: int) -> WalletDevice:
        """A new device for the holder with this number."""
        return WalletDevice(self.new_name("wallet"), self.outside, traits=traits_of(number))

    def all_wallets(self) -> list[WalletDevice]:
        """Every wallet of the world, copies and those of whom nobody hears any more, too."""
        return [*self.wallets.values(), *self.copies.values(), *self.gone]

    def succeed(self, number: int) -> None:
        """From now on somebody else has this number."""
        self.gone.append(self.wallets.pop(number))
        copy = self.copies.pop(number, None)
        if copy is not None:
            self.gone.append(copy)

    def pay_in(self, wallet: WalletDevice) -> None:
        """A payer gets as much as it began with once more."""
        if wallet.payer_id is not None:
            facts = self.payers[wallet.payer_id]
            facts.fundings += 1
            self.operator.fund(wallet.payer_id, facts.fundings)

    def till(self, number: int) -> TillDevice:
        """A till by its number."""
        if number not in self.tills:
            till = self.tills[number] = TillDevice(self.new_name("till"), self.outside)
            till.payee_id = self._payee((2 * number + 1) // 3)  # every second payee has two tills
        return self.tills[number]

    def new_name(self, kind: str) -> str:
        """A name that no other device of this world has."""
        self._devices_made += 1
        return f"{kind} {self._devices_made}"

    def _payee(self, number: int) -> PayeeId:
        if number not in self.payees:
            new = self.operator.manage(lambda: self.operator.acquirer.enrol_payee(f"payee {number}", CURRENCY))
            self.payees[number] = new.payee_id
        return self.payees[number]

    def payer(self, number: int, *, copy: bool) -> WalletDevice:
        """An enrolled wallet; the copy of it, if there is one and it is asked for."""
        if copy and number in self.copies:
            return self.copies[number]
        wallet = self.wallet(number)
        if not wallet.is_enrolled:
            self._enrol_wallet(wallet)
        return wallet

    def _enrol_wallet(self, wallet: WalletDevice) -> None:
        operator = self.operator
        if wallet.payer_id is None:
            new = operator.manage(lambda: operator.issuer.enrol_payer(wallet.name, CURRENCY))
            wallet.payer_id, wallet.code = new.payer_id, new.code
            self.payers[new.payer_id] = PayerFacts(payer_id=new.payer_id, signed_minor=wallet.signed_minor)
            operator.fund(new.payer_id, 1)
            if wallet.traits.coded:
                wallet.authenticator = operator.desk.hand_out_token(new.payer_id)
        payer_id = wallet.payer_id
        code = wallet.code or operator.manage(lambda: operator.issuer.new_code(payer_id)).code
        wallet.code = ""  # a code that was seen may have been used: whoever comes back gets another one
        link = self.wallet_link(wallet)
        self.at_wallet(wallet, wallet.settle_in)
        self.at_wallet(wallet, lambda: wallet.wallet.enrol(link, "here", code))
        wallet.lost_code = operator.desk.hand_out_lost_code(wallet.token())
        self.at_wallet(wallet, lambda: wallet.wallet.top_up(link, FIRST_TOP_UP_MINOR))

    def ready_till(self, number: int) -> TillDevice:
        """A till by its number, enrolled."""
        return self.ready(self.till(number))

    def ready(self, till: TillDevice) -> TillDevice:
        """The till, enrolled."""
        if not till.is_enrolled and till.payee_id is not None:
            payee_id, acquirer = till.payee_id, self.operator.acquirer
            code = till.code or self.operator.manage(lambda: acquirer.new_code(payee_id)).code
            till.code = code
            link = self.till_link(till)
            try:
                self.at_till(till, lambda: till.terminal.enrol(link, server="here", code=code))
            except AcquirerTrouble:
                till.code = ""  # it has run out: the next time with another one
                raise
        return till

    def wallet_link(self, wallet: WalletDevice) -> WalletLink:
        """A wallet's way to the operator."""

        def told(answer: LockAnswer) -> None:
            if answer is LockAnswer.ALLOWED:
                wallet.locked_for = ""

        return WalletLink(self.operator, Line(self.operator, self.fate), wallet.token, told)

    def till_link(self, till: TillDevice) -> TillLink:
        """A till's way to the operator."""

        def sent(batch: bytes, answer: bytes) -> None:
            if self.answers.setdefault(batch, answer) != answer:
                raise Broken("answer_changed", till.name)
            self.batches.append((till, batch))

        return TillLink(self.operator, Line(self.operator, self.fate), till.token, sent)

    def fate(self) -> str:
        """What becomes of the next message."""
        return next(self._fates, ev.ARRIVES)

    def at_wallet(self, wallet: WalletDevice, act: Callable[[], T]) -> T:
        """What a wallet does. Raises Ended when it dies of it; then it is open again. What locks it is noted."""
        try:
            return act()
        except Died as died:
            wallet.reopen()
            raise Ended(f"died at {died.point}") from None
        except PayingLocked as locked:
            if locked.code.startswith(LOCKED):
                wallet.locked_for = locked.code
            raise

    def at_till(self, till: TillDevice, act: Callable[[], T]) -> T:
        """What a till does. Raises Ended when it dies of it; then it is open again."""
        try:
            return act()
        except Died as died:
            till.reopen()
            raise Ended(f"died at {died.point}") from None

    def sync_wallet(self, wallet: WalletDevice) -> str:
        """A wallet syncs."""
        synced = self.at_wallet(wallet, lambda: wallet.wallet.sync(self.wallet_link(wallet)))
        failures = "+".join(str(one.code) for one in synced.failures)
        return f"synced, {len(synced.changed)} changed{' ' if failures else ''}{failures}"

    def sync_till(self, till: TillDevice) -> str:
        """A till syncs."""
        outcome = self.at_till(till, lambda: till.terminal.sync(self.till_link(till)))
        verdicts = " ".join(
            f"{item.verdict.name.lower()}:{item.paid_minor}:{item.waiting_minor}" for item in outcome.items()
        )
        troubles = "+".join(str(one.code) for one in outcome.troubles)
        return f"synced [{verdicts}] told {len(outcome.told)}{' ' if troubles else ''}{troubles}"
