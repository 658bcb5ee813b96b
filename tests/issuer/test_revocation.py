"""Keys and terminals that were revoked: what was taken in good faith is paid, and what a thief signs is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.acquirer.revoking import revoke_terminal
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.issuer.key_plan import KeyPlan
from feiqian.issuer.key_service import KeysInForce
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.protocol.answer import Verdict
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust import TrustRoot, advance, first_trust
from feiqian.protocol.trust_pack import KeyRole, decode_key_set, sign_key_set
from tests.issuer.world import DAY, DEPLOYMENT, World, key, opened

ROOTS = ("root 1", "root 2")
NAMES = ("issuer", "acquirer", "online", "issuer 2", "acquirer 2", "online 2")
HELD = {key(name).public_key: key(name) for name in NAMES}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def put_in_force(world: World, plan: KeyPlan) -> None:
    """What the server does when a key set was published."""
    key_set = plan.encode()
    signatures = [sign_key_set(key(name), DEPLOYMENT, key_set) for name in ROOTS]
    keys = KeysInForce.at(world.now, key_set=key_set, root_signatures=signatures, held=HELD)
    knowledge = OperatorKnowledge.of_key_set(DEPLOYMENT, key_set)
    world.issuer.take_keys(keys.issuer, knowledge)
    world.acquirer.take_keys(keys.acquirer, knowledge)
    world.publisher.take_keys(keys)


def revoke(world: World, role: KeyRole, name: str) -> None:
    plan = KeyPlan.after(decode_key_set(world.publisher.key_set), world.now)
    plan = plan.revoked(role, key_id_of(key(name).public_key), world.now)
    put_in_force(world, plan.rotated(role, key(f"{name} 2").public_key, 0))


ROOT = TrustRoot(
    deployment=DEPLOYMENT, roots=tuple(key(f"root {number}").public_key for number in (1, 2, 3)), threshold=2
)


def test_what_was_accepted_before_a_payee_could_know_is_honoured(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    before, after = till.accept(wallet, 20_00), till.accept(wallet, 30_00, index_version=2)
    revoke(world, KeyRole.ISSUER, "issuer")
    world.now += 1
    assert decode_key_set(world.publisher.key_set).version == 2
    world.publisher.trust_pack()
    good, bad = till.send(before, after).claims
    assert (good.verdict, good.paid_minor) == (Verdict.SETTLED, 20_00)
    assert (bad.code, bad.paid_minor) == (RefusalCode.KEY_RETIRED.value, 0), "its index said that the key is revoked"


def test_a_till_that_synced_since_cannot_name_an_older_index(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    revoke(world, KeyRole.ISSUER, "issuer")
    world.now += 1
    world.publisher.trust_pack()
    till.index_version = 2
    till.send()
    till.index_version = 1
    (item,) = till.send(till.accept(wallet, 20_00)).claims
    assert (item.code, item.paid_minor) == (RefusalCode.KEY_RETIRED.value, 0)


def test_devices_refuse_the_old_key_and_take_what_the_new_one_signs(world: World) -> None:
    held = first_trust(ROOT, world.publisher.trust_pack())
    revoke(world, KeyRole.ISSUER, "issuer")
    world.now += 1
    trust = advance(held, world.publisher.trust_pack())
    old, new = (trust.read_key(key(name).public_key) for name in ("issuer", "issuer 2"))
    with pytest.raises(Refused, match="key_retired"):
        trust.check_key_age(KeyRole.ISSUER, old, world.now)
    trust.check_key_age(KeyRole.ISSUER, new, world.now)
    assert set(trust.lists) == {key_id_of(key(name).public_key) for name in ("issuer", "issuer 2")}
    again = world.publisher.trust_pack()
    assert again == trust.raw, "nothing has changed since"


def test_batches_of_terminals_whose_acquirer_key_was_revoked_are_taken(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 20_00)
    revoke(world, KeyRole.ACQUIRER, "acquirer")
    (item,) = till.send(claim).claims
    assert (item.verdict, till.balance_minor) == (Verdict.SETTLED, 20_00)


def test_a_stolen_online_key_with_a_far_number_heals(world: World) -> None:
    held = first_trust(ROOT, world.publisher.trust_pack())
    plan = KeyPlan.after(decode_key_set(world.publisher.key_set), world.now)
    plan = plan.revoked(KeyRole.ONLINE, key_id_of(key("online").public_key), world.now)
    put_in_force(world, plan.with_online([key("online 2").public_key]))
    assert advance(held, world.publisher.trust_pack()).index.online_key_id == key_id_of(key("online 2").public_key)


def test_nothing_new_is_published_once_no_online_key_serves(world: World) -> None:
    pack = world.publisher.trust_pack()
    world.now += 366 * DAY
    assert world.publisher.trust_pack() == pack, "devices see it age, and refuse nothing for its signature"


class TestTerminals:
    def test_what_it_accepted_is_paid_and_what_it_gives_back_since_is_not(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        first, second = till.accept(wallet, 20_00), till.accept(wallet, 30_00)
        till.send(first)
        world.now += 60
        revoke_terminal(world.store, till.enrolled.terminal_ref, world.now)
        world.now += 60
        note = till.note(wallet.id(wallet.cheques[0]), 20_00)
        answer = till.send(second, notes=[note])
        assert [item.verdict for item in answer.claims] == [Verdict.SETTLED]
        assert [item.code for item in answer.notes] == [RefusalCode.TERMINAL_REVOKED.value]
        assert till.balance_minor == 50_00

    def test_devices_hear_of_it_in_the_next_pack(self, world: World) -> None:
        till = world.till()
        held = first_trust(ROOT, world.publisher.trust_pack())
        ref = till.enrolled.terminal_ref
        revoke_terminal(world.store, ref, world.now)
        trust = advance(held, world.publisher.trust_pack())
        assert trust.terminals == {ref: world.now}
        trust.check_terminal(ref, world.now - 1)
        with pytest.raises(Refused, match="terminal_revoked"):
            trust.check_terminal(ref, world.now)
        world.now += 400 * DAY
        assert trust.index.terminals_hash is not None

    def test_the_first_time_stays_and_nobody_revokes_ahead(self, world: World) -> None:
        ref = world.till().enrolled.terminal_ref
        made = revoke_terminal(world.store, ref, world.now, world.now + 99)
        assert made.revoked_at == world.now
        assert revoke_terminal(world.store, ref, world.now + 5, world.now - 5) == made
        with pytest.raises(AcquirerTrouble, match="unknown_terminal"):
            revoke_terminal(world.store, TerminalRef(bytes(8)), world.now)
