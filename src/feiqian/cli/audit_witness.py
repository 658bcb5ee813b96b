"""`feiqian audit witness`: a second party that sees a log grow and cosigns only what continues what it cosigned before.

What it saw last is stored before its cosignature leaves, or after a crash it could cosign two states that contradict.
"""

import os
import secrets
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from feiqian.audit.note_key import (
    SEED_BYTES,
    NoteKey,
    SignatureType,
    SoftwareNoteKey,
    decode_secret_key,
    encode_secret_key,
)
from feiqian.audit.witness import Witness
from feiqian.cli.audit_held import HeldLog, held_or_pinned, verified_state, write_held
from feiqian.cli.report import Report
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient

KEY_MAX_BYTES: Final = 1024
STATE_SUFFIX: Final = ".seen"


class WitnessTrouble(Trouble):
    """What is wrong with the witness's own key."""

    table: ClassVar[WordsTable] = {
        "witness_key_missing": {
            "en": Words(
                "There is no witness's private key in {path}.",
                "Nothing was asked and nothing was cosigned.",
                "Give the right file, or make a key: --name NAME, a name that belongs to you, like witness.example.org",
            ),
            "zh": Words(
                "{path} 中没有见证方的私钥。",
                "没有发出请求，也没有副署。",
                "请给出正确的文件；或用 --name 指定属于您的名称（如 witness.example.org）以生成密钥。",
            ),
        },
    }


def run_witness(args: Namespace, report: Report) -> int:
    """`audit witness`."""
    from feiqian.links.http import OperatorClient

    key, secret = _key(args.key, args.name)
    seen_file: Path = args.key.with_name(args.key.name + STATE_SUFFIX)
    report.say("Asking for the log's state…", "正在获取日志状态…")
    with OperatorClient(args.server, language=report.language, ca_file=args.ca_file) as client:
        held = held_or_pinned(client, seen_file, args.trust)
        before = 0 if held.state is None else held.state.size
        held, line = _decide(client, held, key, secret)
        write_held(seen_file, held)
        state = held.state
        size, root = (0, b"") if state is None else (state.size, state.root)
        if size:
            client.cosign(size=size, line=line.decode())
    keys = {
        "witness": key.name,
        "witness_key": key.text,
        "log_key": held.trust.log_keys[0].text,
        "origin": held.trust.log_keys[0].name,
        "tree_size": size,
        "root": root.hex(),
        "seen_size": before,
        "consistency_ok": True,
        "cosigned": size > 0,
    }
    return report.done(
        keys,
        report.pick(
            f"✔ {keys['origin']} has only grown, from {before} to {size} entries, and is cosigned as {key.name}.",
            f"✔ {keys['origin']} 只增未改：从 {before} 条到 {size} 条，已以 {key.name} 副署。",
        ),
    )


def _decide(client: "OperatorClient", held: HeldLog, key: NoteKey, secret: SoftwareNoteKey) -> tuple[HeldLog, bytes]:
    """What is to be held from now on, and the cosignature. Raises AuditRefused for a log that did not only grow."""
    offered = client.audit_state().checkpoint
    old, new = held.state, verified_state(offered, held.trust).checkpoint
    path = client.audit_growth(old.size, new.size).path if old is not None and 0 < old.size < new.size else ()
    witness = Witness(key.name, secret, held.trust.log_keys)
    seen = {} if old is None else {old.origin: old}
    decision = witness.decide(seen, offered, path, int(time.time()))
    return replace(held, checkpoint=offered), decision.line


def _key(path: Path, name: str | None) -> tuple[NoteKey, SoftwareNoteKey]:
    """The witness's key; with a name it is made where there is none. Raises WitnessTrouble, AuditRefused."""
    if name is not None and not path.exists():
        seed = secrets.token_bytes(SEED_BYTES)
        text = encode_secret_key(name, SignatureType.COSIGNATURE, seed)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        with path.open(encoding="utf-8") as file:
            key, secret = decode_secret_key(file.read(KEY_MAX_BYTES).strip())
    except (OSError, ValueError):
        raise WitnessTrouble("witness_key_missing", path=path.name) from None
    if key.type is not SignatureType.COSIGNATURE:
        raise WitnessTrouble("witness_key_missing", path=path.name)
    return key, secret
