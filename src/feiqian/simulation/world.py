"""The world: one clock, all parties on one thread, and what every event comes to.

An event comes to an outcome of a few words, which goes into the trace. A refusal, a lost message and a death are
outcomes; anything that nobody planned for is `Broken`, like a broken promise of the oracle.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from feiqian.issuer.lock_ports import Decision
from feiqian.issuer.values import PayerId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.words import Coded
from feiqian.simulation import events as ev
from feiqian.simulation.audit import Audit
from feiqian.simulation.chance import Chance
from feiqian.simulation.counter import Counter
from feiqian.simulation.crash import Died
from feiqian.simulation.devices import Outside, WalletDevice
from feiqian.simulation.media import MEDIA_OF, Media
from feiqian.simulation.operator import DEPLOYMENT, POLICY, Operator, OperatorKeys
from feiqian.simulation.oracle import Broken, Oracle
from feiqian.simulation.parties import Ended, Parties
from feiqian.simulation.signatures import Signatures, book_for
from feiqian.storage import StoreError

START: Final = 1_800_000_000


@contextmanager
def nothing_unplanned() -> Iterator[None]:
    """Refusals and lost messages are part of the story; whatever else is raised is `Broken`."""
    try:
        yield
    except StoreError as error:
        raise Broken(f"store {error.code}", error) from error
    except Died as died:
        raise Broken("death_unseen", died.point) from died
    except (Ended, Coded, Broken):
        raise
    except Exception as error:
        raise Broken(f"unplanned {type(error).__name__}", error) from error


class World:
    """One world."""

    def __init__(self, seed: int, signatures: Signatures = Signatures.REAL, media: Media | None = None) -> None:
        """`media` is by default what goes with these signatures."""
        book = book_for(signatures)
        self.now = START
        self.died_at: set[str] = set()
        outside = Outside(
            clock=lambda: self.now,
            book=book,
            media=media or MEDIA_OF[signatures],
            died_at=self.died_at,
            seed=seed,
        )
        chance = Chance(seed, "operator's keys")
        root, issuer, acquirer, online = (book.signer(b"\x01" + chance.octets(31)) for _ in range(4))
        self.operator = Operator(
            keys=OperatorKeys(root=root, issuer=issuer, acquirer=acquirer, online=online),
            read_key=book.read_key,
            clock=outside.clock,
            chance=Chance(seed, "operator"),
            oracle=Oracle(deployment=DEPLOYMENT, issuer=PublicKey(issuer.public_key), policy=POLICY),
            died_at=self.died_at,
        )
        self.audit = Audit(operator=self.operator)
        self.parties = Parties(self.operator, outside, self.audit.payers)
        self.counter = Counter(self.parties)
        self._acts = self._table()

    def play(self, event: ev.Event) -> str:
        """What becomes of one event. Raises Broken."""
        self.now += event.wait_s
        self.parties.expect(event.fates)
        try:
            with nothing_unplanned():
                outcome = self._acts[type(event)](event)
        except Ended as ended:
            outcome = str(ended)
        except Coded as refused:
            outcome = f"refused {refused.code}"
        self.audit.look()
        return outcome

    def still(self) -> None:
        """From now on every message arrives, and none is in the air."""
        self.parties.expect("")
        self.counter.clear_the_air()

    def _table(self) -> dict[type[ev.Event], Callable[..., str]]:
        counter, parties = self.counter, self.parties
        return {
            ev.Pay: counter.pay,
            ev.OneWay: counter.one_way,
            ev.Again: counter.again,
            ev.Arrive: counter.arrive,
            ev.Void: counter.void,
            ev.Cancel: counter.cancel,
            ev.TopUp: self._top_up,
            ev.Close: self._close,
            ev.SyncWallet: self._sync_wallet,
            ev.SyncTill: self._sync_till,
            ev.Repeat: self._repeat,
            ev.CrashWallet: lambda event: self._armed(parties.wallet(event.wallet).mortal.arm, event.point),
            ev.CrashTill: lambda event: self._armed(parties.till(event.till).mortal.arm, event.point),
            ev.CrashOperator: lambda event: self._armed(self.operator.mortal.arm, event.point),
            ev.Clone: self._clone,
            ev.SaveWallet: self._save_wallet,
            ev.RollBackWallet: self._roll_back_wallet,
            ev.SaveTill: self._save_till,
            ev.RollBackTill: self._roll_back_till,
            ev.TakeAndForget: counter.take_and_forget,
            ev.TwoForOne: counter.two_for_one,
            ev.Lose: self._lose,
            ev.LoseByCode: self._lose_by_code,
            ev.Unlock: self._unlock,
            ev.DecideLocks: self._decide_locks,
            ev.SetWalletClock: self._set_wallet_clock,
            ev.SetTillClock: self._set_till_clock,
            ev.Advance: lambda _event: "later",
            ev.CloseWindows: self._close_windows,
            ev.EndShift: counter.end_shift,
            ev.PaidOnline: counter.paid_online,
        }

    # --- with the operator ---

    def _top_up(self, event: ev.TopUp) -> str:
        wallet = self.parties.payer(event.wallet, copy=False)
        record = self.parties.at_wallet(
            wallet, lambda: wallet.wallet.top_up(self.parties.wallet_link(wallet), event.amount_minor)
        )
        return f"topped up {record.amount_minor}"

    def _close(self, event: ev.Close) -> str:
        wallet = self.parties.payer(event.wallet, copy=event.copy)
        lives = wallet.wallet.holdings().lives
        if not lives:
            return "nothing to close"
        ref = lives[event.nth % len(lives)].allowance.ref
        self.parties.at_wallet(wallet, lambda: wallet.wallet.close(self.parties.wallet_link(wallet), ref))
        return "closed"

    def _sync_wallet(self, event: ev.SyncWallet) -> str:
        wallet = self.parties.payer(event.wallet, copy=event.copy)
        return self.parties.sync_wallet(wallet)

    def _sync_till(self, event: ev.SyncTill) -> str:
        return self.parties.sync_till(self.parties.ready_till(event.till))

    def _repeat(self, event: ev.Repeat) -> str:
        if not self.parties.batches:
            return "nothing to repeat"
        till, batch = self.parties.batches[-1 - event.nth % len(self.parties.batches)]
        answer = self.parties.operator.serve(lambda: self.parties.operator.take_batch(till.token(), batch))
        if answer != self.parties.answers[batch]:
            raise Broken("answer_changed", till.name)
        return "same answer"

    def _close_windows(self, event: ev.CloseWindows) -> str:
        del event
        self.parties.operator.close_windows()
        return "windows closed"

    # --- cheats, losses, clocks ---

    def _clone(self, event: ev.Clone) -> str:
        wallet = self.parties.payer(event.wallet, copy=False)
        if wallet.chip is None:
            self._suspect(wallet)
        before = self.parties.copies.get(event.wallet)
        if before is not None:
            self.parties.gone.append(before)
        self.parties.copies[event.wallet] = wallet.copy(self.parties.new_name("copy"))
        return "cloned"

    def _save_wallet(self, event: ev.SaveWallet) -> str:
        self.parties.payer(event.wallet, copy=False).save()
        return "saved"

    def _roll_back_wallet(self, event: ev.RollBackWallet) -> str:
        wallet = self.parties.payer(event.wallet, copy=False)
        if not wallet.roll_back():
            return "no snapshot"
        if wallet.chip is None:
            self._suspect(wallet)
        return "rolled back"

    def _save_till(self, event: ev.SaveTill) -> str:
        self.parties.ready_till(event.till).save()
        return "saved"

    def _roll_back_till(self, event: ev.RollBackTill) -> str:
        till = self.parties.ready_till(event.till)
        if not till.roll_back():
            return "no snapshot"
        till.honest = False
        return "rolled back"

    def _lose(self, event: ev.Lose) -> str:
        lost = self.parties.payer(event.wallet, copy=False)
        payer_id = self._suspect(lost)
        self.parties.operator.lose(payer_id)
        self._replaced(event.wallet, lost)
        return "reported lost"

    def _lose_by_code(self, event: ev.LoseByCode) -> str:
        lost = self.parties.payer(event.wallet, copy=False)
        membership = lost.store.membership()
        if membership is None or not lost.lost_code:
            return "no code"
        if not event.wrong:
            self._suspect(lost)
        self.operator.desk.stop_lost(lost.lost_code, membership.device_id, wrong=event.wrong)
        self._replaced(event.wallet, lost)
        return "stopped by its code"

    def _replaced(self, number: int, lost: WalletDevice) -> None:
        """Its holder gets a new one, and the finder keeps the old one."""
        found = self.parties.wallets[number] = self.parties.new_wallet(number)
        found.payer_id, found.authenticator = lost.payer_id, lost.authenticator
        before = self.parties.copies.get(number)
        if before is not None:
            self.parties.gone.append(before)
        self.parties.copies[number] = lost

    def _unlock(self, event: ev.Unlock) -> str:
        wallet = self.parties.payer(event.wallet, copy=False)
        self.parties.at_wallet(wallet, lambda: wallet.wallet.unlock_online(self.parties.wallet_link(wallet)))
        return "unlocked"

    def _decide_locks(self, event: ev.DecideLocks) -> str:
        decided = self.operator.desk.decide_locks(Decision.REFUSED if event.refuse else Decision.ALLOWED)
        return f"decided on {decided}"

    def _set_wallet_clock(self, event: ev.SetWalletClock) -> str:
        self.parties.wallet(event.wallet).off_s = event.off_s
        return "clock set"

    def _set_till_clock(self, event: ev.SetTillClock) -> str:
        till = self.parties.till(event.till)
        till.off_s = event.off_s
        till.on_time = till.on_time and abs(event.off_s) <= self.parties.operator.oracle.policy.skew_s
        return "clock set"

    def _armed(self, arm: Callable[[str], None], point: str) -> str:
        arm(point)
        return "armed"

    def _suspect(self, wallet: WalletDevice) -> PayerId:
        """From now on more than one device may hold this payer's keys."""
        if wallet.payer_id is None:
            raise LookupError("an enrolled wallet has a payer")
        self.parties.payers[wallet.payer_id].honest = False
        return wallet.payer_id
