"""Wallet keys in a TPM 2.0: made there, used there, of no use anywhere else (spec 07; ADR 0025).

- Keys are P-256 children of the TCG's ECC storage key under the owner hierarchy, which a TPM makes anew every time and
  which needs no place. What a wallet stores is the wrapped key, which this one TPM can unwrap until it is cleared, and
  32 random bytes without which the TPM does not use it: both lie in the wallet's vault only, so the PIN stands before
  the key. Wrong tries are not counted by the TPM (the secret is no PIN), so nobody can lock it for the others.
- The counter is an NV index (TPM2_NT_COUNTER). A TPM never lets one begin below where any counter ever stood, so
  removing and making it anew does not turn it back.
- The attestation key is the same for all wallets of a TPM: a restricted signing key of the endorsement hierarchy, which
  outlives a clearing. Its signature under TPM2_Certify is a TPM's word only together with the proof that it lives in
  the same TPM as the endorsement key that the maker certified (`activate`).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.tpm_session import Gone, NotCounted, Session, Tpm
from feiqian.keys.tpm_structures import (
    ALG_ECDSA,
    ALG_NULL,
    ALG_SHA256,
    DECRYPT,
    NEVER_OUTSIDE,
    RESTRICTED,
    SIGN,
    USER_WITH_AUTH,
    TpmMalformed,
    p256_template,
    read_public,
    sized,
)
from feiqian.keys.troubles import KeyTrouble
from feiqian.protocol import cbor
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import low_s
from feiqian.protocol.refusals import Refused

if TYPE_CHECKING:
    from tpm2_pytss import ESYS_TR

T = TypeVar("T")
NO_DICTIONARY: Final = 1 << 10
_AES_128_CFB: Final = bytes.fromhex("000600800043")
_UNUSED: Final = ALG_NULL.to_bytes(2, "big")
_ECDSA: Final = ALG_ECDSA.to_bytes(2, "big") + ALG_SHA256.to_bytes(2, "big")
_STORAGE_KEY: Final = p256_template(
    NEVER_OUTSIDE | USER_WITH_AUTH | NO_DICTIONARY | RESTRICTED | DECRYPT, symmetric=_AES_128_CFB, scheme=_UNUSED
)
_DEVICE_KEY: Final = p256_template(
    NEVER_OUTSIDE | USER_WITH_AUTH | NO_DICTIONARY | SIGN, symmetric=_UNUSED, scheme=_ECDSA
)
_ATTESTATION_KEY: Final = p256_template(
    NEVER_OUTSIDE | USER_WITH_AUTH | NO_DICTIONARY | SIGN | RESTRICTED, symmetric=_UNUSED, scheme=_ECDSA
)

_SECRET_BYTES: Final = 32
_STORED_MAX_BYTES: Final = 1024
_KEY_DOMAIN: Final = "feiqian/tpm-key/1"
_COUNTER_DOMAIN: Final = "feiqian/tpm-counter/1"
_COUNTERS_FROM: Final = 0x0180_0000
_COUNTERS: Final = 1 << 22
"""NV indices that the TCG leaves to the owner (Registry of Reserved TPM 2.0 Handles)."""
_COUNTER_BYTES: Final = 8

_CERTIFICATES: Final = ((0x01C0_0002, "EK-RSA2048"), (0x01C0_000A, "EK-ECC256"))
"""Where the TCG's EK Credential Profile puts the certificates of the low-range endorsement keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """What a TPM shows of itself once: its maker's certificate (DER) and its attestation key (TPMT_PUBLIC)."""

    certificate: bytes
    attestation_key: bytes


class TpmKeys:
    """The `wallet.ports.KeyMaker` of one TPM."""

    tier: Final = Tier.TPM

    def __init__(self, tpm: Tpm, *, is_vouched: Callable[[], bool]) -> None:
        """`is_vouched`: the operator knows this TPM as its maker's, and so believes what it attests."""
        self._tpm, self._is_vouched = tpm, is_vouched

    def make(self) -> bytes:
        """A new key, as it is stored. Raises KeyTrouble."""
        return _reached(lambda: self._tpm.run(_make))

    def load(self, stored: bytes, /) -> "TpmKey":
        """The key that was stored. The TPM is asked only when it signs. Raises KeyTrouble key_damaged."""
        return TpmKey(self._tpm, _Wrapped.read(stored))

    def evidence(self, stored: bytes, challenge: bytes, /) -> bytes | None:
        """The TPM's word that this key is in it and cannot leave it, over `challenge`; None to whom it says nothing.

        Raises KeyTrouble.
        """
        if not self._is_vouched():
            return None
        wrapped = _Wrapped.read(stored)
        return _reached(lambda: self._tpm.run(lambda session: _certify(session, wrapped, challenge)))

    def endorsement(self) -> Endorsement:
        """What an operator needs for its half of `activate`. Raises KeyTrouble tpm_no_certificate."""
        return _reached(lambda: self._tpm.run(_endorsement))

    def activate(self, credential: bytes) -> bytes:
        """The secret in a credential that was made for this TPM's endorsement and attestation keys.

        Raises KeyTrouble tpm_credential_refused.
        """
        try:
            return self._tpm.run(lambda session: _activate(session, credential))
        except Gone:
            raise KeyTrouble("tpm_credential_refused") from None
        except KeyTrouble as trouble:  # which of its many codes a TPM has for it hangs on what was altered
            raise KeyTrouble("tpm_credential_refused") if trouble.code == "tpm_failed" else trouble from None


