"""What can go wrong at the door itself and in the house behind it.

What is turned away at the door is written nowhere. What fails behind it (`internal_fault`, the disk) may be asked
again: a request is carried out whole or not at all, and counts once.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Final

from feiqian.protocol.words import Language, Trouble, Words, WordsTable

_NOTHING_EN, _NOTHING_ZH = "Nothing was changed.", "没有任何改动。"
_FAULT_NEXT_EN = "Update the device; if it stays so, report it to the maker of the program that asked."
_FAULT_NEXT_ZH = "请更新设备程序；若持续如此，请告知该程序的开发者。"


def _fault(english: str, chinese: str) -> Mapping[Language, Words]:
    return {
        "en": Words(english, _NOTHING_EN, _FAULT_NEXT_EN),
        "zh": Words(chinese, _NOTHING_ZH, _FAULT_NEXT_ZH),
    }


class ServerTrouble(Trouble):
    """A request that the server itself turns away; `STATUS` gives the HTTP status of each code."""

    table: ClassVar[WordsTable] = {
        "request_malformed": _fault("The request could not be read.", "请求无法读取。"),
        "field_invalid": _fault("The request does not have the form it must have.", "请求的格式不正确。"),
        "body_too_large": _fault("The request is larger than the server accepts.", "请求超过服务器允许的大小。"),
        "media_type_unknown": _fault(
            "The request is of a kind that the server does not read.", "服务器不支持此内容类型。"
        ),
        "not_found": _fault("There is nothing at this address.", "此地址没有内容。"),
        "method_not_allowed": _fault("This address does not take this kind of request.", "此地址不支持这种请求方法。"),
        "idempotency_key_missing": _fault(
            "The request needs an Idempotency-Key of 16 to 64 letters, digits, - or _.",
            "请求需要 16 至 64 位字母、数字、- 或 _ 组成的 Idempotency-Key。",
        ),
        "idempotency_reused": {
            "en": Words(
                "This Idempotency-Key was already used for another request.",
                "Nothing was changed; the first request stands.",
                "Use a new key for a new request.",
            ),
            "zh": Words(
                "此 Idempotency-Key 已用于另一个请求。", "没有任何改动；先前的请求有效。", "新请求请使用新的键。"
            ),
        },
        "not_signed_in": {
            "en": Words(
                "The operator does not know who asks: the token is missing or not valid.",
                _NOTHING_EN,
                "Enrol this device, or check the token.",
            ),
            "zh": Words("运营方无法识别请求者：令牌缺失或无效。", _NOTHING_ZH, "请登记此设备，或检查令牌。"),
        },
        "time_not_allowed": {
            "en": Words(
                "The time can be set on a trial deployment only.", _NOTHING_EN, "Leave the time to the server's clock."
            ),
            "zh": Words("只有试验环境可以指定时间。", _NOTHING_ZH, "请使用服务器时钟。"),
        },
        "leaf_unknown": {
            "en": Words(
                "The audit log has no such entry of yours.",
                _NOTHING_EN,
                "What happened a moment ago is there within a second: ask again. If it stays away, keep what you hold "
                "and report it.",
            ),
            "zh": Words(
                "审计日志中没有属于您的这条记录。",
                _NOTHING_ZH,
                "刚发生的事一秒内即会记入，请重试；若始终没有，请保留手中的凭据并举报。",
            ),
        },
        "log_state_unknown": {
            "en": Words(
                "The audit log never signed a state of that size.",
                _NOTHING_EN,
                "If the log itself gave you such a state, it has taken it back: keep it, and report it.",
            ),
            "zh": Words(
                "审计日志从未签署过该大小的状态。", _NOTHING_ZH, "若该状态是日志给您的，说明日志已反悔：请保留并举报。"
            ),
        },
        "disk_full": {
            "en": Words(
                "The operator's disk is full, so nothing more can be stored.",
                "What was stored before is whole, and nothing half done was kept; asking again counts once.",
                "Keep what you have and try again later; the operator must make room.",
            ),
            "zh": Words(
                "运营方的磁盘已满，无法保存新的内容。",
                "此前已保存的数据完好，没有留下做到一半的操作；重试只计一次。",
                "请保留手中的数据，稍后再试；运营方需要腾出空间。",
            ),
        },
        "books_damaged": {
            "en": Words(
                "The operator's books are damaged, so this cannot be answered.",
                "Nothing half done was kept, and nothing was repaired by guessing; asking again counts once.",
                "Keep what you have and try again later; the operator must bring the books back from a backup.",
            ),
            "zh": Words(
                "运营方的账目数据已损坏，无法处理此请求。",
                "没有留下做到一半的操作，也没有擅自修复；重试只计一次。",
                "请保留手中的数据，稍后再试；运营方需要从备份恢复账目。",
            ),
        },
        "disk_failed": {
            "en": Words(
                "The operator's disk does not let the books be read or written.",
                "Whether the request was carried out is not known; asking again with the same key or id is safe.",
                "Keep what you have and try again later; the operator must mend the disk or its permissions.",
            ),
            "zh": Words(
                "运营方的磁盘无法读写账目。",
                "尚不清楚请求是否已执行；使用相同的键或编号重试是安全的。",
                "请保留手中的数据，稍后再试；运营方需要修复磁盘或权限。",
            ),
        },
        "books_away": {
            "en": Words(
                "The operator's database does not answer.",
                "Whether the request was carried out is not known; asking again with the same key or id is safe.",
                "Keep what you have and ask again in a moment.",
            ),
            "zh": Words(
                "运营方的数据库没有响应。",
                "尚不清楚请求是否已执行；使用相同的键或编号重试是安全的。",
                "请保留手中的数据，稍后重试。",
            ),
        },
        "books_busy": {
            "en": Words(
                "Many others are changing the same part of the operator's books.",
                _NOTHING_EN,
                "Ask again in a moment.",
            ),
            "zh": Words("许多请求正在修改运营方账目的同一部分。", _NOTHING_ZH, "请稍后重试。"),
        },
        "batch_received": {
            "en": Words(
                "The operator has received the batch and has not settled it yet.",
                "Nothing is decided, and nothing is lost: the terminal keeps the batch until its answer is signed.",
                "Send the same batch again in a moment: it counts once.",
            ),
            "zh": Words(
                "运营方已收到此批次，尚未结算。",
                "尚未作出任何决定，也没有丢失：收到签名答复之前，终端会一直保留此批次。",
                "请稍后重发同一批次，只计一次。",
            ),
        },
        "batch_set_aside": {
            "en": Words(
                "The operator could not settle this batch and has put it aside to look at it.",
                "Nothing is decided, and nothing is lost: the terminal keeps the batch.",
                "Tell the operator, and try again later: as soon as the operator has released it, it is settled.",
            ),
            "zh": Words(
                "运营方未能结算此批次，已搁置待查。",
                "尚未作出任何决定，也没有丢失：终端会保留此批次。",
                "请告知运营方，稍后再试；运营方放行后即可结算。",
            ),
        },
        "queue_away": {
            "en": Words(
                "The operator's queue does not answer, so the batch could not be received.",
                "Nothing was decided; sending the same batch again counts once.",
                "Keep what you have and send it again in a moment.",
            ),
            "zh": Words(
                "运营方的队列没有响应，无法接收此批次。",
                "尚未作出任何决定；重发同一批次只计一次。",
                "请保留手中的数据，稍后重发。",
            ),
        },
        "queue_full": {
            "en": Words(
                "Too many batches wait at the operator already, so this one was not received.",
                "Nothing was decided; sending the same batch again counts once.",
                "Keep what you have and send it again in a few minutes.",
            ),
            "zh": Words(
                "运营方已有太多批次在等待，此批次未接收。",
                "尚未作出任何决定；重发同一批次只计一次。",
                "请保留手中的数据，几分钟后重发。",
            ),
        },
        "queue_absent": {
            "en": Words(
                "This server settles batches itself and has no queue.",
                _NOTHING_EN,
                "Start it with --intake to use one.",
            ),
            "zh": Words("此服务器自行结算批次，没有队列。", _NOTHING_ZH, "如需队列，请用 --intake 启动。"),
        },
        "draining": {
            "en": Words(
                "The server is stopping and takes no new work.",
                "Nothing was changed; what it has begun it finishes.",
                "Ask another server, or this one again in a minute.",
            ),
            "zh": Words(
                "服务器正在停止，不再接受新请求。",
                "没有任何改动；已开始的请求会处理完。",
                "请改用其他服务器，或一分钟后再试。",
            ),
        },
        "schema_differs": {
            "en": Words(
                "The operator's books are of another version than this server.",
                "Nothing was changed.",
                "The operator must start the version that the books belong to.",
            ),
            "zh": Words("运营方的账目与此服务器版本不一致。", "没有任何改动。", "运营方需要启动与账目相符的版本。"),
        },
        "internal_fault": {
            "en": Words(
                "The server has a fault of its own.",
                "Whether the request was carried out is not known; asking again with the same key or id is safe.",
                "Try again later; the operator finds the fault in its log.",
            ),
            "zh": Words(
                "服务器内部故障。",
                "尚不清楚请求是否已执行；使用相同的键或编号重试是安全的。",
                "请稍后再试；运营方可在日志中查明故障。",
            ),
        },
    }


STATUS: Final = {
    "request_malformed": HTTPStatus.BAD_REQUEST,
    "field_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "media_type_unknown": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "idempotency_key_missing": HTTPStatus.BAD_REQUEST,
    "idempotency_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "time_not_allowed": HTTPStatus.FORBIDDEN,
    "leaf_unknown": HTTPStatus.NOT_FOUND,
    "log_state_unknown": HTTPStatus.NOT_FOUND,
    "disk_full": HTTPStatus.INSUFFICIENT_STORAGE,
    "books_damaged": HTTPStatus.SERVICE_UNAVAILABLE,
    "disk_failed": HTTPStatus.SERVICE_UNAVAILABLE,
    "books_away": HTTPStatus.SERVICE_UNAVAILABLE,
    "books_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "batch_received": HTTPStatus.ACCEPTED,
    "batch_set_aside": HTTPStatus.SERVICE_UNAVAILABLE,
    "queue_away": HTTPStatus.SERVICE_UNAVAILABLE,
    "queue_full": HTTPStatus.SERVICE_UNAVAILABLE,
    "queue_absent": HTTPStatus.NOT_FOUND,
    "draining": HTTPStatus.SERVICE_UNAVAILABLE,
    "schema_differs": HTTPStatus.SERVICE_UNAVAILABLE,
    "internal_fault": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Every code of `ServerTrouble.table` and its HTTP status."""
