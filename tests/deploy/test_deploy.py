"""The examples in deploy/: every command and option in them exists, units load, and the proxy speaks TLS 1.3 only."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import main
from feiqian.protocol.limits import BATCH_MAX_BYTES
from feiqian.server.limits import BATCH_BODY_S, CONNECTIONS_PER_ADDRESS_MAX, DRAIN_S
from feiqian.server.workers import STOP_S
from tests.tidy.house import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))
YAML = sorted((*DEPLOY.glob("*.yaml"), *DEPLOY.glob("*.yml")))
NOTICE_S = 5


def read_yaml(text: str) -> Any:
    """A document of the plain kind that all of ours are: maps, lists of scalars or maps, and text; nothing clever."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert not any("\t" in line or re.search(r"[&*|>{}]|: \[", line.partition(" #")[0]) for line in lines)
    value, rest = _block(lines, 0)
    assert rest == [], rest[:1]
    return value


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _block(lines: list[str], depth: int) -> tuple[Any, list[str]]:
    if lines[0].lstrip().startswith("- "):
        items: list[Any] = []
        while lines and _depth(lines[0]) == depth and lines[0].lstrip().startswith("- "):
            first = lines[0].replace("- ", "  ", 1)
            if re.match(r"\s*[\w.-]+:( |$)", first):
                item, lines = _block([first, *lines[1:]], depth + 2)
                items.append(item)
            else:
                items.append(first.strip())
                lines = lines[1:]
        return items, lines
    found: dict[str, Any] = {}
    while lines and _depth(lines[0]) == depth:
        name, colon, value = lines[0].strip().partition(":")
        assert colon, lines[0]
        assert name not in found, name
        lines = lines[1:]
        if value.strip():
            found[name] = value.strip()
        elif lines and _depth(lines[0]) > depth:
            found[name], lines = _block(lines, _depth(lines[0]))
        else:
            found[name] = None
    return found, lines


def test_the_reader_of_this_test_reads_what_it_should() -> None:
    assert read_yaml("a:\n  - b: c\n    d:\n      - e\n  - f\ng:\n") == {"a": [{"b": "c", "d": ["e"]}, "f"], "g": None}


def unit(name: str) -> configparser.ConfigParser:
    """A unit's sections; of what stands several times the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of settings have capitals
    parser.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return parser


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every line that starts the product, and where it stands."""
    for path in (*UNITS, DEPLOY / "compose.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = re.search(r"/opt/feiqian/bin/feiqian ([^']*)|^ +command: (.*)", line)
            if told:
                yield path.name, shlex.split((told[1] or told[2]).replace("$(date -u +%%Y%%m%%dT%%H%%M%%SZ)", "X"))


def test_the_product_is_started_somewhere() -> None:
    assert {place for place, _ in commands()} >= {"feiqian.service", "feiqian-settle@.service", "compose.yaml"}


@pytest.mark.parametrize(("place", "words"), list(commands()), ids=[place for place, _ in commands()])
def test_every_command_is_one_that_the_product_understands(place: str, words: list[str]) -> None:
    words = [word.replace("${FEIQIAN_INTAKE}", "nats://queue.example:4222") for word in words]
    parsed = main._parser(words[0], "en").parse_args(words)  # noqa: SLF001  # raises UsageError for what is none
    assert callable(parsed.run), place


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_loads(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert all(re.match(r"#|\[\w+\]$|[A-Z]\w*=", line) for line in text.splitlines() if line), path
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # what was checked above is all that this machine can say
    copy = tmp_path / path.name.replace("@", "@1")
    copy.write_text(text.replace("/opt/feiqian/bin/feiqian", sys.executable), encoding="utf-8")
    if path.suffix == ".timer":
        (tmp_path / path.with_suffix(".service").name).write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or copy.name in line]
    assert ours == [], done.stderr


@pytest.mark.parametrize("name", ["feiqian.service", "feiqian-settle@.service"])
def test_a_stop_has_the_time_it_takes_and_reaches_the_first_process_alone(name: str) -> None:
    service = unit(name)["Service"]
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= max(STOP_S, DRAIN_S) + NOTICE_S
    assert (service["Restart"], service["UMask"], service["StateDirectoryMode"]) == ("always", "0077", "0700")


def directives(text: str) -> dict[str, list[str]]:
    """Nginx's settings by name, wherever they stand."""
    plain = re.sub(r"#.*", "", text)
    assert plain.count("{") == plain.count("}")
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"(?:^|[;{}])\s*([a-z_]+)\s+([^;{}]+);", plain):
        found.setdefault(name, []).append(" ".join(value.split()))
    for name, value in re.findall(r"^\s*([a-z_]+) ([^;{}]+);", plain, re.MULTILINE):
        if " ".join(value.split()) not in found.get(name, []):
            found.setdefault(name, []).append(" ".join(value.split()))
    return found


def test_the_proxy_speaks_tls_1_3_only_and_lets_through_what_devices_send() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    found = directives(text)
    assert set(found["ssl_protocols"]) == {"TLSv1.3"}
    assert {found["ssl_early_data"][0], found["ssl_session_tickets"][0]} == {"off"}
    assert found["client_max_body_size"] == [f"{BATCH_MAX_BYTES // 2**20}m"]
    assert int(found["client_body_timeout"][0].rstrip("s")) >= BATCH_BODY_S
    assert int(found["keepalive"][0]) < CONNECTIONS_PER_ADDRESS_MAX
    assert found["proxy_next_upstream"] == ["off"]
    assert [line for line in found["listen"] if "ssl" not in line] == ["80", "[::]:80"]
    assert found["return"] == ["308 https://$host$request_uri", "404"]
    served = next(words for place, words in commands() if place == "feiqian.service")
    at = f"{served[served.index('--host') + 1]}:{served[served.index('--port') + 1]}"
    assert found["server"] == [at]
    nginx = shutil.which("nginx")
    if nginx is not None:  # no certificate lies here, so all that it may say is that
        done = subprocess.run(
            [nginx, "-t", "-c", str(DEPLOY / "nginx.conf")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or "cannot load certificate" in done.stderr, done.stderr


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_is_of_the_plain_kind(path: Path) -> None:
    assert isinstance(read_yaml(path.read_text(encoding="utf-8")), dict)


def test_compose_keeps_to_this_machine_and_gives_a_stop_its_time() -> None:
    compose = read_yaml((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    server, database = compose["services"]["server"], compose["services"]["database"]
    assert server["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in database
    assert int(server["stop_grace_period"].rstrip("s")) >= STOP_S + NOTICE_S
    assert database["image"] == "postgres:18"
    assert server["build"]["dockerfile"] == "deploy/Dockerfile"
    assert {*server["secrets"], *database["secrets"]} == set(compose["secrets"])
    mounted = {volume.partition(":")[0] for one in (server, database) for volume in one["volumes"]}
    assert mounted == set(compose["volumes"])


def test_prometheus_asks_the_port_that_is_served_with_the_token_that_is_written() -> None:
    (job,) = read_yaml((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    (target,) = job["static_configs"]
    assert target["targets"] == ["127.0.0.1:8080"]
    assert job["authorization"]["credentials_file"].endswith("feiqian-metrics.token")


def test_the_image_is_built_from_what_is_here() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "--require-hashes" in "\n".join(lines)
    assert "USER feiqian" in lines
