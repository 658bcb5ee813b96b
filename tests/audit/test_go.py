"""Go's golang.org/x/mod/sumdb (tlog, note) takes our notes, proofs and trees for good, and refuses changed ones.

It comes from the packages golang-go and golang-golang-x-mod-dev, so nothing is fetched: GOPATH mode reads the package's
sources. `dev.py test` installs them where it may; without them these tests are skipped, which CI=true turns into a
failure. The oracle is built once into build/ and again when its source or Go changes.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from feiqian.audit.merkle import frontier_at
from feiqian.audit.note import Note, add_signatures, cosign_note, decode_note, encode_note, sign_note, verify_note
from feiqian.audit.note_key import NoteKey, SignatureType, encode_secret_key
from feiqian.audit.proof import check_leaf_proof, decode_proof, encode_proof
from feiqian.audit.refusals import AuditRefused
from tests.audit.world import ALONE, LOG_KEY, NOW, TRUST, WITNESSES, Log, another_bit, secret

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("oracle.go")
GOPATH = Path("/usr/share/gocode")
GO = shutil.which("go")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        GO is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="Go or its x/mod is missing: apt-get install golang-go golang-golang-x-mod-dev",
    ),
]

LOG = Log.of(20)
KEYS = [LOG_KEY.text, *(witness.key.text for witness in WITNESSES)]
SIZES = range(1, 21)


@cache
def oracle() -> Path:
    """The built oracle. The first build takes half a minute; who comes second waits for it."""
    build = ROOT / "build" / "go-oracle"
    build.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["go", "version"], capture_output=True, check=True).stdout
    built = build / hashlib.sha256(version + SOURCE.read_bytes()).hexdigest()[:16]
    with (build / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not built.exists():
            draft = built.with_suffix(".draft")
            told = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(build / "cache"), "CGO_ENABLED": "0"}
            command: list[str | Path] = ["go", "build", "-o", draft, SOURCE]
            done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            draft.replace(built)
    return built


def ask(questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The oracle's answers, one for each question."""
    done = subprocess.run([oracle()], input=json.dumps(questions), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers


def texts(path: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in path]


def test_go_builds_the_same_trees_and_proofs() -> None:
    answers = ask([{"Leaves": [base64.b64encode(leaf).decode() for leaf in LOG.leaves[:size]]} for size in SIZES])
    for size, told in zip(SIZES, answers, strict=True):
        assert texts([frontier_at(size, LOG.hash_at).root]) == [told["Root"]]
        assert [texts(LOG.inclusion(index, size)) for index in range(size)] == told["Inclusion"]
        assert [texts(LOG.consistency(old_size, size)) for old_size in range(1, size + 1)] == told["Consistency"]


def test_go_takes_every_proof_file_with_its_witnesses() -> None:
    places = [(index, size) for size in SIZES for index in range(size)]
    answers = ask([{"Proof": LOG.proof(index, size).decode(), "Keys": KEYS} for index, size in places])
    assert [told["Error"] for told in answers] == [""] * len(places)
    assert {tuple(told["Signers"]) for told in answers} == {(LOG_KEY.name, *(one.key.name for one in WITNESSES))}


def test_go_and_we_refuse_changed_proof_files() -> None:
    """One bit in every byte, where the result is still text.

    Go's decoder passes over the unused bits of Base64's last character (RFC 4648 section 3.5); we have one spelling.
    """
    proof = LOG.proof(5, 13, cosigned_by=())
    changed = {at: another_bit(proof, 8 * at + at % 7) for at in range(len(proof))}
    readable = {at: data for at, data in changed.items() if is_text(data)}
    answers = ask([{"Proof": data.decode(), "Keys": [LOG_KEY.text]} for data in readable.values()])
    assert len(readable) > len(proof) // 2
    for (at, data), told in zip(readable.items(), answers, strict=True):
        assert told["Error"] or data[at + 1 : at + 2] == b"=", data
        with pytest.raises(AuditRefused):
            check_leaf_proof(data, ALONE)


def test_go_refuses_a_path_that_leads_elsewhere() -> None:
    proof = decode_proof(LOG.proof(5, 13))
    wrong = [
        replace(proof, index=6),
        replace(proof, leaf=LOG.leaves[6]),
        replace(proof, path=proof.path[:-1]),
        replace(proof, path=(*proof.path, bytes(32))),
        replace(proof, checkpoint=LOG.signed(12, cosigned_by=WITNESSES)),
    ]
    for told in ask([{"Proof": encode_proof(one).decode(), "Keys": KEYS} for one in wrong]):
        assert told["Error"]


def test_go_takes_every_growth_and_no_changed_one() -> None:
    signed = {size: LOG.signed(size).decode() for size in SIZES}
    good, bad = [], []
    for new_size in SIZES:
        for old_size in range(1, new_size + 1):
            path = LOG.consistency(old_size, new_size)
            asked = {"Old": signed[old_size], "New": signed[new_size], "Keys": KEYS}
            good.append(asked | {"Path": texts(path)})
            bad.append(asked | {"Path": texts([*path, bytes(32)])})
            if path:
                bad.append(asked | {"Path": texts([another_bit(path[0], new_size), *path[1:]])})
                bad.append(asked | {"Path": texts(path[:-1])})
    bad.append({"Old": signed[9], "New": signed[8], "Path": [], "Keys": KEYS})
    answers = ask([*good, *bad])
    assert [told["Error"] for told in answers[: len(good)]] == [""] * len(good)
    assert all(told["Error"] for told in answers[len(good) :])


def test_go_and_we_write_the_same_note_with_the_same_key() -> None:
    seed = hashlib.sha256(LOG_KEY.name.encode()).digest()
    text = LOG.checkpoint(13).text
    private = encode_secret_key(LOG_KEY.name, SignatureType.NOTE, seed)
    (told,) = ask([{"Sign": text.decode(), "Secret": private}])
    assert told["Note"].encode() == LOG.signed(13)


def test_go_and_we_name_the_same_signers_of_a_note() -> None:
    text = LOG.checkpoint(9).text
    stranger = NoteKey(name="stranger", type=SignatureType.NOTE, public_key=secret("stranger").public_key)
    lines = [
        sign_note(text, stranger.name, secret("stranger")).line,
        cosign_note(text, WITNESSES[1].key.name, secret(WITNESSES[1].key.name), NOW).line,
    ]
    data = add_signatures(LOG.signed(9), lines)
    false = decode_note(data)
    forged = encode_note(Note(text=false.text.replace(b"\n9\n", b"\n8\n"), signatures=false.signatures))
    good, unknown, refused = ask(
        [
            {"Note": data.decode(), "Keys": KEYS},
            {"Note": data.decode(), "Keys": [WITNESSES[0].key.text]},
            {"Note": forged.decode(), "Keys": KEYS},
        ]
    )
    ours = verify_note(decode_note(data), (*TRUST.log_keys, *TRUST.witness_keys))
    assert (good["Error"], good["Signers"]) == ("", [one.key.name for one in ours.signed])
    assert "no verifiable signatures" in unknown["Error"]
    assert "invalid signature" in refused["Error"]


def is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
