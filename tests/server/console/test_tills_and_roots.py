"""At the console: terminals are revoked with a reason; attestation roots, and who added them; wrong codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.links.http_spelling import read_bytes, spell_bytes, spell_instant
from feiqian.protocol.allowance import Tier
from feiqian.staff.roles import Role
from tests.issuer.world import START
from tests.keys.authorities import Authority
from tests.server.console.office import Office, Person, an_office
from tests.server.operators import assert_problem


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        yield made


def acts(office: Office, about: bytes) -> list[str]:
    """What was noted about this id, oldest first."""
    found = office.operator.staff.acts(before=None, limit=50, about=about)
    return [one.act.value for one, _name in reversed(found)]


@pytest.mark.parametrize("reason", ["stolen", "lost", "ended"])
def test_a_terminal_is_revoked_once_and_the_reason_is_the_act(office: Office, reason: str) -> None:
    world = office.world
    till = world.till("Cafe")
    ref = till.enrolled.terminal_ref
    at = f"terminals/{spell_bytes(ref)}/revocation"
    support, auditor = office.person(Role.SUPPORT), office.person(Role.AUDITOR)
    assert support.get("terminals")["terminals"][0]["revoked_at"] is None
    assert_problem(auditor.post(at, {"reason": reason}), 403, "not_permitted")
    assert_problem(support.post(at, {"reason": "bored"}), 422, "field_invalid")
    since = spell_instant(world.now - 3_600)
    revoked = support.post(at, {"reason": reason, "since": since}).json()
    assert (read_bytes(revoked["terminal_ref"]), revoked["revoked_at"]) == (ref, since)
    world.now += 10
    assert support.post(at, {"reason": reason}).json() == revoked
    (line,) = support.get("terminals")["terminals"]
    (same,) = support.get(f"payees/{spell_bytes(till.payee_id)}")["terminals"]
    assert line == same
    assert line["revoked_at"] == since
    assert acts(office, ref) == [f"revoke_terminal:{reason}"] * 2
    with world.store.read() as reading:
        assert [one.terminal_ref for one in reading.revoked_terminals()] == [ref]


def test_a_terminal_of_nobody_is_not_revoked(office: Office) -> None:
    support = office.person(Role.SUPPORT)
    assert_problem(support.post("terminals/AAECAwQFBgc/revocation", {"reason": "lost"}), 404, "unknown_terminal")


def test_a_moment_ahead_is_now(office: Office) -> None:
    till = office.world.till("Cafe")
    support = office.person(Role.SUPPORT)
    wish = {"reason": "lost", "since": spell_instant(office.world.now + 3_600)}
    revoked = support.post(f"terminals/{spell_bytes(till.enrolled.terminal_ref)}/revocation", wish).json()
    assert revoked["revoked_at"] == spell_instant(office.world.now)


def roots(person: Person) -> list[tuple[str, str | None, str | None, bool]]:
    found = person.get("attestation-roots")["roots"]
    return [(one["maker"], one["added_by"], one["removed_by"], one["removed_at"] is None) for one in found]


def test_roots_are_changed_by_an_admin_and_show_who_did_it(office: Office) -> None:
    maker, other = Authority(now=START), Authority(now=START)
    admin, risk = office.person(Role.ADMIN), office.person(Role.RISK)
    office.world.issuer.attesting.add_root(other.root_pem, tier=Tier.TPM, maker="By command")
    wish = {"pem": maker.root_pem.decode(), "tier": "card", "maker": "Maker"}
    assert_problem(risk.post("attestation-roots", wish), 403, "not_permitted")
    assert_problem(admin.post("attestation-roots", wish | {"pem": "no certificate"}), 422, "root_unfit")
    added = admin.post("attestation-roots", wish)
    assert (added.status_code, added.json()["added_by"]) == (201, "a-admin")
    assert admin.post("attestation-roots", wish).json() == added.json()
    assert sorted(roots(risk)) == [("By command", None, None, True), ("Maker", "a-admin", None, True)]
    at = f"attestation-roots/{added.json()['fingerprint']}/removal"
    assert_problem(risk.post(at, {}), 403, "not_permitted")
    office.world.now += 600
    removed = admin.post(at, {})
    assert (removed.status_code, removed.json()["removed_by"]) == (200, "a-admin")
    assert ("Maker", "a-admin", "a-admin", False) in roots(risk)
    fingerprint = read_bytes(added.json()["fingerprint"])
    assert acts(office, fingerprint) == ["add_attestation_root", "add_attestation_root", "remove_attestation_root"]
    assert_problem(admin.post(f"attestation-roots/{spell_bytes(bytes(32))}/removal", {}), 404, "root_unknown")


def test_a_root_that_came_by_command_after_one_of_the_console_is_nobodys(office: Office) -> None:
    maker, admin = Authority(now=START), office.person(Role.ADMIN)
    wish = {"pem": maker.root_pem.decode(), "tier": "card", "maker": "Maker"}
    fingerprint = admin.post("attestation-roots", wish).json()["fingerprint"]
    admin.post(f"attestation-roots/{fingerprint}/removal", {})
    office.world.now += 600
    office.world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
    assert roots(admin) == [("Maker", None, None, True)]


def test_wrong_codes_are_listed_for_whoever_may_see_payers(office: Office) -> None:
    assert office.person(Role.SUPPORT).get("wrong-codes") == {"wrong_codes": []}
    risk = office.person(Role.RISK)
    assert_problem(risk.client.get("/v1/console/wrong-codes"), 403, "not_permitted")
