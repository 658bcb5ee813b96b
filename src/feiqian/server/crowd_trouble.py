"""What is said to those whom the server cannot wait for or cannot take in. Nothing is written in any case."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Final

from feiqian.protocol.words import Trouble, Words, WordsTable


class CrowdTrouble(Trouble):
    """A request that came too slowly or at a full house; `CROWD_STATUS` gives the HTTP status of each code."""

    table: ClassVar[WordsTable] = {
        "request_too_slow": {
            "en": Words(
                "The request did not arrive in time.", "Nothing was changed.", "Send it again over a better connection."
            ),
            "zh": Words("请求未在限时内送达。", "没有任何改动。", "请在网络较好时重新发送。"),
        },
        "server_busy": {
            "en": Words("The server is busy.", "Nothing was changed.", "Try again in a few seconds."),
            "zh": Words("服务器繁忙。", "没有任何改动。", "请几秒后再试。"),
        },
    }


CROWD_STATUS: Final[Mapping[str, HTTPStatus]] = {
    "request_too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "server_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every code of `CrowdTrouble.table` and its HTTP status."""
