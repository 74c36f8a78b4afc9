# SPDX-License-Identifier: GPL-3.0-or-later
"""Other ways into a running consoled than a password alone: codes, client certificates, a reverse proxy."""
import base64
import re
import shutil
import subprocess
import time

import console
import lab
import staff
from browse import Browser
from lab import out
from staff import ADDRESS, PASSWORD, PORT, account, admin, audit, folder, refused, sockets, text

NGINX_PORT, TLS_PORT = 8443, 8444
staff.admin_begins()
account("Jane", "analyst")


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
    said = plain_one.set_cookie
    assert said.startswith("__Host-ponor_session=") and "Secure" in said and "Domain" not in said, said
    assert plain_one.get("/api/session")["account"]["name"] == "admin"
    plain_one.cookie_name = "ponor_session"  # what a neighbour of the domain could set
    assert refused(plain_one.get, "/api/session") == (401, "login")
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


def case_it_ends_cleanly():
    staff.end()


raise SystemExit(lab.run(globals()))
