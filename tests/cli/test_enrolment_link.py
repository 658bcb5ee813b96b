"""The link with an enrolment code: where a browser can use it, whole on its line, and as a code in a window."""

from __future__ import annotations

import sys

import pytest

from feiqian.cli.enrolment_link import enrolment_link, show_link, site_of
from feiqian.cli.report import Report

CODE = "ZJF0-XQ99-0QQ8-GC3G"


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("http://127.0.0.1:8080", "http://localhost:8080"),  # passkeys want a name
        ("http://0.0.0.0:8080", "http://localhost:8080"),
        ("http://[::1]:8080/", "http://localhost:8080"),
        ("http://localhost", "http://localhost"),
        ("https://till.local:8443", "https://till.local:8443"),
        ("https://pay.example/", "https://pay.example"),
        ("http://192.168.1.20:8080", None),  # no secure context: neither keys nor a life offline
        ("http://till.local:8080", None),
        ("till.local", None),
    ],
)
def test_a_browser_is_led_only_where_the_apps_work(address: str, site: str | None) -> None:
    assert site_of(address) == site


def test_the_code_stands_behind_the_hash() -> None:
    assert enrolment_link("http://127.0.0.1:8080", "terminal", CODE) == (
        f"http://localhost:8080/terminal/#/enrol/{CODE}"
    )
    assert enrolment_link("https://a.example", "wallet", "a/b#c") == "https://a.example/wallet/#/enrol/a%2Fb%23c"
    assert enrolment_link("http://192.168.1.20", "wallet", CODE) is None


@pytest.mark.parametrize(
    ("as_json", "window", "address", "lines"),
    [
        (False, False, "https://till.local:8443", 2),
        (False, True, "https://till.local:8443", 20),
        (False, True, "http://127.0.0.1:8080", 2),  # no phone reaches this machine under that name
        (True, True, "https://till.local:8443", 0),
    ],
)
def test_it_is_shown_to_people_alone_and_drawn_in_a_window(
    *,
    as_json: bool,
    window: bool,
    address: str,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: window)
    link = enrolment_link(address, "wallet", CODE)
    show_link(Report(command="operator enrol-payer", as_json=as_json, language="zh"), link)
    said = capsys.readouterr().out
    assert (link in said.splitlines()) is not as_json
    assert said.count("\n") >= lines if lines > 2 else said.count("\n") == lines
    show_link(Report(command="operator enrol-payer", as_json=False, language="en"), None)
    assert capsys.readouterr().out == ""
