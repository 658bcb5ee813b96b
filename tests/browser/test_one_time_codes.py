"""One-time codes in two browsers: the wallet asks for the authenticator's code, the till takes it with no network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Playwright

from feiqian.cli.operator_home import ensure_home
from feiqian.protocol.frame import join
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.qrtext import decode_text
from feiqian.risk.one_time_code import STEP_S
from tests.browser.people import Town, living

FRAMES = 2


class Corner(Town):
    """An operator that asks for codes above 50.00, and Alice has an authenticator."""

    secret, used = "", ""

    def founded(self) -> None:
        ensure_home(self.home, deployment="test", currency="CNY", code_above_minor=50_00)

    def before_enrolment(self) -> None:
        self.secret = str(self.operator("authenticator", "add", self.payer_id)["secret"])
        self.operator("authenticator", "confirm", self.payer_id, self.code())

    def enrol(self) -> None:
        super().enrol()
        self.phone.tops_up("300")

    def code(self) -> str:
        """The authenticator's next one."""
        while (code := pyotp.TOTP(self.secret).now()) == self.used:
            time.sleep(STEP_S / 100)
        self.used = code
        return code

    def asks(self, amount: str) -> None:
        """The till shows a request, and the phone reads it."""
        self.phone.reads(self.asked(amount))

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


@pytest.fixture
def corner(playwright: Playwright, tmp_path: Path) -> Iterator[Corner]:
    with living(Corner(tmp_path / "stage", playwright)) as town:
        yield town


def test_a_code_is_asked_for_with_no_network_and_judged_when_it_settles(corner: Corner) -> None:
    phone, till = corner.phone, corner.till
    corner.cut_off()

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

    corner.back_online()
    assert till.syncs().startswith("Done")
    assert phone.syncs() == "done"
    assert len(phone.payments()) == 3  # what was refused before it was drawn burned nothing
    (found,) = corner.operator("wrong-codes")["wrong_codes"]
    assert (found["payer_id"], found["fault"]) == (corner.payer_id, "wrong")
    phone.goes("findings")
    assert "wrong one-time code" in phone.page.locator("main").inner_text()
    assert corner.books_are_right()
