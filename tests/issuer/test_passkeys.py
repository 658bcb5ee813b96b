"""Cheques that passkeys signed, at the operator: asked for, claimed, settled, forked, given back; on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.issuer.attesting import Attesting
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.opening import ClaimOpener, open_claim
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.keys.attestation import Attestations
from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.attestation_packed import PasskeyAttestor
from feiqian.protocol import cose
from feiqian.protocol.allowance import Tier, allowance_prefix, decode_allowance
from feiqian.protocol.answer import Verdict
from feiqian.protocol.cheque import LAYOUT, ChequeTerms, cheque_prefix, decode_cheque
from feiqian.protocol.credit import credits_hash
from feiqian.protocol.fork_proof import decode_fork_proof, encode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import StatementId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.possession import attestation_challenge
from feiqian.protocol.refusals import Refused
from feiqian.protocol.request import request_hash
from feiqian.protocol.trust_pack import decode_key_set, encode_key_set
from tests.issuer.world import DEPLOYMENT, START, Till, Wallet, World, key
from tests.keys.soft_authenticator import UP, UV, SoftAuthenticator

ORIGIN, RP_ID = "https://pay.example", "pay.example"


class PasskeyWorld(World):
    """An operator whose key set names an origin, and who asks for no attestation of makers."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.serves_at(ORIGIN)

    def serves_at(self, origin: str) -> None:
        """The next key set names this origin, and is the one in force."""
        self.close()
        held = decode_key_set(self.key_set)
        names = (
            "issued_at",
            "expires_at",
            "keys",
            "policies",
            "least_wire",
            "least_app",
            "roots",
            "threshold",
        )
        kept = {name: getattr(held, name) for name in names}
        self.key_set = encode_key_set(**kept, version=held.version + 1, passkey_origin=origin)
        self.knowledge = OperatorKnowledge.of_key_set(DEPLOYMENT, self.key_set)
        self.open()

    def open(self) -> None:
        super().open()
        attestations = Attestations(roots=self.trusted_roots, clock=lambda: self.now, passkeys=self.passkeys)
        self.issuer.attesting = Attesting(self.store, attestations, DEPLOYMENT)

    def passkeys(self) -> PasskeyAttestor:
        clock = lambda: self.now  # noqa: E731  # the one clock
        return PasskeyAttestor(origin=ORIGIN, roots=self.trusted_roots, clock=clock, without_attestation=True)

    def ask(self, wallet: PasskeyWallet | None, passkey: SoftAuthenticator, **changed: Any) -> PasskeyWallet:
        """An allowance for a passkey: its first one, or one more of the same payer."""
        bound = self.payer()[1] if wallet is None else wallet.bound
        request_id = self.randomness(16)
        challenge = attestation_challenge(DEPLOYMENT, bound.device_id, request_id)
        given = passkey.get(challenge)
        parts = (given.authenticator_data, given.client_data, given.signature)
        evidence = write_evidence("assertion", *parts)
        if wallet is None:
            evidence = write_evidence("packed", *passkey.make(challenge, form="none"), *parts)
        order: dict[str, Any] = {
            "device_key": passkey.public_key,
            "amount_minor": 300_00,
            "proof": None,
            "evidence": evidence,
        }
        device = self.issuer.authenticate_device(bound.token)
        issued = self.issuer.issue_allowance(device, request_id=request_id, **order | changed)
        prefix = allowance_prefix(PublicKey(key("issuer").public_key), DEPLOYMENT)
        full_id = cose.digest(prefix, decode_allowance(issued.raw).envelope.payload)
        return PasskeyWallet(
            bound=bound, signer=key("no key"), raw=issued.raw, ref=issued.ref, allowance_id=full_id, passkey=passkey
        )


class PasskeyWallet(Wallet):
    """A payer's device whose key is in an authenticator."""

    def __init__(self, *, passkey: SoftAuthenticator, **known: Any) -> None:
        super().__init__(**known)
        self.passkey = passkey

    def draw(self, amount_minor: int, **terms: Any) -> bytes:
        """As any wallet, signed by assertion."""
        super().draw(amount_minor, **{"holder_check": 3} | terms)
        drawn: ChequeTerms = decode_cheque(self.cheques.pop()).terms
        payload = LAYOUT.encode_terms(drawn)
        assertion = self.passkey.get(cose.digest(self._prefix, payload)).assertion
        self.cheques.append(cose.with_assertion(payload, assertion))
        return self.cheques[-1]

    def id(self, cheque: bytes) -> StatementId:
        """Under the header of assertions."""
        return cose.digest(self._prefix, decode_cheque(cheque).envelope.payload)

    @property
    def _prefix(self) -> bytes:
        return cheque_prefix(self.allowance_id, DEPLOYMENT, Tier.PASSKEY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PasskeyWorld]:
    made = PasskeyWorld(tmp_path / "operator.db")
    try:
        made.publisher.trust_pack()
        yield made
        made.check_books()
    finally:
        made.close()


@pytest.fixture
def passkey() -> SoftAuthenticator:
    return SoftAuthenticator(ORIGIN, RP_ID, high_s=True)


@pytest.fixture
def till(world: PasskeyWorld) -> Till:
    return world.till()


