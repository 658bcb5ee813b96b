"""A passkey pays at terminals that are processes of their own: pictures, no network, settled, and convicted.

The payer's phone is the authenticator of `tests.keys.soft_authenticator` behind the operator's real interface. The
operator's home was made without passkeys and takes them by a key set that its root keys signed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.operator_home import KEYS, SETTINGS, ensure_home
from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.software import SoftwareKey
from feiqian.links.http import OperatorClient
from feiqian.links.qr import draw_message, read_message
from feiqian.protocol import cose
from feiqian.protocol.allowance import Tier, allowance_id, allowance_ref, decode_allowance
from feiqian.protocol.cheque import LAYOUT, ChequeTerms, cheque_prefix
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.possession import Purpose, attestation_challenge, code_context, prove_possession
from feiqian.protocol.presentation import decode_asking
from feiqian.protocol.request import request_hash
from feiqian.protocol.trust_pack import decode_key_set, decode_trust_pack
from tests.keys.soft_authenticator import CHROMIUM_ADDS, UP, SoftAuthenticator

ORIGIN, RP_ID, DEPLOYMENT = "https://pay.example", "pay.example", "test"
TEA, BAR = "tea", "bar"
TAKEN_WITHIN_S = 60.0
FULL = 349
"""What one code holds."""


class PasskeyPhone:
    """A payer's phone whose key is in an authenticator. `added` and `flags` of it may be changed."""

    def __init__(self, url: str, enrolment_code: str) -> None:
        self.passkey = SoftAuthenticator(ORIGIN, RP_ID, high_s=True)
        account = SoftwareKey.generate()
        proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(enrolment_code))
        with OperatorClient(url) as stranger:
            found = stranger.enrol_device(enrolment_code=enrolment_code, account_key=account.public_key, proof=proof)
        self._url, self._token, self._device_id = url, found.token, found.device_id
        self._counter = self._cumulative_minor = 0

    def tops_up(self, amount_minor: int) -> None:
        """An allowance for the passkey, as the web wallet asks for it."""
        request_id = os.urandom(16)
        challenge = attestation_challenge(DEPLOYMENT, self._device_id, request_id)
        made, given = self.passkey.make(challenge, form="none"), self.passkey.get(challenge)
        parts = (*made, given.authenticator_data, given.client_data, given.signature)
        with OperatorClient(self._url, self._token) as client:
            issued = client.request_allowance(
                request_id=request_id,
                device_key=self.passkey.public_key,
                proof=None,
                amount_minor=amount_minor,
                evidence=write_evidence("packed", *parts),
            )
            pack = client.trust_pack()
        assert pack is not None
        self.raw = issued.raw
        grant = decode_allowance(issued.raw)
        assert grant.terms.tier == Tier.PASSKEY
        keys = decode_trust_pack(pack.raw).key_set.keys
        (issuer,) = [key for one in keys if (key := PublicKey(one.key)).key_id == grant.terms.issuer_key_id]
        self._allowance_id = allowance_id(grant, issuer, DEPLOYMENT)
        self._last = self._allowance_id

    def answers(self, asked: Path) -> bytes:
        """The cheque for the request in this picture, with its allowance."""
        request = decode_asking(read_message([asked])).request
        return self._signed(exact_minor=request.terms.exact_minor, request=request_hash(request.payload, DEPLOYMENT))

    def closes(self) -> None:
        """The closing cheque, handed in."""
        closing = self._signed(exact_minor=0)[len(self.raw) :]
        with OperatorClient(self._url, self._token) as client:
            client.close_allowance(ref=allowance_ref(self._allowance_id), closing_cheque=closing)

    def copied(self) -> PasskeyPhone:
        """A second one with the same key at the same counter: what an authenticator should never allow."""
        other = object.__new__(PasskeyPhone)
        other.__dict__.update(self.__dict__)
        return other

    def _signed(self, **terms: Any) -> bytes:
        self._counter += 1
        self._cumulative_minor += terms["exact_minor"]
        drawn = ChequeTerms(
            allowance_ref=allowance_ref(self._allowance_id),
            counter=self._counter,
            previous=self._last[:16],
            cumulative_minor=self._cumulative_minor,
            time=int(time.time()),
            holder_check=3,
            **terms,
        )
        payload = LAYOUT.encode_terms(drawn)
        self._last = cose.digest(cheque_prefix(self._allowance_id, DEPLOYMENT, Tier.PASSKEY), payload)
        return self.raw + cose.with_assertion(payload, self.passkey.get(self._last).assertion)


