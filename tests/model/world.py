"""The small world of the money rules, searched exhaustively: its facts, its rules, and what honest software does.

An oracle, so it is written from the rules and imports nothing of the product; `test_real_rules.py` holds the product
against it. Each rule of `Rules` can be left out, to see which failure it keeps away. There are two allowances (X, and
Z, which follows it after a closing or a loss), two honest terminals (M and N, which may turn liars), a stolen one (S),
one honest source of received money (Y), the device (d) and its clone (k). Amounts are minor units.

Limits: one upstream source and it is honest; one hop; no insolvency; the amount reserved is 2; one request a cheque.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

RESERVED_MINOR = 2
FIRST, SECOND = "X", "Z"
DEVICE, CLONE, NOBODY = "d", "k", "nobody"
STOLEN = "S"


class Form(StrEnum):
    """Which of the three forms a cheque has."""

    TWO_WAY = "two-way"
    ONE_WAY = "one-way"
    CLOSING = "closing"


class Cumulative(StrEnum):
    """How the first draft of the rules could be read; gross, and never falling, is the rule."""

    FALLS = "what is really spent: a void lowers it"
    CAPPED = "gross, and a terminal refuses it above the amount reserved"
    GROSS = "gross"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The repaired rules; each can be left out by itself."""

    cumulative: Cumulative = Cumulative.GROSS
    credits_cover: bool = True  # above the amount reserved a cheque shows credits that cover it
    receipt_is_credit: bool = True  # a receipt below the maximum gives back the rest
    claim_names_payee: bool = True  # a claim is (cheque, payee), not the cheque alone
    named_payee_is_paid: bool = True  # the issuer pays only the payee named in the request
    lowest_final_counts: bool = True  # of two receipts of one terminal the lower one is paid
    received_is_locked: bool = True  # a cheque paid on cannot be cashed as well
    received_is_addressed: bool = True  # a received cheque funds the one allowance it is made out to
    reserve_is_held: bool = True  # closing or losing a device frees nothing before the deadline
    closing_is_signed: bool = True  # the device signs what it says was spent
    one_way_at_own_risk: bool = True  # a one-way code binds no payee, so nothing guarantees it
    note_lowers_others: bool = True  # what one payee gave back, no other is paid from the reserve
    note_testifies: bool = True  # a credit's own cheque counts in the chain rule
    named_payee_gives_back: bool = True  # only the payee named in the request gives back
    note_needs_cheque: bool = True  # a note counts only together with the cheque that the device signed
    cancel_is_final: bool = True  # a terminal never accepts what it cancelled


REPAIRED = Rules()
FIRST_DRAFT = Rules(
    cumulative=Cumulative.FALLS,
    credits_cover=False,
    receipt_is_credit=False,
    claim_names_payee=False,
    named_payee_is_paid=False,
    lowest_final_counts=False,
    received_is_locked=False,
    received_is_addressed=False,
    reserve_is_held=False,
    closing_is_signed=False,
    one_way_at_own_risk=False,
    note_lowers_others=False,
    note_testifies=False,
    named_payee_gives_back=False,
    note_needs_cheque=False,
    cancel_is_final=False,
)


class Credit(NamedTuple):
    """What a cheque shows to stand above the amount reserved: a cheque given back, or one received from `source`."""

    amount_minor: int
    given_back: Cheque | None = None
    source: str | None = None


class Cheque(NamedTuple):
    """A signed order. `payee` is None for a one-way code and for a closing cheque, `previous` before the first one."""

    allowance: str
    counter: int
    previous: Cheque | None
    amount_minor: int
    cumulative_minor: int
    payee: str | None
    form: Form
    cover: frozenset[Credit]
    device: str


class Acceptance(NamedTuple):
    """A receipt: the terminal took `final_minor` of the cheque."""

    terminal: str
    cheque: Cheque
    final_minor: int


class Note(NamedTuple):
    """A note: `final_minor` is what the terminal says it keeps. A cancel note names the request, never the cheque."""

    terminal: str
    cheque: Cheque
    final_minor: int
    cancels: bool = False


class Delivery(NamedTuple):
    """Goods that really changed hands."""

    cheque: Cheque
    payee: str
    value_minor: int


class Received(NamedTuple):
    """A cheque from an honest payer elsewhere, made out to one allowance."""

    source: str
    amount_minor: int
    allowance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that happened, and who lied. `stuck`: an honest payer stood at the counter and was refused."""

    cheques: tuple[Cheque, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    notes: tuple[Note, ...] = ()
    received: tuple[Received, ...] = ()
    delivered: tuple[Delivery, ...] = ()
    allowances: tuple[tuple[str, int], ...] = ((FIRST, RESERVED_MINOR),)
    cheats: frozenset[str] = frozenset()
    cashed: bool = False
    restored: bool = False
    voided_is_claimed: bool = False
    stuck: bool = False

    @property
    def current(self) -> str:
        """The allowance that the device draws on."""
        return self.allowances[-1][0]

    @property
    def renewed(self) -> bool:
        """Whether the second allowance was issued."""
        return len(self.allowances) > 1

    @property
    def released_minor(self) -> int:
        """What the issuer let go of the first allowance for the second one."""
        return self.allowances[1][1] if self.renewed else 0

    @property
    def device_is_honest(self) -> bool:
        """Whether the payer's key was used by its owner alone, and by the rules."""
        return not self.cheats & {"device", "thief"}

    def reserved_minor(self, allowance: str) -> int:
        """What the issuer set aside."""
        return dict(self.allowances)[allowance]

    def chain(self, device: str, allowance: str) -> list[Cheque]:
        """What a device remembers of its own cheques."""
        return [
            cheque
            for cheque in self.cheques
            if cheque.device == device and cheque.allowance == allowance and cheque.form is not Form.CLOSING
        ]

    def gave_back_all(self, terminal: str, cheque: Cheque) -> bool:
        """Whether the terminal signed that it keeps nothing of this cheque."""
        return any(note.final_minor == 0 and note.terminal == terminal and note.cheque == cheque for note in self.notes)


