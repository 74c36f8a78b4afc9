# SPDX-License-Identifier: GPL-3.0-or-later
"""`ponor incidents` and `ponor report` over event files of two months, without consoled and beside it."""
import datetime
import fcntl
import json
import os
import re
import signal
import subprocess

import console
import lab
import story
from lab import PONOR, out

PORT = 8053
lab.enter_namespace()
folder = lab.scratch()
events, wire = story.write(folder)
temporary = folder / "tmp"
temporary.mkdir()
(folder / "wechat.yaml").write_text(lab.LISTS)


def config(name, consoled=""):
    file = folder / f"{name}.yaml"
    file.write_text(f"""\
gateway: gw-01
image: {folder}/policy.image
control: {folder}/control.sock
lists:
  - list: wechat
    file: {folder}/wechat.yaml
groups:
  - group: mobile
    clients: [10.20.0.0/16]
    lists: [wechat]
dnsd:
  mode: forward
  forward:
    to: [192.0.2.1]
  listen: [127.0.0.1@5399]
  events:
    folder: {events}
inspectd:
  events:
    folder: {wire}
consoled:
  folder: {folder}/people
  control: {folder}/consoled.sock
  history:
    folder: {folder}/history
{consoled}""")
    return file


plain = config("plain")


def ponor(*argv, file=plain, check=True, user=None):
    """Both outputs and the code; the temporary history stands in a folder of the test's."""
    ran = subprocess.run([PONOR, "-c", file, *argv], capture_output=True, text=True, timeout=120, user=user,
                         env={**os.environ, "TMPDIR": str(temporary)})
    assert not check or ran.returncode == 0, (argv, ran.returncode, ran.stderr)
    assert "Sanitizer" not in ran.stderr, ran.stderr
    assert not list(temporary.iterdir()), "something was left behind"
    return ran


def incidents(*argv, **how):
    return [json.loads(l) for l in ponor("incidents", "--json", *argv, **how).stdout.splitlines()]


def incident_of(client, app):
    found = [i for i in incidents() if i["device"]["address"] == client and i["app"] == app]
    assert len(found) == 1, found
    return found[0]


def case_an_installed_app_and_a_visit_look_different():
    phone, browser = incident_of("10.20.2.3", "WeChat"), incident_of("10.20.2.4", "WeChat")
    assert phone["score"]["confidence"] == "sure" and phone["score"]["points"] == 100, phone
    assert browser["score"]["confidence"] == "visited" and browser["score"]["points"] < 40, browser
    words = [r["word"] for r in phone["score"]["reasons"]]
    assert words[0] == "mmtls" and "installed-names" in words and "httpdns" in words, words
    assert [r["word"] for r in browser["score"]["reasons"]][0] == "visited"
    assert phone["ways"].keys() == {"dns", "mmtls", "httpdns"}, phone["ways"]
    assert phone["ticket"] == "SEC-2023-0117" and phone["gateway"] == "gw-01"


def case_each_story_is_there_once_and_exactly():
    counts = {(i["device"]["address"], i["app"]): (i["attempts"], i["stopped"]) for i in incidents()}
    assert counts == {("10.20.2.3", "WeChat"): (28 * 15, 28 * 15),
                      ("10.20.2.4", "WeChat"): (12, 12),
                      ("10.20.7.8", "Kaspersky"): (28 * 8, 28 * 8),
                      ("10.20.9.1", "TikTok"): (12, 12),
                      ("10.20.3.3", "Encrypted DNS"): (33, 33),
                      ("10.20.4.4", "WeChat"): (2, 0),
                      ("10.20.6.6", story.HOSTILE): (1, 1)}, counts


def case_filters_hold():
    assert {i["app"] for i in incidents("--app", "wechat")} == {"WeChat"}
    assert {i["device"]["address"] for i in incidents("--since", "2026-10-26")} == \
        {"10.20.2.3", "10.20.7.8"}
    assert not incidents("--app", "nobody's")
    assert "-- no incident" in ponor("incidents", "--table", "--app", "nobody's").stdout


def case_without_people_states_are_not_known():
    ran = ponor("incidents", "--table")
    assert "states are not known" in ran.stderr and "not known" in ran.stdout, ran
    assert all(i["state"] is None for i in incidents())
    ran = ponor("incidents", "--state", "new", check=False)
    assert ran.returncode == 1 and "cannot be answered" in ran.stderr, ran


def case_a_table_shows_no_control_characters():
    said = ponor("incidents", "--table").stdout
    assert "\u202e" not in said and "10.20.2.3" in said and "sure 100" in said, said
    assert all(len(line) <= 121 for line in said.splitlines()), said


