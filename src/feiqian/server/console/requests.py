"""What the console may send in JSON."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from feiqian.server.shapes import InstantIn, Shape
from feiqian.staff.roles import Role
from feiqian.staff.rules import NAME_CHARS_MAX, PASSWORD_CHARS_MAX

SignInName = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
PasswordIn = Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARS_MAX, repr=False)]
TotpIn = Annotated[str, Field(pattern="^[0-9]{6}$", repr=False)]
RoleIn = Annotated[str, Field(pattern=f"^({'|'.join(Role)})$")]


def _example(**content: str | int) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(content)]})


class SignIn(Shape):
    """Name, password, and the six digits that the authenticator app shows now."""

    model_config = _example(name="lin", password="three calm otters", code="287082")  # noqa: S106  # an example

    name: SignInName
    password: PasswordIn
    code: TotpIn


class PasswordChange(Shape):
    """One's own password, and the one to take its place."""

    model_config = _example(password="rmdx-kmv7-vjzv-36vt-s63j", new_password="three calm otters")  # noqa: S106

    password: PasswordIn
    new_password: PasswordIn


class NewColleague(Shape):
    """Somebody who is to sign in to the console."""

    model_config = _example(name="lin", role="support")

    name: SignInName
    role: RoleIn


class RoleChange(Shape):
    """Another role."""

    model_config = _example(role="finance")

    role: RoleIn


class Revocation(Shape):
    """Why a terminal is revoked, and since when it is in wrong hands: null is now, and later than now is now."""

    model_config = _example(reason="stolen")

    reason: Literal["stolen", "lost", "ended"]
    since: InstantIn | None = None
