"""Paying by passkey in two browsers: an authenticator signs the cheque, the till checks it with no network, it settles.

The authenticator is Chromium's virtual one (WebDriver for WebAuthn Level 3 section 11): it makes real ES256 credentials
and vouches for them by a certificate that no operator trusts, so the operator of this test takes it without one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import CDPSession, Playwright

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.operator_home import SETTINGS, ensure_home
from feiqian.protocol.allowance import Tier, allowance_in
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.qrtext import decode_text
from tasks.web import SITE
from tests.browser.people import Phone, RealServer, Till
from tests.browser.venue import Venue

FINAL: Final = "Paid, final"


class Quarter:
    """An operator that takes passkeys, Alice whose phone has an authenticator, and a till."""

    def __init__(self, folder: Path, playwright: Playwright) -> None:
        (folder / "pictures").mkdir(parents=True)
        self.stage = Stage(folder, "en")
        self.server, self.venue = RealServer(self.stage), Venue()
        home = self.stage.home(OPERATOR)
        ensure_home(home, deployment="test", currency="CNY", passkey_origin=self.venue.url)
        settings = json.loads((home / SETTINGS).read_text())
        (home / SETTINGS).write_text(json.dumps(settings | {"passkey_without_attestation": True}))
        self.venue.server_url = self.server.up()
        self.phone = Phone(playwright, folder / "phone", self.venue.url)
        self.till = Till(playwright, folder / "till", self.venue.url)

    def enrol(self) -> None:
        payer = self.stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "500")
        payee = self.stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea House")
        self.phone.start()
        self.till.start()
        self.session, self.which = authenticator(self.phone)
        self.phone.enrol(str(payer["enrolment_code"]))
        self.till.enrol(str(payee["enrolment_code"]))
        for device in (self.phone, self.till):
            device.works_offline_now()

    def tops_up(self, amount: str) -> None:
        """By passkey."""
        self.phone.goes("top-up")
        self.phone.at("top-up-passkey").click()
        self.phone.at("top-up-amount").fill(amount)
        self.phone.at("top-up-button").click()
        self.phone.at("flash").wait_for()

    def verifies(self, *, yes: bool) -> None:
        """Whether the holder's finger is the right one from now on."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.which, "isUserVerified": yes})

    def credentials(self) -> list[dict[str, Any]]:
        given = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.which})
        return list(given["credentials"])

    def close(self) -> None:
        self.phone.chromium.close()
        self.till.chromium.close()
        self.server.killed()
        self.venue.close()


def authenticator(phone: Phone) -> tuple[CDPSession, str]:
    session = phone.page.context.new_cdp_session(phone.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@pytest.fixture
def quarter(playwright: Playwright, tmp_path: Path) -> Iterator[Quarter]:
    assert (SITE / "wallet" / "index.html").is_file(), "the web apps are not built: python3 dev.py setup"
    town = Quarter(tmp_path / "stage", playwright)
    try:
        town.enrol()
        yield town
        for device in (town.phone, town.till):
            assert device.faults == []
    finally:
        town.close()


def test_enrol_pay_with_no_network_and_settle(quarter: Quarter) -> None:
    phone, till = quarter.phone, quarter.till
    quarter.tops_up("300")
    assert len(quarter.credentials()) == 1
    (made,) = quarter.credentials()
    assert made["rpId"] == "localhost"
    quarter.server.killed()
    quarter.venue.gone()
    for device in (phone, till):
        device.offline()

    phone.reads(till_asks(quarter, "150.00"))
    phone.at("screen-offer").wait_for()
    assert phone.at("holder-dialog").count() == 0
    confirmed(quarter)
    text = phone.text_shown()
    payment = decode_payment(decode_text(text))
    assert allowance_in(payment.allowance).terms.tier == Tier.PASSKEY
    assert (len(payment.cheque.envelope.signature), payment.cheque.terms.holder_check) == (69, 3)
    assert len(decode_text(text)) <= 349  # one code, as any other payment
    assert till.scans(phone.photograph()) == "F2"
    phone.scans_receipt(till.photograph())

    quarter.venue.server_url = quarter.server.up()
    quarter.venue.back()
    for device in (phone, till):
        device.offline(offline=False)
    assert till.syncs().startswith("Done")
    assert phone.syncs() == "done"
    assert all(FINAL in said for said in phone.payments().values())
    quarter.tops_up("100")  # by the same passkey
    assert len(quarter.credentials()) == 1
    books = quarter.stage.must(OPERATOR, "ledger", "verify")
    assert (books["sums"], books["mismatches"]) == ({"CNY": 0}, [])
    with sqlite3.connect(quarter.stage.home(OPERATOR) / "operator.db") as db:
        assert db.execute("SELECT count(*) FROM allowances").fetchone() == (2,)


def test_a_wrong_finger_and_a_lost_key_lose_nothing(quarter: Quarter) -> None:
    phone, till = quarter.phone, quarter.till
    quarter.tops_up("300")
    quarter.verifies(yes=False)
    phone.reads(till_asks(quarter, "20.00"))
    phone.at("consent").click()
    phone.page.get_by_role("alert").wait_for()
    assert "passkey did not confirm" in phone.page.get_by_role("alert").inner_text()
    (number,) = phone.payments()
    phone.goes(f"payment/{number}")
    assert "Waits for your passkey" in phone.said("payment-words")
    phone.reloads()  # the draft outlives the page
    quarter.verifies(yes=True)
    phone.goes(f"payment/{number}")
    for _ in range(4):  # what a browser now and then adds to its client data is asked for again
        phone.at("show-again").click()
        shown = phone.at("screen-shown")
        shown.or_(phone.page.get_by_role("alert")).first.wait_for()
        if shown.count():
            break
    assert till.scans(phone.photograph()) == "F2"
    phone.scans_receipt(till.photograph())

    session, which = quarter.session, quarter.which
    session.send("WebAuthn.clearCredentials", {"authenticatorId": which})
    phone.reads(till_asks(quarter, "30.00"))
    phone.at("consent").click()
    phone.page.get_by_role("alert").wait_for()
    assert sorted("Waits for your passkey" in said for said in phone.payments().values()) == [False, True]
    phone.tops_up("100")  # without it
    phone.reads(till_asks(quarter, "30.00"))
    phone.pays()
    assert till.scans(phone.photograph()) == "F2"


def till_asks(quarter: Quarter, amount: str) -> str:
    """The text of the till's request."""
    quarter.till.asks(amount)
    return quarter.till.text_shown()


def confirmed(quarter: Quarter) -> None:
    """Consents, and the passkey signs; again where the browser added to its client data."""
    phone = quarter.phone
    phone.at("consent").click()
    shown, refused = phone.at("screen-shown"), phone.page.get_by_role("alert")
    shown.or_(refused).first.wait_for()
    assert shown.count() == 1, refused.inner_text()
