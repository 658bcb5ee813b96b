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

from feiqian.cli.operator_home import SETTINGS, ensure_home
from feiqian.protocol.allowance import Tier, allowance_in
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.qrtext import decode_text
from tests.browser.people import Phone, Town, living

FINAL: Final = "Paid, final"


class Quarter(Town):
    """An operator that takes passkeys, and Alice's phone has an authenticator."""

    session: CDPSession
    which: str

    def founded(self) -> None:
        ensure_home(self.home, deployment="test", currency="CNY", passkey_origin=self.venue.url)
        settings = json.loads((self.home / SETTINGS).read_text())
        (self.home / SETTINGS).write_text(json.dumps(settings | {"passkey_without_attestation": True}))

    def before_enrolment(self) -> None:
        self.session, self.which = authenticator(self.phone)

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
    with living(Quarter(tmp_path / "stage", playwright)) as town:
        yield town


def test_enrol_pay_with_no_network_and_settle(quarter: Quarter) -> None:
    phone, till = quarter.phone, quarter.till
    quarter.tops_up("300")
    assert len(quarter.credentials()) == 1
    (made,) = quarter.credentials()
    assert made["rpId"] == "localhost"
    quarter.cut_off()
    phone.reads(quarter.asked("150.00"))
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
    till.opens_last_payment()
    till.page.get_by_text("in a passkey", exact=True).wait_for()  # where the payer's key lives
    till.next_payment()

    quarter.back_online()
    assert till.syncs().startswith("Done")
    assert phone.syncs() == "done"
    assert all(FINAL in said for said in phone.payments().values())
    quarter.tops_up("100")  # by the same passkey
    assert len(quarter.credentials()) == 1
    phone.goes("allowances")
    ends = phone.page.get_by_role("button", name="End early")
    ends.first.click()
    phone.at("end-confirm").click()  # the passkey signs the closing cheque
    ends.nth(1).wait_for(state="detached")
    assert phone.page.get_by_role("alert").count() == 0
    assert quarter.books_are_right()
    with sqlite3.connect(quarter.home / "operator.db") as db:
        assert db.execute("SELECT count(*) FROM allowances").fetchone() == (2,)
        assert db.execute("SELECT count(*) FROM testimonies WHERE closing").fetchone() == (1,)


def test_a_wrong_finger_and_a_lost_key_lose_nothing(quarter: Quarter) -> None:
    phone, till = quarter.phone, quarter.till
    quarter.tops_up("300")
    quarter.verifies(yes=False)
    phone.reads(quarter.asked("20.00"))
    phone.at("consent").click()
    phone.page.get_by_role("alert").wait_for()
    assert "passkey did not confirm" in phone.page.get_by_role("alert").inner_text()
    (number,) = phone.payments()
    phone.goes(f"payment/{number}")
    assert "Waits for your passkey" in phone.said("payment-words")
    phone.reloads()  # the draft outlives the page
    quarter.verifies(yes=True)
    phone.goes(f"payment/{number}")
    phone.at("show-again").click()
    phone.at("screen-shown").wait_for()
    assert till.scans(phone.photograph()) == "F2"
    phone.scans_receipt(till.photograph())

    session, which = quarter.session, quarter.which
    session.send("WebAuthn.clearCredentials", {"authenticatorId": which})
    phone.reads(quarter.asked("30.00"))
    phone.at("consent").click()
    phone.page.get_by_role("alert").wait_for()
    assert sorted("Waits for your passkey" in said for said in phone.payments().values()) == [False, True]
    phone.tops_up("100")  # without it
    phone.reads(quarter.asked("30.00"))
    phone.pays()
    assert till.scans(phone.photograph()) == "F2"


def confirmed(quarter: Quarter) -> None:
    """Consents, and the passkey signs, whether or not Chromium added to the client data."""
    phone = quarter.phone
    phone.at("consent").click()
    shown, refused = phone.at("screen-shown"), phone.page.get_by_role("alert")
    shown.or_(refused).first.wait_for()
    assert shown.count() == 1, refused.inner_text()
