"""`feiqian bench verify`: what a check at the counter costs, in units of one bare signature verification.

A check is everything from received bytes to the verdict. Raw verification, check of a payment whose allowance is
known, and of one whose allowance is new, are measured in turn in short blocks, so that a busy machine slows all
three alike; the ratio compares CPU time within this run.
"""

import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from feiqian.cli.bench_samples import NOW, SampleWorld
from feiqian.protocol.keys import load_public_key
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.request import decode_request
from feiqian.protocol.verified import AllowanceCache
from feiqian.protocol.verify import Answering, verify_payment

PAYMENTS = 40
ROUNDS = 50
WARM_UP_ROUNDS = 2


def measure() -> dict[str, float | int]:
    """The keys of `bench verify`: rates per CPU second, ratios, and wall times of single checks in microseconds."""
    world = SampleWorld()
    payments = [_payment(world) for _ in range(PAYMENTS)]
    warm = AllowanceCache()
    for body, asked in payments:
        _check(world, body, asked, warm)
    raw = _raw_verifications(world)

    def known() -> None:
        for body, asked in payments:
            _check(world, body, asked, warm)

    def new() -> None:
        load_public_key.cache_clear()
        load_public_key(world.issuer.public_key)
        cold = AllowanceCache()
        for body, asked in payments:
            _check(world, body, asked, cold)

    cpu: dict[str, list[float]] = {"raw": [], "known": [], "new": []}
    for round_number in range(ROUNDS + WARM_UP_ROUNDS):
        for name, work in (("raw", raw), ("known", known), ("new", new)):
            spent_s = _cpu_s(work)
            if round_number >= WARM_UP_ROUNDS:
                cpu[name].append(spent_s / PAYMENTS)
    walls_us = _wall_us(world, payments, warm)
    raw_s, known_s, new_s = (sum(cpu[name]) / ROUNDS for name in ("raw", "known", "new"))
    return {
        "raw_verify_per_s": round(1 / raw_s, 1),
        "check_known_per_s": round(1 / known_s, 1),
        "check_new_per_s": round(1 / new_s, 1),
        "ratio_known": round(statistics.median(_ratios(cpu["known"], cpu["raw"])), 3),
        "ratio_new": round(statistics.median(_ratios(cpu["new"], cpu["raw"])), 3),
        "p50_us": round(statistics.median(walls_us), 1),
        "p99_us": round(statistics.quantiles(walls_us, n=100)[98], 1),
        "samples": ROUNDS * PAYMENTS,
    }


def _payment(world: SampleWorld) -> tuple[bytes, Answering]:
    payload = world.request()
    allowance = world.allowance()
    body = allowance.raw + world.cheque(allowance, payload)
    return body, world.answering(payload, decode_request(payload).terms)


def _check(world: SampleWorld, body: bytes, asked: Answering, cache: AllowanceCache) -> None:
    verify_payment(
        decode_payment(body),
        asked,
        receiver=world.certificate.terms.payee_id,
        now=NOW + 5,
        knowledge=world.trust,
        cache=cache,
    )


def _raw_verifications(world: SampleWorld) -> Callable[[], None]:
    """As many bare verifications as there are payments: parsed keys, DER signatures, messages of a cheque's length."""
    jobs = []
    for _ in range(PAYMENTS):
        key = world.allowance().device
        message = world.pack[:260]
        signature = key.sign(message)
        der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key)
        jobs.append((public, der, message))
    algorithm = ec.ECDSA(SHA256())

    def work() -> None:
        for public, der, message in jobs:
            public.verify(der, message, algorithm)

    return work


def _wall_us(world: SampleWorld, payments: list[tuple[bytes, Answering]], warm: AllowanceCache) -> list[float]:
    walls = []
    for turn in range(ROUNDS):
        cache = warm if turn % 2 else AllowanceCache()
        for body, asked in payments:
            start = time.perf_counter()
            _check(world, body, asked, cache)
            walls.append((time.perf_counter() - start) * 1e6)
    return walls


def _ratios(numerators: list[float], denominators: list[float]) -> list[float]:
    return [one / other for one, other in zip(numerators, denominators, strict=True)]


def _cpu_s(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