def test_claims_of_a_passkey_are_settled_like_any_others(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet = world.ask(None, passkey)
    assert decode_allowance(wallet.raw).terms.tier == Tier.PASSKEY
    plain = world.wallet()
    claims = [till.accept(wallet, 10_00) for _ in range(5)] + [till.accept(plain, 7_00)]
    assert [item.verdict for item in till.send(*claims).claims] == [Verdict.SETTLED] * 6
    assert till.balance_minor == 57_00
    assert till.send(*claims[:2]).claims[0].paid_minor == 10_00  # claimed twice, paid once
    assert till.balance_minor == 57_00


def test_a_one_way_code_waits_and_is_paid(world: PasskeyWorld, passkey: SoftAuthenticator, till: Till) -> None:
    wallet = world.ask(None, passkey)
    code = wallet.draw(20_00, ttl_s=60)
    assert till.send(till.take_code(wallet, code, 20_00)).claims[0].verdict is Verdict.CONTINGENT
    world.end_windows()
    assert till.balance_minor == 20_00


def test_a_void_note_gives_back_what_a_passkey_signed(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet = world.ask(None, passkey, amount_minor=100_00)
    request = till.ask(80_00)
    cheque = wallet.draw(80_00, request=request_hash(request, DEPLOYMENT))
    claim = till.claim(wallet, cheque, 80_00, request)
    note = till.note(wallet.id(cheque), 80_00)
    bundle = till.credit(cheque, request, note)
    second = till.ask(90_00)
    covered = wallet.draw(90_00, request=request_hash(second, DEPLOYMENT), credits_hash=credits_hash(bundle))
    answer = till.send(claim, till.claim(wallet, covered, 90_00, second, bundle), notes=[note])
    assert [item.code or item.verdict.name for item in answer.claims] == ["NOTED", "SETTLED"]
    assert till.balance_minor == 90_00


def test_a_copied_passkey_is_convicted_by_its_own_signatures(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet = world.ask(None, passkey)
    other = world.till("Other")
    first = till.accept(wallet, 50_00)
    base = {"counter": 1, "previous": wallet.allowance_id[:16], "cumulative_minor": 60_00}
    request = other.ask(60_00)
    forged = wallet.draw(60_00, request=request_hash(request, DEPLOYMENT), **base)
    till.send(first)
    assert other.send(other.claim(wallet, forged, 60_00, request)).claims[0].paid_minor == 60_00
    assert len(world.issuer.forks()) == 1
    proof = encode_fork_proof(wallet.raw, wallet.cheques[0], wallet.cheques[1])
    assert verify_fork_proof(decode_fork_proof(proof), world.knowledge).authority_id == wallet.allowance_id


@pytest.mark.parametrize(
    ("flags", "holder_check", "code"),
    [
        (UP, 3, "holder_check_mismatch"),
        (UP | UV, 1, "holder_check_mismatch"),
        (UP | UV | 0x18, 3, "passkey_flags_refused"),
    ],
)
def test_a_claim_that_no_till_may_take_is_refused_and_nothing_is_spent(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till, flags: int, holder_check: int, code: str
) -> None:
    wallet = world.ask(None, passkey)
    passkey.flags = flags
    request = till.ask(10_00)
    cheque = wallet.draw(10_00, request=request_hash(request, DEPLOYMENT), holder_check=holder_check)
    (item,) = till.send(till.claim(wallet, cheque, 10_00, request)).claims
    assert (item.verdict, item.code, till.balance_minor) == (Verdict.REFUSED, code, 0)


def test_another_page_and_a_plain_signature_are_refused(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet = world.ask(None, passkey)
    wallet.passkey = SoftAuthenticator("https://evil.example", RP_ID, passkey.key)
    (item,) = till.send(till.accept(wallet, 10_00)).claims
    assert item.code == "device_signature_invalid"
    request = till.ask(10_00)
    plain = Wallet.draw(wallet, 10_00, request=request_hash(request, DEPLOYMENT), holder_check=3)
    (item,) = till.send(till.claim(wallet, plain, 10_00, request)).claims
    assert (item.code, till.balance_minor) == ("signature_form_mismatch", 0)


def test_what_was_accepted_under_an_earlier_origin_is_paid_and_what_names_the_new_one_is_not(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet = world.ask(None, passkey)
    before = till.accept(wallet, 10_00)
    world.serves_at("https://new.example")
    world.publisher.trust_pack()
    (item,) = till.send(before).claims
    assert (item.verdict, item.paid_minor) == (Verdict.SETTLED, 10_00)
    till.index_version = 2
    (item,) = till.send(till.accept(wallet, 20_00)).claims
    assert (item.verdict, item.code) == (Verdict.REFUSED, "device_signature_invalid")


def test_one_passkey_has_several_allowances_and_shows_possession_each_time(
    world: PasskeyWorld, passkey: SoftAuthenticator
) -> None:
    first = world.ask(None, passkey)
    again = world.ask(first, passkey)
    assert decode_allowance(again.raw).terms.tier == Tier.PASSKEY
    assert again.ref != first.ref
    with pytest.raises(Refused):  # known, and nothing shows that its holder is there
        world.ask(first, passkey, evidence=None)
    stranger = SoftAuthenticator(ORIGIN, RP_ID)
    with pytest.raises(IssuerTrouble) as told:
        world.ask(first, stranger)
    assert told.value.code == "attestation_refused"
    other_payer = world.ask(None, stranger)
    with pytest.raises(IssuerTrouble):  # another payer's passkey is not one's own
        world.ask(other_payer, passkey)


def test_a_stencil_opens_claims_of_passkeys_as_the_long_way_does(
    world: PasskeyWorld, passkey: SoftAuthenticator, till: Till
) -> None:
    wallet, opener = world.ask(None, passkey), ClaimOpener()
    claims = [till.accept(wallet, 10_00) for _ in range(4)]
    for raw in claims:
        assert opener.open(raw) == open_claim(raw)
    assert opener.stencils == 1
    assert world.now == START
