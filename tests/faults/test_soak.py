"""The soak itself: a few rounds of it, and that it sees what it looks for."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from feiqian.storage.operator_store import OperatorStore
from tests.faults import soak
from tests.faults.soak_ground import BATCH, Ground
from tests.faults.soak_targets import targets_of


@pytest.mark.parametrize("store", [*soak.STORES])
def test_two_rounds_keep_every_promise(store: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--rounds", "2", "--store", store, "--seed", "7", "--json"]) == 0, capfd.readouterr().err
    out, told = capfd.readouterr()
    found = json.loads(out)
    assert (found["ok"], found["rounds"]) == (True, 2)
    assert found["payments"] > 0
    assert sum(found["kills"].values()) > 0
    assert {found[name] for name in soak.PROMISES} == {0}
    assert "round 2 of 2" in told
    assert "Every promise was kept." in told


def test_what_is_lost_doubled_changed_or_wrong_is_seen(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "sqlite", 1, "seen", allowances=1)
    try:
        ground.service.start()
        _, found = soak.play_round(ground, targets_of(ground, None), random.Random(1))  # noqa: S311  # any
        assert not any(found.values()), found
        teller = ground.terminals[0]
        body, answer = teller.sent.pop()
        assert (ground.held().twice, ground.held().lost) == (BATCH, 0)  # the books hold what nobody was told
        teller.sent += [(body, answer), (body, answer)]
        assert (ground.held().twice, ground.held().lost) == (0, BATCH)  # somebody was told what the books do not hold
        teller.sent.pop()
        other_body, other = teller.sent[0]
        teller.sent[0] = (other_body, answer)
        assert ground.changed(None, random.Random(1)) == 1  # noqa: S311  # nothing is chosen
        teller.sent[0] = (other_body, other)
        with OperatorStore.open(ground.home / "operator.db") as store, store.write("test") as unit:
            unit._db.execute("UPDATE balances SET posted_minor = posted_minor - 1 WHERE kind = 'payee'")  # noqa: SLF001
        found = soak.close_block(ground)
        assert found["books_differ"] > 0
        tally = soak.Tally()
        assert "differences within the books" in tally.note("here", found)
        assert tally.keys()["broken_in"] == ["here"]
    finally:
        ground.service.end_by_force()


def test_it_ends_with_1_when_a_promise_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "close_block", lambda _: {"acknowledged_lost": 1})
    monkeypatch.setattr(soak, "play_round", lambda *_: (Counter(worker=1), {}))
    assert soak.main(["--rounds", "1", "--store", "sqlite"]) == 1


def test_rounds_are_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        soak.main(["--rounds", "none"])
    assert ended.value.code == 2
    assert "a whole number" in capsys.readouterr().err
