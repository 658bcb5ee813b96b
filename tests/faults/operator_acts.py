"""What an operator does at each of its write points: prepared, done (and killed there), and done again after a restart.

Run as a program it is the victim: `python -m tests.faults.operator_acts FOLDER POINT [URL]` prepares, writes down what
a device would still know, arms the crash point and acts. With a URL the books are in that PostgreSQL database.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from feiqian.acquirer.dispute_service import Disputes
from feiqian.acquirer.dispute_values import DisputeId, DisputeLine, Said
from feiqian.acquirer.disputes import ANSWER_S, DisputeAct, DisputeReason, Party
from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.acquirer.revoking import revoke_terminal
from feiqian.acquirer.till_recovery import note_recovery
from feiqian.issuer.lock_ports import Decision
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.issuer.values import Identity, IdentityKind, PayerId, SuspendReason
from feiqian.ledger.papers import Papers
from feiqian.ledger.personal import WritePoint as PersonalPoint
from feiqian.ledger.personal import begin_sealing, erase_person, rotate, sweep
from feiqian.ledger.retention import PersonKind, RetentionTerms
from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import AllowanceRef, StatementId, TerminalRef
from feiqian.protocol.possession import Purpose, code_context, prove_possession, secret_hash
from feiqian.risk.anomaly import LockReason
from feiqian.staff.desk import StaffDesk
from feiqian.staff.ports import WritePoint as StaffPoint
from feiqian.staff.roles import Role
from feiqian.staff.rules import STEP_S
from feiqian.staff.troubles import StaffTrouble
from feiqian.staff.values import GONE, NOBODY, StaffId
from feiqian.staff.values import Act as StaffAct
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.storage.postgres_store import PostgresStore
from tests.issuer import world as worlds
from tests.issuer.papers import pay
from tests.issuer.test_one_time_codes import paying, token_for
from tests.issuer.world import CUR, DATA_KEYS, DAY, DEPLOYMENT, START, World, key
from tests.keys.authorities import Authority, SoftTpm
from tests.staff.desks import CHEAP, code_of

Given = dict[str, str]
TERMS = RetentionTerms(dispute_open_s=60 * DAY, names_days=1, words_days=1)
NEWER_KEY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`prepare` says what the other side knows; `act` must give the same whenever it is repeated."""

    prepare: Callable[[World], Given]
    act: Callable[[World, Given], object]
    same: bool = True


def prepare_payer(world: World) -> Given:
    return {"payer": world.payer(0)[0].hex()}


def prepare_authenticator(world: World) -> Given:
    payer_id = world.payer(0)[0]
    token = token_for(world, payer_id, confirm=False)
    return {"payer": payer_id.hex(), "code": token.code()}


def prepare_code(world: World) -> Given:
    return {"code": world.issuer.enrol_payer("Lin", CUR).code}


def prepare_device(world: World) -> Given:
    return {"token": world.payer()[1].token}


def prepare_wallet(world: World) -> Given:
    wallet = world.wallet()
    return {"token": wallet.bound.token, "ref": wallet.ref.hex(), "closing": wallet.draw(0).hex()}


def prepare_pin(world: World) -> Given:
    new = world.issuer.enrol_payer("Lin", CUR, with_pin=True)
    return {"code": new.code, "pin": new.pin or ""}


def prepare_root(world: World) -> Given:
    del world
    return {"pem": Authority(now=START).root_pem.decode()}


def prepare_tpm(world: World) -> Given:
    """A wallet with a TPM of a trusted maker."""
    tpm = SoftTpm(Authority(now=START))
    world.issuer.attesting.add_root(tpm.authority.root_pem, tier=Tier.TPM, maker="Maker")
    parts = {"ek": tpm.ek_certificate, "below": tpm.authority.below, "ak": tpm.ak_public}
    return {"token": world.payer()[1].token} | {name: part.hex() for name, part in parts.items()}


def prepare_tpm_asked(world: World) -> Given:
    given = prepare_tpm(world)
    ask_tpm(world, given)
    return given


def prepare_payee_code(world: World) -> Given:
    return {"code": world.acquirer.enrol_payee("Cafe", CUR).code}


def prepare_batch(world: World) -> Given:
    wallet, till = world.wallet(300_00), world.till()
    thief = wallet.clone()
    payer = paying(world)
    coded = payer.pay(till, 60_00, payer.token.wrong())
    claims = [till.accept(wallet, 200_00), till.accept(thief, 190_00), b"junk", coded]
    return {"token": till.enrolled.token, "batch": till.batch(claims, [till.note(bytes(32), 1)]).hex()}


