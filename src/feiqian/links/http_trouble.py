"""What can go wrong between a device and its operator.

`LinkTrouble`: the world failed, the operator has decided nothing that we know of, and asking again is safe because
every request carries its own key or id. `OperatorRefused`: the operator has read the request and says no, with the
reason and what to do; asking the same again gives the same answer.
"""

from typing import ClassVar

from feiqian.links.http_problem import ProblemBody
from feiqian.protocol.words import Coded, Language, Trouble, Words, WordsTable

_AGAIN_EN = "It is not known whether it received the request. Asking again is safe: the same request counts once."
_AGAIN_ZH = "尚不清楚对方是否收到请求。可以放心重试：同一请求只计一次。"


class LinkTrouble(Trouble):
    """The operator could not be asked, or its answer could not be read. Asking the same again is always safe.

    Codes: `operator_unreachable` (no connection, broken off, too slow), `operator_busy` (it asks to wait),
    `operator_failed` (a fault on its side), `operator_answer_unreadable` (not an answer of an operator's server),
    `address_invalid` (nothing was asked).
    """

    table: ClassVar[WordsTable] = {
        "address_invalid": {
            "en": Words(
                "This is not the address of a server.",
                "Nothing was sent and nothing was changed.",
                "Write it like http://localhost:8080.",
            ),
            "zh": Words(
                "这不是服务器地址。", "没有发送任何内容，也没有任何改动。", "请写成 http://localhost:8080 这样。"
            ),
        },
        "operator_unreachable": {
            "en": Words(
                "The operator's server cannot be reached ({why}).",
                _AGAIN_EN,
                "Go on offline; try again when the network is back.",
            ),
            "zh": Words("无法连接运营方服务器（{why}）。", _AGAIN_ZH, "可继续离线使用；网络恢复后再试。"),
        },
        "operator_busy": {
            "en": Words(
                "The operator's server is busy and asks to wait.",
                "Nothing was changed. Asking again is safe: the same request counts once.",
                "Try again in a minute.",
            ),
            "zh": Words(
                "运营方服务器繁忙，请稍候。", "没有任何改动。可以放心重试：同一请求只计一次。", "请一分钟后再试。"
            ),
        },
        "operator_failed": {
            "en": Words(
                "The operator's server has a fault of its own (status {status}).",
                _AGAIN_EN,
                "Try again later; if it stays so, tell the operator.",
            ),
            "zh": Words("运营方服务器内部故障（状态 {status}）。", _AGAIN_ZH, "请稍后再试；若持续如此，请告知运营方。"),
        },
        "operator_answer_unreadable": {
            "en": Words(
                "What answered is not an operator's server, or speaks another version ({why}).",
                _AGAIN_EN,
                "Check the server's address; a network with a sign-in page may answer in its place.",
            ),
            "zh": Words(
                "应答方不是运营方服务器，或版本不同（{why}）。",
                _AGAIN_ZH,
                "请检查服务器地址；需要登录的网络可能会代为应答。",
            ),
        },
    }


class OperatorUnable(LinkTrouble):
    """The operator's server says itself why it cannot answer now: a full disk, a full house, a stop.

    `code` and sentences are its own; who asked may ask the same again, as after every LinkTrouble.
    """

    def __init__(self, problem: ProblemBody, status: int) -> None:
        super().__init__(problem.code)
        self._problem = problem
        self.status = status

    def words(self, language: Language) -> Words:
        """The operator's own sentences, in the language that was asked for, and the request's id to quote."""
        said = self._problem.words
        if not self._problem.request_id:
            return said
        quoted = (
            f"（请求编号 {self._problem.request_id}）"
            if language == "zh"
            else f" (Request {self._problem.request_id}.)"
        )
        return said._replace(next=said.next + quoted)


class OperatorRefused(Coded):
    """The operator refused: `code` and sentences as it sent them, in the language the client asked for.

    `status` is the HTTP status, `detail` a sentence for developers.
    """

    def __init__(self, *, code: str, words: Words, status: int, detail: str = "") -> None:
        super().__init__(f"{code} ({status})")
        self._code = code
        self._words = words
        self.status = status
        self.detail = detail

    @property
    def code(self) -> str:
        """The operator's stable code."""
        return self._code

    def words(self, language: Language) -> Words:  # noqa: ARG002  # the operator already chose the language asked for
        """The operator's own sentences."""
        return self._words
