# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of people at a running consoled: cookies, CSRF tokens, locks, and those who guess."""

import json
import select
import threading
import time

import lab
import staff
from browse import Browser, Unix
from console import Refused
from staff import (ADDRESS, PASSWORD, PORT, OTHER, account, admin, audit, kill_web, people, refused,
                   sockets)


def case_nobody_sees_anything_without_a_session():
    b = Browser(PORT)
    for path in ["/api/session", "/api/overview", "/api/incidents", "/api/events", "/api/accounts",
                 "/api/audit", "/api/tail", "/api/export/events.csv", "/api/lists"]:
        assert refused(b.get, path) == (401, "login"), path
    for path in ["/api/logout", "/api/password", "/api/accounts", "/api/incidents/1", "/api/totp"]:
        assert refused(b.post, path, {}) == (401, "login"), path
    assert refused(b.get, "/api/session", headers={"Cookie": "ponor_session=" + "A" * 43})[0] == 401
    assert refused(b.get, "/api/session", headers={"X-Remote-User": "admin"})[0] == 401


def case_the_admin_begins():
    staff.admin_begins()
    account("victor", "viewer")


def case_the_cookie_is_for_nobody_else():
    b = Browser(PORT)
    b.login("admin", PASSWORD)
    said = b.set_cookie
    assert "HttpOnly" in said and "SameSite=Strict" in said and "Path=/" in said, said
    assert "Secure" not in said, "this is no TLS"
    token = b.cookie
    b.post("/api/logout", {})
    assert "Max-Age=0" in b.set_cookie
    b.cookie = token
    assert refused(b.get, "/api/session") == (401, "login")
    for file in people.glob("people.sqlite*"):
        assert token.encode() not in file.read_bytes(), file


def case_a_change_needs_the_token_and_our_own_page():
    good = {"language": "fr"}
    ours = f"http://{ADDRESS}:{PORT}"
    path = "/api/language"
    assert refused(admin.post, path, good, csrf="") == (403, "csrf")
    assert refused(admin.post, path, good, csrf=Browser.other(admin.csrf)) == (403, "csrf")
    assert refused(admin.post, path, good, headers={"Origin": "http://evil.example"}) == (403, "origin")
    assert refused(admin.post, path, good, headers={"Origin": "null"}) == (403, "origin")
    assert refused(admin.post, path, good, headers={"Sec-Fetch-Site": "cross-site"}) == (403, "origin")
    assert refused(admin.post, path, good, headers={"Content-Type": "text/plain"})[0] == 415
    assert refused(admin.post, path, b"{broken")[0] == 400
    assert refused(admin.post, path, {"language": "de"}) == (400, "invalid")
    assert admin.get("/api/session")["account"]["language"] == ""
    admin.post(path, good, headers={"Origin": ours, "Sec-Fetch-Site": "same-origin"})
    assert admin.get("/api/session")["account"]["language"] == "fr"
    # A login needs no token, but no other page can send one either.
    b = Browser(PORT)
    body = {"name": "admin", "password": PASSWORD}
    assert refused(b.post, "/api/login", body, headers={"Origin": "http://evil.example"})[0] == 403
    assert refused(b.post, "/api/login", body, headers={"Content-Type": "text/plain"})[0] == 415


def case_wrong_passwords_lock_and_open_sessions_go_on():
    victor = Browser(PORT)
    victor.login("victor", PASSWORD)
    for _ in range(5):
        assert not audit("locked")
        assert refused(Browser(PORT).login, "victor", "wrong wrong wrong") == (401, "wrong")
    assert len(audit("locked")) == 1
    assert refused(Browser(PORT).login, "victor", PASSWORD, patient=False) == (429, "locked")
    assert victor.get("/api/session")["account"]["name"] == "victor"
    shown = {a["name"]: a for a in admin.get("/api/accounts")["accounts"]}
    assert shown["victor"]["locked_until"] > shown["victor"]["last_login"], shown["victor"]
    assert shown["admin"]["locked_until"] is None
    kill_web()
    assert refused(Browser(PORT).login, "victor", PASSWORD, patient=False) == (429, "locked")
    assert victor.get("/api/session")["account"]["name"] == "victor", "sessions outlive a crash"
    assert len(audit("locked")) == 1 and len(audit("login-failed")) >= 5
    admin.post("/api/accounts/victor", {"password": OTHER})
    assert refused(victor.get, "/api/session") == (401, "login")
    assert Browser(PORT).login("victor", OTHER)["account"]["must_change"] is True


def case_the_page_does_not_wait_for_passwords():
    """What is asked behind six logins is answered before the last of them."""
    logins = []
    for number in range(6):
        login = Unix(sockets / "web.sock")
        login.request("POST", "/api/login", json.dumps({"name": "nobody", "password": "wrong wrong wrong"}),
                      {"Content-Type": "application/json", "X-Forwarded-For": f"198.51.100.{number}"})
        logins.append(login)
    # Of one that leaves before its answer nothing is left but the count.
    logins.pop(0).close()
    assert admin.get("/api/session")["account"]["name"] == "admin"
    ready = select.select([l.sock for l in logins], [], [], 0)[0]
    assert len(ready) < len(logins), "the page waited for all of them"
    codes = []
    for login in logins:
        codes.append(login.getresponse().status)
        login.close()
    assert 401 in codes and set(codes) <= {401, 429}, codes


def case_so_many_guesses_are_checked_and_no_more():
    ends = time.monotonic() + 6
    codes, worst, answers = [], 0, 0

    def guess(number):
        b = Browser(path=sockets / "web.sock", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        while time.monotonic() < ends:
            codes.append(refused(b.login, f"guess{number}", "wrong wrong wrong", patient=False)[0])
            time.sleep(.01)
    guessers = [threading.Thread(target=guess, args=[n]) for n in range(8)]
    for g in guessers:
        g.start()
    while time.monotonic() < ends:
        before = time.monotonic()
        admin.get("/api/session")
        worst = max(worst, time.monotonic() - before)
        answers += 1
        time.sleep(.05)
    Browser(PORT).login("admin", PASSWORD)
    for g in guessers:
        g.join()
    checked = codes.count(401)
    print(f"# {len(codes)} guesses in 6 s, {checked} checked; of {answers} answers of the page the"
          f" slowest took {worst * 1000:.0f} ms", flush=True)
    assert 0 < checked <= 10 + 2 * 6 + 2, (checked, len(codes))
    assert "guess1" not in (people / "audit.jsonl").read_text(), "it may be a password"


def case_it_ends_cleanly():
    staff.end()


raise SystemExit(lab.run(globals()))
