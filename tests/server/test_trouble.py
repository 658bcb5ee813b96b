"""The server's own troubles: which of them end a device's sync at once."""

from __future__ import annotations

from http import HTTPStatus

from feiqian.protocol.words import WORLD_FAILED
from feiqian.server.crowd_trouble import CROWD_STATUS
from feiqian.server.trouble import STATUS

CANNOT_SERVE = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE}
ABOUT_ONE_BATCH = {"batch_set_aside"}


def test_what_a_server_says_that_cannot_serve_ends_a_sync() -> None:
    """Whoever goes on asking keeps a person waiting for one answer after the other that cannot come."""
    said = {code for code, status in {**STATUS, **CROWD_STATUS}.items() if status in CANNOT_SERVE}
    assert {"books_away", "server_busy", "disk_full"} < said
    assert said - ABOUT_ONE_BATCH <= WORLD_FAILED