def prepare_waiting(world: World) -> Given:
    wallet, till = world.wallet(), world.till()
    till.send(till.take_code(wallet, wallet.draw(50_00, ttl_s=60), 50_00))
    return {"payee": till.payee_id.hex()}


def prepare_collect(world: World) -> Given:
    given = prepare_waiting(world)
    world.now += 30 * DAY
    world.issuer.close_windows()
    return given


def prepare_papers(world: World) -> Given:
    paid = pay(world.wallet(), world.till(), 100_00)
    papers = paid.with_receipt()
    parts = {"cheque": papers.cheque, "request": papers.request, "statement": papers.statement}
    shown = {name: part.hex() for name, part in parts.items() if part is not None}
    certificate = paid.till.enrolled.certificate.hex()
    return shown | {"certificate": certificate, "payer": paid.wallet.bound.payer_id.hex()}


def hand_in(world: World, given: Given) -> object:
    parts = {name: bytes.fromhex(given[name]) for name in ("cheque", "request", "statement", "certificate")}
    return world.acquirer.take_papers(bytes.fromhex(given["payer"]), Papers(**parts))


def prepare_dispute(world: World) -> Given:
    wallet, till = world.wallet(), world.till()
    paid = pay(wallet, till, 100_00)
    till.send(paid.claim)
    world.end_windows()
    named = {"payer": wallet.bound.payer_id, "payee": till.payee_id, "cheque": paid.cheque_id}
    return {name: part.hex() for name, part in named.items()}


def prepare_answer(world: World) -> Given:
    given = prepare_dispute(world)
    return given | {"dispute": open_dispute(world, given).dispute.dispute_id.hex()}


def prepare_decision(world: World) -> Given:
    given = prepare_answer(world)
    answer_dispute(world, given, DisputeAct.CONTEST)
    return given


def prepare_silence(world: World) -> Given:
    given = prepare_answer(world)
    world.now += ANSWER_S + DAY
    return given


def disputes_in(world: World) -> Disputes:
    return Disputes(store=world.store, cheques=world.issuer, clock=lambda: world.now, randomness=world.randomness)


def open_dispute(world: World, given: Given) -> DisputeLine:
    reason, said = DisputeReason.NOT_DELIVERED, Said(words="it never came", evidence=b"picture")
    payer_id, cheque_id = bytes.fromhex(given["payer"]), StatementId(bytes.fromhex(given["cheque"]))
    return disputes_in(world).open_by_payer(payer_id, cheque_id, reason, None, said)


def answer_dispute(world: World, given: Given, act: DisputeAct = DisputeAct.ACCEPT) -> DisputeLine:
    payee_id, dispute_id = bytes.fromhex(given["payee"]), DisputeId(bytes.fromhex(given["dispute"]))
    return disputes_in(world).answer(Party.PAYEE, payee_id, dispute_id, act, Said())


def decide_dispute(world: World, given: Given) -> DisputeLine:
    return disputes_in(world).decide(DisputeId(bytes.fromhex(given["dispute"])), 60_00, Said())


def age_disputes(world: World, _given: Given) -> object:
    disputes = disputes_in(world)
    disputes.age()
    return disputes.disputes_of(Party.ADMINISTRATOR)


def prepare_over(world: World) -> Given:
    given = prepare_answer(world)
    answer_dispute(world, given)
    world.now += 3 * DAY
    return given


def prepare_named(world: World) -> Given:
    given = prepare_payer(world)
    world.now += 3 * DAY
    return given


def begin_key(world: World, _given: Given) -> object:
    begin_sealing(world.store, 1, world.now)
    with world.store.read() as reading:
        return sorted(reading.data_keys()), reading.sealed_by(0)


def change_key(world: World, given: Given) -> object:
    DATA_KEYS[NEWER_KEY] = b"n" * 32
    rotate(world.store, NEWER_KEY, world.now, lambda _done, _of: None)
    with world.store.read() as reading:
        assert reading.sealed_below(NEWER_KEY) == 0
        steps = reading.dispute_steps(DisputeId(bytes.fromhex(given["dispute"])))
    return [step.words for step in steps], world.issuer.payers(after=None, limit=9)