class TpmKey:
    """A `protocol.keys.Signer` whose private part is in a TPM."""

    def __init__(self, tpm: Tpm, wrapped: "_Wrapped") -> None:
        self._tpm, self._wrapped = tpm, wrapped

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return self._wrapped.point

    def sign(self, message: bytes) -> bytes:
        """R and s, 32 bytes each, s in the lower half. Raises KeyTrouble."""
        digest = hashlib.sha256(message).digest()
        return _reached(lambda: self._tpm.run(lambda session: _sign(session, self._wrapped, digest)))

    def __repr__(self) -> str:
        return f"TpmKey(public={self._wrapped.point[:3].hex()}…)"


class TpmCounter:
    """The `wallet.ports.HardwareCounter` of one wallet; several wallets have one each in a TPM."""

    def __init__(self, tpm: Tpm, stored: bytes) -> None:
        """`stored` is what `new_counter` gave. Raises KeyTrouble key_damaged."""
        self._tpm = tpm
        self._index, self._secret = _read_counter(stored)

    def begin(self) -> int:
        """Makes it where it is not yet, and gives what it stands at. Raises KeyTrouble."""
        return _reached(lambda: self._tpm.run(self._begin))

    def value(self) -> int:
        """What it stands at. Raises KeyTrouble."""
        return _reached(lambda: self._tpm.run(self._read))

    def advance(self) -> None:
        """One more, durable. Raises KeyTrouble."""
        _reached(lambda: self._tpm.run(self._increment))

    def _begin(self, session: Session) -> int:
        from tpm2_pytss import TPM2_NT, TPM2B_NV_PUBLIC, TPMA_NV, TPMS_NV_PUBLIC

        if self._index not in _indices(session):
            attributes = TPMA_NV.AUTHREAD | TPMA_NV.AUTHWRITE | TPMA_NV.NO_DA
            attributes |= TPM2_NT.COUNTER << TPMA_NV.TPM2_NT_SHIFT
            public = TPMS_NV_PUBLIC(
                nvIndex=self._index, nameAlg=ALG_SHA256, attributes=attributes, dataSize=_COUNTER_BYTES
            )
            session.esys.nv_define_space(self._secret, TPM2B_NV_PUBLIC(public))
        try:
            return self._read(session)
        except NotCounted:
            self._increment(session)
            return self._read(session)

    def _read(self, session: Session) -> int:
        from tpm2_pytss import TSS2_Exception

        index = self._named(session)
        try:
            return int.from_bytes(bytes(session.esys.nv_read(index, _COUNTER_BYTES, 0, index)), "big")
        except TSS2_Exception as error:
            if int(error.rc) & 0xFFFF == 0x14A:  # noqa: PLR2004 - TPM_RC_NV_UNINITIALIZED
                raise NotCounted from None
            raise

    def _increment(self, session: Session) -> None:
        index = self._named(session)
        session.esys.nv_increment(index, index)

    def _named(self, session: Session) -> "ESYS_TR":
        index = session.esys.tr_from_tpmpublic(self._index)
        session.esys.tr_set_auth(index, self._secret)
        return index


