"""`feiqian audit`: the operator's log against its books, a proof with no network, and a witness of somebody's log."""

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from feiqian.audit.refusals import AuditRefused
from feiqian.cli.audit_proof import EVIDENCE_SUFFIX
from feiqian.cli.audit_witness import run_witness
from feiqian.cli.device import add_network_options
from feiqian.cli.log_key import log_origin, read_log_key
from feiqian.cli.operator_home import BOOKS, HomeTrouble, read_settings
from feiqian.cli.report import MISSING, CommandTrouble, Report, rfc3339
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, found_in_books, is_store_missing, store_address
from feiqian.protocol.words import Coded, Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.audit.proof import Included
    from feiqian.audit.verify import LogReport
    from feiqian.storage.operator_store import OperatorUnit
    from feiqian.storage.postgres_store import PostgresUnit

SHOWN_MAX: Final = 50
TOLD_MAX: Final = 1_000


class AuditTrouble(Trouble):
    """What a check of the log found, or why there is none."""

    table: ClassVar[WordsTable] = {
        "log_differs": {
            "en": Words(
                "The books and their audit log do not agree: {count} differences.",
                "Nothing was changed; what is stored is the evidence.",
                "Stop paying out, keep a copy of this home, and find out who changed it.",
            ),
            "zh": Words(
                "账目与其审计日志不一致：共 {count} 处差异。",
                "没有任何改动；现有数据即为证据。",
                "请停止付款，保留此数据文件夹的副本，并查明何人改动。",
            ),
        },
        "log_unreadable": {
            "en": Words(
                "The audit log cannot be read: the file is damaged, or the system does not let it be opened.",
                "Nothing was changed.",
                "Keep a copy of this home as it is, and bring the books back from a backup.",
            ),
            "zh": Words(
                "审计日志无法读取：文件已损坏，或系统不允许打开。",
                "没有任何改动。",
                "请原样保留此数据文件夹的副本，并从备份恢复账目。",
            ),
        },
        "trust_needed": {
            "en": Words(
                "A proof is checked against a log's key, and none was given.",
                "Nothing was checked.",
                "Give --trust FILE, with the log's key and the witnesses that you believe.",
            ),
            "zh": Words(
                "核验证明需要日志的密钥，但没有给出。",
                "没有进行核验。",
                "请用 --trust 指定含日志密钥与见证方的文件。",
            ),
        },
    }


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """What can be done with a log."""
    acts = parser.add_subparsers(title="acts", metavar="ACT", required=True)
    purpose = "the whole log of --home against the books, or with FILE one proof with no network"
    verify = acts.add_parser("verify", help=purpose, description=purpose, parents=[common])
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a proof, as audit-proof writes it")
    verify.add_argument("--trust", type=Path, metavar="FILE", help="the log's key and the witnesses that are believed")
    verify.add_argument("--evidence", type=Path, metavar="FILE", help="default: beside the proof, if it is there")
    verify.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    verify.set_defaults(run=run_verify, command_name="audit verify")
    purpose = "see that somebody's log has only grown since the last time, and cosign its state"
    witness = acts.add_parser("witness", help=purpose, description=purpose, parents=[common])
    witness.add_argument("--from", dest="server", required=True, metavar="URL", help="the operator's server")
    witness.add_argument("--key", type=Path, required=True, metavar="F", help="this witness's private key")
    witness.add_argument("--name", metavar="NAME", help="make a key of this name if there is no file F yet")
    witness.add_argument("--trust", type=Path, metavar="FILE", help="the log's key (default: pinned when first seen)")
    add_network_options(witness)
    witness.set_defaults(run=run_witness, command_name="audit witness")


def run_verify(args: Namespace, report: Report) -> int:
    """`audit verify`."""
    return _verify_home(args, report) if args.file is None else _verify_file(args, report)


