# SPDX-License-Identifier: GPL-3.0-or-later
"""attempt - one client that goes one way over one family, and what became of it.

Used by ways.py, which gets one as the only word of each way, and matrix.py, which makes them.
"""
import socket
import ssl
import subprocess
import time

import lab
from hosts import BANNED, ORDINARY, SECRET, label, server_address
from net import client_address, gateway_address

SUBJECTS = {"banned": ("banned", 0), "ordinary": ("banned", 1), "exception": ("exception", 2),
            "strict": ("strict", 0)}
DEADLINE = 12 if lab.SANITIZED else 4


class Attempt:
    """`banned`: whether it is meant for something banned. `to` notes each flow that is counted."""

    def __init__(self, setup, way, number, subject, family):
        self.setup, self.way, self.number, self.subject, self.family = setup, way, number, subject, family
        self.client_name, self.index = SUBJECTS[subject]
        self.banned = subject != "ordinary"
        self.space = setup.network.clients[self.client_name]
        self.client = client_address(self.client_name, family)
        self.clients = {client_address(self.client_name, f) for f in (4, 6)}
        self.resolver = gateway_address(self.client_name, family)
        self.server = server_address(number, self.index, family)
        self.own = label(number, self.index, family)
        self.name = f"{self.own}.{BANNED if self.banned else ORDINARY}"
        self.kind = "A" if family == 4 else "AAAA"
        self.flows, self.names, self.before = [], {self.name}, {}
        self.completed = self.why = None
        self.late = False   # for its own deadline, whatever it waited for
        self.leaked = self.back = 0
        self.milliseconds, self.how = None, ""

    def __str__(self):
        return f"{self.way.slug} {self.subject} IPv{self.family}"

    def host(self, address=None):
        address = address or self.server
        return f"[{address}]" if ":" in address else address

    def pick(self, pair):
        """The one of two addresses that is of this family."""
        return pair[self.family == 6]

    def to(self, transport, port, address=None):
        """Notes a flow and gives its server's address."""
        address = address or self.server
        self.flows.append((transport, self.client, address, port))
        self.before.setdefault(self.flows[-1], self._now(self.flows[-1]))
        return address

    def hello(self):
        """What was said so far was innocent: bytes are counted from here."""
        self.before = self._still()

    def _still(self):
        """What is counted, once nothing more comes."""
        last, limit = None, time.monotonic() + 1
        while time.monotonic() < limit:
            now = {key: self._now(key) for key in self.flows}
            if now == last:
                break
            last = now
            time.sleep(.1)
        return now

    def _now(self, key):
        inside, outside = self.setup.inside[self.client_name].flow(*key), self.setup.outside.flow(*key)
        return outside.out, inside.back, outside.back

    def settle(self):
        """What was counted becomes this attempt's; later ones may use the same flows."""
        self._still()
        self.leaked, self.back = self.said()
        self.milliseconds, self.how = self._end()

    def said(self):
        """Bytes of the client's that the Internet got, and of the Internet's that the client got."""
        leaked = back = 0
        for key in self.flows:
            now, before = self._now(key), self.before[key]
            leaked += now[0] - before[0]
            # What came from the gateway itself is no answer of the Internet's.
            back += now[1] - before[1] if now[2] > before[2] else 0
        return max(0, leaked - self.way.prelude[0]), max(0, back - self.way.prelude[1])

    def _end(self):
        """From the client's first packet until it was told the end; None: it was never told."""
        ends = [self.setup.inside[self.client_name].flow(*key) for key in self.flows]
        ends = [f for f in ends if f.first is not None]
        if not ends or any(f.end is None for f in ends):
            return None, ""
        last = max(ends, key=lambda f: f.end)
        return (last.end - min(f.first for f in ends)) * 1000, last.how

    def run(self):
        """Goes the way; never raises."""
        try:
            self.space.enter()
            self.completed = bool(self.way.go(self))
            self.why = "came through" if self.completed else "no answer"
        except (OSError, AssertionError, ValueError, IndexError, subprocess.TimeoutExpired) as why:
            self.completed, self.why = False, f"{type(why).__name__}: {why}"[:200]
            self.late = isinstance(why, subprocess.TimeoutExpired)
        self.settle()

    # What ways have in common.

    def out(self, *argv, timeout=DEADLINE):
        return lab.out(*argv, check=False, timeout=timeout)

    def curl(self, url, *options, resolve=True, port=None):
        """Whether the page came. `resolve`: without asking DNS."""
        options = [*options]
        if resolve:
            port = port or (443 if url.startswith("https") else 80)
            options += ["--resolve", f"{self.name}:{port}:{self.host()}"]
        family = "-4" if self.family == 4 else "-6"
        return SECRET.decode() in self.out("curl", "-q", "-sS", "-k", "--noproxy", "", "--max-time",
                                           str(DEADLINE - 1), family, *options, url)

    def kdig(self, *options, name=None, kind=None, port=None):
        return self.out("kdig", "+time=2", "+retry=0", *options, *(["-p", str(port)] if port else []),
                        name or self.name, kind or self.kind)

    def lives(self):
        """Looks up and loads something ordinary: of a client that never did nobody knows what it was told."""
        name = f"{label(0, 1, self.family)}.{ORDINARY}"
        address = self.kdig(f"@{self.resolver}", "+short", name=name).split()[0]
        with socket.create_connection((address, 80), 2) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            s.recv(100)

    def truth(self, text):
        """Whether an answer has the true address."""
        return self.server in text.split()

    def connect(self, port, address=None, timeout=2):
        s = socket.create_connection((self.to("tcp", port, address), port), timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def datagram(self, port, *datagrams, each=False):
        """Whether a server of UDP answered; `each`: whether it answered each."""
        to = self.to("udp", port)
        with socket.socket(socket.AF_INET6 if self.family == 6 else socket.AF_INET, socket.SOCK_DGRAM) as s:
            if self.family == 4:
                s.setsockopt(socket.IPPROTO_IP, 10, 0)      # IP_MTU_DISCOVER: fragments are fine
            s.connect((to, port))
            s.settimeout(1)
            for data in datagrams:
                s.send(data)
                time.sleep(.002)
                if each:
                    s.recv(65535)
            return each or bool(s.recv(65535))

    def tls(self, send, receive, version=None, page=True):
        """A handshake whose hello `send` may cut as it likes, and a page; whether it came."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.maximum_version = version
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = context.wrap_bio(arrived, leaving, server_hostname=self.name)

        def step(action):
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    if leaving.pending:
                        send(leaving.read())
                    more = receive()
                    if not more:
                        raise ConnectionError("the end")
                    arrived.write(more)
        step(inner.do_handshake)
        inner.write(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % self.name.encode())
        send(leaving.read())
        return SECRET in step(lambda: inner.read(65535))

    def hello_bytes(self):
        """A ClientHello of TLS with this attempt's name."""
        said = []
        try:
            self.tls(said.append, lambda: b"")
        except ConnectionError:
            pass
        return said[0]

    def made(self, *words):
        """Packets of the program hello."""
        return [bytes.fromhex(l) for l in lab.out(lab.BUILD / "tests/lab/hello", *words).split()]

    def is_mine(self, event):
        """Whether an event of a program is about this attempt."""
        if event.get("source", {}).get("ip") not in self.clients:
            return False
        to = event.get("destination", {})
        said = {to.get("domain"), event.get("dns", {}).get("question", {}).get("name"),
                event.get("tls", {}).get("client", {}).get("server_name"), event.get("url", {}).get("domain")}
        return bool(said & self.names) or \
            any((to.get("ip"), to.get("port")) == (key[2], key[3]) for key in self.flows
                if key[2] == self.server or self.way.alone)
