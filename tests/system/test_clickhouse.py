#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store over one clickhouse-server of Debian: every answer against a slow look at all rows, and
what is counted while the server, or we, are killed."""
import os
import pathlib
import random
import re
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cluster"))
import clickhouse
from clickhouse import Nobody, Server, Spoiler, Talk, until

BUILD = os.environ.get("PONOR_BUILD", "build")
if clickhouse.missing():
    print(f"1..0 # SKIP {clickhouse.missing()}")
    sys.exit(0)

folder = clickhouse.scratch()
server = Server(folder / "server").start()
dice = random.Random(5)


def count(database="ponor"):
    """Rows, and how many different ones."""
    words = server.ask(f"SELECT count(), uniqExact(history, source, sequence) FROM {database}.events")
    return tuple(int(w) for w in words.split())


def case_every_answer_is_as_wanted():
    talk = Talk(BUILD, folder / "answers", [server], database="answers")
    talk.run("put", 0, 6000, 700)
    last = talk.run("tend", 60)
    assert "rows 6000 waiting 0" in last and last.rstrip().endswith("why"), last
    assert count("answers") == (6000, 6000)
    talk.keeps_its_contract(6000, 40)


def case_the_table_stays_within_what_18_16_knows():
    types = server.ask("SELECT DISTINCT type FROM system.columns WHERE database = 'answers'").split()
    assert set(types) <= {"UInt8", "UInt16", "UInt32", "UInt64", "Date", "String",
                          "FixedString(16)"}, types
    days = server.ask("SELECT DISTINCT partition FROM system.parts WHERE active AND"
                      " database = 'answers' ORDER BY partition").split()
    assert days == ["2026-11-24", "2026-11-25", "2026-11-26"], days


def case_the_same_rows_again_change_nothing():
    """As history does that begins again before the place where it stopped, in other batches."""
    talk = Talk(BUILD, folder / "answers", [server], database="answers")
    talk.run("put", 3000, 3500, 450)
    assert "rows 6500 waiting 0" in talk.run("tend", 60)
    assert count("answers") == (6500, 6500)


def case_a_server_that_is_down_makes_rows_wait():
    talk = Talk(BUILD, folder / "ponor", [server])
    server.kill()
    talk.run("put", 0, 2000, 100)
    facts = talk.facts()
    assert facts["waiting"] == 1, facts  # small batches that wait become one
    assert "see that clickhouse-server runs there" in facts["why"], facts
    server.start()
    assert "rows 2000 waiting 0" in talk.run("tend", 60)
    assert talk.facts()["why"] == ""
    assert count() == (2000, 2000)


def case_the_server_is_killed_in_the_middle_of_inserts():
    talk = Talk(BUILD, folder / "ponor", [server])
    rows = 2000
    for _ in range(6):
        child = talk.begin("put", rows, 12000, 2000)
        time.sleep(dice.uniform(0.02, 0.6))
        server.kill()
        out, err = child.communicate(timeout=120)
        assert child.returncode == 0, out + err
        rows += 12000
        server.start()
    last = talk.run("tend", 90)
    assert f"rows {rows} waiting 0" in last, last
    assert count() == (rows, rows)


def case_we_are_killed_and_the_server_too():
    """Then all is put again from the beginning: what was committed is left out."""
    talk = Talk(BUILD, folder / "both", [server], database="both")
    rows = 0
    for round in range(8):
        child = talk.begin("put", 0, 30000, 1000)
        time.sleep(dice.uniform(0.3, 2))
        if round % 3 == 2:
            server.kill()
        child.send_signal(signal.SIGKILL)
        out, _ = child.communicate(timeout=60)
        said = re.findall(r"committed (\d+)", out)
        rows = max([rows, *map(int, said)])
        if round % 3 == 2:
            server.start()
    talk.run("put", 0, 30000, 1000)
    last = talk.run("tend", 90)
    assert "rows 30000 waiting 0" in last, last
    assert count("both") == (30000, 30000)
    talk.keeps_its_contract(30000, 4)


def case_an_insert_whose_end_nobody_heard_is_not_made_twice():
    """The server stands still, with the whole INSERT in its hands; we give up and are ended."""
    talk = Talk(BUILD, folder / "unheard", [server], database="unheard")
    talk.run("put", 0, 1000, 1000)
    talk.run("tend", 60)
    server.child.send_signal(signal.SIGSTOP)
    try:
        child = talk.begin("put", 1000, 3000, 1000)
        until("it waits", lambda: len(talk.batches()) >= 1)
        time.sleep(1)
        child.kill()
        child.wait()
    finally:
        server.child.send_signal(signal.SIGCONT)
    talk.run("put", 0, 4000, 1000)
    assert "waiting 0" in talk.run("tend", 60)
    assert count("unheard") == (4000, 4000)


def case_whatever_becomes_of_answers_rows_count_once():
    """Half of all requests, and every kind of fault; at the end they get through."""
    faults = ["refuse", "lost", "half", "error", "strange", "slow"]
    is_over = False

    def fault(number, request):
        return None if is_over or number % 2 == 0 else faults[number // 2 % len(faults)]

    spoiler = Spoiler(server, fault)
    talk = Talk(BUILD, folder / "spoiled", [spoiler], database="spoiled")
    rows = 0
    while len(spoiler.spoiled) < 7 or min(spoiler.spoiled.values()) < 4:
        talk.run("put", rows, 1500, 500)
        rows += 1500
        talk.run("tend", 3)
    is_over = True
    last = talk.run("tend", 120)
    assert f"rows {rows} waiting 0" in last, (last, spoiler.spoiled)
    assert count("spoiled") == (rows, rows), spoiler.spoiled
    talk.keeps_its_contract(rows, 2)


def case_who_is_no_clickhouse_server_gets_no_rows():
    """Whatever listens there says 200 to all."""
    talk = Talk(BUILD, folder / "strange", [Spoiler(server, lambda *_: "strange")], database="strange")
    talk.run("put", 0, 100, 100)
    said = talk.run("hear", 60, "is no ClickHouse server")
    assert "waiting 1" in said and "see `servers`" in said, said
    talk = Talk(BUILD, folder / "strange", [server], database="strange")
    assert "rows 100 waiting 0" in talk.run("tend", 60)


def case_inserts_do_not_wait_for_days_that_cannot_be_listed():
    spoiler = Spoiler(server, lambda _, request: "error" if b"system.parts" in request and
                      b"max_date <" in request else None)
    talk = Talk(BUILD, folder / "unlisted", [spoiler], database="unlisted")
    talk.run("put", 0, 500, 500)
    assert "rows 500 waiting 0" in talk.run("tend", 60)
    assert spoiler.spoiled["error"] > 0, spoiler.spoiled


def case_a_block_that_is_broken_off_is_not_inserted():
    """The connection ends in the middle: wherever, nothing of it goes in."""
    server.ask("CREATE TABLE answers.broken AS answers.events")
    block = server.ask("SELECT * FROM answers.events LIMIT 20 FORMAT Native", raw=True)
    sql = "INSERT%20INTO%20answers.broken%20FORMAT%20Native"
    for end in sorted({0, 1, 2, 3, len(block) - 1, *(dice.randrange(len(block)) for _ in range(150))}):
        with socket.create_connection(("127.0.0.1", server.http)) as s:
            s.sendall(f"POST /?query={sql} HTTP/1.1\r\nHost: a\r\nX-ClickHouse-User: default\r\n"
                      f"Content-Length: {len(block)}\r\n\r\n".encode() + block[:end])
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
    assert server.ask("SELECT count() FROM answers.broken") == "0"
    server.ask("INSERT INTO answers.broken FORMAT Native", body=block)
    assert server.ask("SELECT count() FROM answers.broken") == "20"


def case_a_count_that_is_too_high_is_healed():
    """What a batch would look like that went in twice after all: copied by hand."""
    Talk(BUILD, folder / "healed", [Nobody()], database="healed").run("put", 0, 600, 600)
    talk = Talk(BUILD, folder / "healed", [server], database="healed")
    spooled, = talk.batches()
    batch, state = spooled.read_bytes(), (folder / "healed/spool/state").read_bytes()
    assert "waiting 0" in talk.run("tend", 60)
    server.ask("INSERT INTO healed.events SELECT * FROM healed.events")
    assert count("healed") == (1200, 600)
    (folder / "healed/spool/state").write_bytes(state)  # as after a power failure
    spooled.write_bytes(batch)
    assert "rows 600 waiting 0" in talk.run("tend", 60)
    assert count("healed") == (600, 600)


def case_a_full_spool_makes_history_wait():
    talk = Talk(BUILD, folder / "full", [server], database="full", PONOR_KEEP_BYTES=8 << 20)
    server.kill()
    child = talk.begin("put", 0, 40000, 1000)
    until("it is full", lambda: child.stdout.readline() == "full\n", 60, every=0)
    assert sum(b.stat().st_size for b in talk.batches()) <= 8 << 20
    server.launch()
    out, err = child.communicate(timeout=200)
    assert child.returncode == 0, err
    assert "the spool is full" in err or "lines wait in the spool" in err, err
    server.wait()
    assert "rows 40000 waiting 0" in talk.run("tend", 60)
    assert count("full") == (40000, 40000)


def case_a_history_that_is_made_anew_is_counted_once():
    talk = Talk(BUILD, folder / "anew", [server], database="anew")
    talk.run("put", 0, 500, 500)
    assert "rows 500 waiting 0" in talk.run("tend", 60)
    for file in (folder / "anew/spool").iterdir():
        file.unlink()
    talk.run("put", 0, 700, 700)
    assert "rows 700 waiting 0" in talk.run("tend", 60)
    talk.keeps_its_contract(700, 4)


def case_days_that_are_too_old_go():
    talk = Talk(BUILD, folder / "anew", [server], database="anew")
    columns = "`batch`, `history`, `date`, `at`, `source`, `sequence`"
    server.ask(f"INSERT INTO anew.events ({columns}) VALUES (1, 2, '2020-01-02', 1577923200000000, 1, 1)")
    old = "SELECT count() FROM anew.events WHERE date = '2020-01-02'"
    assert server.ask(old) == "1"
    until("it goes", lambda: "rows 700" in talk.run("tend", 30, PONOR_KEEP_DAYS="400") and
          server.ask(old) == "0", 60)


def case_as_many_days_are_kept_as_with_sqlite():
    """Today and the two before: of rows of five days the first two go."""
    talk = Talk(BUILD, folder / "anew", [server], database="anew")
    columns = "`batch`, `history`, `date`, `at`, `source`, `sequence`"
    server.ask("CREATE TABLE IF NOT EXISTS anew.other AS anew.events")
    server.ask("DROP TABLE anew.events")
    server.ask("RENAME TABLE anew.other TO anew.events")
    for ago in range(5):
        server.ask(f"INSERT INTO anew.events ({columns}) SELECT 1, 2, today() - {ago},"
                   f" toUInt64(toUnixTimestamp(now()) - {ago} * 86400) * 1000000, 1, {ago}")
    days = "SELECT count(), min(date) = today() - 2 FROM anew.events"
    until("they go", lambda: talk.run("tend", 30, PONOR_KEEP_DAYS="3") and
          server.ask(days) == "3\t1", 60)


def refusal(text, database="ponor", name="refused", **env):
    (folder / "right").write_text("right\n")
    (folder / "wrong").write_text("wrong\n")
    talk = Talk(BUILD, folder / name, [server], database=database, **env)
    talk.run("put", 0, 10, 10)
    said = talk.run("hear", 60, text)
    assert "waiting 1" in said and text in said, said
    return said


def case_refusals_are_said_in_words():
    refusal("Wrong password for user ponor (193); set `password_file`", PONOR_USER="ponor",
            PONOR_PASSWORD_FILE=folder / "wrong")
    said = refusal("Unknown user nobody", PONOR_USER="nobody", PONOR_PASSWORD_FILE=folder / "wrong")
    assert "users.xml" in said, said
    refusal("<allow_databases>", database="other", PONOR_USER="ponor",
            PONOR_PASSWORD_FILE=folder / "right")
    talk = Talk(BUILD, folder / "refused", [server], "nowhere")
    said = talk.run("hear", 60, "'nowhere' not found")
    assert "<remote_servers>" in said, said
    talk = Talk(BUILD, folder / "refused", [server], PONOR_USER="ponor",
                PONOR_PASSWORD_FILE=folder / "right")
    assert "waiting 0" in talk.run("tend", 60)


raise SystemExit(clickhouse.run(globals()))
