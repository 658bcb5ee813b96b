"""Two people and an operator: a wallet and a till, each in a browser with a camera, against the real `feiqian serve`.

What one shows the other photographs: the picture of the screen becomes the video that the other browser's camera plays.
Every act is what a person does on the screen, and ends when the screen says what came of it.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import segno
from PIL import Image
from playwright.sync_api import Locator, Page, Playwright, ViewportSize

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.operator_home import ensure_home
from tasks.web import SITE
from tests.browser.browsers import PIN, Chromium, until
from tests.browser.venue import Venue

FRAME: Final = (1_280, 720)
MARGIN: Final = 40
PATIENCE_MS: Final = 60_000
"""How long a screen may take on a machine that is slow and busy; nothing is concluded from it."""
SYNC_IS_OVER: Final = "document.querySelector('[data-testid=sync-now]').getAttribute('aria-busy') !== 'true'"
CAMERA_WORDS: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


class RealServer:
    """`feiqian serve` as a process of its own, on the stage's home; its death is SIGKILL."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def up(self) -> str:
        """Start it on a free port and wait until it says that it is ready."""
        home = self._stage.home(OPERATOR)
        words = [sys.executable, "-m", "feiqian.cli.main", "serve", "--home", str(home), "--port", "0"]
        with (self._stage.folder / "server.log").open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, (self._stage.folder / "server.log").read_text(encoding="utf-8")[-2000:]
        self.url = str(json.loads(line)["url"])
        return self.url

    def killed(self) -> None:
        """Dead, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=30)
            self._process = None


class Camera:
    """What a fake camera plays, again and again (YUV4MPEG2). A camera that starts plays what it was shown last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sees_nothing()

    @property
    def words(self) -> tuple[str, ...]:
        """What the browser is started with."""
        return (*CAMERA_WORDS, f"--use-file-for-fake-video-capture={self.path}")

    def sees_nothing(self) -> None:
        """Hold nothing before it."""
        self.sees(Image.new("L", FRAME, 120))

    def sees(self, *pictures: Image.Image) -> None:
        """Hold these before it, in turn."""
        colours = bytes([128]) * (FRAME[0] * FRAME[1] // 4)
        head = f"YUV4MPEG2 W{FRAME[0]} H{FRAME[1]} F10:1 Ip A1:1 C420jpeg\n".encode()
        frames = b"".join(b"FRAME\n" + framed(picture).tobytes() + colours + colours for picture in pictures)
        draft = self.path.with_suffix(".new")
        draft.write_bytes(head + frames + (frames if len(pictures) == 1 else b""))
        draft.replace(self.path)  # a camera that runs goes on with what it has open


def framed(picture: Image.Image) -> Image.Image:
    """A picture in the middle of a grey frame, as large as it fits."""
    if picture.size == FRAME:
        return picture.convert("L")
    room = (FRAME[0] - 2 * MARGIN, FRAME[1] - 2 * MARGIN)
    scale = min(room[0] / picture.width, room[1] / picture.height)
    size = (round(picture.width * scale), round(picture.height * scale))
    frame = Image.new("L", FRAME, 120)
    held = picture.convert("L").resize(size, Image.Resampling.BILINEAR)
    frame.paste(held, ((FRAME[0] - size[0]) // 2, (FRAME[1] - size[1]) // 2))
    return frame


def drawn(text: str) -> Image.Image:
    """A text as a code on paper."""
    paper = io.BytesIO()
    segno.make(text, error="m", micro=False).save(paper, kind="png", scale=5, border=4)
    return Image.open(paper).convert("L")


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Several codes in one picture."""
    whole = Image.new("L", (sum(one.width for one in pictures), max(one.height for one in pictures)), 255)
    left = 0
    for one in pictures:
        whole.paste(one, (left, 0))
        left += one.width
    return whole


class Device:
    """A browser on a profile, with one app open in it."""

    app: str
    viewport: ViewportSize

    def __init__(self, playwright: Playwright, folder: Path, url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.camera = Camera(folder / "camera.y4m")
        self.chromium = Chromium(playwright, folder / "profile", self.camera.words)
        self.address = f"{url}/{self.app}/"
        self.is_offline = False
        self.faults: list[str] = []
        self.page: Page

    def start(self) -> Page:
        """Open the app, with what its browser kept."""
        context = self.chromium.start(
            permissions=["camera"], viewport=self.viewport, device_scale_factor=2, timeout=PATIENCE_MS
        )
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(PATIENCE_MS)
        context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        if self.is_offline:
            context.set_offline(offline=True)
        self.page = context.pages[0]
        self.page.goto(self.address)
        return self.page

    def tab(self) -> Page:
        """One more tab with the app, unlocked."""
        page = self.chromium.context.new_page()
        page.goto(self.address)
        self.unlock(page)
        return page

    def works_offline_now(self) -> None:
        """Wait until the app says to the browser that it needs no network to open."""
        until(self.page, "navigator.serviceWorker.controller !== null", timeout_s=PATIENCE_MS / 1000)

    def offline(self, *, offline: bool = True) -> None:
        """Cut the network, or give it back."""
        self.is_offline = offline
        self.chromium.context.set_offline(offline=offline)

    def dies(self) -> None:
        """A flat battery, and the browser is started again; the app asks for the PIN."""
        self.chromium.kill()
        self.start()
        self.unlock(self.page)

    def reloads(self) -> None:
        """The page anew, unlocked."""
        self.page.reload()
        self.unlock(self.page)

    def unlock(self, page: Page) -> None:
        """With the PIN, to where the address leads."""
        raise NotImplementedError

    def at(self, name: str, page: Page | None = None) -> Locator:
        """What has this test id."""
        return (page or self.page).get_by_test_id(name)

    def said(self, name: str) -> str:
        """What stands there, with plain spaces."""
        return " ".join(self.at(name).inner_text().split())

    def goes(self, path: str, page: Page | None = None) -> None:
        """To a screen by its address."""
        (page or self.page).evaluate("(path) => { location.hash = `#/${path}`; }", path)

    def text_shown(self, page: Page | None = None) -> str:
        """The text of the code on the screen."""
        text = self.at("qr", page).last.get_attribute("data-text")
        assert text is not None
        return text

    def begins_sync(self) -> None:
        """Asks for a sync and does not wait for it."""
        self.sync_ended()  # one of its own, after it was unlocked
        self.at("sync-now").click()

    def sync_ended(self) -> None:
        """Wait until it is over, however it went."""
        self.goes("sync")
        self.at("sync-now").wait_for()
        until(self.page, SYNC_IS_OVER, timeout_s=PATIENCE_MS / 1000)

    def photograph(self) -> Image.Image:
        """The code on the screen, as another's camera sees it."""
        return Image.open(io.BytesIO(self.at("qr").last.screenshot()))


class Phone(Device):
    """A payer's wallet."""

    app = "wallet"
    viewport: ViewportSize = {"width": 412, "height": 915}  # noqa: RUF012  # a TypedDict that nobody changes

    def enrol(self, code: str) -> None:
        """By the link that the operator gave."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}#/enrol/{code}")
        self.at("begin").click()
        self.at("enrol-next").click()
        for screen in ("enrol-pin", "enrol-pin-again"):
            self.at(f"screen-{screen}").wait_for()
            self.page.keyboard.type(PIN)
            self.at("pin-next").click()
        self.writes_no_code_down()

    def writes_no_code_down(self) -> None:
        """Goes past the lost-device code, which is offered first."""
        self.at("lost-code-later").click()
        self.at("screen-home").wait_for()

    def unlock(self, page: Page) -> None:
        """With the PIN."""
        page.get_by_test_id("screen-unlock").wait_for()
        page.keyboard.type(PIN)
        page.get_by_test_id("unlock-button").click()
        page.get_by_test_id("screen-unlock").wait_for(state="detached")

    def tops_up(self, amount: str) -> None:
        """Sets money aside."""
        self.goes("top-up")
        self.at("top-up-amount").fill(amount)
        self.at("top-up-button").click()
        self.at("flash").wait_for()

    def spendable(self) -> str:
        """As home shows it."""
        self.goes("")
        return self.said("spendable-amount")

    def scans(self, *pictures: Image.Image) -> None:
        """Holds the camera over a request: an offer is the answer."""
        self.camera.sees(*pictures)
        self.goes("scan")
        self.at("screen-offer").wait_for()

    def reads(self, text: str, page: Page | None = None) -> None:
        """Takes a request as text, where there is no camera."""
        self.camera.sees_nothing()
        self.goes("scan", page)
        self.at("paste", page).click()
        self.at("paste-field", page).fill(text)
        self.at("paste-read", page).click()

    def confirms(self, page: Page | None = None) -> None:
        """Says yes, with the PIN where it is asked for: up to the last tap, which is `pays`."""
        self.at("consent", page).click()
        dialog = self.at("holder-dialog", page)
        shown = self.at("screen-shown", page)
        dialog.or_(shown).first.wait_for()
        if dialog.count() > 0:
            (page or self.page).keyboard.type(PIN)

    def pays(self, page: Page | None = None) -> None:
        """Consents: the cheque is drawn and shown."""
        self.confirms(page)
        confirm = self.at("holder-confirm", page)
        if confirm.count() > 0:
            confirm.click()
        self.at("screen-shown", page).wait_for()

    def scans_receipt(self, picture: Image.Image) -> str:
        """Holds the camera over the receipt; what the screen says of it."""
        self.camera.sees(picture)
        self.goes("scan-receipt")
        said = self.said("screen-receipt")
        self.at("receipt-done").click()
        self.at("screen-home").wait_for()
        return said

    def payments(self) -> dict[str, str]:
        """Every payment in the history, by number, with what is said of it."""
        self.goes("history")
        self.at("screen-history").wait_for()
        rows = self.page.locator("[data-testid^=payment-]").all()
        return {(row.get_attribute("data-testid") or "").removeprefix("payment-"): row.inner_text() for row in rows}

    def shown_in(self, tab: Page) -> str:
        """The text of the cheque that a tab shows."""
        self.at("screen-shown", tab).wait_for()
        return self.text_shown(tab)

    def shows_again(self, number: str) -> str:
        """A payment from the history, on the screen once more: its text."""
        self.goes(f"payment/{number}")
        self.at("show-again").click()
        return self.shown_in(self.page)

    def syncs(self) -> str:
        """Once; how it ended."""
        self.sync_ended()  # one of its own, after it was unlocked
        self.at("sync-now").click()
        self.sync_ended()
        ended = self.at("sync-done").or_(self.at("sync-part"))
        ended.wait_for()
        return (ended.get_attribute("data-testid") or "").removeprefix("sync-")


class Till(Device):
    """A payee's terminal."""

    app = "terminal"
    viewport: ViewportSize = {"width": 1_024, "height": 768}  # noqa: RUF012  # a TypedDict that nobody changes

    def enrol(self, code: str) -> None:
        """With the operator's code."""
        self.at("welcome-start").click()
        self.at("enrol-code").fill(code)
        self.at("enrol-pin").fill(PIN)
        self.at("enrol-pin-again").fill(PIN)
        self.at("enrol-submit").click()
        self.at("screen-sell").wait_for()

    def unlock(self, page: Page) -> None:
        """With the PIN."""
        page.get_by_test_id("screen-unlock").wait_for()
        page.keyboard.type(PIN)
        page.get_by_test_id("unlock-submit").click()
        page.get_by_test_id("screen-unlock").wait_for(state="detached")

    def asks(self, amount: str) -> Image.Image:
        """A request on the screen."""
        self.goes("")
        self.at("screen-sell").wait_for()
        self.at("key-1").wait_for()
        self.page.keyboard.type(amount)
        self.at("ask").click()
        self.at("screen-request").wait_for()
        return self.photograph()

    def opens_request(self, amount: str) -> None:
        """An open request of this amount, on the screen once more."""
        self.goes("")
        self.at("open-request").filter(has_text=f"{amount}\N{NO-BREAK SPACE}").click()
        self.at("screen-request").wait_for()

    def shown(self) -> str:
        """The text of the request on the screen."""
        return self.text_shown()

    def shows(self, amount: str) -> str:
        """Asks; the request as text."""
        self.asks(amount)
        return self.shown()

    def scans(self, *pictures: Image.Image) -> str:
        """Holds the camera over a payment: the decision (F1, F2, F3 or F0), or what it wants to know first."""
        self.camera.sees(*pictures)
        self.at("scan").click()
        return self.decision()

    def reads(self, text: str) -> str:
        """Takes a payment as text, where there is no camera."""
        self.camera.sees_nothing()
        self.at("scan").click()
        self.at("paste-instead").click()
        self.at("paste").fill(text)
        self.at("paste-submit").click()
        return self.decision()

    def decision(self) -> str:
        """The grade, as the screen shows it."""
        found = self.page.locator("[data-testid^=decision-], [data-testid^=confirm-]").first
        return (found.get_attribute("data-testid") or "").removeprefix("decision-")

    def refusal(self) -> str:
        """The code of the refusal that stands on the screen."""
        found = self.page.locator("[data-testid=screen-refused] [data-testid^=notice-]").first
        return (found.get_attribute("data-testid") or "").removeprefix("notice-")

    def next_payment(self) -> None:
        """Back to where a sale begins."""
        self.goes("")
        self.at("screen-sell").wait_for()

    def opens_last_payment(self) -> None:
        """All that is known of the payment that was accepted last."""
        self.goes("history")
        self.page.locator("[data-testid^=line-]").first.click()
        self.at("screen-payment").wait_for()

    def taken(self) -> dict[str, str]:
        """Every accepted payment in the history, by receipt number, with what is said of it."""
        self.goes("history")
        self.at("screen-history").wait_for()
        rows = self.page.locator("[data-testid^=line-]").all()
        return {(row.get_attribute("data-testid") or "").removeprefix("line-"): row.inner_text() for row in rows}

    def syncs(self) -> str:
        """Once; what the screen says of it."""
        self.sync_ended()  # one of its own, after it was unlocked
        self.at("sync-now").click()
        self.sync_ended()
        return self.said("sync-hint")


class Town:
    """An operator, Alice with a phone, and a till, at an address that outlives the server. Tests derive their own."""

    payer_words: tuple[str, ...] = ()
    """What else the operator registers Alice with."""

    def __init__(self, folder: Path, playwright: Playwright) -> None:
        (folder / "pictures").mkdir(parents=True)
        self.stage = Stage(folder, "en")
        self.server, self.venue = RealServer(self.stage), Venue()
        self.home = self.stage.home(OPERATOR)
        self.founded()
        self.venue.server_url = self.server.up()
        self.phone = Phone(playwright, folder / "phone", self.venue.url)
        self.till = Till(playwright, folder / "till", self.venue.url)
        self.payer_id = ""

    def founded(self) -> None:
        """The operator begins."""
        ensure_home(self.home, deployment="test", currency="CNY")

    def before_enrolment(self) -> None:
        """What happens between a payer's registration and its phone's enrolment."""

    def enrol(self) -> None:
        """Alice, with 500.00 and her phone, and the till."""
        payer = self.operator("enrol-payer", "--name", "Alice", "--fund", "500", *self.payer_words)
        payee = self.operator("enrol-payee", "--name", "Tea House")
        self.payer_id = str(payer["payer_id"])
        self.phone.start()
        self.till.start()
        self.before_enrolment()
        self.enrols_phone(payer)
        self.till.enrol(str(payee["enrolment_code"]))
        for device in (self.phone, self.till):
            device.works_offline_now()

    def enrols_phone(self, payer: dict[str, Any]) -> None:
        """With what the operator's command told."""
        self.phone.enrol(str(payer["enrolment_code"]))

    def operator(self, *words: str) -> dict[str, Any]:
        """What the operator's command answers."""
        return dict(self.stage.must(OPERATOR, "operator", *words))

    def asked(self, amount: str) -> str:
        """The text of the till's request."""
        self.till.asks(amount)
        return self.till.text_shown()

    def cut_off(self) -> None:
        """No server, and no network."""
        self.server.killed()
        self.venue.gone()
        for device in (self.phone, self.till):
            device.offline()

    def back_online(self) -> None:
        """All is there again."""
        self.venue.server_url = self.server.up()
        self.venue.back()
        for device in (self.phone, self.till):
            device.offline(offline=False)

    def books_are_right(self) -> bool:
        """Every sum is zero, and nothing mismatches."""
        books = self.stage.must(OPERATOR, "ledger", "verify")
        return (books["sums"], books["mismatches"]) == ({"CNY": 0}, [])

    def close(self) -> None:
        """Browsers, server and address."""
        self.phone.chromium.close()
        self.till.chromium.close()
        self.server.killed()
        self.venue.close()


AnyTown = TypeVar("AnyTown", bound=Town)


@contextmanager
def living(town: AnyTown) -> Iterator[AnyTown]:
    """With everybody enrolled; closed at the end, and no screen has thrown anything."""
    assert (SITE / "wallet" / "index.html").is_file(), "the web apps are not built: python3 dev.py setup"
    try:
        town.enrol()
        yield town
        for device in (town.phone, town.till):
            assert device.faults == []
    finally:
        town.close()
