"""`feiqian verify`: checks evidence with no server, from files alone."""

import argparse
from argparse import Namespace
from pathlib import Path

from feiqian.cli.report import CommandTrouble, Report
from feiqian.cli.trust_file import read_trust_file, roots_fingerprint
from feiqian.protocol.chain import Contradiction
from feiqian.protocol.fork_proof import FORK_PROOF_MAX_BYTES, Party, decode_fork_proof, verify_fork_proof
from feiqian.protocol.refusals import Refused

_REASONS: dict[Contradiction, tuple[str, str]] = {
    Contradiction.SAME_COUNTER: ("two different statements carry the same number", "两份不同的凭证使用了同一个编号"),
    Contradiction.AFTER_CLOSING: ("a cheque was drawn after the closing cheque", "在结清支票之后又开出了支票"),
    Contradiction.BROKEN_LINK: ("a cheque does not continue the one before it", "支票与前一张不相衔接"),
    Contradiction.CUMULATIVE_GAP: ("the running total does not continue", "累计金额与前一张不相衔接"),
    Contradiction.CUMULATIVE_FALLS: ("the running total falls", "累计金额变小了"),
}


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The kinds of evidence."""
    kinds = parser.add_subparsers(title="evidence", metavar="KIND", required=True)
    fork = kinds.add_parser(
        "fork", help="a fork proof: did one party sign two contradictory statements?", parents=[common]
    )
    fork.add_argument("file", type=Path, metavar="FILE", help="the fork proof")
    fork.add_argument("--trust", type=Path, metavar="FILE", required=True, help="whom to believe (a trust file)")
    fork.set_defaults(run=run_fork, command_name="verify fork")


def run_fork(args: Namespace, report: Report) -> int:
    """`verify fork`."""
    from rich.text import Text

    trust = read_trust_file(args.trust)
    try:
        conviction = verify_fork_proof(decode_fork_proof(_read(args.file)), trust)
    except Refused as refused:
        return report.finish({"convicted": False, "party": None, "reason": refused.code.value}, [refused])
    device = conviction.party is Party.DEVICE
    why = report.pick(*_REASONS.get(conviction.reason, (str(conviction.reason), str(conviction.reason))))
    authority = conviction.authority_id.hex()
    fingerprint = roots_fingerprint(trust.key_set.roots)
    keys = {
        "convicted": True,
        "party": conviction.party.value,
        "allowance" if device else "terminal": authority,
        "reason": conviction.reason.value,
        "roots_fingerprint": fingerprint,
    }
    who = report.pick("payer's device" if device else "terminal", "付款设备" if device else "收款终端")
    shown = Text()
    shown.append(report.pick("Convicted: ", "证据成立："), style="bold red")
    shown.append(
        report.pick(
            f"this {who} signed two statements that contradict each other.", f"该{who}签署了两份互相矛盾的凭证。"
        )
    )
    shown.append("\n" + report.pick(f"Why: {why}.", f"原因：{why}。"))
    shown.append("\n" + report.pick("Under ", "所属：") + authority[:16] + "…")
    shown.append(
        "\n" + report.pick("Root keys (compare with your operator's): ", "根密钥指纹（请与运营方公布的核对）：")
    )
    shown.append(fingerprint)
    return report.done(keys, shown)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FORK_PROOF_MAX_BYTES + 1)
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
