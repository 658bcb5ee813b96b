"""What an issuer grants a key by where it lives: roots, TPMs, cards, limits; and who a payer is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device, Identity, IdentityKind, IssuingTerms, TierTerms
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.allowance import AllowanceTerms, Tier, decode_allowance
from feiqian.protocol.possession import Purpose, attestation_challenge, code_context, prove_possession, secret_hash
from feiqian.protocol.refusals import RefusalCode, Refused
from tests.issuer.world import CUR, DAY, DEPLOYMENT, START, World, key, opened
from tests.keys.authorities import Authority, SoftTpm, card_evidence

WHO = Identity(kind=IdentityKind.DOCUMENT, reference="ID 1101", checked_by="lin", checked_at=START)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


@pytest.fixture(scope="module")
def maker() -> Authority:
    return Authority(now=START)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises((IssuerTrouble, Refused)) as caught:
        act()
    caught.value.words("en")
    caught.value.words("zh")
    return str(caught.value.code)


class Shop:
    """A payer's device that asks for allowances for keys of its choice."""

    def __init__(self, world: World, *, free_minor: int = 9_000_00) -> None:
        self.world = world
        self.payer_id, bound = world.payer(free_minor)
        self.device: Device = world.issuer.authenticate_device(bound.token)

    def challenge(self, request: bytes) -> bytes:
        return attestation_challenge(DEPLOYMENT, self.device.device_id, request)

    def ask(
        self, signer: SoftwareKey, request: bytes, evidence: bytes | None = None, amount_minor: int | None = None
    ) -> AllowanceTerms:
        proof = prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, self.device.device_id, request)
        issued = self.world.issuer.issue_allowance(
            self.device,
            device_key=signer.public_key,
            proof=proof,
            request_id=request,
            amount_minor=amount_minor,
            evidence=evidence,
        )
        return decode_allowance(issued.raw).terms

    @property
    def reserved_minor(self) -> int:
        return self.world.issuer.statement(self.payer_id).reserved_minor


class TestCards:
    def test_a_key_on_a_card_is_granted_twice_as_much_and_keeps_its_tier(self, world: World, maker: Authority) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        shop, card = Shop(world), SoftwareKey.generate()
        first = shop.ask(card, b"a" * 16, card_evidence(maker, card))
        assert (first.tier, first.amount_minor, first.count_limit) == (Tier.CARD, 2_000_00, 40)
        assert first.per_payment_minor == 200_00
        again = shop.ask(card, b"b" * 16)
        assert (again.tier, again.amount_minor) == (Tier.CARD, 2_000_00)
        software = shop.ask(key("soft"), b"c" * 16)
        assert (software.tier, software.amount_minor, software.count_limit) == (Tier.SOFTWARE, 1_000_00, 20)
        (kept,) = world.issuer.attesting.keys_of(shop.payer_id)
        assert (kept.key, kept.attested.maker, kept.at) == (card.public_key, "Maker", START)

    def test_the_same_request_gives_the_same_bytes_with_or_without_evidence(
        self, world: World, maker: Authority
    ) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        shop, card = Shop(world), SoftwareKey.generate()
        evidence = card_evidence(maker, card)
        first = shop.ask(card, b"a" * 16, evidence)
        assert shop.ask(card, b"a" * 16, evidence) == first
        assert shop.ask(card, b"a" * 16, b"damaged on the way") == first
        assert shop.reserved_minor == 2_000_00

    def test_evidence_that_does_not_hold_is_refused_and_nothing_is_set_aside(
        self, world: World, maker: Authority
    ) -> None:
        shop, card = Shop(world), SoftwareKey.generate()
        for evidence in (card_evidence(maker, card), b"", b"junk"):
            assert code_of(lambda evidence=evidence: shop.ask(card, b"a" * 16, evidence)) == "attestation_refused"  # type: ignore[misc]
        assert shop.reserved_minor == 0
        assert world.issuer.attesting.keys_of(shop.payer_id) == ()

    def test_a_removed_root_stops_new_allowances_on_its_word(self, world: World, maker: Authority) -> None:
        root = world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        shop, card = Shop(world), SoftwareKey.generate()
        shop.ask(card, b"a" * 16, card_evidence(maker, card))
        world.now += 60
        assert world.issuer.attesting.remove_root(root.fingerprint, world.now).removed_at == world.now
        assert world.issuer.attesting.remove_root(root.fingerprint, world.now + 9).removed_at == world.now
        for evidence in (None, card_evidence(maker, card)):
            assert code_of(lambda evidence=evidence: shop.ask(card, b"b" * 16, evidence)) == "attestation_refused"  # type: ignore[misc]
        back = world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        assert back.removed_at is None
        assert shop.ask(card, b"b" * 16).tier == Tier.CARD
        assert code_of(lambda: world.issuer.attesting.remove_root(b"x" * 32, START)) == "root_unknown"

    def test_a_root_is_added_once_and_means_one_thing(self, world: World, maker: Authority) -> None:
        add = world.issuer.attesting.add_root
        first = add(maker.root_pem, tier=Tier.CARD, maker="Maker")
        world.now += 60
        assert add(maker.root_pem, tier=Tier.CARD, maker=" Maker ") == first
        assert code_of(lambda: add(maker.root_pem, tier=Tier.TPM, maker="Maker")) == "idempotency_reused"
        assert code_of(lambda: add(maker.root_pem, tier=Tier.TPM, maker=" ")) == "name_invalid"
        assert code_of(lambda: add(b"junk", tier=Tier.CARD, maker="Maker")) == "root_unfit"
        assert world.issuer.attesting.roots() == (first,)

    def test_a_card_of_somebody_else_is_refused(self, world: World, maker: Authority) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        mine, yours, card = Shop(world), Shop(world), SoftwareKey.generate()
        mine.ask(card, b"a" * 16, card_evidence(maker, card))
        assert code_of(lambda: yours.ask(card, b"a" * 16, card_evidence(maker, card))) == "device_key_used"
        assert yours.reserved_minor == 0


