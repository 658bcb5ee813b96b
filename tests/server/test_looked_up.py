"""What takes long to find out is found out seldom, and a failure is not kept."""

from __future__ import annotations

import threading

import pytest

from feiqian.server.looked_up import LookedUp


def test_an_answer_is_held_for_its_time_and_by_what_was_asked() -> None:
    now, found = [0.0], list[str]()
    looked_up = LookedUp(lambda: now[0])

    def find(what: str) -> str:
        found.append(what)
        return what

    for at in (0.0, 4.9):
        now[0] = at
        assert looked_up.once("a", lambda: find("a"), 5.0) == "a"
    assert looked_up.once("b", lambda: find("b"), 5.0) == "b"
    now[0] = 5.0
    assert looked_up.once("a", lambda: find("a"), 5.0) == "a"
    assert found == ["a", "b", "a"]


def test_a_failure_is_asked_about_again() -> None:
    looked_up, answers = LookedUp(), iter([None, 7])

    def find() -> int:
        found = next(answers)
        if found is None:
            raise LookupError
        return found

    with pytest.raises(LookupError):
        looked_up.once("a", find, 5.0)
    assert looked_up.once("a", find, 5.0) == 7


def test_of_many_at_once_one_looks() -> None:
    looked_up, begun, found = LookedUp(), threading.Event(), list[int]()

    def find() -> int:
        begun.wait(5)
        found.append(1)
        return 7

    threads = [threading.Thread(target=looked_up.once, args=("a", find, 60.0)) for _ in range(5)]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join()
    assert found == [1]
