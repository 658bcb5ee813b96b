"""The judge and the sharing rule by themselves: results depend on the set, never on the order of arrival."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.issuer.drawing import Available, draw
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, ClaimKey, Drawn
from feiqian.issuer.guarantee import Chain, without_guarantee
from feiqian.issuer.judge import ALL_OF_IT, ANY_PAYEE, admit, displaced_by_request, weigh
from feiqian.issuer.sharing import pro_rata, share_out
from feiqian.issuer.values import DeviceId, PayerId
from feiqian.protocol.answer import Verdict
from feiqian.protocol.chain import Link, contradiction
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.status_list import AllowanceStatus

ALLOWANCE = AllowanceFacts(
    ref=AllowanceRef(b"allow"),
    raw=b"",
    payer_id=PayerId(b"payer"),
    device_id=DeviceId(b"device"),
    request_id=b"",
    device_key=b"",
    currency="CNY",
    amount_minor=100,
    status_index=1,
    scoped=False,
    issued_at=0,
    expires_at=100,
    deadline=200,
)
M, N = PayeeId(b"M"), PayeeId(b"N")


def claim(name: str, payee: PayeeId = M, amount_minor: int = 10, **facts: object) -> ClaimFacts:
    values: dict[str, object] = {
        "cheque_id": StatementId(name.encode()),
        "payee_id": payee,
        "allowance_ref": ALLOWANCE.ref,
        "counter": 1,
        "amount_minor": amount_minor,
        "cumulative_minor": amount_minor,
        "previous": b"",
        "final_minor": amount_minor,
        "request_hash": RequestHash(b"request " + name.encode()),
        "terminal_ref": TerminalRef(b"till " + payee),
        "receipt_counter": name[0].encode()[0],
        "index_version": 1,
        "bound": True,
        "guaranteed": True,
        "borne": False,
        "barred": False,
        "arrived_at": 1,
        "verdict": Verdict.CONTINGENT,
    }
    return ClaimFacts(**(values | facts))  # type: ignore[arg-type]  # a test names the facts it cares about


def one_way(name: str, payee: PayeeId, amount_minor: int = 10, **facts: object) -> ClaimFacts:
    return claim(name, payee, amount_minor, request_hash=None, bound=False, guaranteed=False, **facts)


def stand(*claims: ClaimFacts, back: dict[tuple[bytes, PayeeId], int] | None = None) -> list[tuple[int, int, Verdict]]:
    found = weigh(ALLOWANCE, claims, back or {}, displaced_by_request(claims, ()))
    return [(found[one.key].paid_minor, found[one.key].waiting_minor, found[one.key].verdict) for one in claims]


def test_guaranteed_is_paid_at_once_and_the_rest_waits() -> None:
    assert stand(claim("a"), claim("b", guaranteed=False)) == [
        (10, 0, Verdict.SETTLED),
        (0, 10, Verdict.CONTINGENT),
    ]


def test_a_one_way_code_at_two_payees_pays_once_in_all() -> None:
    assert stand(one_way("x", M, 11), one_way("x", N, 11)) == [
        (0, 6, Verdict.DOUBLE_ACCEPTANCE),
        (0, 5, Verdict.DOUBLE_ACCEPTANCE),
    ]


def test_one_cheque_a_request_the_lowest_receipt_counter() -> None:
    asked = RequestHash(b"same")
    later = claim("a", request_hash=asked, receipt_counter=7)
    assert stand(later, claim("b", request_hash=asked, receipt_counter=3)) == [
        (0, 0, Verdict.SECOND_CHEQUE),
        (10, 0, Verdict.SETTLED),
    ]


def test_what_stands_for_good_is_not_displaced() -> None:
    asked = RequestHash(b"same")
    old, new = claim("a", request_hash=asked, receipt_counter=7), claim("b", request_hash=asked, receipt_counter=3)
    assert displaced_by_request([old, new], {old.key}) == {new.key}


def test_two_payees_may_be_asked_for_with_the_same_hash() -> None:
    asked = RequestHash(b"same")
    assert displaced_by_request([claim("a", M, request_hash=asked), claim("b", N, request_hash=asked)], ()) == set()


@pytest.mark.parametrize(
    ("subject", "payee", "back_minor", "left_minor"),
    [
        (b"a", M, 4, 6),
        (b"a", N, 4, 10),
        (b"a", ANY_PAYEE, 10, 0),
        (b"request a", M, ALL_OF_IT, 0),
        (b"request a", N, ALL_OF_IT, 10),
        (b"b", M, 4, 10),
    ],
    ids=["void", "another payee's void", "shown as credit", "cancel", "another payee's cancel", "another cheque"],
)
def test_the_lowest_final_amount_counts(subject: bytes, payee: PayeeId, back_minor: int, left_minor: int) -> None:
    ((paid_minor, _, verdict),) = stand(claim("a"), back={(subject, payee): back_minor})
    assert (paid_minor, verdict) == (left_minor, Verdict.SETTLED if left_minor else Verdict.NOTED)


def test_who_had_the_list_is_not_paid_and_who_could_not_know_is() -> None:
    named = replace(ALLOWANCE, status=AllowanceStatus.SUSPENDED, listed_in=5, lost_at=40)
    assert admit(named, held_index=5, made_at=1).barred
    assert not admit(named, held_index=4, made_at=1).barred
    assert admit(named, held_index=4, made_at=41).borne
    assert not admit(named, held_index=4, made_at=40).borne
    assert not admit(replace(named, listed_in=None), held_index=9, made_at=1).barred


def test_after_the_loss_only_the_guarantee_is_paid() -> None:
    assert stand(claim("a", borne=True), claim("b", borne=True, guaranteed=False), claim("c", barred=True)) == [
        (10, 0, Verdict.SETTLED),
        (0, 0, Verdict.SUSPENDED),
        (0, 0, Verdict.SUSPENDED),
    ]


def test_a_fork_inside_a_scope_is_its_payees_own() -> None:
    scoped = replace(ALLOWANCE, scoped=True, amount_minor=15)
    both = [claim("b", terminal_ref=TerminalRef(b"another till")), claim("a")]
    found = weigh(scoped, both, {}, frozenset())
    assert [found[one.key].paid_minor for one in both] == [5, 10]


def chained(name: str, counter: int, before_minor: int = 0, previous: bytes = b"", **facts: object) -> ClaimFacts:
    """A cheque of 10 at this place of its chain."""
    return claim(name)._replace(counter=counter, cumulative_minor=before_minor + 10, previous=previous, **facts)  # type: ignore[arg-type]  # as above


def test_what_one_terminal_could_have_refused_as_a_fork_is_not_guaranteed() -> None:
    forks = [chained(name, 1, receipt_counter=number) for number, name in enumerate("abc", 1)]
    assert stand(*reversed(forks)) == [(0, 10, Verdict.FORK), (0, 10, Verdict.FORK), (10, 0, Verdict.SETTLED)]
    elsewhere = [one._replace(terminal_ref=TerminalRef(one.cheque_id)) for one in forks]
    assert stand(*elsewhere) == [(10, 0, Verdict.SETTLED)] * 3


def test_a_terminal_that_takes_a_chain_keeps_every_guarantee() -> None:
    chain = [
        chained("a", 1, receipt_counter=1),
        chained("b", 2, 10, b"a", receipt_counter=2, index_version=2),
        chained("c", 4, 30, b"?", receipt_counter=5, index_version=2),
    ]
    assert stand(*reversed(chain)) == [(10, 0, Verdict.SETTLED)] * 3
    broken = chain[1]._replace(previous=b"other")
    assert stand(chain[0], broken, chain[2])[1:] == [(0, 10, Verdict.FORK), (10, 0, Verdict.SETTLED)]


def test_two_receipts_with_one_counter_are_both_without_guarantee() -> None:
    one, other = chained("a", 1, receipt_counter=3), chained("b", 2, 10, b"a", receipt_counter=3)
    assert stand(one, other) == [(0, 10, Verdict.FORK)] * 2
    assert stand(one, other._replace(terminal_ref=TerminalRef(b"another"))) == [(10, 0, Verdict.SETTLED)] * 2


def test_a_terminal_does_not_go_back_to_an_older_index() -> None:
    newer = chained("a", 1, receipt_counter=1, index_version=3)
    back = chained("b", 2, 10, b"a", receipt_counter=2, index_version=2)
    assert stand(newer, back) == [(10, 0, Verdict.SETTLED), (0, 10, Verdict.FORK)]
    assert stand(newer, back._replace(index_version=0))[1] == (10, 0, Verdict.SETTLED)


def test_a_terminal_that_lost_its_guarantee_has_none_after_the_loss() -> None:
    first, fork = chained("a", 1, receipt_counter=1, borne=True), chained("b", 1, receipt_counter=2, borne=True)
    assert stand(first, fork) == [(10, 0, Verdict.SETTLED), (0, 0, Verdict.SUSPENDED)]


LINKS = st.lists(
    st.builds(
        Link,
        cheque_id=st.sampled_from([StatementId(name.encode()) for name in "abcdef"]),
        counter=st.integers(1, 6),
        amount_minor=st.integers(0, 3),
        cumulative_minor=st.integers(0, 9),
        previous=st.sampled_from([name.encode() for name in "abcdef"]),
        closing=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda link: link.cheque_id,
)


@given(LINKS)
def test_a_neighbour_contradicts_whatever_any_link_contradicts(links: list[Link]) -> None:
    chain, held = Chain(), list[Link]()
    for link in links:
        found = chain.add(link)
        assert (found is None) is all(contradiction(one, link) is None for one in held)
        if found is None:
            held.append(link)
        else:
            assert found[0] in held
            assert found[1] is contradiction(found[0], link)


CLAIMS = st.lists(
    st.builds(
        claim,
        name=st.sampled_from("abcd"),
        payee=st.sampled_from((M, N)),
        amount_minor=st.just(10),
        counter=st.integers(1, 3),
        cumulative_minor=st.sampled_from((10, 20, 30)),
        index_version=st.integers(0, 2),
        terminal_ref=st.sampled_from((TerminalRef(b"one"), TerminalRef(b"other"))),
        final_minor=st.integers(1, 10),
        request_hash=st.sampled_from((RequestHash(b"r"), RequestHash(b"s"), None)),
        receipt_counter=st.integers(1, 4),
        bound=st.booleans(),
        guaranteed=st.booleans(),
        borne=st.booleans(),
        barred=st.booleans(),
    ),
    unique_by=lambda one: one.key,
)


@given(
    CLAIMS,
    st.dictionaries(
        st.tuples(st.sampled_from((b"a", b"b", b"r")), st.sampled_from((M, N, ANY_PAYEE))), st.integers(1, 10)
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_order_of_arrival_changes_nothing(
    claims: list[ClaimFacts],
    back: dict[tuple[bytes, PayeeId], int],
    dice: random.Random,
    scoped: bool,  # noqa: FBT001
) -> None:
    allowance = replace(ALLOWANCE, scoped=scoped)
    shuffled = dice.sample(claims, len(claims))
    one = weigh(allowance, claims, back, displaced_by_request(claims, ()))
    other = weigh(allowance, shuffled, back, displaced_by_request(shuffled, ()))
    assert one == other
    kept = [held for held in claims if held.guaranteed and held.key not in without_guarantee(claims)]
    for held, other_held in itertools.combinations(kept, 2):
        assert held.terminal_ref != other_held.terminal_ref or contradiction(held.link, other_held.link) is None
    for held in claims:
        assert 0 <= one[held.key].paid_minor + one[held.key].waiting_minor <= held.final_minor


WANTS = st.dictionaries(
    st.builds(ClaimKey, st.binary(min_size=1, max_size=2).map(StatementId), st.just(M)), st.integers(1, 50)
)


@given(st.integers(0, 200), WANTS)
def test_pro_rata_gives_out_everything_that_is_wanted_and_no_more(total_minor: int, wants: dict[ClaimKey, int]) -> None:
    parts = pro_rata(total_minor, wants)
    assert sum(parts.values()) == min(total_minor, sum(wants.values()))
    assert all(0 <= parts[key] <= wants[key] for key in wants)
    assert pro_rata(total_minor, dict(reversed(wants.items()))) == parts


def test_ties_go_to_the_smaller_id() -> None:
    keys = [ClaimKey(StatementId(name), M) for name in (b"c", b"a", b"b")]
    assert pro_rata(4, dict.fromkeys(keys, 5)) == {keys[1]: 2, keys[0]: 1, keys[2]: 1}


def test_two_way_comes_first_at_the_end() -> None:
    waiting = [
        claim("a", guaranteed=False)._replace(waiting_minor=10),
        one_way("b", M)._replace(waiting_minor=10),
        one_way("c", N)._replace(waiting_minor=10),
    ]
    parts = share_out(15, {one.key: one for one in waiting})
    assert [parts[one.key] for one in waiting] == [10, 3, 2]


@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=8),
    st.integers(0, 100),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_sources_stand_as_if_everything_had_been_known_at_once(
    changes: list[tuple[int, bool]], reserve_minor: int, free_minor: int, pool_minor: int
) -> None:
    drawn, total_minor = Drawn(), 0
    for amount_minor, more in changes:
        change_minor = amount_minor if more else -min(amount_minor, total_minor)
        left = Available(
            reserve_minor=reserve_minor - drawn.reserve_minor,
            free_minor=free_minor - drawn.free_minor,
            pool_minor=pool_minor - drawn.pool_minor,
        )
        drawn, total_minor = draw(drawn, change_minor, left), total_minor + change_minor
    everything = Available(reserve_minor=reserve_minor, free_minor=free_minor, pool_minor=pool_minor)
    assert drawn == draw(Drawn(), total_minor, everything)
    assert drawn.total_minor == total_minor
