"""How the command line itself speaks Chinese: the frame of `--help`, and what is wrong with a line that was typed.

The library writes these in English and knows no second language, so its few sentences are recognised by their form. A
sentence that is not among them, from another version of it, stays English rather than get lost. The help of commands
and options is written in English where they are defined and stands beside its Chinese in `usage_texts`; a test
compares.
"""

import argparse
import re
import textwrap
from collections.abc import Iterable
from typing import Final

from feiqian.cli.usage_texts import CHINESE

_ERRORS: Final = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"the following arguments are required: (.*)", "缺少必需的参数：{0}"),
        (r"one of the arguments (.*) is required", "以下参数须给出其一：{0}"),
        (r"unrecognized arguments: (.*)", "无法识别的参数：{0}"),
        (r"ambiguous option: (.*) could match (.*)", "选项 {0} 不明确，可能是 {1}"),
        (
            r"FEIQIAN_CRASH_AT names no crash point: (.*) \(listed by: (.*)\)",
            "FEIQIAN_CRASH_AT 指定的崩溃点不存在：{0}（查看名称：{1}）",
        ),
        (r"expected one argument", "需要一个值"),
        (r"expected at most one argument", "最多接受一个值"),
        (r"expected at least one argument", "至少需要一个值"),
        (r"expected (\d+) arguments?", "需要 {0} 个值"),
        (r"invalid choice: (.*) \(choose from (.*)\)", "不能是 {0}（可选：{1}）"),
        (r"invalid \w+ value: (.*)", "无法读取的值：{0}"),
        (r"not allowed with argument (.*)", "不能与 {0} 同时使用"),
        (r"ignored explicit argument (.*)", "不接受值 {0}"),
    )
)
_ARGUMENT: Final = re.compile(r"argument (\S+): (.*)", re.DOTALL)


def chinese_error(message: str) -> str:
    """What is wrong with the line, in Chinese where it is known."""
    argument = _ARGUMENT.fullmatch(message)
    if argument is not None:
        return f"参数 {argument[1]}：{chinese_error(argument[2])}"
    for pattern, chinese in _ERRORS:
        found = pattern.fullmatch(message)
        if found is not None:
            return chinese.format(*found.groups())
    return CHINESE.get(message, message)


class ChineseFormatter(argparse.HelpFormatter):
    """`--help` in Chinese: titles, purposes and options; the words that are typed stay as they are."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """The line that shows how the command is written."""
        super().add_usage(usage, actions, groups, prefix="用法：" if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """A section under its title."""
        super().start_section(heading if heading is None else CHINESE.get(heading, heading))

    def add_text(self, text: str | None) -> None:
        """What the command is for."""
        super().add_text(text if text is None else CHINESE.get(text, text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return None if action.help is None else CHINESE.get(action.help, action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, max(width // 2, 10))  # a Chinese character is two columns wide

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return textwrap.fill(text, max(width // 2, 10), initial_indent=indent, subsequent_indent=indent)
