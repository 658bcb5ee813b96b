"""Events: the small language in which the story of a world is written.

An event names its parties by number and holds everything that chance had to decide about it, so that any of them can
be left out of a story and the others still mean the same: that is how a failing story is made short. What an event
finds nothing to do for, it leaves undone.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

ARRIVES, LOST, TWICE, LATE = ".", "l", "t", "d"
"""What becomes of one message. LATE: it hangs in the air until an `Arrive` event, or for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step. `wait_s` passes before it; `fates` is a letter for each of its messages, those behind all arrive."""

    NAME: ClassVar[str]
    wait_s: int = 0
    fates: str = ""

    @property
    def line(self) -> str:
        """The one way to write it down."""
        values = ((name, getattr(self, name)) for name in _names_of(self))
        said = (f"{name}={_spelled(value)}" for name, value in values if value not in (False, None, "", 0, ()))
        return " ".join((self.NAME, *said))


_NAMES: dict[type, tuple[str, ...]] = {}


def _names_of(event: Event) -> tuple[str, ...]:
    kind = type(event)
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(event))
    return _NAMES[kind]


def _spelled(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(Event):
    """A request is answered at the counter. `final_minor`: what the till takes of a maximum; `copy`: by the copy.

    `comes_back`: so often whoever can mend what it is refused for, by a top-up, a sync of the till or a clock that is
    set, does so and tries again. `unchecked`: nobody proves to be the holder; `wrong_code`: what is typed where a
    one-time code is asked for is none.
    """

    NAME: ClassVar[str] = "pay"
    wallet: int
    till: int
    amount_minor: int
    final_minor: int | None = None
    copy: bool = False
    own_risk: bool = False
    unsigned: bool = False
    comes_back: int = 0
    unchecked: bool = False
    wrong_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay(Event):
    """A one-way code is shown at one till or at several."""

    NAME: ClassVar[str] = "one-way"
    wallet: int
    tills: tuple[int, ...]
    amount_minor: int
    due_minor: int | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again(Event):
    """The holder goes back with what is open: the same bytes again, for a receipt or a cancel note."""

    NAME: ClassVar[str] = "again"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive(Event):
    """A message that hung in the air arrives after all; `astray` at another till than the one it was for."""

    NAME: ClassVar[str] = "arrive"
    nth: int
    astray: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Event):
    """A till gives back a part of a payment, `percent` of what it took."""

    NAME: ClassVar[str] = "void"
    till: int
    nth: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Event):
    """A till cancels a request."""

    NAME: ClassVar[str] = "cancel"
    till: int
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp(Event):
    """A wallet asks for an allowance."""

    NAME: ClassVar[str] = "top-up"
    wallet: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Event):
    """A wallet draws a closing cheque and hands it in."""

    NAME: ClassVar[str] = "close"
    wallet: int
    nth: int
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncWallet(Event):
    """A wallet talks to its operator."""

    NAME: ClassVar[str] = "sync-wallet"
    wallet: int
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTill(Event):
    """A till talks to its operator."""

    NAME: ClassVar[str] = "sync-till"
    till: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Event):
    """A batch that was sent before is sent once more."""

    NAME: ClassVar[str] = "repeat"
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashWallet(Event):
    """The wallet dies at its next write of this point."""

    NAME: ClassVar[str] = "crash-wallet"
    wallet: int
    point: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashTill(Event):
    """The till dies at its next write of this point."""

    NAME: ClassVar[str] = "crash-till"
    till: int
    point: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashOperator(Event):
    """The operator dies at its next write of this point."""

    NAME: ClassVar[str] = "crash-operator"
    point: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone(Event):
    """Somebody copies a wallet, keys and all."""

    NAME: ClassVar[str] = "clone"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveWallet(Event):
    """A snapshot of a wallet, to roll it back to."""

    NAME: ClassVar[str] = "save-wallet"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackWallet(Event):
    """A wallet is put back to its snapshot."""

    NAME: ClassVar[str] = "roll-back-wallet"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTill(Event):
    """A snapshot of a till."""

    NAME: ClassVar[str] = "save-till"
    till: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackTill(Event):
    """A till that colludes is put back to its snapshot: it forgets what it took, and signs its counters twice."""

    NAME: ClassVar[str] = "roll-back-till"
    till: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAndForget(Event):
    """A till that colludes takes a payment, claims it, forgets it, and takes the next one under the same counter."""

    NAME: ClassVar[str] = "take-and-forget"
    wallet: int
    till: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoForOne(Event):
    """A till that colludes takes the cheques of two wallets for one request, forgetting the first in between."""

    NAME: ClassVar[str] = "two-for-one"
    wallet: int
    other: int
    till: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose(Event):
    """A wallet is lost and reported; its holder gets a new one, the finder keeps the old one as a copy."""

    NAME: ClassVar[str] = "lose"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseByCode(Event):
    """As `lose`, by the code that the holder keeps elsewhere; `wrong`: by one that is none, and nothing is lost."""

    NAME: ClassVar[str] = "lose-by-code"
    wallet: int
    wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(Event):
    """A wallet asks whether it may pay again."""

    NAME: ClassVar[str] = "unlock"
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideLocks(Event):
    """The operator's people decide on every lock that waits."""

    NAME: ClassVar[str] = "decide-locks"
    refuse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWalletClock(Event):
    """From now on a wallet's clock is off by so much."""

    NAME: ClassVar[str] = "wallet-clock"
    wallet: int
    off_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTillClock(Event):
    """From now on a till's clock is off by so much."""

    NAME: ClassVar[str] = "till-clock"
    till: int
    off_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance(Event):
    """Time passes, and nothing else."""

    NAME: ClassVar[str] = "advance"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWindows(Event):
    """The operator ends every allowance whose D has passed."""

    NAME: ClassVar[str] = "close-windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShift(Event):
    """A till ends its shift; `sign_out` if its queue lets it, too."""

    NAME: ClassVar[str] = "end-shift"
    till: int
    sign_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOnline(Event):
    """A request is paid online, outside this world: the till is shown the issuer's settled notice."""

    NAME: ClassVar[str] = "paid-online"
    till: int
    amount_minor: int
