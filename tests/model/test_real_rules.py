"""The oracle at work: the product's own rules, on real signed statements, decide as the small world does.

Every story of `REAL_DEPTH` actions is told again with real cheques, notes and receipts, and with the lies a device
could try next. Depth 2 by default, because every cheque is signed; FEIQIAN_REAL_DEPTH=3 is worth its minute.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product

import pytest

from feiqian.protocol import chain
from feiqian.protocol.chain import Link
from feiqian.protocol.credit import Credit as RealCredit
from feiqian.protocol.fork_proof import Party, decode_fork_proof, encode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.verify import Answering, Remembered, Taking, verify_payment
from feiqian.protocol.verify_credit import verify_credits
from tests.model import pair
from tests.model.search import worlds
from tests.model.statements import Statements
from tests.model.world import (
    CLONE,
    DEVICE,
    FIRST,
    NOBODY,
    REPAIRED,
    SECOND,
    STOLEN,
    Cheque,
    Form,
    Note,
    World,
    accepts,
    contradict,
    draw,
    is_credit,
    overdraw,
)
from tests.vectors.world import NOW, octets

REAL_DEPTH = int(os.environ.get("FEIQIAN_REAL_DEPTH", "2"))
TERMINALS = ("M", "N")
AMOUNTS_MINOR = (1, 2, 3)
PROOFS = 500
NOTE_STEP = 2  # of this many cheques one is asked about, because each note is a signature


@cache
def statements() -> Statements:
    return Statements()


@cache
def stories() -> tuple[World, ...]:
    return World(), *(world for _, world in worlds(REPAIRED, REAL_DEPTH))


@cache
def universe() -> tuple[Cheque, ...]:
    """Every cheque of every story, and every one that somebody could show next; NOBODY's too."""
    told = {cheque: None for world in stories() for cheque in (*world.cheques, *(note.cheque for note in world.notes))}
    tried = {cheque: None for world in stories() for terminal in TERMINALS for cheque in attempts(world, terminal)}
    return tuple(told | tried)


def attempts(world: World, terminal: str) -> Iterator[Cheque]:
    """What a payer could show this terminal now, honest or not."""
    for cheque in world.cheques:
        if cheque.form is not Form.CLOSING and cheque.payee in (None, terminal):
            yield cheque
            if cheque.form is Form.TWO_WAY:
                yield cheque._replace(device=CLONE if cheque.device == DEVICE else DEVICE)
    for allowance in dict(world.allowances):
        for device in (DEVICE, CLONE):
            for amount_minor in AMOUNTS_MINOR:
                for form, payee in ((Form.TWO_WAY, terminal), (Form.ONE_WAY, None)):
                    drawn = draw(world, REPAIRED, device, amount_minor, payee, form, allowance=allowance)
                    yield from () if drawn is None else lies_about(drawn)
    yield from (
        cheque for amount_minor in AMOUNTS_MINOR for cheque in lies_about(overdraw(world, amount_minor, terminal))
    )


def lies_about(cheque: Cheque) -> Iterator[Cheque]:
    """The cheque, and what a lying device could make of it; all of them well formed."""
    yield cheque
    if cheque.cover:
        yield from (cheque._replace(cover=cheque.cover - {credit}) for credit in cheque.cover)
    yield cheque._replace(counter=cheque.counter + 1)
    if cheque.counter > 1:
        yield cheque._replace(cumulative_minor=cheque.cumulative_minor + 1)
        yield cheque._replace(previous=None)
        if cheque.cumulative_minor > cheque.amount_minor:
            yield cheque._replace(cumulative_minor=cheque.cumulative_minor - 1)


def refusal(world: World, cheque: Cheque, terminal: str) -> RefusalCode | None:
    """Why the product refuses this cheque at this terminal; None if it accepts."""
    made = statements()
    asked = made.cheque(cheque).asked
    links = tuple(
        made.cheque(one.cheque).drawn.link
        for one in world.accepted
        if one.terminal == terminal and one.cheque.allowance == cheque.allowance
    )
    try:
        verify_payment(
            made.payment(cheque),
            Answering(terms=asked.terms, request_hash=asked.request_hash)
            if asked
            else Taking(due_minor=1, currency="EUR", latest=NOW),
            receiver=made.terminals[terminal].terms.payee_id,
            now=NOW,
            knowledge=made.trust,
            cache=made.cache,
            remembered=Remembered(links=links),
        )
    except Refused as refused:
        return refused.code
    return None


