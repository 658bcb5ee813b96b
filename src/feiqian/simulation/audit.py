"""The audit: after every event the operator's books are held against the oracle.

Postings are read as raw rows and added up here once more; claims and balances are compared one by one for every
allowance, payee and payer that the event touched, by the oracle's word or by a posting. So that nothing can hide in
what was thought untouched, all of it is compared from scratch every so many events, and at the end. What does not
agree stops the story as `Broken`.
"""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from feiqian.issuer.facts import ClaimFacts
from feiqian.protocol.fork_proof import decode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import AllowanceRef
from feiqian.protocol.policy import Policy
from feiqian.simulation.operator import PAYER_MINOR, POOL_MINOR, Operator
from feiqian.simulation.oracle import Broken
from feiqian.simulation.reserves import Asked, Reserve

_GROWS_BY_DEBIT: Final = frozenset({"cash", "loss", "receivable"})
ALL_EVERY: Final = 64
"""Looks until everything is compared once more."""
Account = tuple[str, bytes]
"""Kind and owner."""


@dataclass(slots=True, kw_only=True)
class PayerFacts:
    """A payer as the world knows it. `honest`: its keys are in one device only, and none was ever put back or lost.

    `signed_minor` says what its device signed for a cheque, None for a cheque that it never drew. `fundings` is how
    often money came in for it.
    """

    payer_id: bytes
    signed_minor: Callable[[bytes], int | None]
    honest: bool = True
    fundings: int = 1


@dataclass(slots=True)
class Figures:
    """What a world came to. Amounts in minor units."""

    forks_made: int = 0
    forks_proved: int = 0
    duplicates_paid: int = 0
    money_conserved: bool = True
    honest_losses_minor: int = 0
    loss_minor: int = 0
    loss_bound_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one allowance adds to the balances, by the oracle's word."""

    payer_id: bytes
    left_minor: int = 0
    kept_minor: int = 0
    excess_minor: int = 0
    bound_minor: int = 0
    forked: bool = False
    claimed: dict[bytes, int] = field(default_factory=dict)
    """What each payee is paid."""


@dataclass(slots=True)
class Sums:
    """The shares of all allowances added up; one share is exchanged for another when its allowance was touched."""

    shares: dict[bytes, Share] = field(default_factory=dict)
    claimed: defaultdict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    free: defaultdict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[bytes, int] = field(default_factory=dict)
    """What each payer has paid beside its reserves."""
    convicted: Tally[bytes] = field(default_factory=Tally)
    excess_minor: int = 0
    bound_minor: int = 0

    def exchange(self, ref: bytes, share: Share) -> None:
        """From now on this is the share of the allowance."""
        before = self.shares.get(ref)
        if before is not None:
            self._add(before, -1)
        self.shares[ref] = share
        self._add(share, 1)

    def _add(self, share: Share, sign: int) -> None:
        for payee_id, paid_minor in share.claimed.items():
            self.claimed[payee_id] += sign * paid_minor
        self.free[share.payer_id] -= sign * (share.kept_minor + share.left_minor)
        self.convicted[share.payer_id] += sign * share.forked
        self.excess_minor += sign * share.excess_minor
        self.bound_minor += sign * share.bound_minor


