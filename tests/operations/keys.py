"""The drill of docs/operations/keys.md: an issuer key is stolen, an online key is stolen, a root key is lost.

    python -m tests.operations.keys [--json]

The server runs all the time, in two processes, and terminals send it batches while its keys change. Devices are the
product's own commands, each a process. What the thief does is done with the stolen file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.home_keys import held_keys, read_key_set
from feiqian.cli.operator_home import ISSUER_KEY, KEYS, read_key
from feiqian.issuer.key_life import signing_key
from feiqian.keys.software import SoftwareKey
from feiqian.links.qr import draw_message, read_message
from feiqian.protocol.allowance import AllowanceTerms, allowance_id, allowance_ref, decode_allowance, issue_allowance
from feiqian.protocol.cheque import ChequeTerms, draw_cheque
from feiqian.protocol.keys import PublicKey, Signer, key_id_of
from feiqian.protocol.limits import PREVIOUS_BYTES, REF_BYTES
from feiqian.protocol.presentation import decode_asking
from feiqian.protocol.request import request_hash
from feiqian.protocol.trust_pack import KeyRole, decode_key_set, decode_trust_pack, encode_trust_pack, sign_index
from tests.faults.soak_ground import Ground
from tests.operations.drill import Drill, main, traffic, verified

ROUNDS: Final = 4
TAKEN_WITHIN_S: Final = 60.0
FAR_AHEAD: Final = 2**31
CAFE, BAR, LIN, THIEF = "cafe", "bar", "lin", "thief"


class Scene(Stage):
    """Devices beside a served ground."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        super().__init__(folder, "en")
        self._ground = ground
        (folder / "pictures").mkdir()

    def home(self, who: str) -> Path:
        return self._ground.home if who == OPERATOR else self.folder / who

    def enrol(self) -> None:
        self.url = self._ground.service.url
        for payee in (CAFE, BAR):
            code = str(self.must(OPERATOR, "operator", "enrol-payee", "--name", payee)["enrolment_code"])
            self.must(payee, "terminal", "enrol", "--server", self.url, "--code", code)
            self.must(payee, "terminal", "sync")
        code = str(self.must(OPERATOR, "operator", "enrol-payer", "--name", LIN, "--fund", "900.00")["enrolment_code"])
        self.must(LIN, "wallet", "enrol", "--server", self.url, "--code", code)
        self.must(LIN, "wallet", "top-up", "200")

    def ask(self, payee: str, name: str) -> Path:
        self.must(payee, "terminal", "request", "20.00", "--out", str(self.picture(name)))
        return self.picture(name)

    def pay(self, payee: str, name: str) -> Mapping[str, Any]:
        """A payment with no network; what the terminal said."""
        asked, paid = self.ask(payee, f"{name}-asked"), self.picture(f"{name}-paid")
        self.must(LIN, "wallet", "pay", "--request-image", str(asked), "--yes", "--out", str(paid))
        return self.must(
            payee, "terminal", "accept", "--image", str(paid), "--out", str(self.picture(f"{name}-receipt"))
        )

    def refused(self, who: str, *words: str) -> tuple[str, ...]:
        act = self.act(who, *words)
        return () if act.ok else act.codes


def walk(drill: Drill) -> None:
    """All three emergencies, one after the other, on one home."""
    folder = drill.folder / "keys"
    folder.mkdir()
    ground = Ground(folder, "sqlite", ROUNDS, "keys", 1, tills=2, batch=5)
    try:
        ground.service.start()
        with Scene(ground, folder) as scene:
            scene.enrol()
            workers = ground.service.workers()
            _issuer_key_stolen(drill, ground, scene)
            _online_key_stolen(drill, ground, scene)
            _root_key_lost(drill, ground, scene)
            drill.must(ground.service.workers() == workers, "a process of the server ended")
        held = ground.held()
        drill.must((held.lost, held.twice, held.refused) == (0, 0, 0), f"payments are not right: {held}")
        postings, leaves = verified(drill, ground, "at the end")
        drill.found(
            f"the same processes served all the time; {postings} postings and {leaves} log entries hold",
            refused_under_rotation=held.refused,
            lost=held.lost,
            paid_twice=held.twice,
        )
    finally:
        ground.service.end_by_force()


