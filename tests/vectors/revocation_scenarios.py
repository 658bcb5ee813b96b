"""Scenarios of revoked terminals and of online keys that take turns (spec 05.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from feiqian.protocol import cbor, trust_pack
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.terminal_list import encode_terminal_list
from feiqian.protocol.trust_pack import KeyRole, TrustedKey
from tests.vectors.payee_scenarios import ASKED, TERMINAL, WALLET, Counter, Waiting, known
from tests.vectors.payment_scenarios import answer
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.trust_scenarios import accept, refuse
from tests.vectors.world import (
    DAY,
    DEPLOYMENT,
    HOUR,
    KEYS,
    NOW,
    ONLINE,
    PACK,
    ROOTS,
    entry_of,
    key,
    key_set,
    root_signature,
    status_list,
    trusted,
)

GOOD, FORWARDS = "trust-pack/terminals", "trust-pack/online-key-later"
LISTED = encode_terminal_list({TERMINAL.ref: NOW})
LATER = encode_terminal_list({TERMINAL.ref: NOW + 1})


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    _packs(shelf)
    _turns(shelf)
    _counter(Counter(shelf))
    _receipts(shelf)
    return shelf.scenarios


def with_terminals(
    terminals: bytes | None,
    named: bytes | None,
    *,
    version: int = 1,
    keys: Sequence[TrustedKey] = KEYS,
    online: str = ONLINE,
    key_set_version: int = 1,
    issued_at: int = NOW - HOUR,
) -> bytes:
    """A pack with this list of terminals, whose index names the hash of `named`."""
    payload, lists = key_set(version=key_set_version, keys=keys), [status_list()]
    index = trust_pack.sign_index(
        key(online),
        DEPLOYMENT,
        version=version,
        issued_at=issued_at,
        key_set_version=key_set_version,
        key_set_hash=hashlib.sha256(payload).digest(),
        lists=[entry_of(raw) for raw in lists],
        terminals_hash=None if named is None else hashlib.sha256(named).digest(),
    )
    signatures = [root_signature(payload, label) for label in ROOTS[:2]]
    return trust_pack.encode_trust_pack(payload, signatures, index, lists, terminals=terminals)


def _listing(items: object) -> bytes:
    return cbor.encode_ascending({1: items})


def _packs(shelf: Shelf) -> None:
    accept(shelf, "terminals", "A pack that names a revoked terminal", "The index binds the list by its hash.",
           [with_terminals(LISTED, LISTED)])  # fmt: skip
    mismatch = RefusalCode.PART_MISMATCH
    refuse(shelf, "terminals-missing", "The list of revoked terminals was left out", "It would hide a theft.",
           [with_terminals(None, LISTED)], mismatch, GOOD)  # fmt: skip
    refuse(shelf, "terminals-not-named", "A list of revoked terminals that the index does not name",
           "Somebody put it there.", [with_terminals(LISTED, None)], mismatch, GOOD)  # fmt: skip
    refuse(shelf, "terminals-of-another-hash", "Another list of revoked terminals", "The index names its hash.",
           [with_terminals(LATER, LISTED)], mismatch, GOOD)  # fmt: skip
    for name, items, why in (
        ("empty", [], "Without any it is left out."),
        ("order", [[TERMINAL.ref, NOW], [bytes(7) + b"\x01", NOW]], "Refs ascend."),
        ("twice", [[TERMINAL.ref, NOW], [TERMINAL.ref, NOW]], "Each stands once."),
        ("short-ref", [[TERMINAL.ref[:7], NOW]], "A ref has 8 bytes."),
        ("without-time", [[TERMINAL.ref]], "Since when it is revoked has to be known."),
        ("time-as-text", [[TERMINAL.ref, "now"]], "An instant is a number."),
    ):  # fmt: skip
        listed = _listing(items)
        refuse(shelf, f"terminals-{name}", f"A list of revoked terminals: {name}", why,
               [with_terminals(listed, listed)], RefusalCode.FIELD_INVALID, GOOD)  # fmt: skip
    several = encode_terminal_list({TERMINAL.ref: NOW, type(TERMINAL.ref)(bytes(7) + b"\x01"): 0})
    accept(shelf, "terminals-two", "Two revoked terminals", "In the order of their refs.",
           [with_terminals(several, several)])  # fmt: skip


def _turns(shelf: Shelf) -> None:
    """Online keys that were prepared take turns: forwards, and back only if the later one was revoked."""
    early = trusted(ONLINE, KeyRole.ONLINE, not_before=NOW - 30 * DAY)
    late = trusted("online 2", KeyRole.ONLINE, not_before=NOW - DAY)
    both = [*KEYS[:2], early, late]
    first = with_terminals(None, None, keys=both)
    second = with_terminals(None, None, keys=both, online="online 2", version=2)
    accept(shelf, "online-key-later", "The next online key takes its turn", "It was prepared with the one before.",
           [first, second], versions=(1, 2))  # fmt: skip
    refuse(shelf, "online-key-earlier", "The online key before, after the next one has taken its turn",
           "An old pack could bring back a revoked terminal.", [second, first], RefusalCode.VERSION_ROLLBACK,
           FORWARDS)  # fmt: skip
    gone = trusted("online 2", KeyRole.ONLINE, not_before=NOW - DAY, revoked_at=NOW - 60)
    back = with_terminals(None, None, keys=[*KEYS[:2], early, gone], key_set_version=2)
    accept(shelf, "online-key-turned-back", "The online key before, because the next one was revoked",
           "A thief had it.", [second, back], versions=(2, 1))  # fmt: skip


def _counter(at: Counter) -> None:
    signed, revoked = TERMINAL.raw + TERMINAL.sign(ASKED), RefusalCode.TERMINAL_REVOKED
    at.accept("terminal-revoked-later", "A request of a terminal that is revoked a second later", "Not yet.", signed,
              proved="Teahouse", packs=(with_terminals(LATER, LATER),))  # fmt: skip
    at.refuse("terminal-revoked", "A request of a terminal that is revoked from this second on",
              "It was stolen.", signed, revoked,
              "request/terminal-revoked-later", packs=(with_terminals(LISTED, LISTED),))  # fmt: skip
    at.refuse("terminal-revoked-known", "The same of a terminal whose certificate was seen before",
              "What was known yesterday is not asked.", TERMINAL.sign(ASKED), revoked, "request/verified-known",
              packs=(PACK, with_terminals(LISTED, LISTED, version=2)), known=known())  # fmt: skip


def _receipts(shelf: Shelf) -> None:
    at, cheque = Waiting(shelf), answer(WALLET, ASKED)
    receipt = TERMINAL.receipt(cheque, 1_250)
    at.accept("receipt/before-revocation", "A receipt that was signed before its terminal was revoked",
              "What it accepted before counts.", receipt, is_a="receipt",
              terms={"cheque_id": cheque.cheque_id, "final_minor": 1_250, "index_version": 1},
              packs=(with_terminals(LATER, LATER),))  # fmt: skip
    at.refuse("receipt/terminal-revoked", "A receipt that was signed when its terminal was revoked",
              "Nobody knows who signed it.", receipt, RefusalCode.TERMINAL_REVOKED, "receipt/before-revocation",
              packs=(with_terminals(LISTED, LISTED),))  # fmt: skip
