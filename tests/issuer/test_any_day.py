"""Any day at the operator: payments, clones, codes shown twice, voids, losses and replays in any order.

Whatever happens, books balance, a payee that kept the policy has its money, and an honest payer pays what it got.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol.chain import Link, first_contradiction, link_of
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.claim import decode_claim
from tests.issuer.world import Till, Wallet, World, opened

KINDS = ("pay", "pay", "clone", "code", "again", "void", "replay", "lost", "publish", "junk")
ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(1, 60_00)), max_size=14)
RESERVED_MINOR = 150_00
MONEY_MINOR = 500_00


@dataclass
class Day:
    """One payer, its clone, two payees; what each honest payee is owed whatever happens, and the most it may hope."""

    world: World
    wallet: Wallet
    thief: Wallet
    tills: list[Till]
    owed: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    hoped: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    paid: list[tuple[int, bytes, int]] = field(default_factory=list)
    codes: list[tuple[bytes, int]] = field(default_factory=list)
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    spent: defaultdict[int, list[Link]] = field(default_factory=lambda: defaultdict(list))
    cheated: bool = False
    lost: bool = False

    def act(self, kind: str, place: int, amount_minor: int) -> None:
        self.world.now += 20
        till = self.tills[place]
        if kind in ("pay", "clone"):
            self.pay(place, self.wallet if kind == "pay" else self.thief, amount_minor)
        elif kind in ("code", "again"):
            self.code(place, amount_minor, fresh=kind == "code")
        elif kind == "void" and self.paid:
            owner, cheque_id, back_minor = self.paid.pop()
            self.tills[owner].send(notes=[self.tills[owner].note(cheque_id, back_minor)])
            self.owed[owner] -= back_minor
            self.hoped[owner] -= back_minor
        elif kind == "replay" and self.sent:
            owner, claim = self.sent[amount_minor % len(self.sent)]
            self.tills[owner].send(claim)
            self.tills[1 - owner].send(claim)
        elif kind == "lost":
            self.world.issuer.report_lost(self.wallet.bound.payer_id)
            self.lost = True
        elif kind == "publish":
            self.world.publisher.trust_pack()
        elif kind == "junk":
            till.send(b"junk", b"")
        self.world.check_books()
        self.check_statement()

    def check_statement(self) -> None:
        """What the payer is told of each cheque adds up to what the books took from it."""
        found = self.world.issuer.statement(self.wallet.bound.payer_id)
        (allowance,) = found.allowances
        assert sum(line.waiting_minor for line in found.cheques) == allowance.waiting_minor
        paid_minor = sum(line.paid_minor for line in found.cheques)
        assert paid_minor == allowance.claimed_minor or (self.cheated and paid_minor > allowance.claimed_minor)

    def pay(self, place: int, wallet: Wallet, amount_minor: int) -> None:
        if wallet.cumulative_minor + amount_minor > RESERVED_MINOR:
            return
        till = self.tills[place]
        self.cheated |= wallet is self.thief
        claim = till.accept(wallet, amount_minor)
        if not self.remembers(place, wallet, decode_claim(claim).cheque):
            return
        (item,) = till.send(claim).claims
        assert item.paid_minor == amount_minor, item
        self.owed[place] += amount_minor
        self.hoped[place] += amount_minor
        self.paid.append((place, wallet.id(decode_claim(claim).cheque), amount_minor))
        self.sent.append((place, claim))

    def remembers(self, place: int, wallet: Wallet, raw: bytes) -> bool:
        """False for a fork that the till can see: it refuses it."""
        link = link_of(wallet.id(raw), decode_cheque(raw).terms)
        agrees = first_contradiction(link, self.spent[place]) is None
        if agrees:
            self.spent[place].append(link)
        return agrees

    def code(self, place: int, amount_minor: int, *, fresh: bool) -> None:
        amount_minor = min(amount_minor, 50_00)
        if fresh:
            if self.wallet.cumulative_minor + amount_minor > RESERVED_MINOR:
                return
            shown = self.wallet.draw(amount_minor, ttl_s=86_400, time=self.world.now)
            self.codes.append((shown, amount_minor))
        elif not self.codes:
            return
        shown, amount_minor = self.codes[-1]
        if not self.remembers(place, self.wallet, shown):
            return
        claim = self.tills[place].take_code(self.wallet, shown, amount_minor)
        (item,) = self.tills[place].send(claim).claims
        assert item.paid_minor == 0
        self.hoped[place] += amount_minor
        self.sent.append((place, claim))


@given(ACTS)
def test_whatever_happens_nobody_honest_loses(acts: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "operator.db") as world:
        wallet = world.wallet(RESERVED_MINOR, world.payer(MONEY_MINOR)[1])
        day = Day(world, wallet, wallet.clone(), [world.till("M"), world.till("N")])
        for kind, place, amount_minor in acts:
            day.act(kind, place, amount_minor)
        world.end_windows()
        day.check_statement()
        balances = [till.balance_minor for till in day.tills]
        for place, balance_minor in enumerate(balances):
            assert day.owed[place] <= balance_minor <= day.hoped[place]
            assert day.tills[place].waiting_minor == 0
        if not day.cheated:
            free_minor = world.free_minor(wallet)
            assert world.issuer.forks() == ()
            if not day.lost:
                assert free_minor == MONEY_MINOR - sum(balances)
            assert free_minor >= MONEY_MINOR - RESERVED_MINOR