def test_the_product_accepts_what_the_oracle_accepts() -> None:
    """With one more reason to refuse: a credit's own cheque testifies at the counter already.

    What a terminal cancelled is not asked here: its own table of requests refuses that.
    """
    outcomes: Counter[RefusalCode | None] = Counter()
    own_credit_testified = 0
    asked = set()
    for world in stories():
        for terminal in TERMINALS:
            remembered = frozenset(one.cheque for one in world.accepted if one.terminal == terminal)
            for cheque in attempts(world, terminal):
                case = (cheque, terminal, remembered)
                if case in asked or world.gave_back_all(terminal, cheque):
                    continue
                asked.add(case)
                forked = any(credit.given_back and contradict(credit.given_back, cheque) for credit in cheque.cover)
                code = refusal(world, cheque, terminal)
                accepted = accepts(world, REPAIRED, cheque, terminal)
                assert (code is None) == (accepted and not forked), (cheque, code)
                own_credit_testified += accepted and forked
                outcomes[code] += 1
    assert {*outcomes} == {None, RefusalCode.ALREADY_ACCEPTED, RefusalCode.FORK_SEEN, RefusalCode.NOT_COVERED}
    assert outcomes[None] > 100
    assert own_credit_testified


def test_only_the_payee_named_in_the_request_is_paid() -> None:
    named = [cheque for cheque in universe() if cheque.payee in TERMINALS]
    assert {
        refusal(World(), cheque, terminal) for cheque in named for terminal in TERMINALS if terminal != cheque.payee
    } == {RefusalCode.PAYEE_NOT_NAMED}


def test_the_same_pairs_convict() -> None:
    convicted = Counter(
        agreed(one, other) for one, other in combinations(universe(), 2) if one.allowance == other.allowance
    )
    assert min(convicted[True], convicted[False]) > 100


def agreed(one: Cheque, other: Cheque) -> bool:
    """Whether the pair convicts; the product and the oracle must say the same, whichever comes first."""
    links = [statements().cheque(cheque).drawn.link for cheque in (one, other)]
    convicted = contradict(one, other)
    assert (chain.contradiction(*links) is not None) == convicted, (one, other)
    assert (chain.contradiction(*reversed(links)) is not None) == convicted, (one, other)
    return convicted


@pytest.mark.parametrize("rule", [pair.FIRST_DRAFT, pair.REPAIRED], ids=["any cheque", "good ones"])
def test_the_same_pairs_of_any_numbers_convict(rule: pair.PairRule) -> None:
    """With cheques that no terminal would accept, negative amounts too: the pair rule itself never trips."""
    for one, other in combinations(pair.universe(rule.accepts), 2):
        if one.name != other.name:
            found = chain.contradiction(link_named(one), link_named(other))
            assert (found is not None) == pair.contradict(one, other), (one, other)


def link_named(cheque: pair.Cheque) -> Link:
    """The link of a cheque whose id is made from its name."""
    return Link(
        StatementId(octets(cheque.name, 32)),
        cheque.counter,
        cheque.amount_minor,
        cheque.cumulative_minor,
        octets(cheque.previous, 32)[:PREVIOUS_BYTES],
        closing=False,
    )


