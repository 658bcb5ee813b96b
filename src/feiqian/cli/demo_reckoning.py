"""The end of the demo: the network returns, everybody syncs, and the books are compared with what really happened.

What really happened was noted at the counters, by the story; what the operator holds is read from its statements.
Neither knows of the other, so the comparison can fail.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from feiqian.acquirer.values import PayeeStatement
from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.demo_story import PAYEES, PAYERS, TWIN, Story
from feiqian.cli.device import device_clock, read_secret
from feiqian.cli.report import CommandTrouble, Report, money, parse_money
from feiqian.issuer.values import PayerStatement
from feiqian.ledger.clearing import AdviceKind
from feiqian.links.http import OperatorClient
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore

HONEST_PAYERS: Final = ("alice", "bob")
HONEST_PAYEES: Final = ("noodles", "tea")
POOL_MINOR: Final = 1_000_00


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the operator's statements say, by actor."""

    payers: Mapping[str, PayerStatement]
    payees: Mapping[str, PayeeStatement]
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int


class Reckoning:
    """The chapters after the network has returned, and the figures of the whole."""

    def __init__(self, stage: Stage, story: Story, report: Report) -> None:
        self.stage, self.story, self.report = stage, story, report
        self.forks_proved = 0
        self.suspended_refused = False

    def reconnect(self) -> None:
        """The server returns; terminals and wallets sync, one batch is sent twice on purpose."""
        self._chapter("5  The network is back", "五、网络恢复")
        self.stage.start_server()
        down = f"{self.stage.server_down_s:.1f}"
        self._done(f"the server is back after {down} s on the same books", f"服务器停机 {down} 秒后恢复，账本不变")
        with ThreadPoolExecutor(max_workers=len(HONEST_PAYEES)) as together:
            list(together.map(lambda payee: self.stage.must(payee, "terminal", "sync"), HONEST_PAYEES))
            # What the other terminal sent may tell this one more of the truth; the first one hears it below.
            list(together.map(lambda payee: self.stage.must(payee, "terminal", "sync"), HONEST_PAYEES[1:]))
        self._done("both terminals sent their batches and hold signed answers", "两台终端已上传批次并持有签名答复")
        before = self._balances()
        self.stage.must("noodles", "terminal", "sync", "--resend")
        if self._balances() != before:
            raise CommandTrouble("demo_stuck", step="resend", why="a batch sent twice changed a balance")
        self.story.tally.batches_sent_twice += 1
        self._done(
            "one batch was sent twice on purpose: same answer, same balances",
            "故意重复上传一个批次：答复相同，余额不变",
        )
        self.story.claim_a_photograph()
        with ThreadPoolExecutor(max_workers=len(HONEST_PAYERS)) as together:
            list(together.map(lambda payer: self.stage.must(payer, "wallet", "sync"), HONEST_PAYERS))
        self._done("both honest wallets know what became of every payment", "两个诚实钱包已知每笔付款的结果")

    def convict(self) -> None:
        """The fork is proved with no server, and the copied wallet is refused at the next counter."""
        proofs = self.stage.folder / "proofs"
        found = self.stage.must(OPERATOR, "operator", "forks", "--out", str(proofs))
        self.stage.stop_server()
        for fork in found["forks"]:
            words = ["verify", "fork", str(fork["file"]), "--trust", str(found["trust_file"])]
            shown = self.stage.must(OPERATOR, *words)
            self.forks_proved += bool(shown["convicted"])
            self._done(
                f"Mallory is convicted by her own two signatures ({shown['reason']}), checked with no server",
                f"Mallory 被自己的两个签名定罪（{shown['reason']}），无需服务器即可验证",
            )
        self.story.ask("noodles", "5.00", "third")
        self.story.answer(TWIN, "third")
        tried = self.story.accept("noodles", "third")
        self.suspended_refused = "allowance_suspended" in tried.codes
        self._done(f"her copy tries once more, offline: {tried.why}", f"她的副本再次离线付款：{tried.why}")
        self.stage.start_server()

    def figures(self) -> dict[str, Any]:
        """The keys of `demo`: all counted, none a constant."""
        books = self._books()
        verified = self.stage.act(OPERATOR, "ledger", "verify")
        sums = verified.keys.get("sums") or {self.story.currency: None}
        difference = sum(abs(int(value)) for value in sums.values() if value is not None)
        events = [(payee, event) for payee, statement in books.payees.items() for event in statement.events]
        paid: Counter[tuple[str, bytes]] = Counter()
        for payee, event in events:
            paid[payee, event.cheque_id] += event.paid_minor
        paid_claims = {claim for claim, amount_minor in paid.items() if amount_minor > 0}
        double = {event.cheque_id for _, event in events if event.kind is AdviceKind.DOUBLE_ACCEPTANCE}
        tally = self.story.tally
        return {
            "offline_payments": len(tally.deliveries),
            "settled": len(paid_claims),
            "contingent": sum(len(statement.waiting) for statement in books.payees.values()),
            "replays_refused": tally.replays_refused,
            "forgeries_refused": tally.forgeries_refused,
            "expired_refused": tally.expired_refused,
            "overspends_refused": tally.overspends_refused,
            "bystanders_refused": tally.bystanders_refused,
            "double_acceptances": len(double),
            "forks_proved": self.forks_proved,
            "crashes_resumed": tally.crashes_resumed,
            "batches_sent_twice": tally.batches_sent_twice,
            "suspended_refused": self.suspended_refused,
            "duplicates_paid": self._duplicates(books),
            "honest_losses_minor": self._honest_losses(books),
            "ledger_difference_minor": difference,
            "money_conserved": verified.ok and difference == 0 and self._conserved(books),
            "currency": self.story.currency,
            "server_down_s": round(self.stage.server_down_s, 3),
            "holdings": self._holdings(books),
        }

    # --- what the books say ---

    def _books(self) -> Books:
        exposures = self.stage.must(OPERATOR, "operator", "summary")["exposures"]
        return Books(
            payers={payer: self._payer_statement(payer) for payer in PAYERS},
            payees={payee: self._payee_statement(payee) for payee in PAYEES},
            from_free_minor=sum(int(one["from_free_minor"]) for one in exposures),
            from_pool_minor=sum(int(one["from_pool_minor"]) for one in exposures),
            from_loss_minor=sum(int(one["from_loss_minor"]) for one in exposures),
        )

    def _balances(self) -> Sequence[int]:
        return [self._payee_statement(payee).balance_minor for payee in HONEST_PAYEES]

    def _payer_statement(self, payer: str) -> PayerStatement:
        with Vault.open(self.stage.home(payer) / "wallet", self._pin(), device_clock()) as vault:
            membership = VaultWalletStore(vault).membership()
        with OperatorClient(self.stage.url, None if membership is None else membership.device_token) as client:
            return client.payer_statement()

    def _payee_statement(self, payee: str) -> PayeeStatement:
        with Vault.open(self.stage.home(payee) / "terminal", self._pin(), device_clock()) as vault:
            enrolment = VaultTerminalStore(vault).enrolment()
        with OperatorClient(self.stage.url, None if enrolment is None else enrolment.token) as client:
            return client.payee_statement()

    def _pin(self) -> str:
        return read_secret(self.stage.pin_file)

    # --- compared with what happened ---

    def _delivered(self, *, payee: str | None = None, payer: str | None = None, grade: str | None = None) -> int:
        return sum(
            one.amount_minor
            for one in self.story.tally.deliveries
            if payee in (None, one.payee) and payer in (None, one.payer) and grade in (None, one.grade)
        )

    def _duplicates(self, books: Books) -> int:
        """How many claims were paid more than once: more money came than goods were handed over."""
        more = 0
        for payee, statement in books.payees.items():
            times = Counter(event.cheque_id for event in statement.events if event.paid_minor > 0)
            more += sum(count - 1 for count in times.values())
            more += statement.balance_minor + statement.waiting_minor > self._delivered(payee=payee)
        return more

    def _honest_losses(self, books: Books) -> int:
        """What honest people lost, minor units: guaranteed goods unpaid, and debits without goods."""
        unpaid = (
            self._delivered(payee=payee, grade="F2") - books.payees[payee].balance_minor for payee in HONEST_PAYEES
        )
        overcharged = (
            parse_money(PAYERS[payer][1])
            - books.payers[payer].free_minor
            - books.payers[payer].reserved_minor
            - self._delivered(payer=payer, grade="F2")
            for payer in HONEST_PAYERS
        )
        return sum(max(0, loss) for loss in (*unpaid, *overcharged))

    def _conserved(self, books: Books) -> bool:
        """What was put in is what everybody holds now."""
        put_in = POOL_MINOR + sum(parse_money(funds) for _, funds, _ in PAYERS.values())
        payers = sum(one.free_minor + one.reserved_minor for one in books.payers.values())
        payees = sum(one.balance_minor for one in books.payees.values())
        pool = POOL_MINOR - books.from_pool_minor
        return put_in == payers + payees + pool - books.from_loss_minor

    def _holdings(self, books: Books) -> list[dict[str, Any]]:
        pick = self.report.pick
        rows = []
        for payee, statement in books.payees.items():
            final = sum(1 for event in statement.events if event.paid_minor > 0)
            rows.append(
                _row(
                    statement.name,
                    statement.balance_minor,
                    "F3",
                    pick(f"settled payments: {final}", f"已结算 {final} 笔")
                    if final
                    else pick("only photographed other people's codes", "只拍了别人的付款码"),
                )
            )
            if statement.waiting_minor:
                doubles = sum(event.kind is AdviceKind.DOUBLE_ACCEPTANCE for event in statement.events)
                rows.append(
                    _row(
                        pick(f"{statement.name}, waiting", f"{statement.name}（待定）"),
                        statement.waiting_minor,
                        "F1",
                        pick(
                            "one-way codes, decided at the deadline D"
                            + (", one shown at two counters" * bool(doubles)),
                            "单向付款码，截止日 D 决定" + ("，其一在两处出示" * bool(doubles)),
                        ),
                    )
                )
            del payee
        for payer, held in books.payers.items():
            rows.append(_row(held.name, held.free_minor + held.reserved_minor, "F3", self._why_payer(payer, books)))
        rows.append(
            _row(
                pick("Guarantee pool", "担保池"),
                POOL_MINOR - books.from_pool_minor,
                "F3",
                pick(
                    f"paid {money(books.from_pool_minor, self.story.currency)} of the fork that Mallory could not",
                    f"为 Mallory 的分叉垫付 {money(books.from_pool_minor, self.story.currency)}",
                ),
            )
        )
        return rows

    def _why_payer(self, payer: str, books: Books) -> str:
        pick, held = self.report.pick, books.payers[payer]
        if payer == "mallory":
            return pick(
                "copied her wallet: convicted, suspended, her balance paid first",
                "复制钱包：已定罪、停用，先由其余额赔付",
            )
        if payer == "trudy":
            return pick("signed more than she had left: refused at the counter", "超额签发：柜台已拒绝")
        free, aside = money(held.free_minor, held.currency), money(held.reserved_minor, held.currency)
        return pick(f"{free} free, {aside} set aside until D", f"可用 {free}，留出至 D {aside}")

    # --- words ---

    def _chapter(self, english: str, chinese: str) -> None:
        self.report.say(f"\n{english}", f"\n{chinese}")

    def _done(self, english: str, chinese: str) -> None:
        self.report.say(f"  ✓ {english}", f"  ✓ {chinese}")


def _row(who: str, balance_minor: int, grade: str, why: str) -> dict[str, Any]:
    return {"who": who, "balance_minor": balance_minor, "grade": grade, "why": why}
