"""The oracle at work: the issuer's judge pays, in every story of the small world, whom the oracle's judge pays."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice, permutations

import pytest

from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, Standing
from feiqian.issuer.judge import ALL_OF_IT, ANY_PAYEE, weigh
from feiqian.issuer.values import DeviceId, PayerId
from feiqian.protocol.answer import Verdict
from feiqian.protocol.ids import PayeeId, StatementId
from tests.model import judge
from tests.model.search import play, worlds
from tests.model.statements import Statements
from tests.model.steps import steps
from tests.model.world import REPAIRED, Cheque, Form, World
from tests.vectors.world import DAY, NOW

JUDGE_DEPTH = int(os.environ.get("FEIQIAN_JUDGE_DEPTH", "3"))
ORDERS_MAX = 6
OPENINGS = [action for action, _ in steps(World(), REPAIRED)]


@pytest.mark.parametrize("opening", OPENINGS)
def test_the_issuer_pays_whom_the_oracle_pays(opening: str) -> None:
    """A claim by a bystander never comes this far: `test_only_the_payee_named_in_the_request_is_paid`."""
    for trace, world in worlds(REPAIRED, JUDGE_DEPTH, opening=opening):
        compare(world, " > ".join(trace))


def test_a_terminal_that_accepts_what_it_cancelled_is_not_paid() -> None:
    trace = "lose:d:M:1 > cancel:M > late:M > claimvoided"
    world = play(replace(REPAIRED, cancel_is_final=False), trace)
    claims = judge.claims_of(world)
    assert [one.amount_minor for one in judge.pay_out(world, REPAIRED, claims).values()] == [0]
    compare(world, trace)


def compare(world: World, trace: str) -> None:
    """What the issuer's judge pays in this world, against the oracle's."""
    claims = judge.claims_of(world)
    paid = judge.pay_out(world, REPAIRED, sorted(claims, key=judge.by_rule))
    for allowance in dict(world.allowances):
        expected = {key: one.amount_minor for key, one in paid.items() if key.cheque.allowance == allowance}
        check(world, allowance, expected, trace)


def check(world: World, allowance: str, expected: Mapping[judge.ClaimKey, int], trace: str) -> None:
    """The issuer's judge on one allowance, with its claims in several orders."""
    claims = {key: claim_facts(world, key) for key in expected}
    given_back = backs(world)
    standings: Mapping[tuple[StatementId, PayeeId], Standing] = {}
    for order in islice(permutations(claims.values()), ORDERS_MAX):
        again = weigh(allowance_facts(allowance), order, given_back, frozenset())
        assert standings in ({}, again), trace
        standings = again
    assert standings.keys() == {claim.key for claim in claims.values()}, trace
    codes: defaultdict[Cheque, list[judge.ClaimKey]] = defaultdict(list)
    for key, claim in claims.items():
        if key.cheque.form is Form.ONE_WAY:
            codes[key.cheque].append(key)
        else:
            assert (standings[claim.key].paid_minor, standings[claim.key].waiting_minor) == (expected[key], 0), trace
    for cheque, takers in codes.items():
        stands = [standings[claims[key].key] for key in takers]
        assert [one.paid_minor for one in stands] == [0] * len(stands), trace
        wanted_minor = sum(expected[key] for key in takers)
        assert sum(one.waiting_minor for one in stands) == min(cheque.amount_minor, wanted_minor), trace


@cache
def statements() -> Statements:
    return Statements()


def claim_facts(world: World, key: judge.ClaimKey) -> ClaimFacts:
    """A claim that verified. A two-way cheque binds its payee and is guaranteed; a one-way code neither."""
    made, cheque, terminal = statements().cheque(key.cheque), key.cheque, statements().terminals[key.terminal]
    two_way = cheque.form is Form.TWO_WAY
    return ClaimFacts(
        cheque_id=made.drawn.cheque_id,
        payee_id=terminal.terms.payee_id,
        allowance_ref=statements().wallets[cheque.allowance].ref,
        counter=cheque.counter,
        amount_minor=cheque.amount_minor,
        cumulative_minor=made.drawn.link.cumulative_minor,
        previous=made.drawn.link.previous,
        final_minor=min(one.final_minor for one in world.accepted if (one.terminal, one.cheque) == key),
        request_hash=made.asked.request_hash if made.asked else None,
        terminal_ref=terminal.ref,
        receipt_counter=1
        + next(place for place, one in enumerate(world.accepted) if (one.terminal, one.cheque) == key),
        index_version=1,
        bound=two_way,
        guaranteed=two_way,
        borne=False,
        barred=False,
        arrived_at=NOW,
        verdict=Verdict.CONTINGENT,
    )


def backs(world: World) -> Mapping[tuple[bytes, PayeeId], int]:
    """What the issuer has heard to be given back: notes by their terminals, and credits that covered a claim."""
    given_back: defaultdict[tuple[bytes, PayeeId], int] = defaultdict(int)
    for note in world.notes:
        made, payee = statements().cheque(note.cheque), statements().terminals[note.terminal].terms.payee_id
        subject: bytes = made.drawn.cheque_id
        back_minor = note.cheque.amount_minor - note.final_minor
        if note.cancels and made.asked is not None:
            subject, back_minor = made.asked.request_hash, ALL_OF_IT
        given_back[subject, payee] = max(given_back[subject, payee], back_minor)
    for claim in judge.claims_of(world):
        for credit in claim.cheque.cover:
            if credit.given_back is not None:
                about = (statements().cheque(credit.given_back).drawn.cheque_id, ANY_PAYEE)
                given_back[about] = max(given_back[about], credit.amount_minor)
    return given_back


@cache
def allowance_facts(name: str) -> AllowanceFacts:
    """An allowance of which nothing bad is known."""
    wallet = statements().wallets[name]
    return AllowanceFacts(
        ref=wallet.ref,
        raw=wallet.raw,
        payer_id=PayerId(bytes(8)),
        device_id=DeviceId(bytes(8)),
        request_id=bytes(16),
        device_key=wallet.terms.device_key,
        currency=wallet.terms.currency,
        amount_minor=wallet.terms.amount_minor,
        status_index=wallet.terms.status_index,
        scoped=False,
        issued_at=NOW,
        expires_at=wallet.terms.expires_at,
        deadline=wallet.terms.expires_at + 7 * DAY,
    )