@pytest.mark.parametrize("contradictory", [True, False], ids=["contradictory", "consistent"])
def test_fork_proofs_hold_for_contradictory_pairs_only(*, contradictory: bool) -> None:
    """For pairs spread over all there are: each proof costs three signatures."""
    signed = [cheque for cheque in universe() if cheque.allowance == FIRST and cheque.device != NOBODY]
    pairs = [both for both in combinations(signed, 2) if contradict(*both) is contradictory]
    expected = Party.DEVICE if contradictory else RefusalCode.NOT_CONTRADICTORY
    for one, other in pairs[:: len(pairs) // PROOFS]:
        assert told_by_proof(one, other) is expected, (one, other)


def test_what_no_device_signed_proves_nothing() -> None:
    on_first = [cheque for cheque in universe() if cheque.allowance == FIRST]
    invented = next(cheque for cheque in on_first if cheque.device == NOBODY)
    told = {told_by_proof(invented, cheque) for cheque in on_first if contradict(invented, cheque)}
    assert told == {RefusalCode.DEVICE_SIGNATURE_INVALID}


def told_by_proof(one: Cheque, other: Cheque) -> Party | RefusalCode:
    """Whom a proof made of these two cheques convicts, or why it is refused."""
    made = statements()
    raws = [made.cheque(cheque).drawn.raw for cheque in (one, other)]
    proof = decode_fork_proof(encode_fork_proof(made.wallets[one.allowance].raw, *raws))
    try:
        return verify_fork_proof(proof, made.trust).party
    except Refused as refused:
        return refused.code


def test_the_notes_of_every_story_count_as_in_the_oracle() -> None:
    told = {(note, is_credit(world, REPAIRED, note)) for world in stories() for note in world.notes}
    for note, counts in told:
        assert counts_as_credit(statements().given_back(note), note.cheque.allowance) == counts, note
    assert {counts for _, counts in told} == {True, False}
    assert {note.cancels for note, _ in told} == {True, False}


@pytest.mark.parametrize("terminal", [*TERMINALS, STOLEN])
@pytest.mark.parametrize("cancels", [False, True], ids=["void", "cancel"])
def test_a_note_counts_only_from_the_payee_named_and_about_a_signed_cheque(terminal: str, *, cancels: bool) -> None:
    everything = World(cheques=tuple(cheque for cheque in universe() if cheque.device != NOBODY))
    for cheque in universe()[::NOTE_STEP]:
        if cheque.form is not Form.CLOSING and (cheque.payee or not cancels):
            note = Note(terminal, cheque, 0, cancels=cancels)
            counts = is_credit(everything, REPAIRED, note)
            assert counts_as_credit(statements().given_back(note), cheque.allowance) == counts, note


def test_a_note_about_an_invented_cheque_borrows_no_true_one() -> None:
    """The stolen terminal's own note, shown with a true cheque and either request: it is about another cheque."""
    made = statements()
    invented = next(cheque for cheque in universe() if cheque.device == NOBODY)
    false = made.given_back(Note(STOLEN, invented, 0))
    for cheque in universe()[::NOTE_STEP]:
        if cheque.payee is not None and cheque.device != NOBODY:
            true = made.given_back(Note(cheque.payee, cheque, 0))
            for request in (true.request, false.request):
                borrowed = replace(false, cheque=true.cheque, request=request)
                assert not counts_as_credit(borrowed, cheque.allowance)


@pytest.mark.parametrize("cancels", [False, True], ids=["void", "cancel"])
def test_a_note_counts_for_its_own_cheque_only(*, cancels: bool) -> None:
    """Both cheques are the payee's, and true: one note must not give both of them back."""
    made = statements()
    taken = [cheque for cheque in universe() if cheque.payee == "M" and cheque.allowance == FIRST]
    for one, other in combinations(taken[::NOTE_STEP][:20], 2):
        noted, shown = (made.given_back(Note("M", cheque, 0, cancels=cancels)) for cheque in (one, other))
        assert counts_as_credit(noted, FIRST)
        assert not counts_as_credit(replace(noted, cheque=shown.cheque, request=shown.request), FIRST)


def test_a_received_cheque_counts_for_the_allowance_it_is_made_out_to_only() -> None:
    for made_out_to, shown_with in product((FIRST, SECOND), repeat=2):
        credit = statements().received(made_out_to, 1)
        assert counts_as_credit(credit, shown_with) == (made_out_to == shown_with)


def counts_as_credit(credit: RealCredit, allowance: str) -> bool:
    """Whether the product lets this credit count for the allowance."""
    made = statements()
    try:
        return bool(verify_credits((credit,), made.allowance(allowance), made.trust))
    except Refused as refused:
        if refused.code is not RefusalCode.CREDIT_INVALID:
            raise
        return False
