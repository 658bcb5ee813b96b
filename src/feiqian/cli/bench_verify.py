"""`feiqian bench verify`: what a check at the counter costs, in units of one bare signature verification.

A check is everything from received bytes to the verdict. One raw verification, the check of a payment whose allowance
is known and of one whose allowance is new are measured in turn, one by one, as they come at a counter and not in hot
loops of a kind; so caches, and other programs on the machine, are to all three the same. Ratios compare the medians of
CPU time within this run; p50 and p99 are wall times of checks with a new allowance, the slower kind.
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
ROUNDS = 60
WARM_UP_ROUNDS = 5
MESSAGE_BYTES = 260


def measure() -> dict[str, float | int]:
    """The keys of `bench verify`: rates per CPU second, ratios, and wall times of single checks in microseconds."""
    world = SampleWorld()
    known, new = ([_payment(world) for _ in range(PAYMENTS)] for _ in range(2))
    jobs = [raw_verification(world) for _ in range(PAYMENTS)]
    warm = AllowanceCache()
    for body, asked in known:
        _check(world, body, asked, warm)
    cpu: dict[str, list[int]] = {"raw": [], "known": [], "new": []}
    walls_us: list[float] = []
    for round_number in range(ROUNDS + WARM_UP_ROUNDS):
        load_public_key.cache_clear()  # a new allowance has a new key; the issuer's is known to every terminal
        load_public_key(world.issuer.public_key)
        cold = AllowanceCache()
        for raw, (known_body, known_asked), (new_body, new_asked) in zip(jobs, known, new, strict=True):
            started = time.process_time_ns()
            raw()
            verified = time.process_time_ns()
            _check(world, known_body, known_asked, warm)
            checked_known, middle = time.process_time_ns(), time.perf_counter()
            _check(world, new_body, new_asked, cold)
            checked_new, end = time.process_time_ns(), time.perf_counter()
            if round_number < WARM_UP_ROUNDS:
                continue
            cpu["raw"].append(verified - started)
            cpu["known"].append(checked_known - verified)
            cpu["new"].append(checked_new - checked_known)
            walls_us.append((end - middle) * 1e6)
    raw_ns, known_ns, new_ns = (statistics.median(cpu[name]) for name in ("raw", "known", "new"))
    return {
        "raw_verify_per_s": round(1e9 / raw_ns, 1),
        "check_known_per_s": round(1e9 / known_ns, 1),
        "check_new_per_s": round(1e9 / new_ns, 1),
        "ratio_known": round(known_ns / raw_ns, 3),
        "ratio_new": round(new_ns / raw_ns, 3),
        "p50_us": round(statistics.median(walls_us), 1),
        "p99_us": round(statistics.quantiles(walls_us, n=100)[98], 1),
        "samples": len(walls_us),
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


def raw_verification(world: SampleWorld) -> Callable[[], None]:
    """One bare verification: a parsed key, a DER signature, a message of a cheque's length."""
    key = world.allowance().device
    message = world.pack[:MESSAGE_BYTES]
    signature = key.sign(message)
    der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key)
    algorithm = ec.ECDSA(SHA256())
    return lambda: public.verify(der, message, algorithm)