@dataclass(slots=True, kw_only=True)
class Audit:
    """Looks at one operator after every event."""

    operator: Operator
    payers: dict[bytes, PayerFacts] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    _posted: defaultdict[Account, int] = field(default_factory=lambda: defaultdict(int))
    _sums: Sums = field(default_factory=Sums)
    _read_up_to: int = 0
    _looks: int = 0
    _codes_seen: int = 0
    _proved: set[bytes] = field(default_factory=set)

    def look(self) -> None:
        """Everything that the last event may have changed, at times everything. Raises Broken."""
        if not self.operator.wrote:
            return
        self._looks += 1
        if self._looks % ALL_EVERY:
            self._look_at_touched()
        else:
            self.look_at_all()

    def look_at_all(self) -> None:
        """Everything, from scratch. Raises Broken."""
        self._sums = Sums()
        self.operator.oracle.touched.update(self.operator.oracle.reserves)
        self._look_at_touched()
        for account in self._posted:
            self._check_account(*account)

    def _look_at_touched(self) -> None:
        self.operator.wrote = False
        touched = self.operator.oracle.touched
        changed = self._read_postings()
        if touched:
            self._compare_claims(touched)
        self._check_forks()
        self._check_codes()
        self._add_up(touched)
        touched.clear()
        for account in changed:
            self._check_account(*account)
        self._check_loss()

    def balance_minor(self, kind: str, owner: bytes = b"") -> int:
        """An account as the postings make it, people's sign."""
        posted_minor = self._posted[kind, owner]
        return posted_minor if kind in _GROWS_BY_DEBIT else -posted_minor

    # --- money ---

    def _read_postings(self) -> set[Account]:
        """The accounts that have changed."""
        sums: defaultdict[tuple[int, str, str], int] = defaultdict(int)
        changed = set()
        for number, entry, book, kind, owner, currency, amount_minor in self.operator.store.postings_behind(
            self._read_up_to
        ):
            self._read_up_to = number
            self._posted[kind, owner] += amount_minor
            sums[entry, book, currency] += amount_minor
            changed.add((kind, owner))
        if any(sums.values()):
            self.figures.money_conserved = False
            raise Broken("entry_off_balance", sorted(sums.values()))
        for kind, owner in changed:
            if kind in ("free", "reserve", "pool", "loss", "cash") and self.balance_minor(kind, owner) < 0:
                self.figures.money_conserved = False
                raise Broken("below_zero", f"{kind} {owner.hex()}")
        return changed

    def _add_up(self, touched: set[bytes]) -> None:
        """What the touched allowances add to the balances, and these balances. Raises Broken."""
        oracle, sums = self.operator.oracle, self._sums
        payees: set[bytes] = set()
        for ref in sorted(touched):
            share = _share_of(oracle.reserves[ref], oracle.policy)
            if share.excess_minor > share.bound_minor:
                raise Broken("loss_above_bound", (share.excess_minor, share.bound_minor))
            payees |= share.claimed.keys()
            sums.exchange(ref, share)
        for ref in touched:
            self._check_account("reserve", ref)
        for payee_id in payees:
            self._check_account("payee", payee_id)
        for payer_id in {sums.shares[ref].payer_id for ref in touched}:
            self._check_account("free", payer_id)
        self._check_account("payable", b"")

    def _check_account(self, kind: str, owner: bytes) -> None:
        """One account is what the oracle says that it is."""
        if kind == "reserve":
            share = self._sums.shares.get(owner)
            self._expect(kind, owner, 0 if share is None else share.left_minor)
        elif kind == "payee" and not self.operator.oracle.under_way:
            self._expect(kind, owner, self._sums.claimed[owner])
        elif kind == "payable":
            self._expect(kind, owner, sum(self._sums.claimed.values()))
        elif kind == "free" and owner in self.payers:
            self._sums.taken[owner] = self._taken_minor(owner)

    def _taken_minor(self, payer_id: bytes) -> int:
        """What a convicted payer has paid beside its reserves; of anybody else not a cent is taken."""
        expected_minor = self.payers[payer_id].fundings * PAYER_MINOR + self._sums.free[payer_id]
        found_minor = self.balance_minor("free", payer_id)
        if found_minor > expected_minor:
            raise Broken("free_money_made", (payer_id.hex(), expected_minor, found_minor))
        if found_minor < expected_minor and not self._sums.convicted[payer_id]:
            self.figures.honest_losses_minor += expected_minor - found_minor
            raise Broken("free_money_taken", (payer_id.hex(), expected_minor, found_minor))
        return expected_minor - found_minor

    def _check_loss(self) -> None:
        """What was paid and not covered was borne by whom it should be, and is not too much."""
        sums, figures = self._sums, self.figures
        figures.loss_bound_minor = sums.bound_minor
        lost_minor = POOL_MINOR - self.balance_minor("pool") + self.balance_minor("loss")
        taken_minor = sum(sums.taken.values())
        if lost_minor + taken_minor != sums.excess_minor:
            figures.money_conserved = False
            raise Broken("money_not_conserved", (lost_minor, taken_minor, sums.excess_minor))
        figures.loss_minor = lost_minor
        if lost_minor > figures.loss_bound_minor:
            raise Broken("loss_above_bound", (lost_minor, figures.loss_bound_minor))

    def _expect(self, kind: str, owner: bytes, expected_minor: int) -> None:
        found_minor = self.balance_minor(kind, owner)
        if found_minor != expected_minor:
            self.figures.money_conserved = False
            raise Broken("balance", f"{kind} {owner.hex()}: expected {expected_minor}, found {found_minor}")

    # --- claims ---

    def _compare_claims(self, touched: set[bytes]) -> None:
        with self.operator.store.read() as unit:
            found = unit.claims_on([AllowanceRef(ref) for ref in touched])
        rows: dict[tuple[bytes, bytes], ClaimFacts] = {(one.cheque_id, one.payee_id): one for one in found}
        expected = {
            key: asked for ref in sorted(touched) for key, asked in self.operator.oracle.reserves[ref].claims.items()
        }
        for key, asked in expected.items():
            found_row = rows.pop(key, None)
            stands = (0, 0) if found_row is None else (found_row.paid_minor, found_row.waiting_minor)
            self._check_claim(asked, *stands)
        for key, row in rows.items():
            self._paid_for_nothing(key, row.paid_minor)

    def _check_claim(self, asked: Asked, paid_minor: int, waiting_minor: int) -> None:
        if paid_minor > asked.final_minor:
            self.figures.duplicates_paid += 1
            raise Broken("paid_twice", self._named(asked, paid_minor))
        if paid_minor < asked.paid_minor:
            self.figures.honest_losses_minor += asked.paid_minor - paid_minor
            raise Broken("paid_less", self._named(asked, paid_minor))
        if (paid_minor, waiting_minor) != (asked.paid_minor, asked.waiting_minor):
            raise Broken("stands_otherwise", self._named(asked, paid_minor, waiting_minor))
        payer = self.payers.get(self.operator.oracle.reserves[asked.ref].payer_id)
        if payer is not None and payer.honest and paid_minor > (payer.signed_minor(asked.cheque_id) or 0):
            self.figures.honest_losses_minor += paid_minor
            raise Broken("more_than_signed", self._named(asked, paid_minor))

    def _paid_for_nothing(self, key: tuple[bytes, bytes], paid_minor: int) -> None:
        if paid_minor:
            self.figures.duplicates_paid += 1
        raise Broken("claim_unknown", (key[0].hex(), paid_minor))

    def _named(self, asked: Asked, *found_minor: int) -> str:
        should = f"paid {asked.paid_minor} and waiting {asked.waiting_minor}"
        return f"cheque {asked.cheque_id.hex()[:12]}: expected {should}, found {found_minor}"

    # --- forks ---

    def _check_codes(self) -> None:
        """Of the cheques that were claimed every wrong code is found, and nobody is accused of a right one."""
        claimed = self.operator.oracle.coded
        if len(claimed) == self._codes_seen:
            return
        self._codes_seen = len(claimed)
        found = self.operator.issuer.authenticators.wrong_codes()
        payer_of = {bytes(one.cheque_id): one.payer_id for one in found}

        def is_honest(cheque_id: bytes) -> bool:
            payer = self.payers.get(payer_of[cheque_id])
            return payer is not None and payer.honest

        self.operator.desk.holders.check_codes(claimed, set(payer_of), is_honest)

    def _check_forks(self) -> None:
        """Every contradiction that reached the issuer is proved, and nobody else is accused."""
        forked = self.operator.oracle.forked
        if forked == self._proved:
            return
        proved = set()
        for fork in self.operator.issuer.forks():
            conviction = verify_fork_proof(decode_fork_proof(fork.proof), self.operator.knowledge)
            if conviction.authority_id[:8] == fork.ref:
                proved.add(bytes(fork.ref))
        self.figures.forks_made, self.figures.forks_proved = len(forked), len(proved & forked)
        if forked - proved:
            raise Broken("fork_not_proved", sorted(ref.hex() for ref in forked - proved))
        if proved - forked:
            raise Broken("accused_for_nothing", sorted(ref.hex() for ref in proved - forked))
        for ref in forked:
            payer = self.payers.get(self.operator.oracle.reserves[ref].payer_id)
            if payer is not None and payer.honest:
                raise Broken("honest_device_convicted", ref.hex())
        self._proved = proved


def _share_of(reserve: Reserve, policy: Policy) -> Share:
    kept_minor = min(reserve.own_minor, reserve.terms.amount_minor)
    claimed: defaultdict[bytes, int] = defaultdict(int)
    for asked in reserve.claims.values():
        claimed[asked.payee_id] += asked.paid_minor
    return Share(
        payer_id=reserve.payer_id,
        left_minor=0 if reserve.closed else reserve.terms.amount_minor - kept_minor,
        kept_minor=kept_minor,
        excess_minor=reserve.excess_minor,
        bound_minor=reserve.bound_minor(policy),
        forked=reserve.forked,
        claimed=claimed,
    )
