# SPDX-License-Identifier: GPL-3.0-or-later
"""consoled beside a real dnsd: what is asked becomes events and incidents within seconds; roles die and
come back, the history is deleted and made again, and nothing is lost or counted twice."""
import os
import shutil
import signal

import console
import lab
from lab import CLIENTS, dig, out

PORT = 8053
lab.enter_namespace()
home = lab.scratch() / "gw"
dnsd = lab.Dnsd(home, lab.config(home, "  mode: forward\n  forward: {to: [198.18.0.3]}\n"
                                 "  query_timeout: 300ms\n  stale: {after: 100ms}\n"
                                 '  recurse: {trust_anchor: ""}\n') + console.section(home, PORT))
dnsd.start()
consoled = console.Consoled(home, dnsd.file, PORT)
people = {}


def counts():
    """All that a history says in numbers."""
    found = people["admin"].get("/api/incidents", state="all")["incidents"]
    series = people["admin"].get("/api/series", by="rule", bucket=0, **{"from": "-30d"})["series"]
    return (sorted((i["device"]["key"], i["app"], i["attempts"], i["stopped"], str(i["evidence"]))
                   for i in found),
            sorted((s["value"], s["rows"], s["stopped"]) for s in series if s["value"]))


def is_as(before):
    """Whether it says the same again; not before there is a history."""
    try:
        return counts() == before
    except console.Refused as why:
        assert why.word == "no-history", why
        return False


def listed(path, key, **query):
    """Nothing, before there is a history."""
    try:
        return people["admin"].get(path, **query)[key]
    except console.Refused as why:
        assert why.word == "no-history", why
        return []


def rows(**query):
    return listed("/api/events", "rows", **query)


def incidents(**query):
    return listed("/api/incidents", "incidents", **query)


def case_it_starts_and_says_where_the_page_is():
    consoled.start()
    assert f"the page is at http://127.0.0.1:{PORT}/" in consoled.log(), consoled.log()
    assert set(consoled.roles()) == {"ingest", "web"}, consoled.roles()


def case_the_first_password_is_in_a_file_and_must_be_changed():
    file = home / "console/first-password"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() not in consoled.log()
    consoled.stop()
    consoled.start()
    assert file.exists(), "who was not there before a restart has no password"
    browser = console.Browser(PORT)
    browser.login(file.read_text().strip())
    try:
        browser.get("/api/incidents")
        raise AssertionError("it was not asked to change the password")
    except console.Refused as why:
        assert why.code == 403, why
    people["admin"] = consoled.first()
    assert not file.exists(), "the first password stays in its file"


def case_a_blocked_question_is_on_the_page_within_seconds():
    assert dig("www.wechat.com").ede == [15]
    row = lab.until("the event", lambda: rows(name="www.wechat.com"))[0]
    assert (row["app"], row["client"], row["way"], row["stopped"], row["gateway"]) == \
        ("WeChat", CLIENTS[0], "dns", True, "gw-lab"), row
    assert row["device"]["known"] == "unknown" and row["device"]["key"] == "address:" + CLIENTS[0], row
    found = lab.until("the incident", lambda: incidents())
    assert found[0]["app"] == "WeChat" and found[0]["score"]["confidence"] == "visited", found


def case_the_event_says_why():
    row = rows(name="www.wechat.com")[0]
    one = people["admin"].get(f"/api/events/{row['source']}/{row['sequence']}", at=row["at"])
    assert one["raw"]["ponor"]["ticket"] == "SEC-2023-0117", one
    assert one["why"]["line"] == 12 and "Treasury Board" in one["why"]["authority"], one["why"]
    lines = (home / "events/blocked.jsonl").read_text().splitlines()
    assert one["raw_text"] in lines, one["raw_text"]


def case_status_shows_it():
    said = dnsd.ponor("status")
    assert "ingest 0" in said and "web 0" in said, said


def case_roles_that_are_killed_come_back_and_nothing_counts_twice():
    for kind in "ingest", "web", "ingest":
        before = consoled.roles()[kind]
        for i in range(40):
            dig(f"a{i}.weixin.com")
            if i == 20:
                os.kill(before, signal.SIGKILL)
        lab.until(f"{kind} is back", lambda: consoled.roles().get(kind) not in (None, before))
    written = len(dnsd.events())
    lab.until("web answers", consoled.answers)
    lab.until("all is taken in", lambda: sum(
        s[1] for s in counts()[1]) == written, seconds=20)
    assert sum(i[2] for i in counts()[0]) == written, (counts(), written)


def case_the_history_is_deleted_and_made_again():
    before = counts()
    consoled.stop()
    shutil.rmtree(home / "history")
    consoled.start()
    people["admin"] = consoled.again()
    lab.until("it is as before", lambda: is_as(before), seconds=20)


def case_what_people_decided_stays():
    admin = people["admin"]
    one = incidents()[0]
    admin.post(f"/api/incidents/{one['id']}", state="closed", note="a visit, spoken to the owner")
    assert admin.get(f"/api/incidents/{one['id']}")["state"] == "closed"
    consoled.stop()
    shutil.rmtree(home / "history")
    consoled.start()
    people["admin"] = admin = consoled.again()
    found = lab.until("the incident", lambda: incidents(state="closed"))
    assert found[0]["notes"] == 1, found
    dig("www.wechat.com")
    found = lab.until("new evidence opens it again",
                      lambda: incidents(state="new"))
    assert found[0]["reopened"], found


def case_a_changed_line_is_an_incident():
    consoled.stop()
    dnsd.stop()
    file = home / "events/blocked.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace(CLIENTS[0], CLIENTS[1], 1)
    file.write_text("".join(lines))
    shutil.rmtree(home / "history")
    consoled.start()
    people["admin"] = admin = consoled.again()
    found = lab.until("the incident", lambda: [
        i for i in incidents(state="all") if "integrity" in i["ways"]])
    assert found[0]["device"]["key"] == "gateway:gw-lab", found
    gateways = admin.get("/api/gateways")["gateways"]
    assert any(not g["chain"]["whole"] for g in gateways), gateways
    # What comes behind the break is taken in all the same.
    lab.until("the rest", lambda: sum(s[1] for s in counts()[1]) >= len(lines) - 10)


def case_a_folder_that_is_not_there_is_said_and_waited_for():
    consoled.stop()
    shutil.rmtree(home / "history")
    (home / "events").rename(home / "away")
    consoled.start()
    lab.until("it says so", lambda: str(home / "events") in consoled.log())
    (home / "away").rename(home / "events")
    people["admin"] = consoled.again()
    lab.until("it is read", lambda: incidents(state="all"))


def case_a_second_one_says_that_it_runs_already():
    said = out(console.CONSOLED, "-c", dnsd.file, check=False)
    assert "another program answers at" in said, said


def case_it_ends_cleanly():
    consoled.ask("stop")
    lab.until("it has ended", lambda: consoled.child.poll() is not None)
    consoled.stop()


raise SystemExit(lab.run(globals()))
