"""Routes of the operator's own people: who is on the staff, and an admin's acts on that."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Response
from pydantic import Field

from feiqian.server.answers import Answer
from feiqian.server.console.door import Staff, StaffChange
from feiqian.server.console.requests import NewColleague, RoleChange
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.requests import Nothing
from feiqian.server.shapes import IdIn, IdOut, InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.roles import PERMISSIONS, Role
from feiqian.staff.values import Act, NewStaff, StaffId, StaffLine

router = APIRouter(route_class=StrictRoute)
_REFUSED: Final = refusals(401, 403)
_REFUSED_CHANGE: Final = refusals(400, 401, 403, 404, 409, 415, 422, 503)


class ColleagueLine(Answer):
    """Somebody who is, or was, on the staff; `waits_until` is when the next try to sign in is looked at."""

    staff_id: IdOut
    name: str
    role: str
    added_at: InstantOut
    removed_at: InstantOut | None
    last_sign_in_at: InstantOut | None
    sessions: int
    waits_until: InstantOut | None
    password_change_needed: bool

    @classmethod
    def of(cls, line: StaffLine) -> Self:
        """From the staff's desk."""
        member = line.member
        return cls(
            staff_id=member.staff_id,
            name=member.name,
            role=member.role.value,
            added_at=member.added_at,
            removed_at=member.removed_at,
            last_sign_in_at=line.signed_in_at,
            sessions=line.sessions,
            waits_until=line.waits_until,
            password_change_needed=member.is_starting and member.removed_at is None,
        )


class ColleaguesAnswer(Answer):
    """Everybody, in the order of names."""

    staff: tuple[ColleagueLine, ...]


class SecretAnswer(Answer):
    """What a new person, or one who was reset, signs in with. It is told once."""

    staff_id: IdOut
    name: str
    role: str
    password: Annotated[str, Field(repr=False)]
    otpauth_uri: Annotated[str, Field(repr=False)]

    @classmethod
    def of(cls, new: NewStaff) -> Self:
        """From the staff's desk."""
        return cls(
            staff_id=new.member.staff_id,
            name=new.member.name,
            role=new.member.role.value,
            password=new.password,
            otpauth_uri=new.otpauth_uri,
        )


class RoleLine(Answer):
    """A role, and what it may do."""

    role: str
    permissions: tuple[str, ...]


class RolesAnswer(Answer):
    """Every role."""

    roles: tuple[RoleLine, ...]


@router.get("/v1/console/staff", operation_id="consoleStaff", response_model=ColleaguesAnswer, responses=_REFUSED)
def staff(me: Staff) -> Response:
    """Who may sign in, and who could."""
    lines = me.notes(Act.VIEW_STAFF).staff.lines()
    return answer(ColleaguesAnswer(staff=tuple(map(ColleagueLine.of, lines))))


@router.get("/v1/console/roles", operation_id="consoleRoles", response_model=RolesAnswer, responses=_REFUSED)
def roles(me: Staff) -> Response:
    """What each role may do."""
    me.notes(Act.VIEW_STAFF)
    lines = (RoleLine(role=role.value, permissions=tuple(sorted(PERMISSIONS[role]))) for role in Role)
    return answer(RolesAnswer(roles=tuple(lines)))


@router.post(
    "/v1/console/staff",
    operation_id="consoleAddStaff",
    status_code=201,
    response_model=SecretAnswer,
    responses=_REFUSED_CHANGE,
)
def add(me: StaffChange, new: NewColleague) -> Response:
    """A new person. The starting password must be changed at the first sign-in."""
    return answer(SecretAnswer.of(me.operator.staff.add(new.name, Role(new.role), me.staff_id)), 201)


@router.post(
    "/v1/console/staff/{staff_id}/role",
    operation_id="consoleChangeRole",
    response_model=ColleagueLine,
    responses=_REFUSED_CHANGE,
)
def change_role(me: StaffChange, staff_id: IdIn, change: RoleChange) -> Response:
    """Another role; all sessions of this person end."""
    desk = me.operator.staff
    desk.change_role(StaffId(staff_id), Role(change.role), me.staff_id)
    return answer(ColleagueLine.of(desk.line(StaffId(staff_id))))


@router.post(
    "/v1/console/staff/{staff_id}/reset",
    operation_id="consoleResetStaff",
    response_model=SecretAnswer,
    responses=_REFUSED_CHANGE,
)
def reset(me: StaffChange, staff_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """A new starting password and secret: a lost phone, or a forgotten password. All sessions of this person end."""
    return answer(SecretAnswer.of(me.operator.staff.reset(StaffId(staff_id), me.staff_id)))


@router.post(
    "/v1/console/staff/{staff_id}/removal",
    operation_id="consoleRemoveStaff",
    response_model=ColleagueLine,
    responses=_REFUSED_CHANGE,
)
def remove(me: StaffChange, staff_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """Somebody leaves: all sessions end, password and secret are forgotten; what was noted stays."""
    desk = me.operator.staff
    desk.remove(StaffId(staff_id), me.staff_id)
    return answer(ColleagueLine.of(desk.line(StaffId(staff_id))))
