"""`feiqian terminal`: the payee's device.

Everything but `enrol`, `sync`, `audit-proof` and disputes works with no network.
"""

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from feiqian.acquirer.disputes import Party
from feiqian.cli import audit_proof as audit
from feiqian.cli import disputes, terminal_disputes
from feiqian.cli import terminal_counter as counter
from feiqian.cli import terminal_enrolment as enrolment
from feiqian.cli import terminal_queue as queue
from feiqian.cli import terminal_recovery as recovery
from feiqian.cli import terminal_till as till
from feiqian.cli.boundary import run_terminal_boundary
from feiqian.cli.device import add_network_options
from feiqian.cli.device_check import run_terminal_check
from feiqian.cli.device_privacy import run_terminal_privacy
from feiqian.cli.device_trust import add_trust_options, terminal_trust
from feiqian.cli.enrolment_code import add_code_options
from feiqian.cli.report import Report
from feiqian.cli.shown import add_image_option, add_out_option
from feiqian.cli.terminal_tap import run_tap
from feiqian.protocol.ids import BatchId
from feiqian.protocol.limits import BATCH_ID_BYTES, REFERENCE_MAX_BYTES
from feiqian.risk.pin import PIN_FAILURES_MAX
from feiqian.storage import PinLocked
from feiqian.terminal.request import TTL_S
from feiqian.terminal.troubles import TerminalTrouble

