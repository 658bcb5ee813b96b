"""The audit log as payers, payees, witnesses and the operator meet it: real processes, files, and a log rewritten."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.audit.checkpoint import LogTrust, check_growth, decode_checkpoint, verify_checkpoint
from feiqian.audit.evidence import decode_evidence
from feiqian.audit.leaf import LeafKind
from feiqian.audit.limits import SALT_BYTES
from feiqian.audit.note import cosign_note, decode_note
from feiqian.audit.note_key import NoteKey, SignatureType, SoftwareNoteKey, decode_secret_key
from feiqian.audit.proof import check_proof
from feiqian.cli.audit_held import read_held
from feiqian.cli.log_key import log_origin, read_log_key
from feiqian.cli.operator_home import read_settings
from feiqian.keys.software import SoftwareKey
from feiqian.links.http_spelling import read_bytes, spell_bytes
from feiqian.server.audit_log import ROUND_EVERY_S, AuditLog
from feiqian.storage.audit_schema import AUDIT_IMMUTABLE
from feiqian.storage.operator_store import OperatorStore
from tests.audit import test_go as go
from tests.server.operators import Command, Served, assert_problem, bearer
from tests.server.test_serve import FEIQIAN, START_S, serving

WAIT_S = 20.0


def wait_for(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it gives something: the sequencer needs its tenth of a second."""
    last = time.monotonic() + WAIT_S
    while time.monotonic() < last:
        found = condition()
        if found:
            return found
        time.sleep(ROUND_EVERY_S / 2)
    raise AssertionError("it never came")


def audited(feiqian: Command, home: Path) -> Any:
    """What `audit verify` says of a home without differences."""
    status, told = feiqian("audit", "verify", home=home)
    assert (status, told["bad"], told["inclusion_ok"], told["consistency_ok"]) == (0, [], True, True), told
    return told


# --- over HTTP ---


def sizes(office: Served) -> int:
    note = office.client.get("/v1/audit/checkpoint").json()["checkpoint"]
    return int(note.split("\n")[1])


def settled_size(office: Served) -> int:
    """The size of the log once nothing waits any more."""

    def quiet() -> int:
        with office.operator.issuer.store.read() as reading:
            waiting = reading.queued(1)  # type: ignore[attr-defined]  # the operator's store is also the log's
        return 0 if waiting else sizes(office)

    return int(wait_for(quiet))


def test_an_act_is_in_the_log_within_a_moment_and_its_owner_can_prove_it(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=500_00)
    bound = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
    token, request_id = bearer(bound["token"]), os.urandom(16)
    wish = office.allowance_wish(bound, SoftwareKey.generate(), request_id)
    issued = office.post("/v1/allowances", wish | {"amount_minor": 100_00}, token).json()
    begun = time.monotonic()
    path = f"/v1/audit/proof/allowance/{issued['ref']}"
    proof = wait_for(lambda: (got := office.client.get(path, headers=token)).status_code == 200 and got.json())
    assert time.monotonic() - begun < 5
    told = check_proof(proof["proof"].encode(), read_bytes(proof["evidence"]), trust_of(office))
    assert (told.leaf.kind, told.leaf.subject) == (LeafKind.ALLOWANCE, read_bytes(issued["ref"]))
    for own in (payer["payer_id"], bound["device_id"]):
        got = office.client.get(f"/v1/audit/proof/enrolment/{own}", headers=token)
        assert got.status_code == 200
        evidence = read_bytes(got.json()["evidence"])
        assert check_proof(got.json()["proof"].encode(), evidence, trust_of(office)).leaf.kind is LeafKind.ENROLMENT
        assert decode_evidence(evidence[SALT_BYTES:])


def trust_of(office: Served) -> Any:
    return LogTrust(log_keys=(office.operator.audit.key,))


