"""The story of the demo, chapter by chapter. Every number that it reports is counted from what the commands answered.

Alice and Bob are honest payers; Mallory copies her wallet, Trudy's software was changed. The Noodle House and the Tea
Stall are honest payees; Peeping Tom only photographs other people's codes.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from feiqian.cli.demo_attacks import claim_as_bystander, forge_amount, overspend
from feiqian.cli.demo_stage import OPERATOR, Act, Stage
from feiqian.cli.report import CommandTrouble, Report, money
from feiqian.protocol.answer import Verdict

PAYERS: Final = {
    "alice": ("Alice", "500.00", "300.00"),
    "bob": ("Bob", "300.00", "200.00"),
    "mallory": ("Mallory", "100.00", "80.00"),
    "trudy": ("Trudy", "60.00", "40.00"),
}
"""Who pays: name, money at the operator, allowance to spend offline."""
PAYEES: Final = {"noodles": "Noodle House", "tea": "Tea Stall", "tom": "Peeping Tom"}
TWIN: Final = "mallory-twin"
CRASH_POINT: Final = "terminal.accept:after-commit"
LATE_CLOCK_S: Final = 600
FORGED_MORE_MINOR: Final = 1_00


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a payee handed over goods for: whose payment, how much, and the grade it was shown."""

    payer: str
    payee: str
    amount_minor: int
    grade: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted on the way."""

    deliveries: list[Delivery] = field(default_factory=list)
    replays_refused: int = 0
    forgeries_refused: int = 0
    expired_refused: int = 0
    overspends_refused: int = 0
    bystanders_refused: int = 0
    crashes_resumed: int = 0
    batches_sent_twice: int = 0


class Story:
    """The chapters in which nobody has a network, and what leads there."""

    def __init__(self, stage: Stage, report: Report) -> None:
        self.stage = stage
        self.report = report
        self.tally = Tally()
        self.currency = "CNY"
        (stage.folder / "pictures").mkdir()

    # --- with a network ---

    def open_for_business(self) -> None:
        """The operator starts; payers and payees enrol; allowances are reserved."""
        self._chapter("1  With a network", "一、联网时")
        self.stage.start_server()
        self._done(f"the operator's server runs at {self.stage.url}", f"运营方服务器运行于 {self.stage.url}")
        self.stage.must(OPERATOR, "operator", "fund", "pool", "1000.00")
        with ThreadPoolExecutor(max_workers=len(PAYERS)) as together:
            payees = list(together.map(self._enrol_payee, PAYEES))
            payers = list(together.map(self._enrol_payer, PAYERS))
        self.currency = payers[0]
        self._done(
            f"{len(payees)} payees enrolled, each with a certified terminal",
            f"{len(payees)} 个收款方已登记，各有一台获证终端",
        )
        for name, _, allowance in PAYERS.values():
            self._done(f"{name} set {allowance} aside to spend offline", f"{name} 留出 {allowance} 供离线支付")

    def _enrol_payee(self, payee: str) -> None:
        code = self.stage.must(OPERATOR, "operator", "enrol-payee", "--name", PAYEES[payee])["enrolment_code"]
        self.stage.must(payee, "terminal", "enrol", "--server", self.stage.url, "--code", str(code))

    def _enrol_payer(self, payer: str) -> str:
        """Returns the currency of the allowance."""
        name, funds, allowance = PAYERS[payer]
        code = self.stage.must(OPERATOR, "operator", "enrol-payer", "--name", name, "--fund", funds)["enrolment_code"]
        self.stage.must(payer, "wallet", "enrol", "--server", self.stage.url, "--code", str(code))
        return str(self.stage.must(payer, "wallet", "top-up", allowance)["currency"])

    def lose_the_network(self) -> None:
        """The server process stops for real."""
        self._chapter("2  No network anywhere: the server process is stopped", "二、断网：服务器进程已停止")
        self.stage.stop_server()
        self._done("nobody answers at the server's address", "服务器地址已无人应答")

    # --- without one: honest people ---

    def pay_honestly(self) -> None:
        """Two-way exact, two-way up to an amount, one-way."""
        self.pay("alice", "noodles", "35.50", "lunch")
        self.pay("bob", "noodles", "80.00", "dinner", final="62.30")
        self._one_way("alice", "tea", "12.00", "tea")

    def pay(self, payer: str, payee: str, amount: str, name: str, *, final: str | None = None) -> Mapping[str, Any]:
        """One two-way payment through three pictures: request, cheque, receipt."""
        self.ask(payee, amount, name, up_to=final is not None)
        self.answer(payer, name)
        self.stage.photograph(f"{name}-payment")
        accepted = self.accept(payee, name, *(() if final is None else ("--final", final)))
        if not accepted.ok:
            raise CommandTrouble("demo_stuck", step=f"accept {name}", why=accepted.why)
        self._delivered(payer, payee, accepted.keys)
        received = self.stage.must(payer, "wallet", "receipt", "--image", str(self.stage.picture(f"{name}-receipt")))
        total = money(int(accepted.keys["amount_minor"]), self.currency)
        self._done(
            f"{self._who(payer)} → {PAYEES[payee]}: {total}, {received['grade']}, receipt held",
            f"{self._who(payer)} → {PAYEES[payee]}：{total}，{received['grade']}，已持收据",
        )
        return accepted.keys

    def ask(self, payee: str, amount: str, name: str, *, up_to: bool = False) -> None:
        """The payee's terminal draws a request."""
        words = ["terminal", "request", amount, "--reference", name[:10], "--out", self._path(f"{name}-request")]
        self.stage.must(payee, *words, *(["--up-to"] if up_to else []))

    def answer(self, payer: str, name: str) -> None:
        """The payer's wallet reads the request's picture and draws allowance and cheque."""
        words = ["wallet", "pay", "--yes", "--request-image", self._path(f"{name}-request")]
        self.stage.must(payer, *words, "--out", self._path(f"{name}-payment"))

    def accept(
        self,
        payee: str,
        name: str,
        *words: str,
        payment: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Act:
        """The payee's terminal reads a payment's picture and decides."""
        image = self._path(payment or f"{name}-payment")
        receipt = ["--out", self._path(f"{name}-receipt")]
        return self.stage.act(payee, "terminal", "accept", "--image", image, *receipt, *words, environment=environment)

    def take_code(self, payee: str, amount: str, code: str, *, environment: Mapping[str, str] | None = None) -> Act:
        """The payee's terminal takes a one-way code at its own risk."""
        words = ["terminal", "take-code", amount, "--image", self._path(code), "--at-own-risk"]
        return self.stage.act(payee, *words, "--out", self._path(f"{code}-{payee}-receipt"), environment=environment)

    def _one_way(self, payer: str, payee: str, amount: str, name: str) -> None:
        self.stage.must(payer, "wallet", "code", amount, "--yes", "--out", self._path(name))
        taken = self.take_code(payee, amount, name)
        if not taken.ok:
            raise CommandTrouble("demo_stuck", step=f"take {name}", why=taken.why)
        self._delivered(payer, payee, taken.keys)
        total = money(int(taken.keys["amount_minor"]), self.currency)
        self._done(
            f"{self._who(payer)} → {PAYEES[payee]}: {total} by one-way code, {taken.keys['grade']}",
            f"{self._who(payer)} → {PAYEES[payee]}：{total}，单向付款码，{taken.keys['grade']}",
        )

    # --- without one: cheats and accidents ---

    def try_cheats(self) -> None:
        """Replay, forged amount, expired code, overspend, bystander at the counter."""
        self._chapter("3  Cheats, still without a network", "三、仍在断网：有人作弊")
        self._replay()
        self._forge()
        self._expire()
        self._overspend()
        self._photograph()

    def _replay(self) -> None:
        before = self._till("noodles")
        again = self.accept("noodles", "lunch-again", payment="lunch-payment-photo")
        answered = again.ok and bool(again.keys.get("replayed"))
        if (answered or "already_accepted" in again.codes) and self._till("noodles") == before:
            self.tally.replays_refused += 1
        self._refused("the lunch's picture shown again", "再次出示午餐的付款图片", again)

    def _forge(self) -> None:
        self.ask("noodles", "20.00", "forged")
        self.answer("bob", "forged")
        self._change("forged-payment")
        tried = self.accept("noodles", "forged", payment="forged-payment-changed")
        self.tally.forgeries_refused += not tried.ok
        self._refused("an answer to a request with its amount changed", "应答收款请求的付款金额被改动", tried)
        true_one = self.accept("noodles", "forged")
        self._delivered("bob", "noodles", true_one.keys)
        self.stage.must("bob", "wallet", "receipt", "--image", self._path("forged-receipt"))
        self.stage.must("bob", "wallet", "code", "6.00", "--yes", "--out", self._path("forged-code"))
        self._change("forged-code")
        tried = self.take_code("tea", "7.00", "forged-code-changed")
        self.tally.forgeries_refused += "device_signature_invalid" in tried.codes
        self._refused("a one-way code with its amount changed", "单向付款码的金额被改动", tried)

    def _change(self, name: str) -> None:
        forge_amount(self.stage.picture(name), self.stage.picture(f"{name}-changed"), add_minor=FORGED_MORE_MINOR)

    def _expire(self) -> None:
        self.stage.must("alice", "wallet", "code", "5.00", "--yes", "--out", self._path("late"))
        tried = self.take_code("tea", "5.00", "late", environment={"FEIQIAN_CLOCK_OFFSET_S": str(LATE_CLOCK_S)})
        self.tally.expired_refused += "code_expired" in tried.codes
        self._refused("a one-way code ten minutes old", "十分钟前的单向付款码", tried)

    def _overspend(self) -> None:
        self.pay("trudy", "tea", "30.00", "fair")
        self.ask("tea", "25.00", "too-much")
        asked = ["wallet", "pay", "--yes", "--request-image", self._path("too-much-request")]
        honest = self.stage.act("trudy", *asked, "--out", self._path("too-much-honest"))
        self.tally.overspends_refused += not honest.ok
        self._refused(
            "Trudy's own wallet is asked for more than it has left", "Trudy 的钱包被要求支付超过余额的款", honest
        )
        overspend(
            self.stage.home("trudy"),
            self.stage.pin_file,
            self.stage.picture("too-much-request"),
            self.stage.picture("too-much-payment"),
        )
        tried = self.accept("tea", "too-much")
        self.tally.overspends_refused += "not_covered" in tried.codes
        self._refused("Trudy's changed software signs more than is reserved", "Trudy 改过的软件签出超额支票", tried)

    def _photograph(self) -> None:
        tried = self.accept("tom", "photograph", payment="lunch-payment-photo")
        self.tally.bystanders_refused += not tried.ok
        self._refused(
            "Tom's terminal is shown a photograph of Alice's payment", "Tom 的终端扫了 Alice 付款的照片", tried
        )

    def crash(self) -> None:
        """A terminal is killed between storing an acceptance and answering, and resumes."""
        self._chapter("4  Accidents, still without a network", "四、仍在断网：意外")
        self.ask("noodles", "18.00", "crash")
        self.stage.photograph("crash-request")
        self.answer("alice", "crash")
        self.stage.photograph("crash-payment")
        killed = self.accept("noodles", "crash", environment={"FEIQIAN_CRASH_AT": CRASH_POINT})
        resumed = self.accept("noodles", "crash")
        if killed.killed and resumed.ok and resumed.keys.get("replayed"):
            self.tally.crashes_resumed += 1
        self._delivered("alice", "noodles", resumed.keys)
        self.stage.must("alice", "wallet", "receipt", "--image", self._path("crash-receipt"))
        self._done(
            f"terminal killed (SIGKILL) at {CRASH_POINT}; shown the same code again, it gave the stored receipt",
            f"终端在 {CRASH_POINT} 处被强杀；再次出示同一付款码，它给出已保存的收据",
        )

    def clone(self) -> None:
        """A copied wallet spends the same counter at two terminals, which both accept in good faith."""
        self.stage.clone("mallory", TWIN)
        for payer, payee, name in (("mallory", "noodles", "fork-one"), (TWIN, "tea", "fork-two")):
            self.pay(payer, payee, "60.00", name)
        self._done(
            "Mallory copied her wallet: both payees accepted in good faith, nobody could know",
            "Mallory 复制了钱包：两家都善意受理，当场无人能知",
        )

    def show_twice(self) -> None:
        """One one-way code is shown at two terminals."""
        self.stage.must("bob", "wallet", "code", "9.00", "--yes", "--out", self._path("twice"))
        for payee in ("tea", "noodles"):
            taken = self.take_code(payee, "9.00", "twice")
            if not taken.ok:
                raise CommandTrouble("demo_stuck", step="take twice", why=taken.why)
            self._delivered("bob", payee, taken.keys)
        self._done(
            "Bob's one-way code for 9.00 was shown at two counters: it will pay once in all",
            "Bob 的 9.00 单向付款码在两处出示：总共只会支付一次",
        )

    # --- with a network again ---

    def claim_a_photograph(self) -> None:
        """The bystander claims at the operator what was made out to somebody else."""
        answer = claim_as_bystander(
            self.stage.home("tom"),
            self.stage.pin_file,
            self.stage.picture("crash-payment-photo"),
            self.stage.picture("crash-request-photo"),
        )
        self.tally.bystanders_refused += answer.verdict is Verdict.PAYEE_NOT_NAMED and not answer.paid_minor
        self._done(
            f"Tom claims Alice's payment at the operator: {answer.verdict.name.lower()}, paid 0.00",
            f"Tom 向运营方主张 Alice 的付款：{answer.verdict.name.lower()}，支付 0.00",
        )

    # --- words ---

    def _who(self, payer: str) -> str:
        return PAYERS[payer][0] if payer in PAYERS else self.report.pick("Mallory’s copy", "Mallory 的副本")

    def _path(self, name: str) -> str:
        return str(self.stage.picture(name))

    def _till(self, payee: str) -> Mapping[str, Any]:
        keys = dict(self.stage.must(payee, "terminal", "totals"))
        del keys["elapsed_s"]
        return keys

    def _delivered(self, payer: str, payee: str, keys: Mapping[str, Any]) -> None:
        self.tally.deliveries.append(
            Delivery(payer=payer, payee=payee, amount_minor=int(keys["amount_minor"]), grade=str(keys["grade"]))
        )

    def _chapter(self, english: str, chinese: str) -> None:
        self.report.say(f"\n{english}", f"\n{chinese}")

    def _done(self, english: str, chinese: str) -> None:
        self.report.say(f"  ✓ {english}", f"  ✓ {chinese}")

    def _refused(self, english: str, chinese: str, act: Act) -> None:
        again = self.report.pick("same receipt, nothing taken twice", "给出同一收据，不会重复收款")
        why = again if act.ok else f"{act.why} [{', '.join(act.codes)}]"
        self.report.say(f"  ✓ {english}: {why}", f"  ✓ {chinese}：{why}")


Chapter = Callable[[], None]


def before_the_network_returns(story: Story) -> tuple[Chapter, ...]:
    """The chapters up to the end of the night without a network, in order."""
    return (
        story.open_for_business,
        story.lose_the_network,
        story.pay_honestly,
        story.try_cheats,
        story.crash,
        story.clone,
        story.show_twice,
    )
