"""Drills: for every write point a few events that lead to it, so that thirty seeds in a row see a death at each.

Chance alone would seldom close an allowance just when its wallet is to die of it. A drill has a wallet and a till of
its own, which come into being with it, and goes on after the death as people would: again, and sync.
"""

from collections.abc import Callable, Sequence
from typing import Final

from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.simulation import events as ev
from feiqian.simulation.holders import CODED, COUNTED, KINDS, PLAIN, WATCHED, WATCHFUL
from feiqian.terminal.ports import WritePoint as TerminalPoint
from feiqian.wallet.ports import WritePoint as WalletPoint

MOMENTS: Final = ("before-commit", "after-commit")
NOT_WATCHED: Final = frozenset(
    {
        WalletPoint.VOUCHED,
        *(WalletPoint.RESTORED, WalletPoint.ELSEWHERE),
        *(WalletPoint.FORGET, TerminalPoint.FORGET),
    }
)
"""Nobody vouches for the chips of a played world, there are no backups and no other device of the same payer, and no
story lasts until something is forgotten: tests/faults kills real ones at these points."""
WALLET_POINTS: Final = tuple(
    f"{point}:{moment}" for point in WalletPoint if point not in NOT_WATCHED for moment in MOMENTS
)
TILL_POINTS: Final = tuple(
    f"{point}:{moment}" for point in TerminalPoint if point not in NOT_WATCHED for moment in MOMENTS
)
NOT_PLAYED: Final = frozenset(
    {
        *("take-papers", "open-dispute", "answer-dispute", "decide-dispute", "age-disputes"),
        *("revoke-terminal", "recover-till"),
        *("attestation-root", "tpm-asked", "tpm-key", "identify", "try-pin"),
    }
)
"""What the operator writes about disputes, tills that are opened again, attested hardware and identities: no event of a
story leads there."""
OPERATOR_POINTS: Final = tuple(
    f"{point}:{moment}"
    for point in (*IssuerPoint, *AcquirerPoint)
    if point.partition(".")[2] not in NOT_PLAYED
    for moment in MOMENTS
)
DEAD_POINTS: Final = (*WALLET_POINTS, *TILL_POINTS, *OPERATOR_POINTS)
"""Every point at which somebody may die."""
FIRST_OWN: Final = 100
"""The number of the first wallet and till that belong to drills."""
LISTS_AGE_S: Final = 2 * 3600
REQUEST_OVER_S: Final = 600
PAST_D_S: Final = 12 * 86_400
Deed = Callable[[int], list[ev.Event]]


def _pay(own: int, *, copy: bool = False, fates: str = "") -> ev.Event:
    return ev.Pay(wallet=own, till=own, amount_minor=7_50, copy=copy, fates=fates, wait_s=1)


def _rolled_back(own: int) -> list[ev.Event]:
    back = [ev.SaveWallet(wallet=own), _pay(own), ev.RollBackWallet(wallet=own)]
    return [_pay(own), *back, ev.Pay(wallet=own, till=own, amount_minor=7_50, comes_back=1, wait_s=1)]


def _locked(own: int) -> list[ev.Event]:
    """More payments in a minute than anybody makes; the operator's policy opens the first such lock by itself."""
    return [*(_pay(own) for _ in range(WATCHED.minute_payments + 1)), ev.Unlock(wallet=own)]


def _locked_again(own: int) -> list[ev.Event]:
    return [*_locked(own), *_locked(own), ev.DecideLocks(), ev.Unlock(wallet=own)]


def _paid(own: int) -> list[ev.Event]:
    return [_pay(own)]


def _synced(own: int) -> list[ev.Event]:
    return [_pay(own), ev.SyncTill(till=own), ev.SyncWallet(wallet=own)]


def _refused(own: int) -> list[ev.Event]:
    return [_pay(own), _pay(own, fates=".d"), ev.Advance(wait_s=REQUEST_OVER_S), ev.Arrive(nth=-1)]


def _aged(own: int) -> list[ev.Event]:
    return [_pay(own), _pay(own, fates="..l"), ev.Advance(wait_s=REQUEST_OVER_S), ev.SyncWallet(wallet=own)]


def _newer(own: int) -> list[ev.Event]:
    return [_pay(own), ev.Advance(wait_s=LISTS_AGE_S), ev.SyncTill(till=own), ev.SyncWallet(wallet=own)]