def erase_payer(world: World, given: Given) -> object:
    payer_id = PayerId(bytes.fromhex(given["payer"]))
    erase_person(world.store, PersonKind.PAYER, payer_id, TERMS, world.now)
    assert not world.path.exists() or b"Lin" not in world.path.read_bytes()  # with PostgreSQL there is no file
    with world.store.read() as reading:
        return reading.person(PersonKind.PAYER, payer_id), reading.payer(payer_id)


def erase_words(world: World, given: Given) -> object:
    sweep(world.store, TERMS, world.now)
    with world.store.read() as reading:
        steps = reading.dispute_steps(DisputeId(bytes.fromhex(given["dispute"])))
    assert [(step.words, step.evidence) for step in steps] == [("", b"")] * len(steps)
    return steps


def bind(world: World, given: Given) -> object:
    proof = prove_possession(key("account"), Purpose.ACCOUNT, DEPLOYMENT, code_context(given["code"]))
    return world.issuer.bind_device(given["code"], key("account").public_key, proof).device_id


def bind_with_pin(world: World, given: Given) -> object:
    """A try that was counted before the crash is forgiven by the right secret."""
    proof = prove_possession(key("account"), Purpose.ACCOUNT, DEPLOYMENT, code_context(given["code"]))
    bound = world.issuer.bind_device(given["code"], key("account").public_key, proof, given["pin"])
    with world.store.read() as reading:
        assert reading.enrolment_pin(secret_hash(given["code"])).misses == 0
    return bound.device_id


def identify(world: World, given: Given) -> object:
    payer = PayerId(bytes.fromhex(given["payer"]))
    world.issuer.identify(
        payer, Identity(kind=IdentityKind.EID, reference="1", checked_by="administrator", checked_at=START)
    )
    return world.issuer.identity(payer)


def ask_tpm(world: World, given: Given) -> object:
    device = world.issuer.authenticate_device(given["token"])
    asked = world.issuer.attesting.ask_tpm(
        device,
        ek_certificate=bytes.fromhex(given["ek"]),
        issuers=[bytes.fromhex(given["below"])],
        ak_public=bytes.fromhex(given["ak"]),
        secret=b"s" * 32,
    )
    return asked.secret_hash


def answer_tpm(world: World, given: Given) -> object:
    device = world.issuer.authenticate_device(given["token"])
    bound = world.issuer.attesting.answer_tpm(device, b"s" * 32, world.now)
    assert len(world.issuer.attesting.keys_of(device.payer_id)) == 1
    return bound.key


def confirm_authenticator(world: World, given: Given) -> object:
    payer = PayerId(bytes.fromhex(given["payer"]))
    confirmed = world.issuer.authenticators.confirm(payer, [given["code"]])
    with world.store.read() as reading:
        assert len(reading.code_uses(confirmed.authenticator_id, 0)) == 1
    return confirmed


def issue(world: World, given: Given) -> object:
    device, request_id = world.issuer.authenticate_device(given["token"]), b"r" * 16
    proof = prove_possession(key("device"), Purpose.ALLOWANCE, DEPLOYMENT, device.device_id, request_id)
    issued = world.issuer.issue_allowance(
        device, device_key=key("device").public_key, proof=proof, request_id=request_id, amount_minor=300_00
    )
    statement = world.issuer.statement(device.payer_id)
    assert (statement.free_minor, statement.reserved_minor) == (1_700_00, 300_00)
    return issued.raw


def close(world: World, given: Given) -> object:
    device = world.issuer.authenticate_device(given["token"])
    return world.issuer.close_allowance(device, bytes.fromhex(given["closing"]))


def certify(world: World, given: Given) -> object:
    proof = prove_possession(key("till"), Purpose.TERMINAL, DEPLOYMENT, code_context(given["code"]))
    return world.acquirer.enrol_terminal(given["code"], key("till").public_key, proof).certificate


def take(world: World, given: Given) -> object:
    terminal = world.acquirer.authenticate_terminal(given["token"])
    answer = world.acquirer.take_batch(terminal, bytes.fromhex(given["batch"]))
    # One till took both cheques of a fork, so only the first is guaranteed; a wrong one-time code is paid all the same.
    assert world.acquirer.statement(terminal.payee_id).balance_minor == 260_00
    assert len(world.issuer.authenticators.wrong_codes()) == 1
    assert len(world.issuer.forks()) == 1
    return answer


def end(world: World, _given: Given) -> object:
    world.end_windows()
    payees = [one for one in world.store.book_facts().payees if one.claims_paid_minor]
    assert [(one.claims_paid_minor, one.under_way_minor) for one in payees] == [(50_00, 0)]
    return payees