def case_a_table_of_events_shows_none_either():
    hostile = story.Folder(folder / "hostile")
    hostile.look_up(story.at(10, 1), "10.20.2.3", "a\u009b31mb\u202ec.example", "We\x1b[2JChat")
    hostile.notice(story.at(10, 2), "record-started", "\u009b2Jevents\u202e are written")
    hostile.write()
    said = ponor("events", "--folder", folder / "hostile", "--table").stdout
    assert not set("\u009b\u202e\x1b") & set(said), ascii(said)
    assert "a\ufffd31mb\ufffdc.example" in said and "events\ufffd are written" in said, ascii(said)


def case_wrong_use_says_what_is_right():
    for argv, word in ((("incidents", "--state", "open"), "false-positive"),
                       (("incidents", "--state", ""), "false-positive"),
                       (("incidents", "--since", "soon"), "2h"),
                       (("incidents", "more"), "too many"),
                       (("report", "--month", "10-2026"), "2026-11"),
                       (("report", "--month", "2199-01"), "has not begun"),
                       (("report", "--lang", "de"), "en or fr"),
                       (("report", "--html", "--markdown"), "exclude")):
        ran = ponor(*argv, check=False)
        assert ran.returncode == 2 and word in ran.stderr, (argv, ran)


def rows_of(markdown, heading):
    part = markdown.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [[c.strip() for c in l.strip("|").split("|")] for l in part.splitlines()
            if l.startswith("|")]
    return rows[2:]


def case_the_report_counts_the_month_and_the_one_before():
    said = ponor("report", "--month", "2026-10", "--markdown").stdout
    apps = {r[0]: r[1:] for r in rows_of(said, "What was tried, by app")}
    phone = 22 * 15
    assert apps["WeChat"] == [str(phone + 6 + 2 + 1), str(phone + 6), str(6 * 15 + 6), "–"], apps
    assert apps["Kaspersky"] == ["224", "224", "0", "–"], apps
    assert "The history begins on 2026-09-17" in said and "no trend follows" in said, said
    assert "2026-10-01 to 2026-10-31, UTC. Gateways: 1." in said, said
    assert "not stated" in dict((r[0], r[2]) for r in rows_of(said, "Authorities and tickets"))[
        "Encrypted DNS"]
    sure = dict(rows_of(said, "Devices, by how sure it is"))
    assert sure == {"certainly installed": "2", "probably installed": "2", "visited": "2",
                    "context": "1"}, sure
    gateways = {r[1]: r for r in rows_of(said, "Gateways")}
    assert gateways["inspectd"][6] == "12\u00a0min" and gateways["inspectd"][7] == "1,234", gateways
    assert gateways["dnsd"][5] == "whole", gateways
    assert "Allowed by exceptions: 1." in said and "SEC-2023-0117" in said, said
    assert "states are not known" in said, said


def case_the_page_is_complete_and_harmless():
    page = folder / "october.html"
    ponor("report", "--month", "2026-10", "-o", page)
    text = page.read_text()
    assert text.startswith("<!doctype html>") and text.endswith("</html>\n")
    assert "<svg" in text and "prefers-color-scheme:dark" in text and "@media print" in text
    for word in ("<script", "<img", "<a", "url(", "@import", "\u202e"):
        assert word not in text, word
    assert not re.search(r"<[^>]*\s(src|href|on\w+)=", text)
    assert "&lt;img src" in text
    assert "default-src 'none'" in text


def case_french_says_the_same_numbers():
    english = ponor("report", "--month", "2026-10").stdout
    french = ponor("report", "--month", "2026-10", "--lang", "fr").stdout
    assert "Applications interdites\u00a0: octobre 2026" in french, french[:200]
    digits = lambda text: sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[,\u202f](?=\d)", "", text)))
    assert digits(english.split("Made by")[0]) == digits(french.split("Produit par")[0])
    for word in ("Attempts", "installed", "Gateway"):
        assert word not in french, word


def case_a_month_of_nothing_says_so():
    said = ponor("report", "--month", "2025-01").stdout
    assert "No attempt at a banned app was seen in this month." in said, said
    assert "The history begins on 2026-09-1" in said or "The history begins on 2026-09-2" in said


def case_a_broken_chain_is_told():
    other = folder / "other"
    files = story.Folder(other)
    story.phone(files, files, 10, range(1, 4))
    files.write(broken_at=9)
    file = config("broken", f"  events: [{other}]\n")
    broken = [i for i in incidents(file=file) if "integrity" in i["ways"]]
    assert len(broken) == 1 and broken[0]["device"]["key"] == "gateway:gw-01", broken
    assert broken[0]["score"]["reasons"][0]["word"] == "chain-broken", broken
    said = ponor("report", "--month", "2026-10", file=file).stdout
    assert "breaks in the chain of events: 1" in said and "broken: 1" in said, said


