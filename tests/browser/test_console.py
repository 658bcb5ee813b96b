"""The console against the real `feiqian serve`, over the books that the demo's story leaves: sign in, look, decide.

Who signs in has a real second factor, what is shown is what the books hold, what is downloaded is checked by the
command line, and what was done stands in the audit log. Pictures go to build/screenshots/console-served.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyotp
import pytest
from playwright.sync_api import Browser, Download, Page, Playwright, Route

from feiqian.cli.demo_reckoning import Reckoning
from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.demo_story import Story, before_the_network_returns
from feiqian.cli.report import Report
from feiqian.staff.rules import STEP_S
from tests.browser.browsers import CHROMIUM, choose_language, until
from tests.browser.looks import Seen, found_by_axe, opened, too_small, too_wide
from tests.tidy.house import ROOT

PICTURES: Final = ROOT / "build" / "screenshots" / "console-served"
OWN: Final = "seven calm otters swim"
NAMES: Final = ("Alice", "Bob", "Mallory", "Noodle House", "Tea Stall")
DESK: Final = Seen("desk-light-en", 1280, 800, dark=False, language="en")
PHONE: Final = Seen("phone-dark-zh", 360, 740, dark=True, language="zh")
PAGES: Final = (
    *("home", "figures", "payers", "payees", "devices", "terminals", "allowances", "disputes", "exposure"),
    *("forks", "pool", "keys", "audit", "acts", "staff", "account"),
)
FORBIDDEN: Final = 403
LOST: Final = 2
PATIENCE_MS: Final = 60_000
LISTS: Final = {"payers": "payer-list", "payees": "payee-list", "allowances": "allowance-list", "audit": "leaf-list"}
"""Lists whose first line is opened, too."""


class Colleague:
    """One of the staff at a browser of their own, with an authenticator app."""

    def __init__(self, town: Town, page: Page, told: Mapping[str, Any]) -> None:
        self.page = page
        self._town = town
        self._name, self._password = str(told["name"]), str(told["password"])
        self._totp = pyotp.parse_uri(str(told["otpauth_uri"]))
        self._last_step = 0
        self.complaints: list[str] = []
        page.on("console", lambda said: self._hear(said.type, said.text))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and ("Content Security Policy" in text or "Trusted" in text):
            self.complaints.append(text)

    def at(self, name: str) -> Any:
        """The first element of this name."""
        return self.page.get_by_test_id(name).first

    def goes(self, address: str) -> None:
        """To a page of the console, and waits until the operator has answered."""
        self.page.goto(f"{self._town.stage.url}/console/#/{address}")
        self.answered()

    def answered(self) -> None:
        """Nothing is being asked any more, and nothing was refused."""
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_timeout(100)
        while self.page.get_by_test_id("asking").count() > 0:
            self.page.wait_for_timeout(50)
        assert self.page.get_by_test_id("asked-failed").count() == 0, self.page.locator("main").inner_text()

    def code(self) -> str:
        """The next code: each counts once."""
        while int(time.time()) // STEP_S <= self._last_step:
            self.page.wait_for_timeout(500)
        self._last_step = int(time.time()) // STEP_S
        return str(self._totp.now())  # type: ignore[attr-defined]  # a TOTP

    def shown(self) -> str:
        """The code that was used last."""
        return str(self._totp.generate_otp(self._last_step))

    def tries(self, code: str) -> None:
        """Fills in the form and sends it."""
        for name, text in (("name", self._name), ("password", self._password), ("code", code)):
            self.at(f"sign-in-{name}").fill(text)
        self.at("sign-in-submit").click()

    def signs_in(self) -> None:
        """For the first time, and so with a new password."""
        self.page.goto(f"{self._town.stage.url}/console/")
        self.at("sign-in-name").wait_for()
        self.tries(self.code())
        self.at("screen-first-password").wait_for()
        for name, text in (("current", self._password), ("next", OWN), ("again", OWN)):
            self.at(f"password-{name}").fill(text)
        self.at("password-submit").click()
        self.at("screen-overview").wait_for()
        self._password = OWN
        self.answered()

    def downloads(self, name: str) -> Download:
        """What comes of this button."""
        with self.page.expect_download() as coming:
            self.at(name).click()
        return coming.value


class Town:
    """An operator after the demo's story: payments, a fork, refusals, and a dispute that waits for a decision."""

    def __init__(self, stage: Stage, browser: Browser) -> None:
        self.stage, self._browser = stage, browser

    def play(self) -> None:
        """The story as `feiqian demo` tells it, then a dispute that its payee contests."""
        report = Report(command="demo", as_json=True, language="en")
        story = Story(self.stage, report)
        for chapter in before_the_network_returns(story):
            chapter()
        reckoning = Reckoning(self.stage, story, report)
        reckoning.reconnect()
        reckoning.convict()
        self.quarrel()

    def quarrel(self) -> None:
        """Alice says that a lunch never came; the noodle house says that it did. The operator has to decide."""
        said = ("--reason", "not_delivered", "--words", "The soup never came.")
        payments = self.stage.must("alice", "wallet", "history")["payments"]
        lunch = next(str(one["payment"]) for one in payments if one["reference"] == "lunch")
        self.stage.must("alice", "wallet", "dispute", lunch, *said)
        (found,) = self.stage.must("noodles", "terminal", "disputes")["disputes"]
        answer = ("--contest", "--words", "It was eaten at table 4.")
        self.stage.must("noodles", "terminal", "answer-dispute", str(found["dispute"])[:8], *answer)

    def colleague(self, name: str, role: str, seen: Seen | None = None) -> Colleague:
        """Somebody new on the staff, before a browser of their own; without `seen` under the content policy."""
        told = self.stage.must(OPERATOR, "operator", "staff", "add", name, "--role", role)
        page = self._browser.new_page() if seen is None else opened(self._browser, seen)
        page.set_default_timeout(PATIENCE_MS)
        return Colleague(self, page, told)

    def books(self) -> Mapping[str, Any]:
        """What the ledger says when it is added up anew."""
        return self.stage.must(OPERATOR, "ledger", "verify")


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def town(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Stage(tmp_path_factory.mktemp("town"), "en") as stage:
        town = Town(stage, browser)
        town.play()
        yield town


@pytest.fixture(scope="module")
def lin(town: Town) -> Colleague:
    """An admin, signed in."""
    lin = town.colleague("lin", "admin", DESK)
    lin.signs_in()
    return lin


def look(who: Colleague, seen: Seen, pages: tuple[str, ...]) -> list[str]:
    """Every page, its picture taken, judged by axe, and in it no inner word of a program."""
    folder = PICTURES / seen.name
    folder.mkdir(parents=True, exist_ok=True)
    wrong = []
    for name in pages:
        who.goes(name)
        found = who.page.get_by_test_id("screen-not-found").count() * ["not found"]
        found += too_wide(who.page, seen) + too_small(who.page) + found_by_axe(who.page)
        who.page.screenshot(path=folder / f"{name}.png", full_page=True)
        if name in LISTS:
            who.at(f"{LISTS[name]}-link").click()
            who.answered()
            found += too_wide(who.page, seen) + found_by_axe(who.page)
            who.page.screenshot(path=folder / f"{name}-one.png", full_page=True)
        wrong += [f"{name}: {one}" for one in found]
    return wrong


def test_a_wrong_code_and_one_that_was_used_let_nobody_in(town: Town) -> None:
    ivan = town.colleague("ivan", "viewer", DESK)
    ivan.page.goto(f"{town.stage.url}/console/")
    ivan.tries("000000")
    ivan.at("notice-sign_in_refused").wait_for()
    ivan.signs_in()
    ivan.at("sign-out").click()
    ivan.at("screen-sign-in").wait_for()
    ivan.tries(ivan.shown())
    ivan.at("notice-sign_in_refused").wait_for()
    ivan.page.context.close()


def test_the_service_worker_leaves_the_console_to_the_network(town: Town, browser: Browser) -> None:
    """It works offline like nothing else does: not at all. And nothing of it is kept."""
    page = browser.new_page()
    page.goto(town.stage.url)
    page.get_by_test_id("offline-state").wait_for()
    until(page, "document.querySelector('[data-testid=offline-state]').dataset.ready === 'true'")
    until(page, "navigator.serviceWorker.controller !== null")
    kept = page.evaluate(
        """async () => {
            const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
            const asked = await Promise.all(caches_.map((cache) => cache.keys()));
            return asked.flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    assert "/wallet/" in kept
    assert [name for name in kept if "console" in name] == []
    page.goto(f"{town.stage.url}/console")
    page.get_by_test_id("screen-sign-in").wait_for()
    assert page.url.startswith(f"{town.stage.url}/console/")
    page.context.close()


def test_an_admin_sees_every_page(lin: Colleague) -> None:
    assert look(lin, DESK, PAGES) == []


def test_in_chinese_on_a_phone(town: Town) -> None:
    """Whoever audits sees everything and changes nothing."""
    zhao = town.colleague("zhao", "auditor", PHONE)
    zhao.page.goto(f"{town.stage.url}/console/")
    choose_language(zhao.page, "zh")
    zhao.signs_in()
    assert look(zhao, PHONE, PAGES) == []
    zhao.goes("payers")
    assert zhao.page.get_by_test_id("enrol-payer").count() == 0
    zhao.page.context.close()


def test_a_viewer_sees_numbers_and_no_name(town: Town) -> None:
    vera = town.colleague("vera", "viewer")
    heard: list[str] = []
    vera.page.on("response", lambda got: heard.append(got.text()) if "/v1/console/" in got.url else None)
    vera.signs_in()
    vera.goes("figures")
    shown = [vera.page.get_by_role("navigation").inner_text()]
    for name in PAGES:
        vera.goes(name)
        shown.append(vera.page.locator("body").inner_text())
    assert shown[0].split() == ["Overview", "Figures"]
    assert [name for name in NAMES if name in "".join(shown + heard)] == []
    refused = vera.page.evaluate("async () => (await fetch('/v1/console/payers')).status")
    assert refused == FORBIDDEN
    assert vera.complaints == []
    vera.page.context.close()


def test_a_fork_is_shown_and_its_proof_convicts(town: Town, lin: Colleague, tmp_path: Path) -> None:
    lin.goes("forks")
    proof = tmp_path / "fork.cbor"
    lin.downloads("fork-proof").save_as(proof)
    trust = town.stage.must(OPERATOR, "operator", "forks", "--out", str(tmp_path / "forks"))["trust_file"]
    shown = town.stage.must("checker", "verify", "fork", str(proof), "--trust", str(trust))
    assert shown["convicted"] is True


def test_a_dispute_is_decided_and_the_books_agree(town: Town, lin: Colleague) -> None:
    lin.goes("disputes")
    lin.at("dispute-list-link").click()
    lin.answered()
    assert "The soup never came." in lin.page.locator("main").inner_text()
    lin.at("decision").locator("label").first.click()
    lin.at("decision-words").fill("Both were heard; the payment stands.")
    lin.at("decide").click()
    lin.at("decide-sure-yes").click()
    lin.at("decide-sure").wait_for(state="detached")
    lin.answered()
    assert "Decided: the payment stands" in lin.page.locator("main").inner_text()
    (found,) = town.stage.must(OPERATOR, "operator", "disputes")["disputes"]
    assert found["state"] == "upheld"
    assert set(town.books()["sums"].values()) == {0}


def test_a_lost_device_is_suspended(town: Town, lin: Colleague) -> None:
    lin.goes("payers")
    lin.at("search").fill("Bob")
    lin.page.wait_for_function("document.querySelectorAll('[data-testid=payer-list-row]').length === 1")
    lin.at("payer-list-link").click()
    lin.answered()
    lin.at("suspend-payer").click()
    lin.at("suspend-yes").click()
    lin.at("suspended").wait_for()
    lin.at("suspended-done").click()
    lin.answered()
    assert "Suspended" in lin.at("payer-allowances").inner_text()
    synced = town.stage.act("bob", "wallet", "sync")
    assert not synced.ok


def test_money_counts_once_however_often_it_is_sent(town: Town, lin: Colleague) -> None:
    """The answer is lost twice; the question that stands has one key."""
    lin.goes("pool")
    before = town.books()
    lin.at("fund-pool").click()
    lin.at("fund-amount").fill("12.34")
    lost: list[object] = []

    def lose(route: Route) -> None:
        if len(lost) < LOST:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    lin.page.route("**/v1/console/pool/funding", lose)
    lin.at("fund-yes").click()
    lin.at("funded").wait_for()
    lin.at("funded-done").click()
    lin.answered()
    assert len(lost) == LOST
    assert lin.page.get_by_text("12.34").count() == 1
    after = town.books()
    assert after["mismatches"] == before["mismatches"] == []


def test_what_was_done_stands_in_the_log_with_its_proof(lin: Colleague, tmp_path: Path) -> None:
    lin.goes("acts")
    told = lin.page.locator("main").inner_text()
    assert "decided a dispute" in told
    lin.at("act-list-link").click()
    lin.answered()
    proof = tmp_path / "leaf.tlog-proof"
    lin.downloads("save-proof").save_as(proof)
    assert proof.read_text(encoding="utf-8").startswith("c2sp.org/tlog-proof@v1\n")


def test_a_new_role_ends_the_session(town: Town) -> None:
    omar = town.colleague("omar", "support", DESK)
    omar.signs_in()
    omar.goes("payers")
    town.stage.must(OPERATOR, "operator", "staff", "role", "omar", "--role", "viewer")
    omar.page.reload()
    omar.at("screen-sign-in").wait_for()
    assert "Alice" not in omar.page.locator("body").inner_text()
    omar.page.context.close()