class Street:
    """Two stalls, an operator, and its root keys."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.shown = 0

    def enrol(self) -> None:
        stage = self.stage
        for who in (TEA, BAR):
            code = str(stage.must(OPERATOR, "operator", "enrol-payee", "--name", who)["enrolment_code"])
            stage.must(who, "terminal", "enrol", "--server", stage.url, "--code", code)
        payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Lin", "--fund", "900")
        self.phone = PasskeyPhone(stage.url, str(payer["enrolment_code"]))

    def new_policy(self, *options: str) -> Mapping[str, Any]:
        """A key set with this policy, signed by two root keys and published while the server runs."""
        stage, keys = self.stage, self.stage.home(OPERATOR) / KEYS
        self.shown += 1
        out = stage.folder / f"{self.shown}.proposal"
        proposed = stage.must(OPERATOR, "operator", "keys", "propose", *options, "--out", str(out))
        signatures = []
        for root in ("root-1.key", "root-2.key"):
            words = ("operator", "keys", "sign", str(out), "--root-key", str(keys / root))
            signed = stage.must("nowhere", *words, "--out", str(out.with_suffix(f".{root}")))
            assert signed["policy"] == proposed["policy"]
            signatures.append(str(signed["signature"]))
        stage.must(OPERATOR, "operator", "keys", "publish", str(out), *signatures)
        self._served(int(proposed["version"]))
        return proposed

    def ask(self, who: str, amount: str) -> Path:
        self.shown += 1
        asked = self.stage.picture(f"asked-{self.shown}")
        self.stage.must(who, "terminal", "request", amount, "--out", str(asked))
        return asked

    def take(self, who: str, shown: bytes) -> tuple[str, Mapping[str, Any]]:
        """What a stall says of a cheque in a picture: its grade or the refusal's code, and all that it printed."""
        self.shown += 1
        picture = self.stage.picture(f"paid-{self.shown}")
        draw_message(shown, picture)
        done = self.stage.act(who, "terminal", "accept", "--image", str(picture))
        return str(done.keys["grade"]) if done.ok else done.codes[0], done.keys

    def _served(self, version: int) -> None:
        until = time.monotonic() + TAKEN_WITHIN_S
        while True:
            with OperatorClient(self.stage.url) as client:
                pack = client.trust_pack()
            assert pack is not None
            if decode_trust_pack(pack.raw).key_set.version >= version:
                return
            assert time.monotonic() < until, "the server did not take the key set"
            time.sleep(0.2)


def balance(stage: Stage, who: str) -> int:
    """What the operator owes this payee, minor units."""
    (found,) = [one for one in stage.must(OPERATOR, "operator", "payees")["payees"] if one["name"] == who]
    return int(found["balance_minor"])


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    (tmp_path / "pictures").mkdir()
    with Stage(tmp_path, "en") as stage:
        home = stage.home(OPERATOR)
        ensure_home(home, deployment=DEPLOYMENT, currency="CNY")
        settings = json.loads((home / SETTINGS).read_text())
        (home / SETTINGS).write_text(json.dumps(settings | {"passkey_without_attestation": True}))
        stage.start_server()
        street = Street(stage)
        street.enrol()
        yield street
        stage.stop_server()


def test_passkeys_come_to_an_existing_home_pay_offline_settle_close_and_are_convicted(street: Street) -> None:
    stage, phone = street.stage, street.phone
    with pytest.raises(Exception, match="attestation_refused"):
        phone.tops_up(300_00)  # no key set says yet where passkeys may sign
    proposed = street.new_policy("--passkey-origin", ORIGIN)
    assert proposed["policy"] == [{"field": "passkey_origin", "currency": None, "before": None, "after": ORIGIN}]
    phone.tops_up(300_00)
    stage.must(TEA, "terminal", "sync")

    stage.stop_server()  # from here on nobody can ask anybody
    first = phone.answers(street.ask(TEA, "40.00"))
    assert len(first) <= FULL
    grade, said = street.take(TEA, first)
    assert (grade, said["tier"], said["amount_minor"]) == ("F2", "passkey", 40_00)
    phone.passkey.added = CHROMIUM_ADDS
    second = phone.answers(street.ask(TEA, "25.00"))
    assert len(second) <= FULL
    grade, said = street.take(TEA, second)
    assert (grade, said["amount_minor"]) == ("F2", 25_00)
    assert street.take(TEA, second)[0] == "F2", "the same bytes again get the same receipt"

    twin = phone.copied()
    good = phone.answers(street.ask(TEA, "10.00"))
    assert street.take(TEA, good[:-1] + bytes((good[-1] ^ 1,)))[0] == "device_signature_invalid"
    phone.passkey.flags = UP
    unseen = phone.copied().answers(street.ask(TEA, "10.00"))
    assert street.take(TEA, unseen)[0] == "holder_check_mismatch"
    phone.passkey.flags = UP | 0x04
    assert street.take(TEA, good)[0] == "F2"

    stage.start_server()
    assert street.take(BAR, twin.answers(street.ask(BAR, "10.00")))[0] == "passkey_not_served"  # it has not heard of it
    stage.must(BAR, "terminal", "sync")
    assert street.take(BAR, twin.answers(street.ask(BAR, "15.00")))[0] == "F2"  # a copy: nobody can know yet
    for who in (TEA, BAR):
        synced = stage.must(who, "terminal", "sync")
        assert synced["failures"] == []
    assert (balance(stage, TEA), balance(stage, BAR)) == (75_00, 15_00)
    found = stage.must(OPERATOR, "operator", "forks", "--out", str(stage.folder / "proofs"))
    (fork,) = found["forks"]
    words = ("verify", "fork", str(fork["file"]), "--trust", str(found["trust_file"]))
    verdict = stage.must("nowhere", *words)
    assert (verdict["convicted"], verdict["party"]) == (True, "device")
    proof = Path(str(fork["file"]))
    forged = bytearray(proof.read_bytes())
    forged[-1] ^= 1
    proof.write_bytes(forged)
    refused = stage.act("nowhere", *words)
    assert (refused.keys["convicted"], refused.codes) == (False, ("device_signature_invalid",))
    books = stage.must(OPERATOR, "ledger", "verify")
    assert (books["sums"], books["mismatches"]) == ({"CNY": 0}, [])


