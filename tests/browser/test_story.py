"""The story in two browsers against the real `feiqian serve`: asked, photographed, paid, accepted, settled once.

Server and network go and come back, browsers are killed, four tabs pay at once, the venue's network is slow, drops and
hangs, and either app plays with the other language's implementation. After each test both sides have synced, every
payment of it is final on both screens, and the ledger closes: so each begins where the one before it ended, and any of
them may be run alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.protocol.frame import split
from feiqian.protocol.qrtext import decode_text, encode_text
from tasks.web import SITE
from tests.browser.people import Phone, RealServer, Till, drawn, side_by_side
from tests.browser.test_vault import authenticator
from tests.browser.venue import Mood, Venue

TABS: Final = 4
FINAL: Final = "Paid, final"
TOP_UP: Final = "300"


class Town:
    """An operator, a venue's network, Alice with her phone, and the till of a tea house."""

    def __init__(self, folder: Path, playwright: Playwright) -> None:
        (folder / "pictures").mkdir(parents=True)
        self.stage = Stage(folder, "en")
        self.server = RealServer(self.stage)
        self.venue = Venue()
        self.venue.server_url = self.server.up()
        self.phone = Phone(playwright, folder / "phone", self.venue.url)
        self.till = Till(playwright, folder / "till", self.venue.url)
        self.is_dark = False

    def enrol(self) -> None:
        """Alice with money set aside, and the tea house; both apps open without a network from now on."""
        payer = self.stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "500")
        payee = self.stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea House")
        self.phone.start()
        self.till.start()
        self.phone.enrol(str(payer["enrolment_code"]))
        self.till.enrol(str(payee["enrolment_code"]))
        self.phone.tops_up(TOP_UP)
        for device in (self.phone, self.till):
            device.works_offline_now()

    def dark(self) -> None:
        """The server is dead, its address is gone, and no radio works."""
        self.is_dark = True
        self.server.killed()
        self.venue.gone()
        for device in (self.phone, self.till):
            device.offline()

    def light(self) -> None:
        """All of it is back."""
        self.venue.server_url = self.server.up()
        self.venue.mood = Mood.CARRIES
        self.venue.back()
        for device in (self.phone, self.till):
            device.offline(offline=False)
        self.is_dark = False

    def balance_minor(self, name: str = "Tea House") -> int:
        """What the operator owes a payee."""
        payees = self.stage.must(OPERATOR, "operator", "payees")["payees"]
        (found,) = (payee for payee in payees if payee["name"] == name)
        return int(found["balance_minor"])

    def settles(self) -> None:
        """Both sync; nothing waits, everything is final on both screens, no fork was seen, and the ledger closes."""
        assert self.till.syncs().startswith("Done")
        assert self.phone.syncs() == "done"
        paid, taken = self.phone.payments(), self.till.taken()
        assert all(FINAL in said for said in paid.values()), paid
        assert all(FINAL in said for said in taken.values()), taken
        assert self.stage.must(OPERATOR, "operator", "forks")["forks"] == []
        books = self.stage.must(OPERATOR, "ledger", "verify")
        assert (books["sums"], books["mismatches"]) == ({"CNY": 0}, [])

    def close(self) -> None:
        """Browsers, server and network end."""
        self.phone.chromium.close()
        self.till.chromium.close()
        self.server.killed()
        self.venue.close()


