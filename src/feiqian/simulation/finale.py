"""The finale: the story is over, every clock is right, nothing is lost any more, and D passes for everything.

Then nobody may be left guessing: every queue is empty, every payment of an honest holder has come to an end, every
guarantee was kept, and all books agree.
"""

from typing import Final

from feiqian.ledger.verify import verify_books
from feiqian.protocol.answer import Verdict
from feiqian.protocol.cheque import ChequeForm
from feiqian.simulation.devices import TillDevice, WalletDevice
from feiqian.simulation.oracle import Broken
from feiqian.simulation.world import World
from feiqian.terminal.records import Accepted
from feiqian.wallet.records import FindingKind
from feiqian.wallet.states import Status

PAST_EVERY_D_S: Final = 12 * 86_400
_EVERYTHING: Final = 100_000


def bring_to_an_end(world: World) -> None:
    """Plays the finale. Raises Broken."""
    parties = world.parties
    devices: list[WalletDevice | TillDevice] = [*parties.all_wallets()]
    for device in (*devices, *parties.tills.values()):
        device.off_s = 0
        device.mortal.disarm()
    world.operator.mortal.disarm()
    world.still()
    _everybody_syncs(world)
    world.now += PAST_EVERY_D_S
    world.operator.close_windows()
    world.audit.look()
    _everybody_syncs(world)
    for till in world.parties.tills.values():
        _check_till(world, till)
    all_tills_honest = all(till.honest for till in world.parties.tills.values())
    for wallet in world.parties.all_wallets():
        if wallet.is_copy or not wallet.is_enrolled or wallet.payer_id is None:
            continue
        if world.audit.payers[wallet.payer_id].honest:
            _check_wallet(world, wallet, all_tills_honest=all_tills_honest)
    world.audit.look_at_all()
    report = verify_books(world.operator.store)
    if report.mismatches or any(report.sums.values()):
        world.audit.figures.money_conserved = False
        raise Broken("books_differ", report.mismatches[:3])


def _everybody_syncs(world: World) -> None:
    for till in world.parties.tills.values():
        if till.is_enrolled:
            world.parties.sync_till(till)
    for wallet in world.parties.all_wallets():
        if wallet.is_enrolled:
            world.parties.sync_wallet(wallet)
    world.audit.look()


def _check_till(world: World, till: TillDevice) -> None:
    if not till.is_enrolled or till.payee_id is None:
        return
    queue = till.terminal.queue()
    if not queue.is_empty:
        raise Broken("till_left_guessing", f"{till.name}: {queue.claims} claims, {queue.notes} notes")
    if not till.honest:
        return
    for entry in till.terminal.history(_EVERYTHING):
        if isinstance(entry, Accepted):
            _check_payment(world, till, entry)


def _check_payment(world: World, till: TillDevice, accepted: Accepted) -> None:
    """What the till was told is what was paid; what it was promised was paid."""
    late = accepted.answer is not None and accepted.answer.verdict is Verdict.LATE
    claims = world.operator.oracle.reserves[_ref_of(accepted)].claims
    asked = claims.get((accepted.cheque_id, till.payee_id or b""))
    paid_minor = 0 if asked is None or late else asked.paid_minor
    if not late and accepted.paid_minor != paid_minor:
        raise Broken("till_told_otherwise", f"{till.name}: told {accepted.paid_minor}, paid {paid_minor}")
    short_minor = accepted.kept_minor - paid_minor
    if till.on_time and not late and accepted.guaranteed_minor and short_minor > 0:
        world.audit.figures.honest_losses_minor += short_minor
        raise Broken("guarantee_not_kept", f"{till.name}: {short_minor} short of {accepted.kept_minor}")


def _ref_of(accepted: Accepted) -> bytes:
    """The allowance of an accepted cheque, by its short name."""
    return bytes(accepted.allowance_id[:8])


def _check_wallet(world: World, wallet: WalletDevice, *, all_tills_honest: bool) -> None:
    for open_payment in wallet.wallet.history():
        if open_payment.status is not Status.DONE:
            raise Broken("holder_left_guessing", f"{wallet.name}: a payment is still {open_payment.state}")
    if wallet.was_rolled_back:
        return  # it has forgotten cheques, and is told so
    for finding in wallet.wallet.spendable().findings:
        payment = wallet.store.payment(finding.cheque_id)
        # A code that one payee gave back may still be due to another who took it as well, and a note that came after D
        # changed nothing: then the books take more than the holder was given in writing, and it must be told so.
        if finding.kind is FindingKind.CODE_WRONG:
            how = world.operator.desk.holders.drawn.get(finding.cheque_id)
            if how is not None and how.code_right is not False:
                raise Broken("holder_alarmed", f"{wallet.name}: a right code counts as wrong")
            continue
        told_rightly = finding.kind is FindingKind.TOO_MUCH and (
            (payment is not None and payment.form is ChequeForm.ONE_WAY)
            or finding.cheque_id in world.operator.oracle.late_notes
        )
        if all_tills_honest and not told_rightly:
            raise Broken("holder_alarmed", f"{wallet.name}: {finding.kind} {finding.amount_minor}")
