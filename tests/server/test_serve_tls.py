"""`feiqian serve --tls` as a process: TLS 1.3 under its own authority, the plain door, the operator's commands."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from feiqian.keys.tls import fingerprint
from feiqian.links.qr import draw_address
from tests.server.operators import Command
from tests.server.test_serve import serving

NAME = "till.feiqian.test"
CLOSED_S = 20


def asked(home: Path, line: dict[str, Any], *, most: ssl.TLSVersion | None = None) -> httpx.Response:
    """/health, with every check that a browser makes, by the one name that needs no name service."""
    context = ssl.create_default_context(cafile=home / "tls" / "ca.crt")
    if most is not None:
        context.maximum_version = most
    port = line["url"].rpartition(":")[2]
    return httpx.get(f"https://localhost:{port}/health", verify=context, trust_env=False)


def until(lines: IO[str], word: str) -> Iterator[str]:
    """What is said, up to the line with this word; the server's log goes the same way."""
    for line in lines:
        yield line
        if word in line:
            return


def is_open(address: str) -> bool:
    try:
        httpx.get(address, trust_env=False)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_speaks_tls_1_3_and_no_less(tmp_path: Path, workers: str) -> None:
    home = tmp_path / "home"
    with serving(home, "--tls", "--host-name", NAME, "--workers", workers) as (_, line):
        assert line["tls"] is True
        assert line["url"].startswith(f"https://{NAME}:")
        assert asked(home, line).status_code == 200
        with pytest.raises(httpx.ConnectError, match=r"(?i)protocol"):
            asked(home, line, most=ssl.TLSVersion.TLSv1_2)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"https://localhost:{line['url'].rpartition(':')[2]}/health", trust_env=False)


def test_the_operators_own_commands_find_it(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home, "--tls", "--host-name", NAME) as (_, line):
        status, told = feiqian("operator", "payers", home=home)
        made = feiqian("operator", "enrol-payer", "--name", "Alice", home=home)[1]
    assert (status, told["payers"]) == (0, [])
    assert NAME in line["url"]  # phones know the host name, not this machine's own
    assert made["enrolment_link"].startswith(f"{line['url']}/wallet/#/enrol/")


def test_a_second_start_is_trusted_by_phones_that_trust_the_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, "--tls", "--host-name", NAME):
        before = (home / "tls" / "ca.crt").read_bytes()
    with serving(home, "--tls", "--host-name", NAME) as (_, line):
        assert asked(home, line).status_code == 200
    assert (home / "tls" / "ca.crt").read_bytes() == before


def test_phones_get_the_authority_and_the_steps_at_the_plain_door(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, "--tls", "--host-name", NAME, "--ca-port", "0", "--host", "127.0.0.1") as (process, line):
        assert process.stderr is not None
        said = list(until(process.stderr, "SHA-256"))
        door = next(word for text in said for word in text.split() if word.startswith("http://"))
        page = httpx.get(door, trust_env=False)
        authority = (home / "tls" / "ca.crt").read_bytes()
        assert line["url"] in page.text
        assert fingerprint(authority) in page.text
        assert any(fingerprint(authority) in text for text in said)
        given = httpx.get(f"{door}feiqian-ca.crt", trust_env=False)
        assert (given.content, given.headers["content-type"]) == (authority, "application/x-x509-ca-cert")
        for path in ("tls/ca.key", "../admin.token", "v1/trust-root"):
            assert httpx.get(door + path, trust_env=False).status_code == 404
        process.kill()
        process.wait()
    closes_at = time.monotonic() + CLOSED_S
    while is_open(door):  # it ends with the server, however that went
        assert time.monotonic() < closes_at


def test_a_door_that_cannot_open_stops_the_start_in_words(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(tmp_path / "other", "--port", "0") as (_, line):
        taken = line["url"].rpartition(":")[2]
        options = ("--tls", "--host-name", NAME, "--host", "127.0.0.1", "--port", "0", "--ca-port", taken)
        status, told = feiqian("serve", *options, home=home)
    assert (status, told["failures"][0]["code"]) == (1, "authority_port_taken")


def test_an_address_is_drawn_for_a_phones_camera() -> None:
    lines = draw_address(f"https://{NAME}:8443", colour=False).split("\n")
    assert len({len(line) for line in lines}) == 1
    assert len(lines) > 12