def test_what_is_anothers_is_not_told(office: Served) -> None:
    alice = office.enrol_payer(fund_minor=500_00)
    bob = office.enrol_payer(key="payer-key-0000002")
    mine = bearer(office.bind_device(bob["enrolment_code"], SoftwareKey.generate()).json()["token"])
    settled_size(office)
    for kind in ("enrolment", "allowance", "batch", "fork"):
        got = office.client.get(f"/v1/audit/proof/{kind}/{alice['payer_id']}", headers=mine)
        assert_problem(got, 404, "leaf_unknown")
    path = f"/v1/audit/proof/enrolment/{alice['payer_id']}"
    assert_problem(office.client.get(path), 401, "not_signed_in")
    assert_problem(office.client.get(path, headers=office.admin), 401, "not_signed_in")
    path = f"/v1/audit/proof/funding/{alice['payer_id']}"
    assert_problem(office.client.get(path, headers=mine), 422, "field_invalid")


def test_growth_is_proved_between_any_two_signed_states(office: Served) -> None:
    states = []
    for number in range(4):
        office.enrol_payer(key=f"payer-key-00000{number:02d}")
        settled_size(office)
        states.append(office.client.get("/v1/audit/checkpoint").json()["checkpoint"].encode())
    known = [verify_checkpoint(state, trust_of(office)).checkpoint for state in states]
    for old in known:
        for new in known:
            got = office.client.get(f"/v1/audit/consistency?from={old.size}&to={new.size}")
            if old.size > new.size:
                assert_problem(got, 404, "log_state_unknown")
                continue
            path = [read_bytes(one) for one in got.json()["path"]]
            check_growth(old, new, path)
    newest = office.client.get("/v1/audit/consistency?from=0").json()
    assert newest["path"] == []
    assert_problem(office.client.get(f"/v1/audit/consistency?from={known[-1].size + 1}"), 404, "log_state_unknown")
    assert_problem(office.client.get("/v1/audit/consistency?from=-1"), 422, "field_invalid")
    assert_problem(office.client.get("/v1/audit/consistency"), 422, "field_invalid")


def test_only_trusted_witnesses_are_heard(office: Served) -> None:
    office.enrol_payer()
    size = settled_size(office)
    text = decode_note(office.client.get("/v1/audit/checkpoint").json()["checkpoint"].encode()).text
    assert decode_checkpoint(text).size == size
    secret = SoftwareNoteKey(b"w" * 32)
    key = NoteKey(name="witness.example", type=SignatureType.COSIGNATURE, public_key=secret.public_key)
    line = cosign_note(text, key.name, secret, 1_900_000_000).line.decode()
    assert_problem(office.post("/v1/audit/witness", {"size": size, "line": line}), 422, "audit_unsigned")
    assert_problem(office.post("/v1/audit/witnesses", {"key": key.text}), 401, "not_signed_in")
    log_key = office.operator.audit.key.text
    assert_problem(office.post("/v1/audit/witnesses", {"key": log_key}, office.admin), 422, "audit_key_malformed")
    for added in (True, False):
        assert office.post("/v1/audit/witnesses", {"key": key.text}, office.admin).json()["added"] is added
    for _ in range(2):
        got = office.post("/v1/audit/witness", {"size": size, "line": line})
        assert (got.status_code, got.json()["checkpoint"].count("\n— ")) == (200, 2)
    other = cosign_note(text.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1)), key.name, secret, 1).line.decode()
    refused = [(other, "audit_signature_invalid"), ("x", "audit_note_malformed"), (line * 2, "audit_note_malformed")]
    for wrong, code in refused:
        assert_problem(office.post("/v1/audit/witness", {"size": size, "line": wrong}), 422, code)
    assert_problem(office.post("/v1/audit/witness", {"size": 999, "line": line}), 404, "log_state_unknown")


# --- with commands ---


@dataclass(frozen=True)
class Shop:
    """A served operator, a payer's and a payee's home, all of real processes or commands."""

    operator: Path
    wallet: Path
    till: Path
    url: str
    pin: Path
    run: Command
    process: subprocess.Popen[str]

    def device(self, *words: str, home: Path) -> Any:
        status, told = self.run(*words, "--pin-file", str(self.pin), home=home)
        return status, told