def new_counter() -> bytes:
    """Where a counter is to be, and the secret that moves it: to be stored before `TpmCounter.begin`."""
    index = _COUNTERS_FROM + secrets.randbelow(_COUNTERS)
    return cbor.encode_ascending([_COUNTER_DOMAIN, index, secrets.token_bytes(_SECRET_BYTES)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapped:
    """A key as it is stored: TPMT_PUBLIC, the private part that only its TPM unwraps, and the secret it asks for."""

    public: bytes
    private: bytes
    secret: bytes
    point: bytes

    @classmethod
    def read(cls, stored: bytes) -> "_Wrapped":
        """Raises KeyTrouble key_damaged."""
        public, private, secret = _fields(stored, _KEY_DOMAIN, (bytes, bytes, bytes))
        try:
            return cls(public=public, private=private, secret=secret, point=read_public(public).point)
        except TpmMalformed:
            raise KeyTrouble("key_damaged") from None

    def write(self) -> bytes:
        return cbor.encode_ascending([_KEY_DOMAIN, self.public, self.private, self.secret])

    def __repr__(self) -> str:
        return f"_Wrapped(point={self.point[:3].hex()}…)"


def _read_counter(stored: bytes) -> tuple[int, bytes]:
    index, secret = _fields(stored, _COUNTER_DOMAIN, (int, bytes))
    return index, secret


def _fields(stored: bytes, domain: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """What was stored under this domain. Raises KeyTrouble key_damaged."""
    try:
        found = cbor.decode(stored, max_bytes=_STORED_MAX_BYTES)
    except Refused:
        raise KeyTrouble("key_damaged") from None
    if not isinstance(found, list) or [type(one) for one in found] != [str, *kinds] or found[0] != domain:
        raise KeyTrouble("key_damaged")
    return tuple(found[1:])


def _reached(act: Callable[[], T]) -> T:
    """What the act gives; whatever is not in this TPM was in another, or in this one before it was cleared."""
    try:
        return act()
    except (Gone, NotCounted):
        raise KeyTrouble("tpm_changed") from None


def _make(session: Session) -> bytes:
    from tpm2_pytss import ESYS_TR, TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPMS_SENSITIVE_CREATE

    secret = secrets.token_bytes(_SECRET_BYTES)
    parent, _ = session.primary(_STORAGE_KEY, ESYS_TR.OWNER)
    sensitive = TPM2B_SENSITIVE_CREATE(TPMS_SENSITIVE_CREATE(userAuth=secret))
    private, public, *_ = session.esys.create(parent, sensitive, TPM2B_PUBLIC.unmarshal(sized(_DEVICE_KEY))[0])
    made = bytes(public.publicArea.marshal())
    wrapped = _Wrapped(public=made, private=bytes(private), secret=secret, point=read_public(made).point)
    return wrapped.write()


def _load(session: Session, wrapped: _Wrapped) -> "ESYS_TR":
    from tpm2_pytss import ESYS_TR, TPM2B_PRIVATE, TPM2B_PUBLIC

    parent, _ = session.primary(_STORAGE_KEY, ESYS_TR.OWNER)
    public, _ = TPM2B_PUBLIC.unmarshal(sized(wrapped.public))
    key = session.keep(session.esys.load(parent, TPM2B_PRIVATE(wrapped.private), public))
    session.flush(parent)
    session.esys.tr_set_auth(key, wrapped.secret)
    return key


def _sign(session: Session, wrapped: _Wrapped, digest: bytes) -> bytes:
    from tpm2_pytss import TPMT_SIG_SCHEME

    signature = session.esys.sign(_load(session, wrapped), digest, TPMT_SIG_SCHEME(scheme=ALG_NULL))
    return _low(signature)


def _certify(session: Session, wrapped: _Wrapped, challenge: bytes) -> bytes:
    from tpm2_pytss import ESYS_TR, TPMT_SIG_SCHEME

    key = _load(session, wrapped)
    attestation, public = session.primary(_ATTESTATION_KEY, ESYS_TR.ENDORSEMENT)
    attested, signature = session.esys.certify(key, attestation, challenge, TPMT_SIG_SCHEME(scheme=ALG_NULL))
    return write_evidence("tpm", public, bytes(attested), _low(signature), wrapped.public)


def _low(signature: Any) -> bytes:
    ecdsa = signature.signature.ecdsa
    r, s = bytes(ecdsa.signatureR), bytes(ecdsa.signatureS)
    return low_s(r.rjust(32, b"\0") + s.rjust(32, b"\0"))


def _endorsement(session: Session) -> Endorsement:
    from tpm2_pytss import ESYS_TR

    _, certificate = _certified_template(session)
    handle, public = session.primary(_ATTESTATION_KEY, ESYS_TR.ENDORSEMENT)
    session.flush(handle)
    return Endorsement(certificate=certificate, attestation_key=public)


def _activate(session: Session, credential: bytes) -> bytes:
    from tpm2_pytss import (
        ESYS_TR,
        TPM2_ALG,
        TPM2_SE,
        TPM2B_ENCRYPTED_SECRET,
        TPM2B_ID_OBJECT,
    )

    identity_bytes = int.from_bytes(credential[:2], "big")
    identity, encrypted = credential[2 : 2 + identity_bytes], credential[2 + identity_bytes :]
    if len(encrypted) < 2 or int.from_bytes(encrypted[:2], "big") != len(encrypted) - 2:  # noqa: PLR2004 - a TPM2B
        raise KeyTrouble("tpm_credential_refused")
    template, _ = _certified_template(session)
    endorsement, _ = session.primary(template, ESYS_TR.ENDORSEMENT)
    attestation, _ = session.primary(_ATTESTATION_KEY, ESYS_TR.ENDORSEMENT)
    policy = session.keep(
        session.esys.start_auth_session(ESYS_TR.NONE, ESYS_TR.NONE, TPM2_SE.POLICY, None, TPM2_ALG.SHA256)
    )
    session.esys.policy_secret(ESYS_TR.ENDORSEMENT, policy)
    secret = session.esys.activate_credential(
        attestation,
        endorsement,
        TPM2B_ID_OBJECT(identity),
        TPM2B_ENCRYPTED_SECRET(encrypted[2:]),
        session1=ESYS_TR.PASSWORD,
        session2=policy,
    )
    return bytes(secret)


def _certified_template(session: Session) -> tuple[bytes, bytes]:
    """The template of an endorsement key that the maker certified, and that certificate. Raises KeyTrouble."""
    from tpm2_pytss.utils import NVReadEK, create_ek_template

    held = _indices(session)
    for index, kind in _CERTIFICATES:
        if index in held:
            certificate, template = create_ek_template(kind, NVReadEK(session.esys))
            return bytes(template.publicArea.marshal()), _one_certificate(bytes(certificate))
    raise KeyTrouble("tpm_no_certificate")


def _one_certificate(content: bytes) -> bytes:
    """A DER certificate without what an index may hold behind it."""
    head = 4 if content[1:2] == b"\x82" else 2
    length = int.from_bytes(content[2:4], "big") if head == 4 else content[1]  # noqa: PLR2004 - DER's own lengths
    return content[: head + length]


def _indices(session: Session) -> frozenset[int]:
    """The NV indices that there are."""
    from tpm2_pytss import TPM2_CAP

    found: list[int] = []
    more, first = True, 0x0100_0000
    while more:
        more, answer = session.esys.get_capability(TPM2_CAP.HANDLES, first, 64)
        handles = [int(one) for one in answer.data.handles]
        found += handles
        first = max(handles, default=0) + 1
        more = bool(more) and bool(handles)
    return frozenset(found)
