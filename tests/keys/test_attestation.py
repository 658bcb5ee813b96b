"""Attestations of device keys: chains, cards and TPMs; everything that does not hold is refused, and named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested
from feiqian.keys.attestation import AK_FORMAT, ANSWER_WITHIN_S, Attestations
from feiqian.keys.attestation_chain import read_root
from feiqian.keys.attestation_evidence import EvidenceUnreadable, read_evidence, write_evidence
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.allowance import Tier
from feiqian.protocol.possession import attestation_challenge
from tests.keys.authorities import (
    ATTESTS,
    DAY_S,
    EK_USE,
    SIGNS,
    Authority,
    SoftTpm,
    card_evidence,
    name_of,
    public_of,
    tpmt_public,
)

NOW = 1_800_000_000
CHALLENGE = attestation_challenge("test", b"device-1", b"r" * 16)
SECRET = b"s" * 32


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(now=NOW)


@pytest.fixture(scope="module")
def tpm(authority: Authority) -> SoftTpm:
    return SoftTpm(authority)


def root_of(authority: Authority, tier: Tier) -> AttestationRoot:
    return read_root(authority.root_pem, tier=tier, maker="Maker", now=NOW)


def attestations(authority: Authority, tier: Tier, *, now: int = NOW) -> Attestations:
    root = root_of(authority, tier)
    return Attestations(roots=lambda: [root], clock=lambda: now)


def refusal(act: Callable[[], object]) -> str:
    """Why it is refused."""
    with pytest.raises(IssuerTrouble) as caught:
        act()
    caught.value.words("en")
    caught.value.words("zh")
    assert caught.value.code == "attestation_refused"
    return str(caught.value.values["why"])


class TestEvidence:
    def test_it_comes_back_as_it_was_written(self) -> None:
        assert read_evidence(write_evidence("card", b"a", b"b")) == ("card", (b"a", b"b"))

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\xa0",
            write_evidence("card"),
            write_evidence("card", b""),
            write_evidence("", b"a"),
            write_evidence("a" * 17, b"a"),
            write_evidence("card", *[b"a"] * 9),
            write_evidence("card", b"a") + b"\0",
            b"\xa2\x00\x64card\x02\x41a",
            b"\xa2\x00\x64card\x01\x01",
            b"\xa2\x00\x01\x01\x41a",
            write_evidence("card", b"a" * 9000),
        ],
    )
    def test_anything_else_is_unreadable(self, raw: bytes) -> None:
        with pytest.raises(EvidenceUnreadable):
            read_evidence(raw)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_refused_and_nothing_else(self, raw: bytes) -> None:
        made = Attestations(roots=list, clock=lambda: NOW)
        assert refusal(lambda: made.attest(raw, device_key=b"k", challenge=CHALLENGE, known=None))


class TestCards:
    def test_a_key_under_a_trusted_root_is_one_on_a_card(self, authority: Authority) -> None:
        key = SoftwareKey.generate()
        found = attestations(authority, Tier.CARD).attest(
            card_evidence(authority, key), device_key=key.public_key, challenge=CHALLENGE, known=None
        )
        assert (found.tier, found.format, found.maker, found.identity) == (Tier.CARD, "card", "Maker", "c0ffee")
        assert found.root == root_of(authority, Tier.CARD).fingerprint
        assert not found.proves_possession

    def test_another_key_is_refused(self, authority: Authority) -> None:
        evidence, other = card_evidence(authority, SoftwareKey.generate()), SoftwareKey.generate()
        made = attestations(authority, Tier.CARD)
        why = refusal(lambda: made.attest(evidence, device_key=other.public_key, challenge=CHALLENGE, known=None))
        assert why == "it is about another key"

    @pytest.mark.parametrize("tier", [Tier.TPM, Tier.PASSKEY])
    def test_a_root_for_other_keys_does_not_vouch_for_cards(self, authority: Authority, tier: Tier) -> None:
        key = SoftwareKey.generate()
        made, evidence = attestations(authority, tier), card_evidence(authority, key)
        why = refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=None))
        assert why == "no maker is trusted here"

    @pytest.mark.parametrize(
        ("changes", "leaf"),
        [
            ({}, {"signed_by": ec.generate_private_key(ec.SECP256R1())}),
            ({}, {"lasts_s": -1}),
            ({}, {"begins_s": 60}),
            ({}, {"ca": True}),
            ({}, {"issuer": "somebody else"}),
            ({"below_is_ca": False}, {}),
            ({"constraints": x509.NameConstraints([x509.DirectoryName(name_of("others"))], None)}, {}),
        ],
    )
    def test_a_chain_that_does_not_hold_is_refused(self, changes: dict[str, Any], leaf: dict[str, Any]) -> None:
        authority, key = Authority(now=NOW, **changes), SoftwareKey.generate()
        made = attestations(authority, Tier.CARD)
        evidence = write_evidence("card", authority.certify(public_of(key), **leaf), authority.below)
        why = refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=None))
        assert why.startswith("its certificates do not lead")

    def test_an_authority_may_not_make_another_one_below_it(self, authority: Authority) -> None:
        key, below = SoftwareKey.generate(), ec.generate_private_key(ec.SECP256R1())
        another = authority.certify(below.public_key(), ca=True)
        leaf = authority.certify(public_of(key), issuer="device", signed_by=below)
        made, evidence = attestations(authority, Tier.CARD), write_evidence("card", leaf, another, authority.below)
        why = refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=None))
        assert why.startswith("its certificates do not lead")

    def test_a_chain_ends_with_its_certificates(self, authority: Authority) -> None:
        key = SoftwareKey.generate()
        made = attestations(authority, Tier.CARD, now=NOW + DAY_S + 1)
        evidence = card_evidence(authority, key)
        assert refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=None))

    @pytest.mark.parametrize("pem", [b"", b"no certificate", b"twice"])
    def test_a_root_is_one_valid_authority(self, authority: Authority, pem: bytes) -> None:
        given = authority.root_pem * 2 if pem == b"twice" else pem
        with pytest.raises(IssuerTrouble) as caught:
            read_root(given, tier=Tier.CARD, maker="Maker", now=NOW)
        assert caught.value.code == "root_unfit"
        with pytest.raises(IssuerTrouble):
            read_root(authority.root_pem, tier=Tier.CARD, maker="Maker", now=NOW + 2_000 * DAY_S)


class TestTpms:
    def bound(self, tpm: SoftTpm) -> Attested:
        made = attestations(tpm.authority, Tier.TPM)
        asked = made.ask_tpm(
            ek_certificate=tpm.ek_certificate, issuers=[tpm.authority.below], ak_public=tpm.ak_public, secret=SECRET
        )
        assert tpm.opens(asked.credential) == SECRET
        assert asked.secret_hash == hashlib.sha256(SECRET).digest()
        assert asked.key == tpm.ak.public_key
        assert asked.expires_at == NOW + ANSWER_WITHIN_S
        return asked.attested

    def test_a_key_that_a_bound_tpm_certified_is_in_it(self, tpm: SoftTpm) -> None:
        made, key = attestations(tpm.authority, Tier.TPM), SoftwareKey.generate()
        known, evidence = self.bound(tpm), tpm.certifies(key, CHALLENGE)
        assert known.format == AK_FORMAT
        assert made.subject(evidence, key.public_key) == tpm.ak.public_key
        found = made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=known)
        assert (found.tier, found.format, found.maker) == (Tier.TPM, "tpm", "Maker")

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"magic": b"\xff\x54\x43\x48"}, "what the TPM signed certifies no key"),
            ({"kind": b"\x80\x18"}, "what the TPM signed certifies no key"),
            ({"extra": b"x" * 32}, "it was made for another request"),
            ({"extra": b""}, "it was made for another request"),
            ({"name": b"\x00\x0b" + bytes(32)}, "it is about another key"),
        ],
    )
    def test_what_says_something_else_is_refused(self, tpm: SoftTpm, changed: dict[str, Any], why: str) -> None:
        made, key, known = attestations(tpm.authority, Tier.TPM), SoftwareKey.generate(), self.bound(tpm)
        evidence = tpm.certifies(key, CHALLENGE, **changed)
        assert (
            refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=known)) == why
        )

    @pytest.mark.parametrize("missing", [0x2, 0x10, 0x20])
    @pytest.mark.parametrize("extra", [0, 0x10000, 0x20000])
    def test_a_key_that_could_leave_the_tpm_is_refused(self, tpm: SoftTpm, missing: int, extra: int) -> None:
        made, key, known = attestations(tpm.authority, Tier.TPM), SoftwareKey.generate(), self.bound(tpm)
        evidence = tpm.certifies(key, CHALLENGE, attributes=SIGNS & ~missing | extra)
        why = refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=known))
        assert why == "the key could be taken out of the TPM"

    def test_another_device_key_or_signer_is_refused(self, tpm: SoftTpm) -> None:
        made, key, known = attestations(tpm.authority, Tier.TPM), SoftwareKey.generate(), self.bound(tpm)
        other, evidence = SoftwareKey.generate(), tpm.certifies(key, CHALLENGE)
        assert refusal(
            lambda: made.attest(evidence, device_key=other.public_key, challenge=CHALLENGE, known=known)
        ) == ("it is about another key")
        _, parts = read_evidence(evidence)
        forged = write_evidence("tpm", parts[0], parts[1], other.sign(parts[1]), parts[3])
        assert (
            refusal(lambda: made.attest(forged, device_key=key.public_key, challenge=CHALLENGE, known=known))
            == "the TPM did not sign it"
        )

    def test_an_attestation_key_that_was_not_bound_is_refused(self, tpm: SoftTpm) -> None:
        made, key, known = attestations(tpm.authority, Tier.TPM), SoftwareKey.generate(), self.bound(tpm)
        evidence = tpm.certifies(key, CHALLENGE)
        for one in (None, replace(known, format="tpm"), replace(known, tier=Tier.CARD)):
            why = refusal(
                lambda one=one: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=one)  # type: ignore[misc]
            )
            assert why == "its attestation key was not bound to a TPM"

    def test_a_maker_that_is_not_trusted_any_more_vouches_for_nothing(self, tpm: SoftTpm) -> None:
        key, known = SoftwareKey.generate(), self.bound(tpm)
        made, evidence = Attestations(roots=list, clock=lambda: NOW), tpm.certifies(key, CHALLENGE)
        why = refusal(lambda: made.attest(evidence, device_key=key.public_key, challenge=CHALLENGE, known=known))
        assert why == "the maker of its TPM is not trusted any more"

    @pytest.mark.parametrize("attributes", [SIGNS, ATTESTS & ~0x2, ATTESTS | 0x20000])
    def test_an_attestation_key_that_could_sign_anything_is_not_bound(self, tpm: SoftTpm, attributes: int) -> None:
        made = attestations(tpm.authority, Tier.TPM)
        ak_public = tpmt_public(tpm.ak, attributes)
        certificate, issuers = tpm.ek_certificate, [tpm.authority.below]
        why = refusal(
            lambda: made.ask_tpm(ek_certificate=certificate, issuers=issuers, ak_public=ak_public, secret=SECRET)
        )
        assert why == "the attestation key could sign anything"

    @pytest.mark.parametrize(
        "leaf", [{"usage": "digital_signature"}, {"usage": "digital_signature", "uses": EK_USE}, {"uses": EK_USE}]
    )
    def test_a_certificate_of_no_endorsement_key_is_refused(self, tpm: SoftTpm, leaf: dict[str, Any]) -> None:
        certificate = tpm.authority.certify(tpm.ek.public_key(), **leaf)
        made, issuers = attestations(tpm.authority, Tier.TPM), [tpm.authority.below]
        why = refusal(
            lambda: made.ask_tpm(ek_certificate=certificate, issuers=issuers, ak_public=tpm.ak_public, secret=SECRET)
        )
        assert why == "its certificate is not of an endorsement key"

    def test_another_tpm_cannot_open_the_credential(self, tpm: SoftTpm) -> None:
        other = SoftTpm(tpm.authority, ak=tpm.ak)
        asked = attestations(tpm.authority, Tier.TPM).ask_tpm(
            ek_certificate=tpm.ek_certificate, issuers=[tpm.authority.below], ak_public=tpm.ak_public, secret=SECRET
        )
        with pytest.raises(ValueError, match="Decryption failed"):
            other.opens(asked.credential)
        same_tpm_other_key = SoftTpm(tpm.authority, ek=tpm.ek)
        with pytest.raises(AssertionError):
            same_tpm_other_key.opens(asked.credential)
