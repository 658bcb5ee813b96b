"""`feiqian operator witness add`: whose cosignatures the audit log takes."""

from argparse import Namespace

from feiqian.audit.note_key import decode_note_key
from feiqian.cli.operator_link import connected
from feiqian.cli.report import Report


def run_witness(args: Namespace, report: Report) -> int:
    """`operator witness add`."""
    key = decode_note_key(args.key)
    with connected(args, report) as client:
        added = client.trust_witness(key=key.text)
    keys = {"witness": key.name, "witness_key": key.text, "added": added}
    return report.done(
        keys,
        report.pick(
            f"✔ Cosignatures of {key.name} are taken from now on. Whoever checks proofs decides for itself which "
            "witnesses it believes.",
            f"✔ 今后接受 {key.name} 的副署。核验证明的人自行决定相信哪些见证方。",
        ),
    )
