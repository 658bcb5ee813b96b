"""After the story, at a terminal window: the same story to be played by hand, in a browser on this machine.

The server stays up with a fresh code for a payer with money and one for a payee. Enter takes the network away, which is
the server's process being stopped for real, and brings it back; Ctrl-C ends.
"""

import sys
import urllib.error
import urllib.request
from typing import Final

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.report import Report, money

FUND: Final = "300.00"
FUND_MINOR: Final = 300_00
_LOOK_TIMEOUT_S: Final = 5


def play_by_hand(stage: Stage, report: Report, currency: str) -> None:
    """Shows the links, then follows the Enter key until Ctrl-C or the end of what is typed."""
    if _serves_the_apps(stage):
        _show_links(stage, report, currency)
    else:
        _show_commands(stage, report)
    try:
        while sys.stdin.readline():
            _switch(stage, report)
    except KeyboardInterrupt:
        pass
    report.say("\nEnding; everything is removed.", "\n正在结束，数据将全部清除。")


def _serves_the_apps(stage: Stage) -> bool:
    try:
        with urllib.request.urlopen(f"{stage.url}/wallet/", timeout=_LOOK_TIMEOUT_S):  # noqa: S310  # our own server
            return True
    except urllib.error.HTTPError:
        return False


def _show_links(stage: Stage, report: Report, currency: str) -> None:
    payer, shop = report.pick("You", "您"), report.pick("Your shop", "您的小店")
    wallet = stage.must(OPERATOR, "operator", "enrol-payer", "--name", payer, "--fund", FUND)["enrolment_link"]
    terminal = stage.must(OPERATOR, "operator", "enrol-payee", "--name", shop)["enrolment_link"]
    total = money(FUND_MINOR, currency)
    report.say(
        f"""
Now play it yourself, in a browser on this machine

  Payer's wallet, {total} in the account:
  {wallet}

  Payee's terminal:
  {terminal}

  1  Open both side by side and choose a PIN in each. In the wallet: More, Top up, 100.00.
  2  Press Enter here: the server stops. Reload both pages: they open all the same.
  3  Terminal: ask for an amount. Wallet: Scan, pay, and show the code. Terminal: scan it, and show the receipt.
     With no camera, “Copy as text” below a code on one page and “Paste” on the other do the same.
  4  Press Enter again: the network is back. Sync both, then look at what the payment says now.

Enter stops and starts the server. Ctrl-C ends and removes everything.""",
        f"""
现在请您亲自试一遍，用本机的浏览器

  付款人的钱包，账户中有 {total}：
  {wallet}

  收款方的终端：
  {terminal}

  1  并排打开两个页面，各设一个 PIN。在钱包中依次点“更多”“充值”，充入 100.00。
  2  在此按回车：服务器停止。刷新两个页面，照样能打开。
  3  终端：输入金额，发起收款。钱包：扫描、付款、出示付款码。终端：扫描付款码，出示收据。
     没有相机时，可在一个页面的码下方点“复制为文本”，再到另一个页面粘贴。
  4  再按一次回车：网络恢复。两边各同步一次，再看这笔付款的状态。

回车键停止或启动服务器。按 Ctrl-C 结束并清除全部数据。""",
    )


def _show_commands(stage: Stage, report: Report) -> None:
    """Without the web apps the story's own devices are there to be played with, by command."""
    shell = f"feiqian --pin-file {stage.pin_file}"
    lines = (
        f"  {shell} --home {stage.home('noodles')} terminal request 8.80 --out /tmp/request.png\n"
        f"  {shell} --home {stage.home('alice')} wallet pay --request-image /tmp/request.png --out /tmp/pay.png\n"
        f"  {shell} --home {stage.home('noodles')} terminal accept --image /tmp/pay.png\n"
    )
    report.say(
        f"\nThe server stays up at {stage.url}. In another window, try:\n{lines}"
        "Enter stops and starts the server. Ctrl-C ends and removes everything.",
        f"\n服务器继续运行于 {stage.url}。请在另一窗口尝试：\n{lines}"
        "回车键停止或启动服务器。按 Ctrl-C 结束并清除全部数据。",
    )


def _switch(stage: Stage, report: Report) -> None:
    if stage.server_runs:
        stage.stop_server()
        report.say(
            "✗ No network: the server is stopped, nobody answers. Enter brings it back.",
            "✗ 已断网：服务器已停止，无人应答。按回车恢复。",
        )
    else:
        stage.start_server()
        report.say(
            f"✓ The network is back: the server answers at {stage.url} again. Enter stops it.",
            f"✓ 网络已恢复：服务器重新运行于 {stage.url}。按回车停止。",
        )
