"""What can happen in the small world: one function an action, found by the first word of its name.

An action is spelled `word:who:...`, so that a trace can be read aloud: `pay:d:M:1 > void:M > pay:d:M:2`. A function
gives the world after the action, or None where it cannot happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.model.world import (
    CLONE,
    DEVICE,
    FIRST,
    NOBODY,
    RESERVED_MINOR,
    SECOND,
    STOLEN,
    Acceptance,
    Cheque,
    Delivery,
    Form,
    Note,
    Received,
    Rules,
    World,
    accepts,
    draw,
    overdraw,
)

FIRST_ACTIONS = (
    *("pay:d:M:1", "pay:d:M:2", "pay:d:N:1", "pay:k:N:2", "max:M", "one:M", "reshow:N", "void:M", "claimvoided"),
    *("inflate", "photo", "recv", "cash", "close:ok", "close:lie", "restore", "oldpay:N", "over:N", "void:N"),
)
"""The actions that the rules were repaired against."""
LATER_ACTIONS = ("frame", "lose:d:M:1", "lose:k:N:2", "cancel:M", "cancel:N", "late:M")
"""A note about an invented cheque; cheques that never arrive, cancel notes, and the same bytes shown again."""
ACTIONS = FIRST_ACTIONS + LATER_ACTIONS


def steps(world: World, rules: Rules, actions: Sequence[str] = ACTIONS) -> Iterator[tuple[str, World]]:
    """Every action that can happen now, with the world after it."""
    for action in actions:
        word, *who = action.split(":")
        after = STEPS[word](world, rules, *who)
        if after is not None:
            yield action, after


def _pay(world: World, rules: Rules, device: str, terminal: str, amount: str) -> World | None:
    """A two-way payment. The clone's user knows that it cheats."""
    cheque = draw(world, rules, device, int(amount), terminal, Form.TWO_WAY)
    if cheque is None:
        return None
    accepted = accepts(world, rules, cheque, terminal)
    after = _signed(world, cheque)
    return _taken(after, cheque, terminal, cheque.amount_minor) if accepted else replace(after, stuck=True)


def _lose(world: World, rules: Rules, device: str, terminal: str, amount: str) -> World | None:
    """A two-way payment whose cheque is signed, and never reaches the terminal."""
    cheque = draw(world, rules, device, int(amount), terminal, Form.TWO_WAY)
    return None if cheque is None else _signed(world, cheque)


def _late(world: World, rules: Rules, terminal: str) -> World | None:
    """The payer shows the bytes again that did not arrive."""
    lost = _not_arrived(world, terminal)
    if not lost or not accepts(world, rules, lost[-1], terminal):
        return None
    return _taken(world, lost[-1], terminal, lost[-1].amount_minor)


def _cancel(world: World, _rules: Rules, terminal: str) -> World | None:
    """The terminal signs that it never accepted what answers its request, and never will."""
    lost = [cheque for cheque in _not_arrived(world, terminal) if not world.gave_back_all(terminal, cheque)]
    return replace(world, notes=(*world.notes, Note(terminal, lost[-1], 0, cancels=True))) if lost else None


def _frame(world: World, _rules: Rules) -> World | None:
    """A stolen terminal signs a note about a cheque that no device ever signed."""
    if STOLEN in world.cheats:
        return None
    invented = Cheque(world.current, 1, None, 1, 1, STOLEN, Form.TWO_WAY, frozenset(), NOBODY)
    return replace(world, notes=(*world.notes, Note(STOLEN, invented, 0)), cheats=world.cheats | {STOLEN})


def _max(world: World, rules: Rules, terminal: str) -> World | None:
    """A one-way code for up to 2, of which 1 is taken; the receipt reaches the payer."""
    after = _one_way(world, rules, terminal, 2)
    if after is None or not (rules.receipt_is_credit or rules.cumulative is rules.cumulative.FALLS):
        return after
    return replace(after, notes=(*after.notes, Note(terminal, after.cheques[-1], 1)))


def _one(world: World, rules: Rules, terminal: str) -> World | None:
    """A one-way code for exactly 1."""
    return _one_way(world, rules, terminal, 1)


def _one_way(world: World, rules: Rules, terminal: str, amount_minor: int) -> World | None:
    cheque = draw(world, rules, DEVICE, amount_minor, None, Form.ONE_WAY)
    if cheque is None or not accepts(world, rules, cheque, terminal):
        return None
    return _taken(_signed(world, cheque), cheque, terminal, 1)


def _reshow(world: World, rules: Rules, terminal: str) -> World | None:
    """The same one-way bytes at another honest terminal, while the code lives."""
    shown = [one.cheque for one in world.accepted if one.cheque.form is Form.ONE_WAY and one.terminal != terminal]
    if not shown or not accepts(world, rules, shown[-1], terminal):
        return None
    return _taken(world, shown[-1], terminal, shown[-1].amount_minor)


def _over(world: World, rules: Rules, terminal: str) -> World | None:
    """A lying device draws above the amount reserved and shows no credit."""
    cheque = overdraw(world, 2, terminal)
    covered = cheque.cumulative_minor <= world.reserved_minor(world.current)
    if covered or not accepts(world, rules, cheque, terminal):
        return None
    return _lies(_taken(_signed(world, cheque), cheque, terminal, 2), "device")