@pytest.fixture(scope="module")
def whole_town(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    assert (SITE / "wallet" / "index.html").is_file(), "the web apps are not built: python3 dev.py setup"
    town = Town(tmp_path_factory.mktemp("town") / "stage", playwright)
    try:
        town.enrol()
        yield town
    finally:
        town.close()


@pytest.fixture
def town(whole_town: Town) -> Iterator[Town]:
    yield whole_town
    if whole_town.is_dark:  # a test that failed is no reason for the others to fail
        whole_town.light()
    for device in (whole_town.phone, whole_town.till):
        assert device.faults == []
        assert device.chromium.complaints == []


def altered(text: str) -> str:
    """The same message with one bit of its last signature turned."""
    body = bytearray(decode_text(text))
    body[-1] ^= 1
    return encode_text(bytes(body))


def test_with_server_and_network_gone_from_picture_to_picture(town: Town) -> None:
    phone, till = town.phone, town.till
    balance_minor = town.balance_minor()
    known = (set(phone.payments()), set(till.taken()))
    town.dark()
    phone.reloads()
    till.reloads()

    phone.scans(till.asks("12.50"))
    assert (phone.said("payee-name"), phone.at("payee-proved").count()) == ("Tea House", 1)
    phone.pays()
    shown = phone.photograph()
    assert till.scans(shown) == "F2"
    assert "Guaranteed up to 12.50 CNY if sent by" in till.said("decision-F2")
    assert "Accepted offline, guaranteed" in phone.scans_receipt(till.photograph())
    till.next_payment()

    # The same picture again does not look like money, and nothing is counted.
    till.asks("12.50")
    assert till.scans(shown) == "before"
    assert "Not a new payment" in till.said("decision-before")
    till.at("scan-again").click()
    till.at("screen-scan").wait_for()
    till.next_payment()

    # A code that was tampered with is refused in words; then the true one, in pieces that the camera sees at once.
    phone.scans(till.asks("60"))
    phone.pays()
    text = phone.text_shown()
    assert till.scans(drawn(altered(text))) == "F0"
    assert till.refusal() == "device_signature_invalid"
    assert len(till.at("notice-device_signature_invalid").locator("dd").all_inner_texts()) == len(
        ("happened", "safe", "next")
    )
    pieces = [drawn(encode_text(piece)) for piece in split(decode_text(text))]
    assert len(pieces) > 1
    till.camera.sees(side_by_side(pieces))
    till.at("scan-again").click()
    assert till.decision() == "F2"
    assert "60.00" in phone.scans_receipt(till.photograph())

    assert len(set(phone.payments()) - known[0]) == len(set(till.taken()) - known[1]) == 2
    town.light()
    town.settles()
    assert town.balance_minor() == balance_minor + 12_50 + 60_00


def test_killed_between_every_two_steps_the_story_goes_on(town: Town) -> None:
    phone, till = town.phone, town.till
    balance_minor = town.balance_minor()
    known = (set(phone.payments()), set(till.taken()))
    town.dark()
    phone.dies()
    till.dies()
    asked = till.asks("21")
    till.dies()
    till.opens_request("21.00")
    phone.scans(asked)
    phone.dies()
    phone.scans(till.photograph())
    phone.pays()
    text = phone.text_shown()
    phone.dies()
    (number,) = set(phone.payments()) - known[0]
    assert phone.shows_again(number) == text
    assert till.scans(phone.photograph()) == "F2"
    receipt = till.text_shown()
    till.dies()
    (counter,) = set(till.taken()) - known[1]
    till.goes(f"payment/{counter}")
    till.at("show-receipt").click()
    assert till.text_shown() == receipt
    assert "Accepted offline, guaranteed" in phone.scans_receipt(till.photograph())
    phone.dies()
    assert "Accepted offline, guaranteed" in phone.payments()[number]

    # In the middle of paying: the cheque is there or it is not, and what is there is shown again.
    phone.reads(till.shows("19"))
    phone.at("consent").click(no_wait_after=True)
    phone.dies()
    phone.reads(till.shown())
    phone.pays()
    assert till.reads(phone.text_shown()) == "F2"
    till.dies()

    town.light()
    till.goes("sync")
    till.at("sync-now").click(no_wait_after=True)
    till.dies()
    phone.dies()
    town.settles()
    assert len(set(phone.payments()) - known[0]) == len(set(till.taken()) - known[1]) == 2
    assert town.balance_minor() == balance_minor + 21_00 + 19_00


def at_once(tabs: list[Page], name: str) -> None:
    """Clicks the same in all tabs at the same moment."""
    click = """([name, at]) => {
        setTimeout(() => document.querySelector(`[data-testid=${name}]`).click(), at - Date.now());
    }"""
    moment = tabs[0].evaluate("Date.now()") + 1_000
    for tab in tabs:
        tab.get_by_test_id(name).wait_for()
        tab.evaluate(click, [name, moment])


def test_four_tabs_pay_at_once_and_no_counter_is_used_twice(town: Town) -> None:
    phone, till = town.phone, town.till
    balance_minor = town.balance_minor()
    tabs = [phone.page, *(phone.tab() for _ in range(TABS - 1))]
    town.dark()
    amounts = [f"{at + 1}.0{at + 1}" for at in range(TABS)]
    for tab, amount in zip(tabs, amounts, strict=True):
        phone.reads(till.shows(amount), tab)
    at_once(tabs, "consent")
    texts = [phone.shown_in(tab) for tab in tabs]
    assert len(set(texts)) == TABS
    for text, amount in zip(texts, amounts, strict=True):
        till.opens_request(amount)
        assert till.reads(text) == "F2"

    # One request in all tabs is one payment.
    asked = till.shows("7.07")
    for tab in tabs:
        phone.reads(asked, tab)
    at_once(tabs, "consent")
    (text,) = {phone.shown_in(tab) for tab in tabs}
    assert till.reads(text) == "F2"

    town.light()
    town.settles()
    assert town.balance_minor() == balance_minor + 1_01 + 2_02 + 3_03 + 4_04 + 7_07
    for tab in tabs[1:]:
        tab.close()


def test_a_passkey_opens_and_consents_across_reloads(town: Town) -> None:
    phone, till = town.phone, town.till
    session, which = authenticator(phone.page)
    phone.reloads()  # whether there is one is asked when the app opens
    phone.goes("settings")
    phone.at("passkey-add").click()
    phone.at("passkey-remove").wait_for()
    town.dark()
    phone.page.reload()
    phone.at("unlock-passkey").click()
    phone.at("screen-settings").wait_for()
    phone.reads(till.shows("55"))
    phone.at("consent").click()
    phone.at("holder-passkey").click()
    text = phone.shown_in(phone.page)
    phone.page.reload()
    phone.at("unlock-passkey").click()
    phone.at("screen-home").wait_for()
    assert till.reads(text) == "F2"
    town.light()
    town.settles()
    phone.goes("settings")
    phone.at("passkey-remove").click()
    phone.at("passkey-add").wait_for()
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": which})


def pays(town: Town, amount: str) -> None:
    """One payment, guaranteed at once, from screen to screen and back."""
    town.phone.scans(town.till.asks(amount))
    town.phone.pays()
    assert town.till.scans(town.phone.photograph()) == "F2"
    town.phone.scans_receipt(town.till.photograph())
    town.till.next_payment()


def test_a_crowded_venue_holds_up_no_payment_and_loses_no_sync(town: Town) -> None:
    phone, till = town.phone, town.till
    balance_minor = town.balance_minor()
    pays(town, "3")

    town.venue.mood = Mood.HANGS
    for device in (till, phone):
        held = town.venue.held
        device.begins_sync()
        while town.venue.held == held:  # its call is out there
            device.page.wait_for_timeout(50)
    pays(town, "4")  # to the end, while both ask an operator that never answers
    town.venue.mood = Mood.CARRIES
    for device in (till, phone):
        device.sync_ended()

    town.venue.mood = Mood.DROPS
    dropped = town.venue.dropped
    till.syncs()
    phone.syncs()
    assert town.venue.dropped > dropped
    pays(town, "5")

    town.venue.mood = Mood.SLOW
    for device in (till, phone):
        device.begins_sync()
    pays(town, "6")
    for device in (till, phone):
        device.sync_ended()
    town.settles()
    assert town.balance_minor() == balance_minor + 3_00 + 4_00 + 5_00 + 6_00


def test_both_play_with_the_other_language(town: Town) -> None:
    phone, till, stage = town.phone, town.till, town.stage
    balance_minor = town.balance_minor()
    bob = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Bob", "--fund", "50")["enrolment_code"]
    stall = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Stall")["enrolment_code"]
    stage.must("bob", "wallet", "enrol", "--server", town.venue.url, "--code", str(bob))
    stage.must("bob", "wallet", "top-up", "40")
    stage.must("stall", "terminal", "enrol", "--server", town.venue.url, "--code", str(stall))
    town.dark()

    pictures = (
        stage.picture(name) for name in ("asked", "shown", "receipt", "asked-back", "shown-back", "receipt-back")
    )
    asked, shown, receipt, asked_back, shown_back, receipt_back = pictures
    till.asks("8").save(asked)
    stage.must("bob", "wallet", "pay", "--yes", "--request-image", str(asked), "--out", str(shown))
    assert till.scans(Image.open(shown)) == "F2"
    till.photograph().save(receipt)
    stage.must("bob", "wallet", "receipt", "--image", str(receipt))
    assert stage.must("bob", "wallet", "history")["payments"][0]["state"] == "accepted"

    stage.must("stall", "terminal", "request", "9", "--out", str(asked_back))
    phone.scans(Image.open(asked_back))
    phone.pays()
    phone.photograph().save(shown_back)
    taken = stage.must("stall", "terminal", "accept", "--image", str(shown_back), "--out", str(receipt_back))
    assert taken["grade"] == "F2"
    assert "9.00" in phone.scans_receipt(Image.open(receipt_back))

    town.light()
    assert stage.must("stall", "terminal", "sync")["settled"] == 1
    town.settles()
    stage.must("bob", "wallet", "sync")
    assert stage.must("bob", "wallet", "history")["payments"][0]["state"] == "settled"
    assert (town.balance_minor(), town.balance_minor("Stall")) == (balance_minor + 8_00, 9_00)


def test_a_camera_that_nobody_looks_through_is_off(town: Town) -> None:
    phone = town.phone
    phone.camera.sees_nothing()
    phone.goes("scan")
    running, off = (phone.page.locator(f"[data-testid=scanner][data-running={what}]") for what in ("true", "false"))
    running.wait_for()
    look = """(state) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    phone.page.evaluate(look, "hidden")
    off.wait_for()
    assert phone.page.evaluate("document.querySelector('video').srcObject") is None
    phone.page.evaluate(look, "visible")
    running.wait_for()
    phone.goes("")