class TestTpms:
    def bound(self, shop: Shop, tpm: SoftTpm) -> None:
        asked = shop.world.issuer.attesting.ask_tpm(
            shop.device,
            ek_certificate=tpm.ek_certificate,
            issuers=[tpm.authority.below],
            ak_public=tpm.ak_public,
            secret=b"s" * 32,
        )
        secret = tpm.opens(asked.credential)
        for _ in range(2):
            bound = shop.world.issuer.attesting.answer_tpm(shop.device, secret, shop.world.now)
            assert bound.key == tpm.ak.public_key

    def test_a_bound_tpm_vouches_for_one_key_after_the_other(self, world: World, maker: Authority) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.TPM, maker="Maker")
        shop, tpm = Shop(world), SoftTpm(maker)
        self.bound(shop, tpm)
        for number in (b"a", b"b"):
            signer, request = SoftwareKey.generate(), number * 16
            terms = shop.ask(signer, request, tpm.certifies(signer, shop.challenge(request)))
            assert terms.tier == Tier.TPM
        assert len(world.issuer.attesting.keys_of(shop.payer_id)) == 3
        assert code_of(lambda: shop.ask(signer, b"c" * 16)) == "device_key_used"

    def test_a_tpm_that_was_bound_for_another_payer_vouches_for_nothing_here(
        self, world: World, maker: Authority
    ) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.TPM, maker="Maker")
        mine, yours, tpm, signer = Shop(world), Shop(world), SoftTpm(maker), SoftwareKey.generate()
        self.bound(mine, tpm)
        evidence = tpm.certifies(signer, yours.challenge(b"a" * 16))
        assert code_of(lambda: yours.ask(signer, b"a" * 16, evidence)) == "attestation_refused"
        replayed = tpm.certifies(signer, mine.challenge(b"a" * 16))
        assert code_of(lambda: mine.ask(signer, b"b" * 16, replayed)) == "attestation_refused"
        assert (mine.reserved_minor, yours.reserved_minor) == (0, 0)

    def test_only_the_right_secret_in_time_binds(self, world: World, maker: Authority) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.TPM, maker="Maker")
        shop, tpm = Shop(world), SoftTpm(maker)
        answer = world.issuer.attesting.answer_tpm
        assert code_of(lambda: answer(shop.device, b"s" * 32, world.now)) == "tpm_challenge_unknown"
        asked = world.issuer.attesting.ask_tpm(
            shop.device,
            ek_certificate=tpm.ek_certificate,
            issuers=[maker.below],
            ak_public=tpm.ak_public,
            secret=b"s" * 32,
        )
        assert code_of(lambda: answer(shop.device, b"t" * 32, world.now)) == "attestation_refused"
        late = asked.expires_at + 1
        assert code_of(lambda: answer(shop.device, b"s" * 32, late)) == "tpm_challenge_unknown"
        assert world.issuer.attesting.keys_of(shop.payer_id) == ()

    def test_without_a_proof_only_evidence_that_proves_possession_will_do(self, world: World, maker: Authority) -> None:
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        shop, card = Shop(world), SoftwareKey.generate()
        for evidence in (None, card_evidence(maker, card)):
            refused = code_of(
                lambda evidence=evidence: world.issuer.issue_allowance(  # type: ignore[misc]
                    shop.device, device_key=card.public_key, proof=None, request_id=b"a" * 16, evidence=evidence
                )
            )
            assert refused == RefusalCode.DEVICE_SIGNATURE_INVALID
        assert shop.reserved_minor == 0


