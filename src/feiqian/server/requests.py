"""What callers may send in JSON."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from feiqian.server.shapes import (
    FINGER,
    AmountIn,
    AttestationIn,
    ChequeIdIn,
    CodeIn,
    CurrencyIn,
    EnrolmentPinIn,
    IdIn,
    InstantIn,
    KeyIn,
    LineIn,
    LogSizeIn,
    NameIn,
    PemIn,
    ProofIn,
    ReferenceIn,
    RequestIdIn,
    SecretIn,
    Shape,
    StatementIn,
)

_KEY_EXAMPLE = "AmsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW"
_PROOF_EXAMPLE = "A" * 86


def _example(**content: str | int) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(content)]})


class NewHolder(Shape):
    """A payer or payee to enrol. `currency` is what it holds or takes; without it the operator's own."""

    model_config = _example(name="Alice", currency="CNY")

    name: NameIn
    currency: CurrencyIn | None = None


class IdentityIn(Shape):
    """How somebody made sure who a payer is: how, and by which paper or number."""

    model_config = _example(kind="document", reference="ID card 1101..., seen at the counter")

    kind: Literal["in_person", "document", "eid", "employer"]
    reference: ReferenceIn = ""


class NewPayerHolder(NewHolder):
    """A payer to enrol; `with_pin` gives its code a second secret, to be told another way."""

    identity: IdentityIn | None = None
    with_pin: bool = False


class NewCode(Shape):
    """Another code; `with_pin` gives it a second secret."""

    model_config = _example(with_pin=True)

    with_pin: bool = False


class Nothing(Shape):
    """An empty object: the address says all."""

    model_config = _example()


class Money(Shape):
    """An amount to add, in minor units."""

    model_config = _example(amount_minor=10_000, currency="CNY")

    amount_minor: AmountIn
    currency: CurrencyIn


class ClosingTime(Shape):
    """When the windows are to be closed; without `now` at the server's own time. Another time only on trial."""

    model_config = _example(now="2026-12-02T10:00:00Z")

    now: InstantIn | None = None


class Release(Shape):
    """A batch that was put aside, by the SHA-256 of its bytes."""

    model_config = _example(batch="A" * 43)

    batch: ChequeIdIn


class DeviceBinding(Shape):
    """A wallet's enrolment: the code that the operator gave, the account key, and the proof that it is held.

    `pin` are the six digits that some codes have beside them.
    """

    model_config = _example(enrolment_code="7KQ2-M9XA-44TD", account_key=_KEY_EXAMPLE, proof=_PROOF_EXAMPLE)

    enrolment_code: CodeIn
    account_key: KeyIn
    proof: ProofIn
    pin: EnrolmentPinIn | None = None


class AllowanceWish(Shape):
    """A wish for an allowance. The same `request_id` gives the same allowance, byte for byte.

    `evidence` shows where the key lives (spec 12); `proof` may be left out only where the evidence proves possession.
    """

    model_config = _example(
        request_id="AAECAwQFBgcICQoLDA0ODw", device_key=_KEY_EXAMPLE, proof=_PROOF_EXAMPLE, amount_minor=50_000
    )

    request_id: RequestIdIn
    device_key: KeyIn
    proof: ProofIn | None = None
    amount_minor: AmountIn | None = None
    audience: IdIn | None = None
    evidence: AttestationIn | None = None


class TpmKeys(Shape):
    """A TPM's endorsement certificate with those above it (DER), and the attestation key that is to be bound to it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ek_certificate": FINGER, "ek_issuers": [], "ak_public": FINGER}]}
    )

    ek_certificate: AttestationIn
    ek_issuers: Annotated[list[AttestationIn], Field(max_length=4)] = Field(default_factory=list)
    ak_public: AttestationIn


class TpmSecret(Shape):
    """What the TPM opened."""

    model_config = _example(secret="A" * 43)

    secret: SecretIn


class NewRoot(Shape):
    """A maker's root certificate (PEM), whose it is, and for keys of which tier it may vouch."""

    model_config = _example(pem="-----BEGIN CERTIFICATE-----...", maker="Example", tier="tpm")

    pem: PemIn
    maker: NameIn
    tier: Literal["passkey", "tpm", "card"]


class Closing(Shape):
    """The closing cheque of an allowance."""

    model_config = _example(closing_cheque="hEOhASag" + FINGER)

    closing_cheque: StatementIn


class TerminalBinding(Shape):
    """A terminal's enrolment: the code that the operator gave, the terminal's key, and the proof that it is held."""

    model_config = _example(enrolment_code="7KQ2-M9XA-44TD", terminal_key=_KEY_EXAMPLE, proof=_PROOF_EXAMPLE)

    enrolment_code: CodeIn
    terminal_key: KeyIn
    proof: ProofIn


class Cosignature(Shape):
    """A witness's signature line (C2SP tlog-cosignature) under the log's state of `size` leaves, newline and all."""

    model_config = _example(size=12, line="— witness.example " + "A" * 100 + "\n")

    size: LogSizeIn
    line: LineIn


class TrustedWitness(Shape):
    """A witness's key as it publishes it: name, key id and key, joined by plus signs."""

    model_config = _example(key="witness.example+3ba30c1c+BP5chNE/OKpUzl4sBmOShJaGkrXS4nqkZBFrp0pX8Uqk")

    key: LineIn