Run = Callable[[Namespace, Report], int]
_TRUST = "hand a newer trust pack to another device, or take one from it, with no network"
Act = Callable[[str, Run, str], argparse.ArgumentParser]


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The acts and their options."""
    acts = parser.add_subparsers(title="acts", metavar="ACT", required=True)

    def act(name: str, run: Run, purpose: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=purpose, description=purpose, parents=[common])
        sub.set_defaults(run=_at_a_till(run), command_name=f"terminal {name}")
        return sub

    _at_the_counter(act)
    _of_the_till(act)
    _with_the_operator(act)
    _about_disputes(act)


def _at_the_counter(act: Act) -> None:
    request = act("request", counter.run_request, "ask for an amount: draws the request that a payer's wallet reads")
    request.add_argument("amount", metavar="AMOUNT", help="like 12.50")
    request.add_argument("--up-to", action="store_true", help="the amount is a maximum (tips, fuel)")
    request.add_argument("--reference", metavar="R", help=f"what it is for, at most {REFERENCE_MAX_BYTES} bytes")
    request.add_argument("--ttl", type=int, default=TTL_S, metavar="S", help=f"seconds it lives (default {TTL_S})")
    request.add_argument("--unsigned", action="store_true", help="a smaller code, for small amounts only")
    add_out_option(request)

    accept = act("accept", counter.run_accept, "accept the payment that a payer shows, and draw the receipt")
    add_image_option(accept, "--image", "the payment or the settled notice")
    accept.add_argument("--request", metavar="ID", help="which request it answers (default: it is found)")
    accept.add_argument("--final", metavar="AMOUNT", help="what is taken of an amount asked for as a maximum")
    _add_risk_option(accept)
    add_out_option(accept)

    _tap_act(act)

    take_code = act("take-code", counter.run_take_code, "accept a one-way payment code")
    take_code.add_argument("amount", metavar="AMOUNT", help="what is due, like 12.50")
    add_image_option(take_code, "--image", "the code")
    _add_risk_option(take_code)
    add_out_option(take_code)

    void = act("void", counter.run_void, "give back an accepted payment: draws the note for the payer")
    void.add_argument(
        "payment", metavar="PAYMENT", help="the receipt's number, or the first characters of the cheque id"
    )
    void.add_argument("--amount", metavar="TOTAL", help="how much is given back in all (default: everything)")
    add_out_option(void)

    cancel = act("cancel", counter.run_cancel, "cancel a request for ever: draws the note for a payer who answered it")
    cancel.add_argument("request", metavar="ID", nargs="?", help="the request (default: the only one it can be)")
    add_out_option(cancel)


def _tap_act(act: Act) -> None:
    tap = act("tap", run_tap, "ask for an amount, paid by holding the payer's phone to a card reader")
    tap.add_argument("amount", metavar="AMOUNT", nargs="?", help="like 12.50 (default: go on with an open request)")
    tap.add_argument("--up-to", action="store_true", help="the amount is a maximum (tips, fuel)")
    tap.add_argument("--final", metavar="AMOUNT", help="what is taken of an amount asked for as a maximum")
    tap.add_argument("--request", metavar="ID", help="go on with this request")
    tap.add_argument("--reader", metavar="NAME", help="how the reader's name begins (default: the first)")
    tap.add_argument("--reference", metavar="R", help=f"what it is for, at most {REFERENCE_MAX_BYTES} bytes")
    tap.add_argument("--ttl", type=int, default=TTL_S, metavar="S", help=f"seconds it lives (default {TTL_S})")
    _add_risk_option(tap)
    add_out_option(tap)


def _of_the_till(act: Act) -> None:
    totals = act("totals", till.run_totals, "the till of this shift, by how sure it is")
    totals.add_argument("--close-shift", action="store_true", help="end the shift and begin the next")
    history = act("history", till.run_history, "what was accepted, given back and settled, newest first")
    history.add_argument("--limit", type=int, default=50, metavar="N", help="how many (default 50)")
    act("ready", till.run_ready, "what this terminal can do right now: lists, clock, queue")
    act("privacy", run_terminal_privacy, "what this device keeps, why, how long, and how it is protected")
    act("check", run_terminal_check, "what is not in order on this device, why it matters and what to do")
    act("boundary", run_terminal_boundary, "what works now, up to how much, until when, and why not")


def _with_the_operator(act: Act) -> None:
    enrol = act("enrol", enrolment.run_enrol, "become a payee's terminal, with the code from the operator")
    enrol.add_argument("--server", required=True, metavar="URL", help="the operator's server")
    add_code_options(enrol)
    add_network_options(enrol)
    sync = act("sync", queue.run_sync, "send what waits, store the answers, hear what became of them, fetch lists")
    sync.add_argument("--resend", action="store_true", help="send the last answered batch again on purpose")
    sync.add_argument("--answer", type=Path, metavar="FILE", help="take an answer that came as a file; no network")
    add_network_options(sync)
    add_trust_options(act("trust", terminal_trust, _TRUST))
    export = act(
        "export", queue.run_export, "the queue as signed files for a network that does not come back, and fork proofs"
    )
    export.add_argument("--out", type=Path, metavar="FILE", help="default: in the folder `shown` of --home")
    proof = act("audit-proof", audit.run_terminal_proof, "prove that an answered batch is in the operator's audit log")
    proof.add_argument("batch", type=_batch_id, metavar="BATCH", nargs="?", help="its id (default: answered last)")
    audit.add_proof_options(proof)
    add_network_options(proof)
    pin = act("change-pin", enrolment.run_change_pin, "protect the till with a new PIN")
    pin.add_argument("--new-pin-file", type=Path, metavar="F", help="read the new PIN from this file")
    again = act("recover", recovery.run_recover, "open this till again when ten wrong PINs have locked it")
    again.add_argument("--out", type=Path, metavar="FILE", help="where the file for the operator goes")
    again.add_argument("--answer", type=Path, metavar="FILE", help="the operator's answer")
    again.add_argument("--code-file", type=Path, metavar="F", help="read the operator's code from this file")
    again.add_argument("--new-pin-file", type=Path, metavar="F", help="read the new PIN from this file")
    act("sign-out", enrolment.run_sign_out, "forget the key and leave; refused while anything waits to be sent")


def _about_disputes(act: Act) -> None:
    dispute = act("dispute", terminal_disputes.run_dispute, "dispute what was not paid")
    dispute.add_argument(
        "payment", metavar="PAYMENT", help="the receipt's number, or the first characters of the cheque id"
    )
    dispute.add_argument(
        "--cheque", type=Path, metavar="FILE", help="the payer's cheque, if it was never claimed in time"
    )
    disputes.add_open_options(dispute, Party.PAYEE)
    listed = act("disputes", terminal_disputes.run_disputes, "your disputes, and what they ask of you")
    answer = act("answer-dispute", terminal_disputes.run_answer, "answer a dispute")
    disputes.add_answer_options(answer)
    withdraw = act("withdraw-dispute", terminal_disputes.run_withdraw, "take your dispute back, for good")
    disputes.add_dispute_argument(withdraw)
    disputes.add_said_options(withdraw, evidence=False)
    for sub in (dispute, listed, answer, withdraw):
        add_network_options(sub)


def _at_a_till(run: Run) -> Run:
    """The act; when the PIN is locked for good, it says what that means for a till, which may hold unsent payments."""

    def acted(args: Namespace, report: Report) -> int:
        try:
            return run(args, report)
        except PinLocked as locked:
            if locked.until is not None:
                raise
            raise TerminalTrouble("pin_locked", failures=PIN_FAILURES_MAX) from None

    return acted


def _batch_id(text: str) -> BatchId:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != BATCH_ID_BYTES:
        raise argparse.ArgumentTypeError("a batch's id is 32 hexadecimal digits")
    return BatchId(found)


def _add_risk_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at-own-risk", action="store_true", help="accept what is not guaranteed, too")
