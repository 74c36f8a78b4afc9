# SPDX-License-Identifier: GPL-3.0-or-later
"""console - a running consoled, and a browser's worth of HTTP.

Used by staff.py, test_console.py, test_console_users.py and others."""
import http.client
import json
import pathlib
import re
import urllib.parse

import lab
from lab import BUILD, PONOR, out

CONSOLED = BUILD / "dnsd/programs/consoled"
PASSWORD = "a long enough password"


class Refused(Exception):
    """Another answer than 2xx: code, and the word of the error."""

    def __init__(self, code, word, text):
        super().__init__(f"{code} {word}: {text}")
        self.code, self.word = code, word


class Browser:
    """Cookies and the CSRF token of one person."""

    def __init__(self, port, host="127.0.0.1"):
        self.port, self.host, self.cookie, self.csrf = port, host, None, None

    def ask(self, method, path, body=None, headers=()):
        """Code, headers, bytes."""
        sent = dict(headers)
        if self.cookie:
            sent["Cookie"] = self.cookie
        if method != "GET" and self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie")
            if cookie:
                self.cookie = cookie.split(";")[0]
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None):
        code, _, text = self.ask(method, path, body)
        if code >= 300:
            error = json.loads(text).get("error", {}) if text.startswith(b"{") else {}
            raise Refused(code, error.get("word"), error.get("text") or text[:200])
        return json.loads(text) if text else None

    def get(self, path, **query):
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, **body):
        return self.call("POST", path, body)

    def login(self, password, name="admin", **more):
        session = self.post("/api/login", name=name, password=password, **more)
        self.csrf = session["csrf"]
        return session


class Consoled:
    """consoled beside a dnsd whose configuration it shares."""

    def __init__(self, home, file, port, through=()):
        self.home, self.file, self.port, self.through = pathlib.Path(home), file, port, through
        self.child = None

    def start(self, wait=True):
        self.child = lab.start(*self.through, CONSOLED, "-c", self.file, log=self.home / "console.log")
        if wait:
            lab.until("consoled answers", self.answers)
            assert self.child.poll() is None, self.log()
        return self

    def answers(self):
        if self.child.poll() is not None:
            return True
        try:
            return Browser(self.port).ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def stop(self):
        lab.stop(self.child)
        assert "Sanitizer" not in self.log() and "runtime error" not in self.log(), self.log()
        assert self.child.returncode == 0, (self.child.returncode, self.log())

    def log(self):
        return (self.home / "console.log").read_text()

    def roles(self):
        found = {}
        for line in out("ps", "-o", "pid=,args=", "--ppid", self.child.pid, check=False).splitlines():
            m = re.match(r"\s*(\d+) consoled: (\w+) (\d+)", line)
            if m:
                found[m.group(2)] = int(m.group(1))
        return found

    def ask(self, *words, check=True):
        return out(PONOR, "-s", self.home / "consoled.sock", *words, check=check)

    def first(self):
        """Somebody who has given the first password in, and chosen another."""
        password = (self.home / "console/first-password").read_text().strip()
        browser = Browser(self.port)
        assert browser.login(password)["account"]["must_change"]
        browser.post("/api/password", old=password, new=PASSWORD)
        return browser

    def again(self):
        browser = Browser(self.port)
        browser.login(PASSWORD)
        return browser


def section(home, port, more=""):
    """The lines of `consoled:`."""
    return f"""\
consoled:
  listen: [127.0.0.1@{port}]
  control: {home}/consoled.sock
  folder: {home}/console
  page: {home}/page
  events: [{home}/events]
  history: {{folder: {home}/history}}
{more}"""