def _forked(own: int) -> list[ev.Event]:
    return [_pay(own), ev.Clone(wallet=own), _pay(own), _pay(own, copy=True), _pay(own, copy=True)]


def _ended(own: int) -> list[ev.Event]:
    return [_pay(own), ev.SyncTill(till=own), ev.Advance(wait_s=PAST_D_S), ev.CloseWindows()]


_DEEDS: Final[dict[str, Deed]] = {
    WalletPoint.TRUST: _newer,
    WalletPoint.TOP_UP: lambda own: [ev.TopUp(wallet=own, amount_minor=300_00)],
    WalletPoint.ALLOWANCE: lambda own: [ev.TopUp(wallet=own, amount_minor=300_00)],
    WalletPoint.DECLINED: lambda own: [_pay(own), ev.TopUp(wallet=own, amount_minor=2_000_00)],
    WalletPoint.AGED: _aged,
    WalletPoint.STATEMENT: _synced,
    WalletPoint.CLOSING: lambda own: [_pay(own), ev.Close(wallet=own, nth=0)],
    WalletPoint.ANEW: _rolled_back,
    WalletPoint.LOCK: _locked,
    WalletPoint.UNLOCK: _locked,
    IssuerPoint.REPORT_LOCK: _locked,
    IssuerPoint.DECIDE_LOCK: _locked_again,
    IssuerPoint.LOST_TRY: lambda own: [_pay(own), ev.LoseByCode(wallet=own), _pay(own, copy=True)],
    WalletPoint.CLOSED: lambda own: [_pay(own), ev.Close(wallet=own, nth=0)],
    TerminalPoint.TRUST: _newer,
    TerminalPoint.NOTE: lambda own: [_pay(own), ev.Void(till=own, nth=0, percent=50)],
    TerminalPoint.NOTICE: lambda own: [ev.PaidOnline(till=own, amount_minor=3_00)],
    TerminalPoint.BATCH: _synced,
    TerminalPoint.ANSWER: _synced,
    TerminalPoint.CLOCK: _synced,
    TerminalPoint.SHIFT: lambda own: [_pay(own), ev.EndShift(till=own)],
    TerminalPoint.REFUSAL: _refused,
    TerminalPoint.SIGN_OUT: lambda own: [*_synced(own), ev.EndShift(till=own, sign_out=True), _pay(own)],
    TerminalPoint.EVENTS: _synced,
    TerminalPoint.PROOF: _forked,
    IssuerPoint.CLOSE: lambda own: [_pay(own), ev.Close(wallet=own, nth=0)],
    IssuerPoint.SUSPEND: lambda own: [_pay(own), ev.Lose(wallet=own), _pay(own, copy=True)],
    IssuerPoint.PUBLISH: _newer,
    IssuerPoint.CLOSE_WINDOW: _ended,
    AcquirerPoint.TAKE_BATCH: _synced,
    AcquirerPoint.COLLECT: _ended,
}
"""What leads to a point; to all others leads a first payment, for which wallet and till enrol."""


_KINDS: Final[dict[str, int]] = {
    **dict.fromkeys((WalletPoint.KEY_HOME, WalletPoint.COUNTING, WalletPoint.ANEW), COUNTED),
    **dict.fromkeys((WalletPoint.LOCK, WalletPoint.UNLOCK), WATCHFUL),
    **dict.fromkeys((IssuerPoint.REPORT_LOCK, IssuerPoint.DECIDE_LOCK), WATCHFUL),
    IssuerPoint.AUTHENTICATOR: CODED,
}
"""Which wallet comes to a point; to all others any does."""


def drill(point: str, number: int) -> Sequence[ev.Event]:
    """The events of the drill for `<write point>:<moment>`; `number` makes its wallet and till its own."""
    name = point.partition(":")[0]
    own = FIRST_OWN + KINDS * number + _KINDS.get(name, PLAIN)
    deed = _DEEDS.get(name, _paid)
    return [_armed(point, own), *deed(own), ev.Again(wallet=own), *_synced(own)]


def _armed(point: str, own: int) -> ev.Event:
    if point in WALLET_POINTS:
        return ev.CrashWallet(wallet=own, point=point)
    return ev.CrashTill(till=own, point=point) if point in TILL_POINTS else ev.CrashOperator(point=point)