def desk_of(world: World) -> StaffDesk:
    return StaffDesk(
        store=world.store, secrets=CHEAP, deployment=DEPLOYMENT, clock=lambda: world.now, randomness=world.randomness
    )


def prepare_colleague(world: World) -> Given:
    new = desk_of(world).add("lin", Role.SUPPORT)
    codes = [code_of(new, world.now + off * STEP_S) for off in (0, 1)]
    return {"staff": new.member.staff_id.hex(), "password": new.password, "codes": " ".join(codes)}


def remove_colleague(world: World, given: Given) -> object:
    """Again says that nobody of this name is there: so whoever repeats it looks first."""
    desk, staff_id = desk_of(world), StaffId(bytes.fromhex(given["staff"]))
    if desk.line(staff_id).member.removed_at is None:
        desk.remove(staff_id)
    with world.store.read() as reading:
        assert reading.staff_credentials(staff_id) == GONE
    return desk.line(staff_id)


def sign_in_colleague(world: World, given: Given) -> object:
    """The code may have been used up by the try that was cut short; the next one counts."""
    desk = desk_of(world)
    used, following = given["codes"].split()
    try:
        token, _ = desk.sign_in("lin", given["password"], used)
    except StaffTrouble:
        token, _ = desk.sign_in("lin", given["password"], following)
    return desk.signed_in(token).member


def note_colleague(world: World, given: Given) -> object:
    desk = desk_of(world)
    desk.note(NOBODY, StaffAct.SUSPEND, bytes.fromhex(given["staff"]))
    assert {act.act for act, _ in desk.acts(before=None, limit=9)} == {StaffAct.STAFF_ADDED, StaffAct.SUSPEND}
    return None


def lock_of(world: World, given: Given, reason: LockReason) -> Decision | None:
    device = world.issuer.authenticate_device(given["token"])
    return world.issuer.report_lock(device, lock_id=b"l" * 16, reason=reason, locked_at=world.now, seen=21, allowed=20)


def report_lock(world: World, given: Given) -> object:
    decided = lock_of(world, given, LockReason.BURST)
    return decided, [line.decision for line in world.issuer.locks()]


def prepare_lock(world: World) -> Given:
    given = prepare_device(world)
    assert lock_of(world, given, LockReason.GUESSED) is None
    return given


def decide_lock(world: World, _given: Given) -> object:
    return world.issuer.decide_lock(b"l" * 16, Decision.REFUSED)


def prepare_lost(world: World) -> Given:
    wallet = world.wallet()
    device = world.issuer.authenticate_device(wallet.bound.token)
    return {"token": wallet.bound.token, "code": world.issuer.new_lost_code(device), "ref": wallet.ref.hex()}


def report_lost(world: World, given: Given) -> object:
    (stopped,) = world.issuer.report_lost_device(given["code"])
    assert stopped.ref == bytes.fromhex(given["ref"])
    return stopped


def new_lost_code(world: World, given: Given) -> object:
    """A code that was never told is worth nothing, and neither is the one before it."""
    device = world.issuer.authenticate_device(given["token"])
    code = world.issuer.new_lost_code(device)
    with world.store.read() as reading:
        assert reading.device(device.device_id) == device
    assert world.issuer.report_lost_device(code) == ()
    return None


def recover_till(world: World, _given: Given) -> object:
    till = world.till()
    note_recovery(world.store, till.enrolled.terminal_ref, bytes(32), at=world.now, randomness=world.randomness)
    return None