def _issuer_key_stolen(drill: Drill, ground: Ground, scene: Scene) -> None:
    drill.step("the issuer's key is copied; the thief makes itself an allowance that the operator never issued")
    stolen = read_key(ground.home, ISSUER_KEY)
    before = scene.picture("thief-before")
    draw_message(_forged(stolen, scene.ask(CAFE, "thief-asked")), before)
    drill.must(
        scene.act(CAFE, "terminal", "accept", "--image", str(before)).ok, "nobody could know yet, but it was refused"
    )
    drill.step("an honest payment at a terminal that has not heard of it, and will not before it is settled")
    scene.pay(BAR, "honest")

    drill.step("feiqian operator keys revoke issuer; two root keys sign; published while terminals send batches")
    with traffic(ground):
        publish(scene, ground, "revoke", "issuer", key_id_of(stolen.public_key).hex())
        await_pack(drill, scene, ground)
    codes = scene.act(CAFE, "terminal", "sync").codes
    drill.must("key_retired" not in codes, f"the café's terminal could not sync: {codes}")
    after = scene.picture("thief-after")
    draw_message(_forged(stolen, scene.ask(CAFE, "thief-again")), after)
    refused = scene.refused(CAFE, "terminal", "accept", "--image", str(after))
    drill.must(refused == ("key_retired",), f"what the thief signs: {refused}")
    drill.found("what the stolen key signs is refused by every device that has synced", thief_refused=True)

    told = scene.must(BAR, "terminal", "sync")
    paid = scene.must(BAR, "terminal", "totals")
    drill.must(_settled(told) >= 1, f"the honest payment of before was not settled: {told} {paid}")
    drill.found("an honest payment that was accepted before is settled by the issuer's own books", honest_settled=True)

    scene.must(LIN, "wallet", "sync")
    drill.must(bool(scene.refused(LIN, "wallet", "pay", "--code", "5.00", "--yes")), "the old allowance still pays")
    scene.must(LIN, "wallet", "top-up", "200")
    scene.pay(CAFE, "replaced")
    drill.found("the honest payer's allowance is replaced by one of the new key, and pays", honest_replaced=True)


def _online_key_stolen(drill: Drill, ground: Ground, scene: Scene) -> None:
    drill.step("the online key is copied; the thief gives the wallet an index with a number far ahead")
    pack, online = _pack_held(scene), _signing(ground, KeyRole.ONLINE)
    decoded = decode_trust_pack(pack)
    far = sign_index(
        online,
        "test",
        version=FAR_AHEAD,
        issued_at=int(time.time()),
        key_set_version=decoded.key_set.version,
        key_set_hash=hashlib.sha256(decoded.key_set.payload).digest(),
        lists=decoded.index.lists,
    )
    poisoned = scene.folder / "poisoned.pack"
    poisoned.write_bytes(encode_trust_pack(decoded.key_set.payload, decoded.root_signatures, far, decoded.lists))
    scene.must(LIN, "wallet", "trust", "take", "--file", str(poisoned))
    stuck = scene.act(LIN, "wallet", "sync").codes
    drill.must("version_rollback" in stuck, f"the wallet took an older index: {stuck}")
    with traffic(ground):
        publish(scene, ground, "revoke", "online", key_id_of(online.public_key).hex())
        await_pack(drill, scene, ground)
    synced = scene.act(LIN, "wallet", "sync")
    drill.must(synced.ok, f"the wallet did not heal: {synced.codes}")
    drill.found("a wallet whose index number was driven far ahead heals with the next online key", healed=True)

    shown = scene.must(LIN, "wallet", "trust", "show", "--out", str(scene.picture("pack")))
    taken = scene.must(CAFE, "terminal", "trust", "take", "--image", *shown["pictures"])
    drill.must(bool(taken["newer"]), "the terminal learnt nothing from the wallet's codes")
    drill.must(
        "version_rollback" in scene.refused(CAFE, "terminal", "trust", "take", "--file", str(poisoned)),
        "the poisoned pack was taken",
    )
    drill.found(
        f"the wallet showed the new pack in {len(shown['pictures'])} codes to a terminal with no network",
        handed_over_offline=True,
    )


