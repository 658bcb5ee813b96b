"""Authenticators over HTTP: what an operator's administrator adds, confirms and removes, and which codes were wrong."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from feiqian.links.http_replies import Fields, fields_of
from feiqian.links.http_spelling import spell_bytes
from feiqian.risk.one_time_code import CodeFault, CodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAuthenticatorReply:
    """An authenticator just added, told once: its secret in base32, and the address that an app reads."""

    authenticator_id: bytes
    kind: CodeKind
    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorReply:
    """An authenticator: it counts from `confirmed_at` until `removed_at`."""

    authenticator_id: bytes
    kind: CodeKind
    added_at: int
    confirmed_at: int | None
    removed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCodeReply:
    """A cheque whose one-time code was wrong or used before."""

    cheque_id: bytes
    ref: bytes
    payer_id: bytes
    device_id: bytes
    fault: CodeFault
    found_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorsReply:
    """All that a payer has or had, oldest first, and its wrong codes."""

    authenticators: tuple[AuthenticatorReply, ...]
    wrong_codes: tuple[WrongCodeReply, ...]


class AuthenticatorCalls(ABC):
    """The calls about authenticators; whoever knows how to ask the operator puts them to it."""

    @abstractmethod
    def _get(self, path: str) -> Any:
        """The reply to a question."""

    @abstractmethod
    def _post(self, path: str, content: dict[str, Any], idempotency_key: str | None = None) -> Fields:
        """The answer to this content."""

    def authenticators(self, *, payer_id: bytes) -> AuthenticatorsReply:
        """What a payer has or had."""
        return _authenticators_in(fields_of(self._get(_path(payer_id))))

    def add_authenticator(self, *, payer_id: bytes, kind: CodeKind) -> NewAuthenticatorReply:
        """A new authenticator, to be confirmed by a code of it."""
        fields = self._post(_path(payer_id), {"kind": kind.value})
        return NewAuthenticatorReply(
            authenticator_id=fields.octets("authenticator_id"),
            kind=fields.choice("kind", CodeKind),
            secret=fields.text("secret"),
            otpauth_uri=fields.text("otpauth_uri"),
        )

    def confirm_authenticator(self, *, payer_id: bytes, codes: Sequence[str]) -> AuthenticatorReply:
        """It counts from now on; two codes in a row bring it back in step."""
        return _authenticator_in(self._post(f"{_path(payer_id)}/confirmation", {"codes": list(codes)}))

    def remove_authenticator(self, *, payer_id: bytes) -> AuthenticatorsReply:
        """New allowances ask for no codes any more."""
        return _authenticators_in(self._post(f"{_path(payer_id)}/removal", {}))

    def wrong_codes(self) -> tuple[WrongCodeReply, ...]:
        """Every cheque whose code was wrong or used before, oldest first."""
        return _wrong_codes_in(fields_of(self._get("/v1/wrong-codes")))


def _path(payer_id: bytes) -> str:
    return f"/v1/payers/{spell_bytes(payer_id)}/authenticators"


def _authenticators_in(fields: Fields) -> AuthenticatorsReply:
    return AuthenticatorsReply(
        authenticators=tuple(map(_authenticator_in, fields.each("authenticators"))),
        wrong_codes=_wrong_codes_in(fields),
    )


def _authenticator_in(fields: Fields) -> AuthenticatorReply:
    return AuthenticatorReply(
        authenticator_id=fields.octets("authenticator_id"),
        kind=fields.choice("kind", CodeKind),
        added_at=fields.instant("added_at"),
        confirmed_at=fields.instant_or_none("confirmed_at"),
        removed_at=fields.instant_or_none("removed_at"),
    )


def _wrong_codes_in(fields: Fields) -> tuple[WrongCodeReply, ...]:
    return tuple(
        WrongCodeReply(
            cheque_id=item.octets("cheque_id"),
            ref=item.octets("ref"),
            payer_id=item.octets("payer_id"),
            device_id=item.octets("device_id"),
            fault=item.choice("fault", CodeFault),
            found_at=item.instant("found_at"),
        )
        for item in fields.each("wrong_codes")
    )