ACTS = {
    IssuerPoint.LOST_CODE: Act(prepare=prepare_device, act=new_lost_code, same=False),
    IssuerPoint.LOST_TRY: Act(prepare=prepare_lost, act=report_lost),
    AcquirerPoint.RECOVER_TILL: Act(prepare=lambda _: {}, act=recover_till, same=False),
    IssuerPoint.REPORT_LOCK: Act(prepare=prepare_device, act=report_lock),
    IssuerPoint.DECIDE_LOCK: Act(prepare=prepare_lock, act=decide_lock),
    IssuerPoint.ENROL_PAYER: Act(
        prepare=lambda _: {}, act=lambda world, _: world.issuer.enrol_payer("Lin", CUR), same=False
    ),
    IssuerPoint.FUND: Act(
        prepare=prepare_payer,
        act=lambda world, given: world.issuer.fund(PayerId(bytes.fromhex(given["payer"])), 7_00, "once"),
    ),
    IssuerPoint.BIND_DEVICE: Act(prepare=prepare_code, act=bind),
    IssuerPoint.TRY_PIN: Act(prepare=prepare_pin, act=bind_with_pin),
    IssuerPoint.IDENTIFY: Act(prepare=prepare_payer, act=identify),
    IssuerPoint.ATTESTATION_ROOT: Act(
        prepare=prepare_root,
        act=lambda world, given: (
            world.issuer.attesting.add_root(given["pem"].encode(), tier=Tier.CARD, maker="Maker").fingerprint
        ),
    ),
    IssuerPoint.TPM_ASKED: Act(prepare=prepare_tpm, act=ask_tpm),
    IssuerPoint.TPM_KEY: Act(prepare=prepare_tpm_asked, act=answer_tpm),
    IssuerPoint.AUTHENTICATOR: Act(prepare=prepare_authenticator, act=confirm_authenticator),
    IssuerPoint.ISSUE: Act(prepare=prepare_device, act=issue),
    IssuerPoint.CLOSE: Act(prepare=prepare_wallet, act=close),
    IssuerPoint.SUSPEND: Act(
        prepare=prepare_wallet,
        act=lambda world, given: world.issuer.suspend(
            AllowanceRef(bytes.fromhex(given["ref"])), SuspendReason.OPERATOR
        ),
    ),
    IssuerPoint.PUBLISH: Act(prepare=lambda _: {}, act=lambda world, _: world.publisher.trust_pack()),
    IssuerPoint.CLOSE_WINDOW: Act(prepare=prepare_waiting, act=end),
    AcquirerPoint.ENROL_PAYEE: Act(
        prepare=lambda _: {}, act=lambda world, _: world.acquirer.enrol_payee("Cafe", CUR), same=False
    ),
    AcquirerPoint.ENROL_TERMINAL: Act(prepare=prepare_payee_code, act=certify),
    AcquirerPoint.REVOKE_TERMINAL: Act(
        prepare=lambda world: {"ref": world.till().enrolled.terminal_ref.hex()},
        act=lambda world, given: revoke_terminal(world.store, TerminalRef(bytes.fromhex(given["ref"])), world.now),
    ),
    AcquirerPoint.TAKE_BATCH: Act(prepare=prepare_batch, act=take),
    AcquirerPoint.COLLECT: Act(prepare=prepare_collect, act=end),
    AcquirerPoint.TAKE_PAPERS: Act(prepare=prepare_papers, act=hand_in),
    AcquirerPoint.OPEN_DISPUTE: Act(prepare=prepare_dispute, act=open_dispute),
    AcquirerPoint.ANSWER_DISPUTE: Act(prepare=prepare_answer, act=answer_dispute),
    AcquirerPoint.DECIDE_DISPUTE: Act(prepare=prepare_decision, act=decide_dispute),
    AcquirerPoint.AGE_DISPUTES: Act(prepare=prepare_silence, act=age_disputes),
    PersonalPoint.BEGIN_KEY: Act(prepare=prepare_payer, act=begin_key),
    PersonalPoint.RESEAL: Act(prepare=prepare_answer, act=change_key),
    PersonalPoint.ERASE: Act(prepare=prepare_named, act=erase_payer),
    PersonalPoint.ERASE_WORDS: Act(prepare=prepare_over, act=erase_words),
    StaffPoint.MEMBER: Act(prepare=prepare_colleague, act=remove_colleague),
    StaffPoint.SESSION: Act(prepare=prepare_colleague, act=sign_in_colleague, same=False),
    StaffPoint.NOTE: Act(prepare=prepare_colleague, act=note_colleague, same=False),
}


def main(folder: Path, crash_at: str, url: str | None = None) -> None:
    """Prepare, write down, arm, act; comes back only when the point was never reached."""
    if url is not None:
        worlds.open_store = lambda path: PostgresStore.open(url, seals=worlds.SEALS)  # noqa: ARG005  # its name
    act = ACTS[next(point for point in ACTS if crash_at.startswith(f"{point}:"))]
    world = World(folder / "operator.db", seed="victim")
    if not crash_at.startswith(IssuerPoint.PUBLISH):
        world.publisher.trust_pack()
    given = act.prepare(world)
    (folder / "given.json").write_text(json.dumps({"now": world.now, "given": given}), encoding="utf-8")
    os.environ[CRASH_VARIABLE] = crash_at
    act.act(world, given)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
