"""The drill of docs/operations/backup.md: a wrong DELETE, a restore to the moment before it, and a lost home.

    python -m tests.operations.pitr [--json]

First PostgreSQL, with a base backup and an archived log: rows that somebody deleted are fetched from the moment before
and put back, which loses nothing; then the same damage is answered by going back in time, which forgets what came
after, and every way is walked by which that is noticed and comes back. Then SQLite, with `feiqian operator backup`.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import psycopg

from feiqian.audit.note_key import SEED_BYTES, SignatureType, decode_secret_key, encode_secret_key
from feiqian.cli.bench_stock import CLAIMS_PER_ALLOWANCE
from feiqian.protocol.answer import decode_answer
from tests.faults.soak_ground import Ground
from tests.operations.cluster import DATABASE, Cluster, Place, place, stopped_at_the_end
from tests.operations.drill import Drill, at_once, main, traffic, verified
from tests.server.test_serve import FEIQIAN

WITNESS: Final = "witness.key"
ALLOWANCES: Final = 1
TILLS: Final = 2
BATCH: Final = 5
SENT: Final = TILLS * ALLOWANCES * CLAIMS_PER_ALLOWANCE
"""Payments in a round."""
MOMENT_S: Final = 0.3
"""Between the last payment and the DELETE, so that a time of the day tells them apart."""
ARCHIVED_S: Final = 30.0


def walk(drill: Drill) -> None:
    """PostgreSQL and SQLite, which have nothing to do with each other."""
    with place() as here:
        at_once(lambda: _with_postgres(drill, here), lambda: _with_sqlite(drill))


def _with_postgres(drill: Drill, here: Place) -> None:
    archive = here.room("archive")
    archiving = {"archive_mode": "on", "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f"}
    restored = {"fsync": "off"}  # what they hold is on the disk in backup and archive
    live, side, past = (Cluster(here, "live", archiving), *(Cluster(here, one, restored) for one in ("side", "past")))
    with stopped_at_the_end([live, side, past]):
        drill.step("PostgreSQL with an archived log; payments, then a base backup, then more payments")
        live.make()
        ground = Ground(drill.folder, live.url, 3, "pitr", ALLOWANCES, tills=TILLS, batch=BATCH)
        try:
            ground.service.start()
            _know_a_witness(drill, ground)
            with traffic(ground):
                pass
            backup = here.room("backup") / "base"
            source = f"host={live.room} port=5432 user=feiqian"
            live.program("pg_basebackup", "-D", str(backup), "-d", source, "--checkpoint=fast")
            live.program("pg_verifybackup", str(backup))
            with traffic(ground):
                pass
            time.sleep(MOMENT_S)
            moment = str(live.ask("SELECT clock_timestamp()")[0][0])
            time.sleep(MOMENT_S)
            deleted = _delete_wrongly(drill, ground, live)
            with traffic(ground):
                pass
            drill.step("the server went on; its witness has seen the log since")
            seen = _witness(drill, ground)
            drill.must(seen["ok"], f"the witness does not follow: {seen}")
            _archive_all(live, archive)
            recovery = {
                "restore_command": f"cp {archive}/%f %p",
                "recovery_target_time": moment,
                "recovery_target_action": "promote",
                "archive_mode": "off",
            }
            _put_back(drill, ground, (live, side), backup, recovery, deleted)
            _go_back(drill, ground, (live, past), backup, recovery)
        finally:
            ground.service.end_by_force()


def _delete_wrongly(drill: Drill, ground: Ground, live: Cluster) -> int:
    """What a person with all rights does at the wrong prompt; how many rows went."""
    drill.step("somebody deletes rows by hand")
    with psycopg.connect(live.url, autocommit=True) as link:
        try:
            link.execute(b"DELETE FROM batches")
        except psycopg.Error as refused:
            drill.found(f"the database refuses to delete what never changes: {str(refused).splitlines()[0]}")
        else:
            drill.must(held=False, text="the database let batches be deleted")
        link.execute(b"SET session_replication_role = replica")  # whoever switches the rules off
        gone = link.execute(b"DELETE FROM claims WHERE counter <= 10").rowcount
    ledger, books = ground.verified("ledger", "verify")
    audit, log = ground.verified("audit", "verify")
    drill.must(ledger == 1 and bool(books["mismatches"]), "ledger verify does not see the DELETE")
    drill.must(audit == 1 and bool(log["bad"]), "audit verify does not see the DELETE")
    drill.found(
        f"with the rules switched off {gone} rows went; ledger verify names {len(books['mismatches'])} differences, "
        f"audit verify {len(log['bad'])}",
        rows_deleted=gone,
    )
    return gone


def _put_back(
    drill: Drill, ground: Ground, pair: tuple[Cluster, Cluster], backup: Path, recovery: dict[str, str], deleted: int
) -> None:
    """The better way: what is missing is fetched from the moment before, and the books go on."""
    live, side = pair
    drill.step("the moment before is restored beside the live database, and the missing rows are put back from it")
    ground.service.stop()
    side.take_data(backup, recovery, "recovery.signal")
    side.start()
    _until_promoted(side)
    rows = here = 0
    with (
        psycopg.connect(side.url) as then,
        psycopg.connect(live.url) as now,
        then.cursor() as reading,
        now.cursor() as writing,
    ):
        writing.execute(b"SET LOCAL session_replication_role = replica")
        writing.execute(b"CREATE TEMP TABLE then_claims (LIKE claims) ON COMMIT DROP")
        with (
            reading.copy(b"COPY claims TO STDOUT (FORMAT binary)") as out,
            writing.copy(b"COPY then_claims FROM STDIN (FORMAT binary)") as into,
        ):
            for piece in out:
                into.write(piece)
        rows = writing.execute(
            b"INSERT INTO claims SELECT t.* FROM then_claims t LEFT JOIN claims c"
            b" USING (allowance_ref, cheque_id, payee_id) WHERE c.allowance_ref IS NULL"
        ).rowcount
        here = int((writing.execute(b"SELECT count(*) FROM claims").fetchone() or (0,))[0])
    side.stop()
    drill.must(rows == deleted, f"{rows} rows were put back, {deleted} had gone")
    ground.service.start()
    held = ground.held()
    drill.must((held.lost, held.twice, held.refused) == (0, 0, 0), f"not everything is back: {held}")
    drill.must(ground.changed(None, ground.terminals[0].chance) == 0, "a batch sent again got another answer")
    verified(drill, ground, "after the rows were put back")
    drill.must(_witness(drill, ground)["ok"], "the witness does not follow any more")
    drill.found(
        f"{rows} rows put back, {here} claims stand, ledger and audit log are clean, the witness follows, and nothing "
        "that came after the DELETE was lost",
        rows_put_back=rows,
    )


def _go_back(
    drill: Drill, ground: Ground, pair: tuple[Cluster, Cluster], backup: Path, recovery: dict[str, str]
) -> None:
    """The way that forgets: the whole database as it was, and what brings back what came after."""
    damaged, past = pair
    drill.step("now as if nothing could be put back: the whole database goes back to the moment before")
    ground.service.stop()
    past.take_data(backup, recovery, "recovery.signal")
    past.start()
    _until_promoted(past)
    ground.store = past.url
    ground.service.serve_from(past.url)
    verified(drill, ground, "after going back in time")
    lost = ground.held().lost
    drill.must(lost == SENT, f"{lost} payments are forgotten, {SENT} were settled since the moment")
    drill.found(
        f"the books are whole as of that moment, and have forgotten {lost} payments, which the terminals hold answers "
        "for and will not send again by themselves",
        forgotten=lost,
    )
    told = _witness(drill, ground)
    drill.must(not told["ok"], "the witness did not notice that the log went back")
    drill.found(f"the witness refuses the log that went back: {told['failures'][0]['code']}")
    drill.step("each terminal sends its last answered batch again, on purpose (terminal sync --again)")
    for terminal in ground.terminals:
        drill.must(terminal.ask(terminal.sent[-1][0]) is not None, "a terminal's last batch was not taken")
    back = lost - ground.held().lost
    drill.must(back == TILLS * BATCH, f"{back} payments came back")
    drill.found(f"{back} of them come back from the terminals, which hold no more than their last batch")
    drill.step("the damaged database still holds the others' batches: they are handed in again as files")
    answered = _hand_in_again(drill, ground, damaged)
    held = ground.held()
    drill.must((held.lost, held.twice) == (0, 0), f"not everything is back: {held}")
    verified(drill, ground, "after everything was handed in again")
    drill.found(
        f"{answered} batches out of the damaged database's table, handed in with operator take-batch: 0 payments "
        "missing, 0 paid twice; their answers are signed anew, so they are other bytes with the same verdicts",
        handed_in_again=answered,
        missing_at_the_end=held.lost,
        paid_twice=held.twice,
    )


def _hand_in_again(drill: Drill, ground: Ground, damaged: Cluster) -> int:
    folder = drill.folder / "again"
    folder.mkdir()
    known = {terminal.till.ref for terminal in ground.terminals}
    found = damaged.ask("SELECT terminal_ref, body FROM batches ORDER BY received_at", DATABASE)
    files = []
    for number, (terminal_ref, body) in enumerate(found):
        drill.must(bytes(terminal_ref) in known, "a batch of an unknown terminal")
        files.append(folder / f"{number:05d}.feiqian-batch")
        files[-1].write_bytes(body)
    taken = feiqian(ground, "operator", "take-batch", *map(str, files))
    drill.must(taken["ok"], f"take-batch: {taken['failures'][:2]}")
    drill.must(sum(one["settled"] for one in taken["answers"]) == len(files) * BATCH, "not everything was settled")
    return len(files)


def _with_sqlite(drill: Drill) -> None:
    folder = drill.folder / "sqlite"
    folder.mkdir()
    ground = Ground(folder, "sqlite", 4, "backup", ALLOWANCES, tills=TILLS, batch=BATCH)
    try:
        drill.step("SQLite: feiqian operator backup while payments are being taken")
        ground.service.start()
        with traffic(ground):
            pass
        copy = folder / "backup"
        with traffic(ground):
            made = feiqian(ground, "operator", "backup", "--out", str(copy), "--with-keys")
        drill.must(made["ok"], f"no backup: {made['failures']}")
        drill.must(not list(copy.rglob("root-*.key")), "a root key was copied")
        drill.found(
            f"a live home copied in {made['elapsed_s']} s: {made['postings']} postings, {made['audit_size']} entries "
            "in the log, its books verified, no root key in it",
            backup_s=made["elapsed_s"],
        )
        with traffic(ground):
            pass
        drill.step("the home is lost; the copy becomes the home")
        ground.service.end_by_force()
        shutil.rmtree(ground.home)
        shutil.copytree(copy, ground.home)
        ground.service.start()
        verified(drill, ground, "in the restored home")
        forgotten = ground.held().lost
        drill.must(SENT <= forgotten <= 2 * SENT, f"{forgotten} payments are missing in the copy")
        for terminal in ground.terminals:
            for body, _ in terminal.sent:
                answer = terminal.ask(body)
                drill.must(answer is not None and len(decode_answer(answer).claims) == BATCH, "a batch was not taken")
        held = ground.held()
        drill.must((held.lost, held.twice) == (0, 0), f"not everything is back: {held}")
        with traffic(ground):
            pass
        verified(drill, ground, "at the end")
        drill.found(
            f"restored and serving; {forgotten} payments were settled after the copy, and are there again once their "
            "batches were handed in again; 0 paid twice",
            forgotten_by_the_copy=forgotten,
        )
    finally:
        ground.service.end_by_force()


def _know_a_witness(drill: Drill, ground: Ground) -> None:
    """A witness of the log, whose cosignatures the operator takes."""
    secret = encode_secret_key("drill.example/witness", SignatureType.COSIGNATURE, secrets.token_bytes(SEED_BYTES))
    (drill.folder / WITNESS).write_text(f"{secret}\n", encoding="utf-8")
    key, _ = decode_secret_key(secret)
    drill.must(feiqian(ground, "operator", "witness", "add", key.text)["added"], "the witness was not added")


def _witness(drill: Drill, ground: Ground) -> dict[str, Any]:
    return feiqian(ground, "audit", "witness", "--from", ground.service.url, "--key", str(drill.folder / WITNESS))


def feiqian(ground: Ground, *words: str) -> dict[str, Any]:
    """What a command on the ground's home says."""
    line = [*FEIQIAN, *words, "--home", str(ground.home), "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return dict(json.loads(done.stdout))


def _archive_all(live: Cluster, archive: Path) -> None:
    """Until the log that is being written has come to the archive, too."""
    (file,) = live.ask("SELECT pg_walfile_name(pg_switch_wal())")[0]
    until = time.monotonic() + ARCHIVED_S
    while not (archive / str(file)).exists():
        assert time.monotonic() < until, "the log does not come to the archive"
        time.sleep(0.1)


def _until_promoted(cluster: Cluster) -> None:
    until = time.monotonic() + ARCHIVED_S
    while cluster.ask("SELECT pg_is_in_recovery()") != [(False,)]:
        assert time.monotonic() < until, "the restored database does not come out of recovery"
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main("pitr", walk, sys.argv[1:]))