def _verify_home(args: Namespace, report: Report) -> int:
    from feiqian.audit.checkpoint import LogTrust
    from feiqian.audit.note_key import NoteKey, SignatureType, decode_note_key
    from feiqian.audit.verify import LogReport, verify_log

    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    settings = read_settings(args.home)
    books = args.home / BOOKS
    if args.store == SQLITE and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)

    def check(unit: "OperatorUnit | PostgresUnit") -> tuple[NoteKey, LogReport]:
        public = read_log_key(args.home).public_key
        key = NoteKey(name=log_origin(settings), type=SignatureType.NOTE, public_key=public)
        witnesses = tuple(decode_note_key(text) for text in unit.witness_keys())
        trust = LogTrust(log_keys=(key,), witness_keys=witnesses)
        return key, verify_log(unit.log_facts(settings.deployment), trust)

    try:
        key, found = found_in_books(args.store, books, check)
    except Coded:
        raise
    except Exception as error:
        # the database's own errors stay behind the storage door, and damaged books are what this command is for
        raise AuditTrouble("log_unreadable") from error
    keys = {
        "tree_size": found.size,
        "root": found.root.hex(),
        "leaves_checked": found.leaves_checked,
        "inclusion_ok": found.inclusion_ok,
        "consistency_ok": found.consistency_ok,
        "witnessed": found.witnessed,
        "bad": [{"table": one.table, "id": one.id, "why": one.why} for one in found.bad[:TOLD_MAX]],
        "log_key": key.text,
    }
    failures = [AuditTrouble("log_differs", count=len(found.bad))] if found.bad else []
    shown = [lambda: _bad_table(report, found)] if found.bad else []
    return report.finish(keys, failures, *shown, _line(report, found))


def _line(report: Report, found: "LogReport") -> str:
    return report.pick(
        f"{found.leaves_checked} entries, root {found.root.hex()[:16]}…, {len(found.bad)} differences, cosigned by "
        f"{found.witnessed} witnesses",
        f"{found.leaves_checked} 条记录，根 {found.root.hex()[:16]}…，{len(found.bad)} 处差异，"
        f"{found.witnessed} 个见证方副署",
    )


def _bad_table(report: Report, found: "LogReport") -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("Differences", "差异"))
    for heading in (("Table", "表"), ("Row", "行"), ("Why", "原因")):
        table.add_column(report.pick(*heading), overflow="fold")
    for one in found.bad[:SHOWN_MAX]:
        table.add_row(one.table, one.id, one.why)
    return table


def _verify_file(args: Namespace, report: Report) -> int:
    """One proof against the keys that are believed, with no network."""
    from feiqian.audit.evidence import EVIDENCE_MAX_BYTES
    from feiqian.audit.limits import PROOF_MAX_BYTES
    from feiqian.audit.proof import check_leaf_proof, check_proof
    from feiqian.cli.audit_held import read_held

    if args.trust is None:
        raise AuditTrouble("trust_needed")
    held = read_held(args.trust)
    proof = _read(args.file, PROOF_MAX_BYTES)
    beside = args.file.with_suffix(EVIDENCE_SUFFIX)
    evidence_file = args.evidence or (beside if beside.exists() else None)
    try:
        if evidence_file is None:
            included = check_leaf_proof(proof, held.trust)
        else:
            included = check_proof(proof, _read(evidence_file, EVIDENCE_MAX_BYTES), held.trust)
    except AuditRefused as refused:
        return report.finish(_refused_keys(args.file, refused), [refused])
    same_size = held.state is not None and held.state.size == included.size
    consistent = held.state is not None and held.state.root == included.root if same_size else None
    keys = {
        "tree_size": included.size,
        "root": included.root.hex(),
        "leaves_checked": 1,
        "inclusion_ok": True,
        "consistency_ok": consistent,
        "witnessed": len(included.cosigned),
        "bad": [],
        "origin": included.origin,
        "index": included.index,
        "kind": included.leaf.kind.name.lower(),
        "subject": included.leaf.subject.hex(),
        "recorded_at": rfc3339(included.leaf.at),
        "evidence_checked": evidence_file is not None,
        "witnesses": [{"name": one.name, "at": rfc3339(one.at)} for one in included.cosigned],
    }
    failures = [_forked()] if consistent is False else []
    return report.finish(keys, failures, lambda: _proved(report, included))


def _forked() -> AuditRefused:
    from feiqian.audit.refusals import AuditCode

    return AuditRefused(AuditCode.LOG_FORKED, "another root than that of the state held")


def _refused_keys(path: Path, refused: AuditRefused) -> dict[str, Any]:
    return {
        "tree_size": None,
        "root": None,
        "leaves_checked": 0,
        "inclusion_ok": False,
        "consistency_ok": None,
        "witnessed": 0,
        "bad": [{"table": "", "id": path.name, "why": refused.code.value}],
    }


def _proved(report: Report, included: "Included") -> str:
    witnesses = ", ".join(one.name for one in included.cosigned) or report.pick("none", "无")
    return report.pick(
        f"✔ In the log {included.origin}: entry {included.index} of {included.size}, "
        f"{included.leaf.kind.name.lower()}, recorded {rfc3339(included.leaf.at)}. Witnesses: {witnesses}.",
        f"✔ 在日志 {included.origin} 中：共 {included.size} 条，此为第 {included.index} 条，"
        f"{included.leaf.kind.name.lower()}，记录于 {rfc3339(included.leaf.at)}。见证方：{witnesses}。",
    )


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
