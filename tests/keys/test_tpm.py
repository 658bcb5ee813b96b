"""Keys and counters in a real TPM 2.0 in software: what it says of itself, what it loses, and who else uses it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from feiqian.keys.attestation_evidence import read_evidence
from feiqian.keys.tpm import TpmCounter, TpmKeys, new_counter
from feiqian.keys.tpm_credential import make_credential
from feiqian.keys.tpm_session import Tpm
from feiqian.keys.tpm_structures import FIXED_TPM, RESTRICTED, TpmMalformed, read_certification, read_public
from feiqian.keys.troubles import KEY_WORDS, KeyTrouble
from feiqian.protocol.keys import load_public_key
from feiqian.protocol.refusals import RefusalCode
from tests.keys.swtpm import Swtpm, new_swtpm
from tests.tidy.house import ROOT

SECRET, CHALLENGE = bytes(range(32)), b"c" * 32


@pytest.fixture
def keys(swtpm: Swtpm) -> TpmKeys:
    return TpmKeys(Tpm(swtpm.address), is_vouched=lambda: True)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Swtpm]:
    """Another TPM, of no known maker."""
    tpm = new_swtpm(tmp_path / "other", certified=False)
    yield tpm
    tpm.stop()


def refusal(act: object, code: str) -> None:
    with pytest.raises(KeyTrouble) as caught:
        act()  # type: ignore[operator]  # whatever is tried
    assert caught.value.code == code


def endorsed(keys: TpmKeys, ak_name: bytes | None = None) -> bytes:
    """A credential for this TPM, as an operator makes it."""
    shown = keys.endorsement()
    public = x509.load_der_x509_certificate(shown.certificate).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return make_credential(spki, ak_name or read_public(shown.attestation_key).name, SECRET)


def test_a_credential_made_without_a_tpm_opens_in_the_one_it_is_for(keys: TpmKeys) -> None:
    assert keys.activate(endorsed(keys)) == SECRET


def test_a_credential_for_another_key_or_altered_opens_nowhere(keys: TpmKeys, other: Swtpm) -> None:
    name = read_public(keys.endorsement().attestation_key).name
    refusal(lambda: keys.activate(endorsed(keys, name[:-1] + bytes([name[-1] ^ 1]))), "tpm_credential_refused")
    credential = endorsed(keys)
    for at in (3, 60, 100, len(credential) - 1):
        altered = bytearray(credential)
        altered[at] ^= 1
        refusal(lambda raw=bytes(altered): keys.activate(raw), "tpm_credential_refused")
    for cut in (b"", credential[:1], credential[:-1], credential + b"\0"):
        refusal(lambda raw=cut: keys.activate(raw), "tpm_credential_refused")
    refusal(TpmKeys(Tpm(other.address), is_vouched=lambda: True).endorsement, "tpm_no_certificate")


def test_the_tpm_says_that_a_key_is_its_own_and_for_which_request(keys: TpmKeys) -> None:
    stored = keys.make()
    evidence = keys.evidence(stored, CHALLENGE)
    assert evidence is not None
    form, (attestation_key, attested, signature, public) = read_evidence(evidence)
    assert form == "tpm"
    key, ak, said = read_public(public), read_public(attestation_key), read_certification(attested)
    assert (said.extra, said.name) == (CHALLENGE, key.name)
    assert key.point == keys.load(stored).public_key
    assert key.is_device_key
    assert not key.is_attestation_key
    assert ak.is_attestation_key
    assert not ak.is_device_key
    assert attestation_key == keys.endorsement().attestation_key, "one attestation key a TPM, the same every time"
    digest = hashlib.sha256(attested).digest()
    load_public_key(ak.point).verify_digest(signature, digest, RefusalCode.DEVICE_SIGNATURE_INVALID)


def test_structures_are_read_whole_or_not_at_all(keys: TpmKeys) -> None:
    stored = keys.make()
    _, (_, attested, _, public) = read_evidence(keys.evidence(stored, CHALLENGE) or b"")
    for raw, read in ((public, read_public), (attested, read_certification)):
        for cut in range(len(raw)):
            with pytest.raises(TpmMalformed):
                read(raw[:cut])
        with pytest.raises(TpmMalformed):
            read(raw + b"\0")
    loose = bytearray(public)
    loose[4:8] = (int.from_bytes(public[4:8], "big") & ~FIXED_TPM).to_bytes(4, "big")
    assert not read_public(bytes(loose)).is_device_key
    loose[4:8] = (int.from_bytes(public[4:8], "big") | RESTRICTED).to_bytes(4, "big")
    assert not read_public(bytes(loose)).is_device_key


def test_whoever_is_not_known_to_the_operator_tells_it_nothing(swtpm: Swtpm) -> None:
    keys = TpmKeys(Tpm(swtpm.address), is_vouched=lambda: False)
    assert keys.evidence(keys.make(), CHALLENGE) is None


def test_a_counter_goes_up_by_one_and_outlives_the_tpm_being_switched_off(swtpm: Swtpm) -> None:
    stored = new_counter()
    counter = TpmCounter(Tpm(swtpm.address), stored)
    first = counter.begin()
    assert counter.begin() == first, "to begin again changes nothing"
    counter.advance()
    assert counter.value() == first + 1
    swtpm.stop()
    refusal(counter.value, "tpm_unreachable")
    swtpm.start()
    again = TpmCounter(Tpm(swtpm.address), stored)
    assert again.value() == first + 1
    again.advance()
    assert again.value() == first + 2


def test_two_wallets_on_one_tpm_do_not_touch_each_other(swtpm: Swtpm, keys: TpmKeys) -> None:
    one, two = (TpmCounter(Tpm(swtpm.address), new_counter()) for _ in range(2))
    one.begin()
    before = two.begin()
    for _ in range(3):
        one.advance()
    assert two.value() == before
    signers = [keys.load(keys.make()) for _ in range(5)]
    assert len({signer.public_key for signer in signers}) == 5
    assert all(len(signer.sign(b"x")) == 64 for signer in signers)


def test_another_tpm_and_a_cleared_one_have_neither_keys_nor_counter(keys: TpmKeys, swtpm: Swtpm, other: Swtpm) -> None:
    stored, place = keys.make(), new_counter()
    refusal(lambda: TpmKeys(Tpm(other.address), is_vouched=lambda: True).load(stored).sign(b"x"), "tpm_changed")

    mine = TpmKeys(Tpm(other.address), is_vouched=lambda: True)
    kept, counter = mine.make(), TpmCounter(Tpm(other.address), place)
    counter.begin()
    before = counter.value()
    refusal(TpmCounter(Tpm(swtpm.address), place).value, "tpm_changed")
    other.clear()
    refusal(lambda: mine.load(kept).sign(b"x"), "tpm_changed")
    refusal(counter.value, "tpm_changed")
    refusal(counter.advance, "tpm_changed")
    assert counter.begin() > before, "a TPM lets no counter begin below where one stood"


def test_the_wrong_secret_of_a_counter_is_refused_and_locks_nothing(swtpm: Swtpm) -> None:
    stored = new_counter()
    counter = TpmCounter(Tpm(swtpm.address), stored)
    first = counter.begin()
    stranger = TpmCounter(Tpm(swtpm.address), stored[:-1] + bytes([stored[-1] ^ 1]))
    for _ in range(40):  # a dictionary lockout would come after 3 or 32
        refusal(stranger.advance, "tpm_changed")
    assert counter.value() == first


DAMAGED = {"nothing": b"", "a list": b"\x80", "numbers": b"\x83\x00\x01\x02", "noise": b"\xff" * 50}


@pytest.mark.parametrize("stored", DAMAGED.values(), ids=DAMAGED)
def test_damaged_records_are_refused_in_words(swtpm: Swtpm, keys: TpmKeys, stored: bytes) -> None:
    refusal(lambda: TpmCounter(Tpm(swtpm.address), stored), "key_damaged")
    refusal(lambda: TpmCounter(Tpm(swtpm.address), new_counter()[:-1]), "key_damaged")
    refusal(lambda: keys.load(stored), "key_damaged")
    refusal(lambda: keys.load(new_counter()), "key_damaged")


def test_what_a_killed_process_left_in_the_tpm_is_nobodys(swtpm: Swtpm, keys: TpmKeys) -> None:
    """Three objects fill a TPM without a resource manager; a process is killed while it holds three."""
    script = """
