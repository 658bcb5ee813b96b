"""A wallet's key on a PIV card in a real reader: what it does when all is well, and each way in which it is not."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from feiqian.cli.card_keys import CardReader
from feiqian.cli.card_service import SECOND_READER, CardService
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.keys.attestation import Attestations
from feiqian.keys.attestation_evidence import read_evidence
from feiqian.keys.card import CardAccess, CardKeys
from feiqian.keys.card_troubles import CARD_WORDS, CardTrouble
from feiqian.keys.software import SoftwareKeys
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import HALF_ORDER, load_public_key
from feiqian.protocol.refusals import RefusalCode
from feiqian.wallet.ports import Parts
from feiqian.wallet.wallet import Wallet
from tests.nfc.piv_card import MANAGEMENT_KEY, PIN, TRIES, Maker, PivCard, Slot
from tests.wallet.world import PIN_HELD, World

MESSAGE = b"a cheque"
WAIT_S = 1.0


@pytest.fixture
def slot(service: CardService) -> Iterator[Slot]:
    assert service is not None
    found = Slot(PivCard(Maker(), has_key=True))
    yield found
    found.take_out()


def keys(pin: str = PIN, management_key: bytes | None = None) -> CardKeys:
    access = CardAccess(channel=CardReader(SECOND_READER), pin=lambda: pin, management_key=management_key)
    return CardKeys(access, wait_s=WAIT_S)


def refused(code: str, maker: CardKeys, stored: bytes) -> CardTrouble:
    with pytest.raises(CardTrouble) as caught:
        maker.load(stored).sign(MESSAGE)
    assert caught.value.code == code
    assert all(caught.value.words(language).next for language in ("en", "zh"))
    return caught.value


def test_the_card_signs_and_keeps_its_one_key(slot: Slot) -> None:
    maker = keys()
    stored = maker.make()
    signer, other = maker.load(stored), maker.load(maker.make())
    assert signer.public_key == other.public_key, "all allowances are bound to the one key of the card"
    for number in range(6):
        message = MESSAGE + bytes([number])
        signature = signer.sign(message)
        assert int.from_bytes(signature[32:], "big") <= HALF_ORDER
        digest = hashlib.sha256(message).digest()
        load_public_key(signer.public_key).verify_digest(signature, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)
    assert slot.card.signatures == 6


def test_a_card_without_a_key_makes_one_for_its_management_key(service: CardService) -> None:
    assert service is not None
    slot = Slot(PivCard(Maker()))
    with pytest.raises(CardTrouble, match="card_no_key"):
        keys().make()
    for wrong in (bytes(24), bytes(16), bytes(7)):
        with pytest.raises(CardTrouble, match=r"card_(management_refused|failed|garbled)"):
            keys(management_key=wrong).make()
    assert slot.card.key is None
    stored = keys(management_key=MANAGEMENT_KEY).make()
    found = keys().load(keys().make())
    assert found.public_key == keys().load(stored).public_key, "from now on it is found"
    assert len(keys().load(stored).sign(MESSAGE)) == 64
    slot.take_out()


def test_the_evidence_is_the_cards_attestation_under_its_maker(slot: Slot) -> None:
    maker = keys()
    stored = maker.make()
    evidence = maker.evidence(stored, bytes(32))
    assert evidence is not None
    form, (_, above) = read_evidence(evidence)
    assert form == "card"
    assert above == slot.card.attestation.public_bytes(Encoding.DER)
    point = maker.load(stored).public_key
    attested = attestations(slot.card.maker).attest(evidence, device_key=point, challenge=bytes(32), known=None)
    assert (attested.tier, attested.maker) == (Tier.CARD, "Trial")
    other = SoftwareKeys().load(SoftwareKeys().make()).public_key
    with pytest.raises(IssuerTrouble, match="attestation_refused"):
        attestations(slot.card.maker).attest(evidence, device_key=other, challenge=bytes(32), known=None)
    with pytest.raises(IssuerTrouble, match="attestation_refused"):
        attestations(Maker()).attest(evidence, device_key=point, challenge=bytes(32), known=None)


def attestations(maker: Maker) -> Attestations:
    """An operator that trusts this maker of cards."""
    pem = maker.root.public_bytes(Encoding.PEM)
    found = Attestations(roots=lambda: roots, clock=lambda: int(time.time()))
    roots = [found.root_in(pem, tier=Tier.CARD, maker="Trial")]
    return found


def test_a_card_that_attests_nothing_is_used_by_its_certificate(slot: Slot) -> None:
    slot.card.attests = False
    maker = keys()
    stored = maker.make()
    assert maker.evidence(stored, bytes(32)) is None
    assert len(maker.load(stored).sign(MESSAGE)) == 64


def test_a_wrong_pin_is_sent_once(slot: Slot) -> None:
    stored = keys().make()
    maker = keys(pin="000000")
    for _ in range(5):
        assert refused("card_pin_wrong", maker, stored).values == {"left": TRIES - 1}
    assert len(slot.card.verified_pins) == 1, "the card counts: a wrong PIN that is sent again would block it"
    assert len(keys().load(stored).sign(MESSAGE)) == 64
    assert slot.card.tries == TRIES


def test_a_blocked_card_says_so(slot: Slot) -> None:
    stored = keys().make()
    for number in range(TRIES):
        refused("card_blocked" if number == TRIES - 1 else "card_pin_wrong", keys(pin="000000"), stored)
    refused("card_blocked", keys(), stored)
    assert slot.card.signatures == 0


def test_a_pin_that_no_card_has_is_not_sent(slot: Slot) -> None:
    stored = keys().make()
    refused("card_pin_unfit", keys(pin="123456789"), stored)
    refused("card_pin_unfit", keys(pin=""), stored)
    assert slot.card.verified_pins == []


def test_another_card_cannot_pass_for_this_one(slot: Slot) -> None:
    stored = keys().make()
    slot.take_out()
    slot.card = PivCard(Maker(), has_key=True)
    slot.put_in()
    refused("card_other", keys(), stored)
    with pytest.raises(CardTrouble, match="card_other"):
        keys().evidence(stored, bytes(32))


def test_a_card_that_is_not_there_comes_back(slot: Slot) -> None:
    maker = keys()
    stored = maker.make()
    slot.take_out()
    refused("card_absent", maker, stored)
    slot.put_in()
    assert len(maker.load(stored).sign(MESSAGE)) == 64


def test_garbage_is_no_signature(slot: Slot) -> None:
    maker = keys()
    stored = maker.make()
    slot.card.garbles = True
    refused("card_garbled", maker, stored)
    slot.card.garbles = False
    assert len(maker.load(stored).sign(MESSAGE)) == 64


@pytest.mark.parametrize("damage", [b"", b"\xa0", b"\xff" * 40, bytes(range(1, 33))])
def test_what_is_stored_must_be_a_reference_to_a_card(damage: bytes) -> None:
    with pytest.raises(CardTrouble, match="card_key_damaged"):
        keys().load(damage)


def test_a_wallet_pays_with_its_card_and_burns_nothing_without_it(slot: Slot, tmp_path: Path) -> None:
    world = World(tmp_path / "wallet")
    world.wallet = Wallet(Parts(store=world.store, keys=keys(), clock=world.clock, randomness=secrets.token_bytes))
    world.enrol().top_up(300_00)
    world.top_up(200_00)
    first, second = world.wallet.holdings().lives
    assert first.allowance.terms.device_key == second.allowance.terms.device_key
    world.pay(12_50)
    slot.take_out()
    asking = world.terminal.asks(12_50)
    offer = world.wallet.consider(asking)
    with pytest.raises(CardTrouble, match="card_absent"):
        world.wallet.pay(offer, PIN_HELD)
    assert [record.counter for record in world.store.allowances()] in ([1, 0], [0, 1])
    slot.put_in()
    world.terminal.accepts(asking, world.wallet.pay(offer, PIN_HELD).body)
    world.wallet.lock()


def test_every_trouble_has_both_languages() -> None:
    assert all({"en", "zh"} == set(words) for words in CARD_WORDS.values())