def contradict(one: Cheque, other: Cheque) -> bool:
    """The chain rule: whether the two cheques convict the device that signed them."""
    if one.allowance != other.allowance or one == other:
        return False
    if one.counter == other.counter:
        return True
    first, second = (one, other) if one.counter < other.counter else (other, one)
    if first.form is Form.CLOSING:
        return True
    before_minor = second.cumulative_minor - second.amount_minor
    if second.counter == first.counter + 1:
        return before_minor != first.cumulative_minor or second.previous != first
    return before_minor < first.cumulative_minor


def is_credit(world: World, rules: Rules, note: Note) -> bool:
    """Whether a note gives back: from whom, and about what."""
    if rules.named_payee_gives_back and note.cheque.payee != note.terminal:
        return False
    return not rules.note_needs_cheque or note.cheque in world.cheques


def credits_for(world: World, rules: Rules, allowance: str) -> frozenset[Credit]:
    """The credits that a device can show for this allowance; several notes on one cheque count once."""
    kept_minor: dict[Cheque, int] = {}
    for note in world.notes:
        if note.cheque.allowance == allowance and is_credit(world, rules, note):
            cheque = note.cheque
            kept_minor[cheque] = min(note.final_minor, kept_minor.get(cheque, cheque.amount_minor))
    back = [Credit(cheque.amount_minor - kept, given_back=cheque) for cheque, kept in kept_minor.items()]
    got = [
        Credit(received.amount_minor, source=received.source)
        for received in world.received
        if received.allowance == allowance or not rules.received_is_addressed
    ]
    return frozenset(credit for credit in (*back, *got) if credit.amount_minor > 0)


def draw(
    world: World,
    rules: Rules,
    device: str,
    amount_minor: int,
    payee: str | None,
    form: Form,
    *,
    allowance: str | None = None,
) -> Cheque | None:
    """The next cheque that an honest wallet signs; None if it has not enough."""
    allowance = allowance or world.current
    own = world.chain(device, allowance)
    last = own[-1] if own else None
    reserved_minor = world.reserved_minor(allowance)
    credits = credits_for(world, rules, allowance)
    if rules.cumulative is Cumulative.FALLS:
        kept_minor: dict[Cheque, int] = {}
        for note in world.notes:
            kept_minor[note.cheque] = min(note.final_minor, kept_minor.get(note.cheque, note.cheque.amount_minor))
        cumulative_minor = sum(kept_minor.get(cheque, cheque.amount_minor) for cheque in own) + amount_minor
        limit_minor = reserved_minor + sum(credit.amount_minor for credit in credits if credit.source)
    else:
        cumulative_minor = (last.cumulative_minor if last else 0) + amount_minor
        limit_minor = reserved_minor + sum(credit.amount_minor for credit in credits)
    if cumulative_minor > limit_minor:
        return None
    return Cheque(
        allowance=allowance,
        counter=(last.counter if last else 0) + 1,
        previous=last,
        amount_minor=amount_minor,
        cumulative_minor=cumulative_minor,
        payee=payee,
        form=form,
        cover=credits if cumulative_minor > reserved_minor else frozenset(),
        device=device,
    )


def overdraw(world: World, amount_minor: int, payee: str) -> Cheque:
    """The next cheque of a device that lies: whatever is left, and no credit shown."""
    own = world.chain(DEVICE, world.current)
    last = own[-1] if own else None
    return Cheque(
        allowance=world.current,
        counter=(last.counter if last else 0) + 1,
        previous=last,
        amount_minor=amount_minor,
        cumulative_minor=(last.cumulative_minor if last else 0) + amount_minor,
        payee=payee,
        form=Form.TWO_WAY,
        cover=frozenset(),
        device=DEVICE,
    )


def accepts(world: World, rules: Rules, cheque: Cheque, terminal: str) -> bool:
    """Whether an honest terminal accepts: covered, not cancelled, and nothing it remembers speaks against it."""
    reserved_minor = world.reserved_minor(cheque.allowance)
    if rules.credits_cover:
        if cheque.cumulative_minor > reserved_minor + sum(credit.amount_minor for credit in cheque.cover):
            return False
    elif rules.cumulative is Cumulative.CAPPED and cheque.cumulative_minor > reserved_minor:
        return False
    if rules.cancel_is_final and any(
        note.cancels and note.terminal == terminal and note.cheque == cheque for note in world.notes
    ):
        return False
    return not any(
        known.terminal == terminal and (known.cheque == cheque or contradict(known.cheque, cheque))
        for known in world.accepted
    )
