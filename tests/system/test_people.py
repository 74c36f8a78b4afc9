# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what at a running consoled: the first password, roles, what is decided about incidents, audit
lines, a lost password and a lost database. Sessions: test_sessions.py; other ways in: test_factor.py."""
import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import lab
import staff
from browse import Browser
from console import Refused
from lab import dig
from staff import ADDRESS, OTHER, PASSWORD, PORT, account, admin, audit, people, plain, refused


def case_the_first_password_must_be_changed():
    first = people / "first-password"
    assert first.stat().st_mode & 0o777 == 0o600
    password = first.read_text().strip()
    assert password not in plain.log()
    assert refused(admin.login, "admin", "wrong wrong wrong") == (401, "wrong")
    session = admin.login("admin", password)
    assert session["account"] == {"name": "admin", "permission": "admin", "totp": False,
                                  "must_change": True, "language": ""}
    for path in ["/api/incidents", "/api/accounts", "/api/audit"]:
        assert refused(admin.get, path) == (403, "must-change"), path
    assert refused(admin.post, "/api/totp", {}) == (403, "must-change")
    assert refused(admin.post, "/api/password", {"old": "no", "new": PASSWORD}) == (400, "wrong")
    for weak in ["short", "admin admin admin", "aaaaaaaaaaaaaaa", password]:
        assert refused(admin.post, "/api/password", {"old": password, "new": weak}) == (400, "weak")
    admin.post("/api/password", {"old": password, "new": PASSWORD})
    assert not first.exists()
    assert admin.get("/api/session")["account"]["must_change"] is False
    assert len(admin.get("/api/accounts")["accounts"]) == 1


def case_roles_may_what_they_may():
    viewer, analyst = account("victor", "viewer"), account("Jane", "analyst")
    assert viewer.get("/api/session")["account"]["permission"] == "viewer"
    for b in viewer, analyst:
        for path in "/api/accounts", "/api/audit":
            assert refused(b.get, path) == (403, "permission")
        assert refused(b.post, "/api/accounts", {}) == (403, "permission")
        assert refused(b.post, "/api/accounts/Jane", {"permission": "admin"}) == (403, "permission")
    assert refused(viewer.post, "/api/incidents/1", {"state": "closed"}) == (403, "permission")
    admin.post("/api/accounts/jane", {"permission": "viewer"})
    assert refused(analyst.post, "/api/incidents/1", {"state": "closed"}) == (403, "permission")
    admin.post("/api/accounts/jane", {"permission": "analyst"})
    assert refused(admin.post, "/api/accounts/admin", {"disabled": True}) == (409, "last-admin")
    assert refused(admin.post, "/api/accounts/ADMIN", {"permission": "viewer"}) == (409, "last-admin")
    assert refused(admin.post, "/api/accounts/admin", {"password": OTHER}) == (400, "own")
    assert refused(admin.post, "/api/accounts/nobody", {"disabled": True}) == (404, "not-found")
    assert refused(admin.post, "/api/accounts", {"name": "JANE", "password": OTHER,
                                                 "permission": "viewer"}) == (409, "exists")
    assert refused(admin.post, "/api/accounts", {"name": "<b>", "password": OTHER,
                                                 "permission": "viewer"}) == (400, "invalid")
    assert refused(admin.post, "/api/accounts", {"name": "x", "password": OTHER,
                                                 "permission": "root"}) == (400, "invalid")
    admin.post("/api/accounts/victor", {"disabled": True})
    assert refused(viewer.get, "/api/session") == (401, "login")
    assert refused(Browser(PORT).login, "victor", PASSWORD) == (401, "wrong")
    admin.post("/api/accounts/victor", {"disabled": False})


def case_an_incident_is_closed_and_comes_back():
    jane = Browser(PORT)
    jane.login("jane", PASSWORD)
    assert dig("www.wechat.com").ede == [15]

    def first():
        try:
            return jane.get("/api/incidents?state=all")["incidents"]
        except Refused as why:
            assert why.word in ("no-history", "history"), why
    [incident] = lab.until("the incident", first, 30)
    path = f"/api/incidents/{incident['id']}"
    assert incident["state"] == "new" and incident["reopened"] is False
    assert refused(jane.post, path, {}) == (400, "invalid")
    assert refused(jane.post, path, {"state": "gone"}) == (400, "invalid")
    assert refused(jane.post, path, {"assignee": "victor"}) == (400, "invalid")
    assert refused(jane.post, path, {"note": "x" * 4001}) == (400, "invalid")
    assert refused(jane.post, "/api/incidents/999999", {"state": "closed"}) == (404, "not-found")
    assert refused(jane.post, "/api/incidents/1x", {"state": "closed"}) == (404, "not-found")
    hostile = "<script>alert(1)</script>\u202e=cmd|'/C calc'!A0"
    now = jane.post(path, {"state": "closed", "assignee": "JANE", "note": hostile})
    assert (now["state"], now["assignee"], now["notes"]) == ("closed", "Jane", 1), now
    [step] = jane.get(path)["steps"]
    assert (step["by"], step["state"], step["assignee"], step["note"]) == \
        ("Jane", "closed", "Jane", hostile), step
    assert jane.get("/api/incidents?state=closed")["total"] == 1
    time.sleep(.01)
    dig("www.wechat.com")
    again = lab.until("it is new again", lambda: [i for i in
                      jane.get("/api/incidents?state=new")["incidents"]], 30)
    assert again[0]["reopened"] is True and again[0]["id"] == incident["id"], again
    [line] = audit("case-closed")
    assert line["user"]["name"] == "Jane" and line["ponor"]["case"]["app"] == "WeChat", line
    assert line["source"]["ip"] == ADDRESS and line["ponor"]["case"]["note"] == hostile, line


def case_audit_lines_are_a_chain_and_hold_no_secret():
    page = admin.get("/api/audit")
    assert page["chain"]["whole"] is True and page["chain"]["lines"] == len(audit()), page["chain"]
    assert page["lines"][0]["sequence"] == len(audit())
    assert page["lines"][0]["raw"] == audit()[-1]
    seen = [l["sequence"] for l in page["lines"]]
    while page["next"] is not None:
        page = admin.get(f"/api/audit?before={page['next']}")
        seen += [l["sequence"] for l in page["lines"]]
    assert seen == list(range(len(audit()), 0, -1))
    text = (people / "audit.jsonl").read_bytes()
    before = b"\0" * 32
    for line in text.splitlines():
        assert json.loads(line)["ponor"]["chain"] == before.hex()
        before = hashlib.sha256(line).digest()
    for secret in PASSWORD, OTHER, "argon2", admin.cookie, admin.csrf:
        assert secret.encode() not in text, secret
    for path in "audit.jsonl", "people.sqlite":
        assert (people / path).stat().st_mode & 0o777 == 0o600
    # Somebody who may write there changes a word.
    file = people / "audit.jsonl"
    file.write_bytes(text.replace(b'"user":{"name":"Jane"}', b'"user":{"name":"Joan"}', 1))
    chain = admin.get("/api/audit")["chain"]
    assert chain["whole"] is False and "the line before it was changed" in chain["text"], chain
    file.write_bytes(text)
    assert admin.get("/api/audit")["chain"]["whole"] is True


def ponor_audit(*argv):
    ran = subprocess.run([lab.PONOR, "-c", staff.dnsd.file, "audit", *argv], capture_output=True, text=True,
                         timeout=60)
    return ran.returncode, ran.stdout + ran.stderr


def case_the_lines_are_verified_on_the_command_line():
    file = people / "audit.jsonl"
    text = file.read_bytes()
    last = hashlib.sha256(text.splitlines()[-1]).hexdigest()
    code, said = ponor_audit()
    assert code == 0 and f"{len(audit())} lines" in said and last in said, said
    assert "all lines are as they were written\n" in said, said
    file.write_bytes(text.replace(b'"user":{"name":"Jane"}', b'"user":{"name":"Joan"}', 1))
    code, said = ponor_audit()
    line = next(n for n, l in enumerate(text.splitlines(), 1) if b'"user":{"name":"Jane"}' in l) + 1
    assert code == 1 and f"{file}:{line}: the line before it was changed" in said, said
    assert "NOT as written" in said, said
    file.write_bytes(b"".join(text.splitlines(keepends=True)[:-1]))
    code, said = ponor_audit()
    assert code == 1 and "its end was cut off" in said, said
    file.write_bytes(text)
    copy = staff.folder / "copy"
    copy.mkdir()
    (copy / "audit.jsonl").write_bytes(text)
    code, said = ponor_audit("--folder", copy)
    assert code == 0 and "is not known" in said, said
    code, said = ponor_audit("--folder", staff.folder / "nowhere")
    assert code == 1 and "audit.jsonl" in said, said
    assert ponor_audit("more")[0] == 2


def case_killed_while_people_work():
    number = 0
    for turn in range(4 if lab.SANITIZED else 12):
        web = plain.roles()["web"]
        killer = threading.Timer(.02 + .013 * turn, os.kill, (web, signal.SIGKILL))
        killer.start()
        for _ in range(60):
            try:
                admin.post("/api/language", {"language": ["en", "fr"][number % 2]})
                number += 1
            except (OSError, EOFError):
                break
        killer.join()
        lab.until("it is back", lambda: plain.roles().get("web") not in (None, web) and
                  plain.answers())
        page = admin.get("/api/audit")
        assert page["chain"]["whole"] is True, page["chain"]
        said = audit("language-changed")[-1]["ponor"]["language"]
        assert admin.get("/api/session")["account"]["language"] == said


def case_a_lost_password():
    plain.stop()
    (people / "rescue").touch()
    plain.start()
    password = (people / "first-password").read_text().strip()
    assert not (people / "rescue").exists()
    assert refused(admin.get, "/api/session") == (401, "login")
    assert refused(Browser(PORT).login, "admin", PASSWORD) == (401, "wrong")
    admin.login("admin", password)
    admin.post("/api/password", {"old": password, "new": PASSWORD})
    assert "asked for it with a file" in audit("admin-made")[-1]["event"]["reason"]


def case_a_lost_database():
    plain.stop()
    for file in people.glob("people.sqlite*"):
        file.unlink()
    plain.start()
    password = (people / "first-password").read_text().strip()
    assert len(audit("audit-rebuilt")) == 1
    admin.login("admin", password)
    admin.post("/api/password", {"old": password, "new": OTHER})
    shown = {a["name"]: a for a in admin.get("/api/accounts")["accounts"]}
    assert set(shown) == {"admin", "victor", "Jane"}, shown
    assert shown["Jane"]["permission"] == "analyst" and shown["Jane"]["must_change"] is True
    [incident] = lab.until("the incident", lambda: admin.get("/api/incidents?state=all")["incidents"])
    assert incident["assignee"] == "Jane" and incident["notes"] == 1, incident
    assert admin.get("/api/audit")["chain"]["whole"] is True
    admin.post("/api/accounts/jane", {"password": PASSWORD})
    Browser(PORT).login("jane", PASSWORD)


def case_it_ends_cleanly():
    staff.end()


raise SystemExit(lab.run(globals()))
