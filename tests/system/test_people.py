# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what at a running consoled: passwords, sessions, CSRF, roles, locks, codes, client
certificates, a reverse proxy (nginx), audit lines, a lost password and a lost database."""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import console
import lab
from browse import Browser
from console import Refused
from lab import dig, out

PASSWORD = "four words not together"
OTHER = "another good one 7"
ADDRESS, PORT = "127.0.0.1", 8053
NGINX_PORT, TLS_PORT = 8443, 8444

lab.enter_namespace()
folder = lab.scratch()
home = folder / "gw"
sockets = folder / "proxy"
sockets.mkdir()
shutil.chown(sockets, "root", "www-data")
sockets.chmod(0o2750)

text = lab.config(home, "  mode: forward\n  forward: {to: [198.18.0.3]}\n"
                  '  recurse: {trust_anchor: ""}\n')
dnsd = lab.Dnsd(home, text + console.section(home, PORT, f"""\
  socket: {sockets}/web.sock
  proxy_header: X-Remote-User
""")).start()
plain = console.Consoled(home, dnsd.file, PORT).start()
people = home / "console"
admin = Browser(PORT)


def account(name, permission, password=PASSWORD):
    """A new account with its own password already chosen, logged in."""
    admin.post("/api/accounts", {"name": name, "password": OTHER, "permission": permission})
    b = Browser(PORT)
    b.login(name, OTHER)
    b.post("/api/password", {"old": OTHER, "new": password})
    return b


def refused(call, *argv, **more):
    """The code and word of an answer that must be an error."""
    try:
        call(*argv, **more)
    except Refused as why:
        return why.code, why.word
    raise AssertionError(f"{argv} was not refused")


def audit(action=None):
    lines = [json.loads(l) for l in (people / "audit.jsonl").read_text().splitlines()]
    return [l for l in lines if action in (None, l["event"]["action"])]


def kill_web():
    web = plain.roles()["web"]
    os.kill(web, signal.SIGKILL)
    lab.until("web is back", lambda: plain.roles().get("web") not in (None, web) and plain.answers())


def case_nobody_sees_anything_without_a_session():
    b = Browser(PORT)
    for path in ["/api/session", "/api/overview", "/api/incidents", "/api/events", "/api/accounts",
                 "/api/audit", "/api/tail", "/api/export/events.csv", "/api/lists"]:
        assert refused(b.get, path) == (401, "login"), path
    for path in ["/api/logout", "/api/password", "/api/accounts", "/api/incidents/1", "/api/totp"]:
        assert refused(b.post, path, {}) == (401, "login"), path
    assert refused(b.get, "/api/session", headers={"Cookie": "ponor_session=" + "A" * 43})[0] == 401
    assert refused(b.get, "/api/session", headers={"X-Remote-User": "admin"})[0] == 401


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


def case_guessing_does_not_keep_the_page_busy():
    before = time.monotonic()
    admin.login("admin", PASSWORD)
    cost = time.monotonic() - before
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
    assert codes.count(429) > checked and checked <= 10 + 2 * 6 + 2, (checked, len(codes))
    assert worst < .5 + 8 * cost, (worst, cost)


def case_codes_of_an_authenticator():
    jane = Browser(PORT)
    jane.login("jane", PASSWORD)
    given = jane.post("/api/totp", {})
    assert given["uri"] == f"otpauth://totp/Ponor:Jane?secret={given['secret']}&issuer=Ponor"

    def code(seconds=0):
        return out("oathtool", "--totp", "-b", "-N", f"@{int(time.time()) + seconds}",
                   given["secret"]).strip()
    assert refused(jane.post, "/api/totp/confirm", {"code": "000000"}) == (400, "wrong")
    jane.post("/api/totp/confirm", {"code": code()})
    assert refused(jane.post, "/api/totp", {}) == (409, "exists")
    b = Browser(PORT)
    assert refused(b.login, "jane", PASSWORD) == (401, "code-needed")
    assert refused(b.login, "jane", PASSWORD, code(-300)) == (401, "wrong")
    used = code(30)
    assert b.login("jane", PASSWORD, used)["account"]["totp"] is True
    assert refused(Browser(PORT).login, "jane", PASSWORD, used) == (401, "wrong")
    assert refused(b.post, "/api/totp/off", {"code": used}) == (400, "wrong")
    admin.post("/api/accounts/jane", {"totp_off": True})
    Browser(PORT).login("jane", PASSWORD)


def case_the_proxy_names_people_on_its_socket_alone():
    admin.post("/api/accounts", {"name": "d.okafor@agency.example", "permission": "analyst"})
    names = {"X-Remote-User": "d.okafor@agency.example", "X-Forwarded-For": "203.0.113.9, 10.20.7.7"}
    b = Browser(path=sockets / "web.sock", headers=names)
    session = b.get("/api/session")
    assert session["account"]["name"] == "d.okafor@agency.example" and session["ends"] is None
    assert refused(b.post, "/api/language", {"language": "en"}, csrf="") == (403, "csrf")
    b.csrf = session["csrf"]
    b.post("/api/language", {"language": "en"})
    [line] = [l for l in audit("language-changed") if l["user"]["name"].startswith("d.okafor")]
    assert line["source"]["ip"] == "10.20.7.7", line
    for name in "nobody", "", "ad min", "admin'--", "a" * 200:
        got = refused(b.get, "/api/session", headers={"X-Remote-User": name})
        assert got in ((403, "unknown"), (401, "login"), (400, None)), (name, got)
    assert refused(Browser(PORT, headers=names).get, "/api/session") == (401, "login")
    admin.post("/api/accounts/d.okafor@agency.example", {"disabled": True})
    assert refused(b.get, "/api/session") == (403, "unknown")
    admin.post("/api/accounts/d.okafor@agency.example", {"disabled": False})
    info = (sockets / "web.sock").stat()
    assert info.st_mode & 0o777 == 0o660 and info.st_gid == sockets.stat().st_gid, oct(info.st_mode)


def certificates(where):
    """Two authorities; a server; clients by name."""
    where.mkdir()

    def run(*argv):
        subprocess.run(["openssl", *argv], cwd=where, check=True, capture_output=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in "clients", "others":
        run("req", "-x509", *key, "-days", "9", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.pem")
    run("req", "-x509", *key, "-days", "9", "-subj", "/CN=console.agency.example", "-addext",
        "subjectAltName=DNS:console.agency.example,IP:127.0.0.1", "-keyout", "server.key",
        "-out", "server.pem")
    (where / "ext").write_text("extendedKeyUsage=clientAuth\n")
    for name, issuer in ("admin", "clients"), ("siem", "clients"), ("nobody", "clients"), \
            ("forged", "others"):
        run("req", *key, "-subj", f"/CN={'admin' if name == 'forged' else name}", "-keyout",
            f"{name}.key", "-out", f"{name}.csr")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey",
            f"{issuer}.key", "-CAcreateserial", "-days", "9", "-extfile", "ext", "-out",
            f"{name}.pem")
    return where


keys = certificates(folder / "keys")


def case_client_certificates_are_accounts():
    there = folder / "tls"
    there.mkdir()
    file = there / "ponor.yaml"
    file.write_text(text + console.section(there, TLS_PORT, f"""\
  tls:
    certificate: {keys}/server.pem
    key: {keys}/server.key
    client_ca: {keys}/clients.pem
