"""Stories: which events happen, how often, to whom. One seed gives one story; a scenario gives it its weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from feiqian.simulation import events as ev
from feiqian.simulation.chance import Chance
from feiqian.simulation.drills import DEAD_POINTS, OPERATOR_POINTS, TILL_POINTS, WALLET_POINTS, drill

HOUR_S: Final = 3600
DAY_S: Final = 86_400
DRILLS: Final = 4
"""In every story; each write point has its turn in some story of any thirty seeds in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a world is like. Weights beside 100 of `pay`; percentages of messages and clocks."""

    name: str
    weights: dict[str, int]
    faulty_percent: int = 8
    wait_max_s: int = 120
    leap_max_s: int = 2 * DAY_S
    comes_back_percent: int = 90


_ORDINARY: Final = {
    "pay": 100,
    "one_way": 8,
    "again": 8,
    "arrive": 4,
    "void": 6,
    "cancel": 3,
    "top_up": 5,
    "close": 1,
    "sync_wallet": 5,
    "sync_till": 5,
    "repeat": 2,
    "advance": 3,
    "close_windows": 2,
    "end_shift": 1,
    "paid_online": 1,
    "unlock": 1,
    "decide_locks": 2,
}
SCENARIOS: Final = (
    Scenario(name="market", weights=_ORDINARY),
    Scenario(
        name="storm",
        weights=_ORDINARY | {"crash_wallet": 14, "crash_till": 16, "crash_operator": 12, "again": 16, "arrive": 10},
        faulty_percent=30,
    ),
    Scenario(
        name="thieves",
        weights=_ORDINARY
        | {"clone": 7, "save_wallet": 6, "roll_back_wallet": 6, "lose": 2, "lose_by_code": 3}
        | {"crash_operator": 4},
    ),
    Scenario(
        name="islands",
        weights=_ORDINARY
        | {"sync_till": 3, "sync_wallet": 3, "advance": 9, "wallet_clock": 3, "till_clock": 3, "crash_till": 6},
        leap_max_s=6 * DAY_S,
        comes_back_percent=40,
    ),
    Scenario(
        name="liars",
        weights=_ORDINARY
        | {
            "clone": 4,
            "save_till": 8,
            "roll_back_till": 8,
            "take_and_forget": 5,
            "two_for_one": 3,
            "till_clock": 2,
            "roll_back_wallet": 2,
            "save_wallet": 2,
            "lose": 1,
        },
        faulty_percent=15,
    ),
)


class Author:
    """Writes the story of one seed."""

    def __init__(self, seed: int, payments: int) -> None:
        self.scenario = SCENARIOS[seed % len(SCENARIOS)]
        self._seed = seed
        self._chance = Chance(seed, "story")
        self._payments = payments
        self._wallets = 3 + payments // 100
        self._tills = 3 + payments // 100
        self._writers: dict[str, Callable[[], ev.Event]] = {
            name.removeprefix("_write_"): getattr(self, name) for name in dir(self) if name.startswith("_write_")
        }

    def story(self) -> Iterator[ev.Event]:
        """All events; exactly as many payments are tried as were asked for, beside those of the drills."""
        drills = [self._chance.between(0, self._payments - 1) for _ in range(DRILLS)]
        for left in range(self._payments, 0, -1):
            for number, at in enumerate(drills):
                if at == self._payments - left:
                    point = DEAD_POINTS[(DRILLS * self._seed + number) % len(DEAD_POINTS)]
                    yield from drill(point, number)
            yield from self._up_to_a_payment()

    def _up_to_a_payment(self) -> Iterator[ev.Event]:
        name = ""
        while name not in ("pay", "one_way"):
            name = self._chance.weighted(self.scenario.weights)
            yield self._writers[name]()

    def _write_pay(self) -> ev.Event:
        chance = self._chance
        amount_minor = self._amount_minor()
        up_to = chance.happens(8)
        return ev.Pay(
            **self._when(4),
            wallet=self._wallet(),
            till=self._till(),
            amount_minor=amount_minor,
            final_minor=chance.between(1, amount_minor) if up_to else None,
            copy=chance.happens(40),
            own_risk=chance.happens(60),
            unsigned=chance.happens(3),
            comes_back=2 if chance.happens(self.scenario.comes_back_percent) else 0,
            unchecked=chance.happens(8),
            wrong_code=chance.happens(5),
        )

    def _write_one_way(self) -> ev.Event:
        chance = self._chance
        amount_minor = chance.between(1, 55_00)
        up_to = chance.happens(25)
        return ev.OneWay(
            **self._when(4),
            wallet=self._wallet(),
            tills=tuple(self._till() for _ in range(2 if chance.happens(25) else 1)),
            amount_minor=amount_minor,
            due_minor=chance.between(1, amount_minor) if up_to else None,
            copy=chance.happens(30),
        )

    def _write_again(self) -> ev.Event:
        return ev.Again(**self._when(4), wallet=self._wallet())

    def _write_arrive(self) -> ev.Event:
        return ev.Arrive(**self._when(0), nth=self._chance.between(0, 5), astray=self._chance.happens(20))

    def _write_void(self) -> ev.Event:
        percent = 100 if self._chance.happens(50) else self._chance.between(1, 99)
        return ev.Void(**self._when(1), till=self._till(), nth=self._chance.between(0, 7), percent=percent)

    def _write_cancel(self) -> ev.Event:
        return ev.Cancel(**self._when(1), till=self._till(), nth=self._chance.between(0, 3))

    def _write_top_up(self) -> ev.Event:
        amount_minor = self._chance.one_of((1_000_00, 1_000_00, 300_00, 600_00, 2_000_00))
        return ev.TopUp(**self._when(4), wallet=self._wallet(), amount_minor=amount_minor)

    def _write_close(self) -> ev.Event:
        copy = self._chance.happens(20)
        return ev.Close(**self._when(3), wallet=self._wallet(), nth=self._chance.between(0, 3), copy=copy)

    def _write_sync_wallet(self) -> ev.Event:
        return ev.SyncWallet(**self._when(6), wallet=self._wallet(), copy=self._chance.happens(20))

    def _write_sync_till(self) -> ev.Event:
        return ev.SyncTill(**self._when(6), till=self._till())

    def _write_repeat(self) -> ev.Event:
        return ev.Repeat(**self._when(0), nth=self._chance.between(0, 6))

    def _write_crash_wallet(self) -> ev.Event:
        return ev.CrashWallet(wallet=self._wallet(), point=self._chance.one_of(WALLET_POINTS))

    def _write_crash_till(self) -> ev.Event:
        return ev.CrashTill(till=self._till(), point=self._chance.one_of(TILL_POINTS))

    def _write_crash_operator(self) -> ev.Event:
        return ev.CrashOperator(point=self._chance.one_of(OPERATOR_POINTS))

    def _write_clone(self) -> ev.Event:
        return ev.Clone(wallet=self._wallet())

    def _write_save_wallet(self) -> ev.Event:
        return ev.SaveWallet(wallet=self._wallet())

    def _write_roll_back_wallet(self) -> ev.Event:
        return ev.RollBackWallet(wallet=self._wallet())

    def _write_save_till(self) -> ev.Event:
        return ev.SaveTill(till=self._till())

    def _write_roll_back_till(self) -> ev.Event:
        return ev.RollBackTill(till=self._till())

    def _write_take_and_forget(self) -> ev.Event:
        amount_minor = self._chance.between(1, 80_00)
        return ev.TakeAndForget(**self._when(2), wallet=self._wallet(), till=self._till(), amount_minor=amount_minor)

    def _write_two_for_one(self) -> ev.Event:
        wallet = self._wallet()
        other = (wallet + 1) % self._wallets
        amount_minor = self._chance.between(1, 80_00)
        return ev.TwoForOne(**self._when(2), wallet=wallet, other=other, till=self._till(), amount_minor=amount_minor)

    def _write_lose(self) -> ev.Event:
        return ev.Lose(**self._when(0), wallet=self._wallet())

    def _write_lose_by_code(self) -> ev.Event:
        return ev.LoseByCode(**self._when(0), wallet=self._wallet(), wrong=self._chance.happens(40))

    def _write_unlock(self) -> ev.Event:
        return ev.Unlock(**self._when(1), wallet=self._wallet())

    def _write_decide_locks(self) -> ev.Event:
        return ev.DecideLocks(**self._when(0), refuse=self._chance.happens(15))

    def _write_wallet_clock(self) -> ev.Event:
        return ev.SetWalletClock(wallet=self._wallet(), off_s=self._off_s())

    def _write_till_clock(self) -> ev.Event:
        return ev.SetTillClock(till=self._till(), off_s=self._off_s())

    def _write_advance(self) -> ev.Event:
        return ev.Advance(wait_s=self._chance.between(HOUR_S, self.scenario.leap_max_s))

    def _write_close_windows(self) -> ev.Event:
        return ev.CloseWindows(**self._when(0))

    def _write_end_shift(self) -> ev.Event:
        return ev.EndShift(**self._when(0), till=self._till(), sign_out=self._chance.happens(40))

    def _write_paid_online(self) -> ev.Event:
        return ev.PaidOnline(**self._when(0), till=self._till(), amount_minor=self._amount_minor())

    # --- what events are made of ---

    def _when(self, messages: int) -> dict[str, Any]:
        """When it happens, and the fates of so many messages."""
        faulty = self.scenario.faulty_percent
        chance = self._chance
        fates = "".join(chance.one_of("ltd") if chance.happens(faulty) else ev.ARRIVES for _ in range(messages))
        return {"wait_s": chance.between(0, self.scenario.wait_max_s), "fates": fates.rstrip(ev.ARRIVES)}

    def _amount_minor(self) -> int:
        chance = self._chance
        return chance.between(1, 250_00) if chance.happens(10) else chance.between(1, 80_00)

    def _off_s(self) -> int:
        chance = self._chance
        if chance.happens(50):
            return 0
        return chance.one_of((60, -60, 115, -115, HOUR_S, -HOUR_S, 2 * DAY_S, -2 * DAY_S, 40 * DAY_S, -40 * DAY_S))

    def _wallet(self) -> int:
        return self._chance.between(0, self._wallets - 1)

    def _till(self) -> int:
        return self._chance.between(0, self._tills - 1)
