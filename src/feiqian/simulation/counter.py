"""The counter: payments, codes, receipts and notes between wallets and tills, with no network but what may get lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.settled_notice import sign_settled_notice
from feiqian.protocol.words import Coded
from feiqian.simulation import events as ev
from feiqian.simulation.devices import OpenRequest, TillDevice, WalletDevice
from feiqian.simulation.holders import CLOCK_LOCK, WATCHED, Drawn
from feiqian.simulation.operator import CURRENCY, DEPLOYMENT
from feiqian.simulation.oracle import Broken
from feiqian.simulation.parties import FIRST_TOP_UP_MINOR, LOCKED, Ended, Parties
from feiqian.terminal.accept import Acceptance
from feiqian.terminal.troubles import TerminalTrouble
from feiqian.terminal.void import NoteGiven
from feiqian.wallet.pay import Offer, Shown
from feiqian.wallet.resume import WayOn
from feiqian.wallet.troubles import WalletTrouble

DONE_WITH: Final = frozenset({"device_convicted", "device_accused"})
BACK_AT_ONCE_MAX: Final = 3
CLOCK_WRONG: Final = frozenset({"clocks_differ", CLOCK_LOCK})
NOTHING_LEFT: Final = frozenset(
    {"store_rolled_back", "no_allowance", "allowances_expired", "cheques_used_up", "not_enough"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flying:
    """A message that hangs in the air: a payment on its way to a till, or a receipt or note to a wallet."""

    wallet: WalletDevice
    till: TillDevice
    body: bytes
    to_till: bool
    taking_minor: int | None = None
    is_code: bool = False
    comes_back: int = 0


class Counter:
    """What happens between wallets and tills. `payments` counts those that were accepted."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self.payments = 0
        self._air: list[Flying] = []
        self._drawn_by: dict[StatementId, WalletDevice] = {}
        self._asked_by: dict[RequestHash, TillDevice] = {}

    def clear_the_air(self) -> None:
        """Nothing that is late arrives any more."""
        self._air.clear()

    def pay(self, event: ev.Pay) -> str:
        """A request, its answer, the receipt."""
        wallet, till = self._parties.payer(event.wallet, copy=event.copy), self._parties.ready_till(event.till)
        up_to = event.final_minor is not None
        asked = self._parties.at_till(
            till,
            lambda: till.terminal.request(
                exact_minor=None if up_to else event.amount_minor,
                up_to_minor=event.amount_minor if up_to else None,
                signed=not event.unsigned,
            ),
        )
        opened = OpenRequest(request_hash=asked.request_hash)
        till.shelf.requests.append(opened)
        self._asked_by[asked.request_hash] = till
        if self._parties.fate() in (ev.LOST, ev.LATE):
            raise Ended("request not seen")
        try:
            shown = self._answered(wallet, asked.shown, event)
        except WalletTrouble as trouble:
            said = f"refused {trouble.code}"
            if trouble.code in CLOCK_WRONG and event.comes_back:
                wallet.off_s = till.off_s = 0
            elif trouble.code.startswith(LOCKED) and event.comes_back:
                said += self._asked_to_unlock(wallet)
            elif trouble.code in NOTHING_LEFT and wallet not in self._parties.copies.values():
                said += self._went_home(event.wallet, wallet, stays=bool(event.comes_back))
            else:
                raise
            if not event.comes_back:
                raise Ended(said) from None
            return _then(said, lambda: self.pay(replace(event, comes_back=event.comes_back - 1)))
        opened.wallet = wallet
        flying = Flying(
            wallet=wallet,
            till=till,
            body=shown.body,
            to_till=True,
            taking_minor=event.final_minor,
            comes_back=event.comes_back,
        )
        return self._hand_over(flying, own_risk=event.own_risk)

    def _answered(self, wallet: WalletDevice, shown: bytes, event: ev.Pay) -> Shown:
        """The holder is asked, consents and pays."""
        offer: Offer = self._parties.at_wallet(wallet, lambda: wallet.wallet.consider(shown))
        check = HolderCheck.NONE if event.unchecked else HolderCheck.PIN
        digits, right = self._digits(wallet, wrong=event.wrong_code) if offer.code_needed else (None, None)
        paid = self._parties.at_wallet(wallet, lambda: wallet.wallet.pay(offer, check, digits))
        self._drawn(wallet, paid, check, code_right=right)
        return paid

    def _digits(self, wallet: WalletDevice, *, wrong: bool) -> tuple[str, bool]:
        """What is typed where a code is asked for, and whether it is one. Who found or copied a wallet has no token."""
        token = wallet.authenticator
        if wrong or token is None:
            return self._parties.operator.desk.guesser.guess(), False
        return token.press(), True

    def _asked_to_unlock(self, wallet: WalletDevice) -> str:
        """What came of asking, where that was not simply yes."""
        parties = self._parties
        try:
            parties.at_wallet(wallet, lambda: wallet.wallet.unlock_online(parties.wallet_link(wallet)))
        except Coded as refused:
            return f", then {refused.code}"
        return ""

    def _shown_again(self, wallet: WalletDevice, number: str) -> Shown:
        return self._parties.at_wallet(wallet, lambda: wallet.wallet.show_again(number))

    def _went_home(self, number: int, wallet: WalletDevice, *, stays: bool) -> str:
        """Whoever has nothing left to pay with tops up before the next time; what else came of it.

        Who `stays` in the story mends what can be mended: a top-up that waits comes with a sync, money from outside,
        and where the operator is done with somebody, somebody else comes under that number.
        """
        parties = self._parties
        try:
            parties.at_wallet(wallet, lambda: wallet.wallet.top_up(parties.wallet_link(wallet), FIRST_TOP_UP_MINOR))
        except Coded as refused:
            if stays and refused.code == "top_up_waits":
                parties.sync_wallet(wallet)
            elif stays and refused.code == "not_enough_money":
                parties.pay_in(wallet)
            elif stays and refused.code in DONE_WITH:
                parties.succeed(number)
            return f", then {refused.code}"
        return ""

    def one_way(self, event: ev.OneWay) -> str:
        """A code at one till after the other."""
        wallet = self._parties.payer(event.wallet, copy=event.copy)
        up_to = event.due_minor is not None
        shown = self._parties.at_wallet(
            wallet, lambda: wallet.wallet.one_way_code(event.amount_minor, HolderCheck.PIN, up_to=up_to)
        )
        self._drawn(wallet, shown, HolderCheck.PIN, code_right=None)
        outcomes = []
        for number in event.tills:
            flying = Flying(
                wallet=wallet,
                till=self._parties.ready_till(number),
                body=shown.body,
                to_till=True,
                taking_minor=event.due_minor or event.amount_minor,
                is_code=True,
            )
            try:
                outcomes.append(self._hand_over(flying, own_risk=True))
            except Ended as ended:
                outcomes.append(str(ended))
            except Coded as refused:
                outcomes.append(f"refused {refused.code}")
        return ", ".join(outcomes)

    def _hand_over(self, flying: Flying, *, own_risk: bool) -> str:
        """A payment goes to a till, and what the till shows goes back."""
        fate = self._parties.fate()
        if fate == ev.LOST:
            raise Ended("payment lost")
        if fate == ev.LATE:
            self._air.append(flying)
            raise Ended("payment late")
        if fate == ev.TWICE:
            self._take(flying, own_risk=own_risk)
        try:
            taken = self._take(flying, own_risk=own_risk)
        except Coded as refused:
            if not flying.comes_back or refused.code != RefusalCode.TRUST_TOO_OLD:
                raise
            self._parties.sync_till(flying.till)
            back = replace(flying, comes_back=flying.comes_back - 1)
            return _then(f"refused {refused.code}", lambda: self._hand_over(back, own_risk=own_risk))
        said = f"accepted {taken.grade} {taken.accepted.final_minor}" + (" again" if taken.replayed else "")
        self._hand_back(flying.wallet, flying.till, taken.shown)
        return said

    def _take(self, flying: Flying, *, own_risk: bool) -> Acceptance:
        """The till takes it; at its own risk only where there is no guarantee and its payee wants it so."""
        try:
            taken = self._accept(flying, at_own_risk=False)
        except Coded as refused:
            outside = isinstance(refused, TerminalTrouble) and refused.code.startswith("outside_guarantee")
            if not (own_risk and outside):
                self._log(flying, refused)
                raise
            taken = self._accept(flying, at_own_risk=True)
        if not taken.replayed:
            self.payments += 1
            self._parties.operator.desk.holders.accepted(taken.accepted.cheque_id)
            flying.till.shelf.taken.append(taken.accepted.cheque_id)
        return taken

    def _log(self, flying: Flying, refused: Coded) -> None:
        till = flying.till
        self._parties.at_till(till, lambda: till.terminal.log_refusal(refused, flying.body))

    def _accept(self, flying: Flying, *, at_own_risk: bool) -> Acceptance:
        till, taking_minor = flying.till, flying.taking_minor
        if flying.is_code:
            due_minor = taking_minor or 0
            return self._parties.at_till(
                till, lambda: till.terminal.take_code(flying.body, due_minor=due_minor, at_own_risk=at_own_risk)
            )
        return self._parties.at_till(
            till, lambda: till.terminal.accept(flying.body, final_minor=taking_minor, at_own_risk=at_own_risk)
        )

    def _hand_back(self, wallet: WalletDevice, till: TillDevice, body: bytes) -> None:
        """A receipt or note goes to a wallet."""
        fate = self._parties.fate()
        if fate == ev.LOST:
            raise Ended("receipt lost")
        if fate == ev.LATE:
            self._air.append(Flying(wallet=wallet, till=till, body=body, to_till=False))
            raise Ended("receipt late")
        for _ in range(2 if fate == ev.TWICE else 1):
            self._parties.at_wallet(wallet, lambda: wallet.wallet.take_acknowledgement(body))

    def again(self, event: ev.Again) -> str:
        """What is open goes back to where it was shown."""
        wallet = self._parties.payer(event.wallet, copy=False)
        resumed = self._parties.at_wallet(wallet, wallet.wallet.resume)
        again = [one.payment for one in resumed.items if one.way_on is WayOn.SHOW_AGAIN and one.payment is not None]
        outcomes = []
        for payment in again[:BACK_AT_ONCE_MAX]:
            if payment.request_hash is None or payment.request_hash not in self._asked_by:
                continue
            till = self._asked_by[payment.request_hash]
            shown = self._shown_again(wallet, payment.number)
            flying = Flying(wallet=wallet, till=till, body=shown.body, to_till=True)
            try:
                outcomes.append(self._hand_over(flying, own_risk=True))
            except Coded as refused:
                outcomes.append(f"refused {refused.code}, {self._cancelled(till, payment.request_hash, wallet)}")
        return ", ".join(outcomes) or "nothing open"

    def arrive(self, event: ev.Arrive) -> str:
        """A late message arrives."""
        if not self._air:
            return "nothing in the air"
        flying = self._air.pop(event.nth % len(self._air))
        if not flying.to_till:
            self._hand_back(flying.wallet, flying.till, flying.body)
            return "receipt arrived"
        if event.astray:
            others = [till for till in self._parties.tills.values() if till is not flying.till and till.is_enrolled]
            if others:
                wrong = others[event.nth % len(others)]
                taken = self._parties.at_till(wrong, lambda: wrong.terminal.accept(flying.body, at_own_risk=True))
                if not taken.replayed:
                    raise Broken("bystander_accepted", flying.body.hex()[:24])
                return "astray, and taken here before"
        return self._hand_over(flying, own_risk=True)

    def void(self, event: ev.Void) -> str:
        """A till gives back."""
        till = self._parties.ready_till(event.till)
        if not till.shelf.taken:
            return "nothing to void"
        cheque_id = till.shelf.taken[-1 - event.nth % len(till.shelf.taken)]
        accepted = till.terminal.payment(cheque_id=cheque_id)
        total_minor = max(1, accepted.final_minor * event.percent // 100)
        given = self._parties.at_till(till, lambda: till.terminal.void(accepted, total_minor=total_minor))
        self._note_shown(given, till, self._drawn_by.get(cheque_id))
        return f"voided {given.back_minor}"

    def cancel(self, event: ev.Cancel) -> str:
        """A till cancels."""
        till = self._parties.ready_till(event.till)
        if not till.shelf.requests:
            return "nothing to cancel"
        opened = till.shelf.requests[-1 - event.nth % len(till.shelf.requests)]
        return self._cancelled(till, opened.request_hash, opened.wallet)

    def _cancelled(self, till: TillDevice, request_hash: RequestHash, wallet: WalletDevice | None) -> str:
        self._parties.ready(till)
        given = self._parties.at_till(till, lambda: till.terminal.cancel(request_hash))
        self._note_shown(given, till, wallet)
        return "cancelled"

    def _note_shown(self, given: NoteGiven, till: TillDevice, wallet: WalletDevice | None) -> None:
        if wallet is not None:
            self._hand_back(wallet, till, given.shown)

    def paid_online(self, event: ev.PaidOnline) -> str:
        """A settled notice is shown."""
        till = self._parties.ready_till(event.till)
        asked = self._parties.at_till(till, lambda: till.terminal.request(exact_minor=event.amount_minor))
        notice = sign_settled_notice(
            self._parties.operator.keys.issuer,
            DEPLOYMENT,
            request=asked.request_hash,
            final_minor=event.amount_minor,
            currency=CURRENCY,
            time=self._parties.clock(),
        )
        self._parties.at_till(till, lambda: till.terminal.accept_notice(notice))
        return "paid online"

    def end_shift(self, event: ev.EndShift) -> str:
        """A shift ends."""
        till = self._parties.ready_till(event.till)
        self._parties.at_till(till, till.terminal.close_shift)
        if event.sign_out:
            self._parties.at_till(till, till.sign_out)
            till.code = ""
        return "shift ended"

    def take_and_forget(self, event: ev.TakeAndForget) -> str:
        """A till claims a payment, forgets it, and takes another."""
        till = self._parties.ready_till(event.till)
        till.save()
        till.honest = False
        fresh = ev.Pay(wallet=event.wallet, till=event.till, amount_minor=event.amount_minor, own_risk=True)
        self.pay(fresh)
        self._parties.sync_till(till)
        till.roll_back()
        return f"forgot it, then {self.pay(fresh)}"

    def two_for_one(self, event: ev.TwoForOne) -> str:
        """A till takes two cheques for one request."""
        wallets = self._parties.payer(event.wallet, copy=False), self._parties.payer(event.other, copy=False)
        till = self._parties.ready_till(event.till)
        asked = self._parties.at_till(till, lambda: till.terminal.request(exact_minor=event.amount_minor))
        till.save()
        till.honest = False
        for wallet in wallets:
            fresh = ev.Pay(wallet=event.wallet, till=event.till, amount_minor=event.amount_minor)
            shown = self._answered(wallet, asked.shown, fresh)
            till.roll_back()
            self._take(Flying(wallet=wallet, till=till, body=shown.body, to_till=True), own_risk=True)
            self._parties.sync_till(till)
        return "took two"

    def _drawn(self, wallet: WalletDevice, shown: Shown, check: HolderCheck, *, code_right: bool | None) -> None:
        """Somebody drew a cheque. Raises Broken, if the wallet had stopped paying."""
        payment = shown.payment
        if wallet.locked_for and not (wallet.locked_for == CLOCK_LOCK and wallet.off_s >= -WATCHED.clock_back_s):
            raise Broken("paid_while_locked", f"{wallet.name}: {wallet.locked_for}")
        wallet.locked_for = ""
        wallet.drawn[payment.cheque_id] = payment.amount_minor
        how = Drawn(amount_minor=payment.amount_minor, check=check, code_right=code_right, coded=wallet.traits.coded)
        self._parties.operator.desk.holders.draw(payment.cheque_id, payment.cheque, how)
        self._drawn_by[payment.cheque_id] = wallet


def _then(said: str, act: Callable[[], str]) -> str:
    """What came of it in the end, behind what came first. Raises Ended."""
    try:
        return f"{said}, then {act()}"
    except Ended as ended:
        raise Ended(f"{said}, then {ended}") from None
    except Coded as refused:
        raise Ended(f"{said}, then refused {refused.code}") from None
