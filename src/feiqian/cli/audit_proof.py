"""`feiqian terminal audit-proof`, `wallet audit-proof`: that something of one's own is in the operator's audit log.

The proof is checked against what this device itself holds, and the log against its newest state seen before. The
files that are written can be checked by anybody, with no network: `feiqian audit verify FILE --trust LOG`.
"""

import hashlib
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from feiqian.audit.evidence import RowMark, allowance_mark, batch_mark, decode_evidence
from feiqian.audit.leaf import LeafKind
from feiqian.audit.limits import SALT_BYTES
from feiqian.audit.proof import Included, check_proof, decode_proof
from feiqian.cli.audit_held import HeldLog, check_newest, check_shown, held_or_pinned, write_held
from feiqian.cli.report import Report, rfc3339
from feiqian.cli.shown import SHOWN_FOLDER
from feiqian.protocol.answer import batch_hash, decode_answer
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient
    from feiqian.links.http_audit import ProofReply

PROOF_SUFFIX: Final = ".tlog-proof"
EVIDENCE_SUFFIX: Final = ".tlog-evidence"
TERMINAL_LOG, WALLET_LOG = "terminal-audit-log.json", "wallet-audit-log.json"
WAIT_S: Final = 3.0
"""How long a proof is asked for again: what happened a moment ago gets its place within a second."""
_PAUSE_S: Final = 0.25


class ProofTrouble(Trouble):
    """Why there is no proof."""

    table: ClassVar[WordsTable] = {
        "nothing_to_prove": {
            "en": Words(
                "This device holds nothing of that name that the operator has answered.",
                "Nothing was asked and nothing was changed.",
                "Check the id; a terminal proves answered batches, a wallet its allowances.",
            ),
            "zh": Words(
                "此设备上没有运营方已答复的该项内容。",
                "没有发出请求，也没有任何改动。",
                "请检查编号；终端可证明已答复的批次，钱包可证明其额度。",
            ),
        },
        "log_says_otherwise": {
            "en": Words(
                "The operator's audit log holds something else than what the operator signed and gave to this device.",
                "Nothing was changed here; what this device holds stays as it is.",
                "Keep the files that were written and this device's data: together they prove it. Report it.",
            ),
            "zh": Words(
                "运营方审计日志中的内容与其签署并交给此设备的不符。",
                "此设备没有任何改动，已有数据保持不变。",
                "请保留所写出的文件与此设备的数据，二者合起来就是证据，并请举报。",
            ),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is to be proved: how the log knows it, and the row that this device computes from what it holds."""

    kind: LeafKind
    subject: bytes
    mark: RowMark


def add_proof_options(parser: ArgumentParser) -> None:
    """What both devices take."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: in the folder `shown` of --home")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="the log's key (default: pinned when first seen)")


def run_terminal_proof(args: Namespace, report: Report) -> int:
    """`terminal audit-proof`."""
    from feiqian.cli import terminal_device  # each device is read by its own command only

    with terminal_device.online(args, report) as (till, client):
        batch = till.terminal.answered_batch(args.batch)
        if batch is None or batch.answer is None:
            raise ProofTrouble("nothing_to_prove")
        answer = decode_answer(batch.answer)
        mark = batch_mark(
            answer.terminal_ref,
            batch.batch_id,
            body_hash=batch_hash(batch.raw),
            answer=batch.answer,
            received_at=answer.time,
        )
        item = Item(kind=LeafKind.BATCH, subject=batch.batch_id, mark=mark)
        return _prove(args, report, client, args.home / TERMINAL_LOG, item)


def run_wallet_proof(args: Namespace, report: Report) -> int:
    """`wallet audit-proof`."""
    from feiqian.cli import wallet_device

    with wallet_device.online_client(args, report) as (found, client):
        named = (args.allowance or "").strip().casefold()
        lives = [live for live in found.wallet.holdings().lives if live.allowance.ref.hex().startswith(named)]
        if not lives or lives[-1].record.raw is None:
            raise ProofTrouble("nothing_to_prove")
        ref, raw = lives[-1].allowance.ref, lives[-1].record.raw
        item = Item(kind=LeafKind.ALLOWANCE, subject=ref, mark=allowance_mark(ref, raw))
        return _prove(args, report, client, args.home / WALLET_LOG, item)