def case_whatever_ends_it_nothing_is_left():
    """It cannot end by itself: more is written than the pipe takes."""
    for end in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, None:
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        child = subprocess.Popen([PONOR, "-c", plain, "incidents", "--json"], stdout=writing,
                                 stderr=subprocess.DEVNULL,
                                 env={**os.environ, "TMPDIR": str(temporary)})
        os.close(writing)
        lab.until("a temporary history", lambda: list(temporary.glob("*/summary.sqlite")), 60)
        assert child.poll() is None
        if end is None:
            os.close(reading)
        else:
            child.send_signal(end)
        child.wait(60)
        lab.until(f"nothing is left after {end}", lambda: not list(temporary.iterdir()), 60)
        if end is not None:
            os.close(reading)


def case_without_permission_the_history_is_not_passed_by():
    hidden = folder / "hidden"
    file = config("hidden-history")
    file.write_text(file.read_text().replace(f"folder: {folder}/history", f"folder: {hidden}/history"))
    hidden.mkdir(mode=0o700)
    (hidden / "history").mkdir()
    temporary.chmod(0o777)
    ran = ponor("incidents", file=file, check=False, user="nobody")
    assert ran.returncode == 1 and f"{hidden}/history cannot be read" in ran.stderr, ran
    assert "be root" in ran.stderr, ran


def case_a_folder_that_may_not_be_read_is_not_left_out():
    hidden = folder / "hidden-events"
    story.Folder(hidden).write()
    hidden.chmod(0o700)
    file = config("hidden-events", f"  events: [{events}, {hidden}]\n")
    for words in ("incidents",), ("report", "--month", "2026-10"):
        ran = ponor(*words, file=file, check=False, user="nobody")
        assert ran.returncode == 1 and not ran.stdout, ran
        assert f"{hidden} cannot be read" in ran.stderr and "be root" in ran.stderr, ran


def case_no_events_is_an_error_with_a_remedy():
    file = config("none", f"  events: [{folder}/nowhere]\n")
    ran = ponor("incidents", file=file, check=False)
    assert ran.returncode == 1 and "nowhere" in ran.stderr and "consoled: events:" in ran.stderr, ran


def case_beside_consoled_states_are_shown():
    home = folder / "home"
    home.mkdir()
    file = folder / "console.yaml"
    file.write_text(plain.read_text().split("consoled:")[0] +
                    console.section(home, PORT).replace(f"[{home}/events]", f"[{events}, {wire}]"))
    consoled = console.Consoled(home, file, PORT).start()
    browser = consoled.first()
    lab.until("the events are read", lambda: browser.get("/api/incidents")["total"] == 7, 30)
    phone = next(i for i in browser.get("/api/incidents")["incidents"]
                 if i["score"]["points"] == 100)
    browser.post(f"/api/incidents/{phone['id']}", state="acknowledged", assignee="admin")
    mine = incidents("--state", "acknowledged", file=file)
    assert [i["id"] for i in mine] == [phone["id"]] and mine[0]["assignee"] == "admin", mine
    assert mine[0]["score"] == phone["score"], (mine, phone)
    assert len(incidents("--state", "new", file=file)) == 6
    tiktok = next(i for i in browser.get("/api/incidents")["incidents"] if i["app"] == "TikTok")
    browser.post(f"/api/incidents/{tiktok['id']}", state="closed")
    consoled.stop()
    assert len(incidents(file=file)) == 7
    said = ponor("report", "--month", "2026-10", file=file)
    assert dict(rows_of(said.stdout, "Incidents"))["acknowledged"] == "1", said.stdout
    assert "states are not known" not in said.stdout + said.stderr, said
    assert "consoled has no history" not in said.stdout
    # Closed is what people did in a month, not what devices did.
    month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
    said = ponor("report", "--month", month, file=file).stdout
    assert dict(rows_of(said, "Incidents"))["Closed in this month"] == "1", said
    assert dict(rows_of(said, "Incidents"))["closed"] == "0", said


def case_help_names_the_words():
    said = out(PONOR, "--help")
    assert "incidents" in said and "report" in said, said
    assert out(PONOR, "-h") == said
    assert "false-positive" in out(PONOR, "incidents", "--help")
    assert "Without --month" in out(PONOR, "report", "--help")


raise SystemExit(lab.run(globals()))
