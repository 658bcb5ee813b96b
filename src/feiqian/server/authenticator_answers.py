"""What the server is asked and answers about payers' authenticators and wrong one-time codes."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from feiqian.issuer.authenticator_facts import Authenticator, NewAuthenticator, WrongCode
from feiqian.keys.one_time_codes import otpauth_uri, spelled
from feiqian.risk.one_time_code import CodeKind
from feiqian.server.answers import Answer
from feiqian.server.shapes import DisputeIdOut, HashOut, IdOut, InstantOut, Shape

CodeDigitsIn = Annotated[str, Field(pattern="^[0-9]{3}[ -]?[0-9]{3}$")]


class AuthenticatorWish(Shape):
    """An authenticator to add: one that moves on with time (totp), or one with a button (hotp)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "totp"}]})

    kind: Annotated[str, Field(pattern="^(totp|hotp)$")] = CodeKind.TOTP.value


class AuthenticatorCodes(Shape):
    """One code, or two in a row, as the authenticator shows them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": ["287082"]}]})

    codes: Annotated[list[CodeDigitsIn], Field(min_length=1, max_length=2)]


class NewAuthenticatorAnswer(Answer):
    """An authenticator just added, told once: its secret in base32, and what an app reads as a picture."""

    authenticator_id: DisputeIdOut
    kind: str
    secret: Annotated[str, Field(repr=False)]
    otpauth_uri: Annotated[str, Field(repr=False)]

    @classmethod
    def of(cls, added: NewAuthenticator, deployment: str) -> Self:
        """From the issuer's value."""
        return cls(
            authenticator_id=added.authenticator_id,
            kind=added.kind.value,
            secret=spelled(added.secret),
            otpauth_uri=otpauth_uri(
                added.secret, name=added.payer_name, issuer=f"Feiqian {deployment}", kind=added.kind
            ),
        )


class AuthenticatorAnswer(Answer):
    """An authenticator: it counts from `confirmed_at` until `removed_at`."""

    authenticator_id: DisputeIdOut
    kind: str
    added_at: InstantOut
    confirmed_at: InstantOut | None
    removed_at: InstantOut | None

    @classmethod
    def of(cls, one: Authenticator) -> Self:
        """From the issuer's value."""
        return cls(
            authenticator_id=one.authenticator_id,
            kind=one.kind.value,
            added_at=one.added_at,
            confirmed_at=one.confirmed_at,
            removed_at=one.removed_at,
        )


class WrongCodeAnswer(Answer):
    """A cheque whose code was `wrong` or `reused`: its payee was paid, its device's allowances are suspended."""

    cheque_id: HashOut
    ref: IdOut
    payer_id: IdOut
    device_id: IdOut
    fault: str
    found_at: InstantOut

    @classmethod
    def of(cls, one: WrongCode) -> Self:
        """From the issuer's value."""
        return cls(
            cheque_id=one.cheque_id,
            ref=one.allowance_ref,
            payer_id=one.payer_id,
            device_id=one.device_id,
            fault=one.fault.value,
            found_at=one.found_at,
        )


class WrongCodesAnswer(Answer):
    """Cheques with a wrong code, oldest first."""

    wrong_codes: tuple[WrongCodeAnswer, ...]


class AuthenticatorsAnswer(Answer):
    """All authenticators that a payer has or had, oldest first, and its wrong codes."""

    authenticators: tuple[AuthenticatorAnswer, ...]
    wrong_codes: tuple[WrongCodeAnswer, ...]
