"""A line that would come with every request comes now and then, and says how often it was meant."""

from __future__ import annotations

import logging

import pytest

from feiqian.server.seldom import EVERY_S, Seldom


def test_a_flood_is_one_line_and_a_number(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    seldom = Seldom(logging.getLogger("seldom"), clock=lambda: now[0])
    for _ in range(50):
        seldom.error("books", "away: %s", "gone")
    seldom.error("disk", "full")
    assert caplog.messages == ["away: gone", "full"]
    now[0] += EVERY_S
    seldom.error("books", "away: %s", "still")
    seldom.error("books", "away: %s", "still")
    assert caplog.messages[2:] == ["away: still (49 more like it since this was last said)"]
