"""The audit: after every event the operator's books are held against the oracle.

Postings are read as raw rows and added up here once more; claims are compared one by one for every allowance that the
event touched. What does not agree stops the story as `Broken`.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from feiqian.issuer.facts import ClaimFacts
from feiqian.protocol.fork_proof import decode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import AllowanceRef
from feiqian.simulation.operator import PAYER_MINOR, POOL_MINOR, Operator
from feiqian.simulation.oracle import Asked, Broken, Reserve

_GROWS_BY_DEBIT: Final = frozenset({"cash", "loss", "receivable"})
Account = tuple[str, bytes]


@dataclass(slots=True, kw_only=True)
class PayerFacts:
    """A payer as the world knows it. `honest`: its keys are in one device only, and none was ever put back or lost.

    `signed_minor` says what its device signed for a cheque, None for a cheque that it never drew.
    """

    payer_id: bytes
    signed_minor: Callable[[bytes], int | None]
    honest: bool = True


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


@dataclass(slots=True, kw_only=True)
class Audit:
    """Looks at one operator after every event."""

    operator: Operator
    payers: dict[bytes, PayerFacts] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    _posted: defaultdict[Account, int] = field(default_factory=lambda: defaultdict(int))
    _read_up_to: int = 0
    _proved: set[bytes] = field(default_factory=set)

    def look(self) -> None:
        """Everything that the last event may have changed. Raises Broken."""
        if not self.operator.wrote:
            return
        self.operator.wrote = False
        self._read_postings()
        touched = self.operator.oracle.touched
        if touched:
            self._compare_claims(touched)
        self._check_forks()
        if touched:
            self._check_losses()
            touched.clear()
        self._check_balances()

    def balance_minor(self, kind: str, owner: bytes = b"") -> int:
        """An account as the postings make it, people's sign."""
        posted_minor = self._posted[kind, owner]
        return posted_minor if kind in _GROWS_BY_DEBIT else -posted_minor

    # --- money ---

    def _read_postings(self) -> None:
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

    def _check_balances(self) -> None:
        """What was put in is where the oracle says that it is."""
        oracle = self.operator.oracle
        claimed: defaultdict[bytes, int] = defaultdict(int)
        free: defaultdict[bytes, int] = defaultdict(int)
        reserved_minor = excess_minor = 0
        for ref, reserve in oracle.reserves.items():
            kept_minor = min(reserve.own_minor, reserve.terms.amount_minor)
            left_minor = 0 if reserve.closed else reserve.terms.amount_minor - kept_minor
            self._expect("reserve", ref, left_minor)
            free[reserve.payer_id] -= kept_minor + left_minor
            reserved_minor += left_minor
            excess_minor += reserve.excess_minor
            for asked in reserve.claims.values():
                claimed[asked.payee_id] += asked.paid_minor
        if not oracle.under_way:
            for payee_id, paid_minor in claimed.items():
                self._expect("payee", payee_id, paid_minor)
        self._expect("payable", b"", sum(claimed.values()))
        taken_minor = self._free_money(free)
        lost_minor = POOL_MINOR - self.balance_minor("pool") + self.balance_minor("loss")
        if lost_minor + taken_minor != excess_minor:
            self.figures.money_conserved = False
            raise Broken("money_not_conserved", (lost_minor, taken_minor, excess_minor))
        self.figures.loss_minor = lost_minor
        if lost_minor > self.figures.loss_bound_minor:
            raise Broken("loss_above_bound", (lost_minor, self.figures.loss_bound_minor))

    def _free_money(self, moved: dict[bytes, int]) -> int:
        """What convicted payers have paid beside their reserves; of anybody else not a cent is taken."""
        taken_minor = 0
        convicted = {one.payer_id for one in self.operator.oracle.reserves.values() if one.forked}
        for payer_id in self.payers:
            expected_minor = PAYER_MINOR + moved.get(payer_id, 0)
            found_minor = self.balance_minor("free", payer_id)
            if found_minor > expected_minor:
                raise Broken("free_money_made", (payer_id.hex(), expected_minor, found_minor))
            if found_minor < expected_minor and payer_id not in convicted:
                self.figures.honest_losses_minor += expected_minor - found_minor
                raise Broken("free_money_taken", (payer_id.hex(), expected_minor, found_minor))
            taken_minor += expected_minor - found_minor
        return taken_minor

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

    # --- forks and losses ---

    def _check_forks(self) -> None:
        """Every contradiction that reached the issuer is proved, and nobody else is accused."""
        forked = {ref for ref, one in self.operator.oracle.reserves.items() if one.forked}
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

    def _check_losses(self) -> None:
        reserves: list[Reserve] = list(self.operator.oracle.reserves.values())
        policy = self.operator.oracle.policy
        for reserve in reserves:
            if reserve.excess_minor > reserve.bound_minor(policy):
                raise Broken("loss_above_bound", (reserve.excess_minor, reserve.bound_minor(policy)))
        self.figures.loss_bound_minor = sum(one.bound_minor(policy) for one in reserves)
