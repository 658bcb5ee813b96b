"""All routes of the console, in the order of the reference page."""

from typing import Final

from fastapi import APIRouter

from feiqian.server.console import (
    audit,
    authenticators,
    cases,
    changes,
    holders,
    locks,
    overview,
    roots,
    series,
    sign_in,
    team,
    tills,
)

router = APIRouter(tags=["console"])
PARTS: Final = tuple(
    part.router
    for part in (sign_in, overview, series, holders, locks, cases, changes, tills, authenticators, roots, audit, team)
)
for _part in PARTS:
    router.include_router(_part)
