# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between consoled and whoever reaches its port: bad requests, slow ones, many of them;
other sites' pages; people who may not; TLS, certificates, proxies; and texts that mean to be more."""
import csv
import http.client
import io
import json
import resource
import socket
import ssl
import time

import console
import lab
import watched
from console import Browser
from lab import out
from watched import code_of, drain, get, raw

PORT, TLS_PORT = watched.PORT, 8443
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
people = {}


def quick():
    """Somebody else is served as if nothing were."""
    assert code_of(raw(get(more="Connection: close\r\n"))) == 200


def case_every_answer_has_the_headers():
    for method, path, code in (
            ("GET", "/", 200), ("HEAD", "/", 200), ("POST", "/", 405), ("GET", "/healthz", 200),
            ("GET", "/api/session", 401), ("GET", "/api/nothing", 404), ("DELETE", "/api/session", 405),
            ("GET", "/api", 404), ("OPTIONS", "/api/login", 405), ("POST", "/api/login", 415),
            ("GET", "/assets/nothing.js", 404), ("GET", "/robots.txt", 404), ("GET", "/%zz", 400),
            ("GET", "/metrics", 200), ("HEAD", "/metrics", 200), ("GET", "/api/session?a=%zz", 400)):
        got, headers, text = Browser(PORT).ask(method, path)
        assert got == code, (method, path, got)
        assert code != 405 or headers["Allow"] in ("GET, HEAD", "POST"), (path, headers["Allow"])
        assert method != "HEAD" or text == b"" and int(headers["Content-Length"]) > 0, (path, text)
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["Cache-Control"] == ("no-cache" if path == "/" and code == 200 else "no-store"), path
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'"), path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in headers and "Strict-Transport-Security" not in headers
        if path.startswith("/api"):
            assert "error" in json.loads(text), (path, text)
    for text in "nonsense\r\n\r\n", get(more="Transfer-Encoding: chunked\r\n"), get(more="a" * 20000):
        answer = raw(text)
        for header in b"Content-Security-Policy: ", b"X-Content-Type-Options: nosniff\r\n", \
                b"Referrer-Policy: no-referrer\r\n", b"Cache-Control: no-store\r\n":
            assert header in answer, (text[:40], header)


def case_a_name_of_somebody_else_leads_nowhere():
    """DNS rebinding: a page of evil.example whose name is 127.0.0.1 by now."""
    def asks(host, path="/metrics", version="1.1"):
        said = f"Host: {host}\r\n" if host is not None else ""
        return raw(f"GET {path} HTTP/{version}\r\n{said}Connection: close\r\n\r\n")
    for host in ("evil.example", "evil.example:8053", "localhost.evil.example", "127.0.0.1.evil.example",
                 "evillocalhost", "a", ":8053", "[evil]:8053"):
        for path in "/", "/metrics", "/healthz", "/api/session", "/assets/a.js":
            answer = asks(host, path)
            assert code_of(answer) == 421 and b'"word":"host"' in answer, (host, path, answer)
            assert b"ponor_" not in answer and b"Content-Security-Policy" in answer, answer
    for host in f"127.0.0.1:{PORT}", "127.0.0.1", "[::1]:8053", "LocalHost", "ponor.localhost:80":
        assert code_of(asks(host)) == 200, host
    assert code_of(asks(None, version="1.0")) == 200


def case_the_page_and_its_files():
    stranger = Browser(PORT)
    for path in "/", "/incidents", "/incidents/12", "/index.html":
        code, headers, text = stranger.ask("GET", path)
        assert code == 200 and text.startswith(b"<!doctype html>"), (path, code)
        assert headers["Cache-Control"] == "no-cache"
    code, headers, text = stranger.ask("GET", "/assets/a.js", headers={"Accept-Encoding": "br, gzip"})
    assert (code, headers["Content-Encoding"], text) == (200, "gzip", b"\x1f\x8bzipped"), (code, text)
    assert headers["Vary"] == "Accept-Encoding"
    packed = headers["ETag"]
    code, headers, text = stranger.ask("GET", "/assets/a.js")
    assert text == b"'use strict';" and "immutable" in headers["Cache-Control"]
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Vary"] == "Accept-Encoding" and headers["ETag"] != packed
    for known, code in (headers["ETag"], 304), ("W/" + headers["ETag"], 304), (packed, 200), \
            (f'"x", {headers["ETag"]}', 304), ('"x"', 200):
        got, again, text = stranger.ask("GET", "/assets/a.js", headers={"If-None-Match": known})
        assert (got, text == b"") == (code, code == 304) and again["Vary"], (known, got, text)
    for coding, zipped in ("gzip;q=0, br", False), ("br, gzip ; q=0.5", True), ("gzip;q=0.000", False), \
            ("gzip", True), ("identity", False), ("", False):
        headers = stranger.ask("GET", "/assets/a.js", headers={"Accept-Encoding": coding})[1]
        assert (headers["Content-Encoding"] == "gzip") == zipped, coding
    assert code_of(raw(get("/assets/a.js", "Connection: close\r\n"))) == 200
    code, headers, text = stranger.ask("HEAD", "/")
    assert code == 200 and text == b"" and int(headers["Content-Length"]) > 10
    assert stranger.ask("POST", "/")[0] == 405


