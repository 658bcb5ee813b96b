"""`feiqian operator status`: whether the server takes work, and what somebody should do about its keys."""

from argparse import Namespace
from typing import Any

from feiqian.cli.operator_link import address_for_people, connected
from feiqian.cli.report import Report


def run_status(args: Namespace, report: Report) -> int:
    """`operator status`. A server that does not take work is a failure in its own words; warnings are none."""
    with connected(args, report) as client:
        ready = client.ready()
    url = address_for_people(args)
    warnings = [{"code": one.code, "message": one.message, "next": one.next} for one in ready.warnings]
    lines: list[Any] = [report.pick(f"The server takes work: {url}.", f"服务器正常受理：{url}。")]
    for one in ready.warnings:
        lines += [f"! {one.message}", f"  → {one.next}"]
    if not warnings:
        lines.append(report.pick("Nothing is to be done about its keys.", "密钥目前无须处理。"))
    return report.done({"url": url, "server_version": ready.version, "ready": True, "warnings": warnings}, *lines)
