"""Scenarios of the trust pack: whom to believe, and the only way in which that may change (spec 05)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from feiqian.protocol import trust_pack
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import CURVE_ORDER, key_id_of
from feiqian.protocol.policy import Policy
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.trust_pack import KeyRole, ListEntry
from tests.vectors.payment_scenarios import believed
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.world import (
    CLOSED_INDEX,
    CNY,
    DAY,
    DEPLOYMENT,
    EUR,
    HOUR,
    ISSUER,
    KEYS,
    NOW,
    PACK,
    RESERVED_INDEX,
    ROOTS,
    SUSPENDED_INDEX,
    SecondNonce,
    entry_of,
    index,
    key_set,
    pack,
    public,
    root_signature,
    status_list,
    trusted,
)

FIRST = "trust-pack/first"
ADVANCED = "trust-pack/advanced"
Signature = tuple[KeyId, bytes]


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    _first(shelf)
    _thresholds(shelf)
    _index(shelf)
    _parts(shelf)
    _ratchets(shelf)
    _rotations(shelf)
    _steps(shelf)
    return shelf.scenarios


def accept(shelf: Shelf, name: str, title: str, why: str, packs: Sequence[bytes], *, versions: tuple[int, int] = (1, 1),
           age_s: int | None = HOUR, now: int = NOW, policies: Sequence[Policy] = (EUR, CNY),
           lookups: dict[int, str] | None = None) -> None:  # fmt: skip
    """Packs that are taken one after the other; `versions` of key set and index are those believed at the end."""
    issuer = key_id_of(public(ISSUER))
    output = {
        "key_set_version": versions[0],
        "index_version": versions[1],
        "list_age_s": age_s,
        "guarantee": {policy.currency: _guarantee(policy, age_s) for policy in policies},
        "statuses": list((lookups or {}).values()),
    }
    told: dict[str, Any] = {"packs": packs}
    if lookups:
        told["lookups"] = [{"issuer_key_id": issuer, "index": at} for at in lookups]
    shelf.accept(f"trust-pack/{name}", title, why, check="trust", input=told, context=_context(now), output=output)


def refuse(shelf: Shelf, name: str, title: str, why: str, packs: Sequence[bytes], code: RefusalCode,
           beside: str = FIRST) -> None:  # fmt: skip
    """Packs of which the last one is refused."""
    shelf.refuse(f"trust-pack/{name}", title, why, check="trust", input={"packs": packs}, context=_context(NOW),
                 code=code, beside=beside)  # fmt: skip


def _context(now: int) -> dict[str, Any]:
    context = believed()
    del context["packs"]
    return context | {"now": now}


def _guarantee(policy: Policy, age_s: int | None) -> Any:
    """The table of spec 05, written out: fresh, aging from a day on, stale from three, nothing valid."""
    half_minor, one_way_minor = policy.guarantee_cap_minor // 2, policy.one_way_cap_minor
    told: tuple[int, int | None, int, bool]
    if age_s is None:
        told = (0, policy.stale_cap_minor, one_way_minor // 2, True)
    elif age_s < policy.list_warn_age_s:
        told = (policy.guarantee_cap_minor, None, one_way_minor, False)
    elif age_s < policy.list_stale_age_s:
        told = (half_minor, None, one_way_minor // 2, True)
    else:
        told = (min(half_minor, policy.stale_cap_minor), policy.stale_cap_minor, one_way_minor // 2, True)
    names = ("cap_minor", "accept_cap_minor", "one_way_cap_minor", "warn")
    return {name: part for name, part in zip(names, told, strict=True) if part is not None}


def assembled(*, payload: bytes | None = None, signatures: Sequence[Signature] | None = None,
              named: Sequence[ListEntry] | None = None, lists: Sequence[bytes] | None = None,
              signed: bytes | None = None, **index_terms: Any) -> bytes:  # fmt: skip
    """A pack of these parts, the usual ones where none is given; nothing is made to fit."""
    payload = key_set() if payload is None else payload
    lists = [status_list()] if lists is None else lists
    if signatures is None:
        signatures = [root_signature(payload, label) for label in ROOTS[:2]]
    if signed is None:
        entries = [entry_of(raw) for raw in lists] if named is None else named
        signed = index(payload, named=entries, **index_terms)
    return trust_pack.encode_trust_pack(payload, signatures, signed, lists)


def _first(shelf: Shelf) -> None:
    statuses = {5: "good", SUSPENDED_INDEX: "suspended", CLOSED_INDEX: "closed", RESERVED_INDEX: "reserved",
                63: "good", 64: "good"}  # fmt: skip
    accept(shelf, "first", "The first pack of a device", "Two of three root keys signed.", [PACK], lookups=statuses)
    accept(shelf, "all-roots", "A pack that all root keys signed", "More than enough.", [pack(signers=ROOTS)])
    accept(shelf, "no-list", "A pack without status lists", "Nothing is known against anybody.", [pack(lists=())],
           lookups={SUSPENDED_INDEX: "good"})  # fmt: skip
    refuse(shelf, "wire-of-later", "A key set that asks for wire version 2", "The operator left this one behind.",
           [pack(payload=key_set(least_wire=2))], RefusalCode.UPDATE_NEEDED)  # fmt: skip
    long_name = {**_context(NOW), "deployment": "x" * 17}
    shelf.refuse("trust-pack/deployment-too-long", "A deployment's name of 17 bytes", "At most 16.", check="trust",
                 input={"packs": [PACK]}, context=long_name, code=RefusalCode.FIELD_INVALID, beside=FIRST)  # fmt: skip
    twice = [*KEYS, trusted(ISSUER, KeyRole.ISSUER, not_before=NOW)]
    refuse(shelf, "short-id-twice", "Two entries of one role with one short id", "Which of them is looked up?",
           [pack(keys=twice)], RefusalCode.FIELD_INVALID)  # fmt: skip


def _thresholds(shelf: Shelf) -> None:
    short = RefusalCode.THRESHOLD_NOT_MET
    one, two = (root_signature(key_set(), label) for label in ROOTS[:2])
    refuse(shelf, "one-signature", "One root key signed", "Two are needed.", [assembled(signatures=[one])], short)
    refuse(shelf, "same-key-twice", "One root key signed twice", "Distinct keys count, not signatures.",
           [assembled(signatures=[one, one])], short)  # fmt: skip
    again = trust_pack.sign_key_set(SecondNonce(ROOTS[0]), DEPLOYMENT, key_set())
    refuse(shelf, "same-key-two-signatures", "One root key signed twice, differently", "Distinct keys count.",
           [assembled(signatures=[one, again])], short)  # fmt: skip
    refuse(shelf, "stranger-signed", "A root key and a stranger signed", "The stranger counts for nothing.",
           [assembled(signatures=[one, root_signature(key_set(), "stranger")])], short)  # fmt: skip
    masked = (one[0], two[1])
    refuse(shelf, "signature-under-another-id", "A second signature under the first one's id",
           "It is not that key's.", [assembled(signatures=[one, masked])], short)  # fmt: skip
    refuse(shelf, "another-deployment", "Signatures for another deployment", "The deployment is signed.",
           [assembled(signatures=[root_signature(key_set(), label, "another") for label in ROOTS[:2]])],
           short)  # fmt: skip
    high = (two[0], two[1][:32] + (CURVE_ORDER - int.from_bytes(two[1][32:], "big")).to_bytes(32, "big"))
    refuse(shelf, "root-high-s", "A root signature with s in the upper half", "It does not count.",
           [assembled(signatures=[one, high])], short)  # fmt: skip
    bad = (two[0], bytes(64))
    third = root_signature(key_set(), ROOTS[2])
    accept(shelf, "bad-signature-beside-two", "One bad signature and two good ones",
           "A bad one takes nothing from the others.", [assembled(signatures=[bad, one, third])])  # fmt: skip
    thieves = ("thief 1", "thief 2")
    own = key_set(roots=[public(label) for label in thieves])
    refuse(shelf, "own-roots", "A pack that brings its own root keys", "The pinned ones did not sign.",
           [assembled(payload=own, signatures=[root_signature(own, label) for label in thieves])], short)  # fmt: skip
    higher = key_set(threshold=3)
    refuse(shelf, "own-threshold", "A key set that asks for more signatures than it has", "It must meet its own rule.",
           [assembled(payload=higher)], short, beside="trust-pack/all-roots")  # fmt: skip


def _index(shelf: Shelf) -> None:
    invalid = RefusalCode.OPERATOR_SIGNATURE_INVALID
    named = [entry_of(status_list())]
    refuse(shelf, "online-key-unknown", "An index of a key that is not in the key set", "Anybody could sign it.",
           [assembled(online="stranger")], invalid)  # fmt: skip
    refuse(shelf, "online-key-of-another-role", "An index of the issuer's key", "A key may sign what its role says.",
           [assembled(online=ISSUER)], invalid)  # fmt: skip
    good = index(key_set(), named=named)
    refuse(shelf, "index-signature", "An index with an altered signature", "The online key did not sign it.",
           [assembled(signed=good[:-1] + bytes([good[-1] ^ 1]))], invalid)  # fmt: skip
    high = good[:-32] + (CURVE_ORDER - int.from_bytes(good[-32:], "big")).to_bytes(32, "big")
    refuse(shelf, "index-high-s", "An index with s in the upper half", "A second spelling.",
           [assembled(signed=high)], RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip
    issued = NOW - HOUR
    for name, terms in (("edge", {"not_after": issued}), ("retired", {"not_after": issued - 1}),
                        ("revoked", {"revoked_at": NOW})):  # fmt: skip
        packs = [pack(keys=[*KEYS[:2], trusted("online", KeyRole.ONLINE, **terms)])]
        if name == "edge":
            accept(shelf, "online-key-edge", "An index in its key's last second", "The index's own time counts.", packs)
        else:
            refuse(shelf, f"online-key-{name}", f"An index under a {name} online key", "A key has its time.", packs,
                   RefusalCode.KEY_RETIRED, "trust-pack/online-key-edge")  # fmt: skip


def _parts(shelf: Shelf) -> None:
    mismatch = RefusalCode.PART_MISMATCH
    newer = key_set(version=2)
    old_index = index(key_set(), named=[entry_of(status_list())])
    refuse(shelf, "key-set-of-another-time", "A newer key set under an older index", "Parts of two times were mixed.",
           [assembled(payload=newer, signed=old_index)], mismatch)  # fmt: skip
    other_set = key_set(expires_at=NOW + 80 * DAY)
    refuse(shelf, "key-set-of-another-hash", "Another key set of the version that the index states",
           "The index names its hash.", [assembled(payload=other_set, signed=old_index)], mismatch)  # fmt: skip
    refuse(shelf, "key-set-version-differs", "An index that states another version of the key set",
           "Hash and version must agree.", [assembled(key_set_version=2)], mismatch)  # fmt: skip
    other = status_list(version=4, entries={})
    refuse(shelf, "list-of-another-time", "A newer list than the index names", "Parts of two times were mixed.",
           [assembled(lists=[other], named=[entry_of(status_list())])], mismatch)  # fmt: skip
    emptied = status_list(entries={})
    refuse(shelf, "list-of-another-hash", "Another list of the same version", "The index names its hash.",
           [assembled(lists=[emptied], named=[entry_of(status_list())])], mismatch)  # fmt: skip
    refuse(shelf, "list-version-differs", "An index that states another version of the list",
           "Hash and version must agree.", [assembled(named=[entry_of(status_list(), version=4)])],
           mismatch)  # fmt: skip
    refuse(shelf, "list-missing", "A list that the index names is missing", "It would hide every suspension.",
           [assembled(lists=[], named=[entry_of(status_list())])], mismatch)  # fmt: skip
    refuse(shelf, "list-not-named", "A list that the index does not name", "Somebody put it there.",
           [assembled(named=[])], mismatch, "trust-pack/no-list")  # fmt: skip
    refuse(shelf, "list-twice", "The same list twice", "It is named once.",
           [assembled(lists=[status_list()] * 2, named=[entry_of(status_list())])], mismatch)  # fmt: skip
    foreign = status_list(issuer="another issuer")
    refuse(shelf, "list-of-unknown-issuer", "A list of an issuer that is not in the key set", "It has no say.",
           [assembled(lists=[foreign], named=[entry_of(foreign, issuer="another issuer")])],
           RefusalCode.ISSUER_UNKNOWN)  # fmt: skip
    listed = status_list()
    altered = listed[:-1] + bytes([listed[-1] ^ 1])
    refuse(shelf, "list-signature", "A list with an altered signature", "The issuer did not sign it.",
           [assembled(lists=[altered])], RefusalCode.ISSUER_SIGNATURE_INVALID)  # fmt: skip


def _ratchets(shelf: Shelf) -> None:
    rollback = RefusalCode.VERSION_ROLLBACK
    later = status_list(version=4, entries={5: 1})  # type: ignore[dict-item]  # AllowanceStatus.SUSPENDED
    second = assembled(payload=key_set(version=2), lists=[later], version=2, key_set_version=2,
                       named=[entry_of(later, version=4)])  # fmt: skip
    accept(shelf, "advanced", "A newer pack", "Every part is newer.", [PACK, second], versions=(2, 2),
           lookups={5: "suspended"})  # fmt: skip
    accept(shelf, "same-again", "The same pack again", "Nothing changes.", [PACK, PACK])
    refuse(shelf, "rollback", "The first pack after the second", "It would bring back what was retired.",
           [PACK, second, PACK], rollback, ADVANCED)  # fmt: skip
    refuse(shelf, "rollback-key-set", "An older key set under a newer index", "Versions never fall, part by part.",
           [second, assembled(lists=[later], named=[entry_of(later, version=4)], version=3)], rollback,
           ADVANCED)  # fmt: skip
    refuse(shelf, "rollback-index", "An older index over newer parts", "Versions never fall, part by part.",
           [second, assembled(payload=key_set(version=3), lists=[later], named=[entry_of(later, version=4)],
                              version=1, key_set_version=3)], rollback, ADVANCED)  # fmt: skip
    refuse(shelf, "rollback-list", "An older list under newer parts", "It would hide a suspension.",
           [second, assembled(payload=key_set(version=3), version=3, key_set_version=3)], rollback,
           ADVANCED)  # fmt: skip
    refuse(shelf, "list-dropped", "A newer pack without a list that is held", "It would hide every suspension.",
           [PACK, assembled(payload=key_set(version=2), lists=[], version=2, key_set_version=2)], rollback,
           ADVANCED)  # fmt: skip
    rewritten = status_list(entries={})
    refuse(shelf, "two-lists-of-one-version", "Another list of the version held, under a newer index",
           "Which of the two is version 3?",
           [PACK, assembled(payload=key_set(version=2), lists=[rewritten], named=[entry_of(rewritten)], version=2,
                            key_set_version=2)], rollback, ADVANCED)  # fmt: skip
    fork = key_set(expires_at=NOW + 80 * DAY)
    refuse(shelf, "two-key-sets-of-one-version", "Another key set of the version held",
           "Which of the two is version 1?", [PACK, assembled(payload=fork, version=2)], rollback,
           "trust-pack/index-newer")  # fmt: skip
    refuse(shelf, "two-indexes-of-one-version", "Another index of the version held", "Which of the two is version 1?",
           [PACK, assembled(issued_at=NOW - 60)], rollback, "trust-pack/index-newer")  # fmt: skip
    accept(shelf, "index-newer", "A newer index over the same key set", "Freshness alone.",
           [PACK, assembled(version=2, issued_at=NOW - 60)], versions=(1, 2), age_s=60)  # fmt: skip


def _rotations(shelf: Shelf) -> None:
    fresh_roots = ("root 4", "root 5", "root 6")
    payload = key_set(version=2, roots=[public(label) for label in fresh_roots])

    def rotation(*signers: str) -> bytes:
        return assembled(payload=payload, signatures=[root_signature(payload, label) for label in signers],
                         version=2, key_set_version=2)  # fmt: skip

    old, new = ROOTS[:2], fresh_roots[:2]
    accept(shelf, "roots-rotated", "New root keys, signed by the old and the new ones",
           "The old hand over, the new prove that they hold their keys.", [PACK, rotation(*old, *new)],
           versions=(2, 2))  # fmt: skip
    short = RefusalCode.THRESHOLD_NOT_MET
    beside = "trust-pack/roots-rotated"
    refuse(shelf, "roots-rotated-by-new-alone", "New root keys that the old ones did not sign", "A coup.",
           [PACK, rotation(*new)], short, beside)  # fmt: skip
    refuse(shelf, "roots-rotated-by-old-alone", "New root keys that did not sign themselves", "Nobody may hold them.",
           [PACK, rotation(*old)], short, beside)  # fmt: skip
    refuse(shelf, "roots-rotated-one-each", "New root keys, one old and one new signature", "Two of each are needed.",
           [PACK, rotation(old[0], new[0])], short, beside)  # fmt: skip
    afterwards = key_set(version=3)
    back_again = assembled(payload=afterwards, version=3, key_set_version=3)
    refuse(shelf, "old-roots-after-rotation", "The old root keys after they handed over", "They have no say any more.",
           [PACK, rotation(*old, *new), back_again], short, beside)  # fmt: skip
    flown = assembled(version=2**31)
    healed_keys = [*KEYS[:2], trusted("online 2", KeyRole.ONLINE)]
    healed = assembled(payload=key_set(version=2, keys=healed_keys), online="online 2", version=1, key_set_version=2)
    accept(shelf, "fast-forward-heals", "A lower version under a new online key",
           "A thief of the online key had pushed its version up; the new key starts anew.", [flown, healed],
           versions=(2, 1))  # fmt: skip
    refuse(shelf, "fast-forward-stays", "A lower version under the same online key", "The ratchet holds, per key.",
           [flown, assembled(payload=key_set(version=2), version=1, key_set_version=2)], RefusalCode.VERSION_ROLLBACK,
           "trust-pack/fast-forward-heals")  # fmt: skip
    new_issuer = [trusted("issuer 2", KeyRole.ISSUER), *KEYS[1:]]
    without = assembled(payload=key_set(version=2, keys=new_issuer), lists=[], version=2, key_set_version=2)
    accept(shelf, "issuer-gone", "A newer pack without an issuer and without its list",
           "The list of an issuer that is not trusted any more is not missed.", [PACK, without],
           versions=(2, 2))  # fmt: skip


def _steps(shelf: Shelf) -> None:
    """The guarantee at each step of age."""
    issued = NOW - HOUR
    for name, age in (("day-before", 24 * HOUR - 1), ("day", 24 * HOUR), ("three-days-before", 72 * HOUR - 1),
                      ("three-days", 72 * HOUR)):  # fmt: skip
        accept(shelf, f"age-{name}", f"What holds at an age of {age} s", "24 h and 72 h, to the second.", [PACK],
               age_s=age, now=issued + age)  # fmt: skip
    accept(shelf, "age-none", "What holds once the key set has expired", "Small payments at the payee's own risk.",
           [PACK], age_s=None, now=NOW + 90 * DAY + 1)  # fmt: skip
    accept(shelf, "age-last-second", "What holds in the key set's last second", "The end is still inside.", [PACK],
           age_s=90 * DAY + HOUR, now=NOW + 90 * DAY)  # fmt: skip
    accept(shelf, "age-before-issue", "A clock before the index was issued", "The age is never negative.", [PACK],
           age_s=0, now=issued - DAY)  # fmt: skip
    odd = dataclasses.replace(EUR, guarantee_cap_minor=10_001, one_way_cap_minor=4_999, stale_cap_minor=9_999,
                              list_warn_age_s=0, list_stale_age_s=10**6)  # fmt: skip
    own = pack(payload=key_set(policies=[odd]))
    accept(shelf, "policy-odd", "A policy with odd caps", "Halves are rounded down.", [own], policies=[odd])