class TestLimits:
    @pytest.mark.parametrize("tier", list(Tier))
    def test_only_software_keys_are_granted_the_plain_terms(self, tier: Tier) -> None:
        terms, granted = IssuingTerms(), IssuingTerms().of(tier)
        times = 1 if tier is Tier.SOFTWARE else 2
        assert (granted.allowance_minor, granted.count_limit) == (
            times * terms.allowance_minor,
            times * terms.count_limit,
        )
        assert (granted.per_payment_minor, granted.lifetime_s) == (terms.per_payment_minor, terms.lifetime_s)

    def test_terms_of_a_tier_stand_in_the_allowance(self, tmp_path: Path, maker: Authority) -> None:
        own = TierTerms(
            per_payment_minor=300_00,
            allowance_minor=700_00,
            count_limit=7,
            lifetime_s=DAY,
            holder_check_above_minor=9_00,
        )
        world = World(tmp_path / "own.db", terms=IssuingTerms(status_list_size=256, tiers={Tier.CARD: own}))
        world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
        shop, card = Shop(world), SoftwareKey.generate()
        evidence = card_evidence(maker, card)
        assert code_of(lambda: shop.ask(card, b"a" * 16, evidence, 700_01)) == "amount_out_of_range"
        terms = shop.ask(card, b"a" * 16, evidence)
        said = (terms.amount_minor, terms.per_payment_minor, terms.count_limit, terms.holder_check_above_minor)
        assert said == (700_00, 300_00, 7, 9_00)
        assert terms.expires_at - terms.not_before == DAY
        world.close()

    def test_who_was_not_identified_may_be_granted_less(self, tmp_path: Path) -> None:
        world = World(
            tmp_path / "less.db", terms=IssuingTerms(status_list_size=256, unidentified_allowance_minor=80_00)
        )
        shop = Shop(world)
        assert code_of(lambda: shop.ask(key("a"), b"a" * 16, None, 80_01)) == "amount_out_of_range"
        assert shop.ask(key("a"), b"a" * 16).amount_minor == 80_00
        world.issuer.identify(shop.payer_id, WHO)
        assert shop.ask(key("b"), b"b" * 16).amount_minor == 1_000_00
        world.close()


class TestIdentity:
    def test_it_is_kept_sealed_and_replaced(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR, identity=WHO)
        assert world.issuer.identity(new.payer_id) == WHO
        later = replace(WHO, kind=IdentityKind.EID, reference="", checked_at=START + 9)
        world.issuer.identify(new.payer_id, later)
        assert world.issuer.identity(new.payer_id) == later
        nobody = world.issuer.enrol_payer("Bob", CUR)
        assert world.issuer.identity(nobody.payer_id) is None
        world.close()
        assert WHO.reference.encode() not in b"".join(path.read_bytes() for path in world.path.parent.iterdir())
        world.open()

    @pytest.mark.parametrize("reference", ["x" * 129, "two\nlines"])
    def test_a_reference_is_one_short_line(self, world: World, reference: str) -> None:
        wrong = replace(WHO, reference=reference)
        assert code_of(lambda: world.issuer.enrol_payer("Alice", CUR, identity=wrong)) == "reference_invalid"
        new = world.issuer.enrol_payer("Alice", CUR)
        assert code_of(lambda: world.issuer.identify(new.payer_id, wrong)) == "reference_invalid"


class TestSecondSecrets:
    def bind(self, world: World, code: str, pin: str | None, name: str = "account") -> str:
        account = key(name)
        proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(code))
        return world.issuer.bind_device(code, account.public_key, proof, pin).token

    def test_whoever_has_only_the_code_gets_nothing(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR, with_pin=True)
        assert new.pin is not None
        assert (len(new.pin), new.pin.isdigit()) == (6, True)
        assert code_of(lambda: self.bind(world, new.code, None)) == "enrolment_pin_needed"
        assert code_of(lambda: self.bind(world, new.code, "")) == "enrolment_pin_needed"
        wrong = "000000" if new.pin != "000000" else "000001"
        assert code_of(lambda: self.bind(world, new.code, wrong, "thief")) == "enrolment_pin_wrong"
        token = self.bind(world, new.code, new.pin)
        assert world.issuer.authenticate_device(token).payer_id == new.payer_id
        assert self.bind(world, new.code, new.pin) != token

    def test_five_wrong_ones_end_the_code(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR, with_pin=True)
        assert new.pin is not None
        wrong = "000000" if new.pin != "000000" else "000001"
        said = [code_of(lambda: self.bind(world, new.code, wrong)) for _ in range(5)]
        assert said == ["enrolment_pin_wrong"] * 5
        assert code_of(lambda: self.bind(world, new.code, new.pin)) == "enrolment_code_invalid"
        another = world.issuer.new_code(new.payer_id, with_pin=True)
        assert self.bind(world, another.code, another.pin)

    def test_a_right_one_forgives_the_wrong_ones_before(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR, with_pin=True)
        assert new.pin is not None
        wrong = "000000" if new.pin != "000000" else "000001"
        for _ in range(3):
            for _ in range(4):
                assert code_of(lambda: self.bind(world, new.code, wrong)) == "enrolment_pin_wrong"
            assert self.bind(world, new.code, new.pin)

    def test_a_code_without_one_takes_none(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR)
        assert new.pin is None
        assert self.bind(world, new.code, None)
        assert self.bind(world, new.code, "123456")

    def test_it_is_kept_as_a_slow_hash_only(self, world: World) -> None:
        new = world.issuer.enrol_payer("Alice", CUR, with_pin=True)
        with world.store.read() as reading:
            held = reading.enrolment_pin(secret_hash(new.code))
        assert held.hashed.startswith("$argon2id$")
        assert (held.misses, new.pin in held.hashed) == (0, False)