def _root_key_lost(drill: Drill, ground: Ground, scene: Scene) -> None:
    drill.step("one root key of three is lost; another takes its place, signed by the two that are left")
    keys = ground.home / KEYS
    (keys / "root-3.key").unlink()
    made = scene.must(OPERATOR, "operator", "keys", "new-root", "--out", str(scene.folder / "root-4.key"))
    roots = [read_key(ground.home, "root-1.key").public_key.hex(), read_key(ground.home, "root-2.key").public_key.hex()]
    words = [word for root in (*roots, made["root"]) for word in ("--root", root)]
    publish(scene, ground, "roots", *words, "--threshold", "2")
    await_pack(drill, scene, ground)
    drill.must(scene.act(LIN, "wallet", "sync").ok, "the wallet did not follow to the new root keys")
    with traffic(ground):
        publish(scene, ground, "renew", signers=(keys / "root-1.key", scene.folder / "root-4.key"))
        await_pack(drill, scene, ground)
    drill.must(scene.act(LIN, "wallet", "sync").ok, "the wallet did not believe the new root key")
    alone = _propose(scene, "renew")
    signed = _sign(scene, alone, scene.folder / "root-4.key")
    refused = scene.refused(OPERATOR, "operator", "keys", "publish", str(alone), str(signed))
    drill.must(refused == ("signatures_missing",), f"one root key alone published: {refused}")
    drill.found("a lost root key is replaced; one root key alone publishes nothing", root_replaced=True)


def publish(scene: Scene, ground: Ground, *change: str, signers: tuple[Path, ...] = ()) -> None:
    """From the proposal to the key set in force, as three people in two places do it."""
    proposal = _propose(scene, *change)
    signers = signers or tuple(ground.home / KEYS / name for name in ("root-1.key", "root-2.key"))
    signatures = [str(_sign(scene, proposal, root)) for root in signers]
    scene.must(OPERATOR, "operator", "keys", "publish", str(proposal), *signatures)


def _propose(scene: Scene, *change: str) -> Path:
    out = scene.folder / f"{time.time_ns()}.proposal"
    scene.must(OPERATOR, "operator", "keys", *change, "--out", str(out))
    return out


def _sign(scene: Scene, proposal: Path, root: Path) -> Path:
    out = proposal.with_suffix(f".{root.stem}.signature")
    scene.must("nowhere", "operator", "keys", "sign", str(proposal), "--root-key", str(root), "--out", str(out))
    return out


def await_pack(drill: Drill, scene: Scene, ground: Ground) -> None:
    """Until every process of the running server serves the key set in force."""
    wanted, until = decode_key_set(read_key_set(ground.home)[0]).version, time.monotonic() + TAKEN_WITHIN_S
    while True:
        time.sleep(0.3)
        found = {_version_served(scene.url) for _ in range(12)}  # each on a connection of its own: whoever is free
        if found == {wanted}:
            return
        drill.must(time.monotonic() < until, f"the server serves {found}, not {wanted}")


def _version_served(url: str) -> int:
    with httpx.Client(trust_env=False) as client:
        return decode_trust_pack(client.get(f"{url}/v1/trust-pack").content).key_set.version


def _forged(issuer: Signer, asked: Path) -> bytes:
    """An allowance under the stolen key, and a cheque on it that answers a request."""
    device, now = SoftwareKey.generate(), int(time.time())
    request = decode_asking(read_message([asked])).request
    raw = issue_allowance(
        issuer,
        "test",
        AllowanceTerms(
            issuer_key_id=key_id_of(issuer.public_key),
            device_key=device.public_key,
            pseudonym=os.urandom(REF_BYTES),
            currency="CNY",
            amount_minor=100_00,
            per_payment_minor=100_00,
            count_limit=5,
            not_before=now - 60,
            expires_at=now + 3600,
            status_index=7,
            tier=1,
            holder_check_above_minor=50_00,
        ),
    )
    full_id = allowance_id(decode_allowance(raw), PublicKey(issuer.public_key), "test")
    amount_minor = request.terms.exact_minor or 0
    cheque = draw_cheque(
        device,
        full_id,
        "test",
        ChequeTerms(
            allowance_ref=allowance_ref(full_id),
            counter=1,
            previous=full_id[:PREVIOUS_BYTES],
            cumulative_minor=amount_minor,
            time=now,
            holder_check=1,
            exact_minor=amount_minor,
            request=request_hash(request.payload, "test"),
        ),
    )
    return raw + cheque


def _signing(ground: Ground, role: KeyRole) -> Signer:
    held = held_keys(ground.home)
    key = signing_key(decode_key_set(read_key_set(ground.home)[0]), role, held, int(time.time()))
    assert key is not None
    return held[key.key]


def _pack_held(scene: Scene) -> bytes:
    path = scene.folder / f"{time.time_ns()}.pack"
    scene.must(LIN, "wallet", "trust", "show", "--file", str(path))
    return path.read_bytes()


def _settled(told: Mapping[str, Any]) -> int:
    return sum(one["state"] in ("settled", "final") or one.get("grade") == "F3" for one in told["payments"])


if __name__ == "__main__":
    sys.exit(main("keys", walk, sys.argv[1:]))
