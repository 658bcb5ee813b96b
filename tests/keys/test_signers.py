"""One acceptance suite for every place that makes private keys and signs with them.

A new place adds its maker to MAKERS and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from feiqian.cli.card_keys import CardReader
from feiqian.cli.card_service import SECOND_READER
from feiqian.keys.card import CardAccess, CardKeys
from feiqian.keys.pkcs11 import Token, TokenKey
from feiqian.keys.software import SoftwareKeys
from feiqian.keys.tpm import TpmKeys
from feiqian.keys.tpm_session import Tpm
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import HALF_ORDER, Signer, load_public_key
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Coded
from feiqian.wallet.ports import KeyMaker
from tests.keys.softhsm import LABEL, MODULE, TOKEN_PIN, SoftHsm
from tests.keys.swtpm import Swtpm
from tests.nfc.piv_card import PIN as CARD_PIN
from tests.nfc.piv_card import Maker, PivCard, Slot

MESSAGE = "three apples 三个苹果".encode()


class TokenKeys:
    """A token as a key maker: what is stored of a key is its label."""

    tier = Tier.SOFTWARE

    def __init__(self, token: Token) -> None:
        self._token = token

    def make(self) -> bytes:
        label = secrets.token_hex(8)
        self._token.make(label)
        return label.encode()

    def load(self, stored: bytes, /) -> TokenKey:
        return self._token.key(stored.decode("ascii", "replace"))

    def evidence(self, stored: bytes, challenge: bytes, /) -> None:
        del stored, challenge


def software(request: pytest.FixtureRequest) -> KeyMaker:
    del request
    return SoftwareKeys()


def tpm(request: pytest.FixtureRequest) -> KeyMaker:
    swtpm: Swtpm = request.getfixturevalue("swtpm")
    return TpmKeys(Tpm(swtpm.address), is_vouched=lambda: True)


def token(request: pytest.FixtureRequest) -> KeyMaker:
    softhsm: SoftHsm = request.getfixturevalue("softhsm")
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    patch.setenv("SOFTHSM2_CONF", softhsm.settings["SOFTHSM2_CONF"])
    opened = Token(MODULE, LABEL, TOKEN_PIN)
    request.addfinalizer(opened.close)
    return TokenKeys(opened)


def card(request: pytest.FixtureRequest) -> KeyMaker:
    request.getfixturevalue("service")
    slot = Slot(PivCard(Maker(), has_key=True))
    request.addfinalizer(slot.take_out)
    return CardKeys(CardAccess(channel=CardReader(SECOND_READER), pin=lambda: CARD_PIN))


MAKERS: dict[str, Callable[[pytest.FixtureRequest], KeyMaker]] = {
    "card": card,
    "software": software,
    "tpm": tpm,
    "token": token,
}
ONE_KEY_FOR_ALL = frozenset({Tier.CARD})
"""Places with one key, to which all allowances are bound."""


@pytest.fixture(params=sorted(MAKERS))
def maker(request: pytest.FixtureRequest) -> KeyMaker:
    return MAKERS[request.param](request)


def check(signer: Signer, signature: bytes, message: bytes = MESSAGE) -> None:
    """Refuses a signature that is not this signer's over this message."""
    digest = hashlib.sha256(message).digest()
    load_public_key(signer.public_key).verify_digest(signature, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)


def test_a_key_is_a_point_and_signs_what_verifies(maker: KeyMaker) -> None:
    signer = maker.load(maker.make())
    assert len(signer.public_key) == 33
    for number in range(8):  # s is above half the order in every second one that is not brought down
        message = MESSAGE + bytes([number])
        signature = signer.sign(message)
        assert len(signature) == 64
        assert int.from_bytes(signature[32:], "big") <= HALF_ORDER
        check(signer, signature, message)


def test_a_signature_is_of_one_message_and_one_key(maker: KeyMaker) -> None:
    signer = maker.load(maker.make())
    others = SoftwareKeys() if maker.tier in ONE_KEY_FOR_ALL else maker
    other = others.load(others.make())
    signature = signer.sign(MESSAGE)
    with pytest.raises(Refused):
        check(signer, signature, MESSAGE + b"!")
    with pytest.raises(Refused):
        check(other, signature)


def test_no_two_keys_are_the_same(maker: KeyMaker) -> None:
    stored = [maker.make() for _ in range(3)]
    assert len(set(stored)) == 3
    assert len({maker.load(one).public_key for one in stored}) == (1 if maker.tier in ONE_KEY_FOR_ALL else 3)


def test_what_was_stored_is_the_same_key_again(maker: KeyMaker) -> None:
    stored = maker.make()
    first, again = maker.load(stored), maker.load(stored)
    assert first.public_key == again.public_key
    check(first, again.sign(MESSAGE))


@pytest.mark.parametrize("damage", ["nothing", "short", "long", "of another place"])
def test_stored_bytes_that_are_no_key_of_this_place_are_refused_in_words(maker: KeyMaker, damage: str) -> None:
    stored = maker.make()
    damaged = {"nothing": b"", "short": stored[:-1], "long": stored + b"\0", "of another place": b"\xff" * 40}
    with pytest.raises(Coded) as caught:
        maker.load(damaged[damage]).sign(MESSAGE)
    assert caught.value.words("en").safe
    assert caught.value.words("zh").next


def test_a_key_never_prints_itself(maker: KeyMaker) -> None:
    stored = maker.make()
    signer = maker.load(stored)
    said = f"{signer!r} {signer} {maker!r}"
    assert stored.hex() not in said
    assert repr(stored) not in said
    assert signer.public_key.hex() not in said


def test_keys_serve_several_threads_at_once(maker: KeyMaker) -> None:
    signers = [maker.load(maker.make()) for _ in range(2)]

    def sign(number: int) -> None:
        signer, message = signers[number % 2], MESSAGE + bytes([number])
        check(signer, signer.sign(message), message)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sign, range(16)))


def test_evidence_comes_from_hardware_alone(maker: KeyMaker) -> None:
    evidence = maker.evidence(maker.make(), bytes(32))
    assert (evidence is None) == (maker.tier is Tier.SOFTWARE)
