"""One-time codes in two browsers: the wallet asks for the authenticator's code, the till takes it with no network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Playwright

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.operator_home import ensure_home
from feiqian.protocol.frame import join
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.qrtext import decode_text
from feiqian.risk.one_time_code import STEP_S
from tasks.web import SITE
from tests.browser.people import Phone, RealServer, Till
from tests.browser.venue import Venue

FRAMES = 2


class Corner:
    """An operator that asks for codes above 50.00, Alice with an authenticator, and a till."""

    def __init__(self, folder: Path, playwright: Playwright) -> None:
        (folder / "pictures").mkdir(parents=True)
        self.stage = Stage(folder, "en")
        self.server, self.venue = RealServer(self.stage), Venue()
        ensure_home(self.stage.home(OPERATOR), deployment="test", currency="CNY", code_above_minor=50_00)
        self.venue.server_url = self.server.up()
        self.phone = Phone(playwright, folder / "phone", self.venue.url)
        self.till = Till(playwright, folder / "till", self.venue.url)
        self.payer, self.secret, self.used = "", "", ""

    def enrol(self) -> None:
        payer = self.stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "500")
        payee = self.stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea House")
        self.payer = str(payer["payer_id"])
        self.secret = str(self.stage.must(OPERATOR, "operator", "authenticator", "add", self.payer)["secret"])
        self.stage.must(OPERATOR, "operator", "authenticator", "confirm", self.payer, self.code())
        self.phone.start()
        self.till.start()
        self.phone.enrol(str(payer["enrolment_code"]))
        self.till.enrol(str(payee["enrolment_code"]))
        self.phone.tops_up("300")
        for device in (self.phone, self.till):
            device.works_offline_now()

    def code(self) -> str:
        """The authenticator's next one."""
        while (code := pyotp.TOTP(self.secret).now()) == self.used:
            time.sleep(STEP_S / 100)
        self.used = code
        return code

    def asks(self, amount: str) -> None:
        """The till shows a request, and the phone reads it."""
        self.till.asks(amount)
        self.phone.reads(self.till.text_shown())

    def consents(self) -> None:
        """With the PIN; then the code is asked for, and nothing is shown yet."""
        self.phone.confirms()
        self.phone.at("holder-confirm").click()
        self.phone.at("code-dialog").wait_for()

    def gives(self, code: str) -> None:
        self.phone.at("code-digits").fill(code)
        self.phone.at("code-confirm").click()

    def shown(self) -> dict[str, Image.Image]:
        """The payment's codes, which take turns: with anchor and code it is too long for one."""
        self.phone.at("screen-shown").wait_for()
        seen: dict[str, Image.Image] = {}
        while len(seen) < FRAMES:
            text = self.phone.text_shown()
            picture = self.phone.photograph()
            if text == self.phone.text_shown():
                seen.setdefault(text, picture)
        return seen

    def close(self) -> None:
        self.phone.chromium.close()
        self.till.chromium.close()
        self.server.killed()
        self.venue.close()


@pytest.fixture
def corner(playwright: Playwright, tmp_path: Path) -> Iterator[Corner]:
    assert (SITE / "wallet" / "index.html").is_file(), "the web apps are not built: python3 dev.py setup"
    town = Corner(tmp_path / "stage", playwright)
    try:
        town.enrol()
        yield town
        for device in (town.phone, town.till):
            assert device.faults == []
    finally:
        town.close()


def test_a_code_is_asked_for_with_no_network_and_judged_when_it_settles(corner: Corner) -> None:
    phone, till = corner.phone, corner.till
    corner.server.killed()
    corner.venue.gone()
    for device in (phone, till):
        device.offline()

    corner.asks("20.00")
    phone.pays()
    assert phone.at("code-dialog").count() == 0
    assert till.scans(phone.photograph()) == "F2"
    phone.scans_receipt(till.photograph())
    till.next_payment()

    right = corner.code()
    corner.asks("80.00")
    corner.consents()
    corner.gives("12345")
    phone.page.get_by_role("alert").get_by_text("six digits").wait_for()
    corner.gives(f"{right[:3]} {right[3:]}")
    shown = corner.shown()
    body = join(decode_text(text) for text in shown)
    terms = decode_payment(body).cheque.terms
    assert (terms.holder_check, terms.code is None, len(body) <= 400) == (2, False, True)
    assert till.scans(*shown.values()) == "F2"
    phone.scans_receipt(till.photograph())
    till.next_payment()

    corner.asks("60.00")
    corner.consents()
    corner.gives(right)
    phone.page.get_by_role("alert").get_by_text("earlier payment").wait_for()
    corner.gives(f"{(int(corner.code()) + 1) % 10**6:06d}")
    assert till.scans(*corner.shown().values()) == "F2"  # nobody at the counter can tell
    phone.scans_receipt(till.photograph())

    corner.venue.server_url = corner.server.up()
    corner.venue.back()
    for device in (phone, till):
        device.offline(offline=False)
    assert till.syncs().startswith("Done")
    assert phone.syncs() == "done"
    assert len(phone.payments()) == 3  # what was refused before it was drawn burned nothing
    (found,) = corner.stage.must(OPERATOR, "operator", "wrong-codes")["wrong_codes"]
    assert (found["payer_id"], found["fault"]) == (corner.payer, "wrong")
    phone.goes("findings")
    assert "wrong one-time code" in phone.page.locator("main").inner_text()
    books = corner.stage.must(OPERATOR, "ledger", "verify")
    assert (books["sums"], books["mismatches"]) == ({"CNY": 0}, [])
