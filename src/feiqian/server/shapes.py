"""The kinds of value in the interface's JSON, strict on the way in and with one spelling on the way out."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from feiqian.audit.limits import SIZE_MAX
from feiqian.links.http_spelling import INSTANT_PATTERN, read_bytes, read_instant, spell_bytes, spell_instant
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, ID_BYTES, PUBLIC_KEY_BYTES, REF_BYTES, SIGNATURE_BYTES
from feiqian.server.limits import NAME_MAX_CHARS

ENROLMENT_CODE_MAX_CHARS: Final = 40
REQUEST_ID_BYTES: Final = 16
LINE_MAX_CHARS: Final = 512
"""A witness's key, or its signature line: a name of 255 bytes and what stands behind it."""
FINGER: Final = "AAECAwQFBgc"
"""An id of 8 bytes for examples."""


class Shape(BaseModel):
    """A JSON object: nothing but its fields, each of its own type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _octets(value: object) -> bytes:
    if type(value) is not str:
        raise ValueError("must be base64url text")
    return read_bytes(value)


def _sized(low: int, high: int) -> AfterValidator:
    def check(value: bytes) -> bytes:
        if not low <= len(value) <= high:
            raise ValueError(f"must be {low} to {high} bytes")
        return value

    return AfterValidator(check)


def _chars(size: int) -> int:
    return (size * 4 + 2) // 3


def octets_schema(low: int, high: int) -> dict[str, Any]:
    """The JSON schema of so many bytes in base64url."""
    return {
        "type": "string",
        "contentEncoding": "base64url",
        "pattern": "^[A-Za-z0-9_-]*$",
        "minLength": _chars(low),
        "maxLength": _chars(high),
    }


def _instant(value: object) -> int:
    if type(value) is not str:
        raise ValueError("must be an RFC 3339 text")
    return read_instant(value)


_BYTES_IN, _BYTES_OUT = BeforeValidator(_octets), PlainSerializer(spell_bytes, return_type=str)
_TIME_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN})

IdIn = Annotated[bytes, _BYTES_IN, _sized(REF_BYTES, REF_BYTES), WithJsonSchema(octets_schema(REF_BYTES, REF_BYTES))]
RequestIdIn = Annotated[
    bytes,
    _BYTES_IN,
    _sized(REQUEST_ID_BYTES, REQUEST_ID_BYTES),
    WithJsonSchema(octets_schema(REQUEST_ID_BYTES, REQUEST_ID_BYTES)),
]
SUBJECT_MAX_BYTES: Final = 32
SubjectIn = Annotated[
    bytes, _BYTES_IN, _sized(1, SUBJECT_MAX_BYTES), WithJsonSchema(octets_schema(1, SUBJECT_MAX_BYTES))
]
KeyIn = Annotated[
    bytes,
    _BYTES_IN,
    _sized(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
    WithJsonSchema(octets_schema(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES)),
]
ProofIn = Annotated[
    bytes,
    _BYTES_IN,
    _sized(SIGNATURE_BYTES, SIGNATURE_BYTES),
    WithJsonSchema(octets_schema(SIGNATURE_BYTES, SIGNATURE_BYTES)),
]
STATEMENT_IN_MAX_BYTES: Final = 2048
StatementIn = Annotated[
    bytes,
    _BYTES_IN,
    _sized(1, STATEMENT_IN_MAX_BYTES),
    WithJsonSchema(octets_schema(1, STATEMENT_IN_MAX_BYTES)),
]
EVIDENCE_IN_MAX_BYTES: Final = 16 * 1024
ChequeIdIn = Annotated[bytes, _BYTES_IN, _sized(ID_BYTES, ID_BYTES), WithJsonSchema(octets_schema(ID_BYTES, ID_BYTES))]
EvidenceIn = Annotated[
    bytes, _BYTES_IN, _sized(0, EVIDENCE_IN_MAX_BYTES), WithJsonSchema(octets_schema(0, EVIDENCE_IN_MAX_BYTES))
]
ATTESTATION_MAX_BYTES: Final = 8 * 1024
AttestationIn = Annotated[
    bytes, _BYTES_IN, _sized(1, ATTESTATION_MAX_BYTES), WithJsonSchema(octets_schema(1, ATTESTATION_MAX_BYTES))
]
"""Evidence of where a key lives, or a certificate."""
SECRET_BYTES: Final = 32
SecretIn = Annotated[
    bytes, _BYTES_IN, _sized(SECRET_BYTES, SECRET_BYTES), WithJsonSchema(octets_schema(SECRET_BYTES, SECRET_BYTES))
]
PemIn = Annotated[str, Field(min_length=1, max_length=2 * ATTESTATION_MAX_BYTES)]
EnrolmentPinIn = Annotated[str, Field(pattern="^[0-9]{6}$")]
ReferenceIn = Annotated[str, Field(min_length=0, max_length=128)]
InstantIn = Annotated[int, BeforeValidator(_instant), _TIME_SCHEMA]
AmountIn = Annotated[int, Field(ge=1, le=AMOUNT_MAX_MINOR)]
LogSizeIn = Annotated[int, Field(ge=0, le=SIZE_MAX)]
CurrencyIn = Annotated[str, Field(pattern="^[A-Z]{3}$")]
NameIn = Annotated[str, Field(min_length=1, max_length=NAME_MAX_CHARS)]
LineIn = Annotated[str, Field(min_length=1, max_length=LINE_MAX_CHARS)]
CodeIn = Annotated[str, Field(min_length=1, max_length=ENROLMENT_CODE_MAX_CHARS)]

IdOut = Annotated[bytes, _BYTES_OUT, WithJsonSchema(octets_schema(REF_BYTES, REF_BYTES))]
DisputeIdOut = Annotated[bytes, _BYTES_OUT, WithJsonSchema(octets_schema(REQUEST_ID_BYTES, REQUEST_ID_BYTES))]
SubjectOut = Annotated[bytes, _BYTES_OUT, WithJsonSchema(octets_schema(1, SUBJECT_MAX_BYTES))]
HashOut = Annotated[bytes, _BYTES_OUT, WithJsonSchema(octets_schema(ID_BYTES, ID_BYTES))]
KeyOut = Annotated[bytes, _BYTES_OUT, WithJsonSchema(octets_schema(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES))]
BytesOut = Annotated[
    bytes, _BYTES_OUT, WithJsonSchema({"type": "string", "contentEncoding": "base64url", "pattern": "^[A-Za-z0-9_-]*$"})
]
InstantOut = Annotated[int, PlainSerializer(spell_instant, return_type=str), _TIME_SCHEMA]