@contextmanager
def shop(folder: Path, feiqian: Command) -> Iterator[Shop]:
    """One payment was made, accepted and settled."""
    operator, wallet, till, pin = (folder / name for name in ("operator", "wallet", "till", "pin"))
    for home in (wallet, till):
        home.mkdir()
    pin.write_text("839275")
    with serving(operator) as (process, line):
        one = Shop(operator, wallet, till, line["url"], pin, feiqian, process)
        payer = feiqian("operator", "enrol-payer", "--name", "Alice", "--fund", "500", home=operator)[1]
        payee = feiqian("operator", "enrol-payee", "--name", "Tea House", home=operator)[1]
        enrol(one, "wallet", wallet, payer["enrolment_code"])
        enrol(one, "terminal", till, payee["enrolment_code"])
        assert one.device("wallet", "top-up", "200", home=wallet)[0] == 0
        asked = one.device("terminal", "request", "12.50", home=till)[1]
        paid = one.device("wallet", "pay", "--yes", "--request-image", asked["pictures"][0], home=wallet)[1]
        assert one.device("terminal", "accept", "--image", paid["pictures"][0], home=till)[0] == 0
        synced = one.device("terminal", "sync", home=till)[1]
        assert synced["settled"] == 1
        yield one


def enrol(one: Shop, role: str, home: Path, code: str) -> None:
    status, told = one.device(role, "enrol", "--server", one.url, "--code", code, home=home)
    assert status == 0, told["failures"]


def test_payer_and_payee_prove_their_own_and_anybody_checks_it_offline(tmp_path: Path, feiqian: Command) -> None:
    with shop(tmp_path, feiqian) as one:
        status, batch = one.device("terminal", "audit-proof", home=one.till)
        assert (status, batch["kind"], batch["witnessed"]) == (0, "batch", 0), batch
        status, allowance = one.device("wallet", "audit-proof", home=one.wallet)
        assert (status, allowance["kind"]) == (0, "allowance"), allowance
        again = one.device("terminal", "audit-proof", batch["subject"], home=one.till)
        assert again[0] == 0
        status, told = one.device("terminal", "audit-proof", "00" * 16, home=one.till)
        assert (status, told["failures"][0]["code"]) == (1, "nothing_to_prove")
        audited(feiqian, one.operator)
        one.process.kill()
    nobody = tmp_path / "nobody"
    for proof in (batch, allowance):
        words = ("audit", "verify", proof["proof"], "--trust", proof["log"])
        status, told = feiqian(*words, home=nobody)
        assert (status, told["inclusion_ok"], told["evidence_checked"], told["kind"]) == (0, True, True, proof["kind"])
        assert (told["root"], told["tree_size"], told["bad"]) == (proof["root"], proof["tree_size"], [])
    evidence = Path(batch["evidence"])
    whole = evidence.read_bytes()
    evidence.write_bytes(whole[:-1] + bytes((whole[-1] ^ 1,)))
    status, told = feiqian("audit", "verify", batch["proof"], "--trust", batch["log"], home=nobody)
    assert (status, told["inclusion_ok"], told["failures"][0]["code"]) == (1, False, "audit_evidence_mismatch")
    status, told = feiqian("audit", "verify", batch["proof"], home=nobody)
    assert (status, told["failures"][0]["code"]) == (1, "trust_needed")
    assert not nobody.exists()


def test_a_witness_cosigns_what_grew(tmp_path: Path, feiqian: Command) -> None:
    key = tmp_path / "witness.key"
    with shop(tmp_path, feiqian) as one:
        words = ("audit", "witness", "--from", one.url, "--key", str(key))
        status, told = feiqian(*words, home=tmp_path)
        assert (status, told["failures"][0]["code"]) == (1, "witness_key_missing")
        status, told = feiqian(*words, "--name", "witness.example", home=tmp_path)
        assert (status, told["failures"][0]["code"]) == (1, "audit_unsigned")  # the operator does not know it yet
        assert key.stat().st_mode & 0o777 == 0o600
        public = read_witness(key).text
        assert feiqian("operator", "witness", "add", public, home=one.operator)[1]["added"] is True
        time.sleep(3 * ROUND_EVERY_S)
        status, first = feiqian(*words, home=tmp_path)
        assert (status, first["cosigned"], first["witness"]) == (0, True, "witness.example")
        assert feiqian("operator", "fund", "pool", "20", home=one.operator)[0] == 0
        proof = one.device("terminal", "audit-proof", home=one.till)[1]
        assert (proof["witnessed"], proof["tree_size"]) == (1, first["tree_size"])
        wait_for(lambda: feiqian(*words, home=tmp_path)[1]["seen_size"] > first["tree_size"])
        assert audited(feiqian, one.operator)["witnessed"] == 1
    trust = json.loads(Path(proof["log"]).read_text())
    for needed, wanted in ((1, None), (2, "log_trust_unreadable")):
        strict = tmp_path / f"trust-{needed}.json"
        strict.write_text(json.dumps(trust | {"witness_keys": [public], "witnesses_needed": needed}))
        status, told = feiqian("audit", "verify", proof["proof"], "--trust", str(strict), home=tmp_path)
        assert (told["failures"][0]["code"] if status else None) == wanted


