"""The theorem that the money rests on: good, consistent and covered cheques never add up to more than there is.

Part 1 tries every set of up to three cheques of a small world, with the real `contradiction` and the real arithmetic;
dropping any one rule must bring a counterexample back, or the search could not have found one. Part 2 lets hypothesis
play the adversary with credits, notes and unclaimed cheques. The model behind both is in the spec, 04 section 2.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.protocol.chain import Contradiction, Link, contradiction, link_of
from feiqian.protocol.cheque import LAYOUT, ChequeTerms, cheque_in
from feiqian.protocol.cose import Envelope
from feiqian.protocol.ids import AllowanceRef, RequestHash, StatementId
from feiqian.protocol.refusals import Refused
from feiqian.protocol.verified import SEAL, VerifiedAllowance, VerifiedCredit
from feiqian.protocol.verify_allowance import check_amounts, check_cover
from tests.vectors.world import Wallet

BASE = Wallet("chain wallet")
Rule = Callable[[Link, Link], Contradiction | None]


@dataclass(frozen=True)
class Drawn:
    """A cheque of the small world: what it says and its id."""

    terms: ChequeTerms
    cheque_id: StatementId

    @property
    def amount_minor(self) -> int:
        return self.terms.exact_minor or 0

    @property
    def link(self) -> Link:
        return link_of(self.cheque_id, self.terms)


@cache
def allowance(amount_minor: int) -> VerifiedAllowance:
    """An allowance over this reserve."""
    return VerifiedAllowance(  # only the reserve and the id are asked here
        seal=SEAL,
        terms=Wallet("chain wallet", amount_minor=amount_minor).terms,
        allowance_id=BASE.allowance_id,
        ref=BASE.ref,
        raw=b"",
        issuer_key=None,  # type: ignore[arg-type]
        device_key=None,  # type: ignore[arg-type]
        cheque_prefix=b"",
    )


def drawn(name: str, counter: int, amount: int, cumulative: int, previous: bytes, *, closing: bool = False) -> Drawn:
    """A cheque whose id is its padded name."""
    terms = ChequeTerms(
        allowance_ref=AllowanceRef(BASE.ref),
        counter=counter,
        previous=previous,
        exact_minor=amount,
        cumulative_minor=cumulative,
        time=0,
        holder_check=0,
        request=None if closing else RequestHash(bytes(32)),
    )
    return Drawn(terms, id_of(name))


def id_of(name: str) -> StatementId:
    return StatementId(name.encode().ljust(32, b"."))


def is_good(cheque: Drawn, on: VerifiedAllowance, credits: Iterable[VerifiedCredit] = ()) -> bool:
    """Whether the real arithmetic lets it pass."""
    try:
        check_amounts(cheque_in(Envelope(b"", LAYOUT.encode_terms(cheque.terms), b"")), on)
        check_cover(cheque.terms, on, credits)
    except Refused:
        return False
    return True


# --- part 1: every set of up to three cheques ---------------------------------------------------------------


def universe(reserved: int) -> Iterator[Drawn]:
    """Every cheque at counters 1 to 3 with amounts and cumulatives around the reserve, twice, on each parent."""
    for counter, amount, cumulative, variant in itertools.product(
        range(1, 4), range(reserved + 2), range(reserved + 2), "ab"
    ):
        parents = [BASE.base] if counter == 1 else [id_of(f"c{counter - 1}{parent}")[:16] for parent in "ab"]
        for previous in parents:
            name = f"c{counter}{variant}"
            yield drawn(name, counter, amount, cumulative, previous, closing=amount == 0)


def overspent(reserved: int, cheques: Iterable[Drawn], rule: Rule) -> tuple[Drawn, ...] | None:
    """A set of up to three cheques that agree pairwise and take more than is reserved; None if there is none."""
    held = list(cheques)
    agree = {
        (one, other): one.cheque_id != other.cheque_id and rule(one.link, other.link) is None
        for one, other in itertools.combinations(held, 2)
    }
    for size in (1, 2, 3):
        for chosen in itertools.combinations(held, size):
            if sum(cheque.amount_minor for cheque in chosen) <= reserved:
                continue
            if all(agree[pair] for pair in itertools.combinations(chosen, 2)):
                return chosen
    return None


@pytest.mark.parametrize("reserved", [1, 2, 3])
def test_no_three_good_cheques_that_agree_overspend(reserved: int) -> None:
    on = allowance(reserved)
    good = [cheque for cheque in universe(reserved) if is_good(cheque, on)]
    assert len(good) > 10
    assert overspent(reserved, good, contradiction) is None


DROPPED = [
    Contradiction.SAME_COUNTER,
    Contradiction.CUMULATIVE_FALLS,
]


@pytest.mark.parametrize("dropped", DROPPED)
def test_without_a_rule_they_overspend(dropped: Contradiction) -> None:
    """The search would have found a counterexample: each rule that guards money is needed."""
    on = allowance(3)
    good = [cheque for cheque in universe(3) if is_good(cheque, on)]

    def weaker(one: Link, other: Link) -> Contradiction | None:
        why = contradiction(one, other)
        return None if why is dropped else why

    assert overspent(3, good, weaker) is not None


def test_without_the_arithmetic_of_one_cheque_they_overspend() -> None:
    """A cheque whose amount is above its cumulative, or one that nothing covers, convicts nobody by a pair."""
    assert overspent(2, universe(2), contradiction) is not None


def test_a_pair_agrees_or_not_whichever_comes_first() -> None:
    cheques = list(universe(2))
    for one, other in itertools.combinations(cheques, 2):
        assert contradiction(one.link, other.link) == contradiction(other.link, one.link)


def test_nothing_agrees_with_what_a_closing_cheque_ended() -> None:
    on = allowance(3)
    good = [cheque for cheque in universe(3) if is_good(cheque, on)]
    closing = [cheque for cheque in good if cheque.link.closing]
    later = [(c, x) for c in closing for x in good if x.terms.counter > c.terms.counter]
    assert later
    assert {contradiction(c.link, x.link) for c, x in later} == {Contradiction.AFTER_CLOSING}


# --- part 2: the cover theorem, with credits ----------------------------------------------------------------

tried: Counter[str] = Counter()


def test_consistent_and_covered_means_not_overspent() -> None:
    """And the premise held often enough: one that never holds proves nothing."""
    tried.clear()
    theorem()
    assert tried["the premise holds"] > 60
    assert tried["the premise holds, of two and more"] > 25
    assert tried["a pair convicts"] > 60


@settings(max_examples=12 * settings().max_examples)
@given(st.data())
def theorem(data: st.DataObject) -> None:
    """Any adversary: final amounts add up to at most the reserve plus what was received.

    Cheques fork, skip and lie; some are never claimed; notes give back any part; received cheques are real money.
    """
    reserved = data.draw(st.integers(2, 8))
    received = data.draw(st.lists(st.integers(1, 4), max_size=3))
    cheques = data.draw(chains())
    claimed = [cheque for cheque in cheques if data.draw(st.integers(0, 3))]
    if any(contradiction(one.link, other.link) for one, other in itertools.combinations(claimed, 2)):
        tried["a pair convicts"] += 1
        return
    back = {cheque.cheque_id: data.draw(st.integers(0, cheque.amount_minor)) for cheque in claimed}
    credits = [credit(f"received {number}", amount) for number, amount in enumerate(received)]
    credits += [credit_of(cheque_id, amount) for cheque_id, amount in back.items() if amount]
    on = allowance(reserved)
    if not all(is_good(cheque, on, credits) for cheque in claimed):
        tried["one is not good"] += 1
        return
    tried["the premise holds"] += 1
    tried["the premise holds, of two and more"] += len(claimed) > 1
    finals = sum(cheque.amount_minor - back[cheque.cheque_id] for cheque in claimed)
    assert finals <= reserved + sum(received)


@st.composite
def chains(draw: st.DrawFn) -> list[Drawn]:
    """A chain of two to six cheques, now and then dishonest in counter, cumulative or parent."""
    chain: list[Drawn] = []
    for number in range(draw(st.integers(2, 6))):
        parent = chain[-1] if chain and draw(st.integers(0, 9)) > 0 else None
        amount = draw(st.integers(1, 3))
        slip = st.sampled_from((0, 0, 0, 0, 0, 0, 1, -1))
        counter = max(1, (parent.terms.counter if parent else 0) + 1 + draw(slip))
        cumulative = max(0, (parent.terms.cumulative_minor if parent else 0) + amount + draw(slip))
        previous = parent.cheque_id[:16] if parent else BASE.base
        chain.append(drawn(f"cheque {number}", counter, amount, cumulative, previous))
    return chain


def credit(name: str, amount_minor: int) -> VerifiedCredit:
    return credit_of(id_of(name), amount_minor)


def credit_of(cheque_id: StatementId, amount_minor: int) -> VerifiedCredit:
    return VerifiedCredit(seal=SEAL, cheque_id=cheque_id, amount_minor=amount_minor, link=None, terminal_ref=None)
