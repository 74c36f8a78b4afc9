# SPDX-License-Identifier: GPL-3.0-or-later
"""browse - somebody who uses consoled as a browser or a program does: through TLS, with a client
certificate, through the socket of a reverse proxy, with headers of its own.

Used by staff.py and its tests."""
import http.client
import json
import re
import socket
import ssl
import time

from console import Refused


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("console.agency.example")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Browser:
    """Keeps cookie and CSRF token; `headers` go with every request."""

    def __init__(self, port=None, path=None, authority=None, certificate=None, headers=None):
        self.port, self.path = port, path
        self.headers = headers or {}
        self.cookie = self.csrf = self.set_cookie = None
        self.cookie_name = "ponor_session"
        self.context = None
        if authority:
            self.context = ssl.create_default_context(cafile=authority)
            if certificate:
                self.context.load_cert_chain(*certificate)

    @staticmethod
    def other(token):
        return token[:-1] + ("A" if token[-1] != "A" else "B")

    def connect(self):
        if self.path:
            return Unix(self.path)
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30,
                                               context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, headers=None):
        """One request, on a connection of its own: code, headers, bytes."""
        said = {**({"Cookie": f"{self.cookie_name}={self.cookie}"} if self.cookie else {}),
                **self.headers, **(headers or {})}
        connection = self.connect()
        try:
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            bytes_ = answer.read()
        except http.client.RemoteDisconnected as why:
            raise EOFError(str(why)) from why
        finally:
            connection.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.set_cookie = cookie
            self.cookie_name, self.cookie = re.match(r"([^=]*)=([^;]*)", cookie).groups()
        return answer.status, answer.headers, bytes_

    def once(self, method, path, body, headers):
        code, _, text = self.ask(method, path, body, headers)
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = None
        if code >= 400:
            error = (answer or {}).get("error", {})
            raise Refused(code, error.get("word"), error.get("text", text))
        return answer

    def read(self, method, path, body, headers, patient=True):
        """Patient: asks again while it hears that there were too many tries."""
        for _ in range(60 if patient else 0):
            try:
                return self.once(method, path, body, headers)
            except Refused as why:
                if why.code != 429:
                    raise
                time.sleep(.5)
        return self.once(method, path, body, headers)

    def get(self, path, headers=None):
        return self.read("GET", path, None, headers)

    def post(self, path, body, headers=None, csrf=None):
        token = csrf if csrf is not None else self.csrf
        said = {"Content-Type": "application/json", **({"X-CSRF-Token": token} if token else {}),
                **(headers or {})}
        return self.read("POST", path, body if isinstance(body, bytes) else json.dumps(body), said)

    def login(self, name, password, code=None, patient=True):
        body = {"name": name, "password": password, **({"code": code} if code else {})}
        session = self.read("POST", "/api/login", json.dumps(body),
                            {"Content-Type": "application/json"}, patient)
        self.csrf = session["csrf"]
        return session
