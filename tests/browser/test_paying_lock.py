"""A wallet that stops paying by itself; and how a payer was identified: a document, six digits beside the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.browser.browsers import PIN
from tests.browser.people import Phone, Town, living

WRONG_PINS = ("555123", "555124", "555125")


class Square(Town):
    """Alice showed a document, and has six digits beside her code."""

    payer_words: tuple[str, ...] = ("--identity", "document", "--identity-reference", "P 1234", "--with-pin")

    def enrols_phone(self, payer: dict[str, Any]) -> None:
        """Without the digits, with wrong ones, with the right ones."""
        phone, digits = self.phone, str(payer["pin"])
        wrong = f"{(int(digits) + 1) % 10**6:06d}"
        phone.page.goto("about:blank")
        phone.page.goto(f"{phone.address}#/enrol/{payer['enrolment_code']}")
        phone.at("begin").click()
        phone.at("enrol-next").click()
        chooses_pin(phone)
        for refusal, given in (("needed", wrong), ("wrong", digits)):
            phone.at(f"notice-enrolment_pin_{refusal}").wait_for()
            phone.at("enrol-digits-field").fill(given)
            phone.at("enrol-next").click()
            chooses_pin(phone)
        phone.writes_no_code_down()


def chooses_pin(phone: Phone) -> None:
    """Twice, as it is asked for."""
    for screen in ("enrol-pin", "enrol-pin-again"):
        phone.at(f"screen-{screen}").wait_for()
        phone.page.keyboard.type(PIN)
        phone.at("pin-next").click()


def locked_out(phone: Phone, pin: str, left: int) -> None:
    """A wrong PIN; how many tries are left."""
    phone.page.keyboard.type(pin)
    phone.at("unlock-button").click()
    phone.at("notice-wrong_pin").get_by_text(f"{left} tries are left").wait_for()


def pays(square: Square, amount: str) -> None:
    """From the request to the receipt."""
    square.phone.reads(square.asked(amount))
    square.phone.pays()
    assert square.till.scans(square.phone.photograph()) == "F2"
    square.phone.scans_receipt(square.till.photograph())


@pytest.fixture
def square(playwright: Playwright, tmp_path: Path) -> Iterator[Square]:
    with living(Square(tmp_path / "stage", playwright)) as town:
        yield town


def test_wrong_pins_and_a_large_payment_lock_until_the_operator_has_looked(square: Square) -> None:
    phone, till = square.phone, square.till
    phone.tops_up("300")
    pays(square, "20.00")
    phone.goes("more")
    phone.at("more-lock").click()
    for tried, pin in enumerate(WRONG_PINS, start=1):
        phone.at("screen-unlock").wait_for()
        locked_out(phone, pin, 10 - tried)
    phone.unlock(phone.page)
    phone.reads(square.asked("200.00"))
    phone.confirms()
    phone.at("holder-confirm").click()
    told = phone.at("notice-locked_guessed").first
    told.wait_for()
    assert "3 wrong PINs" in told.inner_text()
    phone.reloads()
    assert phone.spendable().startswith("280.00")  # nothing was burned

    phone.goes("code")  # and no other way pays, a small amount neither
    phone.at("key-1").click()
    phone.at("code-make").click()
    dialog, refused = phone.at("holder-dialog"), phone.at("notice-locked_guessed")
    dialog.or_(refused).first.wait_for()
    if dialog.count() > 0:
        phone.page.keyboard.type(PIN)
        phone.at("holder-confirm").click()
    refused.first.wait_for()
    phone.reloads()
    ((number, said),) = phone.payments().items()
    assert "Tea House" in said  # the history is there to be read
    phone.goes(f"payment/{number}")
    assert "Accepted offline" in phone.said("payment-words")

    assert phone.syncs() == "done"
    (lock,) = square.operator("locks")["locks"]
    assert (lock["name"], lock["reason"], lock["decision"]) == ("Alice", "guessed", None)
    phone.reads(square.asked("200.00"))
    phone.at("notice-locked_guessed").first.wait_for()
    assert square.operator("locks", "--allow", lock["lock"])["waiting"] == 0
    assert phone.syncs() == "done"
    pays(square, "200.00")
    assert till.syncs().startswith("Done")
    assert phone.syncs() == "done"
    assert square.books_are_right()


def test_who_paid_was_identified_and_the_payee_sees_where_the_key_lives(square: Square) -> None:
    identity = square.operator("devices", square.payer_id)["identity"]
    assert (identity["kind"], identity["reference"]) == ("document", "P 1234")
    square.phone.tops_up("300")
    pays(square, "20.00")
    square.till.opens_last_payment()
    square.till.page.get_by_text("in software", exact=True).wait_for()
    square.phone.goes("boundary")
    line = square.phone.at("capability-key_software")
    line.wait_for()
    assert (line.get_attribute("data-works"), "up to 200.00" in line.inner_text()) == ("true", True)
