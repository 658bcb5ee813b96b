"""A till without a network: its queue is carried to the operator as a file, and the answer is carried back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from feiqian.keys.software import SoftwareKey
from feiqian.links.http_spelling import read_bytes
from feiqian.protocol.answer import decode_answer
from feiqian.protocol.claim import sign_batch
from feiqian.protocol.ids import BatchId, StatementId, TerminalRef
from feiqian.protocol.trust_pack import KeyRole
from tests.server.operators import DEPLOYMENT, Served, assert_problem, bearer
from tests.server.test_api import full_id
from tests.server.test_serve import serving

CBOR = {"content-type": "application/cbor"}


def batch_of(key: SoftwareKey, certificate_id: StatementId, claims: list[bytes]) -> bytes:
    """A batch signed by `key` in the name of the terminal with this certificate."""
    return sign_batch(
        key,
        certificate_id,
        DEPLOYMENT,
        terminal_ref=TerminalRef(certificate_id[:8]),
        batch_id=BatchId(b"b" * 16),
        time=1_790_000_000,
        index_version=1,
        allowances=[],
        claims=claims,
        notes=[],
    )


class People:
    """Commands as people type them, each a process of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.pin = folder / "pin"
        self.pin.write_text("739164", encoding="ascii")

    def run(self, who: str, *words: str | Path, status: int = 0) -> Any:
        """One command on the home of `who`; its one object."""
        common = ["--home", self.folder / who, "--pin-file", self.pin, "--json"]
        line = [sys.executable, "-m", "feiqian.cli.main", *(str(word) for word in (*words, *common))]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
        assert done.returncode == status, (words, done.stdout, done.stderr[-2000:])
        return json.loads(done.stdout)

    def pay(self, amount: str) -> None:
        """Alice pays at the till; nobody uses a network."""
        asked, answered, receipt = (self.folder / f"{name}-{amount}.png" for name in ("ask", "pay", "receipt"))
        self.run("till", "terminal", "request", amount, "--out", asked)
        self.run("alice", "wallet", "pay", "--request-image", asked, "--yes", "--out", answered)
        self.run("till", "terminal", "accept", "--image", answered, "--out", receipt)


def test_a_queue_travels_as_a_file_and_its_answer_back(tmp_path: Path) -> None:
    with serving(tmp_path / "op") as (_, line):
        people = People(tmp_path, line["url"])
        payer = people.run("op", "operator", "enrol-payer", "--name", "Alice", "--fund", "100")
        payee = people.run("op", "operator", "enrol-payee", "--name", "Tea House")
        people.run("alice", "wallet", "enrol", "--server", line["url"], "--code", payer["enrolment_code"])
        people.run("alice", "wallet", "top-up", "50")
        people.run("till", "terminal", "enrol", "--server", line["url"], "--code", payee["enrolment_code"])
        people.pay("12.50")
        (exported,) = people.run("till", "terminal", "export", "--out", tmp_path / "queue.feiqian-batch")["files"]
        wrong = [tmp_path / "nothing", people.pin]
        told = people.run("op", "operator", "take-batch", *wrong, exported, status=1)
        assert [one["code"] for one in told["failures"]] == ["file_missing", "not_a_batch"]
        assert told["not_taken"] == ["nothing", "pin"]
        (taken,) = told["answers"]
        assert (taken["claims"], taken["settled"], taken["contingent"], taken["notes"]) == (1, 1, 0, 0)
        answer = Path(taken["answer"])
        assert answer == tmp_path / "queue.feiqian-answer"
        first = answer.read_bytes()
        assert people.run("op", "operator", "take-batch", exported)["answers"] == [taken]  # asked again, nothing twice
        assert answer.read_bytes() == first
        (shop,) = people.run("op", "operator", "payees")["payees"]
        assert (shop["name"], shop["balance_minor"], shop["waiting_minor"], shop["terminals"]) == (
            "Tea House",
            12_50,
            0,
            1,
        )
        (alice,) = people.run("op", "operator", "payers")["payers"]
        assert (alice["free_minor"], alice["reserved_minor"], alice["devices"]) == (50_00, 37_50, 1)
    synced = people.run("till", "terminal", "sync", "--answer", answer)  # the server is gone: no network is needed
    assert (synced["settled"], synced["settled_minor"]) == (1, 12_50)
    assert people.run("till", "terminal", "export", status=1)["failures"][0]["code"] == "queue_empty"
    told = people.run("op", "operator", "take-batch", exported, exported, status=1)
    assert [one["code"] for one in told["failures"]] == ["operator_unreachable"]
    assert len(told["not_taken"]) == 2


def test_what_is_carried_is_the_administrators_and_must_be_a_batch_of_a_terminal_known_here(office: Served) -> None:
    path = "/v1/carried-batches"
    assert_problem(office.client.post(path, content=b"x", headers=CBOR), 401, "not_signed_in")
    assert_problem(office.client.post(path, content=b"x", headers=office.admin), 415, "media_type_unknown")
    assert_problem(office.client.post(path, content=b"\xa0", headers=office.admin | CBOR), 422, "malformed")
    raw = batch_of(SoftwareKey.generate(), StatementId(bytes(32)), [])
    assert_problem(office.client.post(path, content=raw, headers=office.admin | CBOR), 404, "unknown_terminal")


def test_a_carried_batch_may_be_as_large_as_a_sent_one_and_its_signature_is_checked(office: Served) -> None:
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    key = SoftwareKey.generate()
    terminal = office.enrol_terminal(payee["enrolment_code"], key).json()
    certificate_id = full_id(office, read_bytes(terminal["certificate"]), KeyRole.ACQUIRER)
    path, headers = "/v1/carried-batches", office.admin | CBOR
    forged = batch_of(SoftwareKey.generate(), certificate_id, [])
    assert_problem(office.client.post(path, content=forged, headers=headers), 422, "terminal_signature_invalid")
    raw = batch_of(key, certificate_id, [b"\xff" + bytes(1000)] * 100)
    assert len(raw) > 64 * 1024
    answered = office.client.post(path, content=raw, headers=headers)
    assert (answered.status_code, answered.headers["content-type"]) == (200, "application/cbor")
    assert {claim.code for claim in decode_answer(answered.content).claims} == {"malformed"}
    sent = office.client.post("/v1/batches", content=raw, headers=bearer(terminal["token"]) | CBOR)
    assert sent.content == answered.content  # by whichever way it comes
