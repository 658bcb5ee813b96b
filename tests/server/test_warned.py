"""Keys that need somebody's hand: /ready says it in words, /metrics in numbers, and both the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.issuer import key_warnings
from feiqian.issuer.key_warnings import KeyWarning
from feiqian.protocol.trust_pack import decode_key_set
from feiqian.server.operator import metrics_token
from tests.server.console.office import Office, an_office
from tests.server.operators import Command, bearer, served

HOUR_S = 3_600


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("left_h", "age_h", "wanted"),
    [
        (8_760, 0, set()),
        (8_736, 24, {"index_old"}),
        (2_161, 72, {"index_stale"}),
        (720, 720, {"index_stale", "key_set_expires_soon"}),
        (72, 24, {"index_old", "key_set_expires_soon", "key_role_ends_soon"}),
        (-1, 24, {"index_old", "key_set_expired", "key_role_ended"}),
    ],
)
def test_the_same_is_said_at_both_doors(office: Office, left_h: int, age_h: int, wanted: set[str]) -> None:
    ends_at = decode_key_set(office.operator.key_set).expires_at
    office.world.now = ends_at - (left_h + age_h) * HOUR_S
    office.operator.publisher.trust_pack()
    office.world.now = ends_at - left_h * HOUR_S
    english, chinese, page = asyncio.run(asked(office))
    assert english["status"] == "ready", "a warning takes no work away"
    codes = [one["code"] for one in english["warnings"]]
    assert set(codes) - {"key_due", "key_due_soon"} == wanted
    assert codes == [one["code"] for one in chinese["warnings"]]
    assert all("。" in one["message"] for one in chinese["warnings"])
    for code in KeyWarning:
        assert f'feiqian_key_warnings{{code="{code}"}} {codes.count(code)}\n' in page


def test_the_operator_asks_for_its_status(tmp_path: Path, feiqian: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path / "home") as one:
        where = ("--server", one.url, "--token-file", str(one.home / "admin.token"))
        status, told = feiqian("operator", "status", *where, home=one.home)
        assert (status, told["ready"], told["warnings"], told["url"]) == (0, True, [], one.url)
        monkeypatch.setattr(key_warnings, "PLAN_BEFORE_S", 366 * 86_400)  # a year is a day away
        status, told = feiqian("operator", "status", *where, "--lang", "zh", home=one.home)
        assert (status, [one["code"] for one in told["warnings"]]) == (0, ["key_set_expires_soon"])
        assert "密钥集" in told["warnings"][0]["message"]
        assert "根密钥" in told["warnings"][0]["next"]
    status, told = feiqian("operator", "status", home=one.home)
    assert (status, told["failures"][0]["code"]) == (1, "server_unknown")


async def asked(office: Office) -> tuple[Any, Any, str]:
    """/ready in both languages, and /metrics."""
    token = metrics_token(office.operator.admin_token_hash)
    transport = httpx.ASGITransport(app=office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://operator.test") as stranger:
        said = [await stranger.get("/ready", headers={"accept-language": one}) for one in ("en", "zh")]
        page = await stranger.get("/metrics", headers=bearer(token))
    return said[0].json(), said[1].json(), page.text
