"""What the console shows is what the books say, a page at a time; and what it does is the administrator's own act."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.acquirer.disputes import DisputeAct
from feiqian.audit.proof import check_proof
from feiqian.issuer.values import PayerId
from feiqian.ledger.personal import erase_person
from feiqian.ledger.retention import PersonKind, RetentionTerms
from feiqian.links.http_spelling import read_bytes, spell_bytes, spell_instant
from feiqian.protocol.fork_proof import decode_fork_proof
from feiqian.risk.anomaly import LockReason
from feiqian.server.console import figures, pages
from feiqian.server.console.figures import DELAYS_S
from feiqian.staff.roles import Role
from feiqian.staff.rules import STEP_S
from tests.faults.operator_acts import answer_dispute, prepare_answer
from tests.issuer.world import CUR, DAY, LOG_TRUST
from tests.server.console.office import ORIGIN, Office, Person, an_office
from tests.server.operators import assert_problem

HOUR = 3_600


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        yield made


def every(person: Person, path: str, name: str, **asked: Any) -> list[Any]:
    """All lines of a list, page after page."""
    lines, after = list[Any](), None
    for _ in range(50):
        page = person.get(path, **asked, **({} if after is None else {"after": after}))
        lines += page[name]
        after = page["next"]
        if after is None:
            return lines
    raise AssertionError("the list has no end")


def test_payers_and_payees_are_listed_searched_and_paged(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROWS_AT_ONCE", 2)
    ids = {name: office.world.payer(50_00, name)[0] for name in ("Zhao Quiet", "Lin", "王小明", "Old Zhao", "Wei")}
    till = office.world.till("Corner Shop")
    me = office.person(Role.SUPPORT)
    lines = every(me, "payers", "payers", limit=2)
    assert {line["name"]: read_bytes(line["payer_id"]) for line in lines} == ids
    assert [line["payer_id"] for line in lines] == [spell_bytes(one) for one in sorted(ids.values())]
    assert {line["free_minor"] for line in lines} == {50_00}
    for searched, names in (("zhao", {"Zhao Quiet", "Old Zhao"}), ("小明", {"王小明"}), ("nobody", set())):
        assert {line["name"] for line in every(me, "payers", "payers", q=searched)} == names
    by_id = every(me, "payers", "payers", q=ids["Wei"].hex()[:12])
    assert [line["name"] for line in by_id] == ["Wei"]
    assert every(me, "payers", "payers", q=spell_bytes(ids["Wei"])) == by_id
    assert [line["name"] for line in every(me, "payees", "payees", q="corner")] == ["Corner Shop"]
    detail = me.get(f"payees/{spell_bytes(till.payee_id)}")
    assert detail["payee"]["name"] == "Corner Shop"
    assert [one["payee_name"] for one in detail["terminals"]] == ["Corner Shop"]


def test_a_page_looks_through_so_many_rows_and_says_where_to_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(pages, "ROWS_LOOKED_MAX", 2)
    last = max((office.world.payer(0, f"P{number}")[0], f"P{number}") for number in range(5))
    me = office.person(Role.SUPPORT)
    first = me.get("payers", q=last[1])
    assert first["payers"] == []
    assert first["next"] is not None
    assert [line["name"] for line in every(me, "payers", "payers", q=last[1])] == [last[1]]


def test_an_erased_payer_has_no_name_and_no_page(office: Office) -> None:
    payer_id, _ = office.world.payer(0, "Lin Erased")
    office.world.now += 90 * DAY
    terms = RetentionTerms(dispute_open_s=0, names_days=1, words_days=1)
    assert erase_person(office.world.store, PersonKind.PAYER, payer_id, terms, office.world.now)
    me = office.person(Role.SUPPORT)
    assert [line["name"] for line in me.get("payers")["payers"]] == [""]
    assert me.get("payers", q="Lin")["payers"] == []
    assert_problem(me.client.get(f"/v1/console/payers/{spell_bytes(payer_id)}"), 404, "unknown_payer")


def test_devices_terminals_and_allowances_stand_as_in_the_books(office: Office) -> None:
    world = office.world
    wallet, other, till = world.wallet(300_00), world.wallet(200_00), world.till("Cafe")
    till.send(till.accept(wallet, 120_00))
    world.issuer.report_lost(other.bound.payer_id)
    me = office.person(Role.SUPPORT)
    devices = {one["device_id"]: one for one in every(me, "devices", "devices", limit=1)}
    assert devices[spell_bytes(wallet.bound.device_id)]["signed_in"]
    assert devices[spell_bytes(wallet.bound.device_id)]["open_allowances"] == 1
    assert not devices[spell_bytes(other.bound.device_id)]["signed_in"]
    (terminal,) = every(me, "terminals", "terminals", q="cafe")
    assert terminal["last_batch_at"] == spell_instant(world.now - STEP_S)  # the person signed in since
    (held,) = every(me, "allowances", "allowances", payer=spell_bytes(wallet.bound.payer_id))
    amounts = [held[f"{name}_minor"] for name in ("amount", "reserved", "claimed", "returned", "from_pool")]
    assert amounts == [300_00, 180_00, 120_00, 0, 0]
    assert (held["status"], held["closed"], held["forked"], held["reason"]) == ("good", False, False, "")
    (suspended,) = every(me, "allowances", "allowances", state="suspended")
    assert (suspended["ref"], suspended["reason"]) == (spell_bytes(other.ref), "lost")
    assert len(every(me, "allowances", "allowances", state="open", limit=1)) == 2
    assert every(me, "allowances", "allowances", state="closed") == []
    detail = me.get(f"allowances/{held['ref']}")
    assert detail["allowance"] == held
    (claim,) = detail["claims"]
    assert (claim["paid_minor"], claim["verdict"], detail["more"]) == (120_00, "settled", False)
    payer = me.get(f"payers/{held['payer_id']}")
    assert payer["payer"]["allowances"][0]["ref"] == held["ref"]
    assert [one["reserved_minor"] for one in payer["exposure"]] == [180_00]
    assert len(payer["devices"]) == 1
    assert_problem(me.client.get("/v1/console/allowances/AAECAwQFBgc"), 404, "unknown_allowance")
    assert_problem(me.client.get("/v1/console/allowances?after=!"), 422, "field_invalid")


def test_a_fork_is_shown_with_its_proof_and_what_it_cost(office: Office) -> None:
    world = office.world
    world.issuer.fund_pool(CUR, 1_000_00, "pool")
    wallet = world.wallet(200_00, world.payer(200_00)[1])
    thief = wallet.clone()
    tills = [world.till("One"), world.till("Two")]
    for till, device in zip(tills, (wallet, thief), strict=True):
        till.send(till.accept(device, 150_00))
    world.end_windows()
    me = office.person(Role.RISK)
    (fork,) = me.get("forks")["forks"]
    assert (fork["ref"], fork["payer_id"]) == (spell_bytes(wallet.ref), spell_bytes(wallet.bound.payer_id))
    file = me.client.get(f"/v1/console/forks/{fork['ref']}/proof")
    assert file.headers["content-type"] == "application/cbor"
    assert file.headers["content-disposition"] == f'attachment; filename="fork-{wallet.ref.hex()}.cbor"'
    decode_fork_proof(file.content)
    assert file.content == world.issuer.forks()[0].proof
    (pool,) = (one for one in me.get("pool")["pools"] if one["currency"] == CUR)
    spent = fork["from_pool_minor"]
    assert pool["pool_minor"] == 1_000_00 - spent
    assert sum(one["amount_minor"] for one in pool["moves"]) == pool["pool_minor"]
    assert pool["moves"][-1]["reason"] == "pool_funded"
    (stake,) = me.get("exposures")["payers"]
    assert (stake["payer_id"], stake["from_pool_minor"]) == (fork["payer_id"], spent)
    assert_problem(me.client.get("/v1/console/forks/AAECAwQFBgc/proof"), 404, "unknown_allowance")


def test_exposures_come_most_first_and_in_pages(office: Office) -> None:
    for amount in (100_00, 300_00, 200_00):
        office.world.wallet(amount)
    me = office.person(Role.FINANCE)
    amounts = [one["reserved_minor"] for one in every(me, "exposures", "payers", limit=1)]
    assert amounts == [300_00, 200_00, 100_00]
    assert_problem(me.client.get("/v1/console/exposures?after=x"), 422, "field_invalid")


def test_a_locked_wallet_is_seen_and_decided_on_by_support_and_noted(office: Office) -> None:
    issuer = office.world.issuer
    device = issuer.authenticate_device(office.world.payer()[1].token)
    reason, now = LockReason.GUESSED, office.world.now
    issuer.report_lock(device, lock_id=b"l" * 16, reason=reason, locked_at=now, seen=3, allowed=3)
    support, auditor = office.person(Role.SUPPORT), office.person(Role.AUDITOR)
    (line,) = support.get("locks")["locks"]
    assert (line["reason"], line["payer_name"], line["decision"]) == ("guessed", "Lin", None)
    decision, path = {"decision": "refused"}, f"locks/{line['lock_id']}/decision"
    assert_problem(auditor.post(path, decision), 403, "not_permitted")
    decided = support.post(path, decision).json()
    assert (decided["decision"], decided["decided_by"]) == ("refused", "operator")
    assert_problem(support.post(path, {"decision": "allowed"}), 409, "lock_decided")
    acts = {one["act"] for one in auditor.get("audit/acts")["acts"]}
    assert {"view:locks", "decide_lock"} <= acts


def test_a_dispute_is_looked_at_by_support_and_decided_by_finance(office: Office) -> None:
    world = office.world
    given = prepare_answer(world)
    dispute_id = spell_bytes(bytes.fromhex(given["dispute"]))
    support, finance = office.person(Role.SUPPORT), office.person(Role.FINANCE)
    detail = support.get(f"disputes/{dispute_id}")
    assert detail["refund_possible"]
    assert (detail["dispute"]["steps"][0]["words"], detail["dispute"]["state"]) == ("it never came", "opened")
    assert [len(support.get("disputes", state=state)["disputes"]) for state in ("open", "to_decide", "done")] == [
        1,
        0,
        0,
    ]
    decision = {"refund_minor": 60_00, "words": "Half was delivered."}
    assert_problem(support.post(f"disputes/{dispute_id}/decision", decision), 403, "not_permitted")
    assert finance.post(f"disputes/{dispute_id}/decision", decision).status_code == 409
    answer_dispute(world, given, DisputeAct.CONTEST)
    assert [one["dispute_id"] for one in support.get("disputes", state="to_decide")["disputes"]] == [dispute_id]
    for _ in range(2):
        decided = finance.post(f"disputes/{dispute_id}/decision", decision)
        assert (decided.status_code, decided.json()["state"], decided.json()["moved_minor"]) == (200, "refunded", 60_00)
    assert support.get("disputes", state="done")["disputes"] == support.get("disputes")["disputes"]
    unknown = spell_bytes(b"u" * 16)
    assert_problem(support.client.get(f"/v1/console/disputes/{unknown}"), 404, "unknown_dispute")


def test_money_and_codes_come_from_those_who_may_and_once_a_key(office: Office) -> None:
    admin, finance = office.person(Role.ADMIN), office.person(Role.FINANCE)
    key = {"idempotency-key": "console-key-0000001"}
    payer = admin.post("payers", {"name": "Alice"}, **key)
    assert payer.status_code == 201
    assert admin.post("payers", {"name": "Alice"}, **key).content == payer.content
    payer_id = payer.json()["payer_id"]
    money = {"amount_minor": 70_00, "currency": CUR}
    for _ in range(2):
        funded = finance.post(f"payers/{payer_id}/funding", money, **{"idempotency-key": "console-key-0000002"})
        assert funded.json() == {"free_minor": 70_00, "currency": CUR}
    pool = finance.post("pool/funding", money, **{"idempotency-key": "console-key-0000003"})
    assert pool.json() == {"pool_minor": 70_00, "currency": CUR}
    code = admin.post(f"payers/{payer_id}/codes", {}, **{"idempotency-key": "console-key-0000004"}).json()
    assert code["enrolment_code"] != payer.json()["enrolment_code"]
    payee = admin.post("payees", {"name": "Shop"}, **{"idempotency-key": "console-key-0000005"}).json()
    again = admin.post(f"payees/{payee['payee_id']}/codes", {}, **{"idempotency-key": "console-key-0000006"})
    assert again.status_code == 201
    assert_problem(finance.post(f"payers/{payer_id}/funding", money), 400, "idempotency_key_missing")


def test_a_lost_phone_is_suspended_by_support(office: Office) -> None:
    wallet = office.world.wallet(100_00)
    payer_id = spell_bytes(wallet.bound.payer_id)
    me = office.person(Role.SUPPORT)
    found = me.post(f"payers/{payer_id}/suspensions", {}).json()["suspensions"]
    assert [(one["ref"], one["at_risk_minor"]) for one in found] == [(spell_bytes(wallet.ref), 100_00)]
    assert not me.get(f"payers/{payer_id}")["devices"][0]["signed_in"]


def test_what_is_done_and_looked_at_is_noted_with_a_proof(office: Office) -> None:
    payer_id, _ = office.world.payer(0, "Lin")
    support, auditor = office.person(Role.SUPPORT), office.person(Role.AUDITOR)
    support.get(f"payers/{spell_bytes(payer_id)}")
    support.get(f"payers/{spell_bytes(payer_id)}")
    support.post(f"payers/{spell_bytes(payer_id)}/suspensions", {})
    office.log()
    about = auditor.get("audit/acts", subject=spell_bytes(payer_id))["acts"]
    assert [(one["act"], one["name"]) for one in about] == [("suspend", "a-support"), ("view:payer", "a-support")]
    assert {one["subject_hash"] for one in about} == {spell_bytes(hashlib.sha256(payer_id).digest())}
    by_them = auditor.get("audit/acts", staff=spell_bytes(support.new.member.staff_id))["acts"]
    assert [one["act"] for one in by_them] == ["suspend", "view:payer", "password_changed", "sign_in"]
    pages_of = auditor.get("audit/acts", limit=2)
    assert len(pages_of["acts"]) == 2
    assert auditor.get("audit/acts", limit=2, before=pages_of["next"])["acts"][0]["number"] < pages_of["next"]
    proved = auditor.get(f"audit/proof/{about[0]['act_id']}")
    found = check_proof(proved["proof"].encode(), read_bytes(proved["evidence"]), LOG_TRUST)
    assert (proved["kind"], proved["subject"], found.index) == ("access", about[0]["act_id"], proved["index"])


def test_the_log_is_browsed_from_its_end_to_its_beginning(office: Office) -> None:
    office.world.wallet(100_00)
    me = office.person(Role.AUDITOR)
    office.log()
    newest = me.get("audit/leaves", limit=3)
    assert [one["index"] for one in newest["leaves"]] == [newest["size"] - 1 - place for place in range(3)]
    indexes, before = list[int](), None
    while True:
        page = me.get("audit/leaves", limit=7, **({} if before is None else {"before": before}))
        indexes += [one["index"] for one in page["leaves"]]
        before = page["next"]
        if before is None:
            break
    assert indexes == list(range(newest["size"]))[::-1]
    (allowance,) = me.get("audit/leaves", kind="allowance")["leaves"]
    proved = me.get(f"audit/leaves/{allowance['index']}")
    assert {name: proved[name] for name in allowance} == allowance
    check_proof(proved["proof"].encode(), read_bytes(proved["evidence"]), LOG_TRUST)
    assert_problem(me.client.get("/v1/console/audit/leaves/99999"), 404, "leaf_unknown")
    assert_problem(me.client.get("/v1/console/audit/leaves?kind=nothing"), 422, "field_invalid")


def test_the_overview_counts_and_warns_in_both_languages(office: Office) -> None:
    world = office.world
    viewer = office.person(Role.VIEWER)
    wallet, till = world.wallet(300_00), world.till()
    till.send(till.accept(wallet, 100_00))
    office.log()
    shown = viewer.get("overview")
    counts = ("payers", "payees", "devices", "terminals", "allowances_open", "staff", "forks", "disputes_open")
    assert [shown[name] for name in counts] == [1, 1, 1, 1, 1, 1, 0, 0]
    (money,) = shown["money"]
    assert (money["reserved_minor"], money["free_minor"], money["payees_minor"]) == (200_00, 1_700_00, 100_00)
    codes = [one["code"] for one in shown["warnings"] if one["code"] != "audit_waits"]  # leaves have the machine's time
    assert codes == ["key_due_soon", "no_witness", "pool_empty"]
    assert (shown["audit"]["queued"], shown["keys"]["key_set_version"]) == (1, 1)  # that this was looked at
    assert "Lin" not in repr(shown)
    world.now += 320 * DAY
    me = office.person(Role.ADMIN)
    warned = me.client.get("/v1/console/overview", headers={"accept-language": "zh"}).json()["warnings"]
    codes = [one["code"] for one in warned]
    assert codes[:4] == ["key_set_expires_soon", "key_due", "key_due", "index_stale"]
    assert "密钥集还有 44 天" in warned[0]["message"]


def test_money_over_time_is_that_of_the_books(office: Office) -> None:
    world = office.world
    world.now = world.now // HOUR * HOUR + 60
    world.issuer.fund_pool(CUR, 500_00, "pool")
    wallet, till = world.wallet(400_00), world.till()
    till.send(till.accept(wallet, 100_00))
    world.now += 2 * HOUR
    till.send(till.accept(wallet, 50_00))
    me = office.person(Role.VIEWER)
    (line,) = me.get("series/volume", count=4)["currencies"]
    assert [one["on_arrival_minor"] for one in line["buckets"]] == [0, 100_00, 0, 50_00]
    assert line["buckets"][-1]["at"] == spell_instant(world.now // HOUR * HOUR)
    stakes = {one["currency"]: one["buckets"] for one in me.get("series/exposure", count=4)["currencies"]}[CUR]
    assert [one["reserved_minor"] for one in stakes] == [0, 300_00, 300_00, 250_00]
    assert [one["pool_minor"] for one in stakes] == [0, 500_00, 500_00, 500_00]
    (line,) = me.get("series/volume", step="day", count=2)["currencies"]
    assert sum(one["on_arrival_minor"] for one in line["buckets"]) == 150_00
    assert_problem(me.client.get("/v1/console/series/volume?step=day&count=93"), 422, "field_invalid")


def test_a_chart_that_was_cut_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world = office.world
    world.now = world.now // HOUR * HOUR + 60
    wallet, till = world.wallet(400_00), world.till()
    till.send(till.accept(wallet, 100_00))
    world.now += 2 * HOUR
    till.send(till.accept(wallet, 50_00))
    with world.store.read() as books:
        (entries,) = books._one("SELECT count(*) FROM entries WHERE at >= ?", (world.now,))  # noqa: SLF001
        assert books.entries_since(0, entries) == world.now - 2 * HOUR + 1
        assert books.entries_since(0, 10_000) == 0
    monkeypatch.setattr(figures, "ENTRIES_READ_MAX", entries)
    found = office.person(Role.VIEWER).get("series/volume", count=4)
    assert found["since"] == spell_instant(world.now // HOUR * HOUR - HOUR)
    assert [one["on_arrival_minor"] for one in found["currencies"][0]["buckets"]] == [0, 0, 0, 50_00]


def test_how_claims_were_settled_is_read_from_the_batches(office: Office) -> None:
    world = office.world
    world.now = world.now // HOUR * HOUR + 60
    wallet, till, other = world.wallet(400_00), world.till(), world.till("Other")
    till.send(till.accept(wallet, 10_00))
    late = [till.accept(wallet, 20_00), till.accept(wallet, 30_00)]
    world.now += 2 * HOUR
    till.send(*late)
    till.send(late[0])
    other.send(b"junk")
    me = office.person(Role.VIEWER)
    found = me.get("series/settling", count=3)
    assert (found["claims"], found["online_within_s"]) == (3, 60)
    assert [(one["online"], one["offline"]) for one in found["buckets"]] == [(1, 0), (0, 0), (0, 2)]
    (money,) = found["currencies"]
    assert [(one["online_minor"], one["offline_minor"]) for one in money["buckets"]] == [(10_00, 0), (0, 0), (0, 50_00)]
    assert [one["up_to_s"] for one in found["delays"]] == [*DELAYS_S, None]
    assert {one["up_to_s"]: one["claims"] for one in found["delays"] if one["claims"]} == {60: 1, 14_400: 2}
    assert [one["claims"] for one in found["refusals"]] == [1]


def test_keys_and_trust_pack_are_shown_without_a_private_one(office: Office) -> None:
    shown = office.person(Role.RISK).get("keys")
    assert [one["role"] for one in shown["key_set"]["keys"]] == ["issuer", "acquirer", "online"]
    assert (shown["threshold"], len(shown["roots"]), shown["data_key"]["number"]) == (2, 3, 1)
    assert shown["index"]["version"] == 1
    assert shown["log_key"].startswith(ORIGIN)


def test_an_admin_hires_and_lets_go(office: Office) -> None:
    admin = office.person(Role.ADMIN)
    made = admin.post("staff", {"name": "lin", "role": "support"})
    assert made.status_code == 201
    staff_id = made.json()["staff_id"]
    assert made.json()["otpauth_uri"].startswith("otpauth://totp/")
    assert_problem(admin.post("staff", {"name": "lin", "role": "risk"}), 409, "staff_name_taken")
    assert_problem(admin.post("staff", {"name": "Lin!", "role": "risk"}), 422, "staff_name_invalid")
    assert_problem(admin.post("staff", {"name": "wei", "role": "king"}), 422, "field_invalid")
    changed = admin.post(f"staff/{staff_id}/role", {"role": "risk"}).json()
    assert (changed["role"], changed["password_change_needed"]) == ("risk", True)
    reset = admin.post(f"staff/{staff_id}/reset", {}).json()
    assert reset["password"] != made.json()["password"]
    me = spell_bytes(admin.new.member.staff_id)
    for act, content in (("role", {"role": "viewer"}), ("reset", {}), ("removal", {})):
        assert_problem(admin.post(f"staff/{me}/{act}", content), 409, "staff_self")
    removed = admin.post(f"staff/{staff_id}/removal", {}).json()
    assert removed["removed_at"] is not None
    assert_problem(admin.post(f"staff/{staff_id}/removal", {}), 404, "unknown_staff")
    assert [one["name"] for one in office.person(Role.AUDITOR).get("staff")["staff"]] == ["a-admin", "a-auditor", "lin"]
    assert len(office.person(Role.AUDITOR).get("roles")["roles"]) == len(Role)


def test_nothing_is_shown_that_could_not_be_noted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    payer_id, _ = office.world.payer(0, "Lin")
    me = office.person(Role.SUPPORT)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(office.operator.staff, "_note", full)
    found = me.client.get(f"/v1/console/payers/{spell_bytes(payer_id)}")
    assert_problem(found, 507, "disk_full")
    assert "Lin" not in found.text
    assert_problem(me.post(f"payers/{spell_bytes(payer_id)}/suspensions", {}), 507, "disk_full")
    assert office.world.issuer.statement(PayerId(payer_id)).name == "Lin"
