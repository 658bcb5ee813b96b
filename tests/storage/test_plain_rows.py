"""Plain rows keep what a simulated device relies on: all or nothing at each point, and copies that part ways.

That the stores over them do what those in the vault do is for the acceptance suites (test_wallet_store.py,
test_terminal_store.py) and for whole worlds (tests/simulation/test_media.py).
"""

from __future__ import annotations

import pytest

from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_wallet import PlainWalletStore
from feiqian.storage.vault import NestedWrite
from feiqian.wallet.ports import WritePoint
from feiqian.wallet.records import Enrolment

INTENTION = Enrolment(server="here", account_key=b"k", begun_at=1)


class StoppedError(Exception):
    """Raised at a point."""


class Points:
    """Notes the points that are reached, and raises at one."""

    def __init__(self, stop_at: str = "") -> None:
        self.reached: list[str] = []
        self.stop_at = stop_at

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        if point == self.stop_at:
            raise StoppedError


def test_a_write_comes_past_both_of_its_points() -> None:
    points = Points()
    PlainWalletStore(PlainRows(points)).begin_enrolment(INTENTION)
    assert points.reached == ["wallet.enrolment:before-commit", "wallet.enrolment:after-commit"]


@pytest.mark.parametrize(("moment", "kept"), [("before-commit", None), ("after-commit", INTENTION)])
def test_who_is_stopped_before_the_commit_has_written_nothing(moment: str, kept: Enrolment | None) -> None:
    rows = PlainRows(Points(f"{WritePoint.ENROLMENT}:{moment}"))
    with pytest.raises(StoppedError):
        PlainWalletStore(rows).begin_enrolment(INTENTION)
    assert PlainWalletStore(rows).enrolment() == kept
    with rows.write("next"):
        pass


def change_and_fail(rows: PlainRows, table: dict[str, int]) -> None:
    with rows.write("second"):
        rows.put(table, "a", 3)
        rows.put(table, "c", 4)
        rows.put(table, "c", 5)
        rows.drop(table, "b")
        rows.put(table, "b", 6)
        raise StoppedError


def test_what_fails_half_way_leaves_every_row_as_it_was() -> None:
    rows = PlainRows(Points())
    table = rows.table("one")
    with rows.write("first"):
        rows.put(table, "a", 1)
        rows.put(table, "b", 2)
    with pytest.raises(StoppedError):
        change_and_fail(rows, table)
    assert rows.contents() == {"one": {"a": 1, "b": 2}}


def write_within_a_write(rows: PlainRows) -> None:
    with rows.write("outer"):
        rows.put(rows.table("one"), "a", 1)
        with rows.write("inner"):
            pass


def test_rows_change_within_a_write_only_and_never_in_two() -> None:
    rows = PlainRows(Points())
    table = rows.table("one")
    with pytest.raises(LookupError):
        rows.put(table, "a", 1)
    with pytest.raises(NestedWrite):
        write_within_a_write(rows)
    assert rows.contents() == {}
    with pytest.raises(LookupError):
        rows.drop(table, "a")


def test_a_copy_holds_the_same_and_goes_its_own_way() -> None:
    rows = PlainRows(Points())
    before = PlainWalletStore(rows.copy())
    PlainWalletStore(rows).begin_enrolment(INTENTION)
    assert before.enrolment() is None
    after = rows.copy()
    rows.close()
    rows.close()
    assert PlainWalletStore(after).enrolment() == INTENTION
    assert PlainWalletStore(rows).enrolment() is None


def test_a_copy_tells_its_own_points() -> None:
    first, second = Points(), Points()
    copied = PlainRows(first).copy()
    copied.use(second)
    PlainWalletStore(copied).begin_enrolment(INTENTION)
    assert (first.reached, len(second.reached)) == ([], 2)