def read_witness(path: Path) -> NoteKey:
    return decode_secret_key(path.read_text().strip())[0]


def rewrite(home: Path) -> None:
    """An insider rewrites everything consistently: another day in the books, and a log made anew around it."""
    with closing(sqlite3.connect(home / "operator.db", isolation_level=None)) as books:
        tables = (*AUDIT_IMMUTABLE, "audit_queue")
        triggers = books.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        dropped = [(name, sql) for name, table, sql in triggers if table in tables]
        for name, _ in dropped:
            books.execute(f"DROP TRIGGER {name}")
        books.execute("UPDATE payers SET created_at = created_at - 86400")
        for table in ("cosignatures", "checkpoints", "audit_leaves", "audit_nodes", "audit_queue"):
            books.execute(f"DELETE FROM {table}")  # noqa: S608
        for _, sql in dropped:
            books.execute(sql)
    with OperatorStore.open(home / "operator.db") as store:
        log = AuditLog(
            store=store, signer=read_log_key(home), origin=log_origin(read_settings(home)), clock=lambda: 1_900_000_000
        )
        while log.append_queued():
            pass


def test_a_log_that_was_rewritten_as_a_whole_is_found_by_whoever_saw_it(tmp_path: Path, feiqian: Command) -> None:
    key = tmp_path / "witness.key"
    with shop(tmp_path, feiqian) as one:
        assert one.device("terminal", "audit-proof", home=one.till)[0] == 0
        witness = ("audit", "witness", "--key", str(key), "--name", "witness.example")
        feiqian(*witness, "--from", one.url, home=tmp_path)
        held = {path: path.read_bytes() for path in (one.till / "terminal-audit-log.json", Path(f"{key}.seen"))}
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(20) == 0
    rewrite(one.operator)
    audited(feiqian, one.operator)  # in itself it is sound: nobody who never looked can tell
    assert feiqian("ledger", "verify", home=one.operator)[0] == 0
    port = one.url.rpartition(":")[2]
    with serving(one.operator, "--port", port):
        for grown in (False, True):
            status, told = one.device("terminal", "audit-proof", home=one.till)
            assert status == 1
            codes = {"audit_consistency_invalid", "log_state_unknown"} if grown else {"audit_rolled_back"}
            assert told["failures"][0]["code"] in codes
            status, told = feiqian(*witness, "--from", one.url, home=tmp_path)
            assert (status, told["failures"][0]["code"] in codes) == (1, True), told
            assert {path: path.read_bytes() for path in held} == held
            if not grown:
                grow_past(one, feiqian, held)


def grow_past(one: Shop, feiqian: Command, held: dict[Path, bytes]) -> None:
    """The rewritten log goes on until it is longer than what was seen of the true one."""
    seen = max(state.size for path in held if (state := read_held(path).state) is not None)
    for number in range(seen + 3):
        assert feiqian("operator", "fund", "pool", "1", "--key", f"grow-{number:020d}", home=one.operator)[0] == 0
        if log_size(one.url) > seen:
            return


def log_size(url: str) -> int:
    note = httpx.get(f"{url}/v1/audit/checkpoint", trust_env=False).json()["checkpoint"]
    return int(note.split("\n")[1])


