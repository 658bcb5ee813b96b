"""Registrations and assertions of passkeys, as the operator takes or refuses them (`keys.attestation_packed`)."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested
from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.attestation_packed import PasskeyAttestor
from feiqian.protocol.allowance import Tier
from feiqian.protocol.possession import attestation_challenge
from tests.keys.soft_authenticator import AAGUID, BE, BS, UP, UV, Maker, SoftAuthenticator, maker

NOW = 1_800_000_000
ORIGIN, RP_ID = "https://pay.example", "pay.example"
CHALLENGE = attestation_challenge("test", bytes(8), bytes(16))
MAKER = maker(now=NOW)


def root_of(made: Maker, tier: Tier = Tier.PASSKEY) -> AttestationRoot:
    return AttestationRoot(tier=tier, maker="Soft Keys", certificate=made.root, fingerprint=b"f" * 32, added_at=NOW)


def attestor(*roots: AttestationRoot, lenient: bool = False) -> PasskeyAttestor:
    return PasskeyAttestor(origin=ORIGIN, roots=lambda: roots, clock=lambda: NOW, without_attestation=lenient)


def attested(
    evidence: bytes, key: bytes, *, by: PasskeyAttestor | None = None, known: Attested | None = None
) -> Attested:
    found = by or attestor(root_of(MAKER))
    return found.attest(evidence, device_key=key, challenge=CHALLENGE, known=known)


def made(passkey: SoftAuthenticator, challenge: bytes = CHALLENGE, **how: Any) -> bytes:
    return write_evidence("packed", *passkey.make(challenge, **{"maker": MAKER} | how))


def refused(evidence: bytes, key: bytes, word: str, **given: Any) -> None:
    with pytest.raises(IssuerTrouble) as told:
        attested(evidence, key, **given)
    assert told.value.code == "attestation_refused"
    assert word in str(told.value.words("en")), told.value.words("en")


def test_a_registration_under_a_trusted_root_is_a_passkey() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    found = attested(made(passkey), passkey.public_key)
    assert (found.tier, found.format, found.maker, found.root) == (Tier.PASSKEY, "packed", "Soft Keys", b"f" * 32)
    assert (found.identity, found.proves_possession) == (AAGUID.hex(), True)
    assert "Soft Key One" in found.model


@pytest.mark.parametrize("flags", [UP, UV, UP | UV | BE, UP | UV | BE | BS])
def test_a_key_that_may_be_copied_or_a_holder_whom_nobody_verified_is_refused(flags: int) -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    refused(made(passkey, flags=flags), passkey.public_key, "copied")


def test_another_request_page_site_or_ceremony_is_refused() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    key = passkey.public_key
    refused(made(passkey, bytes(32)), key, "another request")
    refused(made(passkey, kind="webauthn.get"), key, "another request")
    for origin, rp_id, word in (
        ("https://evil.example", RP_ID, "another page"),
        (ORIGIN, "evil.example", "another site"),
    ):
        other = SoftAuthenticator(origin, rp_id, passkey.key)
        refused(made(other), key, word)


def test_another_key_than_the_one_that_is_asked_for_is_refused() -> None:
    passkey, other = SoftAuthenticator(ORIGIN, RP_ID), SoftAuthenticator(ORIGIN, RP_ID)
    refused(made(passkey), other.public_key, "another key")


def test_a_maker_whom_nobody_trusts_is_refused() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    stranger = maker(now=NOW)
    refused(made(passkey, maker=stranger), passkey.public_key, "")
    refused(made(passkey), passkey.public_key, "no maker", by=attestor())
    refused(made(passkey), passkey.public_key, "no maker", by=attestor(root_of(MAKER, Tier.TPM)))
    old = maker(now=NOW - 40 * 86_400)
    refused(made(passkey, maker=old), passkey.public_key, "", by=attestor(root_of(old)))
    for odd in (maker(now=NOW, aaguid=bytes(16)), maker(now=NOW, unit="Something Else")):
        refused(made(passkey, maker=odd), passkey.public_key, "did not sign", by=attestor(root_of(odd)))


def test_a_forged_statement_is_refused() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    raw, said = passkey.make(CHALLENGE, maker=MAKER)
    content = cbor2.loads(raw)
    content["attStmt"]["sig"] = SoftAuthenticator(ORIGIN, RP_ID).get(CHALLENGE).signature
    refused(write_evidence("packed", cbor2.dumps(content), said), passkey.public_key, "did not sign")
    for cut in (1, 40, len(raw) - 1):
        refused(write_evidence("packed", raw[:cut], said), passkey.public_key, "")
    refused(write_evidence("packed", raw, b"{"), passkey.public_key, "cannot be read")
    refused(write_evidence("packed", raw), passkey.public_key, "parts")


@pytest.mark.parametrize("form", ["fido-u2f", "tpm", "android-key", "apple"])
def test_other_formats_are_refused(form: str) -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    refused(made(passkey, form=form), passkey.public_key, "kind of attestation", by=attestor(lenient=True))


def test_other_algorithms_are_refused() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    raw, said = passkey.make(CHALLENGE, form="none")
    content = cbor2.loads(raw)
    head = content["authData"][: 37 + 18 + len(passkey.credential_id)]
    numbers = rsa.generate_private_key(65_537, 2048).public_key().public_numbers()
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    for key in (
        {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"},
        {1: 1, 3: -8, -1: 6, -2: bytes(32)},
        {1: 2, 3: -35, -1: 2, -2: p384.x.to_bytes(48, "big"), -3: p384.y.to_bytes(48, "big")},
    ):
        content["authData"] = head + cbor2.dumps(key)
        evidence = write_evidence("packed", cbor2.dumps(content), said)
        refused(evidence, passkey.public_key, "ES256", by=attestor(lenient=True))


def test_who_vouches_for_itself_or_for_nothing_is_taken_only_where_the_operator_says_so() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID)
    own, nothing = made(passkey, maker=None), made(passkey, form="none")
    for evidence in (own, nothing):
        refused(evidence, passkey.public_key, "no maker")
    lenient = attestor(lenient=True)
    found = attested(own, passkey.public_key, by=lenient)
    assert (found.tier, found.maker, found.root, found.proves_possession) == (Tier.PASSKEY, "", b"", True)
    assert not attested(nothing, passkey.public_key, by=lenient).proves_possession
    given = passkey.get(CHALLENGE)
    both = write_evidence(
        "packed", *passkey.make(CHALLENGE, form="none"), given.authenticator_data, given.client_data, given.signature
    )
    assert attested(both, passkey.public_key, by=lenient).proves_possession
    strangers = attested(made(passkey, maker=maker(now=NOW)), passkey.public_key, by=lenient)
    assert (strangers.maker, strangers.root, strangers.proves_possession) == ("", b"", False)


def test_a_known_passkey_asks_again() -> None:
    passkey = SoftAuthenticator(ORIGIN, RP_ID, high_s=True)
    known = attested(made(passkey), passkey.public_key)

    def asked(challenge: bytes = CHALLENGE, by: SoftAuthenticator = passkey) -> bytes:
        given = by.get(challenge)
        return write_evidence("assertion", given.authenticator_data, given.client_data, given.signature)

    again = attested(asked(), passkey.public_key, known=known)
    assert (again.tier, again.root, again.proves_possession) == (Tier.PASSKEY, known.root, True)
    refused(asked(), passkey.public_key, "not known")
    refused(asked(bytes(32)), passkey.public_key, "another request", known=known)
    refused(asked(by=SoftAuthenticator(ORIGIN, RP_ID)), passkey.public_key, "did not sign", known=known)
    refused(asked(), passkey.public_key, "not trusted", known=known, by=attestor())
    only_there = SoftAuthenticator(ORIGIN, RP_ID, passkey.key, flags=UP)
    refused(asked(by=only_there), passkey.public_key, "not verified", known=known)