def case_no_path_leads_out_of_the_folder():
    for path in ("/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd",
                 "/assets/../../ponor.yaml", "/assets/%00", "/%", "/..\\..\\etc", "/assets/..;/x"):
        answer = raw(get(path, "Connection: close\r\n"))
        assert code_of(answer) in (200, 400, 404) and b"root:" not in answer, (path, answer[:200])
        assert code_of(answer) != 200 or b"<!doctype html>" in answer, (path, answer[:300])


def case_requests_that_are_none():
    for text, code in (("nonsense\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
                       ("GET / HTTP/1.1\r\n\r\n", 400), (get() .replace("Host", "Host ", 1), 400),
                       ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 501),
                       (get(more="Transfer-Encoding: chunked\r\n"), 501),
                       (get(more="Long: " + "a" * 20000 + "\r\n"), 431),
                       (get(more="".join(f"h{n}: x\r\n" for n in range(100))), 431),
                       (get().replace("GET", "POST") .replace("\r\n\r\n",
                                                              "\r\nContent-Length: 70000\r\n\r\n"), 413),
                       ("PUT /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405)):
        answer = raw(text)
        assert code_of(answer) == code, (text[:60], answer[:100], code)
    quick()


def case_several_requests_on_one_connection():
    answer = raw(get() * 5 + get(more="Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 200 OK") == 6, answer
    body = json.dumps({"name": "admin", "password": "wrong"})
    answer = raw("POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401"), answer
    answer = raw("GET /healthz HTTP/1.0\r\n\r\n")
    assert code_of(answer) == 200 and b"Connection: close" in answer


def case_bodies_that_are_none():
    for body, code in ((b"{", 400), (b"[]", 400), (b'{"name":{"a":1}}', 400), (b'{"name":1,"name":2}', 400),
                       (b'{"name":"a\\u0000"}', 400), (b"\xff\xfe", 400), (b"", 400), (b"{}", 400),
                       (b'{"name":"' + b"a" * 60000 + b'","password":"b"}', 401)):
        answer = raw(b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: "
                     b"close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert code_of(answer) == code, (body[:40], answer[-200:])
    answer = raw("POST /api/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                 "Content-Length: 2\r\n\r\n{}")
    assert code_of(answer) == 415, answer


def case_a_thousand_silent_ones():
    held = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(1000)]
    for s in held[:300]:
        s.sendall(b"GET /healthz HTT")
    for _ in range(20):
        quick()
    for s in held:
        s.close()


def case_a_head_that_never_ends_is_refused():
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        s.settimeout(1)
        got = b""
        while time.monotonic() - began < 90 and not got:
            try:
                s.sendall(b"a: b\r\n")
                got = s.recv(4096)
            except TimeoutError:
                pass
        assert code_of(got) == 408, got
    assert time.monotonic() - began > 8, time.monotonic() - began


def case_all_places_taken():
    """`connections` of the configuration is 1200: who waits longest makes room."""
    held = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(1300)]
    quick()
    lab.until("the first ones were closed", lambda: closed(held[0]), seconds=30)
    assert not closed(held[-1])
    for s in held:
        s.close()


def closed(s):
    s.setblocking(False)
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def case_other_sites_pages_cannot_log_in_or_change():
    first = (consoled.home / "console/first-password").read_text().strip()
    body = {"name": "admin", "password": first}
    stranger = Browser(PORT)
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": f"https://127.0.0.1:{PORT}"}, {"Sec-Fetch-Site": "same-site"}):
        code, _, text = stranger.ask("POST", "/api/login", body, headers)
        assert code == 403 and json.loads(text)["error"]["word"] == "origin", (headers, code, text)
    code, headers, _ = stranger.ask("POST", "/api/login", body, {"Origin": f"http://127.0.0.1:{PORT}",
                                                                "Sec-Fetch-Site": "same-origin"})
    assert code == 200, code
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie, cookie
    admin = people["admin"] = Browser(PORT)
    admin.login(first)
    code, _, text = admin.ask("GET", "/api/overview")
    assert code == 403 and json.loads(text)["error"]["word"] == "must-change", text
    admin.post("/api/password", old=first, new=console.PASSWORD)
    watched.wait(admin, LINES)
    for token in None, "", "x", admin.csrf[:-1], admin.csrf + "x":
        thief = Browser(PORT)
        thief.cookie, thief.csrf = admin.cookie, token
        code, _, text = thief.ask("POST", "/api/language", {"language": "fr"})
        assert code == 403 and json.loads(text)["error"]["word"] == "csrf", (token, text)
    admin.post("/api/language", language="fr")
    assert thief.ask("GET", "/api/session", headers={"Sec-Fetch-Site": "cross-site"})[0] == 403


def case_the_proxys_header_means_nothing_on_tcp():
    code, _, _ = Browser(PORT).ask("GET", "/api/session", headers={"X-Remote-User": "admin"})
    assert code == 401, code


def patiently(try_):
    """Wrong passwords, of everybody together, make everybody wait."""
    def goes():
        try:
            try_()
        except console.Refused as why:
            if why.code != 429:
                raise
            return False
        return True
    lab.until("passwords are looked at again", goes, seconds=90)


def case_who_may_what():
    admin = people["admin"]
    first, second = console.PASSWORD + " of today", console.PASSWORD + " of tomorrow"
    for name, permission in ("vera", "viewer"), ("ann", "analyst"):
        admin.post("/api/accounts", name=name, password=first, permission=permission)
        people[name] = Browser(PORT)
        patiently(lambda: people[name].login(first, name=name))
        patiently(lambda: people[name].post("/api/password", old=first, new=second))
    one = admin.get("/api/incidents")["incidents"][0]["id"]
    assert people["vera"].get("/api/incidents")["total"] > 0
    for who, method, path, code in (
            ("vera", "POST", f"/api/incidents/{one}", 403), ("ann", "POST", f"/api/incidents/{one}", 200),
            ("vera", "GET", "/api/accounts", 403), ("ann", "GET", "/api/accounts", 403),
            ("ann", "GET", "/api/audit", 403), ("ann", "POST", "/api/accounts/vera", 403),
            ("vera", "GET", "/api/export/events.csv?most=1", 200)):
        got, _, text = people[who].ask(method, path, {"note": "n"} if method == "POST" else None)
        assert got == code, (who, path, got, text[:200])
    admin.post("/api/accounts/vera", disabled=True)
    assert people["vera"].ask("GET", "/api/session")[0] == 401


def case_hostile_texts_stay_texts():
    admin = people["admin"]
    names = {r["name"] for r in admin.get("/api/events", client="10.20.9.9")["rows"]}
    for text in watched.HOSTILE:
        assert text in names, text[:40]
    _, _, text = admin.ask("GET", "/api/events?client=10.20.9.9")
    assert text.isascii() and not set(b"<>&'") & set(text), "something that a reader could take for more"
    _, headers, text = admin.ask("GET", "/api/export/events.csv?client=10.20.9.9")
    assert headers["Content-Disposition"].startswith('attachment; filename="ponor-events-'), headers
    table = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert {len(line) for line in table} == {len(table[0])} and len(table) == len(watched.HOSTILE) + 1
    for cell in (cell for line in table for cell in line):
        assert not cell or cell[0] not in "=+-@\t\r\n", cell[:40]
    assert any(line[table[0].index("name")] == "'=cmd|' /C calc'!A0" for line in table)
    _, _, text = admin.ask("GET", "/api/export/incidents.csv")
    for line in csv.reader(io.StringIO(text.decode(), newline="")):
        assert all(not cell or cell[0] not in "=+-@\t\r\n" for cell in line), line
    text = Browser(PORT).ask("GET", "/metrics")[2].decode()
    assert 'app="a\\"b,c\\r' in text or 'app="a\\"b' in text, "the app with a quote"
    assert all(line.startswith(("#", "ponor_")) for line in text.split("\n") if line), "a label ends its line"


def case_a_proxy_names_who_asks():
    def ask(text):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(consoled.home / "web.sock"))
            s.sendall(text.encode())
            return drain(s)
    close = "Connection: close\r\n"
    answer = ask(get("/api/session", close + "X-Remote-User: ann\r\n"))
    assert code_of(answer) == 200, answer
    session = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert session["account"]["name"] == "ann" and session["ends"] is None, session
    for more, code in (("", 401), ("X-Remote-User: nobody\r\n", 403),
                       ("X-Remote-User: ann\r\nX-Remote-User: admin\r\n", 403)):
        assert code_of(ask(get("/api/session", close + more))) == code, more
    post = "POST /api/language HTTP/1.1\r\nHost: a\r\nX-Remote-User: ann\r\nContent-Type: application/json\r\n"
    body = close + 'Content-Length: 17\r\n\r\n{"language":"fr"}'
    assert code_of(ask(post + body)) == 403
    assert code_of(ask(post + f"X-CSRF-Token: {session['csrf']}\r\n" + body)) == 204


def case_it_ends_cleanly():
    consoled.stop()


def certificate(folder, name, signer=None, usage="serverAuth"):
    out("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        folder / f"{name}.key", "-out", folder / f"{name}.csr", "-subj", f"/CN={name}")
    (folder / f"{name}.ext").write_text(
        f"extendedKeyUsage={usage}\nsubjectAltName=IP:127.0.0.1\n" if signer else "basicConstraints=CA:TRUE\n")
    signing = ["-CA", folder / f"{signer}.pem", "-CAkey", folder / f"{signer}.key", "-CAcreateserial"] \
        if signer else ["-signkey", folder / f"{name}.key"]
    out("openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-out", folder / f"{name}.pem", "-days", "2",
        "-extfile", folder / f"{name}.ext", *signing)


def tls(folder, name=None, **more):
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    for key, value in more.items():
        setattr(context, key, value)
    if name:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def ask_tls(context, path="/api/session", method="GET", body=None):
    connection = http.client.HTTPSConnection("127.0.0.1", TLS_PORT, context=context, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def case_tls_and_certificates_of_clients():
    folder = lab.scratch()
    for args in ("ca",), ("server", "ca"), ("ann", "ca", "clientAuth"), ("nobody", "ca", "clientAuth"), \
            ("other",), ("eve", "other", "clientAuth"):
        certificate(folder, *args)
    secure, _ = watched.start(f"  tls:\n    certificate: {folder}/server.pem\n    key: {folder}/server.key\n"
                              f"    client_ca: {folder}/ca.pem\n", listen=f"127.0.0.1@{TLS_PORT}", name="t",
                              rows=3)
    secure.answers = lambda: secure.child.poll() is not None or "the page is at" in secure.log()
    secure.start()
    code, headers, _ = ask_tls(tls(folder))
    assert code == 401 and headers["Strict-Transport-Security"], headers
    first = (secure.home / "console/first-password").read_text().strip()
    code, headers, text = ask_tls(tls(folder), "/api/login", "POST",
                                  json.dumps({"name": "admin", "password": first}))
    assert code == 200 and "Secure" in headers["Set-Cookie"], (code, text)
    assert ask_tls(tls(folder, "nobody"))[0] == 403
    for context in tls(folder, "eve"), tls(folder, maximum_version=ssl.TLSVersion.TLSv1_1):
        try:
            code, _, _ = ask_tls(context)
            raise AssertionError(f"was let in: {code}")
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            pass
    assert raw(get(), TLS_PORT) == b"", "plain HTTP was answered"
    silent = [socket.create_connection(("127.0.0.1", TLS_PORT)) for _ in range(200)]
    assert ask_tls(tls(folder))[0] == 401
    for s in silent:
        s.close()
    secure.stop()


def case_without_a_page_it_says_so():
    bare, _ = watched.start(page=False, name="bare", rows=1)
    bare.start()
    code, headers, text = Browser(PORT).ask("GET", "/")
    assert code == 503 and text == b"the page is not built: run ./dev build\n", (code, text)
    assert headers["Content-Type"].startswith("text/plain")
    bare.stop()


if __name__ == "__main__":
    lab.enter_namespace()
    consoled, LINES = watched.start("  connections: 1200\n  proxy_header: X-Remote-User\n"
                                    "  socket: HOME/web.sock\n")
    consoled.file.write_text(consoled.file.read_text().replace("HOME", str(consoled.home)))
    consoled.start()
    raise SystemExit(lab.run(globals()))