def _inflate(world: World, _rules: Rules) -> World | None:
    """M signs a second receipt, at the maximum."""
    taken = [one for one in world.accepted if one.cheque.form is Form.ONE_WAY and one.terminal == "M"]
    if not taken or "M" in world.cheats:
        return None
    return _lies(replace(world, accepted=(*world.accepted, Acceptance("M", taken[-1].cheque, 2))), "M")


def _void(world: World, _rules: Rules, terminal: str) -> World | None:
    """The terminal gives back all of what it accepted last; the goods go back too."""
    taken = [
        one.cheque
        for one in world.accepted
        if one.terminal == terminal
        and one.cheque.allowance == world.current
        and not world.gave_back_all(terminal, one.cheque)
    ]
    if not taken:
        return None
    cheque = taken[-1]
    kept = tuple(one for one in world.delivered if (one.cheque, one.payee) != (cheque, terminal))
    return replace(world, notes=(*world.notes, Note(terminal, cheque, 0)), delivered=kept)


def _claimvoided(world: World, _rules: Rules) -> World | None:
    """M claims what it gave back."""
    voided = any(note.terminal == "M" and note.final_minor == 0 for note in world.notes)
    return _lies(replace(world, voided_is_claimed=True), "M") if voided and "M" not in world.cheats else None


def _photo(world: World, _rules: Rules) -> World | None:
    """A bystander, N, claims the cheque made out to M that it photographed."""
    seen = [one.cheque for one in world.accepted if one.terminal == "M" and one.cheque.form is Form.TWO_WAY]
    if not seen or "N" in world.cheats:
        return None
    taken = Acceptance("N", seen[-1], seen[-1].amount_minor)
    return _lies(replace(world, accepted=(*world.accepted, taken)), "N")


def _recv(world: World, _rules: Rules) -> World | None:
    """Y pays the holder 1."""
    return None if world.received else replace(world, received=(Received("y", 1, world.current),))


def _cash(world: World, _rules: Rules) -> World | None:
    """The holder claims the received cheque online; unless it is locked, the money can be taken out."""
    return replace(world, cashed=True) if world.received and not world.cashed else None


def _close(world: World, rules: Rules, how: str) -> World | None:
    """The device closes its allowance, honestly or hiding its last cheque, and gets the next one."""
    own = world.chain(DEVICE, world.current)
    if world.renewed or (how == "lie" and not own):
        return None
    told = own[:-1] if how == "lie" else own
    last = told[-1] if told else None
    spent_minor = last.cumulative_minor if last else 0
    if rules.closing_is_signed:
        closing = Cheque(world.current, len(told) + 1, last, 0, spent_minor, None, Form.CLOSING, frozenset(), DEVICE)
        world = replace(world, cheques=(*world.cheques, closing))
    world = _lies(world, "device") if how == "lie" else world
    left_minor = 0 if rules.reserve_is_held else max(0, RESERVED_MINOR - spent_minor)
    return replace(world, allowances=(*world.allowances, (SECOND, left_minor)))


def _restore(world: World, rules: Rules) -> World | None:
    """The phone is lost; its received cheques come back from a backup to a new one with a new allowance."""
    if world.renewed:
        return None
    spent_minor = sum(one.cheque.amount_minor for one in world.accepted)
    left_minor = 0 if rules.reserve_is_held else max(0, RESERVED_MINOR - spent_minor)
    return replace(world, allowances=(*world.allowances, (SECOND, left_minor)), restored=True)


def _oldpay(world: World, rules: Rules, terminal: str) -> World | None:
    """Whoever has the old phone goes on with the old allowance."""
    cheque = draw(world, rules, DEVICE, 1, terminal, Form.TWO_WAY, allowance=FIRST) if world.restored else None
    if cheque is None or not accepts(world, rules, cheque, terminal):
        return None
    return _lies(_taken(_signed(world, cheque), cheque, terminal, 1), "thief")


def _signed(world: World, cheque: Cheque) -> World:
    after = replace(world, cheques=(*world.cheques, cheque))
    return _lies(after, "device") if cheque.device == CLONE else after


def _taken(world: World, cheque: Cheque, terminal: str, final_minor: int) -> World:
    return replace(
        world,
        accepted=(*world.accepted, Acceptance(terminal, cheque, final_minor)),
        delivered=(*world.delivered, Delivery(cheque, terminal, final_minor)),
    )


def _lies(world: World, who: str) -> World:
    return replace(world, cheats=world.cheats | {who})


def _not_arrived(world: World, terminal: str) -> list[Cheque]:
    arrived = {one.cheque for one in world.accepted if one.terminal == terminal}
    return [cheque for cheque in world.cheques if cheque.payee == terminal and cheque not in arrived]


STEPS: dict[str, Callable[..., World | None]] = {
    "cancel": _cancel,
    "cash": _cash,
    "claimvoided": _claimvoided,
    "close": _close,
    "frame": _frame,
    "inflate": _inflate,
    "late": _late,
    "lose": _lose,
    "max": _max,
    "oldpay": _oldpay,
    "one": _one,
    "over": _over,
    "pay": _pay,
    "photo": _photo,
    "recv": _recv,
    "reshow": _reshow,
    "restore": _restore,
    "void": _void,
}