def test_a_closing_cheque_by_passkey_is_taken_and_frees_nothing_before_d(street: Street) -> None:
    stage, phone = street.stage, street.phone
    street.new_policy("--passkey-origin", ORIGIN)
    phone.tops_up(300_00)
    stage.must(TEA, "terminal", "sync")
    assert street.take(TEA, phone.answers(street.ask(TEA, "40.00")))[0] == "F2"
    phone.passkey.added = CHROMIUM_ADDS
    phone.closes()
    (payer,) = stage.must(OPERATOR, "operator", "payers")["payers"]
    assert (payer["free_minor"], payer["reserved_minor"]) == (600_00, 300_00)
    stage.must(TEA, "terminal", "sync")
    after = phone.answers(street.ask(TEA, "10.00"))
    assert street.take(TEA, after)[0] == "allowance_suspended"
    assert balance(stage, TEA) == 40_00


def test_a_policy_of_an_existing_home_changes_by_key_set_and_only_forward(street: Street) -> None:
    stage = street.stage
    payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Ming", "--fund", "900")
    stage.must("ming", "wallet", "enrol", "--server", stage.url, "--code", str(payer["enrolment_code"]))
    stage.must("ming", "wallet", "top-up", "600")

    def one_way(amount: str) -> tuple[str, ...]:
        shown = stage.picture("code")
        shown.unlink(missing_ok=True)
        drawn = stage.act("ming", "wallet", "pay", "--code", amount, "--yes", "--out", str(shown))
        if not drawn.ok:
            return drawn.codes
        taken = stage.act(TEA, "terminal", "take-code", amount, "--image", str(shown), "--at-own-risk")
        return () if taken.ok else taken.codes

    assert one_way("20") == ()
    old = stage.must(TEA, "terminal", "trust", "show", "--out", str(stage.picture("old-pack")))["pictures"]
    street.new_policy("--one-way-cap", "10", "--guarantee-cap", "100")
    assert one_way("20") == (), "who has not synced keeps what it holds"
    waiting = street.ask(TEA, "150.00")
    paid = stage.picture("before")
    stage.must("ming", "wallet", "pay", "--request-image", str(waiting), "--yes", "--out", str(paid))
    assert stage.must(TEA, "terminal", "accept", "--image", str(paid))["grade"] == "F2"
    stage.must(TEA, "terminal", "sync")  # settles by the policy that the terminal held
    assert one_way("20") == ("over_one_way_cap",), "the wallet still thinks so, the terminal does not"
    stage.must("ming", "wallet", "sync")
    assert one_way("20") == ("over_one_way",)
    assert one_way("5") == ()
    asked = street.ask(TEA, "110.00")
    stage.must("ming", "wallet", "pay", "--request-image", str(asked), "--yes", "--out", str(paid))
    assert stage.act(TEA, "terminal", "accept", "--image", str(paid)).keys.get("grade") != "F2"
    refused = stage.act(TEA, "terminal", "trust", "take", "--image", *old)
    assert not refused.ok, "an older key set never comes back"
    key_set = decode_key_set((stage.home(OPERATOR) / KEYS / "key-set.cbor").read_bytes())
    assert key_set.version == 2
    assert balance(stage, TEA) == 150_00