POINTS = ["audit.append:before-commit", "audit.append:after-commit", "issuer.fund:after-commit"]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_between_an_act_and_its_place_in_the_log_loses_no_leaf(
    tmp_path: Path, feiqian: Command, point: str
) -> None:
    home = tmp_path / "home"
    with serving(home):
        assert feiqian("operator", "enrol-payer", "--name", "Alice", home=home)[0] == 0
    before = audited(feiqian, home)["tree_size"]
    environment = os.environ | {"FEIQIAN_CRASH_AT": point}
    with subprocess.Popen(
        [*FEIQIAN, "serve", "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline():  # else it was killed before it was ready, by what the last one had left
            feiqian("operator", "fund", "pool", "5", "--key", "k" * 20, home=home)
        assert process.wait(START_S) == -signal.SIGKILL
    told = audited(feiqian, home)  # what waits counts as well
    assert told["tree_size"] >= before
    with serving(home) as (_, line):
        assert feiqian("operator", "fund", "pool", "5", "--key", "k" * 20, home=home)[1]["pool_minor"] == 500
        wait_for(lambda: log_size(line["url"]) > before)
        wait_for(lambda: waiting(home) == 0)
    after = audited(feiqian, home)
    assert after["tree_size"] == after["leaves_checked"] > before
    assert fundings_in_log(home) == 1


def waiting(home: Path) -> int:
    return count(home, "SELECT count(*) FROM audit_queue")


def fundings_in_log(home: Path) -> int:
    return count(home, f"SELECT count(*) FROM audit_leaves WHERE kind = {int(LeafKind.FUNDING)}")  # noqa: S608


def count(home: Path, query: str) -> int:
    with closing(sqlite3.connect(home / "operator.db")) as books:
        return int(books.execute(query).fetchone()[0])


def test_a_home_older_than_the_log_gets_a_key_and_one_that_signed_must_have_it(
    tmp_path: Path, feiqian: Command
) -> None:
    home = tmp_path / "home"
    with serving(home):
        pass
    books = home / "operator.db"
    log_key = home / "keys" / "log.key"
    log_key.unlink()
    with serving(home) as (_, line):
        assert feiqian("operator", "enrol-payer", "--name", "Alice", home=home)[0] == 0
        wait_for(lambda: log_size(line["url"]))
    assert log_key.stat().st_mode & 0o777 == 0o600
    log_key.unlink()
    status, told = feiqian("serve", "--port", "0", home=home)
    assert (status, told["failures"][0]["code"]) == (1, "home_damaged")
    assert "log.key" in told["failures"][0]["message"]
    assert books.exists()
    assert not log_key.exists()


def test_one_changed_name_is_found(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home):
        payer = feiqian("operator", "enrol-payer", "--name", "Alice", home=home)[1]
    with closing(sqlite3.connect(home / "operator.db", isolation_level=None)) as books:
        books.execute("UPDATE payers SET name = x'4d616c6c6f7279'")
    status, told = feiqian("audit", "verify", home=home)
    (bad,) = told["bad"]
    assert (status, told["inclusion_ok"], told["failures"][0]["code"]) == (1, False, "log_differs")
    assert bad == {"table": "payers", "id": payer["payer_id"], "why": "not the row that its leaf is about"}
    assert spell_bytes(bytes.fromhex(bad["id"]))


@pytest.mark.oracle
@go.pytestmark[1]
def test_go_takes_a_proof_that_the_server_made(office: Served) -> None:
    """Go's sumdb (tlog, note) checks a proof file and a growth of a served log, as another program would."""
    payer = office.enrol_payer()
    token = bearer(office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()["token"])
    old_size = settled_size(office)
    old = office.client.get("/v1/audit/checkpoint").json()
    for number in range(5):
        office.enrol_payer(key=f"payer-key-00000{number:02d}")
    settled_size(office)
    proof = office.client.get(f"/v1/audit/proof/enrolment/{payer['payer_id']}", headers=token).json()["proof"]
    grown = office.client.get(f"/v1/audit/consistency?from={old_size}").json()
    path = [base64.b64encode(read_bytes(one)).decode() for one in grown["path"]]
    keys = [old["log_key"]]
    good, growth, bad = go.ask(
        [
            {"Proof": proof, "Keys": keys},
            {"Old": old["checkpoint"], "New": grown["checkpoint"], "Path": path, "Keys": keys},
            {"Proof": proof.replace("index 1", "index 2"), "Keys": keys},
        ]
    )
    assert (good["Error"], good["Signers"]) == ("", [office.operator.audit.key.name])
    assert growth["Error"] == ""
    assert path
    assert bad["Error"]
