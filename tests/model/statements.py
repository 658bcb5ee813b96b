"""The small world's cheques, requests, notes and credits as real signed statements, each made and signed once.

The oracle's names become keys and certificates, its cheques become bytes; nothing is decided here. A clone signs with
the device's own key, as clones do; what nobody signed is signed with a thief's key.
"""

from __future__ import annotations

from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.credit import Credit as RealCredit
from feiqian.protocol.credit import credits_hash, encode_credits
from feiqian.protocol.presentation import Payment, decode_payment
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.verified import AllowanceCache, VerifiedAllowance
from feiqian.protocol.verify_allowance import identify_allowance
from tests.model.world import (
    CLONE,
    FIRST,
    NOBODY,
    RESERVED_MINOR,
    SECOND,
    STOLEN,
    Cheque,
    Credit,
    Form,
    Note,
)
from tests.vectors.world import NOW, PACK, TRUST_ROOT, Asked, Drawn, Terminal, Wallet

SOURCE = "y"
SOURCE_RESERVED_MINOR = 10
CODE_TTL_S = 60


class Statement(NamedTuple):
    """A cheque as bytes, the request it answers (none for a code or a closing cheque) and the credits it shows."""

    drawn: Drawn
    asked: Asked | None
    credits: bytes | None


class Statements:
    """Everything that was translated so far. The second allowance reserves nothing: the first one's money is held."""

    def __init__(self) -> None:
        self.trust: Trust = first_trust(TRUST_ROOT, PACK)
        self.cache = AllowanceCache()
        self.wallets = {
            FIRST: Wallet("the model's first allowance", amount_minor=RESERVED_MINOR),
            SECOND: Wallet("the model's second allowance", amount_minor=0),
            SOURCE: Wallet("the model's source", amount_minor=SOURCE_RESERVED_MINOR),
        }
        self.terminals = {name: Terminal(f"{name} of the model") for name in ("M", "N", STOLEN)}
        self.cheques: dict[Cheque, Statement] = {}
        self._notes: dict[Note, bytes] = {}
        self._received: dict[tuple[str, int], RealCredit] = {}

    def allowance(self, name: str) -> VerifiedAllowance:
        """An allowance as the verifiers see it."""
        envelope = cose.open_envelope(self.wallets[name].raw, max_bytes=len(self.wallets[name].raw))
        return identify_allowance(envelope, self.trust)

    def cheque(self, cheque: Cheque) -> Statement:
        """The signed cheque."""
        found = self.cheques.get(cheque)
        if found is None:
            found = self.cheques[cheque] = self._sign(cheque)
        return found

    def payment(self, cheque: Cheque) -> Payment:
        """What the payer shows."""
        made = self.cheque(cheque)
        return decode_payment(self.wallets[cheque.allowance].raw + made.drawn.raw + (made.credits or b""))

    def note(self, note: Note) -> bytes:
        """The signed note, void or cancel."""
        found = self._notes.get(note)
        if found is None:
            found = self._notes[note] = self._sign_note(note)
        return found

    def given_back(self, note: Note) -> RealCredit:
        """A note as the credit that somebody would like it to be: with its cheque, and a request to match."""
        made, terminal = self.cheque(note.cheque), self.terminals[note.terminal]
        asked = made.asked or terminal.ask(f"for {made.drawn.cheque_id.hex()}")
        return RealCredit(
            cheque=made.drawn.raw, request=asked.payload, statement=self.note(note), certificate=terminal.raw
        )

    def received(self, allowance: str, amount_minor: int) -> RealCredit:
        """A cheque of the honest source, made out to this allowance."""
        key = (allowance, amount_minor)
        if key not in self._received:
            self._received[key] = self._receive(allowance, amount_minor)
        return self._received[key]

    def _sign(self, cheque: Cheque) -> Statement:
        wallet = self.wallets[cheque.allowance]
        previous = None if cheque.previous is None else self.cheque(cheque.previous).drawn
        asked = self._ask(cheque)
        bundle = encode_credits([self._credit(one, cheque) for one in in_order(cheque.cover)]) if cheque.cover else None
        terms: dict[str, object] = {
            "counter": cheque.counter,
            "time": NOW - (cheque.device == CLONE),  # or two codes that say the same would be one cheque, and no fork
            "cumulative_minor": cheque.cumulative_minor,
            "maximum_minor" if _is_up_to(cheque) else "exact_minor": cheque.amount_minor,
        }
        if asked is not None:
            terms["request"] = asked.request_hash
        if cheque.form is Form.ONE_WAY:
            terms["ttl_s"] = CODE_TTL_S
        if bundle is not None:
            terms["credits_hash"] = credits_hash(bundle)
        signer = "thief" if cheque.device == NOBODY else None
        return Statement(wallet.draw(after=previous, key_of=signer, **terms), asked, bundle)

    def _ask(self, cheque: Cheque) -> Asked | None:
        """Every two-way cheque answers a request of its own."""
        if cheque.payee is None:
            return None
        label = f"the model's request {len(self.cheques)}, after {len(self._notes)} notes"
        return self.terminals[cheque.payee].ask(label, exact_minor=cheque.amount_minor)

    def _credit(self, credit: Credit, shown_with: Cheque) -> RealCredit:
        if credit.given_back is not None:
            cheque = credit.given_back
            return self.given_back(Note(cheque.payee or "M", cheque, cheque.amount_minor - credit.amount_minor))
        return self.received(shown_with.allowance, credit.amount_minor)

    def _receive(self, allowance: str, amount_minor: int) -> RealCredit:
        source, receiver = self.wallets[SOURCE], self.wallets[allowance]
        asked = self.terminals["M"].ask(
            f"for {allowance}", payee_id=None, receiver_allowance=receiver.ref, exact_minor=amount_minor
        )
        drawn = source.draw(exact_minor=amount_minor, request=asked.request_hash)
        return RealCredit(cheque=drawn.raw, request=asked.payload, allowance=source.raw)

    def _sign_note(self, note: Note) -> bytes:
        made, terminal = self.cheque(note.cheque), self.terminals[note.terminal]
        if note.cancels and made.asked is not None:
            return terminal.cancel(made.asked)
        return terminal.void(made.drawn, note.cheque.amount_minor - note.final_minor)


def in_order(cover: frozenset[Credit]) -> list[Credit]:
    """Credits in an order that does not change from run to run."""
    return sorted(cover, key=lambda one: (one.source or "", one.given_back.counter if one.given_back else 0))


def _is_up_to(cheque: Cheque) -> bool:
    """A one-way code of 2 is one for up to 2; everything else is exact."""
    return cheque.form is Form.ONE_WAY and cheque.amount_minor > 1