"""))
    tls = console.Consoled(there, file, TLS_PORT).start(wait=False)

    def client(name=None):
        return Browser(TLS_PORT, authority=keys / "server.pem",
                       certificate=name and (keys / f"{name}.pem", keys / f"{name}.key"))

    def answers():
        try:
            return client().ask("GET", "/healthz")[0] in (200, 503)
        except OSError:
            assert tls.child.poll() is None, tls.log()
    lab.until("it answers", answers)
    b = client("admin")
    assert b.get("/api/session")["account"]["must_change"] is False
    b.post("/api/accounts", {"name": "siem", "permission": "viewer"}, csrf="")
    siem = client("siem")
    assert siem.get("/api/session")["account"]["permission"] == "viewer"
    assert refused(siem.get, "/api/audit") == (403, "permission")
    assert refused(siem.post, "/api/incidents/1", {"state": "closed"}) == (403, "permission")
    assert siem.get("/api/session", headers={"X-Remote-User": "admin"})["account"]["name"] == "siem"
    assert refused(client("nobody").get, "/api/session") == (403, "unknown")
    try:
        client("forged").get("/api/session")
        raise AssertionError("another authority's certificate was taken")
    except OSError:
        pass
    b.post("/api/accounts/siem", {"disabled": True}, csrf="")
    assert refused(siem.get, "/api/session") == (403, "unknown")
    plain_one = client()
    assert refused(plain_one.get, "/api/session") == (401, "login")
    plain_one.login("admin", (there / "console/first-password").read_text().strip())
    assert "Secure" in plain_one.set_cookie
    tls.stop()


NGINX = """\
user www-data;
worker_processes 1;
pid {0}/pid;
error_log {0}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/a; uwsgi_temp_path {0}/b; scgi_temp_path {0}/c;
{1}
}}
"""


def nginx_text(where):
    """The example of docs/accounts.md, with the paths and the port of this test."""
    text = (lab.ROOT / "docs/accounts.md").read_text()
    text = re.search(r"```nginx\n(.*?)```", text, re.S).group(1)
    for old, new in (("/run/ponor-proxy/web.sock", f"{sockets}/web.sock"), ("443 ssl", f"{NGINX_PORT} ssl"),
                     ("/etc/nginx/console.pem", f"{keys}/server.pem"),
                     ("/etc/nginx/console.key", f"{keys}/server.key"),
                     ("/etc/nginx/ponor.users", f"{where}/users")):
        assert old in text, old
        text = text.replace(old, new)
    return NGINX.format(where, text)


def case_nginx_as_the_documentation_says():
    if shutil.which("nginx") is None:
        raise lab.Skip("there is no nginx")
    where = folder / "nginx"
    where.mkdir()
    (where / "users").write_text("".join(
        f"{name}:{out('openssl', 'passwd', '-apr1', 'secret').strip()}\n"
        for name in ("d.okafor@agency.example", "stranger")))
    (where / "nginx.conf").write_text(nginx_text(where))
    child = lab.start("nginx", "-p", where, "-c", where / "nginx.conf", "-g", "daemon off;",
                      log=where / "log")

    def through(name, **more):
        basic = base64.b64encode(f"{name}:secret".encode()).decode()
        more.setdefault("headers", {})["Authorization"] = f"Basic {basic}"
        return Browser(NGINX_PORT, authority=keys / "server.pem", **more)
    b = through("d.okafor@agency.example")

    def answers():
        try:
            return b.get("/api/session")
        except ConnectionRefusedError:
            assert child.poll() is None, (where / "log").read_text()
    session = lab.until("nginx", answers)
    assert session["account"]["name"] == "d.okafor@agency.example"
    b.csrf = session["csrf"]
    ours = f"https://{ADDRESS}:{NGINX_PORT}"
    b.post("/api/language", {"language": "fr"}, headers={"Origin": ours})
    assert refused(b.post, "/api/language", {"language": "en"},
                   headers={"Origin": "https://evil.example"}) == (403, "origin")
    liar = through("stranger", headers={"X-Remote-User": "admin", "x-remote-user": "admin"})
    assert refused(liar.get, "/api/session") == (403, "unknown")
    assert refused(Browser(NGINX_PORT, authority=keys / "server.pem").get,
                   "/api/session")[0] == 401
    [line] = [l for l in audit("language-changed") if l["ponor"]["language"] == "fr"
              and l["user"]["name"].startswith("d.okafor")]
    assert line["source"]["ip"] == ADDRESS, line
    lab.stop(child)


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
    for secret in PASSWORD, OTHER, "argon2", admin.cookie, admin.csrf, "guess1":
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
    assert set(shown) == {"admin", "victor", "Jane", "d.okafor@agency.example"}, shown
    assert shown["Jane"]["permission"] == "analyst" and shown["Jane"]["must_change"] is True
    [incident] = lab.until("the incident", lambda: admin.get("/api/incidents?state=all")["incidents"])
    assert incident["assignee"] == "Jane" and incident["notes"] == 1, incident
    assert admin.get("/api/audit")["chain"]["whole"] is True
    admin.post("/api/accounts/jane", {"password": PASSWORD})
    Browser(PORT).login("jane", PASSWORD)


def case_it_ends_cleanly():
    plain.stop()
    dnsd.stop()


raise SystemExit(lab.run(globals()))
