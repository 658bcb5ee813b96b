"""Attestation and identity over HTTP: roots, TPMs, evidence with a wish, second secrets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from feiqian.issuer.values import IdentityKind
from feiqian.keys.software import SoftwareKey
from feiqian.links.http import OperatorClient, new_idempotency_key
from feiqian.links.http_trouble import OperatorRefused
from feiqian.protocol.allowance import Tier, decode_allowance
from feiqian.protocol.possession import Purpose, attestation_challenge, code_context, prove_possession
from tests.keys.authorities import Authority, SoftTpm, card_evidence
from tests.server.operators import Served


@pytest.fixture(scope="module")
def maker() -> Authority:
    return Authority(now=int(time.time()))


class Wallet:
    """A payer's device over HTTP, with keys of its choice."""

    def __init__(self, office: Served) -> None:
        url = office.url
        token = office.admin["authorization"].removeprefix("Bearer ")
        self.admin = OperatorClient(url, token)
        self.deployment = self.admin.trust_root().deployment
        new = self.admin.enrol_payer(name="Alice", idempotency_key=new_idempotency_key())
        self.payer_id = new.payer_id
        currency = "CNY"
        self.admin.fund(
            payer_id=new.payer_id, amount_minor=9_000_00, currency=currency, idempotency_key=new_idempotency_key()
        )
        account = SoftwareKey.generate()
        proof = prove_possession(account, Purpose.ACCOUNT, self.deployment, code_context(new.code))
        bound = self.admin.enrol_device(enrolment_code=new.code, account_key=account.public_key, proof=proof)
        self.device_id = bound.device_id
        self.client = OperatorClient(url, bound.token)

    def challenge(self, request: bytes) -> bytes:
        return attestation_challenge(self.deployment, self.device_id, request)

    def ask(self, key: SoftwareKey, request: bytes, evidence: bytes | None = None) -> int:
        """The tier of the allowance that comes."""
        proof = prove_possession(key, Purpose.ALLOWANCE, self.deployment, self.device_id, request)
        issued = self.client.request_allowance(
            request_id=request, device_key=key.public_key, proof=proof, evidence=evidence
        )
        return decode_allowance(issued.raw).terms.tier


@pytest.fixture
def wallet(office: Served) -> Iterator[Wallet]:
    made = Wallet(office)
    yield made
    made.admin.close()
    made.client.close()


def refused(act: Any) -> str:
    with pytest.raises(OperatorRefused) as caught:
        act()
    return str(caught.value.code)


def test_a_card_and_a_tpm_get_their_tier_and_are_shown(wallet: Wallet, maker: Authority) -> None:
    card = SoftwareKey.generate()
    evidence = card_evidence(maker, card)
    assert refused(lambda: wallet.ask(card, b"a" * 16, evidence)) == "attestation_refused"
    pem = maker.root_pem.decode()
    root = wallet.admin.add_attestation_root(pem=pem, maker="Cards", tier="card")
    assert wallet.admin.add_attestation_root(pem=pem, maker="Cards", tier="card") == root
    assert wallet.ask(card, b"a" * 16, evidence) == Tier.CARD
    tpms = Authority(now=maker.now)
    tpm = SoftTpm(tpms)
    wallet.admin.add_attestation_root(pem=tpms.root_pem.decode(), maker="Chips", tier="tpm")
    credential = wallet.client.tpm_challenge(
        ek_certificate=tpm.ek_certificate, ek_issuers=[tpms.below], ak_public=tpm.ak_public
    )
    assert refused(lambda: wallet.client.tpm_key(secret=b"x" * 32)) == "attestation_refused"
    assert wallet.client.tpm_key(secret=tpm.opens(credential)) == "Chips"
    key, request = SoftwareKey.generate(), b"b" * 16
    assert wallet.ask(key, request, tpm.certifies(key, wallet.challenge(request))) == Tier.TPM
    found = wallet.admin.payer_keys(payer_id=wallet.payer_id)
    assert found.identity is None
    assert sorted((one.tier, one.format, one.maker, one.trusted) for one in found.keys) == [
        ("card", "card", "Cards", True),
        ("tpm", "tpm", "Chips", True),
        ("tpm", "tpm-ak", "Chips", True),
    ]
    assert wallet.admin.remove_attestation_root(fingerprint=root.fingerprint).removed_at is not None
    assert refused(lambda: wallet.ask(card, b"c" * 16)) == "attestation_refused"
    assert [one.trusted for one in wallet.admin.payer_keys(payer_id=wallet.payer_id).keys if one.tier == "card"] == [
        False
    ]
    assert {one.maker for one in wallet.admin.attestation_roots()} == {"Cards", "Chips"}


def test_a_wallet_may_not_look_at_roots_or_payers(wallet: Wallet, maker: Authority) -> None:
    for act in (
        wallet.client.attestation_roots,
        lambda: wallet.client.add_attestation_root(pem=maker.root_pem.decode(), maker="Me", tier="card"),
        lambda: wallet.client.remove_attestation_root(fingerprint=b"f" * 32),
        lambda: wallet.client.payer_keys(payer_id=wallet.payer_id),
        lambda: wallet.client.identify_payer(payer_id=wallet.payer_id, kind=IdentityKind.EID, reference=""),
    ):
        assert refused(act) == "not_signed_in"
    assert wallet.admin.attestation_roots() == ()


def test_an_identity_and_a_second_secret(wallet: Wallet) -> None:
    admin = wallet.admin
    new = admin.enrol_payer(
        name="Bob",
        idempotency_key=new_idempotency_key(),
        identity=(IdentityKind.IN_PERSON, "seen at the counter"),
        with_pin=True,
    )
    assert new.pin is not None
    found = admin.payer_keys(payer_id=new.payer_id).identity
    assert found is not None
    assert (found.kind, found.reference, found.checked_by) == (
        IdentityKind.IN_PERSON,
        "seen at the counter",
        "administrator",
    )
    account = SoftwareKey.generate()
    proof = prove_possession(account, Purpose.ACCOUNT, wallet.deployment, code_context(new.code))

    def enrol(pin: str | None) -> bytes:
        return admin.enrol_device(
            enrolment_code=new.code, account_key=account.public_key, proof=proof, pin=pin
        ).device_id

    assert refused(lambda: enrol(None)) == "enrolment_pin_needed"
    wrong = "000000" if new.pin != "000000" else "000001"
    assert refused(lambda: enrol(wrong)) == "enrolment_pin_wrong"
    assert refused(lambda: enrol("12345")) == "field_invalid"
    assert enrol(new.pin)
    code = admin.new_payer_code(payer_id=new.payer_id, idempotency_key=new_idempotency_key(), with_pin=True)
    assert code.pin is not None
    assert admin.new_payer_code(payer_id=new.payer_id, idempotency_key=new_idempotency_key()).pin is None