def _prove(args: Namespace, report: Report, client: "OperatorClient", log: Path, item: Item) -> int:
    held = check_newest(client, held_or_pinned(client, log, args.trust))
    write_held(log, held)
    reply = _asked(client, item)
    held = check_shown(client, held, decode_proof(reply.proof).checkpoint)
    write_held(log, held)
    included = check_proof(reply.proof, reply.evidence, held.trust)
    proof_file, evidence_file = _written(args, item, reply)
    keys = _keys(item, included) | {
        "proof": str(proof_file),
        "evidence": str(evidence_file),
        "log": str(log.absolute()),
        "log_key": held.trust.log_keys[0].text,
    }
    told = included.leaf.kind is item.kind and item.mark in decode_evidence(_unsalted(item.kind, reply.evidence))
    failures = [] if told else [ProofTrouble("log_says_otherwise")]
    return report.finish(keys, failures, lambda: _shown(report, held, included, proof_file, log))


def _asked(client: "OperatorClient", item: Item) -> "ProofReply":
    """The proof; what is only just written is asked for again."""
    from feiqian.links.http_trouble import OperatorRefused

    last = time.monotonic() + WAIT_S
    while True:
        try:
            return client.audit_proof(item.kind.name.lower(), item.subject)
        except OperatorRefused as refused:
            if refused.code != "leaf_unknown" or time.monotonic() > last:
                raise
        time.sleep(_PAUSE_S)


def _unsalted(kind: LeafKind, evidence: bytes) -> bytes:
    return evidence[SALT_BYTES:] if kind.salted else evidence


def _written(args: Namespace, item: Item, reply: "ProofReply") -> tuple[Path, Path]:
    from feiqian.links.qr import write_durably

    if args.out is None:
        folder = args.home / SHOWN_FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{item.kind.name.lower()}-{item.subject.hex()[:16]}{PROOF_SUFFIX}"
    else:
        folder, name = args.out.parent, args.out.name
    proof_file = (folder / name).absolute()
    evidence_file = proof_file.with_suffix(EVIDENCE_SUFFIX)
    for path, content in ((proof_file, reply.proof), (evidence_file, reply.evidence)):
        before = {hashlib.sha256(path.read_bytes()).hexdigest()} if args.out is None and path.exists() else set()
        write_durably(path, content, replaces={hashlib.sha256(content).hexdigest(), *before})
    return proof_file, evidence_file


def _keys(item: Item, included: Included) -> dict[str, Any]:
    return {
        "kind": item.kind.name.lower(),
        "subject": item.subject.hex(),
        "origin": included.origin,
        "tree_size": included.size,
        "root": included.root.hex(),
        "index": included.index,
        "recorded_at": rfc3339(included.leaf.at),
        "inclusion_ok": True,
        "consistency_ok": True,
        "witnessed": len(included.cosigned),
    }


def _shown(report: Report, held: HeldLog, included: Included, proof_file: Path, log: Path) -> str:
    witnesses = len(included.cosigned)
    return report.pick(
        f"✔ Entry {included.index} of the audit log {included.origin}, which has only grown since this device looked "
        f"last. Witnesses who saw it: {witnesses}.\nProof: {proof_file}\nCompare the log's key with your operator's: "
        f"{held.trust.log_keys[0].text}\nAnybody can check it: feiqian audit verify {proof_file} --trust {log}",
        f"✔ 审计日志 {included.origin} 的第 {included.index} 条；自上次查看以来日志只增未改。见证方：{witnesses}。\n"
        f"证明：{proof_file}\n请与运营方公布的日志密钥核对：{held.trust.log_keys[0].text}\n"
        f"任何人都可核验：feiqian audit verify {proof_file} --trust {log}",
    )