import os, signal, sys
from tpm2_pytss import ESAPI
esys = ESAPI(sys.argv[1])
for _ in range(3):
    esys.create_primary(None, "ecc256")
os.kill(os.getpid(), signal.SIGKILL)
"""
    died = subprocess.run([sys.executable, "-c", script, swtpm.address], cwd=ROOT, env=dict(os.environ), check=False)
    assert died.returncode == -9
    assert len(keys.load(keys.make()).sign(b"x")) == 64


def test_without_a_tpm_it_is_said_which_part_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal(TpmKeys(Tpm("swtpm:host=127.0.0.1,port=1"), is_vouched=lambda: True).make, "tpm_unreachable")
    refusal(TpmKeys(Tpm("nonsense:here"), is_vouched=lambda: True).make, "tpm_unreachable")
    refusal(TpmKeys(Tpm(""), is_vouched=lambda: True).make, "tpm_not_named")
    monkeypatch.setitem(sys.modules, "tpm2_pytss", None)
    refusal(TpmKeys(Tpm("device:/dev/tpmrm0"), is_vouched=lambda: True).make, "tpm_library_missing")


def test_every_trouble_is_said_in_both_languages() -> None:
    for code, words in KEY_WORDS.items():
        assert set(words) == {"en", "zh"}, code
        said = KeyTrouble(code, what="x")
        assert all(said.words("en"))
        assert all(said.words("zh"))
