"""`feiqian bench nfc`: its figures are those of real taps, and a promise that is broken is said."""

from __future__ import annotations

import pytest

from feiqian.cli import bench_nfc
from feiqian.cli.bench_nfc import TAP_MAX_MS, failures, measure, percentile_ms
from feiqian.cli.card_service import CardServiceMissing


def test_a_percentile_is_a_time_that_was_measured() -> None:
    times_s = [number / 1000 for number in range(1, 101)]
    assert [percentile_ms(times_s, share) for share in (0.50, 0.95, 1.0)] == [50.0, 95.0, 100.0]
    assert percentile_ms([0.007], 0.5) == 7.0


@pytest.mark.parametrize(("found", "broken"), [(TAP_MAX_MS, []), (TAP_MAX_MS + 0.1, ["tap_too_slow"])])
def test_the_promise(found: float, broken: list[str]) -> None:
    assert [failure.code for failure in failures({"tap_to_green_p95_ms": found})] == broken


def test_a_few_real_taps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_nfc, "TAPS", 3)
    try:
        keys = measure()
    except CardServiceMissing as missing:
        pytest.skip(f"no virtual reader: apt-get install pcscd vsmartcard-vpcd ({missing})")
    assert keys["samples"] == 3
    steps = keys["steps"]
    assert list(steps) == ["noticed", "payment", "accepted", "receipt"]
    assert all(0 < step["p50_ms"] <= step["p95_ms"] for step in steps.values())
    parts_ms = sum(steps[name]["p95_ms"] for name in ("noticed", "payment", "accepted"))
    assert 0 < keys["tap_to_green_p50_ms"] <= keys["tap_to_green_p95_ms"] <= parts_ms
