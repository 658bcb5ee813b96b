"""GET /v1/boundary: the limits that the devices themselves keep, for anybody, with nothing about anybody."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.issuer.values import IssuingTerms
from feiqian.links.http_spelling import read_instant
from feiqian.protocol.policy import GuaranteeSteps, Policy
from feiqian.protocol.trust_pack import decode_trust_pack
from feiqian.risk.boundary import What, Why
from feiqian.risk.operator_boundary import OperatorFacts, operator_boundary
from tests.server.operators import Served

POLICY = Policy(currency="CNY")
NOW = 1_800_000_000


def facts(**changed: Any) -> OperatorFacts:
    given: dict[str, Any] = {
        "now": NOW,
        "guarantee": GuaranteeSteps(POLICY).fresh,
        "payment_minor": 150_00,
        "allowance_minor": 1_000_00,
        "note_cap_minor": 200_00,
        "lists_until": NOW + 86_400,
        "keys_expire_at": NOW + 86_400 * 300,
    }
    return OperatorFacts(**(given | changed))


def test_a_payment_is_guaranteed_no_further_than_an_allowance_lets_it_go() -> None:
    pay, code, *_ = operator_boundary(facts())
    assert (pay.what, pay.up_to_minor, pay.guaranteed_minor) == (What.PAY_REQUEST, 150_00, 150_00)
    assert (code.what, code.up_to_minor, code.guaranteed_minor) == (What.SHOW_CODE, 50_00, 0)
    pay, code, *_ = operator_boundary(facts(payment_minor=30_00))
    assert (pay.up_to_minor, code.up_to_minor) == (30_00, 30_00)


def test_limits_stand_until_lists_grow_old_or_keys_end() -> None:
    assert {one.until for one in operator_boundary(facts())[:2]} == {NOW + 86_400}
    assert {one.until for one in operator_boundary(facts(keys_expire_at=NOW + 60))[:2]} == {NOW + 60}


def test_with_ended_keys_only_small_payments_go_and_nothing_new_is_reserved() -> None:
    ended = facts(guarantee=GuaranteeSteps(POLICY).at(None), keys_expire_at=NOW - 1)
    found = {one.what: one for one in operator_boundary(ended)}
    pay, top_up = found[What.PAY_REQUEST], found[What.TOP_UP]
    assert (pay.works, pay.up_to_minor, pay.guaranteed_minor, pay.until) == (True, 50_00, 0, None)
    assert pay.why is Why.KEYS_OVER
    assert (top_up.works, top_up.up_to_minor, top_up.why) == (False, 0, Why.KEYS_OVER)


def test_anybody_may_ask_and_hears_the_policy_that_devices_hold(office: Served) -> None:
    found = office.client.get("/v1/boundary")
    assert (found.status_code, found.headers["content-language"]) == (200, "en")
    told = found.json()
    pack = decode_trust_pack(office.client.get("/v1/trust-pack").content)
    assert told["lists"]["version"] == pack.index.version
    assert read_instant(told["lists"]["issued_at"]) == pack.index.issued_at
    assert 0 <= told["lists"]["age_s"] <= 60
    assert read_instant(told["keys"]["expires_at"]) == pack.key_set.expires_at
    assert told["waiting"] == {"queue": "none", "batches": 0, "oldest_at": None}
    (policy,), (one,) = pack.key_set.policies, told["currencies"]
    assert (one["currency"], one["allowance_minor"]) == (policy.currency, IssuingTerms().allowance_minor)
    assert [tier["tier"] for tier in one["tiers"]] == ["software", "passkey", "tpm", "card"]
    assert [tier["allowance_minor"] for tier in one["tiers"]] == [1_000_00, 2_000_00, 2_000_00, 2_000_00]
    assert {(tier["payment_minor"], tier["code_minor"]) for tier in one["tiers"]} == {(200_00, 50_00)}
    assert one["unidentified_allowance_minor"] is None
    assert [step["knowledge"] for step in one["steps"]] == ["fresh", "old", "stale", "none"]
    assert [step["guaranteed_minor"] for step in one["steps"]] == [200_00, 100_00, 50_00, 0]
    assert [step["accept_cap_minor"] for step in one["steps"]] == [None, None, 50_00, 50_00]
    assert [step["from_age_s"] for step in one["steps"]] == [0, policy.list_warn_age_s, policy.list_stale_age_s, None]
    capabilities = {item["what"]: item for item in one["capabilities"]}
    assert capabilities["pay_request"]["works"]
    assert not capabilities["pay_request"]["needs_network"]
    assert capabilities["top_up"]["needs_network"]


@pytest.mark.parametrize(("header", "words"), [("zh-CN", "充值"), ("en", "Top up")])
def test_words_are_in_the_readers_language(office: Served, header: str, words: str) -> None:
    found = office.client.get("/v1/boundary", headers={"accept-language": header})
    assert found.headers["vary"] == "accept-language"
    capabilities = found.json()["currencies"][0]["capabilities"]
    assert words in {item["words"] for item in capabilities}


def test_it_names_nobody(office: Served) -> None:
    before = office.client.get("/v1/boundary").json()
    payer = office.enrol_payer(fund_minor=123_45)
    after = office.client.get("/v1/boundary")
    assert payer["payer_id"] not in after.text
    assert after.json()["currencies"] == before["currencies"]
